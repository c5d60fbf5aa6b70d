//! Where a follow-up may go. The address comes from the delivery, so it may be anything.

use chat::{FollowUp, Line, Platform, Reach, Reply, Secret, Taken, Tone, Undeliverable};

const NOW: i64 = 1_700_000_000;

fn reply() -> Reply {
    Reply {
        tone: Tone::Success,
        title: "Done".into(),
        lines: vec![Line::Code("x".into())],
        actions: Vec::new(),
        private: true,
    }
}

fn follow_up(platform: Platform, url: &str) -> FollowUp {
    FollowUp { platform, url: url.into(), expires_at: NOW, uses: 1 }
}

fn goes(platform: Platform, url: &str, extra_hosts: &[&str]) -> Result<(), Undeliverable> {
    let extra_hosts: Vec<String> = extra_hosts.iter().map(|host| String::from(*host)).collect();
    follow_up(platform, url)
        .compose(&reply(), &Reach { extra_hosts: &extra_hosts, ..Reach::default() }, NOW)
        .map(|outgoing| assert_eq!(outgoing.url, url))
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn it_goes_to_the_platforms_own_hosts() {
    for url in [
        "https://hooks.slack.com/commands/T0001/1234567890/AbCdEfGhIjKl",
        "https://hooks.slack.com:443/actions/T0001/1/a",
        "https://HOOKS.Slack.com/x",
        "https://hooks.slack.com",
        "https://hooks.slack.com?x=@evil.example",
        "https://hooks.slack.com/@evil.example/",
        "https://hooks.slack-gov.com/commands/T0001/1/a",
    ] {
        assert_eq!(goes(Platform::Slack, url, &[]), Ok(()), "{url}");
        assert_eq!(goes(Platform::Standard, url, &[]), Err(Undeliverable::HostNotAllowed), "{url}");
        assert_eq!(goes(Platform::DingTalk, url, &[]), Err(Undeliverable::HostNotAllowed), "{url}");
    }
    let session = "https://oapi.dingtalk.com/robot/sendBySession?session=0a1b";
    assert_eq!(goes(Platform::DingTalk, session, &[]), Ok(()));
    for url in
        ["http://oapi.dingtalk.com/robot", "https://api.dingtalk.com/robot", "https://oapi.dingtalk.com.evil.example/"]
    {
        assert_eq!(goes(Platform::DingTalk, url, &[]), Err(Undeliverable::HostNotAllowed), "{url}");
    }
}

const HOSTILE: &[&str] = &[
    "",
    "https://",
    "https:///hooks.slack.com/",
    "https:hooks.slack.com/",
    "https:/hooks.slack.com/",
    "//hooks.slack.com/",
    "hooks.slack.com/",
    "HTTPS://hooks.slack.com/",
    "http://hooks.slack.com/",
    "http://hooks.slack.com:443/",
    "ftp://hooks.slack.com/",
    "javascript://hooks.slack.com/%0aalert(1)",
    "https://evil.example/",
    "https://evil.example/hooks.slack.com/",
    "https://evil.example?hooks.slack.com",
    "https://evil.example#hooks.slack.com",
    "https://hooks.slack.com.evil.example/",
    "https://hooks.slack.com.",
    "https://hooks.slack.com./x",
    "https://.hooks.slack.com/",
    "https://xhooks.slack.com/",
    "https://a.hooks.slack.com/",
    "https://slack.com/",
    "https://hooks-slack.com/",
    "https://hooks.slack.com@evil.example/",
    "https://hooks.slack.com:443@evil.example/",
    "https://evil.example@hooks.slack.com/",
    "https://user:password@hooks.slack.com/",
    "https://@hooks.slack.com/",
    "https://hooks.slack.com:/",
    "https://hooks.slack.com:80/",
    "https://hooks.slack.com:8443/",
    "https://hooks.slack.com:0443/",
    "https://hooks.slack.com:65979/",
    "https://hooks.slack.com:+443/",
    "https://hooks.slack.com:443:443/",
    "https://hooks.slack.com\\@evil.example/",
    "https://evil.example\\.hooks.slack.com/",
    "https:\\\\hooks.slack.com/",
    "https://hooks.slack.com/\\evil.example",
    "https://hooks.slack.com\t/",
    "https://hooks.slack.com/a b",
    "https://hooks.slack.com/\r\nhost: evil.example",
    "https://hooks.slack.com/\n",
    " https://hooks.slack.com/",
    "https://hooks.slack.com/\0",
    "https://hooks.slack.com/\u{7f}",
    "https://hooks%2eslack.com/",
    "https://%68ooks.slack.com/",
    "https://hooks.slack.com%00.evil.example/",
    "https://hooks。slack。com/",
    "https://ｈooks.slack.com/",
    "https://hооks.slack.com/",
    "https://hooks.slack.com/é",
    "https://hooks.slack.com\u{ad}/",
    "https://[::1]/",
    "https://127.0.0.1/",
    "http://127.0.0.1/",
    "http://localhost/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:169.254.169.254]/",
    "file:///etc/passwd",
    "data:text/plain,x",
];

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn it_goes_nowhere_else() {
    for url in HOSTILE {
        for platform in Platform::ALL {
            assert_eq!(goes(*platform, url, &[]), Err(Undeliverable::HostNotAllowed), "{url}");
            // What is configured opens what is configured and nothing beside it.
            let extra = ["hooks.example.com", "", ":443", "*", "https://evil.example", "evil.example:x"];
            assert_eq!(goes(*platform, url, &extra), Err(Undeliverable::HostNotAllowed), "{url}");
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn it_goes_to_configured_hosts() {
    let refused = Err(Undeliverable::HostNotAllowed);
    for (extra, url, outcome) in [
        ("ci.example.com", "https://ci.example.com/hook?id=1", Ok(())),
        ("ci.example.com", "https://ci.example.com:443/hook", Ok(())),
        ("CI.example.com", "https://ci.EXAMPLE.com/hook", Ok(())),
        (" ci.example.com ", "https://ci.example.com/", Ok(())),
        ("ci.example.com", "https://ci.example.com:8443/hook", refused.clone()),
        ("ci.example.com", "http://ci.example.com/hook", refused.clone()),
        ("ci.example.com", "https://a.ci.example.com/", refused.clone()),
        ("ci.example.com:8443", "https://ci.example.com:8443/hook", Ok(())),
        ("ci.example.com:8443", "https://ci.example.com/hook", refused.clone()),
        ("ci.example.com:443", "https://ci.example.com/hook", Ok(())),
        ("ci.example.com:8443", "http://ci.example.com:8443/hook", refused.clone()),
        ("ci.example.com:80", "http://ci.example.com/hook", refused.clone()),
        // Loopback, for local work.
        ("127.0.0.1", "http://127.0.0.1:40123/x", Ok(())),
        ("127.0.0.1", "https://127.0.0.1/x", Ok(())),
        ("127.0.0.1:40123", "http://127.0.0.1:40123/x", Ok(())),
        ("127.0.0.1:40123", "http://127.0.0.1:40124/x", refused.clone()),
        ("127.0.0.1:80", "http://127.0.0.1/x", Ok(())),
        ("localhost", "http://localhost:8790/x", Ok(())),
        ("localhost", "http://127.0.0.1:8790/x", refused.clone()),
        ("[::1]", "http://[::1]:8790/x", Ok(())),
        ("[::1]:8790", "http://[::1]:8790/x", Ok(())),
        ("[::1]:8790", "http://[::1]/x", refused.clone()),
        ("[::1]", "http://[0:0:0:0:0:0:0:1]/x", refused.clone()),
        ("[::2]", "https://[::2]/x", refused.clone()),
        ("127.0.0.1", "http://127.1/x", refused.clone()),
        ("127.0.0.1", "http://2130706433/x", refused.clone()),
        ("127.0.0.1", "http://127.0.0.1@evil.example/x", refused.clone()),
        ("127.0.0.1", "http://localhost.evil.example/x", refused.clone()),
        ("10.0.0.1", "http://10.0.0.1/x", refused.clone()),
        ("10.0.0.1", "https://10.0.0.1/x", Ok(())),
    ] {
        assert_eq!(goes(Platform::Standard, url, &[extra]), outcome, "{extra} {url}");
        assert_eq!(goes(Platform::Slack, url, &["other.example", extra]), outcome, "{extra} {url}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn it_ends_with_its_time_and_its_uses() {
    let channel = follow_up(Platform::Slack, "https://hooks.slack.com/commands/x");
    assert!(channel.compose(&reply(), &Reach::default(), NOW).is_ok());
    assert_eq!(channel.compose(&reply(), &Reach::default(), NOW + 1), Err(Undeliverable::Expired));
    let used = FollowUp { uses: 0, ..channel };
    assert_eq!(used.compose(&reply(), &Reach::default(), NOW), Err(Undeliverable::UsedUp));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn it_carries_the_message_the_platform_renders() {
    for (platform, url) in [
        (Platform::Slack, "https://hooks.slack.com/commands/x"),
        (Platform::Standard, "https://ci.example.com/x"),
        (Platform::Mattermost, "https://ci.example.com/x"),
        (Platform::DingTalk, "https://oapi.dingtalk.com/robot/sendBySession?session=x"),
    ] {
        let outgoing = follow_up(platform, url)
            .compose(&reply(), &Reach { extra_hosts: &["ci.example.com".into()], ..Reach::default() }, NOW)
            .unwrap();
        assert_eq!(outgoing.method, "POST");
        assert_eq!(outgoing.headers, [("content-type", "application/json; charset=utf-8".into())]);
        assert_eq!(outgoing.body, chat::render(platform, &reply()).body);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn what_came_of_it_is_in_the_answer() {
    use Taken::{Later, Never, Yes};
    let slack = follow_up(Platform::Slack, "https://hooks.slack.com/commands/x");
    let slack = slack.compose(&reply(), &Reach::default(), NOW).unwrap();
    let by_status =
        [(200, Yes), (204, Yes), (302, Later), (400, Never), (404, Never), (408, Later), (429, Later), (500, Later)];
    for (status, taken) in by_status {
        assert_eq!(slack.taken(status, br#"{"errcode":310000}"#), taken, "{status}");
    }
    let dingtalk = follow_up(Platform::DingTalk, "https://oapi.dingtalk.com/robot/sendBySession?session=x");
    let dingtalk = dingtalk.compose(&reply(), &Reach::default(), NOW).unwrap();
    for (status, answer, taken) in [
        (200, r#"{"errcode":0,"errmsg":"ok"}"#, Yes),
        (200, "", Yes),
        (200, "[]", Yes),
        (200, r#"{"errcode":"0"}"#, Yes),
        (200, r#"{"errcode":-1}"#, Later),
        (200, r#"{"errcode":130101,"errmsg":"send too fast"}"#, Later),
        (200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, Never),
        (400, r#"{"errcode":130101}"#, Later),
        (404, "", Never),
        (502, r#"{"errcode":310000}"#, Later),
        (502, r#"{"errcode":0}"#, Later),
    ] {
        assert_eq!(dingtalk.taken(status, answer.as_bytes()), taken, "{status} {answer}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn on_discord_it_changes_the_first_answer() {
    use Taken::{Later, Never, Yes};
    let url = "https://discord.com/api/v10/webhooks/1/token/messages/@original";
    let outgoing = follow_up(Platform::Discord, url).compose(&reply(), &Reach::default(), NOW).unwrap();
    assert_eq!((outgoing.method, outgoing.url.as_str()), ("PATCH", url));
    let agent = concat!("DiscordBot (opshook, ", env!("CARGO_PKG_VERSION"), ")");
    let headers = [("content-type", "application/json; charset=utf-8".into()), ("user-agent", agent.into())];
    assert_eq!(outgoing.headers, headers);
    let answer = chat::render(Platform::Discord, &Reply { private: false, ..reply() }).body;
    assert_eq!(answer, format!(r#"{{"type":4,"data":{}}}"#, outgoing.body));
    for (status, answer, taken) in [
        (200, r#"{"id":"1","content":"x"}"#, Yes),
        (404, r#"{"message":"Unknown Webhook","code":10015}"#, Later),
        (404, r#"{"message":"Unknown Message","code":10008}"#, Later),
        (401, r#"{"message":"Invalid Webhook Token","code":50027}"#, Never),
        (400, r#"{"message":"Invalid Form Body","code":50035}"#, Never),
        (429, r#"{"message":"You are being rate limited.","retry_after":0.5}"#, Later),
    ] {
        assert_eq!(outgoing.taken(status, answer.as_bytes()), taken, "{status} {answer}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn on_telegram_it_is_a_message_of_the_bots() {
    let channel = follow_up(Platform::Telegram, "https://api.telegram.org/?chat_id=-100123&message_id=42");
    assert_eq!(channel.compose(&reply(), &Reach::default(), NOW), Err(Undeliverable::NoCredential));
    let token = Secret::credential(" 123456:ABC-DEF_ghi\n");
    let reach = Reach { credential: Some(&token), ..Reach::default() };
    let outgoing = channel.compose(&reply(), &reach, NOW).unwrap();
    assert_eq!(outgoing.method, "POST");
    assert_eq!(outgoing.url, "https://api.telegram.org/bot123456:ABC-DEF_ghi/sendMessage");
    assert_eq!(
        outgoing.body,
        r#"{"chat_id":-100123,"reply_parameters":{"message_id":42,"allow_sending_without_reply":true},"text":"<b>✅ Done</b>\n<code>x</code>","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}"#
    );
    assert!(!format!("{outgoing:?} {channel:?} {reach:?}").contains("ABC-DEF"));
    let odd = "https://api.telegram.org/?chat_id=1&message_thread_id=7&message_id=x&text=evil&chat_id=\",&=1";
    let topic = follow_up(Platform::Telegram, odd).compose(&reply(), &reach, NOW).unwrap();
    assert!(topic.body.starts_with(r#"{"chat_id":1,"message_thread_id":7,"text":"<b>"#), "{}", topic.body);
    let local = Reach { endpoint: Some("http://127.0.0.1:9000"), ..reach };
    let moved = channel.compose(&reply(), &local, NOW).unwrap();
    assert_eq!(moved.url, "http://127.0.0.1:9000/bot123456:ABC-DEF_ghi/sendMessage");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn for_local_work_it_goes_elsewhere() {
    let endpoint = Some("http://127.0.0.1:9000/");
    for (platform, url, moved) in [
        (Platform::Discord, "https://discord.com/api/v10/x?y#z", "http://127.0.0.1:9000/api/v10/x?y#z"),
        (Platform::Slack, "https://hooks.slack.com", "http://127.0.0.1:9000"),
        (Platform::Slack, "https://extra.example/x", "https://extra.example/x"),
    ] {
        let reach = Reach { endpoint, extra_hosts: &["extra.example".into()], ..Reach::default() };
        assert_eq!(follow_up(platform, url).compose(&reply(), &reach, NOW).unwrap().url, moved);
    }
    let elsewhere = follow_up(Platform::Slack, "https://evil.example/x");
    let reach = Reach { endpoint, ..Reach::default() };
    assert_eq!(elsewhere.compose(&reply(), &reach, NOW), Err(Undeliverable::HostNotAllowed));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn its_address_is_not_shown() {
    let channel = follow_up(Platform::Slack, "https://hooks.slack.com/commands/T0001/1/AbCdEf");
    assert_eq!(
        format!("{channel:?}"),
        "FollowUp { platform: Slack, url: https://hooks.slack.com/…, expires_at: 1700000000, uses: 1 }"
    );
    let outgoing = channel.compose(&reply(), &Reach::default(), NOW).unwrap();
    assert_eq!(
        format!("{outgoing:?}"),
        format!(
            r#"Outgoing {{ method: "POST", url: https://hooks.slack.com/…, body: {} bytes, .. }}"#,
            outgoing.body.len()
        )
    );
    let odd = follow_up(Platform::Slack, "https://user:password@hooks.slack.com/secret");
    assert_eq!(format!("{odd:?}"), "FollowUp { platform: Slack, url: …, expires_at: 1700000000, uses: 1 }");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn feishu_wants_a_token_first() {
    let secret = Secret::credential(" app-secret\n");
    let reach = Reach { credential: Some(&secret), ..Reach::default() };
    for (platform, host, other) in [
        (Platform::Feishu, "open.feishu.cn", "open.larksuite.com"),
        (Platform::Lark, "open.larksuite.com", "open.feishu.cn"),
    ] {
        let to = |host: &str| follow_up(platform, &format!("https://{host}/open-apis/im/v1/messages/om_1/reply#cli_1"));
        assert_eq!(to(other).compose(&reply(), &reach, NOW), Err(Undeliverable::HostNotAllowed));
        assert_eq!(to(host).compose(&reply(), &Reach::default(), NOW), Err(Undeliverable::NoCredential));

        let outgoing = to(host).compose(&reply(), &reach, NOW).unwrap();
        assert_eq!(outgoing.url, format!("https://{host}/open-apis/im/v1/messages/om_1/reply"));
        let token = outgoing.token.clone().unwrap();
        assert_eq!(token.request.url, format!("https://{host}/open-apis/auth/v3/tenant_access_token/internal"));
        assert_eq!(token.request.body, r#"{"app_id":"cli_1","app_secret":"app-secret"}"#);
        assert!(!format!("{outgoing:?}{token:?}").contains("app-secret"));
        for (answer, header) in [
            (r#"{"code":0,"expire":7200,"msg":"ok","tenant_access_token":"t-1"}"#, Some("Bearer t-1")),
            (r#"{"code":10003,"msg":"invalid param"}"#, None),
            (r#"{"tenant_access_token":7}"#, None),
            (r#"{"tenant_access_token":"t\r\nx: y"}"#, None),
            ("", None),
        ] {
            let expected = header.map(|header| ("authorization", header.into()));
            assert_eq!(token.authorization(answer.as_bytes()), expected, "{answer}");
        }

        let local = Reach { endpoint: Some("http://127.0.0.1:9000"), ..reach };
        let outgoing = to(host).compose(&reply(), &local, NOW).unwrap();
        assert_eq!(outgoing.url, "http://127.0.0.1:9000/open-apis/im/v1/messages/om_1/reply");
        let token = outgoing.token.unwrap().request.url;
        assert_eq!(token, "http://127.0.0.1:9000/open-apis/auth/v3/tenant_access_token/internal");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_same_reply_to_feishu_is_the_same_message() {
    let secret = Secret::credential("s");
    let reach = Reach { credential: Some(&secret), ..Reach::default() };
    let body = |message: &str, reply: &Reply| {
        let to = follow_up(
            Platform::Feishu,
            &format!("https://open.feishu.cn/open-apis/im/v1/messages/{message}/reply#cli_1"),
        );
        let outgoing = to.compose(reply, &reach, NOW).unwrap();
        for (status, answer, taken) in [
            (200, r#"{"code":0}"#, Taken::Yes),
            (400, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#, Taken::Later),
            (400, r#"{"code":230020}"#, Taken::Later),
            (200, r#"{"code":230011,"msg":"the message was withdrawn"}"#, Taken::Never),
            (400, r#"{"code":230011}"#, Taken::Never),
            (500, r#"{"code":1}"#, Taken::Later),
        ] {
            assert_eq!(outgoing.taken(status, answer.as_bytes()), taken, "{status} {answer}");
        }
        serde_json::from_str::<serde_json::Value>(&outgoing.body).unwrap()
    };
    let one = body("om_1", &reply());
    assert_eq!(one["msg_type"], "interactive");
    assert_eq!(one["uuid"].as_str().map(str::len), Some(32));
    assert_eq!(one, body("om_1", &reply()));
    let others = [body("om_2", &reply()), body("om_1", &Reply { title: "Done.".into(), ..reply() })];
    assert!(others.iter().all(|other| other["uuid"] != one["uuid"]));
}
