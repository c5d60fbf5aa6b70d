//! What happened, in order: every call with its verdict and its effect on state.

use alloc::collections::{BTreeMap, VecDeque};
use serde::Serialize;

/// How many entries are kept; the oldest go first.
pub const JOURNAL_ENTRIES: usize = 100_000;

/// How many bytes of parameter values are kept over all entries; the oldest go first.
pub const JOURNAL_BYTES: usize = 64 * 1024 * 1024;

/// One call of the vendor's surface. Calls of `/_emulator/` are not entered.
///
/// Serialized as the journal's JSON: the keys are these names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 1; starts again after a reset.
    pub seq: u64,
    /// When the call arrived, UTC, `2023-10-26T10:22:32.000Z`.
    pub time: String,
    /// The operation as the caller named it.
    pub operation: Option<String>,
    /// The operation's parameters, by wire name. Without the common ones (so without signature, nonce and token); values
    /// of sensitive parameters read `***`.
    pub parameters: BTreeMap<String, String>,
    /// The key the caller claims; whether the claim held is the verdict's matter.
    pub access_key_id: Option<String>,
    /// `rpc` or `acs3`.
    pub scheme: &'static str,
    /// The HTTP method.
    pub method: String,
    /// How the call was judged.
    pub verdict: Verdict,
    /// The id the answer carries. A replayed answer carries that of the first.
    pub request_id: String,
    /// The ClientToken, where the operation has one and the caller gave it.
    pub client_token: Option<String>,
    /// Whether the answer is the stored one of an earlier call with the same ClientToken.
    pub replayed: bool,
    /// The fault that hit the call, as it was ordered.
    pub fault: Option<String>,
    /// What the call changed.
    pub effect: Option<Effect>,
}

/// How a call was judged: what the caller was told, or would have been told had the fault let the answer through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// HTTP status; `None` where a fault left the call without an answer before it was judged.
    pub status: Option<u16>,
    /// The vendor's error code; `None` for a success.
    pub code: Option<String>,
}

/// A change of state: what `InShare` of an image was and is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The image's id.
    pub image: String,
    /// Before.
    pub from: bool,
    /// After; `None` where the image exists no more.
    pub to: Option<bool>,
}

/// The entries that are kept.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
    bytes: usize,
}

impl Journal {
    pub(crate) fn enter(&mut self, mut entry: Entry) {
        self.last += 1;
        entry.seq = self.last;
        self.bytes += weight(&entry);
        self.entries.push_back(entry);
        while self.entries.len() > JOURNAL_ENTRIES || self.bytes > JOURNAL_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    /// The highest number given so far.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip(self.entries.partition_point(|entry| entry.seq <= seq))
    }
}

fn weight(entry: &Entry) -> usize {
    let texts = [&entry.operation, &entry.access_key_id, &entry.client_token];
    entry.parameters.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        + texts.into_iter().flatten().map(String::len).sum::<usize>()
        + entry.method.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: &str) -> Entry {
        Entry {
            seq: 0,
            time: String::new(),
            operation: None,
            parameters: BTreeMap::from([("P".to_owned(), value.to_owned())]),
            access_key_id: None,
            scheme: "rpc",
            method: String::new(),
            verdict: Verdict { status: None, code: None },
            request_id: String::new(),
            client_token: None,
            replayed: false,
            fault: None,
            effect: None,
        }
    }

    fn seqs(journal: &Journal, after: u64) -> Vec<u64> {
        journal.after(after).map(|entry| entry.seq).collect()
    }

    #[test]
    fn entries_are_numbered_and_found_by_number() {
        let mut journal = Journal::default();
        for _ in 0..3 {
            journal.enter(entry(""));
        }
        assert_eq!(seqs(&journal, 0), [1, 2, 3]);
        assert_eq!(seqs(&journal, 2), [3]);
        assert!(seqs(&journal, 3).is_empty());
        assert!(seqs(&journal, u64::MAX).is_empty());
        assert_eq!(journal.last(), 3);
    }

    #[test]
    fn the_oldest_go_first_when_there_are_too_many() {
        let mut journal = Journal::default();
        for _ in 0..JOURNAL_ENTRIES + 2 {
            journal.enter(entry(""));
        }
        assert_eq!(journal.after(0).count(), JOURNAL_ENTRIES);
        assert_eq!(journal.after(0).next().unwrap().seq, 3);
    }

    #[test]
    fn the_oldest_go_first_when_they_are_too_big() {
        let mut journal = Journal::default();
        let value = "v".repeat(JOURNAL_BYTES / 4);
        for _ in 0..5 {
            journal.enter(entry(&value));
        }
        assert_eq!(seqs(&journal, 0), [3, 4, 5]);
    }
}
