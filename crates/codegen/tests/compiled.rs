//! The expected output of the golden cases, compiled with warnings denied, and used.
#![deny(warnings)]

extern crate alloc;

use acs_rpc::{Answer, Constraint, Rejection, Request, Violation};
use alloc::collections::BTreeSet;
use std::{fs, path::PathBuf};

// What `served.rs` of a case names at the root of its crate.
pub use swas::{FilterForm, Listing, Observation, Ram, Risk, Served, Text, ValueTitle, Word};

macro_rules! cases {
    ($($name:ident in $path:literal;)*) => {
        $(
            #[path = $path]
            #[rustfmt::skip]
            #[allow(dead_code, reason = "a test uses little of what a library offers")]
            #[allow(clippy::module_inception, reason = "a case may be called like a generated module")]
            pub mod $name;
        )*

        const CASES: &[&str] = &[$(stringify!($name)),*];
    };
}

cases! {
    additional in "cases/additional/expected.rs";
    answers in "cases/answers/expected.rs";
    checked_types in "cases/checked_types/expected.rs";
    clashing in "cases/clashing/expected.rs";
    enums in "cases/enums/expected.rs";
    errors in "cases/errors/expected.rs";
    hostile_prose in "cases/hostile_prose/expected.rs";
    json_in_string in "cases/json_in_string/expected.rs";
    limits in "cases/limits/expected.rs";
    maps_and_any in "cases/maps_and_any/expected.rs";
    no_answer in "cases/no_answer/expected.rs";
    odd_names in "cases/odd_names/expected.rs";
    positions in "cases/positions/expected.rs";
    read_only in "cases/read_only/expected.rs";
    references in "cases/references/expected.rs";
    repeat_list in "cases/repeat_list/expected.rs";
    scalars in "cases/scalars/expected.rs";
    sensitive in "cases/sensitive/expected.rs";
    served in "cases/served/expected.rs";
    shared_schemas in "cases/shared_schemas/expected.rs";
    styles in "cases/styles/expected.rs";
    taken_names in "cases/taken_names/expected.rs";
}

#[test]
fn every_case_is_compiled() {
    let cases = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let folders: BTreeSet<String> =
        fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, CASES.iter().map(|&case| case.to_owned()).collect());
}

#[track_caller]
fn assert_wire(request: &impl Request, expected: &[(&str, &str)]) {
    assert_eq!(request.parameters().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn scalars_travel_as_text() {
    let mut request = scalars::measure::MeasureRequest::new(1, true, "a".to_owned());
    assert_wire(&request, &[("Text", "a"), ("Small", "1"), ("Switch", "true")]);
    request.large = Some(i64::MAX);
    request.ratio = Some(0.5);
    request.form = Some(String::new());
    assert_wire(
        &request,
        &[
            ("Text", "a"),
            ("Small", "1"),
            ("Large", "9223372036854775807"),
            ("Ratio", "0.5"),
            ("Switch", "true"),
            ("Form", ""),
        ],
    );
    let body = br#"{"RequestId": 7, "Count": "12", "Total": "9000000000", "Share": "0.25", "Done": "True", "New": 1}"#;
    let response = request.response(&Answer::new(200, body)).unwrap();
    assert_eq!(response.request_id.as_deref(), Some("7"));
    assert_eq!(response.count, Some(12));
    assert_eq!(response.total, Some(9_000_000_000));
    assert_eq!(response.share, Some(0.25));
    assert_eq!(response.done, Some(true));
    assert_eq!(response.anything, None);
}

#[test]
fn limits_are_held_by_types_of_the_operation() {
    use checked_types::{list_more, list_others, list_things};
    let mut others = list_others::ListOthersRequest::new(list_others::RequestName::new("abc").unwrap());
    others.page_size = Some(list_others::RequestPageSize::new(50).unwrap());
    assert_wire(&others, &[("PageSize", "50"), ("Name", "abc")]);
    let mut more = list_more::ListMoreRequest::new();
    more.page_size = Some(list_more::RequestPageSize::new(50).unwrap());
    assert_wire(&more, &[("PageSize", "50")]);
    let mut things = list_things::ListThingsRequest::new();
    things.name = Some(list_things::RequestName::new("abc").unwrap());
    things.page_size = Some(list_things::RequestPageSize::new(100).unwrap());
    assert_wire(&things, &[("PageSize", "100"), ("Name", "abc")]);

    let limit = |constraint, value: &str| Violation::Limit { constraint, value: Some(value.to_owned()) };
    assert_eq!(list_things::RequestPageSize::new(101), Err(limit(Constraint::Maximum(100), "101")));
    assert_eq!(list_others::RequestPageSize::new(51), Err(limit(Constraint::Maximum(50), "51")));
    assert_eq!(list_things::RequestOffset::new(0), Err(limit(Constraint::Minimum(1), "0")));
    assert_eq!(list_things::RequestName::new("a"), Err(limit(Constraint::MinLength(2), "a")));
}

#[test]
fn lists_are_numbered_from_one() {
    use repeat_list::tag_things::{RequestTagItem, TagThingsRequest};
    let mut request = TagThingsRequest::new(vec!["r-1".to_owned(), "r-2".to_owned()]);
    let mut tag = RequestTagItem::new("env".to_owned());
    tag.value = Some("prod".to_owned());
    let mut heavy = RequestTagItem::new("w".to_owned());
    heavy.weights = Some(vec![3, 4]);
    request.tag = Some(vec![tag, heavy]);
    assert_wire(
        &request,
        &[
            ("ResourceId.1", "r-1"),
            ("ResourceId.2", "r-2"),
            ("Tag.1.Key", "env"),
            ("Tag.1.Value", "prod"),
            ("Tag.2.Key", "w"),
            ("Tag.2.Weights.1", "3"),
            ("Tag.2.Weights.2", "4"),
        ],
    );
    assert_eq!(request.checked_parameters().map(|parameters| parameters.len()), Ok(7));
}

#[test]
fn json_stands_in_one_parameter() {
    use json_in_string::{
        describe::{DescribeRequest, RequestFilter, RequestFilterDeep, RequestPayloadItem},
        types::ThingId,
    };
    let mut item = RequestPayloadItem::new();
    item.id = Some("1\"".to_owned());
    let mut request = DescribeRequest::new(vec![item, RequestPayloadItem::new()], vec!["a, b".to_owned()]);
    request.thing_ids = Some(vec![ThingId::new("t-1").unwrap(), ThingId::new("t-2").unwrap()]);
    let mut filter = RequestFilter::new("n".to_owned());
    filter.limits = Some(vec![1, 2]);
    let mut deep = RequestFilterDeep::new();
    deep.on = Some(false);
    filter.deep = Some(deep);
    request.filter = Some(filter);
    assert_wire(
        &request,
        &[
            ("ThingIds", r#"["t-1","t-2"]"#),
            ("ThingNames", r#"["a, b"]"#),
            ("Filter", r#"{"Name":"n","Limits":[1,2],"Deep":{"On":false}}"#),
            ("Payload", r#"[{"Id":"1\""},{}]"#),
        ],
    );
    assert_eq!(request.checked_parameters().map(|parameters| parameters.len()), Ok(4));
}

#[test]
fn each_style_has_its_form() {
    use styles::apply::{ApplyRequest, RequestBare, RequestContent, RequestLogin};
    let mut request = ApplyRequest::new(vec!["r1".to_owned(), "r2".to_owned()]);
    let mut login = RequestLogin::new("u".to_owned());
    login.port = Some(22);
    request.login = Some(login);
    request.codes = Some(vec!["c".to_owned()]);
    request.numbers = Some(vec![1, 2]);
    let mut bare = RequestBare::new();
    bare.a = Some("x".to_owned());
    request.bare = Some(bare);
    request.trace = Some("t".to_owned());
    request.content = Some(RequestContent::new("b".to_owned()));
    assert_wire(
        &request,
        &[
            ("Login.User", "u"),
            ("Login.Port", "22"),
            ("Codes.1", "c"),
            ("RuleIds", "r1,r2"),
            ("Numbers", "1,2"),
            ("Bare.A", "x"),
            ("Trace", "t"),
            ("Content", r#"{"B":"b"}"#),
        ],
    );
}

#[test]
fn enums_keep_what_they_receive_and_send_only_what_they_know() {
    use enums::switch::{self, RequestMode as Mode};
    assert_eq!("SLOW".parse(), Ok(Mode::Slow));
    let refused = "slow".parse::<Mode>().unwrap_err();
    assert_eq!(refused.to_string(), r#""slow" is not one of fast, SLOW, , 0, 1, a b"#);

    let request = switch::SwitchRequest::new(Mode::AB);
    assert_wire(&request, &[("Mode", "a b")]);
    let body = br#"{"Status": "Paused", "Items": ["x", "y"]}"#;
    let response = request.response(&Answer::new(200, body)).unwrap();
    assert_eq!(response.status, Some(switch::ResponseStatus::Other("Paused".to_owned())));
    let items = response.items.unwrap();
    assert_eq!(items.iter().map(switch::ResponseItemsItem::as_str).collect::<Vec<_>>(), ["x", "y"]);
    let response = request.response(&Answer::new(200, br#"{"Status": "other"}"#)).unwrap();
    assert_eq!(response.status, Some(switch::ResponseStatus::Other_));
}

#[test]
fn sensitive_values_are_sent_and_not_shown() {
    use sensitive::login::{LoginRequest, RequestPin as Pin, RequestSecret};
    let mut request = LoginRequest::new("hunter2".to_owned().into());
    request.pin = Some(Pin::new("hunter3").unwrap());
    request.keys = Some(vec!["hunter4".to_owned().into()]);
    request.secret = Some(RequestSecret::new("hunter5".to_owned()).into());
    assert_wire(
        &request,
        &[("Password", "hunter2"), ("Pin", "hunter3"), ("Keys.1", "hunter4"), ("Secret", r#"{"Value":"hunter5"}"#)],
    );
    let answer = Answer::new(200, br#"{"RequestId": "1", "Token": "hunter6", "Parts": ["hunter7"]}"#);
    let response = request.response(&answer).unwrap();
    assert_eq!(response.token.as_ref().unwrap().expose(), "hunter6");
    let shown = format!("{request:?} {response:?} {:?}", Pin::new("hunter8").unwrap());
    assert!(!shown.contains("hunter"), "{shown}");
    assert!(shown.contains("password: Sensitive(…)"), "{shown}");
}

#[test]
fn sensitive_values_of_no_type_are_shown() {
    use acs_rpc::Sensitive;
    use sensitive::{login::*, reveal::RevealRequest, reveal_any::RevealAnyRequest, schemas::*};
    let mut request = LoginRequest::new("p".to_owned().into());
    request.mode = Some("Shut".parse().unwrap());
    request.code = Some(RequestCode::new(4321).unwrap());
    request.serial = Some(RequestSerial::new(43).unwrap());
    request.weight = Some(4.5.into());
    request.armed = Some(true.into());
    request.modes = Some(Vec::from([RequestModesItem::Off]).into());
    request.table = Some(Sensitive::new([("hunter2".to_owned(), "hunter2".to_owned())].into()));
    request.anything = Some(serde_json::json!({"hunter2": ["hunter2"]}).into());
    let mut inner = RequestNestedInner::new();
    inner.deep = Some(RequestNestedInnerDeep { value: Some("hunter2".to_owned()), ..RequestNestedInnerDeep::new() });
    inner.choice = Some(RequestNestedInnerChoice::Right);
    let mut nested = RequestNested::new();
    nested.inner = Some(inner.clone().into());
    request.nested = Some(nested);
    request.vault = Some(RequestVault::Blue.into());
    let key = RequestKey { text: Some("hunter2".to_owned()), kind: Some(RequestKeyKind::Dsa) };
    request.key = Some(Box::new(key.clone()).into());
    assert_wire(
        &request,
        &[
            ("Password", "p"),
            ("Mode", "Shut"),
            ("Code", "4321"),
            ("Serial", "43"),
            ("Weight", "4.5"),
            ("Armed", "true"),
            ("Modes.1", "Off"),
            ("Table.hunter2", "hunter2"),
            ("Anything", r#"{"hunter2":["hunter2"]}"#),
            ("Nested", r#"{"Inner":{"Deep":{"Value":"hunter2"},"Choice":"Right"}}"#),
            ("Vault", "Blue"),
            ("Key", r#"{"Text":"hunter2","Kind":"Dsa"}"#),
        ],
    );
    assert_eq!(
        format!("{request:?}"),
        "LoginRequest { password: Sensitive(…), pin: None, keys: None, secret: None, mode: Some(RequestMode(…)), \
         code: Some(RequestCode(…)), serial: Some(RequestSerial(…)), weight: Some(Sensitive(…)), armed: Some(Sensitive(…)), \
         modes: Some(Sensitive(…)), table: Some(Sensitive(…)), anything: Some(Sensitive(…)), \
         nested: Some(RequestNested { inner: Some(Sensitive(…)) }), vault: Some(Sensitive(…)), key: Some(Sensitive(…)) }"
    );
    // On their own, too.
    let shown = format!("{inner:?} {:?} {:?} {key:?} {:?} {:?}", inner.deep, inner.choice, key.kind, RequestVault::Red);
    assert_eq!(
        shown,
        "RequestNestedInner(…) Some(RequestNestedInnerDeep(…)) Some(RequestNestedInnerChoice(…)) RequestKey(…) \
         Some(RequestKeyKind(…)) RequestVault(…)"
    );
    assert_eq!(format!("{:?}", request.parameters()).matches("hunter").count(), 0);

    let not_one_of = |choices| Violation::Limit { constraint: Constraint::OneOf(choices), value: None };
    assert_eq!("hunter2".parse::<RequestMode>(), Err(not_one_of(&["Open", "Shut"])));
    assert_eq!("hunter2".parse::<RequestModesItem>(), Err(not_one_of(&["On", "Off"])));
    assert_eq!("hunter2".parse::<RequestNestedInnerChoice>(), Err(not_one_of(&["Left", "Right"])));
    assert_eq!("hunter2".parse::<RequestVault>(), Err(not_one_of(&["Red", "Blue"])));
    assert_eq!("hunter2".parse::<RequestKeyKind>(), Err(not_one_of(&["Rsa", "Dsa"])));
    assert_eq!(RequestCode::new(12), Err(Violation::Limit { constraint: Constraint::Minimum(1000), value: None }));
    assert_eq!(RequestSerial::new(101), Err(Violation::Limit { constraint: Constraint::Maximum(100), value: None }));
    assert_eq!(RequestPin::new("abc"), Err(Violation::Limit { constraint: Constraint::MinLength(4), value: None }));

    let body = br#"{"Mode": "hunter2", "Code": 4321, "Inner": {"Value": "hunter2", "Choices": ["hunter2"]},
        "Table": {"hunter2": "hunter2"}}"#;
    let response = request.response(&Answer::new(200, body)).unwrap();
    assert_eq!(
        format!("{response:?}"),
        "LoginResponse { request_id: None, token: None, parts: None, mode: Some(Sensitive(…)), \
         code: Some(Sensitive(…)), inner: Some(Sensitive(…)), table: Some(Sensitive(…)), \
         rest: Rest[] }"
    );
    let inner = response.inner.unwrap();
    let shown = format!("{:?} {:?} {:?}", inner.expose(), inner.expose().choices, response.mode.unwrap().expose());
    assert_eq!(shown, "ResponseInner(…) Some([ResponseInnerChoicesItem(…)]) ResponseMode(…)");
    let revealed = RevealRequest::new().response(&Answer::new(200, br#"{"Value": "hunter2"}"#)).unwrap();
    assert_eq!((format!("{revealed:?}").as_str(), revealed.value.as_deref()), ("RevealResponse(…)", Some("hunter2")));
    let revealed = RevealAnyRequest::new().response(&Answer::new(200, br#""hunter2""#)).unwrap();
    assert_eq!(format!("{revealed:?}"), "RevealAnyResponse(…)");
}

#[test]
fn fractional_and_exclusive_limits_are_enforced_exactly() {
    use limits::measure::*;
    let refusals = |set: &dyn Fn(&mut MeasureRequest)| {
        let mut request = MeasureRequest::new();
        set(&mut request);
        let problems = request.checked_parameters().err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    type Setter = fn(&mut MeasureRequest, f64);
    let ratio: Setter = |request, value| request.ratio = Some(value);
    let share: Setter = |request, value| request.share = Some(value);
    let far: Setter = |request, value| request.far = Some(value);
    let newer: Setter = |request, value| request.newer = Some(value);
    let steps: Setter = |request, value| request.steps = Some(vec![1.0, value]);
    for (set, value, expected) in [
        (ratio, 0.5, None),
        (ratio, 0.499_999_999_999_999_94, Some(r#"Ratio: "0.49999999999999994" is less than 0.5"#)),
        (ratio, 99.5, None),
        (ratio, 99.500_000_000_000_01, Some(r#"Ratio: "99.50000000000001" is more than 99.5"#)),
        (share, 0.0, Some(r#"Share: "0" is not more than 0"#)),
        (share, -0.0, Some(r#"Share: "-0" is not more than 0"#)),
        (share, 1e-7, None),
        (share, 0.999_999_999_999_999_9, None),
        (share, 1.0, Some(r#"Share: "1" is not less than 1"#)),
        (far, 9_999_999_999_999_997_952.0, None),
        (far, 1e19, Some(r#"Far: "10000000000000000000" is more than 9999999999999999999"#)),
        (far, -1e19, Some(r#"Far: "-10000000000000000000" is less than -9999999999999999999.5"#)),
        (newer, 2.75, Some(r#"Newer: "2.75" is less than 3"#)),
        (newer, 3.0, None),
        (newer, 4.0, Some(r#"Newer: "4" is not less than 4"#)),
        (steps, -0.25, Some(r#"Steps.2: "-0.25" is not more than -0.25"#)),
        (steps, -0.125, None),
    ] {
        assert_eq!(refusals(&|request| set(request, value)), expected.map(str::to_owned).as_slice(), "{value}");
    }
    let limit = |constraint, value: &str| Violation::Limit { constraint, value: Some(value.to_owned()) };
    assert_eq!(RequestWhole::new(0), Err(limit(Constraint::Minimum(1), "0")));
    assert_eq!(RequestWhole::new(10), Err(limit(Constraint::Maximum(9), "10")));
    assert_eq!(RequestWhole::new(9).map(RequestWhole::get), Ok(9));
}

#[test]
fn fields_beside_the_named_ones_are_sent() {
    use additional::{put::*, schemas::RequestBag};
    let mut request = PutRequest::new();
    let mut flat = RequestFlat::new("n".to_owned());
    flat.additional = [("a".to_owned(), 1), ("b.c".to_owned(), 2)].into();
    request.flat = Some(flat);
    let mut json = RequestJson::new();
    json.additional = [("k".to_owned(), serde_json::json!([1]))].into();
    request.json = Some(json);
    let mut secrets = RequestSecrets::new();
    let mut secret = RequestSecretsValue::new();
    secret.key = Some("hunter2".to_owned());
    secrets.additional = [("s".to_owned(), secret.into())].into();
    request.secrets = Some(secrets);
    let mut bag = RequestBag::new();
    (bag.rest, bag.additional_) = (Some("r".to_owned()), Some("a".to_owned()));
    bag.additional = [("inner".to_owned(), RequestBag::new())].into();
    request.bag = Some(Box::new(bag));
    assert_wire(
        &request,
        &[
            ("Flat.Name", "n"),
            ("Flat.a", "1"),
            ("Flat.#3#b.c", "2"),
            ("Json", r#"{"k":[1]}"#),
            ("Secrets", r#"{"s":{"Key":"hunter2"}}"#),
            ("Bag", r#"{"Rest":"r","Additional":"a","inner":{}}"#),
        ],
    );
    assert_eq!(request.checked_parameters().map(|parameters| parameters.len()), Ok(6));
    assert!(!format!("{request:?}").contains("hunter"), "{request:?}");
    let wrong = [
        ("Flat.Name", "n"),
        ("Flat.a", "x"),
        ("Flat.b.c", "1.5"),
        ("Json", r#"{"Name": 1}"#),
        ("Closed", r#"{"Nane": 1}"#),
        ("Secrets", r#"{"s": {"Key": 12345}}"#),
        ("Bag", r#"{"x": {"y": 1}}"#),
    ];
    let problems = OPERATION.check(&wrong.into_iter().collect()).unwrap_err();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            r#"Flat.a: "x" is not a whole number of 32 bits"#,
            r#"Flat.b.c: "1.5" is not a whole number of 32 bits"#,
            r#"Json.Name: "1" is not text in quotes"#,
            "Closed.Nane: no such parameter, the nearest is Name",
            "Secrets.s.Key: the value is not text in quotes",
            r#"Bag.x.y: "1" is not a JSON object"#,
        ]
    );
}

#[test]
fn nothing_of_an_answer_is_lost() {
    use additional::put::PutRequest;
    let body =
        br#"{"RequestId": "r", "Count": "many", "Counts": [1, "x"], "Pin": "hunter2", "More": 7, "Odd": {"a": 1},
        "Item": {"Name": "n", "On": true, "Off": "false", "Neither": 3}, "Bag": {"Rest": "r", "b": {"c": {}, "d": 1}},
        "Nothing": null}"#;
    let answer = PutRequest::new().response(&Answer::new(200, body)).unwrap();
    assert_eq!((answer.request_id.as_deref(), answer.count, answer.pin.is_none()), (Some("r"), None, true));
    assert_eq!(answer.additional, [("More".to_owned(), 7)].into());
    assert_eq!(answer.counts.as_deref(), Some([1].as_slice()), "what can be read is, and the whole is kept");
    let rest = serde_json::json!({"Count": "many", "Counts": [1, "x"], "Pin": "hunter2", "Odd": {"a": 1}});
    assert_eq!(Some(answer.rest.fields()), rest.as_object());
    let item = answer.item.as_ref().unwrap();
    assert_eq!(item.additional, [("On".to_owned(), true), ("Off".to_owned(), false)].into());
    assert_eq!(item.rest.fields().get("Neither"), Some(&3.into()));
    let bag = answer.bag.as_ref().unwrap();
    assert_eq!((bag.rest_.as_deref(), bag.additional_.as_deref()), (Some("r"), None));
    let inner = &bag.additional["b"];
    assert!(inner.additional["c"].rest.is_empty());
    assert_eq!(inner.rest.fields().get("d"), Some(&1.into()));
    let shown = format!("{answer:?}");
    assert!(shown.contains(r#"rest: Rest["Count", "Counts", "Pin", "Odd"]"#) && !shown.contains("hunter"), "{shown}");
}

#[test]
fn post_is_sent_where_a_document_names_get_first() {
    use acs_rpc::Method;
    assert_eq!(limits::measure::OPERATION.methods, [Method::Post, Method::Get]);
    assert_eq!(limits::measure::OPERATION.method(), Method::Post);
}

#[test]
fn schemas_may_hold_themselves() {
    use references::{
        get_tree::GetTreeRequest,
        schemas::{RequestLeaf, RequestNode},
    };
    let mut leaf = RequestLeaf::new();
    leaf.weight = Some(3);
    let mut root = RequestNode::new("root".to_owned());
    root.children = Some(vec![RequestNode::new("child".to_owned())]);
    root.leaves = Some([("l".to_owned(), leaf)].into());
    let mut request = GetTreeRequest::new();
    request.root = Some(Box::new(root));
    request.names = Some(vec!["n".to_owned()]);
    let json = r#"{"Name":"root","Children":[{"Name":"child"}],"Leaves":{"l":{"Weight":3}}}"#;
    assert_wire(&request, &[("Root", json), ("Names.1", "n")]);
    assert_eq!(request.checked_parameters().map(|parameters| parameters.len()), Ok(2));

    let body = br#"{"Tree": {"Name": "a", "Parent": {"Name": "b"}}, "All": {"Name": "c"}, "Leaf": []}"#;
    let response = request.response(&Answer::new(200, body)).unwrap();
    let tree = response.tree.unwrap();
    assert_eq!(tree.parent.unwrap().name.as_deref(), Some("b"));
    assert_eq!(response.all.unwrap().len(), 1, "a bare value is a list of one");
    assert_eq!(response.leaf, None, "what cannot be read does not spoil the rest");
    assert_eq!(response.rest.fields().get("Leaf"), Some(&serde_json::json!([])));
}

#[test]
fn maps_are_flat_or_json() {
    use maps_and_any::put::PutRequest;
    let mut request = PutRequest::new("raw".into());
    request.labels = Some([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into());
    request.free = Some([("k".to_owned(), vec![1].into())].into());
    request.untyped = Some(true.into());
    assert_wire(
        &request,
        &[("Labels.a", "1"), ("Labels.b", "2"), ("Free", r#"{"k":[1]}"#), ("Untyped", "true"), ("Raw", "raw")],
    );
}

#[test]
fn errors_are_told_apart_by_code_and_unknown_ones_kept() {
    use errors::fail::{FailError, FailRequest};
    let request = FailRequest::new();
    let error = |status, code: &str| {
        let body = format!(r#"{{"Code": "{code}", "Message": "m", "RequestId": "r"}}"#);
        match request.response(&Answer::new(status, body.as_bytes())) {
            Err(Rejection::Declared(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(error(400, "Invalid.A-b"), FailError::InvalidAB(_)));
    assert!(matches!(error(400, "Invalid.AB"), FailError::InvalidAb(_)));
    assert!(matches!(error(400, "Other"), FailError::Other_(_)));
    assert!(matches!(error(200, "Hidden"), FailError::Hidden(_)), "the document declares errors under HTTP 200");
    let unknown = error(503, "Brand.New");
    assert!(matches!(unknown, FailError::Other(_)));
    assert_eq!(unknown.api_error().code, "Brand.New");
    let malformed = request.response(&Answer::new(502, b"<html>"));
    assert!(matches!(malformed, Err(Rejection::Malformed(malformed)) if malformed.status == 502), "{malformed:?}");
}

#[test]
fn an_answer_the_document_does_not_describe_is_kept_as_it_came() {
    let request = no_answer::fire::FireRequest::new();
    let response = request.response(&Answer::new(200, br#"["a", 1]"#)).unwrap();
    assert_eq!(response.value, serde_json::json!(["a", 1]));
}

#[test]
fn an_answer_need_not_be_an_object() {
    let request = no_answer::listing::ListingRequest::new();
    let response = request.response(&Answer::new(200, br#"["a", 1]"#)).unwrap();
    assert_eq!(response.value, Some(vec!["a".to_owned(), "1".to_owned()]));
}

#[test]
fn each_position_is_a_part_of_the_request() {
    use positions::put_thing::{PutThingRequest, RequestOptions, RequestTagItem, RequestXAcsContext};
    let mut request = PutThingRequest::new("photos".to_owned(), "a b".to_owned());
    request.mode = Some("m".to_owned());
    request.tag = Some(vec![RequestTagItem::new("k".to_owned())]);
    request.options = Some(RequestOptions::new());
    request.x_acs_trace = Some("t".to_owned());
    let mut context = RequestXAcsContext::new();
    context.user = Some("u".to_owned());
    request.x_acs_context = Some(context);
    request.x_acs_flags = Some(vec![1, 2]);
    request.parts = Some(vec!["x/y".to_owned()]);
    let parameters = request.checked_parameters().unwrap();
    let parts = request.operation().parts(&parameters).unwrap();
    assert_eq!(parts.path, "/things/a%20b/parts/%5B%22x%2Fy%22%5D");
    assert_eq!(parts.query, [("Mode", "m")]);
    assert_eq!(parts.form, [("Tag.1.Key", "k"), ("Options", "{}")]);
    assert_eq!(parts.body, None);
    let headers = [("x-acs-trace", "t"), ("x-acs-context", r#"{"User":"u"}"#), ("x-acs-flags", "1,2")];
    assert_eq!(parts.headers, headers);
    let hosts = positions::endpoints::ENDPOINTS.iter().map(|endpoint| parts.host_name(endpoint.host));
    let expected = ["photos.sample.cn-hangzhou.example.com", "photos.sample.cn-beijing.example.com"];
    assert_eq!(hosts.collect::<Option<Vec<_>>>().unwrap(), expected);
}

#[test]
fn a_body_is_of_the_type_the_document_names_or_its_schema_suggests() {
    use positions::{put_anything, put_bytes, put_document, put_image, put_text, schemas::RequestDocument};
    #[track_caller]
    fn check(request: &impl Request, body: (&str, &str)) {
        let parameters = request.checked_parameters().unwrap();
        assert_eq!(request.operation().parts(&parameters).unwrap().body, Some(body));
    }
    let document = RequestDocument::new("ü".to_owned());
    let document = put_document::PutDocumentRequest::new(Box::new(document));
    check(&document, ("application/json; charset=utf-8", r#"{"Title":"ü"}"#));
    check(&put_image::PutImageRequest::new("bits".to_owned()), ("image/png", "bits"));
    let mut bytes = put_bytes::PutBytesRequest::new();
    bytes.bytes = Some("bits".to_owned());
    check(&bytes, ("application/octet-stream", "bits"));
    let mut text = put_text::PutTextRequest::new();
    text.text = Some("words".to_owned());
    check(&text, ("text/plain; charset=utf-8", "words"));
    let mut anything = put_anything::PutAnythingRequest::new();
    anything.anything = Some(serde_json::json!(["a", 1]));
    check(&anything, ("application/json; charset=utf-8", r#"["a",1]"#));
}

#[test]
fn operations_share_the_types_of_named_schemas() {
    use shared_schemas::{
        get::GetRequest,
        schemas::{RequestLevel, RequestNode, RequestRowsItem, RequestTreeValue, ResponseLevel},
        set::SetRequest,
    };
    let mut inner = RequestRowsItem::new("inner".to_owned());
    inner.rows = Some(Vec::new());
    let mut outer = RequestRowsItem::new("outer".to_owned());
    outer.rows = Some(vec![inner]);
    let mut node = RequestNode::new("n".to_owned());
    node.levels = Some(vec![RequestLevel::High]);
    let mut get = GetRequest::new(Box::new(node.clone()));
    get.rows = Some(vec![outer]);
    get.level = Some(RequestLevel::Low);
    get.levels = Some(vec![RequestLevel::High, RequestLevel::Low]);
    get.secret = Some("hunter2".to_owned().into());
    let rows = r#"[{"Name":"outer","Rows":[{"Name":"inner","Rows":[]}]}]"#;
    let expected = [
        ("Rows", rows),
        ("Node", r#"{"Name":"n","Levels":["High"]}"#),
        ("Level", "Low"),
        ("Levels.1", "High"),
        ("Levels.2", "Low"),
        ("Secret", "hunter2"),
    ];
    assert_wire(&get, &expected);
    assert_eq!(get.checked_parameters().map(|parameters| parameters.len()), Ok(6));
    assert!(!format!("{get:?}").contains("hunter"), "{get:?}");

    let mut set = SetRequest::new();
    set.node = Some(Box::new(node));
    set.tree = Some([("root".to_owned(), RequestTreeValue::new())].into());
    assert_wire(&set, &[("Node.Name", "n"), ("Node.Levels.1", "High"), ("Tree", r#"{"root":{}}"#)]);
    assert_eq!(set.checked_parameters().map(|parameters| parameters.len()), Ok(3));

    let body = br#"{"Rows": [{"Name": "a", "Rows": [{"Name": "b"}]}], "Tree": {"x": {"Left": {"y": {"Leaf": "High"}}}},
        "Node": {"Name": "n", "Next": {"Name": "m"}}, "Secret": "hunter2"}"#;
    let answer = get.response(&Answer::new(200, body)).unwrap();
    assert_eq!(answer.rows.as_ref().unwrap()[0].rows.as_ref().unwrap()[0].name.as_deref(), Some("b"));
    let left = answer.tree.as_ref().unwrap()["x"].left.as_ref().unwrap();
    assert_eq!(left["y"].leaf, Some(ResponseLevel::High));
    assert_eq!(answer.node.as_ref().unwrap().next.as_ref().unwrap().name.as_deref(), Some("m"));
    assert!(!format!("{answer:?}").contains("hunter"), "{answer:?}");
    // The answer as a whole is a reference to a reference.
    let answer = set.response(&Answer::new(200, br#"{"Name": "n", "Levels": ["Low", "?"]}"#)).unwrap();
    assert_eq!(answer.levels, Some(vec![ResponseLevel::Low, ResponseLevel::Other("?".to_owned())]));
}

#[test]
fn answers_are_of_any_type() {
    let read = |body: &str| body.as_bytes().to_vec();
    let rows = answers::rows::RowsRequest::new();
    let rows = rows.response(&Answer::new(200, &read(r#"[{"Name": "a"}, {}]"#))).unwrap().value.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_deref()).collect::<Vec<_>>(), [Some("a"), None]);
    let counts = answers::counts::CountsRequest::new();
    let counts = counts.response(&Answer::new(200, &read(r#"{"a": 1, "b": "2", "c": "?"}"#))).unwrap();
    assert_eq!(counts.value, Some([("a".to_owned(), 1), ("b".to_owned(), 2)].into()));
    assert_eq!(counts.rest.unwrap().expose(), &serde_json::json!({"a": 1, "b": "2", "c": "?"}));
    let counts = answers::counts::CountsRequest::new().response(&Answer::new(200, br#"{"a": 1, "b": "2"}"#)).unwrap();
    assert_eq!((counts.value, counts.rest), (Some([("a".to_owned(), 1), ("b".to_owned(), 2)].into()), None));
    let exists = answers::exists::ExistsRequest::new();
    assert_eq!(exists.response(&Answer::new(200, b"true")).unwrap().value, Some(true));
    let token = answers::token::TokenRequest::new().response(&Answer::new(200, br#""hunter2""#)).unwrap();
    assert_eq!(token.value.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{token:?}").contains("hunter"), "{token:?}");
    // Where 200 is not described, another success is.
    let later = answers::later::LaterRequest::new().response(&Answer::new(202, br#"{"TaskId": "t"}"#)).unwrap();
    assert_eq!(later.task_id.as_deref(), Some("t"));
}

#[test]
fn errors_inside_a_success_are_found_where_the_document_says_so() {
    let limit = br#"{"Success": false, "Code": "isv.LIMIT", "Message": "m", "RequestId": "r"}"#;
    let code = |error: &acs_rpc::ApiError| (error.status, error.code.clone());
    let flagged = answers::flagged::FlaggedRequest::new();
    let Err(Rejection::Declared(error)) = flagged.response(&Answer::new(200, limit)) else { panic!() };
    assert_eq!(code(error.api_error()), (200, "isv.LIMIT".to_owned()));
    let done = flagged.response(&Answer::new(200, br#"{"Success": true, "Code": "0"}"#)).unwrap();
    assert_eq!(done.code.as_deref(), Some("0"));

    let hiding = answers::hiding::HidingRequest::new();
    let Err(Rejection::Declared(error)) = hiding.response(&Answer::new(200, br#"{"Code": "isv.LIMIT"}"#)) else {
        panic!()
    };
    assert!(matches!(error, answers::hiding::HidingError::IsvLimit(_)));
    assert_eq!(hiding.response(&Answer::new(200, br#"{"Code": "OK"}"#)).unwrap().code.as_deref(), Some("OK"));

    // Where the document says nothing of it, a code is a field like any other.
    let rows = answers::rows::RowsRequest::new();
    assert!(rows.response(&Answer::new(200, br#"{"Code": "isv.LIMIT"}"#)).is_ok());
}

#[test]
fn what_only_the_server_sets_is_not_required() {
    use read_only::update::{RequestThing, UpdateRequest};
    let thing = RequestThing::new("n".to_owned());
    assert_eq!(thing.created_at, None);
    let request = UpdateRequest::new(thing);
    assert_wire(&request, &[("Thing", r#"{"Name":"n"}"#)]);
    assert_eq!(request.checked_parameters().map(|parameters| parameters.len()), Ok(1));
}

#[test]
fn names_that_are_taken_are_told_apart() {
    use taken_names::{alloc_, alloc_b5bc, alloc_bcd3, com1_, con_, core, main_, n2nd, self_, types_};
    let mut request = alloc_b5bc::AllocRequest::new();
    request.type_1303 = Some("1".to_owned());
    request.type_baad = Some("2".to_owned());
    request.type_ = Some("3".to_owned());
    request.ty_pe = Some("4".to_owned());
    assert_wire(&request, &[("type", "1"), ("Type", "2"), ("TYPE", "3"), ("ty-pe", "4")]);
    let operations =
        [&alloc_bcd3::OPERATION, &alloc_::OPERATION, &com1_::OPERATION, &con_::OPERATION, &core::OPERATION];
    assert_eq!(operations.map(|operation| operation.name), ["alloc", "ALLOC", "COM1", "Con", "Core"]);
    let operations = [&main_::OPERATION, &n2nd::OPERATION, &self_::OPERATION, &types_::OPERATION];
    assert_eq!(operations.map(|operation| operation.name), ["Main", "2nd", "Self", "Types"]);
}
