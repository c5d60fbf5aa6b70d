use super::{Sheet, Worker, steps};
use chat::Platform;
use expect_test::expect_file;
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

const WRANGLER: &str = "name = \"opshook\"\n[env.staging]\n[env.eu]\nname = \"ops-eu\"\n";

fn worker() -> Worker {
    Worker::read(WRANGLER, None, Some("https://opshook.example.workers.dev/")).unwrap()
}

fn document(platform: Platform) -> String {
    steps::sheet(platform, &worker()).document.unwrap()
}

fn json(platform: Platform) -> Value {
    serde_json::from_str(&document(platform)).unwrap()
}

#[test]
fn each_platform_is_told_what_it_wants() {
    for platform in Platform::ALL {
        let Sheet { document, steps } = steps::sheet(*platform, &worker());
        let told = document.map(|document| format!("\n{document}")).unwrap_or_default();
        let golden = format!("{}/src/manifest/goldens/{platform}.txt", env!("CARGO_MANIFEST_DIR"));
        expect_file![golden].assert_eq(&format!("{steps}{told}"));
    }
}

#[test]
fn each_sheet_names_the_address_and_every_secret_and_leaves_no_gap() {
    for platform in Platform::ALL {
        let Sheet { document, steps } = steps::sheet(*platform, &worker());
        let all = format!("{steps}{}", document.unwrap_or_default());
        assert!(all.contains(&format!("https://opshook.example.workers.dev/hooks/{platform}")), "{platform}");
        let secrets = [Some(platform.secret_variable()), platform.token_variable(), platform.credential_variable()];
        for name in secrets.into_iter().flatten() {
            assert!(steps.contains(&format!("   npx wrangler secret put {name}\n")), "{platform} {name}");
        }
        assert!(steps.contains("   npx wrangler deploy\n"), "{platform}");
        assert!(steps.contains(&format!("{platform}:")), "{platform}");
        for gap in ["{hook}", "{secrets}", "{deploy}", "{console}", "{word}", "{hint}", "{description}"] {
            assert!(!all.contains(gap), "{platform} {gap}");
        }
        assert!(steps.lines().all(|line| line.trim_end() == line), "{platform}");
    }
}

#[test]
fn goldens_are_the_platforms() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manifest/goldens");
    let mut found: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, Platform::ALL.iter().map(|platform| format!("{platform}.txt")).collect::<Vec<_>>());
}

/// slackapi/manifest-schema: schemas/manifest.schema.1.0.0.json.
#[test]
fn slacks_manifest_keeps_its_schema() {
    let manifest = json(Platform::Slack);
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let text = |pointer: &str, most: usize| {
        let text = manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}"));
        assert!((1..=most).contains(&text.chars().count()), "{pointer}: {text}");
        text
    };
    assert_eq!(keys(&manifest), ["display_information", "features", "oauth_config", "settings"]);
    assert_eq!(keys(&manifest["display_information"]), ["description", "name"]);
    text("/display_information/name", 35);
    text("/display_information/description", 140);
    assert_eq!(keys(&manifest["features"]), ["bot_user", "slash_commands"]);
    text("/features/bot_user/display_name", 80);
    assert_eq!(manifest["features"]["slash_commands"].as_array().unwrap().len(), 1);
    assert_eq!(
        keys(&manifest["features"]["slash_commands"][0]),
        ["command", "description", "should_escape", "url", "usage_hint"]
    );
    assert!(text("/features/slash_commands/0/command", 32).starts_with('/'));
    text("/features/slash_commands/0/description", 2000);
    text("/features/slash_commands/0/usage_hint", 1000);
    let hook = "https://opshook.example.workers.dev/hooks/slack";
    assert_eq!(text("/features/slash_commands/0/url", 3000), hook);
    assert_eq!(text("/settings/interactivity/request_url", 3500), hook);
    assert_eq!(manifest["settings"]["interactivity"]["is_enabled"], true);
    assert_eq!(manifest["settings"]["socket_mode_enabled"], false);
    assert_eq!(manifest["oauth_config"]["scopes"], serde_json::json!({ "bot": ["commands"] }));
}

/// docs.discord.com/developers/interactions/application-commands.
#[test]
fn discords_commands_keep_its_limits() {
    fn length(value: &Value) -> usize {
        let text = |key: &str| value[key].as_str().map_or(0, |text| text.chars().count());
        let localized = value["description_localizations"].as_object().into_iter().flatten();
        let localized = localized.map(|(_, text)| text.as_str().unwrap().chars().count()).max().unwrap_or_default();
        let inside = ["options", "choices"].into_iter().filter_map(|key| value[key].as_array()).flatten().map(length);
        text("name") + text("description").max(localized) + text("value") + inside.sum::<usize>()
    }
    fn check(entry: &Value, depth: usize) {
        let name = entry["name"].as_str().unwrap();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        assert!((1..=32).contains(&name.len()) && name.chars().all(plain), "{name}");
        let descriptions = entry["description_localizations"].as_object().into_iter().flatten().map(|(_, text)| text);
        for text in descriptions.chain([&entry["description"]]) {
            assert!((1..=100).contains(&text.as_str().unwrap().chars().count()), "{name}: {text}");
        }
        let list = |key: &str| entry[key].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(list("options").len() <= 25 && list("choices").len() <= 25, "{name}");
        assert!(list("choices").is_empty() || entry["autocomplete"] != true, "{name}: both choices and completion");
        for choice in list("choices") {
            for key in ["name", "value"] {
                assert!((1..=100).contains(&choice[key].as_str().unwrap().chars().count()), "{name}: {choice}");
            }
        }
        // Those that must be given come first.
        let required: Vec<bool> = list("options").iter().map(|option| option["required"] == true).collect();
        assert!(required.is_sorted_by(|one, next| one >= next), "{name}");
        assert!(depth <= 2, "{name}");
        list("options").iter().for_each(|option| check(option, depth + 1));
    }
    let commands = json(Platform::Discord);
    let commands = commands.as_array().unwrap();
    assert!((1..=100).contains(&commands.len()));
    for command in commands {
        assert_eq!(command["type"], 1);
        assert!(length(command) <= 8000, "{} characters", length(command));
        check(command, 0);
    }
}

/// A `curl` that writes down how it was called, what it read, and its configuration.
const CURL: &str = "#!/bin/sh
{ printf 'arguments %s\\n' \"$*\"; printf 'config '; cat /dev/fd/3; printf 'body '; cat; echo; } >> \"$CALLS\"
printf '{\"ok\":true}'
";

#[test]
fn telegrams_script_makes_its_calls_and_shows_no_secret_to_other_people_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    fs::write(&curl, CURL).unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let calls = folder.path().join("calls");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh")
        .env("PATH", path)
        .env("CALLS", &calls)
        .env("TELEGRAM_BOT_TOKEN", "1:bot")
        .env("TELEGRAM_WEBHOOK_SECRET", "hook_secret-1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(document(Platform::Telegram).as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"ok\":true}\n".repeat(4));

    let calls = fs::read_to_string(calls).unwrap();
    let part = |name: &str| -> Vec<&str> {
        calls.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect()
    };
    for arguments in part("arguments") {
        assert!(!arguments.contains("bot") && !arguments.contains("hook_secret"), "{arguments}");
    }
    let methods = ["setWebhook", "setMyCommands", "setMyCommands", "getWebhookInfo"];
    let urls = methods.map(|method| format!("url = \"https://api.telegram.org/bot1:bot/{method}\""));
    assert_eq!(part("config"), urls);
    let bodies: Vec<Value> = part("body").iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(
        bodies[0],
        serde_json::json!({
            "url": "https://opshook.example.workers.dev/hooks/telegram",
            "secret_token": "hook_secret-1",
            "allowed_updates": ["message", "callback_query"],
        })
    );
    assert_eq!([&bodies[1]["language_code"], &bodies[2]["language_code"]], [&Value::Null, &Value::from("zh")]);
    // core.telegram.org/bots/api, `BotCommand`.
    for body in &bodies[1..3] {
        let commands = body["commands"].as_array().unwrap();
        assert!((1..=100).contains(&commands.len()));
        for command in commands {
            let word = command["command"].as_str().unwrap();
            assert!((1..=32).contains(&word.len()), "{word}");
            assert!(
                word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{word}"
            );
            assert!((1..=256).contains(&command["description"].as_str().unwrap().chars().count()), "{word}");
        }
    }
}

#[test]
fn mattermosts_fields_keep_its_limits() {
    let steps = steps::sheet(Platform::Mattermost, &worker()).steps;
    let field = |name: &str| {
        let line = steps.lines().find_map(|line| line.trim_start().strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    // mattermost/mattermost: server/public/model/command.go, `IsValid`.
    assert_eq!(field("Command Trigger Word"), "swas");
    assert!(field("Title").len() <= 64 && field("Request URL").len() <= 1024);
    assert!((1..=1024).contains(&field("Autocomplete Hint").len()));
    assert!((1..=1024).contains(&field("Autocomplete Description").len()));
}

#[test]
fn the_address_comes_from_the_file_where_it_says_one() {
    let read = |env: Option<&str>, more: &str| Worker::read(&format!("{more}{WRANGLER}"), env, None).unwrap();
    let guess = |url: &str, flag: &str| Worker { url: url.to_owned(), is_guess: true, flag: flag.to_owned() };
    assert_eq!(read(None, ""), guess("https://opshook.YOUR-SUBDOMAIN.workers.dev", ""));
    assert_eq!(
        read(Some("staging"), ""),
        guess("https://opshook-staging.YOUR-SUBDOMAIN.workers.dev", " --env staging")
    );
    assert_eq!(read(Some("eu"), ""), guess("https://ops-eu.YOUR-SUBDOMAIN.workers.dev", " --env eu"));
    let routes =
        "routes = [{ pattern = \"a.example.com/*\" }, { pattern = \"ops.example.com\", custom_domain = true }]\n";
    let known = Worker { url: "https://ops.example.com".to_owned(), is_guess: false, flag: String::new() };
    assert_eq!(read(None, routes), known);
    let steps = steps::sheet(Platform::Slack, &read(Some("eu"), "")).steps;
    assert!(steps.starts_with("wrangler.toml does not say the Worker's subdomain: "), "{steps}");
    assert!(
        steps.contains("   npx wrangler secret put SLACK_SIGNING_SECRET --env eu\n   npx wrangler deploy --env eu\n")
    );
}

#[test]
fn an_address_that_no_platform_would_call_is_refused() {
    let error = |text: &str, env: Option<&str>, url: &str| Worker::read(text, env, Some(url)).unwrap_err().to_string();
    for url in ["http://opshook.example.workers.dev", "opshook.example.workers.dev", ""] {
        assert_eq!(error(WRANGLER, None, url), "the address must begin with https://: platforms call no other");
    }
    for url in ["https://", "https://a.example/hooks/slack", "https://a.example?b", "https://$(a)", "https://a\"b"] {
        assert_eq!(error(WRANGLER, None, url), "the address is https:// and a host, without a path");
    }
    assert_eq!(error(WRANGLER, Some("us"), "https://a.example"), "wrangler.toml has no [env.us]");
    assert_eq!(error("", None, "https://a.example"), "wrangler.toml has no `name`");
    assert_eq!(error("name", None, "https://a.example"), "wrangler.toml is not TOML");
}
