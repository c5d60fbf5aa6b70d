//! What `GET /api/commands` shows of records: the form that scripts and the console read.

use crate::record::Record;
use alloc::string::{String, ToString as _};
use serde_json::{Map, Value};

/// The command as JSON. The way back, which is as good as a password, and the code's digest are not in it.
#[must_use]
pub fn command(record: &Record) -> Value {
    let submission = &record.submission;
    let mut parameters = Map::new();
    for (name, value) in submission.parameters.iter() {
        parameters.insert(name.into(), value.into());
    }
    let conclusion = record.conclusion.as_ref();
    let open = !record.state.is_final();
    object([
        ("id", record.id.as_str().into()),
        ("state", record.state.name().into()),
        ("operation", submission.operation.as_str().into()),
        ("parameters", parameters.into()),
        ("who", text(submission.actor.to_string())),
        ("where", text(submission.place.to_string())),
        ("delivery", submission.delivery.as_str().into()),
        ("created_ms", record.created_ms.into()),
        ("deadline_ms", record.deadline_ms.into()),
        ("due_ms", Some(record.due_ms).filter(|_| open).into()),
        ("attempts", record.attempts.into()),
        ("uncertain", record.uncertain.into()),
        ("seen", record.seen.map(|seen| seen.name()).into()),
        ("code", conclusion.and_then(|conclusion| conclusion.code.as_deref()).into()),
        ("message", conclusion.map(|conclusion| conclusion.message.as_str()).into()),
        ("request_id", conclusion.and_then(|conclusion| conclusion.request_id.as_deref()).into()),
        ("answered_by", record.answered_by.as_ref().map(|answered| text(answered.actor.to_string())).into()),
        ("follow_up", submission.follow_up.is_some().into()),
        ("undelivered", record.undelivered.into()),
    ])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut object = Map::new();
    for (name, value) in members {
        object.insert(name.into(), value);
    }
    Value::Object(object)
}

const fn text(text: String) -> Value {
    Value::String(text)
}
