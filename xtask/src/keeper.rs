//! `policy`, `audit` and `manifest`: handed on to a program of its own, because what it is made of is generated and this program must run
//! while that does not compile.

use crate::{
    build::artifact,
    process::{cargo, run},
};
use anyhow::{Context as _, Result};
use clap::Args;
use std::{
    ffi::OsString,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// What the other program is asked
#[derive(Args, Debug)]
pub(crate) struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<OsString>,
}

/// Compiles the keeper where it changed, and becomes it.
///
/// # Errors
/// It does not compile or cannot be started.
pub(crate) fn run_keeper(command: &str, words: &Words) -> Result<ExitCode> {
    // In the folder it was called in: its arguments name files.
    Err(Command::new(compiled()?).arg(command).args(&words.words).exec()).context("cannot start the keeper")
}

/// Compiles the keeper where it changed, and says where it is.
///
/// # Errors
/// It does not compile.
pub(crate) fn compiled() -> Result<PathBuf> {
    let compile = cargo(["build", "--package", "keeper", "--message-format=json-render-diagnostics"]);
    let compiled = run("compiling the keeper", compile)?;
    artifact(&compiled.lines, "keeper", "/keeper").context("cargo did not say where the keeper is")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: Handed,
    }

    #[derive(clap::Subcommand)]
    enum Handed {
        #[command(disable_help_flag = true)]
        Audit(Words),
    }

    #[test]
    fn every_word_is_handed_on() {
        for words in [&["verify", "--help"][..], &["--help"], &["export", "--url", "x", "--", "-y"], &[]] {
            let Handed::Audit(handed) = Line::try_parse_from(["xtask", "audit"].iter().chain(words))
                .unwrap_or_else(|error| panic!("{error}"))
                .command;
            assert_eq!(handed.words, words);
        }
    }
}
