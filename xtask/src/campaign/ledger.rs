//! The ledger as it tells of itself: `GET /api/commands`, and the audit as the keeper exports it.

use super::stage::Stage;
use crate::{http, keeper, process::output, workspace};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command as Program,
};
use ureq::http::Method;

/// How many commands are asked for at once.
const PAGE: usize = 500;

/// A command the ledger has.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// Its id.
    pub(crate) id: String,
    /// Where it stands, by name.
    pub(crate) state: String,
    /// Operation name.
    pub(crate) operation: String,
    /// The image it names.
    pub(crate) image: Option<String>,
    /// What makes a repetition harmless.
    pub(crate) client_token: Option<String>,
    /// Who asked.
    pub(crate) who: String,
    /// When it expires unless it is final by then, Unix milliseconds.
    pub(crate) deadline_ms: i64,
    /// What was seen of its effect, by name.
    pub(crate) seen: Option<String>,
    /// The vendor's id of the call it was concluded by.
    pub(crate) request_id: Option<String>,
    /// Whether its final message could not be brought to the chat.
    pub(crate) undelivered: bool,
}

impl Command {
    /// Whether nothing happens to it any more.
    pub(crate) fn is_final(&self) -> bool {
        ["Succeeded", "Failed", "Expired", "Cancelled", "Denied"].contains(&self.state.as_str())
    }

    /// Whether it waits for somebody.
    pub(crate) fn waits(&self) -> bool {
        self.state == "AwaitingConfirmation"
    }

    fn read(command: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let parameter = |name: &str| text(&command["parameters"][name]);
        Some(Self {
            id: text(&command["id"])?,
            state: text(&command["state"])?,
            operation: text(&command["operation"])?,
            image: parameter("ImageId"),
            client_token: parameter("ClientToken"),
            who: text(&command["who"])?,
            deadline_ms: command["deadline_ms"].as_i64()?,
            seen: text(&command["seen"]),
            request_id: text(&command["request_id"]),
            undelivered: command["undelivered"].as_bool()?,
        })
    }
}

/// All commands there are.
///
/// # Errors
/// The Worker does not answer, or not as it should.
pub(crate) fn commands(stage: &Stage) -> Result<Vec<Command>> {
    let headers = [("authorization".to_owned(), format!("Bearer {}", stage.console_token()))];
    let mut commands = Vec::new();
    let mut before = String::new();
    loop {
        let url = format!("{}/api/commands?limit={PAGE}{before}", stage.worker);
        let answer = http::request(Method::GET, &url, &headers, &[])?;
        ensure!(answer.status == 200, "/api/commands answers {}: {}", answer.status, answer.body);
        let page: Value = serde_json::from_str(&answer.body)?;
        for command in page["commands"].as_array().context("/api/commands has no commands")? {
            commands.push(Command::read(command).with_context(|| format!("this is no command: {command}"))?);
        }
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok(commands),
        }
    }
}

/// The program that exports an audit.
///
/// # Errors
/// It is not there, or does not compile.
pub(crate) fn keeper(no_build: bool) -> Result<PathBuf> {
    if !no_build {
        return keeper::compiled();
    }
    let keeper = workspace::myself()?.with_file_name("keeper");
    ensure!(keeper.is_file(), "there is no {}: leave --no-build away", workspace::shown(&keeper).display());
    Ok(keeper)
}

/// A row of the audit.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The command it is about.
    pub(crate) command: Option<String>,
    /// What happened.
    pub(crate) event: String,
    /// The states before and after, where it changed one.
    pub(crate) states: Option<(String, String)>,
}

/// Exports the audit to a file and reads it. The error's text says where its chain is broken.
///
/// # Errors
/// The chain is broken, or it cannot be had.
pub(crate) fn audit(stage: &Stage, keeper: &Path, file: &Path) -> Result<Vec<Row>> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    let mut export = Program::new(keeper);
    export.args(["audit", "export", "--url", &stage.worker, "--out"]).arg(file);
    export.env("CONSOLE_TOKEN", stage.console_token());
    output(export)?;
    let text = fs::read_to_string(file)?;
    let rows = text.lines().map(|line| Ok(Row::read(&serde_json::from_str(line)?)));
    Ok(rows.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

impl Row {
    /// `None`: a line about the chain itself.
    fn read(row: &Value) -> Option<Self> {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        Some(Self { command: text("command"), event: text("event")?, states: text("from").zip(text("to")) })
    }
}
