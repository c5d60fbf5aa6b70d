//! `codegen`: files in, files out; what is between them is the crate `codegen`'s.

mod document;

use crate::{
    progress::{print, say},
    workspace,
};
use alloc::collections::BTreeMap;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use codegen::{ApiDocument, Drift, Generated, Input, Overlay, RenderedFile, SpecError, Warning};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What every generated file is headed with, and what mends a drift.
const COMMAND: &str = "cargo xtask codegen";

/// Where each product's description is, and where its code goes.
pub(crate) const PRODUCTS: [(&str, &str); 1] = [("spec/swas-open/2020-06-01", "crates/swas/src/generated")];

/// What the Worker serves; the files in it that say they are generated are compared, the others are written by hand.
const SITE: &str = "site";

/// Generate code, tables, listings and pages from spec/, or a crate from any official document
#[derive(Args, Debug)]
pub(crate) struct Codegen {
    /// Write nothing; fail and name every file that is not as it would be written
    #[arg(long)]
    check: bool,
    /// Instead of spec/: the api-docs.json of any product that speaks RPC
    #[arg(long, value_name = "API-DOCS.JSON", requires = "out")]
    document: Option<PathBuf>,
    /// The folder of the crate to write: a new or empty one, or one that this command wrote
    #[arg(long, value_name = "FOLDER", requires = "document")]
    out: Option<PathBuf>,
    /// Only these operations, and the named schemas they need
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = trimmed, requires = "document")]
    operations: Option<Vec<String>>,
}

impl Codegen {
    /// `codegen --check`
    pub(crate) const fn check() -> Self {
        Self { check: true, document: None, out: None, operations: None }
    }
}

/// A name from a list that may have blanks after its commas.
fn trimmed(name: &str) -> core::result::Result<String, &'static str> {
    Some(name.trim()).filter(|name| !name.is_empty()).map(str::to_owned).ok_or("expected a name")
}

/// Writes the generated files, or compares them. `Ok(false)`: they differ, or the description has problems, and all of
/// it has been said.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn run_codegen(arguments: &Codegen) -> Result<bool> {
    if let (Some(document), Some(out)) = (&arguments.document, &arguments.out) {
        return document::run(document, out, arguments.operations.as_deref(), arguments.check);
    }
    let mut good = true;
    for (spec, folder) in PRODUCTS {
        let Some(Generated { files, site, .. }) = render(spec)? else {
            good = false;
            continue;
        };
        let mut pages = on_disk(&workspace::root().join(SITE))?;
        pages.retain(|path, text| site.iter().any(|page| page.path == *path) || says_generated(text));
        for (folder, files, on_disk) in
            [(folder, files, on_disk(&workspace::root().join(folder))?), (SITE, site, pages)]
        {
            let drift = codegen::drift(&files, &on_disk);
            if !arguments.check {
                mend(folder, &files, &drift)?;
            } else if !drift.is_empty() {
                say(&report(folder, &drift));
                good = false;
            }
        }
    }
    Ok(good)
}

/// Whether a file among others says that it is generated.
fn says_generated(text: &str) -> bool {
    text.lines().take(10).any(|line| line.contains(codegen::MARK))
}

/// The files of one product; `None` after its problems have been printed.
fn render(spec: &str) -> Result<Option<Generated>> {
    let document_path = format!("{spec}/api-docs.json");
    let overlay_path = format!("{spec}/overlay.toml");
    let (document, overlay) = (workspace::read(&document_path)?, workspace::read(&overlay_path)?);
    let input = Input {
        document: &document,
        document_path: &document_path,
        overlay: Some((&overlay, &overlay_path)),
        command: COMMAND,
    };
    match codegen::generate(&input) {
        Ok(generated) => {
            warn(&generated.warnings);
            Ok(Some(generated))
        }
        Err(problems) => {
            refuse(&problems, &document_path);
            Ok(None)
        }
    }
}

fn warn(warnings: &[Warning]) {
    warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
}

fn refuse(problems: &[SpecError], document: &str) {
    say(&listed(problems, document));
}

fn listed(problems: &[SpecError], document: &str) -> String {
    problems.iter().map(|problem| problem.line(document)).collect::<Vec<_>>().join("\n")
}

/// The first product's description with its overlay, for whoever needs a table at run time: the generated one may be what
/// is to be mended.
///
/// # Errors
/// A file cannot be read, or has problems.
pub(crate) fn document() -> Result<ApiDocument> {
    let (spec, _) = PRODUCTS[0];
    let overlay_path = format!("{spec}/overlay.toml");
    let document_path = format!("{spec}/api-docs.json");
    let listed = |problems: Vec<SpecError>| anyhow!("{}", listed(&problems, &document_path));
    let mut document = ApiDocument::parse(&workspace::read(&document_path)?).map_err(listed)?;
    Overlay::apply(&workspace::read(&overlay_path)?, &overlay_path, &mut document).map_err(listed)?;
    Ok(document)
}

/// Every file below a folder, by its path in it with `/` between the parts. None where there is no such folder.
fn on_disk(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut left = Vec::from([folder.to_owned()]);
    while let Some(folder_left) = left.pop() {
        if !folder_left.exists() {
            continue;
        }
        for entry in fs::read_dir(&folder_left).with_context(|| unreadable(&folder_left))? {
            let path = entry?.path();
            if path.is_dir() {
                left.push(path);
            } else {
                let bytes = fs::read(&path).with_context(|| unreadable(&path))?;
                files.insert(slashed(path.strip_prefix(folder)?), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(files)
}

fn mend(folder: &str, files: &[RenderedFile], drift: &[(String, Drift)]) -> Result<()> {
    for (path, kind) in drift {
        let target = inside(folder, path)?;
        let shown = format!("{folder}/{path}");
        match (kind, files.iter().find(|file| file.path == *path)) {
            (Drift::Orphan, _) | (_, None) => {
                fs::remove_file(&target).with_context(|| format!("cannot remove {shown}"))?;
                print(&format!("removed {shown}"));
            }
            (Drift::Changed | Drift::Missing, Some(file)) => {
                if let Some(parent) = target.parent() {
                    fs::create_dir_all(parent).with_context(|| format!("cannot create the folder of {shown}"))?;
                }
                fs::write(&target, &file.text).with_context(|| format!("cannot write {shown}"))?;
                print(&format!("wrote {shown}"));
            }
        }
    }
    Ok(())
}

/// A file of the folder. Names come from a document: none may lead elsewhere.
fn inside(folder: &str, path: &str) -> Result<PathBuf> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':']);
    if !path.split('/').all(plain) {
        bail!("the generator named a file {path:?}, which is no path below {folder}");
    }
    Ok(workspace::root().join(folder).join(path))
}

/// One line a file, and the command that mends them all.
fn report(folder: &str, drift: &[(String, Drift)]) -> String {
    format!("{}run `{COMMAND}` and commit what it writes", lines(folder, drift))
}

/// One line a file.
fn lines(folder: &str, drift: &[(String, Drift)]) -> String {
    let lines = drift.iter().map(|(path, kind)| {
        let kind = match kind {
            Drift::Changed => "changed",
            Drift::Missing => "missing",
            Drift::Orphan => "orphan",
        };
        format!("{kind} {folder}/{path}\n")
    });
    lines.collect()
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn unreadable(path: &Path) -> String {
    format!("cannot read {}", workspace::shown(path).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        let good =
            r#"{"version": "1.0", "info": {"style": "RPC", "product": "Sample", "version": "2024-01-31"}, "apis": {}}"#;
        let refused = |document: &str, overlay: &str| {
            let overlay = Some((overlay, "spec/x/overlay.toml"));
            let input = Input { document, document_path: "spec/x/api-docs.json", overlay, command: COMMAND };
            listed(&codegen::generate(&input).unwrap_err(), input.document_path)
        };
        assert_eq!(
            refused("{\n  \"version\": \"1.0\",\n  \"info\": }", ""),
            "spec/x/api-docs.json: not JSON: expected value at line 3 column 11"
        );
        assert_eq!(
            refused(good, "product = \"Sample\"\nversion = 2024-\n"),
            "spec/x/overlay.toml: not TOML (line 2): invalid date, expected month"
        );
        // What has a place in the document is named by that.
        let foreign = refused(&good.replace("RPC", "ROA"), "");
        assert_eq!(foreign, "/info/style: not supported: style ROA, expected RPC");
    }

    #[test]
    fn operations_may_be_listed_with_blanks() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            codegen: Codegen,
        }
        let line = |operations: &str| {
            let line = ["codegen", "--document", "d", "--out", "o", "--operations", operations];
            <Line as clap::Parser>::try_parse_from(line).map(|line| line.codegen.operations.unwrap())
        };
        assert_eq!(line(" A, B ,C").unwrap(), ["A", "B", "C"]);
        let refused = line("A,,B").err().unwrap().to_string();
        assert!(refused.contains("expected a name"), "{refused}");
    }

    #[test]
    fn a_drift_names_each_file_and_the_command() {
        let drift = [
            ("a.rs".to_owned(), Drift::Changed),
            ("operations/b.rs".to_owned(), Drift::Missing),
            ("c.rs".to_owned(), Drift::Orphan),
        ];
        assert_eq!(
            report("crates/x/src/generated", &drift),
            "changed crates/x/src/generated/a.rs\nmissing crates/x/src/generated/operations/b.rs\n\
             orphan crates/x/src/generated/c.rs\nrun `cargo xtask codegen` and commit what it writes"
        );
    }

    #[test]
    fn reads_a_folder_by_paths_with_slashes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("a.rs"), "1").unwrap();
        fs::write(folder.path().join("b/c.md"), "2").unwrap();
        let files = on_disk(folder.path()).unwrap();
        let expected = [("a.rs", "1"), ("b/c.md", "2")].map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(files, expected.into());
        assert_eq!(on_disk(&folder.path().join("none")).unwrap(), BTreeMap::new());
    }

    #[test]
    fn a_file_stays_in_its_folder() {
        assert_eq!(inside("crates/x", "b/c.rs").unwrap(), workspace::root().join("crates/x/b/c.rs"));
        for path in ["", "/etc/x", "../x", "a/../../x", "a//b", "C:x", "a\\b"] {
            let expected = format!("the generator named a file {path:?}, which is no path below crates/x");
            assert_eq!(inside("crates/x", path).unwrap_err().to_string(), expected);
        }
    }
}
