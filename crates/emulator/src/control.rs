//! The control surface under `/_emulator/`, which is ours and no part of the vendor's.

use crate::{Emulator, HttpRequest, HttpResponse};
use core::time::Duration;
use serde_json::{Map, Value, json};

/// The longest time a reader of the journal may wait for the next entry.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

const PREFIX: &str = "/_emulator/";

/// Whether the request is one of ours.
pub(crate) fn concerns(request: &HttpRequest) -> bool {
    request.path().starts_with(PREFIX)
}

/// How long the shell should hold this request back, waiting for an entry after which.
pub(crate) fn journal_wait(request: &HttpRequest) -> Option<(u64, Duration)> {
    if request.method != "GET" || request.path().strip_prefix(PREFIX) != Some("journal") {
        return None;
    }
    let (after, wait) = journal_query(request.query()).ok()?;
    (!wait.is_zero()).then_some((after, wait))
}

pub(crate) fn handle(emulator: &mut Emulator, request: &HttpRequest) -> HttpResponse {
    let name = request.path().strip_prefix(PREFIX).unwrap_or_default();
    match (name, request.method.as_str()) {
        ("faults", "GET") => ok(&emulator.faults.standing()),
        ("faults", "POST") => match emulator.faults.order(&request.body) {
            Ok(()) => ok(&emulator.faults.standing()),
            Err(problem) => refused(400, &problem),
        },
        ("faults", "DELETE") => {
            emulator.faults.clear();
            ok(&emulator.faults.standing())
        }
        ("journal", "GET") => match journal_query(request.query()) {
            Ok((after, _)) => ok(&json!({"entries": emulator.journal.after(after).collect::<Vec<_>>()})),
            Err(problem) => refused(400, &problem),
        },
        ("state", "GET") => ok(&json!({"images": emulator.images()})),
        ("clock", "POST") => match clock_offset(&request.body) {
            Ok(offset_ms) => {
                emulator.clock_offset_ms = offset_ms;
                ok(&json!({"offset_ms": offset_ms}))
            }
            Err(problem) => refused(400, &problem),
        },
        ("reset", "POST") => {
            emulator.reset();
            ok(&json!({}))
        }
        ("faults", _) => wrong_method("GET, POST, DELETE"),
        ("journal" | "state", _) => wrong_method("GET"),
        ("clock" | "reset", _) => wrong_method("POST"),
        _ => refused(404, "the emulator has faults, journal, state, clock and reset here"),
    }
}

/// `after` and `wait`, both optional.
fn journal_query(query: &str) -> Result<(u64, Duration), String> {
    let (mut after, mut wait) = (0, Duration::ZERO);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "after" => after = value.parse().map_err(|_| "`after` must be the number of an entry, or 0")?,
            "wait" => {
                wait = value
                    .parse()
                    .map(Duration::from_millis)
                    .ok()
                    .filter(|wait| *wait <= LONGEST_WAIT)
                    .ok_or_else(|| format!("`wait` must be milliseconds, {} at most", LONGEST_WAIT.as_millis()))?;
            }
            _ => return Err(format!("`{name}` is none of after, wait")),
        }
    }
    Ok((after, wait))
}

/// `offset_ms` and nothing else.
fn clock_offset(body: &[u8]) -> Result<i64, String> {
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("the body is not a JSON object: {error}"))?;
    match (body.len(), body.get("offset_ms").and_then(Value::as_i64)) {
        (1, Some(offset_ms)) => Ok(offset_ms),
        _ => Err("`offset_ms`, a whole number, must be given and nothing else".to_owned()),
    }
}

fn ok(body: &Value) -> HttpResponse {
    response(200, body)
}

fn refused(status: u16, problem: &str) -> HttpResponse {
    response(status, &json!({"error": problem}))
}

fn wrong_method(allowed: &str) -> HttpResponse {
    let mut response = refused(405, &format!("only {allowed} here"));
    response.headers.push(("allow", allowed.to_owned()));
    response
}

fn response(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}
