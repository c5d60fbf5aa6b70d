//! Whatever the document, the generator answers with a crate that is Rust or with problems of one line each, and nothing of
//! the document becomes code.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo +nightly fuzz run --fuzz-dir crates/codegen/fuzz --sanitizer none document -- -max_total_time=600 -timeout=20
//! ```
//!
//! There is no unsafe code to sanitize, and without a sanitizer it runs several times as often.
#![no_main]

use codegen::{Standalone, generate_crate, is_generated_crate};
use libfuzzer_sys::fuzz_target;
use places::{ESCAPED, count, escaped, nth};
use proc_macro2::TokenStream;
use serde_json::{Map, Value, json};

#[path = "../../tests/hostile/places.rs"]
mod places;

const SEEDS: &[&str] = &[
    include_str!("../../tests/cases/answers/api-docs.json"),
    include_str!("../../tests/cases/checked_types/api-docs.json"),
    include_str!("../../tests/cases/clashing/api-docs.json"),
    include_str!("../../tests/cases/enums/api-docs.json"),
    include_str!("../../tests/cases/errors/api-docs.json"),
    include_str!("../../tests/cases/hostile_prose/api-docs.json"),
    include_str!("../../tests/cases/maps_and_any/api-docs.json"),
    include_str!("../../tests/cases/odd_names/api-docs.json"),
    include_str!("../../tests/cases/positions/api-docs.json"),
    include_str!("../../tests/cases/read_only/api-docs.json"),
    include_str!("../../tests/cases/references/api-docs.json"),
    include_str!("../../tests/cases/repeat_list/api-docs.json"),
    include_str!("../../tests/cases/scalars/api-docs.json"),
    include_str!("../../tests/cases/sensitive/api-docs.json"),
    include_str!("../../tests/cases/shared_schemas/api-docs.json"),
    include_str!("../../tests/cases/styles/api-docs.json"),
    include_str!("../../tests/cases/taken_names/api-docs.json"),
];

const TEXTS: &[&str] = &[
    "*/ ESCAPED__x!{} /*",
    "\"; ESCAPED__x!(); \"",
    "\"# ESCAPED__x!();",
    "\nESCAPED__x!();\n",
    "\r\nESCAPED__x!();",
    "#![ESCAPED__x]",
    "```rust\nESCAPED__x!()\n```",
    "ESCAPED__x",
    "--> ESCAPED__x",
    "\"]\n[ESCAPED__x]\n",
    "",
    "\0",
    "\u{202e}",
    "\u{2028}",
    "Self",
    "type",
    "_",
    "0",
    "名",
    "string",
    "integer",
    "number",
    "boolean",
    "array",
    "object",
    "any",
    "int32",
    "int64",
    "binary",
    "query",
    "formData",
    "body",
    "header",
    "host",
    "path",
    "json",
    "flat",
    "repeatList",
    "simple",
    "get",
    "RPC",
    "ROA",
    "200",
    "99999999999999999999",
    "-9223372036854775808",
    "1e400",
    "#/components/schemas/Node",
    "#/components/schemas/Rows",
    "/{Thing}/x",
];

const KEYS: &[&str] = &[
    "type", "format", "required", "description", "title", "example", "default", "enum", "enumValueTitles", "minimum",
    "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "items", "properties",
    "additionalProperties", "$ref", "deprecated", "readOnly", "sensitive", "visibility", "name", "in", "style",
    "schema", "summary", "methods", "path", "consumes", "produces", "parameters", "responses", "errorCodes",
    "responseDemo", "components", "schemas", "endpoints", "apis",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, rest)) = bytes.split_first() else { return };
    match kind {
        // As it is.
        0 => check(&String::from_utf8_lossy(rest)),
        // A document, changed here and there.
        _ => check(&changed(SEEDS[usize::from(kind) % SEEDS.len()], rest).to_string()),
    }
});

fn check(document: &str) {
    let generated = match generate_crate(&Standalone { document, operations: None, acs_rpc: "../acs-rpc" }) {
        Ok(generated) => generated,
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert_eq!(problem.to_string().lines().count(), 1, "{problem}");
            }
            return;
        }
    };
    for warning in &generated.warnings {
        assert_eq!(warning.to_string().lines().count(), 1, "{warning}");
    }
    for file in &generated.files {
        assert!(is_generated_crate(&file.text), "{}", file.path);
        assert!(file.path.len() < 200 && file.path.is_ascii() && !file.path.contains(".."), "{}", file.path);
        if file.path.ends_with(".rs") {
            let tokens: TokenStream = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
            assert!(!escaped(tokens.clone()), "{}:\n{}", file.path, file.text);
            syn::parse2::<syn::File>(tokens).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        } else if file.path.ends_with(".toml") {
            let table: toml::Table = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
            assert!(!table.contains_key(ESCAPED), "{}", file.text);
        }
    }
}

fn changed(seed: &str, bytes: &[u8]) -> Value {
    let mut document: Value = serde_json::from_str(seed).unwrap();
    for change in bytes.chunks_exact(5).take(12) {
        let [high, low, how, what, more] = *change else { continue };
        let places = count(&document);
        let mut n = usize::from(u16::from_be_bytes([high, low])) % places;
        let Some(place) = nth(&mut document, &mut n) else { continue };
        change_place(place, how, what, more);
    }
    document
}

fn change_place(place: &mut Value, how: u8, what: u8, more: u8) {
    let text = TEXTS[usize::from(what) % TEXTS.len()];
    let key = KEYS[usize::from(more) % KEYS.len()];
    match (how % 10, &mut *place) {
        // A member more, under a known name or a hostile one.
        (0, Value::Object(members)) => drop(members.insert(key.to_owned(), Value::from(text))),
        (1, Value::Object(members)) => drop(members.insert(text.to_owned(), shape(more))),
        (2, Value::Object(members)) => drop(members.insert(key.to_owned(), shape(what))),
        // One less.
        (3, Value::Object(members)) => {
            let gone = members.keys().nth(usize::from(what) % members.len().max(1)).cloned();
            gone.and_then(|key| members.remove(&key));
        }
        // One under another name.
        (4, Value::Object(members)) => {
            let moved = members.keys().nth(usize::from(more) % members.len().max(1)).cloned();
            if let Some(value) = moved.and_then(|key| members.remove(&key)) {
                members.insert(text.to_owned(), value);
            }
        }
        (5, Value::Array(items)) => {
            let twice = items.get(usize::from(what) % items.len().max(1)).cloned();
            items.extend(twice);
        }
        // Deeper.
        (6, _) => {
            let inner = place.take();
            *place = if what % 2 == 0 { json!({ "type": "array", "items": inner }) } else { json!({ text: inner }) };
        }
        (7, _) => *place = shape(what),
        // A text of the document with something behind it.
        (8, Value::String(known)) => known.push_str(text),
        _ => *place = Value::from(text),
    }
}

fn shape(what: u8) -> Value {
    match what % 16 {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(0.5),
        5 => json!([]),
        6 => json!({}),
        7 => json!({ "type": "array", "items": { "type": "string", "enum": ["a", "A", ""] } }),
        8 => json!({ "type": "object", "properties": { "A": { "type": "string", "required": true }, "a": {} } }),
        9 => json!({ "type": "object", "additionalProperties": { "type": "array", "items": {} } }),
        10 => json!({ "$ref": "#/components/schemas/Node" }),
        11 => json!({ "type": "string", "sensitive": true, "maxLength": 3 }),
        12 => json!([{ "name": "P", "in": "body", "schema": { "type": "any" } }]),
        13 => json!(["https"]),
        14 => json!({ "200": { "schema": { "type": "array", "items": { "type": "boolean" } } } }),
        _ => Value::Object(Map::from_iter([("x".repeat(300), json!({}))])),
    }
}
