//! What answers mean. Bodies and statuses are those of the vendor's pages about common errors.

use acs_rpc::{
    Answer, ApiError, DeclaredError, ErrorClass, Failure, MalformedAnswer, Operation, SuccessSign, retry_after_ms,
};
use serde_json::{Value, json};

const fn operation(errors: &'static [DeclaredError]) -> Operation {
    Operation {
        product: "TEST",
        version: "2020-01-01",
        name: "Test",
        summary: "",
        methods: &[],
        https_only: false,
        path: "/",
        body_type: None,
        parameters: &[],
        errors,
        success_flag: false,
        named: &[],
    }
}

const fn declared(status: u16, code: &'static str) -> DeclaredError {
    DeclaredError { status, code }
}

static UPGRADE: Operation = operation(&[
    declared(404, "InvalidImageId.NotFound"),
    declared(500, "NotEnoughUpgradeStock"),
    declared(500, "InternalError"),
    declared(500, "InternalServerError"),
]);

fn error(answer: Answer<'_>, success: SuccessSign) -> ApiError {
    match answer.parse::<Value>(success) {
        Err(Failure::Api(error)) => *error,
        other => panic!("not an error of the vendor's: {other:?}"),
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_success_is_the_callers_type() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Shared {
        #[serde(rename = "RequestId")]
        request_id: String,
    }
    let answer = Answer::new(200, br#"{"RequestId": "473469C7"}"#);
    for sign in [SuccessSign::Status, SuccessSign::Body] {
        assert_eq!(answer.parse::<Shared>(sign), Ok(Shared { request_id: "473469C7".into() }));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn an_error_body_is_read_whatever_the_case_of_its_keys() {
    let upper = br#"{"RequestId": "7A-1", "HostId": "swas.cn-hangzhou.aliyuncs.com", "Code": "InvalidImageId.NotFound",
        "Message": "The specified ImageId does not exist.", "Recommend": "https://api.aliyun.com/troubleshoot?q=x"}"#;
    let lower = br#"{"requestId": "7A-1", "code": "InvalidImageId.NotFound", "recommend": "https://api.aliyun.com/troubleshoot?q=x",
        "message": "The specified ImageId does not exist."}"#;
    let expected = ApiError {
        status: 404,
        code: "InvalidImageId.NotFound".into(),
        message: "The specified ImageId does not exist.".into(),
        request_id: "7A-1".into(),
        recommend: Some("https://api.aliyun.com/troubleshoot?q=x".into()),
        server_string_to_sign: None,
        retry_after_ms: None,
    };
    assert_eq!(error(Answer::new(404, upper), SuccessSign::Status), expected);
    assert_eq!(error(Answer::new(404, lower), SuccessSign::Status), expected);
    assert_eq!(
        expected.to_string(),
        "InvalidImageId.NotFound (HTTP 404): The specified ImageId does not exist., request id 7A-1",
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn an_echoed_string_to_sign_is_cut_off_and_kept_apart() {
    let body = br#"{"Code": "SignatureDoesNotMatch", "Message": "Specified signature is not matched with our calculation. server string to sign is:GET&%2F&AccessKeyId%3Dtestid", "RequestId": "7A-1"}"#;
    let error = error(Answer::new(400, body), SuccessSign::Status);
    assert_eq!(error.message, "Specified signature is not matched with our calculation.");
    assert!(!format!("{error:?} {error}").contains("testid"), "{error:?}");
    let echo = error.server_string_to_sign.as_ref().map(|text| (text.expose(), format!("{text:?}")));
    assert_eq!(echo, Some(("GET&%2F&AccessKeyId%3Dtestid", "Redacted(28 bytes)".into())));
    assert_eq!(error.class(&UPGRADE), ErrorClass::Final);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_echo_of_either_scheme_never_stands_in_the_message() {
    for echo in [
        "server string to sign is:GET&SecurityToken%3DSECRET",
        "server StringToSign is [ACS3-HMAC-SHA256 SECRET] server CanonicalRequest is [POST x-acs-security-token:SECRET]",
        "Server CanonicalRequest is [SECRET]",
        "CanonicalRequest is [SECRET]",
        "StringToSign is [SECRET]",
    ] {
        let message = format!("Specified signature does not match our calculation. {echo}");
        let body = format!(r#"{{"Code": "SignatureDoesNotMatch", "Message": "{message}", "RequestId": "r"}}"#);
        let error = error(Answer::new(400, body.as_bytes()), SuccessSign::Status);
        assert_eq!(error.message, "Specified signature does not match our calculation.");
        assert!(!format!("{error:?} {error}").contains("SECRET"), "{error:?}");
        assert!(error.server_string_to_sign.unwrap().expose().contains("SECRET"));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn an_error_inside_a_success_is_seen_when_told() {
    static HIDING: Operation = operation(&[declared(200, "ForbiddenAction")]);
    assert_eq!(HIDING.success_sign(), SuccessSign::Body);
    assert_eq!(UPGRADE.success_sign(), SuccessSign::Status);

    let hidden = |body: &str| Answer::new(200, body.as_bytes()).parse::<Value>(SuccessSign::Body);
    for failed in [
        json!({"Success": false, "Code": "ForbiddenAction", "Message": "m", "RequestId": "7A-1"}),
        json!({"success": "False", "code": "ForbiddenAction", "message": "m", "requestId": "7A-1"}),
        json!({"Code": "ForbiddenAction", "Message": "m", "RequestId": "7A-1"}),
    ] {
        let body = failed.to_string();
        let Err(Failure::Api(error)) = hidden(&body) else { panic!("taken for a success: {body}") };
        assert_eq!((error.status, error.code.as_str(), error.message.as_str()), (200, "ForbiddenAction", "m"));
        assert_eq!(error.class(&HIDING), ErrorClass::Final);
        // Not told, the caller gets the body as it is.
        assert_eq!(Answer::new(200, body.as_bytes()).parse::<Value>(SuccessSign::Status), Ok(failed));
    }
    for done in [
        json!({"Success": true, "Code": "anything"}),
        json!({"Code": "OK"}),
        json!({"Code": 200}),
        json!({"Code": "success"}),
        json!({"Code": null}),
        json!({"RequestId": "7A-1"}),
    ] {
        assert_eq!(hidden(&done.to_string()), Ok(done));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_flag_of_the_answer_is_believed_and_a_code_beside_it_is_not() {
    static FLAGGED: Operation = Operation { success_flag: true, ..operation(&[]) };
    static BOTH: Operation = Operation { success_flag: true, ..operation(&[declared(200, "ForbiddenAction")]) };
    assert_eq!(FLAGGED.success_sign(), SuccessSign::Flag);
    assert_eq!(BOTH.success_sign(), SuccessSign::Body);

    let read = |body: &Value| Answer::new(200, body.to_string().as_bytes()).parse::<Value>(SuccessSign::Flag);
    let failed = json!({"Success": false, "Code": "isv.LIMIT", "Message": "m", "RequestId": "7A-1"});
    let Err(Failure::Api(error)) = read(&failed) else { panic!("taken for a success") };
    assert_eq!((error.status, error.code.as_str()), (200, "isv.LIMIT"));
    for done in [json!({"Success": true, "Code": "0"}), json!({"Code": "10000"}), json!({"Success": null})] {
        assert_eq!(read(&done), Ok(done));
    }
    let without_code = MalformedAnswer { status: 200, retry_after_ms: None };
    assert_eq!(read(&json!({"Success": "false"})), Err(Failure::Malformed(without_code)));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_body_that_says_nothing_is_malformed() {
    let malformed = |status, body: &[u8]| match Answer::new(status, body).parse::<Value>(SuccessSign::Status) {
        Err(Failure::Malformed(answer)) => (answer, answer.class()),
        other => panic!("understood: {other:?}"),
    };
    let expected = |status, class| (MalformedAnswer { status, retry_after_ms: None }, class);
    // A success that can't be read may have been executed.
    assert_eq!(malformed(200, b"<html>"), expected(200, ErrorClass::Unknown));
    assert_eq!(malformed(200, b""), expected(200, ErrorClass::Unknown));
    assert_eq!(malformed(502, b"<html>Bad Gateway</html>"), expected(502, ErrorClass::Unknown));
    assert_eq!(malformed(403, b"blocked"), expected(403, ErrorClass::Final));
    assert_eq!(malformed(404, b"{}"), expected(404, ErrorClass::Final));
    assert_eq!(malformed(404, br#"{"Code": ""}"#), expected(404, ErrorClass::Final));
    assert_eq!(malformed(429, b"\xff"), expected(429, ErrorClass::NotExecuted));
    assert_eq!(malformed(200, b"\xff").0.to_string(), "answer of HTTP 200 that can't be read");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_may_follow_is_decided_by_code_then_status() {
    for (status, code, class) in [
        // Not executed: throttling, whatever its status.
        (400, "Throttling", ErrorClass::NotExecuted),
        (302, "Throttling", ErrorClass::NotExecuted),
        (429, "Throttling.User", ErrorClass::NotExecuted),
        (400, "Throttling.Api", ErrorClass::NotExecuted),
        (400, "Throttling.Api.Concurrency", ErrorClass::NotExecuted),
        (503, "Rejected.Throttling", ErrorClass::NotExecuted),
        // Not executed: time stamp and nonce are made anew.
        (400, "InvalidTimeStamp.Expired", ErrorClass::NotExecuted),
        (400, "IllegalTimestamp", ErrorClass::NotExecuted),
        (400, "SignatureNonceUsed", ErrorClass::NotExecuted),
        (429, "Whatever", ErrorClass::NotExecuted),
        // Perhaps executed: an earlier request with the token still runs.
        (403, "LastTokenProcessing", ErrorClass::Unknown),
        (403, "IdempotentProcessing", ErrorClass::Unknown),
        (400, "Idempotence.Processing", ErrorClass::Unknown),
        (400, "OperationFailed.IdempotentTokenProcessing", ErrorClass::Unknown),
        (400, "PROCESSING", ErrorClass::Unknown),
        // Perhaps executed: the server's bad moment.
        (500, "InternalError", ErrorClass::Unknown),
        (400, "InternalError", ErrorClass::Unknown),
        (500, "InternalServerError", ErrorClass::Unknown),
        (503, "ServiceUnavailable", ErrorClass::Unknown),
        (500, "ServiceUnavailable", ErrorClass::Unknown),
        (500, "Undeclared", ErrorClass::Unknown),
        (502, "Undeclared", ErrorClass::Unknown),
        (504, "Undeclared", ErrorClass::Unknown),
        (408, "Undeclared", ErrorClass::Unknown),
        // Final.
        (500, "NotEnoughUpgradeStock", ErrorClass::Final),
        (404, "InvalidImageId.NotFound", ErrorClass::Final),
        (400, "InvalidParam.OperationIllegal", ErrorClass::Final),
        (400, "IdempotentParameterMismatch", ErrorClass::Final),
        (400, "SignatureDoesNotMatch", ErrorClass::Final),
        (400, "InvalidTimeStamp.Format", ErrorClass::Final),
        (404, "InvalidAccessKeyId.NotFound", ErrorClass::Final),
        (403, "Forbidden.RAM", ErrorClass::Final),
        (302, "Moved", ErrorClass::Final),
    ] {
        let body = json!({"Code": code}).to_string();
        let failure = Answer::new(status, body.as_bytes()).parse::<Value>(SuccessSign::Status).unwrap_err();
        assert_eq!(failure.class(&UPGRADE), class, "{status} {code}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_server_can_ask_for_a_pause() {
    assert_eq!(retry_after_ms("2000"), Some(2000));
    assert_eq!(retry_after_ms(" 1 "), Some(1));
    for nothing in ["0", "-1", "1.5", "soon", "", "99999999999999999999"] {
        assert_eq!(retry_after_ms(nothing), None);
    }
    // The header makes a throttling of an answer that would otherwise be final, and of nothing that may have run.
    let class = |status, body: &[u8]| {
        let answer = Answer { retry_after_ms: Some(2000), ..Answer::new(status, body) };
        let failure = answer.parse::<Value>(SuccessSign::Status).unwrap_err();
        assert_eq!(failure.retry_after_ms(), Some(2000));
        failure.class(&UPGRADE)
    };
    assert_eq!(class(400, br#"{"Code": "Whatever"}"#), ErrorClass::NotExecuted);
    assert_eq!(class(400, b"slow down"), ErrorClass::NotExecuted);
    assert_eq!(class(503, br#"{"Code": "Whatever"}"#), ErrorClass::Unknown);
    assert_eq!(class(400, br#"{"Code": "InternalError"}"#), ErrorClass::Unknown);
}
