//! The stages of a signature as texts: for tests, tools and diagnosis.

use crate::{
    acs3,
    canonical::{Few, Pair, Sorted, Text, text},
    credentials::AccessKeySecret,
    request::Scheme,
    rpc,
};
use alloc::{string::String, vec::Vec};
use core::fmt;
use hmac::Mac;

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
        Self::of_rpc(method, sorted(parameters).as_slice())
    }

    pub(crate) fn of_rpc(method: &str, sorted: &[Pair<'_>]) -> Self {
        let text = text(|sink| rpc::write_canonical(sink, sorted));
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
        let mut headers = Few::new();
        lower.iter().for_each(|(name, value)| acs3::insert(&mut headers, (name, value)));
        Self::of_acs3(&acs3::Canonical {
            method,
            path,
            query: sorted(query).as_slice(),
            headers: &headers,
            content_hash: content_sha256,
        })
    }

    pub(crate) fn of_acs3(canonical: &acs3::Canonical<'_>) -> Self {
        let method = canonical.method.into();
        Self { scheme: Scheme::Acs3, method, text: text(|sink| canonical.write(sink)) }
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
        let text = text(|sink| match self.scheme {
            Scheme::Rpc => rpc::write_string_to_sign(sink, &self.method, &self.text),
            Scheme::Acs3 => acs3::write_string_to_sign(sink, acs3::hash_of(self.text.as_bytes()).as_str()),
        });
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
            Scheme::Rpc => rpc::signature_text(rpc::mac(secret).chain_update(text)).as_str().into(),
            Scheme::Acs3 => acs3::signature_text(acs3::mac(secret).chain_update(text)).as_str().into(),
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

fn sorted<'a>(pairs: &[(&'a str, &'a str)]) -> Sorted<'a> {
    pairs.iter().map(|&(name, value)| (Text::of(name), Text::of(value))).collect()
}
