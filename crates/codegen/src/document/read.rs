//! Reading a document, part by part.

use super::{
    ApiDocument, EndpointSpec, SchemaSpec, Shape,
    members::{self, Members},
    operation, schema,
};
use crate::{
    problem::{Notation, Place, Report, SpecError, list, quoted},
    reader::Fields,
};
use acs_rpc::nearest;
use alloc::collections::BTreeSet;
use serde_json::{Value, value::RawValue};
use std::collections::HashMap;

/// Reads a document, or only the chosen operations of it and the named schemas they lead to.
pub(super) fn document(text: &str, chosen: Option<&[String]>) -> Result<ApiDocument, Vec<SpecError>> {
    let mut report = Report::new(Notation::Json);
    let document = Members::of_document(without_mark(text), &mut report).and_then(|root| match root.get("data") {
        Some(data) if root.get("apis").is_none() => {
            let at = Place::ROOT.key("data");
            read(&Members::of(data, &at, &mut report)?, chosen, &at, &mut report)
        }
        _ => read(&root, chosen, &Place::ROOT, &mut report),
    });
    match document {
        Some(document) if report.errors.is_empty() => Ok(ApiDocument { warnings: report.warnings(), ..document }),
        _ => Err(report.errors),
    }
}

/// The text as JSON.
pub(crate) fn read_json(text: &str) -> Result<Value, SpecError> {
    let read = serde_json::from_str(without_mark(text));
    read.map_err(|error| SpecError { pointer: String::new(), problem: not_json(&error.to_string()) })
}

/// The text without the byte order mark that some editors put in front of UTF-8.
fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// The document itself, and the key it stands under where it came in the portal's envelope.
pub(crate) fn bare(root: &Value) -> (&Value, Option<&'static str>) {
    match root.get("data") {
        Some(data) if root.get("apis").is_none() => (data, Some("data")),
        _ => (root, None),
    }
}

const KEYS: &[&str] = &[
    "version",
    "info",
    "directories",
    "components",
    "apis",
    "endpoints",
    "errorCodes",
    "changeSet",
    "flowControl",
    "ram",
];

/// What is wrong with a text that is no JSON.
pub(super) fn not_json(said: &str) -> String {
    match said.strip_prefix("recursion limit exceeded") {
        Some(place) => format!("nested deeper than {MAX_JSON_DEPTH} levels{place}, expected less"),
        None => format!("not JSON: {said}"),
    }
}

fn read(root: &Members<'_>, chosen: Option<&[String]>, at: &Place<'_>, report: &mut Report) -> Option<ApiDocument> {
    let frame = root.without("apis", at, report);
    let fields = Fields::of(&frame, at, report)?;
    fields.known("the document", KEYS, report);
    match fields.value("version") {
        Some(Value::String(version)) if version == "1.0" => {}
        Some(other) => report.error(&at.key("version"), format!("expected format version \"1.0\", found {other}")),
        None => report.error(at, "missing \"version\", expected format version \"1.0\""),
    }
    let (product, version) = read_info(&fields, report)?;

    let place = at.key("apis");
    let apis = root.get("apis").map(|apis| Members::of(apis, &place, report));
    if apis.is_none() {
        report.error(at, "missing \"apis\", expected an object of operations");
    }
    let apis = apis.flatten();
    let mut apis: Vec<(&str, &RawValue)> = apis.iter().flat_map(Members::iter).collect();
    let mut names = component_names(&fields, report);
    if let Some(chosen) = chosen {
        choose(&mut apis, chosen, &place, report);
        // What is wrong with them is reported when they are read.
        let read: Vec<Value> = apis.iter().filter_map(|(_, raw)| serde_json::from_str(raw.get()).ok()).collect();
        let needed = referred_to(&read, &fields);
        names.retain(|name| needed.contains(*name));
    }
    let schemas = read_components(&fields, &names, report);
    schema::refuse_endless(&schemas, &at.key("components"), report);
    let components = Components::new(names, &schemas);
    let mut operations = Vec::new();
    for (name, raw) in apis {
        let at = place.key(name);
        if check_name(name, OPERATION_NAME_LENGTH, &at, report)
            && let Some(value) = members::value(raw, &at, report)
        {
            operations.extend(operation::read(name, &value, &components, &at, report));
        }
    }
    let endpoints = read_endpoints(&fields, report);
    let places = schemas.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    let mut document = ApiDocument { product, version, operations, schemas, endpoints, warnings: Vec::new(), places };
    document.forget_values();
    Some(document)
}

/// Keeps the named operations, in the document's order.
fn choose(apis: &mut Vec<(&str, &RawValue)>, chosen: &[String], at: &Place<'_>, report: &mut Report) {
    let there: BTreeSet<&str> = apis.iter().map(|(name, _)| *name).collect();
    for name in chosen.iter().filter(|name| !there.contains(name.as_str())) {
        let near = nearest(name, there.iter().copied());
        let near = near.map(|near| format!(", the nearest is {}", quoted(near))).unwrap_or_default();
        report.error(at, format!("no operation {}, expected one of the document's{near}", quoted(name)));
    }
    let chosen: BTreeSet<&str> = chosen.iter().map(String::as_str).collect();
    apis.retain(|(name, _)| chosen.contains(name));
}

/// The named schemas that values lead to, directly or through others.
fn referred_to<'v>(values: &'v [Value], document: &Fields<'v, '_>) -> BTreeSet<&'v str> {
    let schemas = document.value("components").and_then(|components| components.get("schemas")?.as_object());
    let mut names = BTreeSet::new();
    let mut left: Vec<&Value> = values.iter().collect();
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => {
                left.extend(members.values());
                let target = members.get("$ref").and_then(Value::as_str);
                let there = target.zip(schemas).and_then(|(target, schemas)| {
                    let name = schema::referred(target, |name| schemas.contains_key(name))?;
                    schemas.get_key_value(name.as_ref())
                });
                if let Some((_, schema)) = there.filter(|(name, _)| names.insert(name.as_str())) {
                    left.push(schema);
                }
            }
            _ => {}
        }
    }
    names
}

/// The named schemas, for whoever meets a reference.
pub(super) struct Components<'c> {
    pub(super) names: BTreeSet<&'c str>,
    schemas: HashMap<&'c str, &'c SchemaSpec>,
}

impl<'c> Components<'c> {
    fn new(names: BTreeSet<&'c str>, schemas: &'c [(String, SchemaSpec)]) -> Self {
        Self { names, schemas: schemas.iter().map(|(name, schema)| (name.as_str(), schema)).collect() }
    }

    /// The shape with references followed, as far as they lead.
    pub(super) fn resolve<'s>(&'s self, mut shape: &'s Shape) -> &'s Shape {
        for _ in 0..=schema::MAX_DEPTH {
            let Shape::Reference(name) = shape else { break };
            let Some(schema) = self.schemas.get(name.as_str()) else { break };
            shape = &schema.shape;
        }
        shape
    }
}

/// The product and its version, empty where they are wrong; `None` where the document is of another kind, of which nothing
/// else would make sense.
fn read_info(document: &Fields<'_, '_>, report: &mut Report) -> Option<(String, String)> {
    let Some(info) = document.value("info") else {
        report.error(document.at(), "missing \"info\", expected style, product and version");
        return Some(Default::default());
    };
    let at = document.at().key("info");
    let Some(info) = Fields::of(info, &at, report) else { return Some(Default::default()) };
    info.known("info", &["style", "product", "version", "title", "description"], report);
    let style = info.required_text("style", report);
    if let Some(style) = style.filter(|style| !style.eq_ignore_ascii_case("RPC")) {
        report.error(&at.key("style"), format!("not supported: style {}, expected RPC", list([style])));
        return None;
    }
    // Both are sent with every request. Versions are dates for most products, and `20240611` or `iap_1.0` for some.
    let [product, version] = ["product", "version"].map(|key| {
        let text = info.required_text(key, report).unwrap_or_default();
        if text.len() > WORD_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem =
                format!("expected at most {WORD_LENGTH} characters of ASCII without blanks, found {}", quoted(text));
            report.error(&at.key(key), problem);
        }
        text.to_owned()
    });
    Some((product, version))
}

fn component_names<'v>(document: &Fields<'v, '_>, report: &mut Report) -> BTreeSet<&'v str> {
    let Some(components) = document.value("components") else { return BTreeSet::new() };
    let at = document.at().key("components");
    let Some(components) = Fields::of(components, &at, report) else { return BTreeSet::new() };
    components.known("components", &["schemas"], report);
    let Some(schemas) = components.value("schemas") else { return BTreeSet::new() };
    let at = at.key("schemas");
    let Some(schemas) = Fields::of(schemas, &at, report) else { return BTreeSet::new() };
    schemas.iter().map(|(name, _)| name).filter(|name| check_name(name, NAME_LENGTH, &at.key(name), report)).collect()
}

fn read_components(
    document: &Fields<'_, '_>,
    names: &BTreeSet<&str>,
    report: &mut Report,
) -> Vec<(String, SchemaSpec)> {
    let Some(Value::Object(schemas)) = document.value("components").and_then(|components| components.get("schemas"))
    else {
        return Vec::new();
    };
    let components = document.at().key("components");
    let at = components.key("schemas");
    schemas
        .iter()
        .filter(|(name, _)| names.contains(name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), schema::read(value, names, 0, &at.key(name), report)?)))
        .collect()
}

fn read_endpoints(document: &Fields<'_, '_>, report: &mut Report) -> Vec<EndpointSpec> {
    let at = document.at().key("endpoints");
    let mut endpoints: Vec<EndpointSpec> = Vec::new();
    let mut regions = BTreeSet::new();
    for (index, value) in document.list("endpoints", report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let Some(fields) = Fields::of(value, &at, report) else { continue };
        let keys = &["regionId", "endpoint", "regionName", "areaId", "areaName", "public", "vpc"];
        fields.known("an endpoint", keys, report);
        let region = fields.required_text("regionId", report).map(str::trim);
        let host = fields.text("endpoint", report).filter(|host| !host.is_empty());
        let Some(host) = host.or_else(|| fields.text("public", report)).map(str::trim).filter(|host| !host.is_empty())
        else {
            report.warn(&at, "endpoint without a host");
            continue;
        };
        // The table is what requests may be sent to, so nothing but a plain host name gets into it, with places for what
        // parameters say.
        if !is_host_name(host) {
            report.warn(&at.key("endpoint"), format!("endpoint that is no host name is left out: {}", quoted(host)));
            continue;
        }
        let Some(region) = region else { continue };
        if !regions.insert(region) {
            report.warn(&at, "endpoint of a region that already has one");
            continue;
        }
        endpoints.push(EndpointSpec { region: region.to_owned(), host: host.to_owned() });
    }
    endpoints
}

/// Letters, digits, dots and hyphens, and `{Name}` for a parameter.
fn is_host_name(host: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    let mut parts = host.split('{');
    let first = parts.next().is_some_and(plain);
    first
        && parts
            .all(|part| part.split_once('}').is_some_and(|(name, rest)| !name.is_empty() && plain(name) && plain(rest)))
}

/// Levels of arrays and objects that the reader of JSON goes down.
const MAX_JSON_DEPTH: usize = 128;
/// Longest product code or version; the longest real one has 28 characters.
const WORD_LENGTH: usize = 64;
/// An operation's name becomes a file name, and file systems stop at 255 bytes.
const OPERATION_NAME_LENGTH: usize = 128;
/// Longer names are no names; the longest real ones have some 80 characters.
pub(super) const NAME_LENGTH: usize = 256;

pub(super) fn check_name(name: &str, most: usize, at: &Place<'_>, report: &mut Report) -> bool {
    let length = name.chars().count();
    if length == 0 {
        report.error(at, "empty name, expected at least one character");
    } else if length > most {
        report.error(at, format!("name of {length} characters, expected at most {most}"));
    }
    (1..=most).contains(&length)
}
