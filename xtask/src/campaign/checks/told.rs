//! What people are told, how often and how fast.

use super::{Case, Finding, Story};
use crate::{
    campaign::{
        evidence::{Answer, Arrival, Exchange, Heard},
        ledger::Command,
        weather::LATEST_MS,
    },
    chat::Platform,
};

/// Slack, Discord, Feishu and Mattermost wait three seconds.
const ANSWERED_WITHIN_MS: u64 = 3_000;
/// What has been told is written down within this time, also on a busy machine, unless the Worker is killed.
const NOTED_WITHIN_MS: u64 = 2_000;

/// Whether a command is over and nobody has been told yet.
pub(crate) fn untold(case: &Case<'_>, story: &Story<'_>, command: &Command) -> bool {
    if !story.errand.way_back {
        return false;
    }
    let told = || !was_promised(story) && (answered(story).next().is_some() || told_the_leaving(case, story, command));
    command.is_final() && story.taken().next().is_none() && !told()
}

/// Whether the answer went out to somebody who left at that moment: a connection that the other side has closed takes the
/// bytes all the same, so the Worker cannot know.
fn told_the_leaving(case: &Case<'_>, story: &Story<'_>, command: &Command) -> bool {
    case.known.answered.contains(&command.id) && story.pleas().any(|exchange| matches!(exchange.heard, Heard::Left))
}

/// Answers that told the end.
fn answered<'a>(story: &Story<'a>) -> impl Iterator<Item = (&'a Exchange, &'a Answer)> {
    story.pleas().filter_map(|exchange| Some((exchange, exchange.answer()?))).filter(|(_, answer)| answer.is_final())
}

/// Whether some answer said that the result follows.
fn was_promised(story: &Story<'_>) -> bool {
    let waits = |answer: &Answer| answer.is("waiting") && answer.code().is_none() && answer.command().is_some();
    story.pleas().filter_map(Exchange::answer).any(waits)
}

/// One final message for every command: the answer itself, or a follow-up. More than one only where a kill or a broken
/// connection left it open whether the first had arrived, and then the same words.
pub(super) fn once(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("one final message for every accepted command");
    let (mut by_answer, mut by_follow_up, mut left, mut no_way) = (0, 0, 0, 0);
    let (mut around_kills, mut to_make_sure, mut refused) = (0, 0, 0);
    for (story, command) in case.accepted() {
        let name = &story.errand.name;
        let arrivals: Vec<&Arrival> = story.taken().collect();
        refused += story.arrivals.len() - arrivals.len();
        if command.undelivered {
            finding.wrong.push(format!("{name}: {} counts as undelivered", command.id));
        }
        let mut wrong = |what: &str| finding.wrong.push(format!("{name}: {} {what}", command.id));
        if !command.is_final() && !arrivals.is_empty() {
            wrong("is not over, and its end was told");
        }
        if untold(case, story, command) {
            wrong("is over, and nobody was told");
        }
        let mut texts: Vec<&str> = answered(story).map(|(_, answer)| answer.shown.as_str()).collect();
        texts.extend(story.arrivals.iter().map(|arrival| arrival.shown.as_str()));
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > 1 {
            wrong(&format!("was told in different words: {texts:?}"));
        }
        for pair in arrivals.windows(2) {
            let [first, second] = pair else { continue };
            if case.killed_between(first.at, first.at + LATEST_MS + NOTED_WITHIN_MS) {
                around_kills += 1;
            } else {
                wrong(&format!("followed twice, at {} and {} ms, and nothing was killed then", first.at, second.at));
            }
        }
        match (answered(story).next(), arrivals.first()) {
            (Some((exchange, _)), Some(arrival)) if !was_promised(story) => {
                if is_open(case, story, exchange) {
                    to_make_sure += 1;
                } else {
                    wrong(&format!("was told at {} ms and followed at {} ms", exchange.ended, arrival.at));
                }
            }
            (_, Some(_)) => by_follow_up += 1,
            (Some(_), None) => by_answer += 1,
            (None, None) if story.errand.way_back => left += usize::from(command.is_final()),
            (None, None) => no_way += usize::from(command.is_final()),
        }
    }
    finding.count("by the answer", by_answer);
    finding.count("by a follow-up", by_follow_up);
    finding.count("by an answer to who left at that moment", left);
    finding.count("on request only, without a way back", no_way);
    finding.count("by both, where the answer may have been lost", to_make_sure);
    finding.count("follow-ups repeated around kills", around_kills);
    finding.count("follow-ups we did not take", refused);
    finding
}

/// Whether the Worker could not know that the answer had arrived.
fn is_open(case: &Case<'_>, story: &Story<'_>, exchange: &Exchange) -> bool {
    let unheard = |exchange: &Exchange| matches!(exchange.heard, Heard::Lost(_) | Heard::Left);
    story.pleas().any(unheard) || case.killed_between(exchange.sent, exchange.ended + NOTED_WITHIN_MS)
}

/// Of a hundred answers ninety-nine come within the time that the most impatient platform waits.
pub(super) fn in_time(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("answers come in time");
    for platform in Platform::IN_CAMPAIGN {
        let stories = case.stories.iter().filter(|story| story.errand.platform == platform);
        let exchanges = stories.flat_map(|story| &story.exchanges).filter(|exchange| exchange.answer().is_some());
        let mut times: Vec<u64> = exchanges.map(|exchange| exchange.ended.saturating_sub(exchange.sent)).collect();
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied();
        let name = platform.name();
        finding.count(format!("{name} answers"), times.len());
        for (what, time) in [("p50", at(50)), ("p99", at(99)), ("max", at(100))] {
            finding.count(format!("{name} {what} ms"), usize::try_from(time.unwrap_or_default()).unwrap_or(usize::MAX));
        }
        if let Some(time) = at(99).filter(|time| *time > ANSWERED_WITHIN_MS) {
            finding.wrong.push(format!("{name}: one of a hundred answers took {time} ms or longer"));
        }
    }
    finding
}
