//! A copy of the repository, in which a test may change what people would change.

use std::{env, fs, path::Path, process::Command};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What a copy needs: everything that is compiled, and the description.
pub(crate) fn sources() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "--cached"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let needed = |path: &&str| {
        let compiled =
            ["bench/sign/", "crates/", "xtask/", "spec/", ".cargo/"].iter().any(|folder| path.starts_with(folder));
        let settings = !path.contains('/') && path.ends_with(".toml") || *path == "Cargo.lock";
        (compiled || settings) && !path.contains("/tests/") && root().join(path).exists()
    };
    listed.lines().filter(needed).map(str::to_owned).collect()
}

/// Copies these files, and removes what an earlier run left but for what lies under `added`.
pub(crate) fn make(copy: &Path, sources: &[String], added: &[&str]) {
    for path in sources {
        put(&copy.join(path), &fs::read(root().join(path)).unwrap());
    }
    prune(copy, copy, sources, added);
}

/// Writes a file where it is not so already: the compiler goes by dates, and the copy is kept between runs.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn prune(folder: &Path, copy: &Path, kept: &[String], added: &[&str]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(copy).unwrap().to_str().unwrap();
        if added.contains(&name) {
            continue;
        }
        if path.is_dir() {
            prune(&path, copy, kept, added);
        } else if !kept.iter().any(|kept| kept == name) {
            fs::remove_file(path).unwrap();
        }
    }
}

pub(crate) fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs it and gives what it prints.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}:\n{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}

/// Cargo in the copy. It builds apart: cargo tells crates by their place in the workspace, so in one target folder the copy's
/// would be taken for ours.
pub(crate) fn cargo(copy: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let name = copy.file_name().unwrap().to_str().unwrap();
    cargo
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name(format!("{name}-target")))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("CARGO_MANIFEST_DIR");
    cargo
}
