//! What people are told, a file a language: sentences with named places, and what is put there.
//!
//! A language that lacks one does not compile.

mod en;
mod zh;

use alloc::{string::String, vec::Vec};
use chat::Language;
use swas::Text;

/// All sentences of a language. `{name}` is a place; the same ones in every language.
#[derive(Debug)]
pub(crate) struct Texts {
    // How a command stands.
    pub(crate) accepted: &'static str,
    pub(crate) waits_for_confirmation: &'static str,
    pub(crate) done: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) not_allowed: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) expired_after: &'static str,
    pub(crate) result_follows: &'static str,
    pub(crate) ask_for_result: &'static str,
    pub(crate) taken_not_looked_at: &'static str,
    pub(crate) tried_again: &'static str,
    pub(crate) code_was_told: &'static str,
    pub(crate) nothing_sent_type_again: &'static str,
    pub(crate) not_executed_type_again: &'static str,
    pub(crate) may_have_acted: &'static str,
    pub(crate) already_so: &'static str,
    pub(crate) confirmed: &'static str,
    pub(crate) not_shown_yet: &'static str,
    pub(crate) not_confirmed: &'static str,
    pub(crate) and_more: &'static str,
    pub(crate) nothing_found: &'static str,
    pub(crate) nothing_sent: &'static str,
    pub(crate) not_delivered: &'static str,
    // Names of fields.
    pub(crate) code: &'static str,
    pub(crate) request_id: &'static str,
    pub(crate) command: &'static str,
    pub(crate) account: &'static str,
    // What a command waits for.
    pub(crate) other_first: &'static str,
    pub(crate) next_in_line: &'static str,
    pub(crate) come_before: &'static str,
    pub(crate) turn: &'static str,
    pub(crate) drop_with: &'static str,
    // What has happened.
    pub(crate) what_happened: &'static str,
    pub(crate) attempt: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) with_request_id: &'static str,
    pub(crate) by: &'static str,
    // The second yes.
    pub(crate) please_confirm: &'static str,
    pub(crate) type_if_sure: &'static str,
    pub(crate) approver_must_type: &'static str,
    pub(crate) to_drop: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) too_many_codes: &'static str,
    pub(crate) try_again_in: &'static str,
    pub(crate) no_such_code: &'static str,
    pub(crate) why_no_such_code: &'static str,
    // What is not understood.
    pub(crate) no_such_word: &'static str,
    pub(crate) did_you_mean: &'static str,
    pub(crate) did_you_mean_one: &'static str,
    pub(crate) help_lists: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) cannot_take: &'static str,
    pub(crate) no_such_region: &'static str,
    pub(crate) regions_lists: &'static str,
    pub(crate) at_most_one_word: &'static str,
    pub(crate) exactly_one_word: &'static str,
    pub(crate) not_a_pair: &'static str,
    pub(crate) one_too_many: &'static str,
    pub(crate) missing: &'static str,
    pub(crate) set_by_gateway: &'static str,
    // What is wrong with a parameter, after its name.
    pub(crate) required: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) unknown_nearest: &'static str,
    pub(crate) repeated: &'static str,
    pub(crate) not_a: &'static str,
    pub(crate) gap: &'static str,
    pub(crate) shared_body: &'static str,
    pub(crate) too_deep: &'static str,
    pub(crate) shorter: &'static str,
    pub(crate) longer: &'static str,
    pub(crate) not_ascii: &'static str,
    pub(crate) other_prefix: &'static str,
    pub(crate) less: &'static str,
    pub(crate) more: &'static str,
    pub(crate) not_more: &'static str,
    pub(crate) not_less: &'static str,
    pub(crate) fewer_items: &'static str,
    pub(crate) more_items: &'static str,
    pub(crate) not_one_of: &'static str,
    pub(crate) no_json_strings: &'static str,
    pub(crate) the_value: &'static str,
    pub(crate) int32: &'static str,
    pub(crate) int64: &'static str,
    pub(crate) number: &'static str,
    pub(crate) boolean: &'static str,
    pub(crate) json_string: &'static str,
    pub(crate) json_array: &'static str,
    pub(crate) json_object: &'static str,
    pub(crate) json: &'static str,
    pub(crate) items: &'static str,
    pub(crate) fields: &'static str,
    pub(crate) header_text: &'static str,
    pub(crate) host_part: &'static str,
    pub(crate) path_part: &'static str,
    // What would be needed to be allowed.
    pub(crate) no_rule_names_you: &'static str,
    pub(crate) not_in_this_place: &'static str,
    pub(crate) not_this_operation: &'static str,
    pub(crate) not_this_value: &'static str,
    pub(crate) stronger_signature: &'static str,
    pub(crate) policy_changed: &'static str,
    pub(crate) not_served: &'static str,
    // Why there is no answer of the vendor's.
    pub(crate) unreachable: &'static str,
    pub(crate) timed_out: &'static str,
    pub(crate) no_endpoint: &'static str,
    pub(crate) unsignable: &'static str,
    pub(crate) not_understood: &'static str,
    // Lists of the gateway's own.
    pub(crate) can_type: &'static str,
    pub(crate) also: &'static str,
    pub(crate) no_such_command: &'static str,
    pub(crate) no_commands: &'static str,
    pub(crate) latest_commands: &'static str,
    // What went wrong with the gateway.
    pub(crate) newer_ledger: &'static str,
    pub(crate) newer_tables: &'static str,
    pub(crate) deploy_newer: &'static str,
    pub(crate) not_recorded: &'static str,
    pub(crate) look_whether_accepted: &'static str,
    pub(crate) ledger_silent: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) ledger_late: &'static str,
    pub(crate) look_whether_taken: &'static str,
    pub(crate) delivery_reused: &'static str,
    pub(crate) delivery_needs_own_id: &'static str,
}

/// The sentences of this language.
pub(crate) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &en::TEXTS,
        Language::Chinese => &zh::TEXTS,
    }
}

/// A phrase of the overlay.
pub(crate) const fn phrase(text: &Text, language: Language) -> &'static str {
    match language {
        Language::English => text.en,
        Language::Chinese => text.zh,
    }
}

/// Puts values into the places of a sentence. A value is never looked through for places.
pub(crate) fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = sentence;
    while let Some((before, name, after)) = place(rest) {
        filled.push_str(before);
        filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The first place of a sentence, with what stands before and after it.
fn place(sentence: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = sentence.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// What is stored in English because it is no answer of the vendor's but ours, in another language; anything else as it is.
pub(crate) fn translated(stored: &str, language: Language) -> String {
    let own = |texts: &Texts| {
        [
            texts.unreachable,
            texts.timed_out,
            texts.no_endpoint,
            texts.unsignable,
            texts.not_understood,
            texts.policy_changed,
            texts.not_served,
            texts.no_rule_names_you,
            texts.not_in_this_place,
            // Before the one that could take the whole of it for an operation's name.
            texts.not_this_value,
            texts.not_this_operation,
            texts.stronger_signature,
        ]
    };
    for (stored_as, told_as) in own(&en::TEXTS).into_iter().zip(own(texts(language))) {
        if let Some(values) = filled_from(stored_as, stored) {
            return fill(told_as, &values);
        }
    }
    stored.into()
}

/// What stands in the places of a sentence that was filled; `None`: it was another sentence.
fn filled_from<'a>(sentence: &'a str, filled: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut values = Vec::new();
    let (mut sentence, mut filled) = (sentence, filled);
    while let Some((before, name, after)) = place(sentence) {
        let rest = filled.strip_prefix(before)?;
        let next = place(after).map_or(after, |(between, ..)| between);
        let is_last = next.len() == after.len();
        let end = if is_last { rest.len().checked_sub(next.len()) } else { rest.find(next) }.filter(|end| *end > 0)?;
        let (value, left) = rest.split_at_checked(end)?;
        values.push((name, value));
        (sentence, filled) = (after, left);
    }
    (sentence == filled).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, format, string::ToString as _};

    /// Each sentence with its name, by the derived `Debug`, which knows all of them.
    fn sentences(texts: &Texts) -> Vec<(String, String)> {
        let shown = format!("{texts:#?}");
        let lines = shown.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
        let unquoted = |text: &str| {
            let quoted: String = serde_json::from_str(text.strip_suffix(',').unwrap()).unwrap();
            quoted
        };
        lines.map(|(name, text)| (name.into(), unquoted(text))).collect()
    }

    fn places(sentence: &str) -> BTreeSet<String> {
        let mut rest = sentence;
        let mut places = BTreeSet::new();
        while let Some((_, name, after)) = place(rest) {
            places.insert(name.into());
            rest = after;
        }
        places
    }

    #[test]
    fn every_sentence_is_there_in_every_language_with_the_same_places() {
        let english = sentences(&en::TEXTS);
        assert!(english.len() > 100);
        for ((name, en), (same, zh)) in english.iter().zip(sentences(&zh::TEXTS)) {
            assert_eq!(*name, same);
            assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{name}");
            assert_eq!(places(en), places(&zh), "{name}");
            assert!(en.is_ascii() || name == "and_more", "{name}: {en}");
            let is_chinese = zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            // JSON is called so everywhere, and so are the values of a boolean.
            assert!(is_chinese || ["json"].contains(&name.as_str()), "{name}: {zh}");
        }
    }

    #[test]
    fn every_code_that_is_explained_is_in_both_languages() {
        for (code, text) in swas::ERRORS {
            assert!(text.en.is_ascii() && text.en.ends_with('.'), "{code}: {}", text.en);
            assert!(text.zh.ends_with('。'), "{code}: {}", text.zh);
        }
        assert_eq!(swas::error("Throttling.User"), swas::error("Throttling"));
        assert_eq!(swas::error("Throttling.Api.Concurrency"), swas::error("Throttling"));
        assert_eq!(swas::error("ThrottlingX"), None);
        assert_eq!(swas::error(""), None);
        // Every code that the operations we serve document is explained.
        for served in swas::SERVED {
            for error in served.operation.errors {
                assert!(swas::error(error.code).is_some(), "{} {}", served.operation.name, error.code);
            }
        }
    }

    #[test]
    fn places_are_filled_and_values_are_not_looked_into() {
        assert_eq!(fill("{a} and {b}{a}", &[("a", "{b}"), ("b", "2")]), "{b} and 2{b}");
        assert_eq!(fill("no place", &[("a", "1")]), "no place");
        assert_eq!(fill("an open {brace", &[]), "an open {brace");
    }

    #[test]
    fn what_is_stored_in_english_is_told_in_chinese() {
        let told = |stored: &str| translated(stored, Language::Chinese);
        assert_eq!(told("the endpoint cannot be reached"), "无法连接服务端点");
        assert_eq!(told("the endpoint's answer is not understood (HTTP 502)"), "无法理解服务端点的应答（HTTP 502）");
        assert_eq!(told("The policy has changed since it was asked for."), "提出请求之后策略已变更。");
        assert_eq!(
            told("Your rules in this place do not allow this value of RegionId, but: cn-hangzhou, cn-beijing"),
            "您在此处的规则不允许 RegionId 取此值，只允许：cn-hangzhou, cn-beijing"
        );
        assert_eq!(
            told("Your rules do not hold in this place, slack:T1/C1, but in: slack:T1/C2"),
            "适用于您的规则在此处（slack:T1/C1）不生效，仅在以下位置生效：slack:T1/C2"
        );
        for other in [
            "anything else",
            "the endpoint cannot be reached at all",
            "the endpoint's answer is not understood (HTTP )",
            "the endpoint's answer is not understood (HTTP 502",
            "Your rules do not hold in this place, slack:T1/C1",
            "Your rules do not hold in this place, ，",
        ] {
            assert_eq!(told(other), other);
        }
        assert_eq!(told(""), "");
        let english = "the endpoint's answer is not understood (HTTP 502)";
        assert_eq!(translated(english, Language::English), english.to_string());
    }
}
