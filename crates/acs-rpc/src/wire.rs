//! Parameters in wire form: flat names, text values.

use crate::{Operation, Position};
use alloc::{
    borrow::Cow,
    boxed::Box,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The parameters of one request, flattened (`Tag.1.Key`), values as text, in the order they were added.
///
/// Validation, signing and sending all read this one form. Serialized, it is a list of `[name, value]`. `Debug` shows
/// no values, which may be passwords, and names up to their first dot, because behind it may stand the key of a map that is
/// one value with its keys.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
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

    /// Gives the parameter this one value: in the place of the first of that name if there is one, else at the end.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        let place = self.pairs.iter().position(|(n, _)| *n == name);
        self.pairs.retain(|(n, _)| *n != name);
        let place = place.unwrap_or(self.pairs.len());
        self.pairs.insert(place, (name, value));
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

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The parameters that travel at this position by the operation's table; those it doesn't know count as query.
    pub fn at(&self, operation: &Operation, position: Position) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(move |(name, _)| {
            let declared = operation.parameter(name).map(|parameter| parameter.position);
            declared.unwrap_or(Position::Query) == position
        })
    }

    /// Adds a value in its own form: a scalar as it is, a list as `name.1`, an object as `name.Field`. Absent (`None`)
    /// adds nothing, empty text adds an empty value.
    pub fn add<T: ToWire + ?Sized>(&mut self, name: impl Into<Cow<'static, str>>, value: &T) {
        value.to_wire(name.into(), self);
    }

    /// Adds a field of the object that is being added under `object`: [`add`](Self::add) with `object.field`.
    pub fn add_field<T: ToWire + ?Sized>(&mut self, object: &str, field: &str, value: &T) {
        value.to_wire(format!("{object}.{field}").into(), self);
    }

    /// Adds a value as JSON text ([`Style::Json`](crate::Style::Json)).
    ///
    /// What can't be said in JSON (a map with keys that are not text) adds an empty value, which `check` refuses.
    pub fn add_json<T: Serialize + ?Sized>(&mut self, name: impl Into<Cow<'static, str>>, value: Option<&T>) {
        if let Some(value) = value {
            self.push(name, serde_json::to_string(value).unwrap_or_default());
        }
    }

    /// Adds scalars joined by commas ([`Style::Simple`](crate::Style::Simple)). An item that holds a comma becomes two:
    /// the form has no escape.
    pub fn add_simple<T: ToWire>(&mut self, name: impl Into<Cow<'static, str>>, values: Option<&[T]>) {
        if let Some(values) = values {
            let mut items = Self::new();
            for value in values {
                items.add("", value);
            }
            let texts: Vec<&str> = items.iter().map(|(_, text)| text).collect();
            self.push(name, texts.join(","));
        }
    }
}

impl fmt::Debug for WireParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireParameters")?;
        f.debug_list().entries(self.iter().map(|(name, _)| shown_name(name))).finish()
    }
}

impl<N: Into<Cow<'static, str>>, V: Into<String>> FromIterator<(N, V)> for WireParameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

/// `RegionId`, `Tag.…`
pub(crate) fn shown_name(name: &str) -> String {
    name.split_once('.').map_or_else(|| name.to_string(), |(name, _)| format!("{name}.…"))
}

/// A value that can be written as parameters.
///
/// Generated newtypes and enums forward to their text; generated objects call
/// [`add_field`](WireParameters::add_field) for each field.
pub trait ToWire {
    /// Appends the value under `name`, which is complete: `RegionId`, `Tag.1`.
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters);
}

impl ToWire for str {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        out.push(name, self);
    }
}

impl ToWire for String {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        out.push(name, self.as_str());
    }
}

macro_rules! by_display {
    ($($scalar:ty),*) => {$(
        impl ToWire for $scalar {
            fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
                out.push(name, self.to_string());
            }
        }
    )*};
}
by_display!(bool, i32, i64, f64);

impl<T: ToWire + ?Sized> ToWire for &T {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        (**self).to_wire(name, out);
    }
}

impl<T: ToWire + ?Sized> ToWire for Box<T> {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        (**self).to_wire(name, out);
    }
}

impl<T: ToWire> ToWire for Option<T> {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        if let Some(value) = self {
            value.to_wire(name, out);
        }
    }
}

impl<T: ToWire> ToWire for [T] {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        for (index, item) in (1_u64..).zip(self) {
            item.to_wire(format!("{name}.{index}").into(), out);
        }
    }
}

impl<T: ToWire> ToWire for Vec<T> {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        self.as_slice().to_wire(name, out);
    }
}

impl<T: ToWire> ToWire for BTreeMap<String, T> {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        for (key, value) in self {
            value.to_wire(format!("{name}.{}", map_key(key)).into(), out);
        }
    }
}

/// For schemas of type `any`: scalars as text, `null` as nothing, arrays and objects flattened.
impl ToWire for serde_json::Value {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        match self {
            Self::Null => {}
            Self::Bool(value) => value.to_wire(name, out),
            Self::Number(value) => out.push(name, value.to_string()),
            Self::String(value) => value.to_wire(name, out),
            Self::Array(items) => items.to_wire(name, out),
            Self::Object(fields) => {
                for (key, value) in fields {
                    value.to_wire(format!("{name}.{}", map_key(key)).into(), out);
                }
            }
        }
    }
}

/// Older SDKs write a map's key as it is, newer ones always as `#<bytes>#key` (alibabacloud-go/darabonba-openapi:
/// `MapToFlatStyle`). The plain form is understood longest, so only keys that would be misread get the marked one.
fn map_key(key: &str) -> Cow<'_, str> {
    if key.is_empty() || key.contains('.') || key.starts_with('#') {
        format!("#{}#{key}", key.len()).into()
    } else {
        key.into()
    }
}
