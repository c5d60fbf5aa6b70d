//! How commands end.

use super::{Case, Finding, Story};
use crate::campaign::{
    evidence::Purpose,
    plan::{Confirming, Wish},
};
use alloc::collections::{BTreeMap, BTreeSet};

/// Every accepted command is final within its deadline, in the state it must come to; or waits for somebody, not yet too long.
pub(super) fn ended(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("every accepted command ends as it should, in time");
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut stuck, mut looked) = (0, 0);
    let lapsed =
        case.known.rows.iter().filter(|row| {
            row.states.as_ref().is_some_and(|(from, to)| from == "AwaitingConfirmation" && to == "Expired")
        });
    let unconfirmed: BTreeSet<&str> = lapsed.filter_map(|row| row.command.as_deref()).collect();
    for (story, command) in case.accepted() {
        *states.entry(&command.state).or_default() += 1;
        let name = &story.errand.name;
        if !command.is_final() && !command.waits() {
            stuck += 1;
            finding.wrong.push(format!("{name}: STUCK, {} is {}", command.id, command.state));
        }
        if command.waits() && command.deadline_ms <= case.known.now_ms {
            stuck += 1;
            finding.wrong.push(format!("{name}: STUCK, {} waits beyond its time", command.id));
        }
        for (_, answer) in story.answers(Purpose::Look).filter(|(_, answer)| answer.command().is_some()) {
            looked += 1;
            if !fits(&command.state, answer.outcome.as_deref().unwrap_or_default()) {
                finding
                    .wrong
                    .push(format!("{name}: {} is {}, `status` says {:?}", command.id, command.state, answer.shown));
            }
        }
        let still_waits = command.waits() || unconfirmed.contains(&*command.id);
        let expected = expected(story, still_waits, command.deadline_ms <= case.known.now_ms);
        if !expected.contains(&&*command.state) {
            finding.wrong.push(format!("{name}: {} is {}, expected {expected:?}", command.id, command.state));
        }
        for (what, shown) in told_ends(story) {
            if command.waits() || !fits(&command.state, what) {
                finding
                    .wrong
                    .push(format!("{name}: {} is {} and {what} was told: {shown:?}", command.id, command.state));
            }
        }
    }
    states.iter().for_each(|(state, number)| finding.count(*state, *number));
    finding.count("stuck", stuck);
    finding.count("asked for with `status`", looked);
    finding
}

/// Whether this kind of news is about a command in this state.
fn fits(state: &str, outcome: &str) -> bool {
    match state {
        "Succeeded" => outcome == "success",
        "Failed" | "Expired" => outcome == "failure",
        "Cancelled" => outcome == "information",
        "Denied" => outcome == "refusal",
        _ => outcome == "waiting",
    }
}

fn expected(story: &Story<'_>, unconfirmed: bool, over: bool) -> &'static [&'static str] {
    let waiting: &[&str] = if over { &["Expired"] } else { &["AwaitingConfirmation"] };
    let done: &[&str] = if story.errand.wish == Wish::ShareUnknown { &["Failed"] } else { &["Succeeded"] };
    if story.errand.trespass.is_some() {
        return &["Denied"];
    }
    match (story.was_asked(), story.errand.confirming) {
        (true, Confirming::Never) => waiting,
        (true, Confirming::Cancel) => &["Cancelled"],
        (true, _) => done,
        // Abandoned: nobody saw a question that may have been asked.
        (false, _) if unconfirmed && story.answers(Purpose::Ask).next().is_none() => waiting,
        (false, _) => done,
    }
}

/// What people were told about the end: the kind of news and the words.
fn told_ends<'a>(story: &'a Story<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let answers = story.pleas().filter_map(|exchange| exchange.answer()).filter(|answer| answer.is_final());
    let answers = answers.map(|answer| (answer.outcome.as_deref().unwrap_or_default(), answer.shown.as_str()));
    let arrivals = story.arrivals.iter();
    answers.chain(arrivals.map(|arrival| (arrival.outcome.as_deref().unwrap_or_default(), arrival.shown.as_str())))
}

/// A code lets one command go, once, by who may.
pub(super) fn confirmed(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("a code is good once, for who may use it");
    let (mut asked, mut let_go, mut refused, mut waiting) = (0, 0, 0, 0);
    for (story, command) in case.accepted() {
        if !story.was_asked() {
            continue;
        }
        asked += 1;
        waiting += usize::from(command.waits());
        let answers: Vec<_> = story.answers(Purpose::Confirm).collect();
        let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.command().is_some());
        let good: BTreeSet<&str> = good.iter().map(|(exchange, _)| &*exchange.nonce).collect();
        let bad: BTreeSet<&str> =
            bad.iter().filter(|(_, answer)| answer.is_definite()).map(|(exchange, _)| &*exchange.nonce).collect();
        refused += bad.len();
        let name = &story.errand.name;
        let due = usize::from(story.errand.confirming.lets_go());
        let_go += good.len();
        if good.len() != due {
            finding.wrong.push(format!("{name}: {} was let go {} times, expected {due}", command.id, good.len()));
        }
        if bad.len() != usize::from(story.errand.confirming == Confirming::Twice) {
            finding.wrong.push(format!("{name}: {} good codes were refused", bad.len()));
        }
    }
    finding.count("asked", asked);
    finding.count("let go", let_go);
    finding.count("second uses refused", refused);
    finding.count("still waiting", waiting);
    finding
}
