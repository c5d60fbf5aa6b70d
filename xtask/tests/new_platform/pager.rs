//! Pagers: a token that stands in a header, a line of text, a line back.

use alloc::{format, string::String};
use serde_json::Value;

use crate::{
    Actor, Command, DeliveryId, FollowUp, Inbound, Outgoing, Place, Platform, Received, Refusal, Rendered, Reply,
    Request, Secret, SecretProblem, Signed, Strength, Verification, Verified,
    delivery::{json, written},
    platform::Adapter,
    reply::quoted,
    secret,
    verify::{header, token},
};

const TOKEN: &str = "x-pager-token";

pub(crate) struct Pager;

impl Adapter for Pager {
    fn name(&self) -> &'static str {
        "pager"
    }

    fn secret_variable(&self) -> &'static str {
        "PAGER_TOKEN"
    }

    fn strength(&self) -> Strength {
        Strength::Token
    }

    fn acknowledge_within_ms(&self) -> u64 {
        1000
    }

    fn delivers_again(&self) -> bool {
        false
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretProblem> {
        secret::token(text)
    }

    fn verify<'a>(&self, inbound: &Inbound<'a>, secrets: &[Secret], now: i64) -> Result<Verification<'a>, Refusal> {
        let presented = header(inbound, TOKEN)?;
        let body = inbound.body.into();
        token(&presented, Signed { platform: Platform::Pager, body, id: None, signed_at: now, secret: 0 }, secrets)
    }

    fn parse(&self, verified: &Verified<Signed<'_>>, now: i64) -> Result<Received, Refusal> {
        let page = json(&verified.get().body)?;
        let text = |name: &'static str| page.get(name).and_then(Value::as_str).ok_or(Refusal::MalformedBody(name));
        let id = |name| written(text(name)?, name);
        Ok(Received::Command(Command {
            delivery: DeliveryId(id("id")?),
            actor: Actor { platform: Platform::Pager, organisation: "default".into(), person: id("from")? },
            place: Place { platform: Platform::Pager, organisation: "default".into(), channel: id("room")? },
            request: Request::Text(text("text")?.into()),
            follow_up: Some(FollowUp {
                platform: Platform::Pager,
                url: format!("https://pager.example/{}", id("from")?),
                expires_at: now.saturating_add(60),
                uses: 1,
            }),
            language: None,
            acknowledgement: None,
            secret: verified.get().secret,
        }))
    }

    fn render(&self, reply: &Reply) -> Rendered {
        Rendered::json(message(reply))
    }

    fn follow_up_hosts(&self) -> &'static [&'static str] {
        &["pager.example"]
    }

    fn follow_up(&self, to: &FollowUp, reply: &Reply, _credential: Option<&Secret>) -> Outgoing {
        Outgoing::post_json(&to.url, message(reply))
    }
}

fn message(reply: &Reply) -> String {
    format!(r#"{{"page":{}}}"#, quoted(&reply.title))
}
