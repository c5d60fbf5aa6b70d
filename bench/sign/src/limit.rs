//! The limit: the compression calls over exactly the bytes that must be hashed, with every byte in its place beforehand.
//!
//! Signing has the states of the padded key ready, as a long-lived key has; verifying makes them, because it is given a secret.

use crate::{
    Work,
    request::{ACS3_SIGNATURE, RPC_SIGNATURE, SECRET},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use core::hint::black_box;
use sha1::block_api::compress as compress1;
use sha2::block_api::compress256;

const STRING_TO_SIGN: &str =
    include_str!("../../../crates/acs-sign/tests/vectors/rpc/share-image-query/string-to-sign.txt");
const CANONICAL: &str = include_str!("../../../crates/acs-sign/tests/vectors/acs3/share-image/canonical-request.txt");
const ACS3_STRING_TO_SIGN: &str =
    include_str!("../../../crates/acs-sign/tests/vectors/acs3/share-image/string-to-sign.txt");

type Block = [u8; 64];
const SHA1: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
const SHA256: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A message in whole blocks, padded as both hashes do; `before` is how much has been hashed already.
fn padded(message: &[u8], before: usize) -> Vec<Block> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
    bytes.extend_from_slice(&u64::try_from((message.len() + before) * 8).unwrap_or_default().to_be_bytes());
    bytes.as_chunks().0.to_vec()
}

/// The key's two blocks, of RFC 2104.
fn pads(key: &[u8]) -> [Block; 2] {
    [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    })
}

/// The states after each of the key's blocks.
fn keyed<const N: usize>(
    start: [u32; N],
    compress: impl Fn(&mut [u32; N], &[Block]),
    pads: [Block; 2],
) -> [[u32; N]; 2] {
    pads.map(|pad| {
        let mut state = start;
        compress(&mut state, black_box(&[pad]));
        state
    })
}

fn bytes(state: &[u32]) -> Vec<u8> {
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Rpc {
    pads: [Block; 2],
    keyed: [[u32; 5]; 2],
    message: Vec<Block>,
    outer: Vec<Block>,
}

impl Rpc {
    fn new() -> Result<Self, &'static str> {
        let pads = pads(format!("{}&", SECRET[0]).as_bytes());
        let keyed = keyed(SHA1, compress1, pads);
        let message = padded(STRING_TO_SIGN.as_bytes(), 64);
        let mut inner = keyed[0];
        compress1(&mut inner, &message);
        let ready = Self { pads, keyed, message, outer: padded(&bytes(&inner), 64) };
        let right = STANDARD.encode(bytes(&ready.hash(ready.keyed))) == RPC_SIGNATURE;
        if right { Ok(ready) } else { Err("the limit of RPC comes to another signature") }
    }

    fn hash(&self, [mut inner, mut outer]: [[u32; 5]; 2]) -> [u32; 5] {
        compress1(&mut inner, black_box(&self.message));
        black_box(inner);
        compress1(&mut outer, black_box(&self.outer));
        outer
    }
}

/// Inner and outer hash of the string to sign.
///
/// # Errors
/// It comes to another signature than the vector's.
pub fn rpc_sign() -> Result<Work, &'static str> {
    let ready = Rpc::new()?;
    Ok(Box::new(move || {
        black_box(ready.hash(black_box(ready.keyed)));
    }))
}

/// The same after the two blocks of the key.
///
/// # Errors
/// It comes to another signature than the vector's.
pub fn rpc_verify() -> Result<Work, &'static str> {
    let ready = Rpc::new()?;
    Ok(Box::new(move || {
        black_box(ready.hash(keyed(SHA1, compress1, ready.pads)));
    }))
}

struct Acs3 {
    pads: [Block; 2],
    keyed: [[u32; 8]; 2],
    canonical: Vec<Block>,
    message: Vec<Block>,
    outer: Vec<Block>,
}

impl Acs3 {
    fn new() -> Result<Self, &'static str> {
        let pads = pads(SECRET[1].as_bytes());
        let keyed = keyed(SHA256, compress256, pads);
        let canonical = padded(CANONICAL.as_bytes(), 0);
        let mut hash = SHA256;
        compress256(&mut hash, &canonical);
        if !ACS3_STRING_TO_SIGN.ends_with(&hex(&bytes(&hash))) {
            return Err("the limit of ACS3 comes to another hash of the canonical request");
        }
        let message = padded(ACS3_STRING_TO_SIGN.as_bytes(), 64);
        let mut inner = keyed[0];
        compress256(&mut inner, &message);
        let ready = Self { pads, keyed, canonical, message, outer: padded(&bytes(&inner), 64) };
        let right = hex(&bytes(&ready.hash(ready.keyed))) == ACS3_SIGNATURE;
        if right { Ok(ready) } else { Err("the limit of ACS3 comes to another signature") }
    }

    fn hash(&self, [mut inner, mut outer]: [[u32; 8]; 2]) -> [u32; 8] {
        let mut hash = SHA256;
        compress256(&mut hash, black_box(&self.canonical));
        black_box(hash);
        compress256(&mut inner, black_box(&self.message));
        black_box(inner);
        compress256(&mut outer, black_box(&self.outer));
        outer
    }
}

/// The hash of the canonical request, then inner and outer hash of the string to sign. The hash of an empty body is known.
///
/// # Errors
/// It comes to another signature than the vector's.
pub fn acs3_sign() -> Result<Work, &'static str> {
    let ready = Acs3::new()?;
    Ok(Box::new(move || {
        black_box(ready.hash(black_box(ready.keyed)));
    }))
}

/// The same after the two blocks of the key.
///
/// # Errors
/// It comes to another signature than the vector's.
pub fn acs3_verify() -> Result<Work, &'static str> {
    let ready = Acs3::new()?;
    Ok(Box::new(move || {
        black_box(ready.hash(keyed(SHA256, compress256, ready.pads)));
    }))
}
