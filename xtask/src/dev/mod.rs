//! `dev`: the Worker in workerd and the emulator, from a clone to `ready`.

mod capnp;
pub(crate) mod parts;
pub(crate) mod secrets;
mod supervise;
pub(crate) mod wrangler;

use crate::{
    http,
    progress::{Progress, print, say},
    workspace,
};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use core::{net::Ipv4Addr, time::Duration};
use parts::{Listener, Programs, StateFolder};
use secrets::Secrets;
use std::{net::TcpStream, path::PathBuf, thread, time::Instant};
use supervise::{State, Supervisor};
use wrangler::{Deployment, Variable};

/// How often children and signals are looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long either child may take to answer for the first time.
const START_UP: Duration = Duration::from_secs(30);

/// What to try first.
const EXAMPLE: &str = "share m-bp1e79zktg26n2b0001 cn-hangzhou";

/// Where `dev` listens unless told otherwise, for whoever looks for it.
pub(crate) const PORT: u16 = 8787;

/// Where its emulator listens unless told otherwise.
pub(crate) const EMULATOR_PORT: u16 = 8788;

/// Where `chat` listens for what a platform's own host would get.
pub(crate) const INBOX_PORT: u16 = 8789;

/// Start the Worker and the emulator, after installing and building what they need
#[derive(Args, Debug)]
pub(crate) struct Dev {
    /// The Worker's port; 0 takes a free one
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The emulator's port; 0 takes a free one
    #[arg(long, default_value_t = EMULATOR_PORT)]
    emulator_port: u16,
    /// Set a variable or secret of the Worker; an empty value takes it away
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    variables: Vec<(String, String)>,
    /// Where the Worker's storage is kept, by default in .opshook/state; one `dev` at a time may use it
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Install and build nothing: take what is there
    #[arg(long)]
    no_build: bool,
    /// Run even a Worker whose configuration is wrong, to see how it answers
    #[arg(long)]
    keep_going: bool,
}

/// Runs until somebody asks for an end.
///
/// # Errors
/// Something is missing, wrong, in use or does not start; the message says what, and what to do.
pub(crate) fn run_dev(arguments: &Dev) -> Result<()> {
    let state = StateFolder::open(arguments.state.as_deref())?;
    let worker = Listener::bind(arguments.port, "--port")?;
    let for_emulator = Listener::bind(arguments.emulator_port, "--emulator-port")?;
    let emulator_port = for_emulator.port;
    let programs = Programs::prepare(arguments.no_build)?;
    if secrets::ensure()? {
        say("  wrote .dev.vars with random secrets for this machine");
    }
    let mut secrets = secrets::read()?;
    // Before --var changes anything: what the emulator accepts stays what .dev.vars says.
    let key = access_key(&secrets)?;
    let deployment = deployment(arguments, &mut secrets, emulator_port)?;
    let config = state.write_config(&deployment)?;

    let mut supervisor = Supervisor::new()?;
    let emulator = programs.clone();
    drop(for_emulator);
    supervisor
        .start("emulator", "its images are as at the beginning", move || Ok(emulator.emulator(emulator_port, &key)))?;
    if wait_until(&mut supervisor, "emulator", || TcpStream::connect((Ipv4Addr::LOCALHOST, emulator_port)).is_ok())?
        == State::Asked
    {
        return Ok(());
    }

    let port = worker.port;
    supervisor
        .start("workerd", "its storage is on disk", move || programs.workerd(&config, &secrets, &worker.socket))?;
    let address = format!("http://127.0.0.1:{port}");
    if wait_until_healthy(&mut supervisor, &address, arguments.keep_going)? == State::Asked {
        return Ok(());
    }

    print(&format!("ready {address}"));
    let flag = if port == PORT { String::new() } else { format!("--port {port} ") };
    print(&format!("try   cargo xtask chat {flag}\"{EXAMPLE}\""));
    print(&format!("emulator http://127.0.0.1:{emulator_port}"));
    print(&format!("pid dev {}", std::process::id()));
    supervisor.processes().for_each(|(name, id)| print(&format!("pid {name} {id}")));

    while supervisor.look()? == State::Running {
        thread::sleep(INTERVAL);
    }
    say("  ending");
    Ok(())
}

/// The Worker as wrangler.toml describes it, changed for a run on this machine. Secrets stay out of it: their names are
/// in, their values are in `secrets` for workerd's environment.
fn deployment(arguments: &Dev, secrets: &mut Secrets, emulator_port: u16) -> Result<Deployment> {
    let mut deployment = Deployment::parse(&workspace::read("wrangler.toml")?).context("wrangler.toml is wrong")?;
    deployment.put_over(include_str!("vars.toml"))?;
    // The emulator throttles nobody, and nobody likes to wait while playing.
    if !deployment.variables.contains_key("CALLS_PER_MINUTE") {
        deployment.set("CALLS_PER_MINUTE", "6000")?;
    }
    deployment.set("SWAS_ENDPOINT", &format!("http://127.0.0.1:{emulator_port}"))?;
    deployment.add_hosts("FOLLOW_UP_HOSTS", &["127.0.0.1"]);
    // No platform hears of what is played here.
    deployment.set("FOLLOW_UP_ENDPOINT", &format!("http://127.0.0.1:{INBOX_PORT}"))?;
    for (name, value) in &arguments.variables {
        if secrets.remove(name).is_none() || value.is_empty() {
            deployment.set(name, value)?;
        } else {
            secrets.insert(name.clone(), value.clone());
        }
    }
    deployment.variables.extend(secrets.keys().map(|name| (name.clone(), Variable::Secret)));
    Ok(deployment)
}

/// `ID:SECRET`, as the emulator takes it.
///
/// # Errors
/// One of the two is not there.
pub(crate) fn access_key(secrets: &Secrets) -> Result<String> {
    let part = |name: &str| {
        secrets.get(name).map(String::as_str).filter(|value| !value.is_empty()).with_context(|| {
            format!(".dev.vars has no {name}: fill it in, or remove the file and `cargo xtask dev` writes another")
        })
    };
    Ok(format!("{}:{}", part("ALIBABA_CLOUD_ACCESS_KEY_ID")?, part("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?))
}

fn wait_until(supervisor: &mut Supervisor, name: &str, mut condition: impl FnMut() -> bool) -> Result<State> {
    let started = Instant::now();
    while !condition() {
        if supervisor.look_strictly()? == State::Asked {
            return Ok(State::Asked);
        }
        if started.elapsed() > START_UP {
            bail!("{name} does not answer after {} s; its lines above may say why", START_UP.as_secs());
        }
        thread::sleep(INTERVAL);
    }
    Ok(State::Running)
}

/// Waits until `/healthz` answers, and says what it finds wrong: an error, unless we are to keep going.
fn wait_until_healthy(supervisor: &mut Supervisor, address: &str, keep_going: bool) -> Result<State> {
    let progress = Progress::start("starting the Worker");
    let mut problems = None;
    let state = wait_until(supervisor, "the Worker", || match http::get(&format!("{address}/healthz")) {
        Ok(answer) if answer.status == 200 => true,
        Ok(answer) if answer.status == 503 => {
            problems = Some(answer.body);
            true
        }
        Ok(answer) => {
            progress.line(&format!("/healthz answers {}", answer.status));
            false
        }
        Err(error) => {
            progress.line(&error.to_string());
            false
        }
    });
    match (&state, problems) {
        (Ok(_), None) => progress.done(),
        (_, Some(body)) => {
            progress.failed();
            let wrong = format!("the Worker's configuration is wrong:\n{}", listed(&body));
            ensure!(keep_going, wrong);
            say(&wrong);
        }
        (Err(_), None) => progress.failed(),
    }
    state
}

/// The problems that `/healthz` names, one a line.
fn listed(body: &str) -> String {
    let answer: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let problems = answer.as_ref().and_then(|answer| answer["problems"].as_array());
    let lines = problems
        .into_iter()
        .flatten()
        .filter_map(|problem| Some(format!("  {} {}", problem["variable"].as_str()?, problem["problem"].as_str()?)));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { format!("  {}", body.trim()) } else { lines.join("\n") }
}

/// Reads `NAME=VALUE` from the command line.
pub(crate) fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_problems_of_healthz() {
        assert_eq!(
            listed(r#"{"problems":[{"variable":"POLICY","problem":"is missing"},{"variable":"B","problem":"is 1"}]}"#),
            "  POLICY is missing\n  B is 1"
        );
        assert_eq!(listed("out of order\n"), "  out of order");
    }

    #[test]
    fn splits_variables() {
        assert_eq!(name_and_value("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(name_and_value("A="), Ok(("A".to_owned(), String::new())));
        assert_eq!(name_and_value("=x"), Err("expected NAME=VALUE".to_owned()));
    }
}
