//! The JSON of a Slack message. All text is taken for untrusted: prose goes into `plain_text`, where Slack reads no
//! mark-up, and what is shown as code into `mrkdwn` with `verbatim`, where it finds no links and mentions of its own accord
//! (docs.slack.dev/reference/block-kit/composition-objects/text-object). `&`, `<` and `>` are escaped in both
//! (docs.slack.dev/messaging/formatting-message-text).

use alloc::{format, string::String, vec::Vec};
use serde::Serialize;

use crate::{
    Line, Reply, Tone,
    reply::{on_lines, on_one_line, shorten},
};

/// Characters a text object holds, and blocks a message.
const TEXT_LIMIT: usize = 3000;
const BLOCK_LIMIT: usize = 50;
/// Characters for the name of a field, so that name, value and the marks around them fit one text.
const NAME_LIMIT: usize = 200;
const VALUE_LIMIT: usize = TEXT_LIMIT - NAME_LIMIT - 4;

#[derive(Serialize)]
pub(super) struct Message {
    response_type: &'static str,
    text: String,
    mrkdwn: bool,
    blocks: Vec<Block>,
}

#[derive(Serialize)]
struct Block {
    r#type: &'static str,
    text: Text,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Text {
    PlainText { text: String, emoji: bool },
    Mrkdwn { text: String, verbatim: bool },
}

impl From<&Reply> for Message {
    fn from(reply: &Reply) -> Self {
        let title = format!("{} {}", mark(reply.tone), on_one_line(&reply.title));
        let mut sections = Vec::from([Section::plain(&title)]);
        for line in &reply.lines {
            let next = Section::of(line);
            match sections.last_mut().filter(|last| last.takes(&next)) {
                Some(last) => last.append(&next),
                None => sections.push(next),
            }
        }
        sections.retain(|section| !section.text.trim().is_empty());
        if sections.len() > BLOCK_LIMIT {
            sections.truncate(BLOCK_LIMIT - 1);
            sections.push(Section::plain("…"));
        }
        Self {
            response_type: if reply.private { "ephemeral" } else { "in_channel" },
            text: fallback(&title, &reply.lines),
            mrkdwn: false,
            blocks: sections.into_iter().map(Block::from).collect(),
        }
    }
}

impl From<Section> for Block {
    fn from(section: Section) -> Self {
        let text = section.text;
        let text =
            if section.code { Text::Mrkdwn { text, verbatim: true } } else { Text::PlainText { text, emoji: false } };
        Self { r#type: "section", text }
    }
}

/// What notifications and screen readers have instead of the blocks. Here nothing turns off the search for mentions, so
/// no name follows its `@` directly.
fn fallback(title: &str, lines: &[Line]) -> String {
    let lines = lines.iter().map(|line| match line {
        Line::Text(text) | Line::Code(text) => on_lines(text),
        Line::Field(name, value) => format!("{}: {}", on_one_line(name), on_one_line(value)),
    });
    let text = core::iter::once(title.into()).chain(lines).collect::<Vec<String>>().join("\n");
    escape(&shorten(&text, TEXT_LIMIT, escaped_length)).replace('@', "@\u{200b}")
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Success => "✅",
        Tone::Failure => "❌",
        Tone::Waiting => "⏳",
        Tone::Refusal => "🚫",
        Tone::Information => "ℹ️",
    }
}

/// The text of a section block, escaped.
struct Section {
    code: bool,
    text: String,
    length: usize,
}

impl Section {
    fn new(code: bool, text: String) -> Self {
        let length = text.chars().map(char::len_utf16).sum();
        Self { code, text, length }
    }

    fn plain(text: &str) -> Self {
        Self::new(false, escape(&shorten(text, TEXT_LIMIT, escaped_length)))
    }

    fn of(line: &Line) -> Self {
        match line {
            Line::Text(text) => Self::plain(&on_lines(text)),
            Line::Field(name, value) => {
                let name = escape(&shorten(&on_one_line(name).replace('`', "'"), NAME_LIMIT, escaped_length));
                Self::new(true, format!("{name}: {}", code(value)))
            }
            Line::Code(text) => Self::new(true, code(text)),
        }
    }

    fn takes(&self, next: &Self) -> bool {
        self.code == next.code && self.length.saturating_add(next.length) < TEXT_LIMIT
    }

    fn append(&mut self, next: &Self) {
        self.text.push('\n');
        self.text.push_str(&next.text);
        self.length = self.length.saturating_add(next.length).saturating_add(1);
    }
}

/// A back quote would end the code, and there is no way to escape one.
fn code(text: &str) -> String {
    match on_one_line(text).trim() {
        "" => "–".into(),
        text => format!("`{}`", escape(&shorten(&text.replace('`', "'"), VALUE_LIMIT, escaped_length))),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What [`escape`] makes of a character, counted as Slack's clients count: in UTF-16 units.
fn escaped_length(c: char) -> usize {
    match c {
        '&' => 5,
        '<' | '>' => 4,
        _ => c.len_utf16(),
    }
}
