#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

use acs_rpc::OperationReference;

// Formatted by the generator, whose output must not depend on the rustfmt of the day.
#[rustfmt::skip]
mod generated;
mod serving;

pub use acs_rpc::Endpoint;
pub use generated::endpoints::ENDPOINTS;
pub use generated::served::{ERRORS, SERVED};
pub use generated::*;
pub use serving::{FilterForm, Listing, Observation, Ram, Risk, Served, Text, ValueTitle, Word};

/// The served operation of this exact name.
#[must_use]
pub fn operation(name: &str) -> Option<&'static Served> {
    SERVED.iter().find(|served| served.operation.name == name)
}

/// What an error code means and what to do: of this code, else of the family it begins with, `Throttling` for
/// `Throttling.User`.
#[must_use]
pub fn error(code: &str) -> Option<Text> {
    let of = |code: &str| ERRORS.iter().find_map(|(known, text)| (*known == code).then_some(*text));
    let families = code.rmatch_indices('.').filter_map(|(end, _)| code.get(..end));
    core::iter::once(code).chain(families).find_map(of)
}

/// What people and stand-ins read about the operation of this exact name.
#[must_use]
pub fn reference(name: &str) -> Option<&'static OperationReference> {
    REFERENCES.iter().find(|reference| reference.operation.name == name).copied()
}

/// The public host of a region; `None` where the product is not offered there.
#[must_use]
pub fn endpoint(region: &str) -> Option<&'static str> {
    ENDPOINTS.iter().find(|endpoint| endpoint.region == region).map(|endpoint| endpoint.host)
}
