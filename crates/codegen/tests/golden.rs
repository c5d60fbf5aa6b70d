//! Golden cases, one feature each: what is generated is compared, here, and compiled and used, in `compiled.rs`.
//!
//! A case is a folder `cases/<case>/` with a document, perhaps an overlay, and everything generated from them in one
//! `expected.rs`: the root module with the others inside it. `UPDATE_EXPECT=1` rewrites the expected files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use codegen::{Generated, Input, generate};
use expect_test::expect_file;
use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn every_case_gives_what_is_expected() {
    let cases = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        let generated = render(&folder);
        expect_file![folder.join("expected.rs")].assert_eq(&whole(&generated));
        assert_eq!(generated, render(&folder), "the same input gives the same bytes");
    }
}

fn render(folder: &Path) -> Generated {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let document = read("api-docs.json").unwrap();
    let overlay = read("overlay.toml");
    let input = Input {
        document: &document,
        document_path: "api-docs.json",
        overlay: overlay.as_deref().map(|overlay| (overlay, "overlay.toml")),
        command: "a test",
    };
    generate(&input).unwrap_or_else(|errors| panic!("{}: {errors:#?}", folder.display()))
}

/// The root module with the others inside it.
fn whole(generated: &Generated) -> String {
    let text = |path: &str| generated.files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let mut whole = String::new();
    for line in text("mod.rs").unwrap().lines() {
        match line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            None => whole.push_str(&format!("{line}\n")),
            Some(module) => {
                // Without the header, which the root has already.
                let inside = text(&format!("{module}.rs")).unwrap().split_once('\n').unwrap().1;
                whole.push_str(&format!("pub mod {module} {{{inside}}}\n"));
            }
        }
    }
    whole
}
