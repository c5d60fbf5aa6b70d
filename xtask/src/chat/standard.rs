//! A sender of Standard Webhooks (standard-webhooks/standard-webhooks: spec/standard-webhooks.md).

use super::{Delivery, Saying, hmac_sha256};
use anyhow::{Context as _, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

pub(super) fn delivery(saying: &Saying<'_>, secret: &str) -> Result<Delivery> {
    let mut body = json!({
        "command": saying.text,
        "actor": { "organisation": saying.team, "person": saying.user },
        "place": saying.channel,
    });
    if let Some(url) = saying.response_url {
        body["response_url"] = url.into();
    }
    let body = body.to_string();
    let id = format!("msg_{}", saying.nonce);
    let stamp = saying.now.to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-signature", signature(secret, &id, &stamp, &body)?),
        ("webhook-id", id),
        ("webhook-timestamp", stamp),
    ];
    Ok(Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body })
}

fn signature(secret: &str, id: &str, stamp: &str, body: &str) -> Result<String> {
    let key = secret.strip_prefix("whsec_").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let key = key.context("STANDARD_WEBHOOKS_SECRET in .dev.vars is not `whsec_` and base64")?;
    let mac = hmac_sha256(&key, format!("{id}.{stamp}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64_STANDARD.encode(mac)))
}

/// The title and the lines, one below the other.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let title = message["title"].as_str()?.to_owned();
    let lines = message["lines"].as_array().into_iter().flatten();
    let lines = lines.filter_map(|line| match line["name"].as_str() {
        Some(name) => Some(format!("{name}: {}", line["value"].as_str()?)),
        None => line["text"].as_str().map(str::to_owned),
    });
    Some(core::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// The vector of the reference libraries' own tests.
    #[test]
    fn signs_as_the_reference_does() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(
            signature("MfKQ", "a", "1", "").unwrap_err().to_string(),
            "STANDARD_WEBHOOKS_SECRET in .dev.vars is not `whsec_` and base64"
        );
    }

    #[test]
    fn the_body_says_who_and_where() {
        let delivery = delivery(&SAYING, "whsec_AAAA").unwrap();
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        assert_eq!(body["command"], "share m-1 <b> & c");
        assert_eq!(body["actor"], json!({ "organisation": "T1", "person": "U1" }));
        assert!(delivery.headers.contains(&("webhook-id".to_owned(), "msg_0a0b".to_owned())));
    }

    #[test]
    fn shows_title_and_lines() {
        let message = r#"{"status":"success","title":"shared","lines":[
            {"type":"field","name":"RequestId","value":"1-2"},{"type":"code","text":"help"}]}"#;
        assert_eq!(shown(message).unwrap(), "shared\nRequestId: 1-2\nhelp");
    }
}
