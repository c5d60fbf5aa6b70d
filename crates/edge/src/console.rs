//! The console and the interface behind it: `ops` says who may and what answers, this does it.

use crate::{
    document, log, network,
    network::{now_ms, response},
    not_found, plain, settings, show,
};
use ops::console::{Asking, Redirection, Step};
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};
use worker::Env;

pub(crate) fn answer(
    method: &str,
    path: &str,
    url: &str,
    request: &Request,
    body: Option<&[u8]>,
    env: &Env,
) -> JsValue {
    let config = settings::config(env);
    let Ok(config) = &*config else {
        return document(503, vec![("error", "misconfigured".into())]).into();
    };
    let Some(console) = &config.console else { return not_found().into() };
    let headers = request.headers();
    let header = |name| headers.get(name).ok().flatten();
    let asking = Asking {
        method,
        url,
        path,
        authorization: header("authorization"),
        cookie: header("cookie"),
        origin: header("origin"),
    };
    let now_s = now_ms() / 1_000;
    match console.answer(&asking, now_s) {
        Step::NotFound => not_found(),
        Step::Unauthorised => {
            let headers = [("content-type", "application/json"), ("www-authenticate", "Bearer")];
            response(401, &headers, r#"{"error":"unauthorised"}"#)
        }
        Step::Forbidden => plain(403, "not from here"),
        Step::Page(page) => return show(&page, request, env),
        Step::Go(redirection) => go(&redirection),
        Step::SignIn => {
            let Some(body) = body else { return plain(413, "too large").into() };
            let redirection = console.sign_in(&asking, body, now_s);
            log::signed_in(redirection.cookie.is_some());
            go(&redirection)
        }
        Step::Ledger { method, path } => {
            let query = url.split_once('?').map_or("", |(_, query)| query);
            return network::show(env, method, &format!("{path}?{query}")).into();
        }
    }
    .into()
}

fn go(redirection: &Redirection) -> Response {
    let cookie = redirection.cookie.as_deref().map(|cookie| ("set-cookie", cookie));
    let headers: Vec<_> = [("location", redirection.location.as_str())].into_iter().chain(cookie).collect();
    response(303, &headers, "")
}
