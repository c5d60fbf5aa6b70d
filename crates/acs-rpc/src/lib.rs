#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod answer;
mod check;
mod decimal;
mod parts;
mod reference;
mod table;
mod typed;
mod violation;
mod wire;

pub use answer::{Answer, ApiError, ErrorClass, Failure, MalformedAnswer, Redacted, SuccessSign, retry_after_ms};
pub use check::check_value;
pub use parts::Parts;
pub use reference::{Described, Example, OperationReference, Prose};
pub use table::{
    Constraint, DeclaredError, Effect, Endpoint, Kind, Method, Operation, Parameter, Position, Property, Schema, Style,
};
pub use typed::{AnswerFields, FromAnswer, Rejection, Request, Rest, Sensitive};
pub use violation::{Expected, InvalidParameter, Violation, nearest};
pub use wire::{ToWire, WireParameters};
