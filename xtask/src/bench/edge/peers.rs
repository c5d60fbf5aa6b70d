//! Builds what stands in `bench/peers`, each with the tool that deploys it: wrangler for TypeScript, worker-build for Rust.

use crate::{
    build,
    process::{cargo, program, run},
    tools, workspace,
};
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// Where they are, and where they are built to.
const SOURCES: &str = "bench/peers";
const BUILT: &str = "target/peers";

const TYPESCRIPT: [&str; 3] = ["hono", "slack-sdk", "ts-hello"];
const RUST: [&str; 2] = ["rust-hello", "signs"];
/// wasm-bindgen's own, beside a main module of ours.
const BOUND: &str = "sign-wasm";

pub(in crate::bench) fn source(name: &str) -> PathBuf {
    workspace::root().join(SOURCES).join(name)
}

/// A peer's modules, the main one first.
///
/// # Errors
/// It has not been built.
pub(in crate::bench) fn modules(name: &str) -> Result<Vec<PathBuf>> {
    if RUST.contains(&name) {
        return build::modules(&built(name));
    }
    if name == BOUND {
        let bound = ["bench_sign.js", "bench_sign_bg.wasm"].map(|module| built(name).join(module));
        return Ok([source(name).join("index.js")].into_iter().chain(bound).collect());
    }
    let folder = if TYPESCRIPT.contains(&name) { built(name) } else { source(name) };
    let main = folder.join("index.js");
    ensure!(main.is_file(), "there is no {}: leave --no-build away", workspace::shown(&main).display());
    Ok(vec![main])
}

pub(in crate::bench) fn built(name: &str) -> PathBuf {
    workspace::root().join(BUILT).join(name)
}

/// Builds them all.
///
/// # Errors
/// A tool is missing, or one of them does not compile.
pub(in crate::bench) fn build_all() -> Result<()> {
    tools::npm_packages_of(SOURCES)?;
    for name in TYPESCRIPT {
        let mut bundle = program("npx", ["--no-install", "wrangler", "deploy", "--dry-run", "--minify"]);
        bundle.arg("--config").arg(source(name).join("wrangler.toml")).arg("--outdir").arg(built(name));
        bundle.envs([("CI", "1"), ("WRANGLER_SEND_METRICS", "false")]);
        run(&format!("bundling {name}"), bundle)?;
    }
    for name in RUST {
        let out = format!("../../../{BUILT}/{name}");
        let mut bundle = program(tools::worker_build()?, [&format!("{SOURCES}/{name}"), "--release", "--no-opt"]);
        bundle.args(["--out-dir", &out]).env("CARGO_TARGET_DIR", target());
        bundle.env("WASM_BINDGEN_BIN", tools::wasm_bindgen("wasm-bindgen")?);
        // One is as everybody builds theirs, the other as the Worker is built.
        let entry = source(name).join("entry.js");
        if entry.is_file() {
            bundle.env("ESBUILD_BIN", workspace::root().join(build::BUNDLE)).env("BUNDLE_ENTRY", entry);
        } else {
            bundle.env("ESBUILD_BIN", tools::platform_program("@esbuild", "", "esbuild")?);
        }
        run(&format!("building {name}"), bundle)?;
        run(&format!("shrinking {name}"), build::shrink(&built(name).join("index_bg.wasm")))?;
    }
    compile_emulator()
}

/// The emulator as fast as it gets: it is the same for all, and none of what is measured.
///
/// # Errors
/// It has not been built.
pub(in crate::bench) fn emulator() -> Result<PathBuf> {
    let built = target().join("release/emulator");
    ensure!(built.is_file(), "there is no {}: leave --no-build away", workspace::shown(&built).display());
    Ok(built)
}

fn compile_emulator() -> Result<()> {
    compile_fast("emulator", &[("LTO", "off"), ("CODEGEN_UNITS", "16")]).map(drop)
}

/// A package of the workspace for speed rather than size; `profile`: what else is to be other than what is deployed.
///
/// # Errors
/// It does not compile.
pub(in crate::bench) fn compile_fast(package: &str, profile: &[(&str, &str)]) -> Result<PathBuf> {
    let mut compile = cargo(["build", "--release", "--package", package, "--target-dir"]);
    compile.arg(target());
    for (name, value) in [("OPT_LEVEL", "3")].iter().chain(profile) {
        compile.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    run(&format!("compiling {package} to measure with"), compile)?;
    Ok(target().join("release").join(package))
}

/// Apart from the workspace's own: other profiles, other packages.
pub(in crate::bench) fn target() -> PathBuf {
    workspace::root().join(BUILT).join("cargo")
}
