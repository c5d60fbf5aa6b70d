//! What an answer means: the vendor's error body, and which errors may be tried again.

use crate::Operation;
use alloc::{
    boxed::Box,
    string::{String, ToString},
};
use core::fmt;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A received answer of an RPC product, asked for with `Format=JSON` (or by ACS3, which answers JSON unasked).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'b> {
    /// HTTP status.
    pub status: u16,
    /// The body as received.
    pub body: &'b [u8],
    /// What [`retry_after_ms`] made of the header `x-acs-retry-after`.
    pub retry_after_ms: Option<u64>,
}

/// What tells success from failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuccessSign {
    /// The HTTP status.
    Status,
    /// Also the body's `Success`, where it is `false`.
    Flag,
    /// Also the body: the product hides errors in answers of HTTP 200, as `Success: false` or as a `Code`.
    Body,
}

/// Why there is no answer of the caller's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The vendor says what is wrong.
    Api(Box<ApiError>),
    /// The body says nothing that is understood.
    Malformed(MalformedAnswer),
}

/// An error as the gateway or product states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status it came with; 200 for products that hide errors in successful answers.
    pub status: u16,
    /// Machine code, dotted.
    pub code: String,
    /// The vendor's text. Where it echoes the string to sign, which holds every parameter, it ends before.
    pub message: String,
    /// The id to quote to the vendor's support; empty where there is none.
    pub request_id: String,
    /// The vendor's page about the error.
    pub recommend: Option<String>,
    /// The string the server signed, from a `SignatureDoesNotMatch`: equal to ours, the secret is wrong; different, the
    /// canonical form is.
    pub server_string_to_sign: Option<Redacted>,
    /// Milliseconds the server asks to wait before the next attempt.
    pub retry_after_ms: Option<u64>,
}

/// A body that is neither an answer nor the vendor's error body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedAnswer {
    /// HTTP status it came with.
    pub status: u16,
    /// Milliseconds the server asks to wait before the next attempt.
    pub retry_after_ms: Option<u64>,
}

/// Text that holds parameters and key ids. `Debug` shows its length, `Display` does not exist.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

/// What may be done after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request was not executed (throttling, expired time stamp, used nonce): sign anew and try again.
    NotExecuted,
    /// It may or may not have been executed (5xx, still processing): only repeat with the same ClientToken.
    Unknown,
    /// Trying again changes nothing.
    Final,
}

impl<'b> Answer<'b> {
    /// An answer without the header `x-acs-retry-after`.
    #[must_use]
    pub const fn new(status: u16, body: &'b [u8]) -> Self {
        Self { status, body, retry_after_ms: None }
    }

    /// Reads the answer as the caller's type.
    ///
    /// # Errors
    /// [`Failure::Api`] where status or, if told so, body say failure; [`Failure::Malformed`] where the body is neither.
    pub fn parse<T: Deserialize<'b>>(&self, success: SuccessSign) -> Result<T, Failure> {
        // As text, as everything else is read: the reader of bytes would be a second copy of all of serde_json.
        let body = str::from_utf8(self.body).map_err(|_| self.malformed())?;
        let succeeded = (200..300).contains(&self.status);
        if succeeded && success == SuccessSign::Status {
            return serde_json::from_str(body).map_err(|_| self.malformed());
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
            return Err(self.malformed());
        };
        let hides_error = match success {
            SuccessSign::Status => false,
            SuccessSign::Flag => flag(&fields) == Some(false),
            SuccessSign::Body => hides_error(&fields),
        };
        if succeeded && !hides_error {
            return serde_json::from_str(body).map_err(|_| self.malformed());
        }
        Err(self.error(&fields).map_or_else(|| self.malformed(), |error| Failure::Api(Box::new(error))))
    }

    fn error(&self, fields: &Map<String, Value>) -> Option<ApiError> {
        let code = text(fields, "Code").filter(|code| !code.is_empty())?;
        let message = text(fields, "Message").unwrap_or_default();
        let (message, server_string_to_sign) = match cut_echo(&message) {
            Some((message, echo)) => (message.to_string(), Some(Redacted(echo.to_string()))),
            None => (message, None),
        };
        Some(ApiError {
            status: self.status,
            code,
            message,
            request_id: text(fields, "RequestId").unwrap_or_default(),
            recommend: text(fields, "Recommend").filter(|link| !link.is_empty()),
            server_string_to_sign,
            retry_after_ms: self.retry_after_ms,
        })
    }

    const fn malformed(&self) -> Failure {
        Failure::Malformed(MalformedAnswer { status: self.status, retry_after_ms: self.retry_after_ms })
    }
}

/// Milliseconds to wait by the header `x-acs-retry-after`: a positive whole number, else nothing.
///
/// Source: aliyun/darabonba-openapi, commit 8b916ca.
#[must_use]
pub fn retry_after_ms(header: &str) -> Option<u64> {
    header.trim().parse().ok().filter(|ms| *ms > 0)
}

impl Operation {
    /// What tells success from failure: the body too where the document declares errors under status 200, or a flag in the
    /// answer.
    #[must_use]
    pub fn success_sign(&self) -> SuccessSign {
        let hidden = self.errors.iter().any(|error| (200..300).contains(&error.status));
        match (hidden, self.success_flag) {
            (true, _) => SuccessSign::Body,
            (false, true) => SuccessSign::Flag,
            (false, false) => SuccessSign::Status,
        }
    }

    fn declares(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code == code)
    }
}

impl Failure {
    /// What may be done after it.
    #[must_use]
    pub fn class(&self, operation: &Operation) -> ErrorClass {
        match self {
            Self::Api(error) => error.class(operation),
            Self::Malformed(answer) => answer.class(),
        }
    }

    /// Milliseconds the server asks to wait before the next attempt.
    #[must_use]
    pub const fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Api(error) => error.retry_after_ms,
            Self::Malformed(answer) => answer.retry_after_ms,
        }
    }
}

impl ApiError {
    /// What may be done after it: by the code, because the vendor's pages disagree about the statuses of one code; by the
    /// status where the code is not known.
    #[must_use]
    pub fn class(&self, operation: &Operation) -> ErrorClass {
        if self.is_throttling() || NOT_EXECUTED.contains(&self.code.as_str()) {
            return ErrorClass::NotExecuted;
        }
        if is_processing(&self.code) || TEMPORARY.contains(&self.code.as_str()) {
            return ErrorClass::Unknown;
        }
        match by_status(self.status, self.retry_after_ms) {
            // A product may declare a permanent error under 500: SWAS has no stock to upgrade to, whenever it is asked.
            ErrorClass::Unknown
                if self.status == 500 && operation.declares(&self.code) && !sounds_temporary(&self.code) =>
            {
                ErrorClass::Final
            }
            class => class,
        }
    }

    /// Whether the account has called too often: the next attempt should be later, and so should other requests.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        // `Throttling`, `Throttling.User`, `Rejected.Throttling` (aliyun/darabonba-openapi and terraform-provider-alicloud
        // look for the word, too).
        self.code.contains("Throttling")
    }
}

impl MalformedAnswer {
    /// What may be done after it: by the status. A success that can't be read may have been executed.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self.status {
            200..300 => ErrorClass::Unknown,
            status => by_status(status, self.retry_after_ms),
        }
    }
}

impl Redacted {
    /// The text itself, for comparison and never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redacted({} bytes)", self.0.len())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, code, message, request_id, .. } = self;
        write!(f, "{} (HTTP {status})", code.escape_debug())?;
        if !message.is_empty() {
            write!(f, ": {}", message.escape_debug())?;
        }
        if !request_id.is_empty() {
            write!(f, ", request id {}", request_id.escape_debug())?;
        }
        Ok(())
    }
}

impl core::error::Error for ApiError {}

impl fmt::Display for MalformedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answer of HTTP {} that can't be read", self.status)
    }
}

impl core::error::Error for MalformedAnswer {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Malformed(answer) => answer.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

/// The gateway refused these before anything ran; a new time stamp and nonce mend them.
const NOT_EXECUTED: [&str; 3] = ["InvalidTimeStamp.Expired", "IllegalTimestamp", "SignatureNonceUsed"];

/// What aliyun-openapi-python-sdk's core repeats, whatever the status: these are declared under 400, 403 and 500.
const TEMPORARY: [&str; 3] = ["InternalError", "ServiceUnavailable", "UnknownError"];

/// `LastTokenProcessing`, `IdempotentProcessing`, `Idempotence.Processing`, `OperationFailed.IdempotentTokenProcessing`,
/// `PROCESSING`: an earlier request with the same token still runs.
fn is_processing(code: &str) -> bool {
    const WORD: &str = "processing";
    let tail = code.len().checked_sub(WORD.len()).and_then(|start| code.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(WORD))
}

/// Names of products for a bad moment of theirs (`InternalServerError`). Taking a permanent error for one of these costs
/// some repetitions, the reverse an operation given up too early.
fn sounds_temporary(code: &str) -> bool {
    ["Internal", "Unavailable", "Busy", "Timeout", "System"].iter().any(|word| code.contains(word))
}

fn by_status(status: u16, retry_after_ms: Option<u64>) -> ErrorClass {
    match status {
        // Nothing says how far a request got that took the server too long.
        408 => ErrorClass::Unknown,
        429 => ErrorClass::NotExecuted,
        // The vendor's clients take any answer with this header for throttling; 5xx stay the more careful class.
        400..500 if retry_after_ms.is_some() => ErrorClass::NotExecuted,
        500.. => ErrorClass::Unknown,
        _ => ErrorClass::Final,
    }
}

/// The key is compared without case: ROA products and some others write `code`, `requestId`.
fn field<'f>(fields: &'f Map<String, Value>, key: &str) -> Option<&'f Value> {
    let exact = fields.get(key);
    exact.or_else(|| fields.iter().find_map(|(name, value)| name.eq_ignore_ascii_case(key).then_some(value)))
}

fn text(fields: &Map<String, Value>, key: &str) -> Option<String> {
    match field(fields, key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn flag(fields: &Map<String, Value>) -> Option<bool> {
    text(fields, "Success").map(|success| !success.eq_ignore_ascii_case("false"))
}

fn hides_error(fields: &Map<String, Value>) -> bool {
    match flag(fields) {
        Some(success) => !success,
        None => text(fields, "Code")
            .is_some_and(|code| !["", "OK", "200", "Success"].iter().any(|success| code.eq_ignore_ascii_case(success))),
    }
}

/// Parts the message from what it echoes of the request: RPC's `server string to sign is:…`, ACS3's
/// `server StringToSign is […] server CanonicalRequest is […]`, which holds the security token.
fn cut_echo(message: &str) -> Option<(&str, &str)> {
    const MARKERS: [&str; 6] = [
        "server string",
        "server canonical",
        "string to sign",
        "stringtosign",
        "canonical request",
        "canonicalrequest",
    ];
    // Lower-casing ASCII moves no byte, so the place found is a place in the message.
    let lower = message.to_ascii_lowercase();
    let at = MARKERS.iter().filter_map(|marker| lower.find(marker)).min()?;
    let (head, echo) = message.split_at_checked(at)?;
    let echo = echo.split_once(" is").map_or(echo, |(_, echo)| echo);
    Some((head.trim_end(), echo.trim_start_matches(':').trim_start()))
}
