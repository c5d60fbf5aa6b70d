//! Reading operations, their parameters, errors and examples.

use super::{
    ErrorSpec, ExampleSpec, OperationSpec, ParameterSpec, SchemaSpec, Shape,
    read::{Components, NAME_LENGTH, check_name},
    schema,
};
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
    components: &Components<'_>,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<OperationSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.known("an operation", KEYS, report);
    let schemes = texts(&fields, "schemes", report);
    let summary = fields.text("summary", report).unwrap_or_default().trim().to_owned();
    let description = fields.text("description", report).unwrap_or_default().trim().to_owned();
    let methods = read_methods(&fields, report);
    let deprecated = fields.flag("deprecated", report);
    let parameters = read_parameters(&fields, components, report);
    Some(OperationSpec {
        name: name.to_owned(),
        summary,
        description,
        methods,
        https_only: schemes.contains(&"https") && !schemes.contains(&"http"),
        deprecated,
        path: read_path(&fields, &parameters, report),
        body_type: body_type(&parameters, &fields, components, report),
        xml_type: xml_type(&fields, report),
        parameters,
        response: read_response(&fields, components, report),
        errors: read_errors(&fields, report),
        examples: read_examples(&fields, report),
    })
}

fn texts<'v>(fields: &Fields<'v, '_>, key: &str, report: &mut Report) -> Vec<&'v str> {
    fields.list(key, report).unwrap_or_default().iter().filter_map(Value::as_str).collect()
}

fn read_path(operation: &Fields<'_, '_>, parameters: &[ParameterSpec], report: &mut Report) -> String {
    let at = operation.at().key("path");
    let path = operation.text("path", report).map(str::trim).filter(|path| !path.is_empty()).unwrap_or("/");
    // It goes into the first line of a request as it is.
    if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        report.error(&at, format!("expected a path of printable ASCII that begins with /, found {}", quoted(path)));
    }
    for parameter in parameters.iter().filter(|parameter| parameter.position == Position::Path) {
        let place = format!("{{{}}}", parameter.name);
        if !path.contains(&place) {
            report.error(&at, format!("no place for a parameter, expected {} in {}", quoted(&place), quoted(path)));
        }
    }
    path.to_owned()
}

/// The document's, where it names one; else what the vendor's SDKs send with JSON and bytes.
fn body_type(
    parameters: &[ParameterSpec],
    operation: &Fields<'_, '_>,
    components: &Components<'_>,
    report: &mut Report,
) -> Option<String> {
    let body = parameters.iter().find(|parameter| parameter.position == Position::Body)?;
    let is_media_type = |text: &str| text.contains('/') && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let stated = texts(operation, "consumes", report).into_iter().find(|text| is_media_type(text));
    let usual = match (body.style, components.resolve(&body.schema.shape)) {
        (Style::Json, _) => "application/json; charset=utf-8",
        (_, Shape::Binary) => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    };
    Some(stated.unwrap_or(usual).to_owned())
}

fn xml_type(operation: &Fields<'_, '_>, report: &mut Report) -> Option<String> {
    let produced = texts(operation, "produces", report);
    let first = produced.first().filter(|_| produced.iter().all(|media_type| media_type.contains("xml")))?;
    Some((*first).to_owned())
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
    methods.sort_by_key(|method| *method == Method::Get);
    methods.dedup();
    if methods.is_empty() {
        report.error(operation.at(), "no methods, expected get, post or both");
    }
    methods
}

fn read_parameters(operation: &Fields<'_, '_>, components: &Components<'_>, report: &mut Report) -> Vec<ParameterSpec> {
    let at = operation.at().key("parameters");
    let mut parameters: Vec<ParameterSpec> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, value) in operation.list("parameters", report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let Some(parameter) = read_parameter(value, components, &at, report) else { continue };
        if seen.insert(parameter.name.clone()) {
            parameters.push(parameter);
        } else if let Some(first) = parameters.iter_mut().find(|first| is_repetition(&parameter, first)) {
            report.warn(&at, "parameter that stands there twice");
            let required = first.schema.required || parameter.schema.required;
            // Whichever stands first.
            if parameter.position == Position::Query && first.position != Position::Query {
                *first = parameter;
            }
            first.schema.required = required;
        } else {
            report.error(&at.key("name"), format!("a second parameter {}, expected one", quoted(&parameter.name)));
        }
    }
    parameters
}

/// Whether it does not matter which of the two is taken. The gateway takes query parameters from a form and the other way
/// round.
fn is_repetition(one: &ParameterSpec, other: &ParameterSpec) -> bool {
    let place = |position| if position == Position::Form { Position::Query } else { position };
    one.name == other.name
        && place(one.position) == place(other.position)
        && (one.style, &one.schema.shape) == (other.style, &other.schema.shape)
}

fn read_parameter(
    value: &Value,
    components: &Components<'_>,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<ParameterSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.known("a parameter", &["name", "in", "required", "style", "allowEmptyValue", "examples", "schema"], report);
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
    // Where the vendor's other formats have it.
    let required = fields.flag("required", report);
    let schema = match fields.value("schema") {
        Some(schema) => schema::read(schema, &components.names, 0, &at.key("schema"), report)?,
        None => {
            report.error(at, "missing \"schema\", expected an object");
            return None;
        }
    };
    let style = effective_style(stated, position, components.resolve(&schema.shape), components, at, report);
    let schema = SchemaSpec { required: schema.required || (required && !schema.read_only), ..schema };
    let (name, position) = (name?, position?);
    if position == Position::Header && !name.bytes().all(is_token) {
        let problem = format!("expected a header's name (RFC 9110: letters, digits, -, _ …), found {}", quoted(name));
        report.error(&at.key("name"), problem);
    }
    Some(ParameterSpec { name: name.to_owned(), position, style, schema })
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// See [`ParameterSpec::style`].
fn effective_style(
    stated: Option<Style>,
    position: Option<Position>,
    shape: &Shape,
    components: &Components<'_>,
    at: &Place<'_>,
    report: &mut Report,
) -> Style {
    let nested = |shape: &Shape| matches!(shape, Shape::Array(_) | Shape::Object(_) | Shape::Map(_));
    let one_text = !matches!(position, None | Some(Position::Query | Position::Form));
    match (shape, stated) {
        (Shape::Array(items), Some(Style::Simple)) => {
            if nested(components.resolve(&items.shape)) {
                let problem = "simple joins scalars, expected repeatList, flat or json for items that are none";
                report.error(&at.key("style"), problem);
            }
            Style::Simple
        }
        (Shape::Object(_) | Shape::Map(_), Some(Style::Simple)) => {
            report.error(&at.key("style"), "simple joins the items of an array, expected flat or json for an object");
            Style::Simple
        }
        (Shape::Any, Some(Style::Simple)) => Style::Plain,
        (Shape::Any, None) if position != Some(Position::Body) => Style::Plain,
        (shape, _) if one_text && (nested(shape) || *shape == Shape::Any) => Style::Json,
        (shape, Some(style)) if nested(shape) || *shape == Shape::Any => style,
        (shape, None) if nested(shape) => Style::Flat,
        _ => Style::Plain,
    }
}

fn read_response(operation: &Fields<'_, '_>, components: &Components<'_>, report: &mut Report) -> Option<SchemaSpec> {
    let at = operation.at().key("responses");
    let responses = Fields::of(operation.value("responses")?, &at, report)?;
    let mut answer: Option<(&str, Option<SchemaSpec>)> = None;
    for (status, value) in responses.iter() {
        let at = at.key(status);
        let Some(response) = Fields::of(value, &at, report) else { continue };
        response.known("a response", &["schema", "headers", "description", "examples"], report);
        let Some(schema) = response.value("schema") else { continue };
        let schema = schema::read(schema, &components.names, 0, &at.key("schema"), report);
        if status.starts_with('2') && answer.as_ref().is_none_or(|(other, _)| status < *other) {
            answer = Some((status, schema));
        }
    }
    answer.and_then(|(_, schema)| schema)
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
