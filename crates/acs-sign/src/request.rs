//! What is to be signed: a request as the caller means it, before any scheme gives it a form.

use crate::{
    canonical::Text,
    credentials::{SecurityToken, check_visible},
    error::{Input, InvalidInput},
    signing_time::SigningTime,
};
use alloc::string::String;
use core::{fmt, str::FromStr};

/// How a request is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HMAC-SHA1 over the merged parameters, `SignatureVersion` 1.0; named `rpc`.
    ///
    /// <https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism>
    Rpc,
    /// ACS3-HMAC-SHA256 over a canonical request, in the `Authorization` header; named `acs3`.
    ///
    /// <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>
    Acs3,
}

impl Scheme {
    /// Both schemes.
    pub const ALL: [Self; 2] = [Self::Rpc, Self::Acs3];

    /// The name configuration uses, `rpc` or `acs3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Acs3 => "acs3",
        }
    }

    /// The algorithm's name on the wire.
    #[must_use]
    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::Rpc => "HMAC-SHA1",
            Self::Acs3 => "ACS3-HMAC-SHA256",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scheme {
    type Err = InvalidInput;

    /// # Errors
    /// [`InvalidInput::UnknownScheme`] for anything but `rpc` and `acs3`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name).ok_or(InvalidInput::UnknownScheme)
    }
}

/// The HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// The form the caller wants the answer in. RPC signs it as the parameter `Format`; ACS3 sends it as the unsigned header
/// `accept`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `JSON`
    #[default]
    Json,
    /// `XML`
    Xml,
}

impl Format {
    /// The value of the RPC parameter `Format`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }

    /// The media type, for the `accept` header.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }
}

/// The body of a request.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Body<'a> {
    /// No body.
    #[default]
    Empty,
    /// Parameters in an `application/x-www-form-urlencoded` body.
    Form(&'a [(&'a str, &'a str)]),
    /// Bytes as they are. RPC's signature does not cover them.
    Raw {
        /// The media type.
        content_type: &'a str,
        /// The bytes.
        bytes: &'a [u8],
    },
}

impl<'a> Body<'a> {
    /// The media type it is sent with.
    #[must_use]
    pub const fn content_type(&self) -> Option<&'a str> {
        match *self {
            Self::Empty => None,
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Raw { content_type, .. } => Some(content_type),
        }
    }

    /// The parameters in it.
    pub(crate) const fn fields(&self) -> &'a [(&'a str, &'a str)] {
        match *self {
            Self::Form(fields) => fields,
            Self::Empty | Self::Raw { .. } => &[],
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Form(fields) => write!(f, "Form({} fields)", fields.len()),
            Self::Raw { content_type, bytes } => write!(f, "Raw({content_type:?}, {} bytes)", bytes.len()),
        }
    }
}

/// A call of one operation, flattened to names and texts (`Tag.1.Key`), not yet in the form of any scheme.
///
/// The path is `/`: both schemes carry RPC-style operations. Where the parameters end up:
///
/// | scheme | method and body | query | body |
/// |---|---|---|---|
/// | RPC | GET | everything | – |
/// | RPC | POST, [`Body::Empty`] or [`Body::Raw`] | everything | as given |
/// | RPC | POST, [`Body::Form`] | `query` | the fields, the common parameters and `Signature` |
/// | ACS3 | any | `query` | as given |
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignableRequest<'a> {
    /// The HTTP method.
    pub method: Method,
    /// Host and, where it is not the default, `:port`; lower case, as it will stand in the `Host` header.
    pub host: &'a str,
    /// The operation's name.
    pub action: &'a str,
    /// The API version, `YYYY-MM-DD`.
    pub version: &'a str,
    /// The form of the answer.
    pub format: Format,
    /// Parameters for the query string, decoded, in any order.
    pub query: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Body<'a>,
    /// Further `x-acs-*` headers, names in lower case. ACS3 signs them, RPC only sends them.
    pub headers: &'a [(&'a str, &'a str)],
}

/// Shows names and never values: a parameter may be a password.
impl fmt::Debug for SignableRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignableRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("action", &self.action)
            .field("version", &self.version)
            .field("format", &self.format)
            .field("query", &Names(self.query))
            .field("body", &self.body)
            .field("headers", &Names(self.headers))
            .finish()
    }
}

struct Names<'a>(&'a [(&'a str, &'a str)]);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// A text that no other request of the same key carries within the vendor's memory (about 15 minutes). This crate has no
/// source of randomness: the caller brings it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(String);

impl Nonce {
    /// Sixteen random bytes as 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(crate::canonical::hex::<16, 32>(&bytes).as_str().into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nonce {
    type Err = InvalidInput;

    /// Takes any visible ASCII text.
    ///
    /// # Errors
    /// [`InvalidInput::Empty`], or [`InvalidInput::ForbiddenCharacter`] for anything but visible ASCII.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_visible(Input::Nonce, Text::of(text))?;
        Ok(Self(text.into()))
    }
}

/// Who signs and when: what goes into a request beside its own parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp<'a> {
    pub(crate) id: &'a str,
    pub(crate) token: Option<&'a SecurityToken>,
    pub(crate) time: SigningTime,
    pub(crate) nonce: &'a Nonce,
}
