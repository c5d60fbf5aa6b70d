//! Installs what is missing: the tools outside the tree, keyed by version; the npm packages in it.

use crate::{
    process::{cargo, output, program, run},
    progress::say,
    workspace,
};
use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Must be the version of the `worker` crate.
const WORKER_BUILD: &str = "0.8.7";

/// What the platform's own tools ask for.
const OLDEST_NODE: (u32, u32) = (20, 3);

/// The Worker's target.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A target without `std`: what builds for it reaches no clock, file, socket or environment.
pub(crate) const BARE: &str = "thumbv7em-none-eabihf";

/// `worker-build`, installed if it is missing.
///
/// # Errors
/// Cargo cannot install it.
pub(crate) fn worker_build() -> Result<PathBuf> {
    let tool =
        Tool { name: "worker-build", version: WORKER_BUILD.to_owned(), locked: true, takes: "some five minutes" };
    tool.ensure("worker-build")
}

/// `wasm-bindgen` or `wasm-bindgen-test-runner`, in exactly the version that Cargo.lock has of the library: generated
/// glue and library only understand each other then.
///
/// # Errors
/// Cargo.lock is not readable, or cargo cannot install it.
pub(crate) fn wasm_bindgen(program: &str) -> Result<PathBuf> {
    let version = locked_version(&workspace::read("Cargo.lock")?, "wasm-bindgen")?;
    // Without `--locked`: the crate's own lock file pins a version that registries no longer serve.
    let tool = Tool { name: "wasm-bindgen-cli", version, locked: false, takes: "some three minutes" };
    tool.ensure(program)
}

/// The named targets for the pinned toolchain.
///
/// # Errors
/// One is missing and `rustup` cannot add it.
pub(crate) fn targets(names: &[&str]) -> Result<()> {
    for name in names {
        if has_target(name)? {
            continue;
        }
        run(&format!("adding the Rust target {name}"), program("rustup", ["target", "add", name]))
            .with_context(|| format!("the Rust target {name} is missing: add it with `rustup target add {name}`"))?;
    }
    Ok(())
}

/// Whether the pinned toolchain has this target.
///
/// # Errors
/// `rustc` cannot be asked.
pub(crate) fn has_target(name: &str) -> Result<bool> {
    let folder = output(program("rustc", ["--print", "target-libdir", "--target", name]))?;
    Ok(Path::new(folder.trim()).exists())
}

/// `clippy` and `rustfmt` for the pinned toolchain.
///
/// # Errors
/// One is missing and `rustup` cannot add it.
pub(crate) fn components() -> Result<()> {
    for (name, command) in [("clippy", "clippy"), ("rustfmt", "fmt")] {
        if output(cargo([command, "--version"])).is_err() {
            run(&format!("adding {name}"), program("rustup", ["component", "add", name]))
                .with_context(|| format!("{name} is missing: add it with `rustup component add {name}`"))?;
        }
    }
    Ok(())
}

/// The npm packages of the root's lock file.
///
/// # Errors
/// Node is missing or too old, or `npm ci` fails.
pub(crate) fn npm_packages() -> Result<()> {
    npm_packages_of("")
}

/// The npm packages of the lock file in a folder, beside it.
///
/// # Errors
/// Node is missing or too old, or `npm ci` fails.
pub(crate) fn npm_packages_of(folder: &str) -> Result<()> {
    node()?;
    let stamp = NpmStamp::of(folder)?;
    if stamp.fits() {
        return Ok(());
    }
    let _alone = exclusive(&workspace::scratch("npm.lock"))?;
    if stamp.fits() {
        return Ok(());
    }
    // No package of ours needs its install script: what we run is found in the platform packages.
    let mut install = program("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    install.current_dir(workspace::root().join(folder));
    let place = if folder.is_empty() { "the repository's root" } else { folder };
    run("installing the npm packages", install)
        .with_context(|| format!("the npm packages are missing: `npm ci` in {place} shows why"))?;
    fs::write(&stamp.path, &stamp.wanted)
        .with_context(|| format!("cannot write {}", workspace::shown(&stamp.path).display()))
}

/// Whether the npm packages are those of the root's lock file.
///
/// # Errors
/// There is no lock file.
pub(crate) fn has_npm_packages() -> Result<bool> {
    Ok(NpmStamp::of("")?.fits())
}

/// The file that says which lock file the packages were installed from, and what it must say.
/// Whether there is a valgrind to count with.
pub(crate) fn has_valgrind() -> bool {
    program("valgrind", ["--version"]).output().is_ok_and(|told| told.status.success())
}

struct NpmStamp {
    path: PathBuf,
    wanted: String,
}

impl NpmStamp {
    fn of(folder: &str) -> Result<Self> {
        let lock = workspace::read(Path::new(folder).join("package-lock.json"))?;
        let path = workspace::root().join(folder).join("node_modules/.opshook-lock");
        Ok(Self { path, wanted: digest(lock.as_bytes()) })
    }

    fn fits(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|found| found == self.wanted)
    }
}

/// A program that an npm package brings for this very platform, `@cloudflare/workerd-<platform>/bin/workerd`.
///
/// # Errors
/// There is none, because the package does not support the platform or is not installed.
pub(crate) fn platform_program(scope: &str, prefix: &str, program: &str) -> Result<PathBuf> {
    let folder = workspace::root().join("node_modules").join(scope);
    let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
    let mut found = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join("bin").join(program))
        .filter(|path| path.is_file());
    found.next().with_context(|| {
        format!(
            "npm has no {program} for this platform ({} {}) in {}; `npm ci` installs it where it exists",
            std::env::consts::OS,
            std::env::consts::ARCH,
            workspace::shown(&folder).display()
        )
    })
}

/// A Chromium: the one `CHROMIUM` names, one that is installed, or Debian's, which root can install.
///
/// # Errors
/// There is none, and it cannot be installed.
pub(crate) fn chromium() -> Result<PathBuf> {
    const INSTALL: [&str; 5] = ["install", "--yes", "--no-install-recommends", "chromium", "fonts-wqy-microhei"];
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let installed = || {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = std::env::split_paths(&folders)
            .flat_map(|folder| ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name)));
        programs.find(|program| program.is_file())
    };
    if installed().is_none() && rustix::process::geteuid().is_root() {
        let mut install = program("apt-get", INSTALL);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        run("installing Chromium", install)?;
    }
    let missing = || format!("there is no Chromium: `apt-get {}` as root, or name one in CHROMIUM", INSTALL.join(" "));
    installed().with_context(missing)
}

/// Whether there is a Node that is new enough.
///
/// # Errors
/// There is none; the message says what to do.
pub(crate) fn node() -> Result<()> {
    let needed = format!("Node {}.{} or newer is needed", OLDEST_NODE.0, OLDEST_NODE.1);
    let version =
        output(program("node", ["--version"])).with_context(|| format!("{needed}: install it from nodejs.org"))?;
    if node_version(&version).is_none_or(|found| found < OLDEST_NODE) {
        bail!("{needed}, and `node --version` says {}: install a newer one from nodejs.org", version.trim());
    }
    Ok(())
}

fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// The version that a Cargo.lock has of a package.
fn locked_version(lock: &str, package: &str) -> Result<String> {
    let lock: toml::Table = lock.parse().context("Cargo.lock is not TOML: `git checkout Cargo.lock` restores it")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    packages
        .filter(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package))
        .find_map(|entry| entry.get("version")?.as_str().map(str::to_owned))
        .with_context(|| format!("Cargo.lock has no {package}: `cargo update --workspace` completes it"))
}

/// A program that cargo installs.
struct Tool {
    name: &'static str,
    version: String,
    locked: bool,
    takes: &'static str,
}

impl Tool {
    /// The path of one of its programs, after installing it where it is missing.
    fn ensure(&self, program: &str) -> Result<PathBuf> {
        let tools = folder()?;
        let home = tools.join(format!("{}-{}", self.name, self.version));
        let path = home.join("bin").join(program);
        if path.is_file() {
            return Ok(path);
        }
        fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
        let _alone = exclusive(&tools.join(".lock"))?;
        if path.is_file() {
            return Ok(path);
        }
        // Beside the final place, and renamed when whole: an interrupted install leaves nothing that looks finished.
        let partial = tools.join(format!(".{}-{}.partial", self.name, self.version));
        discard(&partial)?;
        discard(&home)?;
        let mut install = cargo(["install", self.name, "--version", &self.version, "--root"]);
        install.arg(&partial);
        if self.locked {
            install.arg("--locked");
        }
        run(&format!("installing {} {} ({}, once)", self.name, self.version, self.takes), install)
            .with_context(|| format!("cannot install {} {}", self.name, self.version))?;
        fs::rename(&partial, &home)
            .with_context(|| format!("cannot move {} to {}", partial.display(), home.display()))?;
        if !path.is_file() {
            bail!("{} {} has no program {program}", self.name, self.version);
        }
        Ok(path)
    }
}

/// `$XDG_CACHE_HOME/opshook/tools`, by default in `~/.cache`. A relative XDG path is to be ignored, says its standard.
fn folder() -> Result<PathBuf> {
    let from_xdg = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = from_xdg
        .or_else(|| Some(std::env::home_dir()?.join(".cache")))
        .context("there is no home folder to keep tools in: set XDG_CACHE_HOME to an absolute path")?;
    Ok(cache.join("opshook/tools"))
}

fn discard(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Waits until no other `cargo xtask` holds this file; it is free again when the value is dropped, or we end.
pub(crate) fn exclusive(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    if file.try_lock().is_err() {
        say(&format!("  waiting for another `cargo xtask` that holds {}", path.display()));
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

/// SHA-256 in lower-case hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_node_versions() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(node_version("v22.0.0-nightly"), Some((22, 0)));
        assert_eq!(node_version("20.1"), None);
        assert_eq!(node_version("v20"), None);
    }

    #[test]
    fn reads_a_locked_version() {
        let lock = "version = 4\n[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"9.9.9\"\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert_eq!(
            locked_version(lock, "worker").unwrap_err().to_string(),
            "Cargo.lock has no worker: `cargo update --workspace` completes it"
        );
    }
}
