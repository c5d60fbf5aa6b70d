//! Changes as people and programs read them.

use super::{Change, ChangeClass, ChangeKind, CrateChange, SpecDiff};
use crate::{
    problem::{list, quoted, visible},
    prose::code,
};
use alloc::collections::BTreeSet;
use core::fmt;
use serde_json::{Map, Value, json};

/// What becomes of changes of wording, of which a translated document has thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// They are counted.
    Counted,
    /// They are listed like all others.
    Listed,
}

/// As one line, `breaking: /apis/Ping/parameters/0: parameter removed: Echo: "query, string"`. Long values are cut, and nothing
/// in a document can forge a second line.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.class.as_str(), self.pointer, self.kind.words())?;
        if !self.place.is_empty() {
            write!(f, ": {}", visible(&self.place))?;
        }
        if let Some(values) = self.values(shown) {
            write!(f, ": {values}")?;
        }
        if self.is_shared() {
            write!(f, " (in {})", list(&self.operations))?;
        }
        Ok(())
    }
}

impl Change {
    /// `"10" → "20"`; what was added or removed alone.
    fn values(&self, show: fn(&Value) -> String) -> Option<String> {
        let moved = self.kind.as_str().ends_with("-removed") || self.kind.as_str().ends_with("-added");
        match (self.was.as_ref().map(show), self.is.as_ref().map(show)) {
            (None, None) => None,
            (Some(value), None) | (None, Some(value)) if moved => Some(value),
            (was, is) => {
                let absent = || "absent".to_owned();
                Some(format!("{} → {}", was.unwrap_or_else(absent), is.unwrap_or_else(absent)))
            }
        }
    }

    /// Whether it stands outside of the operations that it concerns.
    fn is_shared(&self) -> bool {
        !self.operations.is_empty() && !["/apis/", "/data/apis/"].iter().any(|apis| self.pointer.starts_with(apis))
    }

    fn markdown(&self) -> String {
        let mut line = String::from("- ");
        let operations: Vec<String> = self.operations.iter().map(|operation| code(operation)).collect();
        if !operations.is_empty() {
            line += &format!("{}: ", operations.join(", "));
        }
        line += self.kind.words();
        if !self.place.is_empty() {
            line += &format!(": {}", code(&self.place));
        }
        // Which operation came or went has just been said.
        if !matches!(self.kind, ChangeKind::OperationRemoved | ChangeKind::OperationAdded)
            && let Some(values) = self.values(|value| code(&shown(value)))
        {
            line += &format!(": {values}");
        }
        format!("{line} · {}\n", code(&self.pointer))
    }

    fn json(&self) -> Value {
        json!({
            "class": self.class.as_str(),
            "kind": self.kind.as_str(),
            "operations": self.operations,
            "place": self.place,
            "pointer": self.pointer,
            "was": self.was,
            "is": self.is,
        })
    }
}

/// As one line, `crate: removed: ping::PingRequest.echo: Option<String>`.
impl fmt::Display for CrateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crate: {}: {}: {}", self.what(), self.path, self.values())
    }
}

impl CrateChange {
    fn what(&self) -> &'static str {
        match (&self.was, &self.is) {
            (_, None) => "removed",
            (None, _) => "added",
            _ => "changed",
        }
    }

    fn values(&self) -> String {
        let values: Vec<&str> = [&self.was, &self.is].into_iter().flatten().map(String::as_str).collect();
        values.join(" → ")
    }

    fn markdown(&self) -> String {
        format!("- {}: {}: {}\n", self.what(), code(&self.path), code(&self.values()))
    }

    fn json(&self) -> Value {
        json!({ "path": self.path, "operations": self.operations, "was": self.was, "is": self.is })
    }
}

impl SpecDiff {
    /// One line a change, those of the gravest class first, then one line a change of the generated crate, and a last line with
    /// the step and the counts. Empty where nothing changed.
    #[must_use]
    pub fn lines(&self, wording: Wording) -> String {
        if self.changes.is_empty() && self.crate_changes.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        for class in ChangeClass::ALL {
            if class != ChangeClass::Wording || wording == Wording::Listed {
                text.extend(self.of(class).map(|change| format!("{change}\n")));
            }
        }
        text.extend(self.crate_changes.iter().map(|change| format!("{change}\n")));
        text + &format!("{}: {}\n", self.step().as_str(), self.counts())
    }

    /// A section for a change log, to stand below a second-level heading.
    #[must_use]
    pub fn markdown(&self, wording: Wording) -> String {
        let name = |(product, version): &(String, String)| code(&format!("{product} {version}"));
        let mut text = format!("### {}", name(&self.new));
        if self.old != self.new {
            text += &format!(", before {}", name(&self.old));
        }
        if self.changes.is_empty() && self.crate_changes.is_empty() {
            return text + "\n\nNothing changed.\n";
        }
        text += &format!(
            "\n\nStep of the generated crate: **{}** ({}). Major: something it offers is gone or \
             changed, or its checks refuse what they took. Minor: it offers more, or the same call may do something else. Patch: \
             wording.\n",
            self.step().as_str(),
            self.counts()
        );
        for class in ChangeClass::ALL {
            if self.count(class) == 0 {
                continue;
            }
            let mut title = class.as_str().to_owned();
            if let Some(first) = title.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            text += &format!("\n#### {title}\n\n");
            if class == ChangeClass::Wording && wording == Wording::Counted {
                let operations: BTreeSet<&String> = self.of(class).flat_map(|change| &change.operations).collect();
                text += &format!(
                    "- {} of texts, examples and their order, in {}\n",
                    number(self.count(class), "change"),
                    number(operations.len(), "operation")
                );
            } else {
                text.extend(self.of(class).map(Change::markdown));
            }
        }
        if !self.crate_changes.is_empty() {
            text += "\n#### Generated crate\n\n";
            text.extend(self.crate_changes.iter().map(CrateChange::markdown));
        }
        text
    }

    /// Everything, wording too: `old` and `new` (product, version), `step`, `counts` by class, `changes` with `class`, `kind`,
    /// `operations`, `place`, `pointer`, `was`, `is`, and `crate` with `path`, `operations`, `was`, `is`.
    #[must_use]
    pub fn json(&self) -> Value {
        let identity = |(product, version): &(String, String)| json!({ "product": product, "version": version });
        let counts: Map<String, Value> =
            ChangeClass::ALL.iter().map(|class| (class.as_str().to_owned(), json!(self.count(*class)))).collect();
        json!({
            "old": identity(&self.old),
            "new": identity(&self.new),
            "step": self.step().as_str(),
            "counts": counts,
            "changes": self.changes.iter().map(Change::json).collect::<Vec<_>>(),
            "crate": self.crate_changes.iter().map(CrateChange::json).collect::<Vec<_>>(),
        })
    }

    fn of(&self, class: ChangeClass) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.class == class)
    }

    /// `2 breaking, 1 wording; crate: 2 removed`.
    fn counts(&self) -> String {
        let counted = ChangeClass::ALL.into_iter().map(|class| (class, self.count(class)));
        let counted =
            counted.filter(|(_, count)| *count > 0).map(|(class, count)| format!("{count} {}", class.as_str()));
        let of_crate = ["removed", "changed", "added"]
            .map(|what| (what, self.crate_changes.iter().filter(|change| change.what() == what).count()));
        let of_crate =
            of_crate.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}"));
        let parts = [list(counted), format!("crate: {}", list(of_crate))];
        parts.into_iter().take(if self.crate_changes.is_empty() { 1 } else { 2 }).collect::<Vec<_>>().join("; ")
    }
}

fn shown(value: &Value) -> String {
    /// Enough of a list or of an object to see what it is about.
    const LENGTH: usize = 120;
    match value {
        Value::String(text) => quoted(text),
        other => {
            let text = visible(&other.to_string());
            match text.char_indices().nth(LENGTH) {
                Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
                None => text,
            }
        }
    }
}

fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
