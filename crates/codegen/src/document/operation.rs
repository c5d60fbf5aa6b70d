//! Reading operations, their parameters, errors and examples.

use super::{ErrorSpec, ExampleSpec, NAME_LENGTH, OperationSpec, ParameterSpec, SchemaSpec, Shape, check_name, schema};
use crate::{
    problem::{Place, Report, list, quoted},
    reader::Fields,
};
use acs_rpc::{Method, Position, Style};
use alloc::collections::BTreeSet;
use serde_json::Value;

const KEYS: &[&str] = &[
    "title",
    "summary",
    "description",
    "methods",
    "schemes",
    "path",
    "consumes",
    "produces",
    "security",
    "operationType",
    "deprecated",
    "systemTags",
    "parameters",
    "responses",
    "errorCodes",
    "responseDemo",
    "staticInfo",
    "eventInfo",
    "ramActions",
    "flowControl",
    "changeSet",
    "requestParamsDescription",
    "responseParamsDescription",
    "extraInfo",
    "translator",
    "tags",
];

const POSITIONS: &[(&str, Position)] = &[
    ("query", Position::Query),
    ("formData", Position::Form),
    ("body", Position::Body),
    ("header", Position::Header),
    ("host", Position::Host),
    ("path", Position::Path),
];

const STYLES: &[(&str, Style)] =
    &[("repeatList", Style::RepeatList), ("flat", Style::Flat), ("json", Style::Json), ("simple", Style::Simple)];

pub(super) fn read(
    name: &str,
    value: &Value,
    names: &BTreeSet<&str>,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<OperationSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.known("an operation", KEYS, report);
    let schemes: Vec<&str> =
        fields.list("schemes", report).unwrap_or_default().iter().filter_map(Value::as_str).collect();
    Some(OperationSpec {
        name: name.to_owned(),
        summary: fields.text("summary", report).unwrap_or_default().trim().to_owned(),
        description: fields.text("description", report).unwrap_or_default().trim().to_owned(),
        methods: read_methods(&fields, report),
        https_only: schemes.contains(&"https") && !schemes.contains(&"http"),
        deprecated: fields.flag("deprecated", report),
        parameters: read_parameters(&fields, names, report),
        response: read_response(&fields, names, report),
        errors: read_errors(&fields, report),
        examples: read_examples(&fields, report),
    })
}

fn read_methods(operation: &Fields<'_, '_>, report: &mut Report) -> Vec<Method> {
    let mut methods = Vec::new();
    let at = operation.at().key("methods");
    for (index, value) in operation.list("methods", report).unwrap_or_default().iter().enumerate() {
        match value.as_str() {
            Some("get") => methods.push(Method::Get),
            Some("post") => methods.push(Method::Post),
            Some("put" | "delete" | "patch" | "head") => report.warn(&at.index(index), "method that RPC does not use"),
            _ => report.error(&at.index(index), format!("unknown method {value}, expected \"get\" or \"post\"")),
        }
    }
    if methods.is_empty() {
        report.error(operation.at(), "no methods, expected get, post or both");
    }
    methods
}

fn read_parameters(operation: &Fields<'_, '_>, names: &BTreeSet<&str>, report: &mut Report) -> Vec<ParameterSpec> {
    let at = operation.at().key("parameters");
    let mut parameters: Vec<ParameterSpec> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, value) in operation.list("parameters", report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let Some(parameter) = read_parameter(value, names, &at, report) else { continue };
        if seen.insert(parameter.name.clone()) {
            parameters.push(parameter);
        } else {
            report.error(&at.key("name"), format!("a second parameter {}, expected one", quoted(&parameter.name)));
        }
    }
    parameters
}

fn read_parameter(value: &Value, names: &BTreeSet<&str>, at: &Place<'_>, report: &mut Report) -> Option<ParameterSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.known("a parameter", &["name", "in", "style", "allowEmptyValue", "examples", "schema"], report);
    let name =
        fields.required_text("name", report).filter(|name| check_name(name, NAME_LENGTH, &at.key("name"), report));
    let position = fields.required_text("in", report).and_then(|position| {
        let known = POSITIONS.iter().find_map(|(name, known)| (*name == position).then_some(*known));
        if known.is_none() {
            let expected = list(POSITIONS.iter().map(|(name, _)| name));
            report.error(&at.key("in"), format!("unknown position {}, expected one of {expected}", quoted(position)));
        }
        known
    });
    let stated = fields.text("style", report).filter(|style| !style.is_empty()).and_then(|style| {
        let known = STYLES.iter().find_map(|(name, known)| (*name == style).then_some(*known));
        if known.is_none() {
            let expected = list(STYLES.iter().map(|(name, _)| name));
            report.error(&at.key("style"), format!("unknown style {}, expected one of {expected}", quoted(style)));
        }
        known
    });
    let schema = match fields.value("schema") {
        Some(schema) => schema::read(schema, names, 0, &at.key("schema"), report)?,
        None => {
            report.error(at, "missing \"schema\", expected an object");
            return None;
        }
    };
    let style = effective_style(stated, &schema, at, report);
    Some(ParameterSpec { name: name?.to_owned(), position: position?, style, schema })
}

/// See [`ParameterSpec::style`].
fn effective_style(stated: Option<Style>, schema: &SchemaSpec, at: &Place<'_>, report: &mut Report) -> Style {
    match (&schema.shape, stated) {
        (Shape::Array(items), Some(Style::Simple)) => {
            if matches!(items.shape, Shape::Array(_) | Shape::Object(_) | Shape::Map(_)) {
                report.error(&at.key("style"), "simple joins scalars, found a list of arrays or objects");
            }
            Style::Simple
        }
        (Shape::Object(_) | Shape::Map(_) | Shape::Reference(_), Some(Style::Simple)) => {
            report.error(&at.key("style"), "simple joins the items of an array, found an object");
            Style::Simple
        }
        (Shape::Array(_) | Shape::Object(_) | Shape::Map(_) | Shape::Reference(_) | Shape::Any, Some(style)) => style,
        (Shape::Array(_) | Shape::Object(_) | Shape::Map(_) | Shape::Reference(_), None) => Style::Flat,
        _ => Style::Plain,
    }
}

fn read_response(operation: &Fields<'_, '_>, names: &BTreeSet<&str>, report: &mut Report) -> Option<SchemaSpec> {
    let at = operation.at().key("responses");
    let responses = Fields::of(operation.value("responses")?, &at, report)?;
    let mut answer = None;
    for (status, value) in responses.iter() {
        let at = at.key(status);
        let Some(response) = Fields::of(value, &at, report) else { continue };
        response.known("a response", &["schema", "headers", "description", "examples"], report);
        let Some(schema) = response.value("schema") else { continue };
        let schema = schema::read(schema, names, 0, &at.key("schema"), report);
        if status == "200" || (answer.is_none() && status.starts_with('2')) {
            answer = schema;
        }
    }
    answer
}

fn read_errors(operation: &Fields<'_, '_>, report: &mut Report) -> Vec<ErrorSpec> {
    let at = operation.at().key("errorCodes");
    let Some(statuses) = operation.value("errorCodes").and_then(|value| Fields::of(value, &at, report)) else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    for (status, _) in statuses.iter() {
        let at = at.key(status);
        let Ok(number) = status.parse() else {
            report.warn(&at, "errors under what is no HTTP status");
            continue;
        };
        for (index, value) in statuses.list(status, report).unwrap_or_default().iter().enumerate() {
            let at = at.index(index);
            let Some(error) = Fields::of(value, &at, report) else { continue };
            error.known("an error", &["errorCode", "errorMessage", "description"], report);
            let code = error.text("errorCode", report).map(str::trim).unwrap_or_default();
            if code.is_empty() {
                report.warn(&at, "error without a code");
                continue;
            }
            let message = error.text("errorMessage", report).unwrap_or_default().trim();
            errors.push(ErrorSpec { status: number, code: code.to_owned(), message: message.to_owned() });
        }
    }
    errors
}

/// The examples stand in a text that holds a JSON array. They are prose of a kind, so what is wrong with them is a warning.
fn read_examples(operation: &Fields<'_, '_>, report: &mut Report) -> Vec<ExampleSpec> {
    let at = operation.at().key("responseDemo");
    let Some(text) = operation.text("responseDemo", report).filter(|text| !text.trim().is_empty()) else {
        return Vec::new();
    };
    let Ok(Value::Array(demos)) = serde_json::from_str(text) else {
        report.warn(&at, "examples that are no JSON array");
        return Vec::new();
    };
    let mut examples = Vec::new();
    for demo in &demos {
        let member = |key| demo.get(key).and_then(Value::as_str).unwrap_or_default();
        let (format, body) = (member("type"), member("example"));
        match format {
            _ if body.trim().is_empty() => {}
            "json" if serde_json::from_str::<Value>(body).is_err() => {
                report.warn(&at, "JSON example that is not JSON");
            }
            "json" | "xml" => examples.push(ExampleSpec { format: format.to_owned(), body: body.to_owned() }),
            _ => report.warn(&at, "example that is neither json nor xml"),
        }
    }
    examples
}
