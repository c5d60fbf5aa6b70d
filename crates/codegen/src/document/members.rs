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
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
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
            refuse_repeated(name, at, report);
        }
    }
}

fn refuse_repeated(name: &str, at: &Place<'_>, report: &mut Report) {
    report.error(&at.key(name), format!("a second member {}, expected one", quoted(name)));
}

/// Reads a member. What is found only now, such as half a surrogate pair or a member that stands twice somewhere inside, is
/// reported.
pub(super) fn value(raw: &RawValue, at: &Place<'_>, report: &mut Report) -> Option<Value> {
    let mut text = serde_json::Deserializer::from_str(raw.get());
    let read = Inside { at, report: &mut *report }.deserialize(&mut text);
    read.map_err(|error| {
        // Lines would be counted from the member on, whose place is said.
        let said = error.to_string();
        report.error(at, not_json(said.split(" at line ").next().unwrap_or_default()));
    })
    .ok()
}

/// Reads what stands at a place. The usual reader takes the last of members of one name, and nobody would know.
struct Inside<'p, 'r> {
    at: &'p Place<'p>,
    report: &'r mut Report,
}

impl<'de> DeserializeSeed<'de> for Inside<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inside<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        loop {
            let at = self.at.index(read.len());
            match items.next_element_seed(Inside { at: &at, report: &mut *self.report })? {
                Some(item) => read.push(item),
                None => return Ok(Value::Array(read)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Inside { at: &self.at.key(&name), report: &mut *self.report })?;
            if read.contains_key(&name) {
                refuse_repeated(&name, self.at, self.report);
            }
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
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
