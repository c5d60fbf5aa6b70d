//! `openapi.json`: the webhook as any client generator reads it (spec.openapis.org/oas/v3.1.0).
//!
//! It is what `chat`'s Standard Webhooks adapter and the Worker do. A value may also be given as text whatever its type; the
//! schemas say the type, so that clients have one.

use super::{OWN_WORDS, Served, brief, must_be_given, served, typed, written};
use crate::{ApiDocument, Constraint, Effect, Overlay, ParameterSpec, SchemaSpec, Shape, prose::visible};
use acs_rpc::Style;
use alloc::collections::BTreeMap;
use serde_json::{Map, Value, json};

/// How deep the fields of a flattened value are spelled out; below, any name fits.
const DEPTH: usize = 8;

/// An id in a body: graphic ASCII without `/` and `*`.
const ID: &str = "^[!-)+-.0-~]{1,256}$";

pub(crate) fn openapi(document: &ApiDocument, overlay: &Overlay, header: &str) -> String {
    let mut schemas = Map::new();
    let mut bodies = Vec::from([reference("TextCommand")]);
    let mut examples = Map::new();
    let mut usages = Vec::new();
    let mut taken = BTreeMap::new();
    for served in served(document, overlay) {
        let name = component(&served.operation.name, &mut taken);
        bodies.push(reference(&name));
        examples.insert(name.clone(), json!({ "value": example(document, &served) }));
        schemas.insert(name, call(document, &served));
        for word in &served.spec.words {
            usages.push(json!(format!("`{}`: {}", served.usage(word), brief(&word.summary.en, 200))));
        }
    }
    for own in OWN_WORDS {
        usages.push(json!(format!("`{}`: {}", own.usage(), own.en)));
    }
    examples.insert("TextCommand".to_owned(), json!({ "value": { "command": "help" } }));
    let mut all = common(&usages);
    all.append(&mut schemas);
    written(&json!({
        "openapi": "3.1.0",
        "x-generated": header,
        "info": {
            "title": format!("opshook for {}", document.product),
            "summary": "Run operations by signed webhooks",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{
            "url": "https://{host}",
            "variables": { "host": { "default": "example.com", "description": "Where the Worker is deployed" } },
        }],
        "security": [],
        "tags": [{ "name": "webhook" }, { "name": "health" }],
        "paths": {
            "/hooks/standard": { "post": {
                "operationId": "runCommand",
                "tags": ["webhook"],
                "summary": "Run a command",
                "description": "Signed by Standard Webhooks 1.0.0. A delivery acts once: the same `webhook-id` again gets \
                    the state of the first. Whatever is signed is answered with 200, whether it is carried out or refused: \
                    sent again, it would be the same. `status` says which.",
                "parameters": signature(),
                "requestBody": {
                    "required": true,
                    "description": "At most 64 KiB. No member may be repeated.",
                    "content": { "application/json": {
                        "schema": { "oneOf": bodies },
                        "examples": examples,
                    } },
                },
                "responses": {
                    "200": {
                        "description": "The command was understood or refused. Of a malformed body it names the part.",
                        "headers": { "x-opshook-outcome": {
                            "description": "The same as `status`.",
                            "schema": reference("Status"),
                        } },
                        "content": { "application/json": { "schema": reference("Reply") } },
                    },
                    "401": plain("A header is missing or malformed, the signature does not match, or the time is more than \
                        five minutes off."),
                    "404": plain("No secret for Standard Webhooks is set."),
                    "413": plain("The body is longer than 64 KiB."),
                    "503": {
                        "description": "Nothing was done. As text: please deliver again. As JSON: the gateway's settings \
                            have problems, which `/healthz` names.",
                        "content": {
                            "text/plain": { "schema": { "type": "string" } },
                            "application/json": { "schema": reference("Misconfigured") },
                        },
                    },
                },
            } },
            "/healthz": { "get": {
                "operationId": "health",
                "tags": ["health"],
                "summary": "Whether the settings are in order",
                "responses": {
                    "200": {
                        "description": "They are.",
                        "content": { "application/json": { "schema": reference("Healthy") } },
                    },
                    "503": {
                        "description": "They have problems.",
                        "content": { "application/json": { "schema": reference("Unhealthy") } },
                    },
                },
            } },
        },
        "components": { "schemas": all },
    }))
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn plain(description: &str) -> Value {
    json!({ "description": description, "content": { "text/plain": { "schema": { "type": "string" } } } })
}

/// The headers of the specification; Svix's names for them are taken too.
fn signature() -> Value {
    json!([
        {
            "name": "webhook-id", "in": "header", "required": true,
            "description": "Unique for a delivery, the same when it is repeated. Also `svix-id`.",
            "schema": { "type": "string", "pattern": "^[!-\\-/-~]{1,256}$" },
        },
        {
            "name": "webhook-timestamp", "in": "header", "required": true,
            "description": "Seconds since 1970 when it was signed. Also `svix-timestamp`.",
            "schema": { "type": "string", "pattern": "^[0-9]+$" },
        },
        {
            "name": "webhook-signature", "in": "header", "required": true,
            "description": "`v1,` and the base64 of the HMAC-SHA256, by the secret's bytes, of id, timestamp and body joined \
                by full stops; several are separated by spaces. Also `svix-signature`.",
            "schema": { "type": "string", "pattern": "^\\S+,\\S+( \\S+,\\S+)*$" },
        },
    ])
}

/// The schemas that every product has.
fn common(usages: &[Value]) -> Map<String, Value> {
    let mut command = json!({
        "type": "string",
        "description": "What would be typed in a chat: a word and what follows it, or an operation's name and `Name=Value` \
            pairs.",
    });
    command["x-usages"] = usages.into();
    let mut schemas = Map::new();
    let mut add = |name: &str, schema: Value| schemas.insert(name.to_owned(), schema);
    add("TextCommand", body("A command as text", [("command", command)], &["command"]));
    let id = |default: &str| json!({ "type": "string", "pattern": ID, "default": default });
    add(
        "Actor",
        json!({
            "description": "Who asks, as the policy names them: `standard:organisation/person`. Only the holder of the secret \
                can say so, and is believed.",
            "type": "object",
            "properties": { "organisation": id("default"), "person": id("webhook") },
            "additionalProperties": false,
        }),
    );
    add(
        "Place",
        json!({
            "description": "Where, as the policy names it: `standard:organisation/place`.",
            "type": "string", "pattern": ID, "default": "default",
        }),
    );
    add(
        "ResponseUrl",
        json!({
            "description": "Where later news goes, as a `Reply`, for a day; its host must be among the gateway's settings.",
            "type": "string", "format": "uri",
        }),
    );
    let statuses = ["success", "failure", "waiting", "refusal", "information"];
    add(
        "Status",
        json!({
            "description": "`success`: it is done. `failure`: it failed. `waiting`: it is under way, or needs a second yes. \
                `refusal`: it was not accepted. `information`: help, lists, states.",
            "type": "string", "enum": statuses,
        }),
    );
    let text = || json!({ "type": "string" });
    let line = |kind: &str, members: &[&str]| {
        let mut properties = Map::from_iter([("type".to_owned(), json!({ "const": kind }))]);
        properties.extend(members.iter().map(|&name| (name.to_owned(), text())));
        let required: Vec<&str> = ["type"].iter().chain(members).copied().collect();
        json!({ "type": "object", "properties": properties, "required": required })
    };
    add(
        "Line",
        json!({ "oneOf": [line("text", &["text"]), line("field", &["name", "value"]), line("code", &["text"])] }),
    );
    add(
        "Reply",
        json!({
            "type": "object",
            "properties": {
                "status": reference("Status"),
                "title": { "type": "string", "description": "One line." },
                "lines": { "type": "array", "items": reference("Line") },
            },
            "required": ["status", "title", "lines"],
        }),
    );
    add(
        "Misconfigured",
        json!({
            "type": "object",
            "properties": {
                "error": { "const": "misconfigured" },
                "id": { "type": "string", "description": "To be found in the gateway's log." },
            },
            "required": ["error", "id"],
        }),
    );
    add(
        "Healthy",
        json!({
            "type": "object",
            "properties": {
                "status": { "const": "ok" },
                "version": text(),
                "platforms": { "type": "array", "items": text(), "description": "Those with a secret." },
            },
            "required": ["status", "version", "platforms"],
        }),
    );
    add(
        "Unhealthy",
        json!({
            "type": "object",
            "properties": {
                "status": { "const": "misconfigured" },
                "problems": { "type": "array", "items": {
                    "type": "object",
                    "properties": { "variable": text(), "problem": text() },
                    "required": ["variable", "problem"],
                } },
            },
            "required": ["status", "problems"],
        }),
    );
    schemas
}

/// A body: these members, and those every body may have.
fn body<const N: usize>(description: &str, members: [(&str, Value); N], required: &[&str]) -> Value {
    let common = [("actor", "Actor"), ("place", "Place"), ("response_url", "ResponseUrl")];
    let common = common.map(|(name, schema)| (name, reference(schema)));
    let properties: Map<String, Value> =
        members.into_iter().chain(common).map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The body that calls an operation.
fn call(document: &ApiDocument, served: &Served<'_>) -> Value {
    let mut properties = Map::new();
    let mut patterns = Map::new();
    for parameter in served.parameters() {
        if matches!(parameter.style, Style::RepeatList | Style::Flat) {
            flat(document, &format!("^{}", escaped(&parameter.name)), &parameter.schema, 0, &mut patterns);
        } else {
            properties.insert(parameter.name.clone(), value(document, parameter));
        }
    }
    let needed =
        served.parameters().filter(|parameter| must_be_given(parameter) && properties.contains_key(&parameter.name));
    let needed: Vec<&str> = needed.map(|parameter| parameter.name.as_str()).collect();
    let mut parameters = json!({
        "description": "By their names on the wire. Each may also be given as text. A region is needed where the gateway has \
            no default.",
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    });
    if !patterns.is_empty() {
        parameters["patternProperties"] = patterns.into();
    }
    let required: &[&str] = if needed.is_empty() { &["operation"] } else { &["operation", "parameters"] };
    let operation = json!({ "const": served.operation.name });
    let mut call = body(&about(served), [("operation", operation), ("parameters", parameters)], required);
    if served.operation.deprecated {
        call["deprecated"] = true.into();
    }
    call
}

/// What it does and what comes of it.
fn about(served: &Served<'_>) -> String {
    let operation = served.operation;
    let mut paragraphs = Vec::from([visible(&operation.summary), visible(&operation.description)]);
    paragraphs.push(match served.spec.effect {
        Effect::Read => "It changes nothing.".to_owned(),
        Effect::Write => "It changes something.".to_owned(),
    });
    for risk in &served.spec.risks {
        let when = risk.when.as_ref().map_or("Always".to_owned(), |(name, value)| format!("With `{name}` `{value}`"));
        let consequences: Vec<String> = risk.consequences.iter().map(|text| visible(&text.en)).collect();
        paragraphs.push(format!("{when}: {}", consequences.join(" ")));
    }
    let paragraphs: Vec<&str> = paragraphs.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    paragraphs.join("\n\n")
}

/// What a parameter that travels under one name may be.
fn value(document: &ApiDocument, parameter: &ParameterSpec) -> Value {
    let spec = &parameter.schema;
    let mut value = match (parameter.style, &document.resolve(spec).shape) {
        // Items without blanks or commas in them, separated by commas.
        (Style::Simple, _) => json!({ "type": "string" }),
        (_, Shape::Array(_)) => json!({ "type": "array" }),
        (_, Shape::Object(_) | Shape::Map(_)) => json!({ "type": "object" }),
        _ => scalar(document, spec),
    };
    for constraint in &spec.constraints {
        match constraint {
            Constraint::MinItems(n) if value["type"] == "array" => value["minItems"] = (*n).into(),
            Constraint::MaxItems(n) if value["type"] == "array" => value["maxItems"] = (*n).into(),
            _ => {}
        }
    }
    words(document, spec, value)
}

/// Adds what is said about a value to what it may be.
fn words(document: &ApiDocument, spec: &SchemaSpec, mut value: Value) -> Value {
    let is_text = matches!(document.resolve(spec).shape, Shape::String | Shape::Binary);
    let titles = spec.titles.iter().filter(|title| !title.title.is_empty());
    let titles: Vec<String> = titles.map(|title| format!("`{}`: {}", title.value, visible(&title.title))).collect();
    let description = [visible(&spec.description), titles.join("; ")].map(|part| part.trim().to_owned());
    let description: Vec<String> = description.into_iter().filter(|part| !part.is_empty()).collect();
    if !description.is_empty() {
        value["description"] = description.join("\n\n").into();
    }
    if let Some(default) = &spec.default {
        value["default"] = typed(default, is_text);
    }
    if !spec.example.is_empty() {
        value["examples"] = json!([typed(&spec.example, is_text)]);
    }
    if spec.deprecated {
        value["deprecated"] = true.into();
    }
    if let Some(pattern) = &spec.pattern {
        // Java's dialect: shown, and not what is checked.
        value["x-pattern"] = pattern.clone().into();
    }
    value
}

/// Type and limits of a value that is one text on the wire.
fn scalar(document: &ApiDocument, spec: &SchemaSpec) -> Value {
    if let Some(most) = spec.json_strings() {
        let list = json!({ "type": "array", "items": { "type": "string" }, "maxItems": most });
        return json!({ "anyOf": [list, { "type": "string", "contentMediaType": "application/json" }] });
    }
    let mut value = match document.resolve(spec).shape {
        Shape::Int32 => json!({ "type": "integer", "format": "int32" }),
        Shape::Int64 => json!({ "type": "integer", "format": "int64" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::String | Shape::Binary => json!({ "type": "string" }),
        _ => json!({}),
    };
    let is_text = value["type"] == "string";
    let is_number = matches!(value["type"].as_str(), Some("integer" | "number"));
    let mut patterns = Vec::new();
    for constraint in &spec.constraints {
        match constraint {
            Constraint::MinLength(n) if is_text => value["minLength"] = (*n).into(),
            Constraint::MaxLength(n) if is_text => value["maxLength"] = (*n).into(),
            Constraint::Minimum(n) if is_number => value["minimum"] = (*n).into(),
            Constraint::Maximum(n) if is_number => value["maximum"] = (*n).into(),
            Constraint::AtLeast(n) if is_number => value["minimum"] = typed(n, false),
            Constraint::AtMost(n) if is_number => value["maximum"] = typed(n, false),
            Constraint::MoreThan(n) if is_number => value["exclusiveMinimum"] = typed(n, false),
            Constraint::LessThan(n) if is_number => value["exclusiveMaximum"] = typed(n, false),
            Constraint::OneOf(values) => value["enum"] = values.iter().map(|value| typed(value, is_text)).collect(),
            Constraint::Ascii => patterns.push("^[\\x00-\\x7F]*$".to_owned()),
            Constraint::Prefix(prefix) => patterns.push(format!("^{}", escaped(prefix))),
            _ => {}
        }
    }
    match patterns.as_slice() {
        [] => {}
        [pattern] => value["pattern"] = pattern.clone().into(),
        patterns => value["allOf"] = patterns.iter().map(|pattern| json!({ "pattern": pattern })).collect(),
    }
    value
}

/// The names under which the parts of a flattened value travel, `Tag.1.Key`.
fn flat(document: &ApiDocument, path: &str, spec: &SchemaSpec, depth: usize, patterns: &mut Map<String, Value>) {
    let deeper = depth + 1;
    match &document.resolve(spec).shape {
        _ if depth > DEPTH => drop(patterns.insert(path.to_owned(), json!({}))),
        Shape::Array(items) => flat(document, &format!("{path}\\.[1-9][0-9]*"), items, deeper, patterns),
        Shape::Map(values) => flat(document, &format!("{path}\\..+"), values, deeper, patterns),
        Shape::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                flat(document, &format!("{path}\\.{}", escaped(name)), field, deeper, patterns);
            }
        }
        Shape::Object(_) | Shape::Any => drop(patterns.insert(path.to_owned(), json!({}))),
        _ => drop(patterns.insert(format!("{path}$"), words(document, spec, scalar(document, spec)))),
    }
}

/// A body that calls it, from the parameters' own examples.
fn example(document: &ApiDocument, served: &Served<'_>) -> Value {
    let needed = served.parameters().filter(|parameter| parameter.schema.required && parameter.style == Style::Plain);
    let parameters = needed.map(|parameter| {
        let spec = &parameter.schema;
        let is_text = matches!(document.resolve(spec).shape, Shape::String | Shape::Binary);
        let given = spec.one_of().and_then(|values| values.first()).unwrap_or(&spec.example);
        (parameter.name.clone(), typed(given, is_text))
    });
    let parameters: Map<String, Value> = parameters.collect();
    if parameters.is_empty() {
        return json!({ "operation": served.operation.name });
    }
    json!({ "operation": served.operation.name, "parameters": parameters })
}

/// A text as a regular expression that matches it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\^$.|?*+()[]{}/".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A component's name: an operation's, in the characters a component may have.
fn component(name: &str, taken: &mut BTreeMap<String, usize>) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let plain = format!("Call{}", name.chars().map(fits).collect::<String>());
    let times = taken.entry(plain.clone()).and_modify(|times| *times += 1).or_insert(1);
    if *times == 1 { plain } else { format!("{plain}-{times}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_patterns_that_match_them() {
        assert_eq!(escaped("Tag.1[x]^-"), "Tag\\.1\\[x\\]\\^-");
    }

    #[test]
    fn components_are_told_apart() {
        let mut taken = BTreeMap::new();
        let names = ["List", "a b", "a/b", "List"].map(|name| component(name, &mut taken));
        assert_eq!(names, ["CallList", "Calla_b", "Calla_b-2", "CallList-2"]);
    }
}
