//! What falls on the programs while people work: faults upstream, kills of workerd, follow-ups that are not taken.

use super::{
    evidence::{Arrival, Blow, Evidence},
    random::Stream,
    stage::Stage,
};
use crate::chat::inbox::{FollowUp, Reception, listen};
use alloc::sync::Arc;
use anyhow::Result;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use serde_json::json;
use std::sync::{
    Mutex, PoisonError,
    mpsc::{Receiver, RecvTimeoutError},
};

/// How late a follow-up is taken at most.
pub(crate) const LATEST_MS: u64 = 1_500;

/// Orders faults of one kind after the other until `end` closes, then takes all back.
///
/// # Errors
/// The emulator does not take an order.
pub(crate) fn faults(stage: &Stage, evidence: &Evidence, seed: u64, end: &Receiver<()>) -> Result<()> {
    let mut stream = Stream::of(seed, "faults");
    loop {
        let slow = format!("slow:{}", stream.between(100..=1_500));
        // Kind, its share, the most of a hundred calls it hits, the most calls in a row. A call that is never answered
        // costs its command ten seconds.
        let kinds: [(u64, (&str, u64, u64)); 9] = [
            (20, ("status:500", 35, 12)),
            (10, ("status:503", 35, 12)),
            (4, ("status:502", 25, 6)),
            (20, ("throttle", 40, 12)),
            (20, ("reset", 35, 12)),
            (15, ("after-effect:reset", 35, 12)),
            (10, ("after-effect:status:500", 30, 8)),
            (12, (&slow, 50, 12)),
            (5, ("timeout", 3, 2)),
        ];
        let Some((kind, rate, row)) = stream.weighted(&kinds) else { return Ok(()) };
        let rate = stream.between(1..=rate);
        #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
        let mut orders =
            vec![json!({"rate": rate as f64 / 100.0, "kind": kind, "seed": stream.between(0..=u32::MAX.into())})];
        if stream.percent(40) {
            orders.push(json!({"next": stream.between(1..=row), "kind": kind}));
        }
        // What is left of a row would fall on calls long after.
        stage.emulator("DELETE", "faults", "")?;
        for order in orders {
            evidence.struck(Blow { at: evidence.now(), what: order.to_string(), kill_until: None });
            stage.emulator("POST", "faults", &order.to_string())?;
        }
        if !wait(end, stream.between(300..=1_500)) {
            stage.emulator("DELETE", "faults", "")?;
            return Ok(());
        }
    }
}

/// Kills workerd again and again until `end` closes: after half to one and a half times so long.
///
/// # Errors
/// It does not come back.
pub(crate) fn kills(stage: &Stage, evidence: &Evidence, seed: u64, every: Duration, end: &Receiver<()>) -> Result<()> {
    let mut stream = Stream::of(seed, "kills");
    let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
    while wait(end, stream.between(every / 2..=every + every / 2)) {
        let at = evidence.now();
        stage.kill_workerd()?;
        let kill_until = Some(evidence.now());
        evidence.struck(Blow { at, what: "kill -9 workerd".to_owned(), kill_until });
    }
    Ok(())
}

/// Waits; `false`: it is over.
fn wait(end: &Receiver<()>, milliseconds: u64) -> bool {
    end.recv_timeout(Duration::from_millis(milliseconds)) == Err(RecvTimeoutError::Timeout)
}

/// Where follow-ups come to.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// Its address.
    pub(crate) address: String,
    fair: Arc<AtomicBool>,
}

impl Inbox {
    /// Takes most follow-ups, some late; refuses some for now and leaves some without an answer, unless it is [fair](Self::set_fair).
    ///
    /// # Errors
    /// No port is free.
    pub(crate) fn open(evidence: &Arc<Evidence>, seed: u64) -> Result<Self> {
        let fair = Arc::new(AtomicBool::new(false));
        let (clear, evidence) = (Arc::clone(&fair), Arc::clone(evidence));
        let stream = Mutex::new(Stream::of(seed, "follow-ups"));
        let address = listen(0, move |FollowUp { path, outcome, body }| {
            let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            let kinds = [(78, (200, 0)), (10, (200, 1)), (6, (500, 0)), (4, (429, 0)), (2, (504, 8_000))];
            let (status, after) = stream.weighted(&kinds).unwrap_or((200, 0));
            let late = stream.between(50..=LATEST_MS);
            drop(stream);
            let (status, after) = match (clear.load(Ordering::Relaxed), after) {
                (true, _) => (200, 0),
                (false, 1) => (status, late),
                (false, after) => (status, after),
            };
            match Arrival::read(evidence.now(), &path, outcome, body, status) {
                Some(arrival) => {
                    evidence.arrived(arrival);
                    Reception { status, after: Duration::from_millis(after), body: "" }
                }
                None => Reception { status: 404, after: Duration::ZERO, body: "" },
            }
        })?;
        Ok(Self { address, fair })
    }

    /// Whether all are taken at once from now on.
    pub(crate) fn set_fair(&self, fair: bool) {
        self.fair.store(fair, Ordering::Relaxed);
    }
}
