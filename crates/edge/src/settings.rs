//! The environment's variables, read and checked once an isolate: a deployment's variables never change under it.

use alloc::rc::Rc;
use core::cell::OnceCell;
use js_sys::{JSON, Reflect};
use ops::config::{Config, Problem};
use worker::Env;

thread_local! {
    static CONFIG: OnceCell<Rc<Result<Config, Vec<Problem>>>> = const { OnceCell::new() };
}

/// The configuration, or what is wrong with it.
pub(crate) fn config(env: &Env) -> Rc<Result<Config, Vec<Problem>>> {
    CONFIG.with(|cell| {
        Rc::clone(cell.get_or_init(|| {
            let mut config = Config::read(&|name| variable(env, name));
            if Reflect::get(env, &"LEDGER".into()).is_ok_and(|binding| binding.is_undefined()) {
                let problem = "is not bound; wrangler.toml needs its [[durable_objects.bindings]]".into();
                let missing = Problem { variable: "LEDGER", problem };
                config = Err(config.err().unwrap_or_default().into_iter().chain([missing]).collect());
            }
            if let Err(problems) = &config {
                crate::log::misconfigured("start", problems);
            }
            Rc::new(config)
        }))
    })
}

/// A variable as text; a table of wrangler.toml as the JSON it arrives as.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    if value.is_undefined() || value.is_null() {
        return None;
    }
    value.as_string().or_else(|| JSON::stringify(&value).ok().map(String::from))
}
