//! What holds whatever comes in.
#![cfg(not(target_arch = "wasm32"))]

mod received;
mod signed;

use chat::{
    Action, FollowUp, Inbound, Line, Platform, Reach, Received, Refusal, Reply, Request, Secret, Style, Suggestion,
    Tone, render, suggest, words,
};
use proptest::{collection::vec, prelude::*};
use received::receive;
use serde_json::{Value, json};
use signed::{
    DINGTALK_MEMBERS, DISCORD_MEMBERS, FEISHU_EVENTS, FEISHU_KEY, JSON_PIECES, MATTERMOST_PIECES, NOW, SLACK_PIECES,
    SLACK_SECRET, TEAMS_MEMBERS, TELEGRAM_MEMBERS, receive_signed,
};

/// Texts made of what the parsers look at, mixed with anything.
fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

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
