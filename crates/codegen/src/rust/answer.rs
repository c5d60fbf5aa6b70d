//! Structs and enums of answers, and the errors an operation declares.

use super::{
    checked::variants,
    debug, docs,
    object::{self, Fields, Further, Module, Side},
};
use crate::{
    OperationSpec, SchemaSpec, Shape,
    names::{Naming, step},
    prose::{self, code},
};
use alloc::collections::BTreeMap;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The answer of an operation.
pub(super) fn render<'d>(operation: &'d OperationSpec, module: &mut Module<'d>, ident: &Ident) -> TokenStream {
    let title = docs(&[format!("The answer to {}.", code(&operation.name))]);
    let document = module.document();
    let hidden = operation.response.as_ref().is_some_and(|response| document.is_sensitive(response));
    let (derived, debug) = debug(ident, hidden);
    let response = operation.response.as_ref().map(|response| document.resolve(response));
    let says_nothing = |schema: &SchemaSpec| match &schema.shape {
        Shape::Any => true,
        Shape::Map(values) => values.shape == Shape::Any,
        _ => false,
    };
    match response {
        Some(SchemaSpec { shape: Shape::Object(properties), additional, .. }) => {
            let fields =
                module.fields(Side::Response, Side::Response.prefix(), properties, additional.as_deref(), hidden);
            object(ident, &title, &fields, hidden)
        }
        Some(response) if !says_nothing(response) => {
            let ty = module.rust_type(Side::Response, response, &step(Side::Response.prefix(), "Value"));
            quote! {
                #title
                #[derive(Clone, #derived Default, PartialEq)]
                #[non_exhaustive]
                pub struct #ident {
                    /// What the answer is as a whole.
                    pub value: ::core::option::Option<#ty>,
                    /// The answer as it came, where it is not, or not all, what the document says. It may hold anything.
                    pub rest: ::core::option::Option<::acs_rpc::Sensitive<::serde_json::Value>>,
                }

                #debug

                impl ::acs_rpc::FromAnswer for #ident {
                    fn from_answer(value: &::serde_json::Value, _: &mut bool) -> ::core::option::Option<Self> {
                        let mut partly = false;
                        let read = ::acs_rpc::FromAnswer::from_answer(value, &mut partly);
                        let rest = (partly || (read.is_none() && !value.is_null())).then(|| value.clone().into());
                        ::core::option::Option::Some(Self { value: read, rest })
                    }
                }
            }
        }
        _ => quote! {
            #title
            ///
            /// The document does not say what is in it.
            #[derive(Clone, #derived Default, PartialEq)]
            #[non_exhaustive]
            pub struct #ident {
                /// The answer as it came.
                pub value: ::serde_json::Value,
            }

            #debug

            impl ::acs_rpc::FromAnswer for #ident {
                fn from_answer(value: &::serde_json::Value, _: &mut bool) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(Self { value: value.clone() })
                }
            }
        },
    }
}

/// The paths to the types of an answer.
pub(super) fn paths(response: &SchemaSpec, found: &mut Vec<String>) {
    match &response.shape {
        Shape::Object(properties) => {
            let additional = response.additional.as_deref();
            object::field_paths(properties, additional, Side::Response.prefix(), found);
        }
        _ => object::paths(response, step(Side::Response.prefix(), "Value"), found),
    }
}

/// An object of an answer.
pub(super) fn object(ident: &Ident, docs: &TokenStream, fields: &Fields<'_>, hidden: bool) -> TokenStream {
    let (derived, debug) = debug(ident, hidden);
    let rest = &fields.rest;
    let (further, read_further) = match &fields.further {
        Some(Further { ident, ty, docs }) => (quote!(#docs pub #ident: #ty,), quote!(#ident: fields.others(),)),
        None => (quote!(), quote!()),
    };
    let declared = fields.named.iter().map(|field| {
        let (docs, ident, ty) = (&field.docs, &field.ident, field.declared());
        quote! {
            #docs
            pub #ident: #ty
        }
    });
    let read = fields.named.iter().map(|field| {
        let (ident, name) = (&field.ident, field.name);
        quote!(#ident: fields.take(#name))
    });
    quote! {
        #docs
        #[derive(Clone, #derived Default, PartialEq)]
        #[non_exhaustive]
        pub struct #ident {
            #(#declared,)*
            #further
            /// What came and is not described, or not all as described.
            pub #rest: ::acs_rpc::Rest,
        }

        #debug

        impl ::acs_rpc::FromAnswer for #ident {
            fn from_answer(value: &::serde_json::Value, _: &mut bool) -> ::core::option::Option<Self> {
                let mut fields = ::acs_rpc::AnswerFields::of(value)?;
                ::core::option::Option::Some(Self { #(#read,)* #read_further #rest: fields.rest() })
            }
        }
    }
}

/// An open enum: a value the document does not know is kept.
pub(super) fn choice(ident: &Ident, schema: &SchemaSpec, hidden: bool) -> TokenStream {
    let (derived, debug) = debug(ident, hidden);
    let values = schema.one_of().unwrap_or_default();
    let variants = variants(&["Other"], values, &schema.titles);
    let (idents, texts): (Vec<_>, Vec<_>) = variants.iter().map(|v| (&v.ident, v.value)).unzip();
    let docs = variants.iter().map(|v| &v.docs);
    quote! {
        /// One of the values the server is known to give, or another.
        #[derive(Clone, #derived PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #(#docs #idents,)*
            /// A value the document does not know.
            Other(::alloc::string::String),
        }

        #debug

        impl #ident {
            /// The value on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#idents => #texts,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl ::acs_rpc::FromAnswer for #ident {
            fn from_answer(value: &::serde_json::Value, partly: &mut bool) -> ::core::option::Option<Self> {
                let text = <::alloc::string::String as ::acs_rpc::FromAnswer>::from_answer(value, partly)?;
                ::core::option::Option::Some(match text.as_str() {
                    #(#texts => Self::#idents,)*
                    _ => Self::Other(text),
                })
            }
        }
    }
}

/// The errors of an operation, by code.
pub(super) fn errors(operation: &OperationSpec, ident: &Ident) -> TokenStream {
    // One code may be declared several times, with other messages or statuses.
    let mut declared: Vec<(&str, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for error in &operation.errors {
        let place = *places.entry(&error.code).or_insert_with(|| {
            declared.push((&error.code, Vec::new()));
            declared.len() - 1
        });
        let mut line = format!("* HTTP {}", error.status);
        let message = prose::one_line(&error.message);
        if !message.is_empty() {
            line = format!("{line}: {message}");
        }
        if let Some((_, lines)) = declared.get_mut(place).filter(|(_, lines)| !lines.contains(&line)) {
            lines.push(line);
        }
    }
    let names = Naming::Type.names(&["Other"], declared.iter().map(|(error, _)| *error));
    let variants: Vec<Ident> = declared.iter().map(|(error, _)| names.of(error)).collect();
    let codes: Vec<&str> = declared.iter().map(|(error, _)| *error).collect();
    let lines = declared.iter().map(|(error, lines)| {
        let mut all = vec![format!("{}.", code(error)), String::new()];
        all.extend(lines.iter().cloned());
        docs(&all)
    });
    let title = docs(&[format!("The errors declared for {}.", code(&operation.name))]);
    let sorted_out = if codes.is_empty() {
        quote!(Self::Other(error))
    } else {
        quote! {
            match error.code.as_str() {
                #(#codes => Self::#variants(error),)*
                _ => Self::Other(error),
            }
        }
    };
    quote! {
        #title
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum #ident {
            #(#lines #variants(::alloc::boxed::Box<::acs_rpc::ApiError>),)*
            /// A code the document does not declare.
            Other(::alloc::boxed::Box<::acs_rpc::ApiError>),
        }

        impl #ident {
            /// What the vendor said.
            #[must_use]
            pub fn api_error(&self) -> &::acs_rpc::ApiError {
                match self {
                    #(Self::#variants(error) |)* Self::Other(error) => error,
                }
            }
        }

        impl ::core::convert::From<::alloc::boxed::Box<::acs_rpc::ApiError>> for #ident {
            fn from(error: ::alloc::boxed::Box<::acs_rpc::ApiError>) -> Self {
                #sorted_out
            }
        }

        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self.api_error(), f)
            }
        }

        impl ::core::error::Error for #ident {}
    }
}
