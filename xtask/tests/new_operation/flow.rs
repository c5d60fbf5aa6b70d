//! From `reboot …` to the emulator's answer, in a copy of the repository to which only data was added.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use acs_rpc::Request as _;
use acs_sign::{AccessKey, Credentials};
use chat::{Actor, Command, DeliveryId, Language, Line, Place, Platform, Request};
use core::time::Duration;
use emulator::{Action, Emulator, HttpRequest};
use ops::{
    Ask, Config, Step,
    attempt::{self, Upstream},
    consider,
    grammar::{Intent, read},
    record::Record,
    say,
    state::State,
};
use std::time::UNIX_EPOCH;
use swas::{
    reboot_instance::{RebootInstanceRequest, RebootInstanceResponse},
    types::RegionId,
};

const NOW_MS: i64 = 1_700_000_000_000;
const SERVER: &str = "ace0706b2ac4454d984295a94213";

#[test]
fn words_and_the_plain_name_are_read_into_the_right_parameters() {
    for text in
        [format!("reboot {SERVER} cn-hangzhou"), format!("RebootInstance InstanceId={SERVER} RegionId=cn-hangzhou")]
    {
        let intent = read(&Request::Text(text), None, Language::English).unwrap();
        let Intent::Run { operation, parameters } = intent else { panic!("{intent:?}") };
        let parameters: Vec<_> = parameters.iter().collect();
        assert_eq!(operation, "RebootInstance");
        assert_eq!(parameters, [("InstanceId", SERVER), ("RegionId", "cn-hangzhou")]);
    }
}

#[test]
fn the_help_shows_it() {
    let lines = say::help(Language::English).lines;
    let usage = Line::Code("reboot <InstanceId> [RegionId]".into());
    let at = lines.iter().position(|line| *line == usage).unwrap();
    assert_eq!(lines[at + 1], Line::Text("restart a server".into()));
}

#[test]
fn its_types_hold_what_the_document_says() {
    let request = RebootInstanceRequest::new(SERVER.to_owned(), RegionId::new("cn-hangzhou"));
    let parameters = request.checked_parameters().unwrap();
    assert_eq!(parameters.iter().collect::<Vec<_>>(), [("InstanceId", SERVER), ("RegionId", "cn-hangzhou")]);
    let answer = acs_rpc::Answer::new(200, br#"{"RequestId": "1"}"#);
    let RebootInstanceResponse { request_id, .. } = request.response(&answer).unwrap();
    assert_eq!(request_id.as_deref(), Some("1"));
}

#[test]
fn a_command_is_confirmed_sent_with_a_token_and_answered() {
    let policy = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["RebootInstance"]}]}"#;
    let variables = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret"),
        ("POLICY", policy),
    ];
    let config =
        Config::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).unwrap();
    let command = Command {
        delivery: DeliveryId("delivery".into()),
        actor: Actor { platform: Platform::Slack, organisation: "T1".into(), person: "U1".into() },
        place: Place { platform: Platform::Slack, organisation: "T1".into(), channel: "C1".into() },
        request: Request::Text(format!("reboot {SERVER} cn-hangzhou")),
        follow_up: None,
        language: None,
        acknowledgement: None,
        secret: 0,
    };
    let Step::Ask(Ask::Submit { submission, code }) = consider(&config, &command, &[7; 16]) else { panic!("refused") };
    assert!(code.is_some(), "its risk asks for a second yes");

    let (mut record, _) = Record::accept(*submission, NOW_MS);
    record.state = State::Ready;
    record.begin(false, NOW_MS).unwrap();
    let call = attempt::call(&config, &record, NOW_MS / 1000, [1; 16]).unwrap();
    let (host, path_and_query) = call.url.strip_prefix("https://").unwrap().split_once('/').unwrap();
    assert_eq!(host, "swas.cn-hangzhou.aliyuncs.com");
    let mut headers = call.headers;
    headers.push(("host".into(), host.into()));
    let path_and_query = format!("/{path_and_query}");
    let request = HttpRequest { method: call.method.into(), path_and_query, headers, body: call.body };
    let key = AccessKey::new("testid", "testsecret").unwrap();
    let mut emulator = Emulator::new(emulator::Config::new(vec![Credentials { key, token: None }]));
    let now = UNIX_EPOCH + Duration::from_millis(NOW_MS.try_into().unwrap());
    let Action::Answer(answer) = emulator.handle(now, &request) else { panic!("no answer") };

    let entry = emulator.journal().next().unwrap();
    assert_eq!((entry.operation.as_deref(), answer.status), (Some("RebootInstance"), 200));
    assert!(entry.client_token.is_some());
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(
        text,
        format!(r#"{{"RequestId":"{}"}}"#, entry.request_id),
        "the documented example, with an id of its own"
    );
    let upstream = Upstream::Answer { status: answer.status, retry_after: None, date_ms: None, body: answer.body };
    record.settle(&upstream, NOW_MS, 0).unwrap();
    assert_eq!(record.state, State::Succeeded, "{record:?}");
}
