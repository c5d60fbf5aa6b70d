//! Which part of a request each parameter becomes, and what cannot become one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use acs_rpc::{Kind, Method, Operation, Parameter, Parts, Position, Schema, Style, WireParameters};

const fn parameter(name: &'static str, position: Position, sensitive: bool) -> Parameter {
    let schema = Schema { kind: Kind::String, constraints: &[], sensitive };
    Parameter { name, position, style: Style::Plain, required: false, schema }
}

const fn referring(name: &'static str, position: Position) -> Parameter {
    Parameter { name, position, style: Style::Plain, required: false, schema: Schema::of(Kind::Named("Mode")) }
}

static EVERYWHERE: Operation = Operation {
    product: "TEST",
    version: "2020-01-01",
    name: "Everywhere",
    summary: "",
    methods: &[Method::Post],
    https_only: false,
    path: "/things/{Thing}/parts/{Part}",
    body_type: Some("text/plain"),
    parameters: &[
        parameter("Query", Position::Query, false),
        parameter("Form", Position::Form, false),
        parameter("Body", Position::Body, false),
        parameter("Other", Position::Body, false),
        parameter("x-acs-trace", Position::Header, false),
        parameter("x-acs-secret", Position::Header, true),
        referring("x-acs-mode", Position::Header),
        parameter("Bucket", Position::Host, false),
        parameter("Account", Position::Host, false),
        parameter("Thing", Position::Path, false),
        parameter("Part", Position::Path, false),
    ],
    errors: &[],
    success_flag: false,
    named: &[("Mode", Schema { kind: Kind::String, constraints: &[], sensitive: true })],
};

fn parameters(pairs: &[(&'static str, &str)]) -> WireParameters {
    [("Thing", "t"), ("Part", "p")].iter().chain(pairs).map(|&(name, value)| (name, value)).collect()
}

#[track_caller]
fn refused(pairs: &[(&'static str, &str)], expected: &[&str]) {
    let problems = EVERYWHERE.parts(&parameters(pairs)).unwrap_err();
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn each_position_is_a_part() {
    let given = WireParameters::from_iter([
        ("x-acs-trace", "a b~"),
        ("Query", "1"),
        ("Unknown", "2"),
        ("Body", "text ☃"),
        ("Account", "me"),
        ("Bucket", "photos-1"),
        ("Part", "a/b ☃"),
        ("Thing", "..."),
    ]);
    let parts = EVERYWHERE.parts(&given).unwrap();
    let expected = Parts {
        path: "/things/.../parts/a%2Fb%20%E2%98%83".to_owned(),
        query: vec![("Query", "1"), ("Unknown", "2")],
        form: vec![],
        body: Some(("text/plain", "text ☃")),
        headers: vec![("x-acs-trace", "a b~")],
        host: vec![("Account", "me"), ("Bucket", "photos-1")],
    };
    assert_eq!(parts, expected);
    let shown = format!("{parts:?}");
    assert!(shown.contains("x-acs-trace") && !shown.contains("photos-1") && !shown.contains('☃'), "{shown}");

    let form = parameters(&[("Form", "1"), ("Form", "2")]);
    assert_eq!(EVERYWHERE.parts(&form).unwrap().form, [("Form", "1"), ("Form", "2")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_stands_in_no_header_or_host_is_refused() {
    let expected = r#"is not printable ASCII, which is all that a header carries"#;
    refused(&[("x-acs-trace", "a\r\nb")], &[&format!(r#"x-acs-trace: "a\r\nb" {expected}"#)]);
    refused(&[("x-acs-trace", "ü")], &[&format!(r#"x-acs-trace: "ü" {expected}"#)]);
    refused(&[("x-acs-secret", "a\0")], &[&format!("x-acs-secret: the value {expected}")]);
    refused(&[("x-acs-mode", "a\0")], &[&format!("x-acs-mode: the value {expected}")]);
    for host in ["", "a.b", "a/", "a@b", "-a", "a-", "ü", "a:1", "a\n"] {
        let expected = "is not a part of a host name (1 to 63 letters, digits and inner hyphens)";
        refused(&[("Bucket", host)], &[&format!("Bucket: {host:?} {expected}")]);
    }
    assert!(EVERYWHERE.parts(&parameters(&[("Bucket", &"a".repeat(63))])).is_ok());
    assert!(EVERYWHERE.parts(&parameters(&[("Bucket", &"a".repeat(64))])).is_err());
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_path_is_whole_and_leads_nowhere_else() {
    let missing = EVERYWHERE.parts(&WireParameters::from_iter([("Thing", "t")])).unwrap_err();
    assert_eq!(missing.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Part: required, but not given"]);
    for part in ["", ".", ".."] {
        let given = WireParameters::from_iter([("Thing", "t"), ("Part", part)]);
        let problems = EVERYWHERE.parts(&given).unwrap_err();
        let expected = [format!("Part: {part:?} is not a part of a path (not empty, not . or ..)")];
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_request_has_one_body() {
    let with = |other| format!("Body: cannot be sent together with {other}: a request has one body");
    refused(&[("Form", "1"), ("Body", "2")], &[&with("Form")]);
    refused(&[("Body", "1"), ("Form", "2"), ("Form", "3")], &[&with("Form")]);
    refused(&[("Body", "1"), ("Other", "2")], &[&with("Other")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn parts_of_the_host_stand_in_their_places_or_before_it() {
    let parts = Parts { host: vec![("Bucket", "b"), ("Account", "a")], ..Parts::default() };
    let names = ["example.com", "x-{Account}.example.com", "{Bucket}.{Account}.example.com", "{Bucket}-{Bucket}", "{"];
    let expected = ["a.b.example.com", "b.x-a.example.com", "b.a.example.com", "a.b-b", "a.b.{"];
    for (name, expected) in names.iter().zip(expected) {
        assert_eq!(parts.host_name(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(parts.host_name("{Region}.example.com"), None);
    assert_eq!(Parts::default().host_name("example.com"), Some(String::from("example.com")));
}
