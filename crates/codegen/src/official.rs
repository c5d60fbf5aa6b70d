//! The vendor's official document as the portal hands it out, and taking an operation of it into ours.

mod skeleton;

use crate::{
    ApiDocument, Overlay, SpecError,
    diff::{canonical, references},
    document,
};
use alloc::collections::BTreeSet;
use core::fmt;
use serde_json::{Map, Value, json};

/// An official document that was read without a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct OfficialDocument {
    model: ApiDocument,
    root: Value,
}

/// Why an official document is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unofficial {
    /// The portal's envelope holds no document: its code and message.
    Refused {
        /// `code`, as text.
        code: String,
        /// `message`; may be empty.
        message: String,
    },
    /// The problems of the document.
    Problems(Vec<SpecError>),
    /// It describes something else than it was asked for.
    Another {
        /// The product it describes.
        product: String,
        /// The version it describes.
        version: String,
    },
}

impl fmt::Display for Unofficial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, message } => write!(f, "the portal answered code {code:?}, {message:?}"),
            Self::Problems(problems) => write!(f, "{}", lines(problems)),
            Self::Another { product, version } => write!(f, "it is the document of {product:?} {version:?}"),
        }
    }
}

impl core::error::Error for Unofficial {}

/// An operation as it was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Our document, with the operation and the named schemas it leads to.
    pub document: String,
    /// Our overlay: the text as it was, and a skeleton for the operation after it.
    pub overlay: String,
    /// The named schemas that came along.
    pub schemas: Vec<String>,
    /// What the two have against each other, above all the decisions that are open.
    pub open: Vec<SpecError>,
}

/// Why an operation was not taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAdded {
    /// The official document has no such operation.
    Unknown {
        /// The one that was most likely meant.
        nearest: Option<String>,
    },
    /// Our document has it already.
    InDocument,
    /// Our overlay has an entry for it already.
    InOverlay,
    /// Our document has a named schema of this name that says something else.
    OtherSchema(String),
    /// Our document is of another product or version.
    Another {
        /// The product ours describes.
        product: String,
        /// The version ours describes.
        version: String,
    },
    /// The problems of our document, or that the overlay is no TOML.
    Problems(Vec<SpecError>),
}

impl fmt::Display for NotAdded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { nearest: None } => f.write_str("no such operation in the official document"),
            Self::Unknown { nearest: Some(nearest) } => {
                write!(f, "no such operation in the official document, the nearest is {nearest}")
            }
            Self::InDocument => f.write_str("our document has it already"),
            Self::InOverlay => f.write_str("our overlay has an entry for it already"),
            Self::OtherSchema(name) => {
                write!(f, "it needs the schema {name:?}, and our document has another of that name")
            }
            Self::Another { product, version } => write!(f, "our document is of {product:?} {version:?}"),
            Self::Problems(problems) => write!(f, "{}", lines(problems)),
        }
    }
}

impl core::error::Error for NotAdded {}

impl OfficialDocument {
    /// Reads a document, bare or in the portal's envelope.
    ///
    /// # Errors
    /// [`Unofficial::Refused`] for an envelope without a document, [`Unofficial::Problems`] for all that
    /// [`ApiDocument::parse`] refuses.
    pub fn read(text: &str) -> Result<Self, Unofficial> {
        let root = document::read_json(text).map_err(|error| Unofficial::Problems(vec![error]))?;
        let of_envelope = |key: &str| root.get(key).filter(|value| !value.is_null());
        if let (Some(code), None, None) = (of_envelope("code"), of_envelope("data"), of_envelope("apis")) {
            let message = of_envelope("message").map(plain).unwrap_or_default();
            return Err(Unofficial::Refused { code: plain(code), message });
        }
        let model = ApiDocument::parse(text).map_err(Unofficial::Problems)?;
        let (bare, _) = document::bare(&root);
        let root = bare.clone();
        Ok(Self { model, root })
    }

    /// The same document, if it is the one of this product and version. Case does not matter in a product's name.
    ///
    /// # Errors
    /// [`Unofficial::Another`] if it is not.
    pub fn expect(self, product: &str, version: &str) -> Result<Self, Unofficial> {
        let found = &self.model;
        if found.product.eq_ignore_ascii_case(product) && found.version == version {
            Ok(self)
        } else {
            Err(Unofficial::Another { product: found.product.clone(), version: found.version.clone() })
        }
    }

    /// What it says.
    #[must_use]
    pub fn model(&self) -> &ApiDocument {
        &self.model
    }

    /// The document without an envelope, in the form of ours: keys in its order, two spaces a level, a line feed at the end.
    #[must_use]
    pub fn text(&self) -> String {
        written(&self.root)
    }

    /// Takes an operation over into our document and our overlay. Nothing else in either changes; the document comes out as
    /// [`text`](Self::text) writes it.
    ///
    /// # Errors
    /// [`NotAdded`], with the reason.
    pub fn add(
        &self,
        operation: &str,
        document: &str,
        overlay: &str,
        overlay_path: &str,
    ) -> Result<Addition, NotAdded> {
        let Some(spec) = self.model.operation(operation) else {
            let names = self.model.operations.iter().map(|operation| operation.name.as_str());
            return Err(NotAdded::Unknown { nearest: acs_rpc::nearest(operation, names).map(str::to_owned) });
        };
        let ours = ApiDocument::parse(document).map_err(NotAdded::Problems)?;
        if ours.product != self.model.product || ours.version != self.model.version {
            return Err(NotAdded::Another { product: ours.product, version: ours.version });
        }
        if ours.operation(operation).is_some() {
            return Err(NotAdded::InDocument);
        }
        let sisters = Overlay::sisters(overlay, overlay_path).map_err(NotAdded::Problems)?;
        if sisters.get(operation).is_some() {
            return Err(NotAdded::InOverlay);
        }

        let mut root = document::read_json(document).map_err(|error| NotAdded::Problems(vec![error]))?;
        let (_, envelope) = document::bare(&root);
        let target = match envelope {
            Some(key) => root.get_mut(key).and_then(Value::as_object_mut),
            None => root.as_object_mut(),
        };
        let mut schemas = Vec::new();
        if let (Some(target), Some(taken)) = (target, self.root.get("apis").and_then(|apis| apis.get(operation))) {
            schemas = self.copy_schemas(taken, target)?;
            insert(target, "apis", operation, taken);
            if let Some(directory) = self.root.get("directories").and_then(|contents| directory(contents, operation)) {
                list_in(target, &directory, operation);
            }
        }
        let document = written(&root);
        let mut model = ApiDocument::parse(&document).map_err(NotAdded::Problems)?;
        let value = self.root.get("apis").and_then(|apis| apis.get(operation));
        let overlay = skeleton::append(
            overlay,
            &skeleton::Found {
                operation: spec,
                document: &self.model,
                value: value.unwrap_or(&Value::Null),
                sisters: &sisters,
            },
        );
        let open = Overlay::apply(&overlay, overlay_path, &mut model).err().unwrap_or_default();
        Ok(Addition { document, overlay, schemas, open })
    }

    /// Copies the named schemas that a value leads to; the names of those that were not there.
    fn copy_schemas(&self, value: &Value, target: &mut Map<String, Value>) -> Result<Vec<String>, NotAdded> {
        let named = |name: &str| self.root.get("components")?.get("schemas")?.get(name);
        let mut needed = BTreeSet::new();
        let mut left = references(value);
        while let Some(name) = left.pop() {
            if let Some(schema) = named(name).filter(|_| needed.insert(name)) {
                left.extend(references(schema));
            }
        }
        let mut copied = Vec::new();
        // In the official document's order.
        for (name, _) in self.model.schemas.iter().filter(|(name, _)| needed.contains(name.as_str())) {
            let Some(schema) = named(name) else { continue };
            let ours = target.get("components").and_then(|components| components.get("schemas")?.get(name));
            match ours {
                Some(ours) if canonical(ours) == canonical(schema) => {}
                Some(_) => return Err(NotAdded::OtherSchema(name.clone())),
                None => {
                    let components = target.entry("components").or_insert_with(|| json!({}));
                    if let Some(components) = components.as_object_mut() {
                        insert(components, "schemas", name, schema);
                    }
                    copied.push(name.clone());
                }
            }
        }
        Ok(copied)
    }
}

/// Adds a member to an object of an object.
fn insert(target: &mut Map<String, Value>, key: &str, name: &str, value: &Value) {
    if let Some(members) = target.entry(key).or_insert_with(|| json!({})).as_object_mut() {
        members.insert(name.to_owned(), value.clone());
    }
}

/// Where the contents list an operation: itself, where it stands alone, or its directory without other entries.
fn directory(contents: &Value, operation: &str) -> Option<Value> {
    let is_listed = |entries: &[Value]| entries.iter().any(|entry| entry.as_str() == Some(operation));
    let entries = contents.as_array()?;
    if is_listed(entries) {
        return Some(json!(operation));
    }
    entries.iter().find_map(|entry| match directory(entry.get("children")?, operation)? {
        Value::String(_) => {
            let mut entry = entry.clone();
            *entry.get_mut("children")? = json!([]);
            Some(entry)
        }
        found => Some(found),
    })
}

/// Lists an operation where it belongs: in our directory of the same identifier, or in a new one.
fn list_in(target: &mut Map<String, Value>, directory: &Value, operation: &str) {
    let Some(contents) = target.get_mut("directories").and_then(Value::as_array_mut) else { return };
    if directory.is_string() {
        contents.push(directory.clone());
        return;
    }
    let key = if directory.get("id").is_some() { "id" } else { "title" };
    let same = |entry: &&mut Value| entry.get("children").is_some() && entry.get(key) == directory.get(key);
    if contents.iter_mut().find(same).is_none() {
        contents.push(directory.clone());
    }
    let children = contents.iter_mut().find(same).and_then(|entry| entry.get_mut("children")?.as_array_mut());
    if let Some(children) = children {
        children.push(json!(operation));
    }
}

/// A document in the form of ours.
fn written(root: &Value) -> String {
    format!("{root:#}\n")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn lines(problems: &[SpecError]) -> String {
    problems.iter().map(SpecError::to_string).collect::<Vec<_>>().join("\n")
}
