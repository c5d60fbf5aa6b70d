//! What holds whatever comes in.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod received;

use chat::{
    Action, FollowUp, Inbound, Line, Platform, Reach, Received, Refusal, Reply, Request, Secret, Style, Suggestion,
    Tone, render, suggest, words,
};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use proptest::{collection::vec, prelude::*};
use received::receive;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NOW: i64 = 1_700_000_000;
const SLACK_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const FEISHU_KEY: &str = "test key";

/// As Feishu encrypts: behind its initialisation vector.
fn encrypted(text: &[u8]) -> Vec<u8> {
    use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
    let iv = [7; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&Sha256::digest(FEISHU_KEY), &iv.into());
    let mut encrypted = [&iv[..], text, &[0; 16]].concat();
    let length = cipher.encrypt_padded::<Pkcs7>(&mut encrypted[16..], text.len()).unwrap().len();
    encrypted.truncate(16 + length);
    encrypted
}

const STATIC_TOKEN: &str = "xr3j5x3p4pfk7kk6ck7b4e6ghh";
const DINGTALK_SECRET: &str = "this is a secret";
/// The key that Microsoft's page shows.
const TEAMS_SECRET: &str = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=";
const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Signs `body`, so that it reaches the parser, and receives it.
fn receive_signed(platform: Platform, body: &[u8]) -> Result<Received, Refusal> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (secret, headers) = match platform {
        Platform::Slack => {
            let mac = mac(SLACK_SECRET.as_bytes(), &[b"v0:1700000000:", body]);
            let signature = format!("v0={}", hex(&mac));
            let names = [("x-slack-request-timestamp", NOW.to_string()), ("x-slack-signature", signature)];
            (SLACK_SECRET.to_owned(), names.to_vec())
        }
        Platform::DingTalk => {
            let stamp = format!("{NOW}000");
            let sign = mac(DINGTALK_SECRET.as_bytes(), &[stamp.as_bytes(), b"\n", DINGTALK_SECRET.as_bytes()]);
            (DINGTALK_SECRET.to_owned(), [("timestamp", stamp), ("sign", STANDARD.encode(sign))].to_vec())
        }
        Platform::Telegram => {
            let names = [("x-telegram-bot-api-secret-token", STATIC_TOKEN.to_owned())];
            (STATIC_TOKEN.to_owned(), names.to_vec())
        }
        Platform::Mattermost => {
            let names = [("authorization", format!("Token {STATIC_TOKEN}"))];
            (STATIC_TOKEN.to_owned(), names.to_vec())
        }
        Platform::Discord => {
            let key = SigningKey::from_bytes(&[7; 32]);
            let signature = key.sign(&[NOW.to_string().as_bytes(), body].concat());
            let names =
                [("x-signature-timestamp", NOW.to_string()), ("x-signature-ed25519", hex(&signature.to_bytes()))];
            (hex(key.verifying_key().as_bytes()), names.to_vec())
        }
        Platform::Feishu | Platform::Lark => {
            let body = format!(r#"{{"encrypt":"{}"}}"#, STANDARD.encode(encrypted(body))).into_bytes();
            let stamp = NOW.to_string();
            let mut hash = Sha256::new();
            [stamp.as_bytes(), b"n", FEISHU_KEY.as_bytes(), &body].iter().for_each(|part| hash.update(part));
            let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            let headers = |wanted: &str| match wanted {
                "x-lark-request-timestamp" => Some(stamp.clone()),
                "x-lark-request-nonce" => Some("n".into()),
                "x-lark-signature" => Some(hex.clone()),
                _ => None,
            };
            let mut secrets = Secret::parse_list(platform, FEISHU_KEY).unwrap();
            secrets.extend(Secret::parse_tokens("vtoken").unwrap());
            return receive(platform, &Inbound { headers: &headers, body: &body }, &secrets, NOW);
        }
        Platform::Teams => {
            let key = STANDARD.decode(TEAMS_SECRET).unwrap();
            let signature = format!("HMAC {}", STANDARD.encode(mac(&key, &[body])));
            (TEAMS_SECRET.to_owned(), [("authorization", signature)].to_vec())
        }
        _ => {
            let key = STANDARD.decode(&STANDARD_SECRET[6..]).unwrap();
            let signature = format!("v1,{}", STANDARD.encode(mac(&key, &[b"msg_1.1700000000.", body])));
            let names = [
                ("webhook-id", "msg_1".into()),
                ("webhook-timestamp", NOW.to_string()),
                ("webhook-signature", signature),
            ];
            (STANDARD_SECRET.to_owned(), names.to_vec())
        }
    };
    let secrets = Secret::parse_list(platform, &secret).unwrap();
    let lookup = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    receive(platform, &Inbound { headers: &lookup, body }, &secrets, NOW)
}

/// Texts made of what the parsers look at, mixed with anything.
fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const SLACK_PIECES: &[&str] = &[
    "team_id=T1&",
    "user_id=U1&",
    "channel_id=C1&",
    "command=%2Fx&",
    "text=",
    "trigger_id=1.2&",
    "response_url=https%3A&",
    "payload=",
    "ssl_check=1&",
    "token=x&",
    "%",
    "%3C",
    "+",
    "&",
    "=",
    "{",
    "}",
    "[",
    "]",
    "\"type\":",
    "\"block_actions\"",
    "\"url_verification\"",
    "\"challenge\":\"c\"",
    "\"actions\":",
    "\"value\":\"confirm X\"",
    ",",
    "<@U1|a>",
    "<#C1|>",
    "<http://a|a>",
    "<!here>",
    "&amp;",
    "<",
    ">",
    "|",
    "\"user\":{\"id\":\"U1\"}",
    "\"team\":{\"id\":\"T1\"}",
];

const JSON_PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"command\"",
    "\"operation\"",
    "\"parameters\"",
    "\"actor\"",
    "\"place\"",
    "\"response_url\"",
    "\"organisation\"",
    "\"person\"",
    "\"x\"",
    "null",
    "true",
    "1e9",
    "-0.0",
    "\"\\ud800\"",
    "\"\\u0000\"",
    " ",
    "\n",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
];

/// Members that a message may have, so that most of what comes out is JSON.
const DINGTALK_MEMBERS: &[&str] = &[
    r#""msgtype":"text""#,
    r#""msgtype":"richText""#,
    r#""msgtype":"picture""#,
    r#""msgtype":1"#,
    r#""text":{"content":" share m-1"}"#,
    r#""text":{"content":"\u0000\ud83d\ude00"}"#,
    r#""text":null"#,
    r#""content":{"richText":[{"text":"a"},{"text":1},[],{"type":"picture"}]}"#,
    r#""content":{"richText":"a"}"#,
    r#""msgId":"m1==""#,
    r#""msgId":"""#,
    r#""senderStaffId":"s1""#,
    r#""senderStaffId":"a/b*c%""#,
    r#""senderCorpId":"c2""#,
    r#""chatbotCorpId":"c1""#,
    r#""conversationId":"cid/+=""#,
    r#""conversationId":"é""#,
    r#""sessionWebhook":"https://oapi.dingtalk.com/x""#,
    r#""sessionWebhook":7"#,
    r#""sessionWebhookExpiredTime":1e99"#,
    r#""sessionWebhookExpiredTime":-9223372036854775808"#,
    r#""errorCode":"20001""#,
    "\"\"",
    "{",
    "]",
];

const TEAMS_MEMBERS: &[&str] = &[
    r#""type":"message""#,
    r#""type":"messageUpdate""#,
    r#""timestamp":"2023-11-14T22:13:20.1234567Z""#,
    r#""timestamp":"2023-11-14T22:13:20Z""#,
    r#""timestamp":"0000-00-00T00:00:00Z""#,
    r#""timestamp":"9999-12-31T23:59:59.Z""#,
    r#""timestamp":"２023-11-14T22:13:20Z""#,
    r#""text":"<at>ops</at> share m-1""#,
    r#""text":"<at<at></at>&amp;lt;</at>""#,
    r#""text":"<at \ud83d""#,
    r#""id":"1""#,
    r#""from":{"id":"29:1","aadObjectId":null}"#,
    r#""from":{"aadObjectId":"a/b"}"#,
    r#""conversation":{"id":"19:a@thread.tacv2;messageid=1"}"#,
    r#""conversation":[]"#,
    r#""channelData":{"tenant":{"id":"t"},"teamsChannelId":"19:a"}"#,
    r#""channelData":{"tenant":{"id":"t"},"teamsChannelId":";"}"#,
    r#""entities":[{"locale":"zh-CN"},1,{"locale":7}]"#,
    r#""locale":"-""#,
    "{",
];

const FEISHU_EVENTS: &[&str] = &[
    r#""type":"url_verification""#,
    r#""challenge":"c""#,
    r#""token":"vtoken""#,
    r#""token":7"#,
    r#""header":{"token":"vtoken","event_type":"im.message.receive_v1","tenant_key":"t/k","app_id":"cli_1"}"#,
    r#""header":{"token":"vtoken","event_type":"im.message.receive_v1","tenant_key":"","app_id":"c/d"}"#,
    r#""header":{"token":"vtoken","event_type":"card.action.trigger","tenant_key":"tk","app_id":"cli_1","event_id":"e"}"#,
    r#""header":{"token":"vtoken","event_type":"card.action.trigger"}"#,
    r#""header":[]"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"text","content":"{\"text\":\"@_user_1 a@_user_@_all\"}","message_id":"om_1","chat_id":"oc_1"}}"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"post","content":"{\"content\":[[{\"text\":\"a\"},1],2]}","message_id":"om é","chat_id":""}}"#,
    r#""event":{"sender":{"sender_type":"user","sender_id":{"open_id":"ou_1"}},"message":{"message_type":"text","content":"{"}}"#,
    r#""event":{"operator":{"open_id":"ou_1"},"action":{"value":{"command":"confirm X"}},"context":{"open_chat_id":"oc_1","open_message_id":"om_1"}}"#,
    r#""event":{"operator":{"open_id":"ou_1"},"action":{"value":{"command":""}},"context":null}"#,
    r#""event":7"#,
    "{",
];

const DISCORD_MEMBERS: &[&str] = &[
    r#""type":1"#,
    r#""type":2"#,
    r#""type":3"#,
    r#""type":4"#,
    r#""type":5"#,
    r#""type":-9223372036854775808"#,
    r#""type":"2""#,
    r#""id":"1170112233445566778""#,
    r#""id":"é""#,
    r#""application_id":"775799577604522054""#,
    r#""token":"a.b-c_d""#,
    r#""token":"/../?#""#,
    r#""channel_id":"772908445358620702""#,
    r#""guild_id":"772904309264089089""#,
    r#""guild_id":null"#,
    r#""member":{"user":{"id":"53908232506183680"}}"#,
    r#""user":{"id":"1"}"#,
    r#""locale":"zh-CN""#,
    r#""locale":7"#,
    r#""data":{"type":1,"options":[{"type":1,"name":"share","options":[{"name":"image_id","value":"m-1"}]}]}"#,
    r#""data":{"type":1,"options":[{"type":1,"name":"__","options":[{"name":"__é_ß","value":"\"\\","focused":true}]}]}"#,
    r#""data":{"type":1,"options":[{"name":"id","value":1e99},{"value":[]},7]}"#,
    r#""data":{"custom_id":"confirm X"}"#,
    r#""data":{"values":["share m-1",7]}"#,
    r#""data":{"values":{}}"#,
    "{",
];

const TELEGRAM_MEMBERS: &[&str] = &[
    r#""update_id":1"#,
    r#""update_id":1.5"#,
    r#""message":{"message_id":1,"from":{"id":1,"is_bot":false,"language_code":"zh"},"chat":{"id":-1,"type":"group"},"text":"/a@b c"}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"@é bot"}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"@"}"#,
    r#""message":{"message_id":1,"from":{"id":-9223372036854775808},"chat":{"id":1e99,"type":7},"text":null}"#,
    r#""message":{"message_id":1,"from":{"id":1},"chat":{"id":1,"type":"group"},"text":"@éebot x","message_thread_id":9}"#,
    r#""callback_query":{"id":"\"\u0000","from":{"id":1},"data":"confirm X","message":{"message_id":1,"chat":{"id":1}}}"#,
    r#""callback_query":{"id":7,"from":{"id":1},"data":"","message":{"message_id":1,"chat":{"id":1}}}"#,
    r#""callback_query":{}"#,
    r#""edited_message":{}"#,
    "{",
];

const MATTERMOST_PIECES: &[&str] = &[
    "{",
    "}",
    "\"",
    ":",
    ",",
    "\"token\":\"x\"",
    "\"user_id\":\"u\"",
    "\"text\":7",
    "token=x&",
    "user_id=u&",
    "team_id=t&",
    "channel_id=c&",
    "command=%2Fx&",
    "text=a&",
    "trigger_id=1&",
    "post_id=p&",
    "trigger_word=%23&",
    "response_url=h&",
    "=",
    "&",
    "%",
    "%ff",
    "+",
];

/// Objects made of such members.
fn objects(members: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(proptest::sample::select(members), 0..20).prop_map(|members| format!("{{{}}}", members.join(",")))
}

const TYPED_PIECES: &[&str] = &[
    "share", "m-1", "Key", "=", "\"", "'", "“", "”", "‘", "’", "\\", "`", "[", "]", "{", "}", "(", ")", "<", ">", ",",
    ".", " ", "\u{a0}", "\u{3000}", "\u{200b}", "＂", "＝", "［", "ａ", "。", ":", "\n",
];

fn line() -> impl Strategy<Value = Line> {
    let untrusted = || {
        prop_oneof![
            pieces(&[
                "<!channel>",
                "@here",
                "`",
                "```",
                "&",
                "<",
                ">",
                "*",
                "\n",
                "\r",
                "\u{202e}",
                "\u{2028}",
                "&lt;",
                " "
            ]),
            (any::<char>(), 0..4000_usize).prop_map(|(c, count)| c.to_string().repeat(count)),
        ]
    };
    prop_oneof![
        untrusted().prop_map(Line::Text),
        (untrusted(), untrusted()).prop_map(|(name, value)| Line::Field(name, value)),
        untrusted().prop_map(Line::Code),
    ]
}

/// `text` has no character that Slack gives a meaning, but as an entity.
fn is_escaped(text: &str) -> bool {
    let rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    !rest.contains(['&', '<', '>'])
}

fn action() -> impl Strategy<Value = Action> {
    let long = |text: &'static str| (0..120_usize).prop_map(move |count| text.repeat(count));
    (long("é\n"), long("ab"), proptest::sample::select(&Style::ALL)).prop_map(|(label, command, style)| Action {
        label,
        command,
        style,
    })
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What stands before the code span that ends the line; all of it where there is none.
fn outside_code(line: &str) -> String {
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '`' if line[at + 1..].find('`') == Some(line.len() - at - 2) => return line[..at].into(),
            _ => {}
        }
    }
    line.into()
}

const DISCORD_MARKS: &str = "\\`*_~|[]<>#:@";

/// The first of the `marks` that has its meaning.
fn meaning<'a>(text: &'a str, marks: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(at) = rest.find(|c| marks.contains(c)) {
        let (marked, after) = rest[at..].split_at(1);
        let escaped = if marked == "@" { "\u{200b}" } else { marked };
        match after.chars().next() {
            Some(next) if marked == "\\" || escaped == "\u{200b}" && after.starts_with(escaped) => {
                rest = &after[next.len_utf8()..];
            }
            _ => return Some(&rest[at..]),
        }
    }
    None
}

proptest! {
    #[test]
    fn any_signed_bytes_are_received_or_refused_for_their_body(body in vec(any::<u8>(), 0..300)) {
        for platform in Platform::ALL {
            match receive_signed(*platform, &body) {
                Ok(_) | Err(Refusal::MalformedBody(_)) => {}
                Err(Refusal::TokenMismatch) if [Platform::Feishu, Platform::Lark].contains(platform) => {}
                refused => prop_assert!(false, "{:?}", refused),
            }
        }
    }

    #[test]
    fn any_signed_form_or_json_is_received_or_refused_for_its_body(
        form in pieces(SLACK_PIECES),
        json in pieces(JSON_PIECES),
        dingtalk in objects(DINGTALK_MEMBERS),
        teams in objects(TEAMS_MEMBERS),
        feishu in objects(FEISHU_EVENTS),
        discord in objects(DISCORD_MEMBERS),
        telegram in objects(TELEGRAM_MEMBERS),
        mattermost in pieces(MATTERMOST_PIECES),
    ) {
        for (platform, body) in [
            (Platform::Slack, form),
            (Platform::Slack, json.clone()),
            (Platform::Standard, json.clone()),
            (Platform::DingTalk, json.clone()),
            (Platform::DingTalk, dingtalk),
            (Platform::Feishu, json.clone()),
            (Platform::Feishu, feishu),
            (Platform::Teams, json.clone()),
            (Platform::Teams, teams),
            (Platform::Discord, json.clone()),
            (Platform::Discord, discord),
            (Platform::Telegram, json.clone()),
            (Platform::Telegram, telegram),
            (Platform::Mattermost, json),
            (Platform::Mattermost, mattermost),
        ] {
            match receive_signed(platform, body.as_bytes()) {
                Ok(_) | Err(Refusal::MalformedBody(_)) => {}
                // A token in the body that is not ours.
                Err(Refusal::TokenMismatch) if platform == Platform::Feishu => {}
                // There the time is in the body.
                Err(Refusal::Stale { .. } | Refusal::Early { .. }) if platform == Platform::Teams => {}
                refused => prop_assert!(false, "{:?}", refused),
            }
        }
    }

    #[test]
    fn any_unsigned_bytes_with_any_headers_are_refused_or_a_handshake(
        body in pieces(SLACK_PIECES),
        value in pieces(&["v0=", "v1,", "1700000000", "AAAA", "0", "=", " ", "."]),
    ) {
        for platform in Platform::ALL {
            let secrets = Secret::parse_list(Platform::Slack, SLACK_SECRET).unwrap();
            let received =
                receive(*platform, &Inbound { headers: &|_| Some(value.clone()), body: body.as_bytes() }, &secrets, NOW);
            match received {
                Ok(Received::Handshake(answer)) => prop_assert_eq!(answer.body, ""),
                Ok(received) => prop_assert!(false, "{:?}", received),
                Err(refusal) => prop_assert!(!matches!(refusal, Refusal::MalformedBody(_)), "{:?}", refusal),
            }
        }
    }

    #[test]
    fn any_secret_is_read_or_named(value in any::<String>()) {
        for platform in Platform::ALL {
            if let Err(malformed) = Secret::parse_list(*platform, &value) {
                prop_assert!((1..=value.split(',').count()).contains(&malformed.position));
            }
        }
    }

    #[test]
    fn a_slash_command_comes_through(text in "[^<>&\\p{White_Space}]{1,20}( [^<>&\\p{White_Space}]{1,20}){0,3}") {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("team_id", "T1"), ("user_id", "U1"), ("channel_id", "C1"), ("command", "/x"), ("text", &text)])
            .finish();
        let Ok(Received::Command(command)) = receive_signed(Platform::Slack, body.as_bytes()) else {
            return Err(TestCaseError::fail(body));
        };
        prop_assert_eq!(command.request, Request::Text(text));
    }

    #[test]
    fn a_call_comes_through(operation in any::<String>(), values in vec(any::<String>(), 0..5)) {
        let parameters: Vec<(String, String)> =
            values.into_iter().enumerate().map(|(at, value)| (format!("P.{at}"), value)).collect();
        let object: serde_json::Map<String, Value> =
            parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let body = json!({ "operation": operation, "parameters": object }).to_string();
        let Ok(Received::Command(command)) = receive_signed(Platform::Standard, body.as_bytes()) else {
            return Err(TestCaseError::fail(body));
        };
        prop_assert_eq!(command.request, Request::Call { operation, parameters });
    }

    #[test]
    fn a_discord_option_comes_through(value in any::<String>()) {
        let body = json!({
            "type": 2, "id": "1", "application_id": "2", "channel_id": "3", "user": { "id": "4" },
            "data": { "type": 1, "options": [{
                "type": 1, "name": "share", "options": [{ "type": 3, "name": "image_id", "value": value }],
            }] },
        });
        let Ok(Received::Command(command)) = receive_signed(Platform::Discord, body.to_string().as_bytes()) else {
            return Err(TestCaseError::fail(body.to_string()));
        };
        let Request::Text(text) = command.request else { return Err(TestCaseError::fail("no text")) };
        prop_assert_eq!(words(&text), vec!["share".to_owned(), format!("ImageId={value}")]);
    }

    #[test]
    fn plain_words_are_split_at_spaces(text in "[a-z0-9-]{0,8}( {1,2}[A-Za-z]{1,5}=[a-z0-9,.:;!?-]{0,8}| [a-z0-9-]{1,8}){0,6}") {
        prop_assert_eq!(words(&text), text.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_quoted_value_comes_through(value in any::<String>()) {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(words(&format!("X Name=\"{quoted}\" Y=1")), vec!["X".to_owned(), format!("Name={value}"), "Y=1".into()]);
    }

    #[test]
    fn a_json_value_comes_through(values in vec(any::<String>(), 0..4)) {
        let json = json!(values).to_string();
        prop_assert_eq!(words(&format!("X Ids={json} Y=1")), vec!["X".to_owned(), format!("Ids={json}"), "Y=1".into()]);
    }

    #[test]
    fn any_text_has_words_without_controls(text in pieces(TYPED_PIECES)) {
        let words = words(&text);
        // Outside quotations white space separates: with as many words as there are pieces between it, or fewer.
        prop_assert!(words.len() <= text.split_whitespace().count());
    }

    #[test]
    fn a_slack_message_keeps_its_limits_and_its_form(
        title in pieces(&["<!everyone>", "@channel", "&", "`", "\n"]),
        lines in vec(line(), 0..60),
        private in any::<bool>(),
    ) {
        let reply = Reply { tone: Tone::Failure, title, lines, actions: Vec::new(), private };
        let body = render(Platform::Slack, &reply).body;
        let message: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&message["response_type"], if private { "ephemeral" } else { "in_channel" });
        let fallback = message["text"].as_str().unwrap();
        prop_assert!(is_escaped(fallback));
        prop_assert!(!fallback.contains("@here") && !fallback.contains("@channel") && !fallback.contains("@everyone"));
        let blocks = message["blocks"].as_array().unwrap();
        prop_assert!((1..=50).contains(&blocks.len()));
        for block in blocks {
            prop_assert_eq!(&block["type"], "section");
            let text = block["text"]["text"].as_str().unwrap();
            prop_assert!((1..=3000).contains(&text.encode_utf16().count()));
            prop_assert!(is_escaped(text));
            let stray = text.chars().find(|c| *c != '\n' && c.is_control() || ('\u{202a}'..='\u{202e}').contains(c));
            prop_assert_eq!(stray, None);
            match block["text"]["type"].as_str() {
                Some("plain_text") => prop_assert_eq!(&block["text"]["emoji"], false),
                Some("mrkdwn") => {
                    prop_assert_eq!(&block["text"]["verbatim"], true);
                    // Each line opens its code and closes it.
                    for line in text.lines() {
                        prop_assert!(matches!(line.matches('`').count(), 0 | 2), "{}", line);
                    }
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn a_dingtalk_message_keeps_its_limit_and_its_form(
        title in pieces(&["<font>", "[a](http://b)", "&", "`", "\n", "#", "*"]),
        lines in vec(line(), 0..60),
    ) {
        let reply = Reply { tone: Tone::Failure, title, lines, actions: Vec::new(), private: false };
        let body = render(Platform::DingTalk, &reply).body;
        prop_assert!(body.len() <= 15_000, "{} bytes", body.len());
        let message: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&message["msgtype"], "markdown");
        prop_assert!(message["markdown"]["title"].as_str().unwrap().starts_with("❌ "));
        let text = message["markdown"]["text"].as_str().unwrap();
        for paragraph in text.split("\n\n") {
            // What is ours in front; nothing of the reply has a meaning after it.
            let ours = paragraph.strip_prefix("#### ").or_else(|| paragraph.strip_prefix("> "));
            let theirs = match ours {
                Some(rest) => rest.into(),
                None => paragraph.replacen("**", "", 2),
            };
            let meaning = ['\\', '`', '*', '_', '[', ']', '<', '>', '#', '~', '|', '&', '\n'];
            prop_assert!(!theirs.contains(meaning), "{}", paragraph);
        }
    }

    #[test]
    fn any_encrypted_bytes_decrypt_or_are_refused(bytes in vec(any::<u8>(), 0..100)) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let body = format!(r#"{{"encrypt":"{}"}}"#, STANDARD.encode(&bytes));
        let secrets = Secret::parse_list(Platform::Feishu, FEISHU_KEY).unwrap();
        let received = receive(Platform::Feishu, &Inbound { headers: &|_| None, body: body.as_bytes() }, &secrets, NOW);
        prop_assert_eq!(received, Err(Refusal::MissingHeader("x-lark-signature")));
    }

    #[test]
    fn a_feishu_card_keeps_its_limit_and_its_form(
        title in pieces(&["<at id=all></at>", "[a](http://b)", "\"", "\\", "\n", "*"]),
        lines in vec(line(), 0..100),
        label in pieces(&["\"", "\n", "x", "<a>"]),
        private in any::<bool>(),
    ) {
        let style = Style::Danger;
        let actions = vec![Action { label, command: "confirm \"X\"".into(), style }; 30];
        let reply = Reply { tone: Tone::Failure, title, lines, actions, private };
        let answer: Value = serde_json::from_str(&render(Platform::Feishu, &reply).body).unwrap();
        prop_assert!(answer["toast"]["content"].as_str().unwrap().chars().count() <= 100);
        prop_assert_eq!(answer["card"].is_null(), private);
        let secret = Secret::credential("s");
        let url = "https://open.feishu.cn/open-apis/im/v1/messages/om_1/reply#cli_1".into();
        let channel = FollowUp { platform: Platform::Feishu, url, expires_at: NOW, uses: 1 };
        let reach = Reach { credential: Some(&secret), ..Reach::default() };
        let body = channel.compose(&reply, &reach, NOW).unwrap().body;
        prop_assert!(body.len() <= 30_000 + 20 * 300, "{} bytes", body.len());
        let message: Value = serde_json::from_str(&body).unwrap();
        let card: Value = serde_json::from_str(message["content"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&card["header"]["title"]["tag"], "plain_text");
        for element in card["body"]["elements"].as_array().unwrap() {
            prop_assert!(["div", "button"].contains(&element["tag"].as_str().unwrap()));
            prop_assert_eq!(&element["text"]["tag"], "plain_text");
        }
    }

    #[test]
    fn a_teams_message_keeps_its_limit_and_its_form(
        title in pieces(&["<at>x</at>", "[a](http://b)", "\"", "\\", "\n", "*"]),
        lines in vec(line(), 0..200),
    ) {
        let reply = Reply { tone: Tone::Failure, title, lines, actions: Vec::new(), private: false };
        let body = render(Platform::Teams, &reply).body;
        prop_assert!(body.len() <= 28_000, "{} bytes", body.len());
        let message: Value = serde_json::from_str(&body).unwrap();
        // Where there is a text, Teams reads Markdown in it.
        prop_assert_eq!((&message["type"], &message["text"]), (&json!("message"), &Value::Null));
        let card = &message["attachments"][0]["content"];
        for block in card["body"].as_array().unwrap() {
            prop_assert_eq!(&block["type"], "RichTextBlock");
            for run in block["inlines"].as_array().unwrap() {
                prop_assert_eq!(&run["type"], "TextRun");
                prop_assert!(!run["text"].as_str().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn a_discord_message_keeps_its_limits_and_its_form(
        title in pieces(&["@everyone", "[a](https://b)", "*", "`", "\n", "<@1>", "😀"]),
        lines in vec(line(), 0..60),
        actions in vec(action(), 0..30),
        private in any::<bool>(),
    ) {
        let body = render(Platform::Discord, &Reply { tone: Tone::Failure, title, lines, actions, private }).body;
        let answer: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&answer["type"], 4);
        let message = &answer["data"];
        prop_assert_eq!(message["flags"].as_u64(), private.then_some(64));
        prop_assert_eq!(&message["allowed_mentions"], &json!({ "parse": [] }));
        let content = message["content"].as_str().unwrap();
        prop_assert!((1..=2000).contains(&utf16(content)));
        prop_assert_eq!(meaning(content, DISCORD_MARKS), None);
        let embeds = message["embeds"].as_array().unwrap();
        prop_assert!(embeds.len() <= 1);
        for embed in embeds {
            let text = embed["description"].as_str().unwrap();
            prop_assert!((1..=4096).contains(&utf16(text)));
            for line in text.lines() {
                let outside = outside_code(line);
                // A field's colon, unless a backslash takes it literally.
                let escaped = |text: &&str| (text.len() - text.trim_end_matches('\\').len()) % 2 == 1;
                let name = outside.strip_suffix(": ").filter(|name| !escaped(name)).unwrap_or(&outside);
                prop_assert_eq!(meaning(name, DISCORD_MARKS), None, "{}", line);
            }
        }
        let rows = message["components"].as_array().unwrap();
        prop_assert!(rows.len() <= 1);
        for part in rows.iter().flat_map(|row| row["components"].as_array().unwrap()) {
            let options = part["options"].as_array();
            prop_assert!(options.is_none_or(|options| (6..=25).contains(&options.len())));
            for (label, command, limit) in match options {
                Some(options) => options.iter().map(|o| (&o["label"], &o["value"], 100)).collect::<Vec<_>>(),
                None => vec![(&part["label"], &part["custom_id"], 80)],
            } {
                prop_assert!(utf16(label.as_str().unwrap()) <= limit);
                prop_assert!((1..=100).contains(&utf16(command.as_str().unwrap())));
            }
        }
        prop_assert!(rows.iter().all(|row| (1..=5).contains(&row["components"].as_array().unwrap().len())));
    }

    #[test]
    fn a_mattermost_message_keeps_its_limit_and_its_form(
        title in pieces(&["@all", "[a](https://b)", "*", "`", "\n", "![i](x)", "😀"]),
        lines in vec(line(), 0..60),
        private in any::<bool>(),
    ) {
        let reply = Reply { tone: Tone::Failure, title, lines, actions: Vec::new(), private };
        let message: Value = serde_json::from_str(&render(Platform::Mattermost, &reply).body).unwrap();
        prop_assert_eq!(&message["response_type"], if private { "ephemeral" } else { "in_channel" });
        let text = message["text"].as_str().unwrap();
        prop_assert!((1..=16_383).contains(&utf16(text)));
        for line in text.lines() {
            let outside = outside_code(line);
            prop_assert_eq!(meaning(&outside, "\\`*_[]#|~>@"), None, "{}", line);
        }
    }

    #[test]
    fn a_telegram_message_keeps_its_limits_and_its_form(
        title in pieces(&["@ann", "/stop", "<b>", "&lt;", "\n", "😀"]),
        lines in vec(line(), 0..60),
        actions in vec(action(), 0..30),
    ) {
        let url = "https://api.telegram.org/?chat_id=1&message_id=2".into();
        let channel = FollowUp { platform: Platform::Telegram, url, expires_at: NOW, uses: 1 };
        let token = Secret::credential("1:x");
        let reach = Reach { credential: Some(&token), ..Reach::default() };
        let reply = Reply { tone: Tone::Failure, title, lines, actions, private: false };
        let body = channel.compose(&reply, &reach, NOW).unwrap().body;
        let message: Value = serde_json::from_str(&body).unwrap();
        let text = message["text"].as_str().unwrap();
        for line in text.lines() {
            for (open, close) in [("<b>", "</b>"), ("<code>", "</code>")] {
                prop_assert_eq!(line.matches(open).count(), line.matches(close).count());
            }
        }
        let mut plain = text.to_owned();
        for tag in ["<b>", "</b>", "<code>", "</code>"] {
            plain = plain.replace(tag, "");
        }
        prop_assert!(is_escaped(&plain));
        prop_assert!((1..=4096).contains(&utf16(&plain.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))));
        for button in message["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten() {
            prop_assert!((1..=64).contains(&button[0]["callback_data"].as_str().unwrap().len()));
        }
    }

    #[test]
    fn suggestions_keep_their_limits(labels in vec(pieces(&["x", "\n", "é😀", "                    "]), 0..40)) {
        let suggestions: Vec<_> =
            labels.iter().map(|label| Suggestion { label: format!("l{label}"), value: label.clone() }).collect();
        let answer: Value = serde_json::from_str(&suggest(Platform::Discord, &suggestions).body).unwrap();
        let choices = answer["data"]["choices"].as_array().unwrap();
        let fitting = labels.iter().filter(|label| (1..=100).contains(&utf16(label)));
        prop_assert_eq!(choices.len(), fitting.count().min(25));
        for choice in choices {
            prop_assert!((1..=100).contains(&utf16(choice["name"].as_str().unwrap())));
        }
    }

    #[test]
    fn a_standard_message_says_what_the_reply_says(title in any::<String>(), lines in vec(line(), 0..10)) {
        let body = render(Platform::Standard, &Reply { tone: Tone::Waiting, title: title.clone(), lines: lines.clone(), actions: Vec::new(), private: false }).body;
        let said: Vec<Value> = lines
            .iter()
            .map(|line| match line {
                Line::Text(text) => json!({ "type": "text", "text": text }),
                Line::Field(name, value) => json!({ "type": "field", "name": name, "value": value }),
                Line::Code(text) => json!({ "type": "code", "text": text }),
            })
            .collect();
        let message: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(message, json!({ "status": "waiting", "title": title, "lines": said }));
    }

    /// Whatever address is let through, the WHATWG's reader of URLs finds the allowed host in it as well.
    #[test]
    fn an_address_let_through_has_one_reading(
        url in pieces(&[
            "https://", "http://", "hooks.slack.com", "evil.example", "@", ":", "443", "/", "\\", "?", "#", ".", "%2e", "\t",
            "HOOKS", "127.0.0.1", "[::1]", "localhost", "\u{ad}", "。",
        ]),
        prefixed in any::<bool>(),
    ) {
        let url = if prefixed { format!("https://hooks.slack.com{url}") } else { url };
        let channel = FollowUp { platform: Platform::Slack, url: url.clone(), expires_at: NOW, uses: 1 };
        let reply = Reply { tone: Tone::Success, title: String::new(), lines: Vec::new(), actions: Vec::new(), private: false };
        if channel.compose(&reply, &Reach { extra_hosts: &["127.0.0.1:443".into()], ..Reach::default() }, NOW).is_ok() {
            let read = url::Url::parse(&url).unwrap();
            prop_assert_eq!((read.username(), read.password(), read.port_or_known_default()), ("", None, Some(443)));
            match read.host_str() {
                Some("hooks.slack.com") => prop_assert_eq!(read.scheme(), "https"),
                Some("127.0.0.1") => {}
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
