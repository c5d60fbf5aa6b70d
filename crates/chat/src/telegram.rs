//! Telegram: a bot's webhook. Nothing is signed: a token says that Telegram has sent it, and the rest is believed.
//! Pages: core.telegram.org/bots/api ("setWebhook", "Update", "sendMessage", "InlineKeyboardButton"); how it is delivered:
//! tdlib/telegram-bot-api: telegram-bot-api/WebhookActor.cpp.

use alloc::{format, string::String, vec::Vec};
use serde_json::Value;

use crate::{
    Action, Actor, Command, DeliveryId, FollowUp, Inbound, Language, Line, Outgoing, Place, Platform, Received,
    Refusal, Rendered, Reply, Request, Secret, SecretProblem, Signed, Strength, Style, Verification, Verified,
    delivery::json,
    platform::Adapter,
    reply::{Room, fit, on_one_line, quoted, shorten},
    secret,
    verify::{header, token},
};

const TOKEN: &str = "x-telegram-bot-api-secret-token";

/// A bot may always write. A day, and as many messages as are ever tried.
const FOLLOW_UP_LIFETIME: i64 = 24 * 60 * 60;
const FOLLOW_UP_USES: u8 = 20;

/// UTF-16 units of what is left of a text without its mark-up: 4096 (core.telegram.org/bots/api, "sendMessage").
const MESSAGE_LIMIT: usize = 4000;
/// Bytes of what a button says.
const COMMAND_LIMIT: usize = 64;
/// Nothing limits these two; a message with more is unreadable.
const BUTTONS: usize = 20;
const LABEL_LIMIT: usize = 64;

/// The bot is all the organisation there is.
const ORGANISATION: &str = "default";

pub(crate) struct Telegram;

impl Adapter for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn secret_variable(&self) -> &'static str {
        "TELEGRAM_WEBHOOK_SECRET"
    }

    fn strength(&self) -> Strength {
        Strength::Token
    }

    fn acknowledge_within_ms(&self) -> u64 {
        10_000 // it waits for 60 s, and with the chat's next message as long
    }

    /// For a day, and keeps all that comes after it in the same chat back meanwhile: so everything else is a 200.
    fn delivers_again(&self) -> bool {
        true
    }

    /// `secret_token` of setWebhook.
    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        secret::token(text)
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let presented = header(inbound, TOKEN)?;
        let body = inbound.body.into();
        token(&presented, Signed { platform: Platform::Telegram, body, id: None, signed_at: now, secret: 0 }, secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        let command = json(&signed.body).ok().and_then(|update| command(&update, signed, now));
        Ok(command.map_or(Received::Nothing(Rendered::empty()), Received::Command))
    }

    /// Never seen: every command has its acknowledgement, and its reply is a message of the bot's.
    fn render(&self, _reply: &Reply) -> Rendered {
        Rendered::empty()
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &["api.telegram.org"]
    }

    fn credential_variable(&self) -> Option<&'static str> {
        Some("TELEGRAM_BOT_TOKEN")
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, credential: Option<&Secret>) -> Outgoing {
        let token = credential.and_then(|token| str::from_utf8(token.bytes()).ok()).unwrap_or_default();
        let url = format!("https://{HOST}/bot{token}/sendMessage");
        Outgoing::post_json(&url, message(to, reply))
    }
}

const HOST: &str = "api.telegram.org";

/// What an update asks for; `None`: nothing, or not of us. Telegram says all this itself, so what does not have its form is
/// somebody else's, and an error would only have it sent again.
fn command(update: &Value, signed: &Signed<'_>, now: i64) -> Option<Command> {
    let pressed = update.get("callback_query");
    let of_bot = update.get("message");
    let message = pressed.map_or(of_bot, |pressed| pressed.get("message"))?;
    // Whoever speaks for a channel or as an anonymous administrator has no id of his own here.
    if pressed.is_none() && message.get("sender_chat").is_some() {
        return None;
    }
    let from = pressed.unwrap_or(message).get("from").filter(|from| from.get("is_bot") != Some(&Value::Bool(true)))?;
    let chat = message.get("chat")?;
    let id = |of: &Value, name: &str| of.get(name).and_then(Value::as_i64).map(|id| format!("{id}"));
    let (person, channel, message_id) = (id(from, "id")?, id(chat, "id")?, id(message, "message_id")?);
    let text = match pressed {
        Some(pressed) => pressed.get("data")?.as_str()?.into(),
        None => as_typed(message.get("text")?.as_str()?, chat.get("type")?.as_str()? == "private")?,
    };
    let press = pressed.and_then(|pressed| pressed.get("id")).and_then(Value::as_str);
    let parts = [&*id(update, "update_id")?, &channel, &message_id, &person, press.unwrap_or_default(), &text];
    let thread = id(message, "message_thread_id").map(|thread| format!("&message_thread_id={thread}"));
    let acknowledgement = match press {
        // Until then the button looks as if it were still pressed.
        Some(press) => {
            Rendered::json(format!(r#"{{"method":"answerCallbackQuery","callback_query_id":{}}}"#, quoted(press)))
        }
        None => Rendered::empty(),
    };
    Some(Command {
        delivery: DeliveryId::of(&parts.map(str::as_bytes)),
        actor: Actor { platform: Platform::Telegram, organisation: ORGANISATION.into(), person },
        place: Place { platform: Platform::Telegram, organisation: ORGANISATION.into(), channel: channel.clone() },
        request: Request::Text(text),
        follow_up: Some(FollowUp {
            platform: Platform::Telegram,
            url: format!(
                "https://{HOST}/?chat_id={channel}&message_id={message_id}{}",
                thread.as_deref().unwrap_or_default()
            ),
            expires_at: now.saturating_add(FOLLOW_UP_LIFETIME),
            uses: FOLLOW_UP_USES,
        }),
        language: from.get("language_code").and_then(Value::as_str).and_then(Language::from_tag),
        acknowledgement: Some(acknowledgement),
        secret: signed.secret,
    })
}

/// What is meant for the bot: a command, `/share@ops_bot m-1`, what begins with its name, and in a chat of two everything. What
/// others say in a group is none of its business; names of bots end in `bot`.
fn as_typed(text: &str, private: bool) -> Option<String> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if let Some(command) = first.strip_prefix('/') {
        return Some(match command.split('@').next().unwrap_or_default() {
            // What the first press on a new bot says.
            "start" => String::new(),
            word => format!("{word} {rest}").trim().into(),
        });
    }
    let is_bot =
        |name: &str| name.get(name.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("bot"));
    match first.strip_prefix('@') {
        Some(name) if is_bot(name) => Some(rest.trim().into()),
        _ if private => Some(text.into()),
        _ => None,
    }
}

/// The parameters of sendMessage, with where to from the address.
fn message(to: &FollowUp, reply: &Reply) -> String {
    let mut target = String::new();
    let mut answered = String::new();
    let query = to.url.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match (name, value.parse::<i64>()) {
            ("message_id", Ok(id)) => {
                answered = format!(r#""reply_parameters":{{"message_id":{id},"allow_sending_without_reply":true}},"#);
            }
            (name @ ("chat_id" | "message_thread_id"), Ok(id)) => target += &format!("\"{name}\":{id},"),
            _ => {}
        }
    }
    let text = quoted(&html(reply));
    let keyboard = keyboard(&reply.actions);
    format!(
        r#"{{{target}{answered}"text":{text},"parse_mode":"HTML","link_preview_options":{{"is_disabled":true}}{keyboard}}}"#
    )
}

/// Of HTML only what is written here (core.telegram.org/bots/api, "HTML style").
fn html(reply: &Reply) -> String {
    let room = Room { left: MESSAGE_LIMIT, cost: &|c| c.len_utf16().saturating_add(calls(c).into()), around: 4 };
    let (title, lines) = fit(reply, room);
    let title = format!("<b>{}</b>", literal(&title));
    let lines = lines.iter().map(|line| match line {
        Line::Text(text) => literal(text),
        Line::Field(name, value) => format!("{}: <code>{}</code>", literal(name), escaped(value)),
        Line::Code(text) => format!("<code>{}</code>", escaped(text)),
    });
    core::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n")
}

/// What begins a name or a command that a press would call.
const fn calls(c: char) -> bool {
    matches!(c, '@' | '/')
}

/// Nothing follows what would call somebody directly.
fn literal(text: &str) -> String {
    let mut literal = String::new();
    for c in escaped(text).chars() {
        literal.push(c);
        literal.extend(calls(c).then_some('\u{200b}'));
    }
    literal
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A row for each button, whose data is what one would type. Which Telegram would not take are left out: the same stands in the
/// lines.
fn keyboard(actions: &[Action]) -> String {
    let fitting = actions.iter().filter(|action| (1..=COMMAND_LIMIT).contains(&action.command.len()));
    let rows = fitting.take(BUTTONS).map(|action| {
        let label = quoted(&shorten(&on_one_line(&action.label), LABEL_LIMIT, char::len_utf16));
        let style = match action.style {
            Style::Plain => "",
            Style::Primary => r#","style":"primary""#,
            Style::Danger => r#","style":"danger""#,
        };
        format!(r#"[{{"text":{label},"callback_data":{}{style}}}]"#, quoted(&action.command))
    });
    let rows = rows.collect::<Vec<_>>().join(",");
    if rows.is_empty() { rows } else { format!(r#","reply_markup":{{"inline_keyboard":[{rows}]}}"#) }
}
