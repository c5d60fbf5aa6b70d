//! `codegen --document`: a crate of its own from any official document.

use super::{lines, refuse, slashed, unreadable, warn};
use crate::{
    progress::{print, say},
    workspace,
};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result, bail, ensure};
use codegen::{Drift, RenderedFile, Standalone, StandaloneCrate, is_generated_crate};
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
        say(&format!("{}: not UTF-8 from byte {} on, expected JSON", document.display(), error.valid_up_to()));
    }) else {
        return Ok(false);
    };
    let folder = absolute(out)?;
    let run_time = workspace::root().join("crates/acs-rpc");
    let run_time = run_time.canonicalize().with_context(|| unreadable(&run_time))?;
    let input = Standalone { document: text, operations, acs_rpc: &way(&folder, &run_time) };
    let Some(rendered) = read(&input, document) else { return Ok(false) };

    let paths: BTreeSet<String> = rendered.paths().into_iter().collect();
    let found = generated_files(&folder, out, &paths)?;
    let mut writer = Writer { folder: &folder, shown: out.display().to_string(), check, drift: Vec::new() };
    rendered.render(|file| writer.take(&file))?;
    for path in found.difference(&paths) {
        writer.remove(path)?;
    }
    writer.report(paths.len());
    Ok(!check || writer.drift.is_empty())
}

/// The crate, after its warnings have been printed; `None` after its problems have been.
fn read(input: &Standalone<'_>, document: &Path) -> Option<StandaloneCrate> {
    match StandaloneCrate::read(input) {
        Ok(rendered) => {
            warn(&rendered.document().warnings);
            Some(rendered)
        }
        Err(problems) => {
            refuse(&problems, &document.display().to_string());
            None
        }
    }
}

/// Puts files into a folder, or only looks how they differ.
struct Writer<'f> {
    folder: &'f Path,
    /// The folder as it was named.
    shown: String,
    check: bool,
    drift: Vec<(String, Drift)>,
}

impl Writer<'_> {
    fn take(&mut self, file: &RenderedFile) -> Result<()> {
        let target = self.folder.join(&file.path);
        let drift = match fs::read(&target) {
            Ok(bytes) if bytes == file.text.as_bytes() => return Ok(()),
            Ok(_) => Drift::Changed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Drift::Missing,
            Err(error) => return Err(error).with_context(|| unreadable(&target)),
        };
        if !self.check {
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
            }
            fs::write(&target, &file.text).with_context(|| format!("cannot write {}/{}", self.shown, file.path))?;
        }
        self.drift.push((file.path.clone(), drift));
        Ok(())
    }

    fn remove(&mut self, path: &str) -> Result<()> {
        if !self.check {
            fs::remove_file(self.folder.join(path)).with_context(|| format!("cannot remove {}/{path}", self.shown))?;
        }
        self.drift.push((path.to_owned(), Drift::Orphan));
        Ok(())
    }

    fn report(&mut self, files: usize) {
        self.drift.sort();
        if self.check {
            if !self.drift.is_empty() {
                say(lines(&self.shown, &self.drift).trim_end());
            }
            return;
        }
        let removed = self.drift.iter().filter(|(_, drift)| *drift == Drift::Orphan).count();
        let written = self.drift.len() - removed;
        print(&format!("{}: {files} files, {written} written, {removed} removed", self.shown));
    }
}

/// The files of the folder that may be replaced or removed, by their paths in it.
fn generated_files(folder: &Path, shown: &Path, paths: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let shown = shown.display();
    ensure!(
        folder.parent() != workspace::root().join("crates").canonicalize().ok().as_deref(),
        "{shown} would become a member of this workspace, which has every folder of crates/"
    );
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    ensure!(folder.is_dir(), "{shown} is no folder");
    let mut found = BTreeSet::new();
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
            if is_generated_crate(&String::from_utf8_lossy(&bytes)) {
                found.insert(name);
            } else {
                others.push(name);
            }
        }
    }
    if !is_empty && !found.contains("Cargo.toml") {
        bail!("{shown} holds files that this command did not write: give an empty or a new folder");
    }
    match others.iter().find(|name| paths.contains(*name)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const DOCUMENT: &str = r#"{
        "version": "1.0",
        "info": { "style": "RPC", "product": "Sample", "version": "2024-01-31" },
        "apis": { "Ping": { "methods": ["get"] }, "Pong": { "methods": ["get"] } }
    }"#;

    fn setup() -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (document, out) = (folder.path().join("api-docs.json"), folder.path().join("new/crate"));
        fs::write(&document, DOCUMENT).unwrap();
        (folder, document, out)
    }

    #[track_caller]
    fn refused(document: &Path, out: &Path, expected: &str) {
        let error = run(document, out, None, false).unwrap_err().to_string();
        assert_eq!(error.replace(&out.display().to_string(), "OUT"), expected);
    }

    #[test]
    fn writes_what_differs_and_removes_what_is_generated_no_more() {
        let (_folder, document, out) = setup();
        assert!(!run(&document, &out, None, true).unwrap(), "nothing is there");
        assert!(!out.exists());
        assert!(run(&document, &out, None, false).unwrap());
        assert!(run(&document, &out, None, true).unwrap());

        // What others put there stays, also under `src`.
        fs::write(out.join("src/extra.rs"), "// mine").unwrap();
        fs::write(out.join("Cargo.lock"), "# Cargo's").unwrap();
        fs::create_dir(out.join("target")).unwrap();
        let untouched = fs::metadata(out.join("src/ping.rs")).unwrap().modified().unwrap();
        fs::write(out.join("src/pong.rs"), "// @generated by cargo xtask codegen --document, and changed").unwrap();
        assert!(!run(&document, &out, None, true).unwrap());
        assert!(run(&document, &out, None, false).unwrap());
        assert!(run(&document, &out, None, true).unwrap());
        assert_eq!(fs::metadata(out.join("src/ping.rs")).unwrap().modified().unwrap(), untouched);

        assert!(run(&document, &out, Some(&["Ping".to_owned()]), false).unwrap());
        assert!(!out.join("src/pong.rs").exists());
        assert!(
            out.join("src/ping.rs").exists() && out.join("src/extra.rs").exists() && out.join("Cargo.lock").exists()
        );
    }

    #[test]
    fn keeps_out_of_folders_that_are_not_its_own() {
        let (folder, document, out) = setup();
        fs::create_dir_all(out.join("src")).unwrap();
        assert!(run(&document, &out, None, false).is_err(), "a folder in it is something, too");
        fs::remove_dir(out.join("src")).unwrap();
        fs::write(out.join("notes.txt"), "mine").unwrap();
        refused(&document, &out, "OUT holds files that this command did not write: give an empty or a new folder");
        fs::remove_file(out.join("notes.txt")).unwrap();
        assert!(run(&document, &out, None, false).unwrap());
        fs::write(out.join("src/ping.rs"), "// mine").unwrap();
        refused(&document, &out, "OUT/src/ping.rs was not written by this command and stands where a file should go");
        assert_eq!(fs::read_to_string(out.join("src/ping.rs")).unwrap(), "// mine");

        refused(&document, &document, "OUT is no folder");
        let member = workspace::root().join("crates/new");
        let why = "OUT would become a member of this workspace, which has every folder of crates/";
        refused(&document, &member, why);
        assert!(!member.exists());
        let missing = run(&folder.path().join("none.json"), &out, None, false).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read "), "{missing}");
    }

    #[test]
    fn writes_nothing_where_the_document_has_problems() {
        let (_folder, document, out) = setup();
        for text in [DOCUMENT.replace("RPC", "ROA").into_bytes(), b"{\"version\": \"\xff\"}".to_vec()] {
            fs::write(&document, text).unwrap();
            assert!(!run(&document, &out, None, false).unwrap());
            assert!(!out.exists());
        }
    }

    #[test]
    fn the_way_to_the_run_time_crates_is_relative() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b/c", "/a/crates/acs-rpc"), "../../crates/acs-rpc");
        assert_eq!(way("/a/crates", "/a/crates/acs-rpc"), "acs-rpc");
        assert_eq!(way("/x", "/a/crates/acs-rpc"), "../a/crates/acs-rpc");
    }

    #[test]
    fn a_folder_is_found_whatever_leads_there() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        fs::create_dir(real.join("there")).unwrap();
        std::os::unix::fs::symlink(real.join("there"), real.join("link")).unwrap();
        assert_eq!(absolute(&real.join("link/new/../other")).unwrap(), real.join("there/other"));
        assert_eq!(absolute(&real.join("link/../there")).unwrap(), real.join("there"));
    }
}
