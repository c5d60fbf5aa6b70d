//! What a received request claims, and whether a secret makes the claims hold.

use crate::{
    acs3,
    canonical::{Few, Pair, Text},
    credentials::{AccessKeySecret, SecurityToken},
    error::VerifyError,
    request::Scheme,
    rpc,
    signing_time::SigningTime,
    stages::CanonicalRequest,
};
use alloc::{borrow::Cow, string::ToString as _, vec::Vec};
use core::fmt;
use hmac::Mac;

/// What a request says about itself, read but not believed.
///
/// The order of a server's work: look the secret up by [`access_key_id`](Self::access_key_id), call
/// [`verify`](Self::verify), and only then act on anything else. How old a request may be and which nonces were used is
/// the server's to decide; this crate has neither clock nor memory.
///
/// It borrows from the request. Nothing of an ordinary request is copied to the heap; what is: a text with an escape in it when it
/// is asked for, the lists of more than 24 parameters or headers, and the values of a header that occurs twice.
#[derive(Clone)]
pub struct Claims<'a> {
    pub(crate) access_key_id: Cow<'a, str>,
    pub(crate) time: SigningTime,
    pub(crate) nonce: Cow<'a, str>,
    pub(crate) action: Cow<'a, str>,
    pub(crate) version: Cow<'a, str>,
    pub(crate) signature: Text<'a>,
    pub(crate) method: &'a str,
    pub(crate) body: &'a [u8],
    /// Query parameters, then form fields.
    pub(crate) parameters: Few<Pair<'a>>,
    /// Which of them are signed as parameters, in canonical order.
    pub(crate) order: Few<usize>,
    pub(crate) signed: Signed<'a>,
}

/// What the signature covers besides method, parameters and body.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a box would be taken from the heap")]
pub(crate) enum Signed<'a> {
    Rpc,
    Acs3 { path: Cow<'a, str>, headers: Few<(&'a str, Cow<'a, str>)>, content_hash: Cow<'a, str>, tag: [u8; 32] },
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
            .field("security_token", &self.security_token())
            .field("parameters", &self.parameters.iter().map(|(name, _)| name.decoded()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<'a> Claims<'a> {
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
    pub fn nonce(&self) -> &str {
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
    pub fn security_token(&self) -> Option<SecurityToken> {
        let token = match &self.signed {
            Signed::Rpc => self.parameters.iter().find(|(name, _)| name.is("SecurityToken"))?.1.meaning(),
            Signed::Acs3 { headers, .. } => {
                headers.iter().find(|(name, _)| *name == acs3::SECURITY_TOKEN)?.1.to_string()
            }
        };
        // It has been looked at; only an empty one is refused.
        SecurityToken::new(token).ok()
    }

    /// The signature as it travelled.
    #[must_use]
    pub fn signature(&self) -> Cow<'a, str> {
        self.signature.decoded()
    }

    /// RPC's `Format` as given (the official SDKs write `JSON` and `json`); ACS3 has none.
    #[must_use]
    pub fn format(&self) -> Option<Cow<'a, str>> {
        let (_, value) = self.parameters.iter().find(|(name, _)| name.is("Format"))?;
        (self.scheme() == Scheme::Rpc).then(|| value.decoded())
    }

    /// The operation's own parameters, decoded: those of the query, then the fields of a form body; without RPC's common ones.
    pub fn parameters(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        let rpc = self.scheme() == Scheme::Rpc;
        self.parameters
            .iter()
            .map(|(name, value)| (name.decoded(), value.decoded()))
            .filter(move |(name, _)| !(rpc && rpc::is_common(name)))
    }

    /// Checks the signature, and with ACS3 the hash of the body, in time that does not depend on how far they agree.
    ///
    /// # Errors
    /// [`VerifyError::SignatureMismatch`], or [`VerifyError::BodyHashMismatch`] where the signature is right and the body
    /// is another.
    pub fn verify(&self, secret: &AccessKeySecret) -> Result<(), VerifyError> {
        let mismatch = || VerifyError::SignatureMismatch { string_to_sign: self.canonical_request().string_to_sign() };
        match &self.signed {
            Signed::Rpc => {
                let mut mac = rpc::mac(secret);
                rpc::hash_string_to_sign(&mut mac, self.method, &self.rpc_signed());
                let signature = rpc::signature_bytes(self.signature).ok_or_else(mismatch)?;
                mac.verify_slice(&signature).map_err(|_| mismatch())
            }
            Signed::Acs3 { path, headers, content_hash, tag } => {
                let mut mac = acs3::mac(secret);
                acs3::hash_string_to_sign(
                    &mut mac,
                    &self.acs3_canonical(path, headers, content_hash, |canonical| canonical.hash()),
                );
                mac.verify_slice(tag).map_err(|_| mismatch())?;
                let actual = acs3::hash_of(self.body);
                // Both hashes are public, so an ordinary comparison gives nothing away.
                if actual.as_str() == content_hash {
                    Ok(())
                } else {
                    let claimed = content_hash.clone().into_owned();
                    Err(VerifyError::BodyHashMismatch { claimed, actual: actual.as_str().into() })
                }
            }
        }
    }

    /// The canonical form the signature is checked against.
    #[must_use]
    pub fn canonical_request(&self) -> CanonicalRequest {
        match &self.signed {
            Signed::Rpc => CanonicalRequest::of_rpc(self.method, &self.rpc_signed()),
            Signed::Acs3 { path, headers, content_hash, .. } => {
                self.acs3_canonical(path, headers, content_hash, CanonicalRequest::of_acs3)
            }
        }
    }

    fn sorted(&self) -> impl Iterator<Item = Pair<'_>> {
        self.order.iter().filter_map(|at| self.parameters.get(*at).copied())
    }

    fn rpc_signed(&self) -> Few<Pair<'_>> {
        self.sorted().filter(|(name, _)| !name.is(rpc::SIGNATURE)).collect()
    }

    fn acs3_canonical<T>(
        &self,
        path: &str,
        headers: &[(&str, Cow<'_, str>)],
        content_hash: &str,
        use_it: impl FnOnce(&acs3::Canonical<'_>) -> T,
    ) -> T {
        let query: Few<Pair<'_>> = self.sorted().collect();
        let headers: Few<acs3::Header<'_>> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        use_it(&acs3::Canonical { method: self.method, path, query: &query, headers: &headers, content_hash })
    }
}
