//! Who may use the console and the interface behind it, and what answers their addresses.
//!
//! Whoever has `CONSOLE_TOKEN` sends it with each request, or trades it once for a cookie that is good for twelve hours. The
//! cookie says when it ends, and carries an HMAC of that by the token: nothing is kept, and another token ends all of them.
//! Whatever a browser sends on its own with a request that changes something must come from our own pages.

use crate::{
    audit::{from_hex, hex},
    site::Page,
};
use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
};
use core::fmt;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How long a cookie is good, seconds.
pub const SESSION_S: i64 = 12 * 60 * 60;

const COOKIE: &str = "opshook_console";
const HOME: &str = "/console";
const END: &str = "/console/end";

/// The console's door.
pub struct Console {
    /// The token's SHA-256.
    digest: [u8; 32],
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console(…)")
    }
}

/// A request to the console or to the interface behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asking<'a> {
    /// `GET`.
    pub method: &'a str,
    /// The whole address, `https://host/console?state=Ready`.
    pub url: &'a str,
    /// Its path, `/console`.
    pub path: &'a str,
    /// The header `authorization`.
    pub authorization: Option<String>,
    /// The header `cookie`.
    pub cookie: Option<String>,
    /// The header `origin`.
    pub origin: Option<String>,
}

/// What answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// There is no such address.
    NotFound,
    /// Whoever asks is not signed in.
    Unauthorised,
    /// It does not come from our own pages.
    Forbidden,
    /// This page.
    Page(Page),
    /// The ledger, asked with this method at this path.
    Ledger {
        /// `GET`, or `DELETE` to take a command back.
        method: &'static str,
        /// `/commands/EEFEVBFE2SN2`.
        path: &'a str,
    },
    /// [`Console::sign_in`] with the body of the form.
    SignIn,
    /// This redirection.
    Go(Redirection),
}

/// An answer that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// A path of ours, with its query.
    pub location: String,
    /// What to set, as `set-cookie` has it.
    pub cookie: Option<String>,
}

impl Console {
    /// For whoever has this token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { digest: Sha256::digest(token.trim()).into() }
    }

    /// What answers a request. `now_s`: Unix seconds.
    #[must_use]
    pub fn answer<'a>(&self, asking: &Asking<'a>, now_s: i64) -> Step<'a> {
        let reads = matches!(asking.method, "GET" | "HEAD");
        match (asking.path, asking.method) {
            // Somebody signs in where they wanted to go, so that nothing has to be remembered.
            (HOME, _) if reads => page(if self.has_session(asking, now_s) { "/console.html" } else { "/sign-in.html" }),
            (HOME | END, "POST") if !is_from_here(asking) => Step::Forbidden,
            (HOME, "POST") => Step::SignIn,
            (END, "POST") => Step::Go(Redirection { location: HOME.into(), cookie: Some(cookie("", 0, asking.url)) }),
            (path, method) => match ledger(path, method) {
                None => Step::NotFound,
                Some(step) if self.has_token(asking) => step,
                Some(_) if !self.has_session(asking, now_s) => Step::Unauthorised,
                Some(_) if !reads && !is_from_here(asking) => Step::Forbidden,
                Some(step) => step,
            },
        }
    }

    /// Trades the token in the body of the form for a cookie, and leads to where the form was.
    #[must_use]
    pub fn sign_in(&self, asking: &Asking<'_>, body: &[u8], now_s: i64) -> Redirection {
        let mut location = asking.url.get(origin_of(asking.url).len()..).unwrap_or(HOME).to_owned();
        let token = form_urlencoded::parse(body).find(|(name, _)| name == "token");
        if !token.is_some_and(|(_, token)| self.is_token(&token)) {
            location += "#wrong";
            return Redirection { location, cookie: None };
        }
        let mut value = now_s.saturating_add(SESSION_S).to_string();
        if let Some(mac) = self.mac(&value) {
            value += ".";
            value += &hex(&mac.finalize().into_bytes());
        }
        Redirection { location, cookie: Some(cookie(&value, SESSION_S, asking.url)) }
    }

    fn is_token(&self, token: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(token.trim()).into();
        self.digest.ct_eq(&digest).into()
    }

    fn has_token(&self, asking: &Asking<'_>) -> bool {
        let authorization = asking.authorization.as_deref().and_then(|header| header.split_once(' '));
        authorization.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && self.is_token(token))
    }

    fn has_session(&self, asking: &Asking<'_>, now_s: i64) -> bool {
        let cookies = asking.cookie.as_deref().unwrap_or_default().split(';');
        let mut ours = cookies.filter_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        ours.any(|value| self.is_session(value, now_s).unwrap_or_default())
    }

    fn is_session(&self, value: &str, now_s: i64) -> Option<bool> {
        let (ends, mac) = value.split_once('.')?;
        self.mac(ends)?.verify_slice(&from_hex(mac)?).ok()?;
        let left_s = ends.parse::<i64>().ok()?.saturating_sub(now_s);
        // No cookie lives longer, whatever a clock said when it was made.
        Some((1..=SESSION_S).contains(&left_s))
    }

    /// Of what only a session has before it, so that it is good for nothing else that the token may ever sign.
    fn mac(&self, ends: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.digest).ok()?;
        mac.update(b"opshook console session until ");
        mac.update(ends.as_bytes());
        Some(mac)
    }
}

fn page<'a>(file: &'static str) -> Step<'a> {
    Step::Page(Page { file, content_type: "text/html; charset=utf-8" })
}

/// What the ledger is asked for an address of the interface.
fn ledger<'a>(path: &'a str, method: &str) -> Option<Step<'a>> {
    let path = path.strip_prefix("/api")?;
    let command = |path: &'a str| path.strip_prefix("/commands/").filter(|id| !id.is_empty() && !id.contains('/'));
    match method {
        "GET" if matches!(path, "/audit" | "/commands" | "/overview") || command(path).is_some() => {
            Some(Step::Ledger { method: "GET", path })
        }
        "POST" => {
            let path = path.strip_suffix("/cancel")?;
            command(path).map(|_| Step::Ledger { method: "DELETE", path })
        }
        _ => None,
    }
}

/// Browsers say with each request that may change something which page it comes from.
fn is_from_here(asking: &Asking<'_>) -> bool {
    asking.origin.as_deref().is_some_and(|origin| origin == origin_of(asking.url))
}

/// `https://host`
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at.saturating_add(3));
    let end =
        url.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| host.saturating_add(at));
    url.get(..end).unwrap_or(url)
}

/// Not for scripts, not for other sites, and over HTTPS only, but for this machine, which has none.
fn cookie(value: &str, seconds: i64, url: &str) -> String {
    let secure = if url.starts_with("http://") { "" } else { "; Secure" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{borrow::ToOwned, vec::Vec};

    const TOKEN: &str = "0123456789abcdef";
    const NOW: i64 = 1_800_000_000;
    const HOST: &str = "https://ops.example";

    fn asking<'a>(method: &'a str, url: &'a str) -> Asking<'a> {
        let path = url.strip_prefix(HOST).unwrap().split('?').next().unwrap();
        Asking { method, url, path, ..Asking::default() }
    }

    fn signed_in() -> String {
        let request = Asking { origin: Some(HOST.into()), ..asking("POST", "https://ops.example/console") };
        let Redirection { location, cookie } = Console::new(TOKEN).sign_in(&request, b"token=0123456789abcdef", NOW);
        assert_eq!(location, "/console");
        cookie.unwrap()
    }

    fn session() -> String {
        signed_in().split(';').next().unwrap().to_owned()
    }

    fn ask<'a>(request: &Asking<'a>, now_s: i64) -> Step<'a> {
        Console::new(TOKEN).answer(request, now_s)
    }

    const LIST: &str = "https://ops.example/api/commands?limit=1";
    const CANCEL: &str = "https://ops.example/api/commands/ABC/cancel";

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_cookie_is_for_nobody_but_the_browser() {
        let cookie = signed_in();
        assert!(cookie.starts_with("opshook_console=1800043200."), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
        let local = Asking { url: "http://127.0.0.1:8787/console", ..Asking::default() };
        let cookie = Console::new(TOKEN).sign_in(&local, b"token=0123456789abcdef", NOW).cookie.unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_session_is_good_for_twelve_hours_and_by_this_token_alone() {
        let list = |cookie: &str| Asking { cookie: Some(cookie.into()), ..asking("GET", LIST) };
        let good = session();
        let granted = Step::Ledger { method: "GET", path: "/commands" };
        assert_eq!(ask(&list(&good), NOW), granted);
        assert_eq!(ask(&list(&format!("a=b; {good}; c")), NOW + SESSION_S - 1), granted);
        assert_eq!(ask(&list(&good), NOW + SESSION_S), Step::Unauthorised);
        // Made by a clock that was ahead.
        assert_eq!(ask(&list(&good), NOW - 1), Step::Unauthorised);
        assert_eq!(Console::new("another token, as long").answer(&list(&good), NOW), Step::Unauthorised);
        let (name_and_end, mac) = good.split_once('.').unwrap();
        for forged in [
            String::new(),
            "opshook_console=".into(),
            name_and_end.into(),
            format!("{name_and_end}."),
            format!("{name_and_end}.{}", &mac[1..]),
            format!("{name_and_end}.{}0", &mac[..63]) + if mac.ends_with('0') { "0" } else { "" },
            format!("opshook_console=1800043199.{mac}"),
            format!("opshook_console=+1800043200.{mac}"),
            format!("opshook_console2=1800043200.{mac}"),
            good.replace("opshook", "Opshook"),
        ] {
            assert_eq!(ask(&list(&forged), NOW), Step::Unauthorised, "{forged}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn what_a_browser_sends_on_its_own_changes_nothing_from_elsewhere() {
        let cancels = Step::Ledger { method: "DELETE", path: "/commands/ABC" };
        let with = |origin: Option<&str>| Asking {
            cookie: Some(session()),
            origin: origin.map(ToOwned::to_owned),
            ..asking("POST", CANCEL)
        };
        assert_eq!(ask(&with(Some(HOST)), NOW), cancels);
        for origin in [
            None,
            Some("null"),
            Some("http://ops.example"),
            Some("https://ops.example:444"),
            Some("https://evil.example"),
            Some(""),
        ] {
            assert_eq!(ask(&with(origin), NOW), Step::Forbidden, "{origin:?}");
            let sign_in =
                Asking { origin: origin.map(ToOwned::to_owned), ..asking("POST", "https://ops.example/console") };
            assert_eq!(ask(&sign_in, NOW), Step::Forbidden, "{origin:?}");
            let sign_out = Asking { path: END, ..sign_in };
            assert_eq!(ask(&sign_out, NOW), Step::Forbidden, "{origin:?}");
        }
        // No browser sends this on its own.
        let token = Asking { authorization: Some(format!("bearer {TOKEN}")), ..asking("POST", CANCEL) };
        assert_eq!(ask(&token, NOW), cancels);
        assert_eq!(ask(&asking("POST", CANCEL), NOW), Step::Unauthorised);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn somebody_signs_in_where_they_wanted_to_go() {
        let url = "https://ops.example/console?state=Ready&who=a%2Fb";
        assert_eq!(ask(&asking("GET", url), NOW), page("/sign-in.html"));
        assert_eq!(ask(&Asking { cookie: Some(session()), ..asking("GET", url) }, NOW), page("/console.html"));
        let form = Asking { origin: Some(HOST.into()), ..asking("POST", url) };
        assert_eq!(ask(&form, NOW), Step::SignIn);
        let signed_in = |body: &str| {
            let Redirection { location, cookie } = Console::new(TOKEN).sign_in(&form, body.as_bytes(), NOW);
            (location, cookie.is_some())
        };
        assert_eq!(signed_in("token=0123456789abcdef"), ("/console?state=Ready&who=a%2Fb".to_owned(), true));
        assert_eq!(signed_in("token=+0123456789abcdef%0A&x=y"), ("/console?state=Ready&who=a%2Fb".to_owned(), true));
        for wrong in ["", "token=", "token=0123456789abcde", "Token=0123456789abcdef", "token=x&token=0123456789abcdef"]
        {
            assert_eq!(signed_in(wrong), ("/console?state=Ready&who=a%2Fb#wrong".to_owned(), false), "{wrong}");
        }
        let end = Asking { origin: Some(HOST.into()), ..asking("POST", "https://ops.example/console/end") };
        let Step::Go(Redirection { location, cookie: Some(cookie) }) = ask(&end, NOW) else { panic!() };
        assert_eq!(location, "/console");
        assert_eq!(cookie, "opshook_console=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn other_addresses_are_not_there() {
        let all = [
            "/api",
            "/api/",
            "/api/command",
            "/api/commands/",
            "/api/commands/A/b",
            "/api/audit/",
            "/console/",
            "/console/x",
        ];
        for path in all {
            for method in ["GET", "POST"] {
                let request = Asking {
                    authorization: Some(format!("Bearer {TOKEN}")),
                    ..asking(method, "https://ops.example/x")
                };
                assert_eq!(ask(&Asking { path, ..request }, NOW), Step::NotFound, "{method} {path}");
            }
        }
        let methods: Vec<_> = ["POST", "PUT", "DELETE"].map(|method| ask(&asking(method, LIST), NOW)).into();
        assert_eq!(methods, [Step::NotFound, Step::NotFound, Step::NotFound]);
        assert_eq!(ask(&asking("PUT", "https://ops.example/console"), NOW), Step::NotFound);
    }
}
