//! What a received request claims, and whether a secret makes the claims hold.

use crate::{
    acs3,
    canonical::{Hashing, Pair, Sorted, hex, unhex},
    credentials::{AccessKeySecret, SecurityToken},
    error::VerifyError,
    request::{Nonce, Scheme},
    rpc,
    signing_time::SigningTime,
    stages::CanonicalRequest,
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use hmac::Mac;
use sha2::{Digest, Sha256};

/// What a request says about itself, read but not believed.
///
/// The order of a server's work: look the secret up by [`access_key_id`](Self::access_key_id), call
/// [`verify`](Self::verify), and only then act on anything else. How old a request may be and which nonces were used is
/// the server's to decide; this crate has neither clock nor memory.
#[derive(Clone)]
pub struct Claims<'a> {
    pub(crate) access_key_id: String,
    pub(crate) time: SigningTime,
    pub(crate) nonce: Nonce,
    pub(crate) action: String,
    pub(crate) version: String,
    pub(crate) security_token: Option<SecurityToken>,
    pub(crate) signature: String,
    pub(crate) method: String,
    pub(crate) body: &'a [u8],
    /// Query parameters, then form fields.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query_count: usize,
    pub(crate) signed: Signed,
}

/// What the signature covers besides method, parameters and body.
#[derive(Clone)]
pub(crate) enum Signed {
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

    /// RPC's `Format` as given (the official SDKs write `JSON` and `json`); ACS3 has none.
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

pub(crate) fn sort(owned: &[(String, String)]) -> Sorted<'_> {
    pairs(owned).collect()
}

pub(crate) fn value<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs(parameters).find_map(|(candidate, value)| (candidate == name).then_some(value))
}
