//! A write that waits for a confirmation: stored with its row of the audit and its alarm before it is answered, and no call.

use super::{Bench, Entrant, contestant::Contestant, deliveries, load::Answer};
use crate::chat::{OUTCOME, Platform};
use anyhow::Result;

/// Whoever signs may ask for everything, and everything waits for a confirmation.
pub(super) const VARS: &str = r#"
FOLLOW_UP_HOSTS = "127.0.0.1"
[[POLICY.allow]]
who = ["standard:*"]
where = ["standard:*"]
operations = ["*"]
confirm = "always"
"#;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let ours = bench.ours(VARS)?;
    let bare = bench.peer("bare-do", "")?;
    let signed = |count| deliveries(bench, count);
    let mut entrants: Vec<_> = ours.iter().map(|contestant| Entrant::new(contestant, is_waiting, signed)).collect();
    entrants.push(Entrant::new(&bare, is_accepted, signed));
    bench.compete("Accepted durably", entrants)?;
    ours.into_iter().chain([bare]).map(Contestant::end).for_each(drop);
    Ok(())
}

pub(super) fn is_waiting(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.header(OUTCOME) == Some("waiting")
}

/// As `bench/peers/bare-do` answers.
pub(super) fn is_accepted(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.body == b"accepted"
}

pub(super) fn deliveries(bench: &Bench<'_>, count: usize) -> Result<Vec<Vec<u8>>> {
    let words = |_| format!("share {} cn-hangzhou", deliveries::IMAGE);
    deliveries::said(&bench.secrets, Platform::Standard, count, &words, None)
}
