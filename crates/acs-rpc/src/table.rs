//! The table of an operation, as the generator writes it: what a request needs and its errors are judged by.
//!
//! What only people read stands apart, in [`OperationReference`](crate::OperationReference).

/// An HTTP method an operation accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// Whether an operation changes something.
///
/// Never taken from the metadata's own label, which calls several reads writes and several writes reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something, or may.
    Write,
}

/// One operation of a product: everything validation, wire form, error classes and chat need.
#[derive(Debug)]
pub struct Operation {
    /// Product code as the gateway spells it, `SWAS-OPEN`.
    pub product: &'static str,
    /// API version, `YYYY-MM-DD`.
    pub version: &'static str,
    /// Operation name, case-sensitive.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Accepted methods, the preferred one first: `POST` where it is one.
    pub methods: &'static [Method],
    /// Whether plain HTTP is refused.
    pub https_only: bool,
    /// The path; `{Name}` stands for a parameter at [`Position::Path`]. `/` for nearly every RPC operation.
    pub path: &'static str,
    /// Media type of the body, where a parameter at [`Position::Body`] is one.
    pub body_type: Option<&'static str>,
    /// Request parameters in the document's order.
    pub parameters: &'static [Parameter],
    /// Errors the document declares for this operation.
    pub errors: &'static [DeclaredError],
    /// Whether the answer holds a boolean `Success`: then `false` in it is an error, whatever the HTTP status.
    pub success_flag: bool,
    /// Schemas that [`Kind::Named`] refers to in a parameter, by name; they may refer to themselves.
    pub named: &'static [(&'static str, Schema)],
}

impl Operation {
    /// The method to send: `POST` wherever it is accepted, as the vendor's SDKs do.
    #[must_use]
    pub fn method(&self) -> Method {
        if self.methods.contains(&Method::Get) && !self.methods.contains(&Method::Post) {
            Method::Get
        } else {
            Method::Post
        }
    }

    /// The parameter a flat name belongs to: `Tag` for `Tag.1.Key`. Case-sensitive, as the wire is.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        let exact = self.parameters.iter().find(|parameter| parameter.name == name);
        exact.or_else(|| {
            // Declared names may hold dots themselves (`SystemDisk.Category`): the longest that fits is meant.
            let nested = self.parameters.iter().filter(|parameter| {
                matches!(parameter.style, Style::RepeatList | Style::Flat)
                    && name.strip_prefix(parameter.name).is_some_and(|rest| rest.starts_with('.'))
            });
            nested.max_by_key(|parameter| parameter.name.len())
        })
    }
}

/// One regional endpoint of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `cn-hangzhou`.
    pub region: &'static str,
    /// Host name, without scheme.
    pub host: &'static str,
}

/// One request parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Wire name, case-sensitive.
    pub name: &'static str,
    /// Where it travels.
    pub position: Position,
    /// How an array or object becomes text.
    pub style: Style,
    /// Whether the request is refused without it.
    pub required: bool,
    /// Its type and limits.
    pub schema: Schema,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The query string.
    Query,
    /// The `application/x-www-form-urlencoded` body.
    Form,
    /// The body as a whole.
    Body,
    /// A header: printable ASCII.
    Header,
    /// A part of the host name: letters, digits and hyphens.
    Host,
    /// A part of the path.
    Path,
}

/// How an array or object becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar as it is.
    Plain,
    /// `Name.1=a&Name.2=b`, objects inside as `Name.1.Key=…`.
    RepeatList,
    /// Dotted names for arrays and objects alike.
    Flat,
    /// One value holding JSON text.
    Json,
    /// Values joined by commas.
    Simple,
}

/// Type and limits of a value.
#[derive(Debug)]
pub struct Schema {
    /// The type.
    pub kind: Kind,
    /// Limits, from the document or the overlay.
    pub constraints: &'static [Constraint],
    /// Never shown in logs or `Debug`.
    pub sensitive: bool,
}

impl Schema {
    /// A schema without limits, of values that may be shown.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self { kind, constraints: &[], sensitive: false }
    }
}

/// The type of a value.
#[derive(Debug)]
pub enum Kind {
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
    /// Several values of one schema.
    Array(&'static Schema),
    /// Named values.
    Object(&'static [Property]),
    /// Named values, and further ones of one schema.
    Open(&'static [Property], &'static Schema),
    /// Free names, values of one schema.
    Map(&'static Schema),
    /// A schema of [`Operation::named`], or in an answer of [`OperationReference::named`](crate::OperationReference::named),
    /// kept apart because it may refer to itself. By name and not by reference, so that printing a table ends and one read
    /// at run time can be built.
    Named(&'static str),
    /// Bytes.
    Binary,
    /// Anything JSON can say.
    Any,
}

/// One named value of an object.
#[derive(Debug)]
pub struct Property {
    /// Wire name.
    pub name: &'static str,
    /// Whether the object is refused without it.
    pub required: bool,
    /// Its schema.
    pub schema: Schema,
}

/// A limit on a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constraint {
    /// At least this many characters.
    MinLength(u64),
    /// At most this many characters.
    MaxLength(u64),
    /// ASCII characters only.
    Ascii,
    /// Starts with this text.
    Prefix(&'static str),
    /// At least this number.
    Minimum(i64),
    /// At most this number.
    Maximum(i64),
    /// At least this number, in decimal notation: `0.5`.
    AtLeast(&'static str),
    /// At most this number, in decimal notation.
    AtMost(&'static str),
    /// More than this number, in decimal notation.
    MoreThan(&'static str),
    /// Less than this number, in decimal notation.
    LessThan(&'static str),
    /// At least this many items.
    MinItems(u64),
    /// At most this many items.
    MaxItems(u64),
    /// One of these texts, exact case.
    OneOf(&'static [&'static str]),
    /// Text that holds a JSON array of strings, with at most this many.
    JsonStrings(u64),
}

/// An error the document declares for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclaredError {
    /// HTTP status.
    pub status: u16,
    /// Machine code, dotted.
    pub code: &'static str,
}
