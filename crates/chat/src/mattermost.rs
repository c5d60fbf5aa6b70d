//! Mattermost: slash commands and outgoing webhooks. Nothing is signed: a token says that the server has sent it, and the rest
//! is believed.
//! Pages: developers.mattermost.com/integrate/slash-commands/custom, …/integrate/webhooks/outgoing.

use alloc::{
    borrow::{Cow, ToOwned},
    format,
    string::String,
};

use crate::{
    Actor, Command, DeliveryId, FollowUp, Inbound, Outgoing, Place, Platform, Received, Refusal, Rendered, Reply,
    Request, Secret, SecretProblem, Signed, Strength, Verification, Verified,
    delivery::{json, written},
    form::Form,
    platform::Adapter,
    reply::{Markdown, quoted},
    secret,
    verify::token,
};

const AUTHORIZATION: &str = "authorization";
const SCHEME: &str = "Token ";

/// Seconds that a `response_url` lives, and how often it may be used (slash-commands/custom, "Delayed responses").
const FOLLOW_UP_LIFETIME: i64 = 30 * 60;
const FOLLOW_UP_USES: u8 = 5;

/// What the Markdown of its clients takes literally by a backslash and gives a meaning; tags of HTML have none there. A post holds 16,383 characters (mattermost/mattermost: server/public/model/post.go, `PostMessageMaxRunesV2`).
const MARKDOWN: Markdown = Markdown { escaped: "\\`*_[]#|~>", limit: 16_000 };

pub(crate) struct Mattermost;

impl Adapter for Mattermost {
    fn name(&self) -> &'static str {
        "mattermost"
    }

    fn secret_variable(&self) -> &'static str {
        "MATTERMOST_TOKEN"
    }

    fn strength(&self) -> Strength {
        Strength::Token
    }

    fn acknowledge_within_ms(&self) -> u64 {
        2500 // of 3000, after which an answer should be a delayed one; the server waits for 30 s
    }

    fn delivers_again(&self) -> bool {
        false
    }

    /// Each slash command and each webhook has one of its own: all of them, separated by commas.
    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        secret::token(text)
    }

    /// A slash command has its token in a header as well; a webhook in the body alone.
    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let presented: Cow<'_, str> = match (inbound.headers)(AUTHORIZATION) {
            Some(value) => value.strip_prefix(SCHEME).ok_or(Refusal::MalformedHeader(AUTHORIZATION))?.to_owned().into(),
            None => match fields(inbound.body).and_then(|fields| Ok(fields.value("token")?.map(str::to_owned))) {
                Ok(Some(token)) => token.into(),
                _ => return Err(Refusal::MissingHeader(AUTHORIZATION)),
            },
        };
        let body = inbound.body.into();
        token(&presented, Signed { platform: Platform::Mattermost, body, id: None, signed_at: now, secret: 0 }, secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        command(&fields(&signed.body)?, signed, now)
    }

    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(message(reply))
    }

    /// The server is the customer's own.
    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &[]
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing::post_json(&to.url, message(reply))
    }
}

/// A form, or the members of a JSON object that are texts.
fn fields(body: &[u8]) -> Result<Form<'_>, Refusal> {
    if !body.starts_with(b"{") {
        return Ok(Form::read(body));
    }
    let body = json(body)?;
    let members = body.as_object().into_iter().flatten();
    Ok(members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
}

fn command(fields: &Form<'_>, signed: &Signed<'_>, now: i64) -> Result<Received, Refusal> {
    let Some(user) = fields.value("user_id")?.filter(|user| !user.is_empty()) else {
        return Ok(Received::Nothing(Rendered::empty()));
    };
    let team = fields.required("team_id")?;
    let channel = fields.required("channel_id")?;
    let text = fields.value("text")?.unwrap_or_default();
    // Without an id of its own a delivery could not be told from its repetition.
    let (kind, id, typed) = match fields.value("command")? {
        Some(command) => (command, id(fields, "trigger_id")?, text),
        None => {
            let word = fields.value("trigger_word")?.unwrap_or_default();
            ("", id(fields, "post_id")?, text.strip_prefix(word).unwrap_or(text))
        }
    };
    let organisation = written(team, "team_id")?;
    Ok(Received::Command(Command {
        delivery: DeliveryId::of(&[kind, team, channel, user, text, id].map(str::as_bytes)),
        actor: Actor {
            platform: Platform::Mattermost,
            organisation: organisation.clone(),
            person: written(user, "user_id")?,
        },
        place: Place { platform: Platform::Mattermost, organisation, channel: written(channel, "channel_id")? },
        request: Request::Text(typed.trim().into()),
        follow_up: fields.value("response_url")?.filter(|url| !url.is_empty()).map(|url| FollowUp {
            platform: Platform::Mattermost,
            url: url.into(),
            expires_at: now.saturating_add(FOLLOW_UP_LIFETIME),
            uses: FOLLOW_UP_USES,
        }),
        language: None,
        acknowledgement: None,
        secret: signed.secret,
    }))
}

fn id<'a>(fields: &'a Form<'_>, name: &'static str) -> Result<&'a str, Refusal> {
    fields.value(name)?.filter(|id| !id.is_empty()).ok_or(Refusal::MalformedBody(name))
}

/// A webhook knows `post` and `comment` only, and posts what says anything else.
fn message(reply: &Reply) -> String {
    let (title, lines) = MARKDOWN.of(reply);
    let text = [&*title, &lines].join("\n");
    let visible_to = if reply.private { "ephemeral" } else { "in_channel" };
    format!(r#"{{"response_type":"{visible_to}","text":{}}}"#, quoted(text.trim_end()))
}
