use alloc::vec::Vec;
use core::fmt;
use subtle::ConstantTimeEq;

use crate::Platform;

/// A platform's secret. `Debug` shows nothing, `Display` does not exist.
#[derive(Clone)]
pub struct Secret {
    bytes: Vec<u8>,
    /// Stands in deliveries as it is, and signs none.
    is_token: bool,
}

impl Secret {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, is_token: false }
    }

    /// A secret that opens the way of follow-ups; white space around it is ignored.
    pub fn credential(value: &str) -> Self {
        Self::new(value.trim().as_bytes().into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Those that sign, which come first, and those that stand in deliveries.
    pub(crate) fn keys_and_tokens(secrets: &[Self]) -> (&[Self], &[Self]) {
        let keys = secrets.iter().take_while(|secret| !secret.is_token).count();
        secrets.split_at_checked(keys).unwrap_or_default()
    }

    /// Reads a configured value: one secret, or several separated by commas while one replaces the other.
    /// White space around each is ignored.
    ///
    /// # Errors
    ///
    /// [`MalformedSecret`], whose variants say which of the secrets is wrong and in what; none shows the value.
    pub fn parse_list(platform: Platform, value: &str) -> Result<Vec<Self>, MalformedSecret> {
        list(value, &|text| platform.adapter().secret(text))
    }

    /// Reads the value of a [`token_variable`](Platform::token_variable): one token or several, as
    /// [`parse_list`](Self::parse_list) does. They go behind the platform's secrets.
    ///
    /// # Errors
    ///
    /// [`MalformedSecret`]: one is empty.
    pub fn parse_tokens(value: &str) -> Result<Vec<Self>, MalformedSecret> {
        list(value, &|text| Ok(Self { bytes: text.as_bytes().into(), is_token: true }))
    }
}

fn list(value: &str, read: &dyn Fn(&str) -> Result<Secret, SecretProblem>) -> Result<Vec<Secret>, MalformedSecret> {
    (1..)
        .zip(value.split(','))
        .map(|(position, part)| match part.trim() {
            "" => Err(MalformedSecret { position, problem: SecretProblem::Empty }),
            text => read(text).map_err(|problem| MalformedSecret { position, problem }),
        })
        .collect()
}

/// A token that stands in every delivery and signs none: whoever knows it is believed, so it must not be guessed.
pub(crate) fn token(text: &str) -> Result<Secret, SecretProblem> {
    const BYTES: core::ops::RangeInclusive<usize> = 16..=256;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        return Err(SecretProblem::NotPlain);
    }
    if !BYTES.contains(&text.len()) {
        let (least, most) = BYTES.into_inner();
        return Err(SecretProblem::Length { bytes: text.len(), least, most });
    }
    Ok(Secret::new(text.as_bytes().into()))
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        (self.is_token == other.is_token) & bool::from(self.bytes.ct_eq(&other.bytes))
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A configured secret that the platform cannot have issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedSecret {
    /// Which of the comma-separated secrets, from 1.
    pub position: usize,
    /// What is wrong with it.
    pub problem: SecretProblem,
}

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretProblem {
    /// Nothing stands between two commas, or nothing at all.
    Empty,
    /// It does not begin as the platform's secrets do.
    Prefix {
        /// How they begin.
        expected: &'static str,
    },
    /// It is not base64 (standard alphabet, padded).
    NotBase64,
    /// It holds something beside letters, digits, `_` and `-`.
    NotPlain,
    /// It is not made of hexadecimal digits.
    NotHex,
    /// It decodes to too few or too many bytes.
    Length {
        /// How many.
        bytes: usize,
        /// The fewest allowed.
        least: usize,
        /// The most allowed.
        most: usize,
    },
}

impl fmt::Display for MalformedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret {} ", self.position)?;
        match self.problem {
            SecretProblem::Empty => f.write_str("is empty"),
            SecretProblem::Prefix { expected } => write!(f, "does not begin with {expected}"),
            SecretProblem::NotBase64 => f.write_str("is not base64"),
            SecretProblem::NotPlain => f.write_str("holds something beside letters, digits, _ and -"),
            SecretProblem::NotHex => f.write_str("is not hexadecimal"),
            SecretProblem::Length { bytes, least, most } => {
                write!(f, "has {bytes} bytes, not {least} to {most}")
            }
        }
    }
}

impl core::error::Error for MalformedSecret {}
