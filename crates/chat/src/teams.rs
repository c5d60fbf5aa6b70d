//! Microsoft Teams: outgoing webhooks. What is said is signed with its time in it; the answer is all that can be said back.
//! Pages: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook,
//! learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference, "Activity object".

use alloc::{format, string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use time::{Date, Month, Time, UtcDateTime};

use crate::{
    Actor, Command, DeliveryId, FollowUp, Inbound, Language, Line, Outgoing, Place, Platform, Received, Refusal,
    Rendered, Reply, Request, Secret, SecretProblem, Signed, Strength, Verification, Verified,
    delivery::{json, written},
    platform::Adapter,
    reply::{Room, fit, quoted},
    verify::{header, hmac_sha256, within_window},
};

const AUTHORIZATION: &str = "authorization";
const SCHEME: &str = "HMAC";

/// Bytes of a security token (add-outgoing-webhook).
const SECRET_BYTES: usize = 32;

/// Bytes of text in a message; with its card it stays below the 28 KB that webhooks may have
/// (learn.microsoft.com/microsoftteams/limits-specifications-teams).
const MESSAGE_LIMIT: usize = 20_000;

pub(crate) struct Teams;

impl Adapter for Teams {
    fn name(&self) -> &'static str {
        "teams"
    }

    fn secret_variable(&self) -> &'static str {
        "TEAMS_WEBHOOK_SECRET"
    }

    /// With the body its time is covered too, but the platform promises nothing of that.
    fn strength(&self) -> Strength {
        Strength::Body
    }

    fn acknowledge_within_ms(&self) -> u64 {
        4000 // of 5000
    }

    fn delivers_again(&self) -> bool {
        false
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        let key = STANDARD.decode(text).map_err(|_| SecretProblem::NotBase64)?;
        if key.len() != SECRET_BYTES {
            return Err(SecretProblem::Length { bytes: key.len(), least: SECRET_BYTES, most: SECRET_BYTES });
        }
        Ok(Secret::new(key))
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let authorization = header(inbound, AUTHORIZATION)?;
        let (scheme, signature) = authorization.split_once(' ').ok_or(Refusal::MalformedHeader(AUTHORIZATION))?;
        if scheme != SCHEME {
            return Err(Refusal::UnknownVersion(AUTHORIZATION));
        }
        let claim = STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
        let claim = claim.ok_or(Refusal::MalformedHeader(AUTHORIZATION))?;
        let signed =
            Signed { platform: Platform::Teams, body: inbound.body.into(), id: None, signed_at: now, secret: 0 };
        hmac_sha256(&[], signed, &[claim], secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        activity(&json(&signed.body)?, signed, now)
    }

    fn unreadable(&self, _part: &'static str) -> Rendered {
        Rendered::json(NOTHING.into())
    }

    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(message(reply))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &[]
    }

    /// Never called: nothing here makes a [`FollowUp`] of this platform.
    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing::post_json(&to.url, message(reply))
    }
}

fn activity(activity: &Value, signed: &Signed<'_>, now: i64) -> Result<Received, Refusal> {
    let text = |pointer: &str| activity.pointer(pointer).and_then(Value::as_str);
    let required = |pointer: &str, name| text(pointer).ok_or(Refusal::MalformedBody(name));
    let sent_at = required("/timestamp", "timestamp").map(unix_seconds)?.ok_or(Refusal::MalformedBody("timestamp"))?;
    within_window(sent_at, now)?;
    // The id of the directory; where that is not told, the one that this webhook knows the person by.
    let person = text("/from/aadObjectId").or(text("/from/id")).filter(|id| !id.is_empty());
    let (Some("message"), Some(person)) = (text("/type"), person) else {
        return Ok(Received::Nothing(Rendered::json(NOTHING.into())));
    };
    let tenant = written(required("/channelData/tenant/id", "channelData.tenant.id")?, "channelData.tenant.id")?;
    // The conversation is the thread, which a policy cannot name; the channel it is in can be.
    let conversation = required("/conversation/id", "conversation.id")?;
    let channel = text("/channelData/teamsChannelId").unwrap_or(conversation);
    let channel = channel.split(';').next().unwrap_or_default();
    let delivery = [conversation, required("/id", "id")?].join("/");
    let locale = text("/locale").or_else(|| {
        let entities = activity.get("entities")?.as_array()?;
        entities.iter().find_map(|entity| entity.get("locale")?.as_str())
    });
    Ok(Received::Command(Command {
        delivery: DeliveryId(written(&delivery, "id")?),
        actor: Actor {
            platform: Platform::Teams,
            organisation: tenant.clone(),
            person: written(person, "from.aadObjectId")?,
        },
        place: Place {
            platform: Platform::Teams,
            organisation: tenant,
            channel: written(channel, "channelData.teamsChannelId")?,
        },
        request: Request::Text(as_typed(required("/text", "text")?)),
        follow_up: None,
        language: locale.and_then(Language::from_tag),
        acknowledgement: None,
        secret: signed.secret,
    }))
}

/// Teams shows an error where the answer says nothing at all.
const NOTHING: &str = r#"{"type":"message","text":"ℹ️ help"}"#;

/// `2025-12-23T03:19:23.0597717Z`: in UTC, with a fraction of any length or none.
fn unix_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
    let fraction = fraction.strip_prefix('.').unwrap_or(fraction);
    let separators = whole.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    if !separators || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<u16>().ok();
    let two = |from: usize| number(from, from.saturating_add(2))?.try_into().ok();
    let month: u8 = two(5)?;
    let date = Date::from_calendar_date(number(0, 4)?.into(), Month::try_from(month).ok()?, two(8)?).ok()?;
    Some(UtcDateTime::new(date, Time::from_hms(two(11)?, two(14)?, two(17)?).ok()?).unix_timestamp())
}

/// Takes off the mention that got the message here, and what the text is wrapped in.
fn as_typed(text: &str) -> String {
    let mut typed = String::new();
    let mut rest = text;
    while let Some((before, mention)) = rest.split_once("<at") {
        let Some((_, after)) = mention.split_once("</at>") else { break };
        typed.push_str(before);
        typed.push(' ');
        rest = after;
    }
    typed.push_str(rest);
    for (entity, meant) in ENTITIES {
        typed = typed.replace(entity, meant);
    }
    typed.trim().into()
}

/// The last one makes the others' beginning.
const ENTITIES: [(&str, &str); 6] =
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// A card of rich text, in whose runs nothing has a meaning (adaptivecards.io/explorer/TextRun.html); elsewhere in a message
/// Teams reads Markdown.
fn message(reply: &Reply) -> String {
    let room = Room { left: MESSAGE_LIMIT, cost: &cost, around: 160 };
    let (title, lines) = fit(reply, room);
    let title = block(&run(&title, r#","weight":"bolder""#));
    let lines = lines.iter().map(|line| match line {
        Line::Text(text) => block(&run(text, "")),
        Line::Field(name, value) => block(&[run(&format!("{name}: "), ""), run(value, CODE)].join(",")),
        Line::Code(text) => block(&run(text, CODE)),
    });
    let body = core::iter::once(title).chain(lines).collect::<Vec<_>>().join(",");
    format!(
        r#"{{"type":"message","attachments":[{{"contentType":"application/vnd.microsoft.card.adaptive","content":{{"type":"AdaptiveCard","version":"1.4","body":[{body}]}}}}]}}"#
    )
}

const CODE: &str = r#","fontType":"monospace""#;

fn block(runs: &str) -> String {
    format!(r#"{{"type":"RichTextBlock","inlines":[{runs}]}}"#)
}

fn run(text: &str, style: &str) -> String {
    format!(r#"{{"type":"TextRun","text":{}{style}}}"#, quoted(text))
}

/// Bytes in JSON.
const fn cost(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' => 2,
        c => c.len_utf8(),
    }
}
