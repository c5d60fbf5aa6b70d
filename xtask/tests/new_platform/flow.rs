//! From a page to what is accepted, in a copy of the repository to which only a file and a row were added.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

use chat::{Command, Inbound, Platform, Reach, Received, Refusal, Tone, receive, render};
use ops::{Ask, Config, Step, consider};

const TOKEN: &str = "token-of-sixteen-and-more";
const NOW: i64 = 1_700_000_000;

fn pager() -> Platform {
    Platform::from_name("pager").unwrap()
}

fn config() -> Config {
    let policy = r#"{"allow": [{"who": ["pager:default/ann"], "where": ["pager:default/ops"],
        "operations": ["ModifyImageShareStatus"], "confirm": "never"}]}"#;
    let variables = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret"),
        ("PAGER_TOKEN", TOKEN),
        ("POLICY", policy),
    ];
    Config::read(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).unwrap()
}

fn page(from: &str, text: &str, token: &str) -> Result<Command, Refusal> {
    let body = format!(r#"{{"id":"1","from":"{from}","room":"ops","text":"{text}"}}"#);
    let headers = |name: &str| (name == "x-pager-token").then(|| token.to_owned());
    let inbound = Inbound { headers: &headers, body: body.as_bytes() };
    match receive(pager(), &inbound, config().secrets(pager()).unwrap(), NOW)? {
        Received::Command(command) => Ok(command),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_one_of_the_platforms() {
    assert!(Platform::ALL.contains(&pager()));
    assert_eq!(config().platforms().collect::<Vec<_>>(), [pager()]);
}

#[test]
fn only_its_token_opens_it() {
    assert_eq!(page("ann", "help", "another-token-of-that-kind").unwrap_err(), Refusal::SignatureMismatch);
    assert_eq!(page("a b", "help", TOKEN).unwrap_err(), Refusal::MalformedBody("from"));
    assert_eq!(page("ann", "help", TOKEN).unwrap().actor.to_string(), "pager:default/ann");
}

#[test]
fn help_and_refusals_are_answered_in_its_form() {
    let Step::Reply(reply) = consider(&config(), &page("ann", "help", TOKEN).unwrap(), &[7; 16]) else {
        panic!("asked")
    };
    assert_eq!(reply.tone, Tone::Information);
    assert!(render(pager(), &reply).body.starts_with(r#"{"page":""#));
}

#[test]
fn a_write_waits_for_a_yes_because_its_token_proves_little_and_its_result_follows() {
    let command = page("ann", "share m-1 cn-hangzhou", TOKEN).unwrap();
    let Step::Ask(Ask::Submit { submission, code }) = consider(&config(), &command, &[7; 16]) else {
        panic!("refused")
    };
    assert!(code.is_some(), "whatever the rule says");
    assert_eq!(submission.actor.to_string(), "pager:default/ann");
    let reach = Reach::default();
    let reply = ops::say::ledger_silent(chat::Language::English);
    let outgoing = command.follow_up.unwrap().compose(&reply, &reach, NOW).unwrap();
    assert_eq!((outgoing.method, &*outgoing.url), ("POST", "https://pager.example/ann"));
}
