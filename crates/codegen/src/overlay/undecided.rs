//! Decisions that are still open: texts `"?"`, as `spec add` leaves them where a person has to decide.

use crate::problem::{Place, Report};
use serde_json::Value;

const OPEN: &str = "?";

/// Reports every open decision.
pub(super) fn report_open(value: &Value, at: &Place<'_>, report: &mut Report) {
    match value {
        Value::String(text) if text.trim() == OPEN => {
            report.error(at, "undecided, expected a person's decision in place of \"?\"");
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                report_open(item, &at.index(index), report);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                report_open(member, &at.key(key), report);
            }
        }
        _ => {}
    }
}

/// Drops what has been said later about the places of the first `open` errors: that `"?"` is wrong there follows.
pub(super) fn drop_consequences(open: usize, report: &mut Report) {
    let later = report.errors.split_off(open.min(report.errors.len()));
    let known = |pointer: &str| report.errors.iter().any(|error| error.pointer == pointer);
    let later: Vec<_> = later.into_iter().filter(|error| !known(&error.pointer)).collect();
    report.errors.extend(later);
}
