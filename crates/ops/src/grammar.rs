//! What people type, read by the overlay's words and the operations' tables. No operation is named here.

use acs_rpc::{InvalidParameter, Operation, WireParameters};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use chat::{Language, Request};
use swas::{Served, Word};

/// What a request means.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Run an operation with these checked parameters.
    Run {
        /// Which.
        operation: &'static str,
        /// Its parameters, without the client token, which is ours to set.
        parameters: WireParameters,
    },
    /// Show what can be typed.
    Help,
    /// Show one command, or the newest ones of this person.
    Status(Option<String>),
    /// Show what has happened to one command, or to the newest of this person.
    Log(Option<String>),
    /// Say the second yes.
    Confirm(String),
    /// Take a waiting command back, by its code or id.
    Cancel(String),
}

/// Why a request means nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Misunderstanding {
    /// No such word.
    UnknownCommand {
        /// As typed.
        word: String,
        /// The nearest there is.
        nearest: Option<&'static str>,
    },
    /// The word is known, what follows is not as it should be.
    Usage {
        /// How it is typed.
        usage: String,
        /// What is wrong.
        problem: UsageProblem,
    },
    /// Parameters that would be refused.
    Invalid {
        /// The operation.
        operation: &'static str,
        /// Each with its reason.
        problems: Vec<InvalidParameter>,
    },
    /// No endpoint serves this region.
    UnknownRegion {
        /// As typed.
        region: String,
        /// The nearest there is.
        nearest: Option<&'static str>,
    },
}

/// What is wrong with what follows a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageProblem {
    /// More than one word follows this one.
    AtMostOneWord(&'static str),
    /// None or more than one follow this one.
    ExactlyOneWord(&'static str),
    /// Not `Name=Value`.
    NotAPair(String),
    /// Nothing is left that this could be.
    OneTooMany(String),
    /// This parameter must be given.
    Missing(&'static str),
    /// This parameter is not for people to give.
    SetByGateway(&'static str),
}

/// The parameter every regional operation has.
pub(crate) const REGION: &str = "RegionId";

/// The words that are ours, with what follows them.
pub(crate) const OWN_WORDS: [(&str, &str); 5] =
    [("help", ""), ("status", " [id]"), ("log", " [id]"), ("confirm", " <code>"), ("cancel", " <code|id>")];

/// Reads a request. `default_region` fills in where none is given.
///
/// # Errors
/// What is not understood, with what would be.
pub fn read(request: &Request, default_region: Option<&str>, language: Language) -> Result<Intent, Misunderstanding> {
    match request {
        Request::Call { operation, parameters } => {
            let served = served_by_name(operation)?;
            let mut wire = WireParameters::new();
            for (name, value) in parameters {
                wire.push(name.clone(), value.clone());
            }
            finish(served, wire, default_region)
        }
        Request::Text(text) => read_words(&chat::words(text), default_region, language),
    }
}

fn read_words(words: &[String], default_region: Option<&str>, language: Language) -> Result<Intent, Misunderstanding> {
    let Some((first, rest)) = words.split_first() else {
        return Ok(Intent::Help);
    };
    let lower = first.to_ascii_lowercase();
    match (lower.as_str(), rest) {
        ("help" | "?", _) => return Ok(Intent::Help),
        ("status", []) => return Ok(Intent::Status(None)),
        ("status", [id]) => return Ok(Intent::Status(Some(id.to_ascii_uppercase()))),
        ("log", []) => return Ok(Intent::Log(None)),
        ("log", [id]) => return Ok(Intent::Log(Some(id.to_ascii_uppercase()))),
        ("confirm", [code]) => return Ok(Intent::Confirm(code.clone())),
        ("cancel", [code]) => return Ok(Intent::Cancel(code.clone())),
        _ => {
            if let Some((word, follows)) = OWN_WORDS.iter().find(|(word, _)| *word == lower) {
                let optional = follows.trim_start().starts_with('[');
                let problem = if optional { UsageProblem::AtMostOneWord } else { UsageProblem::ExactlyOneWord };
                return Err(usage(format!("{word}{follows}"), problem(word)));
            }
        }
    }
    if let Some((served, word)) = word_named(&lower) {
        return read_arguments(served, word, rest, default_region, language);
    }
    let served = served_by_name(first)?;
    let mut wire = WireParameters::new();
    for word in rest {
        match word.split_once('=') {
            Some((name, value)) => wire.push(parameter_named(served, name), value),
            None => return Err(usage(operation_usage(served.operation), UsageProblem::NotAPair(word.clone()))),
        }
    }
    finish(served, wire, default_region)
}

/// `share m-… cn-hangzhou`: values in the overlay's order, a region recognised wherever it stands, `Name=Value` anywhere.
fn read_arguments(
    served: &'static Served,
    word: &'static Word,
    rest: &[String],
    default_region: Option<&str>,
    language: Language,
) -> Result<Intent, Misunderstanding> {
    let mut wire = WireParameters::new();
    let in_language = if language == Language::English { word.in_english } else { &[] };
    for (name, value) in word.fixed.iter().chain(in_language) {
        wire.push(*name, *value);
    }
    for typed in rest {
        if let Some((name, value)) = typed.split_once('=') {
            wire.push(parameter_named(served, name), value);
            continue;
        }
        let free = |name: &&&str| wire.value(name).is_none();
        let is_region = swas::endpoint(typed).is_some();
        let next = word.arguments.iter().filter(free).find(|name| is_region == (**name == REGION));
        match next.or_else(|| word.arguments.iter().find(free)) {
            Some(name) => wire.push(*name, typed.clone()),
            None => return Err(usage(word_usage(served, word), UsageProblem::OneTooMany(typed.clone()))),
        }
    }
    for name in word.arguments {
        let required = served.operation.parameters.iter().any(|p| p.name == *name && p.required);
        let has_default = *name == REGION && default_region.is_some();
        if required && !has_default && wire.value(name).is_none() {
            return Err(usage(word_usage(served, word), UsageProblem::Missing(name)));
        }
    }
    finish(served, wire, default_region)
}

fn finish(
    served: &'static Served,
    mut wire: WireParameters,
    default_region: Option<&str>,
) -> Result<Intent, Misunderstanding> {
    let operation = served.operation;
    if let Some(token) = served.client_token
        && wire.value(token).is_some()
    {
        return Err(usage(operation_usage(operation), UsageProblem::SetByGateway(token)));
    }
    let takes_region = operation.parameters.iter().any(|p| p.name == REGION);
    if takes_region
        && wire.value(REGION).is_none()
        && let Some(region) = default_region
    {
        wire.push(REGION, region);
    }
    operation.check(&wire).map_err(|problems| Misunderstanding::Invalid { operation: operation.name, problems })?;
    if takes_region
        && let Some(region) = wire.value(REGION)
        && swas::endpoint(region).is_none()
    {
        let nearest = acs_rpc::nearest(region, swas::ENDPOINTS.iter().map(|endpoint| endpoint.region));
        return Err(Misunderstanding::UnknownRegion { region: region.to_owned(), nearest });
    }
    Ok(Intent::Run { operation: operation.name, parameters: wire })
}

fn served_by_name(name: &str) -> Result<&'static Served, Misunderstanding> {
    swas::SERVED.iter().find(|served| served.operation.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let own = OWN_WORDS.iter().map(|(word, _)| *word);
        let words = swas::SERVED.iter().flat_map(|served| served.words).map(|word| word.word);
        let operations = swas::SERVED.iter().map(|served| served.operation.name);
        Misunderstanding::UnknownCommand {
            word: name.to_owned(),
            nearest: acs_rpc::nearest(name, words.chain(own).chain(operations)),
        }
    })
}

/// The parameter of this name, however its letters are written: people and platforms' typed options differ in that.
fn parameter_named(served: &Served, name: &str) -> String {
    let mut alike = served.operation.parameters.iter().map(|p| p.name).filter(|known| known.eq_ignore_ascii_case(name));
    match (alike.clone().find(|known| *known == name), alike.next(), alike.next()) {
        (None, Some(one), None) => one.to_owned(),
        _ => name.to_owned(),
    }
}

fn word_named(lower: &str) -> Option<(&'static Served, &'static Word)> {
    swas::SERVED.iter().find_map(|served| Some((served, served.words.iter().find(|word| word.word == lower)?)))
}

/// `share <ImageId> [RegionId]`
pub(crate) fn word_usage(served: &Served, word: &Word) -> String {
    let mut out = word.word.to_string();
    for name in word.arguments {
        let required = *name != REGION && served.operation.parameters.iter().any(|p| p.name == *name && p.required);
        out += &if required { format!(" <{name}>") } else { format!(" [{name}]") };
    }
    out
}

/// `DeleteCustomImage ImageId=… [RegionId=…]`
pub(crate) fn operation_usage(operation: &Operation) -> String {
    let mut out = operation.name.to_string();
    for parameter in operation.parameters.iter().filter(|p| p.required && p.name != REGION) {
        out += &format!(" {}=…", parameter.name);
    }
    if operation.parameters.iter().any(|p| p.name == REGION) {
        out += &format!(" [{REGION}=…]");
    }
    out
}

fn usage(usage: String, problem: UsageProblem) -> Misunderstanding {
    Misunderstanding::Usage { usage, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Operation and parameters, or what is wrong.
    fn check(request: &Request, default_region: Option<&str>, expected: &str) {
        let read = match read(request, default_region, Language::English) {
            Ok(Intent::Run { operation, parameters }) => {
                let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{operation}{}", pairs.concat())
            }
            other => format!("{other:?}"),
        };
        assert_eq!(read, expected, "{request:?}");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn words_become_parameters() {
        let share = "ModifyImageShareStatus Operation=Share ImageId=m-1 RegionId=cn-beijing";
        for (typed, default_region, expected) in [
            ("share m-1 cn-beijing", None, share),
            ("SHARE m-1", Some("cn-beijing"), share),
            ("share ImageId=m-1 RegionId=cn-beijing", None, share),
            ("share imageid=m-1 REGIONID=cn-beijing", None, share),
            (
                "share RegionId=cn-beijing m-1",
                None,
                "ModifyImageShareStatus Operation=Share RegionId=cn-beijing ImageId=m-1",
            ),
            (
                "share cn-beijing m-1",
                Some("cn-hangzhou"),
                "ModifyImageShareStatus Operation=Share RegionId=cn-beijing ImageId=m-1",
            ),
            ("share", None, r#"Err(Usage { usage: "share <ImageId> [RegionId]", problem: Missing("ImageId") })"#),
            ("share m-1", None, r#"Err(Usage { usage: "share <ImageId> [RegionId]", problem: Missing("RegionId") })"#),
            ("share m-1 mars-1", None, r#"Err(UnknownRegion { region: "mars-1", nearest: None })"#),
            (
                "deletecustomimage ImageId=m-1 RegionId=cn-beijing",
                None,
                "DeleteCustomImage ImageId=m-1 RegionId=cn-beijing",
            ),
            ("images cn-beijing", None, "ListCustomImages PageSize=100 RegionId=cn-beijing"),
            ("regions", Some("cn-beijing"), "ListRegions AcceptLanguage=en-US"),
            ("status abcdefghjkmn", None, r#"Ok(Status(Some("ABCDEFGHJKMN")))"#),
            ("log", None, "Ok(Log(None))"),
            ("Log abcdefghjkmn", None, r#"Ok(Log(Some("ABCDEFGHJKMN")))"#),
            ("log a b", None, r#"Err(Usage { usage: "log [id]", problem: AtMostOneWord("log") })"#),
            ("confirm x", None, r#"Ok(Confirm("x"))"#),
            ("confirm", None, r#"Err(Usage { usage: "confirm <code>", problem: ExactlyOneWord("confirm") })"#),
            ("?", None, "Ok(Help)"),
            ("  ", None, "Ok(Help)"),
            ("reboot m-1", None, r#"Err(UnknownCommand { word: "reboot", nearest: None })"#),
        ] {
            check(&Request::Text(typed.into()), default_region, expected);
        }
        let Ok(Intent::Run { parameters, .. }) = read(&Request::Text("regions".into()), None, Language::Chinese) else {
            panic!("not read");
        };
        assert_eq!(parameters, WireParameters::new());
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_machine_names_operation_and_parameters() {
        let call = |operation: &str, pairs: &[(&str, &str)]| Request::Call {
            operation: operation.into(),
            parameters: pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        };
        check(&call("ListRegions", &[]), Some("cn-beijing"), "ListRegions");
        check(&call("ListCustomImages", &[]), Some("cn-beijing"), "ListCustomImages RegionId=cn-beijing");
        let token = "Err(Usage { usage: \"ModifyImageShareStatus ImageId=… Operation=… [RegionId=…]\", \
                     problem: SetByGateway(\"ClientToken\") })";
        check(&call("ModifyImageShareStatus", &[("ClientToken", "x")]), None, token);
        assert_eq!(
            read(&call("ListRegions", &[("Colour", "red")]), None, Language::English),
            Err(Misunderstanding::Invalid {
                operation: "ListRegions",
                problems: vec![InvalidParameter {
                    name: "Colour".into(),
                    violation: acs_rpc::Violation::Unknown { nearest: None },
                }],
            })
        );
    }
}
