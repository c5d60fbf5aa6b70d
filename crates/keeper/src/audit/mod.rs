//! `audit`: the rows of everything that happened, brought home and checked.

mod export;
mod verify;

use anyhow::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Export the audit of a Worker, or check an export
#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Verify(verify::Verify),
    Export(export::Export),
}

/// Does one of the tasks; a broken chain has been said and is a failure.
///
/// # Errors
/// A file cannot be read or written, or nobody answers.
pub(crate) fn run_audit(arguments: &Audit) -> Result<ExitCode> {
    let unbroken = match &arguments.task {
        Task::Verify(arguments) => verify::run_verify(arguments),
        Task::Export(arguments) => export::run_export(arguments),
    }?;
    Ok(if unbroken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
