//! The module of an operation.

use super::{
    answer,
    checked::{self, CheckedTypes},
    docs, inner_docs,
    object::{Module, Side, paths},
    paragraph, request,
    schemas::NamedSchemas,
    table,
};
use crate::{
    ApiDocument, OperationSpec,
    names::{Names, Naming, step},
    prose::{self, code},
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// What a module holds besides types.
const STATICS: &[&str] = &["OPERATION", "REFERENCE"];

/// The types of the module.
pub(super) fn types<'d>(
    document: &'d ApiDocument,
    operation: &'d OperationSpec,
    types: &CheckedTypes<'d>,
    schemas: &NamedSchemas<'d>,
) -> Vec<TokenStream> {
    let own = ["Request", "Response", "Error"].map(|what| format!("{} {what}", operation.name));
    let named = Naming::Type.names(STATICS, own.clone());
    let [request, response, error] = own.map(|own| named.of(&own));
    let names = type_names(document, operation, types, [&request, &response, &error]);
    let mut module = Module::new(document, schemas.types(), names);
    let asks = request::render(operation, types, &mut module, [&request, &response, &error]);
    let inside: Vec<_> = module.take_items().collect();
    let answers = answer::render(operation, &mut module, &response);
    let inside_answers: Vec<_> = module.take_items().collect();
    let errors = answer::errors(operation, &error);
    [asks].into_iter().chain(inside).chain([answers]).chain(inside_answers).chain([errors]).collect()
}

pub(super) fn render<'d>(
    document: &'d ApiDocument,
    operation: &'d OperationSpec,
    types: &CheckedTypes<'d>,
    schemas: &NamedSchemas<'d>,
) -> impl Iterator<Item = TokenStream> + use<'d> {
    let mut title = vec![format!("{}.", code(&operation.name))];
    let summary = prose::doc_lines(&operation.summary);
    if !summary.is_empty() {
        title.push(String::new());
        title.extend(summary);
    }
    let description = prose::doc_lines(&operation.description);
    if !description.is_empty() {
        title.push(String::new());
        title.extend(description);
    }
    if operation.deprecated {
        paragraph(&mut title, "The vendor advises against it.".to_owned());
    }
    if let Some(media_type) = &operation.xml_type {
        let words = format!(
            "The document says that the answer is {} even where JSON is asked for; its type reads JSON.",
            code(media_type)
        );
        paragraph(&mut title, words);
    }
    let title = inner_docs(&title);
    let [table, reference] = [table::operation(document, operation), table::reference(operation)];
    let [table_docs, reference_docs] =
        ["table", "reference"].map(|what| docs(&[format!("The {what} of {}.", code(&operation.name))]));
    let tables = quote! {
        #table_docs
        pub static OPERATION: ::acs_rpc::Operation = #table;

        #reference_docs
        pub static REFERENCE: ::acs_rpc::OperationReference = #reference;
    };
    [title].into_iter().chain(self::types(document, operation, types, schemas)).chain([tables])
}

/// The names of the types inside request and answer. The operation's own keep theirs.
fn type_names(document: &ApiDocument, operation: &OperationSpec, types: &CheckedTypes<'_>, own: [&Ident; 3]) -> Names {
    let mut found = Vec::new();
    for parameter in operation.parameters.iter().filter(|parameter| types.ident(parameter).is_none()) {
        let path = step(Side::Request.prefix(), &parameter.name);
        if checked::is_checked(&parameter.schema) {
            found.push(path);
        } else if parameter.schema.json_strings().is_none() {
            paths(&parameter.schema, path, &mut found);
        }
    }
    if let Some(answer) = operation.response.as_ref().map(|answer| document.resolve(answer)) {
        answer::paths(answer, &mut found);
    }
    let own = own.map(Ident::to_string);
    let reserved: Vec<&str> = own.iter().map(String::as_str).chain(STATICS.iter().copied()).collect();
    Naming::Type.names(&reserved, found)
}
