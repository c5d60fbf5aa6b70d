//! RPC, `SignatureVersion` 1.0: HMAC-SHA1 over the merged parameters.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism>

use crate::{
    canonical::{Ascii, Hashing, Once, Pair, Sink, Sorted, Text, Twice, encode, write_pairs},
    credentials::AccessKeySecret,
    error::SignError,
    request::{Scheme, SignableRequest, Stamp},
};
use alloc::vec::Vec;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

pub(crate) const SIGNATURE: &str = "Signature";
pub(crate) const SIGNATURE_VERSION: &str = "1.0";

/// Whether a parameter belongs to the protocol and not to any operation.
pub(crate) fn is_common(name: &str) -> bool {
    matches!(
        name,
        "AccessKeyId"
            | "Action"
            | "Format"
            | "SecurityToken"
            | SIGNATURE
            | "SignatureMethod"
            | "SignatureNonce"
            | "SignatureType"
            | "SignatureVersion"
            | "Timestamp"
            | "Version"
    )
}

/// A block of SHA-1, which is as much of a key as HMAC takes without hashing it first.
const BLOCK: usize = 64;

/// The key is the secret with `&` behind it.
pub(crate) fn mac(secret: &AccessKeySecret) -> Hmac<Sha1> {
    let secret = secret.as_bytes();
    let mut short = Zeroizing::new([b'&'; BLOCK]);
    let mut long = Zeroizing::new(Vec::new());
    let key = match short.split_at_mut_checked(secret.len()) {
        Some((start, [_, ..])) => {
            start.copy_from_slice(secret);
            short.get(..=secret.len()).unwrap_or_default()
        }
        _ => {
            long.reserve_exact(secret.len().saturating_add(1));
            long.extend_from_slice(secret);
            long.push(b'&');
            &long
        }
    };
    crate::sign::keyed(key)
}

/// Base64, as the parameter `Signature` carries it.
pub(crate) fn signature_text(mac: Hmac<Sha1>) -> Ascii<28> {
    let mut text = [0; 28];
    // Twenty bytes are 28 characters.
    let _ = STANDARD.encode_slice(mac.finalize().into_bytes(), &mut text);
    Ascii(text)
}

/// The bytes of a signature as received. One that is not canonical Base64 of as many has none, so it matches nothing.
pub(crate) fn signature_bytes(text: Text<'_>) -> Option<[u8; 20]> {
    let (mut decoded, mut count) = ([0; 28], 0_usize);
    for byte in text.bytes() {
        *decoded.get_mut(count)? = byte;
        count = count.saturating_add(1);
    }
    let mut bytes = [0; 21];
    let count = STANDARD.decode_slice(decoded.get(..count)?, &mut bytes).ok()?;
    bytes.get(..count)?.try_into().ok()
}

/// The canonical query: every parameter but `Signature`.
pub(crate) fn write_canonical(sink: &mut impl Sink, sorted: &[Pair<'_>]) {
    write_pairs::<Once>(sink, sorted);
}

/// The string to sign for a canonical query that has been written.
pub(crate) fn write_string_to_sign(sink: &mut impl Sink, method: &str, canonical: &str) {
    write_start(sink, method);
    encode(sink, Text::Raw(canonical.as_bytes()));
}

/// Hashes the string to sign without the canonical query ever being there.
pub(crate) fn hash_string_to_sign(mac: &mut Hmac<Sha1>, method: &str, sorted: &[Pair<'_>]) {
    Hashing::all(mac, |sink| {
        write_start(sink, method);
        write_pairs::<Twice>(sink, sorted);
    });
}

fn write_start(sink: &mut impl Sink, method: &str) {
    // The method of nearly all requests, in one piece.
    if method == "POST" {
        return sink.put(b"POST&%2F&");
    }
    sink.put(method.as_bytes());
    sink.put(b"&%2F&");
}

/// Puts the common parameters without `Signature`, which are in canonical order, into an empty list.
pub(crate) fn add_common<'p>(
    common: &mut Sorted<'p>,
    request: &SignableRequest<'p>,
    &Stamp { id, token, nonce, .. }: &Stamp<'p>,
    time: &'p Ascii<20>,
) {
    let mut push = |name: &'static str, value| common.push((Text::Plain(name.as_bytes()), value));
    let known = |text: &'static str| Text::Plain(text.as_bytes());
    push("AccessKeyId", Text::of(id));
    push("Action", Text::of(request.action));
    push("Format", known(request.format.name()));
    if let Some(token) = token {
        push("SecurityToken", Text::of(token.as_str()));
    }
    push("SignatureMethod", known(Scheme::Rpc.algorithm()));
    push("SignatureNonce", Text::of(nonce.as_str()));
    push("SignatureVersion", known(SIGNATURE_VERSION));
    push("Timestamp", Text::Raw(&time.0));
    push("Version", Text::of(request.version));
}

/// Everything that is signed, sorted: query, form fields and common parameters.
pub(crate) fn merge<'p>(
    request: &SignableRequest<'p>,
    stamp: &Stamp<'p>,
    time: &'p Ascii<20>,
) -> Result<Sorted<'p>, SignError> {
    let mut sorted = Sorted::default();
    add_common(&mut sorted, request, stamp, time);
    for &(name, value) in request.query.iter().chain(request.body.fields()) {
        if is_common(name) {
            return Err(SignError::ReservedParameter { name: name.into() });
        }
        if sorted.insert((Text::of(name), Text::of(value))) {
            return Err(SignError::RepeatedParameter { name: name.into() });
        }
    }
    Ok(sorted)
}
