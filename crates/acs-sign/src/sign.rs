//! Signing: from a request, a key, a time and a nonce to what must be added, and to the request that goes out.

use crate::{
    acs3,
    canonical::{Hashing, Sorted, hex},
    credentials::{Credentials, SecurityToken, check_visible},
    error::{Input, InvalidInput, SignError},
    http::{HttpRequest, SigningInstructions},
    request::{Body, Method, Nonce, Scheme, SignableRequest, Stamp},
    rpc,
    signing_time::SigningTime,
    stages::{CanonicalRequest, Stages},
};
use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Credentials made ready to sign by one scheme: the two hash states that depend only on the secret are computed once.
///
/// Make one when the configuration is read and keep it; the secret itself is not kept.
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    token: Option<SecurityToken>,
    mac: KeyedMac,
}

#[derive(Clone)]
enum KeyedMac {
    Rpc(Hmac<Sha1>),
    Acs3(Hmac<Sha256>),
}

impl KeyedMac {
    fn new(scheme: Scheme, credentials: &Credentials) -> Self {
        match scheme {
            Scheme::Rpc => Self::Rpc(rpc::mac(credentials.key.secret())),
            Scheme::Acs3 => Self::Acs3(acs3::mac(credentials.key.secret())),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("scheme", &self.scheme())
            .field("id", &self.id)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Prepares credentials for a scheme.
    #[must_use]
    pub fn new(scheme: Scheme, credentials: &Credentials) -> Self {
        Self {
            id: credentials.key.id().into(),
            token: credentials.token.clone(),
            mac: KeyedMac::new(scheme, credentials),
        }
    }

    /// The scheme it signs by.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.mac {
            KeyedMac::Rpc(_) => Scheme::Rpc,
            KeyedMac::Acs3(_) => Scheme::Acs3,
        }
    }

    /// The access key id.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.id
    }

    /// Says what must be added to a request.
    ///
    /// # Errors
    /// Any [`SignError`]: something in the request has no canonical form or could not be sent.
    pub fn sign<'a>(
        &'a self,
        request: &SignableRequest<'a>,
        time: SigningTime,
        nonce: &'a Nonce,
    ) -> Result<SigningInstructions<'a>, SignError> {
        sign_with(&self.mac, request, &Stamp { id: &self.id, token: self.token.as_ref(), time, nonce })
    }

    /// Signs and puts the result in: the complete request to send.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn http_request(
        &self,
        request: &SignableRequest<'_>,
        time: SigningTime,
        nonce: &Nonce,
    ) -> Result<HttpRequest, SignError> {
        Ok(self.sign(request, time, nonce)?.into_http_request(request))
    }
}

/// Says what must be added to a request. With many requests, keep a [`SigningKey`] instead.
///
/// # Errors
/// Any [`SignError`]: something in the request has no canonical form or could not be sent.
pub fn sign<'a>(
    request: &SignableRequest<'a>,
    scheme: Scheme,
    credentials: &'a Credentials,
    time: SigningTime,
    nonce: &'a Nonce,
) -> Result<SigningInstructions<'a>, SignError> {
    let mac = KeyedMac::new(scheme, credentials);
    sign_with(&mac, request, &Stamp { id: credentials.key.id(), token: credentials.token.as_ref(), time, nonce })
}

impl Stages {
    /// Signs slowly, stage by stage, for people to look at. [`sign`] comes to the same signature.
    ///
    /// # Errors
    /// As [`sign`].
    pub fn of(
        request: &SignableRequest<'_>,
        scheme: Scheme,
        credentials: &Credentials,
        time: SigningTime,
        nonce: &Nonce,
    ) -> Result<Self, SignError> {
        check(request)?;
        let stamp = Stamp { id: credentials.key.id(), token: credentials.token.as_ref(), time, nonce };
        let canonical_request = match scheme {
            Scheme::Rpc => {
                let common = rpc::common(request, &stamp);
                CanonicalRequest::of_rpc(request.method.name(), rpc::merge(request, &common)?.as_slice())
            }
            Scheme::Acs3 => {
                let added = acs3::added(request, &stamp);
                let (query, headers) = (sorted_query(request)?, acs3::signed_headers(request, &added));
                CanonicalRequest::of_acs3(&acs3_canonical(request, &query, &headers, &added))
            }
        };
        let string_to_sign = canonical_request.string_to_sign();
        let signature = string_to_sign.sign(credentials.key.secret());
        Ok(Self { canonical_request, string_to_sign, signature })
    }
}

fn sign_with<'a>(
    mac: &KeyedMac,
    request: &SignableRequest<'a>,
    stamp: &Stamp<'a>,
) -> Result<SigningInstructions<'a>, SignError> {
    check(request)?;
    match mac {
        KeyedMac::Rpc(mac) => {
            let mut parameters = rpc::common(request, stamp);
            let merged = rpc::merge(request, &parameters)?;
            let mut mac = mac.clone();
            rpc::write_string_to_sign(&mut Hashing(&mut mac), request.method.name(), |sink| {
                rpc::write_canonical(sink, merged.as_slice());
            });
            let signature = rpc::signature_text(&mac.finalize().into_bytes());
            parameters.push((rpc::SIGNATURE, Cow::Owned(signature)));
            Ok(SigningInstructions { headers: Vec::new(), parameters })
        }
        KeyedMac::Acs3(mac) => {
            let mut headers = acs3::added(request, stamp);
            let (query, signed) = (sorted_query(request)?, acs3::signed_headers(request, &headers));
            let mut mac = mac.clone();
            let hash = acs3_canonical(request, &query, &signed, &headers).hash();
            acs3::write_string_to_sign(&mut Hashing(&mut mac), &hash);
            let signature = hex(&mac.finalize().into_bytes());
            let authorization = acs3::authorization(stamp.id, signed.as_slice(), &signature);
            headers.extend([
                (acs3::AUTHORIZATION, Cow::Owned(authorization)),
                (acs3::ACCEPT, Cow::Borrowed(request.format.media_type())),
            ]);
            Ok(SigningInstructions { headers, parameters: Vec::new() })
        }
    }
}

fn check(request: &SignableRequest<'_>) -> Result<(), SignError> {
    check_visible(Input::Action, request.action)?;
    check_visible(Input::Version, request.version)?;
    check_host(request.host)?;
    acs3::check_headers(request.headers)?;
    match (request.method, request.body) {
        (Method::Get, Body::Raw { .. }) => Err(SignError::BodyOnGet),
        (Method::Post, Body::Raw { content_type, .. }) => Ok(check_content_type(content_type)?),
        (_, Body::Empty | Body::Form(_)) => Ok(()),
    }
}

/// Upper case is refused because HTTP clients send a host in lower case, whatever was signed.
fn check_host(host: &str) -> Result<(), InvalidInput> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
    match host.bytes().position(|byte| !allowed(byte)) {
        Some(offset) => Err(InvalidInput::ForbiddenCharacter { input: Input::Host, offset }),
        None if host.is_empty() => Err(InvalidInput::Empty { input: Input::Host }),
        None => Ok(()),
    }
}

fn check_content_type(content_type: &str) -> Result<(), InvalidInput> {
    let trimmed = content_type.trim_matches([' ', '\t']);
    if trimmed.is_empty() {
        return Err(InvalidInput::Empty { input: Input::ContentType });
    }
    match content_type.bytes().position(|byte| !acs3::is_header_value(&[byte])) {
        Some(offset) => Err(InvalidInput::ForbiddenCharacter { input: Input::ContentType, offset }),
        None if trimmed.len() == content_type.len() => Ok(()),
        None => Err(InvalidInput::ForbiddenCharacter { input: Input::ContentType, offset: 0 }),
    }
}

fn sorted_query<'p>(request: &SignableRequest<'p>) -> Result<Sorted<'p>, SignError> {
    if request.method == Method::Get && request.body != Body::Empty {
        return Err(SignError::BodyOnGet);
    }
    let query: Sorted<'p> = request.query.iter().copied().collect();
    match query.repeated() {
        Some(name) => Err(SignError::RepeatedParameter { name: name.into() }),
        None => Ok(query),
    }
}

fn acs3_canonical<'p>(
    request: &SignableRequest<'p>,
    query: &'p Sorted<'p>,
    headers: &'p Sorted<'p>,
    added: &'p [(&'static str, Cow<'_, str>)],
) -> acs3::Canonical<'p> {
    let content_hash = added.iter().find_map(|(name, value)| (*name == acs3::CONTENT_HASH).then_some(&**value));
    acs3::Canonical {
        method: request.method.name(),
        path: "/",
        query: query.as_slice(),
        headers: headers.as_slice(),
        content_hash: content_hash.unwrap_or_default(),
    }
}

/// The state of an HMAC once its key is in.
pub(crate) fn keyed<M: KeyInit>(key: &[u8]) -> M {
    // RFC 2104 hashes a key that is too long and pads one that is too short, so `Hmac` refuses none.
    M::new_from_slice(key).expect("HMAC takes a key of any length")
}
