//! `.dev.vars`: the secrets of a local run, in the form wrangler reads too.

use crate::{chat::discord::public_key, tools::hex, workspace};
use alloc::collections::BTreeMap;
use anyhow::{Context as _, Result, anyhow};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Names and values.
pub(crate) type Secrets = BTreeMap<String, String>;

/// Where they are.
pub(crate) fn path() -> PathBuf {
    workspace::root().join(".dev.vars")
}

/// Writes random ones if there is no such file; says whether it did.
///
/// # Errors
/// The file cannot be written, or the operating system has no randomness.
pub(crate) fn ensure() -> Result<bool> {
    let path = path();
    if path.exists() {
        return Ok(false);
    }
    // Readable for its owner alone from its first moment on, and never over one that somebody else just wrote.
    let mut file = tempfile::Builder::new().prefix(".dev.vars.").tempfile_in(workspace::root())?;
    file.write_all(write(&random()?).as_bytes())?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(true),
        Err(failed) if failed.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(failed.error).with_context(|| format!("cannot write {}", workspace::shown(&path).display())),
    }
}

/// Reads them.
///
/// # Errors
/// There is no file, or a line is not `NAME=value`; the message shows the line's number and not its text.
pub(crate) fn read() -> Result<Secrets> {
    let path = path();
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}: `cargo xtask dev` writes one", workspace::shown(&path).display()))?;
    parse(&text).with_context(|| format!("{} is not readable", workspace::shown(&path).display()))
}

/// One secret by name.
///
/// # Errors
/// There is no file, or it has no such line.
pub(crate) fn one(name: &str) -> Result<String> {
    read()?.remove(name).filter(|value| !value.is_empty()).with_context(|| {
        format!("{} has no {name}: add it, or remove the file and `cargo xtask dev` writes another", shown())
    })
}

fn shown() -> String {
    workspace::shown(Path::new(&path())).display().to_string()
}

/// New ones for everything that needs a secret.
///
/// # Errors
/// The operating system has no randomness.
pub(crate) fn random() -> Result<Secrets> {
    fn bytes<const N: usize>() -> Result<[u8; N]> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
        Ok(bytes)
    }
    let discord: [u8; 32] = bytes()?;
    Ok(Secrets::from([
        ("ALIBABA_CLOUD_ACCESS_KEY_ID".to_owned(), format!("dev{}", hex(&bytes::<8>()?))),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(), hex(&bytes::<16>()?)),
        ("CONSOLE_TOKEN".to_owned(), hex(&bytes::<16>()?)),
        ("DINGTALK_APP_SECRET".to_owned(), hex(&bytes::<16>()?)),
        // The one is made of the other, with which `chat` signs.
        ("DISCORD_PLAYED_KEY".to_owned(), hex(&discord)),
        ("DISCORD_PUBLIC_KEY".to_owned(), public_key(&discord)),
        ("FEISHU_APP_SECRET".to_owned(), hex(&bytes::<16>()?)),
        ("FEISHU_ENCRYPT_KEY".to_owned(), hex(&bytes::<16>()?)),
        ("FEISHU_VERIFICATION_TOKEN".to_owned(), hex(&bytes::<16>()?)),
        ("MATTERMOST_TOKEN".to_owned(), hex(&bytes::<13>()?)),
        ("SLACK_SIGNING_SECRET".to_owned(), hex(&bytes::<16>()?)),
        ("STANDARD_WEBHOOKS_SECRET".to_owned(), format!("whsec_{}", BASE64_STANDARD.encode(bytes::<24>()?))),
        ("TEAMS_WEBHOOK_SECRET".to_owned(), BASE64_STANDARD.encode(bytes::<32>()?)),
        ("TELEGRAM_BOT_TOKEN".to_owned(), format!("1:{}", hex(&bytes::<16>()?))),
        ("TELEGRAM_WEBHOOK_SECRET".to_owned(), hex(&bytes::<16>()?)),
    ]))
}

fn write(secrets: &Secrets) -> String {
    let mut text =
        String::from("# Made by `cargo xtask dev`. For this machine only: nothing here is known anywhere else.\n");
    for (name, value) in secrets {
        text.push_str(&format!("{name}={}\n", quoted(value)));
    }
    text
}

/// A value such that dotenv readers take it literally.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-+/=.:".contains(c);
    if value.chars().all(plain) {
        value.to_owned()
    } else if !value.contains(['\'', '\n', '\r', '\\']) {
        format!("'{value}'")
    } else {
        let mut quoted = String::from("\"");
        for c in value.chars() {
            match c {
                '"' | '\\' | '$' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                _ => quoted.push(c),
            }
        }
        quoted + "\""
    }
}

fn parse(text: &str) -> Result<Secrets> {
    // The library's error carries the whole line, which may be a secret.
    let lines = dotenvy::from_read_iter(text.as_bytes());
    lines.enumerate().map(|(index, line)| line.map_err(|_| anyhow!("entry {} is not NAME=value", index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let values = [
            "",
            "plain",
            "whsec_a+b/c==",
            "two words",
            "it's",
            "a \"quoted\" one",
            "both ' and \"",
            "$HOME",
            "a\\b",
            "it's $HOME",
            "#no comment",
            "line\nbreak",
            "é",
            "a#b",
            " spaces ",
        ];
        let secrets: Secrets =
            values.iter().enumerate().map(|(index, value)| (format!("NAME_{index}"), (*value).to_owned())).collect();
        assert_eq!(parse(&write(&secrets)).unwrap(), secrets);
    }

    #[test]
    fn a_bad_line_is_named_and_not_shown() {
        let error = parse("A=1\nsecret without a name\n").unwrap_err().to_string();
        assert_eq!(error, "entry 2 is not NAME=value");
    }

    #[test]
    fn random_ones_have_the_platforms_forms() {
        let secrets = random().unwrap();
        let slack = &secrets["SLACK_SIGNING_SECRET"];
        assert!(slack.len() == 32 && slack.chars().all(|c| c.is_ascii_hexdigit()));
        let standard = secrets["STANDARD_WEBHOOKS_SECRET"].strip_prefix("whsec_").unwrap();
        assert_eq!(BASE64_STANDARD.decode(standard).unwrap().len(), 24);
        assert_eq!(BASE64_STANDARD.decode(&secrets["TEAMS_WEBHOOK_SECRET"]).unwrap().len(), 32);
        assert_ne!(random().unwrap(), secrets);
    }
}
