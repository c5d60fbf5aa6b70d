//! One call of the vendor's endpoint: the request to send, and what its answer means.

use crate::{config::Config, record::Record};
use acs_rpc::{Answer, Effect, ErrorClass, Failure, MalformedAnswer, Position, SuccessSign};
use acs_sign::{Body, Format, Method, Nonce, SignableRequest, SigningTime};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The vendor's error code; `None` after a success or where no answer came.
    pub code: Option<String>,
    /// The vendor's text, or ours where no answer came; empty after a success.
    pub message: String,
    /// The id to quote to the vendor.
    pub request_id: Option<String>,
    /// What a read found, a line each, as many as are shown.
    pub rows: Vec<String>,
    /// How many more it found.
    pub more: usize,
}

/// More rows than this are counted, not kept: a list of thousands would not fit into a message, nor into a stored row.
const ROWS_KEPT: usize = 30;

/// What one call came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What it means for the command.
    pub(crate) verdict: Verdict,
    /// Whether it may have taken effect although no success was answered.
    pub(crate) may_have_acted: bool,
    /// What is kept and told.
    pub(crate) conclusion: Conclusion,
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
    /// It has no signed form, or the clock is out of range.
    Unsignable,
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
    let query: Vec<_> = submission.parameters.at(served.operation, Position::Query).collect();
    let form: Vec<_> = submission.parameters.at(served.operation, Position::Form).collect();
    let request = SignableRequest {
        method: Method::Post,
        host,
        action: served.operation.name,
        version: served.operation.version,
        format: Format::Json,
        query: &query,
        body: if form.is_empty() { Body::Empty } else { Body::Form(&form) },
        headers: &[],
    };
    let time = SigningTime::from_unix_seconds(now).map_err(|_| Unsendable::Unsignable)?;
    let signed = config.key.http_request(&request, time, &Nonce::from_random(random));
    let http = signed.map_err(|_| Unsendable::Unsignable)?;
    let headers = http.headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
    Ok(Call { method: http.method.name(), url: format!("{base}{}", http.path_and_query), headers, body: http.body })
}

/// Whether a call that may have arrived may be sent again: a read changes nothing, a client token makes a repetition harmless.
pub(crate) fn is_repeatable(served: &Served) -> bool {
    served.effect == Effect::Read || served.client_token.is_some()
}

pub(crate) fn interpret(served: &Served, upstream: &Upstream) -> Outcome {
    let uncertain = |after_ms, conclusion| Outcome {
        verdict: if is_repeatable(served) { Verdict::Again { after_ms } } else { Verdict::Refused },
        may_have_acted: true,
        conclusion,
    };
    let certain = |verdict, conclusion| Outcome { verdict, may_have_acted: false, conclusion };
    let (status, retry_after, body) = match upstream {
        Upstream::Answer { status, retry_after, body } => (*status, retry_after.as_deref(), body),
        Upstream::Unreachable => return uncertain(None, Conclusion::without_answer("the endpoint cannot be reached")),
        Upstream::TimedOut => {
            return uncertain(None, Conclusion::without_answer("the endpoint did not answer in time"));
        }
        Upstream::NotSent(reason) => return Outcome::not_sent(*reason),
    };
    let retry_after_ms = retry_after.and_then(acs_rpc::retry_after_ms);
    let answer = Answer { retry_after_ms, ..Answer::new(status, body) };
    // A proxy's page or another product's answer may come with 200, too: it is an answer of ours with a RequestId only.
    let failure = match answer.parse::<Value>(SuccessSign::Body) {
        Ok(found) => match found.get("RequestId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(request_id) => {
                let conclusion = Conclusion::success(request_id, &found, served.listing.as_ref());
                return certain(Verdict::Done, conclusion);
            }
            None => Failure::Malformed(MalformedAnswer { status, retry_after_ms }),
        },
        Err(failure) => failure,
    };
    let after_ms = failure.retry_after_ms().and_then(|ms| i64::try_from(ms).ok());
    match failure.class(served.operation) {
        ErrorClass::NotExecuted => certain(Verdict::Again { after_ms }, Conclusion::failure(failure)),
        ErrorClass::Unknown => uncertain(after_ms, Conclusion::failure(failure)),
        ErrorClass::Final => certain(Verdict::Refused, Conclusion::failure(failure)),
    }
}

impl Outcome {
    pub(crate) fn not_sent(reason: Unsendable) -> Self {
        let message = match reason {
            Unsendable::OperationGone => "this operation is not served any more",
            Unsendable::NoEndpoint => "no endpoint serves this region",
            Unsendable::Unsignable => "the request has no signed form",
        };
        let conclusion = Conclusion::without_answer(message);
        Self { verdict: Verdict::Refused, may_have_acted: false, conclusion }
    }
}

impl Conclusion {
    fn without_answer(message: &str) -> Self {
        Self { code: None, message: message.to_owned(), request_id: None, rows: Vec::new(), more: 0 }
    }

    fn failure(failure: Failure) -> Self {
        match failure {
            Failure::Api(error) => Self {
                code: Some(error.code),
                message: error.message,
                request_id: Some(error.request_id).filter(|id| !id.is_empty()),
                rows: Vec::new(),
                more: 0,
            },
            Failure::Malformed(answer) => {
                Self::without_answer(&format!("the endpoint's answer is not understood (HTTP {})", answer.status))
            }
        }
    }

    fn success(request_id: &str, answer: &Value, listing: Option<&Listing>) -> Self {
        let items = listing.and_then(|listing| Some((listing, answer.get(listing.items)?.as_array()?)));
        let (rows, more) = match items {
            // `m-… · name · InShare: true`: the overlay's columns of each item.
            Some((listing, items)) => (
                items.iter().take(ROWS_KEPT).map(|item| row(item, listing)).collect(),
                items.len().saturating_sub(ROWS_KEPT),
            ),
            None => (Vec::new(), 0),
        };
        Self { code: None, message: String::new(), request_id: Some(request_id.to_owned()), rows, more }
    }
}

fn row(item: &Value, listing: &Listing) -> String {
    let cells = listing.columns.iter().filter_map(|column| match item.get(*column)? {
        Value::String(text) if text.is_empty() => None,
        Value::Null => None,
        Value::String(text) => Some(listing.title(column, text).map_or_else(|| text.clone(), |title| title.en.into())),
        // A bare `true` or `1` says nothing without its name.
        other => Some(format!("{column}: {}", serde_json::to_string(other).unwrap_or_default())),
    });
    cells.collect::<Vec<_>>().join(" · ")
}
