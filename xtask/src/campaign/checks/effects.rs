//! What happened at the vendor's side.

use super::{Case, Finding};
use crate::campaign::evidence::Call;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

/// Effects are those of commands that say Succeeded, once each; nothing is sent for a command that was not let go.
pub(super) fn once(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("effects are those of succeeded commands, once each");
    let mut by_token: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    let ids: BTreeSet<&str> = case.known.calls.iter().map(|call| &*call.request_id).collect();
    for call in &case.known.calls {
        if let Some(token) = &call.client_token {
            by_token.entry(token).or_default().push(call);
        } else if call.effect {
            finding.wrong.push(format!("call {} had an effect and carries no ClientToken", call.seq));
        }
    }
    let (mut effects, mut already, mut unchanged, mut repeated, mut doubled) = (0, 0, 0, 0, 0);
    for (story, command) in case.accepted() {
        let Some(token) = &command.client_token else {
            if story.errand.writes() {
                finding.wrong.push(format!("{}: {} has no ClientToken", story.errand.name, command.id));
            }
            continue;
        };
        let calls = by_token.remove(&**token).unwrap_or_default();
        let changed = calls.iter().filter(|call| call.effect).count();
        let done = calls.iter().filter(|call| call.done).count();
        effects += changed;
        let said_already = command.seen.as_deref() == Some("AlreadyThere");
        already += usize::from(said_already);
        unchanged += usize::from(done > 0 && changed == 0);
        repeated += done.saturating_sub(1);
        let (most, needed, sent) = match command.state.as_str() {
            "Succeeded" if said_already => (0, false, true),
            "Succeeded" => (1, true, true),
            "Failed" => (0, false, true),
            _ => (0, false, false),
        };
        let mut wrong = |what: &str| {
            finding.wrong.push(format!("{}: {} is {} and {what}", story.errand.name, command.id, command.state));
        };
        if changed > most {
            doubled += 1;
            wrong(&format!("had {changed} effects"));
        }
        if needed && done == 0 {
            wrong("was never carried out");
        }
        if command.request_id.as_deref().is_some_and(|id| !ids.contains(id)) {
            wrong("names a RequestId that the vendor has never given");
        }
        if !sent && !calls.is_empty() {
            wrong(&format!("was sent {} times", calls.len()));
        }
        if calls.iter().any(|call| call.image.as_deref() != Some(&story.errand.image)) {
            wrong("was carried out on another image");
        }
    }
    for (token, calls) in by_token {
        let effects = calls.iter().filter(|call| call.effect).count();
        finding.wrong.push(format!("{} calls, {effects} effects of no accepted command ({token})", calls.len()));
    }
    finding.count("calls", case.known.calls.len());
    finding.count("effects", effects);
    finding.count("said to be so already", already);
    finding.count("carried out without a change", unchanged);
    finding.count("repetitions without effect", repeated);
    finding.count("doubled", doubled);
    finding
}

/// A minute as the vendor counts it, less what it takes us to see a call.
const WINDOW_MS: u64 = 59_000;

/// No minute has more calls of one operation than the governor lets through.
pub(super) fn governed(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("no more calls a minute than allowed");
    for (limit, from, to) in &case.known.limits {
        let mut operations: BTreeMap<&str, VecDeque<u64>> = BTreeMap::new();
        let mut most = 0;
        for call in case.known.calls.iter().filter(|call| (*from..=*to).contains(&call.at)) {
            let window = operations.entry(&call.operation).or_default();
            window.push_back(call.at);
            while window.front().is_some_and(|first| first + WINDOW_MS < call.at) {
                window.pop_front();
            }
            most = most.max(window.len());
            if window.len() > *limit {
                finding.wrong.push(format!("{} {} in the minute before {} ms", window.len(), call.operation, call.at));
            }
        }
        finding.count("allowed", *limit);
        finding.count("most in a minute", most);
    }
    finding
}
