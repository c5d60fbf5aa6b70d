//! `test`: every test there is, cheap ones first.

mod crates;

use crate::{
    process::{cargo, program, typed, watch},
    progress::{Progress, print, say, seconds},
    tools, workspace,
};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use std::{
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
    /// What its output says that is worth seeing after a success: lines with this in them.
    shows: Option<&'static str>,
    plan: fn() -> Result<Plan>,
}

enum Plan {
    Run(Vec<Command>),
    Skip(String),
}

const STEPS: [Step; 15] = [
    step("fmt", "the formatting", fmt),
    step("codegen", "generated files are as generated", || xtask(["codegen", "--check"])),
    step("tidy", "dependencies, code map, licences, tracked files", || xtask(["tidy"])),
    step("clippy", "lints, warnings denied", clippy),
    step("native", "unit, integration and doc tests on this machine", || Ok(run(cargo(["test"])))),
    step("doc", "the documentation, warnings denied", doc),
    step("bare", "the pure crates build without std", bare),
    step("wasm", "the tests that also run in wasm, under Node", wasm),
    step("crates", "crates from documents: on this machine, on wasm32, documented; warnings denied", crates::plan),
    step("budget", "instructions and allocations a signature", budget).showing(" instructions of "),
    step("build", "the Worker", || xtask(["build"])).showing("the Worker: "),
    step("e2e", "the Worker in workerd, the emulator, the vendor's SDKs", e2e),
    step("browser", "the pages in Chromium", browser).showing("first contentful paint"),
    step("campaign", "nothing lost, doubled or stuck under faults and kills", campaign)
        .showing(" commands accepted in "),
    step("deploy", "wrangler would deploy it", deploy).showing("Total Upload"),
];

const fn step(name: &'static str, does: &'static str, plan: fn() -> Result<Plan>) -> Step {
    Step { name, does, shows: None, plan }
}

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
    const fn showing(mut self, worth: &'static str) -> Self {
        self.shows = Some(worth);
        self
    }

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
        lines.iter().filter(|line| self.shows.is_some_and(|worth| line.contains(worth))).for_each(|line| say(line));
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

/// Counted by valgrind, which is no part of what people need to work on this.
fn budget() -> Result<Plan> {
    if tools::has_valgrind() {
        xtask(["bench", "sign", "--check"])
    } else {
        Ok(Plan::Skip(
            "there is no valgrind to count with; the allocations are counted by a test of acs-sign too".into(),
        ))
    }
}

/// The modules of the platforms are declared by a table, into which rustfmt does not look.
fn fmt() -> Result<Plan> {
    let folder = "crates/chat/src";
    let entries = fs::read_dir(workspace::root().join(folder)).with_context(|| format!("cannot read {folder}"))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    let mut command = cargo(["fmt", "--all", "--check", "--"]);
    command.args(files);
    Ok(run(command))
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

/// The tests of the whole way. They start the programs that are built already.
fn e2e() -> Result<Plan> {
    let Some(test) = node("tests/e2e")? else { return Ok(Plan::Skip("there is no tests/e2e/*.test.mjs".to_owned())) };
    // One after the other, as their callers compile them: together they would get each other's features.
    let [emulator, keeper] = ["emulator", "keeper"].map(|name| cargo(["build", "--package", name]));
    Ok(Plan::Run(Vec::from([emulator, keeper, test])))
}

/// The pages, as a browser shows them. Screenshots stay in .opshook/screenshots.
fn browser() -> Result<Plan> {
    let Some(mut test) = node("tests/browser")? else {
        return Ok(Plan::Skip("there is no tests/browser/*.test.mjs".to_owned()));
    };
    match tools::chromium() {
        Ok(chromium) => test.env("CHROMIUM", chromium),
        Err(error) => return Ok(Plan::Skip(format!("{error:#}"))),
    };
    Ok(Plan::Run(Vec::from([cargo(["build", "--package", "emulator"]), test])))
}

/// The same campaign every time, and another one. They start the programs that are built already.
fn campaign() -> Result<Plan> {
    tools::npm_packages()?;
    let short = ["campaign", "--no-build", "--lanes", "24", "--kill-every", "1.5"];
    let same = program(workspace::myself()?, short.into_iter().chain(["--seed", "1"]));
    let another = program(workspace::myself()?, short);
    Ok(Plan::Run(Vec::from([cargo(["build", "--package", "emulator", "--package", "keeper"]), same, another])))
}

/// Node with the tests of a folder; `None`: there are none.
fn node(folder: &str) -> Result<Option<Command>> {
    let files = node_tests(&workspace::root().join(folder))?;
    if files.is_empty() {
        return Ok(None);
    }
    tools::npm_packages()?;
    let mut test = program("node", ["--test", "--test-reporter=spec", "--test-timeout=300000"]);
    test.args(files);
    Ok(Some(test))
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
    Ok(run(program(workspace::myself()?, arguments)))
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
            "there is no step unit; the steps are fmt, codegen, tidy, clippy, native, doc, bare, wasm, crates, budget, build, \
             e2e, browser, campaign, deploy"
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
