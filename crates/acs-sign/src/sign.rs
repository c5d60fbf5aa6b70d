//! Signing: from a request, a key, a time and a nonce to what must be added, and to the request that goes out.

use crate::{
    acs3,
    canonical::{Sorted, Text, not_of_a_host},
    credentials::{Credentials, SecurityToken, check_visible},
    error::{Input, InvalidInput, SignError},
    http::{HttpRequest, Proof, SigningInstructions},
    request::{Body, Method, Nonce, Scheme, SignableRequest, Stamp},
    rpc,
    signing_time::SigningTime,
    stages::{CanonicalRequest, Stages},
};
use alloc::string::String;
use core::fmt;
use hmac::{Hmac, KeyInit};
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
        Ok(self.sign(request, time, nonce)?.into_http_request())
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
        let text = time.text();
        let canonical_request = match scheme {
            Scheme::Rpc => {
                CanonicalRequest::of_rpc(request.method.name(), rpc::merge(request, &stamp, &text)?.as_slice())
            }
            Scheme::Acs3 => {
                let content_hash = acs3::content_hash(&request.body);
                let query = sorted_query(request)?;
                let headers = acs3::signed_headers(request, acs3::added(request, &stamp, &text, &content_hash));
                CanonicalRequest::of_acs3(&acs3::Canonical {
                    method: request.method.name(),
                    path: "/",
                    query: query.as_slice(),
                    headers: &headers,
                    content_hash: content_hash.as_str(),
                })
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
    let time = stamp.time.text();
    let proof = match mac {
        KeyedMac::Rpc(mac) => {
            let mut mac = mac.clone();
            rpc::hash_string_to_sign(&mut mac, request.method.name(), rpc::merge(request, stamp, &time)?.as_slice());
            Proof::Rpc { signature: rpc::signature_text(mac) }
        }
        KeyedMac::Acs3(mac) => {
            let content_hash = acs3::content_hash(&request.body);
            let query = sorted_query(request)?;
            let headers = acs3::signed_headers(request, acs3::added(request, stamp, &time, &content_hash));
            let canonical = acs3::Canonical {
                method: request.method.name(),
                path: "/",
                query: query.as_slice(),
                headers: &headers,
                content_hash: content_hash.as_str(),
            };
            let mut mac = mac.clone();
            acs3::hash_string_to_sign(&mut mac, &canonical.hash());
            Proof::Acs3 { content_hash, signature: acs3::signature_text(mac) }
        }
    };
    Ok(SigningInstructions { request: *request, stamp: *stamp, time, proof })
}

fn check(request: &SignableRequest<'_>) -> Result<(), SignError> {
    check_visible(Input::Action, Text::of(request.action))?;
    check_visible(Input::Version, Text::of(request.version))?;
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
    match not_of_a_host(host) {
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
    let mut query = Sorted::default();
    for &(name, value) in request.query {
        if query.insert((Text::of(name), Text::of(value))) {
            return Err(SignError::RepeatedParameter { name: name.into() });
        }
    }
    Ok(query)
}

/// The state of an HMAC once its key is in.
pub(crate) fn keyed<M: KeyInit>(key: &[u8]) -> M {
    // RFC 2104 hashes a key that is too long and pads one that is too short, so `Hmac` refuses none.
    M::new_from_slice(key).expect("HMAC takes a key of any length")
}
