//! Tables of a document read at run time.

use crate::{ApiDocument, Constraint, OperationSpec, SchemaSpec, Shape};
use acs_rpc::{DeclaredError, Example, Kind, Operation, Parameter, Property, Schema};
use alloc::collections::BTreeSet;

impl ApiDocument {
    /// The table of one of this document's operations, as the generator would write it.
    ///
    /// The table is never freed: this is for documents loaded once in the life of a process, such as those the local
    /// endpoint is started with.
    #[must_use]
    pub fn leak_operation(&self, operation: &OperationSpec) -> &'static Operation {
        Box::leak(Box::new(Operation {
            product: text(&self.product),
            version: text(&self.version),
            name: text(&operation.name),
            summary: text(&operation.summary),
            description: text(&operation.description),
            methods: operation.methods.clone().leak(),
            https_only: operation.https_only,
            deprecated: operation.deprecated,
            parameters: slice(&operation.parameters, |parameter| Parameter {
                name: text(&parameter.name),
                position: parameter.position,
                style: parameter.style,
                required: parameter.schema.required,
                schema: schema(&parameter.schema),
            }),
            response: operation.response.as_ref().map(|response| &*Box::leak(Box::new(schema(response)))),
            errors: slice(&operation.errors, |error| DeclaredError {
                status: error.status,
                code: text(&error.code),
                message: text(&error.message),
            }),
            examples: slice(&operation.examples, |example| Example {
                format: text(&example.format),
                body: text(&example.body),
            }),
            named: slice(&self.named_schemas(operation), |(name, named)| (text(name), schema(named))),
        }))
    }

    /// The named schemas an operation refers to, directly or through others, in the document's order.
    pub(crate) fn named_schemas(&self, operation: &OperationSpec) -> Vec<&(String, SchemaSpec)> {
        let mut names = BTreeSet::new();
        let roots = operation.parameters.iter().map(|parameter| &parameter.schema).chain(&operation.response);
        let mut left: Vec<&SchemaSpec> = roots.collect();
        while let Some(schema) = left.pop() {
            match &schema.shape {
                Shape::Array(items) | Shape::Map(items) => left.push(items),
                Shape::Object(properties) => left.extend(properties.iter().map(|(_, schema)| schema)),
                Shape::Reference(name) if names.insert(name.as_str()) => left.extend(self.schema(name)),
                _ => {}
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

fn schema(spec: &SchemaSpec) -> Schema {
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
            Shape::Object(properties) => Kind::Object(slice(properties, |(name, spec)| Property {
                name: text(name),
                required: spec.required,
                schema: schema(spec),
            })),
            Shape::Reference(name) => Kind::Named(text(name)),
        },
        constraints: slice(&spec.constraints, constraint),
        description: text(&spec.description),
        example: text(&spec.example),
        sensitive: spec.sensitive,
    }
}

fn constraint(constraint: &Constraint) -> acs_rpc::Constraint {
    match constraint {
        Constraint::MinLength(n) => acs_rpc::Constraint::MinLength(*n),
        Constraint::MaxLength(n) => acs_rpc::Constraint::MaxLength(*n),
        Constraint::Ascii => acs_rpc::Constraint::Ascii,
        Constraint::Prefix(prefix) => acs_rpc::Constraint::Prefix(text(prefix)),
        Constraint::Minimum(n) => acs_rpc::Constraint::Minimum(*n),
        Constraint::Maximum(n) => acs_rpc::Constraint::Maximum(*n),
        Constraint::MinItems(n) => acs_rpc::Constraint::MinItems(*n),
        Constraint::MaxItems(n) => acs_rpc::Constraint::MaxItems(*n),
        Constraint::OneOf(values) => acs_rpc::Constraint::OneOf(slice(values, |value| text(value))),
        Constraint::JsonStrings(most) => acs_rpc::Constraint::JsonStrings(*most),
    }
}
