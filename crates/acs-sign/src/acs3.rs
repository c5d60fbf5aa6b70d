//! ACS3-HMAC-SHA256: a canonical request, its hash, and the `Authorization` header.
//!
//! <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>

use crate::{
    canonical::{Ascii, Few, Hashing, Once, Pair, Sink, Text, hex, text, write_pairs},
    credentials::{AccessKeySecret, SecurityToken},
    error::SignError,
    request::{Body, Scheme, SignableRequest, Stamp},
};
use alloc::string::String;
use hmac::{Hmac, Mac as _};
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

/// A header that is signed: its name in lower case, its value trimmed.
pub(crate) type Header<'a> = (&'a str, &'a str);

/// The parts of a canonical request.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    /// Encoded.
    pub(crate) path: &'a str,
    /// Sorted.
    pub(crate) query: &'a [Pair<'a>],
    /// Sorted.
    pub(crate) headers: &'a [Header<'a>],
    pub(crate) content_hash: &'a str,
}

impl Canonical<'_> {
    pub(crate) fn write(&self, sink: &mut impl Sink) {
        sink.put(self.method.as_bytes());
        sink.put(b"\n");
        sink.put(self.path.as_bytes());
        sink.put(b"\n");
        write_pairs::<Once>(sink, self.query);
        let mut last = None;
        for &(name, value) in self.headers {
            if last == Some(name) {
                sink.put(b",");
            } else {
                sink.put(b"\n");
                sink.put(name.as_bytes());
                sink.put(b":");
                last = Some(name);
            }
            sink.put(value.as_bytes());
        }
        sink.put(b"\n\n");
        write_signed_headers(sink, self.headers);
        sink.put(b"\n");
        sink.put(self.content_hash.as_bytes());
    }

    /// SHA-256 of the whole, without ever holding it.
    pub(crate) fn hash(&self) -> Ascii<64> {
        let mut hash = Sha256::new();
        Hashing::all(&mut hash, |sink| self.write(sink));
        hex::<32, 64>(&hash.finalize().into())
    }
}

/// The names joined by `;`, each once.
fn write_signed_headers(sink: &mut impl Sink, headers: &[Header<'_>]) {
    let mut last = None;
    for &(name, _) in headers {
        match last.replace(name) {
            Some(last) if last == name => {}
            Some(_) => {
                sink.put(b";");
                sink.put(name.as_bytes());
            }
            None => sink.put(name.as_bytes()),
        }
    }
}

/// The string to sign for a canonical request with this hash.
pub(crate) fn write_string_to_sign(sink: &mut impl Sink, canonical_hash: &str) {
    sink.put(Scheme::Acs3.algorithm().as_bytes());
    sink.put(b"\n");
    sink.put(canonical_hash.as_bytes());
}

/// Hashes the string to sign for a canonical request with this hash.
pub(crate) fn hash_string_to_sign(mac: &mut Hmac<Sha256>, canonical_hash: &Ascii<64>) {
    let start = [Scheme::Acs3.algorithm().as_bytes(), b"\n"];
    for piece in start.into_iter().chain([&canonical_hash.0[..]]) {
        mac.update(piece);
    }
}

/// Hexadecimal digits, as the `Authorization` header carries it.
pub(crate) fn signature_text(mac: Hmac<Sha256>) -> Ascii<64> {
    hex::<32, 64>(&mac.finalize().into_bytes().into())
}

/// The value of the `Authorization` header.
pub(crate) fn authorization(id: &str, headers: &[Header<'_>], signature: &str) -> String {
    text(|sink| {
        sink.reserve(320);
        sink.put(Scheme::Acs3.algorithm().as_bytes());
        sink.put(b" Credential=");
        sink.put(id.as_bytes());
        sink.put(b",SignedHeaders=");
        write_signed_headers(sink, headers);
        sink.put(b",Signature=");
        sink.put(signature.as_bytes());
    })
}

/// The hash of nothing, of RFC 6234's test vectors and of the vendor's page.
const EMPTY_HASH: Ascii<64> = Ascii(*b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// The hash of a body.
pub(crate) fn content_hash(body: &Body<'_>) -> Ascii<64> {
    match body {
        Body::Empty => EMPTY_HASH,
        Body::Form(fields) => {
            let mut hash = Sha256::new();
            let fields: Few<Pair<'_>> = fields.iter().map(|(name, value)| (Text::of(name), Text::of(value))).collect();
            Hashing::all(&mut hash, |sink| write_pairs::<Once>(sink, &fields));
            hex::<32, 64>(&hash.finalize().into())
        }
        Body::Raw { bytes, .. } => hash_of(bytes),
    }
}

/// The hash of bytes.
pub(crate) fn hash_of(bytes: &[u8]) -> Ascii<64> {
    if bytes.is_empty() { EMPTY_HASH } else { hex::<32, 64>(&Sha256::digest(bytes).into()) }
}

/// The headers that signing adds, without `Authorization`, in canonical order. With a token the id goes along, as the
/// official SDKs send it.
pub(crate) fn added<'p>(
    request: &SignableRequest<'p>,
    &Stamp { id, token, nonce, .. }: &Stamp<'p>,
    time: &'p Ascii<20>,
    content_hash: &'p Ascii<64>,
) -> impl Iterator<Item = (&'static str, &'p str)> {
    let added = [
        (ACCESS_KEY_ID, token.map(|_| id)),
        (ACTION, Some(request.action)),
        (CONTENT_HASH, Some(content_hash.as_str())),
        (DATE, Some(time.as_str())),
        (SECURITY_TOKEN, token.map(SecurityToken::as_str)),
        (NONCE, Some(nonce.as_str())),
        (VERSION, Some(request.version)),
    ];
    added.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Every header that is signed, sorted: those of the request, `host` and those that signing adds.
pub(crate) fn signed_headers<'p>(
    request: &SignableRequest<'p>,
    added: impl Iterator<Item = (&'static str, &'p str)>,
) -> Few<Header<'p>> {
    let mut headers: Few<Header<'p>> = Few::new();
    headers.extend(request.body.content_type().map(|content_type| (CONTENT_TYPE, content_type)));
    headers.push((HOST, request.host));
    headers.extend(added.map(|(name, value)| -> Header<'p> { (name, value) }));
    for &(name, value) in request.headers {
        insert(&mut headers, (name, value.trim_matches([' ', '\t'])));
    }
    headers
}

/// Puts a header where it belongs among sorted ones.
pub(crate) fn insert<'a>(headers: &mut Few<Header<'a>>, header: Header<'a>) {
    let at = headers.iter().rposition(|other| header >= *other).map_or(0, |at| at.saturating_add(1));
    headers.insert(at, header);
}

/// Checks the further headers of a request: for ACS3 they are signed, and for both schemes they are sent.
pub(crate) fn check_headers(headers: &[Header<'_>]) -> Result<(), SignError> {
    for (index, &(name, value)) in headers.iter().enumerate() {
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
        if headers.iter().take(index).any(|(other, _)| *other == name) {
            return Err(SignError::RepeatedHeader { name: name.into() });
        }
    }
    Ok(())
}

/// Whether a value is printable ASCII, blanks and tabs included.
pub(crate) fn is_header_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t')
}
