//! A contestant: a bare workerd of its own, with its own storage.

use super::load::{self, Right, Run};
use crate::{
    build,
    dev::{
        parts::{Listener, Programs, StateFolder},
        secrets::Secrets,
        wrangler::{Deployment, Variable},
    },
    http,
    process::{Running, spawn},
    workspace,
};
use anyhow::{Context as _, Result, bail};
use core::time::Duration;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::Instant,
};
use tempfile::TempDir;

const START_UP: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(5);

/// A Worker as it is started.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) deployment: Deployment,
    pub(super) modules: Vec<PathBuf>,
    pub(super) secrets: Secrets,
}

impl Program {
    /// The Worker of this repository as it was built into a folder, with these variables over those of wrangler.toml.
    pub(super) fn ours(name: &str, folder: &Path, vars: &str, secrets: &Secrets) -> Result<Self> {
        let mut deployment = Deployment::parse(&workspace::read("wrangler.toml")?).context("wrangler.toml is wrong")?;
        deployment.put_over(vars)?;
        deployment.variables.extend(secrets.keys().map(|name| (name.clone(), Variable::Secret)));
        let modules = build::modules(&std::path::absolute(folder)?)?;
        Ok(Self { name: name.to_owned(), deployment, modules, secrets: secrets.clone() })
    }

    /// One of `bench/peers`.
    pub(super) fn peer(name: &str) -> Result<Self> {
        let folder = workspace::root().join("bench/peers").join(name);
        let deployment = Deployment::parse(&workspace::read(folder.join("wrangler.toml"))?)?;
        Ok(Self { name: name.to_owned(), deployment, modules: vec![folder.join("index.js")], secrets: Secrets::new() })
    }
}

/// A running one.
#[derive(Debug)]
pub(super) struct Contestant {
    pub(super) name: String,
    pub(super) port: u16,
    running: Running,
    _state: StateFolder,
    folder: TempDir,
}

impl Contestant {
    /// Starts it and waits for its first answer, whatever that is.
    pub(super) fn start(programs: &Programs, program: &Program, folder: TempDir) -> Result<Self> {
        let state = StateFolder::open(Some(folder.path()))?;
        let config = state.write_config_of(&program.deployment, &program.modules)?;
        let listener = Listener::bind(0, "")?;
        let mut command = programs.workerd(&config, &program.secrets, &listener.socket)?;
        let log = File::create(folder.path().join("workerd.log"))?;
        // Its lines are written where nobody waits for them; what goes wrong at the start is shown.
        command.stdout(std::process::Stdio::null()).stderr(log);
        let running = spawn(&mut command)?;
        let mut started = Self { name: program.name.clone(), port: listener.port, running, _state: state, folder };
        started.wait_for_an_answer()?;
        Ok(started)
    }

    /// Where it listens; whatever it answers there is a sign of life.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/healthz", self.port)
    }

    fn wait_for_an_answer(&mut self) -> Result<()> {
        let started = Instant::now();
        while http::get(&self.address()).is_err() {
            if self.running.ended()?.is_some() || started.elapsed() > START_UP {
                bail!("{} does not start:\n{}", self.name, self.log());
            }
            thread::sleep(INTERVAL);
        }
        Ok(())
    }

    /// Sends it these requests, as many at once as there are connections.
    ///
    /// # Errors
    /// An answer does not come, or is none that is right.
    pub(super) fn answer(&self, requests: &[Vec<u8>], connections: usize, right: Right) -> Result<Run> {
        load::run(self.port, requests, connections, right).with_context(|| format!("{}:\n{}", self.name, self.log()))
    }

    /// What it had to say about errors, the end of it.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("workerd.log")).unwrap_or_default();
        log.lines()
            .rev()
            .take(20)
            .map(|line| format!("  {line:.300}\n"))
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect()
    }

    /// What it has had of the processors so far, where the system says so.
    pub(super) fn processor_seconds(&self) -> f64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.running.id())).into_iter().flatten().flatten();
        let spent =
            |path: &Path| fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok();
        let nanoseconds: f64 = tasks.filter_map(|task| spent(&task.path())).sum();
        nanoseconds / 1e9
    }

    /// Ends it and gives its storage back.
    pub(super) fn end(self) -> TempDir {
        let Self { mut running, folder, .. } = self;
        running.end();
        folder
    }
}
