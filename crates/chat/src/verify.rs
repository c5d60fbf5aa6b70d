use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::{Inbound, Platform, Received, Refusal, Secret};

/// How far, in seconds and in either direction, a time stamp may lie from our clock. 300 is Slack's figure
/// (docs.slack.dev/authentication/verifying-requests-from-slack) and that of the Standard Webhooks libraries.
const WINDOW: i64 = 300;

/// Something whose signature has been checked. Only [`verify`](crate::verify()) makes one, and [`Unverified`] where the check
/// is somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

/// What comes of checking a delivery.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verification<'a> {
    /// Its signature is good.
    Genuine(Verified<Signed<'a>>),
    /// Its form is good; its signature is to be checked by the caller.
    Unverified(Unverified),
}

/// What a signature covers of a delivery, and what the platform says about it.
#[derive(Clone)]
pub struct Signed<'a> {
    pub(crate) platform: Platform,
    pub(crate) body: Cow<'a, [u8]>,
    /// The platform's id of the delivery, where it stands in a header.
    pub(crate) id: Option<String>,
    /// Unix seconds of the signature; of the receipt, where the platform signs no time.
    pub(crate) signed_at: i64,
    /// Which of the secrets matched, from 0.
    pub(crate) secret: usize,
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({}, {} bytes at {})", self.platform, self.body.len(), self.signed_at)
    }
}

pub(crate) fn header(inbound: &Inbound<'_>, name: &'static str) -> Result<String, Refusal> {
    (inbound.headers)(name).ok_or(Refusal::MissingHeader(name))
}

/// Unix seconds in the one form that platforms send: decimal, without sign or leading zero.
pub(crate) fn seconds(text: &str, header: &'static str) -> Result<i64, Refusal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain).ok_or(Refusal::MalformedHeader(header))
}

pub(crate) fn within_window(signed_at: i64, now: i64) -> Result<(), Refusal> {
    no_older_than(WINDOW, signed_at, now)
}

/// As [`within_window`], for a platform whose own deliveries may be `oldest` seconds old.
pub(crate) fn no_older_than(oldest: i64, signed_at: i64, now: i64) -> Result<(), Refusal> {
    let age = now.saturating_sub(signed_at);
    let ahead = signed_at.saturating_sub(now);
    if age > oldest {
        Err(Refusal::Stale { age })
    } else if ahead > WINDOW {
        Err(Refusal::Early { ahead })
    } else {
        Ok(())
    }
}

/// Accepts `signed` if one of `secrets` makes one of the `claims` over `prefix` and its body. Tries every pair, whatever
/// the outcome of the others, so that the time taken tells nothing about which matched or how far.
pub(crate) fn hmac_sha256<'a>(
    prefix: &[&[u8]],
    signed: Signed<'a>,
    claims: &[[u8; 32]],
    secrets: &[Secret],
) -> Result<Verification<'a>, Refusal> {
    let matched = matching(secrets, claims, &|secret| mac(secret, &mut prefix.iter().copied().chain([&*signed.body])));
    accept(signed, matched)
}

/// HMAC-SHA256 of the parts, one after the other. HMAC takes keys of any length; `None` is there for algorithms that don't.
pub(crate) fn mac(key: &[u8], parts: &mut dyn Iterator<Item = &[u8]>) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    parts.for_each(|part| mac.update(part));
    Some(mac.finalize().into_bytes().into())
}

/// Accepts `signed` if `token` is one of `secrets`. Digests are compared, so that the time taken does not tell a length.
pub(crate) fn token<'a>(token: &str, signed: Signed<'a>, secrets: &[Secret]) -> Result<Verification<'a>, Refusal> {
    let matched = matching(secrets, &[Sha256::digest(token).into()], &|secret| Some(Sha256::digest(secret).into()));
    accept(signed, matched)
}

const NONE: u64 = u64::MAX;

/// The position of the secret of which `derived` is one of the `claims`, or [`NONE`].
pub(crate) fn matching(secrets: &[Secret], claims: &[[u8; 32]], derived: &dyn Fn(&[u8]) -> Option<[u8; 32]>) -> u64 {
    let mut matched = NONE;
    for (position, secret) in (0_u64..).zip(secrets) {
        let Some(derived) = derived(secret.bytes()) else { continue };
        for claim in claims {
            matched.conditional_assign(&position, derived.ct_eq(claim));
        }
    }
    matched
}

pub(crate) fn accept(signed: Signed<'_>, matched: u64) -> Result<Verification<'_>, Refusal> {
    match usize::try_from(matched) {
        Ok(secret) if matched != NONE => Ok(Verification::Genuine(Verified(Signed { secret, ..signed }))),
        _ => Err(Refusal::SignatureMismatch),
    }
}

/// A delivery whose Ed25519 signature nobody has looked at yet. Where it is received, the runtime has a faster Ed25519 than
/// could be brought along, and answers later: so the caller checks, and says so.
///
/// For each of [`keys`](Self::keys): does it make [`signature`](Self::signature) over [`message`](Self::message)
/// (RFC 8032, Ed25519)? If one does, [`vouch_that_key_made_signature`](Self::vouch_that_key_made_signature) reads the
/// delivery; if none does, it is a [`Refusal::SignatureMismatch`].
#[derive(Clone, PartialEq, Eq)]
pub struct Unverified {
    pub(crate) platform: Platform,
    pub(crate) keys: Vec<[u8; 32]>,
    pub(crate) signature: [u8; 64],
    pub(crate) message: Vec<u8>,
    /// Where in the message the body begins.
    pub(crate) body: usize,
    pub(crate) signed_at: i64,
}

impl Unverified {
    /// The configured public keys, the first the newest.
    pub fn keys(&self) -> &[[u8; 32]] {
        &self.keys
    }

    /// The signature as received.
    pub const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The bytes it must have been made over.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Takes the delivery for genuine and reads it. **To be called only after** the key at `position` was found to have made
    /// the signature over the message: nothing here checks that again.
    ///
    /// # Errors
    ///
    /// [`Refusal::MalformedBody`]; [`Refusal::SignatureMismatch`] where there is no such key.
    pub fn vouch_that_key_made_signature(&self, position: usize, now: i64) -> Result<Received, Refusal> {
        if position >= self.keys.len() {
            return Err(Refusal::SignatureMismatch);
        }
        let body = Cow::Borrowed(self.message.get(self.body..).unwrap_or_default());
        let signed = Signed { platform: self.platform, body, id: None, signed_at: self.signed_at, secret: position };
        crate::parse(&Verified(signed), now)
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({}, {} bytes at {})", self.platform, self.message.len(), self.signed_at)
    }
}

/// `N` bytes written as twice as many lower-case hexadecimal digits.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    fn nibble(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }
    let bytes: Vec<u8> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}
