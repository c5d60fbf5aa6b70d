//! The gateway's commands as chat platforms want them registered.

use super::{OWN_WORDS, REGION, brief, command_name, must_be_given, served, written};
use crate::{ApiDocument, Constraint, Overlay, ParameterSpec, Shape};
use acs_rpc::Style;
use alloc::collections::BTreeMap;
use heck::ToSnakeCase;
use serde_json::{Value, json};

/// Slack's limits (docs.slack.dev/reference/app-manifest, `features.slash_commands`).
const SLACK_HINT: usize = 1000;

/// Discord's limits (docs.discord.com/developers/interactions/application-commands).
const DISCORD_NAME: usize = 32;
const DISCORD_DESCRIPTION: usize = 100;
const DISCORD_OPTIONS: usize = 25;
const DISCORD_CHOICES: usize = 25;
const DISCORD_CHOICE: usize = 100;
const DISCORD_TEXT: u64 = 6000;
const DISCORD_CHARACTERS: usize = 8000;
/// Whole numbers are sent as doubles.
const DISCORD_WHOLE: i64 = 1 << 53;

/// Telegram's limits (core.telegram.org/bots/api, `BotCommand` and `setMyCommands`).
const TELEGRAM_NAME: usize = 32;
const TELEGRAM_DESCRIPTION: usize = 256;
const TELEGRAM_COMMANDS: usize = 100;

/// The subcommand that takes a whole command, and its option, as `chat` reads them.
const SAY: &str = "run";
const SAY_OPTION: &str = "command";

/// Option types.
const SUB_COMMAND: u8 = 1;
const STRING: u8 = 3;
const INTEGER: u8 = 4;
const BOOLEAN: u8 = 5;
const NUMBER: u8 = 10;

/// `slack-command.json`: an entry of an app manifest's `features.slash_commands`, complete but for the address. A hint that
/// would be too long loses its last words; `help` lists them all.
pub(crate) fn slack(document: &ApiDocument, overlay: &Overlay) -> String {
    let words = served(document, overlay).flat_map(|served| {
        let usages: Vec<String> = served.spec.words.iter().map(|word| served.usage(word)).collect();
        usages
    });
    let mut hint = OWN_WORDS.map(|own| own.usage()).join(" | ");
    let mut before = String::new();
    for usage in words {
        if before.chars().count() + usage.chars().count() + 3 + hint.chars().count() > SLACK_HINT {
            break;
        }
        before += &format!("{usage} | ");
    }
    hint.insert_str(0, &before);
    written(&json!({
        "command": format!("/{}", command_name(document)),
        "description": brief(&format!("Operate {}", document.product), 2000),
        "usage_hint": hint,
        // Then people and channels arrive by their ids: names anybody can take.
        "should_escape": true,
    }))
}

/// `discord-commands.json`: the list to put at `/applications/{application}/commands`. Words are subcommands; what would not
/// fit into one command goes on in another.
pub(crate) fn discord(document: &ApiDocument, overlay: &Overlay) -> String {
    // Things that can be listed are suggested from the newest list.
    let listings = overlay.served.iter().filter_map(|spec| spec.listing.as_ref());
    let listed: Vec<&str> = listings.filter_map(|listing| listing.columns.first()).map(String::as_str).collect();
    let own = OWN_WORDS.iter().map(|own| {
        let options = own.argument.map(|(name, what)| {
            json!({ "type": STRING, "name": name, "description": what,
                "required": own.required })
        });
        sub_command(own.word, own.en, own.zh, options.into_iter().collect())
    });
    let words = served(document, overlay).flat_map(|served| {
        let commands: Vec<Value> = served
            .spec
            .words
            .iter()
            .map(|word| {
                let parameters = word.arguments.iter().filter_map(|name| served.operation.parameter(name));
                let options = options(document, &listed, parameters);
                sub_command(&word.word, &word.summary.en, &word.summary.zh, options)
            })
            .collect();
        commands
    });
    // One whose name is too long is reached by the subcommand that takes anything.
    let named = served(document, overlay).filter(|served| served.operation.name.len() <= DISCORD_NAME);
    let operations = named.map(|served| {
        let summary = &served.operation.summary;
        let name = served.operation.name.to_ascii_lowercase();
        sub_command(&name, summary, summary, options(document, &listed, served.parameters()))
    });
    let anything = json!({ "type": STRING, "name": SAY_OPTION, "description": "the command, as one would type it elsewhere",
        "required": true });
    let say = sub_command(SAY, "run a command as typed", "执行所输入的命令", Vec::from([anything]));
    let description = brief(&format!("Operate {}", document.product), DISCORD_DESCRIPTION);
    let name = command_name(document);
    let mut commands: Vec<Vec<Value>> = Vec::new();
    let mut characters = 0;
    for command in own.chain(words).chain(operations).chain([say]) {
        let more = length(&command);
        match commands.last_mut() {
            Some(last) if last.len() < DISCORD_OPTIONS && characters + more <= DISCORD_CHARACTERS => last.push(command),
            _ => {
                characters = DISCORD_NAME + description.chars().count();
                commands.push(Vec::from([command]));
            }
        }
        characters += more;
    }
    let commands: Vec<Value> = (1..)
        .zip(commands)
        .map(|(number, options)| {
            json!({
                "name": if number == 1 { name.clone() } else { format!("{name}-{number}") },
                "type": 1,
                "description": description,
                // Who may is the policy's to say; until somebody has opened it, the command is the administrators'.
                "default_member_permissions": "0",
                "contexts": [0],
                "integration_types": [0],
                "options": options,
            })
        })
        .collect();
    written(&Value::Array(commands))
}

/// `telegram-commands.json`: the parameters of two calls of `setMyCommands`, English for everybody, Chinese for who uses Telegram
/// in it. The list completes what is typed; words that cannot stand in it are understood all the same.
pub(crate) fn telegram(document: &ApiDocument, overlay: &Overlay) -> String {
    let words = served(document, overlay).flat_map(|served| &served.spec.words);
    let words = words.map(|word| (word.word.as_str(), word.summary.en.as_str(), word.summary.zh.as_str()));
    let own = OWN_WORDS.iter().map(|own| (own.word, own.en, own.zh));
    let fits = |word: &str| {
        (1..=TELEGRAM_NAME).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let words = words.filter(|(word, ..)| fits(word)).take(TELEGRAM_COMMANDS - OWN_WORDS.len());
    let all: Vec<_> = words.chain(own).collect();
    let list = |prose: &dyn Fn(&(&str, &str, &str)) -> String| -> Vec<Value> {
        all.iter().map(|command| json!({ "command": command.0, "description": prose(command) })).collect()
    };
    let described = |prose: &str, word: &str| match brief(prose, TELEGRAM_DESCRIPTION) {
        text if text.is_empty() => word.to_owned(),
        text => text,
    };
    written(&json!([
        { "commands": list(&|(word, en, _)| described(en, word)) },
        { "commands": list(&|(word, _, zh)| described(zh, word)), "language_code": "zh" },
    ]))
}

fn sub_command(word: &str, en: &str, zh: &str, options: Vec<Value>) -> Value {
    json!({
        "type": SUB_COMMAND,
        "name": brief(word, DISCORD_NAME),
        "description": description(en, word),
        "description_localizations": { "zh-CN": description(zh, word) },
        "options": options,
    })
}

/// Never empty, which Discord refuses.
fn description(prose: &str, name: &str) -> String {
    let text = brief(prose, DISCORD_DESCRIPTION);
    if text.is_empty() { brief(name, DISCORD_DESCRIPTION) } else { text }
}

/// An option for each parameter, those that must be given first.
fn options<'d>(
    document: &ApiDocument,
    listed: &[&str],
    parameters: impl Iterator<Item = &'d ParameterSpec>,
) -> Vec<Value> {
    let mut taken = BTreeMap::new();
    let (first, then): (Vec<_>, Vec<_>) = parameters.partition(|parameter| must_be_given(parameter));
    let ordered = first.into_iter().chain(then).take(DISCORD_OPTIONS);
    ordered.map(|parameter| option(document, listed, parameter, &mut taken)).collect()
}

fn option(
    document: &ApiDocument,
    listed: &[&str],
    parameter: &ParameterSpec,
    taken: &mut BTreeMap<String, usize>,
) -> Value {
    let schema = &parameter.schema;
    let kind = match (parameter.style, &document.resolve(schema).shape) {
        (Style::Plain, Shape::Int32 | Shape::Int64) => INTEGER,
        (Style::Plain, Shape::Number) => NUMBER,
        (Style::Plain, Shape::Boolean) => BOOLEAN,
        _ => STRING,
    };
    let mut option = json!({
        "type": kind,
        "name": option_name(&parameter.name, taken),
        "description": description(&schema.description, &parameter.name),
        "required": must_be_given(parameter),
    });
    let choices = choices(document, parameter, kind);
    if !choices.is_empty() {
        option["choices"] = choices.into();
        return option;
    }
    if kind == STRING && (parameter.name == REGION || listed.contains(&parameter.name.as_str())) {
        option["autocomplete"] = true.into();
    }
    for constraint in &schema.constraints {
        match constraint {
            Constraint::Minimum(n) if matches!(kind, INTEGER | NUMBER) && n.abs() <= DISCORD_WHOLE => {
                option["min_value"] = (*n).into();
            }
            Constraint::Maximum(n) if matches!(kind, INTEGER | NUMBER) && n.abs() <= DISCORD_WHOLE => {
                option["max_value"] = (*n).into();
            }
            Constraint::MinLength(n) if kind == STRING && *n <= DISCORD_TEXT => option["min_length"] = (*n).into(),
            Constraint::MaxLength(n) if kind == STRING && (1..=DISCORD_TEXT).contains(n) => {
                option["max_length"] = (*n).into();
            }
            _ => {}
        }
    }
    option
}

/// The permitted values, where they are few and short enough to be offered; regions are the ones with an endpoint.
fn choices(document: &ApiDocument, parameter: &ParameterSpec, kind: u8) -> Vec<Value> {
    let schema = &parameter.schema;
    let values: Vec<&str> = match schema.one_of() {
        Some(values) => values.iter().map(String::as_str).collect(),
        None if parameter.name == REGION => {
            document.endpoints.iter().map(|endpoint| endpoint.region.as_str()).collect()
        }
        None => Vec::new(),
    };
    let fits = |value: &&str| (1..=DISCORD_CHOICE).contains(&value.chars().count());
    if kind != STRING || values.len() > DISCORD_CHOICES || !values.iter().all(fits) {
        return Vec::new();
    }
    let choice = |value: &str| {
        let title = schema.titles.iter().find(|title| title.value == value).map_or("", |title| title.title.as_str());
        let title = brief(title, DISCORD_CHOICE);
        json!({ "name": if title.is_empty() { value.to_owned() } else { title }, "value": value })
    };
    values.into_iter().map(choice).collect()
}

/// `image_id` for `ImageId`; a name already taken gets a number.
pub(super) fn option_name(name: &str, taken: &mut BTreeMap<String, usize>) -> String {
    let plain: String = name.to_snake_case().chars().filter(char::is_ascii).take(DISCORD_NAME - 4).collect();
    let plain = if plain.is_empty() { "value".to_owned() } else { plain };
    let times = taken.entry(plain.clone()).and_modify(|times| *times += 1).or_insert(1);
    if *times == 1 { plain } else { format!("{plain}_{times}") }
}

/// What counts towards the limit of a command: names, descriptions and values, the longer where there are two languages.
fn length(value: &Value) -> usize {
    let text = |key: &str| value[key].as_str().map_or(0, |text| text.chars().count());
    let localized = value["description_localizations"]["zh-CN"].as_str().map_or(0, |text| text.chars().count());
    let inside = ["options", "choices"].into_iter().filter_map(|key| value[key].as_array()).flatten().map(length);
    text("name") + text("description").max(localized) + text("value") + inside.sum::<usize>()
}
