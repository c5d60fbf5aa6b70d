#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod acs3;
mod canonical;
mod credentials;
mod error;
mod request;
mod rpc;
mod sign;
mod signing_time;
mod stages;
mod verify;

pub use credentials::{AccessKey, AccessKeySecret, Credentials, SecurityToken};
pub use error::{AuthorizationPart, Input, InvalidInput, Part, SignError, VerifyError};
pub use request::{Body, Format, Method, Nonce, Scheme, SignableRequest};
pub use sign::{HttpRequest, SigningInstructions, SigningKey, sign};
pub use signing_time::SigningTime;
pub use stages::{CanonicalRequest, Signature, Stages, StringToSign};
pub use verify::{Claims, ReceivedRequest};
