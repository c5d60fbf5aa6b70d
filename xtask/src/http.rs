//! The few requests we make.

use anyhow::{Context as _, Result};
use core::time::Duration;
use ureq::{Agent, http::Method};

/// How long an answer to a command may take, and one to a plain question.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORT_PATIENCE: Duration = Duration::from_secs(2);

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
    send(&agent(Reach::ThisMachine, SHORT_PATIENCE), Method::GET, url, &[], &[])
}

/// Sends a body to an address on this machine.
///
/// # Errors
/// Nobody answers in time.
pub(crate) fn post(url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answer> {
    send(&agent(Reach::ThisMachine, PATIENCE), Method::POST, url, headers, body)
}

/// Sends a body to an address on this machine, and waits no longer than this.
///
/// # Errors
/// Nobody answers in time.
pub(crate) fn post_within(url: &str, headers: &[(String, String)], body: &[u8], patience: Duration) -> Result<Answer> {
    send(&agent(Reach::ThisMachine, patience), Method::POST, url, headers, body)
}

/// Sends a request to an address anywhere, through the environment's proxy if there is one.
///
/// # Errors
/// Nobody answers in time.
pub(crate) fn request(method: Method, url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answer> {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|start| url.starts_with(start));
    let reach = if local { Reach::ThisMachine } else { Reach::Anywhere };
    send(&agent(reach, PATIENCE), method, url, headers, body)
}

fn send(agent: &Agent, method: Method, url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answer> {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    read(agent.run(request.body(body)?)?)
}

/// How far away somebody is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    ThisMachine,
    Anywhere,
}

/// What a download may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The longest body.
    pub(crate) bytes: u64,
    /// From the first packet to the last.
    pub(crate) patience: Duration,
}

/// Fetches what may be long. Redirects are answers like others.
///
/// # Errors
/// Nobody answers in time, the answer is longer than its bound, ends before its end or is not UTF-8.
pub(crate) fn download(url: &str, reach: Reach, bounds: Bounds) -> Result<Answer> {
    let request = ureq::http::Request::get(url).body(())?;
    let mut answer = agent(reach, bounds.patience).run(request)?;
    let body = answer.body_mut().with_config().limit(bounds.bytes).read_to_vec()?;
    let body = String::from_utf8(body).context("the answer is not UTF-8")?;
    Ok(Answer { status: answer.status().as_u16(), headers: headers(&answer), body })
}

fn agent(reach: Reach, patience: Duration) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(patience));
    // A proxy does not know what listens on this machine.
    let config = if reach == Reach::ThisMachine { config.proxy(None) } else { config };
    config.build().into()
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let headers = headers(&answer);
    Ok(Answer { status: answer.status().as_u16(), headers, body: answer.body_mut().read_to_string()? })
}

fn headers(answer: &ureq::http::Response<ureq::Body>) -> Vec<(String, String)> {
    let headers = answer.headers().iter();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
