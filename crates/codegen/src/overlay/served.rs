//! How operations are served.

use super::{
    Effect, ListingSpec, ObservationSpec, Overlay, RamSpec, RiskSpec, ServedSpec, TextSpec, WordSpec, limits::names,
    require_evidence,
};
use crate::{
    ApiDocument, OperationSpec, ParameterSpec, SchemaSpec, Shape, leak,
    problem::{Place, Report, list, quoted},
    reader::{Fields, mismatch},
};
use alloc::collections::BTreeMap;
use serde_json::Value;

/// Words of the chat that are ours and name no operation.
const OWN_WORDS: &[&str] = &["approve", "cancel", "confirm", "deny", "help", "log", "run", "status"];

/// The vendor's access levels.
pub(crate) const LEVELS: &[&str] = &["create", "delete", "get", "list", "none", "update"];

pub(super) fn read(
    value: &Value,
    operation: &OperationSpec,
    document: &ApiDocument,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<ServedSpec> {
    let fields = Fields::of(value, at, report)?;
    let keys = &[
        "effect",
        "subject",
        "client_token",
        "summary",
        "evidence",
        "parameters",
        "fields",
        "words",
        "risks",
        "listing",
        "observation",
        "ram",
    ];
    fields.only(keys, report);
    require_evidence(&fields, report);
    let effect = match fields.required_text("effect", report)? {
        "read" => Some(Effect::Read),
        "write" => Some(Effect::Write),
        other => {
            report.error(&at.key("effect"), format!("expected read or write, found {}", quoted(other)));
            None
        }
    };
    let subject = parameter(&fields, "subject", operation, report).map(|subject| subject.name.clone());
    let client_token = parameter(&fields, "client_token", operation, report).map(|token| token.name.clone());
    let place = at.key("summary");
    let summary = fields.value("summary").and_then(|value| Fields::of(value, &place, report));
    let summary = summary.and_then(|summary| read_text(&summary, report));
    let words = each(&fields, "words", report, |word, at, report| {
        read_word(word, client_token.as_deref(), operation, at, report)
    });
    let risks = each(&fields, "risks", report, |risk, at, report| read_risk(risk, operation, at, report));
    let listing = fields.value("listing").and_then(|listing| {
        if effect == Some(Effect::Write) {
            report.error(&at.key("listing"), "a write has no listing");
        }
        read_listing(listing, operation, document, &at.key("listing"), report)
    });
    let observation = fields.value("observation").and_then(|observation| {
        if effect == Some(Effect::Read) || subject.is_none() {
            report.error(&at.key("observation"), "only a write that has a subject can be observed");
        }
        read_observation(observation, operation, document, &at.key("observation"), report)
    });
    let ram = match fields.value("ram") {
        Some(ram) => read_ram(ram, &at.key("ram"), report),
        None => {
            report.error(at, "missing \"ram\", expected action, level and resource");
            None
        }
    };
    Some(ServedSpec {
        operation: operation.name.clone(),
        effect: effect?,
        subject,
        client_token,
        summary,
        words,
        risks,
        listing,
        observation,
        ram: ram?,
    })
}

/// Reads every item under a key.
fn each<T>(
    fields: &Fields<'_, '_>,
    key: &str,
    report: &mut Report,
    mut read: impl FnMut(Fields<'_, '_>, &Place<'_>, &mut Report) -> Option<T>,
) -> Vec<T> {
    let at = fields.at().key(key);
    let mut items = Vec::new();
    for (index, value) in fields.list(key, report).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        let item = Fields::of(value, &at, report);
        items.extend(item.and_then(|item| read(item, &at, report)));
    }
    items
}

fn find<'o>(
    name: &str,
    operation: &'o OperationSpec,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<&'o ParameterSpec> {
    let found = operation.parameter(name);
    if found.is_none() {
        let has = list(operation.parameters.iter().map(|parameter| &parameter.name));
        report.error(at, format!("no parameter {} in {}; it has {has}", quoted(name), operation.name));
    }
    found
}

/// The parameter that is named under a key.
fn parameter<'o>(
    fields: &Fields<'_, '_>,
    key: &str,
    operation: &'o OperationSpec,
    report: &mut Report,
) -> Option<&'o ParameterSpec> {
    let name = fields.text(key, report)?;
    find(name, operation, &fields.at().key(key), report)
}

/// A table of texts.
fn texts(fields: &Fields<'_, '_>, key: &str, report: &mut Report) -> Vec<(String, String)> {
    let at = fields.at().key(key);
    let Some(table) = fields.value(key).and_then(|value| Fields::of(value, &at, report)) else { return Vec::new() };
    table
        .iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some((name.to_owned(), text.clone())),
            other => mismatch(other, "text", &at.key(name), report),
        })
        .collect()
}

/// The parameter may have this value, by the validator that requests go through.
fn check_value(parameter: &ParameterSpec, value: &str, at: &Place<'_>, report: &mut Report) {
    let name = &parameter.name;
    if is_composed(parameter) {
        report.error(at, format!("{name} is no single value"));
    } else if let Err(violation) = acs_rpc::check_value(&leak::schema(&parameter.schema), value) {
        report.error(at, format!("no value of {name}: {violation}"));
    }
}

fn is_composed(parameter: &ParameterSpec) -> bool {
    matches!(parameter.schema.shape, Shape::Array(_) | Shape::Object(_) | Shape::Map(_))
}

/// What codes mean, by code.
pub(super) fn read_errors(errors: &Fields<'_, '_>, report: &mut Report) -> Vec<(String, TextSpec)> {
    let mut read = Vec::new();
    for (code, value) in errors.iter() {
        let at = errors.at().key(code);
        let Some(fields) = Fields::of(value, &at, report) else { continue };
        fields.only(&["en", "zh", "evidence"], report);
        require_evidence(&fields, report);
        read.extend(text_of(&fields, report).map(|text| (code.to_owned(), text)));
    }
    read
}

fn read_text(fields: &Fields<'_, '_>, report: &mut Report) -> Option<TextSpec> {
    fields.only(&["en", "zh"], report);
    text_of(fields, report)
}

fn text_of(fields: &Fields<'_, '_>, report: &mut Report) -> Option<TextSpec> {
    let (en, zh) = (fields.required_text("en", report), fields.required_text("zh", report));
    Some(TextSpec { en: en?.to_owned(), zh: zh?.to_owned() })
}

fn read_word(
    fields: Fields<'_, '_>,
    client_token: Option<&str>,
    operation: &OperationSpec,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<WordSpec> {
    fields.only(&["word", "fixed", "in_english", "arguments", "summary"], report);
    let word = fields.required_text("word", report);
    if let Some(word) = word {
        let at = at.key("word");
        if !word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            report.error(&at, "expected lower-case ASCII letters, digits and dashes");
        }
        if OWN_WORDS.contains(&word) {
            report.error(&at, format!("{word} is a word of the chat itself"));
        }
    }
    let fixed = texts(&fields, "fixed", report);
    let in_english = texts(&fields, "in_english", report);
    let decided = fixed.iter().map(|pair| ("fixed", pair)).chain(in_english.iter().map(|pair| ("in_english", pair)));
    for (key, (name, value)) in decided {
        let at = at.key(key);
        if let Some(parameter) = find(name, operation, &at.key(name), report) {
            check_value(parameter, value, &at.key(name), report);
        }
    }
    let place = at.key("arguments");
    let mut arguments: Vec<String> = Vec::new();
    for (index, name) in names(&fields, "arguments", report) {
        let at = place.index(index);
        let Some(parameter) = find(name, operation, &at, report) else { continue };
        if fixed.iter().chain(&in_english).any(|(fixed, _)| fixed == name) {
            report.error(&at, format!("{name} is fixed by the word"));
        } else if client_token == Some(name) {
            report.error(&at, format!("{name} is derived from the delivery and never typed"));
        } else if arguments.iter().any(|argument| argument == name) {
            report.error(&at, format!("{name} a second time"));
        } else if is_composed(parameter) {
            report.error(&at, format!("{name} is no single value"));
        } else {
            arguments.push(name.to_owned());
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.schema.required) {
        let name = &parameter.name;
        if !arguments.contains(name) && !fixed.iter().any(|(fixed, _)| fixed == name) {
            report.error(&place, format!("{name} is required, and neither an argument nor fixed"));
        }
    }
    let place = at.key("summary");
    let summary = match fields.value("summary") {
        Some(summary) => Fields::of(summary, &place, report).and_then(|summary| read_text(&summary, report)),
        None => {
            report.error(at, "missing \"summary\", expected en and zh");
            None
        }
    };
    Some(WordSpec { word: word?.to_owned(), fixed, in_english, arguments, summary: summary? })
}

fn read_risk(
    fields: Fields<'_, '_>,
    operation: &OperationSpec,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<RiskSpec> {
    fields.only(&["when", "consequences", "evidence"], report);
    require_evidence(&fields, report);
    let when = texts(&fields, "when", report);
    for (name, value) in &when {
        let at = at.key("when");
        if let Some(parameter) = find(name, operation, &at.key(name), report) {
            check_value(parameter, value, &at.key(name), report);
        }
    }
    if when.len() > 1 || (when.is_empty() && fields.has("when")) {
        report.error(&at.key("when"), "expected one parameter and its value");
    }
    let consequences = each(&fields, "consequences", report, |text, _, report| read_text(&text, report));
    if consequences.is_empty() {
        report.error(at, "no consequences, expected at least one sentence");
    }
    Some(RiskSpec { when: when.into_iter().next(), consequences })
}

/// The fields of the rows that an answer holds under this name.
fn rows<'d>(
    items: &str,
    operation: &'d OperationSpec,
    document: &'d ApiDocument,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<&'d [(String, SchemaSpec)]> {
    let found =
        operation.response.as_ref().and_then(|response| object(document.resolve(response))).and_then(|answer| {
            let (_, rows) = answer.iter().find(|(name, _)| name == items)?;
            match &document.resolve(rows).shape {
                Shape::Array(row) => object(document.resolve(row)),
                _ => None,
            }
        });
    if found.is_none() {
        report.error(at, format!("the answer of {} has no array of objects {}", operation.name, quoted(items)));
    }
    found
}

fn object(schema: &SchemaSpec) -> Option<&[(String, SchemaSpec)]> {
    match &schema.shape {
        Shape::Object(properties) => Some(properties),
        _ => None,
    }
}

fn column<'d>(
    name: &str,
    row: &'d [(String, SchemaSpec)],
    at: &Place<'_>,
    report: &mut Report,
) -> Option<&'d SchemaSpec> {
    let found = row.iter().find_map(|(n, schema)| (n == name).then_some(schema));
    if found.is_none() {
        let has = list(row.iter().map(|(name, _)| name));
        report.error(at, format!("the rows have no field {}; they have {has}", quoted(name)));
    }
    found
}

fn read_listing(
    value: &Value,
    operation: &OperationSpec,
    document: &ApiDocument,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<ListingSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.only(&["items", "columns"], report);
    let items = fields.required_text("items", report)?;
    let row = rows(items, operation, document, &at.key("items"), report)?;
    let place = at.key("columns");
    let columns = names(&fields, "columns", report);
    if columns.is_empty() {
        report.error(&place, "no columns, expected at least one");
    }
    for (index, name) in &columns {
        column(name, row, &place.index(*index), report);
    }
    let columns = columns.into_iter().map(|(_, name)| name.to_owned()).collect();
    Some(ListingSpec { items: items.to_owned(), columns })
}

fn read_observation(
    value: &Value,
    operation: &OperationSpec,
    document: &ApiDocument,
    at: &Place<'_>,
    report: &mut Report,
) -> Option<ObservationSpec> {
    let fields = Fields::of(value, at, report)?;
    let keys = &["operation", "carried", "filter", "items", "key", "field", "parameter", "expected", "evidence"];
    fields.only(keys, report);
    require_evidence(&fields, report);
    let name = fields.required_text("operation", report)?;
    let Some(read) = document.operation(name) else {
        report.error(&at.key("operation"), format!("no operation {} in the document", quoted(name)));
        return None;
    };
    let place = at.key("carried");
    let carried = names(&fields, "carried", report);
    for (index, name) in &carried {
        find(name, operation, &place.index(*index), report);
        find(name, read, &place.index(*index), report);
    }
    let filter = fields.required_text("filter", report).and_then(|name| find(name, read, &at.key("filter"), report));
    let items = fields.required_text("items", report);
    let row = items.and_then(|items| rows(items, read, document, &at.key("items"), report));
    let (key, field) = (fields.required_text("key", report), fields.required_text("field", report));
    let shown = row.and_then(|row| {
        key.and_then(|name| column(name, row, &at.key("key"), report));
        field.and_then(|name| column(name, row, &at.key("field"), report))
    });
    let decides = fields.required_text("parameter", report);
    let decides = decides.and_then(|name| find(name, operation, &at.key("parameter"), report));
    let place = at.key("expected");
    let expected = texts(&fields, "expected", report);
    for (value, then) in &expected {
        let at = place.key(value);
        if let Some(parameter) = decides {
            check_value(parameter, value, &at, report);
        }
        if shown.is_some_and(|shown| shown.shape == Shape::Boolean) && !matches!(then.as_str(), "true" | "false") {
            report.error(&at, format!("expected true or false, found {}", quoted(then)));
        }
    }
    for value in decides.and_then(|parameter| parameter.schema.one_of()).unwrap_or_default() {
        if !expected.iter().any(|(known, _)| known == value) {
            report.error(&place, format!("does not say what follows {}", quoted(value)));
        }
    }
    Some(ObservationSpec {
        operation: name.to_owned(),
        carried: carried.into_iter().map(|(_, name)| name.to_owned()).collect(),
        filter_is_json_array: filter?.schema.json_strings().is_some(),
        filter: filter?.name.clone(),
        items: items?.to_owned(),
        key: key?.to_owned(),
        field: field?.to_owned(),
        parameter: decides?.name.clone(),
        expected,
    })
}

fn read_ram(value: &Value, at: &Place<'_>, report: &mut Report) -> Option<RamSpec> {
    let fields = Fields::of(value, at, report)?;
    fields.only(&["action", "level", "resource", "evidence"], report);
    require_evidence(&fields, report);
    let action = fields.required_text("action", report);
    if action.is_some_and(|action| action.split(':').count() != 2 || action.contains(['*', ' '])) {
        report.error(&at.key("action"), "expected <product>:<action> without wildcards");
    }
    let level = fields.required_text("level", report);
    if let Some(level) = level.filter(|level| !LEVELS.contains(level)) {
        report.error(&at.key("level"), format!("unknown level {}, expected one of {}", quoted(level), list(LEVELS)));
    }
    let resource = fields.required_text("resource", report);
    if resource.is_some_and(|resource| resource != "*" && resource.split(':').count() != 5) {
        report.error(&at.key("resource"), "expected * or acs:<product>:<region>:<account>:<resource>");
    }
    Some(RamSpec { action: action?.to_owned(), level: level?.to_owned(), resource: resource?.to_owned() })
}

/// What only the served operations together can get wrong.
pub(super) fn check_together(overlay: &Overlay, document: &ApiDocument, at: &Place<'_>, report: &mut Report) {
    let mut words: BTreeMap<&str, &str> = BTreeMap::new();
    for served in &overlay.served {
        let at = at.key(&served.operation);
        let place = at.key("words");
        for (index, word) in served.words.iter().enumerate() {
            if let Some(other) = words.insert(&word.word, &served.operation) {
                report.error(&place.index(index).key("word"), format!("{} is a word of {other} already", word.word));
            }
            // A word typed as an operation's name would be read as the operation.
            if document.operations.iter().any(|operation| operation.name.eq_ignore_ascii_case(&word.word)) {
                report.error(&place.index(index).key("word"), "an operation has this name");
            }
        }
        if let Some(observation) = &served.observation {
            let read = overlay.served.iter().find(|other| other.operation == observation.operation);
            if read.is_none_or(|read| read.effect == Effect::Write) {
                let at = at.key("observation");
                report.error(&at.key("operation"), format!("{} is not served as a read", observation.operation));
            }
        }
    }
}
