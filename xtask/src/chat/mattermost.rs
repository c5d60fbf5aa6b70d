//! Mattermost's side of a slash command (developers.mattermost.com/integrate/slash-commands/custom).

use super::{Delivery, Saying};
use form_urlencoded::Serializer;
use serde_json::Value;

pub(super) fn delivery(saying: &Saying<'_>, token: &str) -> Delivery {
    let body = Serializer::new(String::new())
        .append_pair("channel_id", saying.channel)
        .append_pair("channel_name", "ops")
        .append_pair("command", "/swas")
        .append_pair("response_url", saying.response_url.unwrap_or_default())
        .append_pair("team_domain", "example")
        .append_pair("team_id", saying.team)
        .append_pair("text", saying.text)
        .append_pair("token", token)
        .append_pair("trigger_id", saying.nonce)
        .append_pair("user_id", saying.user)
        .append_pair("user_name", "somebody")
        .finish();
    let headers =
        [("content-type", "application/x-www-form-urlencoded".to_owned()), ("authorization", format!("Token {token}"))];
    Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
}

/// The text without its mark-up.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    Some(super::without_markdown(message["text"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    #[test]
    fn the_form_has_every_documented_field() {
        assert_eq!(
            delivery(&SAYING, "t").body,
            "channel_id=C1&channel_name=ops&command=%2Fswas&response_url=http%3A%2F%2F127.0.0.1%3A1%2Fx\
             &team_domain=example&team_id=T1&text=share+m-1+%3Cb%3E+%26+c&token=t&trigger_id=0a0b&user_id=U1\
             &user_name=somebody"
        );
    }

    #[test]
    fn shows_text_without_mark_up() {
        let message = r#"{"response_type":"ephemeral","text":"a\\_b @\u200bc\n`confirm X`"}"#;
        assert_eq!(shown(message).unwrap(), "a_b @c\nconfirm X");
    }
}
