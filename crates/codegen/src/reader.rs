//! Reading JSON values with a place in hand: what is not as expected goes to the report, and reading goes on.

use crate::problem::{Place, Report, list, quoted};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// What some tools write as `[]`.
static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// An object and the place it stands at. A member that is `null` counts as absent, as the vendor writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'v, 'p> {
    map: &'v Map<String, Value>,
    at: &'p Place<'p>,
}

impl<'v, 'p> Fields<'v, 'p> {
    pub(crate) fn of(value: &'v Value, at: &'p Place<'p>, report: &mut Report) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, at }),
            Value::Array(items) if items.is_empty() => Some(Self { map: &EMPTY, at }),
            other => mismatch(other, "an object", at, report),
        }
    }

    pub(crate) fn at(&self) -> &'p Place<'p> {
        self.at
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'v str, &'v Value)> + use<'v> {
        self.map.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(crate) fn text(&self, key: &str, report: &mut Report) -> Option<&'v str> {
        match self.value(key)? {
            Value::String(text) => Some(text),
            other => mismatch(other, "text", &self.at.key(key), report),
        }
    }

    /// Text that must be there and not be empty.
    pub(crate) fn required_text(&self, key: &str, report: &mut Report) -> Option<&'v str> {
        if !self.has(key) {
            report.error(self.at, format!("missing {}, expected text", quoted(key)));
            return None;
        }
        let text = self.text(key, report)?;
        if text.is_empty() {
            report.error(&self.at.key(key), "empty, expected text");
            return None;
        }
        Some(text)
    }

    /// Text, or what else a person may have written for it: numbers and booleans as text.
    pub(crate) fn loose_text(&self, key: &str) -> Option<String> {
        self.value(key).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    pub(crate) fn flag(&self, key: &str, report: &mut Report) -> bool {
        match self.value(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
                report.warn(&self.at.key(key), format!("{key} written as text"));
                text == "true"
            }
            Some(other) => mismatch(other, "true or false", &self.at.key(key), report).unwrap_or(false),
        }
    }

    pub(crate) fn list(&self, key: &str, report: &mut Report) -> Option<&'v [Value]> {
        match self.value(key)? {
            Value::Array(items) => Some(items),
            other => mismatch(other, "an array", &self.at.key(key), report),
        }
    }

    /// Reports members this reader does not know. `kind` says what they were found in: `a parameter`.
    pub(crate) fn known(&self, kind: &str, keys: &[&str], report: &mut Report) {
        for key in self.map.keys().filter(|key| !keys.contains(&key.as_str())) {
            report.warn(&self.at.key(key), format!("unknown key {} in {kind}", quoted(key)));
        }
    }

    /// Like [`known`](Self::known), where an unknown member is a mistake.
    pub(crate) fn only(&self, keys: &[&str], report: &mut Report) {
        for key in self.map.keys().filter(|key| !keys.contains(&key.as_str())) {
            report.error(&self.at.key(key), format!("unknown key, expected one of {}", list(keys)));
        }
    }
}

/// Reports a value of the wrong type.
pub(crate) fn mismatch<T>(found: &Value, expected: &str, at: &Place<'_>, report: &mut Report) -> Option<T> {
    let found = match found {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    report.error(at, format!("expected {expected}, found {found}"));
    None
}
