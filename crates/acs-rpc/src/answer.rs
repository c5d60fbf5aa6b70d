//! What an answer means: the vendor's error body, and which errors may be tried again.

use alloc::string::String;

/// An error as the gateway or product states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status it came with; 200 for products that hide errors in successful answers.
    pub status: u16,
    /// Machine code, dotted.
    pub code: String,
    /// The vendor's text; where the code is `SignatureDoesNotMatch` the echoed string to sign is cut off, because it holds
    /// every parameter.
    pub message: String,
    /// The id to quote to the vendor's support.
    pub request_id: String,
}

/// A body that is neither an answer nor the vendor's error body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedAnswer {
    /// HTTP status it came with.
    pub status: u16,
}

/// What may be done after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request was not executed (throttling, expired time stamp, used nonce): sign anew and try again.
    NotExecuted,
    /// It may or may not have been executed (5xx, still processing): only repeat with the same ClientToken.
    Unknown,
    /// Trying again changes nothing.
    Final,
}

/// A received answer of an RPC product.
#[derive(Clone, Debug)]
pub struct Answer;
