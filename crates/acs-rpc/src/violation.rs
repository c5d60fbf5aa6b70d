//! What can be wrong with a parameter, as data, and in plain English.

use crate::Constraint;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// How many characters of a refused value or name are kept.
const EXCERPT: usize = 64;

/// A parameter that was refused before anything was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidParameter {
    /// Flat wire name as given (`Tag.1.Key`), shortened if it is very long. Inside JSON text the place is named in the
    /// same way, counted from 1: `FirewallRules.2.Port`.
    pub name: String,
    /// What is wrong.
    pub violation: Violation,
}

/// What is wrong with a parameter.
///
/// A `value` is the refused text, at most 64 characters of it, and `None` where the table calls it sensitive.
#[derive(Clone, Debug, PartialEq)]
pub enum Violation {
    /// Required and absent, or required and empty: the gateway treats both alike.
    Missing,
    /// The operation has no such parameter, or the object no such field.
    Unknown {
        /// The nearest name there is, if one is near enough to be meant.
        nearest: Option<&'static str>,
    },
    /// Given more than once.
    Repeated,
    /// Not of the right type.
    NotA {
        /// What it should have been.
        expected: Expected,
        /// The refused text.
        value: Option<String>,
    },
    /// Outside a limit of the table.
    Limit {
        /// The limit.
        constraint: Constraint,
        /// The refused text; `None` also where the limit is on the number of items.
        value: Option<String>,
    },
    /// The indexes of a list (`Tag.1`, `Tag.3`) leave one out.
    Gap {
        /// The first one left out.
        missing: u64,
    },
    /// Given together with another one that also needs the body to itself.
    SharedBody {
        /// The other one.
        with: &'static str,
    },
    /// Nested deeper than is looked into.
    TooDeep {
        /// The deepest level looked into.
        limit: usize,
    },
}

/// What a value should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A finite number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Text in JSON: in quotes.
    JsonString,
    /// A JSON array.
    JsonArray,
    /// A JSON object.
    JsonObject,
    /// JSON text of any kind.
    Json,
    /// A list in flat names: `Name.1`, `Name.2`.
    Items,
    /// Fields in flat names: `Name.Field`.
    Fields,
    /// What a header can carry: printable ASCII.
    HeaderText,
    /// A part of a host name: 1 to 63 letters, digits and inner hyphens.
    HostPart,
    /// A part of a path: any text but an empty one, `.` and `..`.
    PathPart,
}

impl InvalidParameter {
    pub(crate) fn new(name: &str, violation: Violation) -> Self {
        Self { name: excerpt(name), violation }
    }
}

impl Violation {
    /// The refusal of a text that is none of these choices.
    #[must_use]
    pub fn not_one_of(choices: &'static [&'static str], text: &str) -> Self {
        Self::Limit { constraint: Constraint::OneOf(choices), value: Some(excerpt(text)) }
    }
}

impl fmt::Display for InvalidParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.escape_debug(), self.violation)
    }
}

impl core::error::Error for InvalidParameter {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("required, but not given"),
            Self::Unknown { nearest: None } => f.write_str("no such parameter"),
            Self::Unknown { nearest: Some(nearest) } => write!(f, "no such parameter, the nearest is {nearest}"),
            Self::Repeated => f.write_str("given more than once"),
            Self::NotA { expected, value } => write!(f, "{} is not {expected}", Shown(value)),
            Self::Limit { constraint, value } => limit(f, constraint, &Shown(value)),
            Self::Gap { missing } => write!(f, "items are numbered from 1 without a gap, {missing} is missing"),
            Self::SharedBody { with } => write!(f, "cannot be sent together with {with}: a request has one body"),
            Self::TooDeep { limit } => write!(f, "nested more than {limit} levels deep"),
        }
    }
}

impl core::error::Error for Violation {}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int32 => "a whole number of 32 bits",
            Self::Int64 => "a whole number of 64 bits",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::JsonString => "text in quotes",
            Self::JsonArray => "a JSON array",
            Self::JsonObject => "a JSON object",
            Self::Json => "JSON",
            Self::Items => "a list, which is given item by item with .1, .2 and so on after the name",
            Self::Fields => "an object, which is given field by field with a dot after the name",
            Self::HeaderText => "printable ASCII, which is all that a header carries",
            Self::HostPart => "a part of a host name (1 to 63 letters, digits and inner hyphens)",
            Self::PathPart => "a part of a path (not empty, not . or ..)",
        })
    }
}

fn limit(f: &mut fmt::Formatter<'_>, constraint: &Constraint, value: &Shown<'_>) -> fmt::Result {
    match *constraint {
        Constraint::MinLength(n) => write!(f, "{value} is shorter than {}", Count(n, "character")),
        Constraint::MaxLength(n) => write!(f, "{value} is longer than {}", Count(n, "character")),
        Constraint::Ascii => write!(f, "{value} holds characters other than ASCII"),
        Constraint::Prefix(prefix) => write!(f, "{value} does not start with {prefix}"),
        Constraint::Minimum(n) => write!(f, "{value} is less than {n}"),
        Constraint::Maximum(n) => write!(f, "{value} is more than {n}"),
        Constraint::AtLeast(n) => write!(f, "{value} is less than {n}"),
        Constraint::AtMost(n) => write!(f, "{value} is more than {n}"),
        Constraint::MoreThan(n) => write!(f, "{value} is not more than {n}"),
        Constraint::LessThan(n) => write!(f, "{value} is not less than {n}"),
        Constraint::MinItems(n) => write!(f, "fewer than {}", Count(n, "item")),
        Constraint::MaxItems(n) => write!(f, "more than {}", Count(n, "item")),
        Constraint::OneOf(choices) => write!(f, "{value} is not one of {}", choices.join(", ")),
        Constraint::JsonStrings(n) => write!(f, "{value} is not a JSON array of at most {}", Count(n, "string")),
    }
}

struct Shown<'a>(&'a Option<String>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Quoted by `Debug`, so that nothing in it can pass for a line of a log.
            Some(value) => write!(f, "{value:?}"),
            None => f.write_str("the value"),
        }
    }
}

struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}

/// The text, or its beginning and an ellipsis.
pub(crate) fn excerpt(text: &str) -> String {
    if text.chars().nth(EXCERPT).is_none() {
        return text.to_string();
    }
    let head: String = text.chars().take(EXCERPT.saturating_sub(1)).collect();
    format!("{head}…")
}

/// The candidate somebody who wrote `given` most likely meant; `None` where none is near.
pub fn nearest<'c>(given: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Option<&'c str> {
    let near = |given: &str| {
        let length = given.chars().count();
        let distances = candidates.clone().filter_map(|candidate| {
            let allowed = (candidate.len() / 3).clamp(1, 3);
            let worth = length.abs_diff(candidate.chars().count()) <= allowed;
            let distance = worth.then(|| distance(given, candidate))?;
            (distance <= allowed).then_some((distance, candidate))
        });
        distances.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
    };
    near(given).or_else(|| near(given.split('.').next()?))
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour, compared without case (the optimal
/// string alignment distance).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(above.len());
        row.push(i.saturating_add(1));
        for (j, y) in b.iter().enumerate() {
            let replaced = at(&above, j).saturating_add(usize::from(x != y));
            let put_in = at(&row, j).saturating_add(1);
            let taken_out = at(&above, j.saturating_add(1)).saturating_add(1);
            let swapped = match (i.checked_sub(1), j.checked_sub(1)) {
                (Some(i), Some(j)) if a.get(i) == Some(y) && b.get(j) == Some(x) => at(&before, j).saturating_add(1),
                _ => usize::MAX,
            };
            row.push(replaced.min(put_in).min(taken_out).min(swapped));
        }
        before = core::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_what_fingers_do() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("share", "SHARE", 0),
            ("shrae", "share", 1),
            ("hsare", "share", 1),
            ("shar", "share", 1),
            ("sshare", "share", 1),
            ("shbre", "share", 1),
            ("erahs", "share", 4),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }
}
