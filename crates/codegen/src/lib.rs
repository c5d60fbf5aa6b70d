//! From the vendor's metadata and our overlay to a checked model to Rust text.
//!
//! The way: [`ApiDocument::parse`] reads a document and reports *every* problem with its JSON pointer; an overlay adds what
//! the vendor's format does not say and is checked against the document; [`generate`] renders files. Reading and writing
//! them is the caller's: this crate touches no file, no clock and no environment, and the same input gives the same bytes.

extern crate alloc;

mod document;
mod drift;
mod leak;
mod names;
mod overlay;
mod problem;
mod prose;
mod reader;

pub use document::{
    ApiDocument, Constraint, EndpointSpec, ErrorSpec, ExampleSpec, OperationSpec, ParameterSpec, SchemaSpec, Shape,
    ValueTitle,
};
pub use drift::{Drift, drift};
pub use overlay::{Effect, ListingSpec, ObservationSpec, Overlay, RamSpec, RiskSpec, ServedSpec, TextSpec, WordSpec};
pub use problem::{SpecError, Warning};

/// What to generate from, and how the inputs are called where people read about them.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The text of the document.
    pub document: &'a str,
    /// Its path for headers and messages, relative to the workspace, with `/` between the parts.
    pub document_path: &'a str,
    /// The text of the overlay, and its path like the document's; `None`: only what the document says.
    pub overlay: Option<(&'a str, &'a str)>,
    /// The command that writes these files, for their headers: `cargo xtask codegen`.
    pub command: &'a str,
}

/// What was generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The files, ordered by path.
    pub files: Vec<RenderedFile>,
    /// What was passed over in the inputs.
    pub warnings: Vec<Warning>,
}

/// One file of the generated folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Path in the generated folder, with `/` between the parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Renders everything a document, and an overlay if there is one, has to say.
///
/// # Errors
/// Every problem of the document; where it has none, every problem of the overlay.
pub fn generate(input: &Input<'_>) -> Result<Generated, Vec<SpecError>> {
    let document = ApiDocument::parse(input.document)?;
    Ok(Generated { files: Vec::new(), warnings: document.warnings })
}
