//! Nothing secret in any output.

use super::{Case, Finding};
use crate::{campaign::evidence::Answer, dev::secrets::Secrets};
use anyhow::{Context as _, Result};
use std::{collections::HashMap, fs, path::Path};

/// The one thing among the secrets that is none: whoever is asked sees it.
const NO_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";

/// What the programs wrote, and what must not stand in it.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(super) secrets: Secrets,
    /// Names and contents.
    pub(super) files: Vec<(String, String)>,
}

impl Outputs {
    /// Reads the logs and the object's files in the folder of the run.
    ///
    /// # Errors
    /// One cannot be read.
    pub(crate) fn read(folder: &Path, secrets: &Secrets) -> Result<Self> {
        let mut secrets = secrets.clone();
        secrets.remove(NO_SECRET);
        // Without its mark it is as good.
        let bare: Vec<_> = secrets
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.strip_prefix("whsec_")?.to_owned())))
            .collect();
        secrets.extend(bare);
        let mut files = Vec::new();
        let mut folders = Vec::from([folder.join("objects")]);
        let mut paths = Vec::from([folder.join("worker.log"), folder.join("emulator.log")]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).context("cannot read the storage")? {
                let path = entry?.path();
                if path.is_dir() { &mut folders } else { &mut paths }.push(path);
            }
        }
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(Self { secrets, files })
    }
}

/// No secret stands anywhere; a code only in the question that tells it; a way back in the storage only.
pub(super) fn kept(case: &Case<'_>, outputs: &Outputs) -> Finding {
    let mut finding = Finding::new("no secret in any output");
    let mut words: HashMap<&str, &str> = HashMap::new();
    for story in &case.stories {
        words.extend(story.exchanges.iter().map(|exchange| (&*exchange.nonce, "a way back")));
        words.extend(story.exchanges.iter().filter_map(|exchange| Some((exchange.answer()?.code()?, "a code"))));
    }
    let codes = words.values().filter(|kind| **kind == "a code").count();
    let mut bytes = 0;
    let mut look = |place: &str, text: &str, may_hold: &dyn Fn(&str, &str) -> bool| {
        bytes += text.len();
        for (name, secret) in &outputs.secrets {
            if text.contains(secret.as_str()) {
                finding.wrong.push(format!("{place} holds {name}"));
            }
        }
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            if let Some(kind) = words.get(word)
                && !may_hold(kind, word)
            {
                finding.wrong.push(format!("{place} holds {kind}"));
            }
        }
    };
    for (name, text) in &outputs.files {
        let stored = name.contains(".sqlite");
        look(name, text, &|kind, _| stored && kind == "a way back");
    }
    for story in &case.stories {
        let name = &story.errand.name;
        for answer in story.exchanges.iter().filter_map(|exchange| exchange.answer()) {
            look(&format!("{name}: an answer"), &answer.raw, &|_, word| Answer::code(answer) == Some(word));
        }
        for arrival in &story.arrivals {
            look(&format!("{name}: a follow-up"), &arrival.raw, &|_, _| false);
        }
    }
    finding.wrong.dedup();
    finding.count("secrets", outputs.secrets.len());
    finding.count("codes", codes);
    finding.count("ways back", words.len() - codes);
    finding.count("bytes", bytes);
    finding
}
