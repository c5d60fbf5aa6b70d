//! Tables of a document read at run time.

use crate::{ApiDocument, Constraint, OperationSpec, SchemaSpec, Shape};
use acs_rpc::{
    DeclaredError, Described, Example, Kind, Operation, OperationReference, Parameter, Property, Prose, Schema,
};
use alloc::collections::BTreeSet;

impl ApiDocument {
    /// The reference of one of this document's operations with its table, as the generator would write them.
    ///
    /// They are never freed: this is for documents loaded once in the life of a process, such as those the local endpoint
    /// is started with.
    #[must_use]
    pub fn leak_reference(&self, operation: &OperationSpec) -> &'static OperationReference {
        let table = Operation {
            product: text(&self.product),
            version: text(&self.version),
            name: text(&operation.name),
            summary: text(&operation.summary),
            methods: operation.methods.clone().leak(),
            https_only: operation.https_only,
            path: text(&operation.path),
            body_type: operation.body_type.as_deref().map(text),
            parameters: slice(&operation.parameters, |parameter| Parameter {
                name: text(&parameter.name),
                position: parameter.position,
                style: parameter.style,
                required: parameter.schema.required,
                schema: schema(&parameter.schema),
            }),
            errors: slice(&operation.errors, |error| DeclaredError { status: error.status, code: text(&error.code) }),
            success_flag: self.success_flag(operation),
            named: slice(&self.named_in_request(operation), |(name, named)| (text(name), schema(named))),
        };
        Box::leak(Box::new(OperationReference {
            operation: Box::leak(Box::new(table)),
            description: text(&operation.description),
            deprecated: operation.deprecated,
            parameters: slice(&operation.parameters, |parameter| prose(&parameter.schema)),
            response: operation.response.as_ref().map(described),
            named: slice(&self.named(operation), |(name, named)| (text(name), described(named))),
            messages: slice(&operation.errors, |error| text(&error.message)),
            examples: slice(&operation.examples, |example| Example {
                format: text(&example.format),
                body: text(&example.body),
            }),
        }))
    }

    /// The named schemas that an operation's parameters refer to, directly or through others, in the document's order.
    fn named_in_request(&self, operation: &OperationSpec) -> Vec<&(String, SchemaSpec)> {
        self.named_from(operation.parameters.iter().map(|parameter| &parameter.schema).collect())
    }

    /// The named schemas that an operation's parameters and answer refer to.
    fn named(&self, operation: &OperationSpec) -> Vec<&(String, SchemaSpec)> {
        let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
        self.named_from(parameters.chain(&operation.response).collect())
    }

    /// The named schemas that schemas refer to, directly or through others, in the document's order.
    pub(crate) fn named_from<'d: 's, 's>(&'d self, mut left: Vec<&'s SchemaSpec>) -> Vec<&'d (String, SchemaSpec)> {
        let mut names = BTreeSet::new();
        while let Some(schema) = left.pop() {
            match &schema.shape {
                Shape::Reference(name) if names.insert(name.as_str()) => left.extend(self.schema(name)),
                _ => left.extend(schema.inside()),
            }
        }
        self.schemas.iter().filter(|(name, _)| names.contains(name.as_str())).collect()
    }
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn slice<T, U>(items: &[T], leak: impl Fn(&T) -> U) -> &'static [U] {
    items.iter().map(leak).collect::<Vec<U>>().leak()
}

/// The schema as validation reads it.
pub(crate) fn schema(spec: &SchemaSpec) -> Schema {
    Schema {
        kind: match &spec.shape {
            Shape::String => Kind::String,
            Shape::Int32 => Kind::Int32,
            Shape::Int64 => Kind::Int64,
            Shape::Number => Kind::Number,
            Shape::Boolean => Kind::Boolean,
            Shape::Binary => Kind::Binary,
            Shape::Any => Kind::Any,
            Shape::Array(items) => Kind::Array(Box::leak(Box::new(schema(items)))),
            Shape::Map(values) => Kind::Map(Box::leak(Box::new(schema(values)))),
            Shape::Object(properties) => {
                let properties = slice(properties, |(name, spec)| Property {
                    name: text(name),
                    required: spec.required,
                    schema: schema(spec),
                });
                match &spec.additional {
                    Some(additional) => Kind::Open(properties, Box::leak(Box::new(schema(additional)))),
                    None => Kind::Object(properties),
                }
            }
            Shape::Reference(name) => Kind::Named(text(name)),
        },
        constraints: slice(&spec.constraints, constraint),
        sensitive: spec.sensitive,
    }
}

fn prose(spec: &SchemaSpec) -> Prose {
    Prose {
        description: text(&spec.description),
        example: text(&spec.example),
        inside: slice(&spec.inside(), |spec| prose(spec)),
    }
}

fn described(spec: &SchemaSpec) -> Described {
    Described { schema: schema(spec), prose: prose(spec) }
}

fn constraint(constraint: &Constraint) -> acs_rpc::Constraint {
    match constraint {
        Constraint::MinLength(n) => acs_rpc::Constraint::MinLength(*n),
        Constraint::MaxLength(n) => acs_rpc::Constraint::MaxLength(*n),
        Constraint::Ascii => acs_rpc::Constraint::Ascii,
        Constraint::Prefix(prefix) => acs_rpc::Constraint::Prefix(text(prefix)),
        Constraint::Minimum(n) => acs_rpc::Constraint::Minimum(*n),
        Constraint::Maximum(n) => acs_rpc::Constraint::Maximum(*n),
        Constraint::AtLeast(n) => acs_rpc::Constraint::AtLeast(text(n)),
        Constraint::AtMost(n) => acs_rpc::Constraint::AtMost(text(n)),
        Constraint::MoreThan(n) => acs_rpc::Constraint::MoreThan(text(n)),
        Constraint::LessThan(n) => acs_rpc::Constraint::LessThan(text(n)),
        Constraint::MinItems(n) => acs_rpc::Constraint::MinItems(*n),
        Constraint::MaxItems(n) => acs_rpc::Constraint::MaxItems(*n),
        Constraint::OneOf(values) => acs_rpc::Constraint::OneOf(slice(values, |value| text(value))),
        Constraint::JsonStrings(most) => acs_rpc::Constraint::JsonStrings(*most),
    }
}
