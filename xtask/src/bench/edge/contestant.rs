//! A contestant: a bare workerd of its own, with its own storage.

use super::{
    load::{self, Connection, Right, Run},
    peers,
};
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
pub(in crate::bench) struct Program {
    pub(super) name: String,
    pub(super) deployment: Deployment,
    pub(super) modules: Vec<PathBuf>,
    pub(super) secrets: Secrets,
}

impl Program {
    /// The Worker of this repository as it was built into a folder, with these variables over those of wrangler.toml.
    pub(super) fn ours(name: &str, folder: &Path, vars: &str, secrets: &Secrets) -> Result<Self> {
        let modules = build::modules(&std::path::absolute(folder)?)?;
        Self::new(name, &workspace::root().join("wrangler.toml"), modules, vars, secrets)
    }

    /// One of `bench/peers`, with the same.
    pub(in crate::bench) fn peer(name: &str, vars: &str, secrets: &Secrets) -> Result<Self> {
        Self::new(name, &peers::source(name).join("wrangler.toml"), peers::modules(name)?, vars, secrets)
    }

    fn new(name: &str, deployment: &Path, modules: Vec<PathBuf>, vars: &str, secrets: &Secrets) -> Result<Self> {
        let text = workspace::read(deployment)?;
        let wrong = || format!("{} is wrong", workspace::shown(deployment).display());
        let mut deployment = Deployment::parse(&text).with_context(wrong)?;
        deployment.put_over(vars)?;
        deployment.variables.extend(secrets.keys().map(|name| (name.clone(), Variable::Secret)));
        Ok(Self { name: name.to_owned(), deployment, modules, secrets: secrets.clone() })
    }

    /// The same by another name, with this over its variables.
    pub(super) fn with(&self, name: &str, vars: &str) -> Result<Self> {
        let mut deployment = self.deployment.clone();
        deployment.put_over(vars)?;
        Ok(Self { name: name.to_owned(), deployment, ..self.clone() })
    }

    /// Our Worker inside of `bench/peers/accounts`, which gives each account a ledger of its own.
    pub(super) fn accounts(&self, vars: &str) -> Result<Self> {
        let mut program = self.with("accounts", vars)?;
        program.modules.insert(0, peers::source("accounts").join("accounts.js"));
        Ok(program)
    }

    /// How large its modules are, as they are and compressed by gzip.
    pub(super) fn bytes(&self) -> Result<(usize, usize)> {
        let mut sum = (0, 0);
        for module in &self.modules {
            let (bytes, small) = build::gzip(module)?;
            sum = (sum.0 + bytes, sum.1 + small);
        }
        Ok(sum)
    }
}

/// A running one.
#[derive(Debug)]
pub(in crate::bench) struct Contestant {
    pub(super) name: String,
    pub(super) port: u16,
    running: Running,
    _state: StateFolder,
    folder: TempDir,
}

impl Contestant {
    /// Starts it and waits for its first answer, whatever that is.
    pub(in crate::bench) fn start(programs: &Programs, program: &Program, folder: TempDir) -> Result<Self> {
        let mut started = Self::spawn(programs, program, folder)?;
        started.wait_for_an_answer()?;
        Ok(started)
    }

    /// Starts it and says how long it took until this request was answered.
    pub(super) fn first_answer(
        programs: &Programs,
        program: &Program,
        request: &[u8],
        right: Right,
    ) -> Result<Duration> {
        let folder = tempfile::tempdir()?;
        let started = Instant::now();
        let mut contestant = Self::spawn(programs, program, folder)?;
        // The socket is ours and listens already: who connects now is served as soon as there is a server.
        let mut connection = Connection::open(contestant.port)?;
        let answered = connection.send(request, right).map(drop);
        let took = started.elapsed();
        answered.with_context(|| format!("{}:\n{}", contestant.name, contestant.log()))?;
        contestant.running.kill()?;
        Ok(took)
    }

    fn spawn(programs: &Programs, program: &Program, folder: TempDir) -> Result<Self> {
        let state = StateFolder::open(Some(folder.path()))?;
        let config = state.write_config_of(&program.deployment, &program.modules)?;
        let listener = Listener::bind(0, "")?;
        let mut command = programs.workerd(&config, &program.secrets, &listener.socket)?;
        let log = File::create(folder.path().join("workerd.log"))?;
        // Its lines are written where nobody waits for them; what goes wrong at the start is shown.
        command.stdout(std::process::Stdio::null()).stderr(log);
        let running = spawn(&mut command)?;
        Ok(Self { name: program.name.clone(), port: listener.port, running, _state: state, folder })
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

    /// The text of its answer to one request.
    pub(in crate::bench) fn ask(&self, request: &[u8]) -> Result<String> {
        let mut connection = Connection::open(self.port)?;
        let body = connection.send(request, |answer| answer.status == 200)?;
        Ok(String::from_utf8_lossy(body).into_owned())
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

    /// The memory it has, and the most it has had, in bytes, where the system says so.
    pub(super) fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.running.id())).unwrap_or_default();
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
        };
        (bytes("VmRSS:").unwrap_or(f64::NAN), bytes("VmHWM:").unwrap_or(f64::NAN))
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
    pub(in crate::bench) fn end(self) -> TempDir {
        let Self { mut running, folder, .. } = self;
        running.end();
        folder
    }
}
