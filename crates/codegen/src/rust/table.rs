//! The static table of an operation, and its reference.

use super::option;
use crate::{ApiDocument, Constraint, OperationSpec, SchemaSpec, Shape};
use acs_rpc::{Method, Position, Style};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn operation(document: &ApiDocument, operation: &OperationSpec) -> TokenStream {
    let (product, version) = (&document.product, &document.version);
    let OperationSpec { name, summary, https_only, path, .. } = operation;
    let body_type = option(operation.body_type.as_ref().map(|body_type| quote!(#body_type)));
    let success_flag = document.success_flag(operation);
    let methods = operation.methods.iter().map(|method| match method {
        Method::Get => quote!(::acs_rpc::Method::Get),
        Method::Post => quote!(::acs_rpc::Method::Post),
    });
    let parameters = operation.parameters.iter().map(|parameter| {
        let (name, required) = (&parameter.name, parameter.schema.required);
        let (position, style, schema) = (position(parameter.position), style(parameter.style), schema(&parameter.schema));
        quote! {
            ::acs_rpc::Parameter { name: #name, position: #position, style: #style, required: #required, schema: #schema }
        }
    });
    let errors = operation.errors.iter().map(|error| {
        let (status, code) = (Literal::u16_unsuffixed(error.status), &error.code);
        quote!(::acs_rpc::DeclaredError { status: #status, code: #code })
    });
    let named = if operation.parameters.iter().any(|parameter| parameter.schema.refers()) {
        quote!(super::schemas::NAMED)
    } else {
        quote!(&[])
    };
    quote! {
        ::acs_rpc::Operation {
            product: #product,
            version: #version,
            name: #name,
            summary: #summary,
            methods: &[#(#methods),*],
            https_only: #https_only,
            path: #path,
            body_type: #body_type,
            parameters: &[#(#parameters),*],
            errors: &[#(#errors),*],
            success_flag: #success_flag,
            named: #named,
        }
    }
}

/// The operation's reference; its table is the static `OPERATION` beside it.
pub(super) fn reference(operation: &OperationSpec) -> TokenStream {
    let OperationSpec { description, deprecated, .. } = operation;
    let parameters = operation.parameters.iter().map(|parameter| prose(&parameter.schema));
    let response = option(operation.response.as_ref().map(described));
    let named = if operation.refers() { quote!(super::schemas::DESCRIBED) } else { quote!(&[]) };
    let messages = operation.errors.iter().map(|error| &error.message);
    let examples = operation.examples.iter().map(|example| {
        let (format, body) = (&example.format, &example.body);
        quote!(::acs_rpc::Example { format: #format, body: #body })
    });
    quote! {
        ::acs_rpc::OperationReference {
            operation: &OPERATION,
            description: #description,
            deprecated: #deprecated,
            parameters: &[#(#parameters),*],
            response: #response,
            named: #named,
            messages: &[#(#messages),*],
            examples: &[#(#examples),*],
        }
    }
}

fn described(spec: &SchemaSpec) -> TokenStream {
    let (schema, prose) = (schema(spec), prose(spec));
    quote!(::acs_rpc::Described { schema: #schema, prose: #prose })
}

pub(super) fn prose(spec: &SchemaSpec) -> TokenStream {
    let SchemaSpec { description, example, .. } = spec;
    let inside = spec.inside();
    if inside.is_empty() {
        return quote!(::acs_rpc::Prose::of(#description, #example));
    }
    let inside = inside.into_iter().map(prose);
    quote!(::acs_rpc::Prose { description: #description, example: #example, inside: &[#(#inside),*] })
}

fn position(position: Position) -> TokenStream {
    match position {
        Position::Query => quote!(::acs_rpc::Position::Query),
        Position::Form => quote!(::acs_rpc::Position::Form),
        Position::Body => quote!(::acs_rpc::Position::Body),
        Position::Header => quote!(::acs_rpc::Position::Header),
        Position::Host => quote!(::acs_rpc::Position::Host),
        Position::Path => quote!(::acs_rpc::Position::Path),
    }
}

fn style(style: Style) -> TokenStream {
    match style {
        Style::Plain => quote!(::acs_rpc::Style::Plain),
        Style::RepeatList => quote!(::acs_rpc::Style::RepeatList),
        Style::Flat => quote!(::acs_rpc::Style::Flat),
        Style::Json => quote!(::acs_rpc::Style::Json),
        Style::Simple => quote!(::acs_rpc::Style::Simple),
    }
}

pub(super) fn schema(schema: &SchemaSpec) -> TokenStream {
    let (kind, constraints) = (kind(schema), schema.constraints.iter().map(constraint));
    let sensitive = schema.sensitive;
    if schema.constraints.is_empty() && !sensitive {
        return quote!(::acs_rpc::Schema::of(#kind));
    }
    quote! {
        ::acs_rpc::Schema {
            kind: #kind,
            constraints: &[#(#constraints),*],
            sensitive: #sensitive,
        }
    }
}

fn kind(spec: &SchemaSpec) -> TokenStream {
    match &spec.shape {
        Shape::String => quote!(::acs_rpc::Kind::String),
        Shape::Int32 => quote!(::acs_rpc::Kind::Int32),
        Shape::Int64 => quote!(::acs_rpc::Kind::Int64),
        Shape::Number => quote!(::acs_rpc::Kind::Number),
        Shape::Boolean => quote!(::acs_rpc::Kind::Boolean),
        Shape::Binary => quote!(::acs_rpc::Kind::Binary),
        Shape::Any => quote!(::acs_rpc::Kind::Any),
        Shape::Array(items) => {
            let items = schema(items);
            quote!(::acs_rpc::Kind::Array(&#items))
        }
        Shape::Map(values) => {
            let values = schema(values);
            quote!(::acs_rpc::Kind::Map(&#values))
        }
        Shape::Object(properties) => {
            let properties = properties.iter().map(|(name, spec)| {
                let (required, schema) = (spec.required, schema(spec));
                quote!(::acs_rpc::Property { name: #name, required: #required, schema: #schema })
            });
            match spec.additional.as_deref().map(schema) {
                Some(additional) => quote!(::acs_rpc::Kind::Open(&[#(#properties),*], &#additional)),
                None => quote!(::acs_rpc::Kind::Object(&[#(#properties),*])),
            }
        }
        Shape::Reference(name) => quote!(::acs_rpc::Kind::Named(#name)),
    }
}

fn constraint(constraint: &Constraint) -> TokenStream {
    let count = |n: &u64| Literal::u64_unsuffixed(*n);
    match constraint {
        Constraint::MinLength(n) => {
            let n = count(n);
            quote!(::acs_rpc::Constraint::MinLength(#n))
        }
        Constraint::MaxLength(n) => {
            let n = count(n);
            quote!(::acs_rpc::Constraint::MaxLength(#n))
        }
        Constraint::Ascii => quote!(::acs_rpc::Constraint::Ascii),
        Constraint::Prefix(prefix) => quote!(::acs_rpc::Constraint::Prefix(#prefix)),
        Constraint::Minimum(n) => {
            let n = Literal::i64_unsuffixed(*n);
            quote!(::acs_rpc::Constraint::Minimum(#n))
        }
        Constraint::Maximum(n) => {
            let n = Literal::i64_unsuffixed(*n);
            quote!(::acs_rpc::Constraint::Maximum(#n))
        }
        Constraint::AtLeast(n) => quote!(::acs_rpc::Constraint::AtLeast(#n)),
        Constraint::AtMost(n) => quote!(::acs_rpc::Constraint::AtMost(#n)),
        Constraint::MoreThan(n) => quote!(::acs_rpc::Constraint::MoreThan(#n)),
        Constraint::LessThan(n) => quote!(::acs_rpc::Constraint::LessThan(#n)),
        Constraint::MinItems(n) => {
            let n = count(n);
            quote!(::acs_rpc::Constraint::MinItems(#n))
        }
        Constraint::MaxItems(n) => {
            let n = count(n);
            quote!(::acs_rpc::Constraint::MaxItems(#n))
        }
        Constraint::OneOf(values) => quote!(::acs_rpc::Constraint::OneOf(&[#(#values),*])),
        Constraint::JsonStrings(n) => {
            let n = count(n);
            quote!(::acs_rpc::Constraint::JsonStrings(#n))
        }
    }
}
