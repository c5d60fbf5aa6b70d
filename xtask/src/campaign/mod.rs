//! `campaign`: people on several platforms, faults upstream and kills of workerd, all at once and all from one seed; then a
//! comparison of what was sent, answered, recorded, called and told.

mod checks;
mod evidence;
mod lane;
mod ledger;
mod plan;
mod random;
mod report;
mod run;
mod stage;
mod weather;

use crate::{
    chat::Platform,
    dev::secrets,
    progress::{print, say},
    workspace,
};
use alloc::sync::Arc;
use anyhow::{Context as _, Result, anyhow, ensure};
use checks::{Case, Known, Outputs};
use clap::Args;
use core::time::Duration;
use evidence::Evidence;
use run::{REST, Run, Until};
use stage::Stage;
use std::path::PathBuf;
use weather::Inbox;

/// Enough for everybody in the first phase.
const CALLS_PER_MINUTE: usize = 12_000;
/// From this many commands on, some must queue unless told otherwise: that takes two minutes.
const LONG: usize = 1_000;
const QUEUED: usize = 60;
/// People whose commands must queue.
const QUEUED_LANES: usize = 12;

/// Put the real thing under faults, duplicates and kills, and check that nothing is lost, doubled or stuck
#[derive(Args, Debug)]
pub(crate) struct Campaign {
    /// How many commands are to be accepted
    #[arg(long, value_name = "N", default_value_t = 300)]
    commands: usize,
    /// Of them, how many are sent at the end, when half as many calls a minute are allowed [default: 60 of 1000 or more]
    #[arg(long, value_name = "N")]
    queued: Option<usize>,
    /// Where everything random comes from; without it, a new one
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// How many people act at once
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=999))]
    lanes: u16,
    /// Kill workerd about this often
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    kill_every: Duration,
    /// Write the report to this file, too
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Install and build nothing: take what is there
    #[arg(long)]
    no_build: bool,
}

/// Runs it. `Ok(false)`: something does not hold, and it has been said.
///
/// # Errors
/// The programs do not start or do not come back, or the ledger cannot be read.
pub(crate) fn run_campaign(arguments: &Campaign) -> Result<bool> {
    let Campaign { commands, lanes, kill_every, .. } = arguments;
    let seed = arguments.seed.map_or_else(|| getrandom::u32().map(u64::from), Ok);
    let seed = seed.map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
    let queued = arguments.queued.unwrap_or(if *commands >= LONG { QUEUED } else { 0 }).min(*commands);
    let again = format!(
        "cargo xtask campaign --commands {commands} --queued {queued} --lanes {lanes} --kill-every {} --seed {seed}",
        kill_every.as_secs_f64()
    );
    say(&format!("  {again}"));
    let good = campaign(arguments, seed, queued).with_context(|| format!("the campaign broke off; again: {again}"))?;
    if !good {
        say(&format!("again: {again}"));
    }
    Ok(good)
}

fn campaign(arguments: &Campaign, seed: u64, queued: usize) -> Result<bool> {
    let folder = workspace::scratch("campaign");
    let keeper = ledger::keeper(arguments.no_build)?;
    let stage = Stage::start(&folder, arguments.no_build, &allowing(CALLS_PER_MINUTE))?;
    let played: Vec<&str> = Platform::IN_CAMPAIGN.iter().map(|platform| platform.name()).collect();
    let mut served = stage.platforms()?;
    served.retain(|name| !played.contains(&name.as_str()));
    ensure!(served.is_empty(), "the Worker serves {}, which nobody here plays", served.join(", "));

    let evidence = Arc::new(Evidence::new());
    let inbox = Inbox::open(&evidence, seed)?;
    let foreign = secrets::random()?;
    let kill_every = arguments.kill_every;
    let run = Run { seed, kill_every, stage: &stage, inbox: &inbox, evidence: &evidence, foreign: &foreign };
    let lanes = usize::from(arguments.lanes);
    let mut errands = plan::draw(seed, arguments.commands - queued, 0..lanes);
    let (mut known, mut troubles) = (Known::default(), Vec::new());
    let from = evidence.now();
    troubles.extend(run.people(&errands, &mut known, Until::AllIsSent)?);
    let worked = evidence.now() - from;
    let mut rested = run.come_to_rest(&errands, &mut known)?;
    known.limits.push((CALLS_PER_MINUTE, from, evidence.now()));
    if queued > 0 {
        let few = (queued / 2).max(1);
        stage.set(&allowing(few))?;
        let from = evidence.now();
        let those = plan::draw(seed, queued, lanes..lanes + queued.min(QUEUED_LANES));
        errands.extend(those.clone());
        troubles.extend(run.people(&those, &mut known, Until::AllIsOver)?);
        rested &= run.come_to_rest(&errands, &mut known)?;
        known.limits.push((few, from, evidence.now()));
    }
    if !rested {
        troubles.push(format!("it did not come to rest within {} s", REST.as_secs()));
    }
    run.call_the_roll(&errands, &known)?;
    match ledger::audit(&stage, &keeper, &folder.join("audit.jsonl")) {
        Ok(rows) => known.rows = rows,
        Err(error) => troubles.push(format!("{error:#}")),
    }
    let secrets = stage.secrets.clone();
    stage.stop()?;

    let seen = evidence.seen();
    let case = Case::new(errands.iter().flatten(), &seen, &known);
    let findings = checks::all(&case, &Outputs::read(&folder, &secrets)?);
    let good = troubles.is_empty() && findings.iter().all(|finding| finding.wrong.is_empty());
    let summary = report::summary(seed, &case, &seen, &findings, &troubles, worked);
    print(&summary);
    if let Some(file) = &arguments.report {
        std::fs::write(file, &summary).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if !good {
        report::write_all(&folder, &case, &seen)?;
        say(&format!("everything that happened, with all faults and kills: {}", workspace::shown(&folder).display()));
    }
    Ok(good)
}

/// Reads a time from the command line; less than workerd takes to come back would only keep it from it.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let sensible = Duration::from_millis(500)..=Duration::from_hours(24);
    seconds.filter(|seconds| sensible.contains(seconds)).ok_or_else(|| "expected 0.5 to 86400".to_owned())
}

fn allowing(calls_per_minute: usize) -> [(&'static str, String); 1] {
    [("CALLS_PER_MINUTE", calls_per_minute.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1_500)));
        for text in ["0.4", "-3", "NaN", "inf", "86401", "often"] {
            assert_eq!(seconds(text), Err("expected 0.5 to 86400".to_owned()), "{text}");
        }
    }
}
