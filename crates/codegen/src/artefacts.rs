//! What is generated as JSON for others than Rust: the webhook's interface, the reference's data, chat platforms' commands.
//!
//! Names stand as the wire has them. Prose is untrusted: characters that nobody sees are left out of it, everything else is
//! JSON's to escape and the reader's to render.

mod commands;
mod openapi;
mod pages;
mod reference;

use crate::{ApiDocument, OperationSpec, Overlay, ParameterSpec, ServedSpec, WordSpec, prose::visible};
use serde_json::Value;

pub(crate) use commands::{discord, slack, telegram};
pub(crate) use openapi::openapi;
pub(crate) use pages::{Language, page};
pub(crate) use reference::reference;

/// The parameter that the gateway's settings can fill in, so that nobody has to give it.
const REGION: &str = "RegionId";

/// The words that are the gateway's own, as `ops` reads them.
const OWN_WORDS: [OwnWord; 5] = [
    OwnWord { word: "help", argument: None, required: false, en: "show what can be typed", zh: "显示可用命令" },
    OwnWord {
        word: "status",
        argument: Some(("id", "the id in the answer to the command")),
        required: false,
        en: "show one command, or your newest ones",
        zh: "查看某个命令或最近的命令",
    },
    OwnWord {
        word: "log",
        argument: Some(("id", "the id in the answer to the command")),
        required: false,
        en: "show what has happened to a command",
        zh: "查看某个命令的执行经过",
    },
    OwnWord {
        word: "confirm",
        argument: Some(("code", "the code in the question")),
        required: true,
        en: "say yes to a risky command",
        zh: "确认有风险的命令",
    },
    OwnWord {
        word: "cancel",
        argument: Some(("code", "the code in the question")),
        required: true,
        en: "take a waiting command back",
        zh: "取消等待确认的命令",
    },
];

struct OwnWord {
    word: &'static str,
    /// What follows it, and what that is.
    argument: Option<(&'static str, &'static str)>,
    required: bool,
    en: &'static str,
    zh: &'static str,
}

impl OwnWord {
    fn usage(&self) -> String {
        match self.argument {
            Some((argument, _)) => format!("{} {}", self.word, holder(argument, self.required)),
            None => self.word.to_owned(),
        }
    }
}

/// A served operation with its side of the document.
struct Served<'a> {
    spec: &'a ServedSpec,
    operation: &'a OperationSpec,
}

/// The served operations in the overlay's order.
fn served<'a>(document: &'a ApiDocument, overlay: &'a Overlay) -> impl Iterator<Item = Served<'a>> {
    overlay.served.iter().filter_map(|spec| Some(Served { spec, operation: document.operation(&spec.operation)? }))
}

impl<'a> Served<'a> {
    /// What may be given: all but the client token, which is the gateway's to set.
    fn parameters(&self) -> impl Iterator<Item = &'a ParameterSpec> {
        let token = self.spec.client_token.as_deref();
        self.operation.parameters.iter().filter(move |parameter| token != Some(parameter.name.as_str()))
    }

    /// `share <ImageId> [RegionId]`
    fn usage(&self, word: &WordSpec) -> String {
        let arguments = word.arguments.iter().map(|name| {
            let required = self.operation.parameter(name).is_some_and(must_be_given);
            holder(name, required)
        });
        [word.word.clone()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
    }
}

fn must_be_given(parameter: &ParameterSpec) -> bool {
    parameter.schema.required && parameter.name != REGION
}

fn holder(name: &str, required: bool) -> String {
    if required { format!("<{name}>") } else { format!("[{name}]") }
}

/// How people call the gateway on a chat platform, without the slash: the first part of the product's code.
fn command_name(document: &ApiDocument) -> String {
    let first = document.product.split(|c: char| !c.is_ascii_alphanumeric()).find(|part| !part.is_empty());
    let name: String = first.unwrap_or("ops").to_ascii_lowercase().chars().take(24).collect();
    // Slack asks for two characters.
    if name.len() < 2 { "ops".to_owned() } else { name }
}

/// Prose on one line, with at most so many characters.
fn brief(prose: &str, most: usize) -> String {
    let line = visible(prose).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// A value as JSON has it where its text is a number or a truth value, else as text.
fn typed(text: &str, is_text: bool) -> Value {
    let read = || serde_json::from_str::<Value>(&text.to_ascii_lowercase()).ok();
    let scalar = if is_text { None } else { read().filter(|value| value.is_number() || value.is_boolean()) };
    scalar.unwrap_or_else(|| visible(text).into())
}

/// As it is written to a file: two spaces a level and a line break at the end.
fn written(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_cut_between_characters() {
        assert_eq!(brief("a\n  b\u{202e}c", 9), "a bc");
        assert_eq!(brief("名称镜像", 4), "名称镜像");
        assert_eq!(brief("名称 镜像", 4), "名称…");
        assert_eq!(brief("", 4), "");
    }

    #[test]
    fn values_take_the_type_of_what_they_are_for() {
        assert_eq!(typed("10", false), 10);
        assert_eq!(typed("10", true), "10");
        assert_eq!(typed("True", false), true);
        assert_eq!(typed("cn-1", false), "cn-1");
    }
}
