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
        Self::Response::from_answer(read).ok_or(Rejection::Malformed(malformed))
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
/// as text, text comes as numbers, lists of one come bare.
///
/// What cannot be read is `None` and never an error: when an answer arrives the operation has run, and one odd field must
/// not make the rest of it unreadable.
pub trait FromAnswer: Sized {
    /// Reads the value, if it can be understood at all.
    fn from_answer(value: Value) -> Option<Self>;
}

/// The fields of an object in an answer, as generated types read them: without `serde`'s derive, whose code would be most of
/// what the compiler has to read.
#[derive(Clone, Debug)]
pub struct AnswerFields(Map<String, Value>);

impl AnswerFields {
    /// The fields, if it is an object.
    #[must_use]
    pub fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// Takes a field out; `None` where it is absent, `null`, or not to be understood.
    #[must_use]
    pub fn take<T: FromAnswer>(&mut self, name: &str) -> Option<T> {
        self.0.remove(name).and_then(T::from_answer)
    }
}

impl FromAnswer for Value {
    fn from_answer(value: Value) -> Option<Self> {
        (!value.is_null()).then_some(value)
    }
}

impl FromAnswer for String {
    fn from_answer(value: Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }
}

impl FromAnswer for bool {
    fn from_answer(value: Value) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

macro_rules! number_from_answer {
    ($($number:ty),*) => {$(
        impl FromAnswer for $number {
            fn from_answer(value: Value) -> Option<Self> {
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
    fn from_answer(value: Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Array(items) => Some(items.into_iter().filter_map(T::from_answer).collect()),
            single => T::from_answer(single).map(|item| Self::from([item])),
        }
    }
}

impl<T: FromAnswer> FromAnswer for BTreeMap<String, T> {
    fn from_answer(value: Value) -> Option<Self> {
        let Value::Object(fields) = value else { return None };
        Some(fields.into_iter().filter_map(|(name, field)| Some((name, T::from_answer(field)?))).collect())
    }
}

impl<T: FromAnswer> FromAnswer for Box<T> {
    fn from_answer(value: Value) -> Option<Self> {
        T::from_answer(value).map(Self::new)
    }
}

impl<T: FromAnswer> FromAnswer for Sensitive<T> {
    fn from_answer(value: Value) -> Option<Self> {
        T::from_answer(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn text_is_read_from_whatever_the_server_sent() {
        assert_eq!(String::from_answer(json!("4")), Some("4".to_string()));
        assert_eq!(String::from_answer(json!(4)), Some("4".to_string()));
        assert_eq!(String::from_answer(json!(true)), Some("true".to_string()));
        assert_eq!(String::from_answer(json!(null)), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn numbers_and_booleans_are_read_from_text() {
        assert_eq!(i32::from_answer(json!("10")), Some(10));
        assert_eq!(i32::from_answer(json!(3_000_000_000_i64)), None);
        assert_eq!(i64::from_answer(json!(3_000_000_000_i64)), Some(3_000_000_000));
        assert_eq!(f64::from_answer(json!("0.5")), Some(0.5));
        assert_eq!(i64::from_answer(json!("1808****")), None);
        assert_eq!(bool::from_answer(json!("False")), Some(false));
        assert_eq!(bool::from_answer(json!("yes")), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_bare_value_is_a_list_of_one() {
        assert_eq!(Vec::<String>::from_answer(json!("a")), Some(Vec::from(["a".to_string()])));
        assert_eq!(Vec::<i32>::from_answer(json!(["1", {}, 2])), Some(Vec::from([1, 2])));
        assert_eq!(Vec::<i32>::from_answer(json!(null)), None);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_sensitive_value_is_not_shown() {
        assert_eq!(alloc::format!("{:?}", Sensitive::new("hunter2")), "Sensitive(…)");
        assert_eq!(Sensitive::new("hunter2").expose(), &"hunter2");
    }
}
