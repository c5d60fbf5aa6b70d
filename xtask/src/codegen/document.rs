//! `codegen --document`: a crate of its own from any official document.

use super::{files, lines, slashed, unreadable};
use crate::{
    progress::{print, say},
    workspace,
};
use alloc::collections::BTreeMap;
use anyhow::{Context as _, Result, bail, ensure};
use codegen::{Drift, RenderedFile, Standalone, generate_crate, is_generated_crate};
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Writes the crate, or compares it. `Ok(false)`: the document has problems, or files differ, and all of it has been said.
///
/// # Errors
/// A file cannot be read or written, or the folder holds what this command did not write.
pub(super) fn run(document: &Path, out: &Path, operations: Option<&[String]>, check: bool) -> Result<bool> {
    let bytes = fs::read(document).with_context(|| unreadable(document))?;
    let Ok(text) = core::str::from_utf8(&bytes).map_err(|error| {
        say(&format!(": not UTF-8 from byte {} on, expected JSON", error.valid_up_to()));
    }) else {
        return Ok(false);
    };
    let folder = absolute(out)?;
    let run_time = workspace::root().join("crates/acs-rpc");
    let run_time = run_time.canonicalize().with_context(|| unreadable(&run_time))?;
    let input = Standalone { document: text, operations, acs_rpc: &way(&folder, &run_time) };
    let Some(rendered) = files(generate_crate(&input)) else { return Ok(false) };

    let found = generated_files(&folder, out, &rendered)?;
    let drift = codegen::drift(&rendered, &found);
    let shown = out.display().to_string();
    if check {
        if !drift.is_empty() {
            say(lines(&shown, &drift).trim_end());
        }
        return Ok(drift.is_empty());
    }
    let (mut written, mut removed) = (0_usize, 0_usize);
    for (path, kind) in &drift {
        let target = folder.join(path);
        match rendered.iter().find(|file| file.path == *path) {
            Some(file) if *kind != Drift::Orphan => {
                if let Some(parent) = target.parent() {
                    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
                }
                fs::write(&target, &file.text).with_context(|| format!("cannot write {shown}/{path}"))?;
                written += 1;
            }
            _ => {
                fs::remove_file(&target).with_context(|| format!("cannot remove {shown}/{path}"))?;
                removed += 1;
            }
        }
    }
    print(&format!("{shown}: {} files, {written} written, {removed} removed", rendered.len()));
    Ok(true)
}

/// The files of the folder that may be replaced or removed, by their paths in it.
fn generated_files(folder: &Path, shown: &Path, rendered: &[RenderedFile]) -> Result<BTreeMap<String, String>> {
    let shown = shown.display();
    ensure!(
        folder.parent() != workspace::root().join("crates").canonicalize().ok().as_deref(),
        "{shown} would become a member of this workspace, which has every folder of crates/"
    );
    if !folder.exists() {
        return Ok(BTreeMap::new());
    }
    ensure!(folder.is_dir(), "{shown} is no folder");
    let mut found = BTreeMap::new();
    let mut others = Vec::new();
    let mut is_empty = true;
    for part in ["", "src"] {
        for path in entries(&folder.join(part))? {
            is_empty = false;
            let name = slashed(path.strip_prefix(folder)?);
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path).with_context(|| unreadable(&path))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if is_generated_crate(&text) {
                found.insert(name, text);
            } else {
                others.push(name);
            }
        }
    }
    if !is_empty && !found.contains_key("Cargo.toml") {
        bail!("{shown} holds files that this command did not write: give an empty or a new folder");
    }
    match others.iter().find(|name| rendered.iter().any(|file| file.path == **name)) {
        Some(name) => bail!("{shown}/{name} was not written by this command and stands where a file should go"),
        None => Ok(found),
    }
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
            paths.with_context(|| unreadable(folder))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| unreadable(folder)),
    }
}

/// The path from the root of the file system, links followed as far as it exists.
fn absolute(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).with_context(|| unreadable(path))?;
    let mut there = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                there.pop();
            }
            other => there.push(other),
        }
        if let Ok(real) = there.canonicalize() {
            there = real;
        }
    }
    Ok(there)
}

/// The way from a folder to another, with `/` between the parts; the whole path where they share no root.
fn way(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if shared == 0 {
        return to.to_string_lossy().replace('\\', "/");
    }
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}
