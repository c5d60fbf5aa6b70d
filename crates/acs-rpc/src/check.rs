//! Validation of the wire form against an operation's table: one validator for chat text, typed requests and the emulator.

use crate::{
    Constraint, Expected, InvalidParameter, Kind, Operation, Property, Schema, Style, Violation, WireParameters,
    decimal::Decimal,
    violation::{excerpt, nearest},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cmp::Ordering;
use serde_json::Value;

/// How deep nested values are looked into. No document of the vendor's comes near; schemas that refer to themselves and a
/// name made of dots could go on for ever.
const MAX_DEPTH: usize = 32;

impl Operation {
    /// Checks a request against the table: every problem in the table's order, then the unknown names in the order given.
    ///
    /// The parameters are the operation's own. What every request carries (`Action`, `Version`, `Signature` …) belongs
    /// to the signature scheme and is taken out before.
    ///
    /// Lengths count characters. Booleans are `true` and `false`, and `True` and `False` as the vendor's examples write
    /// them. The fields of an object without declared fields are free.
    ///
    /// # Errors
    /// All parameters that are missing, unknown, repeated, of the wrong type or outside a limit.
    pub fn check(&self, parameters: &WireParameters) -> Result<(), Vec<InvalidParameter>> {
        let mut checker = Checker { named: self.named, found: Vec::new() };
        let mut given = self.parameters.iter().map(|_| Vec::new()).collect::<Vec<_>>();
        let mut unknown = Vec::new();
        for (name, value) in parameters.iter() {
            match self.claim(name).and_then(|(index, rest)| Some((given.get_mut(index)?, rest))) {
                Some((entries, rest)) => entries.push(Entry { rest, value }),
                None => unknown.push(name),
            }
        }
        for (parameter, entries) in self.parameters.iter().zip(given) {
            let (name, schema) = (parameter.name, &parameter.schema);
            match parameter.style {
                Style::RepeatList | Style::Flat => {
                    let place = Place { name, required: parameter.required, hidden: schema.sensitive, depth: 0 };
                    checker.flat(place, schema, entries);
                }
                Style::Plain | Style::Json | Style::Simple => match entries.as_slice() {
                    [] if parameter.required => checker.report(name, Violation::Missing),
                    [] => {}
                    [entry] if parameter.required && entry.value.is_empty() => {
                        checker.report(name, Violation::Missing);
                    }
                    [entry] if parameter.style == Style::Simple => checker.simple(name, schema, entry.value),
                    [entry] => checker.text(name, schema, entry.value),
                    _ => checker.report(name, Violation::Repeated),
                },
            }
        }
        for name in unknown {
            let nearest = nearest(name, self.parameters.iter().map(|parameter| parameter.name));
            checker.report(name, Violation::Unknown { nearest });
        }
        if checker.found.is_empty() { Ok(()) } else { Err(checker.found) }
    }
}

/// Checks one value on its own, as generated types do when they are made.
///
/// Text for an array or an object is read as JSON. A schema known by name only ([`Kind::Named`]) can't be looked up here,
/// so what is inside it is left to [`Operation::check`].
///
/// # Errors
/// The first thing wrong with it.
pub fn check_value(schema: &Schema, text: &str) -> Result<(), Violation> {
    let mut checker = Checker { named: &[], found: Vec::new() };
    checker.text("", schema, text);
    match checker.found.into_iter().next() {
        Some(problem) => Err(problem.violation),
        None => Ok(()),
    }
}

/// A given parameter, seen from the schema it has been led to.
struct Entry<'a> {
    /// What is left of its name: empty, or a dot and more.
    rest: &'a str,
    value: &'a str,
}

/// Where in a parameter the checker is.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    required: bool,
    /// Whether values, keys of maps and unknown names are kept out of the report, because this schema or one around it is sensitive.
    hidden: bool,
    depth: usize,
}

impl<'a> Place<'a> {
    fn inside(self, name: &'a str, schema: &Schema, required: bool) -> Self {
        let hidden = self.hidden || schema.sensitive;
        Self { name, required, hidden, depth: self.depth.saturating_add(1) }
    }

    /// The name of something in it that is called what somebody gave.
    fn given(self, name: &str) -> String {
        format!("{}.{}", self.name, if self.hidden { HIDDEN } else { name })
    }
}

/// Stands for a name that is a part of a sensitive value.
const HIDDEN: &str = "…";

struct Checker {
    named: &'static [(&'static str, Schema)],
    found: Vec<InvalidParameter>,
}

impl Checker {
    fn report(&mut self, name: &str, violation: Violation) {
        self.found.push(InvalidParameter::new(name, violation));
    }

    fn refuse(&mut self, place: Place<'_>, schema: &Schema, expected: Expected, text: &str) {
        // What is not of its type may hold what should have stood inside it.
        let hidden = place.hidden || holds_sensitive(self.named, schema);
        self.report(place.name, Violation::NotA { expected, value: shown(hidden, text) });
    }

    fn lookup(&self, name: &str) -> Option<&'static Schema> {
        lookup(self.named, name)
    }

    /// The schema with names followed, and whether one of those on the way is sensitive.
    fn resolve<'s>(&self, mut schema: &'s Schema) -> (&'s Schema, bool) {
        let mut hidden = schema.sensitive;
        for _ in 0..MAX_DEPTH {
            let Kind::Named(name) = schema.kind else { break };
            let Some(named) = self.lookup(name) else { break };
            hidden |= named.sensitive;
            schema = named;
        }
        (schema, hidden)
    }

    /// Flat names: each level takes the part of the name it understands and hands the rest on.
    fn flat(&mut self, place: Place<'_>, schema: &Schema, entries: Vec<Entry<'_>>) {
        if entries.is_empty() {
            if place.required {
                self.report(place.name, Violation::Missing);
            }
            return;
        }
        if place.depth > MAX_DEPTH {
            return self.report(place.name, Violation::TooDeep { limit: MAX_DEPTH });
        }
        match schema.kind {
            Kind::Any | Kind::Object([]) => {}
            Kind::Named(name) => {
                if let Some(named) = self.lookup(name) {
                    self.flat(place.inside(place.name, named, place.required), named, entries);
                }
            }
            Kind::Array(item) => self.flat_items(place, schema, item, entries),
            Kind::Object(properties) => self.flat_fields(place, schema, properties, None, entries),
            Kind::Open(properties, others) => self.flat_fields(place, schema, properties, Some(others), entries),
            Kind::Map(value) => self.flat_keys(place, schema, value, entries),
            Kind::String | Kind::Int32 | Kind::Int64 | Kind::Number | Kind::Boolean | Kind::Binary => {
                self.flat_scalar(place, schema, &entries);
            }
        }
    }

    fn flat_scalar(&mut self, place: Place<'_>, schema: &Schema, entries: &[Entry<'_>]) {
        for entry in entries.iter().filter(|entry| !entry.rest.is_empty()) {
            self.report(&place.given(tail(entry.rest)), Violation::Unknown { nearest: None });
        }
        let mut values = entries.iter().filter(|entry| entry.rest.is_empty());
        match (values.next(), values.next()) {
            (None, _) if place.required => self.report(place.name, Violation::Missing),
            (None, _) => {}
            (Some(entry), None) if place.required && entry.value.is_empty() => {
                self.report(place.name, Violation::Missing);
            }
            (Some(entry), None) => self.scalar(place, schema, entry.value),
            (Some(_), Some(_)) => self.report(place.name, Violation::Repeated),
        }
    }

    fn flat_items(&mut self, place: Place<'_>, schema: &Schema, item: &Schema, entries: Vec<Entry<'_>>) {
        let mut items = Groups::new();
        for entry in entries {
            match item_index(entry.rest) {
                Some((index, written, rest)) => put(&mut items, (index, ""), written, Entry { rest, ..entry }),
                None if entry.rest.is_empty() => self.refuse(place, schema, Expected::Items, entry.value),
                None => {
                    self.report(&place.given(tail(entry.rest)), Violation::Unknown { nearest: None });
                }
            }
        }
        if let Some(missing) = (1..).zip(items.keys()).find_map(|(due, (index, _))| (due != *index).then_some(due)) {
            self.report(place.name, Violation::Gap { missing });
        }
        self.count(place, schema, items.len());
        self.flat_groups(place, item, items);
    }

    fn flat_fields(
        &mut self,
        place: Place<'_>,
        schema: &Schema,
        properties: &'static [Property],
        others: Option<&Schema>,
        entries: Vec<Entry<'_>>,
    ) {
        let mut fields = properties.iter().map(|_| Vec::new()).collect::<Vec<_>>();
        let mut unknown = Vec::new();
        for entry in entries {
            match field_index(properties, entry.rest).and_then(|(index, rest)| Some((fields.get_mut(index)?, rest))) {
                Some((field, rest)) => field.push(Entry { rest, ..entry }),
                None if entry.rest.is_empty() => self.refuse(place, schema, Expected::Fields, entry.value),
                None => unknown.push(entry),
            }
        }
        for (property, entries) in properties.iter().zip(fields) {
            let name = format!("{}.{}", place.name, property.name);
            let inside = place.inside(&name, &property.schema, property.required);
            self.flat(inside, &property.schema, entries);
        }
        if let Some(others) = others {
            return self.flat_keys(place, schema, others, unknown);
        }
        for rest in unknown.into_iter().map(|entry| tail(entry.rest)) {
            let nearest = nearest(rest, properties.iter().map(|property| property.name));
            self.report(&place.given(rest), Violation::Unknown { nearest });
        }
    }

    fn flat_keys(&mut self, place: Place<'_>, schema: &Schema, value: &Schema, entries: Vec<Entry<'_>>) {
        let mut keys = Groups::new();
        for entry in entries {
            match map_key(entry.rest, is_scalar(&value.kind)) {
                Some(MapKey { key, written, rest }) => {
                    let written = if place.hidden { HIDDEN } else { written };
                    put(&mut keys, (0, key), written, Entry { rest, ..entry });
                }
                None => self.refuse(place, schema, Expected::Fields, entry.value),
            }
        }
        self.flat_groups(place, value, keys);
    }

    fn flat_groups(&mut self, place: Place<'_>, schema: &Schema, groups: Groups<'_>) {
        for Group { written, entries } in groups.into_values() {
            let name = format!("{}.{written}", place.name);
            self.flat(place.inside(&name, schema, false), schema, entries);
        }
    }

    /// The comma-joined form; empty text is the empty list.
    fn simple(&mut self, name: &str, schema: &Schema, text: &str) {
        let (array, hidden) = self.resolve(schema);
        let Kind::Array(item) = array.kind else {
            return self.text(name, schema, text);
        };
        let (item, hidden_items) = self.resolve(item);
        let place = Place { name, required: false, hidden: hidden || hidden_items, depth: 0 };
        let texts = text.split(',').filter(|_| !text.is_empty());
        self.count(place, array, texts.clone().count());
        for (index, text) in (1_u64..).zip(texts) {
            let name = format!("{name}.{index}");
            self.scalar(place.inside(&name, item, false), item, text);
        }
    }

    /// One value: a scalar as it is, `any` unread, anything else as JSON.
    fn text(&mut self, name: &str, schema: &Schema, text: &str) {
        let (schema, hidden) = self.resolve(schema);
        let place = Place { name, required: false, hidden, depth: 0 };
        match schema.kind {
            Kind::Any => {}
            ref kind if is_scalar(kind) => self.scalar(place, schema, text),
            _ => match serde_json::from_str(text) {
                Ok(value) => self.json(place, schema, &value),
                Err(_) => self.refuse(place, schema, Expected::Json, text),
            },
        }
    }

    fn json(&mut self, place: Place<'_>, schema: &Schema, value: &Value) {
        if place.depth > MAX_DEPTH {
            return self.report(place.name, Violation::TooDeep { limit: MAX_DEPTH });
        }
        match (&schema.kind, value) {
            (Kind::Any, _) | (Kind::Object([]), Value::Object(_)) => {}
            (Kind::Named(name), _) => {
                if let Some(named) = self.lookup(name) {
                    self.json(place.inside(place.name, named, false), named, value);
                }
            }
            (Kind::Array(item), Value::Array(items)) => {
                self.count(place, schema, items.len());
                for (index, value) in (1_u64..).zip(items) {
                    let name = format!("{}.{index}", place.name);
                    self.json(place.inside(&name, item, false), item, value);
                }
            }
            (Kind::Object(properties) | Kind::Open(properties, _), Value::Object(fields)) => {
                for property in *properties {
                    let name = format!("{}.{}", place.name, property.name);
                    match fields.get(property.name) {
                        None | Some(Value::Null) if property.required => self.report(&name, Violation::Missing),
                        None | Some(Value::Null) => {}
                        Some(value) => {
                            self.json(place.inside(&name, &property.schema, false), &property.schema, value);
                        }
                    }
                }
                let names = properties.iter().map(|property| property.name);
                for field in fields.keys().filter(|field| !names.clone().any(|name| name == field.as_str())) {
                    let name = place.given(field);
                    match (&schema.kind, fields.get(field)) {
                        (Kind::Open(_, others), Some(value)) => {
                            self.json(place.inside(&name, others, false), others, value);
                        }
                        _ => self.report(&name, Violation::Unknown { nearest: nearest(field, names.clone()) }),
                    }
                }
            }
            (Kind::Map(schema), Value::Object(fields)) => {
                for (key, value) in fields {
                    self.json(place.inside(&place.given(key), schema, false), schema, value);
                }
            }
            (Kind::Int32 | Kind::Int64 | Kind::Number, Value::Number(number)) => {
                self.scalar(place, schema, &format!("{number}"));
            }
            (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::String | Kind::Binary, Value::String(text)) => self.scalar(place, schema, text),
            (kind, _) => {
                let text = serde_json::to_string(value).unwrap_or_default();
                self.refuse(place, schema, expected_in_json(kind), &text);
            }
        }
    }

    fn scalar(&mut self, place: Place<'_>, schema: &Schema, text: &str) {
        let (right, expected) = match schema.kind {
            Kind::Int32 => (text.parse::<i32>().is_ok(), Expected::Int32),
            Kind::Int64 => (text.parse::<i64>().is_ok(), Expected::Int64),
            Kind::Number => (Decimal::parse(text).is_some_and(Decimal::is_finite), Expected::Number),
            Kind::Boolean => (matches!(text, "true" | "false" | "True" | "False"), Expected::Boolean),
            _ => (true, Expected::Json),
        };
        if !right {
            return self.refuse(place, schema, expected, text);
        }
        for constraint in schema.constraints.iter().filter(|constraint| !holds(constraint, text)) {
            let value = shown(place.hidden, text);
            self.report(place.name, Violation::Limit { constraint: *constraint, value });
        }
    }

    fn count(&mut self, place: Place<'_>, schema: &Schema, items: usize) {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        for constraint in schema.constraints {
            let holds = match *constraint {
                Constraint::MinItems(least) => items >= least,
                Constraint::MaxItems(most) => items <= most,
                _ => true,
            };
            if !holds {
                self.report(place.name, Violation::Limit { constraint: *constraint, value: None });
            }
        }
    }
}

impl Operation {
    /// The parameter a flat name belongs to, and what is left of the name.
    fn claim<'n>(&self, name: &'n str) -> Option<(usize, &'n str)> {
        let parameter = self.parameter(name)?;
        let index = self.parameters.iter().position(|declared| declared.name == parameter.name)?;
        Some((index, name.strip_prefix(parameter.name)?))
    }
}

/// The entries of a list by index, `(2, "")`, or of a map by key, `(0, "Key")`: one type for both halves its code.
type Groups<'a> = BTreeMap<(u64, &'a str), Group<'a>>;

struct Group<'a> {
    /// Index or key as the names spell it.
    written: &'a str,
    entries: Vec<Entry<'a>>,
}

fn put<'a>(groups: &mut Groups<'a>, key: (u64, &'a str), written: &'a str, entry: Entry<'a>) {
    groups.entry(key).or_insert(Group { written, entries: Vec::new() }).entries.push(entry);
}

/// What of a name stands behind its first dot, where all of it is left over.
fn tail(rest: &str) -> &str {
    rest.strip_prefix('.').unwrap_or(rest)
}

/// `.2.Key` → 2, as written, and `.Key`. Indexes count from 1 and have one spelling: no sign, no leading zero.
fn item_index(rest: &str) -> Option<(u64, &str, &str)> {
    let rest = rest.strip_prefix('.')?;
    let end = rest.find('.').unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(end)?;
    let spelled = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    Some((digits.parse().ok().filter(|_| spelled)?, digits, rest))
}

/// `.Key.Sub` → the place of `Key` and `.Sub`. Declared names may hold dots: the longest that fits is meant.
fn field_index<'n>(properties: &[Property], rest: &'n str) -> Option<(usize, &'n str)> {
    let rest = rest.strip_prefix('.')?;
    let fitting = properties.iter().enumerate().filter_map(|(index, property)| {
        let left = rest.strip_prefix(property.name)?;
        (left.is_empty() || left.starts_with('.')).then_some((index, left))
    });
    fitting.min_by_key(|(_, left)| left.len())
}

struct MapKey<'a> {
    key: &'a str,
    /// The key as the name spells it.
    written: &'a str,
    rest: &'a str,
}

/// `.#3#a.b.Sub` → `a.b` and `.Sub` (the number counts bytes); `.a.Sub` → `a` and `.Sub`, or all of it where the map's
/// values are scalars, which leave nothing for `Sub` to mean.
fn map_key(rest: &str, scalars: bool) -> Option<MapKey<'_>> {
    let rest = rest.strip_prefix('.')?;
    let marked = || {
        let (length, _) = rest.strip_prefix('#')?.split_once('#')?;
        let start = length.len().checked_add(2)?;
        let end = start.checked_add(length.parse().ok()?)?;
        let (written, left) = rest.split_at_checked(end)?;
        (left.is_empty() || left.starts_with('.')).then_some(MapKey { key: written.get(start..)?, written, rest: left })
    };
    let plain = || {
        let end = rest.find('.').filter(|_| !scalars).unwrap_or(rest.len());
        let (key, rest) = rest.split_at_checked(end)?;
        Some(MapKey { key, written: key, rest })
    };
    marked().or_else(plain)
}

fn is_scalar(kind: &Kind) -> bool {
    matches!(kind, Kind::String | Kind::Int32 | Kind::Int64 | Kind::Number | Kind::Boolean | Kind::Binary)
}

fn expected_in_json(kind: &Kind) -> Expected {
    match kind {
        Kind::String | Kind::Binary => Expected::JsonString,
        Kind::Int32 => Expected::Int32,
        Kind::Int64 => Expected::Int64,
        Kind::Number => Expected::Number,
        Kind::Boolean => Expected::Boolean,
        Kind::Array(_) => Expected::JsonArray,
        Kind::Object(_) | Kind::Open(..) | Kind::Map(_) => Expected::JsonObject,
        Kind::Named(_) | Kind::Any => Expected::Json,
    }
}

/// Whether the text keeps within a limit. Numbers of items are [`Checker::count`]'s.
fn holds(constraint: &Constraint, text: &str) -> bool {
    let length = || u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let compare = |limit: &str| Some(Decimal::parse(text)?.compare(Decimal::parse(limit)?));
    match *constraint {
        Constraint::MinLength(least) => length() >= least,
        Constraint::MaxLength(most) => length() <= most,
        Constraint::Ascii => text.is_ascii(),
        Constraint::Prefix(prefix) => text.starts_with(prefix),
        Constraint::Minimum(least) => compare(&least.to_string()).is_some_and(Ordering::is_ge),
        Constraint::Maximum(most) => compare(&most.to_string()).is_some_and(Ordering::is_le),
        Constraint::AtLeast(least) => compare(least).is_some_and(Ordering::is_ge),
        Constraint::AtMost(most) => compare(most).is_some_and(Ordering::is_le),
        Constraint::MoreThan(least) => compare(least).is_some_and(Ordering::is_gt),
        Constraint::LessThan(most) => compare(most).is_some_and(Ordering::is_lt),
        Constraint::MinItems(_) | Constraint::MaxItems(_) => true,
        Constraint::OneOf(choices) => choices.contains(&text),
        Constraint::JsonStrings(most) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => {
                items.iter().all(Value::is_string) && u64::try_from(items.len()).is_ok_and(|count| count <= most)
            }
            _ => false,
        },
    }
}

fn lookup(named: &'static [(&'static str, Schema)], name: &str) -> Option<&'static Schema> {
    named.iter().find_map(|(n, schema)| (*n == name).then_some(schema))
}

/// Whether a value of this schema, or something in it, is sensitive.
pub(crate) fn holds_sensitive(named: &'static [(&'static str, Schema)], schema: &Schema) -> bool {
    let mut left = Vec::from([schema]);
    let mut seen = Vec::new();
    while let Some(schema) = left.pop() {
        if schema.sensitive {
            return true;
        }
        match schema.kind {
            Kind::Array(inner) | Kind::Map(inner) => left.push(inner),
            Kind::Object(properties) => left.extend(properties.iter().map(|property| &property.schema)),
            Kind::Open(properties, others) => {
                left.push(others);
                left.extend(properties.iter().map(|property| &property.schema));
            }
            Kind::Named(name) if !seen.contains(&name) => {
                seen.push(name);
                left.extend(lookup(named, name));
            }
            _ => {}
        }
    }
    false
}

fn shown(hidden: bool, text: &str) -> Option<String> {
    (!hidden).then(|| excerpt(text))
}
