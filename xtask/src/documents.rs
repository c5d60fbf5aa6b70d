//! Documents of the vendor on this machine. None of them is in this repository: they are not ours to publish.

use crate::workspace;
use anyhow::{Context as _, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where they are looked for.
pub(crate) fn folder() -> PathBuf {
    let root = workspace::root();
    root.parent().unwrap_or(root).join("shared/metadata")
}

/// Every `api-docs.json` below a folder, in the order of their paths; none where there is no such folder.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = Vec::from([folder.to_owned()]);
    while let Some(folder) = left.pop() {
        if !folder.is_dir() {
            continue;
        }
        let unreadable = || format!("cannot read {}", workspace::shown(&folder).display());
        for entry in fs::read_dir(&folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            if path.is_dir() {
                left.push(path);
            } else if path.file_name().is_some_and(|name| name == "api-docs.json") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
