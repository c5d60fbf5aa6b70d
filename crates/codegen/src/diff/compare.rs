//! Documents and operations against each other.

use super::{
    Change, ChangeClass, ChangeKind, SpecDiff,
    schema::{reference, words},
    spot::{Both, Spot, by_name, canonical, matched},
};
use crate::{ApiDocument, OperationSpec, ParameterSpec, document, problem::Place};
use acs_rpc::Style;
use alloc::collections::{BTreeSet, VecDeque};
use core::ptr;
use serde_json::{Value, json};
use std::collections::HashMap;

/// A document as it is compared: the model, and what it was read from.
type Read = (ApiDocument, Value);

/// Members of the document that are compared as they stand.
const DOCUMENT_KEYS: &[(&str, ChangeKind)] = &[
    ("directories", ChangeKind::TextChanged),
    ("changeSet", ChangeKind::TextChanged),
    ("flowControl", ChangeKind::FlowControlChanged),
    ("ram", ChangeKind::AccessChanged),
];

/// Members of the document that are taken apart.
const DOCUMENT_PARTS: &[&str] = &["info", "components", "apis", "endpoints", "errorCodes"];

const INFO_KEYS: &[(&str, ChangeKind)] = &[
    ("style", ChangeKind::ProductChanged),
    ("product", ChangeKind::ProductChanged),
    ("version", ChangeKind::ProductChanged),
    ("title", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
];

const ENDPOINT_KEYS: &[(&str, ChangeKind)] = &[
    ("endpoint", ChangeKind::EndpointChanged),
    ("public", ChangeKind::EndpointChanged),
    ("vpc", ChangeKind::EndpointChanged),
    ("regionName", ChangeKind::TextChanged),
    ("areaId", ChangeKind::TextChanged),
    ("areaName", ChangeKind::TextChanged),
];

const OPERATION_KEYS: &[(&str, ChangeKind)] = &[
    ("title", ChangeKind::TextChanged),
    ("summary", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
    ("requestParamsDescription", ChangeKind::TextChanged),
    ("responseParamsDescription", ChangeKind::TextChanged),
    ("extraInfo", ChangeKind::TextChanged),
    ("translator", ChangeKind::TextChanged),
    ("changeSet", ChangeKind::TextChanged),
    ("tags", ChangeKind::TextChanged),
    ("responseDemo", ChangeKind::ExampleChanged),
    ("path", ChangeKind::PathChanged),
    ("security", ChangeKind::SecurityChanged),
    ("operationType", ChangeKind::EffectChanged),
    ("flowControl", ChangeKind::FlowControlChanged),
    ("ramActions", ChangeKind::AccessChanged),
];

const OPERATION_PARTS: &[&str] =
    &["methods", "schemes", "deprecated", "systemTags", "parameters", "responses", "errorCodes"];

/// Labels of effect, and marks of the vendor's own catalogue and tests.
const TAG_KEYS: &[(&str, ChangeKind)] = &[
    ("operationType", ChangeKind::EffectChanged),
    ("riskType", ChangeKind::EffectChanged),
    ("chargeType", ChangeKind::EffectChanged),
    ("tenantRelevance", ChangeKind::EffectChanged),
    ("abilityTreeCode", ChangeKind::TextChanged),
    ("abilityTreeNodes", ChangeKind::TextChanged),
    ("autoTest", ChangeKind::TextChanged),
    ("notSupportAutoTestReason", ChangeKind::TextChanged),
];

const ERROR_KEYS: &[(&str, ChangeKind)] = &[
    ("errorMessage", ChangeKind::TextChanged),
    ("message", ChangeKind::TextChanged),
    ("description", ChangeKind::TextChanged),
];

const RESPONSE_KEYS: &[(&str, ChangeKind)] =
    &[("description", ChangeKind::TextChanged), ("examples", ChangeKind::ExampleChanged)];

pub(super) fn compare(old: &Read, new: &Read) -> SpecDiff {
    let mut comparison = Comparison {
        old: Side::of(old),
        new: Side::of(new),
        unit: 0,
        flow: Flow::Request,
        units: vec![Unit::default()],
        seen: HashMap::new(),
        queue: VecDeque::new(),
        found: Vec::new(),
    };
    comparison.document();
    comparison.finish()
}

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flow {
    Request,
    Answer,
    /// In an answer under an error status.
    ErrorAnswer,
    /// In a named schema that no operation leads to.
    Nowhere,
}

impl Flow {
    fn class(self, kind: ChangeKind) -> ChangeClass {
        match self {
            Self::Request => kind.in_request(),
            Self::Answer => kind.in_answer(),
            Self::ErrorAnswer => kind.in_answer().min(ChangeClass::Behaviour),
            Self::Nowhere => ChangeClass::Wording,
        }
    }
}

/// One of the documents.
pub(super) struct Side<'d> {
    model: &'d ApiDocument,
    root: Spot<'d>,
    schemas: HashMap<&'d str, Spot<'d>>,
}

impl<'d> Side<'d> {
    fn of((model, value): &'d Read) -> Self {
        let (value, key) = document::bare(value);
        let at = key.map(|key| Place::ROOT.key(key).pointer()).unwrap_or_default();
        let root = Spot { value, at };
        let schemas = root.member("components").and_then(|components| components.member("schemas"));
        let schemas = schemas.map(|schemas| schemas.members().into_iter().collect()).unwrap_or_default();
        Self { model, root, schemas }
    }

    fn identity(&self) -> (String, String) {
        (self.model.product.clone(), self.model.version.clone())
    }

    pub(super) fn schema(&self, name: &str) -> Option<&Spot<'d>> {
        self.schemas.get(name)
    }

    /// The named schemas in the document's order.
    fn schema_names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        self.model.schemas.iter().map(|(name, _)| name.as_str())
    }

    /// The named schemas that operations lead to, directly or through others.
    fn used(&self) -> BTreeSet<&'d str> {
        let mut used = BTreeSet::new();
        let mut left = self.root.member("apis").map(|apis| references(apis.value)).unwrap_or_default();
        while let Some(name) = left.pop() {
            if used.insert(name) {
                left.extend(self.schema(name).map(|schema| references(schema.value)).unwrap_or_default());
            }
        }
        used
    }
}

/// What is compared for itself and may be used from several places: the document, an operation, a pair of named schemas.
#[derive(Debug, Default)]
struct Unit {
    /// The names of an operation, before and now.
    operations: Vec<String>,
    used_by: BTreeSet<usize>,
}

/// A comparison under way.
pub(super) struct Comparison<'d> {
    pub(super) old: Side<'d>,
    pub(super) new: Side<'d>,
    /// What is being compared.
    unit: usize,
    pub(super) flow: Flow,
    units: Vec<Unit>,
    /// The pairs of schemas that have become units.
    seen: HashMap<(*const Value, *const Value, Flow), usize>,
    queue: VecDeque<(usize, Flow, Both<'d>)>,
    found: Vec<(usize, Change)>,
}

impl<'d> Comparison<'d> {
    fn document(&mut self) {
        let root = Both { old: self.old.root.clone(), new: self.new.root.clone(), place: String::new() };
        self.members(&root, DOCUMENT_KEYS, DOCUMENT_PARTS);
        if let Some(info) = root.part("info") {
            self.members(&info, INFO_KEYS, &[]);
        }
        self.endpoints(&root);
        let listed = |errors: Option<Spot<'d>>| {
            let errors = errors.map(|errors| errors.items()).unwrap_or_default();
            errors
                .into_iter()
                .map(|error| (format!("{} {}", error.text("http_code"), error.text("code")), error))
                .collect()
        };
        let (old, new) = root.member("errorCodes");
        self.errors(listed(old), listed(new), &["code", "http_code"]);
        self.operations(&root);
        self.queued();
        self.unused_schemas();
    }

    fn endpoints(&mut self, root: &Both<'d>) {
        let listed = |endpoints: Option<Spot<'d>>| {
            let endpoints = endpoints.map(|endpoints| endpoints.items()).unwrap_or_default();
            endpoints.into_iter().map(|endpoint| (endpoint.text("regionId"), endpoint)).collect()
        };
        let host = |endpoint: &Spot<'_>| {
            let host = endpoint.text("endpoint");
            json!(if host.is_empty() { endpoint.text("public") } else { host })
        };
        let (old, new) = root.member("endpoints");
        for pair in matched(listed(old), listed(new)) {
            match pair {
                (Some((region, old)), None) => {
                    self.say(ChangeKind::EndpointRemoved, &region, &old.at, Some(host(&old)), None);
                }
                (None, Some((region, new))) => {
                    self.say(ChangeKind::EndpointAdded, &region, &new.at, None, Some(host(&new)));
                }
                (Some((_, old)), Some((place, new))) => {
                    self.members(&Both { old, new, place }, ENDPOINT_KEYS, &["regionId"]);
                }
                (None, None) => {}
            }
        }
    }

    fn operations(&mut self, root: &Both<'d>) {
        let Some(apis) = root.part("apis") else { return };
        for pair in by_name(apis.old.members(), apis.new.members()) {
            let names = [&pair.0, &pair.1].into_iter().flatten().map(|(name, _)| (*name).to_owned());
            let mut operations: Vec<String> = names.collect();
            operations.dedup();
            (self.unit, self.flow) = (self.units.len(), Flow::Request);
            self.units.push(Unit { operations, used_by: BTreeSet::new() });
            match pair {
                (Some((name, old)), None) => {
                    self.say(ChangeKind::OperationRemoved, "", &old.at, Some(json!(name)), None);
                }
                (None, Some((name, new))) => {
                    self.say(ChangeKind::OperationAdded, "", &new.at, None, Some(json!(name)));
                }
                (Some((was, old)), Some((is, new))) => {
                    self.renamed(ChangeKind::OperationRenamed, "", was, is, &new);
                    let models = self.old.model.operation(was).zip(self.new.model.operation(is));
                    if let Some(models) = models {
                        self.operation(&Both { old, new, place: String::new() }, models);
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn operation(&mut self, both: &Both<'d>, models: (&OperationSpec, &OperationSpec)) {
        self.members(both, OPERATION_KEYS, OPERATION_PARTS);
        self.plain_list(both, "methods", ChangeKind::MethodRemoved, ChangeKind::MethodAdded);
        self.plain_list(both, "schemes", ChangeKind::SchemeRemoved, ChangeKind::SchemeAdded);
        self.flag(both, "deprecated", ChangeKind::DeprecationChanged);
        if let Some(tags) = both.part("systemTags") {
            self.members(&tags, TAG_KEYS, &[]);
        }
        self.parameters(both, models);
        self.responses(both);
        let listed = |errors: Option<Spot<'d>>| {
            let statuses = errors.map(|errors| errors.members()).unwrap_or_default();
            let errors = statuses.into_iter().flat_map(|(status, errors)| {
                let errors = errors.items().into_iter();
                errors.map(move |error| (format!("{status} {}", error.text("errorCode").trim()), error))
            });
            errors.collect()
        };
        let (old, new) = both.member("errorCodes");
        self.errors(listed(old), listed(new), &["errorCode"]);
    }

    fn parameters(&mut self, both: &Both<'d>, models: (&OperationSpec, &OperationSpec)) {
        let listed = |parameters: Option<Spot<'d>>| {
            let parameters = parameters.map(|parameters| parameters.items()).unwrap_or_default();
            let named = parameters.into_iter();
            named.filter_map(|spot| Some((spot.value.get("name")?.as_str()?, spot))).collect::<Vec<_>>()
        };
        let (old, new) = both.member("parameters");
        for pair in by_name(listed(old), listed(new)) {
            match pair {
                (Some((name, old)), None) => {
                    let was = Some(parameter_words(&old));
                    self.say(ChangeKind::ParameterRemoved, name, &old.at, was, None);
                }
                (None, Some((name, new))) => {
                    let required = new.member("schema").is_some_and(|schema| schema.flag("required"));
                    let kind = if required { ChangeKind::RequiredParameterAdded } else { ChangeKind::ParameterAdded };
                    self.say(kind, name, &new.at, None, Some(parameter_words(&new)));
                }
                (Some((was, old)), Some((is, new))) => {
                    let place = is.to_owned();
                    self.renamed(ChangeKind::ParameterRenamed, &place, was, is, &new);
                    let models = models.0.parameter(was).zip(models.1.parameter(is));
                    if let Some(models) = models {
                        self.parameter(&Both { old, new, place }, models);
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn parameter(&mut self, both: &Both<'d>, models: (&ParameterSpec, &ParameterSpec)) {
        const KEYS: &[(&str, ChangeKind)] =
            &[("in", ChangeKind::PositionChanged), ("examples", ChangeKind::ExampleChanged)];
        self.members(both, KEYS, &["name", "style", "allowEmptyValue", "schema"]);
        if models.0.style != models.1.style {
            let (was, is) = (style_words(models.0.style), style_words(models.1.style));
            self.say(ChangeKind::StyleChanged, &both.place, &both.new.at, Some(was), Some(is));
        }
        self.permission(both, "allowEmptyValue");
        if let Some(schema) = both.part("schema") {
            self.schema(&schema);
        }
    }

    fn responses(&mut self, both: &Both<'d>) {
        let Some(responses) = both.part("responses") else { return };
        for pair in matched(responses.old.members(), responses.new.members()) {
            let ((Some((status, _)), _) | (_, Some((status, _)))) = &pair else { continue };
            let status = *status;
            let good = status.starts_with('2');
            let place = if status == "200" { "answer".to_owned() } else { format!("answer {status}") };
            let (gone, came) = if good {
                (ChangeKind::AnswerRemoved, ChangeKind::AnswerAdded)
            } else {
                (ChangeKind::ErrorRemoved, ChangeKind::ErrorAdded)
            };
            self.flow = if good { Flow::Answer } else { Flow::ErrorAnswer };
            match pair {
                (Some((_, old)), None) => self.say(gone, &place, &old.at, Some(json!(status)), None),
                (None, Some((_, new))) => self.say(came, &place, &new.at, None, Some(json!(status))),
                (Some((_, old)), Some((_, new))) => self.response(&Both { old, new, place }),
                (None, None) => {}
            }
        }
        self.flow = Flow::Request;
    }

    fn response(&mut self, both: &Both<'d>) {
        self.members(both, RESPONSE_KEYS, &["schema"]);
        match both.member("schema") {
            (Some(old), None) => {
                self.say(ChangeKind::AnswerRemoved, &both.place, &old.at, Some(words(&old)), None);
            }
            (None, Some(new)) => {
                self.say(ChangeKind::AnswerAdded, &both.place, &new.at, None, Some(words(&new)));
            }
            (Some(old), Some(new)) => self.schema(&Both { old, new, place: both.place.clone() }),
            (None, None) => {}
        }
    }

    fn errors(&mut self, old: Vec<(String, Spot<'d>)>, new: Vec<(String, Spot<'d>)>, key: &[&str]) {
        for pair in matched(old, new) {
            match pair {
                (Some((error, old)), None) => {
                    self.say(ChangeKind::ErrorRemoved, "", &old.at, Some(json!(error)), None);
                }
                (None, Some((error, new))) => {
                    self.say(ChangeKind::ErrorAdded, "", &new.at, None, Some(json!(error)));
                }
                (Some((_, old)), Some((error, new))) => {
                    self.members(&Both { old, new, place: format!("error {error}") }, ERROR_KEYS, key);
                }
                (None, None) => {}
            }
        }
    }

    /// Schemas of this pair, which other pairs may lead to as well, are compared later and once.
    pub(super) fn enqueue(&mut self, both: Both<'d>) {
        let key = (ptr::from_ref(both.old.value), ptr::from_ref(both.new.value), self.flow);
        let unit = *self.seen.entry(key).or_insert_with(|| {
            self.units.push(Unit::default());
            let unit = self.units.len() - 1;
            self.queue.push_back((unit, self.flow, both));
            unit
        });
        if let Some(unit) = self.units.get_mut(unit) {
            unit.used_by.insert(self.unit);
        }
    }

    fn queued(&mut self) {
        while let Some((unit, flow, both)) = self.queue.pop_front() {
            (self.unit, self.flow) = (unit, flow);
            self.schema(&both);
        }
    }

    /// What is left of the named schemas once every operation has been followed.
    fn unused_schemas(&mut self) {
        let compared: BTreeSet<_> = self.seen.keys().map(|(old, new, _)| (*old, *new)).collect();
        let (used_before, used_now) = (self.old.used(), self.new.used());
        (self.unit, self.flow) = (0, Flow::Nowhere);
        for name in self.old.schema_names() {
            let Some(old) = self.old.schema(name).cloned() else { continue };
            match self.new.schema(name).cloned() {
                Some(new) if compared.contains(&(ptr::from_ref(old.value), ptr::from_ref(new.value))) => {}
                Some(new) => self.enqueue(Both { old, new, place: format!("schema {name}") }),
                None if used_before.contains(name) => {}
                None => {
                    let was = Some(words(&old));
                    self.say(ChangeKind::UnusedSchemaChanged, &format!("schema {name}"), &old.at, was, None);
                }
            }
        }
        for name in self.new.schema_names().filter(|name| !used_now.contains(name)) {
            if let (Some(new), None) = (self.new.schema(name).cloned(), self.old.schema(name)) {
                let is = Some(words(&new));
                self.say(ChangeKind::UnusedSchemaChanged, &format!("schema {name}"), &new.at, None, is);
            }
        }
        self.queued();
    }

    /// Compares every member: those of the table by their kinds, unknown ones as something else, those in `parts` not here.
    pub(super) fn members(&mut self, both: &Both<'d>, table: &[(&str, ChangeKind)], parts: &[&str]) {
        for key in both.keys() {
            if parts.contains(&key) {
                continue;
            }
            let kind = table.iter().find_map(|(known, kind)| (*known == key).then_some(*kind));
            let (old, new) = both.member(key);
            self.leaves(kind.unwrap_or(ChangeKind::OtherChanged), &both.place, old, new);
        }
    }

    /// Compares whatever it is and reports the smallest parts that differ. Items of lists have no names: those that are
    /// in one list only are taken for one another, in their order, where there are as many of them in both.
    pub(super) fn leaves(&mut self, kind: ChangeKind, place: &str, old: Option<Spot<'d>>, new: Option<Spot<'d>>) {
        let (Some(old), Some(new)) = (&old, &new) else {
            self.spots(kind, place, old.as_ref(), new.as_ref());
            return;
        };
        match (old.value, new.value) {
            (old, new) if old == new => {}
            (Value::Object(_), Value::Object(_)) => {
                let both = Both { old: old.clone(), new: new.clone(), place: String::new() };
                for key in both.keys() {
                    let (old, new) = both.member(key);
                    self.leaves(kind, place, old, new);
                }
            }
            (Value::Array(_), Value::Array(_)) => self.items(kind, place, old, new),
            _ => self.spots(kind, place, Some(old), Some(new)),
        }
    }

    fn items(&mut self, kind: ChangeKind, place: &str, old: &Spot<'d>, new: &Spot<'d>) {
        let listed = |spot: &Spot<'d>| spot.items().into_iter().map(|item| (canonical(item.value), item)).collect();
        let (mut gone, mut came) = (Vec::new(), Vec::new());
        for pair in matched(listed(old), listed(new)) {
            match pair {
                (Some((_, old)), None) => gone.push(old),
                (None, Some((_, new))) => came.push(new),
                _ => {}
            }
        }
        if gone.is_empty() && came.is_empty() {
            self.spots(ChangeKind::OrderChanged, place, Some(old), Some(new));
        } else if gone.len() == came.len() && gone.iter().chain(&came).all(|item| item.value.is_object()) {
            gone.into_iter().zip(came).for_each(|(old, new)| self.leaves(kind, place, Some(old), Some(new)));
        } else {
            gone.iter().for_each(|old| self.spots(kind, place, Some(old), None));
            came.iter().for_each(|new| self.spots(kind, place, None, Some(new)));
        }
    }

    /// Compares lists of plain values.
    pub(super) fn plain_list(&mut self, both: &Both<'d>, key: &str, gone: ChangeKind, came: ChangeKind) {
        let listed = |list: Option<Spot<'d>>| {
            let items = list.map(|list| list.items()).unwrap_or_default();
            items.into_iter().filter(|item| !item.value.is_null()).map(|item| (item.plain(), item)).collect::<Vec<_>>()
        };
        let (old, new) = both.member(key);
        let (before, now) = (listed(old.clone()), listed(new.clone()));
        let order = |items: &[(String, Spot<'_>)]| items.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
        let reordered = order(&before) != order(&now);
        let mut same = true;
        for (old, new) in matched(before, now) {
            if old.is_none() || new.is_none() {
                same = false;
                let kind = if old.is_some() { gone } else { came };
                self.spots(kind, &both.place, old.map(|(_, old)| old).as_ref(), new.map(|(_, new)| new).as_ref());
            }
        }
        if same && reordered {
            self.spots(ChangeKind::OrderChanged, &both.place, old.as_ref(), new.as_ref());
        }
    }

    /// Compares a flag, which is `false` where it is absent.
    pub(super) fn flag(&mut self, both: &Both<'d>, key: &str, kind: ChangeKind) {
        if both.old.flag(key) != both.new.flag(key) {
            let (old, new) = both.member(key);
            self.spots(kind, &both.place, old.as_ref(), new.as_ref());
        }
    }

    /// Compares a flag that permits more where it is set.
    pub(super) fn permission(&mut self, both: &Both<'d>, key: &str) {
        let kind = if both.new.flag(key) { ChangeKind::LimitLoosened } else { ChangeKind::LimitTightened };
        self.flag(both, key, kind);
    }

    pub(super) fn renamed(&mut self, kind: ChangeKind, place: &str, was: &str, is: &str, new: &Spot<'d>) {
        if was != is {
            self.say(kind, place, &new.at, Some(json!(was)), Some(json!(is)));
        }
    }

    /// Reports a change of a value as it stands.
    pub(super) fn spots(&mut self, kind: ChangeKind, place: &str, old: Option<&Spot<'d>>, new: Option<&Spot<'d>>) {
        if let Some(spot) = new.or(old) {
            self.say(kind, place, &spot.at, old.map(|old| old.value.clone()), new.map(|new| new.value.clone()));
        }
    }

    pub(super) fn say(&mut self, kind: ChangeKind, place: &str, pointer: &str, was: Option<Value>, is: Option<Value>) {
        let (place, pointer) = (place.to_owned(), pointer.to_owned());
        let class = self.flow.class(kind);
        self.found.push((self.unit, Change { class, kind, operations: Vec::new(), place, pointer, was, is }));
    }

    /// Puts together what was found twice on two ways, and says whom each change concerns.
    fn finish(self) -> SpecDiff {
        let mut changes: Vec<Change> = Vec::new();
        let mut concerned: Vec<BTreeSet<usize>> = Vec::new();
        let mut places: HashMap<(ChangeKind, String, String), usize> = HashMap::new();
        for (unit, change) in self.found {
            let values = format!("{:?} {:?}", change.was, change.is);
            // A required field is only more than a field where it is sent.
            let kind = match change.kind {
                ChangeKind::RequiredFieldAdded => ChangeKind::FieldAdded,
                kind => kind,
            };
            let place = *places.entry((kind, change.pointer.clone(), values)).or_insert(changes.len());
            match (changes.get_mut(place), concerned.get_mut(place)) {
                (Some(before), Some(units)) => {
                    if before.class < change.class {
                        (before.class, before.kind) = (change.class, change.kind);
                    }
                    units.insert(unit);
                }
                _ => {
                    changes.push(change);
                    concerned.push([unit].into());
                }
            }
        }
        for (change, units) in changes.iter_mut().zip(concerned) {
            change.operations = operations(&self.units, units);
        }
        SpecDiff { old: self.old.identity(), new: self.new.identity(), changes }
    }
}

/// The operations that these units are, or are used by, in the order of the documents.
fn operations(units: &[Unit], start: BTreeSet<usize>) -> Vec<String> {
    let mut seen = start.clone();
    let mut left: Vec<usize> = start.into_iter().collect();
    while let Some(unit) = left.pop() {
        let users = units.get(unit).into_iter().flat_map(|unit| &unit.used_by);
        left.extend(users.filter(|user| seen.insert(**user)));
    }
    seen.into_iter().filter_map(|unit| units.get(unit)).flat_map(|unit| unit.operations.iter().cloned()).collect()
}

/// The names of all schemas that are referred to in a value.
pub(crate) fn references(value: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                names.extend(reference(value));
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    names
}

/// `query, string, required`.
fn parameter_words(parameter: &Spot<'_>) -> Value {
    let schema = parameter.member("schema");
    let words = schema.map(|schema| words(&schema)).unwrap_or_default();
    json!(format!("{}, {}", parameter.text("in"), words.as_str().unwrap_or_default()))
}

fn style_words(style: Style) -> Value {
    json!(match style {
        Style::Plain => "plain",
        Style::RepeatList => "repeatList",
        Style::Flat => "flat",
        Style::Json => "json",
        Style::Simple => "simple",
    })
}
