//! What is let through and what is not, over the platforms' vectors. The worked cases are in
//! `deliveries/`; here are those that go through every byte or every form.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod received;

use chat::{
    Inbound, MalformedSecret, Platform,
    Platform::{DingTalk, Discord, Feishu, Mattermost, Slack, Standard, Teams, Telegram},
    Refusal, Secret, SecretProblem, Verification, verify,
};

/// A delivery that is good until a test spoils it.
#[derive(Clone)]
struct Delivery {
    platform: Platform,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    secrets: &'static str,
    now: i64,
}

/// docs.slack.dev/authentication/verifying-requests-from-slack.
fn slack() -> Delivery {
    Delivery {
        platform: Slack,
        headers: vec![
            ("x-slack-request-timestamp", "1531420618".into()),
            ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503".into()),
            ("content-type", "application/x-www-form-urlencoded".into()),
        ],
        body: include_bytes!("deliveries/slack/official-vector/body.txt").to_vec(),
        secrets: "8f742231b10e8888abcd99yyyzzz85a5",
        now: 1_531_420_618,
    }
}

/// github.com/standard-webhooks/standard-webhooks: libraries/javascript, tests.
fn standard() -> Delivery {
    Delivery {
        platform: Standard,
        headers: vec![
            ("webhook-timestamp", "1614265330".into()),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into()),
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".into()),
        ],
        body: br#"{"test": 2432232314}"#.to_vec(),
        secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now: 1_614_265_330,
    }
}

/// StateKnot/JiaClaw: the test of its HTTP callback module.
fn dingtalk() -> Delivery {
    Delivery {
        platform: DingTalk,
        headers: vec![
            ("timestamp", "1577262236757".into()),
            ("sign", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=".into()),
        ],
        body: b"{}".to_vec(),
        secrets: "this is a secret",
        now: 1_577_262_236,
    }
}

/// With the key of Microsoft's page; their sample OfficeDev/msteams-samples-outgoing-webhook-nodejs accepts it.
fn teams() -> Delivery {
    Delivery {
        platform: Teams,
        headers: vec![("authorization", "HMAC 9apag2NLEVqei723kckMOBAjyHwe14Y2B4JRSNWz8Jg=".into())],
        body: "{\"type\":\"message\",\"text\":\"<at>ops</at> stop é你好\"}".into(),
        secrets: "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=",
        now: 0,
    }
}

/// lark-oapi 1.7.5 (PyPI), EventDispatcherHandler, dispatches it.
fn feishu() -> Delivery {
    Delivery {
        platform: Feishu,
        headers: vec![
            ("x-lark-request-timestamp", "1700000000".into()),
            ("x-lark-signature", "5a115708c3d383c14af6f3285c3ee62fdbda3c6163d3e76cf4205b5d24956073".into()),
            ("x-lark-request-nonce", "n0nce".into()),
        ],
        body: include_bytes!("deliveries/feishu/status/body.txt").to_vec(),
        secrets: "test key",
        now: 1_700_000_000,
    }
}

/// By the key of RFC 8032, 7.1 test 1; discord-interactions 4.4.0 (npm) accepts it.
fn discord() -> Delivery {
    Delivery {
        platform: Discord,
        headers: vec![
            ("x-signature-timestamp", "1700000000".into()),
            (
                "x-signature-ed25519",
                "8a36672e0f3ee19c23c78bf599020f33ee04a9aee88ebc682043eda9cb62cc0e\
                 551d155f8624860129fae4d047c11ff09b0e209d317d16c775256f47a2193b01"
                    .into(),
            ),
        ],
        body: include_bytes!("deliveries/discord/vector-b/body.txt").to_vec(),
        secrets: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        now: 1_700_000_000,
    }
}

/// grammY 1.46.0 (npm), webhookCallback, takes it.
fn telegram() -> Delivery {
    Delivery {
        platform: Telegram,
        headers: vec![("x-telegram-bot-api-secret-token", "s3cret_TOKEN-0123456789abcdefghij".into())],
        body: include_bytes!("deliveries/telegram/fact-sheet-message/body.txt").to_vec(),
        secrets: "s3cret_TOKEN-0123456789abcdefghij",
        now: 0,
    }
}

fn mattermost() -> Delivery {
    Delivery {
        platform: Mattermost,
        headers: vec![("authorization", "Token xr3j5x3p4pfk7kk6ck7b4e6ghh".into())],
        body: include_bytes!("deliveries/mattermost/share/body.txt").to_vec(),
        secrets: "xr3j5x3p4pfk7kk6ck7b4e6ghh",
        now: 0,
    }
}

impl Delivery {
    fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.iter_mut().find(|(name, _)| *name == header).unwrap().1 = value.into();
        self
    }

    fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    fn verify(&self) -> Result<(), Refusal> {
        self.verify_with(&Secret::parse_list(self.platform, self.secrets).unwrap())
    }

    fn verify_with(&self, secrets: &[Secret]) -> Result<(), Refusal> {
        let headers =
            |wanted: &str| self.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
        // Feishu's carry a token as well.
        let tokens = if self.platform == Feishu { Secret::parse_tokens("vtoken").unwrap() } else { Vec::new() };
        let secrets = [secrets, &tokens].concat();
        match verify(self.platform, &Inbound { headers: &headers, body: &self.body }, &secrets, self.now)? {
            Verification::Genuine(_) => Ok(()),
            Verification::Unverified(unverified) => {
                received::signer(&unverified).map(|_| ()).ok_or(Refusal::SignatureMismatch)
            }
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_official_vectors_verify() {
    assert_eq!(slack().verify(), Ok(()));
    assert_eq!(standard().verify(), Ok(()));
    assert_eq!(dingtalk().verify(), Ok(()));
    assert_eq!(teams().verify(), Ok(()));
    assert_eq!(feishu().verify(), Ok(()));
    assert_eq!(discord().verify(), Ok(()));
    assert_eq!(telegram().verify(), Ok(()));
    assert_eq!(mattermost().verify(), Ok(()));
}

/// Where a token is all there is, whoever knows it may send what he likes whenever he likes: so the strength is
/// [`chat::Strength::Token`], and a write by it always wants a confirmation.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_token_signs_nothing_and_has_one_form() {
    for (delivery, header) in [(telegram(), "x-telegram-bot-api-secret-token"), (mattermost(), "authorization")] {
        assert_eq!(delivery.platform.strength(), chat::Strength::Token);
        for body in [&b""[..], b"{\"update_id\":1}", b"\0\xff"] {
            assert_eq!(Delivery { body: body.to_vec(), ..delivery.clone() }.verify(), Ok(()));
        }
        assert_eq!(delivery.clone().at(i64::MAX).verify(), Ok(()));
        assert_eq!(delivery.clone().at(i64::MIN).verify(), Ok(()));
        let good = delivery.headers[0].1.clone();
        let begin = good.find(' ').map_or(0, |at| at + 1);
        for at in begin..good.len() {
            let mut altered = good.clone().into_bytes();
            altered[at] ^= 1;
            let altered = delivery.clone().with(header, str::from_utf8(&altered).unwrap());
            assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "byte {at}");
        }
        for other in [&good[..good.len() - 1], &format!("{good}a"), &format!("{good} "), &good[..begin]] {
            let altered = delivery.clone().with(header, other);
            assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "{other:?}");
        }
    }
}

/// Whoever has seen one signature of DingTalk's may send what he likes with it: so its strength is [`chat::Strength::Time`], a
/// write by it always wants a confirmation, and the window is all that limits it.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn dingtalk_signs_no_body() {
    for body in [&b""[..], b"{\"msgtype\":\"text\"}", b"\0\xff"] {
        assert_eq!(Delivery { body: body.to_vec(), ..dingtalk() }.verify(), Ok(()));
    }
    assert_eq!(DingTalk.strength(), chat::Strength::Time);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn dingtalks_window_is_an_hour_both_ways_to_the_millisecond() {
    let stale = Err(Refusal::Stale { age: 3601 });
    let early = Err(Refusal::Early { ahead: 3601 });
    let mismatch = Err(Refusal::SignatureMismatch);
    for (stamp, outcome) in [
        ("1577262236757", Ok(())),
        ("1577258636000", mismatch.clone()),
        ("1577258635999", stale),
        ("1577265836000", mismatch),
        ("1577265836001", early),
    ] {
        assert_eq!(dingtalk().with("timestamp", stamp).verify(), outcome, "{stamp}");
    }
    let age = (i64::MAX - 1_577_262_236_757 + 999) / 1000;
    assert_eq!(dingtalk().at(i64::MAX).verify(), Err(Refusal::Stale { age }));
    assert_eq!(dingtalk().at(i64::MIN).verify(), Err(Refusal::Early { ahead: i64::MAX / 1000 }));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_byte_of_the_body_counts() {
    for delivery in [slack(), standard(), teams(), feishu(), discord()] {
        for at in 0..delivery.body.len() {
            let mut altered = delivery.clone();
            altered.body[at] ^= 1;
            assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "byte {at}");
        }
        for spoil in [
            |body: &mut Vec<u8>| body.push(b'\n'),
            |body: &mut Vec<u8>| body.truncate(body.len() - 1),
            |body: &mut Vec<u8>| body.insert(0, b' '),
            Vec::clear,
        ] {
            let mut altered = delivery.clone();
            spoil(&mut altered.body);
            assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch));
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_digit_of_the_signature_counts() {
    let good = slack();
    let signature = good.headers[1].1.clone();
    for at in "v0=".len()..signature.len() {
        let mut altered = signature.clone().into_bytes();
        altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
        let altered = good.clone().with("x-slack-signature", str::from_utf8(&altered).unwrap());
        assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "digit {at}");
    }
    let good = discord();
    let signature = good.headers[1].1.clone();
    for at in 0..signature.len() {
        let mut altered = signature.clone().into_bytes();
        altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
        let altered = good.clone().with("x-signature-ed25519", str::from_utf8(&altered).unwrap());
        assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "digit {at}");
    }
    let good = standard();
    let signature = good.headers[1].1.clone();
    // The last digit before the padding carries two bits only; another there would be malformed.
    for at in "v1,".len()..signature.len() - 2 {
        let mut altered = signature.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = good.clone().with("webhook-signature", str::from_utf8(&altered).unwrap());
        assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "digit {at}");
    }
    let good = teams();
    let signature = good.headers[0].1.clone();
    for at in "HMAC ".len()..signature.len() - 2 {
        let mut altered = signature.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = good.clone().with("authorization", str::from_utf8(&altered).unwrap());
        assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "digit {at}");
    }
    let good = dingtalk();
    let signature = good.headers[1].1.clone();
    for at in 0..signature.len() - 2 {
        let mut altered = signature.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = good.clone().with("sign", str::from_utf8(&altered).unwrap());
        assert_eq!(altered.verify(), Err(Refusal::SignatureMismatch), "digit {at}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_window_is_five_minutes_both_ways() {
    for delivery in [slack(), standard(), discord()] {
        let signed_at = delivery.now;
        assert_eq!(delivery.clone().at(signed_at + 300).verify(), Ok(()));
        assert_eq!(delivery.clone().at(signed_at - 300).verify(), Ok(()));
        assert_eq!(delivery.clone().at(signed_at + 301).verify(), Err(Refusal::Stale { age: 301 }));
        assert_eq!(delivery.clone().at(signed_at - 301).verify(), Err(Refusal::Early { ahead: 301 }));
        assert_eq!(
            delivery.clone().at(i64::MAX).verify(),
            Err(Refusal::Stale { age: i64::MAX.saturating_sub(signed_at) })
        );
        assert_eq!(delivery.at(i64::MIN).verify(), Err(Refusal::Early { ahead: i64::MAX }));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_time_stamp_has_one_form() {
    for (delivery, header) in [
        (slack(), "x-slack-request-timestamp"),
        (standard(), "webhook-timestamp"),
        (discord(), "x-signature-timestamp"),
    ] {
        for stamp in [
            "",
            "0",
            "-1",
            "+1531420618",
            "01531420618",
            " 1531420618",
            "1531420618 ",
            "1531420618.0",
            "1.531420618e9",
            "1531420618, 1531420618",
            "0x5b47a00a",
            "９",
            "9223372036854775808",
            "99999999999999999999999999",
            "2018-07-12T18:36:58Z",
        ] {
            let refused = delivery.clone().with(header, stamp).verify();
            assert_eq!(refused, Err(Refusal::MalformedHeader(header)), "{stamp:?}");
        }
        let far = delivery.with(header, "9223372036854775807");
        assert_eq!(far.verify(), Err(Refusal::Early { ahead: i64::MAX - far.now }));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_slack_signature_has_one_form() {
    use Refusal::{MalformedHeader, SignatureMismatch, UnknownVersion};
    const NAME: &str = "x-slack-signature";
    let zeros = "0".repeat(64);
    for (signature, refusal) in [
        (String::new(), MalformedHeader(NAME)),
        ("v0".into(), MalformedHeader(NAME)),
        ("v0=".into(), MalformedHeader(NAME)),
        (zeros.clone(), MalformedHeader(NAME)),
        (format!("v0={}", &zeros[1..]), MalformedHeader(NAME)),
        (format!("v0={zeros}0"), MalformedHeader(NAME)),
        (format!("v0={zeros}00"), MalformedHeader(NAME)),
        (format!("v0= {}", &zeros[1..]), MalformedHeader(NAME)),
        (format!("v0={}g", &zeros[1..]), MalformedHeader(NAME)),
        (format!("v0={}é", &zeros[2..]), MalformedHeader(NAME)),
        (format!("v0={}", "A".repeat(64)), MalformedHeader(NAME)),
        (format!("v1={zeros}"), UnknownVersion(NAME)),
        (format!("V0={zeros}"), UnknownVersion(NAME)),
        (format!("={zeros}"), UnknownVersion(NAME)),
        (format!("v0={zeros}"), SignatureMismatch),
    ] {
        assert_eq!(slack().with(NAME, &signature).verify(), Err(refusal), "{signature:?}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_list_of_signatures_has_one_form() {
    use Refusal::{MalformedHeader, SignatureMismatch, UnknownVersion};
    const NAME: &str = "webhook-signature";
    const GOOD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const OTHER: &str = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (list, outcome) in [
        (format!("{GOOD} {OTHER}"), Ok(())),
        (format!("{OTHER} {GOOD}"), Ok(())),
        (format!("v2,x {GOOD} v1a,y"), Ok(())),
        (OTHER.into(), Err(SignatureMismatch)),
        (format!("{OTHER} {OTHER}"), Err(SignatureMismatch)),
        (String::new(), Err(MalformedHeader(NAME))),
        ("v1".into(), Err(MalformedHeader(NAME))),
        ("v1,".into(), Err(MalformedHeader(NAME))),
        ("v1,AAAA".into(), Err(MalformedHeader(NAME))),
        (format!("{GOOD}="), Err(MalformedHeader(NAME))),
        (GOOD.replace('+', "-").replace('/', "_"), Err(MalformedHeader(NAME))),
        (GOOD.replace("OE=", "OF="), Err(MalformedHeader(NAME))),
        (format!("{GOOD} "), Err(MalformedHeader(NAME))),
        (format!("{GOOD},{GOOD}"), Err(MalformedHeader(NAME))),
        (format!("{GOOD} v1,short"), Err(MalformedHeader(NAME))),
        (GOOD.replace("v1", "v1a"), Err(UnknownVersion(NAME))),
        (GOOD.replace("v1", "V1"), Err(UnknownVersion(NAME))),
        (GOOD.replace("v1", ""), Err(UnknownVersion(NAME))),
    ] {
        assert_eq!(standard().with(NAME, &list).verify(), outcome, "{list:?}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_webhook_id_has_one_form() {
    for id in ["", ".", "a.b", "a b", "a\n", "é", &"a".repeat(257)] {
        let refused = standard().with("webhook-id", id).verify();
        assert_eq!(refused, Err(Refusal::MalformedHeader("webhook-id")), "{id:?}");
    }
    let other = standard().with("webhook-id", &"a".repeat(256));
    assert_eq!(other.verify(), Err(Refusal::SignatureMismatch));
}

/// id `a`, time stamp `1`, body `2.{}` sign the same text as id `a`, time stamp `1.2`, body `{}` and as id `a.1`, time stamp
/// `2`, body `{}`: neither of those has an allowed form.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_signed_text_is_cut_up_in_one_way_only() {
    let moved = standard().with("webhook-timestamp", "1614265330.2");
    assert_eq!(moved.verify(), Err(Refusal::MalformedHeader("webhook-timestamp")));
    let moved = standard().with("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330");
    assert_eq!(moved.verify(), Err(Refusal::MalformedHeader("webhook-id")));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn any_configured_secret_will_do_and_no_other() {
    for delivery in [slack(), standard(), dingtalk(), teams(), feishu(), discord(), telegram(), mattermost()] {
        let good = Secret::parse_list(delivery.platform, delivery.secrets).unwrap().remove(0);
        let other = match delivery.platform {
            Slack => "8f742231b10e8888abcd99yyyzzz85a6",
            DingTalk => "this is another secret",
            Feishu => "another key",
            Telegram | Mattermost => "another-token-of-some-length",
            // RFC 8032, 7.1 test 2.
            Discord => "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            Teams => "wqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=",
            _ => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
        };
        let other = Secret::parse_list(delivery.platform, other).unwrap().remove(0);
        assert_eq!(delivery.verify_with(&[good.clone(), other.clone()]), Ok(()));
        assert_eq!(delivery.verify_with(&[other.clone(), good]), Ok(()));
        assert_eq!(delivery.verify_with(&[other]), Err(Refusal::SignatureMismatch));
        assert_eq!(delivery.verify_with(&[]), Err(Refusal::SignatureMismatch));
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_delivery_of_another_platform_is_refused() {
    let mut delivery = slack();
    delivery.platform = Standard;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("webhook-id")));
    let mut delivery = standard();
    delivery.platform = Slack;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("x-slack-signature")));
    delivery.platform = Discord;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("x-signature-ed25519")));
    delivery.platform = DingTalk;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("sign")));
    delivery.platform = Feishu;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("x-lark-signature")));
    delivery.platform = Teams;
    assert_eq!(delivery.verify_with(&[]), Err(Refusal::MissingHeader("authorization")));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_secret_that_cannot_be_one_is_named_by_its_place() {
    let problem = |platform, value: &str| Secret::parse_list(platform, value).map(|secrets| secrets.len());
    let at = |position, problem| Err(MalformedSecret { position, problem });
    let base64_of = |bytes: usize| format!("whsec_{}{}", "AAAA".repeat(bytes / 3), ["", "AA==", "AAA="][bytes % 3]);
    let length = |bytes| SecretProblem::Length { bytes, least: 24, most: 64 };

    assert_eq!(problem(Slack, "one"), Ok(1));
    assert_eq!(problem(Slack, " new , old\n"), Ok(2));
    for empty in ["", " ", "\n"] {
        assert_eq!(problem(Slack, empty), at(1, SecretProblem::Empty));
    }
    assert_eq!(problem(Slack, "one,"), at(2, SecretProblem::Empty));
    assert_eq!(problem(Slack, "one, ,three"), at(2, SecretProblem::Empty));
    assert_eq!(problem(Standard, ""), at(1, SecretProblem::Empty));

    for (bytes, outcome) in [(23, at(2, length(23))), (24, Ok(2)), (64, Ok(2)), (65, at(2, length(65)))] {
        assert_eq!(problem(Standard, &format!("{}, {}", base64_of(32), base64_of(bytes))), outcome);
    }
    let prefix = SecretProblem::Prefix { expected: "whsec_" };
    for value in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ"] {
        assert_eq!(problem(Standard, value), at(1, prefix));
    }
    for value in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", "whsec_ MfKQ"] {
        assert_eq!(problem(Standard, value), at(1, SecretProblem::NotBase64));
    }
    let length = |bytes| SecretProblem::Length { bytes, least: 32, most: 32 };
    assert_eq!(problem(Teams, teams().secrets), Ok(1));
    assert_eq!(problem(Teams, "AAAA"), at(1, length(3)));
    let length = |bytes| SecretProblem::Length { bytes, least: 16, most: 256 };
    for platform in [Telegram, Mattermost] {
        assert_eq!(problem(platform, &format!("{},{}", "a".repeat(16), "_-Z9".repeat(64))), Ok(2));
        assert_eq!(problem(platform, &"a".repeat(15)), at(1, length(15)));
        assert_eq!(problem(platform, &"a".repeat(257)), at(1, length(257)));
        for value in ["a b", "é", "a/b+c=", &"a".repeat(300).replace("aaa", "a.a")] {
            assert_eq!(problem(platform, value), at(1, SecretProblem::NotPlain), "{value}");
        }
    }
    let length = |bytes| SecretProblem::Length { bytes, least: 32, most: 32 };
    let key = discord().secrets;
    assert_eq!(problem(Discord, &format!("{key},{}", key.to_ascii_uppercase())), Ok(2));
    assert_eq!(problem(Discord, &key[2..]), at(1, length(31)));
    assert_eq!(problem(Discord, &format!("{key}00")), at(1, length(33)));
    for value in ["x", &key[1..], &key.replace('d', "g"), &key.replace('d', "é")] {
        assert_eq!(problem(Discord, value), at(1, SecretProblem::NotHex), "{value}");
    }
    assert_eq!(problem(Teams, "vqF0En-Z0ucuRTM_01o2GuhMH3hKKk_N2bOmlM31zaA="), at(1, SecretProblem::NotBase64));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_secret_is_never_shown() {
    let secrets = Secret::parse_list(Slack, "8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    assert_eq!(format!("{secrets:?}"), "[Secret(…)]");
    let malformed = Secret::parse_list(Standard, "hunter2,hunter3").unwrap_err();
    assert_eq!(malformed.to_string(), "secret 1 does not begin with whsec_");
    assert!(!format!("{malformed:?}").contains("hunter"));
}
