//! `policy check`: every problem with its place in the file, the rules in words, and the answer to one question.

use super::{
    Said, UNUSABLE,
    ask::Asked,
    deployment::{Deployment, PolicyText, deployments},
    words,
};
use chat::Request;
use clap::Args;
use ops::policy::Policy;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Check every POLICY of wrangler.toml and say it in words; with --who and --where, answer for one request
///
/// Ends with 0 (in order; allowed), 1 (denied) or 2 (malformed, or no question).
#[derive(Args, Debug)]
pub(super) struct Check {
    /// Another file than wrangler.toml
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The deployment whose policy is asked: NAME of [env.NAME]
    #[arg(long, value_name = "NAME", requires = "who")]
    env: Option<String>,
    /// Who asks, slack:T0001/U2147483697
    #[arg(long, value_name = "ID", requires = "place")]
    who: Option<String>,
    /// Where, slack:T0001/C2147483705
    #[arg(long = "where", value_name = "ID", requires = "who")]
    place: Option<String>,
    /// The operation as a machine names it; its parameters follow as NAME=VALUE
    #[arg(long, value_name = "OPERATION", requires = "who")]
    operation: Option<String>,
    /// What is typed, "unshare m-bp1… cn-hangzhou"
    #[arg(value_name = "REQUEST", requires = "who")]
    request: Vec<String>,
}

pub(super) fn check(arguments: &Check) -> Said {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (path, file) = match &arguments.file {
        Some(path) => (path.clone(), path.display().to_string()),
        None => (root.join("wrangler.toml"), "wrangler.toml".to_owned()),
    };
    let found = match fs::read_to_string(path) {
        Ok(text) => deployments(&text),
        Err(error) => return Said::error(format!("error: cannot read {file}: {error}")),
    };
    let found = match found {
        Ok(found) => found,
        Err((Some(spot), why)) => return Said::error(format!("{file}:{}:{}: {why}", spot.line, spot.column)),
        Err((None, why)) => return Said::error(format!("{file}: {why}")),
    };
    match (&arguments.who, &arguments.place) {
        (Some(who), Some(place)) => ask(arguments, &found, &file, (who, place)),
        _ => look_over(&found, &file),
    }
}

/// All deployments: what is wrong, and what they say.
fn look_over(found: &[Deployment], file: &str) -> Said {
    let mut said = Said::default();
    for deployment in found {
        let path = deployment.path();
        match read(deployment, file, &mut said) {
            Some((text, policy)) => {
                let rules = policy.rules();
                said.out.push(match rules.len() {
                    0 => format!("{path}: no rules, nothing is allowed"),
                    1 => format!("{path}: 1 rule"),
                    many => format!("{path}: {many} rules"),
                });
                for (index, rule) in rules.iter().enumerate() {
                    let line = text.spot(&format!("allow[{index}]")).0.line;
                    said.out.push(format!("  allow[{index}] ({file}:{line}): {}", words::rule(rule)));
                }
            }
            None => said.exit = UNUSABLE,
        }
    }
    said
}

/// The policy of a deployment. Warnings and problems are said, with their places.
fn read<'d>(deployment: &'d Deployment, file: &str, said: &mut Said) -> Option<(&'d PolicyText, Policy)> {
    let path = deployment.path();
    let Some(text) = &deployment.policy else {
        let spot = deployment.spot.map(|spot| format!(":{}:{}", spot.line, spot.column)).unwrap_or_default();
        said.err.push(format!("{file}{spot}: {path}: is missing; nothing is allowed without a rule"));
        return None;
    };
    let mut point = |kind: &str, problem: &String| {
        let (spot, is_entry) = text.spot(problem);
        let dot = if is_entry || problem.starts_with("allow") { "." } else { ": " };
        said.err.push(format!("{file}:{}:{}: {kind}{path}{dot}{problem}", spot.line, spot.column));
    };
    match Policy::parse(&text.json) {
        Ok(policy) => {
            policy.warnings().iter().for_each(|warning| point("warning: ", warning));
            Some((text, policy))
        }
        Err(problems) => {
            problems.iter().for_each(|problem| point("", problem));
            None
        }
    }
}

/// One question to one deployment.
fn ask(arguments: &Check, found: &[Deployment], file: &str, (who, place): (&str, &str)) -> Said {
    let Some(deployment) = found.iter().find(|deployment| deployment.env == arguments.env) else {
        let named: Vec<&str> = found.iter().filter_map(|deployment| deployment.env.as_deref()).collect();
        let asked = arguments.env.as_ref().map_or("vars.POLICY".to_owned(), |env| format!("env.{env}"));
        return Said::error(format!("error: {file} has no {asked}; --env takes one of: {}", named.join(", ")));
    };
    let request = match request(arguments) {
        Ok(request) => request,
        Err(why) => return Said::error(format!("error: {why}")),
    };
    let asked = match Asked::read(who, place, &request, deployment.default_region.as_deref()) {
        Ok(asked) => asked,
        Err(why) => return Said::error(format!("error: {why}")),
    };
    let mut said = Said::default();
    let Some((text, policy)) = read(deployment, file, &mut said) else {
        return Said { exit: UNUSABLE, ..said };
    };
    Said { err: said.err, ..asked.put_to(&policy, text, (&deployment.path(), file)) }
}

fn request(arguments: &Check) -> Result<Request, String> {
    let Some(operation) = &arguments.operation else {
        return match arguments.request.as_slice() {
            [] => Err("what would they ask for? \"share m-… cn-hangzhou\", or --operation".to_owned()),
            words => Ok(Request::Text(words.join(" "))),
        };
    };
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("{word:?}: expected NAME=VALUE after --operation")),
    };
    let parameters = arguments.request.iter().map(pair).collect::<Result<_, _>>()?;
    Ok(Request::Call { operation: operation.clone(), parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use expect_test::{Expect, expect};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        check: Check,
    }

    const FILE: &str = r#"
name = "sample"

[vars]
DEFAULT_REGION = "cn-hangzhou"

[[vars.POLICY.allow]]
who = ["slack:T1/U1", "slack:T1/U2"]
where = ["slack:T1/C1"]
operations = ["ModifyImageShareStatus"]
parameters = { RegionId = ["cn-*"], ImageId = ["m-a*", "m-b*", "m-c*"] }
approvers = ["slack:T1/U9"]

  [[vars.POLICY.allow]]
  who = ["slack:T1/*"]
  where = ["*"]
  operations = ["List*"]

[[vars.POLICY.allow]]
who = ["*"]
where = ["slack:T1/C1"]
operations = ["DeleteCustomImage"]
signature = "full"
confirm = "always"

[env.open.vars]
DEFAULT_REGION = "cn-beijing"
POLICY = { allow = [
    { who = ["standard:*"], where = ["*"], operations = ["*"], confirm = "never" },
] }

[env.closed.vars]
POLICY = '{"allow": []}'
"#;

    /// What is said of a file's text, the file called FILE.
    fn said(text: &str, words: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrangler.toml");
        fs::write(&path, text).unwrap();
        let line = [&["check", "--file", path.to_str().unwrap()], words].concat();
        let said = check(&Line::try_parse_from(line).unwrap().check);
        let lines = said.err.iter().map(|line| format!("! {line}")).chain(said.out).chain([format!("= {}", said.exit)]);
        lines.map(|line| line.replace(path.to_str().unwrap(), "FILE") + "\n").collect()
    }

    fn check_text(text: &str, words: &[&str], expected: &Expect) {
        expected.assert_eq(&said(text, words));
    }

    #[test]
    fn each_deployments_rules_are_said_in_words() {
        check_text(
            FILE,
            &[],
            &expect![[r#"
                vars.POLICY: 3 rules
                  allow[0] (FILE:7): slack:T1/U1 or slack:T1/U2 in slack:T1/C1 may run ModifyImageShareStatus with ImageId m-a*, m-b* or m-c*, RegionId cn-*; slack:T1/U9, never the asker, confirms what is risky and writes that are not fully signed
                  allow[1] (FILE:14): slack:T1/* anywhere may run List*; nothing in it is to be confirmed
                  allow[2] (FILE:19): anybody in slack:T1/C1 may run DeleteCustomImage, signed "full" or better; the asker confirms everything
                env.open.vars.POLICY: 1 rule
                  allow[0] (FILE:29): standard:* anywhere may run every operation; the asker confirms only writes that are not fully signed
                env.closed.vars.POLICY: no rules, nothing is allowed
                = 0
            "#]],
        );
    }

    #[test]
    fn problems_have_their_places() {
        let text = r#"
[vars]
speed = 1
POLICY.allow = [
    { who = ["slack:T1/U1"], where = ["slack:T1/C1"], operations = ["List*"] },
    { who = ["U1", "slack:T1/U1",
             7], operations = ["ShareImage"], parameters = { "RegionId" = [] }, "sp eed" = 1, where = ["*"] },
    { who = ["*"], where = "*", confirm = "maybe" },
    3,
]
[env."a b".vars]
POLICY = "allow all"
[env.c]
[env.d.vars.POLICY]
deny = []
"#;
        check_text(
            text,
            &[],
            &expect![[r#"
                ! FILE:7:81: vars.POLICY.allow[1].sp eed: unknown key, expected one of who, where, operations, parameters, signature, confirm, approvers
                ! FILE:6:14: vars.POLICY.allow[1].who[0]: `U1` is not platform:organisation/id
                ! FILE:7:14: vars.POLICY.allow[1].who[2]: expected a text, not empty
                ! FILE:7:32: vars.POLICY.allow[1].operations[0]: no served operation is called `ShareImage`
                ! FILE:7:62: vars.POLICY.allow[1].parameters.RegionId: expected a list of texts, not empty
                ! FILE:8:20: vars.POLICY.allow[2].where: expected a list of texts, not empty
                ! FILE:8:5: vars.POLICY.allow[2].operations: expected a list of texts, not empty
                ! FILE:8:33: vars.POLICY.allow[2].confirm: expected one of "never", "risky", "always"
                ! FILE:9:5: vars.POLICY.allow[3]: expected a table
                ! FILE:12:1: env.a b.vars.POLICY: not JSON: expected value at line 1 column 1
                ! FILE:13:6: env.c.vars.POLICY: is missing; nothing is allowed without a rule
                ! FILE:15:1: env.d.vars.POLICY.deny: unknown key, expected `allow`
                ! FILE:14:13: env.d.vars.POLICY.allow: expected a list of rules
                = 2
            "#]],
        );
        check_text(
            "[vars]\n",
            &[],
            &expect![[r#"
            ! FILE: vars.POLICY: is missing; nothing is allowed without a rule
            = 2
        "#]],
        );
        check_text(
            "[vars]\nPOLICY = 1\n",
            &[],
            &expect![[r#"
            ! FILE:2:1: vars.POLICY: must be a table with `allow`
            = 2
        "#]],
        );
        check_text(
            "[vars]\nPOLICY = { allow = [\n",
            &[],
            &expect![[r#"
            ! FILE:2:21: unclosed array, expected `]`
            = 2
        "#]],
        );
        check_text(
            "[vars]\nA = 1\n A = 2\n",
            &[],
            &expect![[r#"
            ! FILE:3:2: duplicate key
            = 2
        "#]],
        );
    }

    #[test]
    fn warnings_have_their_places_and_are_no_failure() {
        let second =
            "[[vars.POLICY.allow]]\nwho = [\"slack:T1/U2\"]\nwhere = [\"*\"]\noperations = [\"ListRegions\"]\n";
        let third = "[[vars.POLICY.allow]]\nwho = [\"slack:T2/U2\"]\nwhere = [\"*\"]\noperations = [\"List*\"]\n\
                     parameters.RegionId = [\n  \"cn-*\",\n  \"cn-mars\",\n]\n";
        let text = format!("{}{second}{third}", FILE.split("[env").next().unwrap());
        check_text(
            &text,
            &[],
            &expect![[r#"
            ! FILE:26:1: warning: vars.POLICY.allow[3]: decides nothing, allow[1] allows all of it before
            ! FILE:36:3: warning: vars.POLICY.allow[4].parameters.RegionId[1]: there is no region `cn-mars`
            vars.POLICY: 5 rules
              allow[0] (FILE:7): slack:T1/U1 or slack:T1/U2 in slack:T1/C1 may run ModifyImageShareStatus with ImageId m-a*, m-b* or m-c*, RegionId cn-*; slack:T1/U9, never the asker, confirms what is risky and writes that are not fully signed
              allow[1] (FILE:14): slack:T1/* anywhere may run List*; nothing in it is to be confirmed
              allow[2] (FILE:19): anybody in slack:T1/C1 may run DeleteCustomImage, signed "full" or better; the asker confirms everything
              allow[3] (FILE:26): slack:T1/U2 anywhere may run ListRegions; nothing in it is to be confirmed
              allow[4] (FILE:30): slack:T2/U2 anywhere may run List* with RegionId cn-* or cn-mars; nothing in it is to be confirmed
            = 0
        "#]],
        );
    }

    #[test]
    fn a_request_is_allowed_or_denied_by_a_rule() {
        let ask = |who: &str, place: &str, words: &[&str], expected: &Expect| {
            check_text(FILE, &[&["--who", who, "--where", place], words].concat(), expected);
        };
        let (one, here) = ("slack:T1/U1", "slack:T1/C1");
        ask(
            one,
            here,
            &["share m-a1"],
            &expect![[r#"
            allowed: ModifyImageShareStatus Operation=Share ImageId=m-a1 RegionId=cn-hangzhou
            by vars.POLICY.allow[0] (FILE:7)
            nobody confirms
            = 0
        "#]],
        );
        ask(
            one,
            here,
            &["unshare", "m-a1", "cn-beijing"],
            &expect![[r#"
            allowed: ModifyImageShareStatus Operation=UnShare ImageId=m-a1 RegionId=cn-beijing
            by vars.POLICY.allow[0] (FILE:7)
            slack:T1/U9, never the asker, confirms: it is risky. The image can no longer be found or used in ECS. Disks of ECS instances made from the image can no longer be re-initialized.
            = 0
        "#]],
        );
        ask(
            one,
            here,
            &["unshare m-d1"],
            &expect![[r#"
            denied: ModifyImageShareStatus Operation=UnShare ImageId=m-d1 RegionId=cn-hangzhou
            closest is vars.POLICY.allow[0] (FILE:7)
            it allows ImageId m-a*, m-b* or m-c*, not m-d1
            = 1
        "#]],
        );
        ask(
            one,
            here,
            &["share m-a1 us-east-1"],
            &expect![[r#"
            denied: ModifyImageShareStatus Operation=Share ImageId=m-a1 RegionId=us-east-1
            closest is vars.POLICY.allow[0] (FILE:7)
            it allows RegionId cn-*, not us-east-1
            = 1
        "#]],
        );
        ask(
            one,
            "slack:T1/C2",
            &["share m-a1"],
            &expect![[r#"
            denied: ModifyImageShareStatus Operation=Share ImageId=m-a1 RegionId=cn-hangzhou
            closest is vars.POLICY.allow[1] (FILE:14)
            it allows List*, not ModifyImageShareStatus
            = 1
        "#]],
        );
        ask(
            "slack:T1/U3",
            here,
            &["share m-a1"],
            &expect![[r#"
            denied: ModifyImageShareStatus Operation=Share ImageId=m-a1 RegionId=cn-hangzhou
            closest is vars.POLICY.allow[1] (FILE:14)
            it allows List*, not ModifyImageShareStatus
            = 1
        "#]],
        );
        ask(
            "standard:default/webhook",
            "standard:default/default",
            &["regions"],
            &expect![[r#"
            denied: ListRegions AcceptLanguage=en-US
            closest is vars.POLICY.allow[2] (FILE:19)
            it holds in slack:T1/C1, not in standard:default/default
            = 1
        "#]],
        );
        ask(
            "slack:T2/U3",
            here,
            &["--operation", "DeleteCustomImage", "ImageId=m-1"],
            &expect![[r#"
            allowed: DeleteCustomImage ImageId=m-1 RegionId=cn-hangzhou
            by vars.POLICY.allow[2] (FILE:19)
            the asker confirms: the rule says always
            = 0
        "#]],
        );
        let machine = ("standard:default/webhook", "standard:default/default");
        ask(
            machine.0,
            machine.1,
            &["--env", "open", "unshare m-1"],
            &expect![[r#"
            allowed: ModifyImageShareStatus Operation=UnShare ImageId=m-1 RegionId=cn-beijing
            by env.open.vars.POLICY.allow[0] (FILE:29)
            nobody confirms
            = 0
        "#]],
        );
        ask(
            machine.0,
            machine.1,
            &["--env", "closed", "unshare m-1 cn-hangzhou"],
            &expect![[r#"
            denied: ModifyImageShareStatus Operation=UnShare ImageId=m-1 RegionId=cn-hangzhou
            no rule names standard:default/webhook
            = 1
        "#]],
        );
    }

    #[test]
    fn what_is_no_question_is_said() {
        let ask = |who: &str, place: &str, words: &[&str], expected: &Expect| {
            check_text(FILE, &[&["--who", who, "--where", place], words].concat(), expected);
        };
        let (one, here) = ("slack:T1/U1", "slack:T1/C1");
        ask(
            one,
            here,
            &[],
            &expect![[r#"
            ! error: what would they ask for? "share m-… cn-hangzhou", or --operation
            = 2
        "#]],
        );
        ask(
            one,
            here,
            &["shrae m-a1"],
            &expect![[r#"
            ! error: There is no command `shrae`
            Did you mean:
            share <ImageId> [RegionId]
            `help` lists what can be typed.
            = 2
        "#]],
        );
        ask(
            one,
            here,
            &["help"],
            &expect![[r#"
            ! error: the policy is asked about operations only
            = 2
        "#]],
        );
        ask(
            one,
            here,
            &["--operation", "ListRegions", "x"],
            &expect![[r#"
            ! error: "x": expected NAME=VALUE after --operation
            = 2
        "#]],
        );
        ask(
            one,
            here,
            &["--operation", "ListRegions", "Colour=red"],
            &expect![[r#"
            ! error: ListRegions cannot take this
            Colour: no such parameter
            Nothing was sent.
            = 2
        "#]],
        );
        ask(
            one,
            here,
            &["--env", "closed", "regions"],
            &expect![[r#"
            denied: ListRegions AcceptLanguage=en-US
            no rule names slack:T1/U1
            = 1
        "#]],
        );
        ask(
            one,
            here,
            &["--env", "other", "regions"],
            &expect![[r#"
                ! error: FILE has no env.other; --env takes one of: open, closed
                = 2
            "#]],
        );
        ask(
            "slack:T1/*",
            here,
            &["regions"],
            &expect![[r#"
            ! error: --who slack:T1/*: expected platform:organisation/id, without *
            = 2
        "#]],
        );
        ask(
            "U1",
            here,
            &["regions"],
            &expect![[r#"
            ! error: --who U1: expected platform:organisation/id, without *
            = 2
        "#]],
        );
        ask(
            one,
            "pigeon:T1/C1",
            &["regions"],
            &expect![[r#"
            ! error: --where: there is no platform pigeon, there are dingtalk, discord, feishu, lark, mattermost, slack, standard, teams, telegram
            = 2
        "#]],
        );
        ask(
            one,
            "standard:T1/C1",
            &["regions"],
            &expect![[r#"
            ! error: --who is on slack and --where on standard: nobody asks across platforms
            = 2
        "#]],
        );
        check_text(
            "[vars]\n",
            &["--who", one, "--where", here, "regions"],
            &expect![[r#"
            ! FILE: vars.POLICY: is missing; nothing is allowed without a rule
            = 2
        "#]],
        );
        check_text(
            "[vars]\nPOLICY.allow = 1\n",
            &["--who", one, "--where", here, "regions"],
            &expect![[r#"
                ! FILE:2:8: vars.POLICY.allow: expected a list of rules
                = 2
            "#]],
        );
        for words in [&["regions"][..], &["--who", one, "regions"], &["--env", "open"], &["--where", here]] {
            let line = Line::try_parse_from(["check"].iter().chain(words));
            assert_eq!(line.unwrap_err().kind(), clap::error::ErrorKind::MissingRequiredArgument, "{words:?}");
        }
    }

    #[test]
    fn the_deployment_of_this_repository_is_in_order() {
        let said = check(&Line::try_parse_from(["check"]).unwrap().check);
        assert_eq!((said.err, said.exit), (Vec::new(), 0));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let said = check(&Line::try_parse_from(["check", "--file", "nowhere/wrangler.toml"]).unwrap().check);
        let error = "error: cannot read nowhere/wrangler.toml: No such file or directory (os error 2)";
        assert_eq!(said, Said::error(error.to_owned()));
    }
}
