use alloc::{string::String, vec::Vec};

/// Splits what somebody typed into words, forgiving what phones, chat programs and copying do to a text.
///
/// - Any white space separates, no-break and ideographic spaces too; invisible characters fall away.
/// - Full-width characters become ASCII, typographic hyphens become `-`.
/// - Back quotes, brackets and quotation marks around a word fall away, and so does punctuation after it.
/// - In `Key=Value` the value stays as it is, final punctuation and all. It may stand in quotation marks of any shape
///   (`\"` and `\\` within) or be a JSON array or object; both may hold spaces, and what is inside keeps its characters.
///
/// ```
/// assert_eq!(chat::words("share `m-1`, cn-hangzhou."), ["share", "m-1", "cn-hangzhou"]);
/// assert_eq!(chat::words("Tag Name=“two words” Ids=[“a”, “b”]"), ["Tag", "Name=two words", r#"Ids=["a", "b"]"#]);
/// ```
pub fn words(text: &str) -> Vec<String> {
    let mut reader = Reader { rest: text, lookups: LOOKUPS };
    let mut words = Vec::new();
    while let Some(word) = reader.word() {
        words.extend(Some(word).filter(|word| *word != Word::default()).map(|word| word.text));
    }
    words
}

/// How many quotations and JSON values may turn out to have no end. Looking for one goes through the rest of the text, and
/// a text of nothing but openings must not take the square of its length.
const LOOKUPS: u8 = 32;

struct Reader<'a> {
    rest: &'a str,
    lookups: u8,
}

#[derive(Default, PartialEq)]
struct Word {
    text: String,
    /// Something in it was quoted or JSON: the bytes up to here are not trimmed.
    literal: Option<usize>,
    is_pair: bool,
}

impl Reader<'_> {
    /// The next word, which is empty where there were invisible characters only; `None` at the end of the text.
    fn word(&mut self) -> Option<Word> {
        self.rest = self.rest.trim_start_matches(char::is_whitespace);
        let start = self.rest;
        first(start)?;
        let mut word = Word::default();
        // Whether the word or, after `=`, its value is about to begin.
        let mut begins = true;
        while let Some((c, after)) = first(self.rest).filter(|(c, _)| !c.is_whitespace()) {
            if begins {
                if let Some(content) = self.literal(word.is_pair) {
                    word.text.push_str(&content);
                    word.literal = Some(word.text.len());
                    begins = false;
                    continue;
                }
                if word.opened_by(c) {
                    self.rest = after;
                    continue;
                }
            }
            self.rest = after;
            if let Some(c) = plain(c) {
                begins = c == '=' && !word.is_pair && is_key(&word.text);
                word.is_pair |= begins;
                word.text.push(c);
            }
        }
        word.trim_end();
        if word == Word::default() {
            // Nothing but punctuation: then that is the word.
            let consumed = start.len().saturating_sub(self.rest.len());
            word.text = start.get(..consumed).unwrap_or_default().chars().filter_map(plain).collect();
        }
        Some(word)
    }

    /// A quotation or, as a value, JSON, if there is one here that has an end.
    fn literal(&mut self, is_value: bool) -> Option<String> {
        let (c, _) = first(self.rest)?;
        let is_json = is_value && matches!(plain(c), Some('[' | '{'));
        if self.lookups == 0 || !is_json && !is_quotation_mark(c) {
            return None;
        }
        match if is_json { json_value(self.rest) } else { quotation(self.rest) } {
            Some((content, rest)) => {
                self.rest = rest;
                Some(content)
            }
            None => {
                self.lookups = self.lookups.saturating_sub(1);
                None
            }
        }
    }
}

impl Word {
    /// Whether `c` only stands around the word. A value's own characters stay, but for back quotes.
    fn opened_by(&self, c: char) -> bool {
        c == '`' || !self.is_pair && (OPENING.contains(&c) || is_quotation_mark(c))
    }

    fn closed_by(&self, c: char) -> bool {
        let delimited = !self.is_pair || self.literal.is_some();
        c == '`' || delimited && (CLOSING.contains(&c) || is_quotation_mark(c))
    }

    fn trim_end(&mut self) {
        let trimmed = self.text.trim_end_matches(|c| self.closed_by(c)).len();
        self.text.truncate(trimmed.max(self.literal.unwrap_or(0)));
    }
}

/// The quotation marks that may close each other's quotations. The first of a line is ASCII's.
const QUOTATION_MARKS: [[char; 6]; 2] = [
    ['"', '\u{ff02}', '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'],
    ['\'', '\u{ff07}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'],
];

const OPENING: [char; 8] = ['(', '[', '<', '（', '「', '『', '【', '《'];

const CLOSING: [char; 16] = ['.', ',', ';', ':', '!', '?', ')', ']', '>', '…', '。', '、', '」', '』', '】', '》'];

fn is_quotation_mark(c: char) -> bool {
    QUOTATION_MARKS.iter().any(|marks| marks.contains(&c))
}

fn first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|c| (c, chars.as_str()))
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
}

/// A character outside quotation marks as it is meant; `None` if it was not meant at all.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32),
        '\u{2010}'..='\u{2013}' | '\u{2212}' => Some('-'),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Reads a quotation at the start of `text`; `None` if there is none or it has no end.
///
/// A mark closes when nothing of a word follows it, so that `'Ann's image'` is one quotation. What ASCII's mark opens, others
/// close only where no ASCII one does.
fn quotation(text: &str) -> Option<(String, &str)> {
    let (opening, content) = first(text)?;
    let marks = QUOTATION_MARKS.iter().find(|marks| marks.contains(&opening))?;
    let ascii = (opening == marks[0]).then(|| quoted(content, &marks[..1]));
    ascii.flatten().or_else(|| quoted(content, marks))
}

/// Reads what one of these marks closes.
fn quoted<'a>(mut rest: &'a str, marks: &[char]) -> Option<(String, &'a str)> {
    let double = marks.contains(&'"');
    let mut content = String::new();
    while let Some((c, after)) = first(rest) {
        rest = after;
        let next = first(after);
        if double
            && c == '\\'
            && let Some((escaped @ ('"' | '\\'), after)) = next
        {
            content.push(escaped);
            rest = after;
        } else if marks.contains(&c) && next.is_none_or(|(next, _)| ends_word(next)) {
            return Some((content, after));
        } else {
            content.push(c);
        }
    }
    None
}

fn ends_word(next: char) -> bool {
    next.is_whitespace() || next == '`' || plain(next).is_none_or(|next| CLOSING.contains(&next))
}

/// Reads a JSON array or object at the start of `text`, up to the bracket that closes it. Strings in typographic quotation
/// marks get the ones JSON wants.
fn json_value(text: &str) -> Option<(String, &str)> {
    let mut json = String::new();
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        let (c, after) = first(rest)?;
        if QUOTATION_MARKS[0].contains(&c) {
            rest = json_string(rest, &mut json)?;
            continue;
        }
        rest = after;
        match if c.is_whitespace() { Some(' ') } else { plain(c) } {
            Some(c @ ('[' | '{')) => {
                json.push(c);
                depth = depth.checked_add(1)?;
            }
            Some(c @ (']' | '}')) => {
                json.push(c);
                depth = depth.checked_sub(1)?;
            }
            Some(c) => json.push(c),
            None => {}
        }
        if depth == 0 {
            return Some((json, rest)).filter(|(json, _)| json.len() > 1);
        }
    }
}

/// Copies a JSON string from the start of `text` to `json`; what follows it is the result.
fn json_string<'a>(text: &'a str, json: &mut String) -> Option<&'a str> {
    let (opening, mut rest) = first(text)?;
    json.push('"');
    loop {
        let (c, after) = first(rest)?;
        rest = after;
        let closes = if opening == '"' {
            c == '"'
        } else {
            QUOTATION_MARKS[0].contains(&c)
                && after.trim_start().starts_with([',', ':', ']', '}', '，', '：', '］', '｝'])
        };
        if closes {
            json.push('"');
            return Some(rest);
        }
        match c {
            '\\' => {
                let (escaped, after) = first(after)?;
                json.extend(['\\', escaped]);
                rest = after;
            }
            '"' => json.push_str("\\\""),
            c => json.push(c),
        }
    }
}
