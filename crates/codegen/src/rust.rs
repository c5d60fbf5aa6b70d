//! The checked model as Rust.
//!
//! One module an operation, one for endpoints, one for named schemas and one for the types an overlay names where there are any,
//! one for what the overlay says.
//! Paths in the emitted code are absolute, so that no name of the vendor's can stand between the code and what it means.

mod answer;
mod checked;
mod object;
mod operation;
mod request;
mod schemas;
mod served;
mod table;

use crate::{
    ApiDocument, OperationSpec, Overlay, RenderedFile, SpecError,
    names::Naming,
    prose::{self, code},
};
use alloc::collections::BTreeMap;
use checked::CheckedTypes;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use schemas::NamedSchemas;

/// Files that are no operation's, what Cargo takes for something else, what stands at the root, and what file systems refuse.
const RESERVED_MODULES: &[&str] = &[
    "types",
    "schemas",
    "endpoints",
    "served",
    "lib",
    "main",
    "generated",
    "alloc",
    "con",
    "prn",
    "aux",
    "nul",
    "com0",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "lpt0",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
];

/// From here on a chain of named schemas may be longer than the compiler's recursion limit.
const MANY_SCHEMAS: usize = 16;
/// The compiler's own limit.
const USUAL_RECURSION: usize = 128;
/// A field that is an optional list of a map of boxed objects takes four steps, and as many to look into the next.
const RECURSION_OF_A_SCHEMA: usize = 8;

/// Where the root module stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In a folder of another crate, as `mod.rs`.
    Folder,
    /// At the root of a crate of its own, as `src/lib.rs`.
    Crate,
}

/// What is rendered from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) document: &'a ApiDocument,
    pub(crate) overlay: Option<&'a Overlay>,
    pub(crate) layout: Layout,
    /// The comment on the first line of every file.
    pub(crate) header: &'a str,
}

/// Items of a file in their order. They are printed one after the other: tokens take many times the memory of text.
type Pieces<'p> = Box<dyn Iterator<Item = TokenStream> + 'p>;

/// How a file that is no operation's is made.
type SharedFile = for<'r> fn(&'r Renderer<'_>) -> Pieces<'r>;

/// The Rust of a document, one file at a time.
pub(crate) struct Renderer<'s> {
    source: Source<'s>,
    types: CheckedTypes<'s>,
    schemas: NamedSchemas<'s>,
    modules: Vec<Ident>,
}

impl<'s> Renderer<'s> {
    pub(crate) fn new(source: Source<'s>) -> Self {
        let document = source.document;
        let modules = modules(document);
        Self { types: CheckedTypes::collect(document), schemas: NamedSchemas::collect(document), modules, source }
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.shared_files().into_iter().map(|(path, _)| path).chain(self.module_paths()).collect()
    }

    /// Each file: path and text.
    pub(crate) fn files(&self) -> impl Iterator<Item = Result<RenderedFile, SpecError>> {
        let shared = self.shared_files().into_iter().map(|(path, pieces)| self.file(path, pieces(self)));
        let modules = self.source.document.operations.iter().zip(self.module_paths()).map(|(operation, path)| {
            let pieces = operation::render(self.source.document, operation, &self.types, &self.schemas);
            self.file(path, Box::new(pieces))
        });
        shared.chain(modules)
    }

    /// The types of the named schemas' module, and of the wanted operations' modules.
    pub(crate) fn types(
        &self,
        wanted: impl Fn(&str, &OperationSpec) -> bool,
    ) -> impl Iterator<Item = Result<(String, Vec<syn::Item>), SpecError>> {
        let shared: (String, Pieces<'_>) = ("schemas".to_owned(), Box::new(self.schemas.types_of_module()));
        let shared = (!self.schemas.is_empty()).then_some(shared);
        let modules = self.modules.iter().map(Ident::to_string).zip(&self.source.document.operations);
        let modules = modules.filter(move |(module, operation)| wanted(module, operation));
        let modules = modules.map(|(module, operation)| {
            let types = operation::types(self.source.document, operation, &self.types, &self.schemas);
            (module, Box::new(types.into_iter()) as Pieces<'_>)
        });
        shared.into_iter().chain(modules).map(|(module, pieces)| {
            let files = pieces.map(syn::parse2::<syn::File>).collect::<syn::Result<Vec<_>>>();
            let files = files.map_err(|error| no_rust(&module, &error))?;
            Ok((module, files.into_iter().flat_map(|file| file.items).collect()))
        })
    }

    fn shared_files(&self) -> Vec<(String, SharedFile)> {
        let root_file = match self.source.layout {
            Layout::Folder => "mod.rs",
            Layout::Crate => "lib.rs",
        };
        let mut files: Vec<(&str, SharedFile)> = vec![
            (root_file, |this| Box::new(root(this).into_iter())),
            ("endpoints.rs", |this| Box::new([endpoints(this.source.document)].into_iter())),
        ];
        if !self.types.is_empty() {
            files.push(("types.rs", |this| this.types.render()));
        }
        if !self.schemas.is_empty() {
            files.push(("schemas.rs", |this| this.schemas.render()));
        }
        if self.source.overlay.is_some() {
            files.push(("served.rs", |this| {
                let Source { document, overlay, .. } = this.source;
                let served = overlay.map(|overlay| served::render(document, overlay, &this.modules));
                Box::new(served.into_iter())
            }));
        }
        files.into_iter().map(|(path, pieces)| (self.path(path), pieces)).collect()
    }

    fn module_paths(&self) -> impl Iterator<Item = String> {
        self.modules.iter().map(|module| self.path(&format!("{module}.rs")))
    }

    fn path(&self, file: &str) -> String {
        match self.source.layout {
            Layout::Folder => file.to_owned(),
            Layout::Crate => format!("src/{file}"),
        }
    }

    fn file(&self, path: String, pieces: Pieces<'_>) -> Result<RenderedFile, SpecError> {
        match print(pieces, self.source.header) {
            Ok(text) => Ok(RenderedFile { path, text }),
            Err(error) => Err(no_rust(&path, &error)),
        }
    }
}

/// The modules of the operations, in their order.
fn modules(document: &ApiDocument) -> Vec<Ident> {
    let names = || document.operations.iter().map(|operation| operation.name.as_str());
    let modules = Naming::Module.names(RESERVED_MODULES, names());
    names().map(|name| modules.of(name)).collect()
}

/// The operation that each module is of.
pub(crate) fn operation_modules(document: &ApiDocument) -> BTreeMap<String, String> {
    let names = document.operations.iter().map(|operation| operation.name.clone());
    modules(document).iter().map(Ident::to_string).zip(names).collect()
}

/// Not a problem of the document: the emitter wrote something that is no Rust.
fn no_rust(path: &str, error: &syn::Error) -> SpecError {
    SpecError {
        pointer: String::new(),
        problem: format!("the generator wrote a {path} that does not parse, expected Rust: {error}"),
    }
}

fn print(pieces: Pieces<'_>, header: &str) -> syn::Result<String> {
    let mut text = format!("// {header}\n\n");
    let mut last_is_module = true;
    for piece in pieces {
        let mut file = syn::parse2::<syn::File>(piece)?;
        let items = core::mem::take(&mut file.items);
        text.push_str(&prettyplease::unparse(&file));
        last_is_module &= file.attrs.is_empty();
        file.attrs.clear();
        for item in items {
            // A blank line between items, which the printer leaves out; declarations of modules stay together.
            let is_module = matches!(item, syn::Item::Mod(_));
            let together = is_module && last_is_module;
            if !together && !text.ends_with("\n\n") {
                text.push('\n');
            }
            last_is_module = is_module;
            file.items = vec![item];
            text.push_str(&prettyplease::unparse(&file));
        }
    }
    Ok(text)
}

fn root(renderer: &Renderer<'_>) -> Vec<TokenStream> {
    let Renderer { source, types, schemas, modules } = renderer;
    let document = source.document;
    // How far the compiler must follow one type into the next, where every named schema leads to another.
    let recursion_limit = (schemas.len() > MANY_SCHEMAS).then(|| {
        let limit = (USUAL_RECURSION + schemas.len() * RECURSION_OF_A_SCHEMA).to_string();
        quote!(#![recursion_limit = #limit])
    });
    let (title, foundation, endpoints) = match source.layout {
        Layout::Folder => {
            let (product, version) = (code(&document.product), code(&document.version));
            (inner_docs(&[format!("{product} {version}: types, tables and endpoints.")]), quote!(), quote!())
        }
        Layout::Crate => (
            quote! {
                #![doc = include_str!("../README.md")]
                #![no_std]
                #![forbid(unsafe_code)]
                #recursion_limit
            },
            quote!(
                extern crate alloc;
            ),
            quote!(
                pub use self::endpoints::ENDPOINTS;
            ),
        ),
    };
    let served = source.overlay.map(|_| {
        quote!(
            pub mod served;
        )
    });
    let schemas = (!schemas.is_empty()).then(|| {
        quote!(
            pub mod schemas;
        )
    });
    let types = (!types.is_empty()).then(|| {
        quote!(
            pub mod types;
        )
    });
    let attributes = quote! {
        #title
        #![allow(unused_qualifications, reason = "absolute paths mean the same whatever the vendor calls things")]
        #![allow(clippy::enum_variant_names, clippy::type_complexity, reason = "names and nesting are the vendor's")]
    };
    let declarations = quote! {
        #foundation

        pub mod endpoints;
        #schemas
        #served
        #types
        #(pub mod #modules;)*

        #endpoints

        /// The tables of all operations, in the document's order.
        pub static OPERATIONS: &[&::acs_rpc::Operation] = &[#(&#modules::OPERATION),*];

        /// The references of all operations, in the document's order.
        pub static REFERENCES: &[&::acs_rpc::OperationReference] = &[#(&#modules::REFERENCE),*];
    };
    vec![attributes, declarations]
}

fn endpoints(document: &ApiDocument) -> TokenStream {
    let endpoints = document.endpoints.iter().map(|endpoint| {
        let (region, host) = (&endpoint.region, &endpoint.host);
        quote!(::acs_rpc::Endpoint { region: #region, host: #host })
    });
    quote! {
        //! The regional endpoints.

        /// One public host a region, in the document's order.
        pub static ENDPOINTS: &[::acs_rpc::Endpoint] = &[#(#endpoints),*];
    }
}

/// Lines of Markdown that have been through [`prose`], as a doc comment.
fn docs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| spaced(line));
    quote!(#(#[doc = #lines])*)
}

fn inner_docs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| spaced(line));
    quote!(#(#![doc = #lines])*)
}

fn spaced(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!(" {line}") }
}

/// The document's prose about something, or what there is to say where it says nothing.
fn described(description: &str, otherwise: &str) -> Vec<String> {
    let lines = prose::doc_lines(description);
    if lines.is_empty() { vec![otherwise.to_owned()] } else { lines }
}

/// Adds a paragraph.
fn paragraph(lines: &mut Vec<String>, text: String) {
    if !text.is_empty() {
        lines.push(String::new());
        lines.push(text);
    }
}

/// `Text` with its first letter large and a full stop, for limits that stand as a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

/// What is derived for `Debug`, and what is implemented: a type for sensitive values says nothing of them.
fn debug(ident: &Ident, hidden: bool) -> (TokenStream, TokenStream) {
    if !hidden {
        return (quote!(Debug,), quote!());
    }
    let shown = format!("{ident}(…)");
    let debug = quote! {
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#shown)
            }
        }
    };
    (quote!(), debug)
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
