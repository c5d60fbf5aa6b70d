//! Crates from documents, compiled: our golden cases, and whatever of the vendor's documents is on this machine.
//!
//! They are members of one workspace below `target/`, so that what they depend on is compiled once for all of them and what
//! did not change is not compiled again.

use super::Plan;
use crate::{documents, process::cargo, progress::say, tools, workspace};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result, anyhow};
use codegen::{Standalone, StandaloneCrate};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Larger documents take the compiler a minute each.
const MOST: u64 = 450_000;
/// Set to anything: documents of any size.
const ALL: &str = "OPSHOOK_ALL_DOCUMENTS";

/// Renders the crates and says what to do with them.
pub(super) fn plan() -> Result<Plan> {
    let folder = workspace::root().join("target/crates");
    let mut members = BTreeSet::new();
    for (name, document) in chosen()? {
        if render(&document, &name, &folder.join(&name))? {
            members.insert(name);
        }
    }
    let list: Vec<String> = members.iter().map(|name| format!("    {name:?},\n")).collect();
    write(&folder.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = [\n{}]\n", list.concat()))?;
    // The versions that everything here is built with.
    let lock = folder.join("Cargo.lock");
    if !lock.exists() {
        fs::copy(workspace::root().join("Cargo.lock"), &lock).context("cannot copy Cargo.lock")?;
    }
    let there = |words: &[&str]| {
        let mut command = cargo(words);
        command.args([
            "--workspace",
            "--manifest-path",
            "target/crates/Cargo.toml",
            "--target-dir",
            "target/crates/target",
        ]);
        command.env("RUSTFLAGS", "-Dwarnings").env("RUSTDOCFLAGS", "-Dwarnings");
        command
    };
    let commands: [Command; 3] =
        [there(&["check"]), there(&["check", "--target", tools::WASM]), there(&["doc", "--no-deps"])];
    Ok(Plan::Run(commands.into()))
}

/// Documents, and what their crates are called. What is left out is said.
fn chosen() -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let cases = workspace::root().join("crates/codegen/tests/cases");
    for path in documents::below(&cases)? {
        // With an overlay a case is about a folder of ours.
        if !path.with_file_name("overlay.toml").exists() {
            found.push((named("case", &cases, &path), path));
        }
    }
    let (folder, all) = (documents::folder(), env::var_os(ALL).is_some());
    let vendors = documents::below(&folder)?;
    if vendors.is_empty() {
        say(&format!("- crates: only our own, there are no documents under {}", folder.display()));
    }
    for path in vendors {
        let size = fs::metadata(&path).map(|metadata| metadata.len()).unwrap_or_default();
        let name = named("of", &folder, &path);
        if size > MOST && !all {
            say(&format!("- crates: {name} left out, {} KB take long; {ALL}=1 takes it in", size / 1000));
        } else {
            found.push((name, path));
        }
    }
    Ok(found)
}

/// `of-swas-open-2020-06-01` for `swas-open/2020-06-01/api-docs.json`.
fn named(what: &str, folder: &Path, document: &Path) -> String {
    let within = document.parent().and_then(|parent| parent.strip_prefix(folder).ok()).unwrap_or(document);
    let words = within.components().map(|part| part.as_os_str().to_string_lossy().to_ascii_lowercase());
    let name: Vec<String> = core::iter::once(what.to_owned()).chain(words).collect();
    name.join("-").replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// `Ok(false)`: the document is of another kind, and that has been said.
fn render(document: &Path, name: &str, folder: &Path) -> Result<bool> {
    let shown = workspace::shown(document).display().to_string();
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {shown}"))?;
    let run_time = workspace::root().join("crates/acs-rpc").to_string_lossy().into_owned();
    let input = Standalone { document: &text, operations: None, acs_rpc: &run_time };
    let rendered = match StandaloneCrate::read(&input) {
        Ok(rendered) => rendered,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            if lines.iter().any(|line| line.contains("not supported: style")) {
                say(&format!("- crates: {name} left out, {}", lines.join(", ")));
                return Ok(false);
            }
            return Err(anyhow!("{shown}:\n{}", lines.join("\n")));
        }
    };
    let paths: BTreeSet<PathBuf> = rendered.paths().iter().map(|path| folder.join(path)).collect();
    rendered.render(|file| match file.path.as_str() {
        // One of several in a workspace: two documents may be of one product.
        "Cargo.toml" => {
            let mut manifest: toml::Table = file.text.parse()?;
            manifest.remove("workspace");
            if let Some(package) = manifest.get_mut("package").and_then(toml::Value::as_table_mut) {
                package.insert("name".to_owned(), name.into());
            }
            write(&folder.join(file.path), &manifest.to_string())
        }
        path => write(&folder.join(path), &file.text),
    })?;
    for entry in fs::read_dir(folder.join("src"))? {
        let path = entry?.path();
        if !paths.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(true)
}

/// Only what differs, so that the rest is not compiled again.
fn write(path: &Path, text: &str) -> Result<()> {
    let unwritten = || format!("cannot write {}", workspace::shown(path).display());
    if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(unwritten)?;
    }
    fs::write(path, text).with_context(unwritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_called_by_their_documents_places() {
        let name = |path: &str| named("of", Path::new("/m"), Path::new(path));
        assert_eq!(name("/m/swas-open/2020-06-01/api-docs.json"), "of-swas-open-2020-06-01");
        assert_eq!(name("/m/zh_cn/AliGenie/iap_1.0/api-docs.json"), "of-zh-cn-aligenie-iap-1-0");
    }
}
