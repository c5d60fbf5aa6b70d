//! The Cloudflare Worker: routes, environment, clock, randomness, fetch and storage around what `ops` decides.

mod ledger;
mod log;
mod network;
mod settings;

use chat::{Inbound, Platform, Received, Refusal, Rendered, Reply, Tone};
use core::time::Duration;
use futures_util::future::{Either, select};
use ops::{Ask, Step, Told};
use serde_json::json;
use worker::{Context, Delay, Env, Headers, Method, Request, RequestInit, Response, Result, event};

/// No platform sends a command this long.
const MOST_BYTES: usize = 64 * 1024;
/// The ledger answers this much before the platform's budget is over, so that its answer gets out in time.
const MARGIN_MS: u64 = 300;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let url = request.inner().url();
    let path = path(&url);
    match (request.method(), path.strip_prefix("/hooks/")) {
        (method, Some(name)) => match Platform::from_name(name) {
            Some(platform) if method == Method::Post => hook(platform, request, &env).await,
            Some(_) => plain(405, "only POST is answered here"),
            None => not_found(),
        },
        (Method::Get, None) if path == "/healthz" => healthz(&env),
        _ => not_found(),
    }
}

/// One delivery: size, signature, meaning, then at most one round trip to the ledger.
async fn hook(platform: Platform, mut request: Request, env: &Env) -> Result<Response> {
    let config = settings::config(env);
    let config = match &*config {
        Ok(config) => config,
        Err(problems) => {
            let id = network::random_id();
            log::misconfigured(&id, problems);
            return Ok(Response::from_json(&json!({"error": "misconfigured", "id": id}))?.with_status(503));
        }
    };
    let Some(secrets) = config.secrets(platform) else {
        return not_found();
    };
    let declared = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MOST_BYTES) {
        return plain(413, "too large");
    }
    let body = request.bytes().await?;
    if body.len() > MOST_BYTES {
        return plain(413, "too large");
    }
    let headers = request.headers();
    let inbound = Inbound { headers: &|name| headers.get(name).ok().flatten(), body: &body };
    let command = match chat::receive(platform, &inbound, secrets, network::now_ms() / 1000) {
        Ok(Received::Command(command)) => command,
        Ok(Received::Handshake(rendered) | Received::Nothing(rendered)) => return respond(rendered, None),
        Err(refusal) => {
            log::refused(platform, &refusal);
            return match refusal {
                // Only who holds the secret gets here, so it may be told what to mend.
                Refusal::MalformedBody(part) => plain(400, part),
                _ => plain(401, "unauthorised"),
            };
        }
    };
    let told = match ops::consider(config, &command, &network::random()) {
        Step::Reply(reply) => Ok(Told { reply, command: None }),
        Step::Ask(ask) => ask_ledger(env, platform, &ask).await,
    };
    log::answered(platform, &command, &told);
    match told {
        Ok(told) => answer(platform, &told.reply),
        Err(_) if platform.delivers_again() => plain(503, "not recorded, please deliver again"),
        Err(reply) => answer(platform, &reply),
    }
}

/// One round trip to the account's ledger, never longer than the platform waits. An error is what to tell people then.
async fn ask_ledger(env: &Env, platform: Platform, ask: &Ask) -> core::result::Result<Told, Reply> {
    let budget = platform.acknowledge_within_ms();
    let call = async {
        let stub = env.durable_object("LEDGER")?.get_by_name("default")?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(serde_json::to_string(ask)?.into()));
        let url = format!("http://ledger/?wait={}", budget.saturating_sub(MARGIN_MS));
        stub.fetch_with_request(Request::new_with_init(&url, &init)?).await?.json::<Told>().await
    };
    let failure = match select(Box::pin(call), Delay::from(Duration::from_millis(budget))).await {
        Either::Left((Ok(told), _)) => return Ok(told),
        Either::Left((Err(error), _)) => error.to_string(),
        Either::Right(_) => "no answer in time".to_owned(),
    };
    log::ledger_failed(&failure);
    Err(match ask {
        Ask::Submit { submission, .. } => ops::say::ledger_unreachable(&submission.delivery),
        _ => ops::say::ledger_silent(),
    })
}

fn healthz(env: &Env) -> Result<Response> {
    match &*settings::config(env) {
        Ok(config) => {
            let platforms: Vec<_> = config.platforms().map(Platform::name).collect();
            Response::from_json(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "platforms": platforms}))
        }
        Err(problems) => {
            let problems: Vec<_> =
                problems.iter().map(|p| json!({"variable": p.variable, "problem": p.problem})).collect();
            Ok(Response::from_json(&json!({"status": "misconfigured", "problems": problems}))?.with_status(503))
        }
    }
}

fn answer(platform: Platform, reply: &Reply) -> Result<Response> {
    respond(chat::render(platform, reply), Some(reply.tone))
}

fn respond(rendered: Rendered, tone: Option<Tone>) -> Result<Response> {
    let headers = Headers::new();
    headers.set("content-type", rendered.content_type)?;
    if let Some(tone) = tone {
        headers.set(network::OUTCOME_HEADER, network::outcome(tone))?;
    }
    Ok(Response::ok(rendered.body)?.with_status(rendered.status).with_headers(headers))
}

fn plain(status: u16, text: &str) -> Result<Response> {
    Ok(Response::ok(text)?.with_status(status))
}

fn not_found() -> Result<Response> {
    plain(404, "not found")
}

/// The path of an absolute address. The runtime has normalised it; the `url` crate would cost a third of the bundle.
fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let from_path = after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/");
    from_path.split(['?', '#']).next().unwrap_or("/")
}
