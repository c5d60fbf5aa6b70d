//! ACS3-HMAC-SHA256: a canonical request, its hash, and the `Authorization` header.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>

use crate::{
    canonical::{Hashing, Pair, Sink, Sorted, hex, write_pairs},
    credentials::AccessKeySecret,
    error::SignError,
    request::{Body, Scheme, SignableRequest, Stamp},
};
use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};
use hmac::Hmac;
use sha2::{Digest, Sha256};

pub(crate) const ACCEPT: &str = "accept";
pub(crate) const AUTHORIZATION: &str = "authorization";
pub(crate) const CONTENT_TYPE: &str = "content-type";
pub(crate) const HOST: &str = "host";
pub(crate) const PREFIX: &str = "x-acs-";
pub(crate) const ACCESS_KEY_ID: &str = "x-acs-accesskey-id";
pub(crate) const ACTION: &str = "x-acs-action";
pub(crate) const CONTENT_HASH: &str = "x-acs-content-sha256";
pub(crate) const DATE: &str = "x-acs-date";
pub(crate) const SECURITY_TOKEN: &str = "x-acs-security-token";
pub(crate) const NONCE: &str = "x-acs-signature-nonce";
pub(crate) const VERSION: &str = "x-acs-version";

const RESERVED: [&str; 7] = [ACCESS_KEY_ID, ACTION, CONTENT_HASH, DATE, SECURITY_TOKEN, NONCE, VERSION];

/// The key is the secret as it is; there is no derived key.
pub(crate) fn mac(secret: &AccessKeySecret) -> Hmac<Sha256> {
    crate::sign::keyed(secret.as_bytes())
}

/// The parts of a canonical request.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    /// Encoded.
    pub(crate) path: &'a str,
    /// Sorted, decoded.
    pub(crate) query: &'a [Pair<'a>],
    /// Sorted, names in lower case, values trimmed.
    pub(crate) headers: &'a [Pair<'a>],
    pub(crate) content_hash: &'a str,
}

impl Canonical<'_> {
    pub(crate) fn write(&self, sink: &mut impl Sink) {
        sink.write(self.method);
        sink.write("\n");
        sink.write(self.path);
        sink.write("\n");
        write_pairs(sink, self.query.iter().copied());
        sink.write("\n");
        for values in self.headers.chunk_by(|a, b| a.0 == b.0) {
            for (index, (name, value)) in values.iter().enumerate() {
                sink.write(if index == 0 { name } else { "," });
                sink.write(if index == 0 { ":" } else { "" });
                sink.write(value);
            }
            sink.write("\n");
        }
        sink.write("\n");
        write_signed_headers(sink, self.headers);
        sink.write("\n");
        sink.write(self.content_hash);
    }

    /// SHA-256 of the whole, without ever holding it.
    pub(crate) fn hash(&self) -> String {
        let mut hash = Sha256::new();
        self.write(&mut Hashing(&mut hash));
        hex(&hash.finalize())
    }
}

/// The names joined by `;`, each once.
pub(crate) fn write_signed_headers(sink: &mut impl Sink, headers: &[Pair<'_>]) {
    for (index, values) in headers.chunk_by(|a, b| a.0 == b.0).enumerate() {
        sink.write(if index == 0 { "" } else { ";" });
        sink.write(values.first().map_or("", |(name, _)| name));
    }
}

/// The string to sign for a canonical request with this hash.
pub(crate) fn write_string_to_sign(sink: &mut impl Sink, canonical_hash: &str) {
    sink.write(Scheme::Acs3.algorithm());
    sink.write("\n");
    sink.write(canonical_hash);
}

/// The value of the `Authorization` header.
pub(crate) fn authorization(id: &str, headers: &[Pair<'_>], signature: &str) -> String {
    let mut value = String::with_capacity(320);
    value.write(Scheme::Acs3.algorithm());
    value.write(" Credential=");
    value.write(id);
    value.write(",SignedHeaders=");
    write_signed_headers(&mut value, headers);
    value.write(",Signature=");
    value.write(signature);
    value
}

/// The hash of a body.
pub(crate) fn content_hash(body: &Body<'_>) -> String {
    let mut hash = Sha256::new();
    match body {
        Body::Empty => {}
        Body::Form(fields) => write_pairs(&mut Hashing(&mut hash), fields.iter().copied()),
        Body::Raw { bytes, .. } => Digest::update(&mut hash, bytes),
    }
    hex(&hash.finalize())
}

/// The headers that signing adds, without `Authorization`, in canonical order. With a token the id goes along, as the
/// official SDKs send it.
pub(crate) fn added<'a>(
    request: &SignableRequest<'a>,
    &Stamp { id, token, time, nonce }: &Stamp<'a>,
) -> Vec<(&'static str, Cow<'a, str>)> {
    let mut headers = Vec::with_capacity(RESERVED.len().saturating_add(1));
    headers.extend(token.map(|_| (ACCESS_KEY_ID, Cow::Borrowed(id))));
    headers.extend([
        (ACTION, Cow::Borrowed(request.action)),
        (CONTENT_HASH, Cow::Owned(content_hash(&request.body))),
        (DATE, Cow::Owned(time.to_string())),
    ]);
    headers.extend(token.map(|token| (SECURITY_TOKEN, Cow::Borrowed(token.as_str()))));
    headers.extend([(NONCE, Cow::Borrowed(nonce.as_str())), (VERSION, Cow::Borrowed(request.version))]);
    headers
}

/// Every header that is signed, sorted: those of the request, `host` and those that signing adds.
pub(crate) fn signed_headers<'p>(
    request: &SignableRequest<'p>,
    added: &'p [(&'static str, Cow<'_, str>)],
) -> Sorted<'p> {
    request
        .headers
        .iter()
        .map(|&(name, value)| (name, value.trim_matches([' ', '\t'])))
        .chain([(HOST, request.host)])
        .chain(request.body.content_type().map(|content_type| (CONTENT_TYPE, content_type)))
        .chain(added.iter().map(|(name, value)| (*name, &**value)))
        .collect()
}

/// Checks the further headers of a request: for ACS3 they are signed, and for both schemes they are sent.
pub(crate) fn check_headers(headers: &[Pair<'_>]) -> Result<(), SignError> {
    for &(name, value) in headers {
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !name.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(lower)) {
            return Err(SignError::HeaderName { name: name.into() });
        }
        if RESERVED.contains(&name) {
            return Err(SignError::ReservedHeader { name: name.into() });
        }
        if !is_header_value(value.as_bytes()) {
            return Err(SignError::HeaderValue { name: name.into() });
        }
    }
    let sorted: Sorted<'_> = headers.iter().copied().collect();
    match sorted.repeated() {
        Some(name) => Err(SignError::RepeatedHeader { name: name.into() }),
        None => Ok(()),
    }
}

/// Whether a value is printable ASCII, blanks and tabs included.
pub(crate) fn is_header_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t')
}
