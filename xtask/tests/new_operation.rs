//! A new operation is data: in a copy of the repository, `RebootInstance` is taken from the vendor's document and given an
//! overlay entry, and everything else follows from `cargo xtask codegen`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod copy;

use copy::{cargo, put, read, root, run};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const OPERATION: &str = "RebootInstance";
const OFFICIAL: &str = "../shared/metadata/swas-open/2020-06-01/api-docs.json";
const SPEC: &str = "spec/swas-open/2020-06-01";
const GENERATED: &str = "crates/swas/src/generated";
/// In the copy only: a test that uses the operation.
const FLOW: &str = "crates/ops/tests/new_operation.rs";

/// The vendor's entry beside ours, and the decisions behind ours.
fn add_operation(copy: &Path, official: &str) {
    let official: Value = serde_json::from_str(official).unwrap();
    let operation = &official["apis"][OPERATION];
    assert!(operation.is_object(), "the official document has {OPERATION}");
    let mut ours: Value = serde_json::from_str(&read(root(), &format!("{SPEC}/api-docs.json"))).unwrap();
    ours["apis"][OPERATION] = operation.clone();
    put(&copy.join(SPEC).join("api-docs.json"), format!("{ours:#}\n").as_bytes());
    let decisions = read(root(), "xtask/tests/new_operation/overlay.toml");
    let overlay = read(root(), &format!("{SPEC}/overlay.toml")) + &decisions;
    put(&copy.join(SPEC).join("overlay.toml"), overlay.as_bytes());
}

/// This program in the copy, as cargo would run it there.
fn xtask(copy: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(copy).env("CARGO_MANIFEST_DIR", copy.join("xtask"));
    command
}

#[test]
fn a_new_operation_is_data() {
    let Ok(official) = fs::read_to_string(root().join(OFFICIAL)) else {
        println!("skipped: there is no {OFFICIAL}");
        return;
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let copy = target.join("new-operation");
    // Not what is generated, which is to be made anew.
    let ours = |path: &String| !path.starts_with(GENERATED) && !path.starts_with("spec/");
    let ours: Vec<String> = copy::sources().into_iter().filter(ours).collect();
    copy::make(&copy, &ours, &["spec", GENERATED, FLOW]);
    add_operation(&copy, &official);
    put(&copy.join(FLOW), &fs::read(root().join("xtask/tests/new_operation/flow.rs")).unwrap());

    run(&mut xtask(&copy, &["codegen"]));
    run(&mut xtask(&copy, &["codegen", "--check"]));
    listings_hold_it(&copy);
    signs_it(&copy);

    // Types, grammar, help and emulator: the test that was put there.
    let mut test =
        cargo(&copy, &["test", "--offline", "--locked", "--quiet", "--package", "ops", "--test", "new_operation"]);
    let printed = run(&mut test);
    assert!(printed.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{printed}");

    for path in ours {
        assert!(fs::read(copy.join(&path)).unwrap() == fs::read(root().join(&path)).unwrap(), "{path} had to change");
    }
}

fn listings_hold_it(copy: &Path) {
    let generated = copy.join(GENERATED);
    let artefact = |name: &str| serde_json::from_str::<Value>(&read(&generated, name)).unwrap();
    let surface = read(&generated, "SURFACE.md");
    assert!(
        surface.contains("\n## `RebootInstance`\n\n- POST, GET\n- write\n- word: `reboot` `InstanceId` `RegionId`\n")
    );
    let statements = artefact("ram-policy.json")["Statement"].clone();
    let statement = json!({ "Effect": "Allow", "Action": ["swas-open:RebootInstance"],
        "Resource": ["acs:swas-open:*:*:instance/*"] });
    assert!(statements.as_array().unwrap().contains(&statement), "{statements:#}");
    let interface: Value = serde_json::from_str(&read(copy, "site/openapi.json")).unwrap();
    let call = &interface["components"]["schemas"]["CallRebootInstance"]["properties"];
    assert_eq!(call["operation"], json!({ "const": OPERATION }));
    assert_eq!(call["parameters"]["required"], json!(["InstanceId"]));
    let body = json!({ "$ref": "#/components/schemas/CallRebootInstance" });
    let post = &interface["paths"]["/hooks/standard"]["post"]["requestBody"]["content"]["application/json"];
    assert!(post["schema"]["oneOf"].as_array().unwrap().contains(&body));
    let reference = artefact("reference.json");
    let mut operations = reference["operations"].as_array().unwrap().iter();
    let entry = operations.find(|operation| operation["name"] == OPERATION).unwrap();
    assert_eq!(entry["gateway"]["words"][0]["usage"], "reboot <InstanceId> [RegionId]");
    assert_eq!(entry["gateway"]["risks"][0]["consequences"][0]["zh"], "服务器在重启期间不可用。");
    let codes: Vec<&Value> = entry["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["IncorrectInstanceStatus", "InvalidInstanceId.NotFound", "InternalError"]);
    assert!(read(copy, "site/index.html").contains("<code>reboot &lt;InstanceId&gt; [RegionId]</code>"));
    assert!(read(copy, "site/zh.html").contains("<li>服务器在重启期间不可用。</li>"));
    let hint = artefact("slack-command.json")["usage_hint"].clone();
    assert!(hint.as_str().unwrap().contains(" | reboot <InstanceId> [RegionId] | "), "{hint}");
    let discord = artefact("discord-commands.json");
    let mut commands = discord[0]["options"].as_array().unwrap().iter();
    let reboot = commands.find(|command| command["name"] == "reboot").unwrap();
    assert_eq!(reboot["description_localizations"]["zh-CN"], "重启服务器");
    let options: Vec<&Value> = reboot["options"].as_array().unwrap().iter().map(|option| &option["name"]).collect();
    assert_eq!(options, ["instance_id", "region_id"]);
}

/// `xtask call` reads the description and needs nothing compiled.
fn signs_it(copy: &Path) {
    let mut call = xtask(copy, &["call", OPERATION, "InstanceId=ace", "RegionId=cn-hangzhou", "--print", "curl"]);
    call.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret");
    call.env_remove("ALIBABA_CLOUD_SECURITY_TOKEN");
    let printed = run(&mut call);
    assert!(printed.contains("x-acs-action: RebootInstance"), "{printed}");
    assert!(
        printed.contains("https://swas.cn-hangzhou.aliyuncs.com/?InstanceId=ace&RegionId=cn-hangzhou"),
        "{printed}"
    );
}
