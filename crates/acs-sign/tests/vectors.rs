//! Every vector, stage by stage: canonical form, string to sign, signature, and what `verify` says of the request.
//!
//! A case is a folder. Its `context.json` says what it starts from: `request` (inputs of `sign`), `parts` (inputs of the
//! stages, for bare signers), or neither (somebody else's client made `request.txt`, which is taken apart again).

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use acs_sign::{
    AccessKey, AccessKeySecret, Body, CanonicalRequest, Credentials, Format, HttpRequest, Method, ReceivedRequest,
    Scheme, SecurityToken, SignableRequest, SigningKey, Stages, sign,
};
use serde::Deserialize;

struct Case {
    scheme: Scheme,
    name: &'static str,
    context: &'static str,
    request: &'static str,
    canonical_request: &'static str,
    string_to_sign: &'static str,
    signature: &'static str,
}

/// Embeds the folders, so that the same list runs on wasm32, which has no file system.
macro_rules! cases {
    ($($scheme:ident $folder:literal: $($name:literal),+;)+) => {
        const CASES: &[Case] = &[$($(Case {
            scheme: Scheme::$scheme,
            name: $name,
            context: include_str!(concat!("vectors/", $folder, "/", $name, "/context.json")),
            request: include_str!(concat!("vectors/", $folder, "/", $name, "/request.txt")),
            canonical_request: include_str!(concat!("vectors/", $folder, "/", $name, "/canonical-request.txt")),
            string_to_sign: include_str!(concat!("vectors/", $folder, "/", $name, "/string-to-sign.txt")),
            signature: include_str!(concat!("vectors/", $folder, "/", $name, "/signature.txt")),
        }),+),+];
    };
}

cases! {
    Rpc "rpc":
        "create-user-get",
        "create-user-post",
        "describe-dedicated-hosts-get",
        "describe-dedicated-hosts-post",
        "describe-regions-get",
        "describe-regions-older-spelling",
        "describe-regions-post",
        "recorded-form-token",
        "recorded-get",
        "recorded-mixed-token",
        "sdk-empty-method",
        "sdk-query-and-body",
        "send-sms-get",
        "send-sms-post",
        "share-image-encoding",
        "share-image-form",
        "share-image-mixed",
        "share-image-query",
        "share-image-token";
    Acs3 "acs3":
        "form-body",
        "json-body",
        "query-encoding",
        "recorded-form-token",
        "recorded-get",
        "recorded-json",
        "recorded-query-token",
        "run-instances",
        "sdk-empty-method",
        "sdk-repeated-header",
        "share-image",
        "share-image-token",
        "share-image-token-alone";
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context<'a> {
    access_key_id: Option<&'a str>,
    access_key_secret: &'a str,
    security_token: Option<&'a str>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
    parts: Option<Parts<'a>>,
    /// `accepted`, or the error as it reads.
    verify: &'a str,
}

type Pairs = Vec<(String, String)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    method: &'a str,
    host: &'a str,
    action: &'a str,
    version: &'a str,
    format: &'a str,
    time: &'a str,
    nonce: &'a str,
    query: Pairs,
    form: Option<Pairs>,
    raw: Option<Raw>,
    #[serde(default)]
    headers: Pairs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    content_type: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum Parts<'a> {
    Rpc { method: &'a str, parameters: Pairs },
    Acs3 { method: &'a str, path: &'a str, query: Pairs, headers: Pairs, content_sha256: &'a str },
}

impl Context<'_> {
    fn secret(&self) -> AccessKeySecret {
        AccessKeySecret::new(self.access_key_secret).unwrap()
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            key: AccessKey::new(self.access_key_id.unwrap(), self.access_key_secret).unwrap(),
            token: self.security_token.map(|token| SecurityToken::new(token).unwrap()),
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn stages_agree() {
    for case in CASES {
        let context = read(case);
        let canonical_request = canonical_request(case, &context);
        assert_eq!(canonical_request.as_str(), case.canonical_request, "{}", case.name);
        let string_to_sign = canonical_request.string_to_sign();
        assert_eq!(string_to_sign.as_str(), case.string_to_sign, "{}", case.name);
        assert_eq!(string_to_sign.sign(&context.secret()).as_str(), case.signature, "{}", case.name);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn requests_are_written_as_expected() {
    for case in CASES {
        let context = read(case);
        let Some(request) = &context.request else { continue };
        with_signable(request, |signable| {
            let (credentials, time, nonce) =
                (context.credentials(), request.time.parse().unwrap(), request.nonce.parse().unwrap());
            let key = SigningKey::new(case.scheme, &credentials);
            let http = key.http_request(signable, time, &nonce).unwrap();
            assert_eq!(written(&http), case.request, "{}", case.name);
            let once = sign(signable, case.scheme, &credentials, time, &nonce).unwrap();
            assert_eq!(once.into_http_request(), http, "{}", case.name);
        });
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn received_requests_verify() {
    for case in CASES {
        let context = read(case);
        let verdict = received(case.request, |request| {
            let claims = request.claims()?;
            claims.verify(&context.secret())?;
            assert_eq!(claims.scheme(), case.scheme, "{}", case.name);
            assert_eq!(claims.signature(), case.signature, "{}", case.name);
            assert_eq!(claims.canonical_request().as_str(), case.canonical_request, "{}", case.name);
            assert_eq!(Some(claims.access_key_id()), context.access_key_id, "{}", case.name);
            let token = context.security_token.map(|token| SecurityToken::new(token).unwrap());
            assert_eq!(claims.security_token(), token, "{}", case.name);
            if let Some(request) = &context.request {
                assert_eq!(claims.action(), request.action, "{}", case.name);
                assert_eq!(claims.version(), request.version, "{}", case.name);
                assert_eq!(claims.time().to_string(), request.time, "{}", case.name);
                assert_eq!(claims.nonce(), request.nonce, "{}", case.name);
                let parameters: Vec<_> = request.query.iter().chain(request.form.iter().flatten()).collect();
                let claimed: Vec<_> =
                    claims.parameters().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
                assert_eq!(claimed.iter().collect::<Vec<_>>(), parameters, "{}", case.name);
            }
            Ok::<_, acs_sign::VerifyError>(())
        });
        let verdict = verdict.map_or_else(|error| error.to_string(), |()| "accepted".into());
        assert_eq!(verdict, context.verify, "{}", case.name);
    }
}

/// A folder that nobody listed would be a vector that nobody runs.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn every_folder_is_listed() {
    let vectors = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&vectors), ["acs3", "rpc"]);
    for scheme in Scheme::ALL {
        let folder = vectors.join(scheme.name());
        let listed: Vec<_> = CASES.iter().filter(|case| case.scheme == scheme).map(|case| case.name).collect();
        assert_eq!(names(&folder), listed);
        for case in listed {
            let files = ["canonical-request.txt", "context.json", "origin.md", "request.txt", "signature.txt"];
            assert_eq!(names(&folder.join(case)), [&files[..], &["string-to-sign.txt"]].concat(), "{case}");
        }
    }
}

fn read(case: &Case) -> Context<'static> {
    serde_json::from_str(case.context).unwrap_or_else(|error| panic!("{}: {error}", case.name))
}

fn canonical_request(case: &Case, context: &Context<'_>) -> CanonicalRequest {
    match (&context.request, &context.parts) {
        (Some(request), None) => with_signable(request, |signable| {
            let (time, nonce) = (request.time.parse().unwrap(), request.nonce.parse().unwrap());
            let stages = Stages::of(signable, case.scheme, &context.credentials(), time, &nonce).unwrap();
            assert_eq!(stages.string_to_sign, stages.canonical_request.string_to_sign(), "{}", case.name);
            assert_eq!(stages.signature.as_str(), case.signature, "{}", case.name);
            stages.canonical_request
        }),
        (None, Some(Parts::Rpc { method, parameters })) => CanonicalRequest::rpc(method, &borrowed(parameters)),
        (None, Some(Parts::Acs3 { method, path, query, headers, content_sha256 })) => {
            CanonicalRequest::acs3(method, path, &borrowed(query), &borrowed(headers), content_sha256)
        }
        (None, None) => received(case.request, |request| request.claims().unwrap().canonical_request()),
        (Some(_), Some(_)) => panic!("{}: both request and parts", case.name),
    }
}

fn borrowed(pairs: &Pairs) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn with_signable<T>(request: &Request<'_>, use_it: impl FnOnce(&SignableRequest<'_>) -> T) -> T {
    let form = request.form.as_ref().map(borrowed);
    let body = match (&form, &request.raw) {
        (None, None) => Body::Empty,
        (Some(fields), None) => Body::Form(fields),
        (None, Some(raw)) => Body::Raw { content_type: &raw.content_type, bytes: raw.text.as_bytes() },
        (Some(_), Some(_)) => panic!("both form and raw"),
    };
    let method = match request.method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => panic!("method {other}"),
    };
    let format = match request.format {
        "JSON" => Format::Json,
        "XML" => Format::Xml,
        other => panic!("format {other}"),
    };
    use_it(&SignableRequest {
        method,
        host: request.host,
        action: request.action,
        version: request.version,
        format,
        query: &borrowed(&request.query),
        body,
        headers: &borrowed(&request.headers),
    })
}

/// The request as HTTP/1.1 text, with LF for CRLF.
fn written(http: &HttpRequest) -> String {
    let mut text = format!("{} {} HTTP/1.1\nhost: {}\n", http.method.name(), http.path_and_query, http.host);
    for (name, value) in &http.headers {
        text += &format!("{name}: {value}\n");
    }
    text + "\n" + str::from_utf8(&http.body).unwrap()
}

/// Takes such a text apart as a server would.
fn received<T>(text: &str, use_it: impl FnOnce(&ReceivedRequest<'_>) -> T) -> T {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.split('\n');
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let headers: Vec<_> =
        lines.map(|line| line.split_once(": ").map(|(name, value)| (name, value.as_bytes())).unwrap()).collect();
    use_it(&ReceivedRequest {
        method,
        target: rest.strip_suffix(" HTTP/1.1").unwrap(),
        headers: &headers,
        body: body.as_bytes(),
    })
}
