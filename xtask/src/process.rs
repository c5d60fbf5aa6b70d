//! Child processes that never outlive us.
//!
//! Each child runs in a process group of its own and is made known to a guard: a second copy of this program that
//! waits until the pipe from us closes and then ends every group it still knows. The pipe closes however we end, also
//! by `kill -9`, and no part of it needs `unsafe`.

use crate::{
    progress::{Progress, REMINDER, say},
    workspace,
};
use anyhow::{Context as _, Result, bail};
use core::time::Duration;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::{
    collections::HashSet,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Mutex, OnceLock,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Instant,
};

/// How long a child may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many lines of a failed command are shown.
const SHOWN_LINES: usize = 120;

/// `cargo`, the one that runs us.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    // What cargo told us about ourselves. Build scripts that look at it (ring's) would run anew whenever we call, and again for others.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

/// A program of that name from the path, at the root.
pub(crate) fn program<S: AsRef<OsStr>>(name: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(workspace::root());
    command
}

/// A command as somebody would type it; the program without its folder.
pub(crate) fn typed(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| {
        let argument = argument.to_string_lossy();
        let argument = argument.strip_prefix(&format!("{}/", workspace::root().display())).unwrap_or(&argument);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,+".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument.to_owned()
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    }));
    words.join(" ")
}

/// What a finished command said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Both of its outputs, line by line as they came.
    pub(crate) lines: Vec<String>,
}

impl Finished {
    /// The last lines, for a person who looks for the reason.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).filter(|line| !is_message(line)).collect();
        let skipped = lines.len().saturating_sub(SHOWN_LINES);
        let before = if skipped > 0 { format!("… {skipped} lines before\n") } else { String::new() };
        before + &lines.iter().skip(skipped).copied().collect::<Vec<_>>().join("\n")
    }
}

/// Whether a line is one of cargo's JSON messages, which are for programs.
fn is_message(line: &str) -> bool {
    line.starts_with(r#"{"reason":"#)
}

/// Runs a command to its end with its progress shown.
///
/// # Errors
/// It cannot be started, or it fails: then the last lines it wrote have been shown.
pub(crate) fn run(title: &str, command: Command) -> Result<Finished> {
    let words = typed(&command);
    let progress = Progress::start(title);
    let finished = watch(command, &progress)?;
    if finished.status.success() {
        progress.done();
        return Ok(finished);
    }
    progress.failed();
    say(&finished.tail());
    bail!("`{words}` failed ({})", finished.status)
}

/// Runs a command to its end, showing its last line as progress.
///
/// # Errors
/// It cannot be started.
pub(crate) fn watch(mut command: Command, progress: &Progress) -> Result<Finished> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command)?;
    let (sender, receiver) = mpsc::channel();
    let mut readers = Vec::new();
    readers.extend(child.process.stdout.take().map(|output| forward(output, sender.clone())));
    readers.extend(child.process.stderr.take().map(|output| forward(output, sender)));
    let mut lines = Vec::new();
    loop {
        match receiver.recv_timeout(REMINDER) {
            Ok(line) => {
                if !is_message(&line) {
                    progress.line(&line);
                }
                lines.push(line);
            }
            Err(RecvTimeoutError::Timeout) => progress.remind(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    for reader in readers {
        drop(reader.join());
    }
    Ok(Finished { status: child.wait()?, lines })
}

/// Reads lines as plain text in a thread until the output ends.
pub(crate) fn forward(output: impl Read + Send + 'static, sender: mpsc::Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            // A log may hold what strangers wrote: none of it may steer the terminal.
            let line = console::strip_ansi_codes(line.trim_end_matches('\r'));
            if sender.send(line.replace(char::is_control, " ")).is_err() {
                return;
            }
        }
    })
}

/// The standard output of a short command.
///
/// # Errors
/// It cannot be started, or it fails: then with what it wrote to standard error.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let words = typed(&command);
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(&command))?;
    if !output.status.success() {
        bail!("{}\n`{words}` failed ({})", String::from_utf8_lossy(&output.stderr).trim_end(), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Running {
    /// For its outputs; use [`Running::wait`] and its sisters for its end.
    pub(crate) process: Child,
    group: Pid,
}

/// Starts a child in a process group of its own, known to the guard.
///
/// # Errors
/// It cannot be started.
pub(crate) fn spawn(command: &mut Command) -> Result<Running> {
    command.process_group(0);
    let process = command.spawn().with_context(|| cannot_start(command))?;
    let group = Pid::from_child(&process);
    tell_guard('+', group);
    Ok(Running { process, group })
}

impl Running {
    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// The operating system does not say.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.process.try_wait()?;
        if status.is_some() {
            tell_guard('-', self.group);
        }
        Ok(status)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// The operating system does not say.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.process.wait()?;
        tell_guard('-', self.group);
        Ok(status)
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// The operating system does not say.
    pub(crate) fn kill(&mut self) -> Result<()> {
        // One that has ended by itself is as dead.
        let _ = kill_process_group(self.group, Signal::KILL);
        self.wait().map(drop)
    }

    /// Asks it to end, insists after a while, and waits until it is gone.
    pub(crate) fn end(&mut self) {
        let _ = kill_process_group(self.group, Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            match self.ended() {
                Ok(None) => thread::sleep(Duration::from_millis(10)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        let _ = kill_process_group(self.group, Signal::KILL);
        drop(self.wait());
    }
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}; is it installed and on the PATH?", command.get_program().display())
}

/// The pipe to the guard; `None` where it could not be started, and then children are only ended the usual ways.
fn tell_guard(sign: char, group: Pid) {
    static GUARD: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    let guard = GUARD.get_or_init(|| {
        let mut guard = Command::new(workspace::myself().ok()?);
        guard.arg("guard").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Some(Mutex::new(guard.spawn().ok()?.stdin.take()?))
    });
    if let Some(pipe) = guard
        && let Ok(mut pipe) = pipe.lock()
    {
        drop(writeln!(pipe, "{sign}{}", group.as_raw_nonzero()));
    }
}

/// The guard itself: learns process groups from standard input, and ends those left when it closes.
pub(crate) fn guard() {
    let mut groups = HashSet::new();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let Some(group) = line.get(1..).and_then(|id| Pid::from_raw(id.parse().ok()?)) else { continue };
        if line.starts_with('+') {
            groups.insert(group);
        } else {
            groups.remove(&group);
        }
    }
    let send = |signal| groups.iter().for_each(|group| _ = kill_process_group(*group, signal));
    send(Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE && groups.iter().any(|group| test_kill_process_group(*group).is_ok()) {
        thread::sleep(Duration::from_millis(20));
    }
    send(Signal::KILL);
}
