//! What holds for any input. Native only: proptest needs an operating system.
#![cfg(not(target_arch = "wasm32"))]

extern crate alloc;

use acs_rpc::{
    Answer, Constraint, Kind, Operation, Parameter, Position, Property, Schema, Style, SuccessSign, ToWire,
    WireParameters, check_value, retry_after_ms,
};
use alloc::{borrow::Cow, collections::BTreeMap};
use proptest::prelude::*;

const fn schema(kind: Kind) -> Schema {
    Schema { kind, constraints: LIMITS, sensitive: false }
}

const LIMITS: &[Constraint] = &[
    Constraint::MinLength(1),
    Constraint::MaxLength(5),
    Constraint::Ascii,
    Constraint::Prefix("1"),
    Constraint::Minimum(-1),
    Constraint::Maximum(1),
    Constraint::MinItems(1),
    Constraint::MaxItems(2),
    Constraint::OneOf(&["1", "é"]),
    Constraint::JsonStrings(1),
];

const KINDS: &[Schema] = &[
    schema(Kind::String),
    schema(Kind::Int32),
    schema(Kind::Int64),
    schema(Kind::Number),
    schema(Kind::Boolean),
    schema(Kind::Binary),
    schema(Kind::Any),
    schema(Kind::Array(&schema(Kind::Named("N")))),
    schema(Kind::Map(&schema(Kind::String))),
    schema(Kind::Map(&schema(Kind::Named("N")))),
    schema(Kind::Object(&[])),
    schema(Kind::Named("N")),
    schema(Kind::Named("Nowhere")),
];

const fn parameter(name: &'static str, style: Style, schema: Schema) -> Parameter {
    Parameter { name, position: Position::Query, style, required: true, schema }
}

static EVERYTHING: Operation = Operation {
    product: "TEST",
    version: "2020-01-01",
    name: "Everything",
    summary: "",
    methods: &[],
    https_only: false,
    path: "/",
    body_type: None,
    parameters: &[
        parameter("A", Style::Plain, schema(Kind::Named("N"))),
        parameter("B", Style::RepeatList, schema(Kind::Array(&schema(Kind::Named("N"))))),
        parameter("C", Style::Flat, schema(Kind::Map(&schema(Kind::Named("N"))))),
        parameter("D", Style::Flat, schema(Kind::Named("N"))),
        parameter("E", Style::Json, schema(Kind::Named("N"))),
        parameter("F", Style::Simple, schema(Kind::Array(&schema(Kind::Int32)))),
        parameter("B.1", Style::Simple, schema(Kind::Named("Loop"))),
    ],
    errors: &[],
    success_flag: false,
    named: &[
        (
            "N",
            schema(Kind::Object(&[
                Property { name: "A", required: true, schema: schema(Kind::Int32) },
                Property { name: "B", required: true, schema: schema(Kind::Array(&schema(Kind::Named("N")))) },
                Property { name: "C", required: false, schema: schema(Kind::Map(&schema(Kind::String))) },
                Property { name: "A.B", required: false, schema: schema(Kind::Any) },
            ])),
        ),
        ("Loop", schema(Kind::Named("Loop"))),
    ],
};

/// Names near the table's: its letters, indexes, marks of map keys, and what belongs nowhere.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[A-F](\\.([A-C]|[0-3]{1,2}|#[0-9]#|é|)){0,5}", "\\PC{0,8}", any::<String>()]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[-0-9.e,]{0,5}", "(\\[|\\]|\\{|\\}|\"A\":|\"B\":|1|,|null|\"é\"){0,10}", any::<String>()]
}

proptest! {
    #[test]
    fn check_takes_any_pairs(pairs in proptest::collection::vec((name(), value()), 0..8)) {
        let parameters: WireParameters = pairs.into_iter().collect();
        if let Err(problems) = EVERYTHING.check(&parameters) {
            for problem in problems {
                prop_assert!(problem.name.chars().count() <= 64);
                prop_assert!(!problem.to_string().contains('\n'));
            }
        }
    }

    #[test]
    fn check_value_takes_any_text(text in value()) {
        for schema in KINDS {
            let problem = check_value(schema, &text).err();
            prop_assert!(problem.is_none_or(|violation| !violation.to_string().contains('\n')));
        }
    }

    #[test]
    fn answers_take_any_bytes(status: u16, body: Vec<u8>, text in value()) {
        for body in [&body, text.as_bytes(), format!(r#"{{"Code": {text}, "Message": {text:?}}}"#).as_bytes()] {
            for sign in [SuccessSign::Status, SuccessSign::Body] {
                if let Err(failure) = Answer::new(status, body).parse::<serde_json::Value>(sign) {
                    let _ = failure.class(&EVERYTHING);
                }
            }
        }
        let _ = retry_after_ms(&text);
    }

    #[test]
    fn what_typed_values_write_is_accepted(
        keys in proptest::collection::btree_map(any::<String>(), any::<i64>(), 0..4),
        groups in proptest::collection::vec((any::<String>(), any::<Option<bool>>()), 0..4),
    ) {
        let mut parameters = WireParameters::new();
        parameters.add("Keys", &keys);
        let groups: Vec<Group> = groups.into_iter().map(|(name, open)| Group { name, open }).collect();
        parameters.add("Groups", &groups);
        parameters.add("Nested", &BTreeMap::from_iter(keys.into_keys().zip(groups)));
        prop_assert_eq!(TYPED.check(&parameters), Ok(()));
    }

    #[test]
    fn stored_parameters_come_back(pairs in proptest::collection::vec((any::<String>(), any::<String>()), 0..4)) {
        let parameters: WireParameters = pairs.into_iter().collect();
        let stored = serde_json::to_string(&parameters).unwrap();
        prop_assert_eq!(serde_json::from_str::<WireParameters>(&stored).unwrap(), parameters);
    }
}

struct Group {
    name: String,
    open: Option<bool>,
}

impl ToWire for Group {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        out.add_field(&name, "Name", &self.name);
        out.add_field(&name, "Open", &self.open);
    }
}

const fn free(kind: Kind) -> Schema {
    Schema { kind, constraints: &[], sensitive: false }
}

const GROUP: Schema = free(Kind::Object(&[
    Property { name: "Name", required: false, schema: free(Kind::String) },
    Property { name: "Open", required: false, schema: free(Kind::Boolean) },
]));

static TYPED: Operation = Operation {
    product: "TEST",
    version: "2020-01-01",
    name: "Typed",
    summary: "",
    methods: &[],
    https_only: false,
    path: "/",
    body_type: None,
    parameters: &[
        optional("Keys", free(Kind::Map(&free(Kind::Int64)))),
        optional("Groups", free(Kind::Array(&GROUP))),
        optional("Nested", free(Kind::Map(&GROUP))),
    ],
    errors: &[],
    success_flag: false,
    named: &[],
};

const fn optional(name: &'static str, schema: Schema) -> Parameter {
    Parameter { name, position: Position::Query, style: Style::Flat, required: false, schema }
}
