//! The Cloudflare Worker: routes, environment, clock, randomness, fetch and storage around what `ops` decides.

extern crate alloc;

mod ed25519;
mod ledger;
mod log;
mod network;
mod settings;
mod site;
mod storage;

use chat::{Command, Inbound, Platform, Received, Refusal, Rendered, Reply, Taken, Tone, Unverified};
use core::pin::Pin;
use js_sys::{
    Reflect,
    futures::{JsFuture, future_to_promise},
};
use network::{Answer, Result, now_ms, response};
use ops::{Ask, Config, Step, Suggest, Told, config::Problem, stored::Stored};
use serde_json::{Map, Value};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use web_sys::{Request, RequestInit, Response};
use worker::{
    Env,
    worker_sys::{Context, DurableObject, DurableObjectNamespace},
};

/// No platform sends a command this long.
const MOST_BYTES: usize = 64 * 1024;
/// The ledger answers this much before the platform's budget is over, so that its answer gets out in time.
const MARGIN_MS: u64 = 300;

/// Answers one request to the Worker.
///
/// # Errors
/// Only what the runtime itself throws, which makes a 500 of it and logs it.
#[wasm_bindgen(wasm_bindgen_futures = ::worker::wasm_bindgen_futures)]
pub async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let url = request.url();
    let method = request.method();
    let path = path(&url);
    match (method.as_str(), path.strip_prefix("/hooks/")) {
        (method, Some(name)) => match Platform::from_name(name) {
            Some(platform) if method == "POST" => hook(platform, &request, &env, &context).await,
            Some(_) => plain(405, "only POST is answered here"),
            None => not_found(),
        },
        ("GET", None) if path == "/healthz" => healthz(&env),
        ("GET", None) if path.starts_with("/api/") => api(path, &url, &request, &env).await,
        ("GET" | "HEAD", None) => match ops::site::page(path) {
            Some(page) => site::serve(page, &request, &env).await,
            None => not_found(),
        },
        _ => not_found(),
    }
}

/// One delivery: size, signature, meaning, then at most one round trip to the ledger.
async fn hook(platform: Platform, request: &Request, env: &Env, context: &Context) -> Result<Response> {
    let config = settings::config(env);
    let config = match &*config {
        Ok(config) => config,
        Err(problems) => {
            let id = network::random_id();
            log::misconfigured(&id, problems);
            return document(503, vec![("error", "misconfigured".into()), ("id", id.into())]);
        }
    };
    let Some(secrets) = config.secrets(platform) else {
        return not_found();
    };
    let Some(body) = network::limited_body(request, MOST_BYTES).await? else {
        return plain(413, "too large");
    };
    let headers = request.headers();
    let inbound = Inbound { headers: &|name| headers.get(name).ok().flatten(), body: &body };
    let now = now_ms() / 1000;
    let received = match chat::receive(platform, &inbound, secrets, now) {
        Ok(Received::Unverified(unverified)) => check(&unverified, now).await,
        received => received,
    };
    let repeats = platform.repeat_header().and_then(inbound.headers).and_then(|times| times.parse().ok());
    if let (Ok(_), Some(times)) = (&received, repeats) {
        log::repeated(platform, times);
    }
    let command = match received {
        Ok(Received::Command(command)) => command,
        Ok(Received::Handshake(rendered) | Received::Nothing(rendered)) => return respond(&rendered, None),
        Ok(Received::Completion(completion)) => {
            let suggestions = match ops::complete(config, &completion) {
                Suggest::Now(suggestions) => suggestions,
                // Whoever types goes on without values to choose from.
                Suggest::Ask(ask) => ask_ledger(env, platform, &ask).await.map(Told::suggestions).unwrap_or_default(),
            };
            return respond(&chat::suggest(platform, &suggestions), None);
        }
        // One check is all there is.
        Ok(Received::Unverified(_)) => return plain(401, "unauthorised"),
        Err(refusal) => {
            log::refused(platform, &refusal);
            return match refusal {
                // Only who holds the secret gets here. An error would have it sent again, as malformed as it is.
                Refusal::MalformedBody(part) => respond(&chat::unreadable(platform, part), Some(Tone::Refusal)),
                _ => plain(401, "unauthorised"),
            };
        }
    };
    let told = match ops::consider(config, &command, &network::random()) {
        Step::Reply(reply) => Ok(Told::only(reply)),
        Step::Ask(ask) => ask_ledger(env, platform, &ask).await,
    };
    log::answered(platform, &command, &told);
    if told.is_err() && platform.delivers_again() {
        return plain(503, "not recorded, please deliver again");
    }
    if let Some(acknowledgement) = &command.acknowledgement {
        let (reply, receipt) = match told {
            Ok(told) => (told.reply, told.command.filter(|_| told.receipt)),
            Err(reply) => (reply, None),
        };
        say_afterwards(config, &command, &reply, receipt, env, context);
        return respond(acknowledgement, Some(reply.tone));
    }
    match told {
        Ok(told) => {
            let response = answer(platform, &told.reply)?;
            if let (true, Some(command)) = (told.receipt, told.command) {
                acknowledge(env, context, command);
            }
            Ok(response)
        }
        Err(reply) => answer(platform, &reply),
    }
}

/// Looks whether one of the public keys made the signature, and reads the delivery if so.
async fn check(unverified: &Unverified, now: i64) -> core::result::Result<Received, Refusal> {
    for (position, key) in unverified.keys().iter().enumerate() {
        if ed25519::made_signature(key, unverified.signature(), unverified.message()).await {
            return unverified.vouch_that_key_made_signature(position, now);
        }
    }
    Err(Refusal::SignatureMismatch)
}

/// Says the first reply over the way back, where nobody is shown the answer. `receipt`: the command whose result it is.
fn say_afterwards(
    config: &Config,
    command: &Command,
    reply: &Reply,
    receipt: Option<String>,
    env: &Env,
    context: &Context,
) {
    let Some(follow_up) = &command.follow_up else { return };
    let Ok(outgoing) = follow_up.compose(reply, &config.reach(follow_up.platform), now_ms() / 1000) else { return };
    let (env, tone) = (env.clone(), reply.tone);
    wait_until(
        context,
        Box::pin(async move {
            // What does not arrive and is a result follows once more, from the ledger.
            if let (Taken::Yes, Some(command)) = (network::follow_up(outgoing, tone).await, receipt) {
                to_ledger(&env, 0, &Ask::Told { command }).await?;
            }
            Ok(JsValue::UNDEFINED)
        }),
    );
}

/// One round trip to the account's ledger, never longer than the platform waits. An error is what to tell people then.
async fn ask_ledger(env: &Env, platform: Platform, ask: &Ask) -> core::result::Result<Told, Reply> {
    let budget = platform.acknowledge_within_ms();
    let until = now_ms().saturating_add_unsigned(budget.saturating_sub(MARGIN_MS));
    let failure = match network::within(budget, Box::pin(to_ledger(env, until, ask))).await {
        Some(Ok(answer)) => match from_json(&String::from_utf8_lossy(&answer.body)) {
            Ok(told) => return Ok(told),
            Err(error) => error,
        },
        Some(Err(error)) => error,
        None => "no answer in time".into(),
    };
    log::ledger_failed(&failure);
    Err(match ask {
        Ask::Submit { submission, .. } => ops::say::ledger_unreachable(&submission.delivery, ask.language()),
        Ask::Confirm(_) | Ask::Cancel { .. } => ops::say::answer_unconfirmed(ask.language()),
        Ask::Deny { .. } | Ask::Status { .. } | Ask::Log { .. } | Ask::Listed { .. } | Ask::Told { .. } => {
            ops::say::ledger_silent(ask.language())
        }
    })
}

/// Lets the ledger know that an answer is on its way. It hears nothing where the receiver has left, because the runtime ends
/// this request then: the result goes out as a follow-up. A receiver that has closed its half of the connection looks as if
/// it still listened; platforms keep it open.
fn acknowledge(env: &Env, context: &Context, command: String) {
    let env = env.clone();
    let told = async move { to_ledger(&env, 0, &Ask::Told { command }).await.map(|_| JsValue::UNDEFINED) };
    wait_until(context, Box::pin(told));
}

/// Goes on with `work` after the answer.
fn wait_until(context: &Context, work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) {
    let promise = future_to_promise(work);
    if let Err(error) = context.wait_until(&promise) {
        log::ledger_failed(&error);
    }
}

/// Asks, and has the ledger answer until then.
async fn to_ledger(env: &Env, until_ms: i64, ask: &Ask) -> Result<Answer> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&ask.to_json().into());
    let request = Request::new_with_str_and_init(&format!("http://ledger/?until={until_ms}"), &init)?;
    let told = ledger(env)?.fetch_with_request(&request)?;
    let told: Response = JsFuture::from(told).await?.dyn_into()?;
    Ok(Answer { body: network::bytes(told.array_buffer()?).await?, ..Answer::default() })
}

/// What the ledger shows, to whoever has the console's token. Without one configured there is no such address.
async fn api(path: &str, url: &str, request: &Request, env: &Env) -> Result<Response> {
    let config = settings::config(env);
    let Ok(config) = &*config else {
        return document(503, vec![("error", "misconfigured".into())]);
    };
    let known = path == "/api/audit" || path == "/api/commands" || path.starts_with("/api/commands/");
    let authorization = request.headers().get("authorization")?.unwrap_or_default();
    let token = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match config.is_console_token(token.map_or("", |(_, token)| token.trim())) {
        Some(true) if known => {}
        Some(false) if known => {
            let headers = [("content-type", "application/json"), ("www-authenticate", "Bearer")];
            return response(401, &headers, r#"{"error":"unauthorised"}"#);
        }
        _ => return not_found(),
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let address = format!("http://ledger{}?{query}", path.strip_prefix("/api").unwrap_or_default());
    let shown = ledger(env)?.fetch_with_request(&Request::new_with_str(&address)?)?;
    JsFuture::from(shown).await?.dyn_into()
}

fn ledger(env: &Env) -> Result<DurableObject> {
    let namespace: DurableObjectNamespace = Reflect::get(env, &"LEDGER".into())?.unchecked_into();
    namespace.get_by_name("default")
}

fn healthz(env: &Env) -> Result<Response> {
    match &*settings::config(env) {
        Ok(config) => {
            let version = env!("CARGO_PKG_VERSION");
            let platforms = config.platforms().map(Platform::name).collect();
            document(200, vec![("status", "ok".into()), ("version", version.into()), ("platforms", platforms)])
        }
        Err(problems) => {
            let problem =
                |p: &Problem| object(vec![("variable", p.variable.into()), ("problem", p.problem.as_str().into())]);
            let problems = problems.iter().map(problem).collect();
            document(503, vec![("status", "misconfigured".into()), ("problems", problems)])
        }
    }
}

fn answer(platform: Platform, reply: &Reply) -> Result<Response> {
    respond(&chat::render(platform, reply), Some(reply.tone))
}

fn respond(rendered: &Rendered, tone: Option<Tone>) -> Result<Response> {
    let content_type = ("content-type", rendered.content_type);
    match tone {
        Some(tone) => {
            let outcome = (network::OUTCOME_HEADER, tone.name());
            response(rendered.status, &[content_type, outcome], &rendered.body)
        }
        None => response(rendered.status, &[content_type], &rendered.body),
    }
}

fn document(status: u16, fields: Vec<(&str, Value)>) -> Result<Response> {
    response(
        status,
        &[("content-type", "application/json")],
        &serde_json::to_string(&object(fields)).unwrap_or_default(),
    )
}

/// Field by field: collecting a map sorts first, and `json!` serializes each value, with code of their own for both.
fn object(fields: Vec<(&str, Value)>) -> Value {
    let mut object = Map::new();
    for (name, value) in fields {
        object.insert(name.into(), value);
    }
    Value::Object(object)
}

fn plain(status: u16, text: &str) -> Result<Response> {
    response(status, &[("content-type", "text/plain; charset=utf-8")], text)
}

fn not_found() -> Result<Response> {
    plain(404, "not found")
}

fn from_json<T: Stored>(json: &str) -> Result<T> {
    T::from_json(json).map_err(|error| error.to_string().into())
}

/// The path of an absolute address. The runtime has normalised it; the `url` crate would cost a third of the bundle.
fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let from_path = after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/");
    from_path.split(['?', '#']).next().unwrap_or("/")
}
