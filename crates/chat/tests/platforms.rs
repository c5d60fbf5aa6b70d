//! The table of platforms, as other crates and the configuration name its parts.

use chat::{Actor, Language, Place, Platform, Refusal, Strength, Undeliverable, unreadable};

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn each_platform_has_its_row() {
    let rows: Vec<_> = Platform::ALL
        .iter()
        .map(|platform| {
            (platform.name(), platform.secret_variable(), platform.strength(), platform.acknowledge_within_ms())
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("dingtalk", "DINGTALK_APP_SECRET", Strength::Time, 2500),
            ("discord", "DISCORD_PUBLIC_KEY", Strength::Full, 2500),
            ("feishu", "FEISHU_ENCRYPT_KEY", Strength::Full, 2500),
            ("lark", "LARK_ENCRYPT_KEY", Strength::Full, 2500),
            ("mattermost", "MATTERMOST_TOKEN", Strength::Token, 2500),
            ("slack", "SLACK_SIGNING_SECRET", Strength::Full, 2500),
            ("standard", "STANDARD_WEBHOOKS_SECRET", Strength::Full, 10_000),
            ("teams", "TEAMS_WEBHOOK_SECRET", Strength::Body, 4000),
            ("telegram", "TELEGRAM_WEBHOOK_SECRET", Strength::Token, 10_000),
        ]
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn some_need_more_than_one_secret() {
    let more = |platform: &Platform| {
        (platform.token_variable().is_some() || platform.credential_variable().is_some())
            .then(|| (platform.name(), platform.token_variable(), platform.credential_variable()))
    };
    assert_eq!(
        Platform::ALL.iter().filter_map(more).collect::<Vec<_>>(),
        [
            ("feishu", Some("FEISHU_VERIFICATION_TOKEN"), Some("FEISHU_APP_SECRET")),
            ("lark", Some("LARK_VERIFICATION_TOKEN"), Some("LARK_APP_SECRET")),
            ("telegram", None, Some("TELEGRAM_BOT_TOKEN")),
        ]
    );
}

/// An error would have it sent again, by some of them for days.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_is_malformed_is_answered_and_not_repeated() {
    for platform in Platform::ALL {
        let answer = unreadable(*platform, "team_id");
        let body = match platform {
            Platform::Discord => r#"{"type":4,"data":{"content":"ℹ️ help","flags":64}}"#,
            Platform::Teams => r#"{"type":"message","text":"ℹ️ help"}"#,
            Platform::Standard => {
                r#"{"status":"refusal","title":"The body is malformed","lines":[{"type":"field","name":"part","value":"team_id"}]}"#
            }
            _ => "",
        };
        assert_eq!((answer.status, &*answer.body), (200, body), "{platform}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn slack_counts_repetitions_in_a_header() {
    let headers = Platform::ALL.iter().filter_map(|platform| Some((platform.name(), platform.repeat_header()?)));
    assert_eq!(headers.collect::<Vec<_>>(), [("slack", "x-slack-retry-num")]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_name_leads_back_to_its_platform() {
    for platform in Platform::ALL {
        assert_eq!(Platform::from_name(platform.name()), Some(*platform));
        assert_eq!(platform.to_string(), platform.name());
    }
    for name in ["", "Slack", "slack ", "team"] {
        assert_eq!(Platform::from_name(name), None, "{name:?}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn strengths_are_in_order() {
    assert!(Strength::Token < Strength::Time && Strength::Time < Strength::Body && Strength::Body < Strength::Full);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn people_and_places_have_a_written_form() {
    let actor = Actor { platform: Platform::Slack, organisation: "T0001".into(), person: "U2147483697".into() };
    assert_eq!(actor.to_string(), "slack:T0001/U2147483697");
    let place = Place { platform: Platform::Slack, organisation: "T0001".into(), channel: "C2147483705".into() };
    assert_eq!(place.to_string(), "slack:T0001/C2147483705");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_log_reads_in_words() {
    for (refusal, words) in [
        (Refusal::MissingHeader("x-slack-signature"), "header x-slack-signature is missing"),
        (Refusal::MalformedHeader("webhook-id"), "header webhook-id is malformed"),
        (Refusal::UnknownVersion("webhook-signature"), "header webhook-signature has no signature of a known version"),
        (Refusal::Stale { age: 301 }, "time stamp is 301 s old"),
        (Refusal::Early { ahead: 301 }, "time stamp is 301 s ahead"),
        (Refusal::SignatureMismatch, "no secret makes this signature"),
        (Refusal::TokenMismatch, "token is none of ours"),
        (Refusal::MalformedBody("team_id"), "body is malformed: team_id"),
    ] {
        assert_eq!(refusal.to_string(), words);
    }
    for (undeliverable, words) in [
        (Undeliverable::HostNotAllowed, "host is not on the allow-list"),
        (Undeliverable::Expired, "channel has expired"),
        (Undeliverable::UsedUp, "channel is used up"),
        (Undeliverable::NoCredential, "credential is not configured"),
    ] {
        assert_eq!(undeliverable.to_string(), words);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_locale_names_a_language() {
    for (tag, language) in [
        ("zh", Some(Language::Chinese)),
        ("zh-CN", Some(Language::Chinese)),
        ("zh_cn", Some(Language::Chinese)),
        ("ZH-Hant-TW", Some(Language::Chinese)),
        ("en", Some(Language::English)),
        ("en-GB", Some(Language::English)),
        ("en_us", Some(Language::English)),
        ("de", None),
        ("zhx", None),
        ("", None),
        ("-", None),
    ] {
        assert_eq!(Language::from_tag(tag), language, "{tag:?}");
    }
    assert_eq!(Language::ALL.map(Language::name), ["en", "zh"]);
}
