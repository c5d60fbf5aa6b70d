//! A caller that signs, and the emulator it calls in process.

use acs_sign::{
    AccessKey, Body, Credentials, Format, Method, Nonce, Scheme, SecurityToken, SignableRequest, SigningKey,
};
use core::time::Duration;
use emulator::{Action, Config, Emulator, HttpRequest, HttpResponse};
use serde_json::Value;
use std::time::SystemTime;

/// 2023-10-26T10:22:32Z, the time of the vectors.
pub(crate) const NOW: u64 = 1_698_315_752;

pub(crate) const VERSION: &str = "2020-06-01";

pub(crate) fn at(unix_seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(unix_seconds)
}

pub(crate) fn key(id: &str, secret: &str) -> Credentials {
    AccessKey::new(id, secret).unwrap().into()
}

pub(crate) fn temporary_key(id: &str, secret: &str, token: &str) -> Credentials {
    Credentials { key: AccessKey::new(id, secret).unwrap(), token: Some(SecurityToken::new(token).unwrap()) }
}

pub(crate) fn config() -> Config {
    Config::new(vec![key("testid", "testsecret"), temporary_key("STS.id", "stssecret", "CAISexample+token/==")])
}

/// One call: what a test does not care about is a POST of SWAS by RPC with its parameters in the query, at [`NOW`], asking
/// for JSON.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) method: Method,
    pub(crate) in_form: bool,
    pub(crate) format: Format,
    pub(crate) host: &'a str,
    pub(crate) action: &'a str,
    pub(crate) version: &'a str,
    pub(crate) parameters: &'a [(&'a str, &'a str)],
    pub(crate) credentials: Credentials,
    pub(crate) signed_at: u64,
    /// Absent: one never used before.
    pub(crate) nonce: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(action: &'a str, parameters: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            scheme: Scheme::Rpc,
            method: Method::Post,
            in_form: false,
            format: Format::Json,
            host: "127.0.0.1:8788",
            action,
            version: VERSION,
            parameters,
            credentials: key("testid", "testsecret"),
            signed_at: NOW,
            nonce: None,
        }
    }

    pub(crate) fn request(&self) -> HttpRequest {
        let nonce: Nonce = match self.nonce {
            Some(nonce) => nonce.parse().unwrap(),
            None => fresh_nonce(),
        };
        let (query, body) =
            if self.in_form { (&[][..], Body::Form(self.parameters)) } else { (self.parameters, Body::Empty) };
        let request = SignableRequest {
            method: self.method,
            host: self.host,
            action: self.action,
            version: self.version,
            format: self.format,
            query,
            body,
            headers: &[],
        };
        let time = i64::try_from(self.signed_at).unwrap();
        let time = acs_sign::SigningTime::from_unix_seconds(time).unwrap();
        SigningKey::new(self.scheme, &self.credentials).http_request(&request, time, &nonce).unwrap().into()
    }

    pub(crate) fn send(&self, emulator: &mut Emulator) -> Answer {
        answer(emulator, NOW, &self.request())
    }
}

fn fresh_nonce() -> Nonce {
    use core::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{}", NEXT.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
}

/// An answer in JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and error code.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.body["Code"].as_str().unwrap_or_default())
    }

    pub(crate) fn request_id(&self) -> &str {
        self.body["RequestId"].as_str().unwrap()
    }
}

pub(crate) fn answer(emulator: &mut Emulator, now: u64, request: &HttpRequest) -> Answer {
    let response = response(emulator, now, request);
    let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    if let (Some(in_header), Some(in_body)) = (response.header("x-acs-request-id"), body["RequestId"].as_str()) {
        assert_eq!(in_header, in_body);
    }
    Answer { status: response.status, body }
}

pub(crate) fn response(emulator: &mut Emulator, now: u64, request: &HttpRequest) -> HttpResponse {
    match emulator.handle(at(now), request) {
        Action::Answer(response) => response,
        other => panic!("{other:?}"),
    }
}

/// A call of the control surface.
pub(crate) fn control(emulator: &mut Emulator, method: &str, path: &str, body: &str) -> Answer {
    let request = HttpRequest {
        method: method.to_owned(),
        path_and_query: format!("/_emulator/{path}"),
        headers: vec![("host".to_owned(), "127.0.0.1:8788".to_owned())],
        body: body.as_bytes().to_vec(),
    };
    answer(emulator, NOW, &request)
}

/// Whether the image is shared.
pub(crate) fn in_share(emulator: &Emulator, id: &str) -> Option<bool> {
    emulator.images().iter().find(|image| image.image_id == id).map(|image| image.in_share)
}
