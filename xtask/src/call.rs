//! `call`: one operation, validated, signed and sent as the Worker would.

use crate::{
    codegen::document,
    dev::{EMULATOR_PORT, secrets},
    http,
    progress::{print, say},
};
use acs_rpc::{Answer, Operation, Position, WireParameters, nearest};
use acs_sign::{
    AccessKey, Body, Credentials, Format, HttpRequest, Method, Nonce, Scheme, SecurityToken, SignableRequest,
    SigningKey, SigningTime, Stages,
};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::SystemTime;

/// The official SDKs' names.
const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// All but RFC 3986's unreserved characters, as the canonical forms encode.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parameter that chooses the endpoint.
const REGION: &str = "RegionId";

/// Call one operation; the key comes from the environment (ALIBABA_CLOUD_ACCESS_KEY_ID …), else from .dev.vars
#[derive(Args, Debug)]
pub(crate) struct Call {
    /// The operation, `ListCustomImages`
    operation: String,
    /// Its parameters, `RegionId=cn-hangzhou`
    #[arg(value_name = "NAME=VALUE", value_parser = crate::dev::name_and_value)]
    parameters: Vec<(String, String)>,
    /// Where to, `https://HOST`; by default the region's endpoint, with a key from .dev.vars the local emulator
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// How to sign
    #[arg(long, value_name = "rpc|acs3", default_value_t = Scheme::Acs3)]
    scheme: Scheme,
    /// Print and send nothing: a command to send it, or the stages of its signature
    #[arg(long, value_enum)]
    print: Option<Printed>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Printed {
    Curl,
    Stages,
}

/// Sends it and prints the answer. `Ok(false)`: a parameter is wrong or the answer is an error, and it has been said.
///
/// # Errors
/// There is no such operation, no key or no endpoint, or nobody answers.
pub(crate) fn run_call(arguments: &Call) -> Result<bool> {
    let document = document()?;
    let operations: Vec<_> =
        document.operations.iter().map(|operation| document.leak_reference(operation).operation).collect();
    let Some(operation) = operations.iter().find(|operation| operation.name == arguments.operation) else {
        let near = nearest(&arguments.operation, operations.iter().map(|operation| operation.name));
        let near = near.map(|name| format!(", the nearest is {name}")).unwrap_or_default();
        bail!("there is no operation {}{near}", arguments.operation);
    };
    let mut parameters = WireParameters::new();
    for (name, value) in &arguments.parameters {
        parameters.push(name.clone(), value.clone());
    }
    if let Err(problems) = operation.check(&parameters) {
        problems.iter().for_each(|problem| say(&format!("error: {problem}")));
        say("nothing was sent");
        return Ok(false);
    }

    let (credentials, is_local) = credentials()?;
    let base = match (&arguments.endpoint, is_local) {
        (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
        (None, true) => format!("http://127.0.0.1:{EMULATOR_PORT}"),
        (None, false) => {
            let region = parameters.value(REGION);
            // An operation without a region is answered by any endpoint.
            let mut serving = document.endpoints.iter().filter(|endpoint| region.is_none_or(|r| r == endpoint.region));
            let host =
                &serving.next().with_context(|| format!("no endpoint serves {region:?}; --endpoint names one"))?.host;
            format!("https://{host}")
        }
    };
    let host = base.split_once("://").map(|(_, host)| host).filter(|host| !host.contains('/'));
    let host = host.with_context(|| format!("{base} is not SCHEME://HOST or SCHEME://HOST:PORT"))?;

    let query: Vec<_> = parameters.at(operation, Position::Query).collect();
    let form: Vec<_> = parameters.at(operation, Position::Form).collect();
    let request = signable(operation, host, &query, &form);
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
    let nonce = Nonce::from_random(random);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let time = SigningTime::from_unix_seconds(now.try_into()?)?;
    if matches!(arguments.print, Some(Printed::Stages)) {
        let stages = Stages::of(&request, arguments.scheme, &credentials, time, &nonce)?;
        print(&without_token(&shown(&stages)));
        return Ok(true);
    }
    let signed = SigningKey::new(arguments.scheme, &credentials).http_request(&request, time, &nonce)?;
    if matches!(arguments.print, Some(Printed::Curl)) {
        ensure!(
            credentials.token.is_none() || arguments.scheme == Scheme::Acs3,
            "the command would show the security token, which rpc carries in the address: use --scheme acs3"
        );
        print(&curl(&base, &signed));
        return Ok(true);
    }
    send(operation, &base, signed)
}

fn signable<'a>(
    operation: &Operation,
    host: &'a str,
    query: &'a [(&'a str, &'a str)],
    form: &'a [(&'a str, &'a str)],
) -> SignableRequest<'a> {
    SignableRequest {
        method: match operation.method() {
            acs_rpc::Method::Post => Method::Post,
            acs_rpc::Method::Get => Method::Get,
        },
        host,
        action: operation.name,
        version: operation.version,
        format: Format::Json,
        query,
        body: if form.is_empty() { Body::Empty } else { Body::Form(form) },
        headers: &[],
    }
}

/// The key, and whether it is one that only the local emulator knows.
fn credentials() -> Result<(Credentials, bool)> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let (Some(id), Some(secret)) = (set(KEY_ID), set(KEY_SECRET)) {
        let token = set(TOKEN).map(SecurityToken::new).transpose().context(TOKEN)?;
        return Ok((Credentials { key: AccessKey::new(id, secret)?, token }, false));
    }
    let none = || format!("there is no access key: set {KEY_ID} and {KEY_SECRET}, or run `cargo xtask dev` once");
    let key = AccessKey::new(secrets::one(KEY_ID).with_context(none)?, secrets::one(KEY_SECRET).with_context(none)?)?;
    Ok((key.into(), true))
}

fn send(operation: &Operation, base: &str, signed: HttpRequest) -> Result<bool> {
    let headers: Vec<_> = signed.headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
    let method = signed.method.name().parse()?;
    let answer = http::request(method, &format!("{base}{}", signed.path_and_query), &headers, &signed.body)
        .with_context(|| format!("nobody answers at {base}; `cargo xtask dev` starts the emulator"))?;
    let retry_after_ms = answer.header("x-acs-retry-after").and_then(acs_rpc::retry_after_ms);
    let read = Answer { status: answer.status, body: answer.body.as_bytes(), retry_after_ms };
    match read.parse::<Value>(operation.success_sign()) {
        Ok(value) => {
            print(&serde_json::to_string_pretty(&value)?);
            Ok(true)
        }
        Err(failure) => {
            // Not the body: it may echo what was signed, and a token with it.
            say(&format!("error: {failure}"));
            Ok(false)
        }
    }
}

/// A command for a shell. The token, if there is one, is taken from the environment when it runs.
fn curl(base: &str, signed: &HttpRequest) -> String {
    let mut words = vec![format!("curl --request {}", signed.method.name())];
    for (name, value) in &signed.headers {
        words.push(match &**name {
            "x-acs-security-token" => format!("--header \"{name}: ${TOKEN}\""),
            _ => format!("--header {}", quoted(&format!("{name}: {value}"))),
        });
    }
    if !signed.body.is_empty() {
        words.push(format!("--data-raw {}", quoted(&String::from_utf8_lossy(&signed.body))));
    }
    words.push(quoted(&format!("{base}{}", signed.path_and_query)));
    words.join(" \\\n  ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn shown(stages: &Stages) -> String {
    let parts = [
        ("canonical request", stages.canonical_request.as_str()),
        ("string to sign", stages.string_to_sign.as_str()),
        ("signature", stages.signature.as_str()),
    ];
    parts.map(|(name, text)| format!("# {name}\n{text}\n")).join("\n")
}

/// Takes the security token out of a text, in each form in which the stages may hold it.
fn without_token(text: &str) -> String {
    let Some(token) = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) else { return text.to_owned() };
    forms(&token).iter().fold(text.to_owned(), |text, form| text.replace(form, "…"))
}

/// A text as it is, percent-encoded and percent-encoded again; the longest first.
fn forms(text: &str) -> [String; 3] {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let once = encode(text);
    [encode(&once), once, text.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_for_a_shell_is_quoted_and_shows_no_token() {
        let signed = HttpRequest {
            method: Method::Post,
            host: "h".to_owned(),
            path_and_query: "/?A=it%27s".to_owned(),
            headers: vec![
                ("x-acs-action".into(), "it's".to_owned()),
                ("x-acs-security-token".into(), "token".to_owned()),
            ],
            body: b"B=1".to_vec(),
        };
        assert_eq!(
            curl("https://h", &signed),
            "curl --request POST \\\n  --header 'x-acs-action: it'\\''s' \\\n  \
             --header \"x-acs-security-token: $ALIBABA_CLOUD_SECURITY_TOKEN\" \\\n  --data-raw 'B=1' \\\n  \
             'https://h/?A=it%27s'"
        );
    }

    #[test]
    fn a_token_has_three_forms() {
        assert_eq!(forms("a+/b"), ["a%252B%252Fb", "a%2B%2Fb", "a+/b"]);
    }
}
