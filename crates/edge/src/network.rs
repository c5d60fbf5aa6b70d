//! What comes from outside the program: time, randomness, and what the network answers.

use chat::Tone;
use core::time::Duration;
use futures_util::future::{Either, select};
use ops::attempt::{Call, Upstream};
use worker::{
    AbortController, Date, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response, Result,
};

/// Tells scripts what kind of answer or follow-up this is; people read the text.
pub(crate) const OUTCOME_HEADER: &str = "x-opshook-outcome";

pub(crate) const fn outcome(tone: Tone) -> &'static str {
    match tone {
        Tone::Success => "success",
        Tone::Failure => "failure",
        Tone::Waiting => "waiting",
        Tone::Refusal => "refusal",
        Tone::Information => "information",
    }
}

/// Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}

/// Sixteen random bytes from the runtime's generator.
pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The runtime's `crypto.getRandomValues` has no failure for sixteen bytes; without randomness nothing may be signed.
    getrandom::fill(&mut bytes).expect("the runtime has no source of randomness");
    bytes
}

/// A random id for an answer that has no command.
pub(crate) fn random_id() -> String {
    random().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Sends a signed call and takes what comes, within the time a call may take.
pub(crate) async fn upstream(call: Call) -> Upstream {
    let sent = async {
        let mut response = send(call.method, &call.url, &call.headers, call.body).await?;
        let retry_after = response.headers().get("x-acs-retry-after")?;
        Ok(Upstream::Answer { status: response.status_code(), retry_after, body: response.bytes().await? })
    };
    let limit = u64::try_from(ops::record::CALL_TIMEOUT_MS).unwrap_or_default();
    match within(limit, sent).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => {
            crate::log::unreachable(&error);
            Upstream::Unreachable
        }
        None => Upstream::TimedOut,
    }
}

/// Sends a follow-up; `Some(status)` is the platform's answer, `None` no answer at all.
pub(crate) async fn follow_up(outgoing: chat::Outgoing, tone: Tone) -> Option<u16> {
    let mut headers: Vec<_> =
        outgoing.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
    headers.push((OUTCOME_HEADER.to_owned(), outcome(tone).to_owned()));
    let sent = send(outgoing.method, &outgoing.url, &headers, outgoing.body.into_bytes());
    within(5_000, sent).await?.ok().map(|response| response.status_code())
}

/// `None`: the time was over first.
async fn within<T>(limit_ms: u64, work: impl Future<Output = Result<T>>) -> Option<Result<T>> {
    match select(Box::pin(work), Delay::from(Duration::from_millis(limit_ms))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}

/// Redirects are never followed: a signed call and a follow-up both go to the host that was checked.
async fn send(method: &str, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<Response> {
    let list = Headers::new();
    for (name, value) in headers {
        list.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(method.to_owned())).with_headers(list).with_redirect(RequestRedirect::Manual);
    if !body.is_empty() {
        init.with_body(Some(js_sys::Uint8Array::from(body.as_slice()).into()));
    }
    let controller = AbortController::default();
    let signal = controller.signal();
    let controller = Abort(Some(controller));
    let response = Fetch::Request(Request::new_with_init(url, &init)?).send_with_signal(&signal).await;
    controller.keep();
    response
}

/// Ends a request that nobody waits for any more, when the future that waits is dropped.
struct Abort(Option<AbortController>);

impl Abort {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}
