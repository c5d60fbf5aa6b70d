//! The policies of a wrangler.toml, and where in it each of their entries stands.

use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

/// One deployment of the file: `[vars]`, or those of an `[env.NAME]`, which inherits none.
#[derive(Debug)]
pub(super) struct Deployment {
    /// `None`: the one without a name.
    pub(super) env: Option<String>,
    /// Of its name.
    pub(super) spot: Option<Spot>,
    /// Its policy; `None`: it has none.
    pub(super) policy: Option<PolicyText>,
    /// Its `DEFAULT_REGION`.
    pub(super) default_region: Option<String>,
}

/// A policy as the Worker gets it.
#[derive(Debug)]
pub(super) struct PolicyText {
    /// Its JSON.
    pub(super) json: String,
    /// Of the key `POLICY`.
    spot: Spot,
    /// By path: of a table's key, of a list's item.
    spots: Vec<(String, Spot)>,
}

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// From 1.
    pub(super) line: usize,
    /// Characters, from 1.
    pub(super) column: usize,
}

impl Deployment {
    /// `vars.POLICY` or `env.NAME.vars.POLICY`.
    pub(super) fn path(&self) -> String {
        self.env.as_ref().map_or_else(|| "vars.POLICY".to_owned(), |env| format!("env.{env}.vars.POLICY"))
    }
}

impl PolicyText {
    /// Where the entry stands that a problem or a path begins with: the innermost that is there, else the policy as a whole
    /// and `false`.
    pub(super) fn spot(&self, problem: &str) -> (Spot, bool) {
        let about = |path: &str| {
            problem.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.', '[']))
        };
        let about = self.spots.iter().filter(|(path, _)| about(path));
        about.max_by_key(|(path, _)| path.len()).map_or((self.spot, false), |(_, spot)| (*spot, true))
    }
}

/// Reads the deployments of a file: the one without a name first, unless there are others and it has no policy.
///
/// # Errors
/// It is not TOML: where, and why.
pub(super) fn deployments(text: &str) -> Result<Vec<Deployment>, (Option<Spot>, String)> {
    let malformed = |error: toml::de::Error| {
        let spot = error.span().map(|span| spot(text, span.start));
        (spot, error.message().lines().collect::<Vec<_>>().join(" "))
    };
    let spanned = DeTable::parse(text).map_err(malformed)?;
    let plain: Table = text.parse().map_err(malformed)?;
    let spanned = spanned.get_ref();
    let mut found = vec![deployment(text, None, spanned.get("vars"), plain.get("vars"))];
    if let (Some(spanned), Some(plain)) = (table(spanned.get("env")), plain.get("env").and_then(Value::as_table)) {
        for (name, plain) in plain {
            let entry = spanned.get_key_value(name.as_str());
            let vars = table(entry.map(|(_, env)| env)).and_then(|env| env.get("vars"));
            let spot = entry.map(|(key, _)| spot(text, key.span().start));
            found.push(Deployment { spot, ..deployment(text, Some(name), vars, plain.get("vars")) });
        }
    }
    if found.len() > 1 && found.first().is_some_and(|unnamed| unnamed.policy.is_none()) {
        found.remove(0);
    }
    Ok(found)
}

fn deployment(
    text: &str,
    env: Option<&String>,
    spanned: Option<&Spanned<DeValue<'_>>>,
    plain: Option<&Value>,
) -> Deployment {
    let spanned = table(spanned).and_then(|vars| vars.get_key_value("POLICY"));
    let policy = spanned.zip(plain.and_then(|vars| vars.get("POLICY"))).map(|((key, spanned), plain)| {
        let mut spots = Vec::new();
        collect(text, "", spanned, &mut spots);
        let json = match plain {
            // A text reaches the Worker as it is.
            Value::String(json) => json.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        PolicyText { json, spot: spot(text, key.span().start), spots }
    });
    let default_region = plain.and_then(|vars| vars.get("DEFAULT_REGION")).and_then(Value::as_str).map(str::to_owned);
    Deployment { env: env.cloned(), spot: None, policy, default_region }
}

fn table<'a, 'i>(value: Option<&'a Spanned<DeValue<'i>>>) -> Option<&'a DeTable<'i>> {
    value.and_then(|value| value.get_ref().as_table())
}

/// The paths are written as `ops` writes them in its problems.
fn collect(text: &str, at: &str, value: &Spanned<DeValue<'_>>, spots: &mut Vec<(String, Spot)>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                let dot = if at.is_empty() { "" } else { "." };
                let path = format!("{at}{dot}{}", key.get_ref());
                collect(text, &path, value, spots);
                spots.push((path, spot(text, key.span().start)));
            }
        }
        DeValue::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let path = format!("{at}[{index}]");
                collect(text, &path, value, spots);
                spots.push((path, spot(text, value.span().start)));
            }
        }
        _ => {}
    }
}

fn spot(text: &str, offset: usize) -> Spot {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    Spot { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}
