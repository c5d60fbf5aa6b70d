//! One JSON line an event. Ids, states and codes only: no secret, no message text, no address from a delivery.

use chat::{Command, Platform, Refusal, Reply};
use ops::{Told, config::Problem, record::Record};
use serde_json::{Value, json};
use worker::{Error, console_error, console_log, console_warn};

fn line(mut fields: Value, event: &str) -> String {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("event".into(), event.into());
        fields.insert("time".into(), crate::network::now_ms().into());
    }
    fields.to_string()
}

pub(crate) fn misconfigured(id: &str, problems: &[Problem]) {
    let problems: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.variable, p.problem)).collect();
    console_error!("{}", line(json!({"id": id, "problems": problems}), "misconfigured"));
}

pub(crate) fn refused(platform: Platform, refusal: &Refusal) {
    console_warn!("{}", line(json!({"platform": platform.name(), "reason": format!("{refusal:?}")}), "refused"));
}

pub(crate) fn answered(platform: Platform, command: &Command, told: &Result<Told, Reply>) {
    let (tone, id) = match told {
        Ok(told) => (told.reply.tone, told.command.as_deref()),
        Err(reply) => (reply.tone, None),
    };
    let fields = json!({
        "platform": platform.name(),
        "actor": command.actor.to_string(),
        "place": command.place.to_string(),
        "outcome": crate::network::outcome(tone),
        "command": id,
    });
    console_log!("{}", line(fields, "answered"));
}

pub(crate) fn ledger_failed(problem: &str) {
    console_error!("{}", line(json!({"problem": problem}), "ledger failed"));
}

pub(crate) fn unreachable(error: &Error) {
    console_warn!("{}", line(json!({"problem": error.to_string()}), "upstream unreachable"));
}

pub(crate) fn moved(record: &Record) {
    let conclusion = record.conclusion.as_ref();
    let fields = json!({
        "command": record.id,
        "operation": record.submission.operation,
        "region": record.submission.parameters.value("RegionId"),
        "state": record.state.name(),
        "attempt": record.attempts,
        "code": conclusion.and_then(|c| c.code.as_deref()),
        "request_id": conclusion.and_then(|c| c.request_id.as_deref()),
    });
    console_log!("{}", line(fields, "moved"));
}

pub(crate) fn follow_up(command: &str, outcome: &str) {
    console_log!("{}", line(json!({"command": command, "outcome": outcome}), "follow-up"));
}
