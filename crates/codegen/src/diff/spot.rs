//! Places in two documents, and what belongs together in them.

use crate::problem::Place;
use alloc::collections::VecDeque;
use core::hash::Hash;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spot<'d> {
    pub(super) value: &'d Value,
    pub(super) at: String,
}

impl<'d> Spot<'d> {
    /// The member, where it is there and not null.
    pub(super) fn member(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, at: self.beneath(key) })
    }

    fn beneath(&self, key: &str) -> String {
        self.at.clone() + &Place::ROOT.key(key).pointer()
    }

    pub(super) fn members(&self) -> Vec<(&'d str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.filter_map(|(key, _)| Some((key.as_str(), self.member(key)?))).collect()
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| Self { value, at: format!("{}/{index}", self.at) }).collect()
    }

    /// A text, or the JSON of anything else.
    pub(super) fn plain(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned)
    }

    /// The member as [`plain`](Self::plain) text, empty where there is none.
    pub(super) fn text(&self, key: &str) -> String {
        self.member(key).map(|member| member.plain()).unwrap_or_default()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// The same thing in both documents, and how people call it.
#[derive(Clone, Debug)]
pub(super) struct Both<'d> {
    pub(super) old: Spot<'d>,
    pub(super) new: Spot<'d>,
    pub(super) place: String,
}

impl<'d> Both<'d> {
    pub(super) fn member(&self, key: &str) -> (Option<Spot<'d>>, Option<Spot<'d>>) {
        (self.old.member(key), self.new.member(key))
    }

    /// A member that at least one of them has; null stands for the other.
    pub(super) fn part(&self, key: &str) -> Option<Self> {
        let (old, new) = self.member(key);
        if old.is_none() && new.is_none() {
            return None;
        }
        let missing = |side: &Spot<'_>| Spot { value: &Value::Null, at: side.beneath(key) };
        Some(Self {
            old: old.unwrap_or_else(|| missing(&self.old)),
            new: new.unwrap_or_else(|| missing(&self.new)),
            place: self.place.clone(),
        })
    }

    /// The names of all members, those of the old one first.
    pub(super) fn keys(&self) -> Vec<&'d str> {
        let of = |value: &'d Value| value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        of(self.old.value).chain(of(self.new.value).filter(|key| self.old.value.get(key).is_none())).collect()
    }
}

/// What one name stands for before and now.
pub(super) type Pair<'d, K> = (Option<(K, Spot<'d>)>, Option<(K, Spot<'d>)>);

/// Puts together what has the same key; of what has one key several times, the first with the first. In the old order, then
/// what is new in the new order.
pub(super) fn matched<'d, K: Clone + Eq + Hash>(old: Vec<(K, Spot<'d>)>, new: Vec<(K, Spot<'d>)>) -> Vec<Pair<'d, K>> {
    matched_by(old, new, K::clone)
}

/// [`matched`], and then what is left over by names that differ only in case.
pub(super) fn by_name<'d>(old: Vec<(&'d str, Spot<'d>)>, new: Vec<(&'d str, Spot<'d>)>) -> Vec<Pair<'d, &'d str>> {
    let mut pairs = matched(old, new);
    let old: Vec<_> = pairs.iter().filter(|(_, new)| new.is_none()).filter_map(|(old, _)| old.clone()).collect();
    let new: Vec<_> = pairs.iter().filter(|(old, _)| old.is_none()).filter_map(|(_, new)| new.clone()).collect();
    if old.is_empty() || new.is_empty() {
        return pairs;
    }
    let mut renamed: HashMap<&str, (&str, Spot<'d>)> = HashMap::new();
    let mut gone_to: HashSet<&str> = HashSet::new();
    for pair in matched_by(old, new, |name| name.to_lowercase()) {
        if let (Some((was, _)), Some(new)) = pair {
            gone_to.insert(new.0);
            renamed.insert(was, new);
        }
    }
    for (old, new) in &mut pairs {
        if let (Some((was, _)), None) = (&old, &new) {
            *new = renamed.remove(was);
        }
    }
    pairs.retain(|(old, new)| old.is_some() || new.as_ref().is_none_or(|(name, _)| !gone_to.contains(name)));
    pairs
}

fn matched_by<'d, K, F: Eq + Hash>(
    old: Vec<(K, Spot<'d>)>,
    new: Vec<(K, Spot<'d>)>,
    fold: impl Fn(&K) -> F,
) -> Vec<Pair<'d, K>> {
    let mut places: HashMap<F, VecDeque<usize>> = HashMap::new();
    for (place, (key, _)) in new.iter().enumerate() {
        places.entry(fold(key)).or_default().push_back(place);
    }
    let mut new: Vec<Option<(K, Spot<'d>)>> = new.into_iter().map(Some).collect();
    let mut pairs: Vec<Pair<'d, K>> = Vec::new();
    for old in old {
        let place = places.get_mut(&fold(&old.0)).and_then(VecDeque::pop_front);
        let new = place.and_then(|place| new.get_mut(place)).and_then(Option::take);
        pairs.push((Some(old), new));
    }
    pairs.extend(new.into_iter().flatten().map(|new| (None, Some(new))));
    pairs
}

/// The JSON of a value with its keys in order: the same for values that are equal.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
