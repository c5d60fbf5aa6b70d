//! `build`: what `wrangler deploy` runs. Makes `build/index.js` and the wasm beside it.

use crate::{
    process::{cargo, program, run},
    progress::say,
    tools, workspace,
};
use anyhow::{Context as _, Result};
use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the Worker is built to; wrangler.toml says the same.
const FOLDER: &str = "build";

/// Bundles what the runtime calls with the glue of wasm-bindgen, and trims both that and the wasm.
pub(crate) const BUNDLE: &str = "crates/edge/bundle.mjs";

/// What rustc's default target, wasm-bindgen and our own flags use.
const FEATURES: [&str; 8] = [
    "bulk-memory",
    "exception-handling",
    "multivalue",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "sign-ext",
    "simd",
];

/// Builds the Worker, or finds that nothing changed, and says how large it is.
///
/// # Errors
/// A tool is missing and cannot be installed, or one of them fails.
pub(crate) fn run_build() -> Result<()> {
    tools::targets(&[tools::WASM])?;
    tools::npm_packages()?;
    let worker_build = tools::worker_build()?;
    let wasm_bindgen = tools::wasm_bindgen("wasm-bindgen")?;

    // The same call as worker-build's own, so that it finds everything compiled; what it does after that (bindings,
    // wasm-opt, bundling) takes longer than an unchanged compilation and is left out where the wasm is the same.
    let arguments = ["build", "--package", "edge", "--lib", "--release", "--target", tools::WASM];
    let mut compile = cargo(arguments);
    compile.arg("--message-format=json-render-diagnostics");
    let compiled = run("compiling the Worker", compile)?;
    let wasm =
        artifact(&compiled.lines, "edge", ".wasm").context("cargo did not say where it put the Worker's wasm")?;

    let folder = workspace::root().join(FOLDER);
    let stamp = folder.join(".stamp");
    let made_of = fingerprint(&wasm, &[&worker_build, &wasm_bindgen])?;
    if !fs::read_to_string(&stamp).is_ok_and(|found| found == made_of) || modules(&folder).is_err() {
        let mut bundle = program(worker_build, ["crates/edge", "--release", "--no-opt", "--out-dir", "../../build"]);
        // Without these it would download wasm-bindgen, and esbuild to bundle a shim of its own.
        bundle.env("ESBUILD_BIN", workspace::root().join(BUNDLE)).env("WASM_BINDGEN_BIN", wasm_bindgen);
        discard(&stamp)?;
        run("bundling the Worker", bundle)?;
        run("shrinking the Worker", shrink(&folder.join("index_bg.wasm")))?;
        fs::write(&stamp, made_of).with_context(|| format!("cannot write {}", workspace::shown(&stamp).display()))?;
    }
    report(&folder)
}

/// The Worker's modules: the main one first, then each wasm beside it.
///
/// # Errors
/// It has not been built.
pub(crate) fn modules(folder: &Path) -> Result<Vec<PathBuf>> {
    let main = folder.join("index.js");
    let not_built =
        || format!("there is no built Worker in {}: run `cargo xtask build`", workspace::shown(folder).display());
    anyhow::ensure!(main.is_file(), not_built());
    let entries = fs::read_dir(folder).with_context(not_built)?;
    let mut wasm: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    anyhow::ensure!(!wasm.is_empty(), not_built());
    wasm.sort();
    wasm.insert(0, main);
    Ok(wasm)
}

/// Where the Worker is built to.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join(FOLDER)
}

/// The file of a target among cargo's JSON messages: its executable, or the one with that ending.
pub(crate) fn artifact(messages: &[String], target: &str, ending: &str) -> Option<PathBuf> {
    let messages = messages.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut of_target = messages
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == target)
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    of_target.find_map(|file| file.as_str().filter(|file| file.ends_with(ending)).map(PathBuf::from))
}

/// A digest over everything that the bundle is made of.
fn fingerprint(wasm: &Path, tools: &[&Path]) -> Result<String> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let mut inputs = vec![tools::digest(&read(wasm)?), tools::digest(include_bytes!("build.rs"))];
    for file in ["package-lock.json", "crates/edge/Cargo.toml", "crates/edge/entry.js", BUNDLE] {
        inputs.push(tools::digest(&read(&workspace::root().join(file))?));
    }
    inputs.extend(tools.iter().map(|tool| tool.display().to_string()));
    Ok(tools::digest(inputs.join("\n").as_bytes()))
}

/// worker-build's own call of wasm-opt keeps the names of all functions, an eighth of the bundle. Features are listed for
/// the reason it gives: with all of them on, binaryen may write encodings that workerd does not read yet. What is compressed
/// counts: large functions in their only caller, and values kept for a second use, make the code shorter and the bundle longer.
pub(crate) fn shrink(wasm: &Path) -> Command {
    let mut command = program(workspace::root().join("node_modules/binaryen/bin/wasm-opt"), ["-Oz", "--converge"]);
    command.args(["--one-caller-inline-max-function-size=0", "--skip-pass=local-cse"]);
    // The stack grows down to address 0 and the linker puts nothing below it; each instance has a memory of its own.
    command.args(["--low-memory-unused", "--zero-filled-memory"]);
    command.args(FEATURES.map(|feature| format!("--enable-{feature}"))).arg(wasm).arg("-o").arg(wasm);
    command
}

fn discard(file: &Path) -> Result<()> {
    if file.exists() {
        fs::remove_file(file).with_context(|| format!("cannot remove {}", workspace::shown(file).display()))?;
    }
    Ok(())
}

fn report(folder: &Path) -> Result<()> {
    let mut total = 0;
    for module in modules(folder)? {
        let (bytes, small) = gzip(&module)?;
        total += small;
        say(&format!("  {}: {}, {} gzip", workspace::shown(&module).display(), kib(bytes), kib(small)));
    }
    say(&format!("  the Worker: {} gzip", kib(total)));
    Ok(())
}

/// How many bytes a file has, as it is and compressed.
///
/// # Errors
/// It cannot be read.
pub(crate) fn gzip(file: &Path) -> Result<(usize, usize)> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", workspace::shown(file).display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&bytes)?;
    Ok((bytes.len(), gzip.finish()?.len()))
}

fn kib(bytes: usize) -> String {
    format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_artifact_among_messages() {
        let messages = [
            r#"{"reason":"compiler-artifact","target":{"name":"ops"},"filenames":["/t/libops.rlib"]}"#.to_owned(),
            "warning: text between the messages".to_owned(),
            r#"{"reason":"compiler-artifact","target":{"name":"edge"},"filenames":["/t/edge.wasm","/t/libedge.rlib"]}"#
                .to_owned(),
        ];
        assert_eq!(artifact(&messages, "edge", ".wasm"), Some(PathBuf::from("/t/edge.wasm")));
        assert_eq!(artifact(&messages, "ops", ".wasm"), None);
    }

    #[test]
    fn says_sizes() {
        assert_eq!(kib(1536), "1.5 KiB");
        assert_eq!(kib(0), "0.0 KiB");
    }
}
