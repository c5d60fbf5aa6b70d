//! The governor's lanes: kept in memory, and in tables for the instance that comes after this one.

use super::tables::Tables;
use crate::network::Result;
use core::cell::{Cell, RefCell};
use ops::{
    Wait,
    governor::{Lane, WORTH_TELLING_MS},
    record::Record,
};

#[derive(Default)]
pub(super) struct Lanes {
    held: RefCell<Vec<Held>>,
    /// Whether every lane somebody waits in is held.
    complete: Cell<bool>,
}

struct Held {
    name: String,
    lane: Lane,
    next_call: i64,
    /// Somebody may wait: looked up at the start, and after each that is served.
    waited_for: bool,
}

impl Lanes {
    fn with<R>(&self, tables: &Tables, name: &str, most: u32, work: impl FnOnce(&mut Held) -> R) -> Result<R> {
        let mut lanes = self.held.borrow_mut();
        if let Some(held) = lanes.iter_mut().find(|held| held.name == name) {
            return Ok(work(held));
        }
        let (calls, next_call) = tables.calls(name, most)?;
        let paused = tables.meta(&pause_key(name))?.and_then(|until| until.parse().ok()).unwrap_or_default();
        let mut lane = Lane::new(most, &calls, paused);
        let next = tables.next_in(name)?;
        // The turns go on where the instance before left them, or whoever comes now would go before all who wait.
        if let Some(turn) = next.as_ref().and_then(|record| record.turn) {
            lane.serve(turn.saturating_sub(1));
        }
        let mut held = Held { name: name.to_owned(), lane, next_call, waited_for: next.is_some() };
        let result = work(&mut held);
        lanes.push(held);
        Ok(result)
    }

    /// `None`: the call may begin at once. `Some`: the place in the order of turns to wait in.
    pub(super) fn turn(&self, tables: &Tables, record: &Record, most: u32, now_ms: i64) -> Result<Option<i64>> {
        let name = record.lane();
        if self.with(tables, name, most, |held| !held.waited_for && held.lane.is_free(now_ms))? {
            return Ok(None);
        }
        let last = tables.last_turn(&record.submission.actor.to_string(), name)?;
        self.with(tables, name, most, |held| {
            held.waited_for = true;
            Some(held.lane.turn(last))
        })
    }

    /// Whether a call that is a courtesy may begin at once.
    pub(super) fn is_quiet(&self, tables: &Tables, name: &str, most: u32, now_ms: i64) -> Result<bool> {
        self.with(tables, name, most, |held| !held.waited_for && held.lane.is_quiet(now_ms))
    }

    /// Counts a call that begins now. Part of the transaction that begins it.
    pub(super) fn take(&self, tables: &Tables, name: &str, most: u32, now_ms: i64) -> Result<()> {
        let n = self.with(tables, name, most, |held| {
            held.lane.take(now_ms);
            held.next_call = held.next_call.saturating_add(1);
            held.next_call.saturating_sub(1)
        })?;
        tables.add_call(name, n, now_ms, most)
    }

    /// The next one whose turn it is now.
    pub(super) fn serve(&self, tables: &Tables, name: &str, most: u32, now_ms: i64) -> Result<Option<Record>> {
        if !self.with(tables, name, most, |held| held.lane.is_free(now_ms))? {
            return Ok(None);
        }
        let next = tables.next_in(name)?;
        let turn = next.as_ref().and_then(|record| record.turn);
        self.with(tables, name, most, |held| {
            held.waited_for = next.is_some();
            held.lane.serve(turn.unwrap_or_default());
        })?;
        Ok(next)
    }

    /// When the next of those who wait in any lane may begin.
    pub(super) fn next_free(&self, tables: &Tables, most: u32, now_ms: i64) -> Result<Option<i64>> {
        if !self.complete.get() {
            // At the start it is not known who waits; from then on whoever begins to wait is noted.
            for name in tables.lanes()? {
                self.with(tables, &name, most, |_| ())?;
            }
            self.complete.set(true);
        }
        let lanes = self.held.borrow();
        Ok(lanes.iter().filter(|held| held.waited_for).map(|held| held.lane.free_at(0, now_ms)).min())
    }

    /// The lanes somebody may wait in.
    pub(super) fn waited_for(&self) -> Vec<String> {
        self.held.borrow().iter().filter(|held| held.waited_for).map(|held| held.name.clone()).collect()
    }

    /// The vendor wants no call in this lane before then.
    pub(super) fn pause(&self, tables: &Tables, name: &str, most: u32, until_ms: i64) -> Result<()> {
        if self.with(tables, name, most, |held| held.lane.pause(until_ms))? {
            tables.set_meta(&pause_key(name), &until_ms.to_string())?;
        }
        Ok(())
    }

    /// What a record waits for that is in its lane, where that is worth a word.
    pub(super) fn wait(&self, tables: &Tables, record: &Record, most: u32, now_ms: i64) -> Result<Option<Wait>> {
        if record.turn.is_none() {
            return Ok(None);
        }
        let before = tables.before(record)?;
        let free = self.with(tables, record.lane(), most, |held| held.lane.free_at(before, now_ms))?;
        let ms = free.saturating_sub(now_ms);
        Ok((ms > WORTH_TELLING_MS).then_some(Wait::Turn { before, ms }))
    }

    /// What is in memory may be ahead of the tables: a transaction failed.
    pub(super) fn forget(&self) {
        self.held.borrow_mut().clear();
        self.complete.set(false);
    }
}

fn pause_key(lane: &str) -> String {
    format!("paused until/{lane}")
}
