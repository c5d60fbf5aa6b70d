//! The parts of an HTTP request that parameters become.

use crate::{
    Expected, InvalidParameter, Operation, Parameter, Position, Violation, WireParameters, check::holds_sensitive,
    violation::excerpt, wire::shown_name,
};
use alloc::{format, string::String, vec::Vec};
use core::fmt;

/// An operation's parameters by where they travel, decoded, in the order they were added.
///
/// What every request carries (`Action`, `Version`, `Signature` …) is not among them. `Debug` shows no values, which
/// may be passwords, and names up to their first dot.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parts<'p> {
    /// The path, encoded; begins with `/`.
    pub path: String,
    /// Pairs of the query string.
    pub query: Vec<(&'p str, &'p str)>,
    /// Pairs of an `application/x-www-form-urlencoded` body. Empty where there is a [`body`](Self::body).
    pub form: Vec<(&'p str, &'p str)>,
    /// Media type and text of the body, where a parameter is one.
    pub body: Option<(&'static str, &'p str)>,
    /// Headers beside those of the signature, their names as the document spells them. Values are printable ASCII.
    pub headers: Vec<(&'p str, &'p str)>,
    /// What goes into the host name; see [`host_name`](Self::host_name). Values are letters, digits and inner hyphens.
    pub host: Vec<(&'p str, &'p str)>,
}

impl Operation {
    /// Lays parameters out as the parts of a request. Names the operation doesn't know count as query.
    ///
    /// Whether they are the right ones is [`check`](Self::check)'s question.
    ///
    /// # Errors
    /// Values that cannot stand where they must: control characters in a header, a dot or slash in a part of the host
    /// name, an absent part of the path; a body together with a form or a second body.
    pub fn parts<'p>(&self, parameters: &'p WireParameters) -> Result<Parts<'p>, Vec<InvalidParameter>> {
        let mut parts = Parts::default();
        let mut path = Vec::new();
        let mut problems = Vec::new();
        for (name, value) in parameters.iter() {
            let pair = (name, value);
            let Some(parameter) = self.parameter(name) else {
                parts.query.push(pair);
                continue;
            };
            problems.extend(self.misfit(parameter, value).map(|violation| InvalidParameter::new(name, violation)));
            match parameter.position {
                Position::Query => parts.query.push(pair),
                Position::Form => parts.form.push(pair),
                Position::Header => parts.headers.push(pair),
                Position::Host => parts.host.push(pair),
                Position::Path => path.push(pair),
                Position::Body => parts.body = Some((self.body_type.unwrap_or(UNKNOWN_TYPE), value)),
            }
        }
        problems.extend(self.shared_body(parameters));
        match fill(self.path, &path, encode) {
            Ok(filled) => parts.path = filled,
            // With the reasons already found there is no need for this one.
            Err(missing) if problems.is_empty() => {
                problems.push(InvalidParameter::new(missing, Violation::Missing));
            }
            Err(_) => {}
        }
        if problems.is_empty() { Ok(parts) } else { Err(problems) }
    }

    /// Why a value can't travel where its parameter does.
    fn misfit(&self, parameter: &Parameter, value: &str) -> Option<Violation> {
        let (fits, expected) = match parameter.position {
            Position::Query | Position::Form | Position::Body => return None,
            Position::Header => (value.bytes().all(|byte| matches!(byte, b' '..=b'~')), Expected::HeaderText),
            Position::Host => (is_label(value), Expected::HostPart),
            // Clients take these out of a path before they send it (RFC 3986, section 5.2.4).
            Position::Path => (!matches!(value, "" | "." | ".."), Expected::PathPart),
        };
        (!fits).then(|| {
            let hidden = holds_sensitive(self.named, &parameter.schema);
            Violation::NotA { expected, value: (!hidden).then(|| excerpt(value)) }
        })
    }

    /// The first parameter that is a body, where another one needs the body too.
    fn shared_body(&self, parameters: &WireParameters) -> Option<InvalidParameter> {
        let takes_body = |parameter: &&Parameter| matches!(parameter.position, Position::Body | Position::Form);
        let mut taking = parameters.iter().filter_map(|(name, _)| self.parameter(name)).filter(takes_body);
        let first = taking.next()?;
        let whole = |parameter: &Parameter| parameter.position == Position::Body;
        let other = taking.find(|other| (whole(first) || whole(other)) && other.name != first.name)?;
        let (body, with) = if whole(first) { (first, other) } else { (other, first) };
        Some(InvalidParameter::new(body.name, Violation::SharedBody { with: with.name }))
    }
}

impl Parts<'_> {
    /// The host name to send to: the endpoint with each `{Name}` in it replaced, and the values it has no place for before
    /// it, each with a dot. `None` where a `{Name}` is left over.
    ///
    /// ```
    /// # use acs_rpc::Parts;
    /// let parts = Parts { host: vec![("Bucket", "photos")], ..Parts::default() };
    /// assert_eq!(parts.host_name("{Bucket}.example.com").as_deref(), Some("photos.example.com"));
    /// assert_eq!(parts.host_name("example.com").as_deref(), Some("photos.example.com"));
    /// assert_eq!(parts.host_name("{Region}.example.com"), None);
    /// ```
    #[must_use]
    pub fn host_name(&self, endpoint: &str) -> Option<String> {
        let filled = fill(endpoint, &self.host, |value| String::from(value)).ok()?;
        let unplaced = self.host.iter().filter(|(name, _)| !endpoint.contains(&format!("{{{name}}}")));
        Some(unplaced.fold(filled, |host, (_, value)| format!("{value}.{host}")))
    }
}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, _)| shown_name(name)).collect::<Vec<_>>();
        f.debug_struct("Parts")
            .field("query", &names(&self.query))
            .field("form", &names(&self.form))
            .field("body", &self.body.map(|(media_type, _)| media_type))
            .field("headers", &names(&self.headers))
            .field("host", &names(&self.host))
            .finish_non_exhaustive()
    }
}

/// What a body is called that a table made by hand says nothing about (RFC 9110, section 8.3).
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// RFC 1123, section 2.1.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Replaces each `{Name}`; the name of the first without a value where there is one.
fn fill<'t>(pattern: &'t str, values: &[(&str, &str)], written: impl Fn(&str) -> String) -> Result<String, &'t str> {
    let mut filled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find_map(|(n, value)| (*n == name).then_some(value)).ok_or(name)?;
        filled.push_str(before);
        filled.push_str(&written(value));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
