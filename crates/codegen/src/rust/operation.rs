//! The module of an operation.

use super::{
    answer, checked::CheckedTypes, docs, inner_docs, object::Module, paragraph, request, schemas::NamedSchemas, table,
};
use crate::{ApiDocument, OperationSpec, prose, prose::code};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn render<'d>(
    document: &'d ApiDocument,
    operation: &'d OperationSpec,
    types: &CheckedTypes<'d>,
    schemas: &NamedSchemas<'d>,
) -> Vec<TokenStream> {
    let mut module = Module::new(document, schemas.types());
    let [request, response, error] =
        ["Request", "Response", "Error"].map(|what| module.reserve(&format!("{} {what}", operation.name)));
    let asks = request::render(operation, types, &mut module, [&request, &response, &error]);
    let inside: Vec<_> = module.take_items().collect();
    let answers = answer::render(operation, &mut module, &response);
    let inside_answers: Vec<_> = module.take_items().collect();
    let errors = answer::errors(operation, &error);

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
    let requests = [title, asks].into_iter().chain(inside);
    requests.chain([answers]).chain(inside_answers).chain([errors, tables]).collect()
}
