//! Reading schema objects.

use super::{
    SchemaSpec, Shape, ValueTitle, limits,
    read::{NAME_LENGTH, check_name},
};
use crate::{
    problem::{Place, Report, list, quoted},
    reader::Fields,
};
use alloc::{borrow::Cow, collections::BTreeSet};
use serde_json::Value;
use std::collections::HashMap;

/// Deepest nesting of schemas. The deepest in the vendor's documents is 11; the JSON reader itself stops at 128 levels.
pub(super) const MAX_DEPTH: usize = 24;

/// What references to named schemas begin with.
const NAMED: &str = "#/components/schemas/";

const KEYS: &[&str] = &[
    "type",
    "format",
    "required",
    "docRequired",
    "title",
    "description",
    "example",
    "default",
    "enum",
    "enumValueTitles",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "items",
    "properties",
    "additionalProperties",
    "$ref",
    "deprecated",
    "readOnly",
    "sensitive",
    "nullable",
    "isFileTransferUrl",
    // Leftovers of the vendor's own tools.
    "itemNode",
    "itemName",
    "extendType",
    "backendName",
    "visibility",
    "nullToEmpty",
    "parseType",
    "valueMapping",
    "xml",
];

const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object", "any"];

pub(super) fn read(
    value: &Value,
    names: &BTreeSet<&str>,
    depth: usize,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<SchemaSpec> {
    if depth > MAX_DEPTH {
        report.error(at, format!("schemas nested deeper than {MAX_DEPTH}, expected less"));
        return None;
    }
    let fields = Fields::of(value, at, report)?;
    fields.known("a schema", KEYS, report);
    let shape = read_shape(&fields, names, depth, report);
    let constraints = shape.as_ref().map(|shape| limits::read(&fields, shape, report)).unwrap_or_default();
    let additional = match &shape {
        Some(Shape::Object(_)) => read_further(&fields, names, depth, report).map(Box::new),
        _ => None,
    };
    let (required, read_only) = (fields.flag("required", report), fields.flag("readOnly", report));
    let visibility = fields.text("visibility", report).filter(|seen| !matches!(*seen, "" | "Public" | "public"));
    Some(SchemaSpec {
        shape: shape?,
        required: required && !read_only,
        read_only,
        additional,
        visibility: visibility.map(str::to_owned),
        constraints,
        pattern: fields.text("pattern", report).filter(|pattern| !pattern.is_empty()).map(str::to_owned),
        default: fields.loose_text("default"),
        description: description(&fields, report),
        // The vendor's examples come with trailing tabs and line feeds.
        example: fields.loose_text("example").unwrap_or_default().trim().to_owned(),
        sensitive: fields.flag("sensitive", report),
        deprecated: fields.flag("deprecated", report),
        titles: read_titles(&fields, report),
        type_name: None,
    })
}

/// The name a reference leads to, if that is there: as it stands, else with the escapes of a URI (`%3C`) and of a JSON
/// pointer (`~1`) undone.
pub(super) fn referred(target: &str, is_there: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
    let name = target.strip_prefix(NAMED)?;
    if is_there(name) {
        return Some(Cow::Borrowed(name));
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| first == b'%').and_then(|hex| core::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    let name = String::from_utf8(bytes).ok()?.replace("~1", "/").replace("~0", "~");
    is_there(&name).then_some(Cow::Owned(name))
}

fn description(fields: &Fields<'_, '_>, report: &mut Report) -> String {
    let title = fields.text("title", report).unwrap_or_default().trim();
    let description = fields.text("description", report).unwrap_or_default().trim();
    if description.is_empty() { title } else { description }.to_owned()
}

fn read_shape(fields: &Fields<'_, '_>, names: &BTreeSet<&str>, depth: usize, report: &mut Report) -> Option<Shape> {
    if fields.has("$ref") {
        let target = fields.text("$ref", report)?;
        let name = referred(target, |name| names.contains(name));
        if name.is_none() {
            let problem = format!("expected #/components/schemas/<name of one there>, found {}", quoted(target));
            report.error(&fields.at().key("$ref"), problem);
        }
        return name.map(|name| Shape::Reference(name.into_owned()));
    }
    let format = fields.text("format", report).unwrap_or_default();
    match fields.text("type", report) {
        // A wrong type of `type` itself has been reported.
        None if fields.has("type") => None,
        None | Some("any") => Some(Shape::Any),
        Some("string") => Some(match format {
            "binary" => Shape::Binary,
            _ => Shape::String,
        }),
        Some("integer") => Some(match format {
            "int32" => Shape::Int32,
            "int64" | "" => Shape::Int64,
            // A format only narrows a type, and 64 bits are the widest there is.
            other => {
                let what = format!("unknown format {} of an integer, taken for int64", quoted(other));
                report.warn(&fields.at().key("format"), what);
                Shape::Int64
            }
        }),
        Some("number") => Some(Shape::Number),
        Some("boolean") => Some(Shape::Boolean),
        Some("array") => {
            let Some(items) = fields.value("items") else { return Some(Shape::Array(Box::new(any()))) };
            let items = read(items, names, depth + 1, &fields.at().key("items"), report)?;
            Some(Shape::Array(Box::new(items)))
        }
        Some("object") => read_object(fields, names, depth, report),
        Some(other) => {
            let problem = format!("unknown type {}, expected one of {}", quoted(other), list(TYPES));
            report.error(&fields.at().key("type"), problem);
            None
        }
    }
}

fn read_object(fields: &Fields<'_, '_>, names: &BTreeSet<&str>, depth: usize, report: &mut Report) -> Option<Shape> {
    let at = fields.at().key("properties");
    let properties = match fields.value("properties") {
        Some(properties) => Some(Fields::of(properties, &at, report)?),
        None => None,
    };
    let Some(properties) = properties.filter(|properties| properties.iter().next().is_some()) else {
        let values = match further(fields) {
            None => any(),
            Some(_) => read_further(fields, names, depth, report)?,
        };
        return Some(Shape::Map(Box::new(values)));
    };
    let read: Vec<_> = properties
        .iter()
        .map(|(name, value)| {
            let at = at.key(name);
            let schema = read(value, names, depth + 1, &at, report);
            schema.filter(|_| check_name(name, NAME_LENGTH, &at, report)).map(|schema| (name.to_owned(), schema))
        })
        .collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(Shape::Object)
}

/// What may stand beside the named fields.
fn further<'v>(fields: &Fields<'v, '_>) -> Option<&'v Value> {
    fields.value("additionalProperties").filter(|more| *more != &Value::Bool(false))
}

fn read_further(
    fields: &Fields<'_, '_>,
    names: &BTreeSet<&str>,
    depth: usize,
    report: &mut Report,
) -> Option<SchemaSpec> {
    match further(fields)? {
        Value::Bool(true) => Some(any()),
        more => read(more, names, depth + 1, &fields.at().key("additionalProperties"), report),
    }
}

/// A schema that says nothing.
fn any() -> SchemaSpec {
    SchemaSpec {
        shape: Shape::Any,
        required: false,
        read_only: false,
        additional: None,
        visibility: None,
        constraints: Vec::new(),
        pattern: None,
        default: None,
        description: String::new(),
        example: String::new(),
        sensitive: false,
        deprecated: false,
        titles: Vec::new(),
        type_name: None,
    }
}

fn read_titles(fields: &Fields<'_, '_>, report: &mut Report) -> Vec<ValueTitle> {
    let Some(titles) = fields.value("enumValueTitles") else { return Vec::new() };
    let at = fields.at().key("enumValueTitles");
    let Some(titles) = Fields::of(titles, &at, report) else { return Vec::new() };
    titles
        .iter()
        .filter_map(|(value, _)| {
            let title = titles.loose_text(value)?;
            Some(ValueTitle { value: value.to_owned(), name: None, title, title_zh: None })
        })
        .collect()
}

/// How many places of a circle are named.
const SHOWN_OF_A_CIRCLE: usize = 8;

/// Reports named schemas that lead to themselves with no object on the way, each circle once, and those that lead nowhere
/// soon: a type for them would have no end.
pub(super) fn refuse_endless(schemas: &[(String, SchemaSpec)], at: &Place<'_>, report: &mut Report) {
    let by_name: HashMap<&str, &SchemaSpec> = schemas.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
    let at = at.key("schemas");
    // How many steps each takes to its end; `None` where there is none.
    let mut settled: HashMap<&str, Option<usize>> = HashMap::new();
    for (name, _) in schemas {
        let mut way: Vec<(&str, Link<'_>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut next = Some(name.as_str());
        let mut steps = loop {
            let Some((name, schema)) = next.and_then(|name| Some((name, *by_name.get(name)?))) else { break Some(0) };
            if let Some(steps) = settled.get(name) {
                break *steps;
            }
            if let Some(circle) = places.get(name).and_then(|start| way.get(*start..)) {
                let shown = circle.iter().take(SHOWN_OF_A_CIRCLE);
                let shown = list(shown.map(|(name, link)| format!("{}{}", at.key(name).pointer(), link.inside)));
                let more = match circle.len().saturating_sub(SHOWN_OF_A_CIRCLE) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let problem = format!("refers to itself through {shown}{more}, expected an object on the way");
                report.error(&at.key(name), problem);
                break None;
            }
            let link = Link::of(schema);
            next = link.target;
            places.insert(name, way.len());
            way.push((name, link));
        };
        for (name, link) in way.iter().rev() {
            steps = steps.map(|steps| steps + link.steps);
            settled.insert(name, steps);
            if steps.is_some_and(|steps| steps > MAX_DEPTH) {
                let problem =
                    format!("leads through more than {MAX_DEPTH} arrays, maps and references, expected an object");
                report.error(&at.key(name), problem);
            }
        }
    }
}

/// What a schema leads to with no object on the way.
struct Link<'s> {
    /// From the schema on, as a pointer.
    inside: String,
    steps: usize,
    target: Option<&'s str>,
}

impl<'s> Link<'s> {
    fn of(mut schema: &'s SchemaSpec) -> Self {
        let (mut inside, mut steps) = (String::new(), 0);
        loop {
            let (step, next) = match &schema.shape {
                Shape::Array(items) => ("/items", items),
                Shape::Map(values) => ("/additionalProperties", values),
                Shape::Reference(target) => {
                    return Self { inside: inside + "/$ref", steps: steps + 1, target: Some(target) };
                }
                _ => return Self { inside, steps, target: None },
            };
            inside.push_str(step);
            steps += 1;
            schema = next;
        }
    }
}
