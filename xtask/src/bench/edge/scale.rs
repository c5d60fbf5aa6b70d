//! Many accounts at once, what a day that is forgotten costs, and what the platform bills for a command.

use super::{
    Bench, Entrant,
    contestant::{Contestant, Program},
    deliveries, durable, growth,
    load::{self, Answer},
    paper,
    rivals::{Emulator, vars},
    table::{Spread, float},
    whole,
};
use crate::{
    build,
    chat::{
        OUTCOME, Platform,
        inbox::{self, Reception},
    },
    http,
};
use anyhow::{Context as _, Result, ensure};
use core::time::Duration;
use serde::Deserialize;

/// Rows of the audit that are forgotten at once, and what so many are called.
const FORGOTTEN: [(usize, &str); 3] = [(1_000, "10³ rows"), (100_000, "10⁵ rows"), (1_000_000, "10⁶ rows")];

/// How many ledgers there are at once.
const ACCOUNTS: [usize; 3] = [1, 10, 100];

pub(super) fn accounts(bench: &Bench<'_>) -> Result<()> {
    let program = Program::ours("", &build::folder(), durable::VARS, &bench.secrets)?;
    let mut contestants = Vec::new();
    for accounts in ACCOUNTS {
        let name = format!("{accounts} account{}", if accounts == 1 { "" } else { "s" });
        contestants.push((accounts, bench.start(&program.accounts("")?.with(&name, "")?)?));
    }
    let entrants: Vec<_> = contestants
        .iter()
        .map(|(accounts, contestant)| {
            let requests = move |count| {
                let spread = |(number, request)| to_account(request, number % accounts);
                Ok(durable::deliveries(bench, count)?.into_iter().enumerate().map(spread).collect())
            };
            Entrant::new(contestant, durable::is_waiting, requests)
        })
        .collect();
    bench.compete("Accepted durably by so many ledgers in one workerd", entrants)?;
    contestants.into_iter().map(|(_, contestant)| contestant.end()).for_each(drop);
    Ok(())
}

/// With the header that says whose it is.
fn to_account(request: Vec<u8>, account: usize) -> Vec<u8> {
    let header = format!("\r\nx-account: {account}");
    let Some(line) = request.windows(2).position(|bytes| bytes == b"\r\n") else { return request };
    let (line, rest) = request.split_at(line);
    [line, header.as_bytes(), rest].concat()
}

/// What a delivery waits while a day is forgotten: the ledger does nothing else meanwhile.
pub(super) fn retention(bench: &Bench<'_>) -> Result<()> {
    let program = Program::ours("opshook", &build::folder(), durable::VARS, &bench.secrets)?;
    let mut rows = vec![["", "the longest, ms"].map(str::to_owned).to_vec()];
    for (size, name) in FORGOTTEN {
        let mut took = Vec::new();
        for _ in 0..bench.arguments.rounds {
            let (folder, _) = growth::filled(bench, &program, size)?;
            let filler = Contestant::start(&bench.programs, &bench.filler()?, folder)?;
            let aged = http::post(&format!("{}?age={}", filler.address(), 400 * 24 * 60 * 60 * 1000u64), &[], &[])?;
            ensure!(aged.status == 200, "the ledger cannot be aged: {}", aged.body);
            let contestant = Contestant::start(&bench.programs, &program, filler.end())?;
            // The first delivery sets the alarm, 50 ms later the day is forgotten, and who comes in between waits for it.
            let run = contestant.answer(&durable::deliveries(bench, 1)?, 1, durable::is_waiting)?;
            ensure!(run.latencies.len() == 1, "no answer to the first delivery");
            let mut longest = Duration::ZERO;
            let started = std::time::Instant::now();
            let mut sent = 1;
            // A portion of ten thousand every 50 ms and what it takes: twice as long as that has taken here.
            while started.elapsed() < Duration::from_millis(500 + u64::try_from(size / 50)?) {
                let run = contestant.answer(&durable::deliveries(bench, 1)?, 1, durable::is_waiting)?;
                longest = longest.max(run.latencies.first().copied().unwrap_or_default());
                sent += 1;
            }
            let filler = Contestant::start(&bench.programs, &bench.filler()?, contestant.end())?;
            let left = growth::held(&http::get(&filler.address())?)?.rows;
            // Each delivery leaves a few of its own.
            ensure!(left <= sent * 3, "{left} rows of {size} are still there, after {sent} deliveries");
            drop(filler.end());
            took.push(longest.as_secs_f64() * 1e3);
        }
        rows.push(vec![name.to_owned(), Spread::of(took.iter().copied()).shown(1)]);
    }
    bench.report.say("The longest that a delivery waits while all rows are forgotten");
    bench.report.table(&rows);
    Ok(())
}

/// What the wrapper has counted; the database as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    requests: f64,
    alarms: f64,
    statements: f64,
    rows_read: f64,
    rows_written: f64,
    alarms_set: f64,
    bytes: f64,
}

/// So many commands of a kind are counted.
const COUNTED: usize = 200;

pub(super) fn bill(bench: &Bench<'_>) -> Result<()> {
    let emulator = Emulator::start(bench)?;
    let inbox = inbox::listen(0, |_| Reception { status: 200, after: Duration::ZERO, body: "" })?;
    let vars = vars(&emulator.address, "");
    let program = Program::ours("", &build::folder(), &vars, &bench.secrets)?.accounts("COUNT = \"yes\"\n")?;
    let contestant = bench.start(&program)?;
    type Kind<'a> = (&'a str, &'a dyn Fn() -> String, Option<&'a str>, &'a str, fn(&Answer<'_>) -> bool);
    let share = || emulator.next_words();
    let regions = || "regions".to_owned();
    let kinds: [Kind<'_>; 4] = [
        ("share, answered in time, three calls", &share, None, "C1", whole::is_success),
        ("the same with a way back", &share, Some(&inbox), "C1", whole::is_success),
        ("regions, one call", &regions, None, "C1", whole::is_success),
        ("refused by the policy", &share, None, "C2", is_refusal),
    ];
    let heading = ["", "requests", "alarms", "alarms set", "statements", "rows read", "rows written", "bytes"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let mut dearest = paper::Command::default();
    for (name, words, response_url, channel, right) in kinds {
        let say = || {
            let words = |_| words();
            let request = deliveries::said_in(channel, &bench.secrets, Platform::Slack, 1, &words, response_url)?;
            contestant.answer(&request, 1, right)
        };
        // The first makes the tables, and says how large the database is.
        say()?;
        let before = counts(&contestant)?;
        for _ in 0..COUNTED {
            say()?;
        }
        // What goes on after the answer: the receipt, and the alarm that finds nothing to do.
        std::thread::sleep(Duration::from_secs(1));
        let Counts { requests, alarms, statements, rows_read, rows_written, alarms_set, bytes } = counts(&contestant)?;
        let grown = bytes - before.bytes;
        let each = [requests, alarms, alarms_set, statements, rows_read, rows_written, grown];
        let [requests, alarms, alarms_set, _, rows_read, rows_written, bytes] = each.map(|sum| sum / float(COUNTED));
        let shown = each.map(|sum| format!("{:.2}", sum / float(COUNTED)));
        rows.push([name.to_owned()].into_iter().chain(shown).collect());
        let command =
            paper::Command { requests: requests + alarms, rows_read, rows_written: rows_written + alarms_set, bytes };
        if command.rows_written > dearest.rows_written {
            dearest = command;
        }
    }
    bench.report.say(&format!("What the platform bills for a command, the mean of {COUNTED}, one after the other"));
    bench.report.table(&rows);
    drop(contestant.end());
    paper::show(&bench.report, &dearest);
    Ok(())
}

fn is_refusal(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.header(OUTCOME) == Some("refusal")
}

fn counts(contestant: &Contestant) -> Result<Counts> {
    let answer = contestant.ask(&load::request("GET", "/counts", &[], ""))?;
    serde_json::from_str(&answer).with_context(|| format!("the counts cannot be read: {answer}"))
}
