//! Whole commands, with their calls to an emulator that checks every signature and whose journal is read after every turn.

use super::{
    Bench, Entrant,
    contestant::{Contestant, Program},
    deliveries,
    load::Answer,
    report::Target,
    rivals::{Emulator, vars},
};
use crate::{
    build,
    chat::{OUTCOME, Platform},
};
use anyhow::{Result, ensure};
use core::cell::Cell;

/// As many commands a turn as the emulator's journal holds the calls of, and as fit into one answer of it.
const MOST: usize = 3_000;

/// Somebody who makes calls, and the emulator that gets them.
struct Caller {
    contestant: Contestant,
    emulator: Emulator,
    right: fn(&Answer<'_>) -> bool,
    commands: Cell<usize>,
    calls: Cell<usize>,
}

impl Caller {
    fn start(bench: &Bench<'_>, name: &str, peer: &str, more: &str) -> Result<Self> {
        let emulator = Emulator::start(bench)?;
        let vars = vars(&emulator.address, more);
        let (program, right): (_, fn(&Answer<'_>) -> bool) = match peer {
            "opshook" => (Program::ours(name, &build::folder(), &vars, &bench.secrets)?, is_success),
            _ => (Program::peer(peer, &vars, &bench.secrets)?.with(name, "")?, is_done),
        };
        let contestant = bench.start(&program)?;
        Ok(Self { contestant, emulator, right, commands: Cell::new(0), calls: Cell::new(0) })
    }

    fn entrant<'a>(&'a self, bench: &'a Bench<'_>, writes: bool) -> Entrant<'a> {
        let requests = move |count| {
            let words = |_| if writes { self.emulator.next_words() } else { "regions".to_owned() };
            deliveries::said(&bench.secrets, Platform::Slack, count, &words, None)
        };
        let after = move |count| {
            let calls = self.emulator.look(Some(if writes { count } else { 0 }))?;
            self.commands.set(self.commands.get() + count);
            self.calls.set(self.calls.get() + calls);
            Ok(())
        };
        Entrant { after: Box::new(after), most: MOST, ..Entrant::new(&self.contestant, self.right, requests) }
    }

    /// How many calls a command took since the last time.
    fn calls(&self) -> (String, f64) {
        let calls = super::table::float(self.calls.replace(0)) / super::table::float(self.commands.replace(0));
        (self.contestant.name.clone(), calls)
    }
}

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let callers = [
        Caller::start(bench, "opshook", "opshook", "")?,
        Caller::start(bench, "slack-cloudflare-workers + SDK", "slack-sdk", "")?,
        Caller::start(bench, "the same, looking before and after", "slack-sdk", "LOOKS = \"yes\"\n")?,
        Caller::start(bench, "hono", "hono", "SIGNATURE_SCHEME = \"acs3\"\n")?,
    ];
    let bare = bench.peer("bare-do", "")?;
    for (title, what, writes) in
        [("A whole command: share", "a share", true), ("A whole command: regions", "a read", false)]
    {
        let mut entrants: Vec<_> = callers.iter().map(|caller| caller.entrant(bench, writes)).collect();
        let slack = |count| deliveries::slack(&bench.secrets, count);
        entrants.push(Entrant::new(&bare, super::durable::is_accepted, slack));
        for raced in bench.compete(title, entrants)? {
            bench.judge(&raced, &format!("{what} ÷ slack-cloudflare-workers + SDK"), Target::AtLeast(1.5), 0, 1);
            bench.judge(&raced, &format!("{what} ÷ bare-do, which makes no call"), Target::AtLeast(0.8), 0, 4);
        }
        let calls = callers.iter().map(Caller::calls);
        let calls: Vec<_> = calls.map(|(name, calls)| format!("{name}: {calls:.2}")).collect();
        bench.report.say(&format!("Calls a command, all accepted by the emulator: {}.", calls.join(", ")));
    }
    callers.into_iter().map(|caller| caller.contestant).chain([bare]).map(Contestant::end).for_each(drop);
    Ok(())
}

pub(super) fn is_success(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.header(OUTCOME) == Some("success")
}

pub(super) fn is_done(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.contains("Done: ")
}

/// Memory, when it has done so many commands with their calls, `at_once`.
pub(super) fn after_commands(bench: &Bench<'_>, name: &str, peer: &str, count: usize) -> Result<[(f64, f64); 2]> {
    let caller = Caller::start(bench, name, peer, "")?;
    let before = caller.contestant.memory();
    let entrant = caller.entrant(bench, true);
    let mut left = count;
    while left > 0 {
        let portion = left.min(1_000);
        let requests = (entrant.requests)(portion)?;
        let run = caller.contestant.answer(&requests, 8, caller.right)?;
        ensure!(run.latencies.len() == portion, "{} answers to {portion} commands", run.latencies.len());
        (entrant.after)(portion)?;
        left -= portion;
    }
    let after = caller.contestant.memory();
    drop(entrant);
    drop(caller.contestant.end());
    Ok([before, after])
}
