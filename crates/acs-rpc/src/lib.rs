//! What generated clients of Alibaba Cloud RPC products share: the table that describes an operation, validation and
//! wire form read from that table, and what an answer means.
//!
//! Nothing here reads a clock, a socket or an environment. Generated code (the `swas` crate, or a crate written by
//! `cargo xtask codegen --document`) holds the tables and typed requests and responses; this crate gives them meaning.
#![no_std]

extern crate alloc;

mod answer;
mod check;
mod table;
mod typed;
mod violation;
mod wire;

pub use answer::{Answer, ApiError, ErrorClass, Failure, MalformedAnswer, Redacted, SuccessSign, retry_after_ms};
pub use check::check_value;
pub use table::{
    Constraint, DeclaredError, Effect, Endpoint, Example, Kind, Method, Operation, Parameter, Position, Property,
    Schema, Style,
};
pub use typed::{FromAnswer, Request, Sensitive, from_answer};
pub use violation::{Expected, InvalidParameter, Violation};
pub use wire::{ToWire, WireParameters};
