//! `spec add`: an operation of the vendor's document becomes one of ours.

use super::{
    files::{self, DOCUMENT, OVERLAY},
    pull,
};
use crate::{
    codegen::PRODUCTS,
    progress::{print, say},
    workspace,
};
use anyhow::{Result, anyhow, ensure};
use clap::Args;
use codegen::{ApiDocument, OfficialDocument};
use std::path::{Path, PathBuf};

/// Take an operation of the vendor's document into ours, with an overlay entry that names what a person must decide
///
/// Copied are the operation, the named schemas it leads to and its place in the contents, into
/// spec/PRODUCT/VERSION/api-docs.json, and the skeleton of an entry to the end of overlay.toml beside it. Every "?" of the
/// skeleton is an open decision; until none is left, `spec check` and `codegen` refuse the overlay.
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// The operation, `RebootInstance`
    operation: String,
    /// The vendor's document, as `spec pull --to` writes it; by default it is fetched
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

pub(super) fn run_add(arguments: &Add) -> Result<bool> {
    let official = match &arguments.document {
        Some(path) => {
            let read = OfficialDocument::read(&files::read(path)?);
            read.map_err(|problem| anyhow!("{}: {problem}", path.display()))?
        }
        None => {
            let ours = files::read(&workspace::root().join(PRODUCTS[0].0).join(DOCUMENT))?;
            let ours = OfficialDocument::read(&ours)?;
            pull::official(&ours.model().product, &ours.model().version)?
        }
    };
    let added = add(&arguments.operation, &official, workspace::root())?;
    added.wrote.iter().for_each(|line| print(line));
    added.open.iter().for_each(|line| say(line));
    Ok(true)
}

/// What was done, and what is left to do.
#[derive(Debug, PartialEq)]
struct Added {
    wrote: Vec<String>,
    open: Vec<String>,
}

fn add(operation: &str, official: &OfficialDocument, root: &Path) -> Result<Added> {
    let model: &ApiDocument = official.model();
    let folder = files::folder(root, &model.product, &model.version)?;
    let (document, overlay) = (folder.join(DOCUMENT), folder.join(OVERLAY));
    ensure!(
        document.is_file() && overlay.is_file(),
        "there is no description of {} {} in {}",
        model.product,
        model.version,
        files::shown(&folder)
    );
    let shown = files::shown(&overlay);
    let addition = official
        .add(operation, &files::read(&document)?, &files::read(&overlay)?, &shown)
        .map_err(|problem| anyhow!("{operation:?} was not added: {problem}"))?;
    files::write_all(&[(&document, &addition.document), (&overlay, &addition.overlay)])?;

    let schemas = match addition.schemas.as_slice() {
        [] => String::new(),
        names => format!(", with the schemas {}", names.join(", ")),
    };
    let wrote = vec![
        format!("{}: {operation}{schemas}", files::shown(&document)),
        format!("{shown}: a skeleton for {operation}"),
    ];
    let mut open = vec![format!("open, until `cargo xtask codegen` agrees ({}):", addition.open.len())];
    open.extend(addition.open.iter().map(|problem| format!("  {problem}")));
    open.push(
        "The texts of the operation are the vendor's; say them in your own words before you publish them.".to_owned(),
    );
    Ok(Added { wrote, open })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const OFFICIAL: &str = include_str!("../../../crates/codegen/tests/diff/api-docs.json");
    const OURS: &str = include_str!("../../../crates/codegen/tests/official/ours.json");
    const OUR_OVERLAY: &str = include_str!("../../../crates/codegen/tests/official/overlay.toml");

    #[test]
    fn an_operation_is_added_once() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("spec/sample/2024-01-31");
        let (document, overlay) = (folder.join(DOCUMENT), folder.join(OVERLAY));
        let official = OfficialDocument::read(OFFICIAL).unwrap();
        assert_eq!(
            add("PutBook", &official, root.path()).unwrap_err().to_string(),
            format!("there is no description of Sample 2024-01-31 in {}", folder.display())
        );

        files::write_all(&[(&document, OURS), (&overlay, OUR_OVERLAY)]).unwrap();
        let refused = [("putbook", "no such operation in the official document, the nearest is PutBook")];
        for (operation, why) in refused.into_iter().chain([("ListBooks", "our document has it already")]) {
            let error = add(operation, &official, root.path()).unwrap_err().to_string();
            assert_eq!(error, format!("{operation:?} was not added: {why}"));
        }
        assert_eq!(
            (files::read(&document).unwrap(), files::read(&overlay).unwrap()),
            (OURS.into(), OUR_OVERLAY.into())
        );

        let added = add("PutBook", &official, root.path()).unwrap();
        assert_eq!(
            added.wrote,
            [
                format!("{}: PutBook, with the schemas Shelf", document.display()),
                format!("{}: a skeleton for PutBook", overlay.display()),
            ]
        );
        assert_eq!(added.open[0], "open, until `cargo xtask codegen` agrees (7):");
        assert_eq!(
            added.open[1],
            format!(
                "  {}: served.PutBook.effect: undecided, expected a person's decision in place of \"?\"",
                overlay.display()
            )
        );
        assert!(ApiDocument::parse(&files::read(&document).unwrap()).unwrap().operation("PutBook").is_some());
        assert!(files::read(&overlay).unwrap().starts_with(OUR_OVERLAY));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        let again = add("PutBook", &official, root.path()).unwrap_err().to_string();
        assert_eq!(again, "\"PutBook\" was not added: our document has it already");
    }

    /// Our own description and the vendor's document, where there is one beside the workspace.
    #[test]
    fn the_vendors_operations_can_be_added_to_ours() {
        let path = workspace::root().join("../shared/metadata/swas-open/2020-06-01").join(DOCUMENT);
        let Ok(text) = fs::read_to_string(&path) else {
            println!("skipped: no {}", path.display());
            return;
        };
        let official = OfficialDocument::read(&text).unwrap();
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(PRODUCTS[0].0);
        for name in [DOCUMENT, OVERLAY] {
            let ours = files::read(&workspace::root().join(PRODUCTS[0].0).join(name)).unwrap();
            files::write_all(&[(&folder.join(name), &ours)]).unwrap();
        }
        let ours = ApiDocument::parse(&files::read(&folder.join(DOCUMENT)).unwrap()).unwrap();
        // Each takes a while: the document grows.
        for operation in official.model().operations.iter().step_by(4) {
            let added = add(&operation.name, &official, root.path());
            assert_eq!(added.is_ok(), ours.operation(&operation.name).is_none(), "{}", operation.name);
            if let Ok(added) = added {
                let undecided =
                    |line: &&String| line.ends_with("undecided, expected a person's decision in place of \"?\"");
                assert!(added.open.iter().filter(undecided).count() >= 5, "{}: {:?}", operation.name, added.open);
            }
        }
    }
}
