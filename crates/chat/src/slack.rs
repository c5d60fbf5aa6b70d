//! Slack: slash commands, buttons, and the two ways in which Slack checks an address.
//! Pages: docs.slack.dev/authentication/verifying-requests-from-slack,
//! docs.slack.dev/interactivity/implementing-slash-commands, docs.slack.dev/interactivity/handling-user-interaction.

mod message;

use alloc::{format, string::String};
use serde_json::Value;

use crate::{
    Actor, Command, DeliveryId, FollowUp, Inbound, Outgoing, Place, Platform, Received, Refusal, Rendered, Reply,
    Request, Secret, SecretProblem, Signed, Strength, Verification, Verified,
    delivery::json,
    form::Form,
    platform::Adapter,
    reply::quoted,
    slack::message::{ACTION, message},
    verify::{from_hex, header, hmac_sha256, seconds, within_window},
};

const SIGNATURE: &str = "x-slack-signature";
const TIMESTAMP: &str = "x-slack-request-timestamp";

/// Seconds from the command or click that a `response_url` lives, and how often it may be used (handling-user-interaction).
const FOLLOW_UP_LIFETIME: i64 = 30 * 60;
const FOLLOW_UP_USES: u8 = 5;

pub(crate) struct Slack;

impl Adapter for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn secret_variable(&self) -> &'static str {
        "SLACK_SIGNING_SECRET"
    }

    fn strength(&self) -> Strength {
        Strength::Full
    }

    fn acknowledge_within_ms(&self) -> u64 {
        2500 // of 3000
    }

    fn delivers_again(&self) -> bool {
        // Only events are repeated, commands and clicks never.
        false
    }

    fn repeat_header(&self) -> Option<&'static str> {
        Some("x-slack-retry-num")
    }

    /// The text itself is the key; it looks like hexadecimal and is not decoded.
    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        Ok(Secret::new(text.as_bytes().into()))
    }

    /// Slack now and then posts `ssl_check=1&token=…`, unsigned, to see that the certificate is good.
    fn handshake(&self, inbound: &Inbound<'_>, _secrets: &[Secret]) -> Option<Rendered> {
        if !inbound.body.starts_with(b"ssl_check=") && !inbound.body.starts_with(b"token=") {
            return None;
        }
        let mut asked = false;
        for (name, value) in form_urlencoded::parse(inbound.body) {
            match (&*name, &*value) {
                ("ssl_check", "1") => asked = true,
                ("token", _) => {}
                _ => return None,
            }
        }
        asked.then(Rendered::empty)
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let signature = header(inbound, SIGNATURE)?;
        let timestamp = header(inbound, TIMESTAMP)?;
        let (version, digest) = signature.split_once('=').ok_or(Refusal::MalformedHeader(SIGNATURE))?;
        if version != "v0" {
            return Err(Refusal::UnknownVersion(SIGNATURE));
        }
        let claim = from_hex(digest).ok_or(Refusal::MalformedHeader(SIGNATURE))?;
        let signed_at = seconds(&timestamp, TIMESTAMP)?;
        within_window(signed_at, now)?;
        let signed = Signed { platform: Platform::Slack, body: inbound.body.into(), id: None, signed_at, secret: 0 };
        hmac_sha256(&[b"v0:", timestamp.as_bytes(), b":"], signed, &[claim], secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        if signed.body.starts_with(b"{") {
            return event(&signed.body);
        }
        let form = Form::read(&signed.body);
        match form.value("payload")? {
            Some(payload) => interaction(payload, signed, now),
            None => slash_command(&form, signed, now),
        }
    }

    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(message(reply))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &["hooks.slack.com", "hooks.slack-gov.com"]
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing::post_json(&to.url, message(reply))
    }
}

/// An id as Slack writes them: `T0001`, `U2147483697`.
fn id<'a>(value: &'a str, name: &'static str) -> Result<&'a str, Refusal> {
    let plain = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if plain && !value.is_empty() { Ok(value) } else { Err(Refusal::MalformedBody(name)) }
}

fn slash_command(form: &Form<'_>, signed: &Signed<'_>, now: i64) -> Result<Received, Refusal> {
    let team = id(form.required("team_id")?, "team_id")?;
    let user = id(form.required("user_id")?, "user_id")?;
    let channel = id(form.required("channel_id")?, "channel_id")?;
    let command = form.required("command")?;
    let text = form.required("text")?;
    let delivery = match form.value("trigger_id")? {
        Some(trigger) if !trigger.is_empty() => {
            DeliveryId::of(&["command", team, user, command, text, trigger].map(str::as_bytes))
        }
        _ => replay_id(signed),
    };
    Ok(Received::Command(Command {
        delivery,
        actor: actor(team, user),
        place: place(team, channel),
        request: Request::Text(as_typed(text)),
        follow_up: follow_up(form.value("response_url")?, signed, now),
        language: None,
        acknowledgement: None,
        secret: signed.secret,
    }))
}

/// A click. Ours are buttons and menus whose value is what one would type, `confirm 4F7K`; the rest is other people's.
fn interaction(payload: &str, signed: &Signed<'_>, now: i64) -> Result<Received, Refusal> {
    let payload: Value = serde_json::from_str(payload).map_err(|_| Refusal::MalformedBody("payload"))?;
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str);
    let ours = text("/actions/0/action_id").is_some_and(|id| id.starts_with(ACTION));
    let value = text("/actions/0/value").or(text("/actions/0/selected_option/value"));
    let (Some("block_actions"), Some(said)) = (text("/type"), value.filter(|value| ours || is_answer(value))) else {
        return Ok(Received::Nothing(Rendered::empty()));
    };
    let required = |pointer: &str, name| id(text(pointer).ok_or(Refusal::MalformedBody(name))?, name);
    // An app that is installed for a whole enterprise may be told of no team.
    let team = text("/team/id").or(text("/enterprise/id")).ok_or(Refusal::MalformedBody("team.id"))?;
    let team = id(team, "team.id")?;
    let user = required("/user/id", "user.id")?;
    // In a shared channel people of other workspaces click as well: the workspace is the clicker's own.
    let home = id(text("/user/team_id").unwrap_or(team), "user.team_id")?;
    let channel = match text("/channel/id") {
        Some(channel) => id(channel, "channel.id")?,
        None => required("/container/channel_id", "channel.id")?,
    };
    let delivery = match (text("/container/message_ts"), text("/actions/0/action_id"), text("/actions/0/action_ts")) {
        (Some(message), Some(action), Some(at)) => {
            DeliveryId::of(&["click", team, user, channel, message, action, at].map(str::as_bytes))
        }
        _ => replay_id(signed),
    };
    Ok(Received::Command(Command {
        delivery,
        actor: actor(home, user),
        place: place(team, channel),
        request: Request::Text(said.into()),
        follow_up: follow_up(text("/response_url"), signed, now),
        language: None,
        // The answer to a click is not shown (handling-user-interaction, "Acknowledgment response").
        acknowledgement: Some(Rendered::empty()),
        secret: signed.secret,
    }))
}

/// As the questions of earlier releases have it, whose buttons have another name.
fn is_answer(value: &str) -> bool {
    matches!(value.split_once(' '), Some(("confirm" | "cancel", code))
        if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

/// Events arrive as JSON. We subscribe to none; only the check of the address is answered.
fn event(body: &[u8]) -> Result<Received, Refusal> {
    let event = json(body)?;
    if event.get("type").and_then(Value::as_str) != Some("url_verification") {
        return Ok(Received::Nothing(Rendered::empty()));
    }
    let challenge = event.get("challenge").and_then(Value::as_str).ok_or(Refusal::MalformedBody("challenge"))?;
    Ok(Received::Handshake(Rendered::json(format!(r#"{{"challenge":{}}}"#, quoted(challenge)))))
}

fn actor(team: &str, user: &str) -> Actor {
    Actor { platform: Platform::Slack, organisation: team.into(), person: user.into() }
}

fn place(team: &str, channel: &str) -> Place {
    Place { platform: Platform::Slack, organisation: team.into(), channel: channel.into() }
}

fn follow_up(response_url: Option<&str>, signed: &Signed<'_>, now: i64) -> Option<FollowUp> {
    let url = response_url.filter(|url| !url.is_empty())?;
    let expires_at = signed.signed_at.min(now).saturating_add(FOLLOW_UP_LIFETIME);
    Some(FollowUp { platform: Platform::Slack, url: url.into(), expires_at, uses: FOLLOW_UP_USES })
}

/// Slack gives a command no id of its own: one is made of what tells it from all others. Without that, the signed bytes themselves: a replay is those again.
fn replay_id(signed: &Signed<'_>) -> DeliveryId {
    DeliveryId::of(&[b"replay", &signed.signed_at.to_be_bytes()[..], &signed.body])
}

/// Undoes what Slack does to a text on its way: `<@U1|ann>` is a mention, `<#C1|ops>` a channel, `<http://a.b|a.b>` a link
/// it found itself, and `&`, `<` and `>` are escaped (implementing-slash-commands, "should_escape").
fn as_typed(text: &str) -> String {
    let mut typed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        typed.push_str(before);
        let inside = after.split(['<', '>']).next().unwrap_or_default();
        match (marked_up(inside), after.get(inside.len()..).and_then(|after| after.strip_prefix('>'))) {
            (Some(inside), Some(after)) => {
                typed.push_str(&inside);
                rest = after;
            }
            _ => {
                typed.push('<');
                rest = after;
            }
        }
    }
    typed.push_str(rest);
    typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").trim().into()
}

/// What stands between `<` and `>`, if it is Slack's: mentions keep the id, for names can be taken by anybody.
fn marked_up(inside: &str) -> Option<String> {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inside, None),
    };
    if target.starts_with(['@', '#']) {
        return Some(target.into());
    }
    if let Some(special) = target.strip_prefix('!') {
        return Some(format!("@{special}"));
    }
    let address = target.strip_prefix("mailto:").or_else(|| Some(target.split_once("://")?.1))?;
    // A label that is not the address was not typed.
    match label {
        Some(label) if label == address || label == address.trim_end_matches('/') => Some(label.into()),
        _ => Some(target.into()),
    }
}
