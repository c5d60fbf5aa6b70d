use alloc::{string::String, vec::Vec};
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::{Inbound, Platform, Refusal, Secret};

/// How far, in seconds and in either direction, a time stamp may lie from our clock. 300 is Slack's figure
/// (docs.slack.dev/authentication/verifying-requests-from-slack) and that of the Standard Webhooks libraries.
const WINDOW: i64 = 300;

/// Something whose signature has been checked. Only [`verify`](crate::verify()) makes one.
#[derive(Clone, Copy, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

/// What a signature covers of a delivery, and what the platform says about it.
#[derive(Clone)]
pub struct Signed<'a> {
    pub(crate) platform: Platform,
    pub(crate) body: &'a [u8],
    /// The platform's id of the delivery, where it stands in a header.
    pub(crate) id: Option<String>,
    /// Unix seconds of the signature.
    pub(crate) signed_at: i64,
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
    let age = now.saturating_sub(signed_at);
    let ahead = signed_at.saturating_sub(now);
    if age > WINDOW {
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
) -> Result<Verified<Signed<'a>>, Refusal> {
    let mut genuine = Choice::from(0);
    for secret in secrets {
        // HMAC takes keys of any length; the error is there for algorithms that don't.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.bytes()) else { continue };
        prefix.iter().for_each(|part| mac.update(part));
        mac.update(signed.body);
        let expected = mac.finalize().into_bytes();
        for claim in claims {
            genuine |= expected.as_slice().ct_eq(claim);
        }
    }
    if genuine.into() { Ok(Verified(signed)) } else { Err(Refusal::SignatureMismatch) }
}

/// 32 bytes written as 64 lower-case hexadecimal digits.
pub(crate) fn digest_from_hex(text: &str) -> Option<[u8; 32]> {
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
