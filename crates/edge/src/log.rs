//! One JSON line an event. Ids, states and codes only: no secret, no message text, no address from a delivery.

use crate::{network, object};
use chat::{Command, Platform, Refusal, Reply};
use ops::{Told, attempt::Upstream, config::Problem, record::Record, state::Moved};
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::console;

fn line(event: &str, mut fields: Vec<(&str, Value)>) -> JsValue {
    fields.push(("event", event.into()));
    fields.push(("time", network::now_ms().into()));
    serde_json::to_string(&object(fields)).unwrap_or_default().into()
}

pub(crate) fn misconfigured(id: &str, problems: &[Problem]) {
    let problems = problems.iter().map(|p| format!("{}: {}", p.variable, p.problem)).collect();
    console::error_1(&line("misconfigured", vec![("id", id.into()), ("problems", problems)]));
}

pub(crate) fn refused(platform: Platform, refusal: &Refusal) {
    let reason = format!("{refusal:?}");
    console::warn_1(&line("refused", vec![("platform", platform.name().into()), ("reason", reason.into())]));
}

/// The platform has sent this delivery so often before.
pub(crate) fn repeated(platform: Platform, times: u32) {
    console::warn_1(&line("repeated", vec![("platform", platform.name().into()), ("times", times.into())]));
}

pub(crate) fn answered(platform: Platform, command: &Command, told: &Result<Told, Reply>) {
    let (tone, id) = match told {
        Ok(told) => (told.reply.tone, told.command.as_deref()),
        Err(reply) => (reply.tone, None),
    };
    let fields = vec![
        ("platform", platform.name().into()),
        ("actor", command.actor.to_string().into()),
        ("place", command.place.to_string().into()),
        ("outcome", tone.name().into()),
        ("command", id.into()),
        // Which of them it was signed with: how far a rotation has come.
        ("secret", command.secret.into()),
    ];
    console::log_1(&line("answered", fields));
}

/// Somebody signs in to the console, or tries to.
pub(crate) fn signed_in(taken: bool) {
    console::log_1(&line("signed in", vec![("taken", taken.into())]));
}

pub(crate) fn ledger_failed(error: &JsValue) {
    console::error_1(&line("ledger failed", vec![("problem", network::describe(error).into())]));
}

pub(crate) fn unreadable(command: &str, error: &JsValue) {
    let fields = vec![("command", command.into()), ("problem", network::describe(error).into())];
    console::error_1(&line("unreadable record", fields));
}

pub(crate) fn unreachable(error: &JsValue) {
    console::warn_1(&line("upstream unreachable", vec![("problem", network::describe(error).into())]));
}

pub(crate) fn moved(record: &Record, moved: &Moved) {
    let conclusion = record.conclusion.as_ref();
    let fields = vec![
        ("command", record.id.as_str().into()),
        ("operation", record.submission.operation.as_str().into()),
        ("region", record.submission.parameters.value("RegionId").into()),
        ("what", moved.event.name().into()),
        ("state", moved.to.name().into()),
        ("attempt", record.attempts.into()),
        ("code", conclusion.and_then(|c| c.code.as_deref()).into()),
        ("request_id", conclusion.and_then(|c| c.request_id.as_deref()).into()),
    ];
    console::log_1(&line("moved", fields));
}

pub(crate) fn called(record: &Record, upstream: &Upstream, ms: i64) {
    let status = match upstream {
        Upstream::Answer { status, .. } => (*status).into(),
        Upstream::Unreachable => "unreachable".into(),
        Upstream::TimedOut => "timed out".into(),
        Upstream::NotSent(_) => "not sent".into(),
    };
    let fields = vec![
        ("command", record.id.as_str().into()),
        ("operation", record.lane().into()),
        ("attempt", record.attempts.into()),
        ("status", status),
        ("ms", ms.into()),
    ];
    console::log_1(&line("called", fields));
}

pub(crate) fn signature(command: &str, diagnosis: &str) {
    let fields = vec![("command", command.into()), ("diagnosis", diagnosis.into())];
    console::error_1(&line("signature refused", fields));
}

pub(crate) fn newer_schema(found: i64, known: i64) {
    let fields = vec![("found", found.into()), ("known", known.into())];
    console::error_1(&line("tables of a newer release", fields));
}

pub(crate) fn follow_up(command: &str, outcome: &str) {
    console::log_1(&line("follow-up", vec![("command", command.into()), ("outcome", outcome.into())]));
}
