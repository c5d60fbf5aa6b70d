//! The table of platforms in the repository's README says what the types here say.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chat::{Action, FollowUp, Platform, Reach, Reply, Secret, Strength, Style, Tone, render};

const README: &str = include_str!("../../../README.md");

/// A delivery that is recorded for the platform, with the way back it gives.
fn recorded(platform: Platform) -> Option<(FollowUp, i64)> {
    let case = match platform {
        Platform::Standard => "command-in-full",
        Platform::Lark => "event",
        _ => "share",
    };
    let file = |name: &str| {
        let path = format!("{}/tests/deliveries/{platform}/{case}/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let expected = file("expected.txt");
    let (url, rest) = expected.lines().find_map(|line| line.strip_prefix("follow-up ")?.split_once(" until "))?;
    let (until, uses) = rest.strip_suffix(" times").unwrap().split_once(", ").unwrap();
    let context: serde_json::Value = serde_json::from_str(&file("context.json")).unwrap();
    let expires_at: i64 = until.parse().unwrap();
    let way = FollowUp { platform, url: url.into(), expires_at, uses: uses.parse().unwrap() };
    Some((way, context["now"].as_i64().unwrap()))
}

/// What people get to see of a reply, in whichever way it comes.
fn shown(platform: Platform, reply: &Reply) -> String {
    let followed = recorded(platform).map(|(way, now)| {
        let hosts = ["chat.example.com", "ci.example.com"].map(String::from);
        let credential = Secret::credential("credential");
        let reach = Reach { extra_hosts: &hosts, credential: Some(&credential), ..Reach::default() };
        way.compose(reply, &reach, now).unwrap().body
    });
    render(platform, reply).body + &followed.unwrap_or_default()
}

fn reply(private: bool, actions: Vec<Action>) -> Reply {
    Reply { tone: Tone::Waiting, title: "Please confirm".into(), lines: Vec::new(), actions, private }
}

/// The columns that the types know: deadline, signature, buttons, private replies, what follows.
fn row(platform: Platform) -> [String; 5] {
    let yes = |has: bool| if has { "yes" } else { "no" }.to_owned();
    let signed = match platform.strength() {
        Strength::Full => "body and time",
        Strength::Body => "body",
        Strength::Time => "time",
        Strength::Token => "neither: a token",
    };
    let button = Action { label: "Confirm".into(), command: "confirm 4F7K".into(), style: Style::Danger };
    let public = reply(false, Vec::new());
    let buttons = shown(platform, &reply(false, vec![button])).contains("confirm 4F7K");
    let private = shown(platform, &reply(true, Vec::new())) != shown(platform, &public);
    let lives = recorded(platform).map(|(way, now)| match way.expires_at - now {
        seconds if seconds > 2 * 60 * 60 => format!("{} h", seconds / 60 / 60),
        seconds => format!("{} min", seconds / 60),
    });
    let seconds = platform.acknowledge_within_ms() as f64 / 1000.0;
    [format!("{seconds} of "), signed.to_owned(), yes(buttons), yes(private), lives.unwrap_or_else(|| "nothing".into())]
}

#[test]
fn the_table_says_what_the_types_say() {
    let (_, table) = README.split_once("\n## Platforms\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .take_while(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let mut told = Vec::new();
    for cells in &rows {
        assert_eq!(cells.len(), 6, "{cells:?}");
        for name in cells[0].split(", ").map(|name| name.trim_matches('`')) {
            let platform = Platform::from_name(name).unwrap_or_else(|| panic!("{name}"));
            let [due, signed, buttons, private, follows] = row(platform);
            assert!(cells[1].starts_with(&due), "{name}: due {due}");
            assert_eq!(cells[2], signed, "{name}");
            for (cell, says) in [(cells[3], buttons), (cells[4], private)] {
                assert_eq!(cell.split(',').next(), Some(&*says), "{name}: {cell}");
            }
            assert!(cells[5].contains(&follows), "{name}: {follows}");
            told.push(platform);
        }
    }
    told.sort();
    assert_eq!(told, Platform::ALL);
}
