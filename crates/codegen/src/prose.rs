//! The one door through which the vendor's prose reaches rustdoc.
//!
//! Prose is untrusted Markdown with HTML in it. What comes out is Markdown of a small kind: paragraphs, flat lists, block
//! quotes, emphasis and code spans. Nothing in it can become HTML, a link, an intra-doc link, a code block (which rustdoc
//! would run), a heading or a table, and no character in it is invisible or turns the direction of what follows.

/// Turns prose into the lines of a doc comment.
pub(crate) fn doc_lines(prose: &str) -> Vec<String> {
    let mut blocks: Vec<(Kind, String)> = Vec::new();
    let mut fresh = true;
    for line in without_props(prose).split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let (kind, text) = classify(line);
        if text.is_empty() || is_rule(text) {
            fresh = true;
            continue;
        }
        match blocks.last_mut() {
            // A line that starts nothing of its own goes on with the block before it.
            Some((last, before)) if !fresh && kind.continues(*last) => {
                before.push(' ');
                before.push_str(text);
            }
            _ => blocks.push((kind, text.to_owned())),
        }
        fresh = false;
    }
    let mut lines = Vec::new();
    let mut last = None;
    for (kind, text) in blocks {
        let text = inline(&text);
        // Nothing is left of a link without words.
        if text.trim().is_empty() {
            continue;
        }
        let list_goes_on = last == Some(kind) && kind.item;
        if last.is_some() && !list_goes_on {
            lines.push(String::new());
        }
        lines.push(match kind {
            Kind { quote: true, item: true } => format!("> * {text}"),
            Kind { quote: true, item: false } => format!("> {text}"),
            Kind { quote: false, item: true } => format!("* {text}"),
            Kind { quote: false, item: false } => text,
        });
        last = Some(kind);
    }
    lines
}

/// Prose on one line, for tables and titles.
pub(crate) fn one_line(prose: &str) -> String {
    inline(&without_props(prose).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A name or value from the document as a code span.
pub(crate) fn code(text: &str) -> String {
    let text: String = text.chars().map(shown).map(|c| if c == '`' { '\'' } else { c }).collect();
    let text = text.trim();
    if text.is_empty() { "(empty)".to_owned() } else { format!("`{text}`") }
}

/// Text on one line with nothing invisible in it, for line comments.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(shown).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    quote: bool,
    item: bool,
}

impl Kind {
    fn continues(self, last: Self) -> bool {
        !self.item && (self.quote == last.quote || (last.quote && !self.quote))
    }
}

/// What a line starts, and its text without the marker.
fn classify(line: &str) -> (Kind, &str) {
    let mut text = line.trim_matches(|c: char| c.is_whitespace() || shown(c) != c);
    let mut kind = Kind { quote: false, item: false };
    while let Some(rest) = text.strip_prefix('>') {
        kind.quote = true;
        text = rest.trim_start();
    }
    for marker in ["* ", "- ", "+ ", "*\t", "-\t", "+\t"] {
        if let Some(rest) = text.strip_prefix(marker) {
            kind.item = true;
            text = rest.trim_start();
        }
    }
    let text = if matches!(text, "*" | "-" | "+") { "" } else { text };
    (kind, text)
}

fn is_rule(text: &str) -> bool {
    ['-', '=', '*', '_', '~', '`'].iter().any(|&rule| text.len() >= 3 && text.chars().all(|c| c == rule))
}

/// Takes out the tags of `<props="china">…</props>` blocks, which tell the vendor's sites apart; what they hold stays.
fn without_props(prose: &str) -> String {
    let mut rest = prose;
    let mut kept = String::with_capacity(prose.len());
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        kept.push_str(before);
        let props = tag.starts_with("<props") || tag.starts_with("</props");
        match props.then(|| tag.find('>')).flatten() {
            Some(end) => rest = tag.get(end + 1..).unwrap_or_default(),
            None => {
                kept.push('<');
                rest = tag.get(1..).unwrap_or_default();
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// Escapes one line: links become their text, addresses and code become code spans, everything else that Markdown, HTML or
/// rustdoc would act on gets a backslash. Emphasis stays.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((span, after)) = code_span(rest) {
            out.push_str(&code(span));
            rest = after;
        } else if let Some((label, target, after)) = link(rest) {
            out.push_str(&inline(label));
            if let Some((address, _)) = address(target) {
                out.push_str(&format!(" ({})", code(address)));
            }
            rest = after;
        } else if let Some((found, after)) = address(rest) {
            out.push_str(&code(found));
            rest = after;
        } else if c == '`' {
            // A whole run at once, so that no part of it can pair up with another.
            let run = rest.len() - rest.trim_start_matches('`').len();
            out.push_str(&"\\`".repeat(run));
            rest = rest.get(run..).unwrap_or_default();
        } else {
            let at_start = out.is_empty();
            match shown(c) {
                c @ ('\\' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '!' | '$') => out.extend(['\\', c]),
                c @ ('#' | '+' | '-' | '=' | ':' | '/') if at_start => out.extend(['\\', c]),
                c @ ('.' | ')') if out.bytes().all(|b| b.is_ascii_digit()) && !at_start => out.extend(['\\', c]),
                c => out.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// A code span at the start of the text: one backtick, no backtick within, one backtick.
fn code_span(text: &str) -> Option<(&str, &str)> {
    let (span, after) = text.strip_prefix('`')?.split_once('`')?;
    (!span.trim().is_empty() && !after.starts_with('`')).then_some((span, after))
}

/// `[label](target)` at the start of the text.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    // Looking no further than the next bracket keeps the time linear in what hostile prose is long.
    let text = text.strip_prefix('[')?;
    let (label, rest) = text.split_at(text.find(['[', ']'])?);
    let target = rest.strip_prefix("](")?;
    let (target, after) = target.split_at(target.find(['(', ')', '['])?);
    Some((label, target, after.strip_prefix(')')?))
}

/// A web address at the start of the text.
fn address(text: &str) -> Option<(&str, &str)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let ends = |c: char| !c.is_ascii_graphic() || "<>\"'`()[]{}|\\^*".contains(c);
    let end = text.find(ends).unwrap_or(text.len());
    let found = text.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    (found.len() > scheme.len()).then(|| text.split_at(found.len()))
}

/// Prose as it is, without what cannot be seen: for JSON, which has no more to fear. Line breaks stay, as `\n`.
pub(crate) fn visible(prose: &str) -> String {
    let lines = without_props(prose).replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|&c| c == '\n' || c == '\u{fffd}' || shown(c) != '\u{fffd}').collect()
}

/// The character, or the replacement character for what cannot be seen: controls, zero-width characters, marks that turn
/// the direction of text, private use.
fn shown(c: char) -> char {
    match c {
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prose: &str, expected: &[&str]) {
        assert_eq!(doc_lines(prose), expected);
    }

    #[test]
    fn paragraphs_lists_and_quotes_stay() {
        check("One\ntwo.\n\nThree.", &["One two.", "", "Three."]);
        check(
            "Valid values:\n\n*   `Share`: make it\navailable.\n*   UnShare\n    - nested\n\nAfter.",
            &["Valid values:", "", "* `Share`: make it available.", "* UnShare", "* nested", "", "After."],
        );
        check(">  A note\nthat goes on.\n> *  a\n> *  b", &["> A note that goes on.", "", "> * a", "> * b"]);
        check("**Bold** and _soft_", &["**Bold** and _soft_"]);
        check("", &[]);
        check(" \n\t\n---\n", &[]);
    }

    #[test]
    fn links_become_their_text() {
        check("See [ListRegions](~~189315~~).", &["See ListRegions."]);
        check("See [page](https://example.com/a_b).", &["See page (`https://example.com/a_b`)."]);
        check("See https://example.com/x. Then.", &["See `https://example.com/x`. Then."]);
        check("[Vec] and [`Vec`] and [a][b]", &["\\[Vec\\] and \\[`Vec`\\] and \\[a\\]\\[b\\]"]);
        check("[x]: https://example.com", &["\\[x\\]: `https://example.com`"]);
        check("![x](https://e.com)", &["\\!x (`https://e.com`)"]);
        check("[a](javascript:alert)", &["a"]);
        check("[]()", &[]);
        check("a\n\n* [](~~1~~)\n\nb", &["a", "", "b"]);
    }

    #[test]
    fn html_is_text() {
        check("<script>alert(1)</script>", &["\\<script\\>alert(1)\\</script\\>"]);
        check("a &copy; b <RegionId>", &["a \\&copy; b \\<RegionId\\>"]);
        check("<!-- x", &["\\<\\!-- x"]);
        check("`<b>`", &["`<b>`"]);
    }

    #[test]
    fn the_tags_of_site_blocks_go_and_their_text_stays() {
        check("<props=\"china\">A.</props><props=\"intl\">B.</props>", &["A.B."]);
        check("<props", &["\\<props"]);
    }

    #[test]
    fn nothing_becomes_code_for_rustdoc_to_run() {
        check("a\n\n    fn main() {}\n", &["a", "", "fn main() {}"]);
        check("```rust\nlet x;\n```", &["\\`\\`\\`rust let x;"]);
        check("~~~\npanic!()\n~~~", &["panic\\!()"]);
        check("*        let x;", &["* let x;"]);
        check("`a``b`", &["\\`a\\`\\`b\\`"]);
        check("`unclosed", &["\\`unclosed"]);
    }

    #[test]
    fn nothing_leaves_the_comment() {
        check("*/ fn main() {} /*", &["*/ fn main() {} /*"]);
        check("#[doc = \"x\"]", &["\\#\\[doc = \"x\"\\]"]);
        check("/ ! a\r/// b", &["\\/ \\! a /// b"]);
        check("\\[a\\]", &["\\\\\\[a\\\\\\]"]);
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        check("a\u{202e}b\u{0}c\u{200b}d", &["a\u{fffd}b\u{fffd}c\u{fffd}d"]);
        check("a\u{2028}b", &["a b"]);
        check("名称：镜像", &["名称：镜像"]);
    }

    #[test]
    fn prose_for_json_loses_only_what_cannot_be_seen() {
        assert_eq!(visible("a\u{202e}b\u{0}\r\n\t*c* <b>\u{200b}"), "ab\n\t*c* <b>");
        assert_eq!(visible("名称：<props=\"china\">镜像</props>"), "名称：镜像");
    }

    #[test]
    fn nothing_becomes_a_heading_a_rule_or_a_table() {
        check("# Heading", &["\\# Heading"]);
        check("Text\n====", &["Text"]);
        check("1. one", &["1\\. one"]);
        check("| a | b |\n|---|---|", &["\\| a \\| b \\| \\|---\\|---\\|"]);
    }

    #[test]
    fn names_are_code() {
        assert_eq!(code("Tag.1"), "`Tag.1`");
        assert_eq!(code("a`b\n"), "`a'b\u{fffd}`");
        assert_eq!(code(""), "(empty)");
    }
}
