use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{FollowUp, Language, Platform, Rendered, Unverified};

/// A delivery as it arrived.
pub struct Inbound<'a> {
    /// Looks a header up by its lower-case name.
    pub headers: &'a dyn Fn(&str) -> Option<String>,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl fmt::Debug for Inbound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbound({} bytes)", self.body.len())
    }
}

/// Identifies a delivery: the same again means the platform (or somebody) sent it twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryId(pub String);

impl DeliveryId {
    /// One made of what tells a delivery from all others, where the platform gives it none.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        Self(digest(parts))
    }
}

/// 32 hexadecimal digits for these parts, of which no others are cut up in the same way.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut digits = String::new();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Longer ids are nobody's, and no key.
const ID_LIMIT: usize = 256;

/// An id as the written forms and policies take it. What has a meaning of its own there is percent-encoded: `/`, `*` and `%`.
pub(crate) fn written(id: &str, name: &'static str) -> Result<String, Refusal> {
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || !(1..=ID_LIMIT).contains(&id.len()) {
        return Err(Refusal::MalformedBody(name));
    }
    Ok(id.replace('%', "%25").replace('/', "%2F").replace('*', "%2A"))
}

/// A body that is JSON.
pub(crate) fn json(body: &[u8]) -> Result<Value, Refusal> {
    let body = str::from_utf8(body).ok().and_then(|body| serde_json::from_str(body).ok());
    body.ok_or(Refusal::MalformedBody("not JSON"))
}

/// Who sent it, in ids that do not change. Written `slack:T0001/U2147483697`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The platform.
    pub platform: Platform,
    /// Workspace, tenant, server. Contains no `/`.
    pub organisation: String,
    /// The person. Contains no `/`.
    pub person: String,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.platform, self.organisation, self.person)
    }
}

/// Where it was said, in ids that do not change. Written `slack:T0001/C2147483705`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The platform.
    pub platform: Platform,
    /// Workspace, tenant, server. Contains no `/`.
    pub organisation: String,
    /// The channel. Contains no `/`.
    pub channel: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.platform, self.organisation, self.channel)
    }
}

/// A verified, parsed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Who.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// What.
    pub request: Request,
    /// The way back, where the platform gave one.
    pub follow_up: Option<FollowUp>,
    /// The person's language, where the platform tells it.
    pub language: Option<Language>,
    /// Set where the platform shows nobody what the answer to this delivery says: then this is the answer, and even the first
    /// reply goes over `follow_up`.
    pub acknowledgement: Option<Rendered>,
    /// Which of the configured secrets it was signed with, from 0. For a metric while one replaces the other, never for an
    /// answer.
    pub secret: usize,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Words, `share m-… cn-hangzhou`, as typed: the platform's mark-up and the command's own name are taken off.
    /// [`words`](crate::words()) splits them.
    Text(String),
    /// An operation with its parameters, from a machine.
    Call {
        /// Operation name.
        operation: String,
        /// Wire names and text values, in the order they were sent.
        parameters: Vec<(String, String)>,
    },
}

/// A parameter that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Who.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// The parameter's wire name, `ImageId`.
    pub parameter: String,
    /// What has been typed of it so far.
    pub typed: String,
    /// The parameters that stand already, by wire names.
    pub given: Vec<(String, String)>,
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What people see. Untrusted.
    pub label: String,
    /// What is filled in.
    pub value: String,
}

/// What [`receive`](crate::receive) makes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// One of the few things a platform asks of the address itself; answer as it says.
    Handshake(Rendered),
    /// A command.
    Command(Command),
    /// Genuine only if a public key made its Ed25519 signature, which is for the caller to find out.
    Unverified(Unverified),
    /// Somebody is typing, and wants values to choose from; answer with [`suggest`](crate::suggest).
    Completion(Completion),
    /// Genuine and of no concern to us (an event type we don't serve); answer as it says.
    Nothing(Rendered),
}

/// Why a delivery was refused. Goes to the log; outside, all of them are one plain 401, but for a body that is malformed:
/// see [`unreadable`](crate::unreadable).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A header the signature needs is absent.
    MissingHeader(&'static str),
    /// A header the signature needs does not have its form.
    MalformedHeader(&'static str),
    /// The header holds a signature, but none of a version we check.
    UnknownVersion(&'static str),
    /// The time stamp is older than the window.
    Stale {
        /// Seconds of age.
        age: i64,
    },
    /// The time stamp lies in the future beyond the window.
    Early {
        /// Seconds ahead.
        ahead: i64,
    },
    /// No configured secret makes this signature over these bytes.
    SignatureMismatch,
    /// Signed, but the token in it is none of the configured ones.
    TokenMismatch,
    /// Signed, but the body is not what the platform documents. Names the field, or what is wrong with the whole.
    MalformedBody(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader(name) => write!(f, "header {name} is missing"),
            Self::MalformedHeader(name) => write!(f, "header {name} is malformed"),
            Self::UnknownVersion(name) => write!(f, "header {name} has no signature of a known version"),
            Self::Stale { age } => write!(f, "time stamp is {age} s old"),
            Self::Early { ahead } => write!(f, "time stamp is {ahead} s ahead"),
            Self::SignatureMismatch => f.write_str("no secret makes this signature"),
            Self::TokenMismatch => f.write_str("token is none of ours"),
            Self::MalformedBody(what) => write!(f, "body is malformed: {what}"),
        }
    }
}

impl core::error::Error for Refusal {}
