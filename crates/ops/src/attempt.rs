//! One call of the vendor's endpoint: the request to send, and what its answer means.

use crate::{
    config::Config,
    record::{Phase, Record},
    texts::{fill, phrase, texts},
};
use acs_rpc::{Answer, Effect, ErrorClass, Failure, MalformedAnswer, Position, SuccessSign, WireParameters};
use acs_sign::{Body, CanonicalRequest, Format, Method, Nonce, SignableRequest, SigningTime, StringToSign};
use alloc::{
    borrow::{Cow, ToOwned},
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use chat::Language;
use serde_json::Value;
use swas::{FilterForm, Listing, Served};

/// What came back from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// An HTTP answer.
    Answer {
        /// Its status.
        status: u16,
        /// The header `x-acs-retry-after`, milliseconds.
        retry_after: Option<String>,
        /// The header `Date`, Unix milliseconds.
        date_ms: Option<i64>,
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
    /// The clock it was signed by is off, and nothing was executed.
    ClockOff,
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
    let (served, parameters) = request(record).ok_or(Unsendable::OperationGone)?;
    let region = parameters.value(crate::grammar::REGION).or(config.default_region);
    let base = match &config.endpoint {
        Some(base) => base.clone(),
        None => {
            // An operation without a region is answered by any endpoint.
            let host = region.map_or_else(|| swas::ENDPOINTS.first().map(|first| first.host), swas::endpoint);
            format!("https://{}", host.ok_or(Unsendable::NoEndpoint)?)
        }
    };
    let host = base.split_once("://").map_or("", |(_, host)| host);
    let query: Vec<_> = parameters.at(served.operation, Position::Query).collect();
    let form: Vec<_> = parameters.at(served.operation, Position::Form).collect();
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

impl Call {
    /// What an ACS3 call was signed over; `None`: it is none.
    fn acs3_string_to_sign(&self) -> Option<StringToSign> {
        let header =
            |name: &str| self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        let (_, signed) = header("authorization")?.split_once("SignedHeaders=")?;
        let (signed, _) = signed.split_once(',')?;
        let (_, address) = self.url.split_once("://")?;
        let (host, path_and_query) = address.split_once('/')?;
        let (_, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let query: Vec<_> = query.iter().map(|(name, value)| (&**name, &**value)).collect();
        let headers: Option<Vec<_>> =
            signed.split(';').map(|name| Some((name, if name == "host" { host } else { header(name)? }))).collect();
        let hash = header("x-acs-content-sha256")?;
        Some(CanonicalRequest::acs3(self.method, "/", &query, &headers?, hash).string_to_sign())
    }
}

/// What a record's phase sends: the operation itself, or a look at its effect.
fn request(record: &Record) -> Option<(&'static Served, Cow<'_, WireParameters>)> {
    let served = record.served()?;
    let parameters = &record.submission.parameters;
    let observation = match (record.phase, served.observation) {
        (Phase::Look | Phase::Check, Some(observation)) => observation,
        _ => return Some((served, Cow::Borrowed(parameters))),
    };
    let mut look = WireParameters::new();
    for name in observation.carried {
        look.push(*name, parameters.value(name)?);
    }
    let thing = record.thing()?;
    match observation.filter_form {
        FilterForm::Plain => look.push(observation.filter, thing),
        FilterForm::JsonArray => look.push(observation.filter, serde_json::to_string(&[thing]).ok()?),
    }
    Some((swas::operation(observation.operation)?, Cow::Owned(look)))
}

/// Whether a look shows the effect, and its request id; `None`: it says nothing.
pub(crate) fn observe(record: &Record, upstream: &Upstream) -> Option<(bool, String)> {
    let observation = record.served()?.observation?;
    let wanted = record.submission.parameters.value(observation.parameter)?;
    let (_, expected) = observation.expected.iter().find(|(value, _)| *value == wanted)?;
    let Upstream::Answer { status, body, .. } = upstream else { return None };
    let found: Value = Answer::new(*status, body).parse(SuccessSign::Body).ok()?;
    let request_id = found.get("RequestId")?.as_str()?;
    let item = found.get(observation.items)?.as_array()?.iter().find(|item| {
        let key = item.get(observation.key).and_then(Value::as_str);
        key.is_some() && key == record.thing()
    });
    let shown = match item.and_then(|item| item.get(observation.field)) {
        Some(Value::String(text)) => text == expected,
        Some(Value::Bool(flag)) => *expected == if *flag { "true" } else { "false" },
        Some(Value::Number(number)) => number.as_i64().is_some_and(|number| *expected == format!("{number}")),
        _ => false,
    };
    Some((shown, request_id.to_owned()))
}

/// How long the vendor wants no call of this operation: the milliseconds it says, else `Some(None)`; `None`: it does not say
/// so.
#[must_use]
pub fn throttled(upstream: &Upstream) -> Option<Option<i64>> {
    let Upstream::Answer { status, retry_after, body, .. } = upstream else { return None };
    let after_ms = retry_after.as_deref().and_then(acs_rpc::retry_after_ms).and_then(|ms| i64::try_from(ms).ok());
    let answer = Answer::new(*status, body);
    match answer.parse::<Value>(SuccessSign::Body) {
        Err(Failure::Api(error)) if error.is_throttling() => Some(after_ms),
        Err(_) if after_ms.is_some() => Some(after_ms),
        _ => None,
    }
}

const MOST_SKEW_MS: u64 = 24 * 60 * 60 * 1000;

/// How far the vendor's clock is ahead of ours, milliseconds, as far as a header of whole seconds can tell; `None` where the
/// two agree that far, or it tells nothing. `sent_ms` and `answered_ms` are our times around the call.
#[must_use]
pub fn skew_ms(upstream: &Upstream, sent_ms: i64, answered_ms: i64) -> Option<i64> {
    let Upstream::Answer { date_ms: Some(date_ms), .. } = upstream else { return None };
    // The header was written some time in between, and its second may have been nearly over.
    if (sent_ms.saturating_sub(1_000)..=answered_ms).contains(date_ms) {
        return Some(0);
    }
    let between = sent_ms.saturating_add(answered_ms) / 2;
    let skew_ms = date_ms.saturating_add(500).saturating_sub(between);
    // No clock is off by more; a date that is nonsense must not make every later call unsignable.
    (skew_ms.unsigned_abs() <= MOST_SKEW_MS).then_some(skew_ms)
}

/// Why the vendor's signature and ours differ, for the log: names of parameters, never values. `None`: that is not what the
/// answer says.
#[must_use]
pub fn diagnose(call: &Call, upstream: &Upstream) -> Option<String> {
    let Upstream::Answer { status, body, .. } = upstream else { return None };
    let Err(Failure::Api(error)) = Answer::new(*status, body).parse::<Value>(SuccessSign::Body) else { return None };
    if !error.code.starts_with("SignatureDoesNotMatch") {
        return None;
    }
    let Some(theirs) = error.server_string_to_sign else {
        return Some("the vendor does not tell what it signed; the secret may not belong to the key id".to_owned());
    };
    Some(difference(call, theirs.expose()))
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

fn difference(call: &Call, theirs: &str) -> String {
    const SAME: &str = "both signed the same text: ALIBABA_CLOUD_ACCESS_KEY_SECRET does not belong to the key id";
    // ACS3 signs a digest, which does not tell what differs.
    let unbracketed = theirs.trim_matches(['[', ']']);
    if unbracketed.starts_with("ACS3-HMAC-SHA256") {
        return match call.acs3_string_to_sign() {
            Some(ours) if ours.as_str() == unbracketed => SAME.to_owned(),
            _ => "the canonical requests differ; SIGNATURE_SCHEME = \"rpc\" would tell in which parameter".to_owned(),
        };
    }
    let Some(("POST", theirs)) = theirs.split_once("&%2F&") else {
        return "the vendor signed another method or path".to_owned();
    };
    let decoded = percent_encoding::percent_decode_str(theirs).decode_utf8_lossy();
    let theirs: Vec<_> = form_urlencoded::parse(decoded.as_bytes()).collect();
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let ours: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .chain(form_urlencoded::parse(&call.body))
        .filter(|(name, _)| name != "Signature")
        .collect();
    let differs = |pair: &&Pair<'_>| !(ours.contains(pair) && theirs.contains(pair));
    let mut names: Vec<_> = ours.iter().chain(&theirs).filter(differs).map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => SAME.to_owned(),
        names => format!("the vendor read other values or none of: {}", names.join(", ")),
    }
}

/// Whether a call that may have arrived may be sent again: a read changes nothing, a client token makes a repetition harmless.
pub(crate) fn is_repeatable(served: &Served) -> bool {
    served.effect == Effect::Read || served.client_token.is_some()
}

/// What came of a call; rows of a list are in this language, whatever else is told in the end.
pub(crate) fn interpret(served: &Served, upstream: &Upstream, language: Language) -> Outcome {
    let uncertain = |after_ms, conclusion| Outcome {
        verdict: if is_repeatable(served) { Verdict::Again { after_ms } } else { Verdict::Refused },
        may_have_acted: true,
        conclusion,
    };
    let certain = |verdict, conclusion| Outcome { verdict, may_have_acted: false, conclusion };
    let (status, retry_after, body) = match upstream {
        Upstream::Answer { status, retry_after, body, .. } => (*status, retry_after.as_deref(), body),
        Upstream::Unreachable => {
            return uncertain(None, Conclusion::without_answer(texts(Language::English).unreachable));
        }
        Upstream::TimedOut => {
            return uncertain(None, Conclusion::without_answer(texts(Language::English).timed_out));
        }
        Upstream::NotSent(reason) => return Outcome::not_sent(*reason),
    };
    let retry_after_ms = retry_after.and_then(acs_rpc::retry_after_ms);
    let answer = Answer { retry_after_ms, ..Answer::new(status, body) };
    // A proxy's page or another product's answer may come with 200, too: it is an answer of ours with a RequestId only.
    let failure = match answer.parse::<Value>(SuccessSign::Body) {
        Ok(found) => match found.get("RequestId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(request_id) => {
                let conclusion = Conclusion::success(request_id, &found, served.listing.as_ref(), language);
                return certain(Verdict::Done, conclusion);
            }
            None => Failure::Malformed(MalformedAnswer { status, retry_after_ms }),
        },
        Err(failure) => failure,
    };
    let after_ms = failure.retry_after_ms().and_then(|ms| i64::try_from(ms).ok());
    if let Failure::Api(error) = &failure
        && ["InvalidTimeStamp.Expired", "IllegalTimestamp"].contains(&error.code.as_str())
    {
        return certain(Verdict::ClockOff, Conclusion::failure(failure));
    }
    match failure.class(served.operation) {
        ErrorClass::NotExecuted => certain(Verdict::Again { after_ms }, Conclusion::failure(failure)),
        ErrorClass::Unknown => uncertain(after_ms, Conclusion::failure(failure)),
        ErrorClass::Final => certain(Verdict::Refused, Conclusion::failure(failure)),
    }
}

impl Verdict {
    pub(crate) const fn is_temporary(self) -> bool {
        matches!(self, Self::Again { .. } | Self::ClockOff)
    }
}

impl Outcome {
    pub(crate) fn not_sent(reason: Unsendable) -> Self {
        let say = texts(Language::English);
        let message = match reason {
            Unsendable::OperationGone => say.not_served,
            Unsendable::NoEndpoint => say.no_endpoint,
            Unsendable::Unsignable => say.unsignable,
        };
        let conclusion = Conclusion::without_answer(message);
        Self { verdict: Verdict::Refused, may_have_acted: false, conclusion }
    }
}

impl Conclusion {
    pub(crate) const fn seen(request_id: String) -> Self {
        Self { code: None, message: String::new(), request_id: Some(request_id), rows: Vec::new(), more: 0 }
    }

    pub(crate) fn without_answer(message: &str) -> Self {
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
                let status = answer.status.to_string();
                Self::without_answer(&fill(texts(Language::English).not_understood, &[("status", &status)]))
            }
        }
    }

    fn success(request_id: &str, answer: &Value, listing: Option<&Listing>, language: Language) -> Self {
        let items = listing.and_then(|listing| Some((listing, answer.get(listing.items)?.as_array()?)));
        let (rows, more) = match items {
            // `m-… · name · InShare: true`: the overlay's columns of each item.
            Some((listing, items)) => (
                items.iter().take(ROWS_KEPT).map(|item| row(item, listing, language)).collect(),
                items.len().saturating_sub(ROWS_KEPT),
            ),
            None => (Vec::new(), 0),
        };
        Self { code: None, message: String::new(), request_id: Some(request_id.to_owned()), rows, more }
    }
}

/// What parts the cells of a row.
pub(crate) const CELLS: &str = " · ";

fn row(item: &Value, listing: &Listing, language: Language) -> String {
    let cells = listing.columns.iter().filter_map(|column| match item.get(*column)? {
        Value::String(text) if text.is_empty() => None,
        Value::Null => None,
        Value::String(text) => {
            let title = listing.title(column, text).map(|title| phrase(&title, language).to_owned());
            Some(title.unwrap_or_else(|| text.clone()))
        }
        // A bare `true` or `1` says nothing without its name.
        other => Some(format!("{column}: {}", serde_json::to_string(other).unwrap_or_default())),
    });
    cells.collect::<Vec<_>>().join(CELLS)
}
