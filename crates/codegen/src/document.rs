//! The checked model of a vendor document.

mod members;
mod operation;
mod schema;

use crate::{
    problem::{Notation, Place, Report, SpecError, Warning, list, quoted},
    reader::Fields,
};
use acs_rpc::{Method, Position, Style, nearest};
use alloc::collections::BTreeSet;
use members::Members;
use serde_json::{Value, value::RawValue};
use std::collections::HashMap;

/// A vendor document that was read without a problem: everything a type, a table or a reference is made from.
///
/// Order is the document's throughout.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiDocument {
    /// Product code as the gateway spells it, `SWAS-OPEN`.
    pub product: String,
    /// API version, `YYYY-MM-DD`.
    pub version: String,
    /// The operations.
    pub operations: Vec<OperationSpec>,
    /// Named schemas (`components.schemas`); they may refer to one another and to themselves.
    pub schemas: Vec<(String, SchemaSpec)>,
    /// Regional endpoints.
    pub endpoints: Vec<EndpointSpec>,
    /// What was passed over.
    pub warnings: Vec<Warning>,
    /// Where a schema stands in `schemas`.
    places: HashMap<String, usize>,
}

/// A regional endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSpec {
    /// `cn-hangzhou`.
    pub region: String,
    /// Public host name, without scheme.
    pub host: String,
}

/// An operation.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationSpec {
    /// Its name, case-sensitive.
    pub name: String,
    /// One sentence; may be empty.
    pub summary: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Accepted methods in the document's order; never empty.
    pub methods: Vec<Method>,
    /// Whether plain HTTP is refused.
    pub https_only: bool,
    /// Whether the vendor advises against it.
    pub deprecated: bool,
    /// The path, `/` where the document gives none; `{Name}` stands for a parameter.
    pub path: String,
    /// Media type of the body, where a parameter is one.
    pub body_type: Option<String>,
    /// Media type of the answers, where it is XML whatever is asked for.
    pub xml_type: Option<String>,
    /// Request parameters.
    pub parameters: Vec<ParameterSpec>,
    /// The answer of HTTP 200, where the document describes it.
    pub response: Option<SchemaSpec>,
    /// Declared errors.
    pub errors: Vec<ErrorSpec>,
    /// Example answers.
    pub examples: Vec<ExampleSpec>,
}

/// A request parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Wire name, case-sensitive; unique in its operation.
    pub name: String,
    /// Where it travels.
    pub position: Position,
    /// How it becomes text: [`Style::Plain`] for scalars whatever the document says, and never for arrays and objects, which
    /// the vendor's SDKs flatten where the document says nothing. What is one text by its position (a header, a body, a part
    /// of host or path) is never flattened: there arrays and objects become JSON.
    pub style: Style,
    /// Type, limits and words.
    pub schema: SchemaSpec,
}

/// Type, limits and words of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaSpec {
    /// The type.
    pub shape: Shape,
    /// Whether its owner is refused without it. Never what only the server sets.
    pub required: bool,
    /// Whether only the server sets it.
    pub read_only: bool,
    /// Who may see it, where that is not everybody.
    pub visibility: Option<String>,
    /// Limits, the document's first and then the overlay's.
    pub constraints: Vec<Constraint>,
    /// A regular expression of the document. It is shown and not checked: its dialect is Java's.
    pub pattern: Option<String>,
    /// What the server takes where the value is absent, as text.
    pub default: Option<String>,
    /// Markdown; may be empty.
    pub description: String,
    /// Example as text; may be empty.
    pub example: String,
    /// Never shown in logs or `Debug`.
    pub sensitive: bool,
    /// Whether the vendor advises against it.
    pub deprecated: bool,
    /// What single values mean.
    pub titles: Vec<ValueTitle>,
    /// The checked type the overlay gives a value of this meaning; of the items, where it is text that holds a JSON array.
    pub type_name: Option<String>,
}

/// What one value of an enumeration means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueTitle {
    /// The value on the wire.
    pub value: String,
    /// A name for Rust, `Copying`; the overlay's.
    pub name: Option<String>,
    /// In words; the document's language, or English from the overlay.
    pub title: String,
    /// In Simplified Chinese; the overlay's.
    pub title_zh: Option<String>,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Text.
    String,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Bytes.
    Binary,
    /// Anything JSON can say.
    Any,
    /// Several values of one schema.
    Array(Box<SchemaSpec>),
    /// Named values.
    Object(Vec<(String, SchemaSpec)>),
    /// Free names, values of one schema.
    Map(Box<SchemaSpec>),
    /// A schema of [`ApiDocument::schemas`], which is there.
    Reference(String),
}

/// A limit on a value; means what [`acs_rpc::Constraint`] means.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constraint {
    /// At least this many characters.
    MinLength(u64),
    /// At most this many characters.
    MaxLength(u64),
    /// ASCII characters only.
    Ascii,
    /// Starts with this text.
    Prefix(String),
    /// At least this number.
    Minimum(i64),
    /// At most this number.
    Maximum(i64),
    /// At least this many items.
    MinItems(u64),
    /// At most this many items.
    MaxItems(u64),
    /// One of these texts, exact case.
    OneOf(Vec<String>),
    /// Text that holds a JSON array of strings, with at most this many.
    JsonStrings(u64),
}

/// An error the document declares for an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorSpec {
    /// HTTP status.
    pub status: u16,
    /// Machine code, dotted.
    pub code: String,
    /// The vendor's text.
    pub message: String,
}

/// An example answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleSpec {
    /// `json` or `xml`.
    pub format: String,
    /// The answer's text.
    pub body: String,
}

impl ApiDocument {
    /// Reads a document in the vendor's format (`api-docs.json`, format version 1.0, style RPC), bare or in the portal's
    /// `{"code": 0, "data": …}` envelope.
    ///
    /// # Errors
    /// Every problem found: text that is not JSON, a style other than RPC, unknown types, styles and positions, members of
    /// the wrong type, references that lead nowhere, nesting beyond the limit.
    pub fn parse(text: &str) -> Result<Self, Vec<SpecError>> {
        Self::parse_chosen(text, None)
    }

    /// Reads the named operations of a document and the named schemas they lead to. Problems elsewhere do not matter.
    ///
    /// # Errors
    /// Like [`parse`](Self::parse), and names that the document does not have.
    pub fn parse_operations(text: &str, names: &[String]) -> Result<Self, Vec<SpecError>> {
        Self::parse_chosen(text, Some(names))
    }

    fn parse_chosen(text: &str, chosen: Option<&[String]>) -> Result<Self, Vec<SpecError>> {
        let mut report = Report::new(Notation::Json);
        let document = Members::of_document(without_mark(text), &mut report).and_then(|root| match root.get("data") {
            Some(data) if root.get("apis").is_none() => {
                let at = Place::ROOT.key("data");
                read(&Members::of(data, &at, &mut report)?, chosen, &at, &mut report)
            }
            _ => read(&root, chosen, &Place::ROOT, &mut report),
        });
        match document {
            Some(document) if report.errors.is_empty() => Ok(Self { warnings: report.warnings(), ..document }),
            _ => Err(report.errors),
        }
    }

    /// The operation of this exact name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&OperationSpec> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// The named schema.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&SchemaSpec> {
        self.places.get(name).and_then(|place| self.schemas.get(*place)).map(|(_, schema)| schema)
    }

    /// The schema with references followed: never a [`Shape::Reference`].
    #[must_use]
    pub fn resolve<'s>(&'s self, schema: &'s SchemaSpec) -> &'s SchemaSpec {
        let mut schema = schema;
        // A document is refused where references only lead to references in a circle.
        while let Shape::Reference(name) = &schema.shape {
            let Some(next) = self.schema(name) else { break };
            schema = next;
        }
        schema
    }
}

impl ApiDocument {
    /// Whether a value is never shown: by its own schema, or one it refers to.
    pub(crate) fn is_sensitive(&self, schema: &SchemaSpec) -> bool {
        let mut schema = schema;
        while let (false, Shape::Reference(name)) = (schema.sensitive, &schema.shape) {
            let Some(next) = self.schema(name) else { break };
            schema = next;
        }
        schema.sensitive
    }

    /// Whether an operation's answer holds a boolean `Success`.
    pub(crate) fn success_flag(&self, operation: &OperationSpec) -> bool {
        let Some(Shape::Object(fields)) = operation.response.as_ref().map(|answer| &self.resolve(answer).shape) else {
            return false;
        };
        let flag = fields.iter().find(|(name, _)| name == "Success");
        flag.is_some_and(|(_, schema)| self.resolve(schema).shape == Shape::Boolean)
    }
}

impl OperationSpec {
    /// The parameter of this exact name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&ParameterSpec> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl SchemaSpec {
    /// What its values are made of, in the order of [`acs_rpc::Prose::inside`]; nothing of a named schema.
    pub(crate) fn inside(&self) -> Vec<&Self> {
        match &self.shape {
            Shape::Array(inner) | Shape::Map(inner) => Vec::from([&**inner]),
            Shape::Object(properties) => properties.iter().map(|(_, schema)| schema).collect(),
            _ => Vec::new(),
        }
    }

    /// The permitted values, where there is an enumeration.
    #[must_use]
    pub fn one_of(&self) -> Option<&[String]> {
        self.constraints.iter().find_map(|constraint| match constraint {
            Constraint::OneOf(values) => Some(values.as_slice()),
            _ => None,
        })
    }

    /// The most items of a JSON array in text, where this is one.
    #[must_use]
    pub fn json_strings(&self) -> Option<u64> {
        self.constraints.iter().find_map(|constraint| match constraint {
            Constraint::JsonStrings(most) => Some(*most),
            _ => None,
        })
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
fn not_json(said: &str) -> String {
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
    Some(ApiDocument { product, version, operations, schemas, endpoints, warnings: Vec::new(), places })
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
struct Components<'c> {
    names: BTreeSet<&'c str>,
    schemas: HashMap<&'c str, &'c SchemaSpec>,
}

impl<'c> Components<'c> {
    fn new(names: BTreeSet<&'c str>, schemas: &'c [(String, SchemaSpec)]) -> Self {
        Self { names, schemas: schemas.iter().map(|(name, schema)| (name.as_str(), schema)).collect() }
    }

    /// The shape with references followed, as far as they lead.
    fn resolve<'s>(&'s self, mut shape: &'s Shape) -> &'s Shape {
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
const NAME_LENGTH: usize = 256;

fn check_name(name: &str, most: usize, at: &Place<'_>, report: &mut Report) -> bool {
    let length = name.chars().count();
    if length == 0 {
        report.error(at, "empty name, expected at least one character");
    } else if length > most {
        report.error(at, format!("name of {length} characters, expected at most {most}"));
    }
    (1..=most).contains(&length)
}
