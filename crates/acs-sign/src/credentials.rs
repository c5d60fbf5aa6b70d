//! Access keys and tokens. No `Debug` here shows a secret, and no `Display` exists.

use crate::{
    canonical::Text,
    error::{Input, InvalidInput},
};
use alloc::string::String;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The secret half of an access key.
#[derive(Clone)]
pub struct AccessKeySecret(Zeroizing<String>);

impl AccessKeySecret {
    /// Takes a secret as configuration holds it.
    ///
    /// # Errors
    /// [`InvalidInput::Empty`], or [`InvalidInput::ForbiddenCharacter`] for anything but visible ASCII (a line end that came
    /// along with a paste, most often).
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidInput> {
        let text = Zeroizing::new(text.into());
        check_visible(Input::AccessKeySecret, Text::of(&text))?;
        Ok(Self(text))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Compares in constant time.
impl PartialEq for AccessKeySecret {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for AccessKeySecret {}

impl fmt::Debug for AccessKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKeySecret(…)")
    }
}

/// An access key: the id travels with each request, the secret never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    id: String,
    secret: AccessKeySecret,
}

impl AccessKey {
    /// Takes id and secret as configuration holds them.
    ///
    /// # Errors
    /// [`InvalidInput::Empty`], or [`InvalidInput::ForbiddenCharacter`] for anything but visible ASCII, and for a comma in
    /// the id, which the `Authorization` header of ACS3 could not carry.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, InvalidInput> {
        let (id, secret) = (id.into(), AccessKeySecret::new(secret)?);
        check_visible(Input::AccessKeyId, Text::of(&id))?;
        match id.find(',') {
            Some(offset) => Err(InvalidInput::ForbiddenCharacter { input: Input::AccessKeyId, offset }),
            None => Ok(Self { id, secret }),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret, for [`Claims::verify`](crate::Claims::verify).
    #[must_use]
    pub const fn secret(&self) -> &AccessKeySecret {
        &self.secret
    }
}

/// The token that goes with a temporary access key of STS.
#[derive(Clone)]
pub struct SecurityToken(Zeroizing<String>);

impl SecurityToken {
    /// Takes a token as STS issued it.
    ///
    /// # Errors
    /// [`InvalidInput::Empty`], or [`InvalidInput::ForbiddenCharacter`] for anything but visible ASCII.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidInput> {
        let text = Zeroizing::new(text.into());
        check_visible(Input::SecurityToken, Text::of(&text))?;
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compares in constant time.
impl PartialEq for SecurityToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecurityToken {}

impl fmt::Debug for SecurityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityToken(…)")
    }
}

/// What a request is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The access key.
    pub key: AccessKey,
    /// The token, where the key is a temporary one.
    pub token: Option<SecurityToken>,
}

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self { key, token: None }
    }
}

/// Refuses empty text and everything but visible ASCII: such text survives a header and a query unchanged.
pub(crate) fn check_visible(input: Input, text: Text<'_>) -> Result<(), InvalidInput> {
    match text {
        Text::Plain(b"") => Err(InvalidInput::Empty { input }),
        Text::Plain(_) => Ok(()),
        Text::Raw(_) | Text::Form(_) => match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            Some(offset) => Err(InvalidInput::ForbiddenCharacter { input, offset }),
            None => Ok(()),
        },
    }
}
