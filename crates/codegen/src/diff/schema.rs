//! Schemas against each other.

use super::{
    ChangeKind,
    comparison::{Comparison, Flow, references},
    spot::{Both, Spot, by_name},
};
use core::cmp::Ordering;
use serde_json::{Value, json};

/// Members of a schema that are compared as they stand.
const KEYS: &[(&str, ChangeKind)] = &[
    ("title", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
    ("docRequired", ChangeKind::TextChanged),
    ("enumValueTitles", ChangeKind::TextChanged),
    ("example", ChangeKind::ExampleChanged),
];

/// Members of a schema that are taken apart.
const PARTS: &[&str] = &[
    "type",
    "format",
    "$ref",
    "items",
    "properties",
    "additionalProperties",
    "required",
    "nullable",
    "deprecated",
    "sensitive",
    "readOnly",
    "isFileTransferUrl",
    "default",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// The limits, and which way they move when they tighten.
const LIMITS: &[(&str, Ordering)] = &[
    ("minimum", Ordering::Greater),
    ("maximum", Ordering::Less),
    // Limits of their own in newer schemas, flags otherwise.
    ("exclusiveMinimum", Ordering::Greater),
    ("exclusiveMaximum", Ordering::Less),
    ("minLength", Ordering::Greater),
    ("maxLength", Ordering::Less),
    ("minItems", Ordering::Greater),
    ("maxItems", Ordering::Less),
];

/// A schema that says nothing, for items and values that are not described.
const ANY: &Value = &Value::Null;

impl<'d> Comparison<'d> {
    pub(super) fn schema(&mut self, both: &Both<'d>) {
        if both.old.value == both.new.value {
            // What stands here is the same; what it refers to may not be.
            for name in references(both.old.value) {
                self.named(name, name);
            }
            return;
        }
        self.members(both, KEYS, PARTS);
        self.demand(both);
        self.flag(both, "deprecated", ChangeKind::DeprecationChanged);
        for key in ["sensitive", "readOnly", "isFileTransferUrl"] {
            self.flag(both, key, ChangeKind::OtherChanged);
        }
        self.permission(both, "nullable");
        let (old, new) = both.member("default");
        if old.as_ref().map(Spot::plain) != new.as_ref().map(Spot::plain) {
            self.spots(ChangeKind::DefaultChanged, &both.place, old.as_ref(), new.as_ref());
        }
        self.limits(both);
        self.values(both);
        self.shape(both);
    }

    /// Whether it must be there. What only the server sets is not asked for in a request.
    pub(super) fn is_demanded(&self, schema: &Spot<'d>) -> bool {
        schema.flag("required") && !(self.flow == Flow::Request && schema.flag("readOnly"))
    }

    fn demand(&mut self, both: &Both<'d>) {
        let is = self.is_demanded(&both.new);
        if self.is_demanded(&both.old) != is {
            let stated = both.old.flag("required") != both.new.flag("required");
            let (old, new) = both.member(if stated { "required" } else { "readOnly" });
            let kind = if is { ChangeKind::MadeRequired } else { ChangeKind::MadeOptional };
            self.spots(kind, &both.place, old.as_ref(), new.as_ref());
        }
    }

    fn limits(&mut self, both: &Both<'d>) {
        for (key, tighter) in LIMITS {
            let (old, new) = both.member(key);
            let order = match (old.as_ref().and_then(limit), new.as_ref().and_then(limit)) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => *tighter,
                (Some(_), None) => tighter.reverse(),
                (Some(old), Some(new)) => new.compare(&old),
            };
            let kind = match order {
                Ordering::Equal => continue,
                order if order == *tighter => ChangeKind::LimitTightened,
                _ => ChangeKind::LimitLoosened,
            };
            self.spots(kind, &both.place, old.as_ref(), new.as_ref());
        }
        for key in ["exclusiveMinimum", "exclusiveMaximum"] {
            let kind = if both.new.flag(key) { ChangeKind::LimitTightened } else { ChangeKind::LimitLoosened };
            self.flag(both, key, kind);
        }
        let (old, new) = both.member("pattern");
        let stated = |spot: &Spot<'_>| !spot.plain().is_empty();
        let (old, new) = (old.filter(stated), new.filter(stated));
        match (&old, &new) {
            (None, Some(_)) => self.spots(ChangeKind::LimitTightened, &both.place, None, new.as_ref()),
            (Some(_), None) => self.spots(ChangeKind::LimitLoosened, &both.place, old.as_ref(), None),
            _ => self.leaves(ChangeKind::PatternChanged, &both.place, old, new),
        }
    }

    fn values(&mut self, both: &Both<'d>) {
        let stated = |spot: &Spot<'_>| spot.items().iter().any(|item| !item.value.is_null());
        let (old, new) = both.member("enum");
        match (old.filter(stated), new.filter(stated)) {
            (None, None) => {}
            (None, new) => self.spots(ChangeKind::ValuesLimited, &both.place, None, new.as_ref()),
            (old, None) => self.spots(ChangeKind::ValuesFreed, &both.place, old.as_ref(), None),
            _ => self.plain_list(both, "enum", ChangeKind::ValueRemoved, ChangeKind::ValueAdded),
        }
    }

    fn shape(&mut self, both: &Both<'d>) {
        match (reference(both.old.value), reference(both.new.value)) {
            (None, None) => self.inline(both),
            (Some(old), Some(new)) if old == new => self.named(old, new),
            (old, new) => {
                let (was, is) = (words(&both.old), words(&both.new));
                self.say(ChangeKind::ReferenceChanged, &both.place, &both.new.at, Some(was), Some(is));
                match (old, new) {
                    (Some(old), Some(new)) => self.named(old, new),
                    _ => self.followed(both),
                }
            }
        }
    }

    /// Compares the schemas of these names, for all who refer to them.
    fn named(&mut self, old: &str, new: &str) {
        let schemas = self.old.schema(old).cloned().zip(self.new.schema(new).cloned());
        // A document that refers to what is not there is refused, but for references in examples.
        if let Some((was, is)) = schemas {
            let both = Both { old: was, new: is, place: format!("schema {new}") };
            if old == new { self.enqueue(both) } else { self.enqueue_renamed(both) }
        }
    }

    /// Compares a named schema with one that stands where it is used.
    fn followed(&mut self, both: &Both<'d>) {
        let follow = |spot: &Spot<'d>, schema: Option<&Spot<'d>>| schema.unwrap_or(spot).clone();
        let old = follow(&both.old, reference(both.old.value).and_then(|name| self.old.schema(name)));
        let new = follow(&both.new, reference(both.new.value).and_then(|name| self.new.schema(name)));
        self.enqueue_renamed(Both { old, new, place: both.place.clone() });
    }

    fn inline(&mut self, both: &Both<'d>) {
        let (old, new) = (Kind::of(both.old.value), Kind::of(both.new.value));
        if old != new {
            let (was, is) = (words(&both.old), words(&both.new));
            self.say(ChangeKind::TypeChanged, &both.place, &both.new.at, Some(was), Some(is));
            return;
        }
        if format(&both.old) != format(&both.new) {
            let (was, is) = both.member("format");
            self.spots(ChangeKind::FormatChanged, &both.place, was.as_ref(), is.as_ref());
        }
        match new {
            Kind::Plain(_) => {}
            Kind::Array => self.schema(&inner(both, "items", "[]")),
            Kind::Map => self.schema(&inner(both, "additionalProperties", "{}")),
            Kind::Object => {
                self.fields(both);
                self.free_names(both);
            }
        }
    }

    fn fields(&mut self, both: &Both<'d>) {
        let Some(properties) = both.part("properties") else { return };
        for pair in by_name(properties.old.members(), properties.new.members()) {
            let place = |name: &str| format!("{}.{name}", both.place);
            match pair {
                (Some((name, old)), None) => {
                    self.say(ChangeKind::FieldRemoved, &place(name), &old.at, Some(words(&old)), None);
                }
                (None, Some((name, new))) => {
                    let required = self.flow == Flow::Request && self.is_demanded(&new);
                    let kind = if required { ChangeKind::RequiredFieldAdded } else { ChangeKind::FieldAdded };
                    self.say(kind, &place(name), &new.at, None, Some(words(&new)));
                }
                (Some((was, old)), Some((is, new))) => {
                    self.renamed(ChangeKind::FieldRenamed, &place(is), was, is, &new);
                    self.schema(&Both { old, new, place: place(is) });
                }
                (None, None) => {}
            }
        }
    }

    /// Compares what may stand beside the named fields of an object.
    fn free_names(&mut self, both: &Both<'d>) {
        let permitted = |spot: &Spot<'d>| free_names(spot.value).and_then(|_| spot.member("additionalProperties"));
        match (permitted(&both.old), permitted(&both.new)) {
            (None, None) => {}
            (None, new) => self.spots(ChangeKind::LimitLoosened, &both.place, None, new.as_ref()),
            (old, None) => self.spots(ChangeKind::LimitTightened, &both.place, old.as_ref(), None),
            (Some(_), Some(_)) => self.schema(&inner(both, "additionalProperties", "{}")),
        }
    }
}

/// The types that are compared in their own ways. An object of which nothing is said has no fields yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'d> {
    Plain(&'d str),
    Array,
    Object,
    Map,
}

impl<'d> Kind<'d> {
    fn of(schema: &'d Value) -> Self {
        match schema.get("type").and_then(Value::as_str) {
            Some("array") => Self::Array,
            Some("object") => {
                let named = schema.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty());
                if !named && free_names(schema).is_some() { Self::Map } else { Self::Object }
            }
            Some(plain) => Self::Plain(plain),
            None => Self::Plain("any"),
        }
    }
}

/// What may stand beside the named fields of an object, where anything may.
fn free_names(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|more| !more.is_null() && *more != &Value::Bool(false))
}

/// A limit, which the vendor writes as a number or as text.
enum Limit {
    Whole(i128),
    Fraction(f64),
}

impl Limit {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => one.cmp(other),
            (one, other) => one.fraction().total_cmp(&other.fraction()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "compared with a fraction, which is no more precise")]
    fn fraction(&self) -> f64 {
        match self {
            Self::Whole(whole) => *whole as f64,
            Self::Fraction(fraction) => *fraction,
        }
    }
}

fn limit(spot: &Spot<'_>) -> Option<Limit> {
    let text = spot.plain();
    let text = text.trim();
    let whole = text.strip_suffix(".0").unwrap_or(text).parse().map(Limit::Whole).ok();
    whole.or_else(|| text.parse().map(Limit::Fraction).ok())
}

/// The schema of items or of values with free names; one that says nothing where there is none.
fn inner<'d>(both: &Both<'d>, key: &str, step: &str) -> Both<'d> {
    let place = format!("{}{step}", both.place);
    let any = |spot: &Spot<'d>| {
        let member = spot.member(key).filter(|member| member.value.is_object());
        member.unwrap_or(Spot { value: ANY, at: spot.at.clone() })
    };
    Both { old: any(&both.old), new: any(&both.new), place }
}

/// The format; an integer of none has 64 bits.
fn format(schema: &Spot<'_>) -> String {
    let format = schema.text("format");
    if format.is_empty() && schema.text("type") == "integer" { "int64".to_owned() } else { format }
}

/// The name a schema refers to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// A schema in a few words: `array of string, required`.
pub(super) fn words(schema: &Spot<'_>) -> Value {
    let required = if schema.flag("required") { ", required" } else { "" };
    json!(format!("{}{required}", type_words(schema.value)))
}

fn type_words(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("schema {name}");
    }
    let inner = |key| schema.get(key).filter(|inner| inner.is_object()).map_or_else(|| "any".to_owned(), type_words);
    let kind = match Kind::of(schema) {
        Kind::Plain(kind) => kind.to_owned(),
        Kind::Array => format!("array of {}", inner("items")),
        Kind::Object => "object".to_owned(),
        Kind::Map => format!("map of {}", inner("additionalProperties")),
    };
    match schema.get("format").and_then(Value::as_str) {
        Some(format) if !format.is_empty() => format!("{kind} {format}"),
        _ => kind,
    }
}
