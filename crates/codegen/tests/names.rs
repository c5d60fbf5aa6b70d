//! What the generated crate offers does not depend on the order of the document, and an operation more changes nothing of it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

use alloc::collections::BTreeSet;
use codegen::{Generated, Standalone, generate_crate};
use proptest::{prelude::*, test_runner::TestRng};
use quote::ToTokens as _;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The golden cases, in one of which everything clashes that can, and documents of the vendor where there are some.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = fs::read_dir(root.join("tests/cases")).unwrap().map(|folder| folder.unwrap().path());
    let vendors = ["dysmsapi/2017-05-25", "sts/2015-04-01"].map(PathBuf::from);
    let vendors = vendors.map(|product| root.join("../../../shared/metadata").join(product));
    let paths = folders.chain(vendors).map(|folder| folder.join("api-docs.json"));
    paths.filter_map(|path| fs::read_to_string(path).ok()).collect()
}

fn generated(document: &str) -> Generated {
    let input = Standalone { document, operations: None, acs_rpc: "../acs-rpc" };
    generate_crate(&input).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Everything that code outside of the crate can name, with its type: `list_things::ListThingsRequest.page: Option<i32>`.
fn offered(document: &str) -> BTreeSet<String> {
    let mut offered = BTreeSet::new();
    for file in generated(document).files {
        let Some(module) = file.path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs")) else { continue };
        let module = module.to_owned();
        for item in syn::parse_file(&file.text).unwrap().items {
            match item {
                syn::Item::Struct(item) => {
                    for field in item.fields.iter().filter(|field| matches!(field.vis, syn::Visibility::Public(_))) {
                        let (name, ty) = (field.ident.as_ref().unwrap(), field.ty.to_token_stream());
                        offered.insert(format!("{module}::{}.{name}: {ty}", item.ident));
                    }
                    offered.insert(format!("{module}::{}", item.ident));
                }
                syn::Item::Enum(item) => {
                    let variants = item.variants.iter().map(|variant| variant.ident.to_string());
                    offered.extend(variants.map(|variant| format!("{module}::{}::{variant}", item.ident)));
                }
                syn::Item::Impl(item) => {
                    let ty = item.self_ty.to_token_stream();
                    for inner in item.items {
                        if let syn::ImplItem::Fn(function) = inner {
                            offered.insert(format!("{module}::{ty}::{}", function.sig.to_token_stream()));
                        }
                    }
                }
                syn::Item::Mod(item) => drop(offered.insert(item.ident.to_string())),
                _ => {}
            }
        }
    }
    offered
}

/// The members of every object, and the items of every list of things that have names, in another order.
fn shuffled(value: &Value, key: &str, rng: &mut TestRng) -> Value {
    fn shuffle<T>(items: &mut [T], rng: &mut TestRng) {
        for last in (1..items.len()).rev() {
            items.swap(last, rng.random_range(0..=last));
        }
    }
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (key.clone(), shuffled(value, key, rng))).collect();
            shuffle(&mut members, rng);
            members.into_iter().collect()
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|item| shuffled(item, "", rng)).collect();
            let named = items.iter().all(Value::is_object) && !items.is_empty();
            if named || ["enum", "methods", "schemes"].contains(&key) {
                shuffle(&mut items, rng);
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_names_nothing(rng in any::<u64>().prop_perturb(|_, rng| rng)) {
        let mut rng = rng;
        for text in documents() {
            let document: Value = serde_json::from_str(&text).unwrap();
            let before = offered(&text);
            prop_assert!(before.len() > 10);
            let after = shuffled(&document, "", &mut rng).to_string();
            let after = offered(&after);
            prop_assert_eq!(before.symmetric_difference(&after).collect::<Vec<_>>(), Vec::<&String>::new());
        }
    }
}

/// As every name is of one operation, or of one schema, an operation more only adds.
#[test]
fn an_operation_more_changes_nothing() {
    for text in documents() {
        let document: Value = serde_json::from_str(&text).unwrap();
        let all = offered(&text);
        let names: Vec<&String> = document["apis"].as_object().unwrap().keys().collect();
        for gone in names.iter().copied().step_by(names.len() / 10 + 1) {
            let mut before = document.clone();
            before["apis"].as_object_mut().unwrap().shift_remove(gone);
            let before = offered(&before.to_string());
            // The modules of operations may clash, and then one is renamed at most.
            let renamed: BTreeSet<&str> = before
                .difference(&all)
                .map(|item| item.split_once("::").map_or(&**item, |(module, _)| module))
                .collect();
            let letters = |name: &str| name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
            let mut others = names.iter().filter(|name| **name != gone);
            let clash = others.any(|name| letters(name) == letters(gone));
            assert!(renamed.len() <= usize::from(clash), "{gone}: {renamed:?}");
        }
    }
}

#[test]
fn limits_elsewhere_change_no_type() {
    let document = |others: Value| {
        let list = |limit: u64| {
            json!({"methods": ["get"], "parameters": [
                {"name": "Kind", "in": "query", "schema": {"type": "string", "maxLength": limit}}
            ]})
        };
        let mut apis = json!({ "ListB": list(8) });
        for (name, limit) in others.as_object().unwrap() {
            apis[name] = list(limit.as_u64().unwrap());
        }
        let info = json!({"style": "RPC", "product": "Sample", "version": "2024-01-31"});
        json!({"version": "1.0", "info": info, "apis": apis}).to_string()
    };
    let alone = offered(&document(json!({})));
    assert!(alone.contains("list_b::ListBRequest.kind: :: core :: option :: Option < RequestKind >"), "{alone:#?}");
    for others in [json!({"ListA": 8}), json!({"ListA": 9}), json!({"ListA": 9, "ListC": 8})] {
        assert_eq!(alone.difference(&offered(&document(others))).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
