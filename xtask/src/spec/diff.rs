//! `spec diff`: two documents, what changed, and how grave it is.

use super::files;
use crate::progress::{print, say};
use anyhow::Result;
use clap::Args;
use codegen::{ChangeClass, SpecDiff, SpecError, Wording};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The rule of the step and the exit codes, as the helps of `diff` and of `pull` print them.
pub(super) const EXIT_CODES: &str = "\
The step of the version is that of the crate which `codegen --document` makes, whatever the class on the wire:
  major  something it offers is gone, or has another type or signature: a parameter that becomes required or optional, a
         required one more, a value or a field less, a first limit, a name that a clash changes; or its checks refuse what
         they took: a tighter limit
  minor  it offers more, or only the same calls may do something else: a wider limit, a parameter that travels elsewhere
  patch  wording only
Lines that begin with `crate:` say what it offers otherwise.

Exit codes, by the gravest class of change on the wire:
  0  nothing changed, or wording only
  1  failure: a file cannot be read, a document has problems
  2  wrong arguments
  3  additive: there is more than before
  4  behaviour: the same calls may do, cost or answer something else
  5  breaking";

/// Say what changed from one document to another, for whom it matters, and which step of a version follows
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Diff {
    /// The document before, an api-docs.json
    old: PathBuf,
    /// The document now
    new: PathBuf,
    #[command(flatten)]
    shape: Shape,
}

/// How the changes are printed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// A section for the change log
    #[arg(long, conflicts_with = "json")]
    pub(super) markdown: bool,
    /// JSON, wording included: old, new, step, counts, changes (class, kind, operations, place, pointer, was, is), and crate
    /// (path, operations, was, is)
    #[arg(long)]
    pub(super) json: bool,
    /// List changes of wording too, which are only counted otherwise
    #[arg(long)]
    pub(super) wording: bool,
}

pub(super) fn run_diff(arguments: &Diff) -> Result<ExitCode> {
    match diff(arguments)? {
        Ok((shown, exit)) => {
            print(&shown);
            Ok(ExitCode::from(exit))
        }
        Err(problems) => {
            problems.iter().for_each(|problem| say(problem));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The changes and the exit code, or what is wrong with the documents.
fn diff(arguments: &Diff) -> Result<core::result::Result<(String, u8), Vec<String>>> {
    let (old, new) = (files::read(&arguments.old)?, files::read(&arguments.new)?);
    let named = |path: &Path, problems: Vec<SpecError>| {
        let file = path.display().to_string();
        // The pointer alone would not say in which of the two.
        let line = |problem: SpecError| match problem.pointer.as_str() {
            "" => problem.line(&file),
            _ => format!("{file}: {problem}"),
        };
        problems.into_iter().map(line).collect::<Vec<_>>()
    };
    Ok(match SpecDiff::between(&old, &new) {
        Ok(diff) => Ok((arguments.shape.render(&diff).trim_end().to_owned(), exit_code(diff.class()))),
        Err(problems) => Err([named(&arguments.old, problems.old), named(&arguments.new, problems.new)].concat()),
    })
}

pub(super) const fn exit_code(class: Option<ChangeClass>) -> u8 {
    match class {
        None | Some(ChangeClass::Wording) => 0,
        Some(ChangeClass::Additive) => 3,
        Some(ChangeClass::Behaviour) => 4,
        Some(ChangeClass::Breaking) => 5,
    }
}

impl Shape {
    pub(super) fn render(self, diff: &SpecDiff) -> String {
        let wording = if self.wording { Wording::Listed } else { Wording::Counted };
        if self.json {
            format!("{:#}", diff.json())
        } else if self.markdown {
            diff.markdown(wording)
        } else if diff.changes.is_empty() {
            "none: nothing changed".to_owned()
        } else {
            diff.lines(wording)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL: &str = include_str!("../../../crates/codegen/tests/diff/api-docs.json");

    #[test]
    fn exit_codes_are_as_the_help_says() {
        for (class, code) in [
            (None, 0),
            (Some(ChangeClass::Wording), 0),
            (Some(ChangeClass::Additive), 3),
            (Some(ChangeClass::Behaviour), 4),
            (Some(ChangeClass::Breaking), 5),
        ] {
            assert_eq!(exit_code(class), code);
            let line = EXIT_CODES.lines().find(|line| line.starts_with(&format!("  {code}  "))).unwrap();
            let name = class.map_or("nothing changed", ChangeClass::as_str);
            assert!(line.contains(name), "{line}");
        }
    }

    #[test]
    fn the_gravest_class_decides_and_both_documents_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let old = file("old.json", OFFICIAL);
        let ended = |text: &str, shape: Shape| {
            diff(&Diff { old: old.clone(), new: file("new.json", text), shape }).unwrap().unwrap()
        };
        let code = |text: &str| ended(text, Shape::default()).1;
        let nothing = ("none: nothing changed".to_owned(), 0);
        assert_eq!(ended(OFFICIAL, Shape::default()), nothing);
        let wording = OFFICIAL.replace("Lists books.", "Lists.");
        assert_eq!(ended(&wording, Shape::default()), ("patch: 1 wording".to_owned(), 0));
        let listed = "wording: /apis/ListBooks/summary: text changed: \"Lists books.\" → \"Lists.\"\npatch: 1 wording";
        assert_eq!(ended(&wording, Shape { wording: true, ..Shape::default() }), (listed.to_owned(), 0));
        let additive = wording.replace(r#""maximum": "9""#, r#""maximum": "10""#);
        assert_eq!(code(&additive), 3);
        let behaviour = additive.replace(r#""deprecated": false"#, r#""deprecated": true"#);
        assert_eq!(code(&behaviour), 4);
        let breaking = behaviour.replace(r#""maximum": "50""#, r#""maximum": "8""#);
        assert_eq!(code(&breaking), 5);
        assert!(
            ended(&breaking, Shape { markdown: true, ..Shape::default() }).0.starts_with("### `Sample 2024-01-31`\n")
        );
        let json = ended(&breaking, Shape { json: true, ..Shape::default() }).0;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["changes"].as_array().unwrap().len(), 4);

        let (broken, missing) = (file("broken.json", "{"), folder.path().join("missing"));
        let foreign = file("foreign.json", &OFFICIAL.replace("RPC", "ROA"));
        let arguments = Diff { old: broken.clone(), new: foreign.clone(), shape: Shape::default() };
        assert_eq!(
            diff(&arguments).unwrap().unwrap_err(),
            [
                format!("{}: not JSON: EOF while parsing an object at line 1 column 1", broken.display()),
                format!("{}: /info/style: not supported: style ROA, expected RPC", foreign.display()),
            ]
        );
        let arguments = Diff { old, new: missing.clone(), shape: Shape::default() };
        assert_eq!(diff(&arguments).unwrap_err().to_string(), format!("cannot read {}", missing.display()));
    }
}
