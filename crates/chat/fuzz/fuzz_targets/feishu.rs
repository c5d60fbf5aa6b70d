//! Feishu's parser, behind its signature. Lark's parser is the same. How to run it: see `words.rs`.
#![no_main]

mod deliveries;

libfuzzer_sys::fuzz_target!(|input: &[u8]| deliveries::check(chat::Platform::Feishu, input));
