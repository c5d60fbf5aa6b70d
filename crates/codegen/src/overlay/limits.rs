//! Limits, values and types that stand only in prose, laid over the document's schemas.

use super::require_evidence;
use crate::{
    ApiDocument, Constraint, SchemaSpec, Shape, ValueTitle,
    names::Naming,
    problem::{Place, Report, list, quoted},
    reader::{Fields, mismatch},
};
use core::mem::discriminant;
use serde_json::Value;

/// `[types.<Name>]`: a checked type for parameters of one meaning, wherever they occur.
pub(super) fn read_types(types: &Fields<'_, '_>, document: &mut ApiDocument, report: &mut Report) {
    for (name, value) in types.iter() {
        let at = types.at().key(name);
        let Some(fields) = Fields::of(value, &at, report) else { continue };
        fields.only(&["parameters", "items", "limits", "evidence"], report);
        require_evidence(&fields, report);
        if Naming::Type.name(name) != name {
            report.error(&at, "expected a name in UpperCamelCase");
        }
        let limits = read_limits(&fields, report);
        let at = at.key("parameters");
        for (index, parameter) in names(&fields, "parameters", report) {
            let at = at.index(index);
            let mut found = false;
            for operation in &mut document.operations {
                for spec in operation.parameters.iter_mut().filter(|spec| spec.name == parameter) {
                    found = true;
                    if let Some(other) = spec.schema.type_name.replace(name.to_owned()) {
                        report.error(&at, format!("{parameter} has the type {other} already"));
                    }
                    add(&mut spec.schema, &limits, &at, report);
                }
            }
            if !found {
                report.error(&at, format!("no operation of the document has a parameter {}", quoted(parameter)));
            }
        }
    }
}

/// `items` of `[types.<Name>]`: parameters whose text holds a JSON array of values of the type.
pub(super) fn name_items(types: &Fields<'_, '_>, document: &mut ApiDocument, report: &mut Report) {
    for (name, value) in types.iter() {
        let at = types.at().key(name);
        // Anything but a table has been reported where limits were read.
        let Some(fields) = value.is_object().then(|| Fields::of(value, &at, report)).flatten() else { continue };
        let at = at.key("items");
        for (index, parameter) in names(&fields, "items", report) {
            let mut found = false;
            let parameters = document.operations.iter_mut().flat_map(|operation| &mut operation.parameters);
            for spec in parameters.filter(|spec| spec.name == parameter && spec.schema.json_strings().is_some()) {
                found = true;
                spec.schema.type_name = Some(name.to_owned());
            }
            if !found {
                let problem =
                    format!("no parameter {} that holds a JSON array (limits.json_strings)", quoted(parameter));
                report.error(&at.index(index), problem);
            }
        }
    }
}

/// `[served.<Operation>.parameters.<Name>]`: limits and values of one parameter of one operation.
pub(super) fn read_parameters(
    served: &Fields<'_, '_>,
    operation: usize,
    document: &mut ApiDocument,
    report: &mut Report,
) {
    let at = served.at().key("parameters");
    let Some(parameters) = served.value("parameters").and_then(|value| Fields::of(value, &at, report)) else { return };
    let Some(operation) = document.operations.get_mut(operation) else { return };
    for (name, value) in parameters.iter() {
        let at = at.key(name);
        let Some(fields) = Fields::of(value, &at, report) else { continue };
        fields.only(&["limits", "values", "evidence"], report);
        require_evidence(&fields, report);
        let Some(spec) = operation.parameters.iter_mut().find(|spec| spec.name == name) else {
            let has = list(operation.parameters.iter().map(|spec| &spec.name));
            report.error(&at, format!("no such parameter in {}; it has {has}", operation.name));
            continue;
        };
        add(&mut spec.schema, &read_limits(&fields, report), &at, report);
        add_values(&mut spec.schema, &fields, report);
    }
}

/// `[[served.<Operation>.fields]]`: values of one field of the answer.
pub(super) fn read_answer_fields(
    served: &Fields<'_, '_>,
    operation: usize,
    document: &mut ApiDocument,
    report: &mut Report,
) {
    let at = served.at().key("fields");
    let Some(operation) = document.operations.get_mut(operation) else { return };
    for (index, value) in served.list("fields", report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let Some(fields) = Fields::of(value, &at, report) else { continue };
        fields.only(&["path", "values", "evidence"], report);
        require_evidence(&fields, report);
        let at = at.key("path");
        let mut schema = operation.response.as_mut();
        for (index, name) in names(&fields, "path", report) {
            schema = schema.and_then(|schema| field_mut(schema, name));
            if schema.is_none() {
                report.error(&at.index(index), format!("no such field in the answer of {}", operation.name));
                break;
            }
        }
        if let Some(schema) = schema {
            add_values(schema, &fields, report);
        }
    }
}

/// A field of the object, or of the objects in the array.
fn field_mut<'s>(schema: &'s mut SchemaSpec, name: &str) -> Option<&'s mut SchemaSpec> {
    match &mut schema.shape {
        Shape::Object(properties) => properties.iter_mut().find_map(|(n, schema)| (n == name).then_some(schema)),
        Shape::Array(items) => field_mut(items, name),
        _ => None,
    }
}

/// The texts under a key, with their indices; anything else there is reported.
pub(super) fn names<'v>(fields: &Fields<'v, '_>, key: &str, report: &mut Report) -> Vec<(usize, &'v str)> {
    let at = fields.at().key(key);
    let items = fields.list(key, report).unwrap_or_default().iter().enumerate();
    items
        .filter_map(|(index, item)| match item {
            Value::String(text) => Some((index, text.as_str())),
            other => mismatch(other, "text", &at.index(index), report),
        })
        .collect()
}

fn read_limits(fields: &Fields<'_, '_>, report: &mut Report) -> Vec<Constraint> {
    let at = fields.at().key("limits");
    let Some(limits) = fields.value("limits").and_then(|value| Fields::of(value, &at, report)) else {
        return Vec::new();
    };
    let mut constraints = Vec::new();
    for (key, value) in limits.iter() {
        let count = value.as_u64();
        let constraint = match key {
            "min_length" => count.map(Constraint::MinLength),
            "max_length" => count.map(Constraint::MaxLength),
            "min_items" => count.map(Constraint::MinItems),
            "max_items" => count.map(Constraint::MaxItems),
            "json_strings" => count.map(Constraint::JsonStrings),
            "minimum" => value.as_i64().map(Constraint::Minimum),
            "maximum" => value.as_i64().map(Constraint::Maximum),
            "ascii" => value.as_bool().filter(|ascii| *ascii).map(|_| Constraint::Ascii),
            "prefix" => value.as_str().map(|prefix| Constraint::Prefix(prefix.to_owned())),
            _ => {
                let known =
                    "ascii, json_strings, max_items, max_length, maximum, min_items, min_length, minimum, prefix";
                report.error(&at.key(key), format!("unknown limit, expected one of {known}"));
                continue;
            }
        };
        match constraint {
            Some(constraint) => constraints.push(constraint),
            None => {
                let expected = match key {
                    "minimum" | "maximum" => "a whole number",
                    "ascii" => "true",
                    "prefix" => "text",
                    _ => "a count",
                };
                mismatch::<()>(value, expected, &at.key(key), report);
            }
        }
    }
    constraints
}

/// Adds limits that fit the type and are not there yet.
fn add(schema: &mut SchemaSpec, limits: &[Constraint], at: &Place<'_>, report: &mut Report) {
    for limit in limits {
        let (key, fits) = match limit {
            Constraint::MinLength(_) => ("min_length", schema.shape == Shape::String),
            Constraint::MaxLength(_) => ("max_length", schema.shape == Shape::String),
            Constraint::Ascii => ("ascii", schema.shape == Shape::String),
            Constraint::Prefix(_) => ("prefix", schema.shape == Shape::String),
            Constraint::JsonStrings(_) => ("json_strings", schema.shape == Shape::String),
            Constraint::AtLeast(_) | Constraint::MoreThan(_) => ("minimum", is_number(&schema.shape)),
            Constraint::AtMost(_) | Constraint::LessThan(_) => ("maximum", is_number(&schema.shape)),
            Constraint::Minimum(_) => ("minimum", is_number(&schema.shape)),
            Constraint::Maximum(_) => ("maximum", is_number(&schema.shape)),
            Constraint::MinItems(_) => ("min_items", matches!(schema.shape, Shape::Array(_))),
            Constraint::MaxItems(_) => ("max_items", matches!(schema.shape, Shape::Array(_))),
            Constraint::OneOf(_) => ("values", true),
        };
        if !fits {
            report.error(at, format!("the limit {key} does not fit the type that the document gives"));
        } else if schema.constraints.iter().any(|other| discriminant(other) == discriminant(limit)) {
            report.error(at, format!("there is a limit {key} already, from the document or another entry"));
        } else {
            schema.constraints.push(limit.clone());
        }
    }
}

fn is_number(shape: &Shape) -> bool {
    matches!(shape, Shape::Int32 | Shape::Int64 | Shape::Number)
}

/// `values`: plain texts, or tables of value, name, en and zh.
fn add_values(schema: &mut SchemaSpec, fields: &Fields<'_, '_>, report: &mut Report) {
    let at = fields.at().key("values");
    let mut titles: Vec<ValueTitle> = Vec::new();
    for (index, value) in fields.list("values", report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let title = match value {
            Value::String(value) => {
                Some(ValueTitle { value: value.clone(), name: None, title: String::new(), title_zh: None })
            }
            other => read_title(other, &at, report),
        };
        let Some(title) = title else { continue };
        if titles.iter().any(|other| other.value == title.value) {
            report.error(&at, "the same value a second time");
        } else if title.name.is_some() && titles.iter().any(|other| other.name == title.name) {
            report.error(&at.key("name"), "the same name a second time");
        } else {
            titles.push(title);
        }
    }
    if titles.is_empty() {
        return;
    }
    if schema.shape != Shape::String {
        report.error(&at, "values fit text only, and the document gives another type");
        return;
    }
    let values = titles.iter().map(|title| title.value.clone()).collect();
    add(schema, &[Constraint::OneOf(values)], fields.at(), report);
    schema.titles = titles;
}

fn read_title(value: &Value, at: &Place<'_>, report: &mut Report) -> Option<ValueTitle> {
    let fields = Fields::of(value, at, report)?;
    fields.only(&["value", "name", "en", "zh"], report);
    let name = fields.text("name", report);
    if name.is_some_and(|name| name == "Other" || Naming::Type.name(name) != name) {
        report.error(&at.key("name"), "expected a name in UpperCamelCase other than Other");
    }
    let value = fields.required_text("value", report)?;
    Some(ValueTitle {
        value: value.to_owned(),
        name: name.map(str::to_owned),
        title: fields.required_text("en", report)?.to_owned(),
        title_zh: Some(fields.required_text("zh", report)?.to_owned()),
    })
}
