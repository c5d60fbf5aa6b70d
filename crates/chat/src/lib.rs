//! Chat platforms: verify a delivery over the bytes as received, read its command, render the answer.
//!
//! One module a platform. Nothing here reads a clock, a secret store or a socket: time and secrets are arguments, and what
//! must be sent comes back as a value. A parser takes nothing but [`Verified`] bytes, which only `verify` makes.
#![no_std]

extern crate alloc;

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Where deliveries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Platform {
    /// Slack slash commands and buttons.
    Slack,
    /// Any system that signs by Standard Webhooks.
    Standard,
}

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

/// What a platform's signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// A static token: neither body nor time.
    Token,
    /// The time only.
    Time,
    /// The body only.
    Body,
    /// Body and time.
    Full,
}

/// Bytes whose signature has been checked. Only `verify` makes one.
#[derive(Clone, Copy, Debug)]
pub struct Verified<T>(T);

/// Identifies a delivery: the same again means the platform (or somebody) sent it twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeliveryId(pub String);

/// Who sent it, in ids that do not change. Written `slack:T0001/U2147483697`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The platform.
    pub platform: Platform,
    /// Workspace, tenant, server.
    pub organisation: String,
    /// The person.
    pub person: String,
}

/// Where it was said, in ids that do not change. Written `slack:T0001/C2147483705`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The platform.
    pub platform: Platform,
    /// Workspace, tenant, server.
    pub organisation: String,
    /// The channel.
    pub channel: String,
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
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Words, `share m-… cn-hangzhou`; mentions of the bot and the command's own name are taken off.
    Text(String),
    /// An operation with its parameters, from a machine.
    Call {
        /// Operation name.
        operation: String,
        /// Wire names and text values.
        parameters: Vec<(String, String)>,
    },
}

/// A way back to the platform after the first answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The platform.
    pub platform: Platform,
    /// The address from the delivery; checked against the allow-list before every use.
    pub url: String,
    /// Unix seconds after which the platform takes nothing any more.
    pub expires_at: i64,
    /// How often it may be used.
    pub uses: u8,
}

/// What [`receive`] makes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// One of the few things a platform asks of the address itself; answer as it says.
    Handshake(Rendered),
    /// A command.
    Command(Command),
    /// Genuine and of no concern to us (an event type we don't serve); answer as it says.
    Nothing(Rendered),
}

/// Why a delivery was refused. Goes to the log; outside, all of them are one plain 401.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A header the signature needs is absent.
    MissingHeader(&'static str),
    /// A header the signature needs does not have its form.
    MalformedHeader(&'static str),
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
    /// Signed, but the body is not what the platform documents.
    MalformedBody(&'static str),
}

/// A platform's secret. `Debug` shows nothing, `Display` does not exist.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// What people are told, before any platform's form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What kind of news it is.
    pub tone: Tone,
    /// One line, plain text.
    pub title: String,
    /// Further lines.
    pub lines: Vec<Line>,
    /// Only for the one who asked, where the platform can.
    pub private: bool,
}

/// The kind of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// It is done.
    Success,
    /// It failed.
    Failure,
    /// It is under way.
    Waiting,
    /// It was not accepted.
    Refusal,
    /// Help, lists, states.
    Information,
}

/// A line of a reply. Text is untrusted (image names, error messages): renderers escape it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// Prose.
    Text(String),
    /// `name: value`, the value shown as code.
    Field(String, String),
    /// Something to type, shown as code.
    Code(String),
}

/// An answer in a platform's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// A follow-up to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// `POST`, `PATCH`.
    pub method: &'static str,
    /// Where to; already checked against the allow-list.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: String,
}

/// Why a follow-up must not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undeliverable {
    /// The address is not one of the platform's nor of the configuration's.
    HostNotAllowed,
    /// The channel's lifetime is over.
    Expired,
}

// Functions to come, as the consumers (ops, edge) call them:
//
// impl Platform { pub const ALL: &[Platform]; pub fn name(self) -> &'static str; pub fn from_name(&str) -> Option<Self>;
//                 pub fn secret_variable(self) -> &'static str; pub fn strength(self) -> Strength;
//                 pub fn acknowledge_within_ms(self) -> u64; }
// impl Secret    { pub fn parse_list(platform: Platform, value: &str) -> Result<Vec<Secret>, MalformedSecret>; }
// pub fn receive(platform: Platform, inbound: &Inbound<'_>, secrets: &[Secret], now: i64) -> Result<Received, Refusal>;
// pub fn render(platform: Platform, reply: &Reply) -> Rendered;
// impl FollowUp  { pub fn compose(&self, reply: &Reply, extra_hosts: &[String], now: i64) -> Result<Outgoing, Undeliverable>; }
