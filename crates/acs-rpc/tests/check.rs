//! What the validator finds, one feature of the table a test.

use acs_rpc::{
    Constraint, Expected, InvalidParameter, Kind, Operation, Parameter, Position, Property, Schema, Style, Violation,
    WireParameters, check_value,
};

const fn schema(kind: Kind, constraints: &'static [Constraint]) -> Schema {
    Schema { kind, constraints, sensitive: false }
}

const fn sensitive(kind: Kind, constraints: &'static [Constraint]) -> Schema {
    Schema { kind, constraints, sensitive: true }
}

const fn parameter(name: &'static str, style: Style, schema: Schema) -> Parameter {
    Parameter { name, position: Position::Query, style, required: false, schema }
}

const fn required(name: &'static str, style: Style, schema: Schema) -> Parameter {
    Parameter { name, position: Position::Query, style, required: true, schema }
}

const fn property(name: &'static str, schema: Schema) -> Property {
    Property { name, required: false, schema }
}

const fn needed(name: &'static str, schema: Schema) -> Property {
    Property { name, required: true, schema }
}

const fn operation(parameters: &'static [Parameter], named: &'static [(&'static str, Schema)]) -> Operation {
    Operation {
        product: "TEST",
        version: "2020-01-01",
        name: "Test",
        summary: "",
        methods: &[],
        https_only: false,
        path: "/",
        body_type: None,
        parameters,
        errors: &[],
        success_flag: false,
        named,
    }
}

fn found(operation: &Operation, pairs: &[(&'static str, &str)]) -> Vec<InvalidParameter> {
    let parameters: WireParameters = pairs.iter().copied().collect();
    operation.check(&parameters).err().unwrap_or_default()
}

/// The problems as people read them.
#[track_caller]
fn check(operation: &Operation, pairs: &[(&'static str, &str)], expected: &[&str]) {
    let problems: Vec<String> = found(operation, pairs).iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected);
}

static SHARE: Operation = operation(
    &[
        required("RegionId", Style::Plain, schema(Kind::String, &[])),
        parameter("ClientToken", Style::Plain, schema(Kind::String, &[Constraint::Ascii, Constraint::MaxLength(64)])),
        required("ImageId", Style::Plain, schema(Kind::String, &[Constraint::Prefix("m-")])),
        required("Operation", Style::Plain, schema(Kind::String, &[Constraint::OneOf(&["Share", "UnShare"])])),
    ],
    &[],
);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_right_request_has_no_problems() {
    let pairs = [("Operation", "Share"), ("RegionId", "cn-hangzhou"), ("ImageId", "m-1"), ("ClientToken", "")];
    check(&SHARE, &pairs, &[]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_problem_is_reported_in_table_order_and_unknown_names_last() {
    let pairs = [
        ("Regionid", "cn-hangzhou"),
        ("Operation", "share"),
        ("ImageId", "i-1"),
        ("Colour", "blue"),
        ("ClientToken", "a"),
        ("ClientToken", "b"),
    ];
    assert_eq!(
        found(&SHARE, &pairs),
        [
            InvalidParameter { name: "RegionId".into(), violation: Violation::Missing },
            InvalidParameter { name: "ClientToken".into(), violation: Violation::Repeated },
            InvalidParameter {
                name: "ImageId".into(),
                violation: Violation::Limit { constraint: Constraint::Prefix("m-"), value: Some("i-1".into()) },
            },
            InvalidParameter {
                name: "Operation".into(),
                violation: Violation::Limit {
                    constraint: Constraint::OneOf(&["Share", "UnShare"]),
                    value: Some("share".into()),
                },
            },
            InvalidParameter { name: "Regionid".into(), violation: Violation::Unknown { nearest: Some("RegionId") } },
            InvalidParameter { name: "Colour".into(), violation: Violation::Unknown { nearest: None } },
        ],
    );
    check(
        &SHARE,
        &pairs,
        &[
            "RegionId: required, but not given",
            "ClientToken: given more than once",
            r#"ImageId: "i-1" does not start with m-"#,
            r#"Operation: "share" is not one of Share, UnShare"#,
            "Regionid: no such parameter, the nearest is RegionId",
            "Colour: no such parameter",
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_required_parameter_that_is_empty_is_missing() {
    let pairs = [("RegionId", "cn-hangzhou"), ("ImageId", ""), ("Operation", "Share")];
    check(&SHARE, &pairs, &["ImageId: required, but not given"]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_limit_a_value_breaks_is_reported_and_lengths_count_characters() {
    let long = "é".repeat(65);
    let pairs = [("RegionId", "r"), ("ImageId", "m-1"), ("Operation", "Share"), ("ClientToken", long.as_str())];
    let shown = format!("{}…", "é".repeat(63));
    check(
        &SHARE,
        &pairs,
        &[
            &format!("ClientToken: \"{shown}\" holds characters other than ASCII"),
            &format!("ClientToken: \"{shown}\" is longer than 64 characters"),
        ],
    );
    let just = "é".repeat(64);
    let pairs = [("RegionId", "r"), ("ImageId", "m-1"), ("Operation", "Share"), ("ClientToken", just.as_str())];
    check(&SHARE, &pairs, &[&format!("ClientToken: \"{just}\" holds characters other than ASCII")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn names_and_values_cannot_forge_lines_of_a_log() {
    let pairs = [("RegionId", "r"), ("ImageId", "a\nb"), ("Operation", "Share"), ("x\ny", "")];
    check(&SHARE, &pairs, &[r#"ImageId: "a\nb" does not start with m-"#, r"x\ny: no such parameter"]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_nearest_name_is_offered_only_if_it_is_near() {
    for (given, nearest) in [
        ("imageid", Some("ImageId")),
        ("ImagId", Some("ImageId")),
        ("Image", Some("ImageId")),
        ("Operations.1", Some("Operation")),
        ("ImageId.1", Some("ImageId")),
        ("", None),
        ("Id", None),
        ("InstanceId", None),
    ] {
        let pairs = [("RegionId", "r"), ("ImageId", "m-1"), ("Operation", "Share"), (given, "")];
        let expected = InvalidParameter { name: given.into(), violation: Violation::Unknown { nearest } };
        assert_eq!(found(&SHARE, &pairs), [expected]);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_name_of_any_length_is_shortened() {
    let name: &'static str = "n".repeat(1000).leak();
    let pairs = [("RegionId", "r"), ("ImageId", "m-1"), ("Operation", "Share"), (name, "")];
    check(&SHARE, &pairs, &[&format!("{}…: no such parameter", "n".repeat(63))]);
}

#[track_caller]
fn check_scalar(schema: &Schema, text: &str, expected: Option<&str>) {
    let problem = check_value(schema, text).err().map(|violation| violation.to_string());
    assert_eq!(problem.as_deref(), expected, "{text}");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn whole_numbers_keep_to_their_width() {
    let int32 = schema(Kind::Int32, &[]);
    check_scalar(&int32, "2147483647", None);
    check_scalar(&int32, "-2147483648", None);
    check_scalar(&int32, "2147483648", Some(r#""2147483648" is not a whole number of 32 bits"#));
    check_scalar(&int32, "1.0", Some(r#""1.0" is not a whole number of 32 bits"#));
    check_scalar(&int32, "", Some(r#""" is not a whole number of 32 bits"#));
    check_scalar(&int32, " 1", Some(r#"" 1" is not a whole number of 32 bits"#));
    let int64 = schema(Kind::Int64, &[]);
    check_scalar(&int64, "9223372036854775807", None);
    check_scalar(&int64, "9223372036854775808", Some(r#""9223372036854775808" is not a whole number of 64 bits"#));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn numbers_are_finite() {
    let number = schema(Kind::Number, &[Constraint::Minimum(0), Constraint::Maximum(1)]);
    check_scalar(&number, "0.5", None);
    check_scalar(&number, "1e-3", None);
    check_scalar(&number, "1.5", Some(r#""1.5" is more than 1"#));
    check_scalar(&number, "-0.5", Some(r#""-0.5" is less than 0"#));
    check_scalar(&number, "NaN", Some(r#""NaN" is not a number"#));
    check_scalar(&number, "inf", Some(r#""inf" is not a number"#));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn booleans_have_the_vendors_two_spellings() {
    let boolean = schema(Kind::Boolean, &[]);
    for right in ["true", "false", "True", "False"] {
        check_scalar(&boolean, right, None);
    }
    check_scalar(&boolean, "TRUE", Some(r#""TRUE" is not true or false"#));
    check_scalar(&boolean, "1", Some(r#""1" is not true or false"#));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn each_limit_says_what_it_wants() {
    let page = schema(Kind::Int32, &[Constraint::Minimum(1), Constraint::Maximum(100)]);
    check_scalar(&page, "1", None);
    check_scalar(&page, "0", Some(r#""0" is less than 1"#));
    check_scalar(&page, "101", Some(r#""101" is more than 100"#));
    // Beyond 2⁵³, where a float could not tell them apart.
    let wide = schema(Kind::Int64, &[Constraint::Maximum(9_007_199_254_740_992)]);
    check_scalar(&wide, "9007199254740993", Some(r#""9007199254740993" is more than 9007199254740992"#));
    let name = schema(Kind::String, &[Constraint::MinLength(1), Constraint::MaxLength(2)]);
    check_scalar(&name, "äö", None);
    check_scalar(&name, "", Some(r#""" is shorter than 1 character"#));
    check_scalar(&name, "äöü", Some(r#""äöü" is longer than 2 characters"#));
    let ids = schema(Kind::String, &[Constraint::JsonStrings(2)]);
    check_scalar(&ids, "[]", None);
    check_scalar(&ids, r#"["a", "b"]"#, None);
    check_scalar(
        &ids,
        r#"["a", "b", "c"]"#,
        Some(r#""[\"a\", \"b\", \"c\"]" is not a JSON array of at most 2 strings"#),
    );
    check_scalar(&ids, "[1]", Some(r#""[1]" is not a JSON array of at most 2 strings"#));
    check_scalar(&ids, "a,b", Some(r#""a,b" is not a JSON array of at most 2 strings"#));
    // The vendor calls some texts int64; their limits are numbers all the same.
    let text = schema(Kind::String, &[Constraint::Minimum(1)]);
    check_scalar(&text, "2", None);
    check_scalar(&text, "x", Some(r#""x" is less than 1"#));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_sensitive_value_is_not_repeated() {
    static LOGIN: Operation = operation(
        &[
            parameter("Password", Style::Plain, sensitive(Kind::String, &[Constraint::MinLength(8)])),
            parameter("Codes", Style::RepeatList, sensitive(Kind::Array(&schema(Kind::Int32, &[])), &[])),
            parameter(
                "Secret",
                Style::Json,
                sensitive(Kind::Object(&[property("Pin", schema(Kind::Int32, &[]))]), &[]),
            ),
            parameter("Map", Style::Flat, sensitive(Kind::Map(&schema(Kind::Int32, &[])), &[])),
            parameter("JsonMap", Style::Json, sensitive(Kind::Map(&schema(Kind::Int32, &[])), &[])),
            parameter(
                "Fields",
                Style::Flat,
                sensitive(Kind::Object(&[property("Pin", schema(Kind::Int32, &[]))]), &[]),
            ),
            parameter("Items", Style::Json, schema(Kind::Array(&sensitive(Kind::String, &[])), &[])),
            parameter("Listed", Style::RepeatList, schema(Kind::Array(&schema(Kind::Named("Alias"), &[])), &[])),
            parameter("Joined", Style::Simple, schema(Kind::Named("Codes"), &[])),
            parameter("Mode", Style::Plain, schema(Kind::Named("Alias"), &[])),
            parameter("Node", Style::Json, schema(Kind::Named("Node"), &[])),
        ],
        &[
            ("Alias", schema(Kind::Named("Mode"), &[])),
            ("Mode", sensitive(Kind::String, &[Constraint::OneOf(&["a"])])),
            ("Codes", schema(Kind::Array(&sensitive(Kind::Int32, &[])), &[])),
            ("Node", schema(Kind::Object(&[property("Next", schema(Kind::Named("Node"), &[]))]), &[])),
        ],
    );
    let pairs = [
        ("Password", "hunter2"),
        ("Codes.1", "hunter2"),
        ("Codes.hunter2", "1"),
        ("Secret", r#"{"Pin": "hunter2", "hunter2": 1}"#),
        ("Map.hunter2", "hunter2"),
        ("JsonMap", r#"{"hunter2": "hunter2"}"#),
        ("Fields.hunter2", "1"),
        ("Fields.Pin.hunter2", "1"),
        ("Items", r#""hunter2""#),
        ("Listed", "hunter2"),
        ("Joined", "1,hunter2"),
        ("Mode", "hunter2"),
        ("Node", "plain"),
    ];
    check(
        &LOGIN,
        &pairs,
        &[
            "Password: the value is shorter than 8 characters",
            "Codes.…: no such parameter",
            "Codes.1: the value is not a whole number of 32 bits",
            "Secret.Pin: the value is not a whole number of 32 bits",
            "Secret.…: no such parameter",
            "Map.…: the value is not a whole number of 32 bits",
            "JsonMap.…: the value is not a whole number of 32 bits",
            "Fields.Pin.…: no such parameter",
            "Fields.…: no such parameter",
            "Items: the value is not a JSON array",
            "Listed: the value is not a list, which is given item by item with .1, .2 and so on after the name",
            "Joined.2: the value is not a whole number of 32 bits",
            "Mode: the value is not one of a",
            r#"Node: "plain" is not JSON"#,
        ],
    );
    assert!(!format!("{:?}", found(&LOGIN, &pairs)).contains("hunter2"));
}

static TAGGED: Operation = operation(
    &[
        parameter(
            "Tag",
            Style::RepeatList,
            schema(
                Kind::Array(&schema(
                    Kind::Object(&[
                        needed("Key", schema(Kind::String, &[Constraint::MaxLength(4)])),
                        property("Value", schema(Kind::String, &[])),
                    ]),
                    &[],
                )),
                &[Constraint::MaxItems(2)],
            ),
        ),
        parameter(
            "Account",
            Style::RepeatList,
            schema(Kind::Array(&schema(Kind::Int64, &[])), &[Constraint::MinItems(2)]),
        ),
    ],
    &[],
);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_repeat_list_is_checked_item_by_item() {
    let pairs = [("Tag.1.Key", "a"), ("Tag.1.Value", ""), ("Tag.2.Key", "b"), ("Account.2", "2"), ("Account.1", "1")];
    check(&TAGGED, &pairs, &[]);
    let pairs = [
        ("Tag.1.Key", "abcde"),
        ("Tag.1.Vaule", ""),
        ("Tag.2.Value", ""),
        ("Tag.3.Key", "c"),
        ("Tag.3.Key", "d"),
        ("Account.1", "x"),
    ];
    check(
        &TAGGED,
        &pairs,
        &[
            "Tag: more than 2 items",
            r#"Tag.1.Key: "abcde" is longer than 4 characters"#,
            "Tag.1.Vaule: no such parameter, the nearest is Value",
            "Tag.2.Key: required, but not given",
            "Tag.3.Key: given more than once",
            "Account: fewer than 2 items",
            r#"Account.1: "x" is not a whole number of 64 bits"#,
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn items_are_numbered_from_one_without_a_gap() {
    let gap = |missing| vec![InvalidParameter { name: "Account".into(), violation: Violation::Gap { missing } }];
    assert_eq!(found(&TAGGED, &[("Account.2", "1"), ("Account.3", "1")]), gap(1));
    assert_eq!(found(&TAGGED, &[("Account.1", "1"), ("Account.3", "1")]), gap(2));
    check(
        &TAGGED,
        &[("Account.1", "1"), ("Account.4", "1")],
        &["Account: items are numbered from 1 without a gap, 2 is missing"],
    );
    // One spelling an index, else two names could mean one item.
    check(
        &TAGGED,
        &[
            ("Account.0", "1"),
            ("Account.01", "1"),
            ("Account.+1", "1"),
            ("Account.", "1"),
            ("Account.99999999999999999999", "1"),
            ("Account.1.x", "1"),
            ("Account.2", "1"),
        ],
        &[
            "Account.0: no such parameter",
            "Account.01: no such parameter",
            "Account.+1: no such parameter",
            "Account.: no such parameter",
            "Account.99999999999999999999: no such parameter",
            "Account.1.x: no such parameter",
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_list_given_as_one_text_is_refused() {
    assert_eq!(
        found(&TAGGED, &[("Tag", "a=b")]),
        [InvalidParameter {
            name: "Tag".into(),
            violation: Violation::NotA { expected: Expected::Items, value: Some("a=b".into()) },
        }],
    );
    check(
        &TAGGED,
        &[("Tag.1", "a")],
        &[
            r#"Tag.1: "a" is not an object, which is given field by field with a dot after the name"#,
            "Tag.1.Key: required, but not given",
        ],
    );
}

static FLAT: Operation = operation(
    &[
        parameter(
            "Login",
            Style::Flat,
            schema(
                Kind::Object(&[
                    property("Name", schema(Kind::String, &[])),
                    property("Ports", schema(Kind::Array(&schema(Kind::Int32, &[])), &[])),
                    property("Disk.Size", schema(Kind::Int32, &[])),
                ]),
                &[],
            ),
        ),
        parameter("Labels", Style::Flat, schema(Kind::Map(&schema(Kind::Int32, &[])), &[])),
        parameter(
            "Groups",
            Style::Flat,
            schema(Kind::Map(&schema(Kind::Object(&[property("Size", schema(Kind::Int32, &[]))]), &[])), &[]),
        ),
        parameter("Free", Style::Flat, schema(Kind::Object(&[]), &[])),
        parameter("Login.Extra", Style::Plain, schema(Kind::Int32, &[])),
    ],
    &[],
);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn flat_objects_are_checked_field_by_field() {
    let pairs = [("Login.Name", "n"), ("Login.Ports.1", "22"), ("Login.Disk.Size", "20"), ("Login.Extra", "1")];
    check(&FLAT, &pairs, &[]);
    let pairs = [
        ("Login.Nam", "n"),
        ("Login.Ports.1", "ssh"),
        ("Login.Disk.Size", "big"),
        ("Login.Extra", "x"),
        ("Free.any.thing", ""),
    ];
    check(
        &FLAT,
        &pairs,
        &[
            r#"Login.Ports.1: "ssh" is not a whole number of 32 bits"#,
            r#"Login.Disk.Size: "big" is not a whole number of 32 bits"#,
            "Login.Nam: no such parameter, the nearest is Name",
            r#"Login.Extra: "x" is not a whole number of 32 bits"#,
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn map_keys_come_plain_or_with_their_length() {
    check(&FLAT, &[("Labels.a", "1"), ("Labels.b.c", "2"), ("Labels.#3#d.e", "3"), ("Labels.#2#é", "4")], &[]);
    check(&FLAT, &[("Groups.a.Size", "1"), ("Groups.#3#b.c.Size", "2")], &[]);
    check(
        &FLAT,
        &[("Labels.a", "x"), ("Labels.#1#a", "1"), ("Groups.#3#b.c.Size", "x"), ("Labels", "y")],
        &[
            r#"Labels: "y" is not an object, which is given field by field with a dot after the name"#,
            "Labels.a: given more than once",
            r#"Groups.#3#b.c.Size: "x" is not a whole number of 32 bits"#,
        ],
    );
    // A mark that doesn't fit is a key like any other.
    check(&FLAT, &[("Labels.#9#a", "1"), ("Labels.#1#é", "1"), ("Labels.#x#a", "1"), ("Labels.#", "1")], &[]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn json_text_is_checked_to_its_kind() {
    static RULES: Operation = operation(
        &[parameter(
            "Rules",
            Style::Json,
            schema(
                Kind::Array(&schema(
                    Kind::Object(&[
                        needed("Port", schema(Kind::Int32, &[Constraint::Maximum(65535)])),
                        property("Name", schema(Kind::String, &[Constraint::MaxLength(3)])),
                        property("Open", schema(Kind::Boolean, &[])),
                        property("Labels", schema(Kind::Map(&schema(Kind::Number, &[])), &[])),
                        property("Extra", schema(Kind::Any, &[])),
                    ]),
                    &[],
                )),
                &[Constraint::MaxItems(2)],
            ),
        )],
        &[],
    );
    let one = |json: &str, expected: &[&str]| check(&RULES, &[("Rules", json)], expected);
    one(r#"[{"Port": 80, "Name": "a", "Open": true, "Labels": {"x": 0.5}, "Extra": [null]}]"#, &[]);
    one(r#"[{"Port": 80, "Name": null}]"#, &[]);
    one("[]", &[]);
    one("80", &[r#"Rules: "80" is not a JSON array"#]);
    one("[80", &[r#"Rules: "[80" is not JSON"#]);
    one(
        r#"[{"Port": "80"}, {"port": 1}, {"Port": 99999, "Name": "abcd", "Open": "true", "Labels": {"x": "y"}}]"#,
        &[
            "Rules: more than 2 items",
            r#"Rules.1.Port: "\"80\"" is not a whole number of 32 bits"#,
            "Rules.2.Port: required, but not given",
            "Rules.2.port: no such parameter, the nearest is Port",
            r#"Rules.3.Port: "99999" is more than 65535"#,
            r#"Rules.3.Name: "abcd" is longer than 3 characters"#,
            r#"Rules.3.Open: "\"true\"" is not true or false"#,
            r#"Rules.3.Labels.x: "\"y\"" is not a number"#,
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn values_joined_by_commas_are_checked_one_by_one() {
    static SIMPLE: Operation = operation(
        &[required("Ids", Style::Simple, schema(Kind::Array(&schema(Kind::Int32, &[])), &[Constraint::MaxItems(2)]))],
        &[],
    );
    check(&SIMPLE, &[("Ids", "1,2")], &[]);
    check(&SIMPLE, &[("Ids", "")], &["Ids: required, but not given"]);
    check(
        &SIMPLE,
        &[("Ids", "1,,x")],
        &[
            "Ids: more than 2 items",
            r#"Ids.2: "" is not a whole number of 32 bits"#,
            r#"Ids.3: "x" is not a whole number of 32 bits"#,
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_value_of_any_type_is_not_read() {
    static ANY: Operation = operation(
        &[
            parameter("Plain", Style::Plain, schema(Kind::Any, &[])),
            parameter("Flat", Style::Flat, schema(Kind::Any, &[])),
        ],
        &[],
    );
    check(&ANY, &[("Plain", "{ not json"), ("Flat.a.1", "x"), ("Flat.#", "")], &[]);
}

static TREE: Operation = operation(
    &[
        parameter("Flat", Style::Flat, schema(Kind::Named("Node"), &[])),
        parameter("Json", Style::Json, schema(Kind::Named("Node"), &[])),
        parameter("Loop", Style::Flat, schema(Kind::Named("Loop"), &[])),
        parameter("Lost", Style::Flat, schema(Kind::Named("Lost"), &[])),
    ],
    &[
        (
            "Node",
            schema(
                Kind::Object(&[
                    property("Size", schema(Kind::Int32, &[])),
                    property("Next", schema(Kind::Named("Node"), &[])),
                ]),
                &[],
            ),
        ),
        ("Loop", schema(Kind::Named("Loop"), &[])),
    ],
);

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn schemas_that_refer_to_themselves_are_followed_so_far() {
    check(
        &TREE,
        &[("Flat.Next.Next.Size", "x"), ("Json", r#"{"Next": {"Size": "x"}}"#), ("Lost.a", "anything")],
        &[
            r#"Flat.Next.Next.Size: "x" is not a whole number of 32 bits"#,
            r#"Json.Next.Size: "\"x\"" is not a whole number of 32 bits"#,
        ],
    );
    let name: &'static str = format!("Flat{}.Size", ".Next".repeat(10_000)).leak();
    let json = format!("{}{}", r#"{"Next":"#.repeat(100), "}".repeat(100).replacen('}', "1}", 1));
    let deep = found(&TREE, &[(name, "1"), ("Json", &json), ("Loop", "1")]);
    let too_deep = Violation::TooDeep { limit: 32 };
    assert_eq!(deep.len(), 3);
    assert!(deep.iter().all(|problem| problem.violation == too_deep), "{deep:?}");
    assert_eq!(too_deep.to_string(), "nested more than 32 levels deep");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_value_on_its_own_is_checked_like_a_parameter() {
    static STRINGS: Schema = schema(Kind::Array(&schema(Kind::String, &[])), &[]);
    assert_eq!(check_value(&STRINGS, r#"["a"]"#), Ok(()));
    assert_eq!(
        check_value(&STRINGS, "[1]"),
        Err(Violation::NotA { expected: Expected::JsonString, value: Some("1".into()) }),
    );
}
