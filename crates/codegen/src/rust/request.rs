//! Structs of requests.

use super::{
    checked::CheckedTypes,
    debug, described, docs,
    object::{Field, Fields, Further, Module, field_docs},
};
use crate::{OperationSpec, ParameterSpec, names::Naming, prose::code};
use acs_rpc::{Position, Style};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// From here on clippy asks for a struct instead of arguments; ours is the struct.
const MANY_ARGUMENTS: usize = 8;

/// The request of an operation.
pub(super) fn render<'d>(
    operation: &'d OperationSpec,
    types: &CheckedTypes<'d>,
    module: &mut Module<'d>,
    [request, response, error]: [&Ident; 3],
) -> TokenStream {
    let names = Naming::Field.names(&[], operation.parameters.iter().map(|parameter| parameter.name.as_str()));
    let document = module.document();
    let fields: Vec<Field<'_>> = operation
        .parameters
        .iter()
        .map(|parameter| Field {
            ident: names.of(&parameter.name),
            name: &parameter.name,
            ty: parameter_type(operation, parameter, types, module),
            required: parameter.schema.required,
            docs: field_docs(&parameter.name, &parameter.schema, unusual(parameter.position)),
        })
        .collect();
    let adds = operation
        .parameters
        .iter()
        .zip(&fields)
        .map(|(parameter, field)| add(parameter, field, document.is_sensitive(&parameter.schema)));
    let parameters = if fields.is_empty() {
        quote!(::acs_rpc::WireParameters::new())
    } else {
        quote! {
            let mut out = ::acs_rpc::WireParameters::new();
            #(#adds)*
            out
        }
    };
    let title = docs(&described(&operation.summary, &format!("The request of {}.", code(&operation.name))));
    let definition = structure(request, &title, &fields, None, Part::Whole);
    quote! {
        #definition

        impl ::acs_rpc::Request for #request {
            type Response = #response;
            type Error = #error;

            fn operation(&self) -> &'static ::acs_rpc::Operation {
                &OPERATION
            }

            fn parameters(&self) -> ::acs_rpc::WireParameters {
                #parameters
            }
        }
    }
}

/// Where a parameter goes, if not into query or form.
fn unusual(position: Position) -> Option<&'static str> {
    match position {
        Position::Query | Position::Form => None,
        Position::Body => Some("the body"),
        Position::Header => Some("a header"),
        Position::Host => Some("a part of the host name"),
        Position::Path => Some("a part of the path"),
    }
}

fn parameter_type<'d>(
    operation: &'d OperationSpec,
    parameter: &'d ParameterSpec,
    types: &CheckedTypes<'d>,
    module: &mut Module<'d>,
) -> TokenStream {
    if let Some(ident) = types.ident(parameter) {
        return quote!(super::types::#ident);
    }
    if parameter.schema.json_strings().is_some() {
        let item = match types.item_ident(operation, parameter) {
            Some(ident) => quote!(super::types::#ident),
            None => quote!(::alloc::string::String),
        };
        let list = quote!(::alloc::vec::Vec<#item>);
        return if parameter.schema.sensitive { quote!(::acs_rpc::Sensitive<#list>) } else { list };
    }
    module.parameter_type(&parameter.name, &parameter.schema)
}

/// The statement that adds a parameter to the wire form.
fn add(parameter: &ParameterSpec, field: &Field<'_>, sensitive: bool) -> TokenStream {
    let (name, ident) = (field.name, &field.ident);
    let value = match (field.required, sensitive) {
        (true, false) => quote!(::core::option::Option::Some(&self.#ident)),
        (true, true) => quote!(::core::option::Option::Some(self.#ident.expose())),
        (false, false) => quote!(self.#ident.as_ref()),
        (false, true) => quote!(self.#ident.as_ref().map(::acs_rpc::Sensitive::expose)),
    };
    let slice = match (field.required, sensitive) {
        (true, false) => quote!(::core::option::Option::Some(self.#ident.as_slice())),
        (true, true) => quote!(::core::option::Option::Some(self.#ident.expose().as_slice())),
        (false, false) => quote!(self.#ident.as_deref()),
        (false, true) => quote!(self.#ident.as_ref().map(|list| list.expose().as_slice())),
    };
    match parameter.style {
        _ if parameter.schema.json_strings().is_some() => quote!(out.add_json(#name, #value);),
        Style::Json => quote!(out.add_json(#name, #value);),
        Style::Simple => quote!(out.add_simple(#name, #slice);),
        Style::Plain | Style::RepeatList | Style::Flat => quote!(out.add(#name, &self.#ident);),
    }
}

/// An object inside a request, in both of its forms: flat names and JSON.
pub(super) fn object(ident: &Ident, docs: &TokenStream, fields: &Fields<'_>, hidden: bool) -> TokenStream {
    let Fields { named, further, .. } = fields;
    let definition = structure(ident, docs, named, further.as_ref(), Part::Inside { hidden });
    let add_further = further.as_ref().map(|Further { ident, .. }| quote!(self.#ident.to_wire(name, out);));
    let (names, idents): (Vec<_>, Vec<_>) = named.iter().map(|field| (field.name, &field.ident)).unzip();
    quote! {
        #definition

        impl ::acs_rpc::ToWire for #ident {
            fn to_wire(&self, name: ::alloc::borrow::Cow<'static, str>, out: &mut ::acs_rpc::WireParameters) {
                #(out.add_field(&name, #names, &self.#idents);)*
                #add_further
            }
        }
    }
}

/// What of a request a struct is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// An object; hidden where it or something around it is sensitive.
    Inside {
        hidden: bool,
    },
}

/// A struct whose required fields are arguments of `new`; without any, it is `Default`.
///
/// Arguments stand in the order of their names on the wire. In the document's order, two that have changed places there would
/// do so here, and code that passes two texts would go on to compile and send each as the other.
fn structure(
    ident: &Ident,
    docs: &TokenStream,
    fields: &[Field<'_>],
    further: Option<&Further>,
    part: Part,
) -> TokenStream {
    let serialized = matches!(part, Part::Inside { .. });
    let serialize = serialized.then(|| quote!(, ::serde::Serialize));
    let (derived, debug) = debug(ident, part == Part::Inside { hidden: true });
    let declared = fields.iter().map(|field| {
        let (docs, ident, name, ty) = (&field.docs, &field.ident, field.name, field.declared());
        let skip = (!field.required).then(|| quote!(, skip_serializing_if = "::core::option::Option::is_none"));
        let serde = serialized.then(|| quote!(#[serde(rename = #name #skip)]));
        quote! {
            #docs
            #serde
            pub #ident: #ty
        }
    });
    let mut required: Vec<&Field<'_>> = fields.iter().filter(|field| field.required).collect();
    required.sort_by_key(|field| field.name);
    let default = required.is_empty().then(|| quote!(, Default));
    let arguments = required.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        quote!(#ident: #ty)
    });
    let values = fields.iter().map(|field| {
        let ident = &field.ident;
        if field.required { quote!(#ident) } else { quote!(#ident: ::core::option::Option::None) }
    });
    let declared_further = further.map(|Further { ident, ty, docs }| {
        quote! {
            #docs
            #[serde(flatten)]
            pub #ident: #ty,
        }
    });
    let no_further = further.map(|Further { ident, .. }| quote!(#ident: ::alloc::collections::BTreeMap::new()));
    let many = (required.len() >= MANY_ARGUMENTS)
        .then(|| quote!(#[expect(clippy::too_many_arguments, reason = "the vendor requires as many")]));
    let docs_of_new =
        if required.is_empty() { "With nothing set." } else { "With what is required, in the order of its names." };
    let docs_of_new = self::docs(&[docs_of_new.to_owned()]);
    quote! {
        #docs
        #[derive(Clone, #derived PartialEq #serialize #default)]
        #[non_exhaustive]
        pub struct #ident {
            #(#declared,)*
            #declared_further
        }

        #debug

        impl #ident {
            #docs_of_new
            #many
            #[must_use]
            pub const fn new(#(#arguments),*) -> Self {
                Self { #(#values,)* #no_further }
            }
        }
    }
}
