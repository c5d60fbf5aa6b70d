//! DingTalk: messages to the robot of an application, over HTTP. Its signature covers the time only: whoever has seen one may
//! send any body with it for as long as the window is open.
//! Pages: open.dingtalk.com/document/development/receive-message, open.dingtalk.com/document/orgapp/message-type,
//! open-dingtalk/developerpedia: docs/learn/bot.

use alloc::{format, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    Actor, Code, Command, DeliveryId, FollowUp, Inbound, Line, Outgoing, Place, Platform, Received, Refusal, Rendered,
    Reply, Request, Secret, SecretProblem, Signed, Strength, Verification, Verified,
    delivery::{json, written},
    platform::Adapter,
    reply::{Room, fit, quoted},
    verify::{accept, header, mac, matching, seconds},
};

const SIGN: &str = "sign";
const TIMESTAMP: &str = "timestamp";

/// How far the time may lie from our clock, either way (receive-message).
const WINDOW_MS: i64 = 60 * 60 * 1000;

/// Seconds a `sessionWebhook` lives, by the difference of the times in the samples of receive-message.
const FOLLOW_UP_LIFETIME: i64 = 90 * 60;
/// Messages a robot may send in a minute (open.dingtalk.com/document/orgapp/custom-robot-access).
const FOLLOW_UP_USES: u8 = 20;

/// Bytes of what a message says; the whole may have 15,000 (help.dingtalk.io/open/development/the-robot-sends-a-group-message,
/// `msgParam`), and the title stands there twice.
const MESSAGE_LIMIT: usize = 13_000;

pub(crate) struct DingTalk;

impl Adapter for DingTalk {
    fn name(&self) -> &'static str {
        "dingtalk"
    }

    fn secret_variable(&self) -> &'static str {
        "DINGTALK_APP_SECRET"
    }

    fn strength(&self) -> Strength {
        Strength::Time
    }

    fn acknowledge_within_ms(&self) -> u64 {
        2500 // of some 3000, by what people report; no page says
    }

    fn delivers_again(&self) -> bool {
        false
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        Ok(Secret::new(text.as_bytes().into()))
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let sign = header(inbound, SIGN)?;
        let timestamp = header(inbound, TIMESTAMP)?;
        let claim = STANDARD.decode(sign).ok().and_then(|bytes| bytes.try_into().ok());
        let claim = claim.ok_or(Refusal::MalformedHeader(SIGN))?;
        let signed_ms = seconds(&timestamp, TIMESTAMP)?;
        within_window(signed_ms, now)?;
        let matched =
            matching(secrets, &[claim], &|secret| mac(secret, &mut [timestamp.as_bytes(), b"\n", secret].into_iter()));
        let signed_at = signed_ms / 1000;
        let signed = Signed { platform: Platform::DingTalk, body: inbound.body.into(), id: None, signed_at, secret: 0 };
        accept(signed, matched)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        message(&json(&signed.body)?, signed, now)
    }

    /// As the body of the answer a message is shown too, by what people report; pages know the `sessionWebhook` only.
    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(markdown(reply))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &["oapi.dingtalk.com"]
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        let code = Some(Code { name: "errcode", later: &TRY_LATER });
        Outgoing { code, ..Outgoing::post_json(&to.url, markdown(reply)) }
    }
}

/// The system is busy; the robot has sent too much (open.dingtalk.com/document/orgapp/server-api-error-codes-1).
const TRY_LATER: [i64; 2] = [-1, 130_101];

/// To the millisecond, as the boundary is documented.
fn within_window(signed_ms: i64, now: i64) -> Result<(), Refusal> {
    let now_ms = now.saturating_mul(1000);
    let seconds = |ms: i64| ms.saturating_add(999) / 1000;
    let age = now_ms.saturating_sub(signed_ms);
    let ahead = signed_ms.saturating_sub(now_ms);
    if age > WINDOW_MS {
        Err(Refusal::Stale { age: seconds(age) })
    } else if ahead > WINDOW_MS {
        Err(Refusal::Early { ahead: seconds(ahead) })
    } else {
        Ok(())
    }
}

fn message(message: &Value, signed: &Signed<'_>, now: i64) -> Result<Received, Refusal> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let required = |pointer: &str, name| text(pointer).ok_or(Refusal::MalformedBody(name));
    // People of other companies have no such id, nor has anybody before the robot is published; a notice that the quota is
    // used up has no text.
    let (Some(kind), Some(person)) = (text("/msgtype"), text("/senderStaffId").filter(|id| !id.is_empty())) else {
        return Ok(Received::Nothing(Rendered::empty()));
    };
    let typed = match kind {
        "text" => required("/text/content", "text.content")?.into(),
        "richText" => rich_text(message),
        // What cannot be read is answered with help.
        _ => String::new(),
    };
    let id = required("/msgId", "msgId")?;
    let company = written(required("/chatbotCorpId", "chatbotCorpId")?, "chatbotCorpId")?;
    let home = text("/senderCorpId").map_or(Ok(company.clone()), |corp| written(corp, "senderCorpId"))?;
    let expires_at = message.get("sessionWebhookExpiredTime").and_then(Value::as_i64).map(|ms| ms / 1000);
    let latest = now.saturating_add(FOLLOW_UP_LIFETIME);
    let follow_up = text("/sessionWebhook").map(|url| FollowUp {
        platform: Platform::DingTalk,
        url: url.into(),
        expires_at: expires_at.unwrap_or(latest).min(latest),
        uses: FOLLOW_UP_USES,
    });
    Ok(Received::Command(Command {
        delivery: DeliveryId(written(id, "msgId")?),
        actor: Actor { platform: Platform::DingTalk, organisation: home, person: written(person, "senderStaffId")? },
        place: Place {
            platform: Platform::DingTalk,
            organisation: company,
            channel: written(required("/conversationId", "conversationId")?, "conversationId")?,
        },
        request: Request::Text(typed.trim().into()),
        language: None,
        acknowledgement: follow_up.is_some().then(Rendered::empty),
        follow_up,
        secret: signed.secret,
    }))
}

/// The text of a message that is in pieces, some of them pictures.
fn rich_text(message: &Value) -> String {
    let pieces = message.pointer("/content/richText").and_then(Value::as_array).into_iter().flatten();
    pieces.filter_map(|piece| piece.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join(" ")
}

fn markdown(reply: &Reply) -> String {
    let (title, lines) = fit(reply, Room { left: MESSAGE_LIMIT, cost: &cost, around: 16 });
    let heading = format!("#### {}", literal(&title));
    let lines = lines.iter().map(|line| match line {
        Line::Text(text) => literal(text).replace('\n', PARAGRAPH),
        Line::Field(name, value) => format!("**{}**: {}", literal(name), literal(value)),
        Line::Code(text) => format!("> {}", literal(text)),
    });
    let text = core::iter::once(heading).chain(lines).collect::<Vec<_>>().join(PARAGRAPH);
    format!(r#"{{"msgtype":"markdown","markdown":{{"title":{},"text":{}}}}}"#, quoted(&title), quoted(&text))
}

/// What ends a line for certain.
const PARAGRAPH: &str = "\n\n";

/// `text` with everything that Markdown gives a meaning in its full-width form. No page knows an escape, and clients differ
/// in what they take for one; outside quotation marks [`words`](crate::words()) reads what is copied from here as what was
/// meant.
fn literal(text: &str) -> String {
    text.chars()
        .map(|c| match u32::from(c).checked_add(0xfee0).and_then(char::from_u32) {
            Some(wide) if is_markup(c) => wide,
            _ => c,
        })
        .collect()
}

const fn is_markup(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&')
}

/// Bytes in the message: what is made full-width has three, and JSON wants a second one for some.
fn cost(c: char) -> usize {
    match c {
        '"' | '\n' => 4,
        c if is_markup(c) => 3,
        c => c.len_utf8(),
    }
}
