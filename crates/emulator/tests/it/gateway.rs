//! Who may call: each of the gateway's refusals, provoked.

use crate::caller::{Answer, Call, NOW, answer, config, key, response, temporary_key};
use acs_sign::{CanonicalRequest, Format, Method, Scheme};
use emulator::{BODY_LIMIT, Emulator, HttpRequest};

fn emulator() -> Emulator {
    Emulator::new(config())
}

fn list_regions() -> Call<'static> {
    Call::new("ListRegions", &[])
}

fn acs3() -> Call<'static> {
    Call { scheme: Scheme::Acs3, ..list_regions() }
}

/// Sends a signed request after changing it.
fn altered(call: &Call<'_>, change: impl FnOnce(&mut HttpRequest)) -> Answer {
    let mut request = call.request();
    change(&mut request);
    answer(&mut emulator(), NOW, &request)
}

/// Replaces text in the target, which must be there.
fn in_target(from: &'static str, to: &'static str) -> impl FnOnce(&mut HttpRequest) {
    move |request| {
        assert!(request.path_and_query.contains(from), "{request:?} has no {from}");
        request.path_and_query = request.path_and_query.replacen(from, to, 1);
    }
}

fn without_header(name: &'static str) -> impl FnOnce(&mut HttpRequest) {
    move |request| {
        let before = request.headers.len();
        request.headers.retain(|(header, _)| header != name);
        assert_eq!(request.headers.len(), before - 1, "no {name}");
    }
}

fn with_header(name: &'static str, change: impl FnOnce(&mut String)) -> impl FnOnce(&mut HttpRequest) {
    move |request| change(&mut request.headers.iter_mut().find(|(header, _)| header == name).unwrap().1)
}

#[test]
fn every_way_of_calling_is_accepted() {
    let mut emulator = emulator();
    for scheme in [Scheme::Rpc, Scheme::Acs3] {
        for (method, in_form) in [(Method::Get, false), (Method::Post, false), (Method::Post, true)] {
            for credentials in
                [key("testid", "testsecret"), temporary_key("STS.id", "stssecret", "CAISexample+token/==")]
            {
                let call = Call { scheme, method, in_form, credentials, ..list_regions() };
                assert_eq!(call.send(&mut emulator).status, 200);
            }
        }
    }
}

#[test]
fn an_absent_common_parameter_is_named() {
    let call = list_regions();
    for (parameter, name) in [
        ("Action=ListRegions&", "Action"),
        ("Version=2020-06-01&", "Version"),
        ("SignatureMethod=HMAC-SHA1&", "SignatureMethod"),
        ("SignatureVersion=1.0&", "SignatureVersion"),
        ("Timestamp=2023-10-26T10%3A22%3A32Z&", "Timestamp"),
    ] {
        let refused = altered(&call, in_target(parameter, ""));
        assert_eq!(refused.code(), (400, "MissingParameter"), "{name}");
        assert_eq!(
            refused.body["Message"],
            format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied.")
        );
    }
    let refused = altered(&call, in_target("AccessKeyId=testid&", ""));
    assert_eq!(refused.code(), (400, "MissingAccessKeyId"));
    assert_eq!(refused.body["Message"], "AccessKeyId is mandatory for this action.");
    let refused = altered(&Call { nonce: Some("n"), ..call.clone() }, in_target("SignatureNonce=n&", ""));
    assert_eq!(refused.body["Message"].as_str().unwrap().split('"').nth(1), Some("SignatureNonce"));
    let refused = altered(&call, |request| {
        let at = request.path_and_query.find("&Signature=").unwrap();
        request.path_and_query.truncate(at);
    });
    assert_eq!(refused.body["Message"].as_str().unwrap().split('"').nth(1), Some("Signature"));
}

#[test]
fn an_absent_header_of_acs3_is_an_incomplete_signature() {
    for name in ["x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256", "host"] {
        assert_eq!(altered(&acs3(), without_header(name)).code(), (400, "IncompleteSignature"), "{name}");
    }
    assert_eq!(altered(&acs3(), without_header("x-acs-action")).code(), (400, "MissingParameter"));
    assert_eq!(altered(&acs3(), without_header("x-acs-version")).code(), (400, "MissingParameter"));
    assert_eq!(altered(&acs3(), without_header("authorization")).code(), (400, "MissingAccessKeyId"));
}

#[test]
fn a_malformed_authorization_is_an_incomplete_signature() {
    for part in ["Credential=", "SignedHeaders=", "Signature="] {
        let refused = altered(&acs3(), with_header("authorization", |value| *value = value.replacen(part, "X=", 1)));
        assert_eq!(refused.code(), (400, "IncompleteSignature"), "{part}");
        assert_eq!(refused.body["Message"], "The request signature does not conform to Aliyun standards.");
    }
    let unsigned =
        altered(&acs3(), with_header("authorization", |value| *value = value.replacen("x-acs-action;", "", 1)));
    assert_eq!(unsigned.code(), (400, "IncompleteSignature"));
}

#[test]
fn an_unknown_key() {
    for call in [list_regions(), acs3()] {
        let refused = Call { credentials: key("nobody", "testsecret"), ..call }.send(&mut emulator());
        assert_eq!(refused.code(), (404, "InvalidAccessKeyId.NotFound"));
        assert_eq!(refused.body["Message"], "Specified access key is not found.");
    }
}

#[test]
fn the_window_is_fifteen_minutes_either_way() {
    for call in [list_regions(), acs3()] {
        for (signed_at, code) in [
            (NOW - 900, (200, "")),
            (NOW + 900, (200, "")),
            (NOW - 901, (400, "InvalidTimeStamp.Expired")),
            (NOW + 901, (400, "InvalidTimeStamp.Expired")),
        ] {
            assert_eq!(Call { signed_at, ..call.clone() }.send(&mut emulator()).code(), code);
        }
    }
}

#[test]
fn a_malformed_time() {
    let refused = altered(&list_regions(), in_target("10%3A22%3A32Z", "10%3A22%3A32%2B08%3A00"));
    assert_eq!(refused.code(), (400, "InvalidTimeStamp.Format"));
    let refused = altered(&acs3(), with_header("x-acs-date", |value| *value = "yesterday".to_owned()));
    assert_eq!(refused.code(), (400, "InvalidTimeStamp.Format"));
}

#[test]
fn a_nonce_counts_once_per_key_and_for_longer_than_the_window() {
    for scheme in [Scheme::Rpc, Scheme::Acs3] {
        let mut emulator = emulator();
        let call = Call { scheme, nonce: Some("once"), ..list_regions() };
        assert_eq!(call.send(&mut emulator).status, 200);
        assert_eq!(call.send(&mut emulator).code(), (400, "SignatureNonceUsed"));
        let other_key = temporary_key("STS.id", "stssecret", "CAISexample+token/==");
        assert_eq!(Call { credentials: other_key, ..call.clone() }.send(&mut emulator).status, 200);

        let ahead = Call { nonce: Some("ahead"), signed_at: NOW + 900, ..call.clone() };
        let request = ahead.request();
        assert_eq!(answer(&mut emulator, NOW, &request).status, 200);
        assert_eq!(answer(&mut emulator, NOW + 1800, &request).code(), (400, "SignatureNonceUsed"));
        assert_eq!(answer(&mut emulator, NOW + 1801, &request).code(), (400, "InvalidTimeStamp.Expired"));
    }
}

#[test]
fn a_forged_call_does_not_use_up_a_nonce() {
    let mut emulator = emulator();
    let forged = Call { nonce: Some("mine"), credentials: key("testid", "wrong"), ..list_regions() };
    assert_eq!(forged.send(&mut emulator).code(), (400, "SignatureDoesNotMatch"));
    assert_eq!(Call { nonce: Some("mine"), ..list_regions() }.send(&mut emulator).status, 200);
}

#[test]
fn other_signature_methods() {
    let call = list_regions();
    assert_eq!(altered(&call, in_target("HMAC-SHA1", "HMAC-SHA256")).code(), (400, "InvalidSignatureMethod"));
    assert_eq!(
        altered(&call, in_target("SignatureVersion=1.0", "SignatureVersion=2.0")).code(),
        (400, "IncompleteSignature")
    );
    let sm3 = with_header("authorization", |value| *value = value.replacen("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3", 1));
    assert_eq!(altered(&acs3(), sm3).code(), (400, "InvalidSignatureMethod"));
}

#[test]
fn a_wrong_signature_is_answered_with_the_servers_string_to_sign() {
    let call = Call { nonce: Some("n-1"), ..list_regions() };
    let refused = Call { credentials: key("testid", "wrong"), ..call.clone() }.send(&mut emulator());
    assert_eq!(refused.code(), (400, "SignatureDoesNotMatch"));
    assert_eq!(
        refused.body["Message"],
        "Specified signature is not matched with our calculation. server string to sign is:\
         POST&%2F&AccessKeyId%3Dtestid%26Action%3DListRegions%26Format%3DJSON%26SignatureMethod%3DHMAC-SHA1\
         %26SignatureNonce%3Dn-1%26SignatureVersion%3D1.0%26Timestamp%3D2023-10-26T10%253A22%253A32Z\
         %26Version%3D2020-06-01"
    );
    let refused = Call { scheme: Scheme::Acs3, credentials: key("testid", "wrong"), ..call }.send(&mut emulator());
    assert_eq!(refused.code(), (400, "SignatureDoesNotMatch"));
    let message = refused.body["Message"].as_str().unwrap();
    let start = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n";
    let hash = message.strip_prefix(start).and_then(|rest| rest.strip_suffix(']')).unwrap();
    assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message}");
}

#[test]
fn an_altered_byte_anywhere_breaks_the_signature() {
    let share = [("RegionId", "cn-hangzhou"), ("ImageId", "m-bp1e79zktg26n2b0001"), ("Operation", "Share")];
    for scheme in [Scheme::Rpc, Scheme::Acs3] {
        for in_form in [false, true] {
            let call = Call { scheme, in_form, ..Call::new("ModifyImageShareStatus", &share) };
            let refused = altered(&call, |request| {
                let changed = |text: &str| text.replacen("n2b0001", "n2b0002", 1);
                request.path_and_query = changed(&request.path_and_query);
                request.body = changed(core::str::from_utf8(&request.body).unwrap()).into_bytes();
            });
            assert_eq!(refused.code(), (400, "SignatureDoesNotMatch"), "{scheme} {in_form}");
        }
    }
}

#[test]
fn tokens() {
    let temporary = temporary_key("STS.id", "stssecret", "CAISexample+token/==");
    let permanent = key("testid", "testsecret");
    for call in [list_regions(), acs3()] {
        let without = Call { credentials: temporary.key.clone().into(), ..call.clone() }.send(&mut emulator());
        assert_eq!(without.code(), (400, "MissingSecurityToken"));
        assert_eq!(without.body["Message"], "SecurityToken is mandatory for this action.");
        let other = Call { credentials: temporary_key("STS.id", "stssecret", "another"), ..call.clone() };
        assert_eq!(other.send(&mut emulator()).code(), (400, "InvalidSecurityToken.MismatchWithAccessKey"));
        let needless = Call { credentials: temporary_key("testid", "testsecret", "needless"), ..call.clone() };
        assert_eq!(needless.send(&mut emulator()).code(), (400, "InvalidSecurityToken.MismatchWithAccessKey"));
        assert_eq!(Call { credentials: permanent.clone(), ..call }.send(&mut emulator()).status, 200);
    }
    let call = Call { credentials: temporary, ..list_regions() };
    let malformed = altered(&call, in_target("SecurityToken=CAIS", "SecurityToken=%20CAIS"));
    assert_eq!(malformed.code(), (400, "InvalidSecurityToken.Malformed"));
}

#[test]
fn unknown_versions_and_actions() {
    for call in [list_regions(), acs3()] {
        for version in ["2014-05-26", "BadVersion"] {
            let refused = Call { version, ..call.clone() }.send(&mut emulator());
            assert_eq!(refused.code(), (400, "InvalidVersion"));
            assert_eq!(refused.body["Message"], "Specified parameter Version is not valid.");
        }
        // The case counts.
        for action in ["listRegions", "RunInstances"] {
            let refused = Call { action, ..call.clone() }.send(&mut emulator());
            assert_eq!(refused.code(), (404, "InvalidAction.NotFound"));
            assert_eq!(refused.body["Message"], "Specified api is not found, please check your url and method.");
        }
    }
}

#[test]
fn other_methods_and_paths() {
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "get", ""] {
        let refused = altered(&list_regions(), |request| request.method = method.to_owned());
        assert_eq!(refused.code(), (400, "UnsupportedHTTPMethod"), "{method}");
    }
    let refused = altered(&list_regions(), in_target("/?", "/api?"));
    assert_eq!(refused.code(), (404, "InvalidAction.NotFound"));
}

#[test]
fn formats() {
    let call = Call { format: Format::Xml, ..Call::new("DeleteCustomImage", &[]) };
    let xml = response(&mut emulator(), NOW, &call.request());
    assert_eq!(xml.status, 400);
    assert_eq!(xml.header("content-type"), Some("text/xml;charset=utf-8"));
    assert_eq!(xml.header("date"), Some("Thu, 26 Oct 2023 10:22:32 GMT"));
    let id = xml.header("x-acs-request-id").unwrap();
    assert_eq!(
        String::from_utf8(xml.body.clone()).unwrap(),
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>{id}</RequestId><HostId>127.0.0.1:8788</HostId>\
             <Code>MissingRegionId</Code><Message>RegionId is mandatory for this action.</Message>\
             <Recommend>https://api.aliyun.com/troubleshoot?q=MissingRegionId&amp;product=SWAS-OPEN&amp;requestId={id}\
             </Recommend></Error>"
        )
    );
    let json = response(&mut emulator(), NOW, &Call { format: Format::Json, ..call }.request());
    assert_eq!(json.header("content-type"), Some("application/json;charset=utf-8"));

    // Nothing said: XML for RPC, even where nothing else can be read; JSON for ACS3, whatever `accept` says.
    let silent =
        HttpRequest { method: "GET".to_owned(), path_and_query: "/".to_owned(), headers: vec![], body: vec![] };
    let refused = response(&mut emulator(), NOW, &silent);
    assert_eq!((refused.status, refused.header("content-type")), (400, Some("text/xml;charset=utf-8")));
    let call = Call { format: Format::Xml, ..acs3() };
    let answered = response(&mut emulator(), NOW, &call.request());
    assert_eq!((answered.status, answered.header("content-type")), (200, Some("application/json;charset=utf-8")));
}

#[test]
fn an_unknown_format_is_refused_in_xml() {
    let mut parameters = vec![
        ("AccessKeyId", "testid"),
        ("Action", "ListRegions"),
        ("Format", "YAML"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "n"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2023-10-26T10:22:32Z"),
        ("Version", "2020-06-01"),
    ];
    let string_to_sign = CanonicalRequest::rpc("GET", &parameters).string_to_sign();
    let signature = string_to_sign.sign(key("testid", "testsecret").key.secret());
    parameters.push(("Signature", signature.as_str()));
    let query = form_urlencoded::Serializer::for_suffix("/?".to_owned(), 2).extend_pairs(parameters).finish();
    let request = HttpRequest { method: "GET".to_owned(), path_and_query: query, headers: vec![], body: vec![] };
    let refused = response(&mut emulator(), NOW, &request);
    let body = String::from_utf8(refused.body).unwrap();
    assert!(body.contains("<Code>InvalidParameter</Code>") && body.contains("\"Format\" is not valid"), "{body}");
}

#[test]
fn https_only_where_asked_for() {
    static OPERATION: acs_rpc::Operation = acs_rpc::Operation {
        product: "Test",
        version: "2020-01-01",
        name: "Guarded",
        summary: "",
        methods: &[acs_rpc::Method::Post],
        https_only: true,
        path: "/",
        body_type: None,
        parameters: &[],
        errors: &[],
        success_flag: false,
        named: &[],
    };
    static REFERENCE: acs_rpc::OperationReference = acs_rpc::OperationReference {
        operation: &OPERATION,
        description: "",
        deprecated: false,
        parameters: &[],
        response: None,
        named: &[],
        messages: &[],
        examples: &[],
    };
    let emulator = |require_tls| {
        let mut config = config();
        config.operations.push(&REFERENCE);
        config.require_tls = require_tls;
        Emulator::new(config)
    };
    let call = Call { version: "2020-01-01", ..Call::new("Guarded", &[]) };
    assert_eq!(call.send(&mut emulator(false)).status, 200);
    let refused = call.send(&mut emulator(true));
    assert_eq!(refused.code(), (400, "InvalidProtocol.NeedSsl"));
    assert_eq!(refused.body["Recommend"].as_str().unwrap().split(['=', '&']).nth(3), Some("Test"));
    let mut request = call.request();
    request.headers.push(("X-Forwarded-Proto".to_owned(), "https".to_owned()));
    assert_eq!(answer(&mut emulator(true), NOW, &request).status, 200);
    // Its one method is POST.
    let refused = Call { method: Method::Get, ..call }.send(&mut emulator(false));
    assert_eq!(refused.code(), (400, "UnsupportedHTTPMethod"));
}

#[test]
fn a_body_over_the_limit() {
    let at_limit = altered(&list_regions(), |request| request.body = vec![b'x'; BODY_LIMIT]);
    assert_eq!(at_limit.status, 200);
    let over = altered(&list_regions(), |request| request.body = vec![b'x'; BODY_LIMIT + 1]);
    assert_eq!(over.code(), (413, "RequestEntityTooLarge"));
}

#[test]
fn bytes_that_are_no_text() {
    let call = Call::new("ListRegions", &[("AcceptLanguage", "zh-CN")]);
    for value in ["%ff%fe", "%zz", "%"] {
        let refused = altered(&call, |request| {
            request.path_and_query = request.path_and_query.replacen("zh-CN", value, 1);
        });
        assert_eq!(refused.code(), (400, "InvalidParameter.Format"), "{value}");
    }
    let twice = altered(&call, in_target("zh-CN", "zh-CN&AcceptLanguage=en-US"));
    assert_eq!(twice.code(), (400, "InvalidParameter"));
    assert_eq!(twice.body["Message"], "The specified parameter \"AcceptLanguage\" is not valid.");
}

#[test]
fn nothing_makes_it_panic() {
    let mut emulator = emulator();
    let mut random: u64 = 1;
    let mut byte = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 56) as u8
    };
    let template =
        Call { in_form: true, ..Call::new("ListCustomImages", &[("RegionId", "cn-hangzhou"), ("Tag.1.Key", "a")]) };
    let acs3 = Call { scheme: Scheme::Acs3, ..template.clone() };
    for round in 0..4000 {
        let mut request = if round % 2 == 0 { template.request() } else { acs3.request() };
        for _ in 0..=byte() % 4 {
            let place = usize::from(byte());
            match byte() % 4 {
                0 => request.body.insert(place.min(request.body.len()), byte()),
                1 => request.path_and_query.insert(1.min(request.path_and_query.len()), char::from(byte())),
                2 => {
                    let index = place % request.headers.len();
                    request.headers[index].1.push(char::from(byte()));
                }
                _ => request.method.push(char::from(byte())),
            }
        }
        emulator.handle(crate::caller::at(NOW), &request);
    }
    assert_eq!(emulator.journal().count(), 4000);
}
