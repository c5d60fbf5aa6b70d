//! What a comparison of two documents finds, and how grave it says that is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

use alloc::collections::BTreeSet;
use codegen::{ApiDocument, ChangeClass, ChangeKind, SemverStep, SpecDiff, Wording};
use expect_test::{ExpectFile, expect_file};
use serde_json::{Value, json};
use std::{fs, path::Path};

const DOCUMENT: &str = include_str!("diff/api-docs.json");

/// The documents of all golden cases, and the one of these tests.
fn cases() -> Vec<String> {
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).unwrap();
    let cases = folders.map(|folder| fs::read_to_string(folder.unwrap().path().join("api-docs.json")).unwrap());
    [DOCUMENT.to_owned()].into_iter().chain(cases).collect()
}

/// A file beside the tests. The path is absolute: what lies above the workspace is none of our business.
fn expected_file(path: &str) -> ExpectFile {
    expect_file![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)]
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// Removes what is at a pointer.
fn remove(document: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        Value::Object(members) => drop(members.shift_remove(key).unwrap()),
        other => panic!("{other} has no members"),
    }
}

/// Puts a value at a pointer, whose last step may be new; `-` is the end of an array.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        Value::Object(members) => drop(members.insert(key.to_owned(), value)),
        other => panic!("{other} has no members"),
    }
}

fn between(old: &Value, new: &Value) -> SpecDiff {
    SpecDiff::between(&old.to_string(), &new.to_string()).unwrap()
}

/// The changes of the crate, and the step.
fn crate_lines(diff: &SpecDiff) -> Vec<String> {
    let lines = diff.crate_changes.iter().map(ToString::to_string);
    lines.chain(Some(diff.step().as_str().to_owned()).filter(|step| step != "none")).collect()
}

fn lines(diff: &SpecDiff) -> Vec<String> {
    diff.changes.iter().map(ToString::to_string).collect()
}

/// The document after an edit, written `- <pointer>` or `<pointer> = <JSON>`.
fn edited(edit: &str) -> Value {
    let mut document = document();
    match (edit.split_once(" = "), edit.strip_prefix("- ")) {
        (Some((pointer, value)), _) => set(&mut document, pointer, serde_json::from_str(value).unwrap()),
        (None, Some(pointer)) => remove(&mut document, pointer),
        (None, None) => panic!("no edit: {edit}"),
    }
    document
}

/// `diff/changes.txt` holds edits of `diff/api-docs.json`, and after each what is found: `>` from the document to the edited
/// one, `<` back.
#[test]
fn each_change_has_its_class() {
    let mut expected = String::new();
    let mut kinds = BTreeSet::new();
    let before = document();
    for edit in include_str!("diff/changes.txt").lines().filter(|line| !line.starts_with([' ', '#'])) {
        let after = edited(edit);
        let (there, back) = (between(&before, &after), between(&after, &before));
        expected += &format!("{edit}\n");
        for (sign, diff) in [('>', &there), ('<', &back)] {
            expected.extend(lines(diff).into_iter().chain(crate_lines(diff)).map(|line| format!("  {sign} {line}\n")));
        }
        kinds.extend(there.changes.iter().chain(&back.changes).map(|change| change.kind));
    }
    expected_file("diff/changes.txt").assert_eq(&expected);
    // Renaming an operation takes two edits; see below.
    let missing: Vec<_> = ChangeKind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert_eq!(missing, [&ChangeKind::OperationRenamed, &ChangeKind::FieldRenamed]);
}

#[test]
fn order_says_nothing() {
    // Every object the other way round, and every list of things that have names.
    fn turned(value: &Value, key: &str) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().rev().map(|(key, value)| (key.clone(), turned(value, key))).collect()
            }
            Value::Array(items) if ["parameters", "endpoints", "400"].contains(&key) => {
                items.iter().rev().map(|item| turned(item, "")).collect()
            }
            other => other.clone(),
        }
    }
    let before = document();
    let after = turned(&before, "");
    assert_ne!(before.to_string(), after.to_string());
    assert_eq!(lines(&between(&before, &after)), [""; 0]);
}

#[test]
fn the_same_in_other_words_is_the_same() {
    let before = document();
    for (pointer, value) in [
        ("/info/style", json!("rpc")),
        ("/apis/PutBook/deprecated", json!(null)),
        ("/apis/PutBook/path", json!("/")),
        ("/apis/PutBook/parameters/0/schema/sensitive", json!(false)),
        ("/apis/PutBook/parameters/0/schema/enum", json!([])),
        ("/apis/PutBook/parameters/0/schema/minLength", json!("")),
        ("/apis/PutBook/parameters/0/schema/pattern", json!("")),
        ("/apis/PutBook/parameters/4/schema/maxItems", json!("20")),
        ("/apis/PutBook/parameters/1/schema/maximum", json!("9.0")),
        ("/apis/PutBook/parameters/4/schema/items/additionalProperties", json!(false)),
        ("/apis/PutBook/errorCodes/409", json!([])),
        // A style says nothing about a scalar, and `flat` is how objects travel without one.
        ("/apis/PutBook/parameters/0/style", json!("json")),
        ("/apis/PutBook/parameters/4/style", json!(null)),
    ] {
        let mut after = document();
        set(&mut after, pointer, value);
        assert_eq!(lines(&between(&before, &after)), [""; 0], "{pointer}");
    }
}

#[test]
fn a_name_in_another_case_is_said_to_be_one() {
    let before = document();
    let text = before.to_string();
    let after = text
        .replace("\"PutBook\":", "\"putBook\":")
        .replace("\"Place\"", "\"place\"")
        .replace("\"Count\":", "\"count\":");
    let mut after: Value = serde_json::from_str(&after).unwrap();
    set(&mut after, "/apis/putBook/parameters/1/schema/maximum", json!("8"));
    let diff = between(&before, &after);
    assert_eq!(
        lines(&diff),
        [
            r#"breaking: /apis/putBook: operation renamed, only in case: "PutBook" → "putBook""#,
            r#"breaking: /apis/putBook/parameters/1: parameter renamed, only in case: place: "Place" → "place""#,
            r#"breaking: /apis/putBook/parameters/1/schema/maximum: limit tightened: place: "9" → "8""#,
            r#"breaking: /apis/ListBooks/responses/200/schema/properties/count: field renamed, only in case: answer.count: "Count" → "count""#,
        ]
    );
    assert_eq!(diff.changes[0].operations, ["PutBook", "putBook"]);
    assert_eq!(diff.changes[0].kind, ChangeKind::OperationRenamed);
    assert_eq!(diff.changes[3].kind, ChangeKind::FieldRenamed);
}

#[test]
fn a_named_schema_is_compared_once_for_all_its_uses() {
    let mut after = document();
    set(&mut after, "/components/schemas/Book/properties/Kind/enum", json!(["novel", "poem", "play"]));
    let diff = between(&document(), &after);
    // Harmless where a book is put, breaking where books are listed.
    let [change] = diff.changes.as_slice() else { panic!("{:?}", diff.changes) };
    assert_eq!(
        (change.class, change.operations.as_slice()),
        (ChangeClass::Breaking, &["PutBook".to_owned(), "ListBooks".to_owned()][..])
    );

    // Used in requests only, it is what it is there.
    let only_put = |document: &mut Value| {
        remove(document, "/apis/ListBooks");
        remove(document, "/apis/PutBook/responses/200");
    };
    let (mut before, mut after) = (document(), after);
    only_put(&mut before);
    only_put(&mut after);
    let diff = between(&before, &after);
    assert_eq!(
        lines(&diff),
        [
            r#"additive: /components/schemas/Book/properties/Kind/enum/2: value added: schema Book.Kind: "play" (in PutBook)"#
        ]
    );
}

#[test]
fn schemas_that_lead_to_themselves_come_to_an_end() {
    let mut after = document();
    // The same shape, one level unrolled, under another name.
    let inner = json!({"type": "object", "properties": {
        "Title": {"type": "string", "maxLength": 80},
        "Kind": {"type": "string", "enum": ["novel", "poem"]},
        "Next": {"$ref": "#/components/schemas/Tome"}
    }});
    let mut outer = inner.clone();
    set(&mut outer, "/properties/Next", inner);
    set(&mut after, "/components/schemas/Tome", outer);
    set(&mut after, "/apis/PutBook/parameters/3/schema/$ref", json!("#/components/schemas/Tome"));
    assert_eq!(
        lines(&between(&document(), &after)),
        [
            r#"behaviour: /apis/PutBook/parameters/3/schema: named schema changed: Book: "schema Book" → "schema Tome""#,
            r#"behaviour: /components/schemas/Tome/properties/Next: named schema changed: schema Tome.Next: "schema Book" → "object" (in PutBook)"#,
            r#"behaviour: /components/schemas/Tome/properties/Next/properties/Next: named schema changed: schema Tome.Next.Next: "schema Book" → "schema Tome" (in PutBook)"#,
        ]
    );
}

#[test]
fn steps_are_those_of_the_generated_crate() {
    let step = |edits: &[(&str, Value)]| {
        let mut after = document();
        edits.iter().for_each(|(pointer, value)| set(&mut after, pointer, value.clone()));
        let diff = between(&document(), &after);
        (diff.class(), diff.step())
    };
    let wording = ("/apis/PutBook/summary", json!("x"));
    let additive = ("/apis/Third", json!({"methods": ["get"]}));
    let behaviour = ("/apis/PutBook/deprecated", json!(true));
    // Breaking on the wire, and data in the crate.
    let breaking = ("/apis/PutBook/parameters/0/in", json!("body"));
    // Additive on the wire, and another type in the crate.
    let optional = ("/apis/PutBook/parameters/0/schema/required", json!(false));
    assert_eq!(step(&[]), (None, SemverStep::None));
    assert_eq!(step(core::slice::from_ref(&wording)), (Some(ChangeClass::Wording), SemverStep::Patch));
    assert_eq!(step(&[wording.clone(), additive.clone()]), (Some(ChangeClass::Additive), SemverStep::Minor));
    assert_eq!(step(&[additive.clone(), behaviour.clone()]), (Some(ChangeClass::Behaviour), SemverStep::Minor));
    assert_eq!(step(&[wording, additive, behaviour, breaking]), (Some(ChangeClass::Breaking), SemverStep::Minor));
    assert_eq!(step(&[optional]), (Some(ChangeClass::Additive), SemverStep::Major));
    // The type stays, and holds less or more.
    let limit = |most| ("/apis/PutBook/parameters/1/schema/maximum", json!(most));
    assert_eq!(step(&[limit(8)]), (Some(ChangeClass::Breaking), SemverStep::Major));
    assert_eq!(step(&[limit(10)]), (Some(ChangeClass::Additive), SemverStep::Minor));

    let mut after = document();
    remove(&mut after, "/apis/PutBook/parameters/1");
    let diff = between(&document(), &after);
    assert_eq!((diff.class(), diff.step()), (Some(ChangeClass::Breaking), SemverStep::Major));
}

#[test]
fn a_name_that_clashes_may_rename_another() {
    let mut after = document();
    set(
        &mut after,
        "/apis/PutBook/parameters/-",
        json!({"name": "MODE", "in": "query", "schema": {"type": "boolean"}}),
    );
    set(&mut after, "/apis/PutBook/parameters/-", json!({"name": "tag", "in": "query", "schema": {"type": "boolean"}}));
    let diff = between(&document(), &after);
    assert_eq!(
        crate_lines(&diff),
        [
            "crate: changed: put_book::PutBookRequest.mode: Option<RequestMode> → Option<bool>",
            "crate: added: put_book::PutBookRequest.mode_5e23: Option<RequestMode>",
            "crate: added: put_book::PutBookRequest.tag_2a10: Option<bool>",
            "major",
        ]
    );
    assert_eq!(diff.class(), Some(ChangeClass::Additive));
    assert!(diff.crate_changes.iter().all(|change| change.operations == ["PutBook"]));

    // A module that another operation takes, and nothing else has changed.
    let mut after = document();
    set(&mut after, "/apis/List-Books", json!({"methods": ["get"]}));
    let renamed = crate_lines(&between(&document(), &after));
    for line in [
        "crate: added: list_books_0de3: mod",
        "crate: removed: list_books::ListBooksRequest.page_size: Option<RequestPageSize>",
        "major",
    ] {
        assert!(renamed.iter().any(|renamed| renamed == line), "{renamed:#?}");
    }
}

#[test]
fn others_operations_are_set_aside() {
    let mut after = document();
    set(&mut after, "/apis/Third", json!({"methods": ["get"]}));
    set(&mut after, "/apis/ListBooks/deprecated", json!(true));
    set(&mut after, "/apis/PutBook/deprecated", json!(true));
    set(&mut after, "/components/schemas/Book/properties/Title/maxLength", json!(90));
    set(&mut after, "/endpoints/0/endpoint", json!("other.example.com"));
    let mut diff = between(&document(), &after);
    let others = diff.take_others(|operation| operation == "PutBook");
    let pointers =
        |changes: &[codegen::Change]| changes.iter().map(|change| change.pointer.clone()).collect::<Vec<_>>();
    assert_eq!(pointers(&others), ["/apis/ListBooks/deprecated", "/apis/Third"]);
    let ours =
        ["/endpoints/0/endpoint", "/apis/PutBook/deprecated", "/components/schemas/Book/properties/Title/maxLength"];
    assert_eq!(pointers(&diff.changes), ours);
    // A module of theirs is not ours, and a type is of whoever leads to it.
    assert_eq!(diff.crate_changes, []);
    set(&mut after, "/components/schemas/Book/properties/More", json!({"type": "string"}));
    let mut diff = between(&document(), &after);
    diff.take_others(|operation| operation == "PutBook");
    let types = ["RequestBook", "ResponseBook"].map(|ty| format!("crate: added: schemas::{ty}.more: Option<String>"));
    assert_eq!(crate_lines(&diff), [&types[..], &["minor".to_owned()]].concat());
}

#[test]
fn in_an_envelope_pointers_say_so() {
    let mut after = document();
    set(&mut after, "/apis/PutBook/summary", json!("x"));
    let after = json!({"code": 0, "data": after});
    assert_eq!(
        lines(&between(&document(), &after)),
        [r#"wording: /data/apis/PutBook/summary: text changed: "Puts a book on a shelf." → "x""#]
    );
}

#[test]
fn the_media_type_of_a_body_matters_where_there_is_one() {
    let with_body = || {
        let mut document = document();
        let body = json!({"name": "Body", "in": "body", "schema": {"type": "string"}});
        set(&mut document, "/apis/PutBook/parameters/-", body);
        document
    };
    let mut after = with_body();
    set(&mut after, "/apis/PutBook/consumes", json!(["text/csv"]));
    assert_eq!(
        lines(&between(&with_body(), &after)),
        [r#"breaking: /apis/PutBook/consumes: media type changed: absent → ["text/csv"]"#]
    );
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    let mut after = document();
    remove(&mut after, "/apis/ListBooks");
    let diff = SpecDiff::between(&format!("\u{feff}{DOCUMENT}"), &after.to_string()).unwrap();
    assert_eq!(lines(&diff), [r#"breaking: /apis/ListBooks: operation removed: "ListBooks""#]);
}

#[test]
fn what_cannot_be_read_is_said_of_both() {
    let problems = SpecDiff::between("", &DOCUMENT.replace("RPC", "ROA")).unwrap_err();
    assert_eq!(problems.to_string(), "1 problems in the old document, 1 in the new one");
    assert_eq!(problems.old[0].to_string(), ": not JSON: EOF while parsing a value at line 1 column 0");
    assert_eq!(problems.new[0].to_string(), "/info/style: not supported: style ROA, expected RPC");
}

#[test]
fn nothing_in_a_document_forges_a_line() {
    let mut after = document();
    set(&mut after, "/apis/A\n\u{202e}b", json!({"methods": ["get"], "parameters": []}));
    set(&mut after, "/apis/PutBook/summary", json!("x\nbreaking: \u{202e}"));
    assert_eq!(
        lines(&between(&document(), &after)),
        [
            r#"wording: /apis/PutBook/summary: text changed: "Puts a book on a shelf." → "x\nbreaking: \u{202e}""#,
            r#"additive: /apis/A\n\u{202e}b: operation added: "A\n\u{202e}b""#,
        ]
    );
}

/// Several changes at once, as people read them.
fn mixture() -> SpecDiff {
    let mut after = document();
    remove(&mut after, "/apis/PutBook/parameters/2");
    set(&mut after, "/info/version", json!("2024-03-01"));
    set(&mut after, "/apis/PutBook/parameters/1/schema/default", json!("2"));
    set(&mut after, "/apis/PutBook/summary", json!("Puts `a` book\n# on | <b>a</b> shelf."));
    set(&mut after, "/apis/ListBooks/summary", json!("Lists."));
    set(&mut after, "/components/schemas/Book/properties/Title/maxLength", json!(90));
    set(
        &mut after,
        "/apis/ListBooks/parameters/-",
        json!({"name": "A`|\nb", "in": "query", "schema": {"type": "string"}}),
    );
    set(&mut after, "/apis/Third", json!({"methods": ["get"], "summary": "The third."}));
    between(&document(), &after)
}

#[test]
fn people_read_lines_or_markdown_and_programs_json() {
    let diff = mixture();
    expected_file("diff/lines.txt").assert_eq(&diff.lines(Wording::Listed));
    expected_file("diff/counted.md").assert_eq(&diff.markdown(Wording::Counted));
    expected_file("diff/listed.md").assert_eq(&diff.markdown(Wording::Listed));
    expected_file("diff/changes.json").assert_eq(&format!("{:#}\n", diff.json()));

    let counted = diff.lines(Wording::Counted);
    let listed = diff.changes.len() - diff.count(ChangeClass::Wording) + diff.crate_changes.len();
    assert_eq!(counted.lines().count(), listed + 1);
    let nothing = between(&document(), &document());
    assert_eq!(nothing.lines(Wording::Listed), "");
    assert_eq!(nothing.markdown(Wording::Listed), "### `Sample 2024-01-31`\n\nNothing changed.\n");
}

/// The value at a place, counted depth first, and its pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut member = |key: &str, value: &Value| {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        places(value, &at, found);
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| member(&index.to_string(), item)),
        Value::Object(members) => members.iter().for_each(|(key, value)| member(key, value)),
        _ => {}
    }
}

/// Whether there is nothing in it, however deep one looks.
fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.iter().all(is_hollow),
        Value::Object(members) => members.values().all(is_hollow),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Takes each member of each document away in turn: whatever it is, it is missed, unless it says what its absence says.
#[test]
fn nothing_is_overlooked() {
    for case in &cases() {
        let before: Value = serde_json::from_str(case).unwrap();
        let mut all = Vec::new();
        places(&before, "", &mut all);
        for (place, pointer) in all.into_iter().enumerate() {
            // The names in it are those of a pointer, which `remove` does not take apart.
            if pointer.contains('~') {
                continue;
            }
            let mut after = before.clone();
            let value = after.pointer(&pointer).unwrap().clone();
            remove(&mut after, &pointer);
            let text = after.to_string();
            if ApiDocument::parse(&text).is_err() {
                continue;
            }
            // What holds without being said: the model knows.
            let model = |text: &str| {
                let document = ApiDocument::parse(text).unwrap();
                (document.operations, document.schemas)
            };
            let key = pointer.rsplit('/').next().unwrap();
            let implied = ["format", "required", "style", "type"].contains(&key) && model(case) == model(&text);
            let says_nothing = implied || is_hollow(&value);
            let diff = SpecDiff::between(case, &text).unwrap();
            assert!(says_nothing || !diff.changes.is_empty(), "{pointer} = {value}");
            // What is missed one way is missed the other: a few show it, in a fraction of the time.
            if place % 8 == 0 {
                let back = SpecDiff::between(&text, case).unwrap();
                assert_eq!(diff.changes.is_empty(), back.changes.is_empty(), "{pointer} = {value}");
            }
        }
    }
}

#[test]
fn a_document_does_not_differ_from_itself_and_any_two_can_be_compared() {
    let cases = cases();
    for old in &cases {
        for new in &cases {
            let diff = SpecDiff::between(old, new).unwrap();
            assert_eq!(diff.changes.is_empty(), old == new);
            for line in diff.lines(Wording::Listed).lines() {
                let classes = ["breaking: ", "behaviour: ", "additive: ", "wording: ", "crate: "];
                let last = ["major: ", "minor: ", "patch: "];
                assert!(classes.iter().chain(&last).any(|start| line.starts_with(start)), "{line}");
            }
        }
    }
}
