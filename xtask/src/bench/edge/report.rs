//! What is printed, and what `--report` writes of it: the same tables, and pictures of them, into the pages that have a place
//! for them.

use super::{
    chart::{self, Group},
    table::{self, Spread},
};
use crate::{
    process::{output, program},
    progress::print,
    tools, workspace,
};
use anyhow::{Context as _, Result, ensure};
use core::cell::RefCell;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What has been measured so far.
#[derive(Default)]
pub(in crate::bench) struct Report {
    /// What measures, with [`NAME`] where the name of a measurement stands, if it takes any.
    command: &'static str,
    folder: Option<PathBuf>,
    /// How and where everything is measured.
    conditions: String,
    section: RefCell<Section>,
    targets: RefCell<Vec<String>>,
}

/// One measurement: Markdown and pictures.
#[derive(Default)]
struct Section {
    name: &'static str,
    markdown: String,
    charts: Vec<String>,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::bench) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    /// `≥ 1.5: 1.72 (1.60–1.80), met`.
    fn judge(self, figure: Spread, decimals: usize) -> String {
        let (sign, bound, met) = match self {
            Self::AtLeast(bound) => ('≥', bound, figure.median >= bound),
            Self::AtMost(bound) => ('≤', bound, figure.median <= bound),
        };
        let met = if met { "met" } else { "not met" };
        format!("{sign} {bound}: {}, {met}", figure.shown(decimals))
    }
}

impl Report {
    /// # Errors
    /// Git or workerd do not say which version they have. `arguments`: after the name of a measurement, for whoever repeats it.
    pub(in crate::bench) fn of(command: &'static str, arguments: &str, folder: Option<&Path>) -> Result<Self> {
        let conditions = format!("{arguments}`, {}", conditions()?);
        Ok(Self { command, folder: folder.map(Path::to_owned), conditions, ..Self::default() })
    }

    /// Begins a measurement.
    pub(in crate::bench) fn begin(&self, name: &'static str) {
        self.section.replace(Section { name, ..Section::default() });
        self.say(&format!("`cargo xtask {} {}.", self.command.replace(NAME, name), self.conditions));
    }

    pub(in crate::bench) fn say(&self, text: &str) {
        print(&format!("\n{text}"));
        self.write(&format!("{text}\n\n"));
    }

    pub(in crate::bench) fn table(&self, rows: &[Vec<String>]) {
        print("");
        table::show(rows);
        self.write(&table::markdown(rows));
    }

    pub(in crate::bench) fn chart(&self, title: &str, unit: &str, groups: &[Group]) {
        let mut section = self.section.borrow_mut();
        section.charts.push(chart::bars(title, unit, groups));
        let (name, number) = (section.name, section.charts.len());
        section.markdown.push_str(&format!("![{title}]({PICTURES}/{name}-{number}.svg)\n\n"));
    }

    /// Says whether a target is met; all of them are said again at the end.
    pub(in crate::bench) fn target(&self, what: &str, target: Target, figure: Spread, decimals: usize) {
        let line = format!("target: {what} {}", target.judge(figure, decimals));
        print(&line);
        self.write(&format!("{line}\n\n"));
        self.targets.borrow_mut().push(line);
    }

    /// Ends a measurement and puts it into the page that has a place for it.
    pub(in crate::bench) fn end(&self) -> Result<()> {
        let section = self.section.take();
        let Some(folder) = &self.folder else { return Ok(()) };
        let place = |path: &Path| format!("cannot write {}", workspace::shown(path).display());
        let pictures = folder.join(PICTURES);
        fs::create_dir_all(&pictures).with_context(|| place(&pictures))?;
        for (number, chart) in (1..).zip(&section.charts) {
            let path = pictures.join(format!("{}-{number}.svg", section.name));
            fs::write(&path, chart).with_context(|| place(&path))?;
        }
        let (mark, mut found) = (mark(self.command, section.name), false);
        for entry in fs::read_dir(folder).with_context(|| place(folder))? {
            let path = entry?.path();
            let page = path.extension().is_some_and(|extension| extension == "md").then(|| workspace::read(&path));
            if let Some(page) = page.transpose()?.and_then(|page| filled(&page, &mark, &section.markdown)) {
                fs::write(&path, page).with_context(|| place(&path))?;
                found = true;
            }
        }
        ensure!(found, "no page in {} has a place for it: `{}`", workspace::shown(folder).display(), mark);
        Ok(())
    }

    /// All targets, once more.
    pub(in crate::bench) fn summary(&self) {
        print("");
        self.targets.borrow().iter().for_each(|line| print(line));
    }

    fn write(&self, markdown: &str) {
        self.section.borrow_mut().markdown.push_str(markdown);
    }
}

/// Where the pictures are, from the pages.
const PICTURES: &str = "bench";
/// Ends what a measurement has written.
const END: &str = "<!-- end -->";

/// Where the name of a measurement stands.
const NAME: &str = "{name}";

/// Begins what a measurement has written.
fn mark(command: &str, name: &str) -> String {
    if command.contains(NAME) {
        format!("<!-- {} -->", command.replace(NAME, name))
    } else {
        format!("<!-- {command}: {name} -->")
    }
}

/// A page with this in the place of a measurement; `None`: it has none.
fn filled(page: &str, mark: &str, markdown: &str) -> Option<String> {
    let (before, rest) = page.split_once(mark)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{mark}\n\n{}\n\n{END}{after}", markdown.trim_end()))
}

/// What is measured, with what, on what.
fn conditions() -> Result<String> {
    let git = |arguments: &[&str]| output(program("git", arguments));
    let commit = git(&["log", "-1", "--format=%h of %cs"])?;
    let changed = if git(&["status", "--porcelain", "crates", "bench"])?.is_empty() { "" } else { ", changed" };
    let workerd = output(program(tools::platform_program("@cloudflare", "workerd-", "workerd")?, ["--version"]))?;
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = about.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1));
    let (cpu, cores) = (cpu.unwrap_or(std::env::consts::ARCH), table::cores());
    let storage = std::env::temp_dir();
    Ok(format!(
        "commit {}{changed}, {}, storage in {}, {cores} cores of {cpu}",
        commit.trim(),
        workerd.trim(),
        storage.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_takes_the_place_of_an_earlier_one() {
        let page = "# a\n<!-- bench size -->\nold\n<!-- end -->\nb\n<!-- bench bill -->\n<!-- end -->\n";
        let expected = "# a\n<!-- bench size -->\n\nnew\n\n<!-- end -->\nb\n<!-- bench bill -->\n<!-- end -->\n";
        assert_eq!(filled(page, &mark("bench {name}", "size"), "new\n\n").as_deref(), Some(expected));
        assert_eq!(filled(page, &mark("bench {name}", "start"), "new"), None);
        assert_eq!(mark("bench sign", "wasm"), "<!-- bench sign: wasm -->");
    }

    #[test]
    fn targets_are_judged_by_the_median() {
        let figure = Spread::of([1.4, 1.6, 1.9]);
        assert_eq!(Target::AtLeast(1.5).judge(figure, 1), "≥ 1.5: 1.6 (1.4–1.9), met");
        assert_eq!(Target::AtLeast(1.7).judge(figure, 1), "≥ 1.7: 1.6 (1.4–1.9), not met");
        assert_eq!(Target::AtMost(1.6).judge(figure, 1), "≤ 1.6: 1.6 (1.4–1.9), met");
    }
}
