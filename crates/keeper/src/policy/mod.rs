//! `policy`: whether it is well-formed, what it says, and what it says about one request.

mod ask;
mod check;
mod deployment;
mod words;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Check the policy of wrangler.toml, or ask it who may do what
#[derive(Args, Debug)]
pub(crate) struct Policy {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Check(check::Check),
}

/// What there is to say, and how to end.
#[derive(Debug, Default, PartialEq)]
struct Said {
    /// For standard output.
    out: Vec<String>,
    /// For standard error.
    err: Vec<String>,
    exit: u8,
}

/// The policy says no.
const DENIED: u8 = 1;
/// There is no policy that could say anything, or nothing it could be asked.
const UNUSABLE: u8 = 2;

impl Said {
    fn error(line: String) -> Self {
        Self { out: Vec::new(), err: vec![line], exit: UNUSABLE }
    }
}

/// Does the task and says what came of it.
pub(crate) fn run_policy(arguments: &Policy) -> ExitCode {
    let Task::Check(arguments) = &arguments.task;
    let said = check::check(arguments);
    said.err.iter().for_each(|line| eprintln!("{line}"));
    said.out.iter().for_each(|line| println!("{line}"));
    ExitCode::from(said.exit)
}
