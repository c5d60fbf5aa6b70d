//! A new operation is data: in a copy of the repository, `RebootInstance` is taken from the vendor's document and given an
//! overlay entry, and everything else follows from `cargo xtask codegen`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::{env, fs, path::Path, process::Command};

const OPERATION: &str = "RebootInstance";
const OFFICIAL: &str = "../shared/metadata/swas-open/2020-06-01/api-docs.json";
const SPEC: &str = "spec/swas-open/2020-06-01";
const GENERATED: &str = "crates/swas/src/generated";
/// In the copy only: a test that uses the operation.
const FLOW: &str = "crates/ops/tests/new_operation.rs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What the copy needs: everything that is compiled, and the description. Not what is generated, which is to be made anew.
fn sources() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "--cached"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let needed = |path: &&str| {
        let compiled = ["crates/", "xtask/", "spec/", ".cargo/"].iter().any(|folder| path.starts_with(folder));
        let settings = !path.contains('/') && path.ends_with(".toml") || *path == "Cargo.lock";
        (compiled || settings)
            && !path.contains("/tests/")
            && !path.starts_with(GENERATED)
            && root().join(path).exists()
    };
    listed.lines().filter(needed).map(str::to_owned).collect()
}

/// Writes a file where it is not so already: the compiler goes by dates, and the copy is kept between runs.
fn put(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Removes what an earlier run copied and this one does not.
fn prune(folder: &Path, copy: &Path, kept: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(copy).unwrap().to_str().unwrap();
        if name == GENERATED || name == FLOW {
            continue;
        }
        if path.is_dir() {
            prune(&path, copy, kept);
        } else if !kept.iter().any(|kept| kept == name) {
            fs::remove_file(path).unwrap();
        }
    }
}

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

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs it and gives what it prints.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}:\n{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
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
    let sources = sources();
    for path in sources.iter().filter(|path| !path.starts_with("spec/")) {
        put(&copy.join(path), &fs::read(root().join(path)).unwrap());
    }
    prune(&copy, &copy, &sources);
    add_operation(&copy, &official);
    put(&copy.join(FLOW), &fs::read(root().join("xtask/tests/new_operation/flow.rs")).unwrap());

    run(&mut xtask(&copy, &["codegen"]));
    run(&mut xtask(&copy, &["codegen", "--check"]));
    listings_hold_it(&copy);
    signs_it(&copy);

    // Types, grammar, help and emulator: the test that was put there. It is built apart: cargo tells crates by their place in
    // the workspace, so in one target folder the copy's would be taken for ours.
    let mut test = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    test.args(["test", "--offline", "--locked", "--quiet", "--package", "ops", "--test", "new_operation"]);
    test.current_dir(&copy)
        .env("CARGO_TARGET_DIR", target.join("new-operation-target"))
        .env_remove("CARGO_MANIFEST_DIR");
    test.env("CARGO_PROFILE_DEV_DEBUG", "0");
    let printed = run(&mut test);
    assert!(printed.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{printed}");

    for path in sources.iter().filter(|path| !path.starts_with("spec/")) {
        assert!(fs::read(copy.join(path)).unwrap() == fs::read(root().join(path)).unwrap(), "{path} had to change");
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
    let interface = artefact("openapi.json");
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
