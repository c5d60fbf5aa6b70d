//! The checked model of a vendor document.

mod operation;
mod schema;

use crate::{
    problem::{Notation, Place, Report, SpecError, Warning, quoted},
    reader::Fields,
};
use acs_rpc::{Method, Position, Style};
use alloc::collections::BTreeSet;
use serde_json::Value;
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
    /// the vendor's SDKs flatten where the document says nothing.
    pub style: Style,
    /// Type, limits and words.
    pub schema: SchemaSpec,
}

/// Type, limits and words of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaSpec {
    /// The type.
    pub shape: Shape,
    /// Whether its owner is refused without it.
    pub required: bool,
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
        let mut report = Report::new(Notation::Json);
        let root = match serde_json::from_str::<Value>(text) {
            Ok(root) => root,
            Err(error) => {
                report.error(&Place::ROOT, format!("not JSON: {error}"));
                return Err(report.errors);
            }
        };
        let document = match bare(&root) {
            (data, Some(key)) => read(data, &Place::ROOT.key(key), &mut report),
            (root, None) => read(root, &Place::ROOT, &mut report),
        };
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

fn read(root: &Value, at: &Place<'_>, report: &mut Report) -> Option<ApiDocument> {
    let fields = Fields::of(root, at, report)?;
    fields.known("the document", KEYS, report);
    match fields.value("version") {
        Some(Value::String(version)) if version == "1.0" => {}
        Some(other) => report.error(&at.key("version"), format!("expected format version \"1.0\", found {other}")),
        None => report.error(at, "missing \"version\", expected format version \"1.0\""),
    }
    let (product, version) = read_info(&fields, report)?;

    let names = component_names(&fields, report);
    let schemas = read_components(&fields, &names, report);
    schema::refuse_endless(&schemas, &at.key("components"), report);

    let mut operations = Vec::new();
    let place = at.key("apis");
    match fields.value("apis") {
        None => report.error(at, "missing \"apis\", expected an object of operations"),
        Some(apis) => {
            for (name, value) in Fields::of(apis, &place, report)?.iter() {
                let at = place.key(name);
                if check_name(name, OPERATION_NAME_LENGTH, &at, report) {
                    operations.extend(operation::read(name, value, &names, &at, report));
                }
            }
        }
    }
    let endpoints = read_endpoints(&fields, report);
    let places = schemas.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    Some(ApiDocument { product, version, operations, schemas, endpoints, warnings: Vec::new(), places })
}

/// The product and its version; `None` where nothing else of the document would make sense.
fn read_info(document: &Fields<'_, '_>, report: &mut Report) -> Option<(String, String)> {
    let Some(info) = document.value("info") else {
        report.error(document.at(), "missing \"info\", expected style, product and version");
        return None;
    };
    let at = document.at().key("info");
    let info = Fields::of(info, &at, report)?;
    info.known("info", &["style", "product", "version", "title", "description"], report);
    let style = info.required_text("style", report)?;
    if style != "RPC" {
        report.error(&at.key("style"), format!("not supported: style {style}, expected RPC"));
        return None;
    }
    let product = info.required_text("product", report);
    let version = info.required_text("version", report);
    if let Some(version) = version.filter(|version| !is_date(version)) {
        report.error(&at.key("version"), format!("expected a date YYYY-MM-DD, found {}", quoted(version)));
    }
    if let Some(product) = product.filter(|product| !product.bytes().all(|b| b.is_ascii_graphic())) {
        report.error(&at.key("product"), format!("expected an ASCII word, found {}", quoted(product)));
    }
    Some((product?.to_owned(), version?.to_owned()))
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
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
        // The table is what requests may be sent to, so nothing but a plain host name gets into it.
        if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
            report.error(&at.key("endpoint"), format!("expected a host name, found {}", quoted(host)));
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
