//! What people see, as snapshots (`UPDATE_EXPECT=1` accepts a change), and the limits that keep it visible.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use chat::{
    Action, FollowUp, Line, Platform, Reach, Rendered, Reply, Secret, Style, Suggestion, Tone, render, suggest,
};
use expect_test::{Expect, expect};
use serde_json::Value;

fn reply(tone: Tone, title: &str, lines: &[Line]) -> Reply {
    Reply { tone, title: title.into(), lines: lines.into(), actions: Vec::new(), private: false }
}

fn text(text: &str) -> Line {
    Line::Text(text.into())
}

fn field(name: &str, value: &str) -> Line {
    Line::Field(name.into(), value.into())
}

fn code(text: &str) -> Line {
    Line::Code(text.into())
}

fn check(platform: Platform, reply: &Reply, expected: &Expect) {
    let Rendered { status, content_type, body } = render(platform, reply);
    assert_eq!((status, content_type), (200, "application/json; charset=utf-8"));
    serde_json::from_str::<Value>(&body).unwrap();
    // A line each for what is a unit to the reader, and what can't be seen made visible.
    let body = body.replace('\u{200b}', "<zero-width space>");
    expected.assert_eq(&body.replace(r#","blocks""#, "\n\"blocks\"").replace("},{", "},\n{"));
}

fn blocks(reply: &Reply) -> Vec<(String, String)> {
    let message: Value = serde_json::from_str(&render(Platform::Slack, reply).body).unwrap();
    let of = |block: &Value, name: &str| block["text"][name].as_str().unwrap().to_owned();
    message["blocks"].as_array().unwrap().iter().map(|block| (of(block, "type"), of(block, "text"))).collect()
}

fn shared() -> Reply {
    reply(
        Tone::Success,
        "Shared m-bp1a2b3c with ECS in cn-hangzhou",
        &[
            text("It can now be used to create ECS instances."),
            field("RequestId", "20758A-585D-4A41"),
            field("ClientToken", "123e4567"),
            text("To undo:"),
            code("unshare m-bp1a2b3c cn-hangzhou"),
        ],
    )
}

#[test]
fn slack_success() {
    check(
        Platform::Slack,
        &shared(),
        &expect![[r#"
        {"response_type":"in_channel","text":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou\nIt can now be used to create ECS instances.\nRequestId: 20758A-585D-4A41\nClientToken: 123e4567\nTo undo:\nunshare m-bp1a2b3c cn-hangzhou","mrkdwn":false
        "blocks":[{"type":"section","text":{"type":"plain_text","text":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou\nIt can now be used to create ECS instances.","emoji":false}},
        {"type":"section","text":{"type":"mrkdwn","text":"RequestId: `20758A-585D-4A41`\nClientToken: `123e4567`","verbatim":true}},
        {"type":"section","text":{"type":"plain_text","text":"To undo:","emoji":false}},
        {"type":"section","text":{"type":"mrkdwn","text":"`unshare m-bp1a2b3c cn-hangzhou`","verbatim":true}}]}"#]],
    );
}

#[test]
fn slack_private_refusal() {
    let refusal = Reply { private: true, ..reply(Tone::Refusal, "You may not do that here", &[]) };
    check(
        Platform::Slack,
        &refusal,
        &expect![[r#"
        {"response_type":"ephemeral","text":"🚫 You may not do that here","mrkdwn":false
        "blocks":[{"type":"section","text":{"type":"plain_text","text":"🚫 You may not do that here","emoji":false}}]}"#]],
    );
}

#[test]
fn slack_untrusted_text() {
    let nasty = "<!channel> @here <https://evil.example|safe> *b* `c` & \u{202e}x\nnext";
    check(
        Platform::Slack,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[r#"
            {"response_type":"in_channel","text":"❌ &lt;!channel&gt; @<zero-width space>here &lt;https://evil.example|safe&gt; *b* `c` &amp; x next\n&lt;!channel&gt; @<zero-width space>here &lt;https://evil.example|safe&gt; *b* `c` &amp; x\nnext\n&lt;!channel&gt; @<zero-width space>here &lt;https://evil.example|safe&gt; *b* `c` &amp; x next: &lt;!channel&gt; @<zero-width space>here &lt;https://evil.example|safe&gt; *b* `c` &amp; x next\n&lt;!channel&gt; @<zero-width space>here &lt;https://evil.example|safe&gt; *b* `c` &amp; x\nnext\n \nEmpty: ","mrkdwn":false
            "blocks":[{"type":"section","text":{"type":"plain_text","text":"❌ &lt;!channel&gt; @here &lt;https://evil.example|safe&gt; *b* `c` &amp; x next\n&lt;!channel&gt; @here &lt;https://evil.example|safe&gt; *b* `c` &amp; x\nnext","emoji":false}},
            {"type":"section","text":{"type":"mrkdwn","text":"&lt;!channel&gt; @here &lt;https://evil.example|safe&gt; *b* 'c' &amp; x next: `&lt;!channel&gt; @here &lt;https://evil.example|safe&gt; *b* 'c' &amp; x next`\n`&lt;!channel&gt; @here &lt;https://evil.example|safe&gt; *b* 'c' &amp; x next`\n–\nEmpty: –","verbatim":true}}]}"#]],
    );
}

#[test]
fn dingtalk_success() {
    check(
        Platform::DingTalk,
        &shared(),
        &expect![[
            r#####"{"msgtype":"markdown","markdown":{"title":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou","text":"#### ✅ Shared m-bp1a2b3c with ECS in cn-hangzhou\n\nIt can now be used to create ECS instances.\n\n**RequestId**: 20758A-585D-4A41\n\n**ClientToken**: 123e4567\n\nTo undo:\n\n> unshare m-bp1a2b3c cn-hangzhou"}}"#####
        ]],
    );
}

#[test]
fn dingtalk_untrusted_text() {
    let nasty = "@all [safe](https://evil.example/a_b) ![](http://x) <font color=red>*b*</font> `c` # & \\ ~~d~~ \u{202e}x\n> next";
    check(
        Platform::DingTalk,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[
            r#####"{"msgtype":"markdown","markdown":{"title":"❌ @all [safe](https://evil.example/a_b) ![](http://x) <font color=red>*b*</font> `c` # & \\ ~~d~~ x > next","text":"#### ❌ @all ［safe］(https://evil.example/a＿b) !［］(http://x) ＜font color=red＞＊b＊＜/font＞ ｀c｀ ＃ ＆ ＼ ～～d～～ x ＞ next\n\n@all ［safe］(https://evil.example/a＿b) !［］(http://x) ＜font color=red＞＊b＊＜/font＞ ｀c｀ ＃ ＆ ＼ ～～d～～ x\n\n＞ next\n\n**@all ［safe］(https://evil.example/a＿b) !［］(http://x) ＜font color=red＞＊b＊＜/font＞ ｀c｀ ＃ ＆ ＼ ～～d～～ x ＞ next**: @all ［safe］(https://evil.example/a＿b) !［］(http://x) ＜font color=red＞＊b＊＜/font＞ ｀c｀ ＃ ＆ ＼ ～～d～～ x ＞ next\n\n> @all ［safe］(https://evil.example/a＿b) !［］(http://x) ＜font color=red＞＊b＊＜/font＞ ｀c｀ ＃ ＆ ＼ ～～d～～ x ＞ next\n\n**Empty**: –"}}"#####
        ]],
    );
}

#[test]
fn what_dingtalk_shows_can_be_typed_again() {
    let command = "ModifyImage Name=a_b*c<d>|&~#e ImageId=m_1";
    let body = render(Platform::DingTalk, &reply(Tone::Information, "t", &[code(command)])).body;
    let message: Value = serde_json::from_str(&body).unwrap();
    let shown = message["markdown"]["text"].as_str().unwrap().rsplit_once("> ").unwrap().1.to_owned();
    assert_ne!(shown, command);
    assert_eq!(chat::words(&shown), chat::words(command));
}

#[test]
fn what_is_too_long_for_dingtalk_ends_in_a_mark() {
    let text_of = |lines: &[Line]| {
        let body = render(Platform::DingTalk, &reply(Tone::Information, "t", lines)).body;
        assert!(body.len() <= 15_000, "{}", body.len());
        let message: Value = serde_json::from_str(&body).unwrap();
        message["markdown"]["text"].as_str().unwrap().to_owned()
    };
    // 13,000, less 8 of the title and 16 around each.
    let (heading, whole) = ("#### ℹ️ t\n\n", 13_000 - 8 - 16);
    assert_eq!(text_of(&[text(&"x".repeat(whole))]), format!("{heading}{}", "x".repeat(whole)));
    assert_eq!(text_of(&[text(&"x".repeat(whole + 1))]), format!("{heading}{}…", "x".repeat(whole - 1)));
    // What becomes full-width counts as that.
    assert_eq!(text_of(&[text(&"*".repeat(whole))]), format!("{heading}{}…", "＊".repeat((whole - 1) / 3)));
    let many: Vec<Line> = (0..1000).map(|_| code("x")).collect();
    let shown = text_of(&many);
    assert!(shown.ends_with("> x\n\n…"), "{shown}");
}

#[test]
fn feishu_answers_a_click() {
    check(
        Platform::Feishu,
        &shared(),
        &expect![[
            r#"{"toast":{"type":"success","content":"Shared m-bp1a2b3c with ECS in cn-hangzhou"},"card":{"type":"raw","data":{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou"},"template":"green"},"body":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"It can now be used to create ECS instances.\nRequestId: 20758A-585D-4A41\nClientToken: 123e4567\nTo undo:\nunshare m-bp1a2b3c cn-hangzhou"}}]}}}}"#
        ]],
    );
    // What is for one person alone leaves the card to the others.
    let refusal = Reply { private: true, ..reply(Tone::Refusal, "This code confirms nothing here", &[text("x")]) };
    check(
        Platform::Feishu,
        &refusal,
        &expect![[r#"{"toast":{"type":"error","content":"This code confirms nothing here"}}"#]],
    );
}

#[test]
fn feishu_buttons() {
    let actions = [("Confirm", Style::Danger), ("Yes", Style::Primary), ("Cancel", Style::Plain)];
    let actions =
        actions.map(|(label, style)| Action { label: label.into(), command: format!("{label} \"X\""), style });
    check(
        Platform::Lark,
        &Reply { actions: actions.into(), ..reply(Tone::Waiting, "Please confirm", &[]) },
        &expect![[r#"
            {"toast":{"type":"info","content":"Please confirm"},"card":{"type":"raw","data":{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"⏳ Please confirm"},"template":"blue"},"body":{"elements":[{"tag":"button","type":"danger","text":{"tag":"plain_text","content":"Confirm"},"behaviors":[{"type":"callback","value":{"command":"Confirm \"X\""}}]},
            {"tag":"button","type":"primary","text":{"tag":"plain_text","content":"Yes"},"behaviors":[{"type":"callback","value":{"command":"Yes \"X\""}}]},
            {"tag":"button","type":"default","text":{"tag":"plain_text","content":"Cancel"},"behaviors":[{"type":"callback","value":{"command":"Cancel \"X\""}}]}]}}}}"#]],
    );
}

/// Nothing has a meaning in plain text, so nothing is changed.
#[test]
fn feishu_untrusted_text() {
    let nasty = "<at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ \u{202e}x\nnext";
    check(
        Platform::Feishu,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[
            r#"{"toast":{"type":"error","content":"<at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x next"},"card":{"type":"raw","data":{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"❌ <at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x next"},"template":"red"},"body":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":"<at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x\nnext\n<at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x next: <at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x next\n<at id=all></at> [safe](https://evil.example) **b** `c` \"d\" \\ x next\nEmpty: –"}}]}}}}"#
        ]],
    );
}

#[test]
fn teams_success() {
    check(
        Platform::Teams,
        &shared(),
        &expect![[r#"
            {"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou","weight":"bolder"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"It can now be used to create ECS instances."}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"RequestId: "},
            {"type":"TextRun","text":"20758A-585D-4A41","fontType":"monospace"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"ClientToken: "},
            {"type":"TextRun","text":"123e4567","fontType":"monospace"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"To undo:"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"unshare m-bp1a2b3c cn-hangzhou","fontType":"monospace"}]}]}}]}"#]],
    );
}

/// In a run of text nothing has a meaning, so nothing is changed.
#[test]
fn teams_untrusted_text() {
    let nasty = "<at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ \u{202e}x\nnext";
    check(
        Platform::Teams,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[r#"
            {"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"❌ <at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ x next","weight":"bolder"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"<at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ x\nnext"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"<at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ x next: "},
            {"type":"TextRun","text":"<at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ x next","fontType":"monospace"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"<at>all</at> [safe](https://evil.example) **b** `c` \"d\" \\ x next","fontType":"monospace"}]},
            {"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Empty: "},
            {"type":"TextRun","text":"–","fontType":"monospace"}]}]}}]}"#]],
    );
}

#[test]
fn standard_success() {
    check(
        Platform::Standard,
        &shared(),
        &expect![[r#"
        {"status":"success","title":"Shared m-bp1a2b3c with ECS in cn-hangzhou","lines":[{"type":"text","text":"It can now be used to create ECS instances."},
        {"type":"field","name":"RequestId","value":"20758A-585D-4A41"},
        {"type":"field","name":"ClientToken","value":"123e4567"},
        {"type":"text","text":"To undo:"},
        {"type":"code","text":"unshare m-bp1a2b3c cn-hangzhou"}]}"#]],
    );
}

#[test]
fn standard_refusal_is_an_answer_too() {
    check(
        Platform::Standard,
        &reply(Tone::Refusal, "Not allowed for standard:default/webhook", &[]),
        &expect![[r#"{"status":"refusal","title":"Not allowed for standard:default/webhook","lines":[]}"#]],
    );
}

#[test]
fn every_tone_has_its_mark() {
    let marks: Vec<String> = [Tone::Success, Tone::Failure, Tone::Waiting, Tone::Refusal, Tone::Information]
        .map(|tone| blocks(&reply(tone, "t", &[])).remove(0).1)
        .into();
    assert_eq!(marks, ["✅ t", "❌ t", "⏳ t", "🚫 t", "ℹ️ t"]);
}

#[test]
fn lines_of_a_kind_share_a_block_as_long_as_they_fit() {
    let kinds = |lines: &[Line]| {
        blocks(&reply(Tone::Information, "t", lines))
            .into_iter()
            .map(|(kind, text)| (kind, text.len()))
            .collect::<Vec<_>>()
    };
    let half = "x".repeat(1498);
    let plain = |length| ("plain_text".to_owned(), length);
    let mrkdwn = |length| ("mrkdwn".to_owned(), length);
    let title = "ℹ️ t".len();
    // Title and text are of a kind: 4 characters, a line feed, 1498, a line feed, 1496.
    assert_eq!(kinds(&[text(&half), text(&half[..1496])]), [plain(title + 1 + 1498 + 1 + 1496)]);
    assert_eq!(kinds(&[text(&half), text(&half)]), [plain(title + 1 + 1498), plain(1498)]);
    assert_eq!(kinds(&[code(&half), code(&half), code("x")]), [plain(title), mrkdwn(1500), mrkdwn(1500 + 1 + 3)]);
    assert_eq!(kinds(&[code("x"), text(""), code("x")]), [plain(title), mrkdwn(3), mrkdwn(3)]);
}

#[test]
fn what_is_too_long_ends_in_a_mark() {
    let whole = |line: &str| format!("ℹ️ {line}");
    let title = |line: &str| blocks(&reply(Tone::Information, line, &[])).remove(0).1;
    // The mark is two UTF-16 units and the space one.
    assert_eq!(title(&"x".repeat(2997)), whole(&"x".repeat(2997)));
    assert_eq!(title(&"x".repeat(2998)), whole(&format!("{}…", "x".repeat(2996))));
    // An escaped character counts as it is sent and is not cut apart.
    assert_eq!(title(&"&".repeat(600)), whole(&format!("{}…", "&amp;".repeat(599))));
    // A character beyond the basic plane counts twice.
    assert_eq!(title(&"🦀".repeat(1499)), whole(&format!("{}…", "🦀".repeat(1498))));

    let value = blocks(&reply(Tone::Information, "t", &[field(&"n".repeat(201), &"v".repeat(2797))])).remove(1).1;
    assert_eq!(value, format!("{}…: `{}…`", "n".repeat(199), "v".repeat(2795)));
    assert_eq!(value.encode_utf16().count(), 3000);
}

#[test]
fn more_blocks_than_slack_takes_end_in_a_mark() {
    let lines =
        |count: usize| -> Vec<Line> { (0..count).map(|at| if at % 2 == 0 { code("c") } else { text("t") }).collect() };
    let fits = blocks(&reply(Tone::Information, "t", &lines(49)));
    assert_eq!((fits.len(), fits[49].1.as_str()), (50, "`c`"));
    let cut = blocks(&reply(Tone::Information, "t", &lines(50)));
    assert_eq!((cut.len(), cut[48].1.as_str(), cut[49].1.as_str()), (50, "t", "…"));
}

#[test]
fn slack_buttons() {
    let action = |label: &str, command: &str, style| Action { label: label.into(), command: command.into(), style };
    let question = Reply {
        actions: vec![
            action("Confirm\n<!channel>", "confirm 4F7K", Style::Danger),
            action("Cancel", "cancel 4F7K", Style::Plain),
            action(&"x".repeat(76), &"y".repeat(2000), Style::Primary),
            action("too long", &"y".repeat(2001), Style::Primary),
        ],
        ..reply(Tone::Waiting, "Sure?", &[code("confirm 4F7K")])
    };
    let body = render(Platform::Slack, &question).body;
    let message: Value = serde_json::from_str(&body).unwrap();
    let block = message["blocks"].as_array().unwrap().last().unwrap();
    assert_eq!(block["type"], "actions");
    expect![[r#"
        Confirm <!channel> | confirm 4F7K | danger
        Cancel | cancel 4F7K | 
        75 | 2000 | primary
    "#]]
    .assert_eq(&buttons(block));
    // More than five are a menu.
    let many: Vec<_> = (0..120).map(|at| action(&format!("m-{at}"), &format!("share m-{at}"), Style::Danger)).collect();
    let long = action("long", &"x".repeat(76), Style::Plain);
    let blocks = blocks_of(&Reply { actions: [vec![long], many].concat(), ..question.clone() });
    let menu = &blocks.last().unwrap()["elements"][0];
    assert_eq!((&menu["type"], &menu["action_id"]), (&"static_select".into(), &"say".into()));
    let options = menu["options"].as_array().unwrap();
    assert_eq!(options.len(), 100);
    let label = serde_json::json!({ "type": "plain_text", "text": "m-99", "emoji": false });
    assert_eq!(options[99], serde_json::json!({ "text": label, "value": "share m-99" }));
    // The blocks before make room.
    let lines: Vec<_> = (0..60).map(|at| if at % 2 == 0 { code("c") } else { text("t") }).collect();
    assert_eq!(blocks_of(&Reply { lines, ..question }).len(), 50);
}

fn buttons(block: &Value) -> String {
    let shown = |value: &Value| match value.as_str().unwrap_or_default() {
        long if long.len() > 60 => long.encode_utf16().count().to_string(),
        short => short.to_owned(),
    };
    let elements = block["elements"].as_array().unwrap().iter();
    elements
        .map(|e| format!("{} | {} | {}\n", shown(&e["text"]["text"]), shown(&e["value"]), shown(&e["style"])))
        .collect()
}

fn blocks_of(reply: &Reply) -> Vec<Value> {
    let message: Value = serde_json::from_str(&render(Platform::Slack, reply).body).unwrap();
    message["blocks"].as_array().unwrap().clone()
}

#[test]
fn discord_success() {
    check(
        Platform::Discord,
        &shared(),
        &expect![[
            r#"{"type":4,"data":{"content":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou","embeds":[{"color":5763719,"description":"It can now be used to create ECS instances.\nRequestId: `20758A-585D-4A41`\nClientToken: `123e4567`\nTo undo\\:\n`unshare m-bp1a2b3c cn-hangzhou`"}],"components":[],"allowed_mentions":{"parse":[]}}}"#
        ]],
    );
}

#[test]
fn discord_untrusted_text() {
    let nasty = "@everyone <@1> <#2> [safe](https://evil.example) **b** `c` ||d|| \\ # - > :x: & \u{202e}x\nnext";
    check(
        Platform::Discord,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[
            r#"{"type":4,"data":{"content":"❌ @<zero-width space>everyone \\<@<zero-width space>1\\> \\<\\#2\\> \\[safe\\](https\\://evil.example) \\*\\*b\\*\\* \\`c\\` \\|\\|d\\|\\| \\\\ \\# - \\> \\:x\\: & x next","embeds":[{"color":15548997,"description":"@<zero-width space>everyone \\<@<zero-width space>1\\> \\<\\#2\\> \\[safe\\](https\\://evil.example) \\*\\*b\\*\\* \\`c\\` \\|\\|d\\|\\| \\\\ \\# - \\> \\:x\\: & x\nnext\n@<zero-width space>everyone \\<@<zero-width space>1\\> \\<\\#2\\> \\[safe\\](https\\://evil.example) \\*\\*b\\*\\* \\`c\\` \\|\\|d\\|\\| \\\\ \\# - \\> \\:x\\: & x next: `@everyone <@1> <#2> [safe](https://evil.example) **b** 'c' ||d|| \\ # - > :x: & x next`\n`@everyone <@1> <#2> [safe](https://evil.example) **b** 'c' ||d|| \\ # - > :x: & x next`\nEmpty: `–`"}],"components":[],"allowed_mentions":{"parse":[]}}}"#
        ]],
    );
}

#[test]
fn discord_buttons_and_privacy() {
    let actions = vec![
        Action { label: "Confirm".into(), command: "confirm 4F7K".into(), style: Style::Danger },
        Action { label: "Cancel".into(), command: "cancel 4F7K".into(), style: Style::Plain },
        Action { label: "too long".into(), command: "x".repeat(101), style: Style::Primary },
    ];
    let question = Reply { actions, private: true, ..reply(Tone::Waiting, "Sure?", &[]) };
    check(
        Platform::Discord,
        &question,
        &expect![[r#"
        {"type":4,"data":{"content":"⏳ Sure?","embeds":[],"components":[{"type":1,"components":[{"type":2,"style":4,"label":"Confirm","custom_id":"confirm 4F7K"},
        {"type":2,"style":2,"label":"Cancel","custom_id":"cancel 4F7K"}]}],"allowed_mentions":{"parse":[]},"flags":64}}"#]],
    );
}

#[test]
fn discord_menu_where_buttons_are_too_many() {
    let action =
        |at: usize| Action { label: format!("m-{at}"), command: format!("share m-{at}"), style: Style::Primary };
    let listing = Reply { actions: (0..30).map(action).collect(), ..reply(Tone::Success, "t", &[]) };
    let answer: Value = serde_json::from_str(&render(Platform::Discord, &listing).body).unwrap();
    let menu = &answer["data"]["components"][0]["components"][0];
    assert_eq!((&menu["type"], &menu["custom_id"]), (&3.into(), &"say".into()));
    let options = menu["options"].as_array().unwrap();
    assert_eq!(options.len(), 25);
    assert_eq!(options[24], serde_json::json!({ "label": "m-24", "value": "share m-24" }));
}

#[test]
fn discord_suggestions() {
    let suggestion = |label: &str, value: &str| Suggestion { label: label.into(), value: value.into() };
    let suggestions = [suggestion("web \"1\"\n", "m-1"), suggestion("none", ""), suggestion("long", &"x".repeat(101))];
    expect![[r#"{"type":8,"data":{"choices":[{"name":"web \"1\" ","value":"m-1"}]}}"#]]
        .assert_eq(&suggest(Platform::Discord, &suggestions).body);
    assert_eq!(suggest(Platform::Discord, &[]).body, r#"{"type":8,"data":{"choices":[]}}"#);
}

#[test]
fn mattermost_success_and_privacy() {
    check(
        Platform::Mattermost,
        &shared(),
        &expect![[
            r#"{"response_type":"in_channel","text":"✅ Shared m-bp1a2b3c with ECS in cn-hangzhou\nIt can now be used to create ECS instances.\nRequestId: `20758A-585D-4A41`\nClientToken: `123e4567`\nTo undo:\n`unshare m-bp1a2b3c cn-hangzhou`"}"#
        ]],
    );
    let refusal = Reply { private: true, ..reply(Tone::Refusal, "You may not do that here", &[]) };
    check(
        Platform::Mattermost,
        &refusal,
        &expect![[r#"{"response_type":"ephemeral","text":"🚫 You may not do that here"}"#]],
    );
}

#[test]
fn mattermost_untrusted_text() {
    let nasty = "@all @here ~town [safe](https://evil.example) **b** `c` <b> # - > | \\ ![i](x) & \u{202e}x\nnext";
    check(
        Platform::Mattermost,
        &reply(Tone::Failure, nasty, &[text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")]),
        &expect![[
            r#"{"response_type":"in_channel","text":"❌ @<zero-width space>all @<zero-width space>here \\~town \\[safe\\](https://evil.example) \\*\\*b\\*\\* \\`c\\` <b\\> \\# - \\> \\| \\\\ !\\[i\\](x) & x next\n@<zero-width space>all @<zero-width space>here \\~town \\[safe\\](https://evil.example) \\*\\*b\\*\\* \\`c\\` <b\\> \\# - \\> \\| \\\\ !\\[i\\](x) & x\nnext\n@<zero-width space>all @<zero-width space>here \\~town \\[safe\\](https://evil.example) \\*\\*b\\*\\* \\`c\\` <b\\> \\# - \\> \\| \\\\ !\\[i\\](x) & x next: `@all @here ~town [safe](https://evil.example) **b** 'c' <b> # - > | \\ ![i](x) & x next`\n`@all @here ~town [safe](https://evil.example) **b** 'c' <b> # - > | \\ ![i](x) & x next`\nEmpty: `–`"}"#
        ]],
    );
}

/// There the form is that of a follow-up, for the answer says nothing.
fn telegram(reply: &Reply) -> String {
    let url = "https://api.telegram.org/?chat_id=1&message_id=2".into();
    let channel = FollowUp { platform: Platform::Telegram, url, expires_at: 0, uses: 1 };
    let token = Secret::credential("1:x");
    let reach = Reach { credential: Some(&token), ..Reach::default() };
    channel.compose(reply, &reach, 0).unwrap().body
}

#[test]
fn telegram_answers_with_nothing_and_says_it_afterwards() {
    let Rendered { status, body, .. } = render(Platform::Telegram, &shared());
    assert_eq!((status, body.as_str()), (200, ""));
    expect![[r#"{"chat_id":1,"reply_parameters":{"message_id":2,"allow_sending_without_reply":true},"text":"<b>✅ Shared m-bp1a2b3c with ECS in cn-hangzhou</b>\nIt can now be used to create ECS instances.\nRequestId: <code>20758A-585D-4A41</code>\nClientToken: <code>123e4567</code>\nTo undo:\n<code>unshare m-bp1a2b3c cn-hangzhou</code>","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}"#]].assert_eq(&telegram(&shared()));
}

#[test]
fn telegram_untrusted_text() {
    let nasty = "@ann /stop <a href=\"https://evil.example\">safe</a> </code> & \u{202e}x\nnext";
    let lines = [text(nasty), field(nasty, nasty), code(nasty), code(" "), field("Empty", "")];
    let body = telegram(&reply(Tone::Failure, nasty, &lines));
    serde_json::from_str::<Value>(&body).unwrap();
    expect![[r#"{"chat_id":1,"reply_parameters":{"message_id":2,"allow_sending_without_reply":true},"text":"<b>❌ @<zero-width space>ann /<zero-width space>stop &lt;a href=\"https:/<zero-width space>/<zero-width space>evil.example\"&gt;safe&lt;/<zero-width space>a&gt; &lt;/<zero-width space>code&gt; &amp; x next</b>\n@<zero-width space>ann /<zero-width space>stop &lt;a href=\"https:/<zero-width space>/<zero-width space>evil.example\"&gt;safe&lt;/<zero-width space>a&gt; &lt;/<zero-width space>code&gt; &amp; x\nnext\n@<zero-width space>ann /<zero-width space>stop &lt;a href=\"https:/<zero-width space>/<zero-width space>evil.example\"&gt;safe&lt;/<zero-width space>a&gt; &lt;/<zero-width space>code&gt; &amp; x next: <code>@ann /stop &lt;a href=\"https://evil.example\"&gt;safe&lt;/a&gt; &lt;/code&gt; &amp; x next</code>\n<code>@ann /stop &lt;a href=\"https://evil.example\"&gt;safe&lt;/a&gt; &lt;/code&gt; &amp; x next</code>\nEmpty: <code>–</code>","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}"#]].assert_eq(&body.replace('\u{200b}', "<zero-width space>"));
}

#[test]
fn telegram_buttons_have_64_bytes() {
    let action = |label: &str, command: &str, style| Action { label: label.into(), command: command.into(), style };
    let actions = vec![
        action("Confirm\n", "confirm 0123456789AB", Style::Danger),
        action("Cancel", &"é".repeat(32), Style::Plain),
        action("too long", &format!("{}a", "é".repeat(32)), Style::Primary),
        action("Go", "x", Style::Primary),
    ];
    let message: Value =
        serde_json::from_str(&telegram(&Reply { actions, ..reply(Tone::Waiting, "Sure?", &[]) })).unwrap();
    assert_eq!(
        message["reply_markup"],
        serde_json::json!({ "inline_keyboard": [
            [{ "text": "Confirm ", "callback_data": "confirm 0123456789AB", "style": "danger" }],
            [{ "text": "Cancel", "callback_data": "é".repeat(32) }],
            [{ "text": "Go", "callback_data": "x", "style": "primary" }],
        ] })
    );
}
