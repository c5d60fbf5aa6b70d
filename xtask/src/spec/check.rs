//! `spec check`: a document and what lies over it, looked over without generating anything.

use super::files::{self, DOCUMENT, OVERLAY};
use crate::{
    codegen::PRODUCTS,
    progress::{print, say},
    workspace,
};
use anyhow::Result;
use clap::Args;
use codegen::{ApiDocument, Input, Overlay, SpecError, Warning, generate};
use std::path::PathBuf;

/// Look over our document and overlay: every problem and a count of warnings; fails where there is a problem
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Another document than ours
    document: Option<PathBuf>,
    /// What lies over it; without, only what the document says is checked
    #[arg(requires = "document")]
    overlay: Option<PathBuf>,
}

/// Says all that is wrong; `Ok(false)`: something was.
///
/// # Errors
/// A file cannot be read.
pub(super) fn run_check(arguments: &Check) -> Result<bool> {
    let chosen = match &arguments.document {
        Some(document) => vec![(document.clone(), arguments.overlay.clone())],
        None => PRODUCTS.map(|(spec, _)| workspace::root().join(spec)).map(ours).into(),
    };
    let mut good = true;
    for (document, overlay) in chosen {
        let overlay = overlay.map(|path| Ok::<_, anyhow::Error>((files::read(&path)?, files::shown(&path))));
        let findings = check(&files::read(&document)?, overlay.transpose()?.as_ref());
        findings.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
        let name = files::shown(&document);
        findings.problems.iter().for_each(|problem| say(&problem.line(&name)));
        print(&format!("{}: {}", files::shown(&document), findings.summary()));
        good &= findings.problems.is_empty();
    }
    Ok(good)
}

fn ours(folder: PathBuf) -> (PathBuf, Option<PathBuf>) {
    (folder.join(DOCUMENT), Some(folder.join(OVERLAY)))
}

#[derive(Debug, Default, PartialEq)]
struct Findings {
    operations: usize,
    /// `None`: there is no overlay, or it could not be checked.
    served: Option<usize>,
    problems: Vec<SpecError>,
    warnings: Vec<Warning>,
}

impl Findings {
    fn summary(&self) -> String {
        let served = self.served.map(|served| format!("{served} served, ")).unwrap_or_default();
        let warnings: usize = self.warnings.iter().map(|warning| warning.count).sum();
        format!("{} operations, {served}{} problems, {warnings} warnings", self.operations, self.problems.len())
    }
}

/// What there is to say of a document and an overlay, given by its text and its name.
fn check(text: &str, overlay: Option<&(String, String)>) -> Findings {
    let mut document = match ApiDocument::parse(text) {
        Ok(document) => document,
        Err(problems) => return Findings { problems, ..Findings::default() },
    };
    let mut findings =
        Findings { operations: document.operations.len(), warnings: document.warnings.clone(), ..Findings::default() };
    if let Some((overlay, name)) = overlay {
        match Overlay::apply(overlay, name, &mut document) {
            Ok(overlay) => findings.served = Some(overlay.served.len()),
            Err(problems) => findings.problems = problems,
        }
    }
    // What shows only when both are put together.
    if findings.problems.is_empty() {
        let overlay = overlay.map(|(text, name)| (text.as_str(), name.as_str()));
        let input = Input { document: text, document_path: DOCUMENT, overlay, command: "" };
        findings.problems = generate(&input).err().unwrap_or_default();
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_in_order() {
        for (spec, _) in PRODUCTS {
            let (document, overlay) = ours(workspace::root().join(spec));
            let overlay = (files::read(&overlay.unwrap()).unwrap(), OVERLAY.to_owned());
            let findings = check(&files::read(&document).unwrap(), Some(&overlay));
            assert_eq!(findings.problems, []);
            assert_eq!(findings.served, Some(findings.operations));
        }
    }

    #[test]
    fn problems_and_warnings_are_counted() {
        let document = r#"{"version": "1.0", "info": {"style": "RPC", "product": "Sample", "version": "2024-01-31"}, "apis": {
            "A": {"methods": ["get"], "x": 1}, "B": {"methods": ["get"], "x": 2}}}"#;
        let overlay =
            |served: &str| (format!("product = \"Sample\"\nversion = \"2024-01-31\"\n{served}"), OVERLAY.to_owned());
        let alone = check(document, None);
        assert_eq!(alone.summary(), "2 operations, 0 problems, 2 warnings");
        assert_eq!(alone.warnings[0].to_string(), "/apis/A/x: unknown key \"x\" in an operation (2 times)");

        let open = check(document, Some(&overlay("[served.A]\neffect = \"?\"\nevidence = \"e\"\n[served.C]\n")));
        let lines: Vec<String> = open.problems.iter().map(SpecError::to_string).collect();
        assert_eq!(
            lines,
            [
                "overlay.toml: served.A.effect: undecided, expected a person's decision in place of \"?\"",
                "overlay.toml: served.C: no such operation in the document",
                "overlay.toml: served.A: missing \"ram\", expected action, level and resource",
            ]
        );
        assert_eq!(open.summary(), "2 operations, 3 problems, 2 warnings");

        let broken = check(&document.replace("get", "brew"), Some(&overlay("[served]\n")));
        assert_eq!(broken.summary(), "0 operations, 4 problems, 0 warnings");
        let foreign = check(&document.replace("RPC", "ROA"), None);
        assert_eq!(foreign.problems[0].to_string(), "/info/style: not supported: style ROA, expected RPC");
        assert_eq!(foreign.problems.len(), 1);
    }
}
