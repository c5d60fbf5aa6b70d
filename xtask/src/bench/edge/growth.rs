//! The same with a ledger that holds others already: 10³ to 10⁶ commands, each with four rows of the audit.

use super::{
    Bench, Entrant,
    contestant::{Contestant, Program},
    durable,
    table::float,
};
use crate::{
    build,
    http::{self, Answer},
};
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tempfile::TempDir;

/// Rows of the audit, and how many commands these are.
const SIZES: [(usize, &str); 4] =
    [(4_000, "10³ commands"), (40_000, "10⁴ commands"), (400_000, "10⁵ commands"), (4_000_000, "10⁶ commands")];
/// So many rows are filled in at once.
const PORTION: usize = 50_000;
/// So many commands show by how much one makes the file larger.
const COMMANDS: usize = 2_000;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let program = Program::ours("opshook", &build::folder(), durable::VARS, &bench.secrets)?;
    let mut rows = vec![["", "MB before", "bytes a command"].map(str::to_owned).to_vec()];
    let mut contestants = Vec::new();
    for (size, name) in SIZES {
        let (folder, before) = filled(bench, &program, size)?;
        let contestant = Contestant::start(&bench.programs, &program, folder)?;
        contestant.answer(&durable::deliveries(bench, COMMANDS)?, 8, durable::is_waiting)?;
        let filler = Contestant::start(&bench.programs, &bench.filler()?, contestant.end())?;
        let grown = float(held(&http::get(&filler.address())?)?.bytes) - float(before);
        let shown = [name.to_owned(), format!("{:.1}", float(before) / 1e6), format!("{:.0}", grown / float(COMMANDS))];
        rows.push(shown.to_vec());
        contestants.push(Contestant::start(&bench.programs, &program.with(name, "")?, filler.end())?);
    }
    let signed = |count| durable::deliveries(bench, count);
    let entrants: Vec<_> =
        contestants.iter().map(|contestant| Entrant::new(contestant, durable::is_waiting, signed)).collect();
    bench.compete("Accepted durably by ledgers that hold commands", entrants)?;
    bench.report.say("How the database grows by an accepted command that waits");
    bench.report.table(&rows);
    contestants.into_iter().map(Contestant::end).for_each(drop);
    Ok(())
}

/// The storage of a ledger with so many rows of the audit, and how large it is.
pub(super) fn filled(bench: &Bench<'_>, program: &Program, size: usize) -> Result<(TempDir, usize)> {
    // The tables and the rows that are copied are the Worker's own.
    let contestant = bench.start(program)?;
    contestant.answer(&durable::deliveries(bench, 1)?, 1, durable::is_waiting)?;
    let filler = Contestant::start(&bench.programs, &bench.filler()?, contestant.end())?;
    let mut filled = held(&http::get(&filler.address())?)?;
    while filled.rows < size {
        let (from, to) = (filled.rows + 1, size.min(filled.rows + PORTION));
        filled = held(&http::post(&format!("{}?from={from}&to={to}", filler.address()), &[], &[])?)?;
        ensure!(filled.rows == to, "the ledger holds {} rows after {to} were filled in", filled.rows);
    }
    Ok((filler.end(), filled.bytes))
}

/// What the filler says of a database.
#[derive(Deserialize)]
pub(super) struct Held {
    pub(super) rows: usize,
    bytes: usize,
}

pub(super) fn held(answer: &Answer) -> Result<Held> {
    serde_json::from_str(&answer.body).with_context(|| format!("the ledger cannot be filled: {}", answer.body))
}
