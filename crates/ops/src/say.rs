//! What people are told. Every sentence of the product stands here or in the overlay.

use crate::{
    attempt::CELLS,
    audit::GATEWAY,
    grammar::{Misunderstanding, OWN_WORDS, REGION, operation_usage, word_usage},
    identity,
    ledger::Wait,
    policy::{Denial, signature_name},
    record::{CONFIRM_WITHIN_MS, Phase, Record, Seen},
    state::State,
};
use acs_sign::SigningTime;
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use chat::{Action, Actor, Line, Place, Reply, Style, Tone};
use serde_json::Value;

fn reply(tone: Tone, title: impl Into<String>, lines: Vec<Line>) -> Reply {
    let private = matches!(tone, Tone::Refusal | Tone::Information);
    Reply { tone, title: title.into(), lines, actions: Vec::new(), private }
}

fn text(text: impl Into<String>) -> Line {
    Line::Text(text.into())
}

fn field(name: &str, value: impl Into<String>) -> Line {
    Line::Field(name.to_owned(), value.into())
}

fn code(code: impl Into<String>) -> Line {
    Line::Code(code.into())
}

/// How a command stands, as its answer, its follow-up and its `status`.
#[must_use]
pub fn state(record: &Record) -> Reply {
    let label = label(record);
    let mut lines = Vec::new();
    let (tone, title) = match record.state {
        State::Received | State::Ready | State::InFlight => {
            let wait = if record.submission.follow_up.is_some() {
                "The result follows here.".to_owned()
            } else {
                format!("Ask for the result with `status {}`.", record.id)
            };
            lines.push(text(wait));
            if record.phase == Phase::Check {
                lines.push(text("The vendor has taken it; whether it shows is still to be looked at."));
            } else if record.conclusion.is_some() {
                lines.push(text(format!("Attempt {} did not succeed, it is tried again:", record.attempts)));
            }
            (Tone::Waiting, format!("Accepted: {label}"))
        }
        State::AwaitingConfirmation => {
            lines.push(text("The code to confirm with was told when it was asked; asking again tells a new one."));
            (Tone::Waiting, format!("Waits for a confirmation: {label}"))
        }
        State::Succeeded => (Tone::Success, format!("Done: {label}")),
        State::Failed => (Tone::Failure, format!("Failed: {label}")),
        State::Cancelled => (Tone::Information, format!("Cancelled: {label}")),
        State::Denied => (Tone::Refusal, format!("Not allowed: {label}")),
        State::Expired if record.attempts == 0 => {
            lines.push(text("Nothing was sent. Type the command again if it is still wanted."));
            (Tone::Failure, format!("Expired: {label}"))
        }
        State::Expired => {
            if !record.uncertain {
                lines.push(text("It was not executed. Type the command again if it is still wanted."));
            }
            (Tone::Failure, format!("Expired after {} attempts: {label}", record.attempts))
        }
    };
    if record.uncertain && matches!(record.state, State::Failed | State::Expired) {
        lines.push(text("An attempt got no definite answer. It may have taken effect: look before you repeat it."));
    }
    match record.seen {
        Some(Seen::AlreadyThere) => lines.push(text("It was so already: nothing was changed.")),
        Some(Seen::Confirmed) => lines.push(text("Confirmed: the list shows it.")),
        Some(Seen::NotYet) => lines.push(text("The vendor has taken it, and the list does not show it yet.")),
        Some(Seen::Unknown) => lines.push(text("The vendor has taken it; the list could not be read to confirm it.")),
        None => {}
    }
    if let Some(conclusion) = &record.conclusion {
        lines.extend(conclusion.rows.iter().map(|row| text(row.clone())));
        if conclusion.more > 0 {
            lines.push(text(format!("… and {} more", conclusion.more)));
        }
        if record.state == State::Succeeded && conclusion.rows.is_empty() && lists(record) {
            lines.push(text("Nothing found."));
        }
        if let Some(error) = &conclusion.code {
            lines.push(field("Code", error.clone()));
        }
        if !conclusion.message.is_empty() {
            lines.push(text(conclusion.message.clone()));
        }
        if let Some(request_id) = &conclusion.request_id {
            lines.push(field("RequestId", request_id.clone()));
        }
    }
    if record.state == State::Denied {
        lines.push(text("Nothing was sent."));
    }
    if record.undelivered {
        lines.push(text("Not delivered: this result could not be brought to the chat."));
    }
    lines.push(field("Command", record.id.clone()));
    Reply { actions: choices(record), ..reply(tone, title, lines) }
}

/// What can be done with each thing of a list: the words that would change it.
fn choices(record: &Record) -> Vec<Action> {
    let listing = record.served().and_then(|served| served.listing);
    let (Some(listing), Some(conclusion)) = (listing, &record.conclusion) else { return Vec::new() };
    let region = record.submission.parameters.value(REGION).map(|region| format!(" {region}")).unwrap_or_default();
    let mut choices = Vec::new();
    for row in &conclusion.rows {
        let has = |cell: &str| row.split(CELLS).any(|there| there == cell);
        let thing = row.split(CELLS).next().unwrap_or_default();
        for served in swas::SERVED.iter().filter(|served| served.subject == listing.columns.first().copied()) {
            let Some(seen) = served.observation.filter(|seen| seen.items == listing.items) else { continue };
            let would_change = |word: &&swas::Word| {
                let wanted = seen.expected.iter().find(|(value, _)| word.fixed.contains(&(seen.parameter, value)));
                wanted.is_some_and(|(_, value)| !has(&format!("{}: {value}", seen.field)))
            };
            choices.extend(served.words.iter().filter(would_change).map(|word| Action {
                label: format!("{} {row}", word.word),
                command: format!("{} {thing}{region}", word.word),
                style: Style::Plain,
            }));
        }
    }
    choices
}

/// A command that waits for something, and for what.
#[must_use]
pub(crate) fn waiting(record: &Record, wait: &Wait) -> Reply {
    let mut reply = state(record);
    let wait = match wait {
        Wait::Other(first) => format!("An earlier command on the same thing comes first: {first}."),
        Wait::Turn { before, ms } => {
            let seconds = ms.saturating_add(999) / 1_000;
            let place = match before {
                0 => "It is next in line".to_owned(),
                before => format!("{before} come before it"),
            };
            // What has been sent may have been done: it cannot be dropped any more.
            let drop = if record.attempts == 0 { format!(" `cancel {}` drops it.", record.id) } else { String::new() };
            format!("{place}, for about {seconds} s: so many calls a minute are allowed.{drop}")
        }
    };
    reply.lines.insert(0, text(wait));
    reply
}

/// What has happened to a command, from its rows of the audit.
#[must_use]
pub(crate) fn log(record: &Record, rows: &[String]) -> Reply {
    let lines = rows.iter().filter_map(|row| happened(row)).chain([field("Command", record.id.clone())]).collect();
    reply(Tone::Information, format!("What happened to: {}", label(record)), lines)
}

/// `2026-11-25T12:00:00Z Begin: Ready → InFlight, attempt 1 …`
fn happened(row: &str) -> Option<Line> {
    let row: Value = serde_json::from_str(row).ok()?;
    let member = |name: &str| row.get(name).and_then(Value::as_str);
    let time = SigningTime::from_unix_seconds(row.get("at_ms")?.as_i64()?.div_euclid(1_000)).ok()?;
    let mut out = format!("{time} {}", member("event")?);
    if let Some((from, to)) = member("from").zip(member("to")) {
        out += &format!(": {from} → {to}");
    }
    if let Some(attempt) = row.get("attempt").and_then(Value::as_i64).filter(|attempt| *attempt > 0) {
        out += &format!(", attempt {attempt}");
    }
    for (before, name) in [(", ", "outcome"), (", RequestId ", "request_id"), (", by ", "who")] {
        if let Some(value) = member(name).filter(|value| *value != GATEWAY) {
            out += before;
            out += value;
        }
    }
    Some(text(out))
}

/// Asks for the second yes.
#[must_use]
pub(crate) fn confirmation(record: &Record, plain_code: &str, account: &str) -> Reply {
    let mut lines = Vec::new();
    let served = swas::operation(&record.submission.operation);
    let risk = served.and_then(|served| served.risk(|name| record.submission.parameters.value(name)));
    if let Some(risk) = risk {
        lines.extend(risk.consequences.iter().map(|sentence| text(sentence.en)));
    }
    if let Some(thing) = record.thing() {
        lines.push(field(served.and_then(|served| served.subject).unwrap_or_default(), thing));
    }
    if let Some(region) = record.submission.parameters.value(REGION) {
        lines.push(field(REGION, region));
    }
    lines.push(field("Account", account));
    let approvers = record.submission.hold.as_ref().map(|hold| hold.approvers.join(", ")).unwrap_or_default();
    let minutes = CONFIRM_WITHIN_MS / 60_000;
    lines.push(text(match approvers.as_str() {
        "" => format!("If you are sure, type within {minutes} minutes:"),
        _ => format!("One of {approvers} must type here within {minutes} minutes:"),
    }));
    let actions = [
        ("Confirm", format!("confirm {plain_code}"), if risk.is_some() { Style::Danger } else { Style::Primary }),
        ("Cancel", format!("cancel {plain_code}"), Style::Plain),
    ]
    .map(|(label, command, style)| Action { label: label.to_owned(), command, style });
    lines.push(code(actions[0].command.clone()));
    lines.push(text("To drop the request:"));
    lines.push(code(actions[1].command.clone()));
    lines.push(field("Command", record.id.clone()));
    let mut reply = reply(Tone::Waiting, format!("Please confirm: {}", label(record)), lines);
    reply.actions = actions.into();
    // Somebody else must see the code where somebody else must type it.
    reply.private = approvers.is_empty();
    reply
}

/// Why nothing was understood, and what would be.
#[must_use]
pub fn misunderstanding(problem: &Misunderstanding) -> Reply {
    let mut lines = Vec::new();
    let title = match problem {
        Misunderstanding::UnknownCommand { word, nearest } => {
            if let Some(nearest) = nearest {
                lines.push(text("Did you mean:"));
                lines.push(code(usage_of(nearest)));
            }
            lines.push(text("`help` lists what can be typed."));
            format!("There is no command `{}`", shortened(word))
        }
        Misunderstanding::Usage { usage, problem } => {
            lines.push(text("Usage:"));
            lines.push(code(usage.clone()));
            shortened(problem)
        }
        Misunderstanding::Invalid { operation, problems } => {
            lines.extend(problems.iter().map(|problem| text(problem.to_string())));
            lines.push(text("Nothing was sent."));
            format!("{operation} cannot take this")
        }
        Misunderstanding::UnknownRegion { region, nearest } => {
            if let Some(nearest) = nearest {
                lines.push(text(format!("Did you mean `{nearest}`?")));
            }
            lines.push(text("`regions` lists them. Nothing was sent."));
            format!("There is no region `{}`", shortened(region))
        }
    };
    reply(Tone::Refusal, title, lines)
}

/// What would be needed to be allowed.
#[must_use]
pub(crate) fn denial(denial: &Denial<'_>, actor: &Actor, place: &Place, operation: &str) -> String {
    let only = |values: &[String]| values.join(", ");
    match denial {
        Denial::Who => format!("No rule of the policy names you. Your id, for whoever keeps the policy: {actor}"),
        Denial::Where { places, .. } => {
            let places = only(places);
            format!("Your rules do not hold in this place, {place}, but in: {places}")
        }
        Denial::Operation { operations, .. } => {
            format!("Your rules in this place do not allow {operation}, but: {}", only(operations))
        }
        Denial::Parameter { name, allowed, .. } => {
            format!("Your rules in this place do not allow this value of {name}, but: {}", only(allowed))
        }
        Denial::Signature { needed, .. } => {
            let (needed, platform) = (signature_name(*needed), actor.platform);
            format!("Your rules ask for a signature of strength {needed}, which {platform}'s is not.")
        }
    }
}

/// The policy has changed since the command was asked for.
#[must_use]
pub(crate) fn no_longer_allowed() -> String {
    "The policy has changed since it was asked for.".to_owned()
}

/// The operation has gone since the command was asked for.
#[must_use]
pub(crate) fn not_served_any_more() -> String {
    "This operation is not served any more.".to_owned()
}

/// Codes were tried too often.
#[must_use]
pub fn too_many_tries(minutes: i64) -> Reply {
    let lines = vec![text(format!("Codes can be tried again in {minutes} minutes. Nothing was changed."))];
    reply(Tone::Refusal, "Too many wrong codes", lines)
}

/// Nothing that anybody reads: one part of the gateway tells another.
#[must_use]
pub const fn noted() -> Reply {
    Reply { tone: Tone::Information, title: String::new(), lines: Vec::new(), actions: Vec::new(), private: true }
}

/// The database was written by a later release.
#[must_use]
pub fn newer_schema(found: i64, known: i64) -> Reply {
    let lines = vec![
        text(format!("The ledger's tables have version {found}; this release of the gateway knows {known}.")),
        text("Deploy the newer release again. Nothing was changed, nothing was sent."),
    ];
    reply(Tone::Failure, "The ledger was written by a newer release", lines)
}

/// What can be typed.
#[must_use]
pub fn help() -> Reply {
    let mut lines = Vec::new();
    for served in swas::SERVED {
        for word in served.words {
            lines.push(code(word_usage(served, word)));
            lines.push(text(word.summary.en));
        }
        if served.words.is_empty() {
            lines.push(code(operation_usage(served.operation)));
            lines.push(text(served.operation.summary));
        }
    }
    let own = OWN_WORDS.iter().map(|(word, follows)| format!("{word}{follows}")).collect::<Vec<_>>();
    lines.push(text(format!("Also: {}.", own.join(", "))));
    reply(Tone::Information, "What you can type", lines)
}

/// No command of this id, for this person.
#[must_use]
pub fn no_such_command(id: Option<&str>) -> Reply {
    let title = match id {
        Some(id) => format!("There is no command `{}` of yours", shortened(id)),
        None => "There are no commands of yours yet".to_owned(),
    };
    reply(Tone::Refusal, title, vec![text("`help` lists what can be typed.")])
}

/// The newest commands of a person.
#[must_use]
pub fn recent(records: &[Record]) -> Reply {
    let lines = records.iter().map(|record| Line::Field(record.id.clone(), state(record).title)).collect();
    reply(Tone::Information, "Your latest commands", lines)
}

/// A code nobody waits for, or not for this person here. One answer for all, so that it cannot be probed.
#[must_use]
pub fn no_such_code() -> Reply {
    let lines = vec![text("It may be used up, expired, from another channel, or somebody else's to type.")];
    reply(Tone::Refusal, "This code confirms nothing here", lines)
}

/// The ledger could not be reached: it is not known whether the command was recorded.
#[must_use]
pub fn ledger_unreachable(delivery: &str) -> Reply {
    let id = identity::command_id(delivery);
    let lines =
        vec![text("It may or may not have been accepted. Look before you repeat it:"), code(format!("status {id}"))];
    reply(Tone::Failure, "The command could not be confirmed as recorded", lines)
}

/// The ledger could not be asked how a command stands.
#[must_use]
pub fn ledger_silent() -> Reply {
    reply(Tone::Failure, "The ledger did not answer", vec![text("Nothing was changed. Please try again.")])
}

/// The ledger did not answer whether it took a code.
#[must_use]
pub fn answer_unconfirmed() -> Reply {
    let lines = vec![text("It may or may not have been taken. Look before you repeat it:"), code("status")];
    reply(Tone::Failure, "The ledger did not answer in time", lines)
}

/// The delivery id belongs to another command.
#[must_use]
pub fn delivery_reused() -> Reply {
    let lines = vec![text("Each command needs a delivery id of its own.")];
    reply(Tone::Refusal, "This delivery id was used for another command", lines)
}

/// The command such that it could be typed again.
fn label(record: &Record) -> String {
    let parameters = &record.submission.parameters;
    let Some(served) = swas::operation(&record.submission.operation) else {
        return record.submission.operation.clone();
    };
    let fits = |word: &&swas::Word| word.fixed.iter().all(|(name, value)| parameters.value(name) == Some(value));
    let (mut out, fixed, positional) = match served.words.iter().find(fits) {
        Some(word) => (word.word.to_string(), word.fixed, word.arguments),
        None => (served.operation.name.to_string(), &[][..], &[][..]),
    };
    for value in positional.iter().filter_map(|name| parameters.value(name)) {
        out += &format!(" {value}");
    }
    for (name, value) in parameters.iter() {
        let said = fixed.iter().any(|(fixed, _)| *fixed == name) || positional.contains(&name);
        if !said && Some(name) != served.client_token {
            out += &format!(" {name}={value}");
        }
    }
    out
}

fn lists(record: &Record) -> bool {
    swas::operation(&record.submission.operation).is_some_and(|served| served.listing.is_some())
}

fn usage_of(word: &str) -> String {
    for served in swas::SERVED {
        if let Some(known) = served.words.iter().find(|known| known.word == word) {
            return word_usage(served, known);
        }
        if served.operation.name == word {
            return operation_usage(served.operation);
        }
    }
    OWN_WORDS.iter().find(|(own, _)| *own == word).map_or_else(|| word.to_owned(), |(own, rest)| format!("{own}{rest}"))
}

fn shortened(typed: &str) -> String {
    const MOST: usize = 64;
    match typed.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", typed.get(..cut).unwrap_or_default()),
        None => typed.to_owned(),
    }
}
