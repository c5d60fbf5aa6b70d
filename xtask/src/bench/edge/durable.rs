//! A write that waits for a confirmation: stored with its row of the audit and its alarm before it is answered, and no call.

use super::{Bench, Entrant, contestant::Contestant, load};
use crate::chat::{OUTCOME, Platform, Saying};
use anyhow::{Context as _, Result};
use std::time::SystemTime;

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
    let bare = bench.peer("bare-do")?;
    let mut entrants: Vec<_> = ours.iter().map(|contestant| Entrant { contestant, right: is_waiting }).collect();
    entrants.push(Entrant { contestant: &bare, right: |answer| answer.status == 200 && answer.body == b"accepted" });
    bench.compete("Accepted durably", &entrants, &|count| deliveries(bench, count))?;
    ours.into_iter().chain([bare]).map(Contestant::end).for_each(drop);
    Ok(())
}

pub(super) fn is_waiting(answer: &load::Answer<'_>) -> bool {
    answer.status == 200 && answer.header(OUTCOME) == Some("waiting")
}

/// Signed now, each another delivery.
pub(super) fn deliveries(bench: &Bench<'_>, count: usize) -> Result<Vec<Vec<u8>>> {
    let secret = bench.secrets.get(Platform::Standard.secret()).context("there is no secret for the deliveries")?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let delivery = |number: usize| {
        let saying = Saying {
            user: "U1",
            channel: "C1",
            team: "T1",
            text: "share m-bp1e79zktg26n2b0001 cn-hangzhou",
            response_url: None,
            now: now.as_secs(),
            nonce: &format!("{:x}{number:06x}", now.as_nanos()),
            token: "",
            press: false,
        };
        let delivery = Platform::Standard.delivery(&saying, secret)?;
        Ok(load::request("POST", &Platform::Standard.path(), &delivery.headers, &delivery.body))
    };
    (0..count).map(delivery).collect()
}
