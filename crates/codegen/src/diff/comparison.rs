//! A comparison under way: what belongs together, what was found, and whom it concerns.

use super::{
    Change, ChangeClass, ChangeKind, SpecDiff,
    schema::{reference, words},
    spot::{Both, Spot, canonical, matched},
};
use crate::{ApiDocument, document, problem::Place};
use alloc::collections::{BTreeSet, VecDeque};
use core::ptr;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// A document as it is compared: the model, and what it was read from.
pub(super) type Read = (ApiDocument, Value);

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
    pub(super) model: &'d ApiDocument,
    pub(super) root: Spot<'d>,
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
    pub(super) fn schema_names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        self.model.schemas.iter().map(|(name, _)| name.as_str())
    }

    /// The named schemas that operations lead to, directly or through others.
    pub(super) fn used(&self) -> BTreeSet<&'d str> {
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
    uses: BTreeSet<usize>,
}

/// The first unit.
const DOCUMENT: usize = 0;

/// The largest published document has some hundreds of named schemas.
const MOST_RENAMED: usize = 10_000;

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
    /// How often schemas of different names have met.
    renamed: usize,
    found: Vec<(usize, Change)>,
}

impl<'d> Comparison<'d> {
    pub(super) fn of(old: &'d Read, new: &'d Read) -> Self {
        Self {
            old: Side::of(old),
            new: Side::of(new),
            unit: DOCUMENT,
            flow: Flow::Request,
            units: vec![Unit::default()],
            seen: HashMap::new(),
            queue: VecDeque::new(),
            renamed: 0,
            found: Vec::new(),
        }
    }

    /// Begins with the next operation, of these names.
    pub(super) fn enter(&mut self, operations: Vec<String>) {
        (self.unit, self.flow) = (self.units.len(), Flow::Request);
        self.units.push(Unit { operations, uses: BTreeSet::new() });
    }

    /// Begins with what no operation leads to.
    pub(super) fn enter_nowhere(&mut self) {
        (self.unit, self.flow) = (DOCUMENT, Flow::Nowhere);
    }

    /// Whether these two have been compared, or are going to be.
    pub(super) fn has_seen(&self, old: &Spot<'_>, new: &Spot<'_>) -> bool {
        let flows = [Flow::Request, Flow::Answer, Flow::ErrorAnswer, Flow::Nowhere];
        flows.iter().any(|flow| self.seen.contains_key(&(ptr::from_ref(old.value), ptr::from_ref(new.value), *flow)))
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
        if let Some(user) = self.units.get_mut(self.unit) {
            user.uses.insert(unit);
        }
    }

    /// Like [`enqueue`](Self::enqueue) for schemas of different names, of which any may meet any: where hostile documents let
    /// too many meet, one is another type than the other.
    pub(super) fn enqueue_renamed(&mut self, both: Both<'d>) {
        if self.renamed < MOST_RENAMED {
            self.renamed += 1;
            self.enqueue(both);
        } else {
            let (was, is) = (words(&both.old), words(&both.new));
            self.say(ChangeKind::TypeChanged, &both.place, &both.new.at, Some(was), Some(is));
        }
    }

    pub(super) fn queued(&mut self) {
        while let Some((unit, flow, both)) = self.queue.pop_front() {
            (self.unit, self.flow) = (unit, flow);
            self.schema(&both);
        }
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
    pub(super) fn finish(self) -> SpecDiff {
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
        let users = users(&self.units, concerned.iter().flatten().copied().collect());
        for (change, units) in changes.iter_mut().zip(concerned) {
            let users: BTreeSet<usize> = units.iter().filter_map(|unit| users.get(unit)).flatten().copied().collect();
            let operations = users.into_iter().filter_map(|unit| self.units.get(unit));
            change.operations = operations.flat_map(|unit| unit.operations.iter().cloned()).collect();
        }
        SpecDiff { old: self.old.identity(), new: self.new.identity(), changes, crate_changes: Vec::new() }
    }
}

/// For each of the wanted units the operations that it is, or that lead to it; in the order of the documents.
fn users(units: &[Unit], wanted: HashSet<usize>) -> HashMap<usize, Vec<usize>> {
    let mut users: HashMap<usize, Vec<usize>> = wanted.into_iter().map(|unit| (unit, Vec::new())).collect();
    // The operation that was followed last to each unit.
    let mut reached_from = vec![None; units.len()];
    for (operation, _) in units.iter().enumerate().filter(|(_, unit)| !unit.operations.is_empty()) {
        let mut left = vec![operation];
        while let Some(place) = left.pop() {
            let (Some(unit), Some(from)) = (units.get(place), reached_from.get_mut(place)) else { continue };
            if from.replace(operation) != Some(operation) {
                users.entry(place).and_modify(|users| users.push(operation));
                left.extend(&unit.uses);
            }
        }
    }
    users
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
