//! What holds for any parameters and any bytes.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

extern crate alloc;

use acs_sign::{
    AccessKey, AccessKeySecret, Body, Credentials, Format, HttpRequest, Method, Nonce, ReceivedRequest, Scheme,
    SecurityToken, SignableRequest, SigningKey, SigningTime, Stages, VerifyError,
};
use alloc::borrow::Cow;
use proptest::{collection, prelude::*, sample::Index};
use std::collections::HashMap;

const SECRET: &str = "testsecret";

/// Everything that varies from request to request.
#[derive(Clone, Debug)]
struct Call {
    scheme: Scheme,
    method: Method,
    token: bool,
    format: Format,
    seconds: i64,
    nonce: [u8; 16],
    query: Vec<(String, String)>,
    body: AnyBody,
    headers: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum AnyBody {
    Empty,
    Form(Vec<(String, String)>),
    Raw(Vec<u8>),
}

/// A name or value: empty, plain, full of reserved characters, any Unicode.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[A-Za-z0-9._~-]{1,12}",
        "[ +%&=*'()!/?#\"\\\\\n\0]{1,8}",
        "\\PC{1,8}",
        any::<String>()
    ]
}

/// More than the 32 that need no allocation, sometimes.
fn parameters(prefix: &'static str) -> impl Strategy<Value = Vec<(String, String)>> {
    collection::hash_map(text().prop_map(move |name| format!("{prefix}{name}")), text(), 0..40)
        .prop_map(|pairs: HashMap<_, _>| pairs.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

fn call() -> impl Strategy<Value = Call> {
    let scheme = prop_oneof![Just(Scheme::Rpc), Just(Scheme::Acs3)];
    let method = prop_oneof![Just(Method::Get), Just(Method::Post)];
    let format = prop_oneof![Just(Format::Json), Just(Format::Xml)];
    // The prefixes keep query and form apart: a name in both has no canonical form.
    let body = prop_oneof![
        Just(AnyBody::Empty),
        parameters("f").prop_map(AnyBody::Form),
        collection::vec(any::<u8>(), 0..100).prop_map(AnyBody::Raw)
    ];
    let headers = collection::hash_map("x-acs-test-[a-z0-9-]{0,3}", "[ -~\t]{0,10}", 0..3)
        .prop_map(|headers| headers.into_iter().collect());
    let rest = (0..253_402_300_800_i64, any::<[u8; 16]>(), parameters(""), body, headers);
    (scheme, method, any::<bool>(), format, rest)
        .prop_map(|(scheme, method, token, format, (seconds, nonce, query, body, headers))| {
            // A GET carries no body, and with ACS3 no form either.
            let body = match (method, scheme, body) {
                (Method::Get, _, AnyBody::Raw(_)) | (Method::Get, Scheme::Acs3, _) => AnyBody::Empty,
                (_, _, body) => body,
            };
            Call { scheme, method, token, format, seconds, nonce, query, body, headers }
        })
        // Names of `parameters("")` that fall on RPC's own, or on a name of the form.
        .prop_filter("distinct names", |call| {
            let form = if let AnyBody::Form(fields) = &call.body { &fields[..] } else { &[] };
            call.query.iter().all(|(name, _)| !form.iter().any(|(other, _)| other == name))
        })
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (&**name, &**value)).collect()
}

impl Call {
    fn credentials(&self) -> Credentials {
        Credentials {
            key: AccessKey::new("testid", SECRET).unwrap(),
            token: self.token.then(|| SecurityToken::new("CAISexample+token/==").unwrap()),
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&SignableRequest<'_>) -> T) -> T {
        let form = if let AnyBody::Form(fields) = &self.body { borrowed(fields) } else { Vec::new() };
        use_it(&SignableRequest {
            method: self.method,
            host: "swas.cn-hangzhou.aliyuncs.com:8788",
            action: "ModifyImageShareStatus",
            version: "2020-06-01",
            format: self.format,
            query: &borrowed(&self.query),
            body: match &self.body {
                AnyBody::Empty => Body::Empty,
                AnyBody::Form(_) => Body::Form(&form),
                AnyBody::Raw(bytes) => Body::Raw { content_type: "application/octet-stream", bytes },
            },
            headers: &borrowed(&self.headers),
        })
    }

    fn time(&self) -> SigningTime {
        SigningTime::from_unix_seconds(self.seconds).unwrap()
    }

    fn stages(&self) -> Stages {
        let nonce = Nonce::from_random(self.nonce);
        self.with(|request| Stages::of(request, self.scheme, &self.credentials(), self.time(), &nonce).unwrap())
    }

    fn http(&self) -> HttpRequest {
        let (key, nonce) = (SigningKey::new(self.scheme, &self.credentials()), Nonce::from_random(self.nonce));
        self.with(|request| key.http_request(request, self.time(), &nonce).unwrap())
    }
}

fn received<T>(http: &HttpRequest, use_it: impl FnOnce(&ReceivedRequest<'_>) -> T) -> T {
    let headers = http.headers.iter().map(|(name, value)| (&**name, value.as_bytes()));
    let headers: Vec<_> = headers.chain([("host", http.host.as_bytes())]).collect();
    use_it(&ReceivedRequest {
        method: http.method.name(),
        target: &http.path_and_query,
        headers: &headers,
        body: &http.body,
    })
}

fn verify(request: &ReceivedRequest<'_>) -> Result<(), VerifyError> {
    request.claims()?.verify(&AccessKeySecret::new(SECRET).unwrap())
}

/// Changes one byte into another one.
fn alter(bytes: &mut [u8], at: Index, by: u8) {
    let at = at.index(bytes.len());
    bytes[at] ^= by;
}

proptest! {
    #[test]
    fn what_is_signed_verifies(call in call()) {
        let (http, stages) = (call.http(), call.stages());
        received(&http, |request| {
            let claims = request.claims().unwrap();
            prop_assert_eq!(claims.verify(&AccessKeySecret::new(SECRET).unwrap()), Ok(()));
            prop_assert_eq!(claims.canonical_request(), stages.canonical_request.clone());
            prop_assert_eq!(claims.signature(), stages.signature.as_str());
            prop_assert_eq!(claims.time(), call.time());
            prop_assert_eq!(claims.security_token().is_some(), call.token);
            let form = if let AnyBody::Form(fields) = &call.body { borrowed(fields) } else { Vec::new() };
            let given = borrowed(&call.query).into_iter().chain(form);
            let given: Vec<(Cow<'_, str>, Cow<'_, str>)> = given.map(|(n, v)| (n.into(), v.into())).collect();
            prop_assert_eq!(claims.parameters().collect::<Vec<_>>(), given);
            Ok(())
        })?;
    }

    #[test]
    fn order_does_not_matter(call in call(), seed in any::<Index>()) {
        let mut turned = call.clone();
        let middle = if turned.query.is_empty() { 0 } else { seed.index(turned.query.len()) };
        turned.query.rotate_left(middle);
        turned.headers.reverse();
        prop_assert_eq!(turned.stages(), call.stages());
        if call.scheme == Scheme::Rpc && let AnyBody::Form(fields) = &mut turned.body {
            fields.reverse();
            prop_assert_eq!(turned.stages(), call.stages());
        }
    }

    #[test]
    fn another_secret_does_not_verify(call in call(), secret in "[!-~]{1,80}") {
        prop_assume!(secret != SECRET);
        let string_to_sign = call.stages().string_to_sign;
        let verdict = received(&call.http(), |request| request.claims()?.verify(&AccessKeySecret::new(secret).unwrap()));
        prop_assert_eq!(verdict, Err(VerifyError::SignatureMismatch { string_to_sign }));
    }

    /// Whatever still verifies is the same request spelled in another way.
    #[test]
    fn an_altered_byte_of_the_target_is_found(call in call(), at in any::<Index>(), by in 1..128_u8) {
        let http = call.http();
        let mut target = http.path_and_query.clone().into_bytes();
        alter(&mut target, at, by);
        let altered = HttpRequest { path_and_query: String::from_utf8(target).unwrap(), ..http.clone() };
        received(&altered, |request| {
            if verify(request).is_ok() {
                prop_assert_eq!(request.claims().unwrap().canonical_request(), call.stages().canonical_request);
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_altered_byte_of_the_body_is_found(call in call(), at in any::<Index>(), by in 1..=255_u8) {
        let http = call.http();
        prop_assume!(!http.body.is_empty());
        let mut altered = http.clone();
        alter(&mut altered.body, at, by);
        let verdict = received(&altered, verify);
        match (call.scheme, &call.body) {
            (Scheme::Acs3, AnyBody::Raw(_)) => {
                let is_hash = |text: &String| text.len() == 64;
                let Err(VerifyError::BodyHashMismatch { claimed, actual }) = verdict else {
                    return Err(TestCaseError::fail(format!("{verdict:?}")));
                };
                prop_assert!(is_hash(&claimed) && is_hash(&actual) && claimed != actual);
            }
            // A form may not even decode any more; ACS3 hashes its spelling, RPC signs its meaning.
            (Scheme::Acs3, _) => prop_assert!(verdict.is_err(), "{:?}", verdict),
            (Scheme::Rpc, AnyBody::Raw(_)) => prop_assert_eq!(verdict, Ok(())),
            (Scheme::Rpc, _) => {
                if verdict.is_ok() {
                    let canonical = received(&altered, |request| request.claims().unwrap().canonical_request());
                    prop_assert_eq!(canonical, call.stages().canonical_request);
                }
            }
        }
    }

    #[test]
    fn an_altered_value_does_not_match(call in call(), which in any::<Index>(), value in text()) {
        let mut altered = call.clone();
        prop_assume!(!altered.query.is_empty());
        let which = which.index(altered.query.len());
        prop_assume!(altered.query[which].1 != value);
        altered.query[which].1 = value;
        let string_to_sign = altered.stages().string_to_sign;
        // The altered request with the signature of the original: what somebody on the way would send.
        let (mut sent, signature) = (altered.http(), call.stages().signature);
        let encoded = |signature: &str| signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let (ours, theirs) = (altered.stages().signature, signature);
        match call.scheme {
            Scheme::Rpc => {
                let (from, to) = (encoded(ours.as_str()), encoded(theirs.as_str()));
                sent.path_and_query = sent.path_and_query.replace(&from, &to);
                sent.body = String::from_utf8_lossy(&sent.body).replace(&from, &to).into_bytes();
            }
            Scheme::Acs3 => {
                for (_, header) in &mut sent.headers {
                    *header = header.replace(ours.as_str(), theirs.as_str());
                }
            }
        }
        prop_assert_eq!(received(&sent, verify), Err(VerifyError::SignatureMismatch { string_to_sign }));
    }

    #[test]
    fn any_request_is_read_without_a_panic(
        method in any::<String>(),
        target in any::<String>(),
        headers in collection::vec((any::<String>(), collection::vec(any::<u8>(), 0..20)), 0..5),
        body in collection::vec(any::<u8>(), 0..100),
    ) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let request = ReceivedRequest { method: &method, target: &target, headers: &headers, body: &body };
        prop_assert!(verify(&request).is_err());
    }

    #[test]
    fn any_query_form_and_authorization_are_read_without_a_panic(
        query in "([A-Za-z]{0,3}|=|&|\\+|%|%[0-9a-fA-F]{2}|%[g-z]|\\PC){0,30}",
        form in "([A-Za-z]{0,3}|=|&|\\+|%|%[0-9a-fA-F]{2}|%[g-z]|\\PC){0,30}",
        authorization in "(ACS3-HMAC-SHA256|acs|) ?(Credential=|,|;|SignedHeaders=|Signature=|[a-z0-9]{0,64}){0,12}",
    ) {
        let mut call = received(&HttpRequest {
            method: Method::Post,
            host: String::new(),
            path_and_query: format!("/?{query}"),
            headers: vec![("content-type".into(), "application/x-www-form-urlencoded".into())],
            body: form.clone().into_bytes(),
        }, |request| request.claims().map(drop));
        prop_assert!(call.is_err());
        let headers = [("authorization", authorization.as_bytes()), ("host", b"h"), ("x-acs-date", b"d")];
        let request = ReceivedRequest { method: "GET", target: &query, headers: &headers, body: form.as_bytes() };
        call = request.claims().map(drop);
        prop_assert!(call.is_err());
    }

    #[test]
    fn any_text_is_read_as_a_time_without_a_panic(text in "\\PC{0,30}|[0-9TZ:-]{20}") {
        if let Ok(time) = text.parse::<SigningTime>() {
            prop_assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn times_read_back(seconds in -62_167_219_200..253_402_300_800_i64) {
        let time = SigningTime::from_unix_seconds(seconds).unwrap();
        prop_assert_eq!(time.to_string().parse(), Ok(time));
        prop_assert_eq!(time.unix_seconds(), seconds);
    }
}
