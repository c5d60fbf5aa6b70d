//! One call of the vendor's endpoint: the request to send, and what its answer means.

use crate::{config::Config, record::Record};
use acs_rpc::{ApiError, Effect, ErrorClass, Position};
use acs_sign::{Body, Method, Nonce, SignableRequest, SigningTime};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use swas::{Listing, Served};

/// What came back from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// An HTTP answer.
    Answer {
        /// Its status.
        status: u16,
        /// The header `x-acs-retry-after`, milliseconds.
        retry_after: Option<String>,
        /// Its body.
        body: Vec<u8>,
    },
    /// No connection, or it broke: the request may have arrived.
    Unreachable,
    /// No answer in time: the request may have arrived.
    TimedOut,
    /// There was nothing to send.
    NotSent(Unsendable),
}

/// What is kept of an outcome, and told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The vendor's error code; `None` after a success or where no answer came.
    pub code: Option<String>,
    /// The vendor's text, or ours where no answer came; empty after a success.
    pub message: String,
    /// The id to quote to the vendor.
    pub request_id: Option<String>,
    /// What a read found, a line each.
    pub rows: Vec<String>,
}

/// What an outcome means for the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is done.
    Done,
    /// The vendor will not do it.
    Refused,
    /// Send it again, after so long where the vendor said.
    Again { after_ms: Option<i64> },
}

/// An HTTP request, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: Vec<u8>,
}

/// Why a record cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsendable {
    /// The operation of a stored record is not served any more.
    OperationGone,
    /// No endpoint serves its region.
    NoEndpoint,
}

/// Builds and signs the call of a record: fresh nonce and time, the record's own client token.
///
/// # Errors
/// A record whose operation or region the tables do not have any more.
pub fn call(config: &Config, record: &Record, now: i64, random: [u8; 16]) -> Result<Call, Unsendable> {
    let submission = &record.submission;
    let served = swas::operation(&submission.operation).ok_or(Unsendable::OperationGone)?;
    let region = submission.parameters.value(crate::grammar::REGION).or(config.default_region);
    let base = match &config.endpoint {
        Some(base) => base.clone(),
        None => {
            // An operation without a region is answered by any endpoint.
            let host = region.map_or_else(|| swas::ENDPOINTS.first().map(|first| first.host), swas::endpoint);
            format!("https://{}", host.ok_or(Unsendable::NoEndpoint)?)
        }
    };
    let host = base.split_once("://").map_or("", |(_, host)| host);
    let (mut query, mut form) = (Vec::new(), Vec::new());
    for (name, value) in submission.parameters.iter() {
        let top = name.split('.').next().unwrap_or(name);
        let in_form = served.operation.parameters.iter().any(|p| p.name == top && p.position == Position::Form);
        if in_form { form.push((name, value)) } else { query.push((name, value)) }
    }
    let request = SignableRequest {
        method: Method::Post,
        host,
        action: served.operation.name,
        version: served.operation.version,
        query: &query,
        body: if form.is_empty() { Body::Empty } else { Body::Form(&form) },
        headers: &[],
    };
    let signed = acs_sign::sign(
        &request,
        config.scheme,
        &config.credentials,
        SigningTime::from_unix(now),
        &Nonce::from_bytes(random),
    );
    let http = request.into_http(&signed);
    Ok(Call { method: "POST", url: format!("{base}{}", http.path_and_query), headers: http.headers, body: http.body })
}

pub(crate) fn interpret(served: &Served, upstream: &Upstream) -> (Verdict, Conclusion) {
    // A write without a client token must not be repeated once it may have arrived.
    let repeatable = served.effect == Effect::Read || served.client_token.is_some();
    let uncertain = if repeatable { Verdict::Again { after_ms: None } } else { Verdict::Refused };
    let (status, retry_after, body) = match upstream {
        Upstream::Answer { status, retry_after, body } => (*status, retry_after.as_deref(), body),
        Upstream::Unreachable => return (uncertain, Conclusion::without_answer("the endpoint cannot be reached")),
        Upstream::TimedOut => return (uncertain, Conclusion::without_answer("the endpoint did not answer in time")),
        Upstream::NotSent(Unsendable::OperationGone) => {
            return (Verdict::Refused, Conclusion::without_answer("this operation is not served any more"));
        }
        Upstream::NotSent(Unsendable::NoEndpoint) => {
            return (Verdict::Refused, Conclusion::without_answer("no endpoint serves this region"));
        }
    };
    match acs_rpc::answer(status, body) {
        Ok(answer) => (Verdict::Done, Conclusion::success(&answer, served.listing.as_ref())),
        Err(error) => {
            let after_ms = retry_after.and_then(acs_rpc::retry_after_ms).map(i64::from);
            let verdict = match error.class() {
                ErrorClass::NotExecuted => Verdict::Again { after_ms },
                ErrorClass::Unknown if repeatable => Verdict::Again { after_ms },
                ErrorClass::Unknown | ErrorClass::Final => Verdict::Refused,
            };
            (verdict, Conclusion::error(&error))
        }
    }
}

impl Conclusion {
    fn without_answer(message: &str) -> Self {
        Self { code: None, message: message.to_owned(), request_id: None, rows: Vec::new() }
    }

    fn error(error: &ApiError) -> Self {
        Self {
            code: Some(error.code.clone()),
            message: error.message.clone(),
            request_id: Some(error.request_id.clone()).filter(|id| !id.is_empty()),
            rows: Vec::new(),
        }
    }

    fn success(answer: &Value, listing: Option<&Listing>) -> Self {
        let request_id = answer.get("RequestId").and_then(Value::as_str).map(ToOwned::to_owned);
        let rows = listing.map(|listing| rows(answer, listing)).unwrap_or_default();
        Self { code: None, message: String::new(), request_id, rows }
    }
}

/// `m-… · name · InShare true`: the overlay's columns of each item.
fn rows(answer: &Value, listing: &Listing) -> Vec<String> {
    let items = answer.get(listing.items).and_then(Value::as_array);
    items.into_iter().flatten().map(|item| row(item, listing)).collect()
}

fn row(item: &Value, listing: &Listing) -> String {
    let cells = listing.columns.iter().filter_map(|column| match item.get(*column)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        // A bare `true` says nothing without its name.
        Value::Bool(flag) => Some(format!("{column}: {flag}")),
        Value::Null => None,
        other => Some(other.to_string()),
    });
    cells.collect::<Vec<_>>().join(" · ")
}
