//! What a Worker weighs: from the start of the process to the first answer, the size of what is deployed, and memory.

use super::{
    Bench,
    chart::Group,
    contestant::{Contestant, Program},
    deliveries::{self, CHALLENGE},
    load::Answer,
    report::Target,
    rivals::{Emulator, vars},
    table::{Spread, float},
    whole,
};
use crate::build;
use anyhow::Result;

/// So many commands show what is kept.
const COMMANDS: usize = 10_000;
/// A start is short.
const STARTS: u32 = 3;

/// Milliseconds to the first handshake and to the first command.
type Took = (Vec<f64>, Vec<f64>);

pub(super) fn start(bench: &Bench<'_>) -> Result<()> {
    let emulator = Emulator::start(bench)?;
    let vars = vars(&emulator.address, "");
    let handshake: fn(&Answer<'_>) -> bool = |answer| answer.status == 200 && answer.contains(CHALLENGE);
    let hello: fn(&Answer<'_>) -> bool = |answer| answer.body == b"hello";
    let peer = |peer: &str, name: &str| Program::peer(peer, &vars, &bench.secrets)?.with(name, "");
    let ours = Program::ours("opshook", &build::folder(), &vars, &bench.secrets)?;
    let (app, hono) = (peer("slack-sdk", "slack-cloudflare-workers + SDK")?, peer("hono", "hono")?);
    let programs = [
        (&ours, handshake, whole::is_success as fn(&Answer<'_>) -> bool),
        (&app, handshake, whole::is_done),
        (&hono, handshake, whole::is_done),
        (&peer("rust-hello", "Rust hello")?, hello, hello),
        (&peer("ts-hello", "TypeScript hello")?, hello, hello),
    ];
    let mut took = vec![Took::default(); programs.len()];
    for _ in 0..bench.arguments.rounds * STARTS {
        for ((program, handshake, command), (to_handshake, to_command)) in programs.iter().zip(&mut took) {
            let first = |request: Vec<Vec<u8>>, right, times: &mut Vec<f64>| {
                let request = request.first().map(Vec::as_slice).unwrap_or_default();
                let took = Contestant::first_answer(&bench.programs, program, request, right)?;
                times.push(took.as_secs_f64() * 1e3);
                anyhow::Ok(())
            };
            first(deliveries::handshakes(bench, 1)?, *handshake, to_handshake)?;
            let words = |_| "regions".to_owned();
            let command_sent = deliveries::said(&bench.secrets, crate::chat::Platform::Slack, 1, &words, None)?;
            first(command_sent, *command, to_command)?;
        }
    }
    let mut rows = vec![["", "to a handshake, ms", "to a command with its call, ms"].map(str::to_owned).to_vec()];
    for ((program, ..), (to_handshake, to_command)) in programs.iter().zip(&took) {
        let shown = |times: &[f64]| Spread::of(times.iter().copied()).shown(1);
        rows.push(vec![program.name.clone(), shown(to_handshake), shown(to_command)]);
    }
    bench.report.say(&format!(
        "From the start of the process to its first answer; {} starts of each in turn; {}",
        bench.arguments.rounds * STARTS,
        super::table::machine_load()
    ));
    bench.report.table(&rows);
    let group = |name: &str, times: fn(&Took) -> &Vec<f64>| Group {
        name: name.to_owned(),
        bars: programs
            .iter()
            .zip(&took)
            .map(|((program, ..), took)| (program.name.clone(), Spread::of(times(took).iter().copied())))
            .collect(),
    };
    let groups = [group("to a handshake", |took| &took.0), group("to a command with its call", |took| &took.1)];
    bench.report.chart("From the start of the process to its first answer", "ms", &groups);
    if let [(handshake, command), (theirs_handshake, theirs_command), ..] = took.as_slice() {
        for (what, ours, theirs) in [("handshake", handshake, theirs_handshake), ("command", command, theirs_command)] {
            let ratios = Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs));
            let what = format!("start to the first {what} ÷ slack-cloudflare-workers + SDK");
            bench.report.target(&what, Target::AtMost(0.5), ratios, 2);
        }
    }
    Ok(())
}

pub(super) fn size(bench: &Bench<'_>) -> Result<()> {
    let mut rows = vec![["", "KiB", "KiB gzip"].map(str::to_owned).to_vec()];
    let mut ours = None;
    let peer = |peer: &str| Program::peer(peer, "", &bench.secrets);
    for (name, program) in [
        ("opshook", Program::ours("opshook", &build::folder(), "", &bench.secrets)?),
        ("slack-cloudflare-workers + SDK", peer("slack-sdk")?),
        ("hono", peer("hono")?),
        ("Rust hello", peer("rust-hello")?),
        ("TypeScript hello", peer("ts-hello")?),
    ] {
        let (bytes, small) = program.bytes()?;
        let small = float(small) / 1024.0;
        rows.push(vec![name.to_owned(), format!("{:.1}", float(bytes) / 1024.0), format!("{small:.1}")]);
        ours = ours.or(Some(small));
    }
    bench.report.say("What is deployed");
    bench.report.table(&rows);
    bench.report.target("KiB gzip", Target::AtMost(128.0), Spread::of(ours), 1);
    Ok(())
}

pub(super) fn memory(bench: &Bench<'_>) -> Result<()> {
    let contestants = [("opshook", "opshook"), ("slack-cloudflare-workers + SDK", "slack-sdk"), ("hono", "hono")];
    let mut held = vec![[Vec::new(), Vec::new(), Vec::new()]; contestants.len()];
    for _ in 0..bench.arguments.rounds.min(STARTS) {
        for ((name, peer), [before, after, most]) in contestants.iter().zip(&mut held) {
            let [(first, _), (last, peak)] = whole::after_commands(bench, name, peer, COMMANDS)?;
            for (figures, bytes) in [(before, first), (after, last), (most, peak)] {
                figures.push(bytes / 1e6);
            }
        }
    }
    let heading_after = format!("after {COMMANDS} commands");
    let heading = ["", "MB after the first answer", &heading_after, "at the most"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for ((name, _), figures) in contestants.iter().zip(&held) {
        let shown = figures.iter().map(|figures| Spread::of(figures.iter().copied()).shown(0));
        rows.push([(*name).to_owned()].into_iter().chain(shown).collect());
    }
    bench.report.say("Memory of workerd, resident");
    bench.report.table(&rows);
    let group = |(index, name): (usize, &str)| Group {
        name: name.to_owned(),
        bars: contestants
            .iter()
            .zip(&held)
            .filter_map(|((name, _), figures)| {
                Some(((*name).to_owned(), Spread::of(figures.get(index)?.iter().copied())))
            })
            .collect(),
    };
    let groups = [(0, "after the first answer"), (1, heading_after.as_str())].map(group);
    bench.report.chart("Memory of workerd", "MB resident", &groups);
    Ok(())
}
