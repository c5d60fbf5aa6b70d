//! The real thing: the emulator and the Worker in workerd, which can be killed and comes back with its storage.

use super::plan::{self, IMAGES};
use crate::{
    chat::Platform,
    dev::{
        access_key,
        parts::{Listener, Programs, StateFolder},
        secrets::{self, Secrets},
        wrangler::{Deployment, Variable},
    },
    http,
    process::{Running, forward, spawn},
    workspace,
};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result, bail, ensure};
use core::time::Duration;
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{LineWriter, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

/// How long either program may take to answer for the first time.
const START_UP: Duration = Duration::from_secs(30);
/// Where workerd's lines go.
const WORKER_LOG: &str = "worker.log";
/// How often one that starts is asked.
const INTERVAL: Duration = Duration::from_millis(20);

/// What runs, and where it writes.
#[derive(Debug)]
pub(crate) struct Stage {
    programs: Programs,
    state: StateFolder,
    folder: PathBuf,
    config: PathBuf,
    socket: Listener,
    /// The Worker's secrets, made for this run.
    pub(crate) secrets: Secrets,
    /// The Worker's address.
    pub(crate) worker: String,
    emulator_address: String,
    emulator: Mutex<Running>,
    workerd: Mutex<Running>,
    /// One for each program.
    logs: Vec<Log>,
}

/// A file that takes the lines of a program, also of the one started after it.
#[derive(Debug)]
struct Log {
    sender: Sender<String>,
    writer: JoinHandle<std::io::Result<()>>,
}

impl Stage {
    /// Starts both. Follow-ups may go to this machine; `variables` are set over those of wrangler.toml.
    ///
    /// # Errors
    /// Something is missing, in use or does not start.
    pub(crate) fn start(folder: &Path, no_build: bool, variables: &[(&str, String)]) -> Result<Self> {
        let state = StateFolder::open(Some(folder))?;
        let objects = folder.join("objects");
        fs::remove_dir_all(&objects).and_then(|()| fs::create_dir(&objects)).context("cannot empty the storage")?;
        let programs = Programs::prepare(no_build)?;
        let mut secrets = secrets::random()?;
        secrets
            .retain(|name, _| !Platform::not_in_campaign().any(|platform| platform.secrets().contains(&name.as_str())));
        let emulator_port = Listener::bind(0, "--port")?.port;
        let emulator_address = format!("http://127.0.0.1:{emulator_port}");

        let logs = vec![Log::open(&folder.join("emulator.log"))?, Log::open(&folder.join(WORKER_LOG))?];
        let mut command = programs.emulator(emulator_port, &access_key(&secrets)?);
        command.args(["--more-images", &IMAGES.to_string()]);
        let emulator = run(command, &logs[0])?;
        wait_for("the emulator", || Ok(http::get(&format!("{emulator_address}/_emulator/faults"))?.status == 200))?;

        let config = state.write_config(&deployment(&secrets, &emulator_address, variables)?)?;
        let socket = Listener::bind(0, "--port")?;
        let worker = format!("http://127.0.0.1:{}", socket.port);
        let workerd = run(programs.workerd(&config, &secrets, &socket.socket)?, &logs[1])?;
        let stage = Self {
            programs,
            state,
            folder: folder.to_owned(),
            config,
            socket,
            secrets,
            worker,
            emulator_address,
            emulator: emulator.into(),
            workerd: workerd.into(),
            logs,
        };
        stage.wait_until_healthy()?;
        Ok(stage)
    }

    /// Kills workerd and starts it again with the same storage. Returns when it answers.
    ///
    /// # Errors
    /// It does not come back.
    pub(crate) fn kill_workerd(&self) -> Result<()> {
        let mut workerd = self.workerd.lock().map_err(|_| anyhow::anyhow!("a kill before this one failed"))?;
        ensure!(workerd.ended()?.is_none(), "workerd has ended by itself");
        workerd.kill()?;
        *workerd = run(self.programs.workerd(&self.config, &self.secrets, &self.socket.socket)?, &self.logs[1])?;
        self.wait_until_healthy()
    }

    /// Ends workerd, sets these variables and starts it again with the same storage.
    ///
    /// # Errors
    /// It does not come back.
    pub(crate) fn set(&self, variables: &[(&str, String)]) -> Result<()> {
        let mut workerd = self.workerd.lock().map_err(|_| anyhow::anyhow!("a kill before this one failed"))?;
        workerd.end();
        self.state.write_config(&deployment(&self.secrets, &self.emulator_address, variables)?)?;
        *workerd = run(self.programs.workerd(&self.config, &self.secrets, &self.socket.socket)?, &self.logs[1])?;
        self.wait_until_healthy()
    }

    /// What `/api` is asked with.
    pub(crate) fn console_token(&self) -> &str {
        self.secrets.get("CONSOLE_TOKEN").map_or("", String::as_str)
    }

    /// The commands whose end went out in an answer, as the Worker's log has it so far.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn answered(&self) -> Result<BTreeSet<String>> {
        let log = fs::read_to_string(self.folder.join(WORKER_LOG)).context("cannot read the log")?;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ends = lines.filter(|line| line["event"] == "answered" && line["outcome"] != "waiting");
        Ok(ends.filter_map(|line| line["command"].as_str().map(str::to_owned)).collect())
    }

    /// The names of the platforms the Worker serves.
    ///
    /// # Errors
    /// It does not answer.
    pub(crate) fn platforms(&self) -> Result<Vec<String>> {
        let answer: Value = serde_json::from_str(&http::get(&format!("{}/healthz", self.worker))?.body)?;
        let platforms = answer["platforms"].as_array().context("/healthz names no platforms")?;
        Ok(platforms.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// Asks the emulator's control surface.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub(crate) fn emulator(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let url = format!("{}/_emulator/{path}", self.emulator_address);
        let answer = http::request(method.parse()?, &url, &[], body.as_bytes())?;
        ensure!(answer.status == 200, "{method} {path}: {} {}", answer.status, answer.body);
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Ends both. What they wrote is complete then.
    ///
    /// # Errors
    /// A log could not be written.
    pub(crate) fn stop(self) -> Result<()> {
        for program in [self.workerd, self.emulator] {
            program.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).end();
        }
        for log in self.logs {
            drop(log.sender);
            match log.writer.join() {
                Ok(written) => written.context("cannot write a log")?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    }

    fn wait_until_healthy(&self) -> Result<()> {
        wait_for("the Worker", || {
            let answer = http::get(&format!("{}/healthz", self.worker))?;
            match answer.status {
                200 => Ok(true),
                503 => bail!("the Worker's configuration is wrong: {}", answer.body),
                status => bail!("/healthz answers {status}"),
            }
        })
    }
}

impl Log {
    fn open(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", workspace::shown(path).display()))?;
        let (sender, lines) = channel::<String>();
        let writer = thread::spawn(move || {
            // Line by line: it is read while more is written.
            let mut file = LineWriter::new(file);
            lines.iter().try_for_each(|line| writeln!(file, "{line}"))
        });
        Ok(Self { sender, writer })
    }
}

fn deployment(secrets: &Secrets, emulator: &str, variables: &[(&str, String)]) -> Result<Deployment> {
    let mut deployment = Deployment::parse(&workspace::read("wrangler.toml")?).context("wrangler.toml is wrong")?;
    deployment.set("POLICY", &plan::policy())?;
    deployment.set("SWAS_ENDPOINT", emulator)?;
    deployment.add_hosts("FOLLOW_UP_HOSTS", &["127.0.0.1"]);
    for (name, value) in variables {
        deployment.set(name, value)?;
    }
    deployment.variables.extend(secrets.keys().map(|name| (name.clone(), Variable::Secret)));
    Ok(deployment)
}

fn run(mut command: Command, log: &Log) -> Result<Running> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = spawn(&mut command)?;
    if let Some(output) = running.process.stdout.take() {
        forward(output, log.sender.clone());
    }
    if let Some(output) = running.process.stderr.take() {
        forward(output, log.sender.clone());
    }
    Ok(running)
}

fn wait_for(what: &str, mut answers: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    loop {
        match answers() {
            Ok(true) => return Ok(()),
            Err(error) if started.elapsed() > START_UP => {
                return Err(error.context(format!("{what} does not answer after {} s", START_UP.as_secs())));
            }
            Ok(false) | Err(_) => thread::sleep(INTERVAL),
        }
    }
}
