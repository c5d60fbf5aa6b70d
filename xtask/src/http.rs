//! The few requests we make.

use anyhow::Result;
use core::time::Duration;
use ureq::Agent;

/// An answer as it came, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as text.
    pub(crate) body: String,
}

impl Answer {
    /// The first header of that lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }
}

/// Asks an address on this machine.
///
/// # Errors
/// Nobody answers in time.
pub(crate) fn get(url: &str) -> Result<Answer> {
    read(agent(Duration::from_secs(5), Some(None)).get(url).call()?)
}

/// Sends a body to an address.
///
/// # Errors
/// Nobody answers in time.
pub(crate) fn post(url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answer> {
    let mut request = agent(Duration::from_secs(30), Some(None)).post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    read(request.send(body)?)
}

/// `proxy`: `Some(None)` for none, as for addresses on this machine; `None` for the environment's.
#[expect(clippy::option_option, reason = "the library tells its default from none")]
fn agent(timeout: Duration, proxy: Option<Option<ureq::Proxy>>) -> Agent {
    let mut config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(timeout));
    if let Some(proxy) = proxy {
        config = config.proxy(proxy);
    }
    config.build().into()
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let headers = answer.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: headers.collect(),
        body: answer.body_mut().read_to_string()?,
    })
}
