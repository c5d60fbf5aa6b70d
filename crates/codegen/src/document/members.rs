//! The members of an object that are read one at a time: the tree of a whole document would take several times its memory.

use super::read::{not_json, read_json};
use crate::{
    problem::{Place, Report, SpecError, quoted},
    reader::mismatch,
};
use alloc::{borrow::Cow, collections::BTreeSet};
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

/// An object whose members have been looked over and not read, in their order.
#[derive(Debug)]
pub(super) struct Members<'t> {
    members: Vec<(Cow<'t, str>, &'t RawValue)>,
}

impl<'t> Members<'t> {
    /// The members of a document.
    pub(super) fn of_document(text: &'t str, report: &mut Report) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(members) => {
                let members: Self = members;
                members.refuse_repeated(&Place::ROOT, report);
                Some(members)
            }
            Err(error) if error.is_data() => match read_json(text) {
                Ok(value) => mismatch(&value, "an object", &Place::ROOT, report),
                Err(SpecError { problem, .. }) => {
                    report.error(&Place::ROOT, problem);
                    None
                }
            },
            Err(error) => {
                report.error(&Place::ROOT, not_json(&error.to_string()));
                None
            }
        }
    }

    /// The members of a member.
    pub(super) fn of(raw: &'t RawValue, at: &Place<'_>, report: &mut Report) -> Option<Self> {
        if let Ok(members) = serde_json::from_str::<Self>(raw.get()) {
            members.refuse_repeated(at, report);
            return Some(members);
        }
        match value(raw, at, report)? {
            // As some tools write an empty object.
            Value::Array(items) if items.is_empty() => Some(Self { members: Vec::new() }),
            other => mismatch(&other, "an object", at, report),
        }
    }

    /// The member of that name, the last if there are several, unless it is `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'t RawValue> {
        let found = self.members.iter().rev().find_map(|(n, value)| (n == name).then_some(*value));
        found.filter(|value| value.get() != "null")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'t RawValue)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// All members but one, read.
    pub(super) fn without(&self, name: &str, at: &Place<'_>, report: &mut Report) -> Value {
        let others = self.iter().filter(|(n, _)| *n != name);
        let read: Map<String, Value> =
            others.filter_map(|(name, raw)| Some((name.to_owned(), value(raw, &at.key(name), report)?))).collect();
        Value::Object(read)
    }

    fn refuse_repeated(&self, at: &Place<'_>, report: &mut Report) {
        let mut seen = BTreeSet::new();
        for (name, _) in self.iter().filter(|(name, _)| !seen.insert(*name)) {
            report.error(&at.key(name), format!("a second member {}, expected one", quoted(name)));
        }
    }
}

/// Reads a member. What is found only now, such as half a surrogate pair, is reported.
pub(super) fn value(raw: &RawValue, at: &Place<'_>, report: &mut Report) -> Option<Value> {
    let read = serde_json::from_str(raw.get());
    read.map_err(|error| {
        // Lines would be counted from the member on, whose place is said.
        let said = error.to_string();
        report.error(at, not_json(said.split(" at line ").next().unwrap_or_default()));
    })
    .ok()
}

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'t> Visitor<'t> for Reader {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<Name<'t>, &'t RawValue>()? {
                    members.push((name.0, value));
                }
                Ok(Members { members })
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// A name, borrowed where nothing in it is escaped.
struct Name<'t>(Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Name<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'t> Visitor<'t> for Reader {
            type Value = Name<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'t str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Reader)
    }
}
