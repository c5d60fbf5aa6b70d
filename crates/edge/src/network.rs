//! What comes from outside the program: time, randomness, requests, and what the network answers.
//!
//! The web's own types, without the `worker` crate's around them: those bring in streams, web sockets, the request's `cf`
//! and a second format of serde, none of it used here.

use chat::{Outgoing, Taken, Tone};
use core::{pin::Pin, time::Duration};
use futures_util::future::{Either, select};
use js_sys::{Date, Error, Promise, Uint8Array, futures::JsFuture};
use ops::attempt::{Call, Upstream};
use wasm_bindgen::{JsCast as _, JsValue, throw_str};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReadableStreamReadResult, Request, RequestInit,
    RequestRedirect, Response, ResponseInit, WorkerGlobalScope,
};
use worker::Delay;

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
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response> {
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&list(headers.iter().copied())?.into());
    Response::new_with_opt_str_and_init(Some(body), &init)
}

/// An answer of somebody else's.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) date_ms: Option<i64>,
    pub(crate) body: Vec<u8>,
}

/// Sends a signed call and takes what comes, within the time a call may take.
pub(crate) async fn upstream(call: &Call) -> Upstream {
    let sent = async {
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let Sent { response, .. } = &send(call.method, &call.url, &list(headers)?, &call.body).await?;
        let retry_after = response.headers().get("x-acs-retry-after")?;
        let date_ms = response.headers().get("date")?.and_then(|date| milliseconds(Date::parse(&date)));
        Ok(Answer { status: response.status(), retry_after, date_ms, body: bytes(response.array_buffer()?).await? })
    };
    let limit_ms = u64::try_from(ops::record::CALL_TIMEOUT_MS).unwrap_or_default();
    match within(limit_ms, Box::pin(sent)).await {
        Some(Ok(Answer { status, retry_after, date_ms, body })) => {
            Upstream::Answer { status, retry_after, date_ms, body }
        }
        Some(Err(error)) => {
            crate::log::unreachable(&error);
            Upstream::Unreachable
        }
        None => Upstream::TimedOut,
    }
}

/// How long a platform may take for a follow-up.
pub(crate) const FOLLOW_UP_TIMEOUT_MS: u64 = 5_000;

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
    let sent = async {
        let headers = outgoing.headers.iter().map(|(name, value)| (*name, &**value));
        let headers = list(headers.chain(more.iter().copied()))?;
        let Sent { response, .. } = &send(outgoing.method, &outgoing.url, &headers, outgoing.body.as_bytes()).await?;
        let body = if with_body { bytes(response.array_buffer()?).await? } else { Vec::new() };
        Ok(Answer { status: response.status(), body, ..Answer::default() })
    };
    within(FOLLOW_UP_TIMEOUT_MS, Box::pin(sent)).await?.ok()
}

/// `None`: the time was over first.
pub(crate) async fn within(
    limit_ms: u64,
    // Boxed: one copy of the machinery for all that is waited for.
    work: Pin<Box<dyn Future<Output = Result<Answer>> + '_>>,
) -> Option<Result<Answer>> {
    match select(work, Delay::from(Duration::from_millis(limit_ms))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}

/// The bytes that a promised `ArrayBuffer` holds.
pub(crate) async fn bytes(buffer: Promise) -> Result<Vec<u8>> {
    Ok(Uint8Array::new(&JsFuture::from(buffer).await?).to_vec())
}

/// The body of a request, as far as it is no longer than `most`; `None`: it is longer, and the rest was not read.
pub(crate) async fn limited_body(request: &Request, most: usize) -> Result<Option<Vec<u8>>> {
    let declared = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    match declared {
        Some(length) if length > most => return Ok(None),
        // No more than that arrives, so it can be taken at once, which is cheaper.
        Some(_) => return Ok(Some(bytes(request.array_buffer()?).await?)),
        None => {}
    }
    let mut body = Vec::new();
    let Some(stream) = request.body() else {
        return Ok(Some(body));
    };
    // Whoever is not known yet may send for ever: chunk by chunk, not at once.
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let chunk: ReadableStreamReadResult = JsFuture::from(reader.read()).await?.unchecked_into();
        if chunk.get_done().unwrap_or_default() {
            return Ok(Some(body));
        }
        let chunk = Uint8Array::new(&chunk.get_value());
        if body.len().saturating_add(chunk.length() as usize) > most {
            return Ok(None);
        }
        body.extend(chunk.to_vec());
    }
}

/// Redirects are never followed: a signed call and a follow-up both go to the host that was checked.
async fn send(method: &str, url: &str, headers: &Headers, body: &[u8]) -> Result<Sent> {
    let controller = AbortController::new()?;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(headers);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&controller.signal()));
    if !body.is_empty() {
        init.set_body(&Uint8Array::from(body));
    }
    let request = Request::new_with_str_and_init(url, &init)?;
    let guard = Abort(controller);
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(global.fetch_with_request(&request)).await?.dyn_into()?;
    Ok(Sent { response, _guard: guard })
}

/// A response whose request ends with it: what of the body has not been read by then is not waited for.
struct Sent {
    response: Response,
    _guard: Abort,
}

/// Ends a request when nobody waits for it any more. One that has come to its end is not changed by it.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Headers as the runtime has them.
pub(crate) fn list<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Headers> {
    let list = Headers::new()?;
    for (name, value) in headers {
        list.set(name, value)?;
    }
    Ok(list)
}
