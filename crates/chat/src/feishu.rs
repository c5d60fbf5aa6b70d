//! Feishu, and Lark, which is the same elsewhere: events that are signed and encrypted, and answers by its interface.
//! Pages of open.feishu.cn/document: event-subscription-guide/overview, encrypt-key-encryption-configuration-case,
//! im-v1/message/events/receive, im-v1/message/reply, feishu-cards/card-callback-communication,
//! feishu-cards/card-json-v2-structure.

use aes::{
    Aes256,
    cipher::{
        Block, BlockModeDecrypt, KeyIvInit,
        block_padding::{Padding, Pkcs7},
    },
};
use alloc::{
    borrow::{Cow, ToOwned},
    boxed::Box,
    format,
    string::String,
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{
    Action, Actor, Code, Command, DeliveryId, FollowUp, Inbound, Line, Outgoing, Place, Platform, Received, Refusal,
    Rendered, Reply, Request, Secret, SecretProblem, Signed, Strength, Style, TokenSource, Tone, Verification,
    Verified,
    delivery::{digest, json, written},
    platform::Adapter,
    reply::{Room, fit, on_one_line, quoted, shorten},
    verify::{accept, from_hex, header, matching, no_older_than, seconds},
};

const SIGNATURE: &str = "x-lark-signature";
const TIMESTAMP: &str = "x-lark-request-timestamp";
const NONCE: &str = "x-lark-request-nonce";

/// Seconds until an event is delivered for the last time, and some: after 15 s, 5 min, 1 h and 6 h
/// (event-subscription-guide/overview). No page says that a repeated one is signed anew.
const WINDOW: i64 = 8 * 60 * 60;

/// Seconds for which the platform knows a reply again by its `uuid` (im-v1/message/reply): later one could come twice.
const FOLLOW_UP_LIFETIME: i64 = 60 * 60;
const FOLLOW_UP_USES: u8 = 20;

/// Bytes of text in a message; with its card it stays below the 30 KB that a card may have (feishu-cards/send-feishu-card).
const MESSAGE_LIMIT: usize = 24_000;
/// Characters of a button (card-json-v2-components/interactive-components/button).
const LABEL_LIMIT: usize = 100;

pub(crate) static FEISHU: Feishu = Feishu {
    platform: Platform::Feishu,
    name: "feishu",
    hosts: &["open.feishu.cn"],
    encrypt_key: "FEISHU_ENCRYPT_KEY",
    verification_token: "FEISHU_VERIFICATION_TOKEN",
    app_secret: "FEISHU_APP_SECRET",
};

/// What tells the two apart.
pub(crate) struct Feishu {
    pub(crate) platform: Platform,
    pub(crate) name: &'static str,
    pub(crate) hosts: &'static [&'static str],
    pub(crate) encrypt_key: &'static str,
    pub(crate) verification_token: &'static str,
    pub(crate) app_secret: &'static str,
}

impl Adapter for Feishu {
    fn name(&self) -> &'static str {
        self.name
    }

    fn secret_variable(&self) -> &'static str {
        self.encrypt_key
    }

    fn token_variable(&self) -> Option<&'static str> {
        Some(self.verification_token)
    }

    fn credential_variable(&self) -> Option<&'static str> {
        Some(self.app_secret)
    }

    fn strength(&self) -> Strength {
        Strength::Full
    }

    fn acknowledge_within_ms(&self) -> u64 {
        2500 // of 3000
    }

    fn delivers_again(&self) -> bool {
        // Clicks it does not; for messages the answer says nothing anyway, so that errors are told like all else.
        false
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        Ok(Secret::new(text.as_bytes().into()))
    }

    /// The check of the address comes unsigned: encrypted, or in the clear while the console has no Encrypt Key yet. Whoever
    /// knows the token gets back what he sent.
    fn handshake(&self, inbound: &Inbound<'_>, secrets: &[Secret]) -> Option<Rendered> {
        if (inbound.headers)(SIGNATURE).is_some() {
            return None;
        }
        let body = json(inbound.body).ok()?;
        let (keys, tokens) = Secret::keys_and_tokens(secrets);
        let answer = |body: &Value| has_token(body, tokens).then(|| challenge(body)).flatten();
        answer(&body).or_else(|| keys.iter().find_map(|key| answer(&json(&decrypt(key, &body)?).ok()?)))
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let claim = from_hex(&header(inbound, SIGNATURE)?).ok_or(Refusal::MalformedHeader(SIGNATURE))?;
        let timestamp = header(inbound, TIMESTAMP)?;
        let nonce = header(inbound, NONCE)?;
        let signed_at = seconds(&timestamp, TIMESTAMP)?;
        no_older_than(WINDOW, signed_at, now)?;
        let (keys, tokens) = Secret::keys_and_tokens(secrets);
        let matched = matching(keys, &[claim], &|key| {
            let mut hash = Sha256::new();
            [timestamp.as_bytes(), nonce.as_bytes(), key, inbound.body].iter().for_each(|part| hash.update(part));
            Some(hash.finalize().into())
        });
        let key = usize::try_from(matched).ok().and_then(|matched| keys.get(matched));
        let body = match key {
            Some(key) => decrypt(key, &json(inbound.body)?).ok_or(Refusal::MalformedBody("encrypt"))?,
            None => Vec::new(),
        };
        let signed = Signed { platform: self.platform, body: Cow::Owned(body), id: None, signed_at, secret: 0 };
        let token = key.is_none() || has_token(&json(&signed.body)?, tokens);
        if token { accept(signed, matched) } else { Err(Refusal::TokenMismatch) }
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let event = Event { feishu: self, event: json(&verified.get().body)?, secret: verified.get().secret, now };
        if let Some(answer) = challenge(&event.event) {
            return Ok(Received::Handshake(answer));
        }
        match event.text("/header/event_type") {
            Some("im.message.receive_v1") => event.message(),
            Some("card.action.trigger") => event.click(),
            _ => Ok(Received::Nothing(Rendered::empty())),
        }
    }

    /// The answer to a click, the only one that is shown: what is for the one who clicked as a notice, so that the card stays
    /// for the others, and all else instead of the card.
    fn render(&self, reply: &Reply) -> Rendered {
        let kind = match reply.tone {
            Tone::Success => "success",
            Tone::Failure | Tone::Refusal => "error",
            Tone::Waiting | Tone::Information => "info",
        };
        let notice = quoted(&shorten(&on_one_line(&reply.title), LABEL_LIMIT, |_| 1));
        let card =
            if reply.private { String::new() } else { format!(r#","card":{{"type":"raw","data":{}}}"#, card(reply)) };
        Rendered::json(format!(r#"{{"toast":{{"type":"{kind}","content":{notice}}}{card}}}"#))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        self.hosts
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, credential: Option<&Secret>) -> Outgoing {
        let (url, app) = to.url.split_once('#').unwrap_or((&to.url, ""));
        let (host, _) = url.split_once(PATH).unwrap_or((url, ""));
        let secret = credential.map(|secret| String::from_utf8_lossy(secret.bytes())).unwrap_or_default();
        let app = format!(r#"{{"app_id":{},"app_secret":{}}}"#, quoted(app), quoted(&secret));
        let request = Outgoing::post_json(&[host, "/open-apis/auth/v3/tenant_access_token/internal"].concat(), app);
        let card = card(reply);
        // The same reply again is the same message: it may be sent as often as it takes.
        let uuid = digest(&[url.as_bytes(), card.as_bytes()]);
        let body = format!(r#"{{"msg_type":"interactive","content":{},"uuid":"{uuid}"}}"#, quoted(&card));
        Outgoing {
            code: Some(Code { name: "code", later: &TRY_LATER }),
            token: Some(Box::new(TokenSource { request, name: "tenant_access_token" })),
            ..Outgoing::post_json(url, body)
        }
    }
}

/// Too much at a time: from an app, into a chat, to a person (server-side-sdk, "Generic error codes"; im-v1/message/reply).
const TRY_LATER: [i64; 3] = [99_991_400, 230_020, 11_232];

const PATH: &str = "/open-apis/im/v1/messages/";

/// Whether it carries one of the tokens. Looks at all of them, whatever the outcome.
fn has_token(event: &Value, tokens: &[Secret]) -> bool {
    let token = event.pointer("/header/token").or(event.get("token")).and_then(Value::as_str).unwrap_or_default();
    tokens.iter().fold(Choice::from(0), |known, ours| known | ours.bytes().ct_eq(token.as_bytes())).into()
}

fn challenge(event: &Value) -> Option<Rendered> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let challenge = text("challenge").filter(|_| text("type") == Some("url_verification"))?;
    Some(Rendered::json(format!(r#"{{"challenge":{}}}"#, quoted(challenge))))
}

/// AES-256 in CBC mode by the hash of the key, the first block the initialisation vector, padded by PKCS #7
/// (encrypt-key-encryption-configuration-case).
fn decrypt(key: &Secret, body: &Value) -> Option<Vec<u8>> {
    let mut encrypted = STANDARD.decode(body.get("encrypt")?.as_str()?).ok()?;
    let (iv, text) = encrypted.split_first_chunk_mut::<16>()?;
    let mut cipher = cbc::Decryptor::<Aes256>::new(&Sha256::digest(key.bytes()), &(*iv).into());
    let (blocks, []) = Block::<Aes256>::slice_as_chunks_mut(text) else { return None };
    // One by one: the way for all of them at once has code for several at a time too, 3 KiB of it.
    blocks.iter_mut().for_each(|block| cipher.decrypt_block(block));
    Pkcs7::unpad_blocks(blocks).ok().map(<[u8]>::to_owned)
}

/// A genuine event, and what is needed to read it.
struct Event<'a> {
    feishu: &'a Feishu,
    event: Value,
    secret: usize,
    now: i64,
}

impl Event<'_> {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.event.pointer(pointer).and_then(Value::as_str)
    }

    fn required(&self, pointer: &str, name: &'static str) -> Result<&str, Refusal> {
        self.text(pointer).ok_or(Refusal::MalformedBody(name))
    }

    fn message(&self) -> Result<Received, Refusal> {
        let kind = self.text("/event/message/message_type");
        let person = self.text("/event/sender/sender_id/open_id").filter(|id| !id.is_empty());
        // Messages of bots have a sender of another type.
        let (Some("user"), Some(kind), Some(person)) = (self.text("/event/sender/sender_type"), kind, person) else {
            return Ok(Received::Nothing(Rendered::empty()));
        };
        let content = json(self.text("/event/message/content").unwrap_or_default().as_bytes()).unwrap_or_default();
        let typed = match kind {
            "text" => content.get("text").and_then(Value::as_str).unwrap_or_default().into(),
            "post" => post(&content),
            // What cannot be read is answered with help.
            _ => String::new(),
        };
        let id = self.required("/event/message/message_id", "message.message_id")?;
        let chat = self.required("/event/message/chat_id", "message.chat_id")?;
        let home = self.text("/event/sender/tenant_key");
        let ours = Some(Rendered::empty());
        self.command(
            DeliveryId(written(id, "message.message_id")?),
            person,
            home,
            chat,
            without_mentions(&typed),
            id,
            ours,
        )
    }

    /// A click. What it says is what we wrote into the card.
    fn click(&self) -> Result<Received, Refusal> {
        let said = self.text("/event/action/value/command");
        let person = self.text("/event/operator/open_id").filter(|id| !id.is_empty());
        let (Some(said), Some(person)) = (said, person) else {
            return Ok(Received::Nothing(Rendered::json("{}".into())));
        };
        let id = DeliveryId(written(self.required("/header/event_id", "header.event_id")?, "header.event_id")?);
        let chat = self.required("/event/context/open_chat_id", "context.open_chat_id")?;
        let card = self.text("/event/context/open_message_id").unwrap_or_default();
        self.command(id, person, self.text("/event/operator/tenant_key"), chat, said.into(), card, None)
    }

    #[expect(clippy::too_many_arguments, reason = "what the two kinds of events have in different places")]
    fn command(
        &self,
        delivery: DeliveryId,
        person: &str,
        home: Option<&str>,
        chat: &str,
        typed: String,
        reply_to: &str,
        acknowledgement: Option<Rendered>,
    ) -> Result<Received, Refusal> {
        let platform = self.feishu.platform;
        let tenant = written(self.required("/header/tenant_key", "header.tenant_key")?, "header.tenant_key")?;
        let home = home.map_or_else(|| Ok(tenant.clone()), |home| written(home, "tenant_key"))?;
        let app = self.required("/header/app_id", "header.app_id")?;
        // Both become part of an address.
        let plain =
            |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let follow_up = (plain(reply_to) && plain(app)).then(|| FollowUp {
            platform,
            // The app is needed for the token; a fragment is never sent.
            url: format!("https://{}{PATH}{reply_to}/reply#{app}", self.feishu.hosts.concat()),
            expires_at: self.now.saturating_add(FOLLOW_UP_LIFETIME),
            uses: FOLLOW_UP_USES,
        });
        Ok(Received::Command(Command {
            delivery,
            actor: Actor { platform, organisation: home, person: written(person, "open_id")? },
            place: Place { platform, organisation: tenant, channel: written(chat, "chat_id")? },
            request: Request::Text(typed.trim().into()),
            follow_up,
            language: None,
            acknowledgement,
            secret: self.secret,
        }))
    }
}

/// The text of a message in paragraphs of pieces, of which some are pictures (im-v1/message/create_json, "post").
fn post(content: &Value) -> String {
    let pieces = content.get("content").and_then(Value::as_array).into_iter().flatten();
    let pieces = pieces.filter_map(Value::as_array).flatten();
    pieces.filter_map(|piece| piece.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join(" ")
}

/// Mentions stand in the text as `@_user_1`, to everybody as `@_all`.
fn without_mentions(text: &str) -> String {
    let mut parts = text.split("@_user_");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    core::iter::once(first).chain(rest).collect::<Vec<_>>().join(" ").replace("@_all", " ")
}

/// A card of plain text, in which nothing has a meaning, with what can be pressed below it.
fn card(reply: &Reply) -> String {
    let colour = match reply.tone {
        Tone::Success => "green",
        Tone::Failure => "red",
        Tone::Waiting => "blue",
        Tone::Refusal => "orange",
        Tone::Information => "grey",
    };
    let (title, lines) = fit(reply, Room { left: MESSAGE_LIMIT, cost: &cost, around: 16 });
    let lines = lines.into_iter().map(|line| match line {
        Line::Text(text) | Line::Code(text) => text,
        Line::Field(name, value) => format!("{name}: {value}"),
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    let text = Some(lines)
        .filter(|lines| !lines.is_empty())
        .map(|lines| format!(r#"{{"tag":"div","text":{}}}"#, plain(&lines)));
    let elements =
        text.into_iter().chain(reply.actions.iter().take(BUTTON_LIMIT).map(button)).collect::<Vec<_>>().join(",");
    format!(
        r#"{{"schema":"2.0","header":{{"title":{},"template":"{colour}"}},"body":{{"elements":[{elements}]}}}}"#,
        plain(&title)
    )
}

/// More than anybody wants to choose from.
const BUTTON_LIMIT: usize = 20;

fn button(action: &Action) -> String {
    let label = plain(&shorten(&on_one_line(&action.label), LABEL_LIMIT, |_| 1));
    let kind = match action.style {
        Style::Plain => "default",
        Style::Primary => "primary",
        Style::Danger => "danger",
    };
    let command = quoted(&action.command);
    format!(
        r#"{{"tag":"button","type":"{kind}","text":{label},"behaviors":[{{"type":"callback","value":{{"command":{command}}}}}]}}"#
    )
}

fn plain(text: &str) -> String {
    format!(r#"{{"tag":"plain_text","content":{}}}"#, quoted(text))
}

/// Bytes in JSON in JSON.
const fn cost(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' => 4,
        c => c.len_utf8(),
    }
}
