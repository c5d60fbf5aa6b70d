//! Types inside requests and answers: structs by the way to them, enums, lists, maps.
//!
//! A type is called `Request…` or `Response…` and the names on the way to it, `Item` for the items of an array and `Value`
//! for the values of a map: `ResponseCustomImagesItem`. A named schema of the document is called by its name: `RequestNode`.
//! So a type's name follows from the operation or the schema it belongs to, and no other can rename it.

use super::{answer, checked, described, docs, paragraph, request, sentence};
use crate::{
    ApiDocument, SchemaSpec, Shape,
    names::{Names, Naming, beside, step},
    prose::{self, code},
    words::limit_words,
};
use alloc::rc::Rc;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// The field of an object for what stands beside its named fields.
const FURTHER: &str = "additional";
/// The field of an answer's object for what is not described, or not as it is.
const REST: &str = "rest";

/// Which way values go. Requests know what is required; of an answer nothing is relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Request,
    Response,
}

/// The Rust types of named schemas, each way.
pub(super) type NamedTypes<'d> = HashMap<(Side, &'d str), TokenStream>;

/// The types of one module as they are found.
#[derive(Debug)]
pub(super) struct Module<'d> {
    document: &'d ApiDocument,
    /// The names of this module's types, by the paths to them.
    names: Names,
    /// The types of other modules.
    named: Rc<NamedTypes<'d>>,
    /// What stands before the names of this module's types where another module may meet them.
    prefix: TokenStream,
    /// Types that have a name and no definition yet, the next one last.
    pending: Vec<Pending<'d>>,
    /// Those of the definition at hand, in their order.
    found: Vec<Pending<'d>>,
}

/// A type that has a name and no definition yet. Definitions are made one after the other and not inside one another, because
/// schemas may hold themselves and a chain of references may be longer than the stack is deep.
#[derive(Debug)]
struct Pending<'d> {
    side: Side,
    ident: Ident,
    path: String,
    schema: &'d SchemaSpec,
    /// Whether it or something around it is sensitive.
    hidden: bool,
    /// The parameter whose checked type it is.
    parameter: Option<&'d str>,
}

/// How a value is reached.
#[derive(Clone, Copy, Debug)]
struct Way {
    side: Side,
    /// Whether it is a field's own value, and not inside its list or map.
    direct: bool,
    /// Whether something around it is sensitive.
    hidden: bool,
}

impl<'d> Module<'d> {
    /// A module beside that of the named schemas.
    pub(super) fn new(document: &'d ApiDocument, named: Rc<NamedTypes<'d>>, names: Names) -> Self {
        Self { document, names, named, prefix: TokenStream::new(), pending: Vec::new(), found: Vec::new() }
    }

    /// A module whose types others use by these words.
    pub(super) fn shared(document: &'d ApiDocument, prefix: TokenStream, names: Names) -> Self {
        Self { prefix, ..Self::new(document, Rc::default(), names) }
    }

    pub(super) fn document(&self) -> &'d ApiDocument {
        self.document
    }

    pub(super) fn named(&self) -> Rc<NamedTypes<'d>> {
        Rc::clone(&self.named)
    }

    /// Gives a named schema its type. Those it leads to through lists, maps and references must have theirs.
    pub(super) fn name(&mut self, side: Side, name: &'d str, schema: &'d SchemaSpec, hidden: bool) {
        let way = Way { side, direct: false, hidden };
        let shown = self.shown_type(way, schema, &step(side.prefix(), name));
        Rc::make_mut(&mut self.named).insert((side, name), shown);
    }

    /// The Rust type of a value; types it needs are added to the module.
    pub(super) fn rust_type(&mut self, side: Side, schema: &'d SchemaSpec, path: &str) -> TokenStream {
        self.field_type(side, schema, path, false)
    }

    fn field_type(&mut self, side: Side, schema: &'d SchemaSpec, path: &str, hidden: bool) -> TokenStream {
        let shown = self.shown_type(Way { side, direct: true, hidden }, schema, path);
        self.guarded(schema, shown)
    }

    /// The Rust type of a parameter's value.
    pub(super) fn parameter_type(&mut self, name: &'d str, schema: &'d SchemaSpec) -> TokenStream {
        let (side, path) = (Side::Request, step(Side::Request.prefix(), name));
        if !checked::is_checked(schema) {
            return self.rust_type(side, schema, &path);
        }
        // Such a type shows nothing of what is sensitive by itself.
        let way = Way { side, direct: true, hidden: schema.sensitive };
        self.pend(way, schema, &path, Some(name))
    }

    fn guarded(&self, schema: &SchemaSpec, shown: TokenStream) -> TokenStream {
        if self.document.is_sensitive(schema) { quote!(::acs_rpc::Sensitive<#shown>) } else { shown }
    }

    fn shown_type(&mut self, way: Way, schema: &'d SchemaSpec, path: &str) -> TokenStream {
        let inner = Way { direct: false, hidden: way.hidden || schema.sensitive, ..way };
        match &schema.shape {
            Shape::String if schema.one_of().is_some() => self.pend(inner, schema, path, None),
            Shape::String | Shape::Binary => quote!(::alloc::string::String),
            Shape::Int32 => quote!(i32),
            Shape::Int64 => quote!(i64),
            Shape::Number => quote!(f64),
            Shape::Boolean => quote!(bool),
            Shape::Any => quote!(::serde_json::Value),
            Shape::Array(items) => {
                let items = self.inner_type(inner, items, &step(path, "Item"));
                quote!(::alloc::vec::Vec<#items>)
            }
            Shape::Map(values) => {
                let values = self.inner_type(inner, values, &step(path, "Value"));
                quote!(::alloc::collections::BTreeMap<::alloc::string::String, #values>)
            }
            Shape::Object(_) => self.pend(inner, schema, path, None),
            Shape::Reference(name) => self.named_type(way.side, name, way.direct),
        }
    }

    fn inner_type(&mut self, way: Way, schema: &'d SchemaSpec, path: &str) -> TokenStream {
        let shown = self.shown_type(way, schema, path);
        self.guarded(schema, shown)
    }

    fn named_type(&self, side: Side, name: &'d str, direct: bool) -> TokenStream {
        let (Some(named), Some(schema)) = (self.named.get(&(side, name)), self.document.schema(name)) else {
            return quote!(::serde_json::Value);
        };
        // It may hold itself. A list or map breaks the circle; a field needs an allocation of its own.
        let is_object = matches!(self.document.resolve(schema).shape, Shape::Object(_));
        if direct && is_object { quote!(::alloc::boxed::Box<#named>) } else { named.clone() }
    }

    fn pend(
        &mut self,
        Way { side, hidden, .. }: Way,
        schema: &'d SchemaSpec,
        path: &str,
        parameter: Option<&'d str>,
    ) -> TokenStream {
        let ident = self.names.of(path);
        let prefix = &self.prefix;
        let shown = quote!(#prefix #ident);
        self.found.push(Pending { side, ident, path: path.to_owned(), schema, hidden, parameter });
        shown
    }

    /// The definitions of all types since the last call, each before those it was the first to need.
    pub(super) fn take_items(&mut self) -> impl Iterator<Item = TokenStream> {
        core::iter::from_fn(|| {
            self.pending.extend(self.found.drain(..).rev());
            let next = self.pending.pop()?;
            Some(self.define(&next))
        })
    }

    fn define(&mut self, Pending { side, ident, path, schema, hidden, parameter }: &Pending<'d>) -> TokenStream {
        let Shape::Object(properties) = &schema.shape else {
            return match (side, parameter) {
                (Side::Request, Some(name)) => checked::define(ident, name, schema),
                (Side::Request, None) => checked::choice(ident, schema, *hidden),
                (Side::Response, _) => answer::choice(ident, schema, *hidden),
            };
        };
        let additional = schema.additional.as_deref();
        let fields = self.fields(*side, path, properties, additional, *hidden);
        let docs = docs(&described(&schema.description, "An object."));
        match side {
            Side::Request => request::object(ident, &docs, &fields, *hidden),
            Side::Response => answer::object(ident, &docs, &fields, *hidden),
        }
    }

    /// The fields of an object that is reached by `path`.
    pub(super) fn fields(
        &mut self,
        side: Side,
        path: &str,
        properties: &'d [(String, SchemaSpec)],
        additional: Option<&'d SchemaSpec>,
        hidden: bool,
    ) -> Fields<'d> {
        let own = additional.map(|_| FURTHER).into_iter().chain((side == Side::Response).then_some(REST));
        let names = properties.iter().map(|(name, _)| name.as_str());
        let names = Naming::Field.names(&own.collect::<Vec<_>>(), names);
        let named = properties
            .iter()
            .map(|(name, schema)| Field {
                ident: names.of(name),
                name,
                ty: self.field_type(side, schema, &step(path, name), hidden),
                required: side == Side::Request && schema.required,
                docs: field_docs(name, schema, None),
            })
            .collect();
        let further = additional.map(|schema| {
            let ty = self.inner_type(Way { side, direct: false, hidden }, schema, &beside(path));
            Further {
                ident: Ident::new(FURTHER, Span::call_site()),
                ty: quote!(::alloc::collections::BTreeMap<::alloc::string::String, #ty>),
                docs: docs(&described(&schema.description, "Further fields, by other names.")),
            }
        });
        Fields { named, further, rest: Ident::new(REST, Span::call_site()) }
    }
}

/// The paths to the types of a value, as [`Module`] takes them.
pub(super) fn paths(schema: &SchemaSpec, path: String, found: &mut Vec<String>) {
    match &schema.shape {
        Shape::String if schema.one_of().is_some() => found.push(path),
        Shape::Array(items) => paths(items, step(&path, "Item"), found),
        Shape::Map(values) => paths(values, step(&path, "Value"), found),
        Shape::Object(properties) => {
            field_paths(properties, schema.additional.as_deref(), &path, found);
            found.push(path);
        }
        _ => {}
    }
}

/// The paths to the types of an object's fields.
pub(super) fn field_paths(
    properties: &[(String, SchemaSpec)],
    additional: Option<&SchemaSpec>,
    path: &str,
    found: &mut Vec<String>,
) {
    properties.iter().for_each(|(name, schema)| paths(schema, step(path, name), found));
    if let Some(schema) = additional {
        paths(schema, beside(path), found);
    }
}

impl Side {
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Response => "Response",
        }
    }
}

/// The fields of an object.
#[derive(Debug)]
pub(super) struct Fields<'d> {
    pub(super) named: Vec<Field<'d>>,
    pub(super) further: Option<Further>,
    /// What an answer keeps in that is not described, or not as it is.
    pub(super) rest: Ident,
}

/// A map of fields beside the named ones.
#[derive(Debug)]
pub(super) struct Further {
    pub(super) ident: Ident,
    pub(super) ty: TokenStream,
    pub(super) docs: TokenStream,
}

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Field<'d> {
    pub(super) ident: Ident,
    /// Wire name.
    pub(super) name: &'d str,
    /// The type, without `Option`.
    pub(super) ty: TokenStream,
    pub(super) required: bool,
    pub(super) docs: TokenStream,
}

impl Field<'_> {
    pub(super) fn declared(&self) -> TokenStream {
        let ty = &self.ty;
        if self.required { quote!(#ty) } else { quote!(::core::option::Option<#ty>) }
    }
}

/// What the document says about a field, then where it goes if that is not usual, limits, default and example.
pub(super) fn field_docs(name: &str, schema: &SchemaSpec, sent: Option<&str>) -> TokenStream {
    let mut lines = described(&schema.description, &format!("{}.", code(name)));
    if let Some(part) = sent {
        paragraph(&mut lines, format!("Sent as {part}."));
    }
    paragraph(&mut lines, sentence(&limit_words(schema)));
    let titles = schema.titles.iter().filter(|title| !title.title.is_empty());
    let titles: Vec<String> =
        titles.map(|title| format!("* {}: {}", code(&title.value), prose::one_line(&title.title))).collect();
    if !titles.is_empty() {
        lines.push(String::new());
        lines.extend(titles);
    }
    if let Some(default) = schema.default.as_deref().filter(|default| !default.is_empty()) {
        paragraph(&mut lines, format!("Where absent: {}.", short_code(default)));
    }
    if !schema.example.is_empty() {
        paragraph(&mut lines, format!("Example: {}", short_code(&schema.example)));
    }
    if schema.read_only {
        paragraph(&mut lines, "Only the server sets it.".to_owned());
    }
    if let Some(visibility) = &schema.visibility {
        paragraph(&mut lines, format!("Visibility: {}.", code(visibility)));
    }
    if schema.deprecated {
        paragraph(&mut lines, "The vendor advises against it.".to_owned());
    }
    docs(&lines)
}

/// A value as a code span, cut after 100 characters.
fn short_code(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(100) {
        Some((end, _)) => code(&format!("{}…", line.get(..end).unwrap_or_default())),
        None => code(&line),
    }
}
