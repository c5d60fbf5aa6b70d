//! Telegram's side of an update (core.telegram.org/bots/api, "Update"), and of its interface as far as messages need it.

use super::{Delivery, Saying, number};
use serde_json::{Value, json};

pub(super) fn delivery(saying: &Saying<'_>, secret: &str) -> Delivery {
    let id = |text: &str| number(text).parse::<i64>().unwrap_or_default();
    let from = json!({ "id": id(saying.user), "is_bot": false, "first_name": "Somebody", "language_code": "en" });
    let chat = json!({ "id": id(saying.channel), "title": "ops", "type": "supergroup" });
    let update = saying.nonce.bytes().fold(0, |number: u32, byte| number.wrapping_mul(31).wrapping_add(byte.into()));
    let body = if saying.press {
        let message = json!({ "message_id": 2, "chat": chat, "date": saying.now, "text": "?" });
        let query =
            json!({ "id": saying.nonce, "from": from, "message": message, "chat_instance": "3", "data": saying.text });
        json!({ "update_id": update, "callback_query": query })
    } else {
        let text = format!("/{}", saying.text);
        let message = json!({ "message_id": 1, "from": from, "chat": chat, "date": saying.now, "text": text });
        json!({ "update_id": update, "message": message })
    };
    let headers =
        [("content-type", "application/json".to_owned()), ("x-telegram-bot-api-secret-token", secret.to_owned())];
    Delivery { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body: body.to_string() }
}

/// The path that messages of the bot with this token are sent to.
pub(super) fn messages(token: &str) -> String {
    format!("/bot{token}/sendMessage")
}

/// What the interface answers at a path.
pub(super) fn answer(path: &str) -> Option<&'static str> {
    path.ends_with("/sendMessage").then_some(r#"{"ok":true,"result":{"message_id":3}}"#)
}

/// The text without its mark-up.
pub(super) fn shown(body: &str) -> Option<String> {
    let message: Value = serde_json::from_str(body).ok()?;
    let mut text = message["text"].as_str()?.replace('\u{200b}', "");
    for tag in ["<b>", "</b>", "<code>", "</code>"] {
        text = text.replace(tag, "");
    }
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::SAYING;

    #[test]
    fn the_body_says_who_where_and_what() {
        let body = |saying: &Saying<'_>| -> Value { serde_json::from_str(&delivery(saying, "s").body).unwrap() };
        let typed = body(&SAYING);
        assert_eq!(typed["message"]["text"], "/share m-1 <b> & c");
        assert_eq!((&typed["message"]["from"]["id"], &typed["message"]["chat"]["id"]), (&1.into(), &1.into()));
        let pressed = body(&Saying { press: true, ..SAYING });
        assert_eq!(pressed["callback_query"]["data"], "share m-1 <b> & c");
        assert!(
            delivery(&SAYING, "s").headers.contains(&("x-telegram-bot-api-secret-token".to_owned(), "s".to_owned()))
        );
    }

    #[test]
    fn shows_text_without_mark_up() {
        let message = r#"{"chat_id":1,"text":"<b>a &lt;b&gt;</b>\n<code>confirm X</code>","parse_mode":"HTML"}"#;
        assert_eq!(shown(message).unwrap(), "a <b>\nconfirm X");
    }
}
