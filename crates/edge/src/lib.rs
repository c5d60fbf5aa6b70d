//! The Cloudflare Worker: routes, environment, clock, randomness, fetch and storage around what `ops` decides.

extern crate alloc;

mod console;
mod ledger;
mod log;
mod network;
mod settings;
mod storage;

use alloc::rc::Rc;
use chat::{Command, Inbound, Platform, Received, Refusal, Rendered, Reply, Taken, Tone, Unverified};
use core::pin::Pin;
use js_sys::futures::{JsFuture, future_to_promise};
use network::{Result, now_ms, response, whole};
use ops::{Ask, Config, Step, Suggest, Told, config::Problem, site::Page, stored::Stored};
use serde_json::{Map, Value};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{Request, Response};
use worker::{Env, worker_sys::Context};

/// The ledger answers this much before the platform's budget is over, so that its answer gets out in time.
const MARGIN_MS: u64 = 300;

/// Answers one request to the Worker: with an answer where nothing has to be waited for, else with the promise of one. The
/// runtime takes either, and making a promise costs more than most of what is answered at once. `body`: absent where it is no
/// `POST`, and where it is longer than any platform's.
#[wasm_bindgen]
pub fn fetch(request: &Request, method: &str, url: &str, body: Option<Vec<u8>>, env: Env, context: Context) -> JsValue {
    let path = path(url);
    match (method, path.strip_prefix("/hooks/")) {
        (method, Some(name)) => match Platform::from_name(name) {
            Some(platform) if method == "POST" => return hook(platform, request, body, env, context),
            Some(_) => plain(405, "only POST is answered here"),
            None => not_found(),
        },
        ("GET", None) if path == "/healthz" => healthz(&env),
        (method, None) if path == "/console" || path.starts_with("/console/") || path.starts_with("/api/") => {
            return console::answer(method, path, url, request, body.as_deref(), &env);
        }
        ("GET" | "HEAD", None) => match ops::site::page(path) {
            Some(page) => return show(&page, request, &env),
            None => not_found(),
        },
        _ => not_found(),
    }
    .into()
}

/// One delivery: size, signature, meaning, then at most one round trip to the ledger.
fn hook(platform: Platform, request: &Request, body: Option<Vec<u8>>, env: Env, context: Context) -> JsValue {
    let config = settings::config(&env);
    let secrets = match &*config {
        Ok(config) => config.secrets(platform),
        Err(problems) => {
            let id = network::random_id();
            log::misconfigured(&id, problems);
            return document(503, vec![("error", "misconfigured".into()), ("id", id.into())]).into();
        }
    };
    let Some(secrets) = secrets else {
        return not_found().into();
    };
    let Some(body) = body else {
        return plain(413, "too large").into();
    };
    let headers = request.headers();
    let inbound = Inbound { headers: &|name| headers.get(name).ok().flatten(), body: &body };
    let received = chat::receive(platform, &inbound, secrets, now_ms() / 1000);
    let repeats = platform.repeat_header().and_then(inbound.headers).and_then(|times| times.parse().ok());
    let hook = Hook { platform, repeats, config: Rc::clone(&config), env, context };
    match hook.take(received) {
        Next::Answer(response) => response.into(),
        next => future_to_promise(async move { Ok(hook.wait(next).await.into()) }).into(),
    }
}

/// A delivery that is being answered.
struct Hook {
    platform: Platform,
    /// The platform has sent it so often before, as it says itself.
    repeats: Option<u32>,
    config: Rc<core::result::Result<Config, Vec<Problem>>>,
    env: Env,
    context: Context,
}

/// What comes next.
enum Next {
    Answer(Response),
    /// Its signature is checked by the runtime.
    Check(Unverified),
    Ask(Command, Ask),
    Suggest(Ask),
}

impl Hook {
    fn take(&self, received: core::result::Result<Received, Refusal>) -> Next {
        let (platform, Ok(config)) = (self.platform, &*self.config) else {
            return Next::Answer(not_found());
        };
        if let (Ok(received), Some(times)) = (&received, self.repeats)
            && !matches!(received, Received::Unverified(_))
        {
            log::repeated(platform, times);
        }
        Next::Answer(match received {
            Ok(Received::Command(command)) => match ops::consider(config, &command, &network::random()) {
                Step::Reply(reply) => self.answer(&command, Ok(Told::only(reply))),
                Step::Ask(ask) => return Next::Ask(command, ask),
            },
            Ok(Received::Handshake(rendered) | Received::Nothing(rendered)) => respond(&rendered, None),
            Ok(Received::Completion(completion)) => match ops::complete(config, &completion) {
                Suggest::Now(suggestions) => respond(&chat::suggest(platform, &suggestions), None),
                Suggest::Ask(ask) => return Next::Suggest(*ask),
            },
            Ok(Received::Unverified(unverified)) => return Next::Check(unverified),
            Err(refusal) => {
                log::refused(platform, &refusal);
                match refusal {
                    // Only who holds the secret gets here. An error would have it sent again, as malformed as it is.
                    Refusal::MalformedBody(part) => respond(&chat::unreadable(platform, part), Some(Tone::Refusal)),
                    _ => plain(401, "unauthorised"),
                }
            }
        })
    }

    async fn wait(&self, mut next: Next) -> Response {
        if let Next::Check(unverified) = next {
            next = self.take(check(&unverified, now_ms() / 1000).await);
        }
        match next {
            Next::Answer(response) => response,
            // One check is all there is.
            Next::Check(_) => plain(401, "unauthorised"),
            Next::Ask(command, ask) => {
                let told = ask_ledger(&self.env, self.platform, &ask).await;
                self.answer(&command, told)
            }
            // Whoever types goes on without values to choose from.
            Next::Suggest(ask) => {
                let told = ask_ledger(&self.env, self.platform, &ask).await;
                respond(&chat::suggest(self.platform, &told.map(Told::suggestions).unwrap_or_default()), None)
            }
        }
    }

    fn answer(&self, command: &Command, told: core::result::Result<Told, Reply>) -> Response {
        let platform = self.platform;
        log::answered(platform, command, &told);
        if told.is_err() && platform.delivers_again() {
            return plain(503, "not recorded, please deliver again");
        }
        let (reply, receipt) = match told {
            Ok(told) => (told.reply, told.command.filter(|_| told.receipt)),
            Err(reply) => (reply, None),
        };
        let tone = Some(reply.tone);
        let Some(acknowledgement) = &command.acknowledgement else {
            let response = respond(&chat::render(platform, &reply), tone);
            if let Some(command) = receipt {
                self.acknowledge(command);
            }
            return response;
        };
        self.say_afterwards(command, &reply, receipt);
        respond(acknowledgement, tone)
    }

    /// Says the first reply over the way back, where nobody is shown the answer. `receipt`: the command whose result it is.
    fn say_afterwards(&self, command: &Command, reply: &Reply, receipt: Option<String>) {
        let (Some(follow_up), Ok(config)) = (&command.follow_up, &*self.config) else { return };
        let reach = config.reach(follow_up.platform);
        let Ok(outgoing) = follow_up.compose(reply, &reach, now_ms() / 1000) else { return };
        let (env, tone) = (self.env.clone(), reply.tone);
        self.afterwards(Box::pin(async move {
            // What does not arrive and is a result follows once more, from the ledger.
            if let (Taken::Yes, Some(command)) = (network::follow_up(outgoing, tone).await, receipt) {
                JsFuture::from(heard(&env, command)).await?;
            }
            Ok(JsValue::UNDEFINED)
        }));
    }

    /// Lets the ledger know that an answer is on its way. It hears nothing where the receiver has left, because the runtime
    /// ends this request then: the result goes out as a follow-up. A receiver that has closed its half of the connection looks
    /// as if it still listened; platforms keep it open.
    fn acknowledge(&self, command: String) {
        if let Err(error) = self.context.wait_until(&heard(&self.env, command)) {
            log::ledger_failed(&error);
        }
    }

    /// Goes on with `work` after the answer.
    fn afterwards(&self, work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) {
        if let Err(error) = self.context.wait_until(&future_to_promise(work)) {
            log::ledger_failed(&error);
        }
    }
}

/// Tells the ledger that a result has been told.
fn heard(env: &Env, command: String) -> js_sys::Promise {
    network::ask(env, 0.0, &Ask::Told { command }.to_json(), None)
}

/// Looks whether one of the public keys made the signature, and reads the delivery if so.
async fn check(unverified: &Unverified, now: i64) -> core::result::Result<Received, Refusal> {
    for (position, key) in unverified.keys().iter().enumerate() {
        let made = network::made_signature(key, unverified.signature(), unverified.message());
        if JsFuture::from(made).await.is_ok_and(|made| made.is_truthy()) {
            return unverified.vouch_that_key_made_signature(position, now);
        }
    }
    Err(Refusal::SignatureMismatch)
}

/// One round trip to the account's ledger, never longer than the platform waits. An error is what to tell people then.
async fn ask_ledger(env: &Env, platform: Platform, ask: &Ask) -> core::result::Result<Told, Reply> {
    let budget = platform.acknowledge_within_ms();
    let until = now_ms().saturating_add_unsigned(budget.saturating_sub(MARGIN_MS));
    let told = network::ask(env, whole(until), &ask.to_json(), Some(whole(budget.cast_signed())));
    let failure = match JsFuture::from(told).await {
        Ok(told) => match told.as_string().map(|told| from_json(&told)) {
            Some(Ok(told)) => return Ok(told),
            Some(Err(error)) => error,
            None => "no answer in time".into(),
        },
        Err(error) => error,
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

/// A page from the assets that are deployed with the Worker, with the headers that `ops` gives it.
fn show(page: &Page, request: &Request, env: &Env) -> JsValue {
    let headers = network::lines([("content-type", page.content_type)].into_iter().chain(ops::site::HEADERS));
    network::asset(env, page.file, request, &headers, not_found()).into()
}

fn healthz(env: &Env) -> Response {
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

fn respond(rendered: &Rendered, tone: Option<Tone>) -> Response {
    let content_type = ("content-type", rendered.content_type);
    match tone {
        Some(tone) => {
            let outcome = (network::OUTCOME_HEADER, tone.name());
            response(rendered.status, &[content_type, outcome], &rendered.body)
        }
        None => response(rendered.status, &[content_type], &rendered.body),
    }
}

fn document(status: u16, fields: Vec<(&str, Value)>) -> Response {
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

fn plain(status: u16, text: &str) -> Response {
    response(status, &[("content-type", "text/plain; charset=utf-8")], text)
}

fn not_found() -> Response {
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
