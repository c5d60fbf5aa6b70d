#![no_std]
#![doc = include_str!("../README.md")]

extern crate alloc;

#[macro_use]
mod platform;
mod delivery;
mod follow_up;
mod form;
mod language;
mod reply;
mod secret;
mod verify;
mod words;

platforms! {
    /// DingTalk messages to a robot.
    DingTalk => dingtalk::DingTalk,
    /// Discord, by interactions over HTTP.
    Discord => discord::Discord,
    /// Feishu messages and cards.
    Feishu => feishu::FEISHU,
    /// The same outside mainland China.
    Lark => lark::LARK,
    /// Mattermost slash commands and outgoing webhooks.
    Mattermost => mattermost::Mattermost,
    /// Slack slash commands and buttons.
    Slack => slack::Slack,
    /// Any system that signs by Standard Webhooks.
    Standard => standard::Standard,
    /// Microsoft Teams, by outgoing webhooks.
    Teams => teams::Teams,
    /// Telegram, by a bot's webhook.
    Telegram => telegram::Telegram,
}

pub use delivery::{Actor, Command, Completion, DeliveryId, Inbound, Place, Received, Refusal, Request, Suggestion};
pub use follow_up::{Code, FollowUp, Outgoing, Reach, Taken, TokenSource, Undeliverable};
pub use language::Language;
pub use platform::Strength;
pub use reply::{Action, Line, Rendered, Reply, Style, Tone};
pub use secret::{MalformedSecret, Secret, SecretProblem};
pub use verify::{Signed, Unverified, Verification, Verified};
pub use words::words;

/// Takes a delivery in: answers a handshake, else checks the signature against every secret and the time stamp against
/// `now` (Unix seconds), and reads what was asked.
///
/// # Errors
///
/// Any [`Refusal`]. All but [`Refusal::MalformedBody`] come from before any field had a meaning; where the body tells the time,
/// its age comes after.
pub fn receive(platform: Platform, inbound: &Inbound<'_>, secrets: &[Secret], now: i64) -> Result<Received, Refusal> {
    if let Some(answer) = platform.adapter().handshake(inbound, secrets) {
        return Ok(Received::Handshake(answer));
    }
    match verify(platform, inbound, secrets, now)? {
        Verification::Genuine(verified) => parse(&verified, now),
        Verification::Unverified(unverified) => Ok(Received::Unverified(unverified)),
    }
}

/// Checks the signature and the time stamp of a delivery, and nothing else. Where the signature is by a public key, the
/// caller does that part.
///
/// # Errors
///
/// Any [`Refusal`]; [`Refusal::MalformedBody`] only where a body that is signed well does not decrypt.
pub fn verify<'a>(
    platform: Platform,
    inbound: &Inbound<'a>,
    secrets: &[Secret],
    now: i64,
) -> Result<Verification<'a>, Refusal> {
    platform.adapter().verify(inbound, secrets, now)
}

/// Reads a delivery whose signature has been checked.
///
/// # Errors
///
/// [`Refusal::MalformedBody`]; where the body tells the time, also [`Refusal::Stale`] and [`Refusal::Early`].
pub fn parse(verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
    verified.get().platform.adapter().parse(verified, now)
}

/// The answer to a delivery that [`receive`] found to be genuine and to have a [`Refusal::MalformedBody`]: nothing or a line of
/// help, whatever keeps the platform from sending it again.
pub fn unreadable(platform: Platform, part: &'static str) -> Rendered {
    platform.adapter().unreadable(part)
}

/// Puts a reply into the platform's form, as the answer to the delivery.
pub fn render(platform: Platform, reply: &Reply) -> Rendered {
    platform.adapter().render(reply)
}

/// Puts values to choose from into the platform's form, as the answer to a [`Completion`]. The first count: there is room for
/// 25.
pub fn suggest(platform: Platform, suggestions: &[Suggestion]) -> Rendered {
    platform.adapter().suggest(suggestions)
}
