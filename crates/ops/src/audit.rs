//! The audit: a line of JSON for everything that happened, each with the hash of the one before it.
//!
//! The members of a row have one order and one spelling, and `hash` is the SHA-256 of the line's bytes before `,"hash":`,
//! `previous` among them. The first row has number 1 and 64 zeros for `previous`. An export is such lines; where rows were
//! pruned it begins with `{"checkpoint":{"seq":N,"hash":"…"}}`, the last pruned row, and a complete one ends with
//! `{"end":{"seq":N,"hash":"…"}}`, the last row there is.
//!
//! The chain shows what was altered, taken out or put in before a row whose hash is known. It is not signed: whoever can
//! write the whole file can make another one that fits. Keep an end line somewhere else, and compare.

pub use crate::identity::hex;

use acs_rpc::WireParameters;
use alloc::string::{String, ToString as _};
use core::fmt;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// `who` for what nobody asked for: retries, expiry.
pub const GATEWAY: &str = "gateway";

/// `who` for what somebody signed in to the console did.
pub const CONSOLE: &str = "console";

/// One thing that happened. Nothing secret belongs in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The command's id; `None` where none came to be.
    pub command: Option<&'a str>,
    /// What happened, such as `Begin`.
    pub event: &'a str,
    /// The state before.
    pub from: Option<&'a str>,
    /// The state after.
    pub to: Option<&'a str>,
    /// Whose doing it was, `slack:T0001/U2147483697`, or [`GATEWAY`].
    pub who: &'a str,
    /// The member `where`, `slack:T0001/C2147483705`.
    pub place: &'a str,
    /// Operation name.
    pub operation: Option<&'a str>,
    /// [`request_digest`] of the exact request.
    pub request: Option<&'a [u8; 32]>,
    /// Which attempt it belongs to; 0 before the first.
    pub attempt: u32,
    /// The vendor's id of the call.
    pub request_id: Option<&'a str>,
    /// What came of it, in a few words.
    pub outcome: Option<&'a str>,
}

/// A row as it is stored and exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The line, without a line break.
    pub line: String,
    /// Its hash, the next row's `previous`.
    pub hash: [u8; 32],
}

impl Entry<'_> {
    /// Makes the row with this number, which follows on the row with the hash `previous`.
    #[must_use]
    pub fn seal(&self, seq: u64, previous: &[u8; 32]) -> Sealed {
        let request = self.request.map(|digest| hex(digest));
        let mut line = String::with_capacity(640);
        line += "{\"seq\":";
        line += &seq.to_string();
        line += ",\"at_ms\":";
        line += &self.at_ms.to_string();
        member(&mut line, "command", self.command);
        member(&mut line, "event", Some(self.event));
        member(&mut line, "from", self.from);
        member(&mut line, "to", self.to);
        member(&mut line, "who", Some(self.who));
        member(&mut line, "where", Some(self.place));
        member(&mut line, "operation", self.operation);
        member(&mut line, "request", request.as_deref());
        line += ",\"attempt\":";
        line += &self.attempt.to_string();
        member(&mut line, "request_id", self.request_id);
        member(&mut line, "outcome", self.outcome);
        member(&mut line, "previous", Some(&hex(previous)));
        let hash: [u8; 32] = Sha256::digest(&line).into();
        member(&mut line, "hash", Some(&hex(&hash)));
        line.push('}');
        Sealed { line, hash }
    }
}

fn member(line: &mut String, name: &str, value: Option<&str>) {
    line.push_str(",\"");
    line.push_str(name);
    line.push_str("\":");
    match value {
        // A text always has a form.
        Some(text) => line.push_str(&serde_json::to_string(text).unwrap_or_default()),
        None => line.push_str("null"),
    }
}

/// Which row, by its number and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Link {
    /// What the first row follows on.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };

    /// That of a row as it is stored; `None`: it is none.
    #[must_use]
    pub fn of(line: &str) -> Option<Self> {
        let row: Value = serde_json::from_str(line).ok()?;
        Some(Self { seq: row.get("seq")?.as_u64()?, hash: from_hex(row.get("hash")?.as_str()?)? })
    }

    /// The line an export begins with where the rows up to this one were pruned, without a line break.
    #[must_use]
    pub fn checkpoint_line(&self) -> String {
        self.marker(CHECKPOINT)
    }

    /// The line an export ends with whose last row is this one, without a line break. Of no rows it is [`Link::START`]'s.
    #[must_use]
    pub fn end_line(&self) -> String {
        self.marker(END)
    }

    fn marker(&self, name: &str) -> String {
        let mut line = String::from("{\"");
        line += name;
        line += "\":{\"seq\":";
        line += &self.seq.to_string();
        member(&mut line, "hash", Some(&hex(&self.hash)));
        line += "}}";
        line
    }
}

const CHECKPOINT: &str = "checkpoint";
const END: &str = "end";

/// SHA-256 of an operation and all its parameters as they are sent, the client token among them.
///
/// Every text is preceded by its length in bytes and the whole by their number, each eight bytes, big-endian: no two
/// requests have one encoding.
#[must_use]
pub fn request_digest(operation: &str, parameters: &WireParameters) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix("opshook request\n");
    let mut number = |number: usize, text: &str| {
        digest.update((number as u64).to_be_bytes());
        digest.update(text);
    };
    number(parameters.len(), "");
    number(operation.len(), operation);
    for (name, value) in parameters.iter() {
        number(name.len(), name);
        number(value.len(), value);
    }
    digest.finalize().into()
}

/// Reads 64 lower-case hexadecimal digits; anything else is `None`.
#[must_use]
pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !odd.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// Checks an export line by line.
#[derive(Clone, Debug)]
pub struct Verifier {
    lines: u64,
    last: Link,
    first_row: Option<Seen>,
    last_row: Option<Seen>,
    ended: bool,
}

/// A row that was in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub seq: u64,
    /// Its time, Unix milliseconds.
    pub at_ms: i64,
}

/// What an unbroken export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The first row and the last; `None`: there are no rows.
    pub rows: Option<(Seen, Seen)>,
    /// The last row, or what the next one would follow on.
    pub last: Link,
    /// Whether the end line is there; without it rows may be missing after the last.
    pub complete: bool,
}

impl Summary {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.rows.map_or(0, |(first, last)| (last.seq - first.seq).saturating_add(1))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_none()
    }
}

/// The first line that is not in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its number, from 1.
    pub line: u64,
    /// The number the row gives itself, where it can be read.
    pub seq: Option<u64>,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a line of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It is no JSON object.
    NotJson,
    /// The member is missing or does not hold what it should.
    Malformed(&'static str),
    /// Its hash is another: the row was altered.
    Hash,
    /// Its hash fits, and its members are not written as this program writes them.
    Spelling,
    /// Its number does not follow: rows are missing, repeated or moved.
    Sequence {
        /// What the number should be.
        expected: u64,
    },
    /// It follows on another row than the one before it.
    Previous,
    /// A checkpoint that is not the first line.
    LateCheckpoint,
    /// An end line about another row than the last one: rows are missing before it.
    End {
        /// The last row there is.
        last: u64,
    },
    /// Something follows on the end line.
    AfterEnd,
    /// There is no line at all.
    Empty,
}

impl Verifier {
    /// Before the first line.
    #[must_use]
    pub const fn new() -> Self {
        Self { lines: 0, last: Link::START, first_row: None, last_row: None, ended: false }
    }

    /// Takes the next line, without its line break.
    ///
    /// # Errors
    /// It is not in order. Whatever follows says nothing any more.
    pub fn line(&mut self, text: &str) -> Result<(), Broken> {
        self.lines += 1;
        let mut seq = None;
        self.take(text, &mut seq).map_err(|why| Broken { line: self.lines, seq, why })
    }

    /// No more lines come.
    ///
    /// # Errors
    /// There was none.
    pub fn finish(self) -> Result<Summary, Broken> {
        if self.lines == 0 {
            return Err(Broken { line: 0, seq: None, why: Why::Empty });
        }
        Ok(Summary { rows: self.first_row.zip(self.last_row), last: self.last, complete: self.ended })
    }

    fn take(&mut self, text: &str, seq: &mut Option<u64>) -> Result<(), Why> {
        let row: Value = serde_json::from_str(text).ok().filter(Value::is_object).ok_or(Why::NotJson)?;
        if self.ended {
            return Err(Why::AfterEnd);
        }
        if let Some(link) = marked(&row, CHECKPOINT)? {
            *seq = Some(link.seq);
            if self.lines != 1 {
                return Err(Why::LateCheckpoint);
            }
            spelled(text, &link.checkpoint_line())?;
            self.last = link;
            return Ok(());
        }
        if let Some(link) = marked(&row, END)? {
            *seq = Some(link.seq);
            if link != self.last {
                return Err(Why::End { last: self.last.seq });
            }
            spelled(text, &link.end_line())?;
            self.ended = true;
            return Ok(());
        }
        let number = row.get("seq").and_then(Value::as_u64).ok_or(Why::Malformed("seq"))?;
        *seq = Some(number);
        let hash = digest(&row, "hash")?;
        let hashed = text.rsplit_once(",\"hash\":").map_or(text, |(before, _)| before);
        if *Sha256::digest(hashed) != hash {
            return Err(Why::Hash);
        }
        let expected = self.last.seq.saturating_add(1);
        if number != expected {
            return Err(Why::Sequence { expected });
        }
        let previous = digest(&row, "previous")?;
        if previous != self.last.hash {
            return Err(Why::Previous);
        }
        let request = optional(&row, "request")?.map(|_| digest(&row, "request")).transpose()?;
        let entry = Entry {
            at_ms: row.get("at_ms").and_then(Value::as_i64).ok_or(Why::Malformed("at_ms"))?,
            command: optional(&row, "command")?,
            event: text_of(&row, "event")?,
            from: optional(&row, "from")?,
            to: optional(&row, "to")?,
            who: text_of(&row, "who")?,
            place: text_of(&row, "where")?,
            operation: optional(&row, "operation")?,
            request: request.as_ref(),
            attempt: row
                .get("attempt")
                .and_then(Value::as_u64)
                .and_then(|attempt| attempt.try_into().ok())
                .ok_or(Why::Malformed("attempt"))?,
            request_id: optional(&row, "request_id")?,
            outcome: optional(&row, "outcome")?,
        };
        // A member twice would say one thing to one reader and another to the next.
        spelled(text, &entry.seal(number, &previous).line)?;
        let seen = Seen { seq: number, at_ms: entry.at_ms };
        self.first_row.get_or_insert(seen);
        self.last_row = Some(seen);
        self.last = Link { seq: number, hash };
        Ok(())
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

fn spelled(text: &str, ours: &str) -> Result<(), Why> {
    if text == ours { Ok(()) } else { Err(Why::Spelling) }
}

fn marked(row: &Value, name: &'static str) -> Result<Option<Link>, Why> {
    let Some(marker) = row.get(name) else {
        return Ok(None);
    };
    let seq = marker.get("seq").and_then(Value::as_u64).ok_or(Why::Malformed("seq"))?;
    Ok(Some(Link { seq, hash: digest(marker, "hash")? }))
}

fn optional<'a>(row: &'a Value, name: &'static str) -> Result<Option<&'a str>, Why> {
    match row.get(name) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        _ => Err(Why::Malformed(name)),
    }
}

fn text_of<'a>(row: &'a Value, name: &'static str) -> Result<&'a str, Why> {
    optional(row, name)?.ok_or(Why::Malformed(name))
}

fn digest(row: &Value, name: &'static str) -> Result<[u8; 32], Why> {
    from_hex(text_of(row, name)?).ok_or(Why::Malformed(name))
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}", self.line)?;
            if let Some(seq) = self.seq {
                write!(f, " (seq {seq})")?;
            }
            f.write_str(": ")?;
        }
        self.why.fmt(f)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("not a JSON object"),
            Self::Malformed(member) => write!(f, "\"{member}\" is missing or malformed"),
            Self::Hash => f.write_str("the hash does not fit: the row was altered"),
            Self::Spelling => f.write_str("the hash fits, but the line is not written as the ledger writes it"),
            Self::Sequence { expected } => {
                write!(f, "seq {expected} should stand here: rows are missing, repeated or moved")
            }
            Self::Previous => f.write_str("`previous` does not fit the row before"),
            Self::LateCheckpoint => f.write_str("a checkpoint may only be the first line"),
            Self::End { last } => write!(f, "the end line does not fit seq {last}, the last row there is"),
            Self::AfterEnd => f.write_str("nothing may follow on the end line"),
            Self::Empty => f.write_str("there is nothing in it"),
        }
    }
}

impl core::error::Error for Broken {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec, vec::Vec};

    const REQUEST: [u8; 32] = [0xab; 32];

    fn entry(attempt: u32) -> Entry<'static> {
        Entry {
            at_ms: 1_764_072_000_000 + i64::from(attempt),
            command: Some("EEFEVBFE2SN2"),
            event: "Begin",
            from: Some("Ready"),
            to: Some("InFlight"),
            who: "slack:T1/U1",
            place: "slack:T1/C1",
            operation: Some("ModifyImageShareStatus"),
            request: Some(&REQUEST),
            attempt,
            request_id: None,
            outcome: None,
        }
    }

    fn rows(after: Link, count: u32) -> (Vec<String>, Link) {
        let mut last = after;
        let lines = (1..=count).map(|attempt| {
            let sealed = entry(attempt).seal(last.seq + 1, &last.hash);
            last = Link { seq: last.seq + 1, hash: sealed.hash };
            sealed.line
        });
        (lines.collect(), last)
    }

    fn verify<T: AsRef<str>>(lines: &[T]) -> Result<Summary, Broken> {
        let mut verifier = Verifier::new();
        for line in lines {
            verifier.line(line.as_ref())?;
        }
        verifier.finish()
    }

    fn broken(line: u64, seq: impl Into<Option<u64>>, why: Why) -> Result<Summary, Broken> {
        Err(Broken { line, seq: seq.into(), why })
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_row_has_one_form() {
        let denied = Entry {
            at_ms: -1,
            command: None,
            event: "Denied",
            from: None,
            to: None,
            who: "gateway",
            place: "a \"quoted\"\n\u{1}Ünïcode",
            operation: None,
            request: None,
            attempt: 0,
            request_id: Some("R"),
            outcome: Some(""),
        };
        // The hash is from `printf '%s' '…' | sha256sum`.
        assert_eq!(
            denied.seal(1, &[0; 32]).line,
            concat!(
                r#"{"seq":1,"at_ms":-1,"command":null,"event":"Denied","from":null,"to":null,"who":"gateway","#,
                r#""where":"a \"quoted\"\n\u0001Ünïcode","operation":null,"request":null,"attempt":0,"request_id":"R","#,
                r#""outcome":"","previous":"0000000000000000000000000000000000000000000000000000000000000000","#,
                r#""hash":"adf99a01626381713c2e2916b91a8642b39e731f1f1ed9bd0a7fb45cb0b03780"}"#,
            )
        );
        assert_eq!(
            entry(1).seal(12, &[0x0f; 32]).line,
            concat!(
                r#"{"seq":12,"at_ms":1764072000001,"command":"EEFEVBFE2SN2","event":"Begin","from":"Ready","#,
                r#""to":"InFlight","who":"slack:T1/U1","where":"slack:T1/C1","operation":"ModifyImageShareStatus","#,
                r#""request":"abababababababababababababababababababababababababababababababab","attempt":1,"#,
                r#""request_id":null,"outcome":null,"#,
                r#""previous":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","#,
                r#""hash":"1acb2d8c8420b5b68dd0924bf43fdeaf81f8473939a7da600ab8bf306401dbfc"}"#,
            )
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn an_unbroken_export_is_summed_up() {
        let (mut lines, last) = rows(Link::START, 3);
        let seen = |seq: u64, attempt: i64| Seen { seq, at_ms: 1_764_072_000_000 + attempt };
        let cut = Summary { rows: Some((seen(1, 1), seen(3, 3))), last, complete: false };
        assert_eq!(verify(&lines), Ok(cut));
        assert_eq!(cut.len(), 3);
        lines.push(last.end_line());
        assert_eq!(verify(&lines), Ok(Summary { complete: true, ..cut }));

        let checkpoint = Link { seq: 41, hash: [7; 32] };
        let (mut lines, last) = rows(checkpoint, 2);
        lines.insert(0, checkpoint.checkpoint_line());
        lines.push(last.end_line());
        assert_eq!(verify(&lines), Ok(Summary { rows: Some((seen(42, 1), seen(43, 2))), last, complete: true }));

        let none = Summary { rows: None, last: Link::START, complete: true };
        assert_eq!(verify(&[Link::START.end_line()]), Ok(none));
        assert_eq!(none.len(), 0);
        assert!(none.is_empty() && !cut.is_empty());
        let all_pruned = [checkpoint.checkpoint_line(), checkpoint.end_line()];
        assert_eq!(verify(&all_pruned), Ok(Summary { last: checkpoint, ..none }));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_row_cannot_be_altered() {
        let (lines, last) = rows(Link::START, 3);
        for (from, to) in [
            ("\"attempt\":2", "\"attempt\":1"),
            ("\"attempt\":2", "\"attempt\": 2"),
            ("Begin", "Befin"),
            ("\"request_id\":null", "\"request_id\":\"x\""),
            ("\"outcome\":null", "\"outcome\":null,\"note\":1"),
            ("{\"seq\":2", "{\"note\":1,\"seq\":2"),
        ] {
            let mut altered = lines.clone();
            altered[1] = altered[1].replace(from, to);
            assert_ne!(altered, lines, "{from}");
            assert_eq!(verify(&altered), broken(2, 2, Why::Hash), "{from}");
        }
        let mut altered = lines.clone();
        altered[1] = format!("{} ", altered[1]);
        assert_eq!(verify(&altered), broken(2, 2, Why::Spelling));

        // With a hash of its own it does not fit the row after it, and the last one not the end line.
        let mut altered = lines.clone();
        let first = from_hex(&lines[0][lines[0].len() - 66..lines[0].len() - 2]).unwrap();
        altered[1] = entry(9).seal(2, &first).line;
        assert_eq!(verify(&altered), broken(3, 3, Why::Previous));
        let mut altered = vec![lines[0].clone(), altered[1].clone()];
        altered.push(Link { seq: 2, ..last }.end_line());
        assert_eq!(verify(&altered), broken(3, 2, Why::End { last: 2 }));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn rows_cannot_be_taken_out_moved_or_repeated() {
        let (lines, last) = rows(Link::START, 4);
        let check = |order: &[usize], expected| {
            let chosen: Vec<&String> = order.iter().map(|index| &lines[*index]).collect();
            assert_eq!(verify(&chosen), expected, "{order:?}");
        };
        check(&[1, 2, 3], broken(1, 2, Why::Sequence { expected: 1 }));
        check(&[0, 2, 3], broken(2, 3, Why::Sequence { expected: 2 }));
        check(&[0, 2, 1, 3], broken(2, 3, Why::Sequence { expected: 2 }));
        check(&[0, 1, 1, 2, 3], broken(3, 2, Why::Sequence { expected: 3 }));
        check(&[0, 1, 2, 3, 0], broken(5, 1, Why::Sequence { expected: 5 }));
        let end = last.end_line();
        assert_eq!(verify(&[&lines[0], &lines[1], &lines[2], &end]), broken(4, 4, Why::End { last: 3 }));
        assert_eq!(verify(&[&end]), broken(1, 4, Why::End { last: 0 }));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_cut_line_is_no_row() {
        let (lines, _) = rows(Link::START, 2);
        for cut in 0..lines[1].len() {
            assert_eq!(verify(&[&lines[0], &lines[1][..cut]]), broken(2, None, Why::NotJson), "{cut}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn checkpoint_and_end_stand_at_their_ends() {
        let (lines, last) = rows(Link::START, 2);
        let (first, second, end) = (lines[0].as_str(), lines[1].as_str(), &*last.end_line());
        let checkpoint =
            &*Link { seq: 1, hash: from_hex(&first[first.len() - 66..first.len() - 2]).unwrap() }.checkpoint_line();
        assert!(verify(&[checkpoint, second, end]).is_ok_and(|summary| summary.complete));
        let foreign = &*Link { seq: 1, hash: [0; 32] }.checkpoint_line();
        assert_eq!(verify(&[foreign, second, end]), broken(2, 2, Why::Previous));
        assert_eq!(verify(&[checkpoint, first]), broken(2, 1, Why::Sequence { expected: 2 }));
        assert_eq!(verify(&[first, checkpoint, second]), broken(2, 1, Why::LateCheckpoint));
        assert_eq!(verify(&[first, second, end, end]), broken(4, None, Why::AfterEnd));
        assert_eq!(verify(&[first, second, end, "x"]), broken(4, None, Why::NotJson));
        assert_eq!(verify(&[&*format!("{end} ")]), broken(1, 2, Why::End { last: 0 }));
        assert_eq!(verify(&[first, second, &format!("{end} ")]), broken(3, 2, Why::Spelling));
        assert_eq!(verify::<&str>(&[]), broken(0, None, Why::Empty));
    }

    /// Rows with a fitting hash that the ledger does not write.
    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_row_of_another_form_is_named() {
        let sealed = entry(1).seal(1, &[0; 32]).line;
        let (body, _) = sealed.rsplit_once(",\"hash\":").unwrap();
        for (from, to, seq, why) in [
            ("\"seq\":1,", "", None, Why::Malformed("seq")),
            ("\"seq\":1,", "\"seq\":-1,", None, Why::Malformed("seq")),
            ("\"seq\":1,", "\"seq\":1,\"seq\":1,", Some(1), Why::Spelling),
            ("\"who\":\"slack:T1/U1\"", "\"who\":\"slack:T1/U2\",\"who\":\"slack:T1/U1\"", Some(1), Why::Spelling),
            ("\"who\":\"slack:T1/U1\",", "", Some(1), Why::Malformed("who")),
            ("\"who\":\"slack:T1/U1\"", "\"who\":null", Some(1), Why::Malformed("who")),
            ("\"attempt\":1", "\"attempt\":4294967296", Some(1), Why::Malformed("attempt")),
            ("\"at_ms\":1764072000001", "\"at_ms\":1.5", Some(1), Why::Malformed("at_ms")),
            ("\"request\":\"ab", "\"request\":\"AB", Some(1), Why::Malformed("request")),
            ("\"outcome\":null,", "", Some(1), Why::Malformed("outcome")),
            ("\"outcome\":null,", "\"outcome\":null,\"note\":1,", Some(1), Why::Spelling),
            ("\"previous\":\"00", "\"previous\":\"", Some(1), Why::Malformed("previous")),
        ] {
            let other = body.replace(from, to);
            assert_ne!(other, body, "{from}");
            let line = format!("{other},\"hash\":\"{}\"}}", hex(&Sha256::digest(&other)));
            assert_eq!(verify(&[line]), broken(1, seq, why), "{from} -> {to}");
        }
        assert_eq!(verify(&["[]"]), broken(1, None, Why::NotJson));
        assert_eq!(verify(&[""]), broken(1, None, Why::NotJson));
        assert_eq!(verify(&[r#"{"end":{"seq":0}}"#]), broken(1, None, Why::Malformed("hash")));
        assert_eq!(verify(&[r#"{"checkpoint":1}"#]), broken(1, None, Why::Malformed("seq")));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn what_is_wrong_is_said() {
        let say = |line, seq, why| Broken { line, seq, why }.to_string();
        assert_eq!(say(3, Some(7), Why::Hash), "line 3 (seq 7): the hash does not fit: the row was altered");
        assert_eq!(say(2, None, Why::NotJson), "line 2: not a JSON object");
        assert_eq!(say(0, None, Why::Empty), "there is nothing in it");
        assert_eq!(say(1, None, Why::Malformed("who")), "line 1: \"who\" is missing or malformed");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn requests_that_differ_have_digests_that_differ() {
        let digest = |operation: &str, pairs: &[(&'static str, &str)]| {
            request_digest(operation, &pairs.iter().copied().collect())
        };
        let requests: [(&str, &[(&str, &str)]); 9] = [
            ("A", &[]),
            ("AB", &[]),
            ("A", &[("B", "")]),
            ("A", &[("", "B")]),
            ("A", &[("B", "C")]),
            ("A", &[("BC", "")]),
            ("A", &[("B", "C"), ("D", "E")]),
            ("A", &[("D", "E"), ("B", "C")]),
            ("A", &[("B", "CDE")]),
        ];
        for (index, (operation, pairs)) in requests.iter().enumerate() {
            for (other, other_pairs) in &requests[..index] {
                assert_ne!(digest(operation, pairs), digest(other, other_pairs), "{pairs:?} {other_pairs:?}");
            }
        }
        // printf 'opshook request\n\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1A\0\0\0\0\0\0\0\1B\0\0\0\0\0\0\0\1C' | sha256sum
        assert_eq!(
            hex(&digest("A", &[("B", "C")])),
            "8547836a1cccb06aacf6ae22086453e192d0e1a0e1a6369b78f8480e75ceece6"
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_hash_has_one_spelling() {
        let text = hex(&[0xf0; 32]);
        assert_eq!(from_hex(&text), Some([0xf0; 32]));
        for other in ["", &text[1..], &format!("{text}0"), &text.to_ascii_uppercase(), &text.replace("f0f0", "f0é")] {
            assert_eq!(from_hex(other), None, "{other}");
        }
    }
}
