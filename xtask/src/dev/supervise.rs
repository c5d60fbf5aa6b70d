//! Keeps the emulator and workerd running, and ends them.

use crate::{
    process::{Running, forward, spawn},
    progress::{print, say},
};
use alloc::sync::Arc;
use anyhow::{Result, bail};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Instant,
};

/// A child that lived no longer than this did not really start.
const STILLBORN: Duration = Duration::from_secs(2);

/// How many times in a row that may happen.
const PATIENCE: u32 = 5;

/// What to say to the one who asks for an end before it is ready.
#[derive(Debug, PartialEq)]
pub(crate) enum State {
    /// All children run.
    Running,
    /// Somebody asked us to end.
    Asked,
}

/// The children, in the order they were started.
pub(crate) struct Supervisor {
    children: Vec<Supervised>,
    asked: Arc<AtomicBool>,
}

struct Supervised {
    name: &'static str,
    /// What is lost when it ends, for the message.
    loses: &'static str,
    command: Box<dyn Fn() -> Result<Command>>,
    running: Running,
    started: Instant,
    stillborn: u32,
}

impl Supervisor {
    /// Nothing yet; from now on Ctrl-C and its sisters are noticed by [`Self::look`] and no longer end us at once.
    ///
    /// # Errors
    /// The operating system refuses the signal handlers.
    pub(crate) fn new() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self { children: Vec::new(), asked })
    }

    /// Starts a child and keeps it running. Its output is shown with its name before each line.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(
        &mut self,
        name: &'static str,
        loses: &'static str,
        command: impl Fn() -> Result<Command> + 'static,
    ) -> Result<()> {
        let running = start(name, command()?)?;
        let started = Instant::now();
        self.children.push(Supervised { name, loses, command: Box::new(command), running, started, stillborn: 0 });
        Ok(())
    }

    /// Fails if a child has ended; for the time before everything is up, when a dead child means a wrong configuration.
    ///
    /// # Errors
    /// A child has ended.
    pub(crate) fn look_strictly(&mut self) -> Result<State> {
        for child in &mut self.children {
            if let Some(status) = child.running.ended()? {
                bail!("{} ended at once ({status}); its lines above say why", child.name);
            }
        }
        Ok(self.state())
    }

    /// Starts again what has ended.
    ///
    /// # Errors
    /// A child ends again and again right after its start.
    pub(crate) fn look(&mut self) -> Result<State> {
        if self.state() == State::Asked {
            return Ok(State::Asked);
        }
        for child in &mut self.children {
            let Some(status) = child.running.ended()? else { continue };
            child.stillborn = if child.started.elapsed() < STILLBORN { child.stillborn + 1 } else { 0 };
            if child.stillborn >= PATIENCE {
                bail!("{} ended {PATIENCE} times in a row right after its start; its lines above say why", child.name);
            }
            say(&format!("  {} ended ({status}); starting it again ({})", child.name, child.loses));
            child.running = start(child.name, (child.command)()?)?;
            child.started = Instant::now();
            print(&format!("pid {} {}", child.name, child.running.id()));
        }
        Ok(State::Running)
    }

    /// Names and process ids.
    pub(crate) fn processes(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.children.iter().map(|child| (child.name, child.running.id()))
    }

    fn state(&self) -> State {
        if self.asked.load(Ordering::Relaxed) { State::Asked } else { State::Running }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            child.running.end();
        }
    }
}

fn start(name: &'static str, mut command: Command) -> Result<Running> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = spawn(&mut command)?;
    let (sender, receiver) = mpsc::channel::<String>();
    if let Some(output) = running.process.stdout.take() {
        forward(output, sender.clone());
    }
    if let Some(output) = running.process.stderr.take() {
        forward(output, sender);
    }
    thread::spawn(move || {
        let prefix = console::style(format!("{name} |")).for_stderr().dim().to_string();
        receiver.iter().for_each(|line| say(&format!("{prefix} {line}")));
    });
    Ok(running)
}
