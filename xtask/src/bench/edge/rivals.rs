//! What contestants that call share: the emulator, and the variables under which everybody does the same.

use super::{Bench, peers};
use crate::{
    dev::{access_key, parts::Listener},
    http,
    process::{Running, spawn},
};
use anyhow::{Context as _, Result, bail, ensure};
use core::{cell::Cell, net::Ipv4Addr, time::Duration};
use serde::Deserialize;
use std::{net::TcpStream, process::Stdio, thread, time::Instant};

/// So many images take turns, far more than there are requests at once: two commands on one image would wait for one another.
const IMAGES: usize = 1_000;
const START_UP: Duration = Duration::from_secs(30);

/// Everybody in one workspace may do what an example deployment allows, without a confirmation.
const POLICY: &str = r#"
FOLLOW_UP_HOSTS = "127.0.0.1"
DEFAULT_REGION = "cn-hangzhou"
CALLS_PER_MINUTE = 100000
[[POLICY.allow]]
who = ["slack:T1/*"]
where = ["slack:T1/C1"]
operations = ["ModifyImageShareStatus"]
parameters = { RegionId = ["cn-hangzhou"], ImageId = ["m-*"], Operation = ["Share", "UnShare"] }
confirm = "never"
[[POLICY.allow]]
who = ["slack:T1/*"]
where = ["slack:T1/C1"]
operations = ["ListCustomImages", "ListRegions"]
"#;

/// The variables of all contestants; `more` stands first, where TOML takes plain ones.
pub(super) fn vars(endpoint: &str, more: &str) -> String {
    format!("SWAS_ENDPOINT = \"{endpoint}\"\n{more}{POLICY}")
}

/// An emulator of its own for each contestant: nobody shares an image with anybody.
pub(super) struct Emulator {
    pub(super) address: String,
    running: Running,
    said: Cell<usize>,
    seen: Cell<u64>,
}

impl Emulator {
    pub(super) fn start(bench: &Bench<'_>) -> Result<Self> {
        let listener = Listener::bind(0, "")?;
        let port = listener.port;
        drop(listener);
        let key = access_key(&bench.secrets)?;
        let mut command = bench.programs.clone().with_emulator(peers::emulator()?).emulator(port, &key);
        command.args(["--more-images", &IMAGES.to_string()]).stdout(Stdio::null());
        let mut emulator = Self {
            address: format!("http://127.0.0.1:{port}"),
            running: spawn(&mut command)?,
            said: Cell::new(0),
            seen: Cell::new(0),
        };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if emulator.running.ended()?.is_some() || started.elapsed() > START_UP {
                bail!("the emulator does not start");
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(emulator)
    }

    /// The next words of somebody who shares one image after the other, and then takes all of it back.
    pub(super) fn next_words(&self) -> String {
        let said = self.said.get();
        self.said.set(said + 1);
        let verb = if (said / IMAGES).is_multiple_of(2) { "share" } else { "unshare" };
        format!("{verb} m-bp1e79zktg26n2b{} cn-hangzhou", 1_000 + said % IMAGES)
    }

    /// Whether every call since the last time was accepted, and how many there were; `effects`: so many changed an image.
    pub(super) fn look(&self, effects: Option<usize>) -> Result<usize> {
        let answer = http::get(&format!("{}/_emulator/journal?after={}", self.address, self.seen.get()))?;
        let Journal { entries } =
            serde_json::from_str(&answer.body).context("the emulator's journal cannot be read")?;
        for Entry { seq, verdict, .. } in &entries {
            ensure!(verdict.status == Some(200), "the emulator refused call {seq}: {:?}", verdict.code);
            self.seen.set(*seq);
        }
        let changed = entries.iter().filter(|entry| entry.effect.is_some()).count();
        ensure!(
            effects.is_none_or(|effects| effects == changed),
            "{changed} images were changed by {effects:?} commands"
        );
        Ok(entries.len())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.running.end();
    }
}

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    seq: u64,
    verdict: Verdict,
    effect: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Verdict {
    status: Option<u16>,
    code: Option<String>,
}
