//! What is generated besides Rust: the surface to review, and the access policy.

use crate::{
    ApiDocument, Effect, OperationSpec, Overlay, RamSpec, SchemaSpec, Shape,
    prose::{self, code},
    words::{limit_words, type_words},
};
use acs_rpc::{Method, Position, Style};
use alloc::collections::BTreeMap;
use serde_json::{Value, json};

/// `SURFACE.md`: everything a caller can see, one line each, so that a review reads this and not the Rust.
pub(crate) fn surface(document: &ApiDocument, overlay: Option<&Overlay>, header: &str) -> String {
    let mut out = format!("<!-- {header} -->\n\n# {} {}\n", code(&document.product), code(&document.version));
    for operation in &document.operations {
        out.push_str(&format!("\n## {}\n\n", code(&operation.name)));
        for line in summary(operation, overlay) {
            out.push_str(&format!("- {line}\n"));
        }
        if !operation.parameters.is_empty() {
            out.push_str("\n| parameter | type | required | limits |\n|---|---|---|---|\n");
        }
        for parameter in &operation.parameters {
            let form = form(parameter.position, parameter.style);
            rows(document, &parameter.name, &parameter.schema, &form, true, &mut out);
        }
        if let Some(Shape::Object(fields)) = operation.response.as_ref().map(|answer| &document.resolve(answer).shape) {
            out.push_str("\n| answer | type | values |\n|---|---|---|\n");
            for (name, schema) in fields {
                rows(document, name, schema, "", false, &mut out);
            }
        }
    }
    for (name, schema) in &document.schemas {
        out.push_str(&format!(
            "\n## Schema {}\n\n| field | type | required | limits |\n|---|---|---|---|\n",
            code(name)
        ));
        match &schema.shape {
            Shape::Object(fields) => {
                for (name, schema) in fields {
                    rows(document, name, schema, "", true, &mut out);
                }
            }
            _ => rows(document, name, schema, "", true, &mut out),
        }
    }
    out
}

fn summary(operation: &OperationSpec, overlay: Option<&Overlay>) -> Vec<String> {
    let methods = operation.methods.iter().map(|method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
    });
    let mut lines = vec![methods.collect::<Vec<_>>().join(", ")];
    if operation.https_only {
        lines.push("HTTPS only".to_owned());
    }
    if operation.deprecated {
        lines.push("the vendor advises against it".to_owned());
    }
    let served = overlay.and_then(|overlay| overlay.served.iter().find(|served| served.operation == operation.name));
    if let Some(served) = served {
        lines.push(match served.effect {
            Effect::Read => "read".to_owned(),
            Effect::Write => "write".to_owned(),
        });
        for word in &served.words {
            let fixed = word.fixed.iter().map(|(name, value)| code(&format!("{name}={value}")));
            let typed: Vec<String> = word.arguments.iter().map(|argument| code(argument)).collect();
            let parts: Vec<String> = [code(&word.word)].into_iter().chain(typed).collect();
            let fixed: Vec<String> = fixed.collect();
            let with = if fixed.is_empty() { String::new() } else { format!(" with {}", fixed.join(", ")) };
            lines.push(format!("word: {}{with}", parts.join(" ")));
        }
        for risk in &served.risks {
            let when = risk.when.as_ref().map(|(name, value)| code(&format!("{name}={value}")));
            lines.push(format!("risky: {}", when.unwrap_or_else(|| "always".to_owned())));
        }
        lines.push(format!("RAM: {} ({})", code(&served.ram.action), code(&served.ram.resource)));
    }
    let errors: Vec<String> =
        operation.errors.iter().map(|error| format!("{} {}", error.status, code(&error.code))).collect();
    if !errors.is_empty() {
        lines.push(format!("errors: {}", errors.join(", ")));
    }
    lines
}

fn form(position: Position, style: Style) -> String {
    let position = match position {
        Position::Query => None,
        Position::Form => Some("form"),
        Position::Body => Some("body"),
        Position::Header => Some("header"),
        Position::Host => Some("host"),
        Position::Path => Some("path"),
    };
    let style = match style {
        Style::Plain => None,
        Style::RepeatList => Some("repeatList"),
        Style::Flat => Some("flat"),
        Style::Json => Some("JSON"),
        Style::Simple => Some("comma-separated"),
    };
    position.into_iter().chain(style).map(|word| format!(", {word}")).collect()
}

/// A line for the value and one for everything inside it. Named schemas have lists of their own.
fn rows(document: &ApiDocument, path: &str, schema: &SchemaSpec, form: &str, request: bool, out: &mut String) {
    let mut words = match &schema.shape {
        Shape::Reference(name) => code(name),
        _ => type_words(document, schema),
    };
    words.push_str(form);
    if schema.sensitive {
        words.push_str(", sensitive");
    }
    if schema.deprecated {
        words.push_str(", advised against");
    }
    let mut limits = limit_words(schema);
    let titles = schema.titles.iter().filter(|title| !title.title.is_empty());
    let titles: Vec<String> =
        titles.map(|title| format!("{} {}", code(&title.value), prose::one_line(&title.title))).collect();
    if !titles.is_empty() {
        limits = [limits, titles.join(", ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    }
    let required = if schema.required { "yes" } else { "no" };
    let path_cell = cell(&code(path));
    let (words, limits) = (cell(&words), cell(&limits));
    out.push_str(&if request {
        format!("| {path_cell} | {words} | {required} | {limits} |\n")
    } else {
        format!("| {path_cell} | {words} | {limits} |\n")
    });
    inside(document, path, schema, request, out);
}

fn inside(document: &ApiDocument, path: &str, schema: &SchemaSpec, request: bool, out: &mut String) {
    match &schema.shape {
        Shape::Object(fields) => {
            for (name, schema) in fields {
                rows(document, &format!("{path}.{name}"), schema, "", request, out);
            }
            if let Some(further) = &schema.additional {
                rows(document, &format!("{path}{{}}"), further, "", request, out);
            }
        }
        Shape::Array(items) => inside(document, &format!("{path}[]"), items, request, out),
        Shape::Map(values) => inside(document, &format!("{path}{{}}"), values, request, out),
        _ => {}
    }
}

/// A bar would end the cell, also inside a code span.
pub(crate) fn cell(text: &str) -> String {
    text.replace("\\|", "|").replace('|', "\\|")
}

/// `ram-policy.json`: the smallest policy that allows the served operations. JSON has no comments, so this one file goes
/// without a header; it is compared like the others.
pub(crate) fn ram_policy(overlay: &Overlay) -> String {
    policy(overlay.served.iter().map(|served| &served.ram)) + "\n"
}

/// The policy that allows what these ask for.
pub(crate) fn policy<'a>(asked: impl IntoIterator<Item = &'a RamSpec>) -> String {
    let mut by_resource: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for ram in asked {
        by_resource.entry(any_resource(&ram.resource)).or_default().push(&ram.action);
    }
    let statements: Vec<Value> = by_resource
        .into_iter()
        .map(|(resource, mut actions)| {
            actions.sort_unstable();
            actions.dedup();
            json!({ "Effect": "Allow", "Action": actions, "Resource": [resource] })
        })
        .collect();
    format!("{:#}", json!({ "Version": "1", "Statement": statements }))
}

/// The resource with every place holder (`{#regionId}`) replaced by a star.
fn any_resource(resource: &str) -> String {
    let mut out = String::with_capacity(resource.len());
    let mut rest = resource;
    while let Some((before, holder)) = rest.split_once("{#") {
        out.push_str(before);
        out.push('*');
        rest = holder.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_holders_become_stars() {
        assert_eq!(
            any_resource("acs:swas-open:{#regionId}:{#accountId}:customimage/{#ImageId}"),
            "acs:swas-open:*:*:customimage/*"
        );
        assert_eq!(any_resource("*"), "*");
        assert_eq!(any_resource("acs:{#open"), "acs:*");
    }

    #[test]
    fn a_bar_stays_in_its_cell() {
        assert_eq!(cell("`a|b` \\| c"), "`a\\|b` \\| c");
    }
}
