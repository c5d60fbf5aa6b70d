//! What comes from outside the program: time, randomness, requests, and what the network answers.
//!
//! Requests and answers are made in `rim.js`, in one crossing each; the `worker` crate's types for them bring in streams, web
//! sockets, the request's `cf` and a second format of serde, none of it used here.

use chat::{Outgoing, Taken, Tone};
use js_sys::{Array, Date, Error, Promise, Uint8Array, futures::JsFuture};
use ops::{
    attempt::{Call, Upstream},
    record::CALL_TIMEOUT_MS,
};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen, throw_str};
use web_sys::{Request, Response};
use worker::Env;

#[wasm_bindgen(module = "/rim.js")]
extern "C" {
    #[wasm_bindgen(js_name = answer)]
    fn new_response(status: u16, headers: &str, body: &str) -> Response;

    fn send(method: &str, url: &str, headers: &str, body: &[u8], limit_ms: f64, with_body: bool) -> Promise;

    /// Has the ledger answer until then, Unix milliseconds, and gives what it says, or nothing when the limit is over.
    pub(crate) fn ask(env: &Env, until_ms: f64, question: &str, limit_ms: Option<f64>) -> Promise;

    /// What the ledger shows at a path: asked with `GET`, or with `DELETE` after it has taken a command back.
    pub(crate) fn show(env: &Env, method: &str, path: &str) -> Promise;

    /// A file that is deployed with the Worker, or that answer.
    pub(crate) fn asset(env: &Env, file: &str, request: &Request, headers: &str, missing: Response) -> Promise;

    /// Whether the key made this Ed25519 signature.
    #[wasm_bindgen(js_name = madeSignature)]
    pub(crate) fn made_signature(key: &[u8], signature: &[u8], message: &[u8]) -> Promise;
}

/// An error is whatever the runtime throws; [`describe`] says it in words.
pub(crate) type Result<T> = core::result::Result<T, JsValue>;

/// Tells scripts what kind of answer or follow-up this is; people read the text.
pub(crate) const OUTCOME_HEADER: &str = "x-opshook-outcome";

/// Unix milliseconds.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
pub(crate) fn now_ms() -> i64 {
    Date::now() as i64
}

/// What JavaScript makes of a time, where it makes something of it.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
fn milliseconds(time: f64) -> Option<i64> {
    time.is_finite().then_some(time as i64)
}

/// A whole number as JavaScript has it: milliseconds and counts, far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) const fn whole(number: i64) -> f64 {
    number as f64
}

/// Sixteen random bytes from the runtime's generator.
pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The runtime's `crypto.getRandomValues` has no failure for sixteen bytes; without randomness nothing may be signed.
    if getrandom::fill(&mut bytes).is_err() {
        throw_str("the runtime has no source of randomness");
    }
    bytes
}

/// A random id for an answer that has no command.
pub(crate) fn random_id() -> String {
    random().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// `TypeError: …`: what was thrown, for the log.
pub(crate) fn describe(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<Error>() {
        Some(error) => error.to_string().into(),
        None => thrown.as_string().unwrap_or_else(|| "something that is no error was thrown".to_owned()),
    }
}

/// An answer of our own.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    new_response(status, &lines(headers.iter().copied()), body)
}

/// Headers as `rim.js` takes them: a name and a value in turn, a line each.
pub(crate) fn lines<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines = String::new();
    // No header has two lines; one that did would be two.
    for (name, value) in headers.filter(|(_, value)| !value.contains('\n')) {
        for part in [name, value] {
            lines.push_str(part);
            lines.push('\n');
        }
    }
    lines
}

/// An answer of somebody else's.
#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: Option<String>,
    date_ms: Option<i64>,
    body: Vec<u8>,
}

/// Sends it and takes what comes; `None`: not in time.
async fn exchange(
    method: &str,
    url: &str,
    headers: &str,
    body: &[u8],
    limit_ms: i64,
    with_body: bool,
) -> Result<Option<Answer>> {
    let came = JsFuture::from(send(method, url, headers, body, whole(limit_ms), with_body)).await?;
    let Some(came) = came.dyn_ref::<Array>() else { return Ok(None) };
    let number = |at: u32| came.get(at).as_f64().and_then(milliseconds);
    Ok(Some(Answer {
        status: number(0).and_then(|status| status.try_into().ok()).unwrap_or_default(),
        retry_after: came.get(1).as_string(),
        date_ms: number(2),
        body: came.get(3).dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default(),
    }))
}

/// Sends a signed call and takes what comes, within the time a call may take.
pub(crate) async fn upstream(call: &Call) -> Upstream {
    let headers = lines(call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    match exchange(call.method, &call.url, &headers, &call.body, CALL_TIMEOUT_MS, true).await {
        Ok(Some(Answer { status, retry_after, date_ms, body })) => {
            Upstream::Answer { status, retry_after, date_ms, body }
        }
        Ok(None) => Upstream::TimedOut,
        Err(error) => {
            crate::log::unreachable(&error);
            Upstream::Unreachable
        }
    }
}

/// How long a platform may take for a follow-up.
pub(crate) const FOLLOW_UP_TIMEOUT_MS: i64 = 5_000;

/// Sends a follow-up. Without an answer, or without a token to send it with, it may be sent again.
pub(crate) async fn follow_up(mut outgoing: Outgoing, tone: Tone) -> Taken {
    if let Some(token) = outgoing.token.take() {
        let Some(Answer { body, .. }) = post(&token.request, &[], true).await else { return Taken::Later };
        let Some(authorization) = token.authorization(&body) else { return Taken::Later };
        outgoing.headers.push(authorization);
    }
    // Nobody waits for the end of a body that says nothing.
    match post(&outgoing, &[(OUTCOME_HEADER, tone.name())], outgoing.code.is_some()).await {
        Some(Answer { status, body, .. }) => outgoing.taken(status, &body),
        None => Taken::Later,
    }
}

/// The answer, if there is one in time, with its body or without.
async fn post(outgoing: &Outgoing, more: &[(&str, &str)], with_body: bool) -> Option<Answer> {
    let headers = outgoing.headers.iter().map(|(name, value)| (*name, &**value));
    let (headers, body) = (lines(headers.chain(more.iter().copied())), outgoing.body.as_bytes());
    exchange(outgoing.method, &outgoing.url, &headers, body, FOLLOW_UP_TIMEOUT_MS, with_body).await.ok()?
}
