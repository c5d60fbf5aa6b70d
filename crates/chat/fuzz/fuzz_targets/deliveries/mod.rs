//! Whatever a platform signs, its parser makes of it a command with ids that policies can hold, a way back to the platform's own
//! hosts and nowhere else, and words; or an answer that is JSON; or it refuses the body. Nothing else, and never a panic.
//!
//! Input that begins with a byte below 128 is the body as it is, so that recorded deliveries can be seeds; else it picks
//! pieces of what the platform's parser looks at, and puts bytes of its own between.

#[path = "../../../tests/received/mod.rs"]
mod received;
#[path = "../../../tests/signed/mod.rs"]
mod signed;

use chat::{
    Command, FollowUp, Inbound, Line, Platform, Reach, Received, Refusal, Reply, Request, Secret, Suggestion, Tone,
    render, suggest, unreadable, words,
};
use serde_json::Value;
use signed::{
    DINGTALK_MEMBERS, DISCORD_MEMBERS, FEISHU_EVENTS, JSON_PIECES, MATTERMOST_PIECES, NOW, SLACK_PIECES, TEAMS_MEMBERS,
    TELEGRAM_MEMBERS, receive_signed,
};

/// Signs what the input says and looks at what comes of it.
pub fn check(platform: Platform, input: &[u8]) {
    let body = body(platform, input);
    let received = match platform {
        Platform::Discord => vouched(&body),
        _ => receive_signed(platform, &body),
    };
    match received {
        Ok(Received::Command(command)) => check_command(platform, &command),
        Ok(Received::Completion(completion)) => {
            is_id(&completion.actor.person);
            let suggestion = Suggestion { label: completion.typed.clone(), value: completion.typed };
            is_empty_or_json(&suggest(platform, &[suggestion]).body);
        }
        Ok(Received::Handshake(answer) | Received::Nothing(answer)) => {
            assert_eq!(answer.status, 200);
            is_empty_or_json(&answer.body);
        }
        Ok(Received::Unverified(_)) => panic!("checked by then"),
        Err(Refusal::MalformedBody(part)) => is_empty_or_json(&unreadable(platform, part).body),
        // A token in the body that is not ours; a time in it.
        Err(Refusal::TokenMismatch) if platform == Platform::Feishu => {}
        Err(Refusal::Stale { .. } | Refusal::Early { .. }) if platform == Platform::Teams => {}
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// Without a signature, which takes twenty times as long as all the rest; the parser sees no difference.
fn vouched(body: &[u8]) -> Result<Received, Refusal> {
    let headers = |name: &str| match name {
        "x-signature-timestamp" => Some(NOW.to_string()),
        "x-signature-ed25519" => Some("00".repeat(64)),
        _ => None,
    };
    let secrets = Secret::parse_list(Platform::Discord, &"00".repeat(32)).expect("a key");
    match chat::receive(Platform::Discord, &Inbound { headers: &headers, body }, &secrets, NOW)? {
        Received::Unverified(unverified) => unverified.vouch_that_key_made_signature(0, NOW),
        received => panic!("{received:?}"),
    }
}

fn check_command(platform: Platform, command: &Command) {
    assert_eq!([command.actor.platform, command.place.platform], [platform; 2]);
    for id in [&command.actor.organisation, &command.actor.person, &command.place.organisation, &command.place.channel]
    {
        is_id(id);
    }
    assert!(!command.delivery.0.is_empty() && command.delivery.0.len() <= 3 * 256, "{:?}", command.delivery);
    let text = match &command.request {
        Request::Text(text) => text.clone(),
        Request::Call { operation, parameters } => format!("{operation} {parameters:?}"),
    };
    words(&text);
    if let Some(answer) = &command.acknowledgement {
        is_empty_or_json(&answer.body);
    }
    // An answer that repeats what was said.
    let reply = Reply {
        tone: Tone::Refusal,
        title: text.clone(),
        lines: vec![Line::Text(text.clone()), Line::Field(text.clone(), text.clone()), Line::Code(text)],
        actions: Vec::new(),
        private: true,
    };
    is_empty_or_json(&render(platform, &reply).body);
    if let Some(way) = &command.follow_up {
        check_way(platform, way, &reply);
    }
}

fn check_way(platform: Platform, way: &FollowUp, reply: &Reply) {
    assert!(way.expires_at <= NOW + 24 * 60 * 60, "{}", way.expires_at);
    let credential = Secret::credential("1:credential");
    let reach = Reach { credential: Some(&credential), ..Reach::default() };
    let Ok(outgoing) = way.compose(reply, &reach, NOW) else { return };
    let hosts: &[&str] = match platform {
        Platform::DingTalk => &["oapi.dingtalk.com"],
        Platform::Discord => &["discord.com"],
        Platform::Feishu => &["open.feishu.cn"],
        Platform::Slack => &["hooks.slack.com", "hooks.slack-gov.com"],
        Platform::Telegram => &["api.telegram.org"],
        _ => &[],
    };
    let (_, rest) = outgoing.url.split_once("https://").expect("HTTPS");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let host = authority.strip_suffix(":443").unwrap_or(&authority);
    assert!(outgoing.url.starts_with("https://") && hosts.contains(&host), "{}", outgoing.url);
    is_empty_or_json(&outgoing.body);
    assert!(!outgoing.body.is_empty());
}

/// Fit to be written `platform:organisation/person`, and into a policy.
fn is_id(id: &str) {
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/*".contains(&byte));
    assert!(plain && (1..=3 * 256).contains(&id.len()), "{id:?}");
}

fn is_empty_or_json(body: &str) {
    assert!(body.is_empty() || serde_json::from_str::<Value>(body).is_ok(), "{body}");
}

fn body(platform: Platform, input: &[u8]) -> Vec<u8> {
    let Some((&kind, choices)) = input.split_first().filter(|(kind, _)| **kind >= 128) else { return input.to_vec() };
    let (pieces, between, around): (&[&str], &[u8], [&[u8]; 2]) = match platform {
        Platform::Slack if kind.is_multiple_of(2) => (SLACK_PIECES, b"", [b"", b""]),
        Platform::Mattermost => (MATTERMOST_PIECES, b"", [b"", b""]),
        Platform::DingTalk => (DINGTALK_MEMBERS, b",", [b"{", b"}"]),
        Platform::Discord => (DISCORD_MEMBERS, b",", [b"{", b"}"]),
        Platform::Feishu => (FEISHU_EVENTS, b",", [b"{", b"}"]),
        Platform::Teams => (TEAMS_MEMBERS, b",", [b"{", b"}"]),
        Platform::Telegram => (TELEGRAM_MEMBERS, b",", [b"{", b"}"]),
        _ => (JSON_PIECES, b"", [b"", b""]),
    };
    let mut body = around[0].to_vec();
    for (at, choice) in choices.iter().enumerate() {
        if at > 0 {
            body.extend(between);
        }
        match pieces.get(usize::from(*choice) % (pieces.len() + pieces.len() / 4 + 1)) {
            Some(piece) => body.extend(piece.as_bytes()),
            None => body.push(*choice),
        }
    }
    body.extend(around[1]);
    body
}
