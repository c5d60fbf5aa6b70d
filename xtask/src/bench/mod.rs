//! `bench`: how fast things are.

mod codegen;
mod edge;
mod sign;

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
    Edge(edge::BenchEdge),
    Sign(sign::BenchSign),
}

/// Measures, and prints a table.
///
/// # Errors
/// There is nothing to measure with, or what is measured fails.
pub(crate) fn run_bench(arguments: &Bench) -> Result<()> {
    match &arguments.what {
        What::Codegen(arguments) => codegen::run(arguments),
        What::Edge(arguments) => edge::run(arguments),
        What::Sign(arguments) => sign::run(arguments),
    }
}
