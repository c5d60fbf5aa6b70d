//! Reading the vendor's documents as the portal hands them out, and taking operations out of them into ours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use codegen::{ApiDocument, Input, NotAdded, OfficialDocument, Overlay, SpecDiff, SpecError, Unofficial, generate};
use expect_test::{ExpectFile, expect_file};
use serde_json::{Value, json};
use std::path::Path;

const OFFICIAL: &str = include_str!("diff/api-docs.json");
const OURS: &str = include_str!("official/ours.json");
const OVERLAY: &str = include_str!("official/overlay.toml");

/// A file beside the tests. The path is absolute: what lies above the workspace is none of our business.
fn expected_file(path: &str) -> ExpectFile {
    expect_file![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)]
}

fn official() -> OfficialDocument {
    OfficialDocument::read(OFFICIAL).unwrap()
}

/// The official document after a change.
fn official_with(change: impl FnOnce(&mut Value)) -> OfficialDocument {
    let mut document: Value = serde_json::from_str(OFFICIAL).unwrap();
    change(&mut document);
    OfficialDocument::read(&document.to_string()).unwrap()
}

fn lines(errors: &[SpecError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn documents_come_bare_or_in_an_envelope() {
    let document: Value = serde_json::from_str(OFFICIAL).unwrap();
    let wrapped = json!({"code": 0, "data": document, "message": null}).to_string();
    let wrapped = OfficialDocument::read(&wrapped).unwrap();
    assert_eq!(wrapped.text(), official().text());
    assert_eq!(wrapped.text(), format!("{document:#}\n"));
    assert_eq!(wrapped.model().product, "Sample");
    assert_eq!(OfficialDocument::read(&format!("\u{feff}{OFFICIAL}")).unwrap(), official());
}

#[test]
fn an_envelope_without_a_document_is_a_refusal() {
    for (text, code, message) in [
        (r#"{"code": 404, "message": "no such product"}"#, "404", "no such product"),
        (r#"{"code": "NotFound", "data": null}"#, "NotFound", ""),
        (r#"{"code": 0}"#, "0", ""),
    ] {
        let expected = Unofficial::Refused { code: code.to_owned(), message: message.to_owned() };
        assert_eq!(OfficialDocument::read(text), Err(expected));
    }
    let Err(Unofficial::Problems(problems)) = OfficialDocument::read("<html>") else { panic!() };
    assert_eq!(lines(&problems), [": not JSON: expected value at line 1 column 1"]);
    let Err(Unofficial::Problems(problems)) = OfficialDocument::read(r#"{"code": 0, "data": {}}"#) else { panic!() };
    assert_eq!(problems.len(), 3);
    let Err(Unofficial::Problems(problems)) = OfficialDocument::read(&OFFICIAL.replace("RPC", "ROA")) else { panic!() };
    assert_eq!(lines(&problems), ["/info/style: not supported: style ROA, expected RPC"]);
}

#[test]
fn a_document_is_of_its_product_and_version() {
    assert!(official().expect("SAMPLE", "2024-01-31").is_ok());
    let another = Unofficial::Another { product: "Sample".to_owned(), version: "2024-01-31".to_owned() };
    assert_eq!(official().expect("Sample", "2024-02-01"), Err(another.clone()));
    assert_eq!(official().expect("Samples", "2024-01-31"), Err(another));
}

#[test]
fn an_operation_is_taken_over_with_all_it_needs() {
    let addition = official().add("PutBook", OURS, OVERLAY, "overlay.toml").unwrap();
    // `Book` is here already and says the same, in another order.
    assert_eq!(addition.schemas, ["Shelf"]);

    // Nothing else changed, and the order is kept.
    let diff = SpecDiff::between(OURS, &addition.document).unwrap();
    let changes: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            r#"wording: /directories/0/children/1: text changed: absent → "PutBook""#,
            r#"additive: /apis/PutBook: operation added: "PutBook""#,
        ]
    );
    let mut left = addition.document.lines().map(|line| line.trim_end_matches(','));
    for line in OURS.lines().map(|line| line.trim_end_matches(',')) {
        assert!(left.any(|other| other == line), "{line}");
    }
    let ours: Value = serde_json::from_str(&addition.document).unwrap();
    let theirs: Value = serde_json::from_str(OFFICIAL).unwrap();
    assert_eq!(ours["apis"]["PutBook"].to_string(), theirs["apis"]["PutBook"].to_string());
    assert_eq!(ours["components"]["schemas"]["Shelf"], theirs["components"]["schemas"]["Shelf"]);
    assert_eq!(ours["directories"][0]["title"], "Boards");
    assert_eq!(addition.document, format!("{ours:#}\n"));

    assert_eq!(addition.overlay.strip_prefix(OVERLAY.trim_end()).unwrap().get(..2), Some("\n\n"));
    expected_file("official/put-book.toml").assert_eq(addition.overlay.strip_prefix(OVERLAY).unwrap());
    assert_eq!(
        lines(&addition.open),
        [
            "overlay.toml: served.PutBook.effect",
            "overlay.toml: served.PutBook.subject",
            "overlay.toml: served.PutBook.evidence",
            "overlay.toml: served.PutBook.risks[0].evidence",
            "overlay.toml: served.PutBook.risks[0].consequences[0].en",
            "overlay.toml: served.PutBook.risks[0].consequences[0].zh",
            "overlay.toml: served.PutBook.ram.resource",
        ]
        .map(|place| format!("{place}: undecided, expected a person's decision in place of \"?\""))
    );
}

#[test]
fn a_decided_skeleton_generates() {
    let addition = official().add("PutBook", OURS, OVERLAY, "overlay.toml").unwrap();
    let generated = |overlay: &str| {
        let input = Input {
            document: &addition.document,
            document_path: "api-docs.json",
            overlay: Some((overlay, "overlay.toml")),
            command: "a test",
        };
        generate(&input)
    };
    assert_eq!(generated(&addition.overlay).unwrap_err(), addition.open);
    let decided = addition
        .overlay
        .replace("effect = \"?\"", "effect = \"write\"")
        .replace("subject = \"?\"", "subject = \"Place\"")
        .replace("resource = \"?\"", "resource = \"*\"")
        .replace("evidence = \"?\"", "evidence = \"the page\"")
        .replace("{ en = \"?\", zh = \"?\" }", "{ en = \"It stays there.\", zh = \"它会留在那里。\" }");
    let files = generated(&decided).unwrap().files;
    assert!(files.iter().any(|file| file.path == "put_book.rs"));
}

#[test]
fn what_nothing_is_known_of_is_guessed_in_comments_only() {
    let official = official_with(|document| {
        let operation = document["apis"]["PutBook"].as_object_mut().unwrap();
        operation.remove("ramActions");
        operation.insert("systemTags".to_owned(), json!({"operationType": "up\ndate\u{202e}", "riskType": "high"}));
        let parameters = operation["parameters"].as_array_mut().unwrap();
        parameters.push(json!({"name": "ClientToken", "in": "query", "schema": {"type": "string", "required": true}}));
        parameters.push(
            json!({"name": "a\"\n]\u{7f}\u{202e}", "in": "query", "schema": {"type": "string", "required": true}}),
        );
        let odd = document["apis"]["PutBook"].clone();
        document["apis"]["Put.Book\"\n[x]"] = odd;
    });
    let addition = official.add("Put.Book\"\n[x]", OURS, OVERLAY, "overlay.toml").unwrap();
    expected_file("official/odd.toml").assert_eq(addition.overlay.strip_prefix(OVERLAY).unwrap());
    assert!(addition.open.iter().all(|problem| problem.problem.starts_with("undecided")), "{:?}", addition.open);
}

#[test]
fn of_a_read_no_risk_is_asked() {
    let ours = OURS.replace("\"ListBooks\"", "\"OtherBooks\"");
    let overlay = OVERLAY.replace("ListBooks", "OtherBooks");
    let addition = official().add("ListBooks", &ours, &overlay, "overlay.toml").unwrap();
    expected_file("official/list-books.toml").assert_eq(addition.overlay.strip_prefix(&overlay).unwrap());
    // Labels that say something else make it a question again.
    for (key, label) in [("operationType", json!("write")), ("systemTags", json!({"operationType": "update"}))] {
        let official = official_with(|document| document["apis"]["ListBooks"][key] = label);
        let addition = official.add("ListBooks", &ours, &overlay, "overlay.toml").unwrap();
        assert!(addition.overlay.contains("[[served.ListBooks.risks]]"));
    }
}

#[test]
fn contents_are_kept_by_their_identifiers() {
    let placed = |official: &OfficialDocument| {
        let addition = official.add("PutBook", OURS, OVERLAY, "overlay.toml").unwrap();
        serde_json::from_str::<Value>(&addition.document).unwrap()["directories"].clone()
    };
    let boards = json!({"id": 1, "title": "Boards", "type": "directory", "children": ["ListBooks"]});
    let inner = json!({"id": 2, "title": "Inner", "type": "directory", "children": ["PutBook"]});
    let nested = official_with(|document| document["directories"][0]["children"] = json!(["ListBooks", inner.clone()]));
    assert_eq!(placed(&nested), json!([boards, inner]));
    let bare = official_with(|document| document["directories"] = json!(["PutBook"]));
    assert_eq!(placed(&bare), json!([boards, "PutBook"]));
    let unlisted = official_with(|document| drop(document.as_object_mut().unwrap().remove("directories")));
    assert_eq!(placed(&unlisted), json!([boards]));
}

#[test]
fn a_byte_order_mark_costs_nothing() {
    let addition = official().add("PutBook", &format!("\u{feff}{OURS}"), OVERLAY, "overlay.toml").unwrap();
    assert_eq!(addition, official().add("PutBook", OURS, OVERLAY, "overlay.toml").unwrap());
}

#[test]
fn a_second_operation_may_follow_before_the_first_is_decided() {
    let official = official_with(|document| document["apis"]["TakeBook"] = document["apis"]["PutBook"].clone());
    let first = official.add("PutBook", OURS, OVERLAY, "overlay.toml").unwrap();
    let second = official.add("TakeBook", &first.document, &first.overlay, "overlay.toml").unwrap();
    assert_eq!(second.schemas, [""; 0]);
    assert_eq!(second.open.len(), 2 * first.open.len());
    assert!(second.overlay.starts_with(first.overlay.trim_end()));
}

#[test]
fn what_cannot_be_added_is_refused() {
    let add = |operation: &str, ours: &str, overlay: &str| {
        official().add(operation, ours, overlay, "overlay.toml").unwrap_err()
    };
    let nearest = |nearest: Option<&str>| NotAdded::Unknown { nearest: nearest.map(str::to_owned) };
    assert_eq!(add("putbok", OURS, OVERLAY), nearest(Some("PutBook")));
    assert_eq!(
        add("putbok", OURS, OVERLAY).to_string(),
        "no such operation in the official document, the nearest is PutBook"
    );
    assert_eq!(add("Reboot", OURS, OVERLAY), nearest(None));
    assert_eq!(add("ListBooks", OURS, OVERLAY), NotAdded::InDocument);
    assert_eq!(add("PutBook", OURS, &OVERLAY.replace("ListBooks", "PutBook")), NotAdded::InOverlay);
    assert_eq!(add("PutBook", &OURS.replace("novel", "song"), OVERLAY), NotAdded::OtherSchema("Book".to_owned()));
    let another = NotAdded::Another { product: "Sample".to_owned(), version: "2023-01-31".to_owned() };
    assert_eq!(add("PutBook", &OURS.replace("2024-01-31", "2023-01-31"), OVERLAY), another);
    let NotAdded::Problems(problems) = add("PutBook", OURS, "[served") else { panic!() };
    assert_eq!(problems[0].pointer, "overlay.toml");
    let NotAdded::Problems(problems) = add("PutBook", "{", OVERLAY) else { panic!() };
    assert_eq!(lines(&problems), [": not JSON: EOF while parsing an object at line 1 column 1"]);
}

#[test]
fn an_open_decision_is_said_once() {
    let overlay = OVERLAY.replace("\"read\"", "\"?\"").replace("\"list\"", "\" ? \"").replace("\"the page\"", "\"?\"");
    let mut document = ApiDocument::parse(OURS).unwrap();
    let errors = Overlay::apply(&overlay, "overlay.toml", &mut document).unwrap_err();
    assert_eq!(
        lines(&errors),
        [
            "overlay.toml: served.ListBooks.effect",
            "overlay.toml: served.ListBooks.evidence",
            "overlay.toml: served.ListBooks.ram.level",
            "overlay.toml: served.ListBooks.ram.evidence",
        ]
        .map(|place| format!("{place}: undecided, expected a person's decision in place of \"?\""))
    );
}
