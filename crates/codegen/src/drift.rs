//! How files on disk differ from freshly rendered ones.

use crate::RenderedFile;
use alloc::collections::{BTreeMap, BTreeSet};

/// What is wrong with a file of the generated folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// Its text is not what the generator writes.
    Changed,
    /// The generator writes it, and it is not there.
    Missing,
    /// It is there, and the generator does not write it.
    Orphan,
}

/// Compares what the generator writes with what is on disk; both are named relative to the generated folder, with `/`
/// between the parts. Empty: no drift. In the order of the paths.
#[must_use]
pub fn drift(rendered: &[RenderedFile], on_disk: &BTreeMap<String, String>) -> Vec<(String, Drift)> {
    let expected: BTreeMap<&str, &str> = rendered.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let paths: BTreeSet<&str> = expected.keys().copied().chain(on_disk.keys().map(String::as_str)).collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let drift = match (expected.get(path), on_disk.get(path)) {
                (Some(expected), Some(found)) if *expected == found => return None,
                (Some(_), Some(_)) => Drift::Changed,
                (Some(_), None) => Drift::Missing,
                (None, _) => Drift::Orphan,
            };
            Some((path.to_owned(), drift))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_missing_and_orphan_files_are_told_apart() {
        let file = |path: &str, text: &str| RenderedFile { path: path.to_owned(), text: text.to_owned() };
        let rendered = [file("same.rs", "1"), file("changed.rs", "2"), file("missing.rs", "3")];
        let on_disk = [("same.rs", "1"), ("changed.rs", "two"), ("orphan.rs", "4")];
        let on_disk = on_disk.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        assert_eq!(
            drift(&rendered, &on_disk),
            [
                ("changed.rs".to_owned(), Drift::Changed),
                ("missing.rs".to_owned(), Drift::Missing),
                ("orphan.rs".to_owned(), Drift::Orphan),
            ]
        );
    }
}
