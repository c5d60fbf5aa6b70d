//! `reference.json`: everything the pages say about the operations, as data.

use super::{OWN_WORDS, Served, must_be_given, served, written};
use crate::{
    ApiDocument, Constraint, Effect, OperationSpec, Overlay, ParameterSpec, SchemaSpec, ServedSpec, Shape, TextSpec,
    prose::visible, words::type_words,
};
use acs_rpc::{Method, Position, Style};
use serde_json::{Map, Value, json};

pub(crate) fn reference(document: &ApiDocument, overlay: &Overlay, header: &str) -> String {
    let operations = document.operations.iter().map(|operation| {
        let spec = overlay.served.iter().find(|spec| spec.operation == operation.name);
        described(document, operation, spec)
    });
    let order: Vec<&str> = served(document, overlay).map(|served| served.operation.name.as_str()).collect();
    let schemas = document.schemas.iter().map(|(name, spec)| (name.clone(), Value::Object(schema(document, spec))));
    let endpoints =
        document.endpoints.iter().map(|endpoint| json!({ "region": endpoint.region, "host": endpoint.host }));
    let own = OWN_WORDS
        .map(|own| json!({ "word": own.word, "usage": own.usage(), "summary": { "en": own.en, "zh": own.zh } }));
    written(&json!({
        "generated": header,
        "product": document.product,
        "version": document.version,
        "served": order,
        "operations": operations.collect::<Vec<_>>(),
        "schemas": schemas.collect::<Map<_, _>>(),
        "words": own,
        "endpoints": endpoints.collect::<Vec<_>>(),
    }))
}

fn described(document: &ApiDocument, operation: &OperationSpec, spec: Option<&ServedSpec>) -> Value {
    let methods = operation.methods.iter().map(|method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    let errors = operation
        .errors
        .iter()
        .map(|error| json!({ "status": error.status, "code": error.code, "message": visible(&error.message) }));
    let examples =
        operation.examples.iter().map(|example| json!({ "format": example.format, "body": visible(&example.body) }));
    json!({
        "name": operation.name,
        "summary": visible(&operation.summary).trim(),
        "description": visible(&operation.description).trim(),
        "methods": methods.collect::<Vec<_>>(),
        "https_only": operation.https_only,
        "deprecated": operation.deprecated,
        "parameters": operation.parameters.iter().map(|one| parameter(document, one)).collect::<Vec<_>>(),
        "response": operation.response.as_ref().map(|answer| schema(document, answer)),
        "errors": errors.collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(),
        "gateway": spec.map(|spec| gateway(&Served { spec, operation })),
    })
}

/// How the gateway serves it.
fn gateway(served: &Served<'_>) -> Value {
    let spec = served.spec;
    let words = spec.words.iter().map(|word| {
        json!({
            "word": word.word,
            "usage": served.usage(word),
            "fixed": pairs(&word.fixed),
            "in_english": pairs(&word.in_english),
            "arguments": word.arguments,
            "summary": text(&word.summary),
        })
    });
    let risks = spec.risks.iter().map(|risk| {
        json!({
            "when": risk.when.as_ref().map(|when| pairs(core::slice::from_ref(when))),
            "consequences": risk.consequences.iter().map(text).collect::<Vec<_>>(),
        })
    });
    let command = served.parameters().filter(|parameter| must_be_given(parameter));
    let command = command.fold(served.operation.name.clone(), |line, parameter| format!("{line} {}=…", parameter.name));
    json!({
        "effect": match spec.effect {
            Effect::Read => "read",
            Effect::Write => "write",
        },
        "subject": spec.subject,
        "client_token": spec.client_token,
        "usage": command,
        "words": words.collect::<Vec<_>>(),
        "risks": risks.collect::<Vec<_>>(),
        "listing": spec.listing.as_ref().map(|listing| json!({ "items": listing.items, "columns": listing.columns })),
        "observation": spec.observation.as_ref().map(|observation| json!({
            "operation": observation.operation,
            "field": observation.field,
            "parameter": observation.parameter,
            "expected": pairs(&observation.expected),
        })),
        "ram": { "action": spec.ram.action, "level": spec.ram.level, "resource": spec.ram.resource },
    })
}

fn parameter(document: &ApiDocument, parameter: &ParameterSpec) -> Value {
    let position = match parameter.position {
        Position::Query => "query",
        Position::Form => "formData",
        Position::Body => "body",
        Position::Header => "header",
        Position::Host => "host",
        Position::Path => "path",
    };
    let style = match parameter.style {
        Style::Plain => None,
        Style::RepeatList => Some("repeatList"),
        Style::Flat => Some("flat"),
        Style::Json => Some("json"),
        Style::Simple => Some("simple"),
    };
    let mut members = Map::new();
    members.insert("name".to_owned(), parameter.name.clone().into());
    members.insert("in".to_owned(), position.into());
    members.insert("style".to_owned(), style.into());
    members.extend(schema(document, &parameter.schema));
    Value::Object(members)
}

/// Type, limits and words; absent members say nothing.
fn schema(document: &ApiDocument, spec: &SchemaSpec) -> Map<String, Value> {
    let mut members = Map::new();
    let mut add = |name: &str, value: Value| {
        let says_something = match &value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty(),
            Value::Bool(flag) => *flag,
            Value::Number(_) => true,
        };
        if says_something {
            members.insert(name.to_owned(), value);
        }
    };
    add("type", type_words(document, spec).into());
    add("required", spec.required.into());
    add("read_only", spec.read_only.into());
    add("limits", limits(spec).into());
    add("values", values(spec));
    add("pattern", spec.pattern.clone().into());
    add("default", spec.default.as_deref().map(visible).into());
    add("description", visible(&spec.description).trim().into());
    add("example", visible(&spec.example).into());
    add("sensitive", spec.sensitive.into());
    add("deprecated", spec.deprecated.into());
    add("visibility", spec.visibility.clone().into());
    match &spec.shape {
        Shape::Array(items) => add("items", schema(document, items).into()),
        Shape::Map(values) => add("values_of", schema(document, values).into()),
        Shape::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), Value::Object(schema(document, field))));
            add("fields", Value::Object(fields.collect()));
            add("values_of", spec.additional.as_deref().map(|values| schema(document, values)).into());
        }
        Shape::Reference(name) => add("schema", name.clone().into()),
        _ => {}
    }
    members
}

/// A number as JSON writes it.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// All limits but the permitted values.
fn limits(spec: &SchemaSpec) -> Map<String, Value> {
    let limits = spec.constraints.iter().filter_map(|constraint| {
        let (name, value): (&str, Value) = match constraint {
            Constraint::MinLength(n) => ("min_length", (*n).into()),
            Constraint::MaxLength(n) => ("max_length", (*n).into()),
            Constraint::Ascii => ("ascii", true.into()),
            Constraint::Prefix(prefix) => ("prefix", prefix.clone().into()),
            Constraint::Minimum(n) => ("minimum", (*n).into()),
            Constraint::Maximum(n) => ("maximum", (*n).into()),
            Constraint::AtLeast(n) => ("minimum", number(n)),
            Constraint::AtMost(n) => ("maximum", number(n)),
            Constraint::MoreThan(n) => ("more_than", number(n)),
            Constraint::LessThan(n) => ("less_than", number(n)),
            Constraint::MinItems(n) => ("min_items", (*n).into()),
            Constraint::MaxItems(n) => ("max_items", (*n).into()),
            Constraint::JsonStrings(n) => ("json_strings", (*n).into()),
            Constraint::OneOf(_) => return None,
        };
        Some((name.to_owned(), value))
    });
    limits.collect()
}

/// The permitted values, or those known of, with what they mean.
fn values(spec: &SchemaSpec) -> Value {
    let known = spec.titles.iter().map(|title| title.value.as_str());
    let values: Vec<&str> = match spec.one_of() {
        Some(values) => values.iter().map(String::as_str).collect(),
        None => known.collect(),
    };
    let told = values.into_iter().map(|value| {
        let title = spec.titles.iter().find(|title| title.value == value);
        let en = title.map(|title| visible(&title.title)).filter(|en| !en.is_empty());
        let zh = title.and_then(|title| title.title_zh.as_deref()).map(visible);
        match en {
            Some(en) => json!({ "value": value, "title": { "en": en, "zh": zh } }),
            None => json!({ "value": value }),
        }
    });
    told.collect()
}

fn text(text: &TextSpec) -> Value {
    json!({ "en": visible(&text.en), "zh": visible(&text.zh) })
}

fn pairs(pairs: &[(String, String)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}
