//! What changed between two documents, and for whom it matters.
//!
//! Both documents are read by [`ApiDocument::parse`] first, so what is compared is known to be well formed. Then every member
//! of the one is compared with the same member of the other, including what the model leaves out; what no rule knows counts as
//! `other-changed`. The model decides where a document says the same in two ways: the effective style of a parameter, a limit
//! as number or as text, a flag that is `false` or absent, an integer of no format or of `int64`, a field that is required and set by the server only.
//!
//! Operations, parameters, fields, statuses, errors and endpoints are matched by name, wherever they stand: the order of keys
//! and of parameters says nothing. A name that differs only in case is one change, `…-renamed`, and what it names is compared
//! on. A named schema is compared under the names it has in both documents, once for all its uses, and its changes carry the
//! operations that use it; where it is used in requests and in answers, the graver class counts.
//!
//! # Step
//!
//! The step of the version is that of the generated crate, as `codegen --document` makes it from the whole document. Both crates
//! are generated, and what code outside can name in them is compared: modules, types, fields with their types, variants,
//! functions with their arguments, constants, and the traits of a type.
//!
//! | step | where |
//! |---|---|
//! | major | something it offers is gone, or has another type or signature, or the crate another name; or its own checks refuse what they took |
//! | minor | it offers more; or nothing else, and a change is graver than wording: the same call may do something else |
//! | patch | wording only |
//!
//! So the step may differ from the class, which is of the wire:
//!
//! * An optional parameter that becomes required, a required one that becomes optional, and a required one more are arguments
//!   of `new`, in the order of their names: major. A parameter that only changes its place in the document changes nothing.
//! * A first limit on a parameter, and the last that goes, make a checked type of a plain one and back: major. A limit that
//!   moves is in the type and not in its name: tighter is major, as `new` and `checked_parameters` refuse what they took, and
//!   wider is minor. So it is with the values of a number.
//! * Enumerations are `#[non_exhaustive]`, and those of answers have `Other`: a value more is minor, one less is major. A first
//!   enumeration makes an enum of a text: major.
//! * Structs are `#[non_exhaustive]`: an optional field more is minor, one less is major. All fields of an answer are optional:
//!   required or not, nothing changes.
//! * Errors are enums with `Other`: a code more is minor, one less is major.
//! * Position, style, media type, path, methods and endpoints are data of the crate: minor.
//! * Names that clash follow from the set of spellings; where one comes or goes, another may be renamed: major.
//!
//! # Classes
//!
//! | class | who has to do something |
//! |---|---|
//! | breaking | whoever sends what was accepted, or relies on what was answered |
//! | behaviour | nobody has to change a line, and the same call may do, cost or answer something else |
//! | additive | nobody; there is more than before |
//! | wording | nobody; people read something else |
//!
//! | kind | in a request | in an answer | what |
//! |---|---|---|---|
//! | `product-changed` | breaking | breaking | product or version, which every request carries |
//! | `operation-removed` | breaking | breaking | |
//! | `operation-added` | additive | additive | |
//! | `operation-renamed` | breaking | breaking | only in case |
//! | `method-removed` | breaking | breaking | an HTTP method is no longer accepted |
//! | `method-added` | additive | additive | |
//! | `scheme-removed` | breaking | breaking | `http` or `https` is no longer accepted |
//! | `scheme-added` | additive | additive | |
//! | `path-changed` | breaking | breaking | the address below the host |
//! | `parameter-removed` | breaking | breaking | |
//! | `parameter-added` | additive | additive | an optional one |
//! | `required-parameter-added` | breaking | breaking | |
//! | `parameter-renamed` | breaking | breaking | only in case |
//! | `position-changed` | breaking | breaking | `in` |
//! | `style-changed` | breaking | breaking | how the same value becomes text |
//! | `media-type-changed` | breaking | breaking | of the body that is sent, or XML against JSON in answers |
//! | `answer-removed` | breaking | breaking | a successful status, or what the document says of its body |
//! | `answer-added` | additive | additive | |
//! | `field-removed` | breaking | breaking | |
//! | `field-added` | additive | additive | an optional one, or any one in an answer |
//! | `required-field-added` | breaking | breaking | |
//! | `field-renamed` | breaking | breaking | only in case |
//! | `made-required` | breaking | additive | a parameter or field |
//! | `made-optional` | additive | breaking | |
//! | `type-changed` | breaking | breaking | type, also from named fields to free ones |
//! | `format-changed` | breaking | breaking | |
//! | `reference-changed` | behaviour | behaviour | named schema against inline, or another name: the same on the wire, another type in Rust |
//! | `value-removed` | breaking | additive | of an enumeration |
//! | `value-added` | additive | breaking | to an enumeration |
//! | `values-limited` | breaking | additive | an enumeration where there was none |
//! | `values-freed` | additive | breaking | an enumeration is gone |
//! | `limit-tightened` | breaking | additive | length, number, items, empty values, null, free names |
//! | `limit-loosened` | additive | breaking | |
//! | `pattern-changed` | breaking | breaking | two patterns cannot be compared |
//! | `default-changed` | behaviour | behaviour | |
//! | `effect-changed` | behaviour | behaviour | `operationType`, the labels of effect, risk, charge and tenant |
//! | `deprecation-changed` | behaviour | behaviour | |
//! | `error-removed` | behaviour | behaviour | an error code of a status, or an error status |
//! | `error-added` | behaviour | behaviour | |
//! | `endpoint-removed` | breaking | breaking | |
//! | `endpoint-added` | behaviour | behaviour | |
//! | `endpoint-changed` | behaviour | behaviour | the hosts of a region |
//! | `flow-control-changed` | behaviour | behaviour | |
//! | `security-changed` | behaviour | behaviour | how a call is authenticated |
//! | `access-changed` | behaviour | behaviour | RAM actions, resources and conditions |
//! | `other-changed` | behaviour | behaviour | all else: asynchrony, events, headers, sensitivity, unknown keys |
//! | `text-changed` | wording | wording | summaries, descriptions, titles, error messages, history, contents, catalogue marks |
//! | `example-changed` | wording | wording | |
//! | `order-changed` | wording | wording | of methods, schemes, values and other lists of plain values |
//! | `unused-schema-changed` | wording | wording | a named schema no operation leads to comes or goes |
//!
//! In what is answered under an error status nothing is graver than behaviour, and in a named schema that no operation leads
//! to everything is wording.

mod compare;
mod comparison;
mod schema;
mod show;
mod spot;
mod surface;

pub(crate) use comparison::references;
pub use show::Wording;
pub(crate) use spot::canonical;

use crate::{ApiDocument, SpecError, document};
use core::fmt;
use serde_json::Value;
use surface::Surface;

/// All changes from one document to another.
///
/// ```
/// use codegen::{ChangeClass, ChangeKind, SemverStep, SpecDiff};
///
/// let old = r#"{"version": "1.0", "info": {"style": "RPC", "product": "Sample", "version": "2024-01-31"}, "apis": {"Ping": {
///     "methods": ["get"], "parameters": [{"name": "Echo", "in": "query", "schema": {"type": "string"}}]}}}"#;
/// let new = old.replace(r#"{"name": "Echo", "in": "query", "schema": {"type": "string"}}"#, "");
/// let diff = SpecDiff::between(old, &new)?;
/// assert_eq!(diff.step(), SemverStep::Major);
/// assert_eq!(diff.changes[0].kind, ChangeKind::ParameterRemoved);
/// assert_eq!(diff.changes[0].pointer, "/apis/Ping/parameters/0");
/// assert_eq!(SpecDiff::between(old, old)?.class(), None);
/// # Ok::<(), codegen::Unreadable>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SpecDiff {
    /// Product and version before.
    pub old: (String, String),
    /// Product and version now.
    pub new: (String, String),
    /// The changes in the order of the documents: what is about the whole document, the operations, the named schemas.
    pub changes: Vec<Change>,
    /// What the generated crate no longer offers, offers otherwise, or offers besides; in the order of the paths.
    pub crate_changes: Vec<CrateChange>,
}

/// A change of what the generated crate offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateChange {
    /// `list_books::ListBooksRequest.author`, `list_books::ListBooksRequest::new`, `list_books::RequestKind as Display`; `name`
    /// for the crate's. What is inside of something that comes or goes is not named beside it.
    pub path: String,
    /// The operations that lead to it; none for the crate's name.
    pub operations: Vec<String>,
    /// Its type or signature before, or what kind of item it was; `None` for what is new.
    pub was: Option<String>,
    /// What it is; `None` for what is gone.
    pub is: Option<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// For whom it matters.
    pub class: ChangeClass,
    /// What happened.
    pub kind: ChangeKind,
    /// The operations concerned; none where it is about the whole document, or about a schema that no operation uses.
    pub operations: Vec<String>,
    /// What it happened to: `Tag[].Key` for a parameter, `answer.Images[].Status`, `schema Image.Status`, a region. Empty where
    /// that is the operation or the document.
    pub place: String,
    /// JSON pointer: into the old document for what is gone, else into the new one.
    pub pointer: String,
    /// What it was: the value in the document, or a few words (`query, string, required`) for what has many members. `None`
    /// for what is new.
    pub was: Option<Value>,
    /// What it is; `None` for what is gone.
    pub is: Option<Value>,
}

/// For whom a change matters; from the lightest to the gravest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeClass {
    /// People read something else.
    Wording,
    /// There is more than before.
    Additive,
    /// The same call may do, cost or answer something else.
    Behaviour,
    /// What was sent may be refused, what was relied on may not come.
    Breaking,
}

/// The step of a semantic version (<https://semver.org>) of the generated crate that goes with all changes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SemverStep {
    /// Nothing changed.
    None,
    /// Words only.
    Patch,
    /// The crate offers more, or the same calls may do something else.
    Minor,
    /// Something the crate offers is gone or changed, or its checks refuse what they took.
    Major,
}

/// The documents could not be compared: what is wrong with each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The problems of the old document.
    pub old: Vec<SpecError>,
    /// The problems of the new one.
    pub new: Vec<SpecError>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problems in the old document, {} in the new one", self.old.len(), self.new.len())
    }
}

impl core::error::Error for Unreadable {}

impl SpecDiff {
    /// Compares two documents in the vendor's format.
    ///
    /// # Errors
    /// The problems of both, as [`ApiDocument::parse`] finds them.
    pub fn between(old: &str, new: &str) -> Result<Self, Unreadable> {
        match (read(old), read(new)) {
            (Ok(old), Ok(new)) => match (Surface::of(&old.0, &new.0), Surface::of(&new.0, &old.0)) {
                (Ok(before), Ok(now)) => {
                    Ok(Self { crate_changes: before.changes(&now), ..compare::compare(&old, &new) })
                }
                (before, now) => {
                    Err(Unreadable { old: before.err().into_iter().collect(), new: now.err().into_iter().collect() })
                }
            },
            (old, new) => Err(Unreadable { old: old.err().unwrap_or_default(), new: new.err().unwrap_or_default() }),
        }
    }

    /// The gravest class there is; `None`: nothing changed.
    #[must_use]
    pub fn class(&self) -> Option<ChangeClass> {
        self.changes.iter().map(|change| change.class).max()
    }

    /// The step of the generated crate's version that follows these changes.
    #[must_use]
    pub fn step(&self) -> SemverStep {
        let of_crate = self.crate_changes.iter().map(|change| match change.was {
            Some(_) => SemverStep::Major,
            None => SemverStep::Minor,
        });
        let of_class = match self.class() {
            None => SemverStep::None,
            Some(ChangeClass::Wording) => SemverStep::Patch,
            Some(ChangeClass::Additive | ChangeClass::Behaviour | ChangeClass::Breaking) => SemverStep::Minor,
        };
        // What is accepted has become less, which the crate checks.
        let narrowed =
            |change: &Change| change.class == ChangeClass::Breaking && change.kind.in_answer() == ChangeClass::Additive;
        let of_checks = self.changes.iter().any(narrowed).then_some(SemverStep::Major);
        of_crate.chain(of_checks).max().map_or(of_class, |step| step.max(of_class))
    }

    /// How many changes of a class there are.
    #[must_use]
    pub fn count(&self, class: ChangeClass) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }

    /// Takes out the changes that concern only operations that `ours` does not hold of, also those of the crate, and returns
    /// those of the document.
    pub fn take_others(&mut self, ours: impl Fn(&str) -> bool) -> Vec<Change> {
        let others =
            |operations: &[String]| !operations.is_empty() && !operations.iter().any(|operation| ours(operation));
        self.crate_changes.retain(|change| !others(&change.operations));
        self.changes.extract_if(.., |change| others(&change.operations)).collect()
    }
}

fn read(text: &str) -> Result<(ApiDocument, Value), Vec<SpecError>> {
    let document = ApiDocument::parse(text)?;
    let value = document::read_json(text).map_err(|error| vec![error])?;
    Ok((document, value))
}

impl ChangeClass {
    /// From the gravest to the lightest.
    pub const ALL: [Self; 4] = [Self::Breaking, Self::Behaviour, Self::Additive, Self::Wording];

    /// `breaking`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wording => "wording",
            Self::Additive => "additive",
            Self::Behaviour => "behaviour",
            Self::Breaking => "breaking",
        }
    }
}

impl SemverStep {
    /// `major`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// The kinds in the order of the table, each with its name, its class in a request and in an answer, and its words.
macro_rules! kinds {
    ($($(#[$docs:meta])* $kind:ident, $name:literal, $request:ident, $answer:ident, $words:literal;)*) => {
        /// What happened; the classes of each stand in the table of the module `diff`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ChangeKind {
            $(#[doc = concat!($words, ".")] $kind,)*
        }

        impl ChangeKind {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// `parameter-removed`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Its class in what is sent.
            #[must_use]
            pub const fn in_request(self) -> ChangeClass {
                match self { $(Self::$kind => ChangeClass::$request,)* }
            }

            /// Its class in what is answered.
            #[must_use]
            pub const fn in_answer(self) -> ChangeClass {
                match self { $(Self::$kind => ChangeClass::$answer,)* }
            }

            /// `parameter removed`.
            pub(crate) const fn words(self) -> &'static str {
                match self { $(Self::$kind => $words,)* }
            }
        }
    };
}

kinds! {
    ProductChanged, "product-changed", Breaking, Breaking, "product or version changed";
    OperationRemoved, "operation-removed", Breaking, Breaking, "operation removed";
    OperationAdded, "operation-added", Additive, Additive, "operation added";
    OperationRenamed, "operation-renamed", Breaking, Breaking, "operation renamed, only in case";
    MethodRemoved, "method-removed", Breaking, Breaking, "method removed";
    MethodAdded, "method-added", Additive, Additive, "method added";
    SchemeRemoved, "scheme-removed", Breaking, Breaking, "scheme removed";
    SchemeAdded, "scheme-added", Additive, Additive, "scheme added";
    PathChanged, "path-changed", Breaking, Breaking, "path changed";
    ParameterRemoved, "parameter-removed", Breaking, Breaking, "parameter removed";
    ParameterAdded, "parameter-added", Additive, Additive, "parameter added";
    RequiredParameterAdded, "required-parameter-added", Breaking, Breaking, "required parameter added";
    ParameterRenamed, "parameter-renamed", Breaking, Breaking, "parameter renamed, only in case";
    PositionChanged, "position-changed", Breaking, Breaking, "position changed";
    StyleChanged, "style-changed", Breaking, Breaking, "style changed";
    MediaTypeChanged, "media-type-changed", Breaking, Breaking, "media type changed";
    AnswerRemoved, "answer-removed", Breaking, Breaking, "answer removed";
    AnswerAdded, "answer-added", Additive, Additive, "answer added";
    FieldRemoved, "field-removed", Breaking, Breaking, "field removed";
    FieldAdded, "field-added", Additive, Additive, "field added";
    RequiredFieldAdded, "required-field-added", Breaking, Breaking, "required field added";
    FieldRenamed, "field-renamed", Breaking, Breaking, "field renamed, only in case";
    MadeRequired, "made-required", Breaking, Additive, "made required";
    MadeOptional, "made-optional", Additive, Breaking, "made optional";
    TypeChanged, "type-changed", Breaking, Breaking, "type changed";
    FormatChanged, "format-changed", Breaking, Breaking, "format changed";
    ReferenceChanged, "reference-changed", Behaviour, Behaviour, "named schema changed";
    ValueRemoved, "value-removed", Breaking, Additive, "value removed";
    ValueAdded, "value-added", Additive, Breaking, "value added";
    ValuesLimited, "values-limited", Breaking, Additive, "values limited";
    ValuesFreed, "values-freed", Additive, Breaking, "values no longer limited";
    LimitTightened, "limit-tightened", Breaking, Additive, "limit tightened";
    LimitLoosened, "limit-loosened", Additive, Breaking, "limit loosened";
    PatternChanged, "pattern-changed", Breaking, Breaking, "pattern changed";
    DefaultChanged, "default-changed", Behaviour, Behaviour, "default changed";
    EffectChanged, "effect-changed", Behaviour, Behaviour, "effect label changed";
    DeprecationChanged, "deprecation-changed", Behaviour, Behaviour, "deprecation changed";
    ErrorRemoved, "error-removed", Behaviour, Behaviour, "error removed";
    ErrorAdded, "error-added", Behaviour, Behaviour, "error added";
    EndpointRemoved, "endpoint-removed", Breaking, Breaking, "endpoint removed";
    EndpointAdded, "endpoint-added", Behaviour, Behaviour, "endpoint added";
    EndpointChanged, "endpoint-changed", Behaviour, Behaviour, "endpoint changed";
    FlowControlChanged, "flow-control-changed", Behaviour, Behaviour, "flow control changed";
    SecurityChanged, "security-changed", Behaviour, Behaviour, "authentication changed";
    AccessChanged, "access-changed", Behaviour, Behaviour, "access control changed";
    OtherChanged, "other-changed", Behaviour, Behaviour, "something else changed";
    TextChanged, "text-changed", Wording, Wording, "text changed";
    ExampleChanged, "example-changed", Wording, Wording, "example changed";
    OrderChanged, "order-changed", Wording, Wording, "order changed";
    UnusedSchemaChanged, "unused-schema-changed", Wording, Wording, "unused schema changed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_module_is_what_the_code_does() {
        let rows: Vec<(&str, &str, &str)> = include_str!("diff.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `"))
            .filter_map(|row| {
                let mut cells = row.split('|').map(str::trim);
                Some((cells.next()?.trim_end_matches('`'), cells.next()?, cells.next()?))
            })
            .collect();
        let kinds = ChangeKind::ALL.iter();
        let expected: Vec<_> =
            kinds.map(|kind| (kind.as_str(), kind.in_request().as_str(), kind.in_answer().as_str())).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn classes_and_steps_are_ordered() {
        assert!(ChangeClass::ALL.is_sorted_by(|graver, lighter| graver > lighter));
        assert_eq!(ChangeClass::ALL.map(ChangeClass::as_str), ["breaking", "behaviour", "additive", "wording"]);
        let steps = [SemverStep::None, SemverStep::Patch, SemverStep::Minor, SemverStep::Major];
        assert!(steps.is_sorted());
        assert_eq!(steps.map(SemverStep::as_str), ["none", "patch", "minor", "major"]);
    }
}
