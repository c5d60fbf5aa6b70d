//! What people, generated pages and a stand-in for the server read about an operation, beside its table.
//!
//! A static goes into a program whole or not at all: who names no reference, such as the Worker, carries no prose.

use crate::{DeclaredError, Operation, Schema};

/// Prose, answers and examples of an operation: everything a request does not need.
///
/// What belongs to an item of the table stands at the item's place: there are as many, in the same order.
#[derive(Debug)]
pub struct OperationReference {
    /// The table.
    pub operation: &'static Operation,
    /// Markdown; may be empty.
    pub description: &'static str,
    /// Whether the vendor advises against it.
    pub deprecated: bool,
    /// What is written about each of the table's parameters.
    pub parameters: &'static [Prose],
    /// The answer of HTTP 200; `None` where the document gives none.
    pub response: Option<Described>,
    /// Schemas that [`Kind::Named`](crate::Kind::Named) refers to in the answer or in a parameter, by name.
    pub named: &'static [(&'static str, Described)],
    /// The vendor's text about each of the table's errors.
    pub messages: &'static [&'static str],
    /// Example answers.
    pub examples: &'static [Example],
}

impl OperationReference {
    /// The declared errors with the vendor's text.
    pub fn errors(&self) -> impl Iterator<Item = (&'static DeclaredError, &'static str)> + use<> {
        self.operation.errors.iter().zip(self.messages.iter().copied())
    }
}

/// What is written about a value and the values inside it.
#[derive(Debug)]
pub struct Prose {
    /// Markdown; may be empty.
    pub description: &'static str,
    /// The document's example as text; may be empty.
    pub example: &'static str,
    /// One for each property of an object, one for the items of an array or the values of a map, else none.
    pub inside: &'static [Prose],
}

impl Prose {
    /// What is written about a value with nothing inside.
    #[must_use]
    pub const fn of(description: &'static str, example: &'static str) -> Self {
        Self { description, example, inside: &[] }
    }
}

/// A schema and what is written about it.
#[derive(Debug)]
pub struct Described {
    /// Type and limits.
    pub schema: Schema,
    /// Laid out as the schema is.
    pub prose: Prose,
}

/// An example answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// `json` or `xml`.
    pub format: &'static str,
    /// The answer's text.
    pub body: &'static str,
}
