//! What the vendor's format does not say: which operations are served and how, and limits that stand only in prose.
//!
//! An overlay is TOML; its schema stands in comments at the head of `spec/swas-open/2020-06-01/overlay.toml`. It is checked
//! entry by entry against the document it lies over: an entry that no longer matches is an error, so that a new document
//! cannot quietly leave an old decision behind.

mod limits;
mod served;
mod undecided;

use crate::{
    ApiDocument,
    problem::{Notation, Place, Report, SpecError, quoted},
    reader::Fields,
};
use serde_json::Value;

pub use acs_rpc::Effect;
pub(crate) use served::LEVELS;

/// The overlay's side of the model, checked against the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The served operations, in the overlay's order.
    pub served: Vec<ServedSpec>,
    /// What error codes mean to people and what to do, in the overlay's order.
    pub errors: Vec<(String, TextSpec)>,
}

/// How an operation is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSpec {
    /// The operation's name.
    pub operation: String,
    /// Whether it changes something.
    pub effect: Effect,
    /// The parameter naming the thing acted on.
    pub subject: Option<String>,
    /// The parameter that makes a repetition harmless.
    pub client_token: Option<String>,
    /// One line for the help where it has no words; `None`: the document's summary.
    pub summary: Option<TextSpec>,
    /// Words in the chat.
    pub words: Vec<WordSpec>,
    /// What should be confirmed.
    pub risks: Vec<RiskSpec>,
    /// How a read's answer becomes rows.
    pub listing: Option<ListingSpec>,
    /// How to see a write's effect.
    pub observation: Option<ObservationSpec>,
    /// What access control asks for.
    pub ram: RamSpec,
}

/// A word of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordSpec {
    /// The word, lower case.
    pub word: String,
    /// Parameters it decides.
    pub fixed: Vec<(String, String)>,
    /// Parameters it decides for who is answered in English.
    pub in_english: Vec<(String, String)>,
    /// Parameters that follow it.
    pub arguments: Vec<String>,
    /// One line for the help.
    pub summary: TextSpec,
}

/// A phrase in two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSpec {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

/// A risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskSpec {
    /// The parameter and value it depends on; `None`: always.
    pub when: Option<(String, String)>,
    /// What will follow, a sentence each.
    pub consequences: Vec<TextSpec>,
}

/// Rows of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingSpec {
    /// The field that holds the rows.
    pub items: String,
    /// Fields of a row, in order.
    pub columns: Vec<String>,
}

/// How to see an effect; fields as in the generated table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservationSpec {
    /// The read to send.
    pub operation: String,
    /// Parameters it needs unchanged.
    pub carried: Vec<String>,
    /// Its parameter that narrows it to the subject.
    pub filter: String,
    /// Whether the subject goes into the filter as a JSON array.
    pub filter_is_json_array: bool,
    /// The field that holds the rows.
    pub items: String,
    /// The row's field equal to the subject.
    pub key: String,
    /// The row's field that shows the effect.
    pub field: String,
    /// The write's parameter that decides.
    pub parameter: String,
    /// Its values, and what the field then says.
    pub expected: Vec<(String, String)>,
}

/// What access control asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RamSpec {
    /// `swas-open:ListRegions`.
    pub action: String,
    /// The vendor's access level.
    pub level: String,
    /// Resource name with the vendor's place holders.
    pub resource: String,
}

impl Overlay {
    /// Reads an overlay and lays it over the document, whose parameters and fields take on its limits, values and types.
    /// `path` is how messages call it.
    ///
    /// # Errors
    /// Every problem found: text that is not TOML, unknown keys, missing decisions and evidence, entries that do not match
    /// the document. The document may then have taken on a part of the overlay.
    pub fn apply(text: &str, path: &str, document: &mut ApiDocument) -> Result<Self, Vec<SpecError>> {
        let mut report = Report::new(Notation::Overlay(path.to_owned()));
        let Some(root) = read_toml(text, &mut report) else { return Err(report.errors) };
        undecided::report_open(&root, &Place::ROOT, &mut report);
        let open = report.errors.len();
        let overlay = read(&root, document, &mut report);
        undecided::drop_consequences(open, &mut report);
        match overlay {
            Some(overlay) if report.errors.is_empty() => Ok(overlay),
            _ => Err(report.errors),
        }
    }

    /// The entries of the served operations as they stand, checked against nothing.
    pub(crate) fn sisters(text: &str, path: &str) -> Result<Value, Vec<SpecError>> {
        let mut report = Report::new(Notation::Overlay(path.to_owned()));
        let root = read_toml(text, &mut report).ok_or(report.errors)?;
        Ok(root.get("served").cloned().unwrap_or_default())
    }
}

fn read_toml(text: &str, report: &mut Report) -> Option<Value> {
    match toml::from_str(text) {
        Ok(root) => Some(root),
        Err(error) => {
            let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().split('\n').count());
            let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            report.error(&Place::ROOT, format!("not TOML{line}: {message}"));
            None
        }
    }
}

fn read(root: &Value, document: &mut ApiDocument, report: &mut Report) -> Option<Overlay> {
    let at = Place::ROOT;
    let fields = Fields::of(root, &at, report)?;
    fields.only(&["product", "version", "types", "served", "errors"], report);
    for (key, expected) in [("product", &document.product), ("version", &document.version)] {
        if let Some(found) = fields.required_text(key, report).filter(|found| found != expected) {
            report.error(&at.key(key), format!("the document is of {expected}, found {}", quoted(found)));
        }
    }
    let types = at.key("types");
    let types = fields
        .value("types")
        .and_then(|value| Fields::of(value, &types, report))
        .inspect(|types| limits::read_types(types, document, report));
    let place = at.key("served");
    let Some(served) = fields.value("served") else {
        report.error(&at, "missing \"served\", expected a table of operations");
        return None;
    };
    let served = Fields::of(served, &place, report)?;
    // Limits first: what follows is checked against the parameters as they are then.
    for (name, value) in served.iter() {
        let at = place.key(name);
        if let (Some(operation), Some(fields)) =
            (find_operation(name, document, &at, report), Fields::of(value, &at, report))
        {
            limits::read_parameters(&fields, operation, document, report);
            limits::read_answer_fields(&fields, operation, document, report);
        }
    }
    if let Some(types) = types {
        limits::name_items(&types, document, report);
    }
    let specs = served
        .iter()
        .filter_map(|(name, value)| {
            let at = place.key(name);
            let operation = document.operation(name)?;
            served::read(value, operation, document, &at, report)
        })
        .collect();
    let place = at.key("errors");
    let errors = fields.value("errors").and_then(|errors| Fields::of(errors, &place, report));
    let errors = errors.map(|errors| served::read_errors(&errors, report)).unwrap_or_default();
    let overlay = Overlay { served: specs, errors };
    served::check_together(&overlay, document, &at.key("served"), report);
    Some(overlay)
}

fn find_operation(name: &str, document: &ApiDocument, at: &Place<'_>, report: &mut Report) -> Option<usize> {
    let found = document.operations.iter().position(|operation| operation.name == name);
    if found.is_none() {
        report.error(at, "no such operation in the document");
    }
    found
}

/// Evidence is what makes an entry more than a guess, so none may lack it.
fn require_evidence(fields: &Fields<'_, '_>, report: &mut Report) {
    fields.required_text("evidence", report);
}
