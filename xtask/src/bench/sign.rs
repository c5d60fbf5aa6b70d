//! `bench sign`: signing and verifying one request, beside other signers and beside what no signer can do without.
//!
//! Every contestant is a program that takes a name and a number of times and says how long that took; its answer is checked
//! before. Instructions and allocations are counted by valgrind over two runs, of which one works more often: the difference
//! is the work alone, and comes out the same each time.

use super::edge::{
    chart::Group,
    contestant::{Contestant, Program},
    load, peers,
    report::{Report, Target},
    table::{self, Spread},
};
use crate::{
    dev::{parts::Programs, secrets},
    process::{cargo, output, program, run as step},
    progress::print,
    tools, workspace,
};
use alloc::collections::BTreeMap;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::Deserialize;
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// Measure signing and verifying: time, instructions, allocations; beside other signers
#[derive(Args, Debug)]
pub(crate) struct BenchSign {
    /// How often each has its turn
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How often each works in a turn
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1000..))]
    times: u32,
    /// Write tables and pictures into this folder as well
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Count ours, and fail where that is more than bench/budgets.json allows
    #[arg(long, conflicts_with = "report")]
    check: bool,
}

/// What ours may need of each work, with some per cent to spare for another compiler.
#[derive(Deserialize)]
struct Budgets {
    instructions: BTreeMap<String, f64>,
}

const BUDGETS: &str = "bench/budgets.json";

const WORKS: [&str; 4] = ["rpc-sign", "rpc-verify", "acs3-sign", "acs3-verify"];
const VECTORS: &str = "crates/acs-sign/tests/vectors";
const WASM: &str = "sign-wasm";
/// What counts has no spread, so a few are enough.
const COUNTED: [u32; 2] = [1_000, 3_000];

/// A program with what stands before the name of a contestant.
struct Runner {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, String)>,
}

impl Runner {
    fn new(program: impl Into<OsString>, arguments: &[&Path]) -> Self {
        let arguments = arguments.iter().map(|argument| argument.as_os_str().to_owned()).collect();
        Self { program: program.into(), arguments, environment: Vec::new() }
    }

    fn command(&self, before: Option<Command>, name: &str, times: u32) -> Command {
        let mut command = match before {
            Some(mut before) => {
                before.arg(&self.program);
                before
            }
            None => program(&self.program, [""; 0]),
        };
        command.args(&self.arguments).arg(name).arg(times.to_string());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Nanoseconds for one piece of work.
    fn time(&self, name: &str, times: u32) -> Result<f64> {
        let told = output(self.command(None, name, times))?;
        let nanoseconds: f64 = told.trim().parse().with_context(|| format!("{name} says {told:?}"))?;
        Ok(nanoseconds / f64::from(times))
    }

    /// What valgrind counts for one piece of work.
    fn count(&self, name: &str, tool: &[&str], read: fn(&str) -> Option<f64>) -> Result<f64> {
        let [few, many] = COUNTED.map(|times| {
            let mut command = self.command(Some(program("valgrind", tool)), name, times);
            let told = command.output().context("valgrind does not start")?;
            let told = String::from_utf8_lossy(&told.stderr).into_owned();
            read(&told).with_context(|| format!("valgrind says nothing of {name}:\n{told}"))
        });
        let [few_times, many_times] = COUNTED;
        Ok((many? - few?) / f64::from(many_times - few_times))
    }

    fn instructions(&self, name: &str) -> Result<f64> {
        let tool = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
        self.count(name, &tool, |told| number_after(told, "Collected :"))
    }

    fn allocations(&self, name: &str) -> Result<f64> {
        self.count(name, &["--tool=memcheck"], |told| number_after(told, "total heap usage:"))
    }
}

/// `==1== Collected : 12,345`
fn number_after(text: &str, key: &str) -> Option<f64> {
    let (_, after) = text.split_once(key)?;
    after.split_whitespace().next()?.replace(',', "").parse().ok()
}

/// What is known of a contestant.
struct Row {
    name: String,
    times: Vec<Spread>,
    instructions: Option<f64>,
    allocations: Option<f64>,
}

pub(super) fn run(arguments: &BenchSign) -> Result<()> {
    let native = Runner::new(peers::compile_fast("bench-sign", &[])?, &[]);
    if arguments.check {
        return check(&native);
    }
    let repeat = format!("--rounds {} --times {}", arguments.rounds, arguments.times);
    let report = Report::of("bench sign", &repeat, arguments.report.as_deref())?;
    let counts = tools::has_valgrind();
    report.begin("native");
    let named = |name: &str| [name.to_owned(), format!("{name}-limit")];
    let ours: Vec<String> = WORKS.iter().flat_map(|name| named(name)).collect();
    let mut programs: Vec<(&Runner, String)> = ours.into_iter().map(|name| (&native, name)).collect();
    let (signers, javascript) = others()?;
    programs.extend(["alibabacloud-rpc-sign", "aws-sigv4-sign"].map(|name| (&signers, name.to_owned())));
    let mut rows = Vec::new();
    for (runner, name) in &programs {
        let instructions = counts.then(|| runner.instructions(name)).transpose()?;
        let allocations = counts.then(|| runner.allocations(name)).transpose()?;
        rows.push(Row { name: name.clone(), times: Vec::new(), instructions, allocations });
    }
    for (row, times) in rows.iter_mut().zip(turns(arguments, &programs)?) {
        row.times.push(times);
    }
    if !counts {
        report.say("There is no valgrind: instructions and allocations are not counted.");
    }
    report.say(&format!(
        "Natively, optimized for speed; {} rounds in turn of {} times each; {}",
        arguments.rounds,
        arguments.times,
        table::machine_load()
    ));
    report.table(&native_table(&rows));
    for (work, name) in rows.chunks(2).zip(WORKS) {
        let [ours, limit] = work else { continue };
        let bound = if name.starts_with("rpc") { 0.6 } else { 0.8 };
        for times in &ours.times {
            report.target(&format!("{name} natively, µs"), Target::AtMost(bound), times.scaled(1e-3), 2);
        }
        if let (Some(ours), Some(limit)) = (ours.instructions, limit.instructions) {
            let ratio = Spread::of([ours / limit]);
            report.target(&format!("{name}: instructions ÷ limit"), Target::AtMost(1.5), ratio, 2);
        }
        if let Some(allocations) = ours.allocations {
            report.target(&format!("{name}: allocations"), Target::AtMost(0.0), Spread::of([allocations]), 0);
        }
    }
    report.chart("Natively", "ns", &[group("", &rows)]);
    report.end()?;
    in_wasm(arguments, &report)?;
    in_node(arguments, &report, &javascript)?;
    report.summary();
    Ok(())
}

/// Counts come out the same each time, so a regression fails with the figure and the budget.
fn check(native: &Runner) -> Result<()> {
    let budgets: Budgets = serde_json::from_str(&workspace::read(BUDGETS)?).with_context(|| BUDGETS.to_owned())?;
    let mut over = Vec::new();
    for name in WORKS {
        let budget = *budgets.instructions.get(name).with_context(|| format!("{BUDGETS} has no budget for {name}"))?;
        let (instructions, allocations) = (native.instructions(name)?, native.allocations(name)?);
        let line = format!("{name}: {instructions:.0} instructions of {budget}, {allocations:.0} allocations of 0");
        print(&line);
        if instructions > budget || allocations > 0.0 {
            over.push(line);
        }
    }
    ensure!(over.is_empty(), "over the budget of {BUDGETS}:\n{}", over.join("\n"));
    Ok(())
}

fn group(name: &str, rows: &[Row]) -> Group {
    let bars = rows.iter().filter_map(|row| Some((row.name.clone(), *row.times.first()?))).collect();
    Group { name: name.to_owned(), bars }
}

fn native_table(rows: &[Row]) -> Vec<Vec<String>> {
    let heading = ["", "ns", "instructions", "÷ limit", "allocations"].map(str::to_owned).to_vec();
    let limit = |name: &str| rows.iter().find(|row| row.name == format!("{name}-limit"))?.instructions;
    let shown = rows.iter().map(|row| {
        let count = |count: Option<f64>| count.map_or_else(|| "–".to_owned(), |count| format!("{count:.0}"));
        let ratio = row.instructions.zip(limit(&row.name)).map(|(ours, limit)| ours / limit);
        vec![
            row.name.clone(),
            row.times.first().map(|times| times.shown(0)).unwrap_or_default(),
            count(row.instructions),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            count(row.allocations),
        ]
    });
    [heading].into_iter().chain(shown).collect()
}

/// Everybody has a turn, then everybody the next one.
fn turns(arguments: &BenchSign, programs: &[(&Runner, String)]) -> Result<Vec<Spread>> {
    let mut took = vec![Vec::new(); programs.len()];
    for _ in 0..arguments.rounds {
        for ((runner, name), took) in programs.iter().zip(&mut took) {
            took.push(runner.time(name, arguments.times)?);
        }
    }
    Ok(took.into_iter().map(Spread::of).collect())
}

/// Other crates' signers, and the vendor's of npm.
fn others() -> Result<(Runner, Runner)> {
    let mut compile = program("cargo", ["build", "--release", "--package", "signers"]);
    compile.current_dir(peers::source("")).arg("--target-dir").arg(peers::target());
    compile.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3");
    step("compiling the signers of other crates", compile)?;
    tools::npm_packages()?;
    let vector = |name: &str| workspace::read(format!("{VECTORS}/{name}/signature.txt"));
    let environment =
        vec![("RPC_SIGNATURE", vector("rpc/share-image-query")?), ("ACS3_SIGNATURE", vector("acs3/share-image")?)];
    let javascript = Runner::new("node", &[&workspace::root().join("bench/sign/peers.mjs")]);
    Ok((Runner::new(peers::target().join("release/signers"), &[]), Runner { environment, ..javascript }))
}

/// Ours as the Worker is compiled, under Node and in workerd.
fn in_wasm(arguments: &BenchSign, report: &Report) -> Result<()> {
    tools::targets(&[tools::WASM])?;
    let compile = cargo(["build", "--release", "--package", "bench-sign", "--lib", "--target", tools::WASM]);
    step("compiling bench-sign to wasm", compile)?;
    let folder = peers::built(WASM);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", workspace::shown(&folder).display()))?;
    let wasm = workspace::root().join("target").join(tools::WASM).join("release/bench_sign.wasm");
    let mut bind = program(tools::wasm_bindgen("wasm-bindgen")?, ["--target", "web"]);
    bind.arg("--out-dir").arg(&folder).arg(wasm);
    step("binding it", bind)?;

    let node = Runner::new("node", &[&workspace::root().join("bench/sign/wasm.mjs"), &folder]);
    let programs: Vec<(&Runner, String)> =
        WORKS.iter().flat_map(|name| [(*name).to_owned(), format!("{name}-limit")]).map(|name| (&node, name)).collect();
    let secrets = secrets::random()?;
    let peer = Program::peer(WASM, "", &secrets)?;
    let contestant = Contestant::start(&Programs::prepare(true)?, &peer, tempfile::tempdir()?)?;
    // Its clock stands still while it works, so ours runs, over twice as much work less once as much.
    let asked = |name: &str, times: u32| {
        let started = Instant::now();
        let answer = contestant.ask(&load::request("GET", &format!("/?name={name}&times={times}"), &[], ""))?;
        ensure!(answer == "done", "workerd answers {answer}");
        anyhow::Ok(started.elapsed().as_secs_f64() * 1e9)
    };
    let under_node = turns(arguments, &programs)?;
    let mut in_workerd = Vec::new();
    for (_, name) in &programs {
        asked(name, arguments.times)?;
        let mut took = Vec::new();
        for _ in 0..arguments.rounds {
            let (once, twice) = (asked(name, arguments.times)?, asked(name, arguments.times * 2)?);
            took.push((twice - once) / f64::from(arguments.times));
        }
        in_workerd.push(Spread::of(took));
    }
    drop(contestant.end());

    report.begin("wasm");
    report.say(&format!("In wasm, compiled as the Worker is: ns; {}", table::machine_load()));
    let mut rows = vec![["", "under Node", "in workerd"].map(str::to_owned).to_vec()];
    for (((_, name), node), workerd) in programs.iter().zip(&under_node).zip(&in_workerd) {
        rows.push(vec![name.clone(), node.shown(0), workerd.shown(0)]);
        if !name.ends_with("-limit") {
            let bound = if name.starts_with("rpc") { 1.5 } else { 3.0 };
            report.target(&format!("{name} in workerd, µs"), Target::AtMost(bound), workerd.scaled(1e-3), 2);
        }
    }
    report.table(&rows);
    report.end()
}

/// The vendor's signers, which run in JavaScript only.
fn in_node(arguments: &BenchSign, report: &Report, javascript: &Runner) -> Result<()> {
    let names = ["openapi-util-rpc-sign", "pop-core-rpc-sign", "openapi-util-acs3-sign"];
    let programs: Vec<(&Runner, String)> = names.map(|name| (javascript, name.to_owned())).into();
    let took = turns(arguments, &programs)?;
    report.begin("node");
    report.say(&format!("The vendor's signers under Node, after a warm-up: ns; {}", table::machine_load()));
    let mut rows = vec![["", "ns"].map(str::to_owned).to_vec()];
    rows.extend(names.iter().zip(&took).map(|(name, took)| vec![(*name).to_owned(), took.shown(0)]));
    report.table(&rows);
    report.end()
}
