//! The named schemas of the document: types that operations share, and tables that refer to one another.

use super::{
    object::{Module, NamedTypes, Side},
    table,
};
use crate::{ApiDocument, SchemaSpec, Shape};
use alloc::rc::Rc;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;

/// The named schemas that the document's operations lead to.
#[derive(Debug)]
pub(super) struct NamedSchemas<'d> {
    in_requests: Vec<&'d (String, SchemaSpec)>,
    all: Vec<&'d (String, SchemaSpec)>,
    types: Rc<NamedTypes<'d>>,
    items: Vec<TokenStream>,
}

impl<'d> NamedSchemas<'d> {
    pub(super) fn collect(document: &'d ApiDocument) -> Self {
        let parameters = document.operations.iter().flat_map(|operation| &operation.parameters);
        let parameters: Vec<&SchemaSpec> = parameters.map(|parameter| &parameter.schema).collect();
        let answers: Vec<&SchemaSpec> =
            document.operations.iter().filter_map(|operation| operation.response.as_ref()).collect();
        let in_requests = document.named_from(parameters.clone());
        let in_answers = document.named_from(answers.clone());

        let mut module = Module::shared(document, quote!(super::schemas::));
        for (side, schemas) in [(Side::Request, &in_requests), (Side::Response, &in_answers)] {
            let is_object = |schema: &SchemaSpec| matches!(schema.shape, Shape::Object(_));
            for (name, schema) in schemas.iter().filter(|(_, schema)| is_object(schema)) {
                module.name(side, name, schema);
            }
            let mut done = HashSet::new();
            for (name, _) in schemas.iter().filter(|(_, schema)| !is_object(schema)) {
                name_in_order(&mut module, side, name, &mut done);
            }
        }
        let all = document.named_from(parameters.into_iter().chain(answers).collect());
        let items = module.take_items();
        Self { in_requests, all, types: module.named(), items }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn types(&self) -> Rc<NamedTypes<'d>> {
        Rc::clone(&self.types)
    }

    pub(super) fn render(&self) -> TokenStream {
        let items = &self.items;
        let named = self.in_requests.iter().map(|(name, schema)| {
            let schema = table::schema(schema);
            quote!((#name, #schema))
        });
        let described = self.all.iter().map(|(name, schema)| {
            let described = table::described(schema);
            quote!((#name, #described))
        });
        quote! {
            //! The named schemas of the document, each as it travels in requests and in answers.

            #(#items)*

            /// The schemas that parameters refer to, in the document's order.
            pub static NAMED: &[(&str, ::acs_rpc::Schema)] = &[#(#named),*];

            /// The schemas that parameters and answers refer to, and what is written about them, in the document's order.
            pub static DESCRIBED: &[(&str, ::acs_rpc::Described)] = &[#(#described),*];
        }
    }
}

/// Names a schema that is no object after those its type is made of. They lead to no circle without an object, and not far:
/// the document would have been refused.
fn name_in_order<'d>(module: &mut Module<'d>, side: Side, name: &'d str, done: &mut HashSet<&'d str>) {
    let Some(schema) = module.document().schema(name) else { return };
    if matches!(schema.shape, Shape::Object(_)) || !done.insert(name) {
        return;
    }
    let mut inner = schema;
    loop {
        match &inner.shape {
            Shape::Array(next) | Shape::Map(next) => inner = next,
            Shape::Reference(next) => {
                name_in_order(module, side, next, done);
                break;
            }
            _ => break,
        }
    }
    module.name(side, name, schema);
}
