#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod acs3;
mod canonical;
mod claims;
mod credentials;
mod error;
mod http;
mod received;
mod request;
mod rpc;
mod sign;
mod signing_time;
mod stages;

pub use claims::Claims;
pub use credentials::{AccessKey, AccessKeySecret, Credentials, SecurityToken};
pub use error::{AuthorizationPart, Input, InvalidInput, Part, SignError, VerifyError};
pub use http::{HttpRequest, SigningInstructions};
pub use received::ReceivedRequest;
pub use request::{Body, Format, Method, Nonce, Scheme, SignableRequest};
pub use sign::{SigningKey, sign};
pub use signing_time::SigningTime;
pub use stages::{CanonicalRequest, Signature, Stages, StringToSign};
