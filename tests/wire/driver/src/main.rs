//! Prints what generated requests put on the wire, for `tests/e2e/wire.test.mjs` to compare with the vendor's SDKs.
//!
//! One JSON object: a case's name, and what is sent: the method, and names and values by position, decoded.

mod alidns;
mod dysmsapi;
mod ram;
mod sts;
mod swas_open;

use acs_rpc::{Method, Request};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A request with fields set: `with!(T::new(), field: value)`. A value for an optional field needs no `Some`.
#[macro_export]
macro_rules! with {
    ($new:expr, $($field:ident: $value:expr),+ $(,)?) => {{
        let mut built = $new;
        $(built.$field = ::core::convert::Into::into($value);)+
        built
    }};
}

fn main() {
    let mut cases = Cases(Map::new());
    swas_open::cases(&mut cases);
    alidns::cases(&mut cases);
    dysmsapi::cases(&mut cases);
    ram::cases(&mut cases);
    sts::cases(&mut cases);
    println!("{}", Value::Object(cases.0));
}

/// What was sent, by the name of the case.
struct Cases(Map<String, Value>);

impl Cases {
    /// Lays a request out as it would be sent. Whatever our own checks have against it stands in `problems`.
    fn add(&mut self, name: &str, request: &impl Request) {
        let parameters = request.parameters();
        let operation = request.operation();
        let problems = operation.check(&parameters).err().unwrap_or_default();
        let parts = operation.parts(&parameters).expect("values that fit their places");
        let method = match operation.method() {
            Method::Post => "POST",
            Method::Get => "GET",
        };
        let sent = json!({
            "action": operation.name,
            "version": operation.version,
            "method": method,
            "path": parts.path,
            "query": parts.query,
            "form": parts.form,
            "body": parts.body,
            "headers": parts.headers,
            "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        assert!(self.0.insert(name.to_owned(), sent).is_none(), "{name}: twice");
    }
}

/// Owned text, as requests want it.
fn text(text: &str) -> String {
    text.to_owned()
}

/// Owned texts.
fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

/// The fields of a JSON object.
fn map(object: Value) -> BTreeMap<String, Value> {
    serde_json::from_value(object).expect("an object")
}
