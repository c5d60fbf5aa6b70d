//! What a crate from a document offers, and how two of them differ.

use super::CrateChange;
use crate::{ApiDocument, OperationSpec, SpecError, rust, standalone};
use alloc::collections::{BTreeMap, BTreeSet};
use quote::ToTokens;
use syn::{Attribute, ImplItem, Item, Visibility};

/// What code outside of the crate can name, by its path: `list_things::ListThingsRequest.page`.
pub(super) struct Surface(BTreeMap<String, Offer>);

/// Something a crate offers.
struct Offer {
    /// What it is inside of, and comes and goes with.
    owner: Option<String>,
    /// As it would be written in Rust: a kind of item, a type, a signature.
    signature: String,
    /// The operations that lead to it.
    operations: BTreeSet<String>,
}

impl Surface {
    /// What the crate from a document offers, but for what the one from another document offers all the same: the inside of
    /// modules of operations that are the same in both.
    ///
    /// # Errors
    /// The generator wrote something that is no Rust.
    pub(super) fn of(document: &ApiDocument, other: &ApiDocument) -> Result<Self, SpecError> {
        let source = rust::Source { document, overlay: None, layout: rust::Layout::Crate, header: "" };
        let mut surface = Self(BTreeMap::new());
        surface.add(None, "name".to_owned(), standalone::crate_name(document));
        let (ours, theirs) = (rust::operation_modules(document), rust::operation_modules(other));
        ours.keys().for_each(|module| surface.add(None, module.clone(), "mod".to_owned()));
        let may_differ = |module: &str, operation: &OperationSpec| {
            // Named schemas may be called otherwise, whoever has changed.
            operation.refers()
                || theirs.get(module) != Some(&operation.name)
                || other.operation(&operation.name) != Some(operation)
        };
        for module in rust::Renderer::new(source).types(may_differ) {
            let (name, items) = module?;
            surface.add(None, name.clone(), "mod".to_owned());
            items.into_iter().for_each(|item| surface.item(&name, item));
        }
        surface.lead(&ours);
        Ok(surface)
    }

    fn add(&mut self, owner: Option<&str>, path: String, signature: String) {
        self.0.insert(path, Offer { owner: owner.map(str::to_owned), signature, operations: BTreeSet::new() });
    }

    fn item(&mut self, module: &str, item: Item) {
        let path = |ident: &dyn ToTokens| format!("{module}::{}", written(ident));
        match item {
            Item::Struct(item) => {
                let owner = path(&item.ident);
                self.add(Some(module), owner.clone(), "struct".to_owned());
                self.derived(&owner, &item.attrs);
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    self.add(Some(&owner), format!("{owner}.{}", written(&field.ident)), written(&field.ty));
                }
            }
            Item::Enum(item) => {
                let owner = path(&item.ident);
                self.add(Some(module), owner.clone(), "enum".to_owned());
                self.derived(&owner, &item.attrs);
                for variant in item.variants {
                    let held = format!("variant{}", written(&variant.fields));
                    self.add(Some(&owner), format!("{owner}::{}", variant.ident), held);
                }
            }
            Item::Impl(item) => {
                let owner = path(&item.self_ty);
                let of_trait = item.trait_.and_then(|(of_trait, _)| Some(of_trait.segments.last()?.ident.clone()));
                match of_trait {
                    Some(of_trait) => {
                        let types = item.items.iter().filter(|inner| matches!(inner, ImplItem::Type(_)));
                        let types: Vec<String> = types.map(written).collect();
                        self.add(Some(&owner), format!("{owner} as {of_trait}"), format!("impl {}", types.join(" ")));
                    }
                    None => item.items.into_iter().for_each(|inner| self.inner(&owner, inner)),
                }
            }
            _ => {}
        }
    }

    fn inner(&mut self, owner: &str, item: ImplItem) {
        match item {
            ImplItem::Fn(function) if is_public(&function.vis) => {
                let path = format!("{owner}::{}", function.sig.ident);
                self.add(Some(owner), path, written(&function.sig));
            }
            ImplItem::Const(constant) if is_public(&constant.vis) => {
                let path = format!("{owner}::{}", constant.ident);
                self.add(Some(owner), path, format!("const {}", written(&constant.ty)));
            }
            _ => {}
        }
    }

    fn derived(&mut self, owner: &str, attributes: &[Attribute]) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
            // What derives is a list of paths, or would not have been compiled.
            let _: syn::Result<()> = attribute.parse_nested_meta(|derived| {
                let of_trait = derived.path.segments.last().map(|segment| written(&segment.ident));
                self.add(Some(owner), format!("{owner} as {}", of_trait.unwrap_or_default()), "impl ".to_owned());
                Ok(())
            });
        }
    }

    /// Says of each offer which operations lead to it: that of its module, and for a shared type all that use it.
    fn lead(&mut self, operations: &BTreeMap<String, String>) {
        let module = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
        // What each module of an operation and each shared type names of the shared types.
        let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, offer) in &self.0 {
            let user = if operations.contains_key(&module(path)) { module(path) } else { base(path) };
            let shared = offer.signature.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
            let shared = shared.filter(|word| word.starts_with("schemas::")).map(str::to_owned);
            named.entry(user).or_default().extend(shared);
        }
        let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, operation) in operations {
            let mut left = Vec::from([module]);
            while let Some(user) = left.pop() {
                if users.entry(user.clone()).or_default().insert(operation.clone()) {
                    left.extend(named.get(user).into_iter().flatten());
                }
            }
        }
        let shared = users.iter().filter(|(user, _)| user.starts_with("schemas::"));
        let shared = shared.flat_map(|(_, operations)| operations.clone()).collect();
        users.insert("schemas".to_owned(), shared);
        for (path, offer) in &mut self.0 {
            let operations = users.get(&base(path)).or_else(|| users.get(&module(path)));
            offer.operations = operations.cloned().unwrap_or_default();
        }
    }

    /// What is gone, changed or new, in the order of the paths. What comes or goes with its owner is not named beside it.
    pub(super) fn changes(&self, new: &Self) -> Vec<CrateChange> {
        let paths: BTreeSet<&String> = self.0.keys().chain(new.0.keys()).collect();
        let stands =
            |surface: &Self, offer: &Offer| offer.owner.as_ref().is_none_or(|owner| surface.0.contains_key(owner));
        let changes = paths.into_iter().filter_map(|path| {
            let (was, is) = (self.0.get(path), new.0.get(path));
            match (was, is) {
                (Some(was), Some(is)) if was.signature == is.signature => return None,
                (Some(was), None) if !stands(new, was) => return None,
                (None, Some(is)) if !stands(self, is) => return None,
                _ => {}
            }
            let operations = [was, is].into_iter().flatten().flat_map(|offer| offer.operations.iter().cloned());
            let operations: BTreeSet<String> = operations.collect();
            let signature = |offer: Option<&Offer>| offer.map(|offer| offer.signature.trim().to_owned());
            Some(CrateChange {
                path: path.clone(),
                operations: operations.into_iter().collect(),
                was: signature(was),
                is: signature(is),
            })
        });
        changes.collect()
    }
}

/// The type that a path leads to or into.
fn base(path: &str) -> String {
    let mut parts = path.split("::");
    let (module, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{module}::{}", rest.split(['.', ' ']).next().unwrap_or_default())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Rust as people write it: blanks where they are needed, and no paths before names that everybody knows.
fn written(tokens: &(impl ToTokens + ?Sized)) -> String {
    const KNOWN: &[&str] = &[
        "::core::option::",
        "::core::result::",
        "::core::convert::",
        "::alloc::string::",
        "::alloc::vec::",
        "::alloc::boxed::",
        "::alloc::collections::",
        "super::",
    ];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut text = String::new();
    for word in tokens.to_token_stream().to_string().split_whitespace() {
        if text.ends_with(is_word) && word.starts_with(is_word) {
            text.push(' ');
        }
        text.push_str(word);
    }
    for path in KNOWN {
        text = text.replace(path, "");
    }
    let text = text.replace("::", "\0").replace(':', ": ").replace('\0', "::");
    text.replace(',', ", ")
        .replace("->", " -> ")
        .replace('=', " = ")
        .replace("<::", "<")
        .replace(" ::", " ")
        .trim_start_matches("::")
        .to_owned()
}
