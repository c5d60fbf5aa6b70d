//! A request as it came off the wire, and what it claims about itself.

use crate::{
    acs3,
    canonical::{decode, decode_pairs, encode, unhex},
    claims::{Claims, Signed, sort, value},
    credentials::SecurityToken,
    error::{AuthorizationPart, InvalidInput, Part, VerifyError},
    request::{Body, Scheme},
    rpc,
};
use alloc::{string::String, vec::Vec};
use core::fmt;

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
        let mut values = Vec::new();
        for (_, bytes) in self.0.iter().filter(|(candidate, _)| candidate == name) {
            let value = str::from_utf8(bytes).ok().filter(|_| acs3::is_header_value(bytes));
            values.push(value.ok_or_else(|| VerifyError::MalformedHeader { name: name.into() })?);
        }
        Ok(if values.is_empty() { None } else { Some(values.join(",")) })
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
