//! Files of the description: named by whoever calls, written whole or not at all.

use crate::workspace;
use anyhow::{Context as _, Result, bail, ensure};
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

/// The name of every document in the vendor's format, and of what lies over it.
pub(super) const DOCUMENT: &str = "api-docs.json";
pub(super) const OVERLAY: &str = "overlay.toml";

/// A file as text.
///
/// # Errors
/// It is not there or is not UTF-8; the message names it.
pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", shown(path)))
}

/// A path as people type it.
pub(super) fn shown(path: &Path) -> String {
    workspace::shown(path).display().to_string()
}

/// Where our description of a product's version is, whether there is one or not.
///
/// # Errors
/// Product or version could lead elsewhere.
pub(super) fn folder(root: &Path, product: &str, version: &str) -> Result<PathBuf> {
    let plain = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && text.starts_with(|c: char| c != '.')
    };
    ensure!(plain(product), "{product:?} is no product code: letters, digits, - _ and . only");
    let date: Vec<usize> = version.split('-').map(str::len).collect();
    let digits = version.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    ensure!(digits && date == [4, 2, 2], "{version:?} is no version: YYYY-MM-DD");
    Ok(root.join("spec").join(product.to_ascii_lowercase()).join(version))
}

/// Writes files so that each is at any time the old or the new one, and none is touched before all new ones are on disk.
///
/// # Errors
/// A file cannot be written; what was begun is removed.
pub(super) fn write_all(files: &[(&Path, &str)]) -> Result<()> {
    let mut staged = Staged(Vec::new());
    for (path, text) in files {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            bail!("{} is no file", shown(path));
        };
        let context = || format!("cannot write {}", shown(path));
        fs::create_dir_all(folder).with_context(context)?;
        let new = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
        let mut file = File::create_new(&new).with_context(context)?;
        staged.0.push(new);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(context)?;
    }
    for ((path, _), new) in files.iter().zip(&staged.0) {
        fs::rename(new, path).with_context(|| format!("cannot write {}", shown(path)))?;
    }
    Ok(())
}

/// New files that have no name yet. What is not renamed goes.
struct Staged(Vec<PathBuf>);

impl Drop for Staged {
    fn drop(&mut self) {
        self.0.iter().for_each(|path| drop(fs::remove_file(path)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_its_place() {
        let root = Path::new("r");
        let expected = root.join("spec").join("swas-open").join("2020-06-01");
        assert_eq!(folder(root, "SWAS-OPEN", "2020-06-01").unwrap(), expected);
        for product in ["", "..", "a/b", "a\\b", "é", ".x"] {
            let error = folder(root, product, "2020-06-01").unwrap_err().to_string();
            assert_eq!(error, format!("{product:?} is no product code: letters, digits, - _ and . only"));
        }
        for version in ["", "2020", "../../../x", "2020-6-1", "20200601", "abcd-ef-gh"] {
            let error = folder(root, "Sts", version).unwrap_err().to_string();
            assert_eq!(error, format!("{version:?} is no version: YYYY-MM-DD"));
        }
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("new/b"));
        fs::write(&a, "old").unwrap();
        write_all(&[(&a, "1"), (&b, "2")]).unwrap();
        assert_eq!((read(&a).unwrap(), read(&b).unwrap()), ("1".to_owned(), "2".to_owned()));

        // A file stands where a folder would have to be.
        let below = a.join("c");
        let error = write_all(&[(&a, "3"), (&below, "4")]).unwrap_err().to_string();
        assert_eq!(error, format!("cannot write {}", below.display()));
        assert_eq!(read(&a).unwrap(), "1");
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "new"]);
    }
}
