//! The stages of a signature as texts: for tests, tools and diagnosis.

use crate::{
    acs3,
    canonical::{Pair, Sink, Sorted, hex},
    credentials::AccessKeySecret,
    request::Scheme,
    rpc,
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use hmac::Mac;
use sha2::{Digest, Sha256};

/// The three stages of one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stages {
    /// The request in canonical form.
    pub canonical_request: CanonicalRequest,
    /// What the key is applied to.
    pub string_to_sign: StringToSign,
    /// The outcome.
    pub signature: Signature,
}

/// A request in canonical form: RPC's canonical query, or the six parts of ACS3.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalRequest {
    scheme: Scheme,
    /// RPC puts the method only into the string to sign.
    method: String,
    text: String,
}

impl CanonicalRequest {
    /// RPC's, from all parameters but `Signature`, decoded, in any order.
    #[must_use]
    pub fn rpc(method: &str, parameters: &[(&str, &str)]) -> Self {
        Self::of_rpc(method, parameters.iter().copied().collect::<Sorted<'_>>().as_slice())
    }

    pub(crate) fn of_rpc(method: &str, sorted: &[Pair<'_>]) -> Self {
        let mut text = String::new();
        rpc::write_canonical(&mut text, sorted);
        Self { scheme: Scheme::Rpc, method: method.into(), text }
    }

    /// ACS3's, from an encoded path, decoded query parameters, the headers to sign (names in any case, values of one name
    /// are sorted and joined by commas) and the hash of the body as `x-acs-content-sha256` carries it.
    #[must_use]
    pub fn acs3(
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        content_sha256: &str,
    ) -> Self {
        let lower: Vec<(String, &str)> =
            headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']))).collect();
        Self::of_acs3(&acs3::Canonical {
            method,
            path,
            query: query.iter().copied().collect::<Sorted<'_>>().as_slice(),
            headers: lower.iter().map(|(name, value)| (&**name, *value)).collect::<Sorted<'_>>().as_slice(),
            content_hash: content_sha256,
        })
    }

    pub(crate) fn of_acs3(canonical: &acs3::Canonical<'_>) -> Self {
        let mut text = String::new();
        canonical.write(&mut text);
        Self { scheme: Scheme::Acs3, method: canonical.method.into(), text }
    }

    /// The scheme it is canonical for.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The text. Holds every parameter or header, the security token too: never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The next stage.
    #[must_use]
    pub fn string_to_sign(&self) -> StringToSign {
        let mut text = String::new();
        match self.scheme {
            Scheme::Rpc => rpc::write_string_to_sign(&mut text, &self.method, |sink| sink.write(&self.text)),
            Scheme::Acs3 => acs3::write_string_to_sign(&mut text, &hex(&Sha256::digest(self.text.as_bytes()))),
        }
        StringToSign { scheme: self.scheme, text }
    }
}

/// Shows only its length: the text may hold a token.
impl fmt::Debug for CanonicalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalRequest({}, {} bytes)", self.scheme, self.text.len())
    }
}

/// What the key is applied to.
#[derive(Clone, PartialEq, Eq)]
pub struct StringToSign {
    scheme: Scheme,
    text: String,
}

impl StringToSign {
    /// The text. RPC's holds every parameter, the security token too: never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The last stage.
    #[must_use]
    pub fn sign(&self, secret: &AccessKeySecret) -> Signature {
        let text = self.text.as_bytes();
        Signature(match self.scheme {
            Scheme::Rpc => rpc::signature_text(&rpc::mac(secret).chain_update(text).finalize().into_bytes()),
            Scheme::Acs3 => hex(&acs3::mac(secret).chain_update(text).finalize().into_bytes()),
        })
    }
}

/// Shows only its length: the text may hold a token.
impl fmt::Debug for StringToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StringToSign({}, {} bytes)", self.scheme, self.text.len())
    }
}

/// A signature as it travels: Base64 for RPC, lower-case hexadecimal for ACS3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(String);

impl Signature {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
