//! What must be remembered for a while and never without bound: nonces and client tokens.

use alloc::collections::VecDeque;
use core::{hash::Hash, time::Duration};
use std::{collections::HashMap, time::SystemTime};

/// A map that forgets: each entry after its time, and the oldest ones when there are too many.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    keep: Duration,
    most: usize,
    entries: HashMap<K, V>,
    /// Keys with the time of their end, oldest first: every entry is kept for the same time.
    ends: VecDeque<(SystemTime, K)>,
}

impl<K: Clone + Eq + Hash, V> Memory<K, V> {
    pub(crate) fn new(keep: Duration, most: usize) -> Self {
        Self { keep, most, entries: HashMap::new(), ends: VecDeque::new() }
    }

    pub(crate) fn recall(&mut self, now: SystemTime, key: &K) -> Option<&V> {
        self.forget(now);
        self.entries.get(key)
    }

    /// Remembers from now on. What is already remembered under this key stays as it is, and for as long as it was to.
    pub(crate) fn remember(&mut self, now: SystemTime, key: K, value: V) {
        self.forget(now);
        if let std::collections::hash_map::Entry::Vacant(entry) = self.entries.entry(key.clone()) {
            entry.insert(value);
            self.ends.push_back((now.checked_add(self.keep).unwrap_or(now), key));
        }
        while self.entries.len() > self.most {
            self.forget_oldest();
        }
    }

    fn forget(&mut self, now: SystemTime) {
        while self.ends.front().is_some_and(|(end, _)| *end <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.ends.pop_front() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn entries_end_with_their_time() {
        let mut memory = Memory::new(Duration::from_secs(10), 5);
        memory.remember(at(0), "a", 1);
        memory.remember(at(5), "b", 2);
        memory.remember(at(9), "a", 3);
        assert_eq!(memory.recall(at(9), &"a"), Some(&1));
        assert_eq!(memory.recall(at(10), &"a"), None);
        assert_eq!(memory.recall(at(14), &"b"), Some(&2));
        assert_eq!(memory.recall(at(15), &"b"), None);
        assert_eq!((memory.entries.len(), memory.ends.len()), (0, 0));
    }

    #[test]
    fn the_oldest_go_first() {
        let mut memory = Memory::new(Duration::from_secs(10), 2);
        for key in 0..4 {
            memory.remember(at(key), key, ());
        }
        assert_eq!(memory.recall(at(4), &1), None);
        assert_eq!(memory.recall(at(4), &2), Some(&()));
        assert_eq!(memory.recall(at(4), &3), Some(&()));
        assert_eq!((memory.entries.len(), memory.ends.len()), (2, 2));
    }
}
