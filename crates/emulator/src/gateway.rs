//! The gateway in front of the product: who calls, is it really them, is it now, and what do they call.
//!
//! The vendor does not publish the order of its checks. Ours: the common parameters' form, the key, the time, the nonce,
//! the signature, the token, the version, the operation, the method, the transport. A nonce counts as used once its
//! signature has been verified, so that nobody without a key can use up somebody else's.

use crate::{HttpRequest, clock, memory::Memory, refusal::Refusal, render::Format};
use acs_rpc::{Method, Operation, OperationReference, Position, WireParameters};
use acs_sign::{Claims, Credentials, ReceivedRequest, Scheme, VerifyError};
use core::time::Duration;
use std::time::SystemTime;

/// How far the caller's clock may be off, either way. The vendor's pages say 15 minutes, one of them 31.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// A request signed 15 minutes ahead stays acceptable for 30.
const NONCE_MEMORY: Duration = Duration::from_secs(31 * 60);

/// Nonces of all keys together; beyond that the oldest are forgotten early.
const NONCES: usize = 200_000;

/// What is needed of a call before anything about it is certain: how to answer, and what the journal says of it.
pub(crate) struct Envelope {
    pub(crate) scheme: Scheme,
    pub(crate) format: Format,
    pub(crate) host: String,
    pub(crate) action: Option<String>,
    pub(crate) access_key_id: Option<String>,
}

impl Envelope {
    pub(crate) fn read(request: &HttpRequest) -> Self {
        let host = request.header("host").unwrap_or_default().to_owned();
        // RPC clients of the vendor send `x-acs-action` and `x-acs-version` too.
        let acs3 = ["authorization", "x-acs-signature-nonce"];
        if acs3.into_iter().any(|name| request.header(name).is_some()) {
            let credential = |authorization: &str| {
                let (_, credential) = authorization.split_once("Credential=")?;
                credential.split(',').next().map(str::to_owned)
            };
            return Self {
                scheme: Scheme::Acs3,
                format: Format::Json,
                host,
                action: request.header("x-acs-action").map(str::to_owned),
                access_key_id: request.header("authorization").and_then(credential),
            };
        }
        let parameter = |wanted: &str| {
            let pairs = form_urlencoded::parse(request.query().as_bytes()).chain(form_urlencoded::parse(form(request)));
            pairs.filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).next()
        };
        Self {
            scheme: Scheme::Rpc,
            format: match parameter("Format") {
                Some(format) if format.eq_ignore_ascii_case("JSON") => Format::Json,
                _ => Format::Xml,
            },
            host,
            action: parameter("Action"),
            access_key_id: parameter("AccessKeyId"),
        }
    }
}

/// A call the gateway lets through.
pub(crate) struct Admitted {
    pub(crate) reference: &'static OperationReference,
    pub(crate) access_key_id: String,
    /// The operation's own parameters as the caller gave them.
    pub(crate) parameters: WireParameters,
}

impl Admitted {
    pub(crate) fn operation(&self) -> &'static Operation {
        self.reference.operation
    }
}

#[derive(Debug)]
pub(crate) struct Gateway {
    credentials: Vec<Credentials>,
    references: Vec<&'static OperationReference>,
    require_tls: bool,
    nonces: Memory<(String, String), ()>,
}

impl Gateway {
    pub(crate) fn new(
        credentials: Vec<Credentials>,
        references: Vec<&'static OperationReference>,
        require_tls: bool,
    ) -> Self {
        Self { credentials, references, require_tls, nonces: Memory::new(NONCE_MEMORY, NONCES) }
    }

    pub(crate) fn forget_nonces(&mut self) {
        self.nonces = Memory::new(NONCE_MEMORY, NONCES);
    }

    /// The product a refusal speaks of, as far as the operation's name tells.
    pub(crate) fn product(&self, action: Option<&str>) -> &'static str {
        let mut operations = self.references.iter().map(|reference| reference.operation);
        let first = operations.clone().next();
        let named = operations.find(|operation| Some(operation.name) == action);
        named.or(first).map_or("", |operation| operation.product)
    }

    pub(crate) fn admit(&mut self, now: SystemTime, request: &HttpRequest) -> Result<Admitted, Refusal> {
        let method = match request.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            _ => return Err(Refusal::http_method()),
        };
        if request.path() != "/" {
            return Err(Refusal::action_not_found());
        }
        let headers: Vec<(&str, &[u8])> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let received = ReceivedRequest {
            method: &request.method,
            target: &request.path_and_query,
            headers: &headers,
            body: &request.body,
        };
        let claims = received.claims().map_err(|error| refusal(&error, Scheme::Rpc))?;
        self.authenticate(now, &claims)?;
        if claims.format().is_some_and(|format| !["JSON", "XML"].iter().any(|known| format.eq_ignore_ascii_case(known)))
        {
            return Err(Refusal::invalid_parameter("Format"));
        }
        let reference = self.find(claims.action(), claims.version())?;
        let operation = reference.operation;
        if !operation.methods.contains(&method) {
            return Err(Refusal::http_method());
        }
        let tls = request.header("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        if operation.https_only && self.require_tls && !tls {
            return Err(Refusal::needs_tls());
        }
        Ok(Admitted {
            reference,
            access_key_id: claims.access_key_id().to_owned(),
            parameters: parameters(operation, &claims, request),
        })
    }

    fn authenticate(&mut self, now: SystemTime, claims: &Claims<'_>) -> Result<(), Refusal> {
        let credentials = self
            .credentials
            .iter()
            .find(|credentials| credentials.key.id() == claims.access_key_id())
            .ok_or_else(Refusal::unknown_key)?;
        let off = clock::unix_seconds(now).abs_diff(claims.time().unix_seconds());
        if off > WINDOW.as_secs() {
            return Err(Refusal::time_expired());
        }
        let nonce = (claims.access_key_id().to_owned(), claims.nonce().to_owned());
        if self.nonces.recall(now, &nonce).is_some() {
            return Err(Refusal::nonce_used());
        }
        claims.verify(credentials.key.secret()).map_err(|error| refusal(&error, claims.scheme()))?;
        self.nonces.remember(now, nonce, ());
        match (&credentials.token, claims.security_token()) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(Refusal::mandatory("SecurityToken")),
            (Some(ours), Some(theirs)) if *ours == theirs => Ok(()),
            (_, Some(_)) => Err(Refusal::token_mismatch()),
        }
    }

    fn find(&self, action: &str, version: &str) -> Result<&'static OperationReference, Refusal> {
        let of_version = |reference: &&&OperationReference| reference.operation.version == version;
        let mut versioned = self.references.iter().filter(of_version).peekable();
        if versioned.peek().is_none() {
            return Err(Refusal::version());
        }
        versioned.find(|reference| reference.operation.name == action).copied().ok_or_else(Refusal::action_not_found)
    }
}

/// The operation's parameters from wherever they travel. The gateway takes query parameters from a form and the other
/// way round, and does not mind names the operation doesn't know.
fn parameters(operation: &Operation, claims: &Claims<'_>, request: &HttpRequest) -> WireParameters {
    let mut parameters: WireParameters =
        claims.parameters().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    for parameter in operation.parameters {
        match parameter.position {
            Position::Header => {
                if let Some(value) = request.header(parameter.name) {
                    parameters.push(parameter.name, value);
                }
            }
            Position::Body if !request.body.is_empty() && form(request).is_empty() => {
                parameters.push(parameter.name, String::from_utf8_lossy(&request.body));
            }
            _ => {}
        }
    }
    parameters
}

/// The body, if it is a form.
fn form(request: &HttpRequest) -> &[u8] {
    let media_type = request.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    if media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") { &request.body } else { &[] }
}

fn refusal(error: &VerifyError, scheme: Scheme) -> Refusal {
    match error {
        // Seen of a caller who sent no `Authorization`: aliyun/alibabacloud-csharp-sdk, issue 40.
        VerifyError::MissingParameter { name: name @ "AccessKeyId" } => Refusal::mandatory(name),
        VerifyError::MissingHeader { name: "authorization" } => Refusal::mandatory("AccessKeyId"),
        VerifyError::MissingHeader { name: "x-acs-action" } => Refusal::missing_parameter("Action"),
        VerifyError::MissingHeader { name: "x-acs-version" } => Refusal::missing_parameter("Version"),
        VerifyError::MissingParameter { name } => Refusal::missing_parameter(name),
        VerifyError::RepeatedParameter { name } => Refusal::invalid_parameter(name),
        VerifyError::MalformedClaim { name: "Timestamp" | "x-acs-date", .. } => Refusal::time_malformed(),
        VerifyError::MalformedClaim { name: "SecurityToken" | "x-acs-security-token", .. } => {
            Refusal::token_malformed()
        }
        VerifyError::MalformedClaim { name, .. } => Refusal::invalid_parameter(name),
        VerifyError::UnsupportedAlgorithm { .. } => Refusal::signature_method(),
        VerifyError::MalformedEscape { .. } | VerifyError::NotUtf8 { .. } => Refusal::parameter_format(),
        VerifyError::SignatureMismatch { string_to_sign } => match scheme {
            Scheme::Rpc => Refusal::rpc_signature(string_to_sign.as_str()),
            Scheme::Acs3 => Refusal::acs3_signature(string_to_sign.as_str()),
        },
        VerifyError::BodyHashMismatch { .. } => Refusal::acs3_body(),
        _ => Refusal::signature_incomplete(),
    }
}
