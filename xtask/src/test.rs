//! `test`: every test there is, cheap ones first.

use crate::{
    process::{cargo, program, typed, watch},
    progress::{Progress, print, say, seconds},
    tools, workspace,
};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// The crates that build without `std`.
const PURE: [&str; 5] = ["acs-rpc", "acs-sign", "chat", "ops", "swas"];

/// Run every test there is, or the named steps
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// List the steps and run none
    #[arg(long)]
    list: bool,
    /// The steps to run; without any, all of them
    steps: Vec<String>,
}

/// One line of the table of tests.
struct Step {
    name: &'static str,
    does: &'static str,
    plan: fn() -> Result<Plan>,
}

enum Plan {
    Run(Vec<Command>),
    Skip(String),
}

const STEPS: [Step; 12] = [
    Step { name: "fmt", does: "the formatting", plan: || Ok(run(cargo(["fmt", "--all", "--check"]))) },
    Step { name: "codegen", does: "generated files are as generated", plan: || xtask(["codegen", "--check"]) },
    Step { name: "tidy", does: "dependencies, code map, licences, tracked files", plan: || xtask(["tidy"]) },
    Step { name: "clippy", does: "lints, warnings denied", plan: clippy },
    Step { name: "native", does: "unit, integration and doc tests on this machine", plan: || Ok(run(cargo(["test"]))) },
    Step { name: "doc", does: "the documentation, warnings denied", plan: doc },
    Step { name: "bare", does: "the pure crates build without std", plan: bare },
    Step { name: "wasm", does: "the tests that also run in wasm, under Node", plan: wasm },
    Step { name: "build", does: "the Worker", plan: || xtask(["build"]) },
    Step { name: "sdk", does: "the vendor's SDKs against the emulator", plan: || node("tests/sdk") },
    Step { name: "e2e", does: "the Worker in workerd against the emulator", plan: || node("tests/e2e") },
    Step { name: "deploy", does: "wrangler would deploy it", plan: deploy },
];

/// Runs the steps in their order and stops at the first that fails; `Ok(false)`: one failed, and it has been said.
///
/// # Errors
/// A step has no such name, or what it needs cannot be installed.
pub(crate) fn run_test(arguments: &Test) -> Result<bool> {
    if arguments.list {
        STEPS.iter().for_each(|step| print(&format!("{:8} {}", step.name, step.does)));
        return Ok(true);
    }
    let steps = chosen(&arguments.steps)?;
    tools::components()?;
    tools::targets(&[tools::WASM, tools::BARE])?;
    let started = Instant::now();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for step in steps {
        match step.run()? {
            Outcome::Passed => passed += 1,
            Outcome::Skipped => skipped += 1,
            Outcome::Failed => {
                failed += 1;
                break;
            }
        }
    }
    let without = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    print(&format!("{passed} passed, {failed} failed{without} ({})", seconds(started.elapsed())));
    Ok(failed == 0)
}

enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Step {
    fn run(&self) -> Result<Outcome> {
        let commands = match (self.plan)()? {
            Plan::Run(commands) => commands,
            Plan::Skip(why) => {
                say(&format!("- {}: skipped, {why}", self.name));
                return Ok(Outcome::Skipped);
            }
        };
        let log = log(self.name)?;
        let progress = Progress::start(&format!("{}: {}", self.name, self.does));
        let mut lines = Vec::new();
        for command in commands {
            let words = shown(&command);
            let finished = watch(command, &progress)?;
            lines.push(format!("$ {words}"));
            lines.extend(finished.lines.iter().cloned());
            fs::write(&log, lines.join("\n")).with_context(|| format!("cannot write {}", log.display()))?;
            if !finished.status.success() {
                progress.failed();
                say(&finished.tail());
                say(&format!("\nfailed ({}): {words}", finished.status));
                say(&format!(
                    "again: cargo xtask test {}   whole output: {}",
                    self.name,
                    workspace::shown(&log).display()
                ));
                return Ok(Outcome::Failed);
            }
        }
        progress.done();
        Ok(Outcome::Passed)
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    for name in names {
        let known = STEPS.map(|step| step.name);
        ensure!(known.contains(&name.as_str()), "there is no step {name}; the steps are {}", known.join(", "));
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

fn run(command: Command) -> Plan {
    Plan::Run(Vec::from([command]))
}

fn clippy() -> Result<Plan> {
    let deny = ["--", "--deny", "warnings"];
    let mut host = cargo(["clippy", "--all-targets"]);
    host.args(deny);
    let mut worker = cargo(["clippy", "--package", "edge", "--target", tools::WASM]);
    worker.args(deny);
    Ok(Plan::Run(Vec::from([host, worker])))
}

fn doc() -> Result<Plan> {
    let mut command = cargo(["doc", "--no-deps", "--document-private-items"]);
    command.env("RUSTDOCFLAGS", "--deny warnings");
    Ok(run(command))
}

fn bare() -> Result<Plan> {
    Ok(run(cargo(["build", "--target", tools::BARE].into_iter().chain(packages(&PURE)))))
}

fn wasm() -> Result<Plan> {
    let tested = tested_in_wasm()?;
    if tested.is_empty() {
        return Ok(Plan::Skip("no crate has tests for wasm (a dev-dependency on wasm-bindgen-test)".to_owned()));
    }
    let names: Vec<&str> = tested.iter().map(String::as_str).collect();
    let mut command = cargo(["test", "--tests", "--target", tools::WASM].into_iter().chain(packages(&names)));
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools::wasm_bindgen("wasm-bindgen-test-runner")?);
    Ok(run(command))
}

/// The members that have tests for wasm.
fn tested_in_wasm() -> Result<Vec<String>> {
    let metadata = workspace::metadata()?;
    let members = metadata.into_iter().filter(|member| member.develops_with("wasm-bindgen-test"));
    Ok(members.map(|member| member.name).collect())
}

/// The Node tests of a folder. They start the programs that are built already.
fn node(folder: &'static str) -> Result<Plan> {
    let files = node_tests(&workspace::root().join(folder))?;
    if files.is_empty() {
        return Ok(Plan::Skip(format!("there is no {folder}/*.test.mjs")));
    }
    tools::npm_packages()?;
    let mut test = program("node", [OsStr::new("--test")]);
    test.args(files);
    Ok(Plan::Run(Vec::from([cargo(["build", "--package", "emulator"]), test])))
}

fn node_tests(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", workspace::shown(folder).display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    Ok(files)
}

fn deploy() -> Result<Plan> {
    tools::npm_packages()?;
    let mut command = program("npx", ["--no-install", "wrangler", "deploy", "--dry-run"]);
    command.env("WRANGLER_SEND_METRICS", "false").env("CI", "1");
    Ok(run(command))
}

fn packages<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["--package", name])
}

/// This program again, as `cargo xtask` would run it.
fn xtask<const N: usize>(arguments: [&str; N]) -> Result<Plan> {
    Ok(run(program(std::env::current_exe()?, arguments)))
}

/// What to type to run it alone.
fn shown(command: &Command) -> String {
    let words = typed(command);
    let words = words.strip_prefix("xtask ").map_or(words.clone(), |rest| format!("cargo xtask {rest}"));
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}='{}' ", name.to_string_lossy(), value?.to_string_lossy())));
    set.collect::<String>() + &words
}

fn log(step: &str) -> Result<PathBuf> {
    let folder = workspace::scratch("test");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let Some(path) = folder.join(step).with_extension("log").to_str().map(PathBuf::from) else {
        bail!("the path of the repository is not UTF-8");
    };
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_in_the_tables_order() {
        let names = |chosen: Vec<&Step>| chosen.iter().map(|step| step.name).collect::<Vec<_>>();
        assert_eq!(names(chosen(&["native".to_owned(), "fmt".to_owned()]).unwrap()), ["fmt", "native"]);
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
        let error = chosen(&["unit".to_owned()]).err().unwrap().to_string();
        assert_eq!(
            error,
            "there is no step unit; the steps are fmt, codegen, tidy, clippy, native, doc, bare, wasm, build, sdk, e2e, \
             deploy"
        );
    }

    #[test]
    fn shows_what_to_type() {
        let mut command = program("/t/debug/xtask", ["tidy"]);
        assert_eq!(shown(&command), "cargo xtask tidy");
        command.env("CI", "1");
        assert_eq!(shown(&command), "CI='1' cargo xtask tidy");
    }
}
