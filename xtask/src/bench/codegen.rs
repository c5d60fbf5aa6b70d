//! `bench codegen`: documents to crates.
//!
//! Each document is measured in a process of its own, so that its peak of memory is its own. Time is that of the processor,
//! from the text of the file to the texts of all files of the crate; writing them is left out. Memory is that of the whole
//! process, the unoptimized program that `cargo xtask` runs included.

use crate::{
    documents,
    process::{output, program},
    progress::print,
    workspace,
};
use anyhow::{Context as _, Result};
use clap::Args;
use codegen::{ApiDocument, Standalone, StandaloneCrate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Generate a crate from each official document; print operations, time, memory and lines
#[derive(Args, Debug)]
pub(crate) struct BenchCodegen {
    /// Where documents are, at any depth; without it, ../shared/metadata
    folder: Option<PathBuf>,
    /// Measure this one and print it as JSON
    #[arg(long, hide = true)]
    one: Option<PathBuf>,
}

/// What was measured of a document.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Figures {
    operations: usize,
    bytes: usize,
    seconds: f64,
    /// In bytes; absent where the system does not say.
    peak: Option<u64>,
    lines: usize,
}

pub(super) fn run(arguments: &BenchCodegen) -> Result<()> {
    if let Some(document) = &arguments.one {
        print(&serde_json::to_string(&measure(document)?)?);
        return Ok(());
    }
    let folder = arguments.folder.clone().unwrap_or_else(documents::folder);
    let mut found = documents::below(&folder)?;
    if found.is_empty() {
        print(&format!("no documents under {}: measured with our own", folder.display()));
        found = documents::below(&workspace::root().join("spec"))?;
    }
    heading();
    let mut total = Figures::default();
    let mut largest: Option<(PathBuf, usize)> = None;
    for path in &found {
        let shown = path.strip_prefix(&folder).unwrap_or(workspace::shown(path)).parent().unwrap_or(path);
        if let Err(problems) = ApiDocument::parse(&read(path)?) {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            print(&format!("{:<28} {first}", shown.display()));
            continue;
        }
        let figures = apart(path)?;
        row(&shown.display().to_string(), &figures);
        if largest.as_ref().is_none_or(|(_, bytes)| figures.bytes > *bytes) {
            largest = Some((path.clone(), figures.bytes));
        }
        total.operations += figures.operations;
        total.bytes += figures.bytes;
        total.seconds += figures.seconds;
        total.peak = total.peak.max(figures.peak);
        total.lines += figures.lines;
    }
    // Together they are in no process, so the peak says nothing of them.
    row("all", &Figures { peak: None, ..total.clone() });
    if let Some((path, bytes)) = largest {
        growth(&path)?;
        if let Some(peak) = total.peak {
            print(&format!("\npeak memory: {:.1} × the largest document", ratio(peak, bytes)));
        }
    }
    let started = Instant::now();
    output(program(workspace::myself()?, ["codegen", "--check"]))?;
    print(&format!("codegen --check of our own: {:.2} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// The largest document with its operations twice, four and eight times.
fn growth(path: &Path) -> Result<()> {
    print("\nThe largest with its operations repeated:\n");
    heading();
    let document: Value = serde_json::from_str(&read(path)?)?;
    let folder = tempfile::tempdir()?;
    for times in [1, 2, 4, 8] {
        let mut grown = document.clone();
        let apis = grown.get_mut("apis").and_then(Value::as_object_mut).context("the document has no operations")?;
        let once = core::mem::take(apis);
        *apis = (0..times).flat_map(|n| renamed(&once, n)).collect();
        let file = folder.path().join("api-docs.json");
        fs::write(&file, serde_json::to_string(&grown)?).context("cannot write a larger document")?;
        drop(grown);
        row(&format!("× {times}"), &apart(&file)?);
    }
    Ok(())
}

fn renamed(apis: &Map<String, Value>, n: usize) -> Map<String, Value> {
    apis.iter().map(|(name, operation)| (format!("{name}Copy{n}"), operation.clone())).collect()
}

/// Measured in a process of its own.
fn apart(document: &Path) -> Result<Figures> {
    let mut command = program(workspace::myself()?, ["bench", "codegen", "--one"]);
    command.arg(document.canonicalize()?);
    serde_json::from_str(&output(command)?).context("cannot read what was measured")
}

fn measure(path: &Path) -> Result<Figures> {
    let text = read(path)?;
    let before = processor_seconds();
    let started = Instant::now();
    let rendered = StandaloneCrate::read(&Standalone { document: &text, operations: None, acs_rpc: "acs-rpc" });
    let rendered = rendered.ok().context("the document has problems")?;
    let mut lines = 0;
    rendered.render(|file| {
        lines += file.text.lines().count();
        anyhow::Ok(())
    })?;
    let wall = started.elapsed().as_secs_f64();
    let seconds = before.zip(processor_seconds()).map_or(wall, |(before, after)| after - before);
    let operations = rendered.document().operations.len();
    Ok(Figures { operations, bytes: text.len(), seconds, peak: status_bytes("VmHWM:"), lines })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", workspace::shown(path).display()))
}

/// What this process has had of a processor, where the system says so.
fn processor_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// A line of what Linux says about this process.
fn status_bytes(key: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn heading() {
    print(&format!(
        "{:<28} {:>10} {:>7} {:>8} {:>7} {:>9} {:>8} {:>9}",
        "document", "operations", "MB", "seconds", "op/s", "peak MB", "× size", "lines"
    ));
}

fn row(name: &str, figures: &Figures) {
    let Figures { operations, bytes, seconds, peak, lines } = figures;
    let per_second = if *seconds > 0.0 { count(*operations) / seconds } else { 0.0 };
    let (peak, times) = match peak {
        Some(peak) => (format!("{:.1}", megabytes(*peak)), format!("{:.1}", ratio(*peak, *bytes))),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let size = megabytes(u64::try_from(*bytes).unwrap_or(u64::MAX));
    print(&format!(
        "{name:<28} {operations:>10} {size:>7.2} {seconds:>8.3} {per_second:>7.0} {peak:>9} {times:>8} {lines:>9}"
    ));
}

/// For display: what is lost beyond 2⁵³ is not seen.
fn count(number: usize) -> f64 {
    number.to_string().parse().unwrap_or_default()
}

fn megabytes(bytes: u64) -> f64 {
    bytes.to_string().parse::<f64>().unwrap_or_default() / 1e6
}

fn ratio(peak: u64, bytes: usize) -> f64 {
    megabytes(peak) / megabytes(u64::try_from(bytes).unwrap_or(u64::MAX))
}
