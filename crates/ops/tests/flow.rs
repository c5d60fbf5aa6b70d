//! From a typed command to the emulator and back, in one process: no socket, no clock.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use acs_sign::{AccessKey, Credentials};
use chat::{Actor, Command, DeliveryId, FollowUp, Language, Line, Place, Platform, Reply, Request};
use core::time::Duration;
use emulator::{Action, Emulator, HttpRequest};
use expect_test::{Expect, expect};
use ops::{
    Answering, Ask, Config, Step,
    attempt::{self, Upstream},
    consider, reconsider,
    record::{CHECK_WITHIN_MS, DEADLINE_MS, LEASE_MS, Phase, Record, Seen, TOKEN_TRUST_MS},
    say,
    state::{Event, State},
    stored::Stored as _,
    tell_log,
};
use std::time::UNIX_EPOCH;

const EN: Language = Language::English;
const NOW_MS: i64 = 1_700_000_000_000;
const IMAGE: &str = "m-bp1e79zktg26n2b0001";
const SHARED_IMAGE: &str = "m-bp1e79zktg26n2b0002";

fn config(scheme: &str, policy: &str) -> Config {
    let variables = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret"),
        ("SIGNATURE_SCHEME", scheme),
        ("POLICY", policy),
    ];
    Config::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())).unwrap()
}

const OPEN: &str = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"], "confirm": "never"}]}"#;
const RISKY: &str = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"]}]}"#;
const APPROVED: &str =
    r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"], "approvers": ["slack:T1/U9"]}]}"#;

fn actor(person: &str) -> Actor {
    Actor { platform: Platform::Slack, organisation: "T1".into(), person: person.into() }
}

fn place(channel: &str) -> Place {
    Place { platform: Platform::Slack, organisation: "T1".into(), channel: channel.into() }
}

fn command(text: &str) -> Command {
    Command {
        delivery: DeliveryId("delivery".into()),
        actor: actor("U1"),
        place: place("C1"),
        request: Request::Text(text.into()),
        follow_up: None,
        language: None,
        acknowledgement: None,
        secret: 0,
    }
}

fn answering(code_digest: &str, person: &str, channel: &str) -> Answering {
    Answering {
        delivery: format!("slack:answer-of-{person}"),
        code_digest: code_digest.into(),
        actor: actor(person),
        place: place(channel),
        follow_up: None,
        language: EN,
    }
}

/// The record of an accepted command, and the code to confirm it with.
fn accept(config: &Config, text: &str) -> (Record, Option<String>) {
    match consider(config, &command(text), &[7; 16]) {
        Step::Ask(Ask::Submit { submission, code }) => (Record::accept(*submission, NOW_MS).0, code),
        other => panic!("not accepted: {other:?}"),
    }
}

fn refuse(text: &str) -> Reply {
    match consider(&config("acs3", OPEN), &command(text), &[7; 16]) {
        Step::Reply(reply) => reply,
        other => panic!("not refused: {other:?}"),
    }
}

/// The vendor's side of one test.
struct Vendor {
    emulator: Emulator,
    nonces: u8,
}

impl Vendor {
    fn new() -> Self {
        let key = AccessKey::new("testid", "testsecret").unwrap();
        let config = emulator::Config::new(vec![Credentials { key, token: None }]);
        Self { emulator: Emulator::new(config), nonces: 0 }
    }

    /// One call of a record in flight.
    fn call(&mut self, config: &Config, record: &Record, now_ms: i64) -> Upstream {
        self.nonces += 1;
        let call = attempt::call(config, record, now_ms / 1000, [self.nonces; 16]).unwrap();
        let (host, path_and_query) = call.url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        let mut headers = call.headers;
        headers.push(("host".into(), host.into()));
        let path_and_query = format!("/{path_and_query}");
        let request = HttpRequest { method: call.method.into(), path_and_query, headers, body: call.body };
        let now = UNIX_EPOCH + Duration::from_millis(now_ms.try_into().unwrap());
        match self.emulator.handle(now, &request) {
            Action::Answer(answer) => {
                let retry_after = answer.header("x-acs-retry-after").map(str::to_owned);
                Upstream::Answer { status: answer.status, retry_after, date_ms: None, body: answer.body }
            }
            _ => Upstream::Unreachable,
        }
    }

    fn fault(&mut self, fault: &str) {
        let request = HttpRequest {
            method: "POST".into(),
            path_and_query: "/_emulator/faults".into(),
            headers: Vec::new(),
            body: fault.into(),
        };
        assert_eq!(self.emulator.handle(UNIX_EPOCH, &request).answer().unwrap().status, 200);
    }

    fn effects(&self) -> usize {
        self.emulator.journal().filter(|entry| entry.effect.is_some()).count()
    }
}

/// Runs a ready record once: call after call, as its phases ask for, without a look beforehand.
fn run(vendor: &mut Vendor, config: &Config, record: &mut Record, now_ms: i64) {
    pursue(vendor, config, record, false, now_ms);
}

fn pursue(vendor: &mut Vendor, config: &Config, record: &mut Record, look: bool, now_ms: i64) {
    record.begin(look, now_ms).unwrap();
    while record.state == State::InFlight {
        let upstream = vendor.call(config, record, now_ms);
        let moved = match record.phase {
            Phase::Look => record.looked(&upstream, now_ms, 0),
            Phase::Act => record.settle(&upstream, now_ms, 0),
            Phase::Check => record.checked(&upstream),
        };
        assert!(moved.is_some() || record.phase == Phase::Act);
    }
}

fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Upstream {
    Upstream::Answer { status, retry_after: retry_after.map(str::to_owned), date_ms: None, body: body.into() }
}

fn shown(reply: &Reply) -> String {
    let mut out = format!("[{:?}{}] {}\n", reply.tone, if reply.private { ", private" } else { "" }, reply.title);
    for line in &reply.lines {
        out += &match line {
            Line::Text(text) => format!("  {text}\n"),
            Line::Field(name, value) => format!("  {name}: `{value}`\n"),
            Line::Code(code) => format!("  > {code}\n"),
        };
    }
    out
}

fn check(reply: &Reply, expected: &Expect) {
    expected.assert_eq(&shown(reply));
}

#[test]
fn share_by_either_scheme() {
    for scheme in ["acs3", "rpc"] {
        let (config, mut vendor) = (config(scheme, OPEN), Vendor::new());
        let (mut record, code) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
        assert_eq!((record.state, code), (State::Ready, None));
        run(&mut vendor, &config, &mut record, NOW_MS);
        assert_eq!(record.state, State::Succeeded, "{record:?}");
        assert_eq!(vendor.effects(), 1);
        let request_id = &vendor.emulator.journal().next().unwrap().request_id;
        assert_eq!(record.conclusion.as_ref().unwrap().request_id.as_ref(), Some(request_id));
    }
}

#[test]
fn every_attempt_reuses_the_client_token_and_nothing_else() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    vendor.fault(r#"{"next": 1, "kind": "status:500"}"#);
    run(&mut vendor, &config, &mut record, NOW_MS);
    assert_eq!((record.state, record.attempts, record.due_ms), (State::Ready, 1, NOW_MS + 500));
    let later = record.due_ms;
    run(&mut vendor, &config, &mut record, later);
    assert_eq!((record.state, record.attempts), (State::Succeeded, 2));
    let acting = vendor.emulator.journal().filter(|entry| entry.operation.as_deref() != Some("ListCustomImages"));
    let tokens: Vec<_> = acting.map(|entry| entry.client_token.clone()).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
    assert!(tokens[0].is_some());
    assert_eq!(vendor.effects(), 1);
}

#[test]
fn a_call_lost_with_its_object_is_repeated_and_acts_once() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    record.begin(false, NOW_MS).unwrap();
    assert_eq!(record.due_ms, NOW_MS + LEASE_MS);
    let _lost = vendor.call(&config, &record, NOW_MS);
    run(&mut vendor, &config, &mut record, NOW_MS + LEASE_MS);
    assert_eq!((record.state, record.attempts), (State::Succeeded, 2));
    assert_eq!(vendor.effects(), 1);
}

#[test]
fn throttling_waits_as_long_as_the_vendor_says() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    vendor.fault(r#"{"next": 1, "kind": "throttle"}"#);
    run(&mut vendor, &config, &mut record, NOW_MS);
    let wait = i64::try_from(emulator::RETRY_AFTER.as_millis()).unwrap();
    assert_eq!((record.state, record.due_ms), (State::Ready, NOW_MS + wait));
    assert_eq!(record.conclusion.unwrap().code.as_deref(), Some("Throttling.User"));
}

#[test]
fn what_the_vendor_refuses_is_final() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, "share m-bp1e79zktg26n2b9999 cn-hangzhou");
    run(&mut vendor, &config, &mut record, NOW_MS);
    assert_eq!(record.state, State::Failed);
    assert_eq!(record.conclusion.unwrap().code.as_deref(), Some("InvalidImageId.NotFound"));
}

#[test]
fn retries_back_off_and_end_at_the_deadline() {
    let (config, mut now) = (config("acs3", OPEN), NOW_MS);
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    let mut waits = Vec::new();
    while record.state != State::Expired {
        record.begin(false, now).unwrap();
        record.settle(&Upstream::TimedOut, now, 0).unwrap();
        waits.push(record.due_ms - now);
        now = record.due_ms;
    }
    assert_eq!(waits[..8], [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert!(now >= NOW_MS + DEADLINE_MS);
    assert!(record.begin(false, now).is_none(), "an expired command is not sent again");
    assert!(record.uncertain);
    assert_eq!(
        say::state(&record, EN).lines[0],
        Line::Text("An attempt got no definite answer. It may have taken effect: look before you repeat it.".into())
    );
}

#[test]
fn a_code_is_for_the_asker_in_the_same_place() {
    let config = config("acs3", RISKY);
    let (mut record, code) = accept(&config, &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    assert_eq!(record.state, State::AwaitingConfirmation);
    assert!(!record.to_json().contains(&code.unwrap()), "the code itself is not kept");
    let digest = record.submission.hold.clone().unwrap().code_digest;
    assert!(record.may_be_answered(&answering(&digest, "U1", "C1")));
    assert!(!record.may_be_answered(&answering(&digest, "U2", "C1")));
    assert!(!record.may_be_answered(&answering(&digest, "U1", "C2")));
    assert!(!record.may_be_answered(&answering("", "U1", "C1")));
    assert!(record.begin(false, NOW_MS).is_none(), "it is not sent before");
    record.confirm(&answering(&digest, "U1", "C1"), NOW_MS + 1).unwrap();
    assert_eq!(record.state, State::Ready);
    assert!(record.confirm(&answering(&digest, "U1", "C1"), NOW_MS + 2).is_none(), "not twice");
    assert!(record.was_answered_by(&answering(&digest, "U1", "C1")));
    assert!(!record.was_answered_by(&answering(&digest, "U2", "C1")));
    assert!(!record.may_be_answered(&answering(&digest, "U1", "C1")));
}

#[test]
fn a_code_is_over_after_ten_minutes() {
    let config = config("acs3", RISKY);
    let (record, _) = accept(&config, &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    let ten_minutes = NOW_MS + 600_000;
    let yes = answering(&record.submission.hold.clone().unwrap().code_digest, "U1", "C1");
    assert!(record.clone().confirm(&yes, ten_minutes - 1).is_some());
    assert!(record.clone().confirm(&yes, ten_minutes).is_none());
    let mut lapsed = record;
    assert!(lapsed.lapse(ten_minutes - 1).is_none());
    assert!(lapsed.lapse(ten_minutes).is_some());
    assert_eq!(lapsed.state, State::Expired);
}

#[test]
fn an_approver_confirms_and_the_asker_does_not() {
    let config = config("acs3", APPROVED);
    let (record, _) = accept(&config, &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    let digest = record.submission.hold.clone().unwrap().code_digest;
    assert!(!record.may_be_answered(&answering(&digest, "U1", "C1")));
    assert!(!record.may_be_answered(&answering(&digest, "U8", "C1")));
    assert!(record.may_be_answered(&answering(&digest, "U9", "C1")));
    assert!(record.may_be_cancelled(&answering(&digest, "U1", "C1")), "the asker may take it back");
    let mut by_another_way = answering(&digest, "U1", "C1");
    by_another_way.actor.organisation = "T2".into();
    assert!(!record.may_be_answered(&by_another_way), "the asker does not become another person in a shared channel");
}

#[test]
fn the_policy_is_asked_again_when_a_command_is_confirmed() {
    let (mut record, _) = accept(&config("acs3", RISKY), &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    assert_eq!(reconsider(&config("acs3", RISKY), &mut record), None);
    let mut denied = record.clone();
    let moved = reconsider(&config("acs3", r#"{"allow": []}"#), &mut denied).unwrap();
    assert_eq!((moved.event, denied.state), (Event::Deny, State::Denied));
    check(
        &say::state(&denied, EN),
        &expect![[r#"
            [Refusal, private] Not allowed: unshare m-bp1e79zktg26n2b0002 cn-hangzhou
              The policy has changed since it was asked for.
              Nothing was sent.
              Command: `VHMHGRDGQCVC`
        "#]],
    );
    assert_eq!(reconsider(&config("acs3", APPROVED), &mut record), None);
    let hold = record.submission.hold.clone().unwrap();
    assert_eq!(hold.approvers, ["slack:T1/U9"], "the approvers are today's");
    assert!(!record.may_be_answered(&answering(&hold.code_digest, "U1", "C1")));
}

#[test]
fn a_code_is_good_for_the_request_it_was_told_for_and_no_other() {
    let (mut record, _) = accept(&config("acs3", RISKY), &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    let yes = answering(&record.submission.hold.clone().unwrap().code_digest, "U1", "C1");
    assert!(record.may_be_answered(&yes));
    record.submission.parameters = [("ImageId", IMAGE), ("Operation", "UnShare")].into_iter().collect();
    assert!(!record.may_be_answered(&yes));
}

#[test]
fn what_is_so_already_is_not_sent() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, &format!("share {SHARED_IMAGE} cn-hangzhou"));
    assert_eq!(record.look_lane(), Some("ListCustomImages"));
    pursue(&mut vendor, &config, &mut record, true, NOW_MS);
    assert_eq!((record.state, record.seen), (State::Succeeded, Some(Seen::AlreadyThere)));
    let operations: Vec<_> = vendor.emulator.journal().map(|entry| entry.operation.clone()).collect();
    assert_eq!(operations, [Some("ListCustomImages".into())]);
    assert_eq!(say::state(&record, EN).lines[0], Line::Text("It was so already: nothing was changed.".into()));
}

#[test]
fn what_is_not_so_yet_is_sent_and_looked_at_afterwards() {
    let config = config("acs3", OPEN);
    for text in [format!("share {IMAGE} cn-hangzhou"), format!("unshare {SHARED_IMAGE} cn-hangzhou")] {
        let mut vendor = Vendor::new();
        let (mut record, _) = accept(&config, &text);
        pursue(&mut vendor, &config, &mut record, true, NOW_MS);
        assert_eq!((record.state, record.seen), (State::Succeeded, Some(Seen::Confirmed)));
        assert_eq!(say::state(&record, EN).lines[0], Line::Text("Confirmed: the list shows it.".into()));
        assert_eq!((vendor.emulator.journal().count(), vendor.effects()), (3, 1));
    }
}

#[test]
fn a_look_says_what_it_saw_or_that_it_saw_nothing() {
    let config = config("acs3", OPEN);
    let row = |key: &str, shown: &str| {
        format!(r#"{{"RequestId":"r","CustomImages":[{{"ImageId":"{key}","InShare":{shown}}}]}}"#)
    };
    for (upstream, seen) in [
        (answer(200, None, &row(IMAGE, "true")), Seen::Confirmed),
        (answer(200, None, &row(IMAGE, "false")), Seen::NotYet),
        (answer(200, None, &row(IMAGE, "null")), Seen::NotYet),
        (answer(200, None, &row("m-another", "true")), Seen::NotYet),
        (answer(200, None, r#"{"RequestId":"r","CustomImages":[]}"#), Seen::NotYet),
        (answer(200, None, "<html>"), Seen::Unknown),
        (answer(403, None, r#"{"Code":"Forbidden.RAM","Message":"no","RequestId":"r"}"#), Seen::Unknown),
        (Upstream::TimedOut, Seen::Unknown),
    ] {
        let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
        record.begin(false, NOW_MS).unwrap();
        let moved = record.settle(&answer(200, None, r#"{"RequestId":"done"}"#), NOW_MS, 0).unwrap();
        assert_eq!((moved.event, record.phase, record.state), (Event::Act, Phase::Check, State::InFlight));
        assert_eq!(record.checked(&upstream).unwrap().event, Event::Succeed);
        assert_eq!(record.seen, Some(seen), "{upstream:?}");
        let request_id = record.conclusion.unwrap().request_id;
        assert_eq!(request_id.as_deref(), Some("done"), "the operation's own id is told");
    }
}

#[test]
fn a_look_beforehand_that_fails_for_now_is_an_attempt_and_one_that_is_refused_is_no_reason_to_wait() {
    let config = config("acs3", OPEN);
    for (upstream, state, due) in [
        (Upstream::TimedOut, State::Ready, NOW_MS + 500),
        (answer(500, None, "oops"), State::Ready, NOW_MS + 500),
        (answer(400, Some("7000"), r#"{"Code":"Throttling.User","RequestId":"r"}"#), State::Ready, NOW_MS + 7_000),
        (answer(403, None, r#"{"Code":"Forbidden.RAM","RequestId":"r"}"#), State::InFlight, NOW_MS + LEASE_MS),
    ] {
        let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
        record.begin(true, NOW_MS).unwrap();
        assert_eq!(record.phase, Phase::Look);
        record.looked(&upstream, NOW_MS, 0);
        assert_eq!((record.state, record.phase, record.due_ms), (state, Phase::Act, due), "{upstream:?}");
        assert!(!record.uncertain, "a look changes nothing");
        assert_eq!(record.look_lane(), None, "it is looked once");
    }
}

#[test]
fn what_died_in_a_look_afterwards_is_looked_at_again_and_not_sent_again() {
    let (config, mut vendor) = (config("acs3", OPEN), Vendor::new());
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    record.begin(false, NOW_MS).unwrap();
    let done = vendor.call(&config, &record, NOW_MS);
    record.settle(&done, NOW_MS, 0).unwrap();
    let mut stored = Record::from_json(&record.to_json()).unwrap();
    assert!(stored.lapse(NOW_MS + LEASE_MS).is_none());
    run(&mut vendor, &config, &mut stored, NOW_MS + LEASE_MS);
    assert_eq!((stored.state, stored.seen, stored.attempts), (State::Succeeded, Some(Seen::Confirmed), 1));
    assert!(!stored.uncertain);
    let mut late = record;
    assert_eq!(late.lapse(late.deadline_ms).unwrap().event, Event::Succeed, "what is done does not expire");
    assert_eq!(late.seen, Some(Seen::Unknown));
}

#[test]
fn a_clock_that_is_off_is_mended_once() {
    let config = config("acs3", OPEN);
    let expired = r#"{"Code":"InvalidTimeStamp.Expired","Message":"expired","RequestId":"r"}"#;
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    record.begin(false, NOW_MS).unwrap();
    let moved = record.settle(&answer(400, None, expired), NOW_MS, 0).unwrap();
    assert_eq!((moved.event, record.due_ms), (Event::Defer, NOW_MS));
    record.begin(false, NOW_MS).unwrap();
    assert_eq!(record.settle(&answer(400, None, expired), NOW_MS, 0).unwrap().event, Event::Fail);
    assert_eq!(record.conclusion.unwrap().code.as_deref(), Some("InvalidTimeStamp.Expired"));
}

#[test]
fn the_skew_is_learned_from_the_date_of_an_answer() {
    let dated = |date_ms| Upstream::Answer { status: 200, retry_after: None, date_ms, body: Vec::new() };
    let skew = |date_ms| attempt::skew_ms(&dated(Some(date_ms)), NOW_MS, NOW_MS + 200);
    assert_eq!(skew(NOW_MS), Some(0));
    assert_eq!(skew(NOW_MS - 1_000), Some(0), "whole seconds");
    assert_eq!(skew(NOW_MS + 200), Some(0));
    assert_eq!(skew(NOW_MS + 1_200_000), Some(1_200_400));
    assert_eq!(skew(NOW_MS - 1_200_000), Some(-1_199_600));
    assert_eq!(attempt::skew_ms(&dated(None), NOW_MS, NOW_MS), None);
    assert_eq!(attempt::skew_ms(&Upstream::TimedOut, NOW_MS, NOW_MS), None);
}

#[test]
fn a_refused_signature_is_diagnosed_without_a_value() {
    const SAME: &str = "both signed the same text: ALIBABA_CLOUD_ACCESS_KEY_SECRET does not belong to the key id";
    for scheme in ["rpc", "acs3"] {
        let mut vendor = Vendor::new();
        let variables = [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "another"),
            ("SIGNATURE_SCHEME", scheme),
            ("POLICY", OPEN),
        ];
        let wrong =
            Config::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
                .unwrap();
        let (mut record, _) = accept(&wrong, &format!("share {IMAGE} cn-hangzhou"));
        record.begin(false, NOW_MS).unwrap();
        let upstream = vendor.call(&wrong, &record, NOW_MS);
        // The same nonce as the vendor's first call.
        let mut call = attempt::call(&wrong, &record, NOW_MS / 1000, [1; 16]).unwrap();
        assert_eq!(attempt::diagnose(&call, &upstream).as_deref(), Some(SAME), "{scheme}");
        let differs = match scheme {
            "rpc" => {
                let body = String::from_utf8(call.body).unwrap() + "&Extra=1";
                call.url = call.url.replace("Operation=Share", "Operation=Shere");
                call.body = body.replace("Operation=Share", "Operation=Shere").into();
                "the vendor read other values or none of: Extra, Operation"
            }
            _ => {
                call.url = call.url.replace("Operation=Share", "Operation=Shere");
                "the canonical requests differ; SIGNATURE_SCHEME = \"rpc\" would tell in which parameter"
            }
        };
        assert_eq!(attempt::diagnose(&call, &upstream).as_deref(), Some(differs), "{scheme}");
        assert_eq!(attempt::diagnose(&call, &answer(200, None, "{}")), None);
    }
}

#[test]
fn throttling_is_told_from_other_answers() {
    for (upstream, throttled) in [
        (answer(400, None, r#"{"Code":"Throttling.User","RequestId":"r"}"#), Some(None)),
        (answer(503, Some("900"), r#"{"Code":"ServiceUnavailable","RequestId":"r"}"#), Some(Some(900))),
        (answer(500, None, r#"{"Code":"InternalError","RequestId":"r"}"#), None),
        (answer(200, Some("900"), r#"{"RequestId":"r"}"#), None),
        (Upstream::Unreachable, None),
    ] {
        assert_eq!(attempt::throttled(&upstream), throttled, "{upstream:?}");
    }
}

#[test]
fn who_is_not_allowed_is_told_what_is_and_it_is_kept() {
    let policy = r#"{"allow": [{"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["ModifyImageShareStatus"],
        "parameters": {"RegionId": ["cn-hangzhou", "cn-beijing"]}}]}"#;
    let config = config("acs3", policy);
    let denied = |text: &str| match consider(&config, &command(text), &[7; 16]) {
        Step::Ask(Ask::Deny { submission, why }) => {
            let (record, moved) = Record::refuse(*submission, why, NOW_MS);
            assert_eq!((moved.unwrap().event, record.state), (Event::Deny, State::Denied));
            say::state(&record, EN)
        }
        other => panic!("not denied: {other:?}"),
    };
    check(
        &denied(&format!("share {IMAGE} eu-central-1")),
        &expect![[r#"
        [Refusal, private] Not allowed: share m-bp1e79zktg26n2b0001 eu-central-1
          Your rules in this place do not allow this value of RegionId, but: cn-hangzhou, cn-beijing
          Nothing was sent.
          Command: `VHMHGRDGQCVC`
    "#]],
    );
    check(
        &denied("images cn-hangzhou"),
        &expect![[r#"
        [Refusal, private] Not allowed: images cn-hangzhou
          Your rules in this place do not allow ListCustomImages, but: ModifyImageShareStatus
          Nothing was sent.
          Command: `VHMHGRDGQCVC`
    "#]],
    );
}

#[test]
fn a_command_that_was_never_sent_can_be_taken_back_by_its_asker() {
    let config = config("acs3", OPEN);
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    record.queue(3);
    assert_eq!((record.turn, record.due_ms), (Some(3), record.deadline_ms));
    let asker = answering("", "U1", "C1");
    assert!(record.is_asked_by(&asker));
    assert!(!record.is_asked_by(&answering("", "U2", "C1")));
    let mut sent = record.clone();
    sent.begin(false, NOW_MS).unwrap();
    assert!(sent.cancel(&asker).is_none());
    assert_eq!(record.cancel(&asker).unwrap().event, Event::Cancel);
    assert_eq!((record.state, record.turn), (State::Cancelled, None));
}

#[test]
fn another_command_under_the_same_delivery_id_is_no_duplicate() {
    let config = config("acs3", OPEN);
    let (record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    let submission = |text: &str| accept(&config, text).0.submission;
    assert!(record.is_of(&submission(&format!("share {IMAGE} cn-hangzhou"))));
    assert!(!record.is_of(&submission(&format!("unshare {IMAGE} cn-hangzhou"))));
    let mut another = submission(&format!("share {IMAGE} cn-hangzhou"));
    another.actor = actor("U2");
    assert!(!record.is_of(&another));
}

#[test]
fn commands_on_one_image_have_one_subject_whatever_they_do() {
    let config = config("acs3", OPEN);
    let subject = |text: String| accept(&config, &text).0.subject();
    let expected = Some(format!("cn-hangzhou/{IMAGE}"));
    assert_eq!(subject(format!("share {IMAGE} cn-hangzhou")), expected);
    assert_eq!(subject(format!("unshare {IMAGE} cn-hangzhou")), expected);
    assert_eq!(subject(format!("DeleteCustomImage ImageId={IMAGE} RegionId=cn-hangzhou")), expected);
    assert_ne!(subject(format!("share {IMAGE} cn-beijing")), expected);
    assert_eq!(subject("images cn-hangzhou".into()), None);
}

#[test]
fn an_answer_that_is_not_the_vendors_is_no_success() {
    let config = config("acs3", OPEN);
    for body in [
        "",
        "null",
        "{}",
        "[]",
        "\"login\"",
        "<html>",
        r#"{"RequestId": 7}"#,
        r#"{"Code":"Throttling.User","Success":false,"RequestId":"x"}"#,
    ] {
        let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
        record.begin(false, NOW_MS).unwrap();
        record.settle(&answer(200, None, body), NOW_MS, 0).unwrap();
        assert_eq!(record.state, State::Ready, "{body}");
    }
}

#[test]
fn a_long_list_is_kept_short() {
    let config = config("acs3", OPEN);
    let (mut record, _) = accept(&config, "images cn-hangzhou");
    let image = r#"{"ImageId":"m-1","Name":"n"}"#;
    let body = format!(r#"{{"RequestId":"r","CustomImages":[{}]}}"#, [image; 100].join(","));
    record.begin(false, NOW_MS).unwrap();
    record.settle(&answer(200, None, &body), NOW_MS, 0).unwrap();
    let conclusion = record.conclusion.as_ref().unwrap();
    assert_eq!((conclusion.rows.len(), conclusion.more), (30, 70));
    assert!(say::state(&record, EN).lines.contains(&Line::Text("… and 70 more".into())));
}

#[test]
fn what_was_throttled_to_the_end_is_known_not_to_have_acted() {
    let config = config("acs3", OPEN);
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    record.begin(false, NOW_MS).unwrap();
    let body = r#"{"Code":"Throttling.User","Message":"slow down","RequestId":"r"}"#;
    record.settle(&answer(400, Some("86400000"), body), NOW_MS, 0).unwrap();
    assert_eq!((record.state, record.uncertain), (State::Expired, false));
    assert_eq!(
        say::state(&record, EN).lines[0],
        Line::Text("It was not executed. Type the command again if it is still wanted.".into())
    );
}

#[test]
fn a_deletion_is_not_repeated_longer_than_its_client_token_is_counted_on() {
    let config = config("acs3", RISKY);
    let (mut record, _) = accept(&config, &format!("DeleteCustomImage ImageId={IMAGE} RegionId=cn-hangzhou"));
    let yes = answering(&record.submission.hold.clone().unwrap().code_digest, "U1", "C1");
    record.confirm(&yes, NOW_MS).unwrap();
    let mut now = NOW_MS;
    while record.state != State::Expired {
        record.begin(false, now).unwrap();
        record.settle(&Upstream::TimedOut, now, 0).unwrap();
        now = record.due_ms;
    }
    assert!((TOKEN_TRUST_MS..TOKEN_TRUST_MS + 60_000).contains(&(now - NOW_MS)));
}

#[test]
fn nothing_is_promised_over_an_address_that_may_not_be_used() {
    let config = config("acs3", OPEN);
    for (url, promised) in [("https://hooks.slack.com/commands/1", true), ("https://169.254.169.254/latest", false)] {
        let follow_up = FollowUp { platform: Platform::Slack, url: url.into(), expires_at: i64::MAX, uses: 5 };
        let command = Command { follow_up: Some(follow_up), ..command("regions") };
        let Step::Ask(Ask::Submit { submission, .. }) = consider(&config, &command, &[0; 16]) else { panic!() };
        assert_eq!(submission.follow_up.is_some(), promised, "{url}");
    }
}

#[test]
fn the_way_back_becomes_that_of_the_confirmation() {
    let config = config("acs3", RISKY);
    let (mut record, _) = accept(&config, &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    let younger =
        FollowUp { platform: Platform::Slack, url: "https://hooks.slack.com/x".into(), expires_at: 9, uses: 5 };
    let yes = Answering { follow_up: Some(younger.clone()), ..answering("", "U1", "C1") };
    record.confirm(&yes, NOW_MS + 60_000).unwrap();
    assert_eq!(record.submission.follow_up, Some(younger));
}

#[test]
fn what_people_read() {
    let (config, mut vendor) = (config("acs3", RISKY), Vendor::new());
    let (record, code) = accept(&config, &format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    check(
        &record.tell_code(&code.unwrap(), &config.account(), EN).reply,
        &expect![[r#"
            [Waiting, private] Please confirm: unshare m-bp1e79zktg26n2b0002 cn-hangzhou
              The image can no longer be found or used in ECS.
              Disks of ECS instances made from the image can no longer be re-initialized.
              ImageId: `m-bp1e79zktg26n2b0002`
              RegionId: `cn-hangzhou`
              Account: `testid`
              If you are sure, type within 10 minutes:
              > confirm 0W3GE1R70W3G
              To drop the request:
              > cancel 0W3GE1R70W3G
              Command: `VHMHGRDGQCVC`
        "#]],
    );
    let (mut record, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    check(
        &say::state(&record, EN),
        &expect![[r#"
        [Waiting] Accepted: share m-bp1e79zktg26n2b0001 cn-hangzhou
          Ask for the result with `status VHMHGRDGQCVC`.
          Command: `VHMHGRDGQCVC`
    "#]],
    );
    run(&mut vendor, &config, &mut record, NOW_MS);
    check(
        &say::state(&record, EN),
        &expect![[r#"
            [Success] Done: share m-bp1e79zktg26n2b0001 cn-hangzhou
              Confirmed: the list shows it.
              RequestId: `E220A839-7B1D-4DAF-AE78-9E6AA1B965F4`
              Command: `VHMHGRDGQCVC`
        "#]],
    );
    let (mut record, _) = accept(&config, "images cn-hangzhou");
    run(&mut vendor, &config, &mut record, NOW_MS);
    check(
        &say::state(&record, EN),
        &expect![[r#"
            [Success] Done: images cn-hangzhou
              m-bp1e79zktg26n2b0001 · web-frontend · InShare: true · available
              m-bp1e79zktg26n2b0002 · web-frontend-shared · InShare: true · available
              m-bp1e79zktg26n2b0003 · order-service · InShare: false · available
              m-bp1e79zktg26n2b0004 · nightly-build · InShare: false · being created
              RequestId: `1B39896A-51A8-449B-93CB-9F0C747EA2EA`
              Command: `VHMHGRDGQCVC`
        "#]],
    );
    let mut vendor = Vendor::new();
    let (mut record, _) = accept(&config, "share m-bp1e79zktg26n2b9999 cn-hangzhou");
    run(&mut vendor, &config, &mut record, NOW_MS);
    check(
        &say::state(&record, EN),
        &expect![[r#"
            [Failure] Failed: share m-bp1e79zktg26n2b9999 cn-hangzhou
              Code: `InvalidImageId.NotFound`
              There is no such custom image in this region and account. `images` lists those there are.
              The specified ImageId does not exist.
              RequestId: `E220A839-7B1D-4DAF-AE78-9E6AA1B965F4`
              Command: `VHMHGRDGQCVC`
        "#]],
    );
}

/// The same in Chinese, for who asks in it; what is typed, and what the vendor says, stays as it is.
#[test]
fn what_people_read_in_chinese() {
    let (config, mut vendor) = (config("acs3", RISKY), Vendor::new());
    let zh = Language::Chinese;
    let say = |text: &str| Command { language: Some(zh), ..command(text) };
    let accept = |text: &str| match consider(&config, &say(text), &[7; 16]) {
        Step::Ask(Ask::Submit { submission, code }) => (Record::accept(*submission, NOW_MS).0, code),
        other => panic!("not accepted: {other:?}"),
    };
    let refused = |text: &str| match consider(&config, &say(text), &[7; 16]) {
        Step::Reply(reply) => reply,
        other => panic!("not refused: {other:?}"),
    };
    let (record, code) = accept(&format!("unshare {SHARED_IMAGE} cn-hangzhou"));
    let mut all = shown(&record.tell_code(&code.unwrap(), &config.account(), zh).reply);
    let (mut record, _) = accept(&format!("share {IMAGE} cn-hangzhou"));
    all += &shown(&say::state(&record, zh));
    run(&mut vendor, &config, &mut record, NOW_MS);
    all += &shown(&say::state(&record, record.submission.language));
    let (mut record, _) = accept("images cn-beijing");
    run(&mut vendor, &config, &mut record, NOW_MS);
    all += &shown(&say::state(&record, zh));
    let (mut record, _) = accept("share m-bp1e79zktg26n2b9999 cn-hangzhou");
    run(&mut vendor, &config, &mut record, NOW_MS);
    all += &shown(&say::state(&record, zh));
    record.settle(&Upstream::TimedOut, NOW_MS, 0);
    let (mut record, _) = accept(&format!("share {IMAGE} cn-hangzhou"));
    record.begin(false, NOW_MS).unwrap();
    record.settle(&Upstream::TimedOut, NOW_MS, 0).unwrap();
    all += &shown(&say::state(&record, zh));
    for text in ["shrae m-1", "share", "share m-1 mars-1", "share m-1 cn-hangzhou Colour=red", "log a b", "help"] {
        all += &shown(&refused(text));
    }
    expect![[r#"
        [Waiting, private] 请确认：unshare m-bp1e79zktg26n2b0002 cn-hangzhou
          ECS 中将无法再查询或使用该镜像。
          使用该镜像创建的 ECS 实例将无法再重新初始化磁盘。
          ImageId: `m-bp1e79zktg26n2b0002`
          RegionId: `cn-hangzhou`
          账号: `testid`
          如确定要执行，请在 10 分钟内输入：
          > confirm 0W3GE1R70W3G
          放弃请求请输入：
          > cancel 0W3GE1R70W3G
          命令: `VHMHGRDGQCVC`
        [Waiting] 已受理：share m-bp1e79zktg26n2b0001 cn-hangzhou
          请用 `status VHMHGRDGQCVC` 查询结果。
          命令: `VHMHGRDGQCVC`
        [Success] 已完成：share m-bp1e79zktg26n2b0001 cn-hangzhou
          已核实：列表中已生效。
          请求 ID: `E220A839-7B1D-4DAF-AE78-9E6AA1B965F4`
          命令: `VHMHGRDGQCVC`
        [Success] 已完成：images cn-beijing
          m-2zehv38jjmwva1e0001 · reporting · InShare: false · 可用
          m-2zehv38jjmwva1e0002 · reporting-shared · InShare: true · 可用
          请求 ID: `1B39896A-51A8-449B-93CB-9F0C747EA2EA`
          命令: `VHMHGRDGQCVC`
        [Failure] 失败：share m-bp1e79zktg26n2b9999 cn-hangzhou
          错误码: `IdempotentParameterMismatch`
          此前曾以不同参数发送过同一请求，请重新输入命令。
          The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.
          请求 ID: `2C829ABE-1F45-42E1-8584-133AC916AB3C`
          命令: `VHMHGRDGQCVC`
        [Waiting] 已受理：share m-bp1e79zktg26n2b0001 cn-hangzhou
          请用 `status VHMHGRDGQCVC` 查询结果。
          第 1 次尝试未成功，将再次尝试：
          服务端点未在规定时间内应答
          命令: `VHMHGRDGQCVC`
        [Refusal, private] 没有命令 `shrae`
          您是否想输入：
          > share <ImageId> [RegionId]
          输入 `help` 可查看全部命令。
        [Refusal, private] 缺少 ImageId
          用法：
          > share <ImageId> [RegionId]
        [Refusal, private] 没有地域 `mars-1`
          输入 `regions` 可查看全部地域。没有发送任何请求。
        [Refusal, private] ModifyImageShareStatus 不能接受这些参数
          Colour: 没有此参数
          没有发送任何请求。
        [Refusal, private] `log` 之后最多只能有一个词
          用法：
          > log [id]
        [Information, private] 可用的命令
          > share <ImageId> [RegionId]
          将自定义镜像共享至 ECS
          > unshare <ImageId> [RegionId]
          取消自定义镜像对 ECS 的共享
          > images [RegionId]
          列出地域内的自定义镜像
          > regions
          列出可用地域
          > DeleteCustomImage ImageId=… [RegionId=…]
          永久删除自定义镜像
          另有：help, status [id], log [id], confirm <code>, cancel <code|id>。
    "#]].assert_eq(&all);
}

#[test]
fn what_is_kept_is_in_english_and_told_in_chinese() {
    let policy = r#"{"allow": [{"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["ListRegions"]}]}"#;
    let (config, zh) = (config("acs3", policy), Language::Chinese);
    let asked = Command { language: Some(zh), ..command(&format!("share {IMAGE} cn-hangzhou")) };
    let Step::Ask(Ask::Deny { submission, why }) = consider(&config, &asked, &[7; 16]) else { panic!("not denied") };
    assert_eq!(why, "Your rules in this place do not allow ModifyImageShareStatus, but: ListRegions");
    let row = format!(
        r#"{{"at_ms": {NOW_MS}, "event": "Deny", "from": "Received", "to": "Denied", "outcome": "{why}",
        "who": "slack:T1/U1"}}"#
    );
    let refused = Record::refuse(*submission, why, NOW_MS).0;
    check(
        &say::state(&refused, zh),
        &expect![[r#"
            [Refusal, private] 不允许：share m-bp1e79zktg26n2b0001 cn-hangzhou
              您在此处的规则不允许 ModifyImageShareStatus，只允许：ListRegions
              没有发送任何请求。
              命令: `VHMHGRDGQCVC`
        "#]],
    );
    let sent = r#"{"at_ms": 1700000000000, "event": "Begin", "from": "Ready", "to": "InFlight", "attempt": 2,
        "request_id": "E220A839-7B1D-4DAF-AE78-9E6AA1B965F4", "who": "gateway"}"#;
    check(
        &tell_log(Some(&refused), &[row, sent.into()], None, zh).reply,
        &expect![[r#"
            [Information, private] 执行经过：share m-bp1e79zktg26n2b0001 cn-hangzhou
              2023-11-14T22:13:20Z Deny: Received → Denied，结果：您在此处的规则不允许 ModifyImageShareStatus，只允许：ListRegions，操作人：slack:T1/U1
              2023-11-14T22:13:20Z Begin: Ready → InFlight，第 2 次尝试，请求 ID：E220A839-7B1D-4DAF-AE78-9E6AA1B965F4
              命令: `VHMHGRDGQCVC`
        "#]],
    );
}

#[test]
fn what_people_read_when_nothing_is_sent() {
    check(
        &refuse("shrae m-1"),
        &expect![[r#"
        [Refusal, private] There is no command `shrae`
          Did you mean:
          > share <ImageId> [RegionId]
          `help` lists what can be typed.
    "#]],
    );
    check(
        &refuse("share"),
        &expect![[r#"
        [Refusal, private] ImageId is missing
          Usage:
          > share <ImageId> [RegionId]
    "#]],
    );
    check(
        &refuse("share m-1 cn-hangzhou m-2"),
        &expect![[r#"
            [Refusal, private] `m-2` is one too many
              Usage:
              > share <ImageId> [RegionId]
        "#]],
    );
    check(
        &refuse("share m-1 cn-hangzou"),
        &expect![[r#"
        [Refusal, private] There is no region `cn-hangzou`
          Did you mean `cn-hangzhou`?
          `regions` lists them. Nothing was sent.
    "#]],
    );
    check(
        &refuse("share x-1 cn-hangzhou"),
        &expect![[r#"
        [Refusal, private] ModifyImageShareStatus cannot take this
          ImageId: "x-1" does not start with m-
          Nothing was sent.
    "#]],
    );
    check(
        &refuse("DeleteCustomImage ImageId"),
        &expect![[r#"
            [Refusal, private] `ImageId` is not Name=Value
              Usage:
              > DeleteCustomImage ImageId=… [RegionId=…]
        "#]],
    );
    check(
        &refuse("ModifyImageShareStatus Operation=share ImageId=m-1 Colour=red"),
        &expect![[r#"
        [Refusal, private] ModifyImageShareStatus cannot take this
          RegionId: required, but not given
          Operation: "share" is not one of Share, UnShare
          Colour: no such parameter
          Nothing was sent.
    "#]],
    );
    check(
        &refuse("share m-1 cn-hangzhou ClientToken=x"),
        &expect![[r#"
            [Refusal, private] ClientToken is set by the gateway, leave it out
              Usage:
              > ModifyImageShareStatus ImageId=… Operation=… [RegionId=…]
        "#]],
    );
    check(
        &refuse("status a b"),
        &expect![[r#"
            [Refusal, private] `status` takes at most one word
              Usage:
              > status [id]
        "#]],
    );
    check(
        &refuse("help"),
        &expect![[r#"
            [Information, private] What you can type
              > share <ImageId> [RegionId]
              make a custom image available in ECS
              > unshare <ImageId> [RegionId]
              take a custom image back from ECS
              > images [RegionId]
              list the custom images of a region
              > regions
              list the regions
              > DeleteCustomImage ImageId=… [RegionId=…]
              delete a custom image for good
              Also: help, status [id], log [id], confirm <code>, cancel <code|id>.
        "#]],
    );
}

#[test]
fn what_waits_for_a_turn_ends_when_nothing_more_may_be_sent_and_what_is_done_is_told_in_time() {
    let config = config("acs3", OPEN);
    let (mut delete, _) = accept(&config, &format!("DeleteCustomImage ImageId={IMAGE} RegionId=cn-hangzhou"));
    delete.begin(false, NOW_MS).unwrap();
    delete.settle(&Upstream::TimedOut, NOW_MS + 10_000, 0).unwrap();
    delete.queue(1);
    assert_eq!(delete.due_ms, NOW_MS + TOKEN_TRUST_MS);
    let (mut share, _) = accept(&config, &format!("share {IMAGE} cn-hangzhou"));
    share.begin(false, NOW_MS).unwrap();
    share.settle(&answer(200, None, r#"{"RequestId":"r"}"#), NOW_MS, 0).unwrap();
    share.queue(1);
    assert_eq!(share.due_ms, NOW_MS + LEASE_MS + CHECK_WITHIN_MS);
    assert!(share.lapse(share.due_ms - 1).is_none());
    assert_eq!(share.lapse(share.due_ms).unwrap().event, Event::Succeed);
    assert_eq!(share.seen, Some(Seen::Unknown));
    assert!(share.is_unsettled(), "the next command on it must not trust a look");
}

#[test]
fn a_date_of_nonsense_teaches_nothing() {
    let dated = |date_ms| Upstream::Answer { status: 502, retry_after: None, date_ms: Some(date_ms), body: Vec::new() };
    assert_eq!(attempt::skew_ms(&dated(253_402_300_799_000), NOW_MS, NOW_MS + 10), None);
    assert_eq!(attempt::skew_ms(&dated(0), NOW_MS, NOW_MS + 10), None);
}
