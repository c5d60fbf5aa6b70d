//! What `cargo xtask policy`, `audit` and `manifest` run. It stands apart from `xtask`, which must also run while the generated
//! code does not compile that the decisions are made over.

extern crate alloc;

mod audit;
mod manifest;
mod policy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Looks after the policy, the audit and the installation of a Worker
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(audit::Audit),
    Manifest(manifest::Manifest),
    Policy(policy::Policy),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Audit(arguments) => audit::run_audit(&arguments).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }),
        Command::Manifest(arguments) => manifest::run_manifest(&arguments),
        Command::Policy(arguments) => policy::run_policy(&arguments),
    }
}
