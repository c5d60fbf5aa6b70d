//! `spec`: the vendor's documents and ours: look them over, compare them, fetch them, take operations out of them.

mod add;
mod check;
mod diff;
mod files;
mod pull;

use anyhow::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Check, compare, fetch and extend the description of operations in spec/
#[derive(Args, Debug)]
pub(crate) struct Spec {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Check(check::Check),
    Diff(diff::Diff),
    Pull(pull::Pull),
    Add(add::Add),
}

/// Does one of the tasks; what it has to say has then been said.
///
/// # Errors
/// A file cannot be read or written, a document has problems, nobody answers.
pub(crate) fn run_spec(arguments: &Spec) -> Result<ExitCode> {
    match &arguments.task {
        Task::Check(arguments) => check::run_check(arguments).map(outcome),
        Task::Diff(arguments) => diff::run_diff(arguments),
        Task::Pull(arguments) => pull::run_pull(arguments),
        Task::Add(arguments) => add::run_add(arguments).map(outcome),
    }
}

fn outcome(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
