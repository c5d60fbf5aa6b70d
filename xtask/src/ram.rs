//! `ram`: what the Worker's key may do at Alibaba Cloud, and how it gets there.

use crate::{progress::print, workspace};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use serde_json::Value;

const POLICY: &str = "crates/swas/src/generated/ram-policy.json";

/// Print the smallest RAM policy that serves everything, or the `aliyun` commands that make a user with it
#[derive(Args, Debug)]
pub(crate) struct Ram {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The policy as JSON
    Policy,
    /// The commands: a policy, a user who has it and nothing else, a key of theirs
    Setup {
        /// Its name, and the policy's
        #[arg(long, value_name = "NAME", default_value = "opshook", value_parser = name)]
        user: String,
    },
}

/// Names of users and policies, as both rules together have it: letters, digits and `-`, at most 64 of them.
fn name(text: &str) -> Result<String> {
    let good = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    ensure!(good, "expected letters, digits and `-`, at most 64");
    Ok(text.to_owned())
}

/// Prints it.
///
/// # Errors
/// The generated policy cannot be read.
pub(crate) fn run_ram(arguments: &Ram) -> Result<()> {
    let policy = workspace::read(POLICY).context("run `cargo xtask codegen`")?;
    match &arguments.what {
        What::Policy => print(policy.trim_end()),
        What::Setup { user } => {
            let policy: Value = serde_json::from_str(&policy).with_context(|| POLICY.to_owned())?;
            setup(user, &policy).iter().for_each(|line| print(line));
        }
    }
    Ok(())
}

/// Parameters as the RAM API of 2015-05-01 names them. The JSON holds no quote that a shell would end at.
fn setup(user: &str, policy: &Value) -> Vec<String> {
    vec![
        "# Once, by somebody who may manage RAM. The key is shown once: put it into the Worker's secrets and nowhere else.".to_owned(),
        format!("aliyun ram CreatePolicy --PolicyName {user} --PolicyDocument '{policy}'"),
        format!("aliyun ram CreateUser --UserName {user} --Comments 'opshook: no console, this key alone'"),
        format!("aliyun ram AttachPolicyToUser --PolicyType Custom --PolicyName {user} --UserName {user}"),
        format!("aliyun ram CreateAccessKey --UserName {user}"),
        "npx wrangler secret put ALIBABA_CLOUD_ACCESS_KEY_ID".to_owned(),
        "npx wrangler secret put ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_for_a_shell() {
        let policy: Value = serde_json::from_str(&workspace::read(POLICY).unwrap()).unwrap();
        let lines = setup("swas-bot", &policy);
        let [_, create, ..] = lines.as_slice() else { panic!() };
        let (_, document) = create.split_once(" --PolicyDocument '").unwrap();
        let document = document.strip_suffix('\'').unwrap();
        assert!(!document.contains('\''));
        assert_eq!(serde_json::from_str::<Value>(document).unwrap(), policy);
        assert_eq!(
            lines[3],
            "aliyun ram AttachPolicyToUser --PolicyType Custom --PolicyName swas-bot --UserName swas-bot"
        );
    }

    #[test]
    fn names_are_such_as_need_no_quotes() {
        assert_eq!(name("swas-bot").unwrap(), "swas-bot");
        for wrong in ["", "a b", "a'b", "a;b", "名", &"a".repeat(65)] {
            assert_eq!(name(wrong).unwrap_err().to_string(), "expected letters, digits and `-`, at most 64");
        }
    }
}
