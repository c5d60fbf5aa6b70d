//! `bench edge`: the Worker beside what people would use instead, each in a bare workerd of its own.
//!
//! The machine may have other work, so nothing is claimed of one contestant alone: rounds take turns (A B C A B C …), every
//! round sends the same number of the same requests to each, and what counts is the ratio within a round. Beside the time of
//! the clock stands the time of the processors that a workerd had, which others' work changes less.

mod contestant;
mod durable;
mod growth;
mod load;
mod table;
mod verify;

use crate::{
    build,
    dev::{parts::Programs, secrets, secrets::Secrets},
    progress::print,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use contestant::{Contestant, Program};
use core::time::Duration;
use load::{Right, Run};
use std::path::PathBuf;
use table::{Spread, float};

/// Compare the Worker with what people would use instead, each in a bare workerd
#[derive(Args, Debug)]
pub(crate) struct BenchEdge {
    /// How often each has its turn
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Requests under way at once
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 8, 64])]
    connections: Vec<usize>,
    /// About how long a turn is
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    seconds: f64,
    /// One of the measurements
    #[arg(long, value_enum)]
    only: Option<Measurement>,
    /// Another built Worker takes part, such as a copy of `build` from before a change
    #[arg(long, value_name = "DIR")]
    with: Vec<PathBuf>,
    /// Install and build nothing: take what is there
    #[arg(long)]
    no_build: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Measurement {
    /// A command that is stored and waits for a confirmation
    Durable,
    /// The same with 10³, 10⁵ and 10⁶ rows of the audit
    Growth,
    /// A delivery that somebody else has signed, on every platform
    Verify,
}

/// What every measurement needs.
struct Bench<'a> {
    arguments: &'a BenchEdge,
    programs: Programs,
    secrets: Secrets,
}

pub(super) fn run(arguments: &BenchEdge) -> Result<()> {
    let programs = Programs::prepare(arguments.no_build)?;
    let bench = Bench { arguments, programs, secrets: secrets::random()? };
    type Measure = fn(&Bench<'_>) -> Result<()>;
    let measurements: [(Measurement, Measure); 3] =
        [(Measurement::Durable, durable::run), (Measurement::Growth, growth::run), (Measurement::Verify, verify::run)];
    for (measurement, run) in measurements {
        if arguments.only.is_none_or(|only| only == measurement) {
            run(&bench)?;
        }
    }
    Ok(())
}

impl Bench<'_> {
    /// Our Worker, and those that `--with` names.
    fn ours(&self, vars: &str) -> Result<Vec<Contestant>> {
        let now = Program::ours("opshook", &build::folder(), vars, &self.secrets);
        let others = self.arguments.with.iter().map(|folder| {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            Program::ours(&name, folder, vars, &self.secrets)
        });
        [now].into_iter().chain(others).map(|program| self.start(&program?)).collect()
    }

    fn peer(&self, name: &str) -> Result<Contestant> {
        self.start(&Program::peer(name)?)
    }

    fn start(&self, program: &Program) -> Result<Contestant> {
        Contestant::start(&self.programs, program, tempfile::tempdir()?)
    }
}

/// What a contestant showed in its turns.
#[derive(Default)]
struct Turns {
    rate: Vec<f64>,
    /// Milliseconds.
    middle: Vec<f64>,
    late: Vec<f64>,
    /// Microseconds of the processors, a request.
    processor: Vec<f64>,
}

impl Turns {
    fn note(&mut self, run: &Run, processor_seconds: f64) {
        let latency = |part: usize| {
            let index = (run.latencies.len() * part / 100).min(run.latencies.len().saturating_sub(1));
            run.latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
        };
        self.rate.push(run.rate());
        self.middle.push(latency(50));
        self.late.push(latency(99));
        self.processor.push(processor_seconds / float(run.latencies.len()) * 1e6);
    }
}

/// What a contestant is sent, and which answers are right.
struct Entrant<'a> {
    contestant: &'a Contestant,
    right: Right,
}

impl Bench<'_> {
    /// All of them in turn, and a table; ratios are those to the first. `requests` makes as many as are asked for.
    fn compete(
        &self,
        title: &str,
        entrants: &[Entrant<'_>],
        requests: &dyn Fn(usize) -> Result<Vec<Vec<u8>>>,
    ) -> Result<()> {
        for connections in &self.arguments.connections {
            let load_before = table::machine_load();
            let counts = entrants.iter().map(|entrant| self.warm_up(entrant, *connections, requests));
            let counts = counts.collect::<Result<Vec<_>>>()?;
            let mut turns: Vec<Turns> = entrants.iter().map(|_| Turns::default()).collect();
            for _ in 0..self.arguments.rounds {
                for ((entrant, count), turns) in entrants.iter().zip(&counts).zip(&mut turns) {
                    let requests = requests(*count)?;
                    let before = entrant.contestant.processor_seconds();
                    let run = entrant.contestant.answer(&requests, *connections, entrant.right)?;
                    turns.note(&run, entrant.contestant.processor_seconds() - before);
                }
            }
            let rounds = self.arguments.rounds;
            print(&format!("\n{title}; {connections} at once, {rounds} rounds; {load_before}\n"));
            show(entrants, &turns);
        }
        Ok(())
    }

    /// How many requests make up a turn.
    fn warm_up(
        &self,
        entrant: &Entrant<'_>,
        connections: usize,
        requests: &dyn Fn(usize) -> Result<Vec<Vec<u8>>>,
    ) -> Result<usize> {
        let mut count = connections * 4;
        loop {
            let run = entrant.contestant.answer(&requests(count)?, connections, entrant.right)?;
            if run.seconds >= self.arguments.seconds / 4.0 {
                let full = Duration::from_secs_f64(self.arguments.seconds).as_millis();
                let had = Duration::from_secs_f64(run.seconds).as_millis().max(1);
                return Ok(count.saturating_mul(usize::try_from(full)?) / usize::try_from(had)?.max(1));
            }
            count *= 2;
        }
    }
}

fn show(entrants: &[Entrant<'_>], turns: &[Turns]) {
    let (Some(first), Some(ours)) = (entrants.first(), turns.first()) else { return };
    let ratio = format!("{} ÷ this", first.contestant.name);
    let heading = ["", "requests/s", "median ms", "99 % ms", "processor µs", &ratio, "by processor"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (entrant, turns) in entrants.iter().zip(turns) {
        let ratios = ours.rate.iter().zip(&turns.rate).map(|(ours, this)| ours / this);
        let by_processor = ours.processor.iter().zip(&turns.processor).map(|(ours, this)| this / ours);
        rows.push(vec![
            entrant.contestant.name.to_owned(),
            Spread::of(turns.rate.iter().copied()).shown(0),
            Spread::of(turns.middle.iter().copied()).shown(2),
            Spread::of(turns.late.iter().copied()).shown(2),
            Spread::of(turns.processor.iter().copied()).shown(0),
            Spread::of(ratios).shown(2),
            Spread::of(by_processor).shown(2),
        ]);
    }
    table::show(&rows);
}
