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
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(char::is_whitespace);
        if rest.is_empty() {
            return words;
        }
        let (word, after) = word(rest);
        words.extend(word);
        rest = after;
    }
}

/// Reads the word that `text` begins with.
fn word(text: &str) -> (Option<String>, &str) {
    let mut word = String::new();
    // Bytes from the start of the word that stood in quotation marks or were JSON: not to be trimmed.
    let mut literal = 0;
    let mut quoted = false;
    let mut is_pair = false;
    // Whether a word or, after `=`, a value is about to begin.
    let mut begins = true;
    let mut rest = text;
    while let Some((c, after)) = first(rest).filter(|(c, _)| !c.is_whitespace()) {
        if begins {
            let json = || if is_pair { json_value(rest) } else { None };
            if let Some((content, after)) = quotation(rest).or_else(json) {
                word.push_str(&content);
                (literal, quoted, begins, rest) = (word.len(), true, false, after);
                continue;
            }
            if c == '`' || !is_pair && (OPENING.contains(&c) || QUOTATION_MARKS.iter().any(|marks| marks.contains(&c)))
            {
                rest = after;
                continue;
            }
        }
        rest = after;
        let Some(c) = plain(c) else { continue };
        begins = c == '=' && !is_pair && is_key(&word);
        is_pair |= begins;
        word.push(c);
    }
    let trailing = |c: char| {
        c == '`' || !is_pair && (CLOSING.contains(&c) || QUOTATION_MARKS.iter().any(|marks| marks.contains(&c)))
    };
    while word.len() > literal && word.ends_with(trailing) {
        word.pop();
    }
    if word.is_empty() && !quoted {
        // Nothing but punctuation: then that is the word.
        let consumed = text.len().saturating_sub(rest.len());
        word = text.get(..consumed).unwrap_or_default().chars().filter_map(plain).collect();
    }
    let nothing = word.is_empty() && !quoted;
    (Some(word).filter(|_| !nothing), rest)
}

/// The quotation marks that may close each other's quotations. The first of a line is ASCII's.
const QUOTATION_MARKS: [[char; 6]; 2] = [
    ['"', '\u{ff02}', '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'],
    ['\'', '\u{ff07}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'],
];

const OPENING: [char; 8] = ['(', '[', '<', '（', '「', '『', '【', '《'];

const CLOSING: [char; 16] = ['.', ',', ';', ':', '!', '?', ')', ']', '>', '…', '。', '、', '」', '』', '】', '》'];

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
/// A mark closes when nothing of a word follows it, so that `'Ann's image'` is one quotation.
fn quotation(text: &str) -> Option<(String, &str)> {
    let (opening, mut rest) = first(text)?;
    let marks = QUOTATION_MARKS.iter().find(|marks| marks.contains(&opening))?;
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
