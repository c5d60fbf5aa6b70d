//! The vendor's own documents, where there are any: beside the workspace, in `../shared/metadata/`.

use codegen::{ApiDocument, Generated, Input, generate};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            documents(&path, found);
        } else if path.file_name().is_some_and(|name| name == "api-docs.json") {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/metadata");
    let mut found = Vec::new();
    documents(&folder, &mut found);
    found.sort();
    if found.is_empty() {
        println!("skipped: no documents under {}", folder.display());
    }
    found
}

fn render(text: &str) -> Generated {
    let input = Input { document: text, document_path: "api-docs.json", overlay: None, command: "a test" };
    generate(&input).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

#[test]
fn every_rpc_document_renders_and_every_other_is_refused_by_name() {
    for path in corpus() {
        let text = fs::read_to_string(&path).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let operations = value["apis"].as_object().unwrap().len();
        match value["info"]["style"].as_str().unwrap() {
            "RPC" => {
                let generated = render(&text);
                // The operations', and mod.rs, types.rs, endpoints.rs, SURFACE.md.
                assert_eq!(generated.files.len(), operations + 4, "{}", path.display());
                let unknown = generated.warnings.iter().find(|warning| warning.what.starts_with("unknown"));
                assert_eq!(unknown, None, "{}", path.display());
            }
            style => {
                let errors = ApiDocument::parse(&text).unwrap_err();
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                assert_eq!(lines, [format!("/info/style: not supported: style {style}, expected RPC")]);
            }
        }
    }
}

#[test]
fn tables_are_read_from_every_rpc_document() {
    for path in corpus() {
        let Ok(document) = ApiDocument::parse(&fs::read_to_string(&path).unwrap()) else { continue };
        for operation in &document.operations {
            let reference = document.leak_reference(operation);
            assert_eq!(reference.operation.parameters.len(), operation.parameters.len());
        }
    }
}
