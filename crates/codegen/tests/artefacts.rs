//! What is generated as JSON: true to what the gateway reads, and within the limits of those who read it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chat::{Language, Request};
use codegen::{Generated, Input, generate};
use ops::grammar::{Intent, Misunderstanding, read};
use serde_json::{Value, json};
use std::fs;

const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/swas-open/2020-06-01");

fn artefact(document: &str, overlay: &str, name: &str) -> Value {
    let input =
        Input { document, document_path: "api-docs.json", overlay: Some((overlay, "overlay.toml")), command: "a test" };
    let Generated { files, site, .. } = generate(&input).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let file = files.iter().chain(&site).find(|file| file.path == name).unwrap();
    let value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(file.text, format!("{value:#}\n"), "{name} is written with two spaces a level");
    value
}

fn ours(name: &str) -> Value {
    let read = |name: &str| fs::read_to_string(format!("{SPEC}/{name}")).unwrap();
    artefact(&read("api-docs.json"), &read("overlay.toml"), name)
}

/// What the gateway makes of a line in which every place holder has been filled.
fn understood(usage: &str) -> Result<Intent, Misunderstanding> {
    let filled = |word: &str| match word.trim_matches(['<', '>', '[', ']']) {
        "ImageId" => "m-1".to_owned(),
        "RegionId" => "cn-hangzhou".to_owned(),
        other => other.to_owned(),
    };
    let line = usage.split(' ').map(filled).collect::<Vec<_>>().join(" ");
    read(&Request::Text(line), None, Language::English)
}

#[test]
fn every_usage_the_slack_hint_shows_is_understood() {
    let command = ours("slack-command.json");
    let hint = command["usage_hint"].as_str().unwrap();
    assert_eq!(
        hint,
        "share <ImageId> [RegionId] | unshare <ImageId> [RegionId] | images [RegionId] | regions | help | status [id] | \
         log [id] | confirm <code> | cancel <code>"
    );
    for usage in hint.split(" | ") {
        understood(usage).unwrap_or_else(|problem| panic!("{usage}: {problem:?}"));
    }
    assert_eq!(command["command"], "/swas");
    assert_eq!(command["should_escape"], true);
}

#[test]
fn every_command_of_telegram_is_understood_in_both_languages() {
    let calls = ours("telegram-commands.json");
    let [english, chinese] = calls.as_array().unwrap().as_slice() else { panic!("{calls}") };
    assert_eq!([&english["language_code"], &chinese["language_code"]], [&Value::Null, &json!("zh")]);
    let shown = |call: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let commands = call["commands"].as_array().unwrap().iter();
        commands.map(|command| (text(&command["command"]), text(&command["description"]))).collect()
    };
    let (english, chinese) = (shown(english), shown(chinese));
    let words: Vec<&str> = english.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["share", "unshare", "images", "regions", "help", "status", "log", "confirm", "cancel"]);
    assert_eq!(english[0].1, "make a custom image available in ECS");
    assert_eq!(chinese[0], ("share".to_owned(), "将自定义镜像共享至 ECS".to_owned()));
    for ((word, en), (same, zh)) in english.iter().zip(&chinese) {
        assert_eq!(word, same);
        assert!((1..=256).contains(&en.chars().count()) && (1..=256).contains(&zh.chars().count()), "{word}");
        let argument = match word.as_str() {
            "share" | "unshare" => " m-1 cn-hangzhou",
            "images" => " cn-hangzhou",
            "confirm" | "cancel" => " X",
            _ => "",
        };
        understood(&format!("{word}{argument}")).unwrap_or_else(|problem| panic!("{word}: {problem:?}"));
    }
}

#[test]
fn every_subcommand_of_discord_is_understood() {
    let commands = ours("discord-commands.json");
    let [command] = commands.as_array().unwrap().as_slice() else { panic!("{commands}") };
    assert_eq!([&command["name"], &command["type"]], [&json!("swas"), &json!(1)]);
    let mut shown = Vec::new();
    for sub_command in command["options"].as_array().unwrap() {
        let name = sub_command["name"].as_str().unwrap();
        let options = sub_command["options"].as_array().unwrap();
        // As the platform's adapter writes them; options that need not be given are left out where no value is known here.
        let value = |option: &Value| match option["name"].as_str().unwrap() {
            "image_id" => Some("ImageId=m-1"),
            "region_id" => Some("RegionId=cn-hangzhou"),
            "operation" => Some("Operation=Share"),
            "page_size" => Some("PageSize=10"),
            "id" | "code" => Some("X"),
            "command" => Some("help"),
            _ => {
                assert_eq!(option["required"], false, "{option}");
                None
            }
        };
        let word = if name == "run" { None } else { Some(name) };
        let line = word.into_iter().chain(options.iter().filter_map(value)).collect::<Vec<_>>().join(" ");
        read(&Request::Text(line.clone()), None, Language::English)
            .unwrap_or_else(|problem| panic!("{line}: {problem:?}"));
        shown.push(line);
    }
    assert_eq!(
        shown,
        [
            "help",
            "status X",
            "log X",
            "confirm X",
            "cancel X",
            "share ImageId=m-1 RegionId=cn-hangzhou",
            "unshare ImageId=m-1 RegionId=cn-hangzhou",
            "images RegionId=cn-hangzhou",
            "regions",
            "modifyimagesharestatus ImageId=m-1 Operation=Share RegionId=cn-hangzhou",
            "listcustomimages RegionId=cn-hangzhou PageSize=10",
            "listregions",
            "deletecustomimage ImageId=m-1 RegionId=cn-hangzhou",
            "help",
        ]
    );
    assert_eq!(
        command["options"][5]["options"][1],
        json!({ "type": 3, "name": "region_id", "required": false, "autocomplete": true,
            "description": "Region the custom image is in. `ListRegions` gives the identifiers in use." })
    );
}

#[test]
fn the_interface_has_one_body_an_operation_and_the_answers_of_the_worker() {
    let interface = ours("openapi.json");
    assert_eq!(interface["openapi"], "3.1.0");
    let post = &interface["paths"]["/hooks/standard"]["post"];
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&post["responses"]), ["200", "401", "404", "413", "503"]);
    assert_eq!(keys(&interface["paths"]["/healthz"]["get"]["responses"]), ["200", "503"]);
    let headers = post["parameters"].as_array().unwrap().iter().map(|header| header["name"].as_str().unwrap());
    assert_eq!(headers.collect::<Vec<_>>(), ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    let bodies = post["requestBody"]["content"]["application/json"]["schema"]["oneOf"].as_array().unwrap();
    let bodies: Vec<&str> = bodies.iter().map(|body| body["$ref"].as_str().unwrap()).collect();
    let expected = [
        "TextCommand",
        "CallModifyImageShareStatus",
        "CallListCustomImages",
        "CallListRegions",
        "CallDeleteCustomImage",
    ];
    assert_eq!(bodies, expected.map(|name| format!("#/components/schemas/{name}")));

    let schemas = &interface["components"]["schemas"];
    let share = &schemas["CallModifyImageShareStatus"];
    assert_eq!(keys(&share["properties"]), ["operation", "parameters", "actor", "place", "response_url"]);
    assert_eq!(share["properties"]["operation"], json!({ "const": "ModifyImageShareStatus" }));
    let parameters = &share["properties"]["parameters"];
    // The token is the gateway's to set, the region may be.
    assert_eq!(keys(&parameters["properties"]), ["RegionId", "ImageId", "Operation"]);
    assert_eq!(parameters["required"], json!(["ImageId", "Operation"]));
    assert_eq!(parameters["properties"]["ImageId"]["pattern"], "^m-");
    assert_eq!(parameters["properties"]["Operation"]["enum"], json!(["Share", "UnShare"]));
    let images = &schemas["CallListCustomImages"]["properties"]["parameters"];
    let size = &images["properties"]["PageSize"];
    assert_eq!([&size["type"], &size["minimum"], &size["maximum"]], [&json!("integer"), &json!(1), &json!(100)]);
    assert_eq!(keys(&images["patternProperties"]), ["^Tag\\.[1-9][0-9]*\\.Key$", "^Tag\\.[1-9][0-9]*\\.Value$"]);
    let texts: Vec<&str> = ["TextCommand", "Actor", "Place", "ResponseUrl", "Status", "Line", "Reply"].into();
    assert!(texts.iter().all(|name| schemas[*name].is_object()), "{schemas:#}");
}

/// The example bodies of the interface, as the gateway reads them.
#[test]
fn the_interfaces_examples_are_understood() {
    let interface = ours("openapi.json");
    let content = &interface["paths"]["/hooks/standard"]["post"]["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object().unwrap();
    assert_eq!(examples.len(), 5);
    for example in examples.values() {
        let Some(operation) = example["value"]["operation"].as_str() else { continue };
        let parameters = example["value"]["parameters"].as_object().cloned().unwrap_or_default();
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned()));
        let call = Request::Call { operation: operation.to_owned(), parameters: parameters.collect() };
        let Intent::Run { operation: understood, .. } = read(&call, None, Language::English).unwrap() else {
            panic!("{call:?}")
        };
        assert_eq!(understood, operation);
    }
}

#[test]
fn the_reference_holds_what_the_pages_need() {
    let reference = ours("reference.json");
    let operations = reference["operations"].as_array().unwrap();
    let share = operations.iter().find(|operation| operation["name"] == "ModifyImageShareStatus").unwrap();
    let image = &share["parameters"][2];
    assert_eq!([&image["name"], &image["type"], &image["limits"]["prefix"]], ["ImageId", "text", "m-"]);
    assert_eq!(image["required"], true);
    assert_eq!(share["errors"][1]["code"], "InvalidImageId.NotFound");
    assert_eq!(share["gateway"]["words"][0]["usage"], "share <ImageId> [RegionId]");
    assert_eq!(share["gateway"]["risks"][0]["consequences"][0]["zh"], "ECS 中将无法再查询或使用该镜像。");
    assert_eq!(share["gateway"]["ram"]["action"], "swas-open:ModifyImageShareStatus");
    let images = operations.iter().find(|operation| operation["name"] == "ListCustomImages").unwrap();
    let status = &images["response"]["fields"]["CustomImages"]["items"]["fields"]["Status"]["values"][1];
    assert_eq!(*status, json!({ "value": "1", "title": { "en": "available", "zh": "可用" } }));
    assert_eq!(reference["endpoints"].as_array().unwrap().len(), swas::ENDPOINTS.len());
}

/// A product with so many words that nothing fits into one command, and with prose that turns its direction.
#[test]
fn platforms_limits_hold_for_any_product() {
    const WORDS: usize = 60;
    let choices: Vec<String> = (0..26).map(|n| format!("v{n}")).collect();
    let document = json!({
        "version": "1.0",
        "info": { "style": "RPC", "product": "Sample", "version": "2024-01-31" },
        "apis": { "Do": { "methods": ["post"], "summary": "Does\u{202e} it.\u{0}", "parameters": [
            { "name": "Thing", "in": "query", "schema": { "type": "string", "required": true,
                "description": format!("A {}", "long \u{200b}story ".repeat(50)), "maxLength": 9 } },
            { "name": "thing", "in": "query", "schema": { "type": "string", "enum": choices } },
            { "name": "Count", "in": "query", "schema": { "type": "integer", "format": "int32", "minimum": 1 } },
            { "name": "Mode", "in": "query", "schema": { "type": "string", "enum": ["a", "b"] } },
            { "name": "Sure", "in": "query", "schema": { "type": "boolean", "required": true } },
        ] } }
    });
    let mut overlay = String::from(
        "product = \"Sample\"\nversion = \"2024-01-31\"\n[served.Do]\neffect = \"write\"\nevidence = \"a test\"\n\
         [served.Do.ram]\naction = \"sample:Do\"\nlevel = \"update\"\nresource = \"*\"\nevidence = \"a test\"\n",
    );
    for n in 0..WORDS {
        overlay += &format!(
            "[[served.Do.words]]\nword = \"do{n}\"\narguments = [\"thing\", \"Thing\", \"Count\", \"Mode\", \"Sure\"]\n\
             summary = {{ en = \"does it\", zh = \"做\" }}\n"
        );
    }
    let document = document.to_string();
    let slack = artefact(&document, &overlay, "slack-command.json");
    let hint = slack["usage_hint"].as_str().unwrap();
    assert!(hint.len() <= 1000 && hint.len() > 900, "{hint}");
    assert!(hint.ends_with(" | help | status [id] | log [id] | confirm <code> | cancel <code>"), "{hint}");

    let telegram = artefact(&document, &overlay, "telegram-commands.json");
    for call in telegram.as_array().unwrap() {
        let commands = call["commands"].as_array().unwrap();
        assert_eq!(commands.len(), WORDS + 5);
        assert_eq!(commands[0]["command"], "do0");
    }

    let discord = artefact(&document, &overlay, "discord-commands.json");
    let commands = discord.as_array().unwrap();
    let sizes: Vec<usize> = commands.iter().map(|command| command["options"].as_array().unwrap().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), WORDS + 7);
    assert!(sizes.iter().all(|&size| size <= 25), "{sizes:?}");
    assert_eq!([&commands[0]["name"], &commands[1]["name"]], ["sample", "sample-2"]);
    let options = commands[1]["options"][0]["options"].as_array().unwrap();
    let long = options[0]["description"].as_str().unwrap();
    assert_eq!(long.chars().count(), 100);
    assert!(long.starts_with("A long story long") && long.ends_with('…'), "{long}");
    let brief: Vec<Value> = options
        .iter()
        .map(|option| {
            let mut option = option.clone();
            option.as_object_mut().unwrap().shift_remove("description");
            option
        })
        .collect();
    assert_eq!(
        brief,
        [
            json!({ "type": 3, "name": "thing", "required": true, "max_length": 9 }),
            json!({ "type": 5, "name": "sure", "required": true }),
            // More values than can be offered.
            json!({ "type": 3, "name": "thing_2", "required": false }),
            json!({ "type": 4, "name": "count", "required": false, "min_value": 1 }),
            json!({ "type": 3, "name": "mode", "required": false,
                "choices": [{ "name": "a", "value": "a" }, { "name": "b", "value": "b" }] }),
        ]
    );
    let reference = artefact(&document, &overlay, "reference.json");
    assert_eq!(reference["operations"][0]["summary"], "Does it.");
}
