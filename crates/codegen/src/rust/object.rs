//! Types inside requests and answers: structs by the way to them, enums, lists, maps.
//!
//! A type is called `Request…` or `Response…` and the names on the way to it, `Item` for the items of an array and `Value`
//! for the values of a map: `ResponseCustomImagesItem`. A named schema of the document is called by its name.

use super::{answer, checked, described, docs, paragraph, request, sentence};
use crate::{
    ApiDocument, SchemaSpec, Shape,
    names::Scope,
    prose::{self, code},
    words::limit_words,
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// Which way values go. Requests know what is required; of an answer nothing is relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Request,
    Response,
}

/// The types of one operation as they are found.
#[derive(Debug)]
pub(super) struct Module<'d> {
    document: &'d ApiDocument,
    scope: Scope,
    named: HashMap<(Side, &'d str), Ident>,
    /// Named objects that something refers to and that are not defined yet.
    pending: Vec<(Side, &'d str, Ident)>,
    /// Definitions, in the order they were reached.
    items: Vec<TokenStream>,
}

impl<'d> Module<'d> {
    pub(super) fn new(document: &'d ApiDocument) -> Self {
        Self {
            document,
            scope: Scope::with(&["OPERATION", "REFERENCE"]),
            named: HashMap::new(),
            pending: Vec::new(),
            items: Vec::new(),
        }
    }

    pub(super) fn document(&self) -> &'d ApiDocument {
        self.document
    }

    /// A type name of this module that is not taken yet.
    pub(super) fn reserve(&mut self, name: &str) -> Ident {
        self.scope.camel(name)
    }

    /// The Rust type of a value; types it needs are added to the module.
    pub(super) fn rust_type(&mut self, side: Side, schema: &'d SchemaSpec, path: &str) -> TokenStream {
        let shown = self.shown_type(side, schema, path, true);
        if schema.sensitive { quote!(::acs_rpc::Sensitive<#shown>) } else { shown }
    }

    fn shown_type(&mut self, side: Side, schema: &'d SchemaSpec, path: &str, direct: bool) -> TokenStream {
        match &schema.shape {
            Shape::String if schema.one_of().is_some() => {
                let ident = self.scope.camel(path);
                self.items.push(match side {
                    Side::Request => checked::choice(&ident, schema),
                    Side::Response => answer::choice(&ident, schema),
                });
                quote!(#ident)
            }
            Shape::String | Shape::Binary => quote!(::alloc::string::String),
            Shape::Int32 => quote!(i32),
            Shape::Int64 => quote!(i64),
            Shape::Number => quote!(f64),
            Shape::Boolean => quote!(bool),
            Shape::Any => quote!(::serde_json::Value),
            Shape::Array(items) => {
                let items = self.inner_type(side, items, &format!("{path} Item"));
                quote!(::alloc::vec::Vec<#items>)
            }
            Shape::Map(values) => {
                let values = self.inner_type(side, values, &format!("{path} Value"));
                quote!(::alloc::collections::BTreeMap<::alloc::string::String, #values>)
            }
            Shape::Object(properties) => {
                let ident = self.scope.camel(path);
                self.object(side, &ident, path, schema, properties);
                quote!(#ident)
            }
            Shape::Reference(name) => self.named_type(side, name, direct),
        }
    }

    fn inner_type(&mut self, side: Side, schema: &'d SchemaSpec, path: &str) -> TokenStream {
        let shown = self.shown_type(side, schema, path, false);
        if schema.sensitive { quote!(::acs_rpc::Sensitive<#shown>) } else { shown }
    }

    /// A named schema is defined once a side, because it may hold itself.
    fn named_type(&mut self, side: Side, name: &'d str, direct: bool) -> TokenStream {
        let Some(schema) = self.document.schema(name) else { return quote!(::serde_json::Value) };
        let path = format!("{} {name}", side.prefix());
        if !matches!(schema.shape, Shape::Object(_)) {
            return self.shown_type(side, schema, &path, direct);
        }
        let ident = match self.named.get(&(side, name)) {
            Some(ident) => ident.clone(),
            None => {
                let ident = self.scope.camel(&path);
                self.named.insert((side, name), ident.clone());
                self.pending.push((side, name, ident.clone()));
                ident
            }
        };
        // It may hold itself. A list or map breaks the circle; a field needs an allocation of its own.
        if direct { quote!(::alloc::boxed::Box<#ident>) } else { quote!(#ident) }
    }

    /// The definitions since the last call, those of named objects last.
    pub(super) fn take_items(&mut self) -> Vec<TokenStream> {
        // One after the other and not inside one another: a chain of references may be longer than the stack is deep.
        while let Some((side, name, ident)) = self.pending.pop() {
            let Some(schema) = self.document.schema(name) else { continue };
            if let Shape::Object(properties) = &schema.shape {
                self.object(side, &ident, &format!("{} {name}", side.prefix()), schema, properties);
            }
        }
        core::mem::take(&mut self.items)
    }

    /// The fields of an object that is reached by `path`.
    pub(super) fn fields(&mut self, side: Side, path: &str, properties: &'d [(String, SchemaSpec)]) -> Vec<Field<'d>> {
        let mut scope = Scope::default();
        properties
            .iter()
            .map(|(name, schema)| Field {
                ident: scope.snake(name),
                name,
                ty: self.rust_type(side, schema, &format!("{path} {name}")),
                required: side == Side::Request && schema.required,
                docs: field_docs(name, schema),
            })
            .collect()
    }

    fn object(
        &mut self,
        side: Side,
        ident: &Ident,
        path: &str,
        schema: &'d SchemaSpec,
        properties: &'d [(String, SchemaSpec)],
    ) {
        // The object stands before what it holds.
        let place = self.items.len();
        self.items.push(TokenStream::new());
        let fields = self.fields(side, path, properties);
        let docs = docs(&described(&schema.description, "An object."));
        let definition = match side {
            Side::Request => request::object(ident, &docs, &fields),
            Side::Response => answer::object(ident, &docs, &fields),
        };
        if let Some(item) = self.items.get_mut(place) {
            *item = definition;
        }
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

/// What the document says about a field, then limits, default and example.
pub(super) fn field_docs(name: &str, schema: &SchemaSpec) -> TokenStream {
    let mut lines = described(&schema.description, &format!("{}.", code(name)));
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
    if !schema.example.is_empty() && !schema.sensitive {
        paragraph(&mut lines, format!("Example: {}", short_code(&schema.example)));
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
