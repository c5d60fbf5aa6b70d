//! Signing takes nothing from the heap, and neither does reading and verifying an ordinary request.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use acs_sign::{
    AccessKey, AccessKeySecret, Body, Credentials, Format, Method, Nonce, ReceivedRequest, Scheme, SecurityToken,
    SignableRequest, SigningKey, SigningTime,
};
use allocation_counter::measure;
use core::hint::black_box;

const SECRET: &str = "testsecret";
const FIELDS: [(&str, &str); 4] = [
    ("ImageId", "m-bp1e79zktg26n2b0001"),
    ("Operation", "Share"),
    ("RegionId", "cn-hangzhou"),
    ("ClientToken", "a b*c~d+e/'()!"),
];

fn key(scheme: Scheme, token: bool) -> SigningKey {
    let token = token.then(|| SecurityToken::new("CAISexample+token/==").unwrap());
    SigningKey::new(scheme, &Credentials { key: AccessKey::new("testid", SECRET).unwrap(), token })
}

fn request<'a>(
    query: &'a [(&'a str, &'a str)],
    body: Body<'a>,
    headers: &'a [(&'a str, &'a str)],
) -> SignableRequest<'a> {
    SignableRequest {
        method: Method::Post,
        host: "swas.cn-hangzhou.aliyuncs.com",
        action: "ModifyImageShareStatus",
        version: "2020-06-01",
        format: Format::Json,
        query,
        body,
        headers,
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

/// In the query, in a form, with bytes; with a token and with headers of one's own.
fn each(mut check: impl FnMut(Scheme, &SigningKey, &SignableRequest<'_>, &str)) {
    let bytes = Body::Raw { content_type: "application/octet-stream", bytes: b"\0\xff" };
    for scheme in Scheme::ALL {
        for token in [false, true] {
            let key = key(scheme, token);
            check(scheme, &key, &request(&FIELDS, Body::Empty, &[]), "query");
            check(scheme, &key, &request(&[], Body::Form(&FIELDS), &[]), "form");
            check(scheme, &key, &request(&FIELDS, bytes, &[("x-acs-test", "v")]), "bytes");
        }
    }
}

#[test]
fn signing_takes_nothing_from_the_heap() {
    let (time, nonce) = (SigningTime::from_unix_seconds(1_698_315_752).unwrap(), Nonce::from_random([0x31; 16]));
    each(|scheme, key, request, case| {
        let mut signed = Ok(0);
        let count = allocations(|| signed = black_box(key.sign(request, time, &nonce)).map(|_| 1));
        assert_eq!((signed, count), (Ok(1), 0), "{scheme} {case}");
        // The counter counts.
        assert!(allocations(|| drop(black_box(key.http_request(request, time, &nonce)))) > 0, "{scheme} {case}");
    });
}

#[test]
fn verifying_takes_nothing_from_the_heap() {
    let (time, nonce) = (SigningTime::from_unix_seconds(1_698_315_752).unwrap(), Nonce::from_random([0x31; 16]));
    let secret = AccessKeySecret::new(SECRET).unwrap();
    each(|scheme, key, request, case| {
        let http = key.http_request(request, time, &nonce).unwrap();
        let headers = http.headers.iter().map(|(name, value)| (&**name, value.as_bytes()));
        let headers: Vec<_> = headers.chain([("Host", http.host.as_bytes())]).collect();
        let received =
            ReceivedRequest { method: "POST", target: &http.path_and_query, headers: &headers, body: &http.body };
        let mut verdict = Ok(());
        let count = allocations(|| verdict = black_box(&received).claims().and_then(|claims| claims.verify(&secret)));
        assert_eq!((verdict, count), (Ok(()), 0), "{scheme} {case}");
    });
}
