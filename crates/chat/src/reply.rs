use alloc::{format, string::String, vec::Vec};

/// What people are told, before any platform's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What kind of news it is.
    pub tone: Tone,
    /// One line, plain text.
    pub title: String,
    /// Further lines.
    pub lines: Vec<Line>,
    /// What can be done about it by a press, where the platform has buttons. Whatever is needed stands in `lines` as well, as
    /// something to type.
    pub actions: Vec<Action>,
    /// Only for the one who asked, where the platform can.
    pub private: bool,
}

/// The kind of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is done.
    Success,
    /// It failed.
    Failure,
    /// It is under way.
    Waiting,
    /// It was not accepted.
    Refusal,
    /// Help, lists, states.
    Information,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Success, Self::Failure, Self::Waiting, Self::Refusal, Self::Information];

    /// The name machines are told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Waiting => "waiting",
            Self::Refusal => "refusal",
            Self::Information => "information",
        }
    }

    /// What people see first.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Success => "✅",
            Self::Failure => "❌",
            Self::Waiting => "⏳",
            Self::Refusal => "🚫",
            Self::Information => "ℹ️",
        }
    }
}

/// A line of a reply. Text is untrusted (image names, error messages): renderers escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Prose.
    Text(String),
    /// `name: value`, the value shown as code.
    Field(String, String),
    /// Something to type, shown as code.
    Code(String),
}

/// A button that says `command` for whoever presses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What stands on it.
    pub label: String,
    /// What one would type.
    pub command: String,
    /// How it looks.
    pub style: Style,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As any other.
    Plain,
    /// As what most people want.
    Primary,
    /// As what cannot be taken back.
    Danger,
}

impl Style {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Primary, Self::Danger];

    /// The name in what is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Primary => "primary",
            Self::Danger => "danger",
        }
    }
}

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// `text` as JSON. Messages are written around it: derived writers of their types cost the Worker 2 KiB.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// An answer in a platform's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Rendered {
    pub(crate) fn json(body: String) -> Self {
        Self { status: 200, content_type: JSON, body }
    }

    /// An acknowledgement that says nothing.
    pub(crate) fn empty() -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: String::new() }
    }
}

/// `text` with everything that could end its line or turn its direction taken out, so that it stays where it is put.
pub(crate) fn on_one_line(text: &str) -> String {
    text.chars().filter(|c| !turns_direction(*c)).map(|c| if breaks_line(c) { ' ' } else { c }).collect()
}

/// As [`on_one_line`], but line feeds stay.
pub(crate) fn on_lines(text: &str) -> String {
    text.chars().filter(|c| !turns_direction(*c)).map(|c| if breaks_line(c) && c != '\n' { ' ' } else { c }).collect()
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Bidirectional overrides and isolates show an id in another order than it has (unicode.org/reports/tr36, 3.4).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text`, ended by `…` where it would cost more than `limit`. The mark costs 1.
pub(crate) fn shorten(text: &str, limit: usize, cost: impl Fn(char) -> usize) -> String {
    let whole = text.chars().map(&cost).fold(0, usize::saturating_add);
    if whole <= limit {
        return text.into();
    }
    let mut room = limit.saturating_sub(1);
    let fits = |c: &char| match room.checked_sub(cost(*c)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// Characters of a title, and of a field's name.
const NAME_LIMIT: usize = 200;

/// How much a message holds.
pub(crate) struct Room<'a> {
    /// So much is left.
    pub(crate) left: usize,
    /// What a character takes.
    pub(crate) cost: &'a dyn Fn(char) -> usize,
    /// What stands around each line.
    pub(crate) around: usize,
}

impl Room<'_> {
    fn take(&mut self, text: &str) -> String {
        let text = shorten(text, self.left, self.cost);
        self.left = self.left.saturating_sub(text.chars().map(self.cost).fold(self.around, usize::saturating_add));
        text
    }
}

/// The title with its mark, and the lines, all fit to stay where they are put. The first that does not fit is shortened, and
/// a mark stands for those after it.
pub(crate) fn fit(reply: &Reply, mut room: Room<'_>) -> (String, Vec<Line>) {
    let title = shorten(&on_one_line(&reply.title), NAME_LIMIT, |_| 1);
    let title = room.take(&format!("{} {title}", reply.tone.mark()));
    let mut lines = Vec::new();
    for line in &reply.lines {
        if room.left == 0 {
            lines.push(Line::Text("…".into()));
            break;
        }
        let line = match line {
            Line::Text(text) => Line::Text(room.take(on_lines(text).trim())),
            Line::Field(name, value) => {
                let name = shorten(&on_one_line(name), NAME_LIMIT, |_| 1);
                Line::Field(room.take(or_dash(&name)), room.take(or_dash(&on_one_line(value))))
            }
            Line::Code(text) => Line::Code(room.take(on_one_line(text).trim())),
        };
        if !matches!(&line, Line::Text(text) | Line::Code(text) if text.is_empty()) {
            lines.push(line);
        }
    }
    (title, lines)
}

/// Markdown, with a backslash before what has a meaning.
pub(crate) struct Markdown {
    /// What can be taken literally by a backslash, and is.
    pub(crate) escaped: &'static str,
    /// UTF-16 units of a message.
    pub(crate) limit: usize,
}

impl Markdown {
    /// Title and lines.
    pub(crate) fn of(&self, reply: &Reply) -> (String, String) {
        let room =
            Room { left: self.limit, cost: &|c| c.len_utf16().saturating_add(self.is_marked(c).into()), around: 6 };
        let (title, lines) = fit(reply, room);
        let lines = lines.iter().map(|line| match line {
            Line::Text(text) => self.literal(text),
            Line::Field(name, value) => format!("{}: {}", self.literal(name), code(value)),
            Line::Code(text) => code(text),
        });
        (self.literal(&title), lines.collect::<Vec<_>>().join("\n"))
    }

    fn is_marked(&self, c: char) -> bool {
        c == '@' || self.escaped.contains(c)
    }

    /// No name follows its `@` directly: that would call somebody.
    fn literal(&self, text: &str) -> String {
        let mut literal = String::new();
        for c in text.chars() {
            match c {
                '@' => literal.push_str("@\u{200b}"),
                c if self.escaped.contains(c) => literal.extend(['\\', c]),
                c => literal.push(c),
            }
        }
        literal
    }
}

/// A back quote would end the code, and there is no way to escape one.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn or_dash(text: &str) -> &str {
    match text.trim() {
        "" => "–",
        text => text,
    }
}
