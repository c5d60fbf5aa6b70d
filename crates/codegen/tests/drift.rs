//! What is on disk under `crates/swas/src/generated/` and `site/` is what the generator writes today.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

use alloc::collections::BTreeMap;
use codegen::{ApiDocument, Input, MARK, Overlay, drift, generate};
use std::{fs, path::PathBuf};

const SPEC: &str = "spec/swas-open/2020-06-01";
const MENDS: &str = "cargo xtask codegen";

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn spec(name: &str) -> String {
    fs::read_to_string(workspace().join(SPEC).join(name)).unwrap()
}

#[test]
fn the_generated_folder_is_up_to_date() {
    let (document, overlay) = (spec("api-docs.json"), spec("overlay.toml"));
    let input = Input {
        document: &document,
        document_path: &format!("{SPEC}/api-docs.json"),
        overlay: Some((&overlay, &format!("{SPEC}/overlay.toml"))),
        command: MENDS,
    };
    let generated = generate(&input).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(generated.warnings, [], "our own document uses nothing the generator passes over");
    let mut on_disk = BTreeMap::new();
    for entry in fs::read_dir(workspace().join("crates/swas/src/generated")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        on_disk.insert(name, fs::read_to_string(path).unwrap());
    }
    assert_eq!(drift(&generated.files, &on_disk), [], "`{MENDS}` mends this");
    let site = generated.site.iter().map(|page| {
        assert!(page.text.lines().take(10).any(|line| line.contains(MARK)), "{} says that it is generated", page.path);
        (page.path.clone(), fs::read_to_string(workspace().join("site").join(&page.path)).unwrap())
    });
    assert_eq!(drift(&generated.site, &site.collect()), [], "`{MENDS}` mends this");
}

#[test]
fn a_table_read_at_run_time_is_the_generated_one() {
    let mut document = ApiDocument::parse(&spec("api-docs.json")).unwrap();
    Overlay::apply(&spec("overlay.toml"), "overlay.toml", &mut document).unwrap();
    assert_eq!(document.operations.len(), swas::REFERENCES.len());
    for (read, written) in document.operations.iter().zip(swas::REFERENCES) {
        // The table is in it.
        assert_eq!(format!("{:#?}", document.leak_reference(read)), format!("{written:#?}"));
    }
}

#[test]
fn a_word_more_in_a_description_changes_every_file_of_the_operation() {
    let document = spec("api-docs.json");
    let changed = document.replacen("\"description\": \"", "\"description\": \"Indeed: ", 1);
    assert_ne!(document, changed);
    let generate = |document: &str| {
        let input = Input { document, document_path: "api-docs.json", overlay: None, command: "a test" };
        generate(&input).unwrap().files
    };
    let on_disk = generate(&document).into_iter().map(|file| (file.path, file.text)).collect();
    let drifted: Vec<String> = drift(&generate(&changed), &on_disk).into_iter().map(|(path, _)| path).collect();
    // All of them: each names the digest of what it was made from.
    assert_eq!(
        drifted,
        [
            "SURFACE.md",
            "delete_custom_image.rs",
            "endpoints.rs",
            "list_custom_images.rs",
            "list_regions.rs",
            "mod.rs",
            "modify_image_share_status.rs"
        ]
    );
}
