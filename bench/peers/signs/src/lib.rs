//! What the Worker's crates do where nothing is stored and nothing is sent: a delivery is verified, read, put before the
//! policy and signed, and the signed request is the answer. In the Worker the ledger lies between the policy and the signature.

extern crate alloc;

use alloc::rc::Rc;
use chat::{Inbound, Platform, Received, Rendered};
use core::cell::OnceCell;
use js_sys::{Date, JSON, Reflect};
use ops::{Ask, Config, Step, attempt, config::Problem, record::Record};
use serde_json::{Map, Value};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{Request, Response};
use worker::Env;

type Result<T> = core::result::Result<T, JsValue>;

// The Worker's own rim.
#[wasm_bindgen(module = "/../../../crates/edge/rim.js")]
extern "C" {
    fn answer(status: u16, headers: &str, body: &str) -> Response;
}

thread_local! {
    static CONFIG: OnceCell<Rc<core::result::Result<Config, Vec<Problem>>>> = const { OnceCell::new() };
}

#[wasm_bindgen]
pub fn fetch(request: &Request, body: Vec<u8>, env: Env) -> Result<Response> {
    let config = CONFIG.with(|cell| Rc::clone(cell.get_or_init(|| Rc::new(Config::read(&|name| variable(&env, name))))));
    let config = match &*config {
        Ok(config) => config,
        Err(problems) => return respond(503, "text/plain", &format!("{problems:?}")),
    };
    let Some(secrets) = config.secrets(Platform::Slack) else { return respond(404, "text/plain", "not found") };
    let headers = request.headers();
    let inbound = Inbound { headers: &|name| headers.get(name).ok().flatten(), body: &body };
    let now_ms = Date::now() as i64;
    let command = match chat::receive(Platform::Slack, &inbound, secrets, now_ms / 1000) {
        Ok(Received::Command(command)) => command,
        Ok(Received::Handshake(rendered) | Received::Nothing(rendered)) => return rendered_response(&rendered),
        _ => return respond(401, "text/plain", "unauthorised"),
    };
    let submission = match ops::consider(config, &command, &random()?) {
        Step::Ask(Ask::Submit { submission, .. }) => *submission,
        Step::Ask(Ask::Deny { why, .. }) => return respond(403, "text/plain", &why),
        Step::Reply(reply) => return rendered_response(&chat::render(Platform::Slack, &reply)),
        Step::Ask(_) => return respond(400, "text/plain", "this needs the ledger"),
    };
    let (record, _) = Record::accept(submission, now_ms);
    let call = attempt::call(config, &record, now_ms / 1000, random()?);
    let call = call.map_err(|unsendable| JsValue::from(format!("{unsendable:?}")))?;
    let mut headers = Map::new();
    for (name, value) in call.headers {
        headers.insert(name, value.into());
    }
    let mut signed = Map::new();
    signed.insert("method".into(), call.method.into());
    signed.insert("url".into(), call.url.into());
    signed.insert("headers".into(), headers.into());
    signed.insert("body".into(), String::from_utf8_lossy(&call.body).into_owned().into());
    respond(200, "application/json", &serde_json::to_string(&Value::from(signed)).unwrap_or_default())
}

fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A variable as text; a table of wrangler.toml as the JSON it arrives as.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    if value.is_undefined() || value.is_null() {
        return None;
    }
    value.as_string().or_else(|| JSON::stringify(&value).ok().map(String::from))
}

fn rendered_response(rendered: &Rendered) -> Result<Response> {
    respond(rendered.status, rendered.content_type, &rendered.body)
}

fn respond(status: u16, content_type: &str, body: &str) -> Result<Response> {
    Ok(answer(status, &format!("content-type\n{content_type}\n"), body))
}
