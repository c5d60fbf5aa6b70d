//! The JSON in which commands are stored and in which Worker and ledger speak, all in one place: what one release has
//! written, the next one reads. Fields that are not known are passed over; an absent one is as good as `null`.
//!
//! Written out over serde_json's one tree of values. Derived code is made anew for every type, and twice for those within
//! others: that was a tenth of the Worker.

use crate::{
    attempt::Conclusion,
    ledger::{Answering, Ask, Told},
    record::{Answered, Hold, Phase, Record, Seen, Submission},
    state::State,
};
use acs_rpc::WireParameters;
use alloc::{boxed::Box, string::String, vec::Vec};
use chat::{Action, Actor, FollowUp, Language, Line, Place, Platform, Reply, Style, Tone};
use core::fmt;
use serde_json::{Map, Value};

/// What has a stored form.
pub trait Stored: Sized {
    /// Its form, as text.
    fn to_json(&self) -> String {
        serde_json::to_string(&self.to_value()).unwrap_or_default()
    }

    /// Reads the text of its form.
    ///
    /// # Errors
    /// The text is not JSON, or a field does not hold what it should.
    fn from_json(json: &str) -> Result<Self, Malformed> {
        serde_json::from_str(json).map_or(Err(Malformed::WHOLE), Self::from_value)
    }

    /// Its form.
    fn to_value(&self) -> Value;

    /// Reads its form.
    ///
    /// # Errors
    /// A field does not hold what it should.
    fn from_value(value: Value) -> Result<Self, Malformed>;
}

/// Something stored that does not have its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The innermost field that is not as it should be; empty where it is no field but the whole.
    pub field: &'static str,
}

impl Malformed {
    const WHOLE: Self = Self { field: "" };
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            "" => f.write_str("stored form is malformed"),
            field => write!(f, "stored field {field} is malformed"),
        }
    }
}

impl core::error::Error for Malformed {}

/// Behind a semicolon stands what rows of earlier releases lack.
macro_rules! objects {
    ($($object:ident { $($field:ident),+ $(; $($later:ident),+)? })+) => {$(
        impl Stored for $object {
            fn to_value(&self) -> Value {
                let mut fields = Map::new();
                $(put(&mut fields, stringify!($field), self.$field.to_value());)+
                $($(put(&mut fields, stringify!($later), self.$later.to_value());)+)?
                Value::Object(fields)
            }

            fn from_value(mut value: Value) -> Result<Self, Malformed> {
                Ok(Self {
                    $($field: take(&mut value, stringify!($field))?,)+
                    $($($later: later(&mut value, stringify!($later))?,)+)?
                })
            }
        }
    )+};
}

objects! {
    Record {
        id, submission, state, attempts, created_ms, due_ms, deadline_ms, first_sent_ms, uncertain, conclusion, answered_by,
        undelivered; phase, seen, turn, resigned
    }
    Submission { delivery, actor, place, operation, parameters, follow_up, hold; language }
    Actor { platform, organisation, person }
    Place { platform, organisation, channel }
    FollowUp { platform, url, expires_at, uses }
    Hold { code_digest, approvers; request }
    Answered { delivery, actor, code_digest }
    Conclusion { code, message, request_id, rows; more }
    Answering { delivery, code_digest, actor, place, follow_up; language }
    Told { reply, command, receipt }
    Reply { tone, title, lines, private; actions }
    Action { label, command, style }
}

impl Record {
    /// Reads a row. Those of earlier releases do not say in which language their command was asked for: it is this one then.
    ///
    /// # Errors
    /// As [`Stored::from_json`].
    pub fn from_row(json: &str, language: Language) -> Result<Self, Malformed> {
        let mut value: Value = serde_json::from_str(json).map_err(|_| Malformed::WHOLE)?;
        if let Some(Value::Object(submission)) = value.get_mut("submission")
            && !submission.contains_key("language")
        {
            put(submission, "language", language.to_value());
        }
        Self::from_value(value)
    }
}

/// Which question it is, its first field says.
impl Stored for Ask {
    fn to_value(&self) -> Value {
        let mut fields = Map::new();
        match self {
            Self::Submit { submission, code } => {
                put(&mut fields, "submit", submission.to_value());
                put(&mut fields, "code", code.to_value());
            }
            Self::Deny { submission, why } => {
                put(&mut fields, "deny", submission.to_value());
                put(&mut fields, "why", why.to_value());
            }
            Self::Status { actor, id, language } => {
                put(&mut fields, "status", actor.to_value());
                put(&mut fields, "id", id.to_value());
                put(&mut fields, "language", language.to_value());
            }
            Self::Log { actor, id, language } => {
                put(&mut fields, "log", actor.to_value());
                put(&mut fields, "id", id.to_value());
                put(&mut fields, "language", language.to_value());
            }
            Self::Confirm(answering) => put(&mut fields, "confirm", answering.to_value()),
            Self::Cancel { answering, id } => {
                put(&mut fields, "cancel", answering.to_value());
                put(&mut fields, "id", id.to_value());
            }
            Self::Listed { operation, region, typed } => {
                put(&mut fields, "listed", operation.to_value());
                put(&mut fields, "region", region.to_value());
                put(&mut fields, "typed", typed.to_value());
            }
            Self::Told { command } => put(&mut fields, "told", command.to_value()),
        }
        Value::Object(fields)
    }

    fn from_value(mut value: Value) -> Result<Self, Malformed> {
        if let Some(submission) = take(&mut value, "submit")? {
            return Ok(Self::Submit { submission: Box::new(submission), code: take(&mut value, "code")? });
        }
        if let Some(submission) = take(&mut value, "deny")? {
            return Ok(Self::Deny { submission: Box::new(submission), why: take(&mut value, "why")? });
        }
        if let Some(actor) = take(&mut value, "status")? {
            return Ok(Self::Status { actor, id: take(&mut value, "id")?, language: later(&mut value, "language")? });
        }
        if let Some(actor) = take(&mut value, "log")? {
            return Ok(Self::Log { actor, id: take(&mut value, "id")?, language: later(&mut value, "language")? });
        }
        if let Some(answering) = take(&mut value, "confirm")? {
            return Ok(Self::Confirm(answering));
        }
        if let Some(answering) = take(&mut value, "cancel")? {
            return Ok(Self::Cancel { answering, id: take(&mut value, "id")? });
        }
        if let Some(operation) = take(&mut value, "listed")? {
            return Ok(Self::Listed {
                operation,
                region: take(&mut value, "region")?,
                typed: take(&mut value, "typed")?,
            });
        }
        take(&mut value, "told").map(|command| Self::Told { command })
    }
}

/// `{"text": "…"}`, `{"code": "…"}` or `{"field": ["name", "value"]}`.
impl Stored for Line {
    fn to_value(&self) -> Value {
        let mut fields = Map::new();
        match self {
            Self::Text(text) => put(&mut fields, "text", text.to_value()),
            Self::Code(code) => put(&mut fields, "code", code.to_value()),
            Self::Field(name, value) => put(&mut fields, "field", pair(name, value)),
        }
        Value::Object(fields)
    }

    fn from_value(mut value: Value) -> Result<Self, Malformed> {
        if let Some(text) = take(&mut value, "text")? {
            return Ok(Self::Text(text));
        }
        if let Some(code) = take(&mut value, "code")? {
            return Ok(Self::Code(code));
        }
        let (name, value) = from_pair(take(&mut value, "field")?)?;
        Ok(Self::Field(name, value))
    }
}

/// Pairs of name and value, in order.
impl Stored for WireParameters {
    fn to_value(&self) -> Value {
        self.iter().map(|(name, value)| pair(name, value)).collect()
    }

    fn from_value(value: Value) -> Result<Self, Malformed> {
        let mut parameters = Self::new();
        for texts in Vec::from_value(value)? {
            let (name, value) = from_pair(texts)?;
            parameters.push(name, value);
        }
        Ok(parameters)
    }
}

macro_rules! names {
    ($($named:ident),+) => {$(
        impl Stored for $named {
            fn to_value(&self) -> Value {
                self.name().into()
            }

            fn from_value(value: Value) -> Result<Self, Malformed> {
                let name = value.as_str().ok_or(Malformed::WHOLE)?;
                Self::ALL.iter().copied().find(|named| named.name() == name).ok_or(Malformed::WHOLE)
            }
        }
    )+};
}

names!(State, Phase, Seen, Platform, Tone, Style, Language);

impl<T: Stored> Stored for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Result<Self, Malformed> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn to_value(&self) -> Value {
        self.iter().map(T::to_value).collect()
    }

    fn from_value(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::Array(items) => items.into_iter().map(T::from_value).collect(),
            _ => Err(Malformed::WHOLE),
        }
    }
}

impl Stored for String {
    fn to_value(&self) -> Value {
        self.as_str().into()
    }

    fn from_value(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(Malformed::WHOLE),
        }
    }
}

impl Stored for bool {
    fn to_value(&self) -> Value {
        (*self).into()
    }

    fn from_value(value: Value) -> Result<Self, Malformed> {
        value.as_bool().ok_or(Malformed::WHOLE)
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Stored for $number {
            fn to_value(&self) -> Value {
                (*self).into()
            }

            fn from_value(value: Value) -> Result<Self, Malformed> {
                value.as_i64().and_then(|number| number.try_into().ok()).ok_or(Malformed::WHOLE)
            }
        }
    )+};
}

numbers!(u8, u32, i64, usize);

fn put(fields: &mut Map<String, Value>, name: &str, value: Value) {
    fields.insert(name.into(), value);
}

fn field(object: &mut Value, name: &str) -> Value {
    object.get_mut(name).map(Value::take).unwrap_or_default()
}

fn take<T: Stored>(object: &mut Value, name: &'static str) -> Result<T, Malformed> {
    T::from_value(field(object, name))
        .map_err(|inner| if inner == Malformed::WHOLE { Malformed { field: name } } else { inner })
}

/// What rows and questions of earlier releases lack.
fn later<T: Stored + Default>(object: &mut Value, name: &'static str) -> Result<T, Malformed> {
    take::<Option<T>>(object, name).map(Option::unwrap_or_default)
}

fn pair(name: &str, value: &str) -> Value {
    Value::Array(Vec::from([name.into(), value.into()]))
}

fn from_pair(texts: Vec<String>) -> Result<(String, String), Malformed> {
    <[String; 2]>::try_from(texts).map(Into::into).map_err(|_| Malformed::WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString as _, vec};
    use serde_json::json;

    fn actor() -> Actor {
        Actor { platform: Platform::Slack, organisation: "T1".into(), person: "U1".into() }
    }

    fn place() -> Place {
        Place { platform: Platform::Slack, organisation: "T1".into(), channel: "C1".into() }
    }

    fn submission() -> Submission {
        Submission {
            delivery: "slack:abc".into(),
            actor: actor(),
            place: place(),
            operation: "ModifyImageShareStatus".into(),
            parameters: [("ImageId", "m-1"), ("Operation", "UnShare")].into_iter().collect(),
            follow_up: Some(FollowUp {
                platform: Platform::Standard,
                url: "https://hooks.example/1".into(),
                expires_at: 1_700_000_000,
                uses: 5,
            }),
            hold: Some(Hold { code_digest: "ab".into(), approvers: vec!["slack:T1/U9".into()], request: "ef".into() }),
            language: Language::Chinese,
        }
    }

    fn record() -> Record {
        Record {
            id: "0123456789AB".into(),
            submission: submission(),
            state: State::AwaitingConfirmation,
            attempts: 2,
            created_ms: 1_700_000_000_000,
            due_ms: -1,
            deadline_ms: i64::MAX,
            first_sent_ms: Some(1_700_000_000_500),
            uncertain: true,
            conclusion: Some(Conclusion {
                code: None,
                message: "…".into(),
                request_id: Some("R".into()),
                rows: vec!["a · b".into()],
                more: 3,
            }),
            answered_by: Some(Answered { delivery: "slack:def".into(), actor: actor(), code_digest: "cd".into() }),
            undelivered: true,
            phase: Phase::Check,
            seen: Some(Seen::NotYet),
            turn: Some(7),
            resigned: true,
        }
    }

    /// What a release has written once: a change here is a change of what is in people's databases.
    fn stored_record() -> Value {
        json!({
            "id": "0123456789AB",
            "submission": {
                "delivery": "slack:abc",
                "actor": {"platform": "slack", "organisation": "T1", "person": "U1"},
                "place": {"platform": "slack", "organisation": "T1", "channel": "C1"},
                "operation": "ModifyImageShareStatus",
                "parameters": [["ImageId", "m-1"], ["Operation", "UnShare"]],
                "follow_up": {
                    "platform": "standard", "url": "https://hooks.example/1", "expires_at": 1_700_000_000, "uses": 5,
                },
                "hold": {"code_digest": "ab", "approvers": ["slack:T1/U9"], "request": "ef"},
                "language": "zh",
            },
            "state": "AwaitingConfirmation",
            "attempts": 2,
            "created_ms": 1_700_000_000_000_i64,
            "due_ms": -1,
            "deadline_ms": i64::MAX,
            "first_sent_ms": 1_700_000_000_500_i64,
            "uncertain": true,
            "conclusion": {"code": null, "message": "…", "request_id": "R", "rows": ["a · b"], "more": 3},
            "answered_by": {
                "delivery": "slack:def",
                "actor": {"platform": "slack", "organisation": "T1", "person": "U1"},
                "code_digest": "cd",
            },
            "undelivered": true,
            "phase": "Check",
            "seen": "NotYet",
            "turn": 7,
            "resigned": true,
        })
    }

    #[test]
    fn a_record_has_one_form() {
        assert_eq!(record().to_value(), stored_record());
        assert_eq!(Record::from_json(&stored_record().to_string()), Ok(record()));
    }

    #[test]
    fn releases_before_and_after_are_read() {
        let mut stored = stored_record();
        let fields = stored.as_object_mut().unwrap();
        for later in ["answered_by", "phase", "seen", "turn", "resigned"] {
            fields.remove(later);
        }
        fields.insert("added_later".into(), json!([1.5e300, {"a": "b"}]));
        stored["conclusion"].as_object_mut().unwrap().remove("more");
        stored["submission"].as_object_mut().unwrap().remove("language");
        let mut expected =
            Record { answered_by: None, phase: Phase::Act, seen: None, turn: None, resigned: false, ..record() };
        expected.conclusion.as_mut().unwrap().more = 0;
        for language in Language::ALL {
            expected.submission.language = language;
            assert_eq!(Record::from_row(&stored.to_string(), language), Ok(expected.clone()));
        }
        assert_eq!(Record::from_row(&record().to_json(), Language::English), Ok(record()));
        assert_eq!(Record::from_row("", Language::English), Err(Malformed::WHOLE));
        assert_eq!(Record::from_row("{}", Language::English), Err(Malformed { field: "id" }));
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (pointer, malformed, field) in [
            ("/id", json!(7), "id"),
            ("/state", json!("Lost"), "state"),
            ("/attempts", json!(-1), "attempts"),
            ("/attempts", json!(1.5), "attempts"),
            ("/undelivered", json!("yes"), "undelivered"),
            ("/undelivered", json!(null), "undelivered"),
            ("/conclusion/more", json!(-1), "more"),
            ("/submission", json!(null), "delivery"),
            ("/submission/actor/platform", json!("pigeon"), "platform"),
            ("/submission/parameters/0", json!(["ImageId"]), "parameters"),
            ("/submission/parameters", json!({}), "parameters"),
            ("/submission/follow_up/uses", json!(256), "uses"),
        ] {
            let mut stored = stored_record();
            *stored.pointer_mut(pointer).unwrap() = malformed;
            assert_eq!(Record::from_value(stored), Err(Malformed { field }), "{pointer}");
        }
        assert_eq!(Record::from_json("{"), Err(Malformed { field: "" }));
        assert_eq!(Malformed { field: "state" }.to_string(), "stored field state is malformed");
    }

    #[test]
    fn every_question_and_answer_comes_back() {
        let answering = Answering {
            delivery: "slack:def".into(),
            code_digest: "ab".into(),
            actor: actor(),
            place: place(),
            follow_up: submission().follow_up,
            language: Language::Chinese,
        };
        for ask in [
            Ask::Submit { submission: Box::new(submission()), code: None },
            Ask::Submit { submission: Box::new(submission()), code: Some("C".into()) },
            Ask::Deny { submission: Box::new(submission()), why: "because".into() },
            Ask::Log { actor: actor(), id: None, language: Language::Chinese },
            Ask::Status { actor: actor(), id: None, language: Language::English },
            Ask::Status { actor: actor(), id: Some("I".into()), language: Language::Chinese },
            Ask::Confirm(answering.clone()),
            Ask::Cancel { answering, id: "I".into() },
            Ask::Listed {
                operation: "ListCustomImages".into(),
                region: Some("cn-hangzhou".into()),
                typed: "m-".into(),
            },
            Ask::Told { command: "I".into() },
        ] {
            assert_eq!(Ask::from_json(&ask.to_json()), Ok(ask));
        }
        assert_eq!(Ask::from_json("{}"), Err(Malformed { field: "told" }));
        let lines = vec![Line::Text("t".into()), Line::Field("n".into(), "v".into()), Line::Code("c".into())];
        for tone in Tone::ALL {
            let actions = Style::ALL.map(|style| Action { label: "l".into(), command: "c".into(), style }).into();
            let reply = Reply { tone, title: "title".into(), lines: lines.clone(), actions, private: false };
            let told = Told { reply, command: Some("I".into()), receipt: true };
            assert_eq!(Told::from_json(&told.to_json()), Ok(told));
        }
        let before_actions = r#"{"tone": "success", "title": "t", "lines": [], "private": true}"#;
        let reply = Reply::from_json(before_actions).unwrap();
        assert_eq!((reply.actions, reply.private), (Vec::new(), true));
    }

    #[test]
    fn every_name_comes_back() {
        for state in State::ALL {
            assert_eq!(State::from_value(state.name().into()), Ok(state));
        }
        for phase in Phase::ALL {
            assert_eq!(Phase::from_value(phase.name().into()), Ok(phase));
        }
        for seen in Seen::ALL {
            assert_eq!(Seen::from_value(seen.name().into()), Ok(seen));
        }
        for language in Language::ALL {
            assert_eq!(Language::from_value(language.name().into()), Ok(language));
        }
        for platform in Platform::ALL {
            assert_eq!(Platform::from_value(platform.name().into()), Ok(*platform));
        }
    }
}
