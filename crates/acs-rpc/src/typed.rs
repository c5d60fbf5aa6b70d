//! What generated requests and answers have in common.

use crate::{Answer, ApiError, Failure, InvalidParameter, MalformedAnswer, Operation, ToWire, WireParameters};
use alloc::{
    borrow::Cow,
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, str::FromStr};
use serde::Serialize;
use serde_json::{Map, Value};

/// A typed request: the operation it belongs to, its parameters, and what comes back.
pub trait Request {
    /// The answer of HTTP 200.
    type Response: FromAnswer;
    /// The errors the operation declares.
    type Error: From<Box<ApiError>>;

    /// The operation's table.
    fn operation(&self) -> &'static Operation;

    /// The parameters in wire form; limits the types do not hold are not checked.
    fn parameters(&self) -> WireParameters;

    /// The parameters in wire form, checked against the table.
    ///
    /// # Errors
    /// What [`Operation::check`] reports.
    fn checked_parameters(&self) -> Result<WireParameters, Vec<InvalidParameter>> {
        let parameters = self.parameters();
        self.operation().check(&parameters)?;
        Ok(parameters)
    }

    /// Reads an answer to this request.
    ///
    /// # Errors
    /// [`Rejection::Declared`] with the operation's own error, [`Rejection::Malformed`] where the body says nothing that is
    /// understood.
    fn response(&self, answer: &Answer<'_>) -> Result<Self::Response, Rejection<Self::Error>> {
        let read = answer.parse::<Value>(self.operation().success_sign()).map_err(|failure| match failure {
            Failure::Api(error) => Rejection::Declared(error.into()),
            Failure::Malformed(malformed) => Rejection::Malformed(malformed),
        })?;
        let malformed = MalformedAnswer { status: answer.status, retry_after_ms: answer.retry_after_ms };
        Self::Response::from_answer(&read, &mut false).ok_or(Rejection::Malformed(malformed))
    }
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection<E> {
    /// The vendor says what is wrong.
    Declared(E),
    /// The body is neither a response nor an error.
    Malformed(MalformedAnswer),
}

impl<E: fmt::Display> fmt::Display for Rejection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declared(error) => error.fmt(f),
            Self::Malformed(malformed) => malformed.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for Rejection<E> {}

/// A value the document marks as sensitive: `Debug` shows nothing, `Display` does not exist.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Keeps a value from being shown.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive(…)")
    }
}

impl<T: ToWire> ToWire for Sensitive<T> {
    fn to_wire(&self, name: Cow<'static, str>, out: &mut WireParameters) {
        self.0.to_wire(name, out);
    }
}

/// A value read from an answer, where the vendor's documents and servers disagree about types: numbers and booleans come
/// as text, text comes as numbers, lists of one come bare. `null` counts as absent.
///
/// What cannot be read is `None` and never an error: when an answer arrives the operation has run, and one odd field must
/// not make the rest of it unreadable. It is not lost: the object it stands in keeps it in its [`Rest`], and so it keeps a list
/// or a map of which only a part was read.
pub trait FromAnswer: Sized {
    /// Reads the value, if it can be understood at all. `partly` is set where something in a list or a map was passed over.
    fn from_answer(value: &Value, partly: &mut bool) -> Option<Self>;
}

/// The fields of an object in an answer, as generated types read them: without `serde`'s derive, whose code would be most of
/// what the compiler has to read.
#[derive(Clone)]
pub struct AnswerFields<'a> {
    /// Those not read yet.
    left: Vec<(&'a str, &'a Value)>,
}

impl<'a> AnswerFields<'a> {
    /// The fields, if it is an object.
    #[must_use]
    pub fn of(value: &'a Value) -> Option<Self> {
        let fields = value.as_object()?.iter().filter(|(_, value)| !value.is_null());
        Some(Self { left: fields.map(|(name, value)| (name.as_str(), value)).collect() })
    }

    /// Reads a field; `None` where it is absent, `null`, or not to be understood, and then it is left to the rest.
    #[must_use]
    pub fn take<T: FromAnswer>(&mut self, name: &str) -> Option<T> {
        let place = self.left.iter().position(|(n, _)| *n == name)?;
        let (_, value) = self.left.get(place)?;
        let mut partly = false;
        let read = T::from_answer(value, &mut partly)?;
        if !partly {
            self.left.remove(place);
        }
        Some(read)
    }

    /// Reads the fields that are left, as far as they are of one type.
    #[must_use]
    pub fn others<T: FromAnswer>(&mut self) -> BTreeMap<String, T> {
        let mut read = BTreeMap::new();
        self.left.retain(|(name, value)| {
            let mut partly = false;
            let value = T::from_answer(value, &mut partly);
            let keep = partly || value.is_none();
            read.extend(value.map(|value| (name.to_string(), value)));
            keep
        });
        read
    }

    /// The fields that were not read.
    #[must_use]
    pub fn rest(self) -> Rest {
        Rest(self.left.into_iter().map(|(name, value)| (name.to_string(), value.clone())).collect())
    }
}

impl fmt::Debug for AnswerFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.left.iter().map(|(name, _)| name)).finish()
    }
}

/// Fields of an answer that are not described, or not of the type they are described with. `Debug` shows their names and no
/// values: one of them may be a sensitive field of the wrong type.
#[derive(Clone, Default, PartialEq)]
pub struct Rest(Map<String, Value>);

impl Rest {
    /// The fields as they came.
    #[must_use]
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")?;
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl FromAnswer for Value {
    fn from_answer(value: &Value, _: &mut bool) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromAnswer for String {
    fn from_answer(value: &Value, _: &mut bool) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

impl FromAnswer for bool {
    fn from_answer(value: &Value, _: &mut bool) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

macro_rules! number_from_answer {
    ($($number:ty),*) => {$(
        impl FromAnswer for $number {
            fn from_answer(value: &Value, _: &mut bool) -> Option<Self> {
                match value {
                    Value::Number(number) => Self::from_str(&number.to_string()).ok(),
                    Value::String(text) => Self::from_str(text.trim()).ok(),
                    _ => None,
                }
            }
        }
    )*};
}
number_from_answer!(i32, i64, f64);

impl<T: FromAnswer> FromAnswer for Vec<T> {
    fn from_answer(value: &Value, partly: &mut bool) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Array(items) => Some(items.iter().filter_map(|item| inside(item, partly)).collect()),
            single => T::from_answer(single, partly).map(|item| Self::from([item])),
        }
    }
}

impl<T: FromAnswer> FromAnswer for BTreeMap<String, T> {
    fn from_answer(value: &Value, partly: &mut bool) -> Option<Self> {
        let fields = value.as_object()?.iter();
        Some(fields.filter_map(|(name, field)| Some((name.clone(), inside(field, partly)?))).collect())
    }
}

/// Reads a value in a list or map.
fn inside<T: FromAnswer>(value: &Value, partly: &mut bool) -> Option<T> {
    let read = T::from_answer(value, partly);
    *partly |= read.is_none() && !value.is_null();
    read
}

impl<T: FromAnswer> FromAnswer for Box<T> {
    fn from_answer(value: &Value, partly: &mut bool) -> Option<Self> {
        T::from_answer(value, partly).map(Self::new)
    }
}

impl<T: FromAnswer> FromAnswer for Sensitive<T> {
    fn from_answer(value: &Value, partly: &mut bool) -> Option<Self> {
        T::from_answer(value, partly).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T: FromAnswer>(value: &Value) -> Option<T> {
        T::from_answer(value, &mut false)
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn text_is_read_from_whatever_the_server_sent() {
        assert_eq!(read::<String>(&json!("4")), Some("4".to_string()));
        assert_eq!(read::<String>(&json!(4)), Some("4".to_string()));
        assert_eq!(read::<String>(&json!(true)), Some("true".to_string()));
        assert_eq!(read::<String>(&json!(null)), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn numbers_and_booleans_are_read_from_text() {
        assert_eq!(read::<i32>(&json!("10")), Some(10));
        assert_eq!(read::<i32>(&json!(3_000_000_000_i64)), None);
        assert_eq!(read::<i64>(&json!(3_000_000_000_i64)), Some(3_000_000_000));
        assert_eq!(read::<f64>(&json!("0.5")), Some(0.5));
        assert_eq!(read::<i64>(&json!("1808****")), None);
        assert_eq!(read::<bool>(&json!("False")), Some(false));
        assert_eq!(read::<bool>(&json!("yes")), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_bare_value_is_a_list_of_one() {
        assert_eq!(read::<Vec<String>>(&json!("a")), Some(Vec::from(["a".to_string()])));
        assert_eq!(read::<Vec<i32>>(&json!(["1", null, 2])), Some(Vec::from([1, 2])));
        assert_eq!(read::<Vec<Value>>(&json!([1, null])), Some(Vec::from([json!(1), json!(null)])));
        assert_eq!(read::<Vec<i32>>(&json!(["1", {}, 2])), Some(Vec::from([1, 2])));
        assert_eq!(read::<Vec<i32>>(&json!(null)), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn what_cannot_be_read_is_kept() {
        let answer = json!({"A": 1, "B": "x", "C": ["1", "y"], "D": null, "E": "2", "F": "hunter2", "M": {"a": 1, "b": []},
            "N": [[3, null], [true]]});
        let mut fields = AnswerFields::of(&answer).unwrap();
        assert_eq!(fields.take::<i32>("A"), Some(1));
        assert_eq!(fields.take::<i32>("B"), None);
        assert_eq!(fields.take::<Vec<i32>>("C"), Some(Vec::from([1])));
        assert_eq!(fields.take::<Vec<Vec<i32>>>("N"), Some(Vec::from([Vec::from([3]), Vec::new()])));
        assert_eq!(fields.take::<i32>("D"), None);
        assert_eq!(fields.take::<Sensitive<i32>>("F"), None);
        assert_eq!(fields.take::<BTreeMap<String, i32>>("M"), Some(BTreeMap::from([("a".to_string(), 1)])));
        assert_eq!(fields.others::<i64>(), BTreeMap::from([("E".to_string(), 2)]));
        let rest = fields.rest();
        let expected =
            json!({"B": "x", "C": ["1", "y"], "F": "hunter2", "M": {"a": 1, "b": []}, "N": [[3, null], [true]]});
        assert_eq!(Some(rest.fields()), expected.as_object());
        assert_eq!(alloc::format!("{rest:?}"), r#"Rest["B", "C", "F", "M", "N"]"#);
        assert!(!rest.is_empty() && Rest::default().is_empty());
        assert!(AnswerFields::of(&json!([])).is_none());
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_sensitive_value_is_not_shown() {
        assert_eq!(alloc::format!("{:?}", Sensitive::new("hunter2")), "Sensitive(…)");
        assert_eq!(Sensitive::new("hunter2").expose(), &"hunter2");
    }
}
