//! Types and limits in words, for doc comments and the surface listing.

use crate::{ApiDocument, Constraint, SchemaSpec, Shape, prose::code};

/// The type in a word or two.
pub(crate) fn type_words(document: &ApiDocument, schema: &SchemaSpec) -> String {
    match &document.resolve(schema).shape {
        Shape::String => "text".to_owned(),
        Shape::Int32 => "int32".to_owned(),
        Shape::Int64 => "int64".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Binary => "bytes".to_owned(),
        Shape::Any => "any".to_owned(),
        Shape::Array(items) => format!("list of {}", type_words(document, items)),
        Shape::Object(_) => "object".to_owned(),
        Shape::Map(values) => format!("map of {}", type_words(document, values)),
        // `resolve` leaves none; a name is better than nothing all the same.
        Shape::Reference(name) => code(name),
    }
}

/// The limits, `; ` between them; empty where there are none.
pub(crate) fn limit_words(schema: &SchemaSpec) -> String {
    let mut words: Vec<String> = schema.constraints.iter().map(constraint_words).collect();
    words.extend(schema.pattern.as_deref().map(|pattern| format!("pattern {} (not checked)", code(pattern))));
    words.join("; ")
}

fn constraint_words(constraint: &Constraint) -> String {
    match constraint {
        Constraint::MinLength(n) => format!("at least {}", count(*n, "character")),
        Constraint::MaxLength(n) => format!("at most {}", count(*n, "character")),
        Constraint::Ascii => "ASCII only".to_owned(),
        Constraint::Prefix(prefix) => format!("starts with {}", code(prefix)),
        Constraint::Minimum(n) => format!("at least {n}"),
        Constraint::Maximum(n) => format!("at most {n}"),
        Constraint::AtLeast(n) => format!("at least {n}"),
        Constraint::AtMost(n) => format!("at most {n}"),
        Constraint::MoreThan(n) => format!("more than {n}"),
        Constraint::LessThan(n) => format!("less than {n}"),
        Constraint::MinItems(n) => format!("at least {}", count(*n, "item")),
        Constraint::MaxItems(n) => format!("at most {}", count(*n, "item")),
        Constraint::OneOf(values) => {
            let values: Vec<String> = values.iter().map(|value| code(value)).collect();
            format!("one of {}", values.join(", "))
        }
        Constraint::JsonStrings(n) => format!("a JSON array of at most {}", count(*n, "text")),
    }
}

fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
