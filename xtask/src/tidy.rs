//! `tidy`: what no compiler checks. Who depends on whom, whether the README still describes the house, and what must
//! not be in a file.

use crate::{
    process::{output, program},
    progress::say,
    workspace::{self, Member},
};
use alloc::collections::BTreeSet;
use anyhow::{Context as _, Result};
use std::fs;

/// What each crate may be made of, of ours. The arrows point inward: whoever decides never reaches for what does.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("acs-rpc", &[]),
    ("acs-sign", &[]),
    ("chat", &[]),
    ("swas", &["acs-rpc"]),
    ("ops", &["acs-rpc", "acs-sign", "chat", "swas"]),
    ("edge", &["chat", "ops"]),
    ("emulator", &["acs-rpc", "acs-sign", "codegen", "swas"]),
    ("codegen", &["acs-rpc"]),
    ("keeper", &["acs-rpc", "chat", "ops", "swas"]),
    // Not `swas`: `codegen` must run while what it generated does not compile.
    ("xtask", &["acs-rpc", "acs-sign", "codegen"]),
    ("bench-sign", &["acs-sign"]),
];

const LICENCE: &str = "MIT OR Apache-2.0";
const LICENCE_FILES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Looks at everything and says all that is wrong; `Ok(false)`: something was.
///
/// # Errors
/// Git or cargo do not answer, or a file cannot be read.
pub(crate) fn run_tidy() -> Result<bool> {
    let members = workspace::metadata()?;
    let tracked = tracked()?;
    let mut problems = dependencies(&members);
    problems.extend(licences(&members));
    problems.extend(code_map(&workspace::read("README.md")?, &parts(&members, &tracked), &|path| {
        workspace::root().join(path).exists()
    }));
    let machine = machine_paths();
    for path in &tracked {
        // What is not text names nothing; what was deleted and not yet committed is not there.
        if let Ok(text) = fs::read_to_string(workspace::root().join(path)) {
            problems.extend(foreign_paths(path, &text, &machine));
            problems.extend(lock_file(path, &text));
        }
    }
    problems.iter().for_each(|problem| say(problem));
    Ok(problems.is_empty())
}

/// Compares what each crate is made of with the table.
fn dependencies(members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for member in members {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == member.name) else {
            problems.push(format!("{}: not in the dependency table; add it in xtask/src/tidy.rs", member.name));
            continue;
        };
        for used in member.ours().filter(|used| !allowed.contains(used)) {
            problems.push(format!("{}: must not depend on {used}; it may use {allowed:?}", member.name));
        }
    }
    let gone = MAY_USE.iter().filter(|(name, _)| !members.iter().any(|member| member.name == *name));
    problems.extend(gone.map(|(name, _)| format!("{name}: in the dependency table and not in the workspace")));
    problems
}

fn licences(members: &[Member]) -> Vec<String> {
    let missing = LICENCE_FILES.iter().filter(|file| !workspace::root().join(file).is_file());
    let other = members.iter().filter(|member| member.license.as_deref() != Some(LICENCE));
    missing
        .map(|file| format!("{file}: missing"))
        .chain(other.map(|member| format!("{}/Cargo.toml: its licence is not `{LICENCE}`", member.folder())))
        .collect()
}

/// What the code map must name: every crate, every top-level folder but those of tools.
fn parts(members: &[Member], tracked: &[String]) -> BTreeSet<String> {
    let folders = tracked.iter().filter_map(|path| path.split_once('/')).map(|(folder, _)| folder.to_owned());
    folders
        .filter(|folder| folder != "crates" && !folder.starts_with('.'))
        .chain(members.iter().map(Member::folder))
        .collect()
}

/// Compares the README's section "Code map" with what is there. A path is what stands between backticks, with a slash or
/// the name of a part.
fn code_map(readme: &str, parts: &BTreeSet<String>, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut map = readme.lines().skip_while(|line| !is_heading(line) || !line.to_lowercase().contains("code map"));
    if map.next().is_none() {
        return Vec::from(["README.md: it has no section \"Code map\"".to_owned()]);
    }
    let section: Vec<&str> = map.take_while(|line| !is_heading(line)).collect();
    let quoted: BTreeSet<&str> = section.iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    let named: BTreeSet<&str> = quoted
        .into_iter()
        .map(|quoted| quoted.trim_end_matches('/'))
        .filter(|path| path.contains('/') || parts.contains(*path))
        .filter(|path| !path.contains(['*', ' ', '<']))
        .collect();
    let absent = parts.iter().filter(|part| !named.contains(part.as_str()));
    let dead = named.iter().filter(|path| !exists(path));
    absent
        .map(|part| format!("README.md: the code map does not name `{part}`"))
        .chain(dead.map(|path| format!("README.md: the code map names `{path}`, which does not exist")))
        .collect()
}

fn is_heading(line: &str) -> bool {
    line.starts_with("# ") || line.starts_with("## ")
}

/// Lock files name no address but the public index: they must be good wherever packages come from.
fn lock_file(path: &str, text: &str) -> Vec<String> {
    const INDEX: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    match path.rsplit('/').next() {
        Some("package-lock.json") if text.contains("\"resolved\"") => {
            Vec::from([format!("{path}: it names download addresses; run `npm install` in its folder")])
        }
        Some("Cargo.lock") => {
            let sources = text.lines().filter(|line| line.starts_with("source = ") && *line != INDEX);
            sources.map(|line| format!("{path}: {line}: only crates.io's own index may stand there")).collect()
        }
        _ => Vec::new(),
    }
}

/// Paths that mean something on one machine only: where we are, and where people live.
fn machine_paths() -> Vec<String> {
    let here = workspace::root().display().to_string();
    let home = std::env::home_dir().map(|home| format!("{}/", home.display()));
    let homes = ["home", "root", "Users"].map(|folder| format!("/{folder}/"));
    // A root such as `/` is part of every path and says nothing.
    [here].into_iter().chain(home).chain(homes).filter(|path| path.len() > 4).collect()
}

fn foreign_paths(path: &str, text: &str, machine: &[String]) -> Vec<String> {
    let lines = text.lines().enumerate();
    let found = lines.filter(|(_, line)| machine.iter().any(|foreign| starts_a_path(line, foreign)));
    found.map(|(number, _)| format!("{path}:{}: a path of somebody's machine", number + 1)).collect()
}

/// Whether the text stands in the line as the start of a path, and not inside a longer one or an address.
fn starts_a_path(line: &str, foreign: &str) -> bool {
    line.match_indices(foreign).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "-_.~/".contains(c))
    })
}

/// The files git knows.
fn tracked() -> Result<Vec<String>> {
    let listed = output(program("git", ["ls-files", "-z"])).context("tidy looks at the files git knows")?;
    Ok(listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &str) -> Member {
        let json = format!(
            r#"{{"name":"{name}","license":"MIT OR Apache-2.0","manifest_path":"/w/{name}/Cargo.toml","dependencies":[{dependencies}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn arrows_point_inward() {
        let mut members: Vec<Member> = MAY_USE.iter().map(|(name, _)| member(name, "")).collect();
        assert_eq!(dependencies(&members), Vec::<String>::new());
        members[2] = member(
            "chat",
            r#"{"name":"ops","kind":null,"path":"/w/ops"},{"name":"emulator","kind":"dev","path":"/w/emulator"},
               {"name":"serde","kind":null,"path":null}"#,
        );
        members[0] = member("stranger", "");
        assert_eq!(
            dependencies(&members),
            [
                "stranger: not in the dependency table; add it in xtask/src/tidy.rs",
                "chat: must not depend on ops; it may use []",
                "acs-rpc: in the dependency table and not in the workspace",
            ]
        );
    }

    #[test]
    fn the_code_map_names_what_is_there() {
        let parts: BTreeSet<String> = ["crates/ops", "spec", "xtask"].map(str::to_owned).into();
        let exists = |path: &str| path != "crates/gone";
        let readme = "# x\n## Code map\n| `crates/ops/` | decides |\n| `crates/gone` | `cargo xtask dev` |\n`spec`\n## Next\n`xtask`";
        assert_eq!(
            code_map(readme, &parts, &exists),
            [
                "README.md: the code map does not name `xtask`",
                "README.md: the code map names `crates/gone`, which does not exist",
            ]
        );
        assert_eq!(code_map("# x\n", &parts, &exists), ["README.md: it has no section \"Code map\""]);
    }

    #[test]
    fn lock_files_name_no_mirror() {
        let npm = r#"{"packages":{"a":{"resolved":"x"}}}"#;
        let cargo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"git+x\"\n";
        assert_eq!(
            lock_file("a/package-lock.json", npm),
            ["a/package-lock.json: it names download addresses; run `npm install` in its folder"]
        );
        assert_eq!(
            lock_file("Cargo.lock", cargo),
            ["Cargo.lock: source = \"git+x\": only crates.io's own index may stand there"]
        );
        assert_eq!(lock_file("package-lock.json", "{}"), Vec::<String>::new());
        assert_eq!(lock_file("package.json", npm), Vec::<String>::new());
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let machine = ["/ho".to_owned() + "me/"];
        let text = format!("a\nsee {}x\nhttps://a.example{}x", machine[0], machine[0]);
        assert_eq!(foreign_paths("f.md", &text, &machine), ["f.md:2: a path of somebody's machine"]);
    }
}
