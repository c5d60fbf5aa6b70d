//! The front door: `cargo xtask <command>`.

mod build;
mod dev;
mod http;
mod process;
mod progress;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Everything there is to do in this repository
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dev(dev::Dev),
    /// Build the Worker: build/index.js and the wasm beside it
    Build,
    /// End the process groups named on standard input when it closes
    #[command(hide = true)]
    Guard,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Dev(arguments) => dev::run_dev(&arguments),
        Command::Build => build::run_build(),
        Command::Guard => {
            process::guard();
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
