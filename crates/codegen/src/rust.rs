//! The checked model as Rust.
//!
//! One module an operation, one for the checked types of parameters, one for named schemas where there are any, one for
//! endpoints, one for what the overlay says.
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
    ApiDocument, Overlay, SpecError,
    names::Scope,
    prose::{self, code},
};
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
    "mod_",
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
pub(crate) struct Source<'a> {
    pub(crate) document: &'a ApiDocument,
    pub(crate) overlay: Option<&'a Overlay>,
    pub(crate) layout: Layout,
    /// The comment on the first line of every file.
    pub(crate) header: &'a str,
}

/// The Rust files: path and text.
pub(crate) fn render(source: &Source<'_>) -> Result<Vec<(String, String)>, SpecError> {
    let document = source.document;
    let types = CheckedTypes::collect(document);
    let schemas = NamedSchemas::collect(document);
    let mut scope = Scope::with(RESERVED_MODULES);
    let modules: Vec<Ident> = document.operations.iter().map(|operation| scope.module(&operation.name)).collect();
    let (folder, root_file) = match source.layout {
        Layout::Folder => ("", "mod.rs"),
        Layout::Crate => ("src/", "lib.rs"),
    };

    // Each file is printed before the next is begun: tokens take many times the memory of text.
    let mut files = Vec::new();
    let mut add = |path: &str, tokens| {
        let text = print(path, tokens, source.header)?;
        files.push((format!("{folder}{path}"), text));
        Ok(())
    };
    add(root_file, root(source, &modules, &schemas))?;
    add("types.rs", types.render())?;
    add("endpoints.rs", endpoints(document))?;
    if !schemas.is_empty() {
        add("schemas.rs", schemas.render())?;
    }
    if let Some(overlay) = source.overlay {
        add("served.rs", served::render(document, overlay, &modules))?;
    }
    for (operation, module) in document.operations.iter().zip(&modules) {
        add(&format!("{module}.rs"), operation::render(document, operation, &types, &schemas))?;
    }
    Ok(files)
}

fn print(path: &str, tokens: TokenStream, header: &str) -> Result<String, SpecError> {
    match syn::parse2::<syn::File>(tokens) {
        Ok(mut file) => {
            let mut text = format!("// {header}\n\n");
            let items = core::mem::take(&mut file.items);
            text.push_str(&prettyplease::unparse(&file));
            file.attrs.clear();
            let mut last_is_module = false;
            for item in items {
                // A blank line between items, which the printer leaves out; declarations of modules stay together.
                let is_module = matches!(item, syn::Item::Mod(_));
                if !(is_module && last_is_module) {
                    text.push('\n');
                }
                last_is_module = is_module;
                file.items = vec![item];
                text.push_str(&prettyplease::unparse(&file));
            }
            Ok(text)
        }
        // Not a problem of the document: the emitter wrote something that is no Rust.
        Err(error) => Err(SpecError {
            pointer: String::new(),
            problem: format!("the generator wrote a {path} that does not parse, expected Rust: {error}"),
        }),
    }
}

fn root(source: &Source<'_>, modules: &[Ident], schemas: &NamedSchemas<'_>) -> TokenStream {
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
    quote! {
        #title
        #![allow(unused_qualifications, reason = "absolute paths mean the same whatever the vendor calls things")]
        #![allow(clippy::enum_variant_names, clippy::type_complexity, reason = "names and nesting are the vendor's")]

        #foundation

        pub mod endpoints;
        #schemas
        #served
        pub mod types;
        #(pub mod #modules;)*

        #endpoints

        /// The tables of all operations, in the document's order.
        pub static OPERATIONS: &[&::acs_rpc::Operation] = &[#(&#modules::OPERATION),*];

        /// The references of all operations, in the document's order.
        pub static REFERENCES: &[&::acs_rpc::OperationReference] = &[#(&#modules::REFERENCE),*];
    }
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

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
