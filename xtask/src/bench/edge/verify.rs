//! What it costs to look at a delivery that somebody else has signed: all of its signature is computed and nothing comes after.
//! What a request costs anyway, its log line too, shows the one that lacks its header.

use super::{
    Bench, Entrant,
    contestant::Contestant,
    load,
    table::{self, Spread},
};
use crate::{
    chat::{Platform, Saying},
    dev::secrets::{self, Secrets},
};
use anyhow::{Context as _, Result};
use clap::ValueEnum as _;
use std::time::SystemTime;

/// Requests under way at once: what is asked for is the processors' time, which more of them do not change.
const CONNECTIONS: usize = 4;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let others = secrets::random()?;
    for contestant in bench.ours("")? {
        compare(bench, &contestant, &others)?;
        drop(contestant.end());
    }
    Ok(())
}

fn compare(bench: &Bench<'_>, contestant: &Contestant, others: &Secrets) -> Result<()> {
    // `None` first: the one without a header.
    let what: Vec<Option<Platform>> =
        [None].into_iter().chain(Platform::value_variants().iter().copied().map(Some)).collect();
    let entrant = |what: &Option<Platform>| {
        let what = *what;
        Entrant::new(contestant, |answer| answer.status == 401, move |count| forged(bench, others, what, count))
    };
    let load_before = table::machine_load();
    let turns = bench.race(&what.iter().map(entrant).collect::<Vec<_>>(), CONNECTIONS)?;
    let (name, rounds) = (&contestant.name, bench.arguments.rounds);
    bench.report.say(&format!("Refused by {name}; {CONNECTIONS} at once, {rounds} rounds; {load_before}"));
    let mut rows = vec![["", "requests/s", "processor µs", "of these for the signature"].map(str::to_owned).to_vec()];
    let bare = turns.first().map(|turns| turns.processor.clone()).unwrap_or_default();
    for (what, turns) in what.iter().zip(&turns) {
        let more = turns.processor.iter().zip(&bare).map(|(this, bare)| this - bare);
        rows.push(vec![
            what.map_or("without a signature", Platform::name).to_owned(),
            Spread::of(turns.rate.iter().copied()).shown(0),
            Spread::of(turns.processor.iter().copied()).shown(0),
            what.map(|_| Spread::of(more).shown(0)).unwrap_or_default(),
        ]);
    }
    bench.report.table(&rows);
    Ok(())
}

/// Signed now with another's key. Feishu's is decrypted as well where the key is right, so there it is the token that is not.
fn forged(bench: &Bench<'_>, others: &Secrets, what: Option<Platform>, count: usize) -> Result<Vec<Vec<u8>>> {
    let platform = what.unwrap_or(Platform::Slack);
    let ours = if platform == Platform::Feishu { &bench.secrets } else { others };
    let key = ours.get(platform.key()).context("there is no key to sign with")?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let saying = Saying {
        user: "U1",
        channel: "C1",
        team: "T1",
        text: "share m-bp1e79zktg26n2b0001 cn-hangzhou",
        response_url: Some("https://hooks.slack.com/commands/T0001/1/x"),
        now: now.as_secs(),
        nonce: &format!("{:x}", now.as_nanos()),
        token: "another",
        press: false,
    };
    let mut delivery = platform.delivery(&saying, key)?;
    if what.is_none() {
        delivery.headers.clear();
    }
    Ok(vec![load::request("POST", &platform.path(), &delivery.headers, &delivery.body); count])
}
