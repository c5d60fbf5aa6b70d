//! A new platform is one file and one row: in a copy of the repository, a platform nobody has is added by just that, and verifies,
//! parses, decides, asks, answers and follows up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod copy;

use copy::{cargo, put, read, root, run};
use std::{fs, path::Path};

/// The file that is added.
const MODULE: &str = "crates/chat/src/pager.rs";
/// The file that gets the row, before the first of the others.
const TABLE: &str = "crates/chat/src/lib.rs";
const HEAD: &str = "platforms! {\n";
const ROW: &str = "    /// Pagers, which nobody has any more.\n    Pager => pager::Pager,\n";
/// In the copy only: a test that uses the platform.
const FLOW: &str = "crates/ops/tests/new_platform.rs";

#[test]
fn a_new_platform_is_a_file_and_a_row() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-platform");
    let others: Vec<String> = copy::sources().into_iter().filter(|path| path != TABLE).collect();
    copy::make(&copy, &others, &[MODULE, TABLE, FLOW]);
    let table = read(root(), TABLE);
    let with_row = table.replace(HEAD, &[HEAD, ROW].concat());
    assert_eq!(table.matches(HEAD).count(), 1);
    put(&copy.join(TABLE), with_row.as_bytes());
    put(&copy.join(MODULE), &fs::read(root().join("xtask/tests/new_platform/pager.rs")).unwrap());
    put(&copy.join(FLOW), &fs::read(root().join("xtask/tests/new_platform/flow.rs")).unwrap());

    let printed = run(&mut cargo(
        &copy,
        &["test", "--offline", "--locked", "--quiet", "--package", "ops", "--test", "new_platform"],
    ));
    assert!(printed.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{printed}");
    for path in others {
        assert!(fs::read(copy.join(&path)).unwrap() == fs::read(root().join(&path)).unwrap(), "{path} had to change");
    }
}

/// What decides, and what acts, know platforms by what their modules say of them. So there is nothing there that a further one
/// could lack, and the Worker needs no look of the compiler at it here.
#[test]
fn no_platform_has_a_name_outside_its_module() {
    let table = read(root(), TABLE);
    let rows = table.split_once(HEAD).unwrap().1.split_once("\n}\n").unwrap().0;
    let rows: Vec<(&str, &str)> = rows.lines().filter_map(|line| line.trim().split_once(" => ")).collect();
    assert_eq!(rows.len(), 9);
    for (variant, adapter) in rows {
        let module = format!("crates/chat/src/{}.rs", adapter.split_once("::").unwrap().0);
        let mut namers: Vec<String> = copy::sources()
            .into_iter()
            .filter(|path| {
                ["crates/chat/src/", "crates/ops/src/", "crates/edge/src/"].iter().any(|of| path.starts_with(of))
            })
            .filter(|path| names(&code(&read(root(), path)), variant))
            .collect();
        namers.retain(|path| *path != module);
        assert!(namers.is_empty(), "{variant} is named in {namers:?}");
    }
}

/// Without comments, tests, and what is only said about the product.
fn code(text: &str) -> String {
    let text = text.split_once("#[cfg(test)]").map_or(text, |(code, _)| code);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn names(code: &str, variant: &str) -> bool {
    let name = variant.to_ascii_lowercase();
    [format!("Platform::{variant}"), format!("\"{name}\""), format!("{}_", name.to_ascii_uppercase())]
        .iter()
        .any(|name| code.contains(name.as_str()))
}
