//! Whose turn it is: so many calls of one operation a minute, shared fairly among people.

use alloc::{collections::VecDeque, vec::Vec};

/// A minute as the vendor counts it, and some time for a call to get there: two calls a minute apart here may arrive closer.
const WINDOW_MS: i64 = 62_000;

/// Waiting longer than this is worth a word.
pub const WORTH_TELLING_MS: i64 = 3_000;

/// The turns of one operation of one account.
#[derive(Debug)]
pub struct Lane {
    most: usize,
    /// When calls began, oldest first, no more than `most`.
    calls: VecDeque<i64>,
    paused_until_ms: i64,
    served: i64,
}

impl Lane {
    /// A lane of `most` calls a minute that remembers when the last ones began, newest first.
    #[must_use]
    pub fn new(most: u32, newest_first: &[i64], paused_until_ms: i64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        let calls = newest_first.iter().take(most).rev().copied().collect();
        Self { most, calls, paused_until_ms, served: 0 }
    }

    /// The moment the one in this place of the queue, counted from 0, may begin; not before `now_ms`.
    #[must_use]
    pub fn free_at(&self, place: usize, now_ms: i64) -> i64 {
        let (rounds, place) = (place / self.most, place % self.most);
        let unused = self.most.saturating_sub(self.calls.len());
        let since = match place.checked_sub(unused) {
            None => now_ms.saturating_sub(WINDOW_MS),
            // A clock that has been set back must not keep anybody waiting for longer than a window.
            Some(oldest) => self.calls.get(oldest).copied().unwrap_or(now_ms).min(now_ms),
        };
        let rounds = i64::try_from(rounds).unwrap_or(i64::MAX).saturating_add(1);
        since.saturating_add(WINDOW_MS.saturating_mul(rounds)).max(self.paused_until_ms).max(now_ms)
    }

    /// Whether a call may begin now.
    #[must_use]
    pub fn is_free(&self, now_ms: i64) -> bool {
        self.free_at(0, now_ms) <= now_ms
    }

    /// Whether more than half of the turns are free: enough for what is a courtesy.
    #[must_use]
    pub fn is_quiet(&self, now_ms: i64) -> bool {
        // One turn for the courtesy, and one must be left.
        self.free_at((self.most / 2).max(1), now_ms) <= now_ms
    }

    /// Counts a call that begins now.
    pub fn take(&mut self, now_ms: i64) {
        if self.calls.len() >= self.most {
            self.calls.pop_front();
        }
        self.calls.push_back(now_ms);
    }

    /// Nothing begins before then. `true`: that is news.
    pub fn pause(&mut self, until_ms: i64) -> bool {
        let longer = until_ms > self.paused_until_ms;
        self.paused_until_ms = self.paused_until_ms.max(until_ms);
        longer
    }

    /// The place in the order of turns for a person whose last waiting command has that turn: a person's first goes before
    /// everybody's second (start-time fair queueing, Goyal, Vin and Cheng 1996).
    #[must_use]
    pub fn turn(&self, last_of_person: Option<i64>) -> i64 {
        self.served.max(last_of_person.unwrap_or_default()).saturating_add(1)
    }

    /// Remembers the turn that was served last.
    pub fn serve(&mut self, turn: i64) {
        self.served = self.served.max(turn);
    }

    /// When the calls it remembers began, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<i64> {
        self.calls.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn no_window_of_a_minute_holds_more_calls_than_allowed() {
        let mut lane = Lane::new(10, &[], 0);
        let (mut now, mut began) = (NOW, Vec::new());
        for round in 0..100 {
            now = lane.free_at(0, now) + i64::from(round % 7 == 0) * 1_234;
            lane.take(now);
            began.push(now);
        }
        for window in began.windows(11) {
            assert!(window[10] - window[0] >= 60_000, "{window:?}");
        }
        // And none is held back for nothing: ten a window.
        assert!(now - NOW <= 10 * (WINDOW_MS + 3 * 1_234));
    }

    #[test]
    fn places_are_told_as_they_will_be_served() {
        let mut lane = Lane::new(2, &[NOW - 1_000, NOW - 50_000], 0);
        let told: Vec<_> = (0..5).map(|place| lane.free_at(place, NOW)).collect();
        let mut served = Vec::new();
        let mut now = NOW;
        for _ in 0..5 {
            now = lane.free_at(0, now);
            lane.take(now);
            served.push(now);
        }
        assert_eq!(told, served);
        assert_eq!(told[0], NOW + 12_000);
    }

    #[test]
    fn what_began_before_a_restart_counts() {
        let mut lane = Lane::new(3, &[], 0);
        for at in [NOW, NOW + 1, NOW + 2] {
            assert!(lane.is_free(at));
            lane.take(at);
        }
        assert!(!lane.is_free(NOW + 3));
        let newest_first: Vec<_> = lane.calls().into_iter().rev().collect();
        assert_eq!(Lane::new(3, &newest_first, 0).free_at(0, NOW + 3), NOW + WINDOW_MS);
        assert!(Lane::new(4, &newest_first, 0).is_free(NOW + 3));
        assert_eq!(Lane::new(2, &newest_first, 0).free_at(0, NOW + 3), NOW + 1 + WINDOW_MS);
    }

    #[test]
    fn a_pause_holds_everybody_and_only_grows() {
        let mut lane = Lane::new(10, &[], 0);
        assert!(lane.pause(NOW + 30_000));
        assert!(!lane.pause(NOW + 10_000));
        assert_eq!(lane.free_at(0, NOW), NOW + 30_000);
        assert!(lane.is_free(NOW + 30_000));
    }

    #[test]
    fn a_clock_set_back_keeps_nobody_waiting_longer_than_a_window() {
        let lane = Lane::new(1, &[NOW + 3_600_000], 0);
        assert_eq!(lane.free_at(0, NOW), NOW + WINDOW_MS);
    }

    #[test]
    fn one_person_with_many_does_not_keep_another_waiting() {
        let mut lane = Lane::new(10, &[], 0);
        let mut first = Vec::new();
        for _ in 0..4 {
            first.push(lane.turn(first.last().copied()));
        }
        assert_eq!(first, [1, 2, 3, 4]);
        lane.serve(1);
        lane.serve(2);
        assert_eq!(lane.turn(None), 3, "the newcomer's first is level with the other's third");
        assert_eq!(lane.turn(Some(3)), 4);
    }

    #[test]
    fn half_of_the_turns_is_quiet() {
        let mut lane = Lane::new(10, &[], 0);
        let mut quiet = 0;
        while lane.is_quiet(NOW) {
            lane.take(NOW);
            quiet += 1;
        }
        assert_eq!(quiet, 5);
        assert!(!Lane::new(1, &[], 0).is_quiet(NOW));
    }
}
