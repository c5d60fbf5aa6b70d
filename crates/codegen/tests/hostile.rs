//! No input makes the generator panic, hang or write code that is not Rust.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use codegen::{
    ApiDocument, Input, OfficialDocument, Overlay, RenderedFile, SpecDiff, Standalone, Wording, generate,
    generate_crate,
};
use places::{count, escaped, nth};
use proc_macro2::TokenStream;
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

#[path = "hostile/places.rs"]
mod places;

const DOCUMENT: &str = include_str!("cases/served/api-docs.json");
const OVERLAY: &str = include_str!("cases/served/overlay.toml");
const CASES: &[&str] = &[
    include_str!("cases/answers/api-docs.json"),
    include_str!("cases/enums/api-docs.json"),
    include_str!("cases/hostile_prose/api-docs.json"),
    include_str!("cases/odd_names/api-docs.json"),
    include_str!("cases/positions/api-docs.json"),
    include_str!("cases/references/api-docs.json"),
    include_str!("cases/shared_schemas/api-docs.json"),
    include_str!("cases/styles/api-docs.json"),
    DOCUMENT,
];

/// What a generator of code has to fear: ends of comments and strings, attributes, Markdown, HTML, what cannot be seen.
const EVIL: &[&str] = &[
    "",
    "*/ ESCAPED__x!{} /*",
    "\"; ESCAPED__x!(); \"",
    "\n#![ESCAPED__x]\n",
    "*/",
    "#[no_mangle]",
    "\"#",
    "\\",
    "'",
    "`",
    "```rust\npanic!()\n```",
    "    indented",
    "[Vec]",
    "</details><script>",
    "\r\n",
    "\0",
    "\u{202e}",
    "\u{200b}",
    "\u{2028}",
    "r#type",
    "Self",
    "_",
    "0",
    "é",
    "Ω名",
    "{{#}}",
    "%s${x}",
];

/// What pages are made of.
const TAGS: &str = "!DOCTYPE html head meta title link script body a header search label input p ul nav button div main h1 \
                    code section h2 span blockquote li ol strong em h3 table caption thead tr th tbody td details summary pre \
                    dl dt dd footer br";

/// The first tag that no page has: text that was not escaped. All of our scripts are files.
fn foreign_tag(html: &str) -> Option<&str> {
    let tags = html.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap_or_default());
    let foreign = |tag: &&str| !TAGS.split(' ').any(|known| tag.trim_start_matches('/') == known);
    let inline = |tag: &str| tag.starts_with("script") && !tag.starts_with("script src=\"/");
    tags.into_iter().find(foreign).or_else(|| html.split('<').find(|tag| inline(tag)))
}

/// Renders whatever it is: a crate, or with an overlay a folder of ours. Where that succeeds, the parser of Rust has agreed to
/// every file.
fn render(document: &str, overlay: Option<&str>) -> bool {
    let generated = match overlay {
        Some(overlay) => {
            let overlay = Some((overlay, "overlay.toml"));
            generate(&Input { document, document_path: "api-docs.json", overlay, command: "a test" })
        }
        None => generate_crate(&Standalone { document, operations: None, acs_rpc: "../acs-rpc" }),
    };
    match generated {
        Ok(generated) => {
            for RenderedFile { path, text } in &generated.files {
                if path.ends_with(".rs") {
                    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
                    assert!(!escaped(tokens.clone()), "{path}: {text}");
                    syn::parse2::<syn::File>(tokens).unwrap_or_else(|error| panic!("{path}: {error}"));
                } else if path.ends_with(".toml") {
                    text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{path}: {error}"));
                }
                let name = path.rsplit('/').next().unwrap_or_default();
                assert!(name.len() < 200 && name.is_ascii() && !name.starts_with('.'), "{path}");
            }
            for page in generated.site.iter().filter(|page| page.path.ends_with(".html")) {
                assert_eq!(foreign_tag(&page.text), None, "{}", page.path);
            }
            true
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert_eq!(error.to_string().lines().count(), 1, "{error}");
            }
            false
        }
    }
}

/// Compares two documents both ways, where both can be read. A change is one line whatever is in it.
fn compare(one: &str, other: &str) {
    for (old, new) in [(one, other), (other, one)] {
        if let Ok(diff) = SpecDiff::between(old, new) {
            let changes = diff.changes.len() + diff.crate_changes.len();
            assert_eq!(diff.lines(Wording::Listed).lines().count(), changes + usize::from(changes > 0));
            // Whatever the crate offers otherwise, the document says otherwise.
            assert!(diff.crate_changes.is_empty() || !diff.changes.is_empty());
            assert_eq!(diff.json()["changes"].as_array().map(Vec::len), Some(diff.changes.len()));
            assert!(diff.markdown(Wording::Listed).ends_with('\n'));
            let nothing = SpecDiff::between(new, new).unwrap();
            assert_eq!((nothing.changes, nothing.crate_changes), (Vec::new(), Vec::new()));
        }
    }
}

/// Takes an operation over into an empty description. The skeleton is TOML in which nothing but decisions is missing.
fn add(document: &str, operation: &str) {
    let ours =
        r#"{"version": "1.0", "info": {"style": "RPC", "product": "Sample", "version": "2024-01-31"}, "apis": {}}"#;
    let overlay = "product = \"Sample\"\nversion = \"2024-01-31\"\n[served]\n";
    let official = OfficialDocument::read(document).unwrap();
    let addition = official.add(operation, ours, overlay, "overlay.toml").unwrap();
    assert!(!addition.open.is_empty());
    for problem in addition.open {
        assert!(problem.problem.starts_with("undecided"), "{problem}");
    }
    // What stands in its comments cannot leave them.
    let uncommented: Vec<&str> = addition.overlay.lines().filter(|line| !line.starts_with('#')).collect();
    let table = toml::from_str::<toml::Table>(&uncommented.join("\n")).unwrap();
    assert_eq!(table["served"].as_table().unwrap().keys().collect::<Vec<_>>(), [operation]);
}

fn evil() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(EVIL).prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"type": "array"})),
        Just(json!({"$ref": "#/components/schemas/Node"})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        prop_assert!(!render(&text, None));
        let mut document = ApiDocument::parse(DOCUMENT).unwrap();
        prop_assert!(Overlay::apply(&text, "overlay.toml", &mut document).is_err());
    }

    #[test]
    fn cut_off_documents_are_refused(end in any::<Index>()) {
        let end = DOCUMENT.floor_char_boundary(end.index(DOCUMENT.trim_end().len()));
        prop_assert!(!render(&DOCUMENT[..end], None));
    }

    #[test]
    fn cut_off_overlays_are_answered(end in any::<Index>()) {
        render(DOCUMENT, Some(&OVERLAY[..OVERLAY.floor_char_boundary(end.index(OVERLAY.len()))]));
    }

    #[test]
    fn changed_documents_are_answered(
        case in prop::sample::select(CASES),
        changes in prop::collection::vec((any::<Index>(), evil()), 1..4),
    ) {
        let mut document: Value = serde_json::from_str(case).unwrap();
        for (place, value) in changes {
            let mut n = place.index(count(&document));
            *nth(&mut document, &mut n).unwrap() = value;
        }
        render(&document.to_string(), None);
        compare(case, &document.to_string());
    }

    #[test]
    fn renamed_members_are_answered(
        case in prop::sample::select(CASES),
        place in any::<Index>(),
        name in prop_oneof![prop::sample::select(EVIL).prop_map(str::to_owned), ".{0,20}"],
    ) {
        let mut document: Value = serde_json::from_str(case).unwrap();
        let mut n = place.index(count(&document));
        if let Value::Object(members) = nth(&mut document, &mut n).unwrap() {
            let first = members.keys().next().cloned();
            if let Some(value) = first.and_then(|first| members.remove(&first)) {
                members.insert(name, value);
            }
        }
        render(&document.to_string(), None);
        compare(case, &document.to_string());
    }

    #[test]
    fn hostile_names_and_prose_stay_inside(
        name in prop_oneof![prop::sample::select(EVIL).prop_map(str::to_owned), ".{1,40}"],
        prose in prop::collection::vec(prop_oneof![prop::sample::select(EVIL).prop_map(str::to_owned), ".{0,20}"], 0..8),
    ) {
        prop_assume!(!name.is_empty());
        let prose = prose.concat();
        let schema = json!({
            "type": "object", "description": prose, "example": prose, "default": prose,
            "properties": { &name: { "type": "string", "enum": [name, prose], "enumValueTitles": { &name: prose } } },
        });
        let document = json!({
            "version": "1.0",
            "info": { "style": "RPC", "product": "Sample", "version": "2024-01-31" },
            "apis": { &name: {
                "methods": ["get"], "summary": prose, "description": prose,
                "parameters": [
                    { "name": name, "in": "query", "schema": { "type": "string", "enum": [name, prose], "description": prose } },
                    { "name": format!("{name}2"), "in": "query", "style": "json", "schema": schema },
                ],
                "responses": { "200": { "schema": schema } },
                "errorCodes": { "400": [{ "errorCode": name, "errorMessage": prose }] },
            } },
        });
        let document = document.to_string();
        prop_assert!(render(&document, None));
        add(&document, &name);
        compare(&document, DOCUMENT);
    }
}

/// A document with one operation that has this parameter and these named schemas.
fn with(schema: &Value, schemas: &Value) -> String {
    json!({
        "version": "1.0",
        "info": { "style": "RPC", "product": "Sample", "version": "2024-01-31" },
        "components": { "schemas": schemas },
        "apis": { "A": {
            "methods": ["get"],
            "parameters": [{ "name": "P", "in": "query", "style": "json", "schema": schema }],
            "responses": { "200": { "schema": schema } },
        } },
    })
    .to_string()
}

#[test]
fn the_deepest_nesting_allowed_is_rendered() {
    let mut schema = json!({ "type": "string" });
    for depth in 0..24 {
        schema = json!({ "type": "object", "properties": { format!("Level{depth}"): schema } });
    }
    assert!(render(&with(&schema, &json!({})), None));
    let deeper = json!({ "type": "object", "properties": { "Level24": schema } });
    assert!(!render(&with(&deeper, &json!({})), None));
}

#[test]
fn a_long_chain_of_references_is_rendered() {
    let schemas: serde_json::Map<String, Value> = (0..500)
        .map(|n| {
            let next = format!("#/components/schemas/Node{}", (n + 1) % 500);
            (format!("Node{n}"), json!({ "type": "object", "properties": { "Next": { "$ref": next } } }))
        })
        .collect();
    let document = with(&json!({ "$ref": "#/components/schemas/Node0" }), &Value::Object(schemas));
    assert!(render(&document, None));
    compare(&document, &document.replace("Next", "Then"));
}

#[test]
fn circles_of_references_of_any_length_are_compared() {
    let circle = |length: usize| {
        let schemas = (0..length).map(|n| {
            let next = format!("#/components/schemas/Node{}", (n + 1) % length);
            (format!("Node{n}"), json!({ "type": "object", "properties": { "Next": { "$ref": next } } }))
        });
        with(&json!({ "$ref": "#/components/schemas/Node0" }), &schemas.collect())
    };
    compare(&circle(2_000), &circle(2_001));
    // Every schema of the one meets every schema of the other.
    compare(&circle(100), &circle(99));
}

#[test]
fn lists_that_lead_to_each_other_twice_are_rendered_once() {
    let schemas: serde_json::Map<String, Value> = (0..300)
        .map(|n| {
            let next = json!({ "$ref": format!("#/components/schemas/List{}", (n + 1) % 300) });
            let item = json!({ "type": "object", "properties": { "Left": next, "Right": next } });
            (format!("List{n}"), json!({ "type": "array", "items": item }))
        })
        .collect();
    assert!(render(&with(&json!({ "$ref": "#/components/schemas/List0" }), &Value::Object(schemas)), None));
}

#[test]
fn brackets_without_end_are_answered() {
    for brackets in ["[".repeat(1_000_000), "{\"a\":".repeat(1_000_000)] {
        assert!(!render(&brackets, None));
    }
}

#[test]
fn many_names_that_become_one_are_rendered() {
    let properties: serde_json::Map<String, Value> =
        (0..1_000).map(|n| ("-".repeat(n % 200 + 1) + &".".repeat(n / 200), json!({ "type": "string" }))).collect();
    assert!(render(&with(&json!({ "type": "object", "properties": properties }), &json!({})), None));
}

#[test]
fn a_very_long_description_is_rendered() {
    let prose = "[`*<\u{202e}\n>* ".repeat(30_000);
    assert!(render(&with(&json!({ "type": "string", "description": prose }), &json!({})), None));
    assert!(render(&with(&json!({ "type": "string", "description": "[".repeat(300_000) }), &json!({})), None));
}
