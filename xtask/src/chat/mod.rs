//! `chat`: plays a chat platform against a running `dev`, down to the signature.

mod dingtalk;
pub(crate) mod discord;
mod feishu;
pub(crate) mod inbox;
mod mattermost;
pub(crate) mod slack;
mod standard;
mod teams;
mod telegram;

use crate::{
    dev::{INBOX_PORT, PORT, secrets},
    http::{self, Answer},
    progress::{print, say},
    tools::hex,
};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use core::time::Duration;
use hmac::{Hmac, KeyInit as _, Mac as _};
use inbox::Inbox;
use sha2::Sha256;
use std::time::{Instant, SystemTime};

/// Says what kind of news an answer or a follow-up is, since a chat message does not.
pub(crate) const OUTCOME: &str = "x-opshook-outcome";

/// Say something to the Worker as a chat platform would, and print its answers
#[derive(Args, Debug)]
pub(crate) struct Chat {
    /// Which platform to play
    #[arg(long, value_enum, default_value_t = Platform::Slack)]
    platform: Platform,
    /// Who says it
    #[arg(long, default_value = "U1")]
    user: String,
    /// Where it is said
    #[arg(long, default_value = "C1")]
    channel: String,
    /// The workspace
    #[arg(long, default_value = "T1")]
    team: String,
    /// The port of `dev`
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The Worker's address, instead of a port on this machine
    #[arg(long, conflicts_with = "port")]
    url: Option<String>,
    /// Where to listen for what the platform's own host would get: the port in the Worker's FOLLOW_UP_ENDPOINT
    #[arg(long, value_name = "PORT", default_value_t = INBOX_PORT)]
    inbox_port: u16,
    /// Deliver it this many times: same bytes, same stamp, same signature
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Seconds to wait for what follows an answer that says "waiting"
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Say it by pressing a button that says so
    #[arg(long)]
    press: bool,
    /// What to say, `share m-bp1e79zktg26n2b0001 cn-hangzhou`
    #[arg(required = true)]
    words: Vec<String>,
}

/// A platform that can be played.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Platform {
    /// Messages to a robot of DingTalk.
    Dingtalk,
    /// Commands of Discord, and presses of its buttons.
    Discord,
    /// Messages to a bot of Feishu, and presses of its buttons.
    Feishu,
    /// Slash commands of Mattermost.
    Mattermost,
    /// Slash commands of Slack, and presses of its buttons.
    Slack,
    /// A sender of Standard Webhooks.
    Standard,
    /// Outgoing webhooks of Teams.
    Teams,
    /// Commands to a bot of Telegram, and presses of its buttons.
    Telegram,
}

/// What is said, by whom, where, and where the answer may follow.
#[derive(Debug)]
pub(crate) struct Saying<'a> {
    /// The person's id.
    pub(crate) user: &'a str,
    /// The channel's.
    pub(crate) channel: &'a str,
    /// The workspace's.
    pub(crate) team: &'a str,
    /// The words.
    pub(crate) text: &'a str,
    /// Where follow-ups go; not every platform has to say.
    pub(crate) response_url: Option<&'a str>,
    /// Unix seconds.
    pub(crate) now: u64,
    /// Tells this delivery from all others.
    pub(crate) nonce: &'a str,
    /// What deliveries carry beside their signature, where they do.
    pub(crate) token: &'a str,
    /// Whether it is said by a button.
    pub(crate) press: bool,
}

/// A signed request as the platform sends it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Platform {
    /// Those the campaign plays. The others ask before every write, or answer in ways of their own.
    pub(crate) const IN_CAMPAIGN: [Self; 2] = [Self::Slack, Self::Standard];

    /// The others.
    pub(crate) fn not_in_campaign() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(|platform| !Self::IN_CAMPAIGN.contains(platform))
    }

    /// The name in addresses and ids.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dingtalk => "dingtalk",
            Self::Discord => "discord",
            Self::Feishu => "feishu",
            Self::Mattermost => "mattermost",
            Self::Slack => "slack",
            Self::Standard => "standard",
            Self::Teams => "teams",
            Self::Telegram => "telegram",
        }
    }

    /// The platform of that name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|platform| platform.name() == name)
    }

    /// The path of its hook.
    pub(crate) fn path(self) -> String {
        format!("/hooks/{}", self.name())
    }

    /// The variable that holds its secret.
    pub(crate) fn secret(self) -> &'static str {
        match self {
            Self::Dingtalk => "DINGTALK_APP_SECRET",
            Self::Discord => "DISCORD_PUBLIC_KEY",
            Self::Feishu => "FEISHU_ENCRYPT_KEY",
            Self::Mattermost => "MATTERMOST_TOKEN",
            Self::Slack => "SLACK_SIGNING_SECRET",
            Self::Standard => "STANDARD_WEBHOOKS_SECRET",
            Self::Teams => "TEAMS_WEBHOOK_SECRET",
            Self::Telegram => "TELEGRAM_WEBHOOK_SECRET",
        }
    }

    /// The variable that holds what its deliveries are signed with.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Discord => discord::KEY,
            _ => self.secret(),
        }
    }

    /// The variable that holds its token, where its deliveries carry one.
    fn token(self) -> Option<&'static str> {
        (self == Self::Feishu).then_some("FEISHU_VERIFICATION_TOKEN")
    }

    /// All the variables it needs.
    pub(crate) fn secrets(self) -> Vec<&'static str> {
        let credential = match self {
            Self::Feishu => Some("FEISHU_APP_SECRET"),
            Self::Telegram => Some("TELEGRAM_BOT_TOKEN"),
            _ => None,
        };
        [Some(self.secret()), self.token(), credential].into_iter().flatten().collect()
    }

    /// Signs what is said.
    ///
    /// # Errors
    /// The secret does not have the platform's form, or it has no buttons.
    pub(crate) fn delivery(self, saying: &Saying<'_>, secret: &str) -> Result<Delivery> {
        let has_buttons = matches!(self, Self::Discord | Self::Feishu | Self::Slack | Self::Telegram);
        ensure!(!saying.press || has_buttons, "buttons of {} are not played", self.name());
        match self {
            Self::Dingtalk => Ok(dingtalk::delivery(saying, secret)),
            Self::Discord => discord::delivery(saying, secret),
            Self::Feishu => feishu::delivery(saying, secret),
            Self::Mattermost => Ok(mattermost::delivery(saying, secret)),
            Self::Slack => Ok(slack::delivery(saying, secret)),
            Self::Standard => standard::delivery(saying, secret),
            Self::Teams => teams::delivery(saying, secret),
            Self::Telegram => Ok(telegram::delivery(saying, secret)),
        }
    }

    /// Listens for what follows a delivery with this nonce.
    fn inbox(self, nonce: &str, port: u16) -> Result<Inbox> {
        match self {
            // To its own host, which `dev` has put here.
            Self::Discord => Inbox::of_platform(port, discord::messages(nonce), discord::answer),
            Self::Feishu => Inbox::of_platform(port, feishu::messages(nonce), feishu::answer),
            Self::Telegram => {
                let bot = secrets::one("TELEGRAM_BOT_TOKEN")?;
                Inbox::of_platform(port, telegram::messages(bot.trim()), telegram::answer)
            }
            _ => Inbox::open(),
        }
    }

    /// A message as a person reads it.
    pub(crate) fn shown(self, body: &str) -> String {
        let shown = match self {
            Self::Dingtalk => dingtalk::shown(body),
            Self::Discord => discord::shown(body),
            Self::Feishu => feishu::shown(body),
            Self::Mattermost => mattermost::shown(body),
            Self::Slack => slack::shown(body),
            Self::Standard => standard::shown(body),
            Self::Teams => teams::shown(body),
            Self::Telegram => telegram::shown(body),
        };
        shown.unwrap_or_else(|| body.trim().to_owned())
    }
}

/// The kinds of news that end a command.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Good,
    Bad,
    Waiting,
}

impl Outcome {
    fn read(header: Option<&str>) -> Result<Self> {
        match header {
            Some("success" | "information") => Ok(Self::Good),
            Some("failure" | "refusal") => Ok(Self::Bad),
            Some("waiting") => Ok(Self::Waiting),
            other => bail!("the answer's {OUTCOME} is {other:?}; is this an opshook Worker of this version?"),
        }
    }
}

impl Chat {
    /// The flags for another command from the same person in the same place, with a space after each.
    fn same_place(&self) -> String {
        let port = self.port.to_string();
        let inbox_port = self.inbox_port.to_string();
        let given = [
            ("platform", self.platform.name(), "slack"),
            ("user", &self.user, "U1"),
            ("channel", &self.channel, "C1"),
            ("team", &self.team, "T1"),
            ("port", &port, "8787"),
            ("inbox-port", &inbox_port, "8789"),
            ("url", self.url.as_deref().unwrap_or_default(), ""),
        ];
        let changed = given.iter().filter(|(_, value, default)| value != default);
        changed.map(|(name, value, _)| format!("--{name} {value} ")).collect()
    }
}

/// Delivers the words and prints what comes back. `Ok(false)`: all went its way, and the command did not succeed.
///
/// # Errors
/// There are no secrets, nobody listens, or the delivery is refused as a whole.
pub(crate) fn run_chat(arguments: &Chat) -> Result<bool> {
    let secret = secrets::one(arguments.platform.key())?;
    // A second one, after a comma, is an old one on its way out.
    let secret = secret.split(',').next().unwrap_or_default().trim();
    let token = arguments.platform.token().map_or(Ok(String::new()), secrets::one)?;
    let token = token.split(',').next().unwrap_or_default().trim();
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|error| anyhow!("the operating system has no randomness: {error}"))?;
    let nonce = hex(&nonce);
    let inbox = arguments.platform.inbox(&nonce, arguments.inbox_port)?;
    let saying = Saying {
        user: &arguments.user,
        channel: &arguments.channel,
        team: &arguments.team,
        text: &arguments.words.join(" "),
        response_url: Some(inbox.address()),
        now: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
        nonce: &nonce,
        token,
        press: arguments.press,
    };
    let delivery = arguments.platform.delivery(&saying, secret)?;
    let base = arguments.url.clone().unwrap_or_else(|| format!("http://127.0.0.1:{}", arguments.port));
    let url = format!("{}{}", base.trim_end_matches('/'), arguments.platform.path());

    let deadline = Instant::now() + Duration::from_secs(arguments.wait);
    let next = || {
        let follow_up = inbox.next(deadline.saturating_duration_since(Instant::now()));
        if follow_up.is_none() {
            let again = format!("cargo xtask chat {}status", arguments.same_place());
            say(&format!("error: nothing followed within {} s; ask again with: {again}", arguments.wait));
        }
        follow_up
    };
    let (mut outcome, mut shown) = (Outcome::Good, String::new());
    for time in 1..=arguments.repeat {
        let answer = http::post(&url, &delivery.headers, delivery.body.as_bytes()).with_context(|| {
            format!("nobody answers at {base}: run `cargo xtask dev` in another terminal, or name its port with --port")
        })?;
        accepted(&answer, arguments.platform)?;
        if arguments.repeat > 1 {
            print(&format!("delivery {time} of {}", arguments.repeat));
        }
        outcome = Outcome::read(answer.header(OUTCOME))?;
        shown = if answer.body.is_empty() || arguments.platform == Platform::Telegram {
            // Only an acknowledgement: what it says comes as a message.
            let Some(message) = next() else { return Ok(false) };
            arguments.platform.shown(&message.body)
        } else {
            arguments.platform.shown(&answer.body)
        };
        print(&shown);
    }
    if outcome == Outcome::Waiting
        && let Some(confirmation) = confirmation(&shown)
    {
        // Nothing follows until somebody says so, and that is another command with an answer of its own.
        say(&format!("  next: cargo xtask chat {}\"{confirmation}\"", arguments.same_place()));
        return Ok(true);
    }
    while outcome == Outcome::Waiting {
        let Some(follow_up) = next() else { return Ok(false) };
        print(&format!("\n{}", arguments.platform.shown(&follow_up.body)));
        outcome = Outcome::read(follow_up.outcome.as_deref())?;
    }
    Ok(outcome == Outcome::Good)
}

/// What somebody has to say before the command goes on.
pub(crate) fn confirmation(shown: &str) -> Option<&str> {
    shown.lines().find(|line| line.strip_prefix("confirm ").is_some_and(|code| !code.contains(' ')))
}

/// Tells a delivery that was refused as a whole from one that was read and answered.
fn accepted(answer: &Answer, platform: Platform) -> Result<()> {
    let why = match answer.status {
        200 => return Ok(()),
        401 => "its signature was refused: was `dev` started with the secrets that .dev.vars has now?".to_owned(),
        404 => format!("this Worker does not serve the platform: has it a {}?", platform.secret()),
        413 => "it is too large".to_owned(),
        503 => "the Worker's configuration is wrong: its /healthz and its log name the variable".to_owned(),
        status => format!("the Worker answered {status}"),
    };
    bail!("{why}\n{}", answer.body.trim())
}

/// What stands in an id of ours, `U1`, where ids are numbers.
fn number(id: &str) -> String {
    id.chars().filter(char::is_ascii_digit).collect()
}

/// What is read of a text of Markdown: backslashes take their characters literally, back quotes stand around code.
fn without_markdown(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.trim_end().chars();
    let mut code = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if !code => plain.extend(chars.next()),
            '`' => code = !code,
            '\u{200b}' => {}
            c => plain.push(c),
        }
    }
    plain
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const SAYING: Saying<'_> = Saying {
        user: "U1",
        channel: "C1",
        team: "T1",
        text: "share m-1 <b> & c",
        response_url: Some("http://127.0.0.1:1/x"),
        now: 1_531_420_618,
        nonce: "0a0b",
        token: "vtoken",
        press: false,
    };

    #[test]
    fn a_question_is_told_from_a_command_under_way() {
        assert_eq!(confirmation("Please confirm: x\nif sure:\nconfirm 4F7K\nor\ncancel 4F7K"), Some("confirm 4F7K"));
        assert_eq!(confirmation("Accepted: share m-1\nconfirm it or do not"), None);
    }

    #[test]
    fn outcomes_decide() {
        assert_eq!(Outcome::read(Some("success")).unwrap(), Outcome::Good);
        assert_eq!(Outcome::read(Some("information")).unwrap(), Outcome::Good);
        assert_eq!(Outcome::read(Some("failure")).unwrap(), Outcome::Bad);
        assert_eq!(Outcome::read(Some("refusal")).unwrap(), Outcome::Bad);
        assert_eq!(Outcome::read(Some("waiting")).unwrap(), Outcome::Waiting);
        assert_eq!(
            Outcome::read(None).unwrap_err().to_string(),
            "the answer's x-opshook-outcome is None; is this an opshook Worker of this version?"
        );
    }
}
