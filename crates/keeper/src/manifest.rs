//! `manifest`: what a chat platform wants to be told of this Worker, and the steps to install it there. Secrets are asked for by
//! the names of their variables; none is read here, so none can be printed.

mod steps;

use anyhow::{Context as _, Result, ensure};
use chat::Platform;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use toml::{Table, Value};

/// Print what a chat platform wants to be told of this Worker, and the steps to install it there
///
/// What is to be pasted or sent goes to standard output, so that it can be piped; the steps around it to standard error. Where
/// there is nothing to paste, the steps are all there is.
#[derive(Args, Debug)]
pub(crate) struct Manifest {
    /// Which platform
    #[arg(value_parser = platform())]
    platform: Platform,
    /// The Worker's address, `https://opshook.example.workers.dev`; by default what wrangler.toml lets one know
    #[arg(long)]
    url: Option<String>,
    /// The deployment: NAME of [env.NAME]
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Another file than wrangler.toml
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

fn platform() -> impl TypedValueParser<Value = Platform> {
    let names = PossibleValuesParser::new(Platform::ALL.iter().map(|platform| platform.name()));
    names.try_map(|name| Platform::from_name(&name).ok_or("no such platform"))
}

/// A Worker as far as platforms have to know it.
#[derive(Debug, PartialEq)]
struct Worker {
    /// `https://…`, without a slash at the end.
    url: String,
    /// Whether `url` still has a part that only the person knows.
    is_guess: bool,
    /// What `wrangler` must be told beside.
    flag: String,
}

/// What there is to say about a platform.
#[derive(Debug, PartialEq)]
struct Sheet {
    /// What is to be pasted or sent, where there is such a thing.
    document: Option<String>,
    steps: String,
}

/// Prints both.
pub(crate) fn run_manifest(arguments: &Manifest) -> ExitCode {
    match sheet(arguments) {
        Ok(Sheet { document: Some(document), steps }) => {
            eprint!("{steps}");
            print!("{document}");
            ExitCode::SUCCESS
        }
        Ok(Sheet { document: None, steps }) => {
            print!("{steps}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn sheet(arguments: &Manifest) -> Result<Sheet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = arguments.file.clone().unwrap_or_else(|| root.join("wrangler.toml"));
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let worker = Worker::read(&text, arguments.env.as_deref(), arguments.url.as_deref())?;
    Ok(steps::sheet(arguments.platform, &worker))
}

impl Worker {
    /// # Errors
    /// It is no wrangler.toml, has no such deployment, or the address is none that a platform would call.
    fn read(text: &str, env: Option<&str>, url: Option<&str>) -> Result<Self> {
        let file: Table = text.parse().context("wrangler.toml is not TOML")?;
        let name = file.get("name").and_then(Value::as_str).context("wrangler.toml has no `name`")?;
        let deployment = match env {
            Some(env) => Some(
                file.get("env")
                    .and_then(|envs| envs.get(env))
                    .with_context(|| format!("wrangler.toml has no [env.{env}]"))?,
            ),
            None => None,
        };
        let of_env = |key: &str| deployment.and_then(|deployment| deployment.get(key));
        let name = match (of_env("name").and_then(Value::as_str), env) {
            (Some(name), _) => name.to_owned(),
            (None, Some(env)) => format!("{name}-{env}"),
            (None, None) => name.to_owned(),
        };
        let routes = of_env("routes").or_else(|| file.get("routes")).and_then(Value::as_array);
        let domain = routes.into_iter().flatten().find_map(|route| {
            let custom = route.get("custom_domain").and_then(Value::as_bool) == Some(true);
            route.get("pattern").and_then(Value::as_str).filter(|_| custom)
        });
        let flag = env.map(|env| format!(" --env {env}")).unwrap_or_default();
        let (url, is_guess) = match (url, domain) {
            (Some(url), _) => (address(url)?, false),
            (None, Some(domain)) => (address(&format!("https://{domain}"))?, false),
            (None, None) => (format!("https://{name}.YOUR-SUBDOMAIN.workers.dev"), true),
        };
        Ok(Self { url, is_guess, flag })
    }

    fn hook(&self, platform: Platform) -> String {
        format!("{}/hooks/{platform}", self.url)
    }
}

/// An address with nothing in it that means something in a shell or in JSON.
fn address(url: &str) -> Result<String> {
    let host = url.strip_prefix("https://").context("the address must begin with https://: platforms call no other")?;
    let host = host.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    ensure!(!host.is_empty() && host.chars().all(plain), "the address is https:// and a host, without a path");
    Ok(format!("https://{host}"))
}

#[cfg(test)]
mod tests;
