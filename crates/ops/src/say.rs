//! What people are told, put together from the sentences of their language.

use crate::{
    attempt::CELLS,
    audit::GATEWAY,
    grammar::{Misunderstanding, OWN_WORDS, REGION, UsageProblem, operation_usage, word_usage},
    identity,
    ledger::Wait,
    policy::{Denial, signature_name},
    record::{CONFIRM_WITHIN_MS, Phase, Record, Seen},
    state::State,
    texts::{Texts, fill, phrase, texts, translated},
};
use acs_rpc::{Constraint, Expected, InvalidParameter, Violation};
use acs_sign::SigningTime;
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use chat::{Action, Actor, Language, Line, Place, Reply, Style, Tone};
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

/// A sentence about a command, or a title: `{label}`.
fn labelled(sentence: &str, record: &Record) -> String {
    fill(sentence, &[("label", &label(record)), ("attempts", &number(record.attempts))])
}

fn number(number: impl ToString) -> String {
    number.to_string()
}

/// How a command stands, as its answer, its follow-up and its `status`.
#[must_use]
pub fn state(record: &Record, language: Language) -> Reply {
    let say = texts(language);
    let mut lines = Vec::new();
    let (tone, title) = match record.state {
        State::Received | State::Ready | State::InFlight => {
            lines.push(match record.submission.follow_up {
                Some(_) => text(say.result_follows),
                None => text(fill(say.ask_for_result, &[("id", &record.id)])),
            });
            if record.phase == Phase::Check {
                lines.push(text(say.taken_not_looked_at));
            } else if record.conclusion.is_some() {
                lines.push(text(fill(say.tried_again, &[("attempts", &number(record.attempts))])));
            }
            (Tone::Waiting, say.accepted)
        }
        State::AwaitingConfirmation => {
            lines.push(text(say.code_was_told));
            (Tone::Waiting, say.waits_for_confirmation)
        }
        State::Succeeded => (Tone::Success, say.done),
        State::Failed => (Tone::Failure, say.failed),
        State::Cancelled => (Tone::Information, say.cancelled),
        State::Denied => (Tone::Refusal, say.not_allowed),
        State::Expired if record.attempts == 0 => {
            lines.push(text(say.nothing_sent_type_again));
            (Tone::Failure, say.expired)
        }
        State::Expired => {
            if !record.uncertain {
                lines.push(text(say.not_executed_type_again));
            }
            (Tone::Failure, say.expired_after)
        }
    };
    if record.uncertain && matches!(record.state, State::Failed | State::Expired) {
        lines.push(text(say.may_have_acted));
    }
    lines.extend(record.seen.map(|seen| {
        text(match seen {
            Seen::AlreadyThere => say.already_so,
            Seen::Confirmed => say.confirmed,
            Seen::NotYet => say.not_shown_yet,
            Seen::Unknown => say.not_confirmed,
        })
    }));
    if let Some(conclusion) = &record.conclusion {
        lines.extend(conclusion.rows.iter().map(|row| text(row.clone())));
        if conclusion.more > 0 {
            lines.push(text(fill(say.and_more, &[("more", &number(conclusion.more))])));
        }
        if record.state == State::Succeeded && conclusion.rows.is_empty() && lists(record) {
            lines.push(text(say.nothing_found));
        }
        if let Some(error) = &conclusion.code {
            lines.push(field(say.code, error.clone()));
            lines.extend(swas::error(error).map(|explained| text(phrase(&explained, language))));
        }
        if !conclusion.message.is_empty() {
            lines.push(text(match conclusion.code {
                Some(_) => conclusion.message.clone(),
                None => translated(&conclusion.message, language),
            }));
        }
        if let Some(request_id) = &conclusion.request_id {
            lines.push(field(say.request_id, request_id.clone()));
        }
    }
    if record.state == State::Denied {
        lines.push(text(say.nothing_sent));
    }
    if record.undelivered {
        lines.push(text(say.not_delivered));
    }
    lines.push(field(say.command, record.id.clone()));
    Reply { actions: choices(record), ..reply(tone, labelled(title, record), lines) }
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
pub(crate) fn waiting(record: &Record, wait: &Wait, language: Language) -> Reply {
    let say = texts(language);
    let mut reply = state(record, language);
    let wait = match wait {
        Wait::Other(first) => fill(say.other_first, &[("id", first)]),
        Wait::Turn { before, ms } => {
            let seconds = number(ms.saturating_add(999) / 1_000);
            let place = match before {
                0 => say.next_in_line.to_owned(),
                before => fill(say.come_before, &[("before", &number(before))]),
            };
            let turn = fill(say.turn, &[("place", &place), ("seconds", &seconds)]);
            // What has been sent may have been done: it cannot be dropped any more.
            match record.attempts {
                0 => turn + &fill(say.drop_with, &[("id", &record.id)]),
                _ => turn,
            }
        }
    };
    reply.lines.insert(0, text(wait));
    reply
}

/// What has happened to a command, from its rows of the audit.
#[must_use]
pub(crate) fn log(record: &Record, rows: &[String], language: Language) -> Reply {
    let say = texts(language);
    let rows = rows.iter().filter_map(|row| happened(row, language));
    let lines = rows.chain([field(say.command, record.id.clone())]).collect();
    reply(Tone::Information, labelled(say.what_happened, record), lines)
}

/// `2026-11-25T12:00:00Z Begin: Ready → InFlight, attempt 1 …`
fn happened(row: &str, language: Language) -> Option<Line> {
    let say = texts(language);
    let row: Value = serde_json::from_str(row).ok()?;
    let member = |name: &str| row.get(name).and_then(Value::as_str);
    let time = SigningTime::from_unix_seconds(row.get("at_ms")?.as_i64()?.div_euclid(1_000)).ok()?;
    let mut out = format!("{time} {}", member("event")?);
    if let Some((from, to)) = member("from").zip(member("to")) {
        out += &format!(": {from} → {to}");
    }
    if let Some(attempt) = row.get("attempt").and_then(Value::as_i64).filter(|attempt| *attempt > 0) {
        out += &fill(say.attempt, &[("attempt", &number(attempt))]);
    }
    for (sentence, name) in [(say.outcome, "outcome"), (say.with_request_id, "request_id"), (say.by, "who")] {
        if let Some(value) = member(name).filter(|value| *value != GATEWAY) {
            out += &fill(sentence, &[(name, &translated(value, language))]);
        }
    }
    Some(text(out))
}

/// Asks for the second yes.
#[must_use]
pub(crate) fn confirmation(record: &Record, plain_code: &str, account: &str, language: Language) -> Reply {
    let say = texts(language);
    let mut lines = Vec::new();
    let served = swas::operation(&record.submission.operation);
    let risk = served.and_then(|served| served.risk(|name| record.submission.parameters.value(name)));
    if let Some(risk) = risk {
        lines.extend(risk.consequences.iter().map(|sentence| text(phrase(sentence, language))));
    }
    if let Some(thing) = record.thing() {
        lines.push(field(served.and_then(|served| served.subject).unwrap_or_default(), thing));
    }
    if let Some(region) = record.submission.parameters.value(REGION) {
        lines.push(field(REGION, region));
    }
    lines.push(field(say.account, account));
    let approvers = record.submission.hold.as_ref().map(|hold| hold.approvers.join(", ")).unwrap_or_default();
    let sentence = if approvers.is_empty() { say.type_if_sure } else { say.approver_must_type };
    let minutes = number(CONFIRM_WITHIN_MS / 60_000);
    lines.push(text(fill(sentence, &[("minutes", &minutes), ("approvers", &approvers)])));
    let actions = [
        (say.confirm, format!("confirm {plain_code}"), if risk.is_some() { Style::Danger } else { Style::Primary }),
        (say.cancel, format!("cancel {plain_code}"), Style::Plain),
    ]
    .map(|(label, command, style)| Action { label: label.to_owned(), command, style });
    lines.push(code(actions[0].command.clone()));
    lines.push(text(say.to_drop));
    lines.push(code(actions[1].command.clone()));
    lines.push(field(say.command, record.id.clone()));
    let mut reply = reply(Tone::Waiting, labelled(say.please_confirm, record), lines);
    reply.actions = actions.into();
    // Somebody else must see the code where somebody else must type it.
    reply.private = approvers.is_empty();
    reply
}

/// Why nothing was understood, and what would be.
#[must_use]
pub fn misunderstanding(problem: &Misunderstanding, language: Language) -> Reply {
    let say = texts(language);
    let mut lines = Vec::new();
    let title = match problem {
        Misunderstanding::UnknownCommand { word, nearest } => {
            if let Some(nearest) = nearest {
                lines.push(text(say.did_you_mean));
                lines.push(code(usage_of(nearest)));
            }
            lines.push(text(say.help_lists));
            fill(say.no_such_word, &[("word", &shortened(word))])
        }
        Misunderstanding::Usage { usage, problem } => {
            lines.push(text(say.usage));
            lines.push(code(usage.clone()));
            let (sentence, name, value) = match problem {
                UsageProblem::AtMostOneWord(word) => (say.at_most_one_word, "word", *word),
                UsageProblem::ExactlyOneWord(word) => (say.exactly_one_word, "word", *word),
                UsageProblem::NotAPair(word) => (say.not_a_pair, "word", word.as_str()),
                UsageProblem::OneTooMany(word) => (say.one_too_many, "word", word.as_str()),
                UsageProblem::Missing(parameter) => (say.missing, "name", *parameter),
                UsageProblem::SetByGateway(parameter) => (say.set_by_gateway, "name", *parameter),
            };
            fill(sentence, &[(name, &shortened(value))])
        }
        Misunderstanding::Invalid { operation, problems } => {
            lines.extend(problems.iter().map(|problem| text(invalid(problem, say))));
            lines.push(text(say.nothing_sent));
            fill(say.cannot_take, &[("operation", operation)])
        }
        Misunderstanding::UnknownRegion { region, nearest } => {
            lines.extend(nearest.map(|nearest| text(fill(say.did_you_mean_one, &[("nearest", nearest)]))));
            lines.push(text(say.regions_lists));
            fill(say.no_such_region, &[("region", &shortened(region))])
        }
    };
    reply(Tone::Refusal, title, lines)
}

/// What is wrong with a parameter.
fn invalid(problem: &InvalidParameter, say: &Texts) -> String {
    let shown = |value: &Option<String>| match value {
        // Quoted by `Debug`, so that nothing in it can pass for a line of a reply.
        Some(value) => format!("{value:?}"),
        None => say.the_value.to_owned(),
    };
    let what = match &problem.violation {
        Violation::Missing => say.required.to_owned(),
        Violation::Unknown { nearest: None } => say.unknown.to_owned(),
        Violation::Unknown { nearest: Some(nearest) } => fill(say.unknown_nearest, &[("nearest", nearest)]),
        Violation::Repeated => say.repeated.to_owned(),
        Violation::NotA { expected, value } => {
            fill(say.not_a, &[("value", &shown(value)), ("expected", kind(*expected, say))])
        }
        Violation::Limit { constraint, value } => {
            let (sentence, limit) = limit(constraint, say);
            fill(sentence, &[("value", &shown(value)), ("limit", &limit)])
        }
        Violation::Gap { missing } => fill(say.gap, &[("missing", &number(missing))]),
        Violation::SharedBody { with } => fill(say.shared_body, &[("with", with)]),
        Violation::TooDeep { limit } => fill(say.too_deep, &[("limit", &number(limit))]),
    };
    format!("{}: {what}", problem.name.escape_debug())
}

fn limit(constraint: &Constraint, say: &Texts) -> (&'static str, String) {
    match *constraint {
        Constraint::MinLength(n) => (say.shorter, number(n)),
        Constraint::MaxLength(n) => (say.longer, number(n)),
        Constraint::Ascii => (say.not_ascii, String::new()),
        Constraint::Prefix(prefix) => (say.other_prefix, prefix.to_owned()),
        Constraint::Minimum(n) => (say.less, number(n)),
        Constraint::Maximum(n) => (say.more, number(n)),
        Constraint::AtLeast(n) => (say.less, n.to_string()),
        Constraint::AtMost(n) => (say.more, n.to_string()),
        Constraint::MoreThan(n) => (say.not_more, n.to_string()),
        Constraint::LessThan(n) => (say.not_less, n.to_string()),
        Constraint::MinItems(n) => (say.fewer_items, number(n)),
        Constraint::MaxItems(n) => (say.more_items, number(n)),
        Constraint::OneOf(choices) => (say.not_one_of, choices.join(", ")),
        Constraint::JsonStrings(n) => (say.no_json_strings, number(n)),
    }
}

fn kind(expected: Expected, say: &Texts) -> &'static str {
    match expected {
        Expected::Int32 => say.int32,
        Expected::Int64 => say.int64,
        Expected::Number => say.number,
        Expected::Boolean => say.boolean,
        Expected::JsonString => say.json_string,
        Expected::JsonArray => say.json_array,
        Expected::JsonObject => say.json_object,
        Expected::Items => say.items,
        Expected::Fields => say.fields,
        Expected::HeaderText => say.header_text,
        Expected::HostPart => say.host_part,
        Expected::PathPart => say.path_part,
        Expected::Json => say.json,
    }
}

/// What would be needed to be allowed. In English, as it is stored.
#[must_use]
pub(crate) fn denial(denial: &Denial<'_>, actor: &Actor, place: &Place, operation: &str) -> String {
    let say = texts(Language::English);
    let only = |values: &[String]| values.join(", ");
    match denial {
        Denial::Who => fill(say.no_rule_names_you, &[("who", &actor.to_string())]),
        Denial::Where { places, .. } => {
            fill(say.not_in_this_place, &[("place", &place.to_string()), ("places", &only(places))])
        }
        Denial::Operation { operations, .. } => {
            fill(say.not_this_operation, &[("operation", operation), ("operations", &only(operations))])
        }
        Denial::Parameter { name, allowed, .. } => {
            fill(say.not_this_value, &[("name", name), ("allowed", &only(allowed))])
        }
        Denial::Signature { needed, .. } => {
            let needed = signature_name(*needed);
            fill(say.stronger_signature, &[("needed", needed), ("platform", actor.platform.name())])
        }
    }
}

/// The policy has changed since the command was asked for. In English, as it is stored.
#[must_use]
pub(crate) fn no_longer_allowed() -> String {
    texts(Language::English).policy_changed.to_owned()
}

/// The operation has gone since the command was asked for. In English, as it is stored.
#[must_use]
pub(crate) fn not_served_any_more() -> String {
    texts(Language::English).not_served.to_owned()
}

/// Codes were tried too often.
#[must_use]
pub fn too_many_tries(minutes: i64, language: Language) -> Reply {
    let say = texts(language);
    let lines = vec![text(fill(say.try_again_in, &[("minutes", &number(minutes))]))];
    reply(Tone::Refusal, say.too_many_codes, lines)
}

/// Nothing that anybody reads: one part of the gateway tells another.
#[must_use]
pub const fn noted() -> Reply {
    Reply { tone: Tone::Information, title: String::new(), lines: Vec::new(), actions: Vec::new(), private: true }
}

/// The database was written by a later release.
#[must_use]
pub fn newer_schema(found: i64, known: i64, language: Language) -> Reply {
    let say = texts(language);
    let versions = fill(say.newer_tables, &[("found", &number(found)), ("known", &number(known))]);
    reply(Tone::Failure, say.newer_ledger, vec![text(versions), text(say.deploy_newer)])
}

/// What can be typed.
#[must_use]
pub fn help(language: Language) -> Reply {
    let say = texts(language);
    let mut lines = Vec::new();
    for served in swas::SERVED {
        for word in served.words {
            lines.push(code(word_usage(served, word)));
            lines.push(text(phrase(&word.summary, language)));
        }
        if served.words.is_empty() {
            lines.push(code(operation_usage(served.operation)));
            lines.push(text(phrase(&served.summary, language)));
        }
    }
    let own = OWN_WORDS.iter().map(|(word, follows)| format!("{word}{follows}")).collect::<Vec<_>>();
    lines.push(text(fill(say.also, &[("words", &own.join(", "))])));
    reply(Tone::Information, say.can_type, lines)
}

/// No command of this id, for this person.
#[must_use]
pub fn no_such_command(id: Option<&str>, language: Language) -> Reply {
    let say = texts(language);
    let title = match id {
        Some(id) => fill(say.no_such_command, &[("id", &shortened(id))]),
        None => say.no_commands.to_owned(),
    };
    reply(Tone::Refusal, title, vec![text(say.help_lists)])
}

/// The newest commands of a person.
#[must_use]
pub fn recent(records: &[Record], language: Language) -> Reply {
    let lines = records.iter().map(|record| Line::Field(record.id.clone(), state(record, language).title)).collect();
    reply(Tone::Information, texts(language).latest_commands, lines)
}

/// A code nobody waits for, or not for this person here. One answer for all, so that it cannot be probed.
#[must_use]
pub fn no_such_code(language: Language) -> Reply {
    let say = texts(language);
    reply(Tone::Refusal, say.no_such_code, vec![text(say.why_no_such_code)])
}

/// The ledger could not be reached: it is not known whether the command was recorded.
#[must_use]
pub fn ledger_unreachable(delivery: &str, language: Language) -> Reply {
    let say = texts(language);
    let id = identity::command_id(delivery);
    reply(Tone::Failure, say.not_recorded, vec![text(say.look_whether_accepted), code(format!("status {id}"))])
}

/// The ledger could not be asked how a command stands.
#[must_use]
pub fn ledger_silent(language: Language) -> Reply {
    let say = texts(language);
    reply(Tone::Failure, say.ledger_silent, vec![text(say.try_again)])
}

/// The ledger did not answer whether it took a code.
#[must_use]
pub fn answer_unconfirmed(language: Language) -> Reply {
    let say = texts(language);
    reply(Tone::Failure, say.ledger_late, vec![text(say.look_whether_taken), code("status")])
}

/// The delivery id belongs to another command.
#[must_use]
pub fn delivery_reused(language: Language) -> Reply {
    let say = texts(language);
    reply(Tone::Refusal, say.delivery_reused, vec![text(say.delivery_needs_own_id)])
}

/// The command such that it could be typed again.
fn label(record: &Record) -> String {
    let parameters = &record.submission.parameters;
    let Some(served) = swas::operation(&record.submission.operation) else {
        return record.submission.operation.clone();
    };
    let fits = |word: &&swas::Word| word.fixed.iter().all(|(name, value)| parameters.value(name) == Some(value));
    let (mut out, decided, positional) = match served.words.iter().find(fits) {
        Some(word) => (word.word.to_string(), [word.fixed, word.in_english], word.arguments),
        None => (served.operation.name.to_string(), [&[][..]; 2], &[][..]),
    };
    for value in positional.iter().filter_map(|name| parameters.value(name)) {
        out += &format!(" {value}");
    }
    for (name, value) in parameters.iter() {
        let said = decided.iter().any(|pairs| pairs.contains(&(name, value))) || positional.contains(&name);
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
