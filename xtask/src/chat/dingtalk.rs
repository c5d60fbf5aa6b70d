//! DingTalk's side of a message to a robot (open.dingtalk.com/document/development/receive-message).

use super::{Delivery, Saying, hmac_sha256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

pub(super) fn delivery(saying: &Saying<'_>, secret: &str) -> Delivery {
    let stamp = format!("{}000", saying.now);
    let body = json!({
        "conversationId": saying.channel,
        "chatbotCorpId": saying.team,
        "senderCorpId": saying.team,
        "chatbotUserId": "$:LWCP_v1:$bot",
        "msgId": format!("msg{}==", saying.nonce),
        "senderNick": "somebody",
        "isAdmin": false,
        "senderStaffId": saying.user,
        "senderId": "$:LWCP_v1:$sender",
        "createAt": saying.now.saturating_mul(1000),
        "sessionWebhook": saying.response_url,
        "sessionWebhookExpiredTime": saying.now.saturating_add(90 * 60).saturating_mul(1000),
        "conversationType": "2",
        "conversationTitle": "ops",
        "isInAtList": true,
        "robotCode": "R1",
        "msgtype": "text",
        "text": { "content": format!(" {}", saying.text) },
    })
    .to_string();
    let headers = [
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("sign", signature(secret, &stamp)),
        ("timestamp", stamp),
    ];
    Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
}

fn signature(secret: &str, stamp: &str) -> String {
    BASE64_STANDARD.encode(hmac_sha256(secret.as_bytes(), format!("{stamp}\n{secret}").as_bytes()))
}

/// The text without its Markdown.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let text = message["markdown"]["text"].as_str()?;
    let lines = text.split("\n\n").map(|line| line.trim_start_matches(['#', '>', ' ']).replacen("**", "", 2));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// StateKnot/JiaClaw: the test of its HTTP callback module.
    #[test]
    fn signs_as_dingtalk_does() {
        let signed = signature("this is a secret", "1577262236757");
        assert_eq!(signed, "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=");
    }

    #[test]
    fn the_body_says_who_and_where() {
        let delivery = delivery(&SAYING, "secret");
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        assert_eq!((&body["senderStaffId"], &body["conversationId"]), (&json!("U1"), &json!("C1")));
        assert_eq!(body["text"]["content"], " share m-1 <b> & c");
        assert!(delivery.headers.contains(&("timestamp".to_owned(), "1531420618000".to_owned())));
    }

    #[test]
    fn shows_text() {
        let message = json!({ "markdown": { "text": "#### ✅ Done\n\n**RequestId**: 1-2\n\n> confirm X" } });
        assert_eq!(shown(&message.to_string()).unwrap(), "✅ Done\nRequestId: 1-2\nconfirm X");
    }
}
