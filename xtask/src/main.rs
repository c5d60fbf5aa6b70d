//! The front door: `cargo xtask <command>`.

extern crate alloc;

mod bench;
mod build;
mod call;
mod campaign;
mod chat;
mod codegen;
mod dev;
mod doctor;
mod documents;
mod http;
mod keeper;
mod process;
mod progress;
mod ram;
mod spec;
mod test;
mod tidy;
mod tools;
mod workspace;

use anyhow::Result;
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
    Chat(chat::Chat),
    /// Build the Worker: build/index.js and the wasm beside it
    Build,
    Call(call::Call),
    Campaign(campaign::Campaign),
    Codegen(codegen::Codegen),
    Bench(bench::Bench),
    Spec(spec::Spec),
    /// Export the audit of a Worker, or check an export
    #[command(disable_help_flag = true)]
    Audit(keeper::Words),
    /// Print what a chat platform wants to be told of this Worker, and the steps to install it there
    #[command(disable_help_flag = true)]
    Manifest(keeper::Words),
    /// Check the policy of wrangler.toml, or ask it who may do what
    #[command(disable_help_flag = true)]
    Policy(keeper::Words),
    Ram(ram::Ram),
    Doctor(doctor::Doctor),
    Test(test::Test),
    /// Check what no compiler checks: dependencies, code map, licences, tracked files
    Tidy,
    /// End the process groups named on standard input when it closes
    #[command(hide = true)]
    Guard,
}

fn main() -> ExitCode {
    // While it can still be found; whoever needs it is told then if it cannot.
    let _ = workspace::myself();
    let result = match Arguments::parse().command {
        Command::Dev(arguments) => dev::run_dev(&arguments).map(|()| true),
        Command::Chat(arguments) => chat::run_chat(&arguments),
        Command::Build => build::run_build().map(|()| true),
        Command::Call(arguments) => call::run_call(&arguments),
        Command::Campaign(arguments) => campaign::run_campaign(&arguments),
        Command::Bench(arguments) => bench::run_bench(&arguments).map(|()| true),
        Command::Codegen(arguments) => codegen::run_codegen(&arguments),
        Command::Spec(arguments) => return ended(spec::run_spec(&arguments)),
        Command::Audit(words) => return ended(keeper::run_keeper("audit", &words)),
        Command::Manifest(words) => return ended(keeper::run_keeper("manifest", &words)),
        Command::Policy(words) => return ended(keeper::run_keeper("policy", &words)),
        Command::Ram(arguments) => ram::run_ram(&arguments).map(|()| true),
        Command::Doctor(arguments) => return ended(doctor::run_doctor(&arguments)),
        Command::Test(arguments) => test::run_test(&arguments),
        Command::Tidy => tidy::run_tidy(),
        Command::Guard => {
            process::guard();
            Ok(true)
        }
    };
    ended(result.map(|good| if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

fn ended(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        progress::say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
