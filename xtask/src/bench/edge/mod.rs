//! `bench edge`: the Worker beside what people would use instead, each in a bare workerd of its own.
//!
//! The machine may have other work, so nothing is claimed of one contestant alone: rounds take turns (A B C A B C …), every
//! round sends the same number of the same requests to each, and what counts is the ratio within a round. Beside the time of
//! the clock stands the time of the processors that a workerd had, which others' work changes less.

pub(super) mod chart;
pub(super) mod contestant;
mod deliveries;
mod durable;
mod footprint;
mod growth;
pub(super) mod load;
mod paper;
pub(super) mod peers;
pub(super) mod report;
mod rivals;
mod scale;
mod signed;
pub(super) mod table;
mod verify;
mod whole;

use crate::{
    build,
    dev::{parts::Programs, secrets, secrets::Secrets},
};
use anyhow::Result;
use chart::Group;
use clap::{Args, ValueEnum};
use contestant::{Contestant, Program};
use core::time::Duration;
use load::{Right, Run};
use report::{Report, Target};
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
    /// Some of the measurements
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Measurement>,
    /// Write tables and pictures into the pages of this folder as well, such as `docs`
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Another built Worker takes part, such as a copy of `build` from before a change
    #[arg(long, value_name = "DIR")]
    with: Vec<PathBuf>,
    /// Install and build nothing: take what is there
    #[arg(long)]
    no_build: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Measurement {
    /// What needs no ledger: signed and not sent, help, refused, the check of the address
    Signed,
    /// Whole commands with their calls
    Whole,
    /// A command that is stored and waits for a confirmation
    Durable,
    /// The same with 10³ to 10⁶ commands held
    Growth,
    /// The same with 1, 10 and 100 accounts
    Accounts,
    /// What a delivery waits while rows are forgotten
    Retention,
    /// What the platform bills for a command, and on paper for many
    Bill,
    /// From the start of the process to the first answer
    Start,
    /// What is deployed
    Size,
    /// Memory after 10,000 commands
    Memory,
    /// A delivery that somebody else has signed, on every platform
    Verify,
}

/// What every measurement needs.
struct Bench<'a> {
    arguments: &'a BenchEdge,
    programs: Programs,
    secrets: Secrets,
    report: Report,
}

type Measure = fn(&Bench<'_>) -> Result<()>;

const MEASUREMENTS: [(Measurement, &str, Measure); 11] = [
    (Measurement::Signed, "signed", signed::run),
    (Measurement::Whole, "whole", whole::run),
    (Measurement::Durable, "durable", durable::run),
    (Measurement::Growth, "growth", growth::run),
    (Measurement::Accounts, "accounts", scale::accounts),
    (Measurement::Retention, "retention", scale::retention),
    (Measurement::Bill, "bill", scale::bill),
    (Measurement::Start, "start", footprint::start),
    (Measurement::Size, "size", footprint::size),
    (Measurement::Memory, "memory", footprint::memory),
    (Measurement::Verify, "verify", verify::run),
];

pub(super) fn run(arguments: &BenchEdge) -> Result<()> {
    let programs = Programs::prepare(arguments.no_build)?;
    if !arguments.no_build {
        peers::build_all()?;
    }
    let repeat = format!("--rounds {} --seconds {}", arguments.rounds, arguments.seconds);
    let report = Report::of("bench edge --only {name}", &repeat, arguments.report.as_deref())?;
    let bench = Bench { arguments, programs, secrets: secrets::random()?, report };
    for (measurement, name, run) in MEASUREMENTS {
        if arguments.only.is_empty() || arguments.only.contains(&measurement) {
            bench.report.begin(name);
            run(&bench)?;
            bench.report.end()?;
        }
    }
    bench.report.summary();
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

    fn peer(&self, name: &str, vars: &str) -> Result<Contestant> {
        self.start(&Program::peer(name, vars, &self.secrets)?)
    }

    fn filler(&self) -> Result<Program> {
        Program::peer("filler", "", &self.secrets)
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

/// What a contestant is sent, which answers are right, and what must hold after so many of them.
struct Entrant<'a> {
    name: String,
    contestant: &'a Contestant,
    right: Right,
    requests: Box<dyn Fn(usize) -> Result<Vec<Vec<u8>>> + 'a>,
    after: Box<dyn Fn(usize) -> Result<()> + 'a>,
    /// No more than so many a turn.
    most: usize,
}

impl<'a> Entrant<'a> {
    fn new(contestant: &'a Contestant, right: Right, requests: impl Fn(usize) -> Result<Vec<Vec<u8>>> + 'a) -> Self {
        let name = contestant.name.clone();
        Self { name, contestant, right, requests: Box::new(requests), after: Box::new(|_| Ok(())), most: usize::MAX }
    }

    fn turn(&self, count: usize, connections: usize) -> Result<(Run, f64)> {
        let requests = (self.requests)(count)?;
        let before = self.contestant.processor_seconds();
        let run = self.contestant.answer(&requests, connections, self.right)?;
        let processor_seconds = self.contestant.processor_seconds() - before;
        (self.after)(count)?;
        Ok((run, processor_seconds))
    }
}

/// What all of them showed with so many requests at once.
struct Raced {
    connections: usize,
    turns: Vec<Turns>,
}

impl Raced {
    /// How many times as many requests a second the one answered, within a round.
    fn ratio(&self, one: usize, other: usize) -> Spread {
        let rates = |index: usize| self.turns.get(index).into_iter().flat_map(|turns| turns.rate.iter());
        Spread::of(rates(one).zip(rates(other)).map(|(one, other)| one / other))
    }
}

impl Bench<'_> {
    /// All of them in turn, with each number of connections: a table each, whose ratios are those to the first.
    fn compete(&self, title: &str, entrants: Vec<Entrant<'_>>) -> Result<Vec<Raced>> {
        let mut all = Vec::new();
        for connections in &self.arguments.connections {
            let load_before = table::machine_load();
            let turns = self.race(&entrants, *connections)?;
            let rounds = self.arguments.rounds;
            self.report.say(&format!("{title}; {connections} at once, {rounds} rounds; {load_before}"));
            self.report.table(&compared(&entrants, &turns));
            all.push(Raced { connections: *connections, turns });
        }
        let group = |raced: &Raced| Group {
            name: format!("{} at once", raced.connections),
            bars: entrants
                .iter()
                .zip(&raced.turns)
                .map(|(entrant, turns)| (entrant.name.clone(), Spread::of(turns.rate.iter().copied())))
                .collect(),
        };
        self.report.chart(title, "requests a second", &all.iter().map(group).collect::<Vec<_>>());
        Ok(all)
    }

    /// Rounds in which each has its turn, after some to warm up.
    fn race(&self, entrants: &[Entrant<'_>], connections: usize) -> Result<Vec<Turns>> {
        let counts = entrants.iter().map(|entrant| self.warm_up(entrant, connections));
        let counts = counts.collect::<Result<Vec<_>>>()?;
        let mut all: Vec<Turns> = entrants.iter().map(|_| Turns::default()).collect();
        for _ in 0..self.arguments.rounds {
            for ((entrant, count), turns) in entrants.iter().zip(&counts).zip(&mut all) {
                let (run, processor_seconds) = entrant.turn(*count, connections)?;
                turns.note(&run, processor_seconds);
            }
        }
        Ok(all)
    }

    /// How many requests make up a turn.
    fn warm_up(&self, entrant: &Entrant<'_>, connections: usize) -> Result<usize> {
        let mut count = connections * 4;
        loop {
            let (run, _) = entrant.turn(count, connections)?;
            if run.seconds >= self.arguments.seconds / 4.0 || count == entrant.most {
                let full = Duration::from_secs_f64(self.arguments.seconds).as_millis();
                let had = Duration::from_secs_f64(run.seconds).as_millis().max(1);
                let wanted = count.saturating_mul(usize::try_from(full)?) / usize::try_from(had)?.max(1);
                return Ok(wanted.min(entrant.most));
            }
            count = (count * 2).min(entrant.most);
        }
    }

    /// Holds the ratio of two contestants against a target.
    fn judge(&self, raced: &Raced, what: &str, target: Target, one: usize, other: usize) {
        self.report.target(&format!("{what}, {} at once", raced.connections), target, raced.ratio(one, other), 2);
    }
}

fn compared(entrants: &[Entrant<'_>], turns: &[Turns]) -> Vec<Vec<String>> {
    let (Some(first), Some(ours)) = (entrants.first(), turns.first()) else { return Vec::new() };
    let ratio = format!("{} ÷ this", first.name);
    let heading = ["", "requests/s", "median ms", "99 % ms", "processor µs", &ratio, "by processor"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (entrant, turns) in entrants.iter().zip(turns) {
        let ratios = ours.rate.iter().zip(&turns.rate).map(|(ours, this)| ours / this);
        let by_processor = ours.processor.iter().zip(&turns.processor).map(|(ours, this)| this / ours);
        rows.push(vec![
            entrant.name.clone(),
            Spread::of(turns.rate.iter().copied()).shown(0),
            Spread::of(turns.middle.iter().copied()).shown(2),
            Spread::of(turns.late.iter().copied()).shown(2),
            Spread::of(turns.processor.iter().copied()).shown(0),
            Spread::of(ratios).shown(2),
            Spread::of(by_processor).shown(2),
        ]);
    }
    rows
}
