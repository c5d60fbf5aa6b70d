//! What both canonical forms are made of: encoding, sorted pairs, and the sinks a form is written into.
//!
//! A form is written once, in one function a scheme. Whether it becomes a text to look at or goes straight into a hash is
//! the sink's affair, so what a diagnosis shows is what was signed.

use crate::error::{Part, VerifyError};
use alloc::{
    collections::BinaryHeap,
    string::{String, ToString},
    vec::Vec,
};
use hmac::digest::Update;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// A name and its value.
pub(crate) type Pair<'a> = (&'a str, &'a str);

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Takes a canonical form, piece by piece.
pub(crate) trait Sink {
    fn write(&mut self, text: &str);

    /// Takes text of nothing but unreserved characters, which no encoding changes.
    fn write_unreserved(&mut self, text: &str) {
        self.write(text);
    }
}

impl Sink for String {
    fn write(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Feeds a hash.
pub(crate) struct Hashing<'a, D>(pub(crate) &'a mut D);

impl<D: Update> Sink for Hashing<'_, D> {
    fn write(&mut self, text: &str) {
        self.0.update(text.as_bytes());
    }
}

/// Percent-encodes what passes through; two of them in a row make RPC's doubly encoded string to sign.
pub(crate) struct Encoding<'a, S>(pub(crate) &'a mut S);

impl<S: Sink> Sink for Encoding<'_, S> {
    fn write(&mut self, text: &str) {
        for piece in utf8_percent_encode(text, RESERVED) {
            if piece.starts_with('%') {
                self.0.write(piece);
            } else {
                self.0.write_unreserved(piece);
            }
        }
    }

    fn write_unreserved(&mut self, text: &str) {
        self.0.write_unreserved(text);
    }
}

/// Encodes one text.
pub(crate) fn encode(sink: &mut impl Sink, text: &str) {
    Encoding(sink).write(text);
}

/// Writes `name=value&name=value`, both encoded; an empty value keeps its `=`.
pub(crate) fn write_pairs<'a>(sink: &mut impl Sink, pairs: impl IntoIterator<Item = Pair<'a>>) {
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            sink.write("&");
        }
        encode(sink, name);
        sink.write("=");
        encode(sink, value);
    }
}

/// Pairs in canonical order: by the bytes of the name, then of the value.
pub(crate) struct Sorted<'a>(Vec<Pair<'a>>);

impl<'a> Sorted<'a> {
    pub(crate) fn as_slice(&self) -> &[Pair<'a>] {
        &self.0
    }

    /// The first name that stands there twice.
    pub(crate) fn repeated(&self) -> Option<&'a str> {
        self.0.array_windows().find_map(|[a, b]| (a.0 == b.0).then_some(a.0))
    }
}

impl<'a> FromIterator<Pair<'a>> for Sorted<'a> {
    fn from_iter<I: IntoIterator<Item = Pair<'a>>>(pairs: I) -> Self {
        // Sorts as well as `sort_unstable` does, at a fifth of its code; the Worker is measured in KiB.
        Self(pairs.into_iter().collect::<BinaryHeap<_>>().into_sorted_vec())
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' | nibble } else { (b'a' - 10).wrapping_add(nibble) });
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// The bytes of lower-case hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a' - 10)),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks();
    let bytes = pairs.iter().map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

/// Decodes `name=value&…` as a form: `+` is a space, an empty piece between two `&` is nothing, a piece without `=` is a
/// name with an empty value.
pub(crate) fn decode_pairs(text: &[u8], part: Part) -> Result<Vec<(String, String)>, VerifyError> {
    let mut pairs = Vec::new();
    let mut offset = 0_usize;
    for piece in text.split(|&byte| byte == b'&') {
        if !piece.is_empty() {
            let mut halves = piece.splitn(2, |&byte| byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let value_offset = offset.saturating_add(name.len()).saturating_add(1);
            pairs.push((decode_form(name, part, offset)?, decode_form(value, part, value_offset)?));
        }
        offset = offset.saturating_add(piece.len()).saturating_add(1);
    }
    Ok(pairs)
}

fn decode_form(text: &[u8], part: Part, offset: usize) -> Result<String, VerifyError> {
    if text.contains(&b'+') {
        let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        decode(&spaced, part, offset)
    } else {
        decode(text, part, offset)
    }
}

/// Decodes `%XY`; `offset` is where `text` begins in its part, for the error.
pub(crate) fn decode(text: &[u8], part: Part, offset: usize) -> Result<String, VerifyError> {
    for (index, _) in text.iter().enumerate().filter(|&(_, &byte)| byte == b'%') {
        let digits = text.get(index.saturating_add(1)..index.saturating_add(3)).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(VerifyError::MalformedEscape { part, offset: offset.saturating_add(index) });
        }
    }
    match percent_decode(text).decode_utf8() {
        Ok(decoded) => Ok(decoded.to_string()),
        Err(_) => Err(VerifyError::NotUtf8 { part, offset }),
    }
}
