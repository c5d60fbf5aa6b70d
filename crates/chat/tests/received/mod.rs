//! What the rim does with a delivery: [`chat::receive`], and where it leaves an Ed25519 signature to be checked, that too.

#![allow(dead_code, reason = "each of the tests needs a part")]

use chat::{Inbound, Platform, Received, Refusal, Secret, Unverified};
use ed25519_dalek::{Signature, VerifyingKey};

pub(crate) fn receive(
    platform: Platform,
    inbound: &Inbound<'_>,
    secrets: &[Secret],
    now: i64,
) -> Result<Received, Refusal> {
    match chat::receive(platform, inbound, secrets, now)? {
        Received::Unverified(unverified) => {
            let position = signer(&unverified).ok_or(Refusal::SignatureMismatch)?;
            unverified.vouch_that_key_made_signature(position, now)
        }
        received => Ok(received),
    }
}

/// The position of the key that made the signature.
pub(crate) fn signer(unverified: &Unverified) -> Option<usize> {
    let signature = Signature::from_bytes(unverified.signature());
    unverified.keys().iter().position(|key| {
        VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(unverified.message(), &signature).is_ok())
    })
}
