//! `doctor`: whether everything is as it must be to build, run and deploy, and what mends what is not.

use crate::{
    chat::Platform,
    codegen::{Codegen, run_codegen},
    dev::{secrets, wrangler::Deployment},
    http, keeper,
    process::{output, program},
    progress::print,
    tools, workspace,
};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum as _};
use serde::Deserialize;
use serde_json::json;
use std::{
    process::{Command, ExitCode},
    time::{SystemTime, UNIX_EPOCH},
};
use ureq::http::Method;

/// Look for what is missing or wrong, each with the command that mends it
///
/// Ends with 0 (all is well), 1 (warnings) or 2 (something will not work).
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// A deployed Worker to ask as well, `https://opshook.example.workers.dev`
    #[arg(long, value_name = "URL")]
    remote: Option<String>,
    /// Findings as a JSON array, for scripts
    #[arg(long)]
    json: bool,
}

/// How bad it is; also the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Good,
    Warning,
    Error,
}

impl Severity {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Error => "✗",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq)]
struct Finding {
    severity: Severity,
    /// What it is about, `wrangler.toml`.
    about: &'static str,
    /// How it is.
    found: String,
    /// What to run or to do; empty where all is well.
    mend: String,
}

/// The clocks of two machines that keep time differ by less, the second in which the header was written included.
const SKEW_SECONDS: u64 = 60;

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, about: &'static str, found: impl Into<String>, mend: impl Into<String>) {
        self.0.push(Finding { severity, about, found: found.into(), mend: mend.into() });
    }

    fn good(&mut self, about: &'static str, found: impl Into<String>) {
        self.add(Severity::Good, about, found, "");
    }

    fn warning(&mut self, about: &'static str, found: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Warning, about, found, mend);
    }

    fn error(&mut self, about: &'static str, found: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Error, about, found, mend);
    }

    fn worst(&self) -> Severity {
        self.0.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Good)
    }
}

/// Looks at everything and says it.
///
/// # Errors
/// A file of the repository cannot be read.
pub(crate) fn run_doctor(arguments: &Doctor) -> Result<ExitCode> {
    let mut findings = Findings::default();
    toolchain(&mut findings)?;
    generated(&mut findings)?;
    wrangler(&workspace::read("wrangler.toml")?, &mut findings);
    policy(&mut findings)?;
    local_secrets(&mut findings);
    if let Some(url) = &arguments.remote {
        deployed_secrets(&mut findings);
        remote(url.trim_end_matches('/'), &mut findings);
    }
    show(&findings, arguments.json);
    Ok(ExitCode::from(match findings.worst() {
        Severity::Good => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    }))
}

fn show(findings: &Findings, as_json: bool) {
    if as_json {
        let all = findings.0.iter().map(|finding| {
            json!({
                "severity": finding.severity.name(), "about": finding.about, "found": finding.found, "mend": finding.mend,
            })
        });
        return print(&serde_json::Value::from_iter(all).to_string());
    }
    for Finding { severity, about, found, mend } in &findings.0 {
        let sign = console::style(severity.sign());
        let sign = match severity {
            Severity::Good => sign.green(),
            Severity::Warning => sign.yellow(),
            Severity::Error => sign.red(),
        };
        print(&format!("{sign} {about}: {found}"));
        if !mend.is_empty() {
            print(&format!("    {mend}"));
        }
    }
}

fn toolchain(findings: &mut Findings) -> Result<()> {
    let about = "toolchain";
    let pinned: toml::Table = workspace::read("rust-toolchain.toml")?.parse()?;
    let channel = pinned.get("toolchain").and_then(|table| table.get("channel")).and_then(toml::Value::as_str);
    let channel = channel.context("rust-toolchain.toml has no toolchain.channel")?;
    let version = output(program("rustc", ["--version"]))?;
    match version.split(' ').nth(1) {
        Some(version) if version == channel => findings.good(about, format!("Rust {version}")),
        other => {
            let found = format!("Rust {}, {channel} is pinned", other.unwrap_or("unknown"));
            findings.error(about, found, format!("rustup toolchain install {channel}"));
        }
    }
    for target in [tools::WASM, tools::BARE] {
        if tools::has_target(target)? {
            findings.good(about, format!("target {target}"));
        } else {
            findings.warning(about, format!("target {target} is missing"), format!("rustup target add {target}"));
        }
    }
    match tools::node() {
        Ok(()) => findings.good(about, "Node is new enough"),
        Err(error) => findings.error(about, format!("{error:#}"), "install Node from nodejs.org"),
    }
    if tools::has_npm_packages()? {
        findings.good(about, "npm packages are those of package-lock.json");
    } else {
        findings.warning(about, "npm packages are not those of package-lock.json", "npm ci --ignore-scripts");
    }
    Ok(())
}

fn generated(findings: &mut Findings) -> Result<()> {
    let about = "generated files";
    if run_codegen(&Codegen::check())? {
        findings.good(about, "as spec/ says");
    } else {
        findings.error(about, "differ from what spec/ says, or spec/ has problems", "cargo xtask codegen");
    }
    Ok(())
}

/// What a deployment needs to be one that works.
fn wrangler(text: &str, findings: &mut Findings) {
    let about = "wrangler.toml";
    let (table, deployment) = match text.parse::<toml::Table>().map_err(Into::into).and_then(|table| {
        let deployment = Deployment::parse(text)?;
        anyhow::Ok((table, deployment))
    }) {
        Ok(read) => read,
        Err(error) => {
            return findings.error(
                about,
                format!("{error:#}"),
                "mend it by hand; git diff wrangler.toml shows what changed",
            );
        }
    };
    let text = |path: &[&str]| {
        let first = path.split_first().and_then(|(name, rest)| Some((table.get(*name)?, rest)));
        let found = first.and_then(|(value, rest)| rest.iter().try_fold(value, |value, name| value.get(*name)));
        found.and_then(toml::Value::as_str)
    };
    for (path, wanted) in [(&["main"][..], "build/index.js"), (&["build", "command"], "cargo xtask build")] {
        let (name, found) = (path.join("."), text(path));
        if found != Some(wanted) {
            let found = format!("{name} is {}", found.unwrap_or("missing"));
            findings.error(about, found, format!("set {name} to \"{wanted}\""));
        }
    }
    match deployment.objects.iter().find(|object| object.binding == "LEDGER") {
        Some(object) if object.class == "Ledger" && object.sqlite => {
            findings.good(about, "LEDGER is the class Ledger with SQLite storage");
        }
        Some(object) if object.class == "Ledger" => {
            let mend = "add `new_sqlite_classes = [\"Ledger\"]` to a [[migrations]] entry with a new tag";
            findings.error(about, "no migration gives the class Ledger SQLite storage", mend);
        }
        _ => {
            let mend = "add [[durable_objects.bindings]] with name = \"LEDGER\" and class_name = \"Ledger\"";
            findings.error(about, "there is no binding LEDGER to the class Ledger", mend);
        }
    }
    if table.get("observability").and_then(|table| table.get("enabled")) != Some(&toml::Value::Boolean(true)) {
        findings.warning(about, "logs are not kept", "add [observability] with enabled = true");
    }
    if let Some(secret) = deployment.variables.keys().find(|name| secret_names().contains(name.as_str())) {
        let mend = format!("take it out, change it where it comes from, and npx wrangler secret put {secret}");
        findings.error(about, format!("{secret} is a secret and stands in a file that is committed"), mend);
    }
    if deployment.variables.contains_key("SWAS_ENDPOINT") {
        findings.warning(about, "SWAS_ENDPOINT sends every call elsewhere", "take it out before you deploy");
    }
}

fn policy(findings: &mut Findings) -> Result<()> {
    let about = "policy";
    let checked =
        Command::new(keeper::compiled()?).args(["policy", "check"]).current_dir(workspace::root()).output()?;
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    let trouble = said.lines().filter(|line| line.contains("warning: ") || line.contains("error: "));
    let trouble = trouble.map(str::trim).collect::<Vec<_>>();
    let again = "cargo xtask policy check";
    match (checked.status.success(), trouble.is_empty()) {
        (false, _) => findings.error(about, trouble.join("; "), again),
        (true, false) => findings.warning(about, trouble.join("; "), again),
        (true, true) => findings.good(about, "in order"),
    }
    Ok(())
}

/// What every deployment needs beside a platform's own.
const KEYS: [&str; 2] = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];

fn secret_names() -> BTreeSet<&'static str> {
    let platforms = Platform::value_variants().iter().flat_map(|platform| platform.secrets());
    platforms.chain(KEYS).chain(["ALIBABA_CLOUD_SECURITY_TOKEN", "CONSOLE_TOKEN"]).collect()
}

fn local_secrets(findings: &mut Findings) {
    let about = "local secrets";
    if !secrets::path().exists() {
        return findings.warning(about, "there is no .dev.vars", "cargo xtask dev writes one");
    }
    match secrets::read() {
        Ok(secrets) => ready(about, &|name| secrets.get(name).is_some_and(|value| !value.is_empty()), findings),
        Err(error) => {
            findings.error(about, format!("{error:#}"), "mend the line, or remove the file: dev writes another")
        }
    }
}

/// Which platforms have all they need, by the names of the secrets there are.
fn ready(about: &'static str, has: &dyn Fn(&str) -> bool, findings: &mut Findings) {
    let put = |name: &str| match about {
        DEPLOYED => format!("npx wrangler secret put {name}"),
        _ => format!("add {name}=… to .dev.vars"),
    };
    for name in KEYS.into_iter().filter(|name| !has(name)) {
        findings.error(about, format!("{name} is missing"), put(name));
    }
    let mut complete = Vec::new();
    for platform in Platform::value_variants() {
        let names = platform.secrets();
        match names.iter().find(|name| !has(name)) {
            None => complete.push(platform.name()),
            // Without any it is one that nobody wants.
            Some(missing) if names.iter().any(|name| has(name)) => {
                findings.error(about, format!("{} lacks {missing}", platform.name()), put(missing));
            }
            Some(_) => {}
        }
    }
    if complete.is_empty() {
        findings.error(about, "no platform has its secrets", put("SLACK_SIGNING_SECRET"));
    } else {
        findings.good(about, format!("complete for {}", complete.join(", ")));
    }
}

const DEPLOYED: &str = "deployed secrets";

fn deployed_secrets(findings: &mut Findings) {
    #[derive(Deserialize)]
    struct Secret {
        name: String,
    }
    let mut list = program("npx", ["--no-install", "wrangler", "secret", "list", "--format", "json"]);
    list.envs([("CI", "1"), ("WRANGLER_SEND_METRICS", "false")]);
    let names = output(list).ok().and_then(|listed| {
        // Whatever else it says stands before.
        let secrets: Vec<Secret> = serde_json::from_str(listed.get(listed.find('[')?..)?).ok()?;
        Some(secrets.into_iter().map(|secret| secret.name).collect::<BTreeSet<_>>())
    });
    match names {
        Some(names) => ready(DEPLOYED, &|name| names.contains(name), findings),
        None => findings.warning(DEPLOYED, "wrangler cannot list them", "npx wrangler login"),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Health {
    version: String,
    platforms: Vec<String>,
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct Problem {
    variable: String,
    problem: String,
}

fn remote(url: &str, findings: &mut Findings) {
    let about = "deployed Worker";
    let answer = match http::request(Method::GET, &format!("{url}/healthz"), &[], &[]) {
        Ok(answer) => answer,
        Err(error) => return findings.error(about, format!("{error:#}"), "npx wrangler deploy"),
    };
    let Ok(health) = serde_json::from_str::<Health>(&answer.body) else {
        let found = format!("{url}/healthz answers {} and is no opshook", answer.status);
        return findings.error(about, found, "npx wrangler deploy, and its address after --remote");
    };
    for Problem { variable, problem } in &health.problems {
        findings.error(about, format!("{variable} {problem}"), "set it and npx wrangler deploy");
    }
    if health.problems.is_empty() {
        findings.good(about, format!("release {}, serves {}", health.version, health.platforms.join(", ")));
    }
    let ours = env!("CARGO_PKG_VERSION");
    if !health.version.is_empty() && health.version != ours {
        findings.warning(about, format!("is release {}, this is {ours}", health.version), "npx wrangler deploy");
    }
    if let Some(date) = answer.header("date") {
        clock(date, SystemTime::now(), findings);
    }
}

/// Compares this machine's time with the header `Date` of an answer that has just come.
fn clock(date: &str, here: SystemTime, findings: &mut Findings) {
    match httpdate::parse_http_date(date).ok().map(|there| apart(there, here)) {
        Some(seconds) if seconds > SKEW_SECONDS => {
            let found = format!("this machine's clock and the Worker's differ by {seconds} s");
            findings.warning("clock", found, "set this machine's clock: timedatectl set-ntp true");
        }
        Some(_) => findings.good("clock", "as the Worker's"),
        None => {}
    }
}

fn apart(a: SystemTime, b: SystemTime) -> u64 {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    seconds(a).abs_diff(seconds(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(look: impl FnOnce(&mut Findings)) -> Vec<String> {
        let mut findings = Findings::default();
        look(&mut findings);
        let shown = |finding: Finding| {
            format!("{} {}: {} → {}", finding.severity.sign(), finding.about, finding.found, finding.mend)
        };
        findings.0.into_iter().map(shown).collect()
    }

    #[test]
    fn a_deployment_is_looked_at_key_by_key() {
        let ours = workspace::read("wrangler.toml").unwrap();
        let good = "✓ wrangler.toml: LEDGER is the class Ledger with SQLite storage → ";
        assert_eq!(found(|findings| wrangler(&ours, findings)), [good]);
        let without = |line: &str| {
            assert!(ours.contains(line), "{line}");
            found(|findings| wrangler(&ours.replace(line, ""), findings))
        };
        assert_eq!(
            without("enabled = true"),
            [good, "! wrangler.toml: logs are not kept → add [observability] with enabled = true"]
        );
        let plain = ours.replace("new_sqlite_classes", "new_classes");
        assert_eq!(
            found(|findings| wrangler(&plain, findings)),
            [
                "✗ wrangler.toml: no migration gives the class Ledger SQLite storage → add `new_sqlite_classes = [\"Ledger\"]` \
                 to a [[migrations]] entry with a new tag"
            ]
        );
        assert_eq!(
            without("new_sqlite_classes = [\"Ledger\"]"),
            [
                "✗ wrangler.toml: no `[[migrations]]` creates the Durable Object class Ledger → mend it by hand; git diff \
                 wrangler.toml shows what changed"
            ]
        );
        assert_eq!(
            without("command = \"cargo xtask build\""),
            ["✗ wrangler.toml: build.command is missing → set build.command to \"cargo xtask build\"", good]
        );
        let more =
            |line: &str| found(|findings| wrangler(&ours.replace("[vars]", &format!("[vars]\n{line}")), findings));
        assert_eq!(
            more("SLACK_SIGNING_SECRET = \"x\""),
            [
                good,
                "✗ wrangler.toml: SLACK_SIGNING_SECRET is a secret and stands in a file that is committed → take it out, change \
             it where it comes from, and npx wrangler secret put SLACK_SIGNING_SECRET"
            ]
        );
        assert_eq!(found(|findings| wrangler("name = 1", findings)).len(), 1);
        assert!(found(|findings| wrangler("x", findings))[0].starts_with("✗ wrangler.toml: TOML parse error"));
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let date = "Tue, 14 Nov 2023 22:13:20 GMT";
        let at = |seconds: u64| UNIX_EPOCH + core::time::Duration::from_secs(1_700_000_000 + seconds);
        assert_eq!(found(|findings| clock(date, at(60), findings)), ["✓ clock: as the Worker's → "]);
        assert_eq!(
            found(|findings| clock(date, at(61), findings)),
            [
                "! clock: this machine's clock and the Worker's differ by 61 s → set this machine's clock: timedatectl set-ntp true"
            ]
        );
        assert_eq!(found(|findings| clock("yesterday", at(0), findings)), [""; 0]);
    }

    #[test]
    fn a_platform_is_ready_with_all_its_secrets() {
        let keys = |more: &'static [&'static str]| {
            found(|findings| ready(DEPLOYED, &|name| KEYS.contains(&name) || more.contains(&name), findings))
        };
        assert_eq!(
            keys(&["SLACK_SIGNING_SECRET", "TEAMS_WEBHOOK_SECRET"]),
            ["✓ deployed secrets: complete for slack, teams → "]
        );
        assert_eq!(
            keys(&["SLACK_SIGNING_SECRET", "TELEGRAM_WEBHOOK_SECRET"]),
            [
                "✗ deployed secrets: telegram lacks TELEGRAM_BOT_TOKEN → npx wrangler secret put TELEGRAM_BOT_TOKEN",
                "✓ deployed secrets: complete for slack → "
            ]
        );
        assert_eq!(
            keys(&[]),
            ["✗ deployed secrets: no platform has its secrets → npx wrangler secret put SLACK_SIGNING_SECRET"]
        );
        assert_eq!(
            found(|findings| ready("local secrets", &|name| name.starts_with("SLACK"), findings)),
            [
                "✗ local secrets: ALIBABA_CLOUD_ACCESS_KEY_ID is missing → add ALIBABA_CLOUD_ACCESS_KEY_ID=… to .dev.vars",
                "✗ local secrets: ALIBABA_CLOUD_ACCESS_KEY_SECRET is missing → add ALIBABA_CLOUD_ACCESS_KEY_SECRET=… to .dev.vars",
                "✓ local secrets: complete for slack → "
            ]
        );
    }
}
