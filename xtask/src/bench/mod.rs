//! `bench`: how fast things are.

mod codegen;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Measure how fast things are
#[derive(Args, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Codegen(codegen::BenchCodegen),
}

/// Measures, and prints a table.
///
/// # Errors
/// There is nothing to measure with, or what is measured fails.
pub(crate) fn run_bench(arguments: &Bench) -> Result<()> {
    match &arguments.what {
        What::Codegen(arguments) => codegen::run(arguments),
    }
}
