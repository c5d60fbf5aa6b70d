//! What people are told. Every sentence of the product stands here or in the overlay.

use crate::{
    grammar::{Misunderstanding, OWN_WORDS, operation_usage, word_usage},
    identity,
    policy::{Denial, signature_name},
    record::{CONFIRM_WITHIN_MS, Record, State},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use chat::{Actor, Line, Place, Reply, Tone};

fn reply(tone: Tone, title: impl Into<String>, lines: Vec<Line>) -> Reply {
    let private = matches!(tone, Tone::Refusal | Tone::Information);
    Reply { tone, title: title.into(), lines, private }
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
            if record.conclusion.is_some() {
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
    if record.undelivered {
        lines.push(text("This result could not be delivered to the chat."));
    }
    lines.push(field("Command", record.id.clone()));
    reply(tone, title, lines)
}

/// A command that must wait for another one on the same thing.
#[must_use]
pub(crate) fn queued(record: &Record, first: &str) -> Reply {
    let mut reply = state(record);
    reply.lines.insert(0, text(format!("An earlier command on the same thing comes first: {first}.")));
    reply
}

/// Asks for the second yes.
#[must_use]
pub(crate) fn confirmation(record: &Record, plain_code: &str) -> Reply {
    let mut lines = Vec::new();
    let served = swas::operation(&record.submission.operation);
    if let Some(risk) = served.and_then(|served| served.risk(|name| record.submission.parameters.value(name))) {
        lines.extend(risk.consequences.iter().map(|sentence| text(sentence.en)));
    }
    let approvers = record.submission.hold.as_ref().map(|hold| hold.approvers.join(", ")).unwrap_or_default();
    let minutes = CONFIRM_WITHIN_MS / 60_000;
    lines.push(text(match approvers.as_str() {
        "" => format!("If you are sure, type within {minutes} minutes:"),
        _ => format!("One of {approvers} must type here within {minutes} minutes:"),
    }));
    lines.push(code(format!("confirm {plain_code}")));
    lines.push(text("To drop the request:"));
    lines.push(code(format!("cancel {plain_code}")));
    lines.push(field("Command", record.id.clone()));
    let mut reply = reply(Tone::Waiting, format!("Please confirm: {}", label(record)), lines);
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

/// Who may not, and what would be needed.
#[must_use]
pub fn denied(denial: &Denial<'_>, actor: &Actor, place: &Place, operation: &str) -> Reply {
    let needed = match denial {
        Denial::Who => format!("No rule of the policy names you. Your id, for whoever keeps the policy: {actor}"),
        Denial::Where { .. } => {
            format!("Your rules do not hold in this place. Its id, for whoever keeps the policy: {place}")
        }
        Denial::Operation { .. } => format!("Your rules in this place do not allow {operation}."),
        Denial::Parameter { name, .. } => format!("Your rules in this place do not allow this value of {name}."),
        Denial::Signature { needed, .. } => {
            let (needed, platform) = (signature_name(*needed), actor.platform);
            format!("Your rules ask for a signature of strength {needed}, which {platform}'s is not.")
        }
    };
    reply(Tone::Refusal, "Not allowed", vec![text(needed), text("Nothing was sent.")])
}

/// The policy has changed since the command was asked for.
#[must_use]
pub(crate) fn no_longer_allowed() -> Reply {
    let lines = vec![text("The policy has changed since it was asked for. Nothing was sent.")];
    reply(Tone::Refusal, "This command is not allowed any more", lines)
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
