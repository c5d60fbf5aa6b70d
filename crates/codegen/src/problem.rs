//! What is wrong with a document or an overlay, and where.

use alloc::collections::BTreeMap;
use core::fmt;

/// One thing that is wrong: where, and what was expected instead.
///
/// Displays as one line, `<pointer>: <problem>`; control and direction characters of the input are shown escaped, so that
/// a hostile name cannot forge a second line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// JSON pointer into the document (`/apis/ListRegions/methods/0`; empty: the document as a whole), or the overlay's
    /// path and the place in it (`overlay.toml: served.ListRegions.effect`).
    pub pointer: String,
    /// What is wrong, what was expected.
    pub problem: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.problem)
    }
}

impl core::error::Error for SpecError {}

impl SpecError {
    /// As a line, with the name of the file in the place of the pointer where it is about the file as a whole: that it is no
    /// JSON, and in which line.
    #[must_use]
    pub fn line(&self, file: &str) -> String {
        if self.pointer.is_empty() { format!("{file}: {}", self.problem) } else { self.to_string() }
    }
}

/// Something the generator passed over, worth a look and no reason to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What was passed over: `unknown key "x-note" in a parameter`.
    pub what: String,
    /// Where it was met first.
    pub first: String,
    /// How often it was met.
    pub count: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.first, self.what)?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        Ok(())
    }
}

/// How a place is written.
#[derive(Clone, Debug)]
pub(crate) enum Notation {
    /// JSON pointer (RFC 6901).
    Json,
    /// Keys and indices behind the file's path: `overlay.toml: served.X.words[0]`.
    Overlay(String),
}

/// Everything found on the way through one input.
#[derive(Debug)]
pub(crate) struct Report {
    notation: Notation,
    pub(crate) errors: Vec<SpecError>,
    warnings: BTreeMap<String, (String, usize)>,
}

impl Report {
    pub(crate) fn new(notation: Notation) -> Self {
        Self { notation, errors: Vec::new(), warnings: BTreeMap::new() }
    }

    pub(crate) fn error(&mut self, at: &Place<'_>, problem: impl Into<String>) {
        self.errors.push(SpecError { pointer: at.write(&self.notation), problem: problem.into() });
    }

    pub(crate) fn warn(&mut self, at: &Place<'_>, what: impl Into<String>) {
        let notation = &self.notation;
        self.warnings.entry(what.into()).or_insert_with(|| (at.write(notation), 0)).1 += 1;
    }

    pub(crate) fn warnings(self) -> Vec<Warning> {
        self.warnings.into_iter().map(|(what, (first, count))| Warning { what, first, count }).collect()
    }
}

/// A place in an input: the steps from its root, kept on the stack and written out only when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'p> {
    step: Step<'p>,
    parent: Option<&'p Place<'p>>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl Place<'_> {
    pub(crate) const ROOT: Place<'static> = Place { step: Step::Root, parent: None };

    pub(crate) fn key<'p>(&'p self, key: &'p str) -> Place<'p> {
        Place { step: Step::Key(key), parent: Some(self) }
    }

    pub(crate) fn index(&self, index: usize) -> Place<'_> {
        Place { step: Step::Index(index), parent: Some(self) }
    }

    /// The place as a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        self.write(&Notation::Json)
    }

    fn write(&self, notation: &Notation) -> String {
        let mut steps = Vec::new();
        let mut place = Some(self);
        while let Some(Place { step, parent }) = place {
            steps.push(*step);
            place = *parent;
        }
        steps.reverse();
        match notation {
            Notation::Json => steps.iter().map(|step| step.as_pointer()).collect(),
            Notation::Overlay(path) => {
                let steps: String = steps.iter().map(|step| step.as_dotted()).collect();
                format!("{path}: {}", steps.trim_start_matches('.')).trim_end_matches([':', ' ']).to_owned()
            }
        }
    }
}

impl Step<'_> {
    fn as_pointer(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(key) => format!("/{}", visible(&key.replace('~', "~0").replace('/', "~1"))),
            Self::Index(index) => format!("/{index}"),
        }
    }

    fn as_dotted(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(key) if key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') => {
                format!(".{key}")
            }
            Self::Key(key) => format!(".{key:?}"),
            Self::Index(index) => format!("[{index}]"),
        }
    }
}

/// Text from an input inside a message: quoted, escaped, cut after 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// `one, two, three`.
pub(crate) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| visible(item.as_ref())).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// The text with everything escaped that a terminal would not show as itself.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_rfc_6901_says_and_what_would_break_the_line() {
        let root = Place::ROOT;
        let (apis, odd) = (root.key("apis"), "a/b~c\n\u{202e}");
        let place = apis.key(odd);
        assert_eq!(place.index(3).write(&Notation::Json), "/apis/a~1b~0c\\n\\u{202e}/3");
        assert_eq!(root.write(&Notation::Json), "");
    }

    #[test]
    fn an_overlay_place_names_the_file() {
        let notation = Notation::Overlay("overlay.toml".to_owned());
        let root = Place::ROOT;
        let (served, words) = (root.key("served"), "words");
        let place = served.key(words);
        assert_eq!(place.index(0).write(&notation), "overlay.toml: served.words[0]");
        assert_eq!(served.key("a b").write(&notation), "overlay.toml: served.\"a b\"");
        assert_eq!(root.write(&notation), "overlay.toml");
    }

    #[test]
    fn quoted_text_is_cut_between_characters() {
        assert_eq!(quoted("a\u{202e}"), r#""a\u{202e}""#);
        assert_eq!(quoted(&"ü".repeat(61)), format!("\"{}\"…", "ü".repeat(60)));
    }
}
