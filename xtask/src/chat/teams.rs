//! Teams' side of an outgoing webhook
//! (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook).

use super::{Delivery, Saying, hmac_sha256};
use acs_sign::SigningTime;
use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

pub(super) fn delivery(saying: &Saying<'_>, secret: &str) -> Result<Delivery> {
    let id = format!("{}{}", saying.now, saying.nonce);
    let body = json!({
        "type": "message",
        "id": id,
        "timestamp": SigningTime::from_unix_seconds(saying.now.try_into()?)?.to_string(),
        "channelId": "msteams",
        "from": { "id": "29:1x", "name": "somebody", "aadObjectId": saying.user },
        "conversation": { "isGroup": true, "conversationType": "channel", "id": format!("{};messageid={id}", saying.channel) },
        "recipient": { "id": "28:1x", "name": "ops" },
        "textFormat": "plain",
        "text": format!("<at>ops</at> {}", escaped(saying.text)),
        "channelData": { "teamsChannelId": saying.channel, "tenant": { "id": saying.team } },
    })
    .to_string();
    let headers =
        [("content-type", "application/json; charset=utf-8".to_owned()), ("authorization", signature(secret, &body)?)];
    Ok(Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body })
}

fn signature(secret: &str, body: &str) -> Result<String> {
    let key = BASE64_STANDARD.decode(secret).ok().context("TEAMS_WEBHOOK_SECRET in .dev.vars is not base64")?;
    Ok(format!("HMAC {}", BASE64_STANDARD.encode(hmac_sha256(&key, body.as_bytes()))))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The texts of the card, a block a line; without one, the message's text.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let Some(blocks) = message["attachments"][0]["content"]["body"].as_array() else {
        return message["text"].as_str().map(str::to_owned);
    };
    let line = |block: &Value| {
        let runs = block["inlines"].as_array().into_iter().flatten();
        runs.filter_map(|run| run["text"].as_str()).collect::<String>()
    };
    Some(blocks.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// With the key of Microsoft's page; their sample OfficeDev/msteams-samples-outgoing-webhook-nodejs accepts it.
    #[test]
    fn signs_as_teams_does() {
        let body = r#"{"type":"message","id":"1485983408511","timestamp":"2017-02-01T21:10:07.437Z","text":"<at>ops</at> status app-1"}"#;
        let signed = signature("vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=", body).unwrap();
        assert_eq!(signed, "HMAC L733QcZIQ9RkIsHCYUCb/VmSSNJmAhv+kCv5LDtrl5Y=");
        let error = signature("?", "").unwrap_err().to_string();
        assert_eq!(error, "TEAMS_WEBHOOK_SECRET in .dev.vars is not base64");
    }

    #[test]
    fn the_body_says_who_where_and_when() {
        let body: Value = serde_json::from_str(&delivery(&SAYING, "AAAA").unwrap().body).unwrap();
        assert_eq!((&body["from"]["aadObjectId"], &body["timestamp"]), (&json!("U1"), &json!("2018-07-12T18:36:58Z")));
        assert_eq!(body["text"], "<at>ops</at> share m-1 &lt;b&gt; &amp; c");
    }

    #[test]
    fn shows_blocks_as_lines() {
        let run = |text: &str| json!({ "text": text });
        let blocks = json!([{ "inlines": [run("✅ Done")] }, { "inlines": [run("RequestId: "), run("1-2")] }]);
        let card = json!({ "attachments": [{ "content": { "body": blocks } }] });
        assert_eq!(shown(&card.to_string()).unwrap(), "✅ Done\nRequestId: 1-2");
        assert_eq!(shown(r#"{"text":"help"}"#).unwrap(), "help");
    }
}
