//! Parameters in wire form: flat names, text values.

use alloc::{borrow::Cow, string::String, vec::Vec};

/// The parameters of one request, flattened (`Tag.1.Key`), values as text, in the order they were added.
///
/// Validation, signing and sending all read this one form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireParameters {
    pairs: Vec<(Cow<'static, str>, String)>,
}

impl WireParameters {
    /// No parameters.
    #[must_use]
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// Appends one; a name given twice stays twice, for `check` to report.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// The value of the first parameter with this exact name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(n, v)| (n == name).then_some(v))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(n, v)| (n.as_ref(), v.as_str()))
    }
}
