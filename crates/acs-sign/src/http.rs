//! What signing adds, and the request it makes.

use crate::{
    acs3,
    canonical::{Sink, write_pairs},
    request::{Body, Method, SignableRequest},
};
use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use core::fmt;

/// What must be added to a request to make it a signed one. RPC adds parameters, ACS3 adds headers.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningInstructions<'a> {
    /// Headers to set, names in lower case.
    pub headers: Vec<(&'static str, Cow<'a, str>)>,
    /// Parameters to put beside the operation's own, decoded: into the form body of a POST that has one, else into the query.
    pub parameters: Vec<(&'static str, Cow<'a, str>)>,
}

/// Shows names and never values: one of them is the security token.
impl fmt::Debug for SigningInstructions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(&'static str, Cow<'_, str>)]| pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        f.debug_struct("SigningInstructions")
            .field("headers", &names(&self.headers))
            .field("parameters", &names(&self.parameters))
            .finish()
    }
}

impl SigningInstructions<'_> {
    /// Puts the instructions into the request they were made for. For any other request the signature is wrong.
    #[must_use]
    pub fn into_http_request(self, request: &SignableRequest<'_>) -> HttpRequest {
        let signing = self.parameters.iter().map(|(name, value)| (*name, &**value));
        let query = request.query.iter().copied();
        let mut path_and_query = String::from("/");
        let mut body = Vec::new();
        match (request.method, request.body) {
            (Method::Get, Body::Form(fields)) => {
                write_query(&mut path_and_query, query.chain(fields.iter().copied()).chain(signing));
            }
            (Method::Post, Body::Form(fields)) => {
                write_query(&mut path_and_query, query);
                let mut form = String::new();
                write_pairs(&mut form, fields.iter().copied().chain(signing));
                body = form.into_bytes();
            }
            (_, Body::Raw { bytes, .. }) => {
                write_query(&mut path_and_query, query.chain(signing));
                body = bytes.into();
            }
            (_, Body::Empty) => write_query(&mut path_and_query, query.chain(signing)),
        }
        HttpRequest {
            method: request.method,
            host: request.host.into(),
            path_and_query,
            headers: headers(self.headers, request),
            body,
        }
    }
}

fn write_query<'p>(path: &mut String, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) {
    let mut pairs = pairs.into_iter().peekable();
    if pairs.peek().is_some() {
        path.write("?");
        write_pairs(path, pairs);
    }
}

fn headers(
    added: Vec<(&'static str, Cow<'_, str>)>,
    request: &SignableRequest<'_>,
) -> Vec<(Cow<'static, str>, String)> {
    let mut headers = Vec::with_capacity(added.len().saturating_add(request.headers.len()).saturating_add(2));
    let content_type = if request.method == Method::Post { request.body.content_type() } else { None };
    headers.extend(content_type.map(|value| (Cow::Borrowed(acs3::CONTENT_TYPE), value.into())));
    headers.extend(request.headers.iter().map(|&(name, value)| (Cow::Owned(name.to_owned()), value.into())));
    headers.extend(added.into_iter().map(|(name, value)| (Cow::Borrowed(name), value.into_owned())));
    headers
}

/// A signed request, ready for any HTTP client.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Host and optional port, for the URL and the `Host` header. Not among `headers`: clients set it from the URL.
    pub host: String,
    /// `/` or `/?name=value&…`, percent-encoded. Send it as it is.
    pub path_and_query: String,
    /// Every header that must be sent besides `Host` and `Content-Length`, names in lower case.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// Shows no value: query and body may hold a token.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}
