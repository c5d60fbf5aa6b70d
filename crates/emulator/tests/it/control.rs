//! The control surface: faults, journal, reset, state.

use crate::caller::{Answer, Call, NOW, at, config, control, in_share, key, response};
use acs_sign::{Format, Scheme};
use core::time::Duration;
use emulator::{Action, Emulator};
use serde_json::{Value, json};

const IMAGE: &str = "m-bp1e79zktg26n2b0001";
const SHARE: [(&str, &str); 4] =
    [("RegionId", "cn-hangzhou"), ("ImageId", IMAGE), ("Operation", "Share"), ("ClientToken", "token-1")];

fn emulator() -> Emulator {
    Emulator::new(config())
}

fn share() -> Call<'static> {
    Call::new("ModifyImageShareStatus", &SHARE)
}

fn order(emulator: &mut Emulator, order: &Value) {
    assert_eq!(control(emulator, "POST", "faults", &order.to_string()).status, 200);
}

fn ordered(kind: &str) -> Emulator {
    let mut emulator = emulator();
    order(&mut emulator, &json!({"next": 1, "kind": kind}));
    emulator
}

/// Verdict, fault and whether there was an effect, of every entry.
fn journal(emulator: &mut Emulator) -> Vec<Value> {
    let answer = control(emulator, "GET", "journal", "");
    let entries = answer.body["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| {
            json!([entry["verdict"]["status"], entry["verdict"]["code"], entry["fault"], !entry["effect"].is_null()])
        })
        .collect()
}

#[test]
fn an_internal_error_and_then_the_same_token_again() {
    let mut emulator = ordered("status:500");
    let failed = share().send(&mut emulator);
    assert_eq!(failed.code(), (500, "InternalError"));
    assert_eq!(in_share(&emulator, IMAGE), Some(false));
    assert_eq!(share().send(&mut emulator).status, 200);
    assert_eq!(in_share(&emulator, IMAGE), Some(true));
    assert_eq!(
        journal(&mut emulator),
        [json!([500, "InternalError", "status:500", false]), json!([200, null, null, true])]
    );
}

#[test]
fn statuses() {
    let answered = |status: u16| {
        let mut emulator = ordered(&format!("status:{status}"));
        let response = response(&mut emulator, NOW, &share().request());
        assert_eq!(response.status, status);
        let body: Option<Value> = serde_json::from_slice(&response.body).ok();
        body.map(|body| body["Code"].as_str().unwrap().to_owned())
    };
    assert_eq!(answered(500).as_deref(), Some("InternalError"));
    assert_eq!(answered(503).as_deref(), Some("ServiceUnavailable"));
    // An intermediary's page, not the vendor's body.
    assert_eq!(answered(502), None);
    assert_eq!(answered(404), None);
}

#[test]
fn throttled_calls_say_when_to_come_back() {
    for scheme in [Scheme::Rpc, Scheme::Acs3] {
        let mut emulator = ordered("throttle");
        let response = response(&mut emulator, NOW, &Call { scheme, ..share() }.request());
        assert_eq!((response.status, response.header("x-acs-retry-after")), (429, Some("500")));
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["Code"], "Throttling.User");
        assert_eq!(in_share(&emulator, IMAGE), Some(false));
    }
    let response = response(&mut ordered("throttle:8000"), NOW, &share().request());
    assert_eq!((response.status, response.header("x-acs-retry-after")), (429, Some("8000")));
}

#[test]
fn a_clock_that_is_off_refuses_and_tells_its_time() {
    let mut emulator = emulator();
    let minutes = |minutes: i64| json!({"offset_ms": minutes * 60_000}).to_string();
    for (off, date) in [(16, "Thu, 26 Oct 2023 10:38:32 GMT"), (-16, "Thu, 26 Oct 2023 10:06:32 GMT")] {
        assert_eq!(
            control(&mut emulator, "POST", "clock", &minutes(off)),
            Answer { status: 200, body: json!({"offset_ms": off * 60_000}) }
        );
        let refused = response(&mut emulator, NOW, &share().request());
        assert_eq!((refused.status, refused.header("date")), (400, Some(date)));
        let body: Value = serde_json::from_slice(&refused.body).unwrap();
        assert_eq!(body["Code"], "InvalidTimeStamp.Expired");
        let signed_at = NOW.checked_add_signed(off * 60).unwrap();
        assert_eq!(Call { signed_at, ..share() }.send(&mut emulator).status, 200);
    }
    // Within the window it is no matter, and a reset puts it right.
    control(&mut emulator, "POST", "clock", &minutes(14));
    assert_eq!(share().send(&mut emulator).status, 200);
    control(&mut emulator, "POST", "clock", &minutes(16));
    control(&mut emulator, "POST", "reset", "");
    assert_eq!(share().send(&mut emulator).status, 200);
    let problem = json!({"error": "`offset_ms`, a whole number, must be given and nothing else"});
    for body in ["{}", r#"{"offset_ms": 1.5}"#, r#"{"offset_ms": 1, "x": 1}"#] {
        let answer = control(&mut emulator, "POST", "clock", body);
        assert_eq!((answer.status, &answer.body), (400, &problem), "{body}");
    }
}

#[test]
fn silence_and_reset_execute_nothing() {
    for (kind, action) in [("timeout", Action::Silence), ("reset", Action::Reset)] {
        let mut emulator = ordered(kind);
        assert_eq!(emulator.handle(at(NOW), &share().request()), action);
        assert_eq!(in_share(&emulator, IMAGE), Some(false));
        assert_eq!(journal(&mut emulator), [json!([null, null, kind, false])]);
    }
}

#[test]
fn a_slow_call_is_executed_at_once() {
    let mut emulator = ordered("slow:250");
    let Action::Late(response, delay) = emulator.handle(at(NOW), &share().request()) else { panic!("not late") };
    assert_eq!((response.status, delay), (200, Duration::from_millis(250)));
    assert_eq!(in_share(&emulator, IMAGE), Some(true));
    assert_eq!(journal(&mut emulator), [json!([200, null, "slow:250", true])]);
}

#[test]
fn a_reset_after_the_effect_is_repaired_by_the_client_token() {
    let mut emulator = ordered("after-effect:reset");
    assert_eq!(emulator.handle(at(NOW), &share().request()), Action::Reset);
    assert_eq!(in_share(&emulator, IMAGE), Some(true));
    let first = emulator.journal().next().unwrap().request_id.clone();
    assert_eq!(share().send(&mut emulator).request_id(), first);
    assert_eq!(
        journal(&mut emulator),
        [json!([200, null, "after-effect:reset", true]), json!([200, null, null, false])]
    );
}

#[test]
fn other_failures_after_the_effect() {
    let mut emulator = ordered("after-effect:timeout");
    assert_eq!(emulator.handle(at(NOW), &share().request()), Action::Silence);
    assert_eq!(in_share(&emulator, IMAGE), Some(true));

    let mut emulator = ordered("after-effect:status:500");
    assert_eq!(share().send(&mut emulator).code(), (500, "InternalError"));
    assert_eq!(journal(&mut emulator), [json!([200, null, "after-effect:status:500", true])]);
}

#[test]
fn a_fault_hits_only_calls_the_gateway_lets_through_and_only_its_operation() {
    let mut emulator = emulator();
    order(&mut emulator, &json!({"next": 1, "kind": "status:500", "operation": "ModifyImageShareStatus"}));
    let forged = Call { credentials: key("testid", "wrong"), ..share() };
    assert_eq!(forged.send(&mut emulator).code(), (400, "SignatureDoesNotMatch"));
    assert_eq!(Call::new("ListRegions", &[]).send(&mut emulator).status, 200);
    assert_eq!(share().send(&mut emulator).status, 500);
    assert_eq!(share().send(&mut emulator).status, 200);
}

#[test]
fn a_fault_uses_up_the_nonce() {
    let mut emulator = ordered("reset");
    let request = share().request();
    assert_eq!(emulator.handle(at(NOW), &request), Action::Reset);
    assert_eq!(crate::caller::answer(&mut emulator, NOW, &request).code(), (400, "SignatureNonceUsed"));
}

#[test]
fn orders_can_be_read_and_cleared() {
    let mut emulator = emulator();
    let none = json!({"faults": []});
    assert_eq!(control(&mut emulator, "GET", "faults", "").body, none);
    let standing = control(&mut emulator, "POST", "faults", r#"{"rate": 0.25, "kind": "reset", "seed": 7}"#);
    assert_eq!(standing.body, json!({"faults": [{"rate": 0.25, "kind": "reset", "operation": null}]}));
    assert_eq!(control(&mut emulator, "DELETE", "faults", ""), Answer { status: 200, body: none });
}

#[test]
fn a_bad_order_says_what_is_wrong_and_changes_nothing() {
    let mut emulator = emulator();
    let refused = control(&mut emulator, "POST", "faults", r#"{"next": 0, "kind": "reset"}"#);
    assert_eq!(refused, Answer { status: 400, body: json!({"error": "`next` must be a whole number, 1 or more"}) });
    assert_eq!(share().send(&mut emulator).status, 200);
}

#[test]
fn the_journal_is_read_from_where_the_reader_left_off() {
    let mut emulator = emulator();
    for _ in 0..3 {
        Call::new("ListRegions", &[]).send(&mut emulator);
    }
    let read = |emulator: &mut Emulator, query: &str| {
        let answer = control(emulator, "GET", &format!("journal{query}"), "");
        let seqs: Option<Vec<_>> = answer.body["entries"]
            .as_array()
            .map(|entries| entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect());
        seqs.ok_or_else(|| answer.body["error"].as_str().unwrap().to_owned())
    };
    assert_eq!(read(&mut emulator, ""), Ok(vec![1, 2, 3]));
    assert_eq!(read(&mut emulator, "?after=2&wait=10"), Ok(vec![3]));
    assert_eq!(read(&mut emulator, "?after=9"), Ok(vec![]));
    for (query, problem) in [
        ("?after=-1", "`after` must be the number of an entry, or 0"),
        ("?wait=long", "`wait` must be milliseconds, 60000 at most"),
        ("?wait=60001", "`wait` must be milliseconds, 60000 at most"),
        ("?since=1", "`since` is none of after, wait"),
    ] {
        assert_eq!(read(&mut emulator, query), Err(problem.to_owned()));
    }
}

#[test]
fn refused_calls_are_in_the_journal_without_their_parameters() {
    let mut emulator = emulator();
    Call { credentials: key("nobody", "x"), ..share() }.send(&mut emulator);
    Call { scheme: Scheme::Acs3, credentials: key("testid", "wrong"), ..share() }.send(&mut emulator);
    let stray = emulator::HttpRequest {
        method: "GET".to_owned(),
        path_and_query: "/favicon.ico".to_owned(),
        headers: vec![],
        body: vec![],
    };
    emulator.handle(at(NOW), &stray);
    let entries: Vec<_> = emulator
        .journal()
        .map(|entry| {
            assert!(entry.parameters.is_empty() && entry.client_token.is_none());
            (entry.scheme, entry.operation.as_deref(), entry.access_key_id.as_deref(), entry.verdict.code.as_deref())
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("rpc", Some("ModifyImageShareStatus"), Some("nobody"), Some("InvalidAccessKeyId.NotFound")),
            ("acs3", Some("ModifyImageShareStatus"), Some("testid"), Some("SignatureDoesNotMatch")),
            ("rpc", None, None, Some("InvalidAction.NotFound")),
        ]
    );
}

#[test]
fn reset_brings_everything_back_to_the_start_but_no_request_id() {
    let mut emulator = emulator();
    let request = share().request();
    let first = crate::caller::answer(&mut emulator, NOW, &request).request_id().to_owned();
    order(&mut emulator, &json!({"next": 1, "kind": "reset"}));
    order(&mut emulator, &json!({"rate": 1, "kind": "reset"}));
    assert_eq!(control(&mut emulator, "POST", "reset", ""), Answer { status: 200, body: json!({}) });
    assert_eq!(in_share(&emulator, IMAGE), Some(false));
    assert_eq!(emulator.journal().count(), 0);
    // Same nonce, same client token: neither is remembered.
    let second = crate::caller::answer(&mut emulator, NOW, &request);
    assert_eq!(second.status, 200);
    assert_ne!(second.request_id(), first);
    let entry = emulator.journal().next().unwrap();
    assert_eq!((entry.seq, entry.effect.is_some()), (1, true));
}

#[test]
fn state_shows_the_images() {
    let mut emulator = emulator();
    share().send(&mut emulator);
    let state = control(&mut emulator, "GET", "state", "");
    assert_eq!(state.body["images"].as_array().unwrap().len(), emulator.images().len());
    assert_eq!(
        (&state.body["images"][0]["ImageId"], &state.body["images"][0]["InShare"]),
        (&json!(IMAGE), &json!(true))
    );
}

#[test]
fn other_methods_and_names() {
    let mut emulator = emulator();
    for (method, path, status) in [
        ("PUT", "faults", 405),
        ("POST", "journal", 405),
        ("DELETE", "state", 405),
        ("GET", "reset", 405),
        ("GET", "clock", 405),
        ("GET", "", 404),
        ("GET", "journal/1", 404),
    ] {
        assert_eq!(control(&mut emulator, method, path, "").status, status, "{method} {path}");
    }
    assert_eq!(emulator.journal().count(), 0);
}

#[test]
fn request_ids_repeat_with_the_seed() {
    let ids = |seed| {
        let mut emulator = Emulator::new(emulator::Config { seed, ..config() });
        [0; 3].map(|_| {
            let call = Call { format: Format::Json, ..Call::new("ListRegions", &[]) };
            call.send(&mut emulator).request_id().to_owned()
        })
    };
    assert_eq!(ids(5), ids(5));
    assert_ne!(ids(5), ids(6));
}
