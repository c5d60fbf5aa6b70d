//! The vendor's own documents, where there are any: beside the workspace, in `../shared/metadata/`.

use codegen::{ApiDocument, ChangeClass, ChangeKind, Generated, SemverStep, SpecDiff, Standalone, generate_crate};
use serde_json::{Value, json};
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
    let input = Standalone { document: text, operations: None, acs_rpc: "../acs-rpc" };
    generate_crate(&input).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

#[test]
fn every_rpc_document_renders_and_every_other_is_refused_by_name() {
    for path in corpus() {
        let text = fs::read_to_string(&path).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let operations = value["apis"].as_object().unwrap().len();
        match value["info"]["style"].as_str().unwrap() {
            "RPC" => {
                let generated = render(&text);
                assert_eq!(generated, render(&text), "the same input gives the same bytes");
                let others = ["endpoints", "lib", "schemas", "types"].map(|name| format!("src/{name}.rs"));
                let sources = generated.files.iter().filter(|file| file.path.starts_with("src/"));
                let modules = sources.filter(|file| !others.contains(&file.path)).count();
                assert_eq!(modules, operations, "{}", path.display());
                for warning in &generated.warnings {
                    println!("{}: {warning}", path.display());
                }
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

#[test]
fn no_document_differs_from_itself() {
    for path in corpus() {
        let text = fs::read_to_string(&path).unwrap();
        match SpecDiff::between(&text, &text) {
            Ok(diff) => {
                assert_eq!((diff.changes, diff.crate_changes), (vec![], vec![]), "{}", path.display());
            }
            Err(problems) => assert_eq!(problems.old[0].pointer, "/info/style", "{}", path.display()),
        }
    }
}

#[test]
fn a_translation_changes_wording_only() {
    let paths = corpus();
    for (product, version) in [("swas-open", "2020-06-01")] {
        let of = |language: &str| {
            paths.iter().find(|path| path.ends_with(format!("{language}/{product}/{version}/api-docs.json")))
        };
        let (Some(english), Some(chinese)) = (of("metadata"), of("zh_cn")) else { continue };
        let (english, chinese) = (fs::read_to_string(english).unwrap(), fs::read_to_string(chinese).unwrap());
        let diff = SpecDiff::between(&english, &chinese).unwrap();
        assert_eq!((diff.class(), diff.step()), (Some(ChangeClass::Wording), SemverStep::Patch));
        assert_eq!(diff.crate_changes, []);
    }
}

/// A change of one operation; how many changes it is.
type Mutation = fn(&mut Value) -> usize;

fn first_string(operation: &mut Value) -> Option<&mut Value> {
    let parameters = operation.get_mut("parameters")?.as_array_mut()?;
    parameters.iter_mut().map(|parameter| &mut parameter["schema"]).find(|schema| schema["type"] == "string")
}

fn set(value: Option<&mut Value>, key: &str, new: Value) -> usize {
    let Some(members) = value.and_then(Value::as_object_mut) else { return 0 };
    usize::from(members.insert(key.to_owned(), new.clone()) != Some(new))
}

fn list<'v>(operation: &'v mut Value, key: &str) -> Option<&'v mut Vec<Value>> {
    operation.get_mut(key)?.as_array_mut()
}

fn answer(operation: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    operation.pointer_mut("/responses/200/schema/properties")?.as_object_mut()
}

const MUTATIONS: &[(ChangeKind, ChangeClass, Mutation)] = &[
    (ChangeKind::ParameterRemoved, ChangeClass::Breaking, |operation| {
        list(operation, "parameters").is_some_and(|list| list.pop().is_some()).into()
    }),
    (ChangeKind::ParameterAdded, ChangeClass::Additive, |operation| {
        let new = json!({"name": "Never.Seen", "in": "query", "schema": {"type": "string"}});
        list(operation, "parameters").map(|list| list.insert(0, new)).is_some().into()
    }),
    (ChangeKind::RequiredParameterAdded, ChangeClass::Breaking, |operation| {
        let new = json!({"name": "Never.Seen", "in": "query", "schema": {"type": "string", "required": true}});
        list(operation, "parameters").map(|list| list.insert(0, new)).is_some().into()
    }),
    (ChangeKind::MadeRequired, ChangeClass::Breaking, |operation| {
        let optional =
            list(operation, "parameters").into_iter().flatten().find(|one| one["schema"]["required"] != true);
        set(optional.map(|parameter| &mut parameter["schema"]), "required", json!(true))
    }),
    (ChangeKind::MadeOptional, ChangeClass::Additive, |operation| {
        let required =
            list(operation, "parameters").into_iter().flatten().find(|one| one["schema"]["required"] == true);
        set(required.map(|parameter| &mut parameter["schema"]), "required", json!(false))
    }),
    (ChangeKind::PositionChanged, ChangeClass::Breaking, |operation| {
        set(list(operation, "parameters").and_then(|list| list.last_mut()), "in", json!("header"))
    }),
    (ChangeKind::TypeChanged, ChangeClass::Breaking, |operation| {
        set(first_string(operation), "type", json!("boolean"))
    }),
    (ChangeKind::DefaultChanged, ChangeClass::Behaviour, |operation| {
        set(first_string(operation), "default", json!("never seen"))
    }),
    (ChangeKind::LimitTightened, ChangeClass::Breaking, |operation| {
        let free = first_string(operation).filter(|schema| schema.get("maxLength").is_none());
        set(free, "maxLength", json!(1))
    }),
    (ChangeKind::ValuesLimited, ChangeClass::Breaking, |operation| {
        let free = first_string(operation).filter(|schema| schema.get("enum").is_none());
        set(free, "enum", json!(["never seen"]))
    }),
    (ChangeKind::ValueAdded, ChangeClass::Additive, |operation| {
        let values = list(operation, "parameters").into_iter().flatten().find_map(|one| one["schema"].get_mut("enum"));
        values.and_then(Value::as_array_mut).map(|values| values.push(json!("never seen"))).is_some().into()
    }),
    (ChangeKind::ValueRemoved, ChangeClass::Breaking, |operation| {
        let values = list(operation, "parameters").into_iter().flatten().find_map(|one| one["schema"].get_mut("enum"));
        let values = values.and_then(Value::as_array_mut).filter(|values| values.len() > 1);
        values.is_some_and(|values| values.pop().is_some()).into()
    }),
    (ChangeKind::MethodRemoved, ChangeClass::Breaking, |operation| {
        let methods = list(operation, "methods").filter(|methods| methods.len() > 1);
        methods.is_some_and(|methods| methods.pop().is_some()).into()
    }),
    (ChangeKind::SchemeRemoved, ChangeClass::Breaking, |operation| {
        list(operation, "schemes").is_some_and(|schemes| schemes.pop().is_some()).into()
    }),
    (ChangeKind::FieldRemoved, ChangeClass::Breaking, |operation| {
        answer(operation).is_some_and(|fields| fields.shift_remove("RequestId").is_some()).into()
    }),
    (ChangeKind::FieldAdded, ChangeClass::Additive, |operation| {
        answer(operation).map(|fields| fields.insert("Never.Seen".to_owned(), json!({"type": "any"}))).is_some().into()
    }),
    (ChangeKind::AnswerRemoved, ChangeClass::Breaking, |operation| {
        operation["responses"].as_object_mut().is_some_and(|responses| responses.remove("200").is_some()).into()
    }),
    (ChangeKind::ErrorRemoved, ChangeClass::Behaviour, |operation| {
        let errors = operation.get_mut("errorCodes").and_then(Value::as_object_mut);
        let lists = errors.into_iter().flat_map(|errors| errors.values_mut()).filter_map(Value::as_array_mut);
        lists.filter_map(|list| list.pop()).count()
    }),
    (ChangeKind::ErrorAdded, ChangeClass::Behaviour, |operation| {
        let new = json!([{"errorCode": "Never.Seen", "errorMessage": ""}]);
        operation.get_mut("errorCodes").map(|errors| set(Some(errors), "418", new)).unwrap_or_default()
    }),
    (ChangeKind::EffectChanged, ChangeClass::Behaviour, |operation| {
        set(Some(operation), "operationType", json!("never seen"))
    }),
    (ChangeKind::DeprecationChanged, ChangeClass::Behaviour, |operation| {
        let deprecated = operation["deprecated"] == true;
        set(Some(operation), "deprecated", json!(!deprecated))
    }),
    (ChangeKind::SecurityChanged, ChangeClass::Behaviour, |operation| {
        list(operation, "security").map(|schemes| schemes.push(json!({"Never": []}))).is_some().into()
    }),
    (ChangeKind::TextChanged, ChangeClass::Wording, |operation| set(Some(operation), "summary", json!("never seen"))),
    (ChangeKind::ExampleChanged, ChangeClass::Wording, |operation| {
        set(first_string(operation), "example", json!("never seen"))
    }),
    (ChangeKind::OrderChanged, ChangeClass::Wording, |operation| {
        let methods = list(operation, "methods").filter(|methods| methods.len() > 1);
        methods.map(|methods| methods.reverse()).is_some().into()
    }),
];

/// Every operation is changed in one way, in the next round in another, and exactly that is found.
#[test]
fn mutations_of_every_operation_have_their_class() {
    /// Enough for every mutation to meet operations of every document.
    const ROUNDS: usize = 5;
    let mut made = 0;
    for path in corpus() {
        let text = fs::read_to_string(&path).unwrap();
        if ApiDocument::parse(&text).is_err() {
            continue;
        }
        let document: Value = serde_json::from_str(&text).unwrap();
        for round in 0..ROUNDS {
            let mut mutated = document.clone();
            let mut expected = Vec::new();
            let mutations = MUTATIONS.iter().cycle().skip(round * MUTATIONS.len() / ROUNDS);
            for ((name, operation), (kind, class, mutate)) in
                mutated["apis"].as_object_mut().unwrap().iter_mut().zip(mutations)
            {
                expected.extend(core::iter::repeat_n((vec![name.clone()], *kind, *class), mutate(operation)));
            }
            let diff = SpecDiff::between(&text, &mutated.to_string()).unwrap();
            let found: Vec<_> =
                diff.changes.into_iter().map(|change| (change.operations, change.kind, change.class)).collect();
            assert_eq!(found, expected, "{}", path.display());
            made += expected.len();
        }
        // Order says nothing.
        let mut turned = document.clone();
        for operation in turned["apis"].as_object_mut().unwrap().values_mut() {
            list(operation, "parameters").into_iter().for_each(|parameters| parameters.reverse());
        }
        assert_eq!(SpecDiff::between(&text, &turned.to_string()).unwrap().changes, [], "{}", path.display());
    }
    println!("{made} mutations");
}
