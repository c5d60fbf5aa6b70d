//! What people are told about documents and overlays that are wrong: every problem, one line each.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use codegen::{ApiDocument, Input, Overlay, SpecError, generate};
use expect_test::{Expect, expect};

fn lines(errors: &[SpecError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

#[track_caller]
fn check(document: &str, expected: Expect) {
    let errors = ApiDocument::parse(document).unwrap_err();
    let shown = lines(&errors);
    assert_eq!(shown.lines().count(), errors.len(), "one line a problem: {shown}");
    expected.assert_eq(&shown);
}

/// A document with these operations.
fn document(apis: &str) -> String {
    let info = r#"{"style": "RPC", "product": "Sample", "version": "2024-01-31"}"#;
    let schemas = r##"{"Loop": {"$ref": "#/components/schemas/Loop"}}"##;
    let schemas = if apis.contains("Loop") { schemas } else { "{}" };
    format!(r#"{{"version": "1.0", "info": {info}, "components": {{"schemas": {schemas}}}, "apis": {apis}}}"#)
}

#[test]
fn what_is_no_document() {
    check(
        "",
        expect![[r#"
        : not JSON: EOF while parsing a value at line 1 column 0
    "#]],
    );
    check(
        r#"{"version": "1.0", "info"#,
        expect![[r#"
        : not JSON: EOF while parsing a string at line 1 column 24
    "#]],
    );
    check(
        "[]",
        expect![[r#"
            : expected an object, found an array
        "#]],
    );
    check(
        "{}",
        expect![[r#"
            : missing "version", expected format version "1.0"
            : missing "info", expected style, product and version
            : missing "apis", expected an object of operations
        "#]],
    );
    check(
        r#"{"version": 2, "info": {"style": "ROA"}}"#,
        expect![[r#"
        /version: expected format version "1.0", found 2
        /info/style: not supported: style ROA, expected RPC
    "#]],
    );
    check(
        r#"{"code": 0, "data": {"version": "1.0", "apis": {}}}"#,
        expect![[r#"
        /data: missing "info", expected style, product and version
    "#]],
    );
    check(
        r#"{"version": "1.0", "info": {"style": "RPC", "product": "a b", "version": "to day"}, "apis": 1}"#,
        expect![[r#"
            /info/product: expected at most 64 characters of ASCII without blanks, found "a b"
            /info/version: expected at most 64 characters of ASCII without blanks, found "to day"
            /apis: expected an object, found the number 1
        "#]],
    );
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    check(
        &deep,
        expect![[r#"
            : nested deeper than 128 levels at line 1 column 128, expected less
        "#]],
    );
}

#[test]
fn members_stand_once_and_are_whole() {
    let document = r#"{
        "version": "1.0", "version": "2.0",
        "info": {"style": "RPC", "product": "Sample", "version": "1"},
        "apis": {
            "Twice": {"methods": ["get"]},
            "Half": {"methods": ["get"], "summary": "\ud800"},
            "Twice": {"methods": ["post"]},
            "Far": {"methods": ["get"], "extraInfo": 1e999},
            "Deep": DEEP
        },
        "endpoints": "\udc00"
    }"#;
    let document = document.replace("DEEP", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    check(
        &document,
        expect![[r#"
            /version: a second member "version", expected one
            /endpoints: not JSON: lone leading surrogate in hex escape
            /version: expected format version "1.0", found "2.0"
            /apis/Twice: a second member "Twice", expected one
            /apis/Half: not JSON: unexpected end of hex escape
            /apis/Far: not JSON: number out of range
            /apis/Deep: nested deeper than 128 levels, expected less
        "#]],
    );
    // However the name is written, and wherever it stands.
    check(
        r##"{
            "version": "1.0",
            "info": {"style": "RPC", "product": "Sample", "version": "2024-01-31", "\u0076ersion": "2024-01-31"},
            "components": {"schemas": {
                "Node": {"type": "object", "properties": {
                    "Next": {"$ref": "#/components/schemas/Node"}, "N\u0065xt": {"type": "string"}
                }},
                "Nod\u0065": {"type": "string", "enum": ["a"], "enumValueTitles": {"a": "A", "\u0061": "A"}}
            }},
            "apis": {
                "List": {
                    "methods": ["get"], "methods": ["post"],
                    "parameters": [
                        {"name": "A", "in": "query", "schema": {"type": "string", "type": "integer"}, "in": "header"},
                        {"name": "B", "in": "query", "style": "json", "schema": {"$ref": "#/components/schemas/Node"}}
                    ],
                    "responses": {
                        "200": {"schema": {"type": "object", "properties": {"A/b": {"type": "string"}, "A\/b": {}}}},
                        "\u0032\u0030\u0030": {}
                    },
                    "errorCodes": {"400": [{"errorCode": "X", "errorCode": "X"}], "400": null},
                    "systemTags": {"deep": [[{"x": 1, "x": 1}]]}
                },
                "\u004cist": {"methods": ["get"]}
            },
            "endpoints": [{"regionId": "cn-hangzhou", "endpoint": "a.example.com", "regionId": "cn-beijing"}]
        }"##,
        expect![[r#"
            /info/version: a second member "version", expected one
            /components/schemas/Node/properties/Next: a second member "Next", expected one
            /components/schemas/Node/enumValueTitles/a: a second member "a", expected one
            /components/schemas/Node: a second member "Node", expected one
            /endpoints/0/regionId: a second member "regionId", expected one
            /apis/List: a second member "List", expected one
            /apis/List/methods: a second member "methods", expected one
            /apis/List/parameters/0/schema/type: a second member "type", expected one
            /apis/List/parameters/0/in: a second member "in", expected one
            /apis/List/responses/200/schema/properties/A~1b: a second member "A/b", expected one
            /apis/List/responses/200: a second member "200", expected one
            /apis/List/errorCodes/400/0/errorCode: a second member "errorCode", expected one
            /apis/List/errorCodes/400: a second member "400", expected one
            /apis/List/systemTags/deep/0/0/x: a second member "x", expected one
        "#]],
    );
    check(
        r#"{"data": {"apis": {}, "apis": {}}, "code": 0}"#,
        expect![[r#"
            /data/apis: a second member "apis", expected one
            /data: missing "version", expected format version "1.0"
            /data: missing "info", expected style, product and version
        "#]],
    );
    check(
        r#"{"data": 5}"#,
        expect![[r#"
        /data: expected an object, found the number 5
    "#]],
    );
    check(
        "{\"version\": \"1.0\",\n \"apis\": {\"A\": [}}",
        expect![[r#"
        : not JSON: expected value at line 2 column 17
    "#]],
    );
}

#[test]
fn every_problem_of_an_operation_is_reported() {
    let operation = r##"{"A/b~c": {
        "methods": ["get", "brew", 1],
        "deprecated": "no",
        "summary": 3,
        "parameters": [
            {"name": "", "in": "query", "schema": {"type": "string"}},
            {"name": "Type", "in": "query", "schema": {"type": "text"}},
            {"name": "Where", "in": "cookie", "schema": {"type": "string"}},
            {"name": "How", "in": "query", "style": "xml", "schema": {"type": "object"}},
            {"name": "Bare", "in": "query"},
            {"name": "Twice", "in": "query", "schema": {"type": "string"}},
            {"name": "Twice", "in": "query", "schema": {"type": "boolean"}},
            {"name": "Short", "in": "query", "schema": {"type": "integer", "format": "int16"}},
            {"name": "Joined", "in": "query", "style": "simple", "schema": {"type": "object"}},
            {"name": "Limits", "in": "query", "schema": {"type": "integer", "minimum": "one", "maximum": [], "required": ["x"]}},
            {"name": "Lost", "in": "query", "schema": {"$ref": "#/components/schemas/Gone"}},
            {"name": "Round", "in": "query", "schema": {"$ref": "#/components/schemas/Loop"}},
            {"name": "Enum", "in": "query", "schema": {"type": "string", "enum": [{}], "enumValueTitles": 1}},
            "not an object"
        ],
        "responses": {"200": {"schema": {"type": "object", "properties": {"Inner": {"type": "array", "items": {"type": "uuid\n"}}}}}},
        "errorCodes": {"400": {"errorCode": "X"}, "404": [7]}
    }, "Empty": null}"##;
    check(
        &document(operation),
        expect![[r##"
            /components/schemas/Loop: refers to itself through /components/schemas/Loop/$ref, expected an object on the way
            /apis/A~1b~0c/summary: expected text, found the number 3
            /apis/A~1b~0c/methods/1: unknown method "brew", expected "get" or "post"
            /apis/A~1b~0c/methods/2: unknown method 1, expected "get" or "post"
            /apis/A~1b~0c/deprecated: expected true or false, found the text "no"
            /apis/A~1b~0c/parameters/0/name: empty, expected text
            /apis/A~1b~0c/parameters/1/schema/type: unknown type "text", expected one of string, integer, number, boolean, array, object, any
            /apis/A~1b~0c/parameters/2/in: unknown position "cookie", expected one of query, formData, body, header, host, path
            /apis/A~1b~0c/parameters/3/style: unknown style "xml", expected one of repeatList, flat, json, simple
            /apis/A~1b~0c/parameters/4: missing "schema", expected an object
            /apis/A~1b~0c/parameters/6/name: a second parameter "Twice", expected one
            /apis/A~1b~0c/parameters/8/style: simple joins the items of an array, expected flat or json for an object
            /apis/A~1b~0c/parameters/9/schema/minimum: expected a number, found the text "one"
            /apis/A~1b~0c/parameters/9/schema/maximum: expected a number, found an array
            /apis/A~1b~0c/parameters/9/schema/required: expected true or false, found an array
            /apis/A~1b~0c/parameters/10/schema/$ref: expected #/components/schemas/<name of one there>, found "#/components/schemas/Gone"
            /apis/A~1b~0c/parameters/12/schema/enum/0: expected text or a number, found an object
            /apis/A~1b~0c/parameters/12/schema/enumValueTitles: expected an object, found the number 1
            /apis/A~1b~0c/parameters/13: expected an object, found the text "not an object"
            /apis/A~1b~0c/responses/200/schema/properties/Inner/items/type: unknown type "uuid\n", expected one of string, integer, number, boolean, array, object, any
            /apis/A~1b~0c/errorCodes/400: expected an array, found an object
            /apis/A~1b~0c/errorCodes/404/0: expected an object, found the number 7
            /apis/Empty: expected an object, found null
        "##]],
    );
}

#[test]
fn circles_without_an_object_are_named() {
    let circle = |schemas: &str| {
        format!(
            r##"{{"version": "1.0", "info": {{"style": "RPC", "product": "S", "version": "1"}}, "components": {{"schemas": {schemas}}},
            "apis": {{"A": {{"methods": ["post"], "parameters": [
                {{"name": "P", "in": "query", "style": "simple", "schema": {{"$ref": "#/components/schemas/A"}}}}
            ], "responses": {{"200": {{"schema": {{"$ref": "#/components/schemas/A"}}}}}}}}}}}}"##
        )
    };
    check(
        &circle(
            r##"{
            "Before": {"$ref": "#/components/schemas/A"},
            "A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
            "B/b": {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/C"}}},
            "C": {"$ref": "#/components/schemas/B~1b"},
            "Fine": {"type": "object", "properties": {"Self": {"type": "array", "items": {"$ref": "#/components/schemas/Fine"}}}},
            "AlsoFine": {"type": "array", "items": {"$ref": "#/components/schemas/Fine"}}
        }"##,
        ),
        expect![[r#"
            /components/schemas/A: refers to itself through /components/schemas/A/items/$ref, expected an object on the way
            /components/schemas/B~1b: refers to itself through /components/schemas/B~1b/additionalProperties/items/$ref, /components/schemas/C/$ref, expected an object on the way
            /apis/A/parameters/0/style: simple joins scalars, expected repeatList, flat or json for items that are none
        "#]],
    );
    let reference = |from: usize, to: usize| format!(r##""N{from}": {{"$ref": "#/components/schemas/N{to}"}}"##);
    let ring: Vec<String> = (0..11).map(|n| reference(n, (n + 1) % 11)).collect();
    check(
        &circle(&format!("{{{}, \"A\": {{\"$ref\": \"#/components/schemas/N3\"}}}}", ring.join(", "))),
        expect![[r#"
            /components/schemas/N0: refers to itself through /components/schemas/N0/$ref, /components/schemas/N1/$ref, /components/schemas/N2/$ref, /components/schemas/N3/$ref, /components/schemas/N4/$ref, /components/schemas/N5/$ref, /components/schemas/N6/$ref, /components/schemas/N7/$ref and 3 more, expected an object on the way
        "#]],
    );
    let chain: Vec<String> = (0..25).map(|n| reference(n, n + 1)).collect();
    check(
        &circle(&format!(
            "{{{}, \"N25\": {{\"type\": \"string\"}}, \"A\": {{\"$ref\": \"#/components/schemas/N3\"}}}}",
            chain.join(", ")
        )),
        expect![[r#"
            /components/schemas/N0: leads through more than 24 arrays, maps and references, expected an object
        "#]],
    );
}

#[test]
fn values_that_contradict_their_schema_are_warned_of() {
    let document = document(
        r#"{"A": {"methods": ["post"], "parameters": [
            {"name": "Level", "in": "query", "schema": {"type": "integer", "format": "int32", "enum": ["1", "high", 2, 3000000000, "2.0"],
                "default": "3", "example": "1"}},
            {"name": "OnlyBad", "in": "query", "schema": {"type": "number", "enum": ["a"], "default": "b", "example": "2001****"}},
            {"name": "Mode", "in": "query", "schema": {"type": "string", "maxLength": 3, "enum": ["on", "off", "auto"], "default": "no", "example": "off\n"}},
            {"name": "Page", "in": "query", "schema": {"type": "integer", "minimum": "1", "maximum": "10", "default": "-1", "example": "11"}},
            {"name": "Size", "in": "query", "schema": {"type": "number", "minimum": "0.5", "exclusiveMinimum": true, "default": 0.5, "example": "0.50001"}},
            {"name": "Flag", "in": "query", "schema": {"type": "boolean", "default": "yes", "example": "False"}},
            {"name": "Text", "in": "query", "schema": {"type": "string", "default": "", "example": "anything"}},
            {"name": "Pin", "in": "query", "schema": {"type": "string", "minLength": 4, "sensitive": true, "default": "x"}},
            {"name": "Never", "in": "query", "schema": {"type": "number", "minimum": 1, "exclusiveMaximum": 1}},
            {"name": "Precise", "in": "query", "schema": {"type": "number", "minimum": "1e-19", "maximum": "1e400"}}
        ]}}"#,
    );
    let document = ApiDocument::parse(&document).unwrap();
    let shown: String = document.warnings.iter().map(|warning| format!("{warning}\n")).collect();
    expect![[r#"
        /apis/A/parameters/5/schema/default: default that is neither true nor false
        /apis/A/parameters/1/schema/default: default that is no number
        /apis/A/parameters/0/schema/default: default that is not in the enum: 1, 2
        /apis/A/parameters/2/schema/default: default that is not in the enum: on, off
        /apis/A/parameters/3/schema/default: default that is outside the limits (2 times)
        /apis/A/parameters/7/schema/default: default that is shorter than its limit
        /apis/A/parameters/3/schema/example: example that is outside the limits
        /apis/A/parameters/8/schema: limits that leave no value are not enforced
        /apis/A/parameters/9/schema/maximum: maximum of more than 19 digits before or 18 behind the point is not enforced
        /apis/A/parameters/9/schema/minimum: minimum of more than 19 digits before or 18 behind the point is not enforced
        /apis/A/parameters/2/schema/enum/2: value of an enum that is longer than its limit is left out
        /apis/A/parameters/1/schema/enum/0: value of an enum that is no number is left out
        /apis/A/parameters/0/schema/enum/1: value of an enum that is no whole number of 32 bits is left out (3 times)
    "#]].assert_eq(&shown);
    let parameters = &document.operation("A").unwrap().parameters;
    let enums: Vec<_> = parameters.iter().map(|parameter| parameter.schema.one_of()).collect();
    assert_eq!(enums[..2], [Some(["1", "2"].map(str::to_owned).as_slice()), None]);
    assert_eq!(enums[2], Some(["on", "off"].map(str::to_owned).as_slice()));
}

#[test]
fn what_cannot_stand_where_it_must_is_reported() {
    let operation = r#"{
        "A": {"methods": ["post"], "path": "/a b", "parameters": [
            {"name": "X Trace", "in": "header", "schema": {"type": "string"}},
            {"name": "x-acs-ok", "in": "header", "schema": {"type": "string"}},
            {"name": "Id", "in": "path", "schema": {"type": "string"}}
        ]},
        "B": {"methods": ["post"], "path": "b/{Id}", "parameters": [
            {"name": "Items", "in": "query", "style": "simple", "schema": {"type": "array", "items": {"type": "object"}}}
        ]}
    }"#;
    check(
        &document(operation),
        expect![[r#"
        /apis/A/parameters/0/name: expected a header's name (RFC 9110: letters, digits, -, _ …), found "X Trace"
        /apis/A/path: expected a path of printable ASCII that begins with /, found "/a b"
        /apis/A/path: no place for a parameter, expected "{Id}" in "/a b"
        /apis/B/parameters/0/style: simple joins scalars, expected repeatList, flat or json for items that are none
        /apis/B/path: expected a path of printable ASCII that begins with /, found "b/{Id}"
    "#]],
    );
}

#[test]
fn documents_are_taken_as_other_tools_write_them() {
    let document = r#"{"code": 0, "data": {"version": "1.0", "info": {"style": "rpc", "product": "Sample", "version": "20240131"},
        "components": {"schemas": []}, "endpoints": [
            {"regionId": "a", "endpoint": "{Bucket}.example.com"},
            {"regionId": "b", "public": "b.example.com"}
        ],
        "apis": {"A": {"methods": ["get"], "deprecated": "true", "responses": [], "errorCodes": [], "parameters": [
            {"name": "P", "in": "query", "required": true, "schema": {"type": "string", "xNote": true}},
            {"name": "P", "in": "formData", "schema": {"type": "string", "description": "Again."}},
            {"name": "Q", "in": "query", "schema": {"type": "integer", "format": "int16", "required": "false"}}
        ]}}}}"#;
    let document = ApiDocument::parse(&format!("\u{feff}{document}")).unwrap();
    let operation = document.operation("A").unwrap();
    assert!(operation.deprecated);
    let required: Vec<_> = operation.parameters.iter().map(|p| (p.name.as_str(), p.schema.required)).collect();
    assert_eq!(required, [("P", true), ("Q", false)]);
    let hosts: Vec<&str> = document.endpoints.iter().map(|endpoint| endpoint.host.as_str()).collect();
    assert_eq!(hosts, ["{Bucket}.example.com", "b.example.com"]);
    let shown: String = document.warnings.iter().map(|warning| format!("{warning}\n")).collect();
    expect![[r#"
        /data/apis/A/deprecated: deprecated written as text
        /data/apis/A/parameters/1: parameter that stands there twice
        /data/apis/A/parameters/2/schema/required: required written as text
        /data/apis/A/parameters/2/schema/format: unknown format "int16" of an integer, taken for int64
        /data/apis/A/parameters/0/schema/xNote: unknown key "xNote" in a schema
    "#]]
    .assert_eq(&shown);
}

#[test]
fn references_are_followed_as_uris_and_pointers_are() {
    for (name, reference) in [
        ("Result<List>", "Result%3CList%3E"),
        ("Result<List>", "Result<List>"),
        ("a/b~c", "a~1b~0c"),
        ("100%", "100%"),
        ("50%25", "50%25"),
        ("名", "%E5%90%8D"),
    ] {
        let document = serde_json::json!({
            "version": "1.0",
            "info": {"style": "RPC", "product": "Sample", "version": "1"},
            "components": {"schemas": {name: {"type": "boolean"}}},
            "apis": {"A": {"methods": ["get"], "responses": {"200": {
                "schema": {"$ref": format!("#/components/schemas/{reference}")},
            }}}},
        });
        let document = document.to_string();
        let whole = ApiDocument::parse(&document).unwrap();
        let answer = whole.operations[0].response.as_ref().unwrap();
        assert_eq!(whole.resolve(answer).shape, codegen::Shape::Boolean);
        assert_eq!(ApiDocument::parse_operations(&document, &["A".to_owned()]).unwrap(), whole);
    }
}

#[test]
fn only_the_chosen_operations_are_read() {
    let schema = |name: &str| format!(r##"{{"$ref": "#/components/schemas/{name}"}}"##);
    let node = format!(r#"{{"type": "object", "properties": {{"Leaf": {}}}}}"#, schema("Leaf"));
    let schemas = format!(r#"{{"Other": {{"type": "uuid"}}, "Node": {node}, "Leaf": {{"type": "string"}}}}"#);
    let parameter =
        |name: &str| format!(r#"{{"name": "P", "in": "query", "style": "json", "schema": {}}}"#, schema(name));
    let operation = |name: &str| format!(r#"{{"methods": ["get"], "parameters": [{}]}}"#, parameter(name));
    let apis = format!(
        r#"{{"Wrong": {}, "Right": {}, "Both": {{"methods": ["get"]}}}}"#,
        operation("Other"),
        operation("Node")
    );
    let document = format!(
        r#"{{"version": "1.0", "info": {{"style": "RPC", "product": "Sample", "version": "1"}},
            "components": {{"schemas": {schemas}}}, "apis": {apis}}}"#
    );
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<String>>();
    let read = ApiDocument::parse_operations(&document, &names(&["Both", "Right", "Right"])).unwrap();
    let read_names: Vec<&str> = read.operations.iter().map(|operation| operation.name.as_str()).collect();
    assert_eq!(read_names, ["Right", "Both"], "in the document's order");
    let schemas: Vec<&str> = read.schemas.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(schemas, ["Node", "Leaf"], "and what they lead to");

    let errors = ApiDocument::parse_operations(&document, &names(&["Rigth", "Wrong", "Gone\n"])).unwrap_err();
    expect![[r#"
        /apis: no operation "Rigth", expected one of the document's, the nearest is "Right"
        /apis: no operation "Gone\n", expected one of the document's
        /components/schemas/Other/type: unknown type "uuid", expected one of string, integer, number, boolean, array, object, any
    "#]].assert_eq(&lines(&errors));
}

#[test]
fn nesting_stops_at_a_limit() {
    let deep = format!("{}{}", r#"{"type": "array", "items": "#.repeat(30), "{}".to_owned() + &"}".repeat(30));
    let operation = format!(
        r#"{{"A": {{"methods": ["get"], "parameters": [{{"name": "P", "in": "query", "style": "json", "schema": {deep}}}]}}}}"#
    );
    check(
        &document(&operation),
        expect![[r#"
            /apis/A/parameters/0/schema/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items/items: schemas nested deeper than 24, expected less
        "#]],
    );
}

#[test]
fn names_have_a_length() {
    let operation = format!(r#"{{"{}": {{"methods": ["get"]}}, "": {{"methods": ["get"]}}}}"#, "A".repeat(129));
    check(
        &document(&operation),
        expect![[r#"
        /apis/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: name of 129 characters, expected at most 128
        /apis/: empty name, expected at least one character
    "#]],
    );
}

#[test]
fn endpoints_are_host_names() {
    let document = |endpoints: &str| {
        let info = r#"{"style": "RPC", "product": "Sample", "version": "2024-01-31"}"#;
        format!(r#"{{"version": "1.0", "info": {info}, "apis": {{}}, "endpoints": {endpoints}}}"#)
    };
    check(
        &document(r#"[{"endpoint": "ok.example.com"}, 1]"#),
        expect![[r#"
        /endpoints/0: missing "regionId", expected text
        /endpoints/1: expected an object, found the number 1
    "#]],
    );
    let odd = r#"[{"regionId": "a", "endpoint": "evil.example.com/x?"}, {"regionId": "b", "endpoint": "{}.example.com"},
        {"regionId": "c", "endpoint": "{a/b}.c"}, {"regionId": "d", "endpoint": "a}b{"}, {"regionId": "e"}]"#;
    let document = ApiDocument::parse(&document(odd)).unwrap();
    assert_eq!(document.endpoints, []);
    let shown: String = document.warnings.iter().map(|warning| format!("{warning}\n")).collect();
    expect![[r#"
        /endpoints/3/endpoint: endpoint that is no host name is left out: "a}b{"
        /endpoints/0/endpoint: endpoint that is no host name is left out: "evil.example.com/x?"
        /endpoints/2/endpoint: endpoint that is no host name is left out: "{a/b}.c"
        /endpoints/1/endpoint: endpoint that is no host name is left out: "{}.example.com"
        /endpoints/4: endpoint without a host
    "#]]
    .assert_eq(&shown);
}

#[test]
fn unknown_keys_are_counted_warnings() {
    let operation = r#"{"A": {"methods": ["get", "put"], "x-note": 1, "parameters": [
        {"name": "P", "in": "query", "x": 1, "schema": {"type": "string", "minItems": 1, "format": "uuid"}},
        {"name": "Q", "in": "query", "x": 2, "schema": {"type": "boolean", "enum": [true]}}
    ], "responseDemo": "[{]", "errorCodes": {"4XX": [], "400": [{"errorCode": ""}]}}}"#;
    let document = ApiDocument::parse(&document(operation)).unwrap();
    let shown: String = document.warnings.iter().map(|warning| format!("{warning}\n")).collect();
    expect![[r#"
        /apis/A/parameters/1/schema/enum: enum on a value it says nothing about
        /apis/A/errorCodes/400/0: error without a code
        /apis/A/errorCodes/4XX: errors under what is no HTTP status
        /apis/A/responseDemo: examples that are no JSON array
        /apis/A/methods/1: method that RPC does not use
        /apis/A/parameters/0/schema/minItems: minItems on a value it says nothing about
        /apis/A/parameters/0/x: unknown key "x" in a parameter (2 times)
        /apis/A/x-note: unknown key "x-note" in an operation
    "#]]
    .assert_eq(&shown);
}

const SHARING: &str = include_str!("cases/served/api-docs.json");

#[track_caller]
fn check_overlay(overlay: &str, expected: Expect) {
    let mut document = ApiDocument::parse(SHARING).unwrap();
    let errors = Overlay::apply(overlay, "overlay.toml", &mut document).unwrap_err();
    let shown = lines(&errors);
    assert_eq!(shown.lines().count(), errors.len(), "one line a problem: {shown}");
    expected.assert_eq(&shown);
}

#[test]
fn what_is_no_overlay() {
    check_overlay(
        "",
        expect![[r#"
        overlay.toml: missing "product", expected text
        overlay.toml: missing "version", expected text
        overlay.toml: missing "served", expected a table of operations
    "#]],
    );
    check_overlay(
        "product = \"Sample\"\nversion = [\n",
        expect![[r#"
        overlay.toml: not TOML (line 2): unclosed array, expected `]`
    "#]],
    );
    check_overlay(
        "product = \"Other\"\nversion = 2024-01-31\nextra = 1\n[served]\n",
        expect![[r#"
            overlay.toml: extra: unknown key, expected one of product, version, types, served, errors
            overlay.toml: product: the document is of Sample, found "Other"
            overlay.toml: version: expected text, found an object
        "#]],
    );
}

#[test]
fn every_problem_of_an_overlay_is_reported() {
    let overlay = r#"
product = "Sample"
version = "2024-01-31"

[types.thing]
parameters = ["ThingId", "Foo", 1]
limits = { minimum = 1, prefix = 2, regex = "x" }

[types.Other]
parameters = ["ThingId"]
items = ["RegionId"]
evidence = "page"

[served.Gone]

[served.ShareThing]
effect = "maybe"
subject = "Thing"
evidence = ""
client_token = "ClientToken"

[served.ShareThing.parameters.Foo]
limits = { ascii = true }
evidence = "page"

[served.ShareThing.parameters.Action]
values = ["Share", "Share", { value = "UnShare", name = "un share", en = "x" }]
evidence = "page"

[[served.ShareThing.fields]]
path = ["Nope"]
evidence = "page"

[[served.ShareThing.words]]
word = "Share It"
fixed = { Action = "Sharee", Foo = "x" }
arguments = ["ThingId", "Foo", "ThingId", "ClientToken", "Action"]

[[served.ShareThing.words]]
word = "help"
summary = { en = "x", fr = "y" }

[[served.ShareThing.risks]]
when = { Action = "Nope", ThingId = "x" }

[served.ShareThing.ram]
action = "ShareThing"
level = "rw"
resource = "thing"

[served.ListThings]
effect = "read"
evidence = "page"

[served.ListThings.listing]
items = "Things"
columns = ["Thing", "State"]

[served.ListThings.observation]
operation = "ShareThing"
"#;
    check_overlay(
        overlay,
        expect![[r#"
        overlay.toml: types.thing: missing "evidence", expected text
        overlay.toml: types.thing: expected a name in UpperCamelCase
        overlay.toml: types.thing.limits.prefix: expected text, found the number 2
        overlay.toml: types.thing.limits.regex: unknown limit, expected one of ascii, json_strings, max_items, max_length, maximum, min_items, min_length, minimum, prefix
        overlay.toml: types.thing.parameters[2]: expected text, found the number 1
        overlay.toml: types.thing.parameters[0]: the limit minimum does not fit the type that the document gives
        overlay.toml: types.thing.parameters[1]: no operation of the document has a parameter "Foo"
        overlay.toml: types.Other.parameters[0]: ThingId has the type thing already
        overlay.toml: served.Gone: no such operation in the document
        overlay.toml: served.ShareThing.parameters.Foo: no such parameter in ShareThing; it has RegionId, ThingId, Action, ClientToken
        overlay.toml: served.ShareThing.parameters.Action.values[1]: the same value a second time
        overlay.toml: served.ShareThing.parameters.Action.values[2].name: expected a name in UpperCamelCase other than Other
        overlay.toml: served.ShareThing.parameters.Action.values[2]: missing "zh", expected text
        overlay.toml: served.ShareThing.fields[0].path[0]: no such field in the answer of ShareThing
        overlay.toml: types.Other.items[0]: no parameter "RegionId" that holds a JSON array (limits.json_strings)
        overlay.toml: served.ShareThing.evidence: empty, expected text
        overlay.toml: served.ShareThing.effect: expected read or write, found "maybe"
        overlay.toml: served.ShareThing.subject: no parameter "Thing" in ShareThing; it has RegionId, ThingId, Action, ClientToken
        overlay.toml: served.ShareThing.words[0].word: expected lower-case ASCII letters, digits and dashes
        overlay.toml: served.ShareThing.words[0].fixed.Action: no value of Action: "Sharee" is not one of Share
        overlay.toml: served.ShareThing.words[0].fixed.Foo: no parameter "Foo" in ShareThing; it has RegionId, ThingId, Action, ClientToken
        overlay.toml: served.ShareThing.words[0].arguments[1]: no parameter "Foo" in ShareThing; it has RegionId, ThingId, Action, ClientToken
        overlay.toml: served.ShareThing.words[0].arguments[2]: ThingId a second time
        overlay.toml: served.ShareThing.words[0].arguments[3]: ClientToken is derived from the delivery and never typed
        overlay.toml: served.ShareThing.words[0].arguments[4]: Action is fixed by the word
        overlay.toml: served.ShareThing.words[0].arguments: RegionId is required, and neither an argument nor fixed
        overlay.toml: served.ShareThing.words[0]: missing "summary", expected en and zh
        overlay.toml: served.ShareThing.words[1].word: help is a word of the chat itself
        overlay.toml: served.ShareThing.words[1].arguments: RegionId is required, and neither an argument nor fixed
        overlay.toml: served.ShareThing.words[1].arguments: ThingId is required, and neither an argument nor fixed
        overlay.toml: served.ShareThing.words[1].arguments: Action is required, and neither an argument nor fixed
        overlay.toml: served.ShareThing.words[1].summary.fr: unknown key, expected one of en, zh
        overlay.toml: served.ShareThing.words[1].summary: missing "zh", expected text
        overlay.toml: served.ShareThing.risks[0]: missing "evidence", expected text
        overlay.toml: served.ShareThing.risks[0].when.Action: no value of Action: "Nope" is not one of Share
        overlay.toml: served.ShareThing.risks[0].when: expected one parameter and its value
        overlay.toml: served.ShareThing.risks[0]: no consequences, expected at least one sentence
        overlay.toml: served.ShareThing.ram: missing "evidence", expected text
        overlay.toml: served.ShareThing.ram.action: expected <product>:<action> without wildcards
        overlay.toml: served.ShareThing.ram.level: unknown level "rw", expected one of create, delete, get, list, none, update
        overlay.toml: served.ShareThing.ram.resource: expected * or acs:<product>:<region>:<account>:<resource>
        overlay.toml: served.ListThings.listing.columns[0]: the rows have no field "Thing"; they have ThingId, Shared, State
        overlay.toml: served.ListThings.observation: only a write that has a subject can be observed
        overlay.toml: served.ListThings.observation: missing "evidence", expected text
        overlay.toml: served.ListThings.observation: missing "filter", expected text
        overlay.toml: served.ListThings.observation: missing "items", expected text
        overlay.toml: served.ListThings.observation: missing "key", expected text
        overlay.toml: served.ListThings.observation: missing "field", expected text
        overlay.toml: served.ListThings.observation: missing "parameter", expected text
        overlay.toml: served.ListThings: missing "ram", expected action, level and resource
    "#]],
    );
}

#[test]
fn served_operations_must_fit_together() {
    let overlay = r#"
product = "Sample"
version = "2024-01-31"

[served.ShareThing]
effect = "write"
subject = "ThingId"
evidence = "page"
ram = { action = "sample:ShareThing", level = "update", resource = "*", evidence = "page" }
parameters.Action = { values = ["Share", "UnShare"], evidence = "page" }

[[served.ShareThing.words]]
word = "share"
fixed = { Action = "Share" }
arguments = ["RegionId", "ThingId"]
summary = { en = "x", zh = "x" }

[[served.ShareThing.words]]
word = "share"
fixed = { Action = "UnShare" }
arguments = ["RegionId"]
summary = { en = "x", zh = "x" }

[[served.ShareThing.words]]
word = "listthings"
fixed = { Action = "UnShare" }
arguments = ["RegionId", "ThingId"]
summary = { en = "x", zh = "x" }

[served.ShareThing.observation]
operation = "ListThings"
carried = ["RegionId", "ThingId"]
filter = "Things"
items = "Thing"
key = "ThingId"
field = "Shared"
parameter = "Action"
expected = { Share = "yes" }
evidence = "page"
"#;
    check_overlay(
        overlay,
        expect![[r#"
        overlay.toml: served.ShareThing.words[1].arguments: ThingId is required, and neither an argument nor fixed
        overlay.toml: served.ShareThing.observation.carried[1]: no parameter "ThingId" in ListThings; it has RegionId, ThingIds, PageSize, Tags
        overlay.toml: served.ShareThing.observation.filter: no parameter "Things" in ListThings; it has RegionId, ThingIds, PageSize, Tags
        overlay.toml: served.ShareThing.observation.items: the answer of ListThings has no array of objects "Thing"
        overlay.toml: served.ShareThing.observation.expected: does not say what follows "UnShare"
        overlay.toml: served.ShareThing.words[1].word: share is a word of ShareThing already
        overlay.toml: served.ShareThing.words[2].word: an operation has this name
    "#]],
    );
}

#[test]
fn a_fixed_value_is_one_that_may_be_sent() {
    let overlay = |fixed: &str| {
        format!(
            r#"
product = "Sample"
version = "2024-01-31"

[served.ListThings]
effect = "read"
evidence = "page"
parameters.ThingIds = {{ limits = {{ json_strings = 1 }}, evidence = "page" }}
ram = {{ action = "sample:ListThings", level = "list", resource = "*", evidence = "page" }}

[[served.ListThings.words]]
word = "things"
fixed = {{ {fixed} }}
arguments = ["RegionId"]
summary = {{ en = "x", zh = "x" }}
"#
        )
    };
    let mut document = ApiDocument::parse(SHARING).unwrap();
    let right = overlay(r#"PageSize = "50", ThingIds = '["a"]'"#);
    let read = Overlay::apply(&right, "overlay.toml", &mut document).unwrap();
    let fixed = [("PageSize", "50"), ("ThingIds", r#"["a"]"#)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(read.served[0].words[0].fixed, fixed);

    check_overlay(
        &overlay(r#"PageSize = "51", ThingIds = "a", Tags = "a""#),
        expect![[r#"
        overlay.toml: served.ListThings.words[0].fixed.PageSize: no value of PageSize: "51" is more than 50
        overlay.toml: served.ListThings.words[0].fixed.ThingIds: no value of ThingIds: "a" is not a JSON array of at most 1 string
        overlay.toml: served.ListThings.words[0].fixed.Tags: Tags is no single value
    "#]],
    );
    check_overlay(
        &overlay(r#"PageSize = "fifty""#),
        expect![[r#"
        overlay.toml: served.ListThings.words[0].fixed.PageSize: no value of PageSize: "fifty" is not a whole number of 32 bits
    "#]],
    );
    check_overlay(
        &overlay("PageSize = 50"),
        expect![[r#"
        overlay.toml: served.ListThings.words[0].fixed.PageSize: expected text, found the number 50
    "#]],
    );
}

#[test]
fn an_overlay_is_checked_only_against_a_sound_document() {
    let input = Input {
        document: "{}",
        document_path: "api-docs.json",
        overlay: Some(("", "overlay.toml")),
        command: "a test",
    };
    expect![[r#"
        : missing "version", expected format version "1.0"
        : missing "info", expected style, product and version
        : missing "apis", expected an object of operations
    "#]]
    .assert_eq(&lines(&generate(&input).unwrap_err()));
}
