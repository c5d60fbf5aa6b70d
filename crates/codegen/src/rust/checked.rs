//! Checked types of parameters: a value that exists is one that may be sent.
//!
//! A parameter gets one where the overlay names a type for it, and where text or a whole number has limits. Those that the
//! overlay names are shared by all operations. Any other belongs to its operation: if operations shared what has one name
//! and the same limits, one more operation, or another limit in one of them, would change the types of others.

use super::{Pieces, debug, docs, table};
use crate::{
    ApiDocument, Constraint, OperationSpec, ParameterSpec, SchemaSpec, Shape, ValueTitle,
    names::{Naming, step},
    prose::{self, code},
    words::limit_words,
};
use alloc::collections::BTreeMap;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// The types the overlay names. Where one name stands for different limits, because the document has others here and there,
/// the first operation by name keeps the plain name, and the first of each other limits puts its own in front.
#[derive(Debug)]
pub(super) struct CheckedTypes<'d> {
    idents: HashMap<Checked<'d>, Ident>,
    ordered: Vec<(Checked<'d>, Ident, &'d SchemaSpec)>,
}

/// What makes two parameters' types the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Checked<'d> {
    name: &'d str,
    base: Base,
    constraints: &'d [Constraint],
    variants: Vec<(&'d str, Option<&'d str>)>,
    sensitive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Base {
    Text,
    Choice,
    Int32,
    Int64,
}

impl<'d> CheckedTypes<'d> {
    pub(super) fn collect(document: &'d ApiDocument) -> Self {
        let mut operations: Vec<&OperationSpec> = document.operations.iter().collect();
        operations.sort_by_key(|operation| &operation.name);
        let mut found: Vec<(Checked<'d>, String, &'d SchemaSpec)> = Vec::new();
        let mut plain: BTreeMap<&str, Vec<Checked<'d>>> = BTreeMap::new();
        for operation in operations {
            for parameter in &operation.parameters {
                let Some(checked) = shared(parameter) else { continue };
                let others = plain.entry(checked.name).or_default();
                if others.contains(&checked) {
                    continue;
                }
                let spelling =
                    if others.is_empty() { checked.name.to_owned() } else { step(&operation.name, checked.name) };
                others.push(checked.clone());
                found.push((checked, spelling, &parameter.schema));
            }
        }
        let names = Naming::Type.names(&[], found.iter().map(|(_, spelling, _)| spelling.as_str()));
        let named = found.into_iter().map(|(checked, spelling, schema)| (checked, names.of(&spelling), schema));
        let ordered: Vec<_> = named.collect();
        Self { idents: ordered.iter().map(|(checked, ident, _)| (checked.clone(), ident.clone())).collect(), ordered }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// The type of a parameter's value, if it is one the overlay names.
    pub(super) fn ident(&self, parameter: &'d ParameterSpec) -> Option<&Ident> {
        self.idents.get(&shared(parameter)?)
    }

    /// The type of the items of a parameter that holds a JSON array, if it is a checked one: the type the overlay names is
    /// that of a parameter of the same operation or another.
    pub(super) fn item_ident(&self, operation: &'d OperationSpec, parameter: &ParameterSpec) -> Option<&Ident> {
        parameter.schema.json_strings()?;
        let name = parameter.schema.type_name.as_deref()?;
        let own = operation.parameters.iter().filter_map(shared).find(|checked| checked.name == name);
        let own = own.and_then(|checked| self.idents.get(&checked));
        let first = || self.ordered.iter().find_map(|(checked, ident, _)| (checked.name == name).then_some(ident));
        own.or_else(first)
    }

    pub(super) fn render(&self) -> Pieces<'_> {
        let title = quote! {
            //! Checked types of parameters: a value that exists is one that may be sent.
        };
        let types = self.ordered.iter().map(|(checked, ident, schema)| define(ident, checked.name, schema));
        Box::new(core::iter::once(title).chain(types))
    }
}

/// What the overlay names.
fn shared(parameter: &ParameterSpec) -> Option<Checked<'_>> {
    let schema = &parameter.schema;
    Some(Checked {
        name: schema.type_name.as_deref()?,
        base: base(schema)?,
        constraints: &schema.constraints,
        variants: schema.titles.iter().map(|title| (title.value.as_str(), title.name.as_deref())).collect(),
        sensitive: schema.sensitive,
    })
}

/// Whether a parameter's value gets a type of its own.
pub(super) fn is_checked(schema: &SchemaSpec) -> bool {
    base(schema).is_some()
}

/// The type of a parameter that [is checked](is_checked).
pub(super) fn define(ident: &Ident, name: &str, schema: &SchemaSpec) -> TokenStream {
    let docs = |what| type_docs(name, schema, what);
    match base(schema) {
        Some(Base::Int32) => number(ident, &docs("a whole number"), schema, &quote!(i32)),
        Some(Base::Int64) => number(ident, &docs("a whole number"), schema, &quote!(i64)),
        Some(Base::Text) => text(ident, &docs("text"), schema),
        Some(Base::Choice) | None => choice(ident, schema, schema.sensitive),
    }
}

fn base(schema: &SchemaSpec) -> Option<Base> {
    let named = schema.type_name.is_some();
    match schema.shape {
        Shape::String if schema.json_strings().is_some() => None,
        Shape::String if schema.one_of().is_some() => Some(Base::Choice),
        Shape::String if named || !schema.constraints.is_empty() => Some(Base::Text),
        Shape::Int32 if named || !schema.constraints.is_empty() => Some(Base::Int32),
        Shape::Int64 if named || !schema.constraints.is_empty() => Some(Base::Int64),
        _ => None,
    }
}

/// What the type is for, in our own words: prose of one parameter would mislead at the others.
fn type_docs(name: &str, schema: &SchemaSpec, what: &str) -> TokenStream {
    let limits = limit_words(schema);
    let joint = if limits.is_empty() { "" } else { "; " };
    docs(&[format!("{} that may be sent: {what}{joint}{limits}.", code(name))])
}

fn text(ident: &Ident, docs: &TokenStream, schema: &SchemaSpec) -> TokenStream {
    let make = if schema.constraints.is_empty() {
        quote! {
            /// Takes any text.
            #[must_use]
            pub fn new(text: impl ::core::convert::Into<::alloc::string::String>) -> Self {
                Self(text.into())
            }
        }
    } else {
        let schema = table::schema(schema);
        quote! {
            const SCHEMA: ::acs_rpc::Schema = #schema;

            /// Checks the text.
            ///
            /// # Errors
            /// The first limit it is outside of.
            pub fn new(
                text: impl ::core::convert::Into<::alloc::string::String>,
            ) -> ::core::result::Result<Self, ::acs_rpc::Violation> {
                let text = text.into();
                ::acs_rpc::check_value(&Self::SCHEMA, &text)?;
                ::core::result::Result::Ok(Self(text))
            }
        }
    };
    let (derived, debug) = debug(ident, schema.sensitive);
    let display = display(ident, &quote!(&self.0), schema.sensitive);
    quote! {
        #docs
        #[derive(Clone, #derived PartialEq, Eq, Hash, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct #ident(::alloc::string::String);

        impl #ident {
            #make

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #debug

        #display

        impl ::acs_rpc::ToWire for #ident {
            fn to_wire(&self, name: ::alloc::borrow::Cow<'static, str>, out: &mut ::acs_rpc::WireParameters) {
                self.0.to_wire(name, out);
            }
        }
    }
}

/// A sensitive value is not written out by accident: it has no `Display`.
fn display(ident: &Ident, text: &TokenStream, hidden: bool) -> TokenStream {
    if hidden {
        return quote!();
    }
    quote! {
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#text)
            }
        }
    }
}

fn number(ident: &Ident, docs: &TokenStream, schema: &SchemaSpec, primitive: &TokenStream) -> TokenStream {
    let (derived, debug) = debug(ident, schema.sensitive);
    let schema = table::schema(schema);
    quote! {
        #docs
        #[derive(Clone, Copy, #derived PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct #ident(#primitive);

        impl #ident {
            const SCHEMA: ::acs_rpc::Schema = #schema;

            /// Checks the number.
            ///
            /// # Errors
            /// The first limit it is outside of.
            pub fn new(number: #primitive) -> ::core::result::Result<Self, ::acs_rpc::Violation> {
                ::acs_rpc::check_value(&Self::SCHEMA, &::alloc::string::ToString::to_string(&number))?;
                ::core::result::Result::Ok(Self(number))
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> #primitive {
                self.0
            }
        }

        #debug

        impl ::acs_rpc::ToWire for #ident {
            fn to_wire(&self, name: ::alloc::borrow::Cow<'static, str>, out: &mut ::acs_rpc::WireParameters) {
                self.0.to_wire(name, out);
            }
        }
    }
}

/// A closed enum: what the server may say beyond it has no value here, and cannot be sent.
pub(super) fn choice(ident: &Ident, schema: &SchemaSpec, hidden: bool) -> TokenStream {
    let (derived, debug) = debug(ident, hidden);
    let display = display(ident, &quote!(self.as_str()), hidden);
    let refusal = if hidden {
        quote!(::acs_rpc::Violation::Limit {
            constraint: ::acs_rpc::Constraint::OneOf(Self::TEXTS),
            value: ::core::option::Option::None,
        })
    } else {
        quote!(::acs_rpc::Violation::not_one_of(Self::TEXTS, text))
    };
    let values = schema.one_of().unwrap_or_default();
    let variants = variants(&[], values, &schema.titles);
    let declared = variants.iter().map(|Variant { ident, value, docs }| {
        quote! {
            #docs
            #[serde(rename = #value)]
            #ident
        }
    });
    let (idents, texts): (Vec<_>, Vec<_>) = variants.iter().map(|v| (&v.ident, v.value)).unzip();
    quote! {
        /// One of the values that may be sent.
        #[derive(Clone, Copy, #derived PartialEq, Eq, Hash, ::serde::Serialize)]
        #[non_exhaustive]
        pub enum #ident {
            #(#declared,)*
        }

        impl #ident {
            /// All values, in the document's order.
            pub const ALL: &'static [Self] = &[#(Self::#idents),*];

            const TEXTS: &'static [&'static str] = &[#(#texts),*];

            /// The value on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#idents => #texts,)*
                }
            }
        }

        impl ::core::str::FromStr for #ident {
            type Err = ::acs_rpc::Violation;

            fn from_str(text: &str) -> ::core::result::Result<Self, ::acs_rpc::Violation> {
                match text {
                    #(#texts => ::core::result::Result::Ok(Self::#idents),)*
                    _ => ::core::result::Result::Err(#refusal),
                }
            }
        }

        #debug

        #display

        impl ::acs_rpc::ToWire for #ident {
            fn to_wire(&self, name: ::alloc::borrow::Cow<'static, str>, out: &mut ::acs_rpc::WireParameters) {
                self.as_str().to_wire(name, out);
            }
        }
    }
}

/// A value of an enumeration as a variant.
pub(super) struct Variant<'d> {
    pub(super) ident: Ident,
    pub(super) value: &'d str,
    pub(super) docs: TokenStream,
}

/// The variants of an enumeration, in an enum that needs the reserved names for itself.
pub(super) fn variants<'d>(reserved: &[&str], values: &'d [String], titles: &[ValueTitle]) -> Vec<Variant<'d>> {
    // Names a person chose go first, so that no vendor's value takes them.
    let by_value: HashMap<&str, &ValueTitle> = titles.iter().map(|title| (title.value.as_str(), title)).collect();
    let chosen = |value: &String| by_value.get(value.as_str()).and_then(|title| title.name.as_deref());
    let chosen_names = Naming::Type.names(reserved, values.iter().filter_map(chosen));
    let reserved: Vec<&str> = reserved.iter().copied().chain(values.iter().filter_map(chosen)).collect();
    let names = Naming::Type.names(&reserved, values.iter().filter(|value| chosen(value).is_none()).cloned());
    values
        .iter()
        .map(|value| {
            let ident = chosen(value).map_or_else(|| names.of(value), |name| chosen_names.of(name));
            let mut words = code(value);
            if let Some(title) = by_value
                .get(value.as_str())
                .map(|title| prose::one_line(&title.title))
                .filter(|title| !title.is_empty())
            {
                words = format!("{words}: {title}");
            }
            Variant { ident, value, docs: docs(&[format!("{words}.")]) }
        })
        .collect()
}
