//! What the contestants are sent: made and signed before a turn begins.

use super::{Bench, load};
use crate::{
    chat::{Delivery, Platform, Saying, slack},
    dev::secrets::Secrets,
};
use anyhow::{Context as _, Result};
use std::time::SystemTime;

/// The image of most commands.
pub(super) const IMAGE: &str = "m-bp1e79zktg26n2b0001";

/// Commands and what else a person types, signed now, each another delivery.
pub(super) fn said(
    secrets: &Secrets,
    platform: Platform,
    count: usize,
    text: &dyn Fn(usize) -> String,
    response_url: Option<&str>,
) -> Result<Vec<Vec<u8>>> {
    said_in("C1", secrets, platform, count, text, response_url)
}

/// The same in another channel.
pub(super) fn said_in(
    channel: &str,
    secrets: &Secrets,
    platform: Platform,
    count: usize,
    text: &dyn Fn(usize) -> String,
    response_url: Option<&str>,
) -> Result<Vec<Vec<u8>>> {
    let secret = secrets.get(platform.key()).context("there is no secret for the deliveries")?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let delivery = |number: usize| {
        let saying = Saying {
            user: "U1",
            channel,
            team: "T1",
            text: &text(number),
            response_url,
            now: now.as_secs(),
            nonce: &format!("{:x}{number:06x}", now.as_nanos()),
            token: "",
            press: false,
        };
        Ok(request(platform, &platform.delivery(&saying, secret)?))
    };
    (0..count).map(delivery).collect()
}

/// Slack's, of a share that goes nowhere.
pub(super) fn slack(secrets: &Secrets, count: usize) -> Result<Vec<Vec<u8>>> {
    said(secrets, Platform::Slack, count, &|_| format!("share {IMAGE} cn-hangzhou"), None)
}

/// Slack's check of the address.
pub(super) fn handshakes(bench: &Bench<'_>, count: usize) -> Result<Vec<Vec<u8>>> {
    let secret = bench.secrets.get(Platform::Slack.key()).context("there is no secret for the deliveries")?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(vec![request(Platform::Slack, &slack::url_verification(CHALLENGE, now.as_secs(), secret)); count])
}

/// What a right answer to a handshake has in it.
pub(super) const CHALLENGE: &str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";

fn request(platform: Platform, delivery: &Delivery) -> Vec<u8> {
    load::request("POST", &platform.path(), &delivery.headers, &delivery.body)
}
