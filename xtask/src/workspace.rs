//! Where things are.

use crate::process::{cargo, output};
use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The repository's root: of the one cargo runs this program in, else of the one it was compiled in.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        // Cargo sets it for whatever it runs, so a program of another package may have handed down its own.
        let ours = manifest.filter(|folder| folder.ends_with("xtask"));
        let folder = ours.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        folder.parent().unwrap_or(Path::new(".")).to_owned()
    });
    &ROOT
}

/// This program. Looked up once, at the start: `cargo test` may build it anew while a test step runs, and the system then calls
/// the file of the running one deleted.
///
/// # Errors
/// The operating system does not tell.
pub(crate) fn myself() -> Result<&'static Path> {
    static MYSELF: LazyLock<std::io::Result<PathBuf>> = LazyLock::new(std::env::current_exe);
    MYSELF.as_deref().map_err(|error| anyhow!("cannot find this program: {error}"))
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

/// A package of the workspace, as far as we look at it.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: String,
    /// Its licence expression.
    pub(crate) license: Option<String>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// Absent: a normal one; else `dev` or `build`.
    kind: Option<String>,
    /// Where it is, if it is not from a registry.
    path: Option<PathBuf>,
}

impl Member {
    /// Its folder, relative to the root.
    pub(crate) fn folder(&self) -> String {
        let folder = self.manifest_path.parent().unwrap_or(Path::new(""));
        shown(folder).to_string_lossy().into_owned()
    }

    /// Our own crates that it is made of; those only its tests use are left out.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &str> {
        let built_in =
            |dependency: &&Dependency| dependency.path.is_some() && dependency.kind.as_deref() != Some("dev");
        self.dependencies.iter().filter(built_in).map(|dependency| dependency.name.as_str())
    }

    /// Whether its tests use that package.
    pub(crate) fn develops_with(&self, name: &str) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == name && dependency.kind.as_deref() == Some("dev"))
    }
}

/// The packages of the workspace.
///
/// # Errors
/// Cargo does not understand a manifest.
pub(crate) fn metadata() -> Result<Vec<Member>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Member>,
    }
    let text = output(cargo(["metadata", "--format-version=1", "--no-deps"]))?;
    Ok(serde_json::from_str::<Metadata>(&text).context("cannot read what `cargo metadata` says")?.packages)
}
