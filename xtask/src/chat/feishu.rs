//! Feishu's side of a message to a bot and of a press of a button, and of its interface as far as replies need it
//! (open.feishu.cn/document: im-v1/message/events/receive, feishu-cards/card-callback-communication, im-v1/message/reply).

use super::{Delivery, Saying};
use crate::tools::hex;
use aes::Aes256;
use anyhow::{Result, anyhow};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) fn delivery(saying: &Saying<'_>, key: &str) -> Result<Delivery> {
    let event = if saying.press { press(saying) } else { message(saying) };
    let kind = if saying.press { "card.action.trigger" } else { "im.message.receive_v1" };
    let header = json!({
        "event_id": format!("ev_{}", saying.nonce),
        "event_type": kind,
        "create_time": format!("{}000", saying.now),
        "token": saying.token,
        "app_id": "cli_1",
        "tenant_key": saying.team,
    });
    let mut iv = [0; 16];
    getrandom::fill(&mut iv).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
    let event = json!({ "schema": "2.0", "header": header, "event": event }).to_string();
    let body = json!({ "encrypt": encrypted(&event, key, iv)? }).to_string();
    let stamp = saying.now.to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-lark-signature", signature(&stamp, saying.nonce, key, &body)),
        ("x-lark-request-timestamp", stamp),
        ("x-lark-request-nonce", saying.nonce.to_owned()),
    ];
    Ok(Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body })
}

fn message(saying: &Saying<'_>) -> Value {
    let sender = json!({ "sender_id": { "open_id": saying.user }, "sender_type": "user", "tenant_key": saying.team });
    let message = json!({
        "message_id": id(saying.nonce),
        "create_time": format!("{}000", saying.now),
        "chat_id": saying.channel,
        "chat_type": "group",
        "message_type": "text",
        "content": json!({ "text": format!("@_user_1 {}", saying.text) }).to_string(),
    });
    json!({ "sender": sender, "message": message })
}

fn press(saying: &Saying<'_>) -> Value {
    json!({
        "operator": { "open_id": saying.user, "tenant_key": saying.team },
        "token": format!("c-{}", saying.nonce),
        "action": { "tag": "button", "value": { "command": saying.text } },
        "host": "im_message",
        "context": { "open_message_id": id(saying.nonce), "open_chat_id": saying.channel },
    })
}

fn id(nonce: &str) -> String {
    format!("om_{nonce}")
}

/// The path of replies to what is delivered with this nonce.
pub(super) fn messages(nonce: &str) -> String {
    format!("/open-apis/im/v1/messages/{}/reply", id(nonce))
}

/// What the interface answers at a path.
pub(super) fn answer(path: &str) -> Option<&'static str> {
    match path {
        "/open-apis/auth/v3/tenant_access_token/internal" => {
            Some(r#"{"code":0,"msg":"ok","tenant_access_token":"t-played","expire":7200}"#)
        }
        path if path.starts_with("/open-apis/im/v1/messages/") => Some(r#"{"code":0,"msg":"success","data":{}}"#),
        _ => None,
    }
}

fn encrypted(text: &str, key: &str, iv: [u8; 16]) -> Result<String> {
    let cipher = cbc::Encryptor::<Aes256>::new(&Sha256::digest(key), &iv.into());
    let mut bytes = [&iv, text.as_bytes(), &[0; 16]].concat();
    let padded = cipher.encrypt_padded::<Pkcs7>(&mut bytes[16..], text.len());
    let length = padded.map_err(|_| anyhow!("no room for the padding"))?.len() + 16;
    Ok(BASE64_STANDARD.encode(&bytes[..length]))
}

fn signature(stamp: &str, nonce: &str, key: &str, body: &str) -> String {
    hex(&Sha256::digest([stamp, nonce, key, body].concat()))
}

/// The card of a reply, or what answers a press: the notice and the card.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let card = match message["content"].as_str() {
        Some(content) => serde_json::from_str(content).ok()?,
        None => message["card"]["data"].clone(),
    };
    let Some(title) = card["header"]["title"]["content"].as_str() else {
        return message["toast"]["content"].as_str().map(str::to_owned);
    };
    let elements = card["body"]["elements"].as_array().into_iter().flatten();
    let lines = elements.filter_map(|element| {
        let text = element["text"]["content"].as_str()?;
        Some(if element["tag"] == "button" { format!("[{text}]") } else { text.to_owned() })
    });
    Some(core::iter::once(title.to_owned()).chain(lines).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// lark-oapi 1.7.5 (PyPI) decrypts and answers it.
    #[test]
    fn encrypts_as_feishu_does() {
        let challenge = r#"{"challenge":"ch-1","token":"vtoken","type":"url_verification"}"#;
        assert_eq!(
            encrypted(challenge, "test key", core::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap(),
            "AAECAwQFBgcICQoLDA0OD9f9wT+9irvSOo90S3ts0qZEtdpF6/9dZrOgpbbyPwlfMDtw0Gl/TTQ/o5EQUD1n8Zst16zb88VfmwZuJzLtCHQ="
        );
        assert_eq!(
            signature(
                "1700000000",
                "n0nce",
                "test key",
                r#"{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}"#
            ),
            "bed8fdd3e4bbc581364c140b572ec676edff3db612d57bbc07a24d062c40ddf3"
        );
    }

    #[test]
    fn a_message_and_a_press_say_who_where_and_what() {
        let message = message(&SAYING);
        assert_eq!(message["sender"]["sender_id"]["open_id"], "U1");
        assert_eq!(message["message"]["content"], r#"{"text":"@_user_1 share m-1 <b> & c"}"#);
        let press = press(&SAYING);
        assert_eq!(press["action"]["value"]["command"], "share m-1 <b> & c");
        assert_eq!(press["context"]["open_chat_id"], "C1");
    }

    #[test]
    fn shows_cards_and_notices() {
        let card = json!({
            "header": { "title": { "content": "⏳ Please confirm" } },
            "body": { "elements": [
                { "tag": "div", "text": { "content": "type:\nconfirm X" } },
                { "tag": "button", "text": { "content": "Confirm" } },
            ] },
        });
        let lines = "⏳ Please confirm\ntype:\nconfirm X\n[Confirm]";
        assert_eq!(shown(&json!({ "content": card.to_string() }).to_string()).unwrap(), lines);
        let answer = json!({ "toast": { "content": "t" }, "card": { "type": "raw", "data": card } });
        assert_eq!(shown(&answer.to_string()).unwrap(), lines);
        assert_eq!(shown(r#"{"toast":{"content":"Not yours"}}"#).unwrap(), "Not yours");
    }
}
