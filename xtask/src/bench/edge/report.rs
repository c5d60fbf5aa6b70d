//! What is printed, and what `--report` writes of it: the same tables, and pictures of them.

use super::{
    chart::{self, Group},
    table::{self, Spread},
};
use crate::{progress::print, workspace};
use anyhow::{Context as _, Result};
use core::cell::RefCell;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What has been measured so far.
#[derive(Default)]
pub(super) struct Report {
    folder: Option<PathBuf>,
    section: RefCell<Section>,
    targets: RefCell<Vec<String>>,
}

/// One measurement: Markdown, tables as they are, and pictures.
#[derive(Default)]
struct Section {
    name: &'static str,
    markdown: String,
    tables: Vec<serde_json::Value>,
    charts: Vec<String>,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
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
    pub(super) fn to(folder: Option<&Path>) -> Self {
        Self { folder: folder.map(Path::to_owned), ..Self::default() }
    }

    /// Begins a measurement.
    pub(super) fn begin(&self, name: &'static str) {
        self.section.replace(Section { name, ..Section::default() });
    }

    pub(super) fn say(&self, text: &str) {
        print(&format!("\n{text}"));
        self.write(&format!("{text}\n\n"));
    }

    pub(super) fn table(&self, rows: &[Vec<String>]) {
        print("");
        table::show(rows);
        self.write(&table::markdown(rows));
        self.section.borrow_mut().tables.push(json!(rows));
    }

    pub(super) fn chart(&self, title: &str, unit: &str, groups: &[Group]) {
        let mut section = self.section.borrow_mut();
        section.charts.push(chart::bars(title, unit, groups));
        let (name, number) = (section.name, section.charts.len());
        section.markdown.push_str(&format!("![{title}](edge-{name}-{number}.svg)\n\n"));
    }

    /// Says whether a target is met; all of them are said again at the end.
    pub(super) fn target(&self, what: &str, target: Target, figure: Spread, decimals: usize) {
        let line = format!("target: {what} {}", target.judge(figure, decimals));
        print(&line);
        self.write(&format!("- {line}\n"));
        self.targets.borrow_mut().push(line);
    }

    /// Ends a measurement and writes its files.
    pub(super) fn end(&self) -> Result<()> {
        let section = self.section.take();
        let Some(folder) = &self.folder else { return Ok(()) };
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", workspace::shown(folder).display()))?;
        let write = |name: String, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", workspace::shown(&path).display()))
        };
        let name = section.name;
        write(format!("edge-{name}.md"), &section.markdown)?;
        write(format!("edge-{name}.json"), &serde_json::to_string_pretty(&section.tables)?)?;
        for (number, chart) in (1..).zip(&section.charts) {
            write(format!("edge-{name}-{number}.svg"), chart)?;
        }
        Ok(())
    }

    /// All targets, once more.
    pub(super) fn summary(&self) {
        print("");
        self.targets.borrow().iter().for_each(|line| print(line));
    }

    fn write(&self, markdown: &str) {
        self.section.borrow_mut().markdown.push_str(markdown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_judged_by_the_median() {
        let figure = Spread::of([1.4, 1.6, 1.9]);
        assert_eq!(Target::AtLeast(1.5).judge(figure, 1), "≥ 1.5: 1.6 (1.4–1.9), met");
        assert_eq!(Target::AtLeast(1.7).judge(figure, 1), "≥ 1.7: 1.6 (1.4–1.9), not met");
        assert_eq!(Target::AtMost(1.6).judge(figure, 1), "≤ 1.6: 1.6 (1.4–1.9), met");
    }
}
