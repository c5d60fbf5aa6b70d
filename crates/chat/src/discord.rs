//! Discord: interactions over HTTP, that is application commands, buttons and what is typed into an option.
//! Pages: docs.discord.com/developers/interactions/overview, …/interactions/receiving-and-responding,
//! …/interactions/application-commands, …/components/reference.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use serde_json::Value;

use crate::{
    Action, Actor, Code, Command, Completion, DeliveryId, FollowUp, Inbound, Language, Outgoing, Place, Platform,
    Received, Refusal, Rendered, Reply, Request, Secret, SecretProblem, Signed, Strength, Style, Suggestion, Tone,
    Unverified, Verification, Verified,
    delivery::json,
    platform::Adapter,
    reply::{JSON, Markdown, on_one_line, quoted, shorten},
    verify::{from_hex, header, seconds, within_window},
};

const SIGNATURE: &str = "x-signature-ed25519";
const TIMESTAMP: &str = "x-signature-timestamp";

/// Bytes of a public key.
const KEY_BYTES: usize = 32;

/// Seconds that an interaction's token lives (receiving-and-responding, "Followup Messages"). How often it may be used is not
/// limited.
const FOLLOW_UP_LIFETIME: i64 = 15 * 60;
const FOLLOW_UP_USES: u8 = 20;
/// Who calls the API (reference, "User Agent").
const USER_AGENT: &str = concat!("DiscordBot (opshook, ", env!("CARGO_PKG_VERSION"), ")");
/// Nothing is known of the message or of the interaction: so soon after the answer it may not be stored yet
/// (topics/opcodes-and-status-codes; discord/discord-api-docs issue 7220).
const TRY_LATER: [i64; 3] = [10_008, 10_015, 10_062];

/// An embed's description holds 4096 characters (resources/message, "Embed Limits").
const MARKDOWN: Markdown = Markdown { escaped: "\\`*_~|[]<>#:", limit: 4000 };
/// Buttons of a row; characters of a label, and of what comes back from a press or a choice.
const BUTTONS: usize = 5;
const LABEL_LIMIT: usize = 80;
const COMMAND_LIMIT: usize = 100;
/// Choices of a menu and while somebody types, and characters of one.
const CHOICES: usize = 25;
const CHOICE_LIMIT: usize = 100;

/// The subcommand whose option holds a whole command, and the options whose value is said as it is, without a name.
const SAY: &str = "run";
const PLAIN: [&str; 3] = ["command", "id", "code"];

pub(crate) struct Discord;

impl Adapter for Discord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn secret_variable(&self) -> &'static str {
        "DISCORD_PUBLIC_KEY"
    }

    fn strength(&self) -> Strength {
        Strength::Full
    }

    fn acknowledge_within_ms(&self) -> u64 {
        2500 // of 3000
    }

    fn delivers_again(&self) -> bool {
        false
    }

    /// The application's public key; nothing secret, but nobody else's will do.
    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        let bytes = text.len() / 2;
        match from_hex::<KEY_BYTES>(&text.to_ascii_lowercase()) {
            Some(key) => Ok(Secret::new(key.into())),
            None if text.len() != KEY_BYTES * 2
                && text.len().is_multiple_of(2)
                && text.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                Err(SecretProblem::Length { bytes, least: KEY_BYTES, most: KEY_BYTES })
            }
            None => Err(SecretProblem::NotHex),
        }
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let signature = header(inbound, SIGNATURE)?;
        let timestamp = header(inbound, TIMESTAMP)?;
        let signature = from_hex(&signature).ok_or(Refusal::MalformedHeader(SIGNATURE))?;
        let signed_at = seconds(&timestamp, TIMESTAMP)?;
        within_window(signed_at, now)?;
        Ok(Verification::Unverified(Unverified {
            platform: Platform::Discord,
            keys: secrets.iter().filter_map(|secret| secret.bytes().try_into().ok()).collect(),
            signature,
            message: [timestamp.as_bytes(), inbound.body].concat(),
            body: timestamp.len(),
            signed_at,
        }))
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, _now: i64) -> Result<Received, Refusal> {
        let signed = verified.get();
        interaction(&json(&signed.body)?, signed)
    }

    fn unreadable(&self, _part: &'static str) -> Rendered {
        Rendered::json(NOTHING.into())
    }

    fn render(&self, reply: &Reply) -> Rendered {
        let flags = if reply.private { EPHEMERAL } else { "" };
        Rendered::json(format!(r#"{{"type":4,"data":{{{}{flags}}}}}"#, message(reply)))
    }

    fn suggest(&self, suggestions: &[Suggestion]) -> Rendered {
        let fitting = suggestions.iter().filter(|suggestion| fits(&suggestion.value, CHOICE_LIMIT));
        let choices = fitting.take(CHOICES).map(|Suggestion { label, value }| {
            format!(r#"{{"name":{},"value":{}}}"#, label_of(label, CHOICE_LIMIT), quoted(value))
        });
        let choices = choices.collect::<Vec<_>>().join(",");
        Rendered::json(format!(r#"{{"type":8,"data":{{"choices":[{choices}]}}}}"#))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &["discord.com"]
    }

    /// The first answer becomes this one.
    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing {
            method: "PATCH",
            headers: Vec::from([("content-type", Cow::Borrowed(JSON)), ("user-agent", Cow::Borrowed(USER_AGENT))]),
            code: Some(Code { name: "code", later: &TRY_LATER }),
            ..Outgoing::post_json(&to.url, format!("{{{}}}", message(reply)))
        }
    }
}

/// Shown to the person alone.
const EPHEMERAL: &str = r#","flags":64"#;

/// For whoever used something that is not ours, or in a way we don't know.
const NOTHING: &str = r#"{"type":4,"data":{"content":"ℹ️ help","flags":64}}"#;

fn interaction(interaction: &Value, signed: &Signed<'_>) -> Result<Received, Refusal> {
    let text = |pointer: &str| interaction.pointer(pointer).and_then(Value::as_str);
    let required = |pointer: &str, name| snowflake(text(pointer), name);
    let kind = interaction.get("type").and_then(Value::as_i64).ok_or(Refusal::MalformedBody("type"))?;
    if kind == PING {
        return Ok(Received::Handshake(Rendered::json(r#"{"type":1}"#.into())));
    }
    let data = interaction.get("data").unwrap_or(&Value::Null);
    let person = text("/member/user/id").or(text("/user/id"));
    let command = match kind {
        COMMAND if data.get("type").and_then(Value::as_i64) == Some(CHAT_INPUT) => Some(typed(data)),
        COMPONENT => text("/data/values/0").or(text("/data/custom_id")).map(String::from),
        COMPLETION => Some(String::new()),
        _ => None,
    };
    let (Some(command), Some(_)) = (command, person) else {
        return Ok(Received::Nothing(Rendered::json(NOTHING.into())));
    };
    // A direct message is in no server; this is how the address of one reads.
    let organisation = text("/guild_id").map_or(Ok("@me"), |guild| snowflake(Some(guild), "guild_id"))?;
    let actor = Actor {
        platform: Platform::Discord,
        organisation: organisation.into(),
        person: snowflake(person, "user.id")?.into(),
    };
    let place = Place {
        platform: Platform::Discord,
        organisation: organisation.into(),
        channel: required("/channel_id", "channel_id")?.into(),
    };
    if kind == COMPLETION {
        return Ok(completion(data, actor, place));
    }
    let application = required("/application_id", "application_id")?;
    let token = text("/token").filter(|token| is_plain(token));
    Ok(Received::Command(Command {
        delivery: DeliveryId(required("/id", "id")?.into()),
        actor,
        place,
        request: Request::Text(command),
        follow_up: token.map(|token| FollowUp {
            platform: Platform::Discord,
            url: format!("https://discord.com/api/v10/webhooks/{application}/{token}/messages/@original"),
            expires_at: signed.signed_at.saturating_add(FOLLOW_UP_LIFETIME),
            uses: FOLLOW_UP_USES,
        }),
        language: text("/locale").and_then(Language::from_tag),
        acknowledgement: None,
        secret: signed.secret,
    }))
}

/// Kinds of interactions, and of application commands (receiving-and-responding, application-commands).
const PING: i64 = 1;
const COMMAND: i64 = 2;
const COMPONENT: i64 = 3;
const COMPLETION: i64 = 4;
const CHAT_INPUT: i64 = 1;
const SUB_COMMAND: i64 = 1;

/// An id as Discord writes them (reference, "Snowflakes").
fn snowflake<'a>(id: Option<&'a str>, name: &'static str) -> Result<&'a str, Refusal> {
    let plain = |id: &&str| (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    id.filter(plain).ok_or(Refusal::MalformedBody(name))
}

/// Whether it stays one piece of an address.
fn is_plain(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~=".contains(&byte))
}

/// The subcommand's name, and its options.
fn options(data: &Value) -> (&str, &[Value]) {
    fn of(data: &Value) -> &[Value] {
        data.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
    match of(data) {
        [sub] if sub.get("type").and_then(Value::as_i64) == Some(SUB_COMMAND) => (name(sub), of(sub)),
        options => ("", options),
    }
}

fn name(option: &Value) -> &str {
    option.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn value(option: &Value) -> String {
    match option.get("value") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_i64().map(|number| format!("{number}")).unwrap_or_default(),
        Some(Value::Bool(true)) => "true".into(),
        Some(Value::Bool(false)) => "false".into(),
        _ => String::new(),
    }
}

/// What one would type for it elsewhere: `share ImageId="m-1"`.
fn typed(data: &Value) -> String {
    let (word, options) = options(data);
    let mut typed = String::from(if word == SAY { "" } else { word });
    for option in options {
        let value = value(option);
        typed.push(' ');
        if PLAIN.contains(&name(option)) {
            typed.push_str(&value);
        } else {
            let value = value.replace('\\', r"\\").replace('"', "\\\"");
            typed += &format!("{}=\"{value}\"", wire_name(name(option)));
        }
    }
    typed.trim().into()
}

/// `image_id` is `ImageId`: here names of options have no capitals.
fn wire_name(option: &str) -> String {
    let mut wire = String::new();
    for part in option.split('_') {
        let mut letters = part.chars();
        wire.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        wire.push_str(letters.as_str());
    }
    wire
}

fn completion(data: &Value, actor: Actor, place: Place) -> Received {
    let mut completion = Completion { actor, place, parameter: String::new(), typed: String::new(), given: Vec::new() };
    for option in options(data).1 {
        let wire_name = wire_name(name(option));
        if option.get("focused") == Some(&Value::Bool(true)) {
            completion.parameter = wire_name;
            completion.typed = value(option);
        } else {
            completion.given.push((wire_name, value(option)));
        }
    }
    Received::Completion(completion)
}

/// The members of a message. Each stands there, so that one in the place of another leaves nothing of it. Nobody is called,
/// whatever it says.
fn message(reply: &Reply) -> String {
    let (title, text) = MARKDOWN.of(reply);
    let embed = match &*text {
        "" => String::new(),
        text => format!(r#"{{"color":{},"description":{}}}"#, colour(reply.tone), quoted(text)),
    };
    let content = quoted(&title);
    let row = row(&reply.actions);
    format!(r#""content":{content},"embeds":[{embed}],"components":[{row}],"allowed_mentions":{{"parse":[]}}"#)
}

fn colour(tone: Tone) -> u32 {
    match tone {
        Tone::Success => 0x57_f2_87,
        Tone::Failure | Tone::Refusal => 0xed_42_45,
        Tone::Waiting => 0xfe_e7_5c,
        Tone::Information => 0x58_65_f2,
    }
}

/// A row of buttons, or a menu where they are too many. What comes back of them is what one would type. Which Discord would not
/// take are left out: the same stands in the lines.
fn row(actions: &[Action]) -> String {
    let fitting: Vec<_> = actions.iter().filter(|action| fits(&action.command, COMMAND_LIMIT)).take(CHOICES).collect();
    let as_buttons = fitting.len() <= BUTTONS;
    let parts = fitting.iter().map(|action| {
        let command = quoted(&action.command);
        if !as_buttons {
            return format!(r#"{{"label":{},"value":{command}}}"#, label_of(&action.label, CHOICE_LIMIT));
        }
        let style = match action.style {
            Style::Plain => 2,
            Style::Primary => 1,
            Style::Danger => 4,
        };
        let label = label_of(&action.label, LABEL_LIMIT);
        format!(r#"{{"type":2,"style":{style},"label":{label},"custom_id":{command}}}"#)
    });
    let parts = parts.collect::<Vec<_>>().join(",");
    match (&*parts, as_buttons) {
        ("", _) => parts,
        (buttons, true) => format!(r#"{{"type":1,"components":[{buttons}]}}"#),
        (options, false) => {
            format!(r#"{{"type":1,"components":[{{"type":3,"custom_id":"say","options":[{options}]}}]}}"#)
        }
    }
}

fn fits(text: &str, limit: usize) -> bool {
    (1..=limit).contains(&text.chars().map(char::len_utf16).fold(0, usize::saturating_add))
}

fn label_of(text: &str, limit: usize) -> String {
    quoted(&shorten(&on_one_line(text), limit, char::len_utf16))
}
