//! Names that follow from a delivery, so that the same delivery always gets the same ones.

use alloc::{format, string::String};
use core::fmt::Write as _;
use sha2::{Digest, Sha256};

/// The id people see and type: twelve characters of the delivery's digest, 60 bits.
#[must_use]
pub(crate) fn command_id(delivery: &str) -> String {
    base32(&Sha256::digest(format!("opshook command\n{delivery}"))).chars().take(12).collect()
}

/// The idempotence token of the vendor's call: in the shape of a UUID, ASCII, 36 of the 64 characters allowed.
///
/// The same for every attempt of one delivery, different for every other, so that a repeated attempt acts once.
#[must_use]
pub(crate) fn client_token(delivery: &str) -> String {
    let hex = hex(&Sha256::digest(format!("opshook client token\n{delivery}")));
    let mut token = String::with_capacity(36);
    for (index, digit) in hex.chars().take(32).enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            token.push('-');
        }
        token.push(digit);
    }
    token
}

/// A code to confirm with, from 16 random bytes: twelve characters, 60 bits.
#[must_use]
pub(crate) fn confirmation_code(random: &[u8; 16]) -> String {
    base32(random).chars().take(12).collect()
}

/// What is kept of a code. Letters are read in either case and without the dashes people type.
#[must_use]
pub(crate) fn code_digest(code: &str) -> String {
    let plain: String = code.chars().filter(|c| *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    hex(&Sha256::digest(format!("opshook confirmation code\n{plain}")))
}

/// Two lower-case digits a byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Crockford's alphabet: no letter that reads as another.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut out = String::new();
    let (mut buffer, mut bits) = (0u16, 0u8);
    for byte in bytes {
        buffer = (buffer << 8) | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let digit = usize::from((buffer >> bits) & 31);
            out.extend(ALPHABET.get(digit).map(|letter| char::from(*letter)));
        }
        buffer &= (1 << bits) - 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn ids_follow_from_the_delivery_alone() {
        assert_eq!(command_id("slack:abc"), command_id("slack:abc"));
        assert_ne!(command_id("slack:abc"), command_id("slack:abd"));
        assert_eq!(command_id("slack:abc").len(), 12);
        let token = client_token("slack:abc");
        assert_eq!(token, client_token("slack:abc"));
        assert_ne!(token, client_token("standard:abc"));
        assert_eq!(token.len(), 36);
        assert!(token.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'));
    }

    /// RFC 4648's test vectors, in Crockford's alphabet (`MZXW6YTBOI` read digit by digit), without the unfinished last digit.
    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn base32_splits_bits_from_the_top() {
        assert_eq!(base32(b"foobar"), "CSQPYRK1E");
        assert_eq!(base32(&[0xff; 5]), "ZZZZZZZZ");
        assert_eq!(base32(&[]), "");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_code_is_read_as_people_type_it() {
        let code = confirmation_code(&[7; 16]);
        assert_eq!(code.len(), 12);
        assert_eq!(code_digest(&code), code_digest(&code.to_ascii_lowercase()));
        assert_eq!(code_digest("AB-CD"), code_digest("abcd"));
        assert_ne!(code_digest("ABCD"), code_digest("ABCE"));
    }
}
