//! Verifying: from a request as received to what it claims, and from a secret to whether the claims hold.

use crate::{
    acs3,
    canonical::{Hashing, Pair, Sorted, decode, decode_pairs, encode, hex, unhex},
    credentials::{AccessKeySecret, SecurityToken},
    error::{AuthorizationPart, InvalidInput, Part, VerifyError},
    request::{Body, Nonce, Scheme},
    rpc,
    signing_time::SigningTime,
    stages::CanonicalRequest,
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use hmac::Mac;
use sha2::{Digest, Sha256};

/// A request as it came off the wire.
#[derive(Clone, Copy)]
pub struct ReceivedRequest<'a> {
    /// The method, verbatim.
    pub method: &'a str,
    /// Path and query, verbatim (origin form, `/?a=b`).
    pub target: &'a str,
    /// Every header: name in any case, value as bytes; a name may occur more than once. Over HTTP/2, put `:authority` in as
    /// `host`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Shows no value: target and headers may hold a token.
impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

impl<'a> ReceivedRequest<'a> {
    /// Reads what the request claims about itself. Nothing is proven until [`Claims::verify`].
    ///
    /// A request with an `Authorization` header is read as ACS3, any other as RPC. Query and form are decoded as forms, `+`
    /// as a space, which is what the vendor's gateway does; a signer writes a space as `%20` and a plus as `%2B`.
    ///
    /// # Errors
    /// Any [`VerifyError`] but the two mismatches.
    pub fn claims(&self) -> Result<Claims<'a>, VerifyError> {
        let headers = Headers::of(self.headers);
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        match headers.value(acs3::AUTHORIZATION)? {
            Some(authorization) => self.acs3_claims(&headers, &authorization, path, query),
            None => self.rpc_claims(&headers, query),
        }
    }

    fn parameters(&self, headers: &Headers<'_>, query: &str) -> Result<(Vec<(String, String)>, usize), VerifyError> {
        let mut parameters = decode_pairs(query.as_bytes(), Part::Query)?;
        let query_count = parameters.len();
        let content_type = headers.value(acs3::CONTENT_TYPE)?.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if Body::Form(&[]).content_type().is_some_and(|form| form.eq_ignore_ascii_case(media_type)) {
            parameters.extend(decode_pairs(self.body, Part::Body)?);
        }
        Ok((parameters, query_count))
    }

    fn rpc_claims(&self, headers: &Headers<'_>, query: &str) -> Result<Claims<'a>, VerifyError> {
        let (parameters, query_count) = self.parameters(headers, query)?;
        if let Some(name) = sort(&parameters).repeated() {
            return Err(VerifyError::RepeatedParameter { name: name.into() });
        }
        let optional = |name: &str| value(&parameters, name);
        let required = |name: &'static str| optional(name).ok_or(VerifyError::MissingParameter { name });

        // A caller of ACS3 who left `Authorization` out is better told so than asked for RPC's parameters.
        if optional("AccessKeyId").is_none() && optional(rpc::SIGNATURE).is_none() && headers.has(acs3::NONCE) {
            return Err(VerifyError::MissingHeader { name: acs3::AUTHORIZATION });
        }
        let access_key_id = required("AccessKeyId")?;
        let signature = required(rpc::SIGNATURE)?;
        let method = required("SignatureMethod")?;
        if method != Scheme::Rpc.algorithm() {
            return Err(VerifyError::UnsupportedAlgorithm { given: method.into() });
        }
        // The first generation of the Python SDK sends it empty.
        if let Some(kind) = optional("SignatureType").filter(|kind| !kind.is_empty()) {
            return Err(VerifyError::UnsupportedAlgorithm { given: kind.into() });
        }
        let version = required("SignatureVersion")?;
        if version != rpc::SIGNATURE_VERSION {
            return Err(VerifyError::UnsupportedSignatureVersion { given: version.into() });
        }
        Ok(Claims {
            access_key_id: access_key_id.into(),
            time: claim("Timestamp", required("Timestamp")?.parse())?,
            nonce: claim("SignatureNonce", required("SignatureNonce")?.parse())?,
            action: required("Action")?.into(),
            version: required("Version")?.into(),
            security_token: token("SecurityToken", optional("SecurityToken"))?,
            signature: signature.into(),
            method: self.method.into(),
            body: self.body,
            query_count,
            signed: Signed::Rpc,
            parameters,
        })
    }

    fn acs3_claims(
        &self,
        headers: &Headers<'_>,
        authorization: &str,
        path: &str,
        query: &str,
    ) -> Result<Claims<'a>, VerifyError> {
        let Authorization { credential, signed_headers, signature } = Authorization::parse(authorization)?;
        let required = |name: &'static str| headers.value(name)?.ok_or(VerifyError::MissingHeader { name });
        required(acs3::HOST)?;
        let (action, version) = (required(acs3::ACTION)?, required(acs3::VERSION)?);
        let (time, nonce) = (required(acs3::DATE)?, required(acs3::NONCE)?);
        let content_hash = required(acs3::CONTENT_HASH)?;

        if let Some(name) = headers.must_be_signed().find(|name| !signed_headers.contains(name)) {
            return Err(VerifyError::UnsignedHeader { name: name.into() });
        }
        let mut signed = Vec::with_capacity(signed_headers.len());
        for name in &signed_headers {
            let value = headers.value(name)?.ok_or_else(|| VerifyError::SignedHeaderAbsent { name: (*name).into() })?;
            signed.push((String::from(*name), value));
        }
        let (parameters, query_count) = self.parameters(headers, query)?;
        if let Some(name) = sort(parameters.get(..query_count).unwrap_or_default()).repeated() {
            return Err(VerifyError::RepeatedParameter { name: name.into() });
        }
        Ok(Claims {
            access_key_id: credential.into(),
            time: claim(acs3::DATE, time.parse())?,
            nonce: claim(acs3::NONCE, nonce.parse())?,
            action,
            version,
            security_token: token(acs3::SECURITY_TOKEN, headers.value(acs3::SECURITY_TOKEN)?.as_deref())?,
            signature: signature.into(),
            method: self.method.into(),
            body: self.body,
            query_count,
            signed: Signed::Acs3 { path: canonical_path(path)?, headers: signed, content_hash },
            parameters,
        })
    }
}

/// What a request says about itself, read but not believed.
///
/// The order of a server's work: look the secret up by [`access_key_id`](Self::access_key_id), call
/// [`verify`](Self::verify), and only then act on anything else. How old a request may be and which nonces were used is
/// the server's to decide; this crate has neither clock nor memory.
#[derive(Clone)]
pub struct Claims<'a> {
    access_key_id: String,
    time: SigningTime,
    nonce: Nonce,
    action: String,
    version: String,
    security_token: Option<SecurityToken>,
    signature: String,
    method: String,
    body: &'a [u8],
    /// Query parameters, then form fields.
    parameters: Vec<(String, String)>,
    query_count: usize,
    signed: Signed,
}

/// What the signature covers besides method, parameters and body.
#[derive(Clone)]
enum Signed {
    Rpc,
    Acs3 { path: String, headers: Vec<(String, String)>, content_hash: String },
}

/// Shows parameters by name only.
impl fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("scheme", &self.scheme())
            .field("access_key_id", &self.access_key_id)
            .field("time", &self.time)
            .field("nonce", &self.nonce)
            .field("action", &self.action)
            .field("version", &self.version)
            .field("security_token", &self.security_token)
            .field("parameters", &self.parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Claims<'_> {
    /// The scheme it is signed by.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.signed {
            Signed::Rpc => Scheme::Rpc,
            Signed::Acs3 { .. } => Scheme::Acs3,
        }
    }

    /// The access key id, to look the secret up by.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// When it was signed.
    #[must_use]
    pub const fn time(&self) -> SigningTime {
        self.time
    }

    /// The nonce.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// The operation.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The API version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The token; an empty one is none.
    #[must_use]
    pub const fn security_token(&self) -> Option<&SecurityToken> {
        self.security_token.as_ref()
    }

    /// The signature as it travelled.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// RPC's `Format` as given; ACS3 has none.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        match self.signed {
            Signed::Rpc => value(&self.parameters, "Format"),
            Signed::Acs3 { .. } => None,
        }
    }

    /// The operation's own parameters, decoded: those of the query, then the fields of a form body; without RPC's common ones.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let rpc = self.scheme() == Scheme::Rpc;
        self.parameters
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .filter(move |(name, _)| !(rpc && rpc::COMMON.contains(name)))
    }

    /// Checks the signature, and with ACS3 the hash of the body, in time that does not depend on how far they agree.
    ///
    /// # Errors
    /// [`VerifyError::SignatureMismatch`], or [`VerifyError::BodyHashMismatch`] where the signature is right and the body
    /// is another.
    pub fn verify(&self, secret: &AccessKeySecret) -> Result<(), VerifyError> {
        let mismatch = |_| VerifyError::SignatureMismatch { string_to_sign: self.canonical_request().string_to_sign() };
        match &self.signed {
            Signed::Rpc => {
                let signed = self.rpc_signed();
                let mut mac = rpc::mac(secret);
                rpc::write_string_to_sign(&mut Hashing(&mut mac), &self.method, |sink| {
                    rpc::write_canonical(sink, signed.as_slice());
                });
                mac.verify_slice(&rpc::signature_bytes(&self.signature)).map_err(mismatch)
            }
            Signed::Acs3 { path, headers, content_hash } => {
                let (query, headers) = (self.acs3_query(), sort(headers));
                let canonical = self.acs3_canonical(path, &query, &headers, content_hash);
                let mut mac = acs3::mac(secret);
                acs3::write_string_to_sign(&mut Hashing(&mut mac), &canonical.hash());
                mac.verify_slice(&unhex(&self.signature).unwrap_or_default()).map_err(mismatch)?;
                let actual = hex(&Sha256::digest(self.body));
                // Both hashes are public, so an ordinary comparison gives nothing away.
                if actual == *content_hash {
                    Ok(())
                } else {
                    Err(VerifyError::BodyHashMismatch { claimed: content_hash.clone(), actual })
                }
            }
        }
    }

    /// The canonical form the signature is checked against.
    #[must_use]
    pub fn canonical_request(&self) -> CanonicalRequest {
        match &self.signed {
            Signed::Rpc => CanonicalRequest::of_rpc(&self.method, self.rpc_signed().as_slice()),
            Signed::Acs3 { path, headers, content_hash } => {
                let (query, headers) = (self.acs3_query(), sort(headers));
                CanonicalRequest::of_acs3(&self.acs3_canonical(path, &query, &headers, content_hash))
            }
        }
    }

    fn rpc_signed(&self) -> Sorted<'_> {
        pairs(&self.parameters).filter(|(name, _)| *name != rpc::SIGNATURE).collect()
    }

    fn acs3_query(&self) -> Sorted<'_> {
        sort(self.parameters.get(..self.query_count).unwrap_or_default())
    }

    fn acs3_canonical<'c>(
        &'c self,
        path: &'c str,
        query: &'c Sorted<'c>,
        headers: &'c Sorted<'c>,
        content_hash: &'c str,
    ) -> acs3::Canonical<'c> {
        acs3::Canonical {
            method: &self.method,
            path,
            query: query.as_slice(),
            headers: headers.as_slice(),
            content_hash,
        }
    }
}

fn pairs(owned: &[(String, String)]) -> impl Iterator<Item = Pair<'_>> {
    owned.iter().map(|(name, value)| (&**name, &**value))
}

fn sort(owned: &[(String, String)]) -> Sorted<'_> {
    pairs(owned).collect()
}

fn value<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs(parameters).find_map(|(candidate, value)| (candidate == name).then_some(value))
}

fn claim<T>(name: &'static str, parsed: Result<T, InvalidInput>) -> Result<T, VerifyError> {
    parsed.map_err(|source| VerifyError::MalformedClaim { name, source })
}

fn token(name: &'static str, text: Option<&str>) -> Result<Option<SecurityToken>, VerifyError> {
    text.filter(|text| !text.is_empty()).map(|text| claim(name, SecurityToken::new(text))).transpose()
}

/// Encodes each segment of a path anew, so that two spellings of one path have one form.
fn canonical_path(path: &str) -> Result<String, VerifyError> {
    let mut canonical = String::new();
    let mut offset = 0_usize;
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            canonical.push('/');
        }
        let decoded = decode(segment.as_bytes(), Part::Path, offset)?;
        encode(&mut canonical, &decoded);
        offset = offset.saturating_add(segment.len()).saturating_add(1);
    }
    if canonical.is_empty() {
        canonical.push('/');
    }
    Ok(canonical)
}

/// Received headers by lower-case name, sorted, so that the values of one name stand together in canonical order.
struct Headers<'a>(Vec<(String, &'a [u8])>);

impl<'a> Headers<'a> {
    fn of(received: &[(&str, &'a [u8])]) -> Self {
        let mut headers: Vec<_> =
            received.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim_ascii())).collect();
        headers.sort_unstable();
        Self(headers)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(candidate, _)| candidate == name)
    }

    /// The values of a name, joined by commas.
    fn value(&self, name: &str) -> Result<Option<String>, VerifyError> {
        let mut joined: Option<String> = None;
        for (_, bytes) in self.0.iter().filter(|(candidate, _)| candidate == name) {
            let value = str::from_utf8(bytes).ok().filter(|value| acs3::is_header_value(value.as_bytes()));
            let value = value.ok_or_else(|| VerifyError::MalformedHeader { name: name.into() })?;
            let so_far = joined.get_or_insert_default();
            if !so_far.is_empty() {
                so_far.push(',');
            }
            so_far.push_str(value);
        }
        Ok(joined)
    }

    /// The names that have to be covered: `host`, `content-type` and everything that begins with `x-acs-`.
    fn must_be_signed(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .map(|(name, _)| &**name)
            .filter(|name| *name == acs3::HOST || *name == acs3::CONTENT_TYPE || name.starts_with(acs3::PREFIX))
    }
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    credential: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// `ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<a;b>,Signature=<hex>`, exactly so.
    fn parse(value: &'a str) -> Result<Self, VerifyError> {
        let malformed = |part| VerifyError::MalformedAuthorization { part };
        let (algorithm, parts) = value.split_once(' ').unwrap_or((value, ""));
        if algorithm != Scheme::Acs3.algorithm() {
            return Err(VerifyError::UnsupportedAlgorithm { given: algorithm.into() });
        }
        let mut parts = parts.splitn(3, ',');
        let mut next = |prefix: &str| parts.next().and_then(|part| part.strip_prefix(prefix));
        let credential = next("Credential=").filter(|id| !id.is_empty());
        let credential = credential.ok_or(malformed(AuthorizationPart::Credential))?;
        let signed_headers = next("SignedHeaders=").map(|names| names.split(';').collect::<Vec<_>>());
        let signed_headers = signed_headers
            .filter(|names| names.is_sorted_by(|a, b| a < b) && names.iter().all(|name| is_lower_case_name(name)))
            .ok_or(malformed(AuthorizationPart::SignedHeaders))?;
        let signature = next("Signature=").filter(|hex| unhex(hex).is_some_and(|bytes| bytes.len() == 32));
        let signature = signature.ok_or(malformed(AuthorizationPart::Signature))?;
        Ok(Self { credential, signed_headers, signature })
    }
}

fn is_lower_case_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
}
