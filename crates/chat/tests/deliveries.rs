//! Every folder of `deliveries/<platform>/` is a delivery with what must come of it. `context.json` says where it is from,
//! with which secrets (as configured) and at what time it is received.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod received;

use chat::{FollowUp, Inbound, Platform, Received, Refusal, Request, Secret};
use core::fmt::Write;
use received::receive;

struct Case {
    name: &'static str,
    headers: &'static str,
    body: &'static [u8],
    context: &'static str,
    #[cfg(target_arch = "wasm32")]
    expected: &'static str,
}

macro_rules! case {
    ($name:literal, $body:literal) => {
        Case {
            name: $name,
            headers: include_str!(concat!($name, "/headers.txt")),
            body: include_bytes!(concat!($name, "/", $body)),
            context: include_str!(concat!($name, "/context.json")),
            #[cfg(target_arch = "wasm32")]
            expected: include_str!(concat!($name, "/expected.txt")),
        }
    };
}

const CASES: &[Case] = include!("deliveries/cases.rs");

impl Case {
    fn platform(&self) -> Platform {
        let (platform, _) = self.name.split_once('/').unwrap();
        Platform::from_name(platform).unwrap()
    }

    fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers.lines().map(|line| line.split_once(": ").unwrap());
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.into())
    }

    fn receive(&self) -> String {
        let context: serde_json::Value = serde_json::from_str(self.context).unwrap();
        let mut secrets = Secret::parse_list(self.platform(), context["secrets"].as_str().unwrap()).unwrap();
        secrets.extend(context["tokens"].as_str().into_iter().flat_map(|tokens| Secret::parse_tokens(tokens).unwrap()));
        let headers = |name: &str| self.header(name);
        let inbound = Inbound { headers: &headers, body: self.body };
        describe(&receive(self.platform(), &inbound, &secrets, context["now"].as_i64().unwrap()))
    }
}

fn describe(received: &Result<Received, Refusal>) -> String {
    let mut text = String::new();
    match received {
        Ok(Received::Command(command)) => {
            writeln!(text, "command {}", command.delivery.0).unwrap();
            writeln!(text, "from {}", command.actor).unwrap();
            writeln!(text, "in {}", command.place).unwrap();
            match &command.request {
                Request::Text(words) => writeln!(text, "text {words:?}").unwrap(),
                Request::Call { operation, parameters } => {
                    writeln!(text, "call {operation}").unwrap();
                    for (name, value) in parameters {
                        writeln!(text, "  {name} = {value:?}").unwrap();
                    }
                }
            }
            if let Some(language) = command.language {
                writeln!(text, "language {}", language.name()).unwrap();
            }
            if let Some(answer) = &command.acknowledgement {
                writeln!(text, "acknowledged with {} {} {:?}", answer.status, answer.content_type, answer.body)
                    .unwrap();
            }
            if command.secret > 0 {
                writeln!(text, "signed with secret {}", command.secret).unwrap();
            }
            if let Some(FollowUp { url, expires_at, uses, .. }) = &command.follow_up {
                writeln!(text, "follow-up {url} until {expires_at}, {uses} times").unwrap();
            }
        }
        Ok(Received::Unverified(_)) => unreachable!("checked by then"),
        Ok(Received::Completion(completion)) => {
            writeln!(text, "completion {} {:?}", completion.parameter, completion.typed).unwrap();
            writeln!(text, "from {}", completion.actor).unwrap();
            writeln!(text, "in {}", completion.place).unwrap();
            for (name, value) in &completion.given {
                writeln!(text, "  {name} = {value:?}").unwrap();
            }
        }
        Ok(Received::Handshake(answer)) => {
            writeln!(text, "handshake {} {} {:?}", answer.status, answer.content_type, answer.body).unwrap();
        }
        Ok(Received::Nothing(answer)) => {
            writeln!(text, "nothing {} {} {:?}", answer.status, answer.content_type, answer.body).unwrap();
        }
        Err(refusal) => writeln!(text, "refused {refusal:?}").unwrap(),
    }
    text
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn each_delivery_is_taken_for_what_it_is() {
    for case in CASES {
        // Natively a difference is shown against the file, and `UPDATE_EXPECT=1` accepts it.
        #[cfg(not(target_arch = "wasm32"))]
        expect_test::expect_file![folder().join(case.name).join("expected.txt")].assert_eq(&case.receive());
        #[cfg(target_arch = "wasm32")]
        assert_eq!(case.receive(), case.expected, "{}", case.name);
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn folder() -> std::path::PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "deliveries"].iter().collect()
}

/// The list exists because a wasm test has no folder to look into.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_list_is_the_folder() {
    let folders = |path: std::path::PathBuf| {
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let mut found: Vec<String> = folders(folder())
        .into_iter()
        .flat_map(folders)
        .map(|case| case.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/"))
        .collect();
    found.sort();
    assert_eq!(CASES.iter().map(|case| case.name).collect::<Vec<_>>(), found);
}
