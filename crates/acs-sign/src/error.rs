//! What can be wrong: with an input, with a request to sign, with a request received.

use crate::stages::StringToSign;
use alloc::string::String;
use core::{error::Error, fmt};

/// Which input a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// The id of an access key.
    AccessKeyId,
    /// The secret of an access key.
    AccessKeySecret,
    /// The token of STS.
    SecurityToken,
    /// The nonce.
    Nonce,
    /// The operation's name.
    Action,
    /// The API version.
    Version,
    /// The host.
    Host,
    /// The media type of a body.
    ContentType,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKeyId => "access key id",
            Self::AccessKeySecret => "access key secret",
            Self::SecurityToken => "security token",
            Self::Nonce => "nonce",
            Self::Action => "action",
            Self::Version => "version",
            Self::Host => "host",
            Self::ContentType => "content type",
        })
    }
}

/// A text or number that is not what it is meant to be. Never carries the text itself, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidInput {
    /// Neither `rpc` nor `acs3`.
    UnknownScheme,
    /// Not `YYYY-MM-DDThh:mm:ssZ`, or no such day or time.
    MalformedTime,
    /// A time that a year of four digits cannot say.
    TimeOutOfRange {
        /// Seconds since 1970.
        seconds: i64,
    },
    /// Nothing given.
    Empty {
        /// Where.
        input: Input,
    },
    /// A character that this input cannot hold.
    ForbiddenCharacter {
        /// Where.
        input: Input,
        /// At which byte.
        offset: usize,
    },
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownScheme => f.write_str("signature scheme is neither rpc nor acs3"),
            Self::MalformedTime => f.write_str("time is not of the form YYYY-MM-DDThh:mm:ssZ"),
            Self::TimeOutOfRange { seconds } => write!(f, "time {seconds} is outside the years 0 to 9999"),
            Self::Empty { input } => write!(f, "{input} is empty"),
            Self::ForbiddenCharacter { input, offset } => {
                write!(f, "{input} has a forbidden character at byte {offset}")
            }
        }
    }
}

impl Error for InvalidInput {}

/// Why a request cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// Host, action, version or content type cannot stand in a header.
    Invalid(InvalidInput),
    /// A further header whose name is not `x-acs-` and lower-case letters, digits and `-`.
    HeaderName {
        /// The name.
        name: String,
    },
    /// A further header whose value is not printable ASCII.
    HeaderValue {
        /// The header's name.
        name: String,
    },
    /// A further header that signing itself sets.
    ReservedHeader {
        /// The name.
        name: String,
    },
    /// The same header twice. Clients differ in how they join the two, so the signature could not hold.
    RepeatedHeader {
        /// The name.
        name: String,
    },
    /// A parameter with the name of one of RPC's common parameters.
    ReservedParameter {
        /// The name.
        name: String,
    },
    /// The same parameter twice: the canonical form is sorted by name and has no place for it.
    RepeatedParameter {
        /// The name.
        name: String,
    },
    /// A GET that would need a body.
    BodyOnGet,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(_) => f.write_str("request cannot be signed"),
            Self::HeaderName { name } => write!(f, "header {name:?} is not a lower-case x-acs- name"),
            Self::HeaderValue { name } => write!(f, "value of header {name} is not printable ASCII"),
            Self::ReservedHeader { name } => write!(f, "header {name} is set by signing"),
            Self::RepeatedHeader { name } => write!(f, "header {name} is given twice"),
            Self::ReservedParameter { name } => write!(f, "parameter {name} is set by signing"),
            Self::RepeatedParameter { name } => write!(f, "parameter {name:?} is given twice"),
            Self::BodyOnGet => f.write_str("a GET cannot carry this body"),
        }
    }
}

impl Error for SignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Invalid(source) => Some(source),
            _ => None,
        }
    }
}

impl From<InvalidInput> for SignError {
    fn from(source: InvalidInput) -> Self {
        Self::Invalid(source)
    }
}

/// Where in a received request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The path.
    Path,
    /// The query string.
    Query,
    /// The form body.
    Body,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Body => "body",
        })
    }
}

/// A part of the `Authorization` header of ACS3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorizationPart {
    /// `Credential=`: the access key id.
    Credential,
    /// `SignedHeaders=`: lower-case names, sorted, each once, joined by `;`.
    SignedHeaders,
    /// `Signature=`: 64 lower-case hexadecimal digits.
    Signature,
}

impl fmt::Display for AuthorizationPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credential => "Credential",
            Self::SignedHeaders => "SignedHeaders",
            Self::Signature => "Signature",
        })
    }
}

/// Why a received request is not what its sender signed.
///
/// Neither `Debug` nor `Display` shows a parameter's value or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// RPC: a common parameter is absent.
    MissingParameter {
        /// Its name.
        name: &'static str,
    },
    /// ACS3: a header is absent.
    MissingHeader {
        /// Its name.
        name: &'static str,
    },
    /// A parameter came twice, so it has no canonical form.
    RepeatedParameter {
        /// Its name.
        name: String,
    },
    /// A header that takes part in the signature is not printable ASCII.
    MalformedHeader {
        /// Its name.
        name: String,
    },
    /// A `%` without two hexadecimal digits behind it.
    MalformedEscape {
        /// Where.
        part: Part,
        /// At which byte of that part as received.
        offset: usize,
    },
    /// A name or value that decodes to something that is not UTF-8.
    NotUtf8 {
        /// Where.
        part: Part,
        /// Where in that part, as received, the name or value begins.
        offset: usize,
    },
    /// Time, nonce or token do not have their form.
    MalformedClaim {
        /// The parameter or header.
        name: &'static str,
        /// What is wrong with it.
        source: InvalidInput,
    },
    /// The `Authorization` header lacks a part, or a part does not have its form.
    MalformedAuthorization {
        /// The first such part.
        part: AuthorizationPart,
    },
    /// Signed by an algorithm this crate does not verify.
    UnsupportedAlgorithm {
        /// As given: the first word of `Authorization`, or `SignatureMethod`, or `SignatureType`.
        given: String,
    },
    /// RPC: `SignatureVersion` is not `1.0`.
    UnsupportedSignatureVersion {
        /// As given.
        given: String,
    },
    /// `SignedHeaders` names a header that did not arrive.
    SignedHeaderAbsent {
        /// Its name.
        name: String,
    },
    /// A header that must be signed is not in `SignedHeaders`.
    UnsignedHeader {
        /// Its name.
        name: String,
    },
    /// The secret does not make this signature over this request.
    SignatureMismatch {
        /// Ours, as the vendor echoes it in the message of `SignatureDoesNotMatch`. Holds every parameter: never log it.
        string_to_sign: StringToSign,
    },
    /// The body is not the one whose hash was signed.
    BodyHashMismatch {
        /// `x-acs-content-sha256`.
        claimed: String,
        /// The hash of what arrived.
        actual: String,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingParameter { name } => write!(f, "parameter {name} is missing"),
            Self::MissingHeader { name } => write!(f, "header {name} is missing"),
            Self::RepeatedParameter { name } => write!(f, "parameter {name:?} came twice"),
            Self::MalformedHeader { name } => write!(f, "header {name} is not printable ASCII"),
            Self::MalformedEscape { part, offset } => write!(f, "{part} has a malformed escape at byte {offset}"),
            Self::NotUtf8 { part, offset } => write!(f, "{part} is not UTF-8 once decoded, from byte {offset}"),
            Self::MalformedClaim { name, .. } => write!(f, "{name} does not have its form"),
            Self::MalformedAuthorization { part } => write!(f, "{part} of the authorization is missing or malformed"),
            Self::UnsupportedAlgorithm { given } => write!(f, "signature algorithm {given:?} is not supported"),
            Self::UnsupportedSignatureVersion { given } => write!(f, "signature version {given:?} is not supported"),
            Self::SignedHeaderAbsent { name } => write!(f, "signed header {name} did not arrive"),
            Self::UnsignedHeader { name } => write!(f, "header {name} is not signed"),
            Self::SignatureMismatch { .. } => f.write_str("signature does not match"),
            Self::BodyHashMismatch { .. } => f.write_str("body does not match its signed hash"),
        }
    }
}

impl Error for VerifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::MalformedClaim { source, .. } => Some(source),
            _ => None,
        }
    }
}
