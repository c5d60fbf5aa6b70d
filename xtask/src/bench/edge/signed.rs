//! What needs no ledger: verified, allowed and signed; verified and answered; refused; the check of the address.
//!
//! The Worker signs in its ledger only, so for the first the same crates stand alone, in `bench/peers/signs`.

use super::{
    Bench, Entrant, Raced,
    contestant::{Contestant, Program},
    deliveries::{self, CHALLENGE},
    load::Answer,
    report::Target,
    rivals::{Emulator, vars},
};
use crate::{dev::secrets, http};
use alloc::collections::BTreeMap;
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use ureq::http::Method;

/// So many signed requests of each contestant are sent on to the emulator.
const SAMPLE: usize = 64;

pub(super) fn run(bench: &Bench<'_>) -> Result<()> {
    let emulator = Emulator::start(bench)?;
    let variables =
        |scheme: &str| vars(&emulator.address, &format!("SIGNATURE_SCHEME = \"{scheme}\"\nSEND = \"no\"\n"));
    let start =
        |name: &str, peer: &str, vars: &str| bench.start(&Program::peer(peer, vars, &bench.secrets)?.with(name, "")?);
    let signers = [
        start("opshook's crates, ACS3", "signs", &variables("acs3"))?,
        start("opshook's crates, RPC", "signs", &variables("rpc"))?,
        start("hono, ACS3", "hono", &variables("acs3"))?,
        start("hono, RPC", "hono", &variables("rpc"))?,
    ];
    for signer in &signers {
        sample(bench, signer).with_context(|| format!("{} signs what is not accepted", signer.name))?;
    }
    let floors = [start("Rust hello", "rust-hello", "")?, start("TypeScript hello", "ts-hello", "")?];
    let slack = |count| deliveries::slack(&bench.secrets, count);
    let mut entrants: Vec<_> = signers.iter().map(|signer| Entrant::new(signer, is_signed, slack)).collect();
    entrants.extend(floors.iter().map(|floor| Entrant::new(floor, is_hello, slack)));
    let raced = bench.compete("Verified, allowed and signed, not sent", entrants)?;
    for raced in &raced {
        for (ours, theirs, scheme) in [(0, 2, "ACS3"), (1, 3, "RPC")] {
            bench.judge(raced, &format!("verify, policy and {scheme} ÷ hono"), Target::AtLeast(1.5), ours, theirs);
        }
    }

    let vars = variables("acs3");
    let ours = bench.ours(&vars)?;
    let [_, _, hono, ..] = &signers;
    let app = start("slack-cloudflare-workers", "slack-sdk", &vars)?;
    let all: Vec<&Contestant> = ours.iter().chain([hono, &app]).collect();

    let help =
        |count| deliveries::said(&bench.secrets, crate::chat::Platform::Slack, count, &|_| "help".to_owned(), None);
    let entrants: Vec<_> = all.iter().map(|contestant| Entrant::new(contestant, is_help, help)).collect();
    bench.compete("Verified and answered: help", entrants)?;

    // Hono signs, as before, and what has to be refused is signed by somebody else.
    let others = secrets::random()?;
    let forged = |count| deliveries::slack(&others, count);
    let mut entrants: Vec<_> = all.iter().map(|contestant| Entrant::new(contestant, is_refused, forged)).collect();
    let accepts = entrants.len();
    entrants.push(Entrant { name: "hono, ACS3, genuine".to_owned(), ..Entrant::new(hono, is_signed, slack) });
    for raced in bench.compete("Forged, and refused", entrants)? {
        let Raced { connections, .. } = raced;
        let what = format!("a forged delivery refused ÷ one accepted by hono, {connections} at once");
        bench.report.target(&what, Target::AtLeast(2.0), raced.ratio(0, accepts), 2);
    }

    let handshakes = |count| deliveries::handshakes(bench, count);
    let mut entrants: Vec<_> =
        all.iter().map(|contestant| Entrant::new(contestant, is_handshake, handshakes)).collect();
    entrants.extend(floors.iter().map(|floor| Entrant::new(floor, is_hello, handshakes)));
    bench.compete("The check of the address: url_verification", entrants)?;

    signers.into_iter().chain(floors).chain(ours).chain([app]).map(Contestant::end).for_each(drop);
    Ok(())
}

fn is_signed(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.contains("Signature=")
}

fn is_hello(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.body == b"hello"
}

fn is_help(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.contains("unshare <ImageId>") || answer.contains("unshare &lt;ImageId&gt;")
}

fn is_refused(answer: &Answer<'_>) -> bool {
    answer.status == 401
}

fn is_handshake(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.contains(CHALLENGE)
}

/// A request that is signed and not sent.
#[derive(Deserialize)]
struct Signed {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Sends what a contestant has signed to the emulator, which must take all of it.
fn sample(bench: &Bench<'_>, signer: &Contestant) -> Result<()> {
    let mut texts = Vec::new();
    for request in deliveries::slack(&bench.secrets, SAMPLE)? {
        texts.push(signer.ask(&request)?);
    }
    for text in texts {
        let signed: Signed = serde_json::from_str(&text).with_context(|| text.clone())?;
        let headers: Vec<_> = signed.headers.into_iter().filter(|(name, _)| name != "host").collect();
        let method: Method = signed.method.parse()?;
        let answer = http::request(method, &signed.url, &headers, signed.body.as_bytes())?;
        ensure!(answer.status == 200, "{}", answer.body);
    }
    Ok(())
}
