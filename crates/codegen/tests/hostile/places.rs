//! A document as a tree to be changed anywhere, and whether its text became code. The fuzz target and the property tests look
//! at both in the same way.

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

/// No name becomes this identifier, so where it is one, text has become code.
pub(super) const ESCAPED: &str = "ESCAPED__x";

pub(super) fn escaped(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == ESCAPED,
        TokenTree::Group(group) => escaped(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

pub(super) fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place, counted depth first.
pub(super) fn nth<'v>(value: &'v mut Value, n: &mut usize) -> Option<&'v mut Value> {
    if *n == 0 {
        return Some(value);
    }
    *n -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, n)),
        Value::Object(members) => members.values_mut().find_map(|member| nth(member, n)),
        _ => None,
    }
}
