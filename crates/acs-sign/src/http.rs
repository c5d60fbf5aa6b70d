//! What signing adds, and the request it makes.

use crate::{
    acs3,
    canonical::{Ascii, Few, Once, Pair, Sink, Sorted, Text, text, write_pairs},
    request::{Body, Method, SignableRequest, Stamp},
    rpc,
};
use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use core::fmt;

/// What must be added to a request to make it a signed one. RPC adds parameters, ACS3 adds headers.
///
/// Making it takes nothing from the heap; texts are put together when they are asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningInstructions<'a> {
    pub(crate) request: SignableRequest<'a>,
    pub(crate) stamp: Stamp<'a>,
    pub(crate) time: Ascii<20>,
    pub(crate) proof: Proof,
}

/// What was computed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    Rpc { signature: Ascii<28> },
    Acs3 { content_hash: Ascii<64>, signature: Ascii<64> },
}

/// Shows names and never values: one of them is the security token.
impl fmt::Debug for SigningInstructions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningInstructions")
            .field("headers", &self.headers().iter().map(|(name, _)| *name).collect::<Vec<_>>())
            .field("parameters", &self.parameters().iter().map(|(name, _)| &**name).collect::<Vec<_>>())
            .finish()
    }
}

impl SigningInstructions<'_> {
    /// Headers to set, names in lower case.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let Proof::Acs3 { content_hash, signature } = &self.proof else { return Vec::new() };
        let added = || acs3::added(&self.request, &self.stamp, &self.time, content_hash);
        let signed = acs3::signed_headers(&self.request, added());
        let authorization = acs3::authorization(self.stamp.id, &signed, signature.as_str());
        let mut headers: Vec<_> = added().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
        headers.push((acs3::AUTHORIZATION, Cow::Owned(authorization)));
        headers.push((acs3::ACCEPT, Cow::Borrowed(self.request.format.media_type())));
        headers
    }

    /// Parameters to put beside the operation's own, decoded: into the form body of a POST that has one, else into the query.
    #[must_use]
    pub fn parameters(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        self.signing().into_iter().map(|(name, value)| (name.decoded(), value.decoded())).collect()
    }

    fn signing(&self) -> Few<Pair<'_>> {
        let Proof::Rpc { signature } = &self.proof else { return Few::new() };
        let mut signing = Sorted::default();
        rpc::add_common(&mut signing, &self.request, &self.stamp, &self.time);
        signing.push((Text::Plain(rpc::SIGNATURE.as_bytes()), Text::Raw(&signature.0)));
        signing.into_inner()
    }

    /// The complete request.
    #[must_use]
    pub fn into_http_request(self) -> HttpRequest {
        let request = &self.request;
        let (mut query, mut form): (Few<Pair<'_>>, Few<Pair<'_>>) = (Few::new(), Few::new());
        query.extend(request.query.iter().map(pair));
        let has_form = request.method == Method::Post && matches!(request.body, Body::Form(_));
        let last = if has_form { &mut form } else { &mut query };
        last.extend(request.body.fields().iter().map(pair));
        last.extend(self.signing());
        let path_and_query = text(|path| {
            path.put(if query.is_empty() { &b"/"[..] } else { b"/?" });
            write_pairs::<Once>(path, &query);
        });
        let mut body = Vec::new();
        match request.body {
            Body::Raw { bytes, .. } => body.put(bytes),
            Body::Empty | Body::Form(_) => write_pairs::<Once>(&mut body, &form),
        }
        HttpRequest {
            method: request.method,
            host: request.host.into(),
            path_and_query,
            headers: self.all_headers(),
            body,
        }
    }

    fn all_headers(&self) -> Vec<(Cow<'static, str>, String)> {
        let (request, added) = (&self.request, self.headers());
        let mut headers = Vec::with_capacity(added.len().saturating_add(request.headers.len()).saturating_add(1));
        let content_type = if request.method == Method::Post { request.body.content_type() } else { None };
        headers.extend(content_type.map(|value| (Cow::Borrowed(acs3::CONTENT_TYPE), value.to_owned())));
        headers.extend(request.headers.iter().map(|&(name, value)| (Cow::Owned(name.to_owned()), value.to_owned())));
        headers.extend(added.into_iter().map(|(name, value)| (Cow::Borrowed(name), value.into_owned())));
        headers
    }
}

fn pair<'p>(&(name, value): &(&'p str, &'p str)) -> Pair<'p> {
    (Text::Raw(name.as_bytes()), Text::Raw(value.as_bytes()))
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
