//! Whatever is typed, it is split into words: none of them empty or with white space in it but what was quoted, and all together
//! no longer than what was typed.
//!
//! This and its sisters, one a platform, run with
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo +nightly fuzz run --fuzz-dir crates/chat/fuzz --sanitizer none words -- -max_total_time=600 -timeout=20
//! mkdir -p crates/chat/fuzz/corpus/slack
//! cargo +nightly fuzz run --fuzz-dir crates/chat/fuzz --sanitizer none slack crates/chat/fuzz/corpus/slack \
//!   crates/chat/tests/deliveries/slack -- -max_total_time=600 -timeout=20 -max_len=4096
//! ```
//!
//! There is no unsafe code to sanitize, and without a sanitizer they run several times as often.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let words = chat::words(&text);
    let marks = text.chars().any(|c| "\"'[{＂＇［｛".contains(c) || ('\u{2018}'..='\u{201f}').contains(&c));
    let plain = |word: &String| !word.is_empty() && !word.contains(char::is_whitespace);
    assert!(marks || words.iter().all(plain), "{words:?}");
    // An escaped quotation mark within JSON is the longest that one byte becomes.
    let length: usize = words.iter().map(String::len).sum();
    assert!(length <= 2 * text.len(), "{words:?}");
});
