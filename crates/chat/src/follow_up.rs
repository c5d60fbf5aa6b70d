use alloc::{borrow::Cow, boxed::Box, string::String, vec, vec::Vec};
use core::fmt;

use crate::{Platform, Reply, Secret, delivery::json, reply::JSON};

/// A way back to the platform after the first answer. The address is as good as a password: `Debug` shows its host only.
#[derive(Clone, PartialEq, Eq)]
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

/// What the configuration lets follow-ups reach, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach<'a> {
    /// Hosts beside the platform's own: `host` or `host:port`, over HTTPS. Loopback hosts (`127.0.0.1`, `localhost`,
    /// `[::1]`) may also be called over HTTP, and without a port they stand for all their ports.
    pub extra_hosts: &'a [String],
    /// For local work: a loopback address that takes the place of the platform's own hosts, `http://127.0.0.1:9000`.
    pub endpoint: Option<&'a str>,
    /// The secret of [`credential_variable`](Platform::credential_variable).
    pub credential: Option<&'a Secret>,
}

impl FollowUp {
    /// Puts `reply` into the form the platform takes at this address.
    ///
    /// # Errors
    ///
    /// [`Undeliverable::Expired`] and [`Undeliverable::UsedUp`] when the channel is past its time or uses,
    /// [`Undeliverable::HostNotAllowed`] when the address is anything but a plain one of an allowed host,
    /// [`Undeliverable::NoCredential`] when the platform needs one that is not configured.
    pub fn compose(&self, reply: &Reply, reach: &Reach<'_>, now: i64) -> Result<Outgoing, Undeliverable> {
        if now > self.expires_at {
            return Err(Undeliverable::Expired);
        }
        if self.uses == 0 {
            return Err(Undeliverable::UsedUp);
        }
        self.reachable(reach)?;
        let adapter = self.platform.adapter();
        let mut outgoing = adapter.follow_up(self, reply, reach.credential);
        if let Some(endpoint) = reach.endpoint
            && may_go_to(&outgoing.url, adapter.follow_up_hosts(), &[])
        {
            outgoing.url = moved_to(endpoint, &outgoing.url);
            if let Some(token) = &mut outgoing.token {
                token.request.url = moved_to(endpoint, &token.request.url);
            }
        }
        Ok(outgoing)
    }

    /// Whether a follow-up may be promised.
    pub fn is_reachable(&self, reach: &Reach<'_>) -> bool {
        self.reachable(reach).is_ok()
    }

    fn reachable(&self, reach: &Reach<'_>) -> Result<(), Undeliverable> {
        let adapter = self.platform.adapter();
        if !may_go_to(&self.url, adapter.follow_up_hosts(), reach.extra_hosts) {
            return Err(Undeliverable::HostNotAllowed);
        }
        match (adapter.credential_variable(), reach.credential) {
            (Some(_), None) => Err(Undeliverable::NoCredential),
            _ => Ok(()),
        }
    }
}

/// `url` with its scheme and host replaced by `endpoint`.
fn moved_to(endpoint: &str, url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default();
    [endpoint.trim_end_matches('/'), path].concat()
}

impl fmt::Debug for FollowUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowUp")
            .field("platform", &self.platform)
            .field("url", &format_args!("{}", Redacted(&self.url)))
            .field("expires_at", &self.expires_at)
            .field("uses", &self.uses)
            .finish()
    }
}

/// A follow-up to send. `Debug` shows the host of the address only.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `POST`, `PATCH`.
    pub method: &'static str,
    /// Where to; already checked against the allow-list.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: String,
    /// Set where the status of the answer is not enough to know whether it was taken.
    pub code: Option<Code>,
    /// Set where the platform wants a token that is to be got first.
    pub token: Option<Box<TokenSource>>,
}

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource {
    /// The request whose answer holds it.
    pub request: Outgoing,
    /// The member of the answer that is it.
    pub(crate) name: &'static str,
}

impl TokenSource {
    /// The header that the answer's token goes into, where there is one.
    pub fn authorization(&self, answer: &[u8]) -> Option<(&'static str, Cow<'static, str>)> {
        let answer = json(answer).ok()?;
        let token =
            answer.get(self.name)?.as_str().filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()))?;
        Some(("authorization", Cow::Owned(["Bearer ", token].concat())))
    }
}

impl Outgoing {
    pub(crate) fn post_json(url: &str, body: String) -> Self {
        let headers = vec![("content-type", Cow::Borrowed(JSON))];
        Self { method: "POST", url: url.into(), headers, body, code: None, token: None }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("url", &format_args!("{}", Redacted(&self.url)))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// What came of a follow-up, by the platform's answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has arrived.
    Yes,
    /// It has not, and may if it is sent again.
    Later,
    /// It has not, and never will.
    Never,
}

impl Taken {
    const fn by_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Yes,
            // The platform's own word that this address takes nothing (any more).
            400..=407 | 409..=428 | 430..=499 => Self::Never,
            _ => Self::Later,
        }
    }
}

/// The number in a JSON answer that says what came of a follow-up, where the status does not: it is 0 when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub(crate) name: &'static str,
    /// Those after which it may be sent again.
    pub(crate) later: &'static [i64],
}

impl Outgoing {
    /// What came of it, by the answer's status and body. The body matters only where there is a [`code`](Self::code).
    pub fn taken(&self, status: u16, answer: &[u8]) -> Taken {
        let by_status = Taken::by_status(status);
        let Some(Code { name, later }) = self.code else { return by_status };
        match (json(answer).ok().and_then(|answer| answer.get(name)?.as_i64()), by_status) {
            (None | Some(0), taken) | (Some(_), taken @ Taken::Later) => taken,
            (Some(code), _) if later.contains(&code) => Taken::Later,
            (Some(_), _) => Taken::Never,
        }
    }
}

/// Why a follow-up must not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undeliverable {
    /// The address is not one of the platform's nor of the configuration's.
    HostNotAllowed,
    /// The channel's lifetime is over.
    Expired,
    /// The channel has been used as often as it may be.
    UsedUp,
    /// The platform's credential is not configured.
    NoCredential,
}

impl fmt::Display for Undeliverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostNotAllowed => "host is not on the allow-list",
            Self::Expired => "channel has expired",
            Self::UsedUp => "channel is used up",
            Self::NoCredential => "credential is not configured",
        })
    }
}

impl core::error::Error for Undeliverable {}

/// An address in its plain form, the only one in which every reader of URLs finds the same host.
struct Address<'a> {
    secure: bool,
    host: &'a str,
    port: u16,
}

impl<'a> Address<'a> {
    fn read(url: &'a str) -> Option<Self> {
        // Backslash, white space and control characters are what URL readers disagree about.
        if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return None;
        }
        let (secure, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = host_and_port(authority)?;
        Some(Self { secure, host, port: port.unwrap_or(if secure { 443 } else { 80 }) })
    }

    fn is_loopback(&self) -> bool {
        is_loopback(self.host)
    }
}

fn is_loopback(host: &str) -> bool {
    ["127.0.0.1", "[::1]", "localhost"].iter().any(|loopback| host.eq_ignore_ascii_case(loopback))
}

/// Splits `host` or `host:port`. A host is made of letters, digits, dots and hyphens, or is `[::1]`.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let named = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if !named && host != "[::1]" {
        return None;
    }
    match port {
        Some(port) if port.starts_with('0') || !port.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Some(port) => Some((host, Some(port.parse().ok()?))),
        None => Some((host, None)),
    }
}

fn may_go_to(url: &str, own_hosts: &[&str], extra_hosts: &[String]) -> bool {
    let Some(address) = Address::read(url) else { return false };
    let own =
        address.secure && address.port == 443 && own_hosts.iter().any(|host| address.host.eq_ignore_ascii_case(host));
    own || extra_hosts.iter().filter_map(|extra| host_and_port(extra.trim())).any(|(host, port)| {
        address.host.eq_ignore_ascii_case(host)
            && (address.secure || address.is_loopback())
            && match port {
                Some(port) => address.port == port,
                None => address.is_loopback() || address.port == 443,
            }
    })
}

struct Redacted<'a>(&'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Address::read(self.0) {
            Some(address) => write!(f, "{}://{}/…", if address.secure { "https" } else { "http" }, address.host),
            None => f.write_str("…"),
        }
    }
}
