//! What is seen from outside while it happens: deliveries and their answers, follow-ups, kills, faults, calls.

use crate::chat::{Platform, confirmation};
use serde_json::Value;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Why something is delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Purpose {
    /// The errand itself, or the same delivery again.
    Ask,
    /// A confirmation by who may.
    Confirm,
    /// A cancellation by who may.
    Cancel,
    /// Something that must have no effect.
    Trespass,
    /// A question that nothing hangs on.
    Look,
}

/// One request to the Worker and what came of it. Times are milliseconds since the start.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The errand's name.
    pub(crate) errand: String,
    /// Why it was sent.
    pub(crate) purpose: Purpose,
    /// Tells the delivery: exchanges with one nonce are one delivery, sent again.
    pub(crate) nonce: String,
    /// When it was sent.
    pub(crate) sent: u64,
    /// When it was answered or given up.
    pub(crate) ended: u64,
    /// What came back.
    pub(crate) heard: Heard,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// An answer.
    Answer(Answer),
    /// None: the connection broke or nobody answered in time.
    Lost(String),
    /// None: the sender did not wait for it.
    Left,
}

/// An answer as a person reads it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// What kind of news it says it is.
    pub(crate) outcome: Option<String>,
    /// The body as it came.
    pub(crate) raw: String,
    /// What a person reads.
    pub(crate) shown: String,
}

impl Answer {
    /// What somebody must type for the command to go on.
    pub(crate) fn code(&self) -> Option<&str> {
        confirmation(&self.shown)?.strip_prefix("confirm ")
    }

    /// The command it speaks of.
    pub(crate) fn command(&self) -> Option<&str> {
        command(&self.shown)
    }

    /// Whether it is this kind of news.
    pub(crate) fn is(&self, outcome: &str) -> bool {
        self.outcome.as_deref() == Some(outcome)
    }

    /// Whether it tells how the command ended.
    pub(crate) fn is_final(&self) -> bool {
        let ends = ["success", "failure", "information", "refusal"];
        self.command().is_some() && ends.iter().any(|outcome| self.is(outcome))
    }

    /// Whether the sender knows what became of the delivery. If not, whoever delivers again does right.
    pub(crate) fn is_definite(&self) -> bool {
        match self.status {
            200 => !self.is("failure") || self.command().is_some(),
            status => status < 500,
        }
    }
}

impl Exchange {
    /// The answer, if there was one.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        match &self.heard {
            Heard::Answer(answer) => Some(answer),
            Heard::Lost(_) | Heard::Left => None,
        }
    }
}

/// The id in the line `Command: …`.
pub(crate) fn command(shown: &str) -> Option<&str> {
    shown.lines().find_map(|line| line.strip_prefix("Command: "))
}

/// A follow-up at our own address.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// When.
    pub(crate) at: u64,
    /// The nonce of the delivery whose way back it came.
    pub(crate) nonce: String,
    /// What kind of news it says it is.
    pub(crate) outcome: Option<String>,
    /// The body as it came.
    pub(crate) raw: String,
    /// What a person reads.
    pub(crate) shown: String,
    /// What we answered.
    pub(crate) status: u16,
}

impl Arrival {
    /// Reads what was sent to `/<platform>/<nonce>`; `None`: to no address of ours.
    pub(crate) fn read(at: u64, path: &str, outcome: Option<String>, raw: String, status: u16) -> Option<Self> {
        let (name, nonce) = path.strip_prefix('/')?.split_once('/')?;
        let platform = Platform::of_name(name)?;
        Some(Self { at, nonce: nonce.to_owned(), outcome, shown: platform.shown(&raw), raw, status })
    }
}

/// A call the vendor's side saw.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its place in the order of all.
    pub(crate) seq: u64,
    /// When it was seen in the journal.
    pub(crate) at: u64,
    /// Operation name.
    pub(crate) operation: String,
    /// The image it names.
    pub(crate) image: Option<String>,
    /// What tells a repetition.
    pub(crate) client_token: Option<String>,
    /// The id in the answer.
    pub(crate) request_id: String,
    /// Whether it was carried out, now or in the call it repeats.
    pub(crate) done: bool,
    /// The fault that hit it.
    pub(crate) fault: Option<String>,
    /// Whether it changed something.
    pub(crate) effect: bool,
}

impl Call {
    /// Reads an entry of the emulator's journal.
    pub(crate) fn read(at: u64, entry: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            at,
            seq: entry["seq"].as_u64()?,
            operation: text(&entry["operation"])?,
            image: text(&entry["parameters"]["ImageId"]),
            client_token: text(&entry["client_token"]),
            request_id: text(&entry["request_id"])?,
            done: entry["verdict"]["status"] == 200,
            fault: text(&entry["fault"]),
            effect: !entry["effect"].is_null(),
        })
    }
}

/// What was done to the programs.
#[derive(Clone, Debug)]
pub(crate) struct Blow {
    /// When.
    pub(crate) at: u64,
    /// What, in words.
    pub(crate) what: String,
    /// Whether it was a kill of workerd; until when nobody answered then.
    pub(crate) kill_until: Option<u64>,
}

/// All of it, written by many threads.
#[derive(Debug)]
pub(crate) struct Evidence {
    started: Instant,
    exchanges: Mutex<Vec<Exchange>>,
    arrivals: Mutex<Vec<Arrival>>,
    blows: Mutex<Vec<Blow>>,
}

/// All of it, once nothing more comes.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Requests, by the time they were sent.
    pub(crate) exchanges: Vec<Exchange>,
    /// Follow-ups as they came.
    pub(crate) arrivals: Vec<Arrival>,
    /// Kills and faults as they fell.
    pub(crate) blows: Vec<Blow>,
}

impl Evidence {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            exchanges: Mutex::default(),
            arrivals: Mutex::default(),
            blows: Mutex::default(),
        }
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn exchanged(&self, exchange: Exchange) {
        lock(&self.exchanges).push(exchange);
    }

    pub(crate) fn arrived(&self, arrival: Arrival) {
        lock(&self.arrivals).push(arrival);
    }

    pub(crate) fn struck(&self, blow: Blow) {
        lock(&self.blows).push(blow);
    }

    /// How many requests have been answered or given up, and how many follow-ups have come.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (lock(&self.exchanges).len(), lock(&self.arrivals).len())
    }

    /// A copy, in order.
    pub(crate) fn seen(&self) -> Seen {
        let mut exchanges = lock(&self.exchanges).clone();
        exchanges.sort_by_key(|exchange| exchange.sent);
        Seen { exchanges, arrivals: lock(&self.arrivals).clone(), blows: lock(&self.blows).clone() }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, outcome: &str, shown: &str) -> Answer {
        Answer { status, outcome: Some(outcome.to_owned()), raw: String::new(), shown: shown.to_owned() }
    }

    #[test]
    fn an_answer_says_what_became_of_the_delivery() {
        let done = answer(200, "success", "Done: share m-1\nCommand: C2AHN1YFF609");
        assert_eq!((done.command(), done.is_final(), done.is_definite()), (Some("C2AHN1YFF609"), true, true));
        let question = answer(200, "waiting", "Please confirm: x\nconfirm 82DN8NZEVZ3E\nCommand: DQHCNV8YVRA3");
        assert_eq!((question.code(), question.is_final(), question.is_definite()), (Some("82DN8NZEVZ3E"), false, true));
        let unclear = answer(200, "failure", "The command could not be confirmed as recorded\nstatus DQHCNV8YVRA3");
        assert_eq!((unclear.command(), unclear.is_final(), unclear.is_definite()), (None, false, false));
        assert!(!answer(503, "", "").is_definite() && answer(401, "", "").is_definite());
    }

    #[test]
    fn follow_ups_are_told_by_their_address() {
        let read = |path: &str| Arrival::read(1, path, None, r#"{"text":"a"}"#.to_owned(), 200);
        let arrival = read("/slack/0a").unwrap();
        assert_eq!((arrival.nonce.as_str(), arrival.shown.as_str()), ("0a", "a"));
        assert!(read("/irc/0a").is_none() && read("/slack").is_none());
    }
}
