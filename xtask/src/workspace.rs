//! Where things are.

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A file of the repository, as text.
///
/// # Errors
/// It is not there or is not UTF-8; the message names it.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = root().join(path);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", shown(&path).display()))
}

/// A path as people type it: relative to the root where it lies inside.
pub(crate) fn shown(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}

/// Made by `cargo xtask`, in no commit: the state of `dev`, stamps, logs of test steps.
pub(crate) fn scratch(name: &str) -> PathBuf {
    root().join(".opshook").join(name)
}
