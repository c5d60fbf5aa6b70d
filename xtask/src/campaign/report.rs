//! What is told about a campaign.

use super::{
    checks::{Case, Finding},
    evidence::{Heard, Purpose, Seen},
};
use crate::progress::seconds;
use alloc::collections::BTreeMap;
use anyhow::Result;
use core::{fmt::Write as _, time::Duration};
use serde_json::json;
use std::{fs, path::Path};

/// How many violations of one kind are shown.
const SHOWN: usize = 20;

/// The report: what happened, then every check with its counts and what is wrong.
pub(crate) fn summary(
    seed: u64,
    case: &Case<'_>,
    seen: &Seen,
    findings: &[Finding],
    troubles: &[String],
    worked: u64,
) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, seed, case, seen, findings, troubles, worked);
    out
}

fn write(
    out: &mut String,
    seed: u64,
    case: &Case<'_>,
    seen: &Seen,
    findings: &[Finding],
    troubles: &[String],
    worked: u64,
) -> core::fmt::Result {
    let meant = case.stories.iter().filter(|story| story.errand.counts()).count();
    let commands = case.accepted().filter(|(_, command)| command.state != "Denied").count();
    #[expect(clippy::cast_precision_loss, reason = "a count of commands")]
    let rate = commands as f64 / (worked.max(1) as f64 / 1_000.0);
    writeln!(
        out,
        "seed {seed}: {commands} of {meant} commands accepted in {} ({rate:.1}/s)",
        seconds(Duration::from_millis(worked))
    )?;

    let mut deliveries: BTreeMap<&str, usize> = BTreeMap::new();
    for exchange in &seen.exchanges {
        *deliveries.entry(&exchange.nonce).or_default() += 1;
    }
    let lost = |exchange: &&super::evidence::Exchange| matches!(exchange.heard, Heard::Lost(_));
    let left = |exchange: &&super::evidence::Exchange| matches!(exchange.heard, Heard::Left);
    writeln!(
        out,
        "  deliveries {}, sent again {}, answers lost {}, not waited for {}, forged or not allowed {}",
        deliveries.len(),
        seen.exchanges.len() - deliveries.len(),
        seen.exchanges.iter().filter(lost).count(),
        seen.exchanges.iter().filter(left).count(),
        seen.exchanges.iter().filter(|exchange| exchange.purpose == Purpose::Trespass).count(),
    )?;
    let back: u64 = case.kills.iter().map(|(killed, back)| back - killed).sum();
    let mean = back / u64::try_from(case.kills.len()).unwrap_or(1).max(1);
    writeln!(out, "  kills {}, back after {mean} ms on average", case.kills.len())?;
    let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in case.known.calls.iter().filter_map(|call| call.fault.as_deref()) {
        *faults.entry(if fault.starts_with("slow:") { "slow" } else { fault }).or_default() += 1;
    }
    let faults: Vec<String> = faults.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    writeln!(out, "  faults {}", faults.join(", "))?;

    for finding in findings {
        let mark = if finding.wrong.is_empty() { '✓' } else { '✗' };
        let counts: Vec<String> = finding.counts.iter().map(|(what, number)| format!("{what} {number}")).collect();
        writeln!(out, "{mark} {}: {}", finding.name, counts.join(", "))?;
        for wrong in finding.wrong.iter().take(SHOWN) {
            writeln!(out, "    {wrong}")?;
        }
        if finding.wrong.len() > SHOWN {
            writeln!(out, "    … and {} more", finding.wrong.len() - SHOWN)?;
        }
    }
    for trouble in troubles {
        writeln!(out, "✗ {trouble}")?;
    }
    Ok(())
}

/// Writes everything that happened beside the logs: `events.jsonl`, by time.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn write_all(folder: &Path, case: &Case<'_>, seen: &Seen) -> Result<()> {
    let mut lines: Vec<(u64, serde_json::Value)> = Vec::new();
    for blow in &seen.blows {
        lines.push((blow.at, json!({ "blow": blow.what, "until": blow.kill_until })));
    }
    for story in &case.stories {
        let name = &story.errand.name;
        let command = story.command.map(|command| (&command.id, &command.state));
        lines.push((0, json!({ "errand": name, "plan": format!("{:?}", story.errand), "command": command })));
        for exchange in &story.exchanges {
            let heard = match &exchange.heard {
                Heard::Answer(answer) => format!("{} {:?} {}", answer.status, answer.outcome, answer.shown),
                Heard::Lost(why) => format!("lost: {why}"),
                Heard::Left => "left".to_owned(),
            };
            let purpose = format!("{:?}", exchange.purpose);
            lines.push((
                exchange.sent,
                json!({ "errand": name, "nonce": exchange.nonce, "purpose": purpose, "ended": exchange.ended, "heard": heard }),
            ));
        }
        for arrival in &story.arrivals {
            let followed = format!("{} {:?} {}", arrival.status, arrival.outcome, arrival.shown);
            lines.push((arrival.at, json!({ "errand": name, "nonce": arrival.nonce, "followed": followed })));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    let lines: String = lines.iter().map(|(at, line)| format!("{at:>8} {line}\n")).collect();
    fs::write(folder.join("events.log"), lines)?;
    let calls: String = case.known.calls.iter().map(|call| format!("{call:?}\n")).collect();
    fs::write(folder.join("calls.log"), calls)?;
    Ok(())
}
