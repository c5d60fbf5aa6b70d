//! How values become flat names and texts. The expected forms are those of alibabacloud-go/darabonba-openapi
//! (`flatRepeatedList`, `flatArray`, `MapToFlatStyle`).

extern crate alloc;

use acs_rpc::{Kind, Operation, Parameter, Position, Schema, Style, ToWire, WireParameters};
use alloc::{borrow::Cow, collections::BTreeMap};
use serde::Serialize;

#[derive(Serialize)]
struct Tag {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl ToWire for Tag {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        out.add_field(&name, "Key", &self.key);
        out.add_field(&name, "Value", &self.value);
    }
}

fn tag(key: &str, value: Option<&str>) -> Tag {
    Tag { key: key.into(), value: value.map(Into::into) }
}

#[track_caller]
fn check(add: impl FnOnce(&mut WireParameters), expected: &[(&str, &str)]) {
    let mut parameters = WireParameters::new();
    add(&mut parameters);
    assert_eq!(parameters.iter().collect::<Vec<_>>(), expected);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn scalars_are_written_as_they_are() {
    check(|out| out.add("A", "a b"), &[("A", "a b")]);
    check(|out| out.add("A", &true), &[("A", "true")]);
    check(|out| out.add("A", &i64::MIN), &[("A", "-9223372036854775808")]);
    check(|out| out.add("A", &1.0), &[("A", "1")]);
    check(|out| out.add("A", &0.25), &[("A", "0.25")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn absent_adds_nothing_and_empty_text_an_empty_value() {
    check(|out| out.add("A", &None::<String>), &[]);
    check(|out| out.add("A", &Some(String::new())), &[("A", "")]);
    check(|out| out.add("A", &Vec::<String>::new()), &[]);
    check(|out| out.add_json::<Tag>("A", None), &[]);
    check(|out| out.add_json("A", Some(&Vec::<Tag>::new())), &[("A", "[]")]);
    check(|out| out.add_simple::<String>("A", None), &[]);
    check(|out| out.add_simple::<String>("A", Some(&[])), &[("A", "")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn lists_and_objects_are_flattened_with_indexes_from_one() {
    check(|out| out.add("Account", &vec![7_i64, 8]), &[("Account.1", "7"), ("Account.2", "8")]);
    check(
        |out| out.add("Tag", &Some(vec![tag("a", Some("1")), tag("b", None)])),
        &[("Tag.1.Key", "a"), ("Tag.1.Value", "1"), ("Tag.2.Key", "b")],
    );
    check(|out| out.add("Login", &Box::new(tag("a", Some("")))), &[("Login.Key", "a"), ("Login.Value", "")]);
    check(|out| out.add("M", &vec![vec![1, 2], vec![3]]), &[("M.1.1", "1"), ("M.1.2", "2"), ("M.2.1", "3")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn map_keys_that_would_be_misread_carry_their_length() {
    let labels = ["plain", "with.dot", "#1#a", "", "é.é"].map(|key| (key.to_string(), true));
    check(
        |out| out.add("L", &BTreeMap::from(labels)),
        &[
            ("L.#0#", "true"),
            ("L.#4##1#a", "true"),
            ("L.plain", "true"),
            ("L.#8#with.dot", "true"),
            ("L.#5#é.é", "true"),
        ],
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn json_and_comma_joined_values_are_one_text() {
    check(
        |out| out.add_json("Tag", Some(&[tag("a", None), tag("b", Some("\""))])),
        &[("Tag", r#"[{"Key":"a"},{"Key":"b","Value":"\""}]"#)],
    );
    check(|out| out.add_simple("Ids", Some(&["a", "b"])), &[("Ids", "a,b")]);
    check(|out| out.add_simple("Ids", Some(&[1, 2])), &[("Ids", "1,2")]);
    check(|out| out.add_json("A", Some(&BTreeMap::from([(vec![1], 1)]))), &[("A", "")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_value_of_any_type_is_flattened_by_what_it_is() {
    let value = serde_json::json!({"a": [1, "x", null], "b.c": true});
    check(|out| out.add("V", &value), &[("V.a.1", "1"), ("V.a.2", "x"), ("V.#3#b.c", "true")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn set_replaces_in_place() {
    let mut parameters = WireParameters::from_iter([("A", "1"), ("B", "2"), ("A", "3")]);
    parameters.set("A", "4");
    parameters.set("C", "5");
    assert_eq!(parameters.iter().collect::<Vec<_>>(), [("A", "4"), ("B", "2"), ("C", "5")]);
    assert_eq!(parameters.value("B"), Some("2"));
    assert_eq!(parameters.value("b"), None);
    assert_eq!((parameters.len(), parameters.is_empty()), (3, false));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn stored_parameters_are_a_list_of_pairs() {
    let parameters = WireParameters::from_iter([("B", "2"), ("A", "é\"")]);
    let stored = serde_json::to_string(&parameters).unwrap();
    assert_eq!(stored, r#"[["B","2"],["A","é\""]]"#);
    assert_eq!(serde_json::from_str::<WireParameters>(&stored).unwrap(), parameters);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn debug_shows_names_only() {
    let parameters =
        WireParameters::from_iter([("RegionId", "cn-hangzhou"), ("Password", "hunter2"), ("Secret.hunter2", "1")]);
    assert_eq!(format!("{parameters:?}"), r#"WireParameters["RegionId", "Password", "Secret.…"]"#);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn parameters_are_parted_by_where_they_travel() {
    const fn parameter(name: &'static str, position: Position, style: Style) -> Parameter {
        let schema = Schema { kind: Kind::Any, constraints: &[], sensitive: false };
        Parameter { name, position, style, required: false, schema }
    }
    static MIXED: Operation = Operation {
        product: "TEST",
        version: "2020-01-01",
        name: "Mixed",
        summary: "",
        methods: &[],
        https_only: false,
        path: "/",
        body_type: None,
        parameters: &[
            parameter("Query", Position::Query, Style::Plain),
            parameter("Form", Position::Form, Style::RepeatList),
            parameter("Form.Inner", Position::Query, Style::RepeatList),
            parameter("Header", Position::Header, Style::Plain),
        ],
        errors: &[],
        success_flag: false,
        named: &[],
    };
    let names = ["Form.1.Key", "Query", "Form.Inner.1", "Header", "Unknown", "Query.1"];
    let parameters: WireParameters = names.map(|name| (name, "")).into_iter().collect();
    let at = |position| parameters.at(&MIXED, position).map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(at(Position::Query), ["Query", "Form.Inner.1", "Unknown", "Query.1"]);
    assert_eq!(at(Position::Form), ["Form.1.Key"]);
    assert_eq!(at(Position::Header), ["Header"]);
    assert_eq!(at(Position::Body), [""; 0]);
}
