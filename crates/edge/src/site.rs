//! Pages come from the assets that are deployed with the Worker, with the headers that `ops` gives them.

use crate::{
    network::{Result, list},
    not_found,
};
use js_sys::{Reflect, futures::JsFuture};
use ops::site::{HEADERS, Page};
use wasm_bindgen::JsCast as _;
use web_sys::{Request, RequestInit, Response, ResponseInit};
use worker::{Env, worker_sys::Fetcher};

pub(crate) async fn serve(page: Page, request: &Request, env: &Env) -> Result<Response> {
    let assets = Reflect::get(env, &"ASSETS".into())?;
    if assets.is_undefined() {
        return not_found();
    }
    let init = RequestInit::new();
    init.set_method(&request.method());
    if let Some(known) = request.headers().get("if-none-match")? {
        let headers = list([("if-none-match", known.as_str())].into_iter())?;
        init.set_headers(&headers);
    }
    let found =
        assets.unchecked_ref::<Fetcher>().fetch_with_str_and_init(&format!("http://site{}", page.file), &init)?;
    let found: Response = JsFuture::from(found).await?.dyn_into()?;
    if !matches!(found.status(), 200 | 304) {
        return not_found();
    }
    let headers = list([("content-type", page.content_type)].into_iter().chain(HEADERS))?;
    if let Some(version) = found.headers().get("etag")? {
        headers.set("etag", &version)?;
    }
    let init = ResponseInit::new();
    init.set_status(found.status());
    init.set_headers(&headers);
    Response::new_with_opt_readable_stream_and_init(found.body().as_ref(), &init)
}
