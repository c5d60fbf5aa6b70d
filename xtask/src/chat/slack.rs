//! Slack's side of a slash command
//! (docs.slack.dev/interactivity/implementing-slash-commands, docs.slack.dev/authentication/verifying-requests-from-slack).

use super::{Delivery, Saying, hmac_sha256};
use crate::tools::hex;
use form_urlencoded::Serializer;
use serde_json::{Value, json};

pub(super) fn delivery(saying: &Saying<'_>, secret: &str) -> Delivery {
    let body = if saying.press { press(saying) } else { command(saying) };
    signed(body, "application/x-www-form-urlencoded", saying.now, secret)
}

/// The check of an address (docs.slack.dev/reference/events/url_verification).
pub(crate) fn url_verification(challenge: &str, now: u64, secret: &str) -> Delivery {
    let body = json!({ "token": "deprecated", "challenge": challenge, "type": "url_verification" }).to_string();
    signed(body, "application/json", now, secret)
}

fn signed(body: String, content_type: &str, now: u64, secret: &str) -> Delivery {
    let stamp = now.to_string();
    let headers = [
        ("content-type", content_type.to_owned()),
        ("x-slack-signature", signature(secret, &stamp, &body)),
        ("x-slack-request-timestamp", stamp),
    ];
    Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
}

fn command(saying: &Saying<'_>) -> String {
    Serializer::new(String::new())
        .append_pair("token", "deprecated")
        .append_pair("team_id", saying.team)
        .append_pair("team_domain", "example")
        .append_pair("channel_id", saying.channel)
        .append_pair("channel_name", "ops")
        .append_pair("user_id", saying.user)
        .append_pair("user_name", "somebody")
        .append_pair("command", "/swas")
        .append_pair("text", &escaped(saying.text))
        .append_pair("api_app_id", "A1")
        .append_pair("is_enterprise_install", "false")
        .append_pair("response_url", saying.response_url.unwrap_or_default())
        .append_pair("trigger_id", &format!("{}.{}", saying.now, saying.nonce))
        .finish()
}

/// A press of a button whose value is what is said (docs.slack.dev/interactivity/handling-user-interaction).
fn press(saying: &Saying<'_>) -> String {
    let at = format!("{}.{}", saying.now, saying.nonce);
    let payload = json!({
        "type": "block_actions",
        "team": { "id": saying.team, "domain": "example" },
        "user": { "id": saying.user, "team_id": saying.team },
        "api_app_id": "A1",
        "channel": { "id": saying.channel },
        "container": { "type": "message", "message_ts": at, "channel_id": saying.channel },
        "response_url": saying.response_url.unwrap_or_default(),
        "actions": [{ "type": "button", "action_id": "say.0", "value": saying.text, "action_ts": at }],
    });
    Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

fn signature(secret: &str, stamp: &str, body: &str) -> String {
    format!("v0={}", hex(&hmac_sha256(secret.as_bytes(), format!("v0:{stamp}:{body}").as_bytes())))
}

/// The text of the message's sections; without blocks, its `text`.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let blocks = message["blocks"].as_array().into_iter().flatten();
    let sections: Vec<String> = blocks
        .filter_map(|block| {
            let text = block["text"]["text"].as_str()?;
            Some(plain(&if block["text"]["type"] == "mrkdwn" { text.replace('`', "") } else { text.to_owned() }))
        })
        .collect();
    if sections.is_empty() { Some(plain(message["text"].as_str()?)) } else { Some(sections.join("\n")) }
}

/// docs.slack.dev/messaging/formatting-message-text, "Escaping text".
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// The vector of Slack's page on verifying requests.
    #[test]
    fn signs_as_slack_does() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                    &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                    &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F\
                    96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }

    #[test]
    fn the_form_has_every_documented_field() {
        let delivery = delivery(&SAYING, "secret");
        assert_eq!(
            delivery.body,
            "token=deprecated&team_id=T1&team_domain=example&channel_id=C1&channel_name=ops&user_id=U1\
             &user_name=somebody&command=%2Fswas&text=share+m-1+%26lt%3Bb%26gt%3B+%26amp%3B+c&api_app_id=A1\
             &is_enterprise_install=false&response_url=http%3A%2F%2F127.0.0.1%3A1%2Fx&trigger_id=1531420618.0a0b"
        );
        let stamp = ("x-slack-request-timestamp".to_owned(), "1531420618".to_owned());
        assert!(delivery.headers.contains(&stamp));
    }

    #[test]
    fn a_press_says_what_the_button_says() {
        let body = delivery(&Saying { press: true, ..SAYING }, "secret").body;
        let (name, payload) = form_urlencoded::parse(body.as_bytes()).next().unwrap();
        let payload: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!((&*name, &payload["actions"][0]["value"]), ("payload", &"share m-1 <b> & c".into()));
        assert_eq!((&payload["user"]["id"], &payload["channel"]["id"]), (&"U1".into(), &"C1".into()));
    }

    #[test]
    fn shows_sections_as_text() {
        let message = r#"{"text":"t","blocks":[
            {"type":"section","text":{"type":"plain_text","text":"✅ shared a &amp; b"}},
            {"type":"section","text":{"type":"mrkdwn","text":"RequestId: `1-2`"}}]}"#;
        assert_eq!(shown(message).unwrap(), "✅ shared a & b\nRequestId: 1-2");
        assert_eq!(shown(r#"{"text":"a &lt; b"}"#).unwrap(), "a < b");
        assert_eq!(shown("not JSON"), None);
    }
}
