//! The checked model of a vendor document.

mod limits;
mod members;
mod operation;
mod read;
mod schema;

pub(crate) use read::{bare, read_json};

use crate::problem::{SpecError, Warning};
use acs_rpc::{Method, Position, Style};
use std::collections::{HashMap, HashSet};

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
    /// Accepted methods, `POST` first where it is one: the vendor's SDKs send it whatever the document's order. Never empty.
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
    /// The answer of HTTP 200, else of the least status of success, where the document describes it.
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
    /// Of an object: what its further fields are, where it may have fields beside the named ones.
    pub additional: Option<Box<SchemaSpec>>,
    /// Who may see it, where that is not everybody.
    pub visibility: Option<String>,
    /// Limits, the document's first and then the overlay's.
    pub constraints: Vec<Constraint>,
    /// A regular expression of the document. It is shown and not checked: its dialect is Java's.
    pub pattern: Option<String>,
    /// What the server takes where the value is absent, as text. None of a sensitive value.
    pub default: Option<String>,
    /// Markdown; may be empty.
    pub description: String,
    /// Example as text; may be empty, and is for a sensitive value.
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
    /// At least this number, in decimal notation.
    AtLeast(String),
    /// At most this number, in decimal notation.
    AtMost(String),
    /// More than this number, in decimal notation.
    MoreThan(String),
    /// Less than this number, in decimal notation.
    LessThan(String),
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
        read::document(text, None)
    }

    /// Reads the named operations of a document and the named schemas they lead to. Problems of other operations and schemas do
    /// not matter, but for what stands twice in a schema.
    ///
    /// # Errors
    /// Like [`parse`](Self::parse), and names that the document does not have.
    pub fn parse_operations(text: &str, names: &[String]) -> Result<Self, Vec<SpecError>> {
        read::document(text, Some(names))
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
        // A document with a circle is refused, and looked at before it is.
        for _ in 0..=self.schemas.len() {
            let (false, Shape::Reference(name)) = (schema.sensitive, &schema.shape) else { break };
            let Some(next) = self.schema(name) else { break };
            schema = next;
        }
        schema.sensitive
    }

    /// The named schemas that are sensitive, and those that something sensitive leads to.
    pub(crate) fn hidden_names(&self) -> HashSet<&str> {
        let operations = self.operations.iter();
        let schemas = operations.flat_map(|operation| {
            operation.parameters.iter().map(|parameter| &parameter.schema).chain(&operation.response)
        });
        let mut left: Vec<&SchemaSpec> = schemas.chain(self.schemas.iter().map(|(_, schema)| schema)).collect();
        let mut sensitive = Vec::new();
        while let Some(schema) = left.pop() {
            if schema.sensitive {
                sensitive.push(schema);
            } else {
                left.extend(schema.inside());
            }
        }
        let own = self.schemas.iter().filter(|(_, schema)| self.is_sensitive(schema));
        own.chain(self.named_from(sensitive)).map(|(name, _)| name.as_str()).collect()
    }

    /// Forgets examples and defaults of values that are never shown.
    fn forget_values(&mut self) {
        let hidden: HashSet<String> = self.hidden_names().into_iter().map(str::to_owned).collect();
        let parameters = |operation: &mut OperationSpec| {
            let schemas = operation.parameters.iter_mut().map(|parameter| &mut parameter.schema);
            schemas.chain(&mut operation.response).for_each(|schema| schema.forget_values(&hidden, false));
        };
        self.operations.iter_mut().for_each(parameters);
        for (name, schema) in &mut self.schemas {
            schema.forget_values(&hidden, hidden.contains(name.as_str()));
        }
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

impl OperationSpec {
    /// Whether it leads to a named schema.
    pub(crate) fn refers(&self) -> bool {
        self.parameters.iter().map(|parameter| &parameter.schema).chain(&self.response).any(SchemaSpec::refers)
    }
}

impl SchemaSpec {
    /// Whether a reference stands somewhere in it.
    pub(crate) fn refers(&self) -> bool {
        matches!(self.shape, Shape::Reference(_)) || self.inside().into_iter().any(Self::refers)
    }

    fn forget_values(&mut self, hidden: &HashSet<String>, inside_hidden: bool) {
        let refers = matches!(&self.shape, Shape::Reference(name) if hidden.contains(name.as_str()));
        let forget = inside_hidden || self.sensitive || refers;
        if forget {
            self.default = None;
            self.example.clear();
        }
        match &mut self.shape {
            Shape::Array(inner) | Shape::Map(inner) => inner.forget_values(hidden, forget),
            Shape::Object(properties) => {
                let fields = properties.iter_mut().map(|(_, schema)| schema);
                fields.chain(self.additional.as_deref_mut()).for_each(|schema| schema.forget_values(hidden, forget));
            }
            _ => {}
        }
    }

    /// What its values are made of, in the order of [`acs_rpc::Prose::inside`]; nothing of a named schema.
    pub(crate) fn inside(&self) -> Vec<&Self> {
        match &self.shape {
            Shape::Array(inner) | Shape::Map(inner) => Vec::from([&**inner]),
            Shape::Object(properties) => {
                properties.iter().map(|(_, schema)| schema).chain(self.additional.as_deref()).collect()
            }
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
