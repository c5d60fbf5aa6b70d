//! Requests and answers without a socket.

use core::{fmt, time::Duration};

/// A request as it arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST` …
    pub method: String,
    /// The request target in origin form, undecoded: `/?Action=ListRegions&…`.
    pub path_and_query: String,
    /// Names in any case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(self.path_and_query.as_str(), |(path, _)| path)
    }

    pub(crate) fn query(&self) -> &str {
        self.path_and_query.split_once('?').map_or("", |(_, query)| query)
    }
}

/// A request the signer made, with its host as a header, as a client would send it.
impl From<acs_sign::HttpRequest> for HttpRequest {
    fn from(signed: acs_sign::HttpRequest) -> Self {
        let mut headers: Vec<_> = signed.headers.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
        headers.push(("host".to_owned(), signed.host));
        Self {
            method: signed.method.name().to_owned(),
            path_and_query: signed.path_and_query,
            headers,
            body: signed.body,
        }
    }
}

/// Shows no query, header or body: they hold signatures and tokens.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpRequest({} {}, {} bytes)", self.method, self.path(), self.body.len())
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of the header of this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }
}

/// What the caller is to experience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An answer, at once.
    Answer(HttpResponse),
    /// An answer, but late. What the call changes is changed already.
    Late(HttpResponse, Duration),
    /// No answer at all, until the caller leaves.
    Silence,
    /// The connection is reset instead of an answer.
    Reset,
}

impl Action {
    /// The answer, late or not; `None` where there is none.
    #[must_use]
    pub fn answer(&self) -> Option<&HttpResponse> {
        match self {
            Self::Answer(response) | Self::Late(response, _) => Some(response),
            Self::Silence | Self::Reset => None,
        }
    }
}
