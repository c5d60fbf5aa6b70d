//! RPC, `SignatureVersion` 1.0: HMAC-SHA1 over the merged parameters.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism>

use crate::{
    canonical::{Encoding, Pair, Sink, Sorted, write_pairs},
    credentials::AccessKeySecret,
    error::SignError,
    request::{Body, Scheme, SignableRequest, Stamp},
};
use alloc::{borrow::Cow, string::ToString, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::Hmac;
use sha1::Sha1;
use zeroize::Zeroizing;

pub(crate) const SIGNATURE: &str = "Signature";
pub(crate) const SIGNATURE_VERSION: &str = "1.0";

/// The parameters that belong to the protocol and not to any operation.
pub(crate) const COMMON: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    SIGNATURE,
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// The key is the secret with `&` behind it.
pub(crate) fn mac(secret: &AccessKeySecret) -> Hmac<Sha1> {
    let mut key = Zeroizing::new(Vec::with_capacity(secret.as_bytes().len().saturating_add(1)));
    key.extend_from_slice(secret.as_bytes());
    key.push(b'&');
    crate::sign::keyed(&key)
}

/// Base64, as the parameter `Signature` carries it.
pub(crate) fn signature_text(tag: &[u8]) -> alloc::string::String {
    STANDARD.encode(tag)
}

/// The bytes of a signature as received. One that is not canonical Base64 has none, so it matches nothing.
pub(crate) fn signature_bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}

/// The canonical query: every parameter but `Signature`.
pub(crate) fn write_canonical(sink: &mut impl Sink, parameters: &[Pair<'_>]) {
    write_pairs(sink, parameters.iter().copied());
}

/// The string to sign, around a canonical query that `canonical` writes.
pub(crate) fn write_string_to_sign<S: Sink>(sink: &mut S, method: &str, canonical: impl FnOnce(&mut Encoding<'_, S>)) {
    sink.write(method);
    sink.write("&%2F&");
    canonical(&mut Encoding(sink));
}

/// The common parameters without `Signature`, in canonical order.
pub(crate) fn common<'a>(
    request: &SignableRequest<'a>,
    &Stamp { id, token, time, nonce }: &Stamp<'a>,
) -> Vec<(&'static str, Cow<'a, str>)> {
    let mut parameters = Vec::with_capacity(COMMON.len());
    parameters.extend([
        ("AccessKeyId", Cow::Borrowed(id)),
        ("Action", Cow::Borrowed(request.action)),
        ("Format", Cow::Borrowed(request.format.name())),
    ]);
    parameters.extend(token.map(|token| ("SecurityToken", Cow::Borrowed(token.as_str()))));
    parameters.extend([
        ("SignatureMethod", Cow::Borrowed(Scheme::Rpc.algorithm())),
        ("SignatureNonce", Cow::Borrowed(nonce.as_str())),
        ("SignatureVersion", Cow::Borrowed(SIGNATURE_VERSION)),
        ("Timestamp", Cow::Owned(time.to_string())),
        ("Version", Cow::Borrowed(request.version)),
    ]);
    parameters
}

/// Everything that is signed, sorted: query, form fields and common parameters.
pub(crate) fn merge<'p>(
    request: &SignableRequest<'p>,
    common: &'p [(&'static str, Cow<'_, str>)],
) -> Result<Sorted<'p>, SignError> {
    let form = match request.body {
        Body::Form(fields) => fields,
        Body::Empty | Body::Raw { .. } => &[],
    };
    let own = request.query.iter().chain(form).copied();
    if let Some((name, _)) = own.clone().find(|(name, _)| COMMON.contains(name)) {
        return Err(SignError::ReservedParameter { name: name.into() });
    }
    let merged: Sorted<'p> = own.chain(common.iter().map(|(name, value)| (*name, &**value))).collect();
    match merged.repeated() {
        Some(name) => Err(SignError::RepeatedParameter { name: name.into() }),
        None => Ok(merged),
    }
}
