//! Limits of a schema, and whether what else it says keeps within them.

use super::{Constraint, Shape};
use crate::{
    problem::{Report, list},
    reader::{Fields, mismatch},
};
use core::cmp::Ordering;
use serde_json::Value;
use std::collections::HashSet;

/// A number of at most 19 digits before and 18 behind the point, in units of its last place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number(i128);

const ONE: i128 = 1_000_000_000_000_000_000;
const FRACTION: i64 = 18;
const WHOLE: i128 = 10_000_000_000_000_000_000;

/// A lower or an upper limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    at: Number,
    exclusive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Lower,
    Upper,
}

pub(super) fn read(fields: &Fields<'_, '_>, shape: &Shape, report: &mut Report) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for (key, fits, make) in [
        ("minLength", matches!(shape, Shape::String), Constraint::MinLength as fn(u64) -> Constraint),
        ("maxLength", matches!(shape, Shape::String), Constraint::MaxLength),
        ("minItems", matches!(shape, Shape::Array(_)), Constraint::MinItems),
        ("maxItems", matches!(shape, Shape::Array(_)), Constraint::MaxItems),
    ] {
        let Some(limit) = read_count(fields, key, report) else { continue };
        if fits {
            constraints.push(make(limit));
        } else {
            report.warn(&fields.at().key(key), format!("{key} on a value it says nothing about"));
        }
    }
    let lower = read_limit(fields, "minimum", "exclusiveMinimum", Side::Lower, shape, report);
    let upper = read_limit(fields, "maximum", "exclusiveMaximum", Side::Upper, shape, report);
    for (limit, side, key) in [(lower, Side::Lower, "minimum"), (upper, Side::Upper, "maximum")] {
        let Some(limit) = limit else { continue };
        match limit.constraint(side, shape) {
            Some(constraint) => constraints.push(constraint),
            // A limit beyond 64 bits limits nothing, unless it stands on the wrong side.
            None if (limit.at.0 > 0) == (side == Side::Upper) => {}
            None => report.warn(&fields.at().key(key), format!("{key} beyond 64 bits is not enforced")),
        }
    }
    if contradictory(&constraints) {
        report.warn(fields.at(), "limits that leave no value are not enforced");
        constraints.clear();
    }
    if let Some(values) = read_enum(fields, shape, &constraints, report) {
        constraints.push(Constraint::OneOf(values));
    }
    // What the server takes for granted, and examples, are never sent: they may be wrong and are no reason to refuse a
    // document. `2001****` is how the vendor keeps parts of an example to itself.
    for key in ["default", "example"] {
        let text = fields.loose_text(key);
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty() && !text.contains('*'));
        if let Some(problem) = text.and_then(|text| misfit(shape, &constraints, text)) {
            report.warn(&fields.at().key(key), format!("{key} that {problem}"));
        }
    }
    constraints
}

impl Limit {
    /// `None` for a whole number of more than 64 bits.
    fn constraint(self, side: Side, shape: &Shape) -> Option<Constraint> {
        let Self { at: Number(at), exclusive } = self;
        let is_whole = at % ONE == 0;
        if *shape == Shape::Number && (exclusive || !is_whole || i64::try_from(at / ONE).is_err()) {
            let text = self.at.text();
            return Some(match (side, exclusive) {
                (Side::Lower, false) => Constraint::AtLeast(text),
                (Side::Lower, true) => Constraint::MoreThan(text),
                (Side::Upper, false) => Constraint::AtMost(text),
                (Side::Upper, true) => Constraint::LessThan(text),
            });
        }
        // The nearest whole number within.
        let beyond = i128::from(exclusive && is_whole);
        let below = at.div_euclid(ONE);
        match side {
            Side::Lower => i64::try_from(below + i128::from(!is_whole) + beyond).ok().map(Constraint::Minimum),
            Side::Upper => i64::try_from(below - beyond).ok().map(Constraint::Maximum),
        }
    }
}

impl Number {
    fn whole(number: i64) -> Self {
        Self(i128::from(number) * ONE)
    }

    /// `None` where it is no number, or has more digits.
    fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
        let places = FRACTION + i64::from(exponent) - i64::try_from(fraction.len()).ok()? + zeros;
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self(0));
        }
        let size = significant.parse::<i128>().ok()?;
        let size = size.checked_mul(10_i128.checked_pow(u32::try_from(places).ok()?)?)?;
        (size < WHOLE * ONE).then_some(Self(if negative { -size } else { size }))
    }

    fn text(self) -> String {
        let size = self.0.unsigned_abs();
        let (whole, fraction) = (size / ONE.unsigned_abs(), size % ONE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = format!("{sign}{whole}.{fraction:018}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

fn contradictory(constraints: &[Constraint]) -> bool {
    constraints.iter().any(|lower| {
        constraints.iter().any(|upper| match (lower, upper) {
            (Constraint::MinLength(lower), Constraint::MaxLength(upper))
            | (Constraint::MinItems(lower), Constraint::MaxItems(upper)) => lower > upper,
            _ => match (bound(lower), bound(upper)) {
                (Some((lower, Side::Lower)), Some((upper, Side::Upper))) => match lower.at.cmp(&upper.at) {
                    Ordering::Less => false,
                    Ordering::Equal => lower.exclusive || upper.exclusive,
                    Ordering::Greater => true,
                },
                _ => false,
            },
        })
    })
}

/// The limit on a number, if it is one.
fn bound(constraint: &Constraint) -> Option<(Limit, Side)> {
    let (at, exclusive, side) = match constraint {
        Constraint::Minimum(limit) => (Number::whole(*limit), false, Side::Lower),
        Constraint::Maximum(limit) => (Number::whole(*limit), false, Side::Upper),
        Constraint::AtLeast(limit) => (Number::parse(limit)?, false, Side::Lower),
        Constraint::MoreThan(limit) => (Number::parse(limit)?, true, Side::Lower),
        Constraint::AtMost(limit) => (Number::parse(limit)?, false, Side::Upper),
        Constraint::LessThan(limit) => (Number::parse(limit)?, true, Side::Upper),
        _ => return None,
    };
    Some((Limit { at, exclusive }, side))
}

/// A count: a number, or a number as text.
fn read_count(fields: &Fields<'_, '_>, key: &str, report: &mut Report) -> Option<u64> {
    let value = fields.value(key)?;
    let count = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.trim().is_empty() => return None,
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    count.or_else(|| mismatch(value, "a count", &fields.at().key(key), report))
}

/// One side's limit. `exclusiveMinimum` is a flag, or a limit of its own as newer schemas have it.
fn read_limit(
    fields: &Fields<'_, '_>,
    key: &str,
    exclusive_key: &str,
    side: Side,
    shape: &Shape,
    report: &mut Report,
) -> Option<Limit> {
    let is_flag = match fields.value(exclusive_key) {
        Some(Value::String(text)) => matches!(text.as_str(), "true" | "false"),
        Some(Value::Number(_)) => false,
        _ => true,
    };
    let flag = is_flag && fields.flag(exclusive_key, report);
    let plain = read_number(fields, key, report).map(|at| Limit { at, exclusive: flag });
    let other = if is_flag { None } else { read_number(fields, exclusive_key, report) };
    let other = other.map(|at| Limit { at, exclusive: true });
    let tighter = |one: Limit, other: Limit| match (side, one.at.cmp(&other.at)) {
        (Side::Lower, Ordering::Less) | (Side::Upper, Ordering::Greater) | (_, Ordering::Equal) => other,
        _ => one,
    };
    let limit = match (plain, other) {
        (Some(plain), Some(other)) => Some(tighter(plain, other)),
        (plain, other) => plain.or(other),
    };
    if limit.is_some() && !matches!(shape, Shape::Int32 | Shape::Int64 | Shape::Number) {
        report.warn(&fields.at().key(key), format!("{key} on a value it says nothing about"));
        return None;
    }
    limit
}

/// A number, which the vendor writes as text.
fn read_number(fields: &Fields<'_, '_>, key: &str, report: &mut Report) -> Option<Number> {
    let value = fields.value(key)?;
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => return None,
        Value::String(text) => text.trim().to_owned(),
        _ => return mismatch(value, "a number", &fields.at().key(key), report),
    };
    let number = Number::parse(&text);
    if number.is_none() {
        match text.parse::<f64>() {
            Ok(float) if !float.is_nan() => {
                let what = format!("{key} of more than 19 digits before or 18 behind the point is not enforced");
                report.warn(&fields.at().key(key), what);
            }
            _ => return mismatch(value, "a number", &fields.at().key(key), report),
        }
    }
    number
}

fn read_enum(
    fields: &Fields<'_, '_>,
    shape: &Shape,
    limits: &[Constraint],
    report: &mut Report,
) -> Option<Vec<String>> {
    let at = fields.at().key("enum");
    let given = fields.list("enum", report)?;
    let fits = matches!(shape, Shape::String | Shape::Int32 | Shape::Int64 | Shape::Number);
    let mut values = Vec::new();
    let mut seen = HashSet::new();
    for (index, value) in given.iter().enumerate() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => continue,
            _ => {
                mismatch::<()>(value, "text or a number", &at.index(index), report);
                continue;
            }
        };
        if !seen.insert(text.clone()) {
            report.warn(&at.index(index), "value that an enum has twice");
        } else if let Some(problem) = misfit(shape, limits, &text).filter(|_| fits) {
            // It could never be sent.
            report.warn(&at.index(index), format!("value of an enum that {problem} is left out"));
        } else {
            values.push(text);
        }
    }
    if !fits && !values.is_empty() {
        report.warn(&at, "enum on a value it says nothing about");
        return None;
    }
    (!values.is_empty()).then_some(values)
}

/// What is wrong with a value: `is no whole number`.
fn misfit(shape: &Shape, constraints: &[Constraint], text: &str) -> Option<String> {
    let typed = match shape {
        Shape::Int32 if text.parse::<i32>().is_err() => Some("is no whole number of 32 bits"),
        Shape::Int64 if text.parse::<i64>().is_err() => Some("is no whole number of 64 bits"),
        Shape::Number if !text.parse::<f64>().is_ok_and(f64::is_finite) => Some("is no number"),
        Shape::Boolean if !["true", "false"].iter().any(|truth| text.eq_ignore_ascii_case(truth)) => {
            Some("is neither true nor false")
        }
        _ => None,
    };
    if let Some(problem) = typed {
        return Some(problem.to_owned());
    }
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    constraints.iter().find_map(|constraint| match constraint {
        Constraint::MinLength(least) => (length < *least).then(|| "is shorter than its limit".to_owned()),
        Constraint::MaxLength(most) => (length > *most).then(|| "is longer than its limit".to_owned()),
        Constraint::OneOf(values) => {
            (!values.iter().any(|value| value == text)).then(|| format!("is not in the enum: {}", list(values)))
        }
        limit => {
            let (Limit { at, exclusive }, side) = bound(limit)?;
            let outside = match (Number::parse(text)?.cmp(&at), side) {
                (Ordering::Equal, _) => exclusive,
                (Ordering::Less, side) => side == Side::Lower,
                (Ordering::Greater, side) => side == Side::Upper,
            };
            outside.then(|| "is outside the limits".to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, expected) in [
            ("0.5", Some("0.5")),
            ("-0.50", Some("-0.5")),
            ("5e-1", Some("0.5")),
            ("1E+3", Some("1000")),
            ("007", Some("7")),
            (".25", Some("0.25")),
            ("5.", Some("5")),
            ("-0", Some("0")),
            ("9999999999999999999.999999999999999999", Some("9999999999999999999.999999999999999999")),
            ("10000000000000000000", None),
            ("0.0000000000000000001", None),
            ("0.1000000000000000000000000000", Some("0.1")),
            ("1e40", None),
            ("1e99999", None),
            ("", None),
            (".", None),
            ("1e", None),
            ("--1", None),
            ("inf", None),
            ("0x1", None),
        ] {
            assert_eq!(Number::parse(text).map(Number::text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn limits_of_whole_numbers_are_the_nearest_within() {
        let constraint = |text: &str, exclusive, side| {
            Limit { at: Number::parse(text).unwrap(), exclusive }.constraint(side, &Shape::Int64)
        };
        for (text, exclusive, least, most) in [
            ("1", false, 1, 1),
            ("1", true, 2, 0),
            ("0.5", false, 1, 0),
            ("0.5", true, 1, 0),
            ("-0.5", false, 0, -1),
            ("-1.5", true, -1, -2),
            ("-1", true, 0, -2),
        ] {
            assert_eq!(
                constraint(text, exclusive, Side::Lower),
                Some(Constraint::Minimum(least)),
                "{text} {exclusive}"
            );
            assert_eq!(constraint(text, exclusive, Side::Upper), Some(Constraint::Maximum(most)), "{text} {exclusive}");
        }
    }
}
