//! The named schemas of the document: types that operations share, and tables that refer to one another.

use super::{
    Pieces,
    object::{Module, NamedTypes, Side, paths},
    table,
};
use crate::{
    ApiDocument, SchemaSpec, Shape,
    names::{Naming, step},
};
use alloc::rc::Rc;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::collections::{HashMap, HashSet};

/// What the module holds besides types.
const STATICS: &[&str] = &["NAMED", "DESCRIBED"];

/// The named schemas that the document's operations lead to.
#[derive(Debug)]
pub(super) struct NamedSchemas<'d> {
    document: &'d ApiDocument,
    in_requests: Vec<&'d (String, SchemaSpec)>,
    in_answers: Vec<&'d (String, SchemaSpec)>,
    all: Vec<&'d (String, SchemaSpec)>,
    /// Each has one type, so that it shows nothing anywhere.
    hidden: HashSet<&'d str>,
    types: Rc<NamedTypes<'d>>,
}

impl<'d> NamedSchemas<'d> {
    pub(super) fn collect(document: &'d ApiDocument) -> Self {
        let parameters = document.operations.iter().flat_map(|operation| &operation.parameters);
        let parameters: Vec<&SchemaSpec> = parameters.map(|parameter| &parameter.schema).collect();
        let answers: Vec<&SchemaSpec> =
            document.operations.iter().filter_map(|operation| operation.response.as_ref()).collect();
        let mut named = Self {
            document,
            in_requests: document.named_from(parameters.clone()),
            in_answers: document.named_from(answers.clone()),
            all: document.named_from(parameters.into_iter().chain(answers).collect()),
            hidden: document.hidden_names(),
            types: Rc::default(),
        };
        named.types = named.module().named();
        named
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

    /// The module in which each schema has its type, and none its definition.
    fn module(&self) -> Module<'d> {
        let sides = [(Side::Request, &self.in_requests), (Side::Response, &self.in_answers)];
        let mut found = Vec::new();
        for (side, schemas) in sides {
            schemas.iter().for_each(|(name, schema)| paths(schema, step(side.prefix(), name), &mut found));
        }
        let names = Naming::Type.names(STATICS, found);
        let mut module = Module::shared(self.document, quote!(super::schemas::), names);
        for (side, schemas) in sides {
            let is_object = |schema: &SchemaSpec| matches!(schema.shape, Shape::Object(_));
            for (name, schema) in schemas.iter().filter(|(_, schema)| is_object(schema)) {
                module.name(side, name, schema, self.hidden.contains(name.as_str()));
            }
            let mut done = HashSet::new();
            for (name, _) in schemas.iter().filter(|(_, schema)| !is_object(schema)) {
                self.name_in_order(&mut module, side, name, &mut done);
            }
        }
        module
    }

    /// Names a schema that is no object after those its type is made of. They lead to no circle without an object, and not
    /// far: the document would have been refused.
    fn name_in_order(&self, module: &mut Module<'d>, side: Side, name: &'d str, done: &mut HashSet<&'d str>) {
        let Some(schema) = self.document.schema(name) else { return };
        if matches!(schema.shape, Shape::Object(_)) || !done.insert(name) {
            return;
        }
        let mut inner = schema;
        loop {
            match &inner.shape {
                Shape::Array(next) | Shape::Map(next) => inner = next,
                Shape::Reference(next) => {
                    self.name_in_order(module, side, next, done);
                    break;
                }
                _ => break,
            }
        }
        module.name(side, name, schema, self.hidden.contains(name));
    }

    /// The definitions of the types.
    pub(super) fn types_of_module(&self) -> impl Iterator<Item = TokenStream> + use<'d> {
        let mut module = self.module();
        core::iter::from_fn(move || module.take_items().next())
    }

    pub(super) fn render(&self) -> Pieces<'_> {
        let title = quote! {
            //! The named schemas of the document, each as it travels in requests and in answers.
        };
        let items = self.types_of_module();
        let [schemas, proses] = ["schema", "prose"].map(|what| move |name: &str| format!("{name} {what}"));
        let names = self.all.iter().flat_map(|(name, _)| [schemas(name), proses(name)]);
        let names = Naming::Field.names(&[], names);
        let constant =
            |spelling: String| Ident::new(&names.of(&spelling).to_string().to_uppercase(), Span::call_site());
        let constants: HashMap<&str, [Ident; 2]> = self
            .all
            .iter()
            .map(|(name, _)| (name.as_str(), [constant(schemas(name)), constant(proses(name))]))
            .collect();
        let entries = |schemas: &[&(String, SchemaSpec)], entry: fn(&str, &[Ident; 2]) -> TokenStream| {
            let entries = schemas.iter().filter_map(|(name, _)| Some(entry(name, constants.get(name.as_str())?)));
            entries.collect::<Vec<_>>()
        };
        let named = entries(&self.in_requests, |name, [schema, _]| quote!((#name, #schema)));
        let described = entries(
            &self.all,
            |name, [schema, prose]| quote!((#name, ::acs_rpc::Described { schema: #schema, prose: #prose })),
        );
        let tables = self.all.iter().filter_map(move |(name, spec)| {
            let [schema_name, prose_name] = constants.get(name.as_str())?;
            let (schema, prose) = (table::schema(spec), table::prose(spec));
            Some(quote! {
                const #schema_name: ::acs_rpc::Schema = #schema;
                const #prose_name: ::acs_rpc::Prose = #prose;
            })
        });
        let lists = quote! {
            /// The schemas that parameters refer to, in the document's order.
            pub static NAMED: &[(&str, ::acs_rpc::Schema)] = &[#(#named),*];

            /// The schemas that parameters and answers refer to, and what is written about them, in the document's order.
            pub static DESCRIBED: &[(&str, ::acs_rpc::Described)] = &[#(#described),*];
        };
        Box::new(core::iter::once(title).chain(items).chain([lists]).chain(tables))
    }
}
