//! Faults on order: which calls they hit and what happens to those.

use crate::{RETRY_AFTER, random::Random};
use alloc::collections::VecDeque;
use core::{fmt, str::FromStr, time::Duration};
use serde_json::{Map, Value, json};

/// The longest delay that can be ordered.
const SLOWEST: Duration = Duration::from_secs(600);

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not executed; this answer instead of the product's.
    Failure(Failure),
    /// Executed; a list shows the image that was changed last as it was before.
    Lag,
    /// Executed; the answer is late.
    Slow(Duration),
    /// Executed; the caller gets this instead of the answer.
    AfterEffect(Failure),
}

/// What the caller gets instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An error of this status.
    Status(u16),
    /// `Throttling.User` with this as `x-acs-retry-after`.
    Throttle(Duration),
    /// Nothing, ever.
    Timeout,
    /// The connection is reset.
    Reset,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(kind: &str) -> Result<Self, String> {
        if kind == "lag" {
            return Ok(Self::Lag);
        }
        if let Some(delay) = kind.strip_prefix("slow:") {
            return milliseconds("slow", delay).map(Self::Slow);
        }
        match kind.strip_prefix("after-effect:") {
            // Throttled calls were not executed: an executed one that says so would be a lie no gateway tells.
            Some(failure) if failure.starts_with("throttle") => {
                Err(format!("`after-effect:{failure}`: a throttled call is never executed"))
            }
            Some(failure) => failure.parse().map(Self::AfterEffect),
            None => kind.parse().map(Self::Failure),
        }
    }
}

fn milliseconds(kind: &str, text: &str) -> Result<Duration, String> {
    match text.parse().map(Duration::from_millis) {
        Ok(time) if time <= SLOWEST => Ok(time),
        _ => Err(format!("`{text}` in `{kind}:` is no number of milliseconds up to {}", SLOWEST.as_millis())),
    }
}

impl FromStr for Failure {
    type Err = String;

    fn from_str(kind: &str) -> Result<Self, String> {
        if let Some(after) = kind.strip_prefix("throttle:") {
            return milliseconds("throttle", after).map(Self::Throttle);
        }
        match kind {
            "throttle" => Ok(Self::Throttle(RETRY_AFTER)),
            "timeout" => Ok(Self::Timeout),
            "reset" => Ok(Self::Reset),
            _ => match kind.strip_prefix("status:").map(str::parse) {
                Some(Ok(status @ 400..=599)) => Ok(Self::Status(status)),
                Some(_) => Err(format!("`{kind}`: the status must be 400 to 599")),
                None => Err(format!(
                    "`{kind}` is none of status:<400-599>, throttle, throttle:<ms>, timeout, reset, lag, slow:<ms>, \
                     after-effect:<status:<400-599>|timeout|reset>"
                )),
            },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(failure) => failure.fmt(f),
            Self::Lag => f.write_str("lag"),
            Self::Slow(delay) => write!(f, "slow:{}", delay.as_millis()),
            Self::AfterEffect(failure) => write!(f, "after-effect:{failure}"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status:{status}"),
            Self::Throttle(RETRY_AFTER) => f.write_str("throttle"),
            Self::Throttle(after) => write!(f, "throttle:{}", after.as_millis()),
            Self::Timeout => f.write_str("timeout"),
            Self::Reset => f.write_str("reset"),
        }
    }
}

/// An order as it arrived.
#[derive(Clone, Debug)]
struct Order {
    fault: Fault,
    /// Only calls of this operation.
    operation: Option<String>,
}

impl Order {
    fn concerns(&self, operation: &str) -> bool {
        self.operation.as_deref().is_none_or(|only| only == operation)
    }
}

/// All standing orders.
///
/// `next` orders queue up and are used oldest first; there is at most one `rate` order, and a new one takes the place of
/// the old. A call that a `next` order hits draws nothing from the rate's sequence.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    queue: VecDeque<(u64, Order)>,
    rate: Option<(f64, Random, Order)>,
}

impl Faults {
    /// The fault of this call, if any; uses it up.
    pub(crate) fn hit(&mut self, operation: &str) -> Option<Fault> {
        if let Some(index) = self.queue.iter().position(|(_, order)| order.concerns(operation)) {
            let (left, order) = self.queue.get_mut(index)?;
            let fault = order.fault;
            *left -= 1;
            if *left == 0 {
                self.queue.remove(index);
            }
            return Some(fault);
        }
        let (rate, random, order) = self.rate.as_mut()?;
        (order.concerns(operation) && random.happens(*rate)).then_some(order.fault)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes an order in its JSON form.
    ///
    /// # Errors
    /// What is wrong with it, for a person to read.
    pub(crate) fn order(&mut self, body: &[u8]) -> Result<(), String> {
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| format!("the body is not a JSON object: {error}"))?;
        if let Some(unknown) =
            body.keys().find(|key| !["next", "rate", "kind", "operation", "seed"].contains(&key.as_str()))
        {
            return Err(format!("`{unknown}` is none of next, rate, kind, operation, seed"));
        }
        let fault = body.get("kind").and_then(Value::as_str).ok_or("`kind` must be given, as text")?.parse()?;
        let operation = match body.get("operation") {
            None | Some(Value::Null) => None,
            Some(Value::String(operation)) => Some(operation.clone()),
            Some(_) => return Err("`operation` must be text".to_owned()),
        };
        let order = Order { fault, operation };
        match (body.get("next"), body.get("rate")) {
            (Some(next), None) => {
                if body.contains_key("seed") {
                    return Err("`seed` goes with `rate` only".to_owned());
                }
                let next = next.as_u64().filter(|&n| n > 0).ok_or("`next` must be a whole number, 1 or more")?;
                self.queue.push_back((next, order));
            }
            (None, Some(rate)) => {
                let rate = rate
                    .as_f64()
                    .filter(|rate| (0.0..=1.0).contains(rate))
                    .ok_or("`rate` must be a number from 0 to 1")?;
                let seed = match body.get("seed") {
                    None => 0,
                    Some(seed) => seed.as_u64().ok_or("`seed` must be a whole number, 0 or more")?,
                };
                self.rate = Some((rate, Random::new(seed), order));
            }
            _ => return Err("exactly one of `next` and `rate` must be given".to_owned()),
        }
        Ok(())
    }

    /// What stands, in the form it was ordered in.
    pub(crate) fn standing(&self) -> Value {
        let queued = self
            .queue
            .iter()
            .map(|(left, order)| json!({"next": left, "kind": order.fault.to_string(), "operation": order.operation}));
        let rate = self.rate.iter().map(
            |(rate, _, order)| json!({"rate": rate, "kind": order.fault.to_string(), "operation": order.operation}),
        );
        json!({"faults": queued.chain(rate).collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(orders: &[&str]) -> Faults {
        let mut faults = Faults::default();
        for order in orders {
            faults.order(order.as_bytes()).unwrap();
        }
        faults
    }

    fn hits(faults: &mut Faults, operations: &[&str]) -> Vec<String> {
        operations.iter().map(|op| faults.hit(op).map_or_else(|| "-".to_owned(), |fault| fault.to_string())).collect()
    }

    #[test]
    fn every_kind_reads_as_it_was_written() {
        for kind in [
            "status:500",
            "status:599",
            "throttle",
            "throttle:8000",
            "timeout",
            "reset",
            "slow:0",
            "slow:600000",
            "lag",
            "after-effect:reset",
            "after-effect:timeout",
            "after-effect:status:503",
        ] {
            assert_eq!(kind.parse::<Fault>().unwrap().to_string(), kind);
        }
    }

    #[test]
    fn next_orders_queue_up_and_respect_their_operation() {
        let mut faults = ordered(&[
            r#"{"next": 2, "kind": "status:500"}"#,
            r#"{"next": 1, "kind": "reset", "operation": "B"}"#,
            r#"{"next": 1, "kind": "timeout"}"#,
        ]);
        assert_eq!(
            hits(&mut faults, &["A", "A", "A", "A", "B", "B"]),
            ["status:500", "status:500", "timeout", "-", "reset", "-"]
        );
    }

    #[test]
    fn a_rate_replaces_a_rate_and_repeats_with_its_seed() {
        let mut faults = ordered(&[
            r#"{"rate": 1, "kind": "reset"}"#,
            r#"{"rate": 0.5, "kind": "throttle", "seed": 3, "operation": "A"}"#,
        ]);
        let calls = ["A"; 40];
        let first = hits(&mut faults, &calls);
        assert!(first.contains(&"-".to_owned()) && first.contains(&"throttle".to_owned()));
        assert_eq!(hits(&mut faults, &["B", "B"]), ["-", "-"]);
        let mut again = ordered(&[r#"{"rate": 0.5, "kind": "throttle", "seed": 3, "operation": "A"}"#]);
        assert_eq!(hits(&mut again, &calls), first);
        faults.clear();
        assert_eq!(hits(&mut faults, &["A"]), ["-"]);
    }

    #[test]
    fn standing_orders_read_back() {
        let mut faults =
            ordered(&[r#"{"next": 2, "kind": "slow:50", "operation": "A"}"#, r#"{"rate": 0.5, "kind": "reset"}"#]);
        hits(&mut faults, &["A"]);
        assert_eq!(
            faults.standing(),
            json!({"faults": [
                {"next": 1, "kind": "slow:50", "operation": "A"},
                {"rate": 0.5, "kind": "reset", "operation": null},
            ]})
        );
    }

    #[test]
    fn bad_orders_say_what_is_wrong() {
        for (order, problem) in [
            ("", "the body is not a JSON object: EOF while parsing a value at line 1 column 0"),
            ("[]", "the body is not a JSON object: invalid type: sequence, expected a map at line 1 column 0"),
            (r#"{"next":1}"#, "`kind` must be given, as text"),
            (r#"{"next":1,"kind":5}"#, "`kind` must be given, as text"),
            (
                r#"{"next":1,"kind":"boom"}"#,
                "`boom` is none of status:<400-599>, throttle, throttle:<ms>, timeout, reset, lag, slow:<ms>, \
                 after-effect:<status:<400-599>|timeout|reset>",
            ),
            (r#"{"next":1,"kind":"status:200"}"#, "`status:200`: the status must be 400 to 599"),
            (r#"{"next":1,"kind":"status:x"}"#, "`status:x`: the status must be 400 to 599"),
            (r#"{"next":1,"kind":"slow:1s"}"#, "`1s` in `slow:` is no number of milliseconds up to 600000"),
            (r#"{"next":1,"kind":"slow:600001"}"#, "`600001` in `slow:` is no number of milliseconds up to 600000"),
            (r#"{"next":1,"kind":"throttle:-1"}"#, "`-1` in `throttle:` is no number of milliseconds up to 600000"),
            (
                r#"{"next":1,"kind":"after-effect:throttle"}"#,
                "`after-effect:throttle`: a throttled call is never executed",
            ),
            (
                r#"{"next":1,"kind":"after-effect:throttle:9"}"#,
                "`after-effect:throttle:9`: a throttled call is never executed",
            ),
            (r#"{"kind":"reset"}"#, "exactly one of `next` and `rate` must be given"),
            (r#"{"next":1,"rate":1,"kind":"reset"}"#, "exactly one of `next` and `rate` must be given"),
            (r#"{"next":0,"kind":"reset"}"#, "`next` must be a whole number, 1 or more"),
            (r#"{"next":-1,"kind":"reset"}"#, "`next` must be a whole number, 1 or more"),
            (r#"{"rate":1.5,"kind":"reset"}"#, "`rate` must be a number from 0 to 1"),
            (r#"{"rate":"1","kind":"reset"}"#, "`rate` must be a number from 0 to 1"),
            (r#"{"rate":1,"seed":-1,"kind":"reset"}"#, "`seed` must be a whole number, 0 or more"),
            (r#"{"next":1,"seed":1,"kind":"reset"}"#, "`seed` goes with `rate` only"),
            (r#"{"next":1,"kind":"reset","operation":1}"#, "`operation` must be text"),
            (r#"{"next":1,"kind":"reset","opertion":"A"}"#, "`opertion` is none of next, rate, kind, operation, seed"),
        ] {
            let mut faults = Faults::default();
            assert_eq!(faults.order(order.as_bytes()), Err(problem.to_owned()), "{order}");
            assert_eq!(faults.standing(), json!({"faults": []}));
        }
    }
}
