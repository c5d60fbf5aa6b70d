//! DingTalk's parser, behind its signature. How to run it: see `words.rs`.
#![no_main]

mod deliveries;

libfuzzer_sys::fuzz_target!(|input: &[u8]| deliveries::check(chat::Platform::DingTalk, input));
