//! What is going on, on standard error: a spinner on a terminal, plain lines elsewhere.

use core::{
    cell::{Cell, RefCell},
    time::Duration,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{IsTerminal as _, Write as _, stderr, stdout},
    time::Instant,
};

/// How often a log is told that something long still goes on.
pub(crate) const REMINDER: Duration = Duration::from_secs(30);

/// Something that takes a while.
#[derive(Debug)]
pub(crate) struct Progress {
    title: String,
    started: Instant,
    spinner: Option<ProgressBar>,
    latest: RefCell<String>,
    reminded: Cell<Instant>,
}

impl Progress {
    /// Shows that it has begun.
    pub(crate) fn start(title: &str) -> Self {
        let now = Instant::now();
        let spinner = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner:.cyan} {prefix} {elapsed:.dim} {wide_msg:.dim}");
            let spinner = ProgressBar::new_spinner().with_prefix(title.to_owned());
            spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        if spinner.is_none() {
            say(&format!("  {title} …"));
        }
        Self { title: title.to_owned(), started: now, spinner, latest: RefCell::default(), reminded: Cell::new(now) }
    }

    /// The latest line of output of whatever is going on.
    pub(crate) fn line(&self, line: &str) {
        let line = line.trim();
        if !line.is_empty() {
            self.latest.replace(line.to_owned());
        }
        match &self.spinner {
            Some(spinner) => spinner.set_message(self.latest.borrow().clone()),
            None => self.remind(),
        }
    }

    /// Tells a log, not too often, that it still goes on.
    pub(crate) fn remind(&self) {
        if self.spinner.is_none() && self.reminded.get().elapsed() >= REMINDER {
            self.reminded.set(Instant::now());
            say(&format!("  {} … {}: {}", self.title, seconds(self.started.elapsed()), self.latest.borrow()));
        }
    }

    /// It went well.
    pub(crate) fn done(self) {
        self.end(&console::style("✓").for_stderr().green().to_string());
    }

    /// It did not.
    pub(crate) fn failed(self) {
        self.end(&console::style("✗").for_stderr().red().to_string());
    }

    fn end(self, mark: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        say(&format!("{mark} {} ({})", self.title, seconds(self.started.elapsed())));
    }
}

/// A line for people on standard error. Nobody listening is no reason to stop.
pub(crate) fn say(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// A line of result on standard output, for people and scripts. Nobody listening is no reason to stop.
pub(crate) fn print(line: &str) {
    drop(writeln!(stdout(), "{line}"));
    drop(stdout().flush());
}

/// A duration as people say it.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        whole @ 60.. => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
