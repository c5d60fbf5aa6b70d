//! The JSON of a Slack message. All text is taken for untrusted: prose goes into `plain_text`, where Slack reads no
//! mark-up, and what is shown as code into `mrkdwn` with `verbatim`, where it finds no links and mentions of its own accord
//! (docs.slack.dev/reference/block-kit/composition-objects/text-object). `&`, `<` and `>` are escaped in both
//! (docs.slack.dev/messaging/formatting-message-text).

use alloc::{format, string::String, vec::Vec};

use crate::{
    Action, Line, Reply, Style,
    reply::{on_lines, on_one_line, quoted, shorten},
};

/// Characters a text object holds, and blocks a message.
const TEXT_LIMIT: usize = 3000;
const BLOCK_LIMIT: usize = 50;
/// How our buttons and menus are named.
pub(super) const ACTION: &str = "say";
/// More buttons than this are a menu. How many options that holds, and the characters of a label and of the values
/// (docs.slack.dev/reference/block-kit/block-elements).
const BUTTONS: usize = 5;
const OPTIONS: usize = 100;
const LABEL_LIMIT: usize = 75;
const BUTTON_VALUE_LIMIT: usize = 2000;
const OPTION_VALUE_LIMIT: usize = 75;
/// Characters for the name of a field, so that name, value and the marks around them fit one text.
const NAME_LIMIT: usize = 200;
const VALUE_LIMIT: usize = TEXT_LIMIT - NAME_LIMIT - 4;

/// The message that says `reply`.
pub(super) fn message(reply: &Reply) -> String {
    let title = format!("{} {}", reply.tone.mark(), on_one_line(&reply.title));
    let mut sections = Vec::from([Section::plain(&title)]);
    for line in &reply.lines {
        let next = Section::of(line);
        match sections.last_mut().filter(|last| last.takes(&next)) {
            Some(last) => last.append(&next),
            None => sections.push(next),
        }
    }
    sections.retain(|section| !section.text.trim().is_empty());
    let actions = actions(&reply.actions);
    let limit = if actions.is_some() { BLOCK_LIMIT - 1 } else { BLOCK_LIMIT };
    if sections.len() > limit {
        sections.truncate(limit - 1);
        sections.push(Section::plain("…"));
    }
    let visible_to = if reply.private { "ephemeral" } else { "in_channel" };
    let text = quoted(&fallback(&title, &reply.lines));
    let blocks = sections.iter().map(Section::block).chain(actions).collect::<Vec<_>>().join(",");
    format!(r#"{{"response_type":"{visible_to}","text":{text},"mrkdwn":false,"blocks":[{blocks}]}}"#)
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

/// A block of buttons, or a menu where they are too many, whose values are what one would type. Which Slack would not take are
/// left out: the same stands in the lines.
fn actions(actions: &[Action]) -> Option<String> {
    let fitting = |limit: usize| actions.iter().filter(move |a| a.command.encode_utf16().count() <= limit).enumerate();
    let text = |action: &Action| {
        let label = quoted(&shorten(&on_one_line(&action.label), LABEL_LIMIT, char::len_utf16));
        format!(r#""text":{{"type":"plain_text","text":{label},"emoji":false}},"value":{}"#, quoted(&action.command))
    };
    let elements = if actions.len() <= BUTTONS {
        let buttons = fitting(BUTTON_VALUE_LIMIT).map(|(at, action)| {
            let style = match action.style {
                Style::Plain => "",
                Style::Primary => r#","style":"primary""#,
                Style::Danger => r#","style":"danger""#,
            };
            format!(r#"{{"type":"button","action_id":"{ACTION}.{at}",{}{style}}}"#, text(action))
        });
        buttons.collect::<Vec<_>>().join(",")
    } else {
        let options = fitting(OPTION_VALUE_LIMIT).take(OPTIONS).map(|(_, action)| format!("{{{}}}", text(action)));
        match options.collect::<Vec<_>>().join(",") {
            none if none.is_empty() => none,
            options => format!(r#"{{"type":"static_select","action_id":"{ACTION}","options":[{options}]}}"#),
        }
    };
    if elements.is_empty() { None } else { Some(format!(r#"{{"type":"actions","elements":[{elements}]}}"#)) }
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

    fn block(&self) -> String {
        let (kind, option) =
            if self.code { ("mrkdwn", r#""verbatim":true"#) } else { ("plain_text", r#""emoji":false"#) };
        let text = quoted(&self.text);
        format!(r#"{{"type":"section","text":{{"type":"{kind}","text":{text},{option}}}}}"#)
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
