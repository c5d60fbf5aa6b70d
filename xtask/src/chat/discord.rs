//! Discord's side of an interaction
//! (docs.discord.com/developers/interactions/overview, …/interactions/receiving-and-responding).

use super::{Delivery, Saying, number};
use crate::tools::hex;
use anyhow::{Context as _, Result};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

/// The public key to a private one, both in hexadecimal digits.
pub(crate) fn public_key(private: &[u8; 32]) -> String {
    hex(SigningKey::from_bytes(private).verifying_key().as_bytes())
}

/// `key` is the private one: what the Worker knows is made of it.
pub(super) fn delivery(saying: &Saying<'_>, key: &str) -> Result<Delivery> {
    let (kind, data) = if saying.press {
        (3, json!({ "component_type": 2, "custom_id": saying.text }))
    } else {
        let command = json!([{ "name": "command", "type": 3, "value": saying.text }]);
        (
            2,
            json!({ "id": "1", "name": "swas", "type": 1, "options": [{ "name": "run", "type": 1, "options": command }] }),
        )
    };
    let body = json!({
        "application_id": APPLICATION,
        "channel_id": number(saying.channel),
        "context": 0,
        "data": data,
        "guild_id": number(saying.team),
        "id": id(saying.nonce),
        "locale": "en-GB",
        "member": { "user": { "id": number(saying.user), "username": "somebody" }, "roles": [], "permissions": "0" },
        "token": saying.nonce,
        "type": kind,
        "version": 1,
    })
    .to_string();
    let stamp = saying.now.to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-signature-ed25519", signature(key, &stamp, &body)?),
        ("x-signature-timestamp", stamp),
    ];
    Ok(Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body })
}

/// The variable of the private key, which the Worker does not read.
pub(crate) const KEY: &str = "DISCORD_PLAYED_KEY";

const APPLICATION: &str = "1";

/// Ids here are numbers.
fn id(nonce: &str) -> String {
    let digits: u64 = nonce.bytes().fold(0, |number: u64, byte| number.wrapping_mul(31).wrapping_add(byte.into()));
    digits.to_string()
}

fn signature(key: &str, stamp: &str, body: &str) -> Result<String> {
    let bytes = (0..key.len()).step_by(2).map(|at| u8::from_str_radix(key.get(at..at + 2)?, 16).ok());
    let key: Option<Vec<u8>> = bytes.collect();
    let key: Option<[u8; 32]> = key.and_then(|key| key.try_into().ok());
    let key = SigningKey::from_bytes(&key.context("DISCORD_PLAYED_KEY in .dev.vars is not 64 hexadecimal digits")?);
    Ok(hex(&key.sign(format!("{stamp}{body}").as_bytes()).to_bytes()))
}

/// The path at which the answer to what is delivered with this nonce is changed.
pub(super) fn messages(nonce: &str) -> String {
    format!("/api/v10/webhooks/{APPLICATION}/{nonce}/messages/@original")
}

/// What the interface answers at a path.
pub(super) fn answer(path: &str) -> Option<&'static str> {
    path.starts_with("/api/v10/webhooks/").then_some(r#"{"id":"1"}"#)
}

/// The content and the embed's text.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let message = message.get("data").unwrap_or(&message);
    let text = message["embeds"][0]["description"].as_str().unwrap_or_default();
    Some(super::without_markdown(&format!("{}\n{text}", message["content"].as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    /// By the key of RFC 8032, 7.1 test 1; discord-interactions 4.4.0 (npm) accepts it.
    #[test]
    fn signs_as_discord_does() {
        let key = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        assert_eq!(
            signature(key, "1700000000", r#"{"type":1}"#).unwrap(),
            "1695961a47c91a1ec033b819b7e87e3dbc583dd0cee6d1fd0216f58ac87b6228\
             ae531ddbf91fb7bc28d7edf7f08604da16f54624f38a6bc0614e4dc13cd47f0f"
        );
        for wrong in ["", "9d", "x", "é"] {
            assert_eq!(
                signature(wrong, "1", "").unwrap_err().to_string(),
                "DISCORD_PLAYED_KEY in .dev.vars is not 64 hexadecimal digits"
            );
        }
    }

    #[test]
    fn the_body_says_who_where_and_what() {
        let key = "00".repeat(32);
        let body =
            |saying: &Saying<'_>| -> Value { serde_json::from_str(&delivery(saying, &key).unwrap().body).unwrap() };
        let typed = body(&SAYING);
        assert_eq!((&typed["type"], &typed["guild_id"]), (&2.into(), &"1".into()));
        assert_eq!(typed["data"]["options"][0]["options"][0]["value"], "share m-1 <b> & c");
        let pressed = body(&Saying { press: true, ..SAYING });
        assert_eq!((&pressed["type"], &pressed["data"]["custom_id"]), (&3.into(), &"share m-1 <b> & c".into()));
    }

    #[test]
    fn shows_content_and_embed() {
        let message = r#"{"type":4,"data":{"content":"⏳ a\\_b","embeds":[{"description":"c\\: `d`\n`confirm X`"}]}}"#;
        assert_eq!(shown(message).unwrap(), "⏳ a_b\nc: d\nconfirm X");
        assert_eq!(shown(r#"{"content":"a","embeds":[]}"#).unwrap(), "a");
    }
}
