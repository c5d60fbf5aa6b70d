//! The pages: which file answers which address, and what every page tells the browser.

/// A file of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its path in the folder of assets, with the `/` before it.
    pub file: &'static str,
    /// What it is, for `content-type`.
    pub content_type: &'static str,
}

/// What goes with every page. Nothing is loaded from elsewhere, nothing runs that is not a file of the site, nobody frames it.
/// Browsers ask each time whether it has changed: it does with a deployment, all files at once.
pub const HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    // Not `no-referrer`: browsers would not even say to us which page a form comes from.
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-cache"),
];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page at an address.
#[must_use]
pub fn page(path: &str) -> Option<Page> {
    let (file, content_type) = match path {
        "/" => ("/index.html", HTML),
        "/zh" => ("/zh.html", HTML),
        "/openapi.json" => ("/openapi.json", "application/json"),
        "/style.css" => ("/style.css", "text/css; charset=utf-8"),
        "/theme.js" => ("/theme.js", SCRIPT),
        "/reference.js" => ("/reference.js", SCRIPT),
        "/console.js" => ("/console.js", SCRIPT),
        "/icon.svg" => ("/icon.svg", "image/svg+xml"),
        _ => return None,
    };
    Some(Page { file, content_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn only_addresses_of_the_list_lead_to_a_file() {
        assert_eq!(page("/"), Some(Page { file: "/index.html", content_type: "text/html; charset=utf-8" }));
        assert_eq!(page("/zh").map(|page| page.file), Some("/zh.html"));
        for path in ["", "/index.html", "/zh/", "/../wrangler.toml", "//", "/ZH"] {
            assert_eq!(page(path), None, "{path}");
        }
    }
}
