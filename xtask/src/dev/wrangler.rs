//! What wrangler.toml says about the Worker, as far as a local run needs it.

use alloc::collections::{BTreeMap, BTreeSet};
use anyhow::{Context as _, Result, bail, ensure};
use toml::{Table, Value};

/// The Worker as deployed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deployment {
    /// The Worker's name.
    pub(crate) name: String,
    /// `YYYY-MM-DD`.
    pub(crate) compatibility_date: String,
    /// By name.
    pub(crate) compatibility_flags: Vec<String>,
    /// What the Worker finds in its environment.
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Its Durable Objects.
    pub(crate) objects: Vec<DurableObject>,
    /// The files it serves.
    pub(crate) assets: Option<Assets>,
}

/// A folder the Worker gets files from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assets {
    /// The name in the Worker's environment.
    pub(crate) binding: String,
    /// Relative to wrangler.toml.
    pub(crate) directory: String,
}

/// A variable, in the form it reaches the Worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Variable {
    /// A string.
    Text(String),
    /// Anything else, as JSON.
    Json(serde_json::Value),
    /// A secret: a string that is handed over in workerd's own environment and stands in no file but `.dev.vars`.
    Secret,
}

/// A class with storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DurableObject {
    /// The name in the Worker's environment.
    pub(crate) binding: String,
    /// The exported class.
    pub(crate) class: String,
    /// Whether its storage is SQLite.
    pub(crate) sqlite: bool,
}

impl Deployment {
    /// Reads the text of a wrangler.toml.
    ///
    /// # Errors
    /// It is not TOML, or a key that is needed is missing or of another type; the message names the key.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let variables = match table.get("vars") {
            Some(vars) => variables(vars.as_table().context("`vars` is not a table")?)?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            name: string(&table, "name")?,
            compatibility_date: string(&table, "compatibility_date")?,
            compatibility_flags: strings(&table, "compatibility_flags")?,
            variables,
            objects: objects(&table)?,
            assets: match table.get("assets") {
                Some(assets) => Some(self::assets(assets.as_table().context("`assets` is not a table")?)?),
                None => None,
            },
        })
    }

    /// Puts a table of variables over those of the deployment.
    ///
    /// # Errors
    /// It is not TOML.
    pub(crate) fn put_over(&mut self, vars: &str) -> Result<()> {
        self.variables.extend(variables(&vars.parse()?)?);
        Ok(())
    }

    /// Sets a variable from words: text where it is text or new, JSON where wrangler.toml has something else; an empty
    /// value takes it away.
    ///
    /// # Errors
    /// JSON was needed and is not there.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<()> {
        if value.is_empty() {
            self.variables.remove(name);
            return Ok(());
        }
        let variable = match self.variables.get(name) {
            Some(Variable::Json(_)) => Variable::Json(
                serde_json::from_str(value)
                    .with_context(|| format!("{name} is not a string in wrangler.toml: its value must be JSON"))?,
            ),
            _ => Variable::Text(value.to_owned()),
        };
        self.variables.insert(name.to_owned(), variable);
        Ok(())
    }

    /// Adds to a variable that lists hosts with commas between.
    pub(crate) fn add_hosts(&mut self, name: &str, hosts: &[&str]) {
        let added = match self.variables.get(name) {
            Some(Variable::Text(listed)) if !listed.trim().is_empty() => format!("{listed},{}", hosts.join(",")),
            _ => hosts.join(","),
        };
        self.variables.insert(name.to_owned(), Variable::Text(added));
    }
}

impl Variable {
    fn from_toml(value: &Value) -> Result<Self> {
        Ok(match value {
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Json(serde_json::to_value(other)?),
        })
    }
}

fn variables(vars: &Table) -> Result<BTreeMap<String, Variable>> {
    vars.iter().map(|(name, value)| Ok((name.clone(), Variable::from_toml(value)?))).collect()
}

fn string(table: &Table, key: &str) -> Result<String> {
    Ok(table
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("`{key}` is missing or not a string"))?
        .to_owned())
}

fn strings(table: &Table, key: &str) -> Result<Vec<String>> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    let items = value.as_array().with_context(|| format!("`{key}` is not a list"))?;
    items
        .iter()
        .map(|item| {
            Ok(item.as_str().with_context(|| format!("`{key}` holds something that is not a string"))?.to_owned())
        })
        .collect()
}

/// No more than the binding: which address gets which file is the Worker's to say, there as here.
fn assets(table: &Table) -> Result<Assets> {
    ensure!(
        table.get("run_worker_first") == Some(&Value::Boolean(true)),
        "`assets.run_worker_first` is not true: files would be served without the Worker's headers"
    );
    Ok(Assets { binding: string(table, "binding")?, directory: string(table, "directory")? })
}

fn objects(table: &Table) -> Result<Vec<DurableObject>> {
    let mut sqlite = BTreeSet::new();
    let mut known = BTreeSet::new();
    for migration in tables(table.get("migrations")) {
        sqlite.extend(strings(migration, "new_sqlite_classes")?);
        known.extend(strings(migration, "new_classes")?);
    }
    let bindings = table.get("durable_objects").and_then(|objects| objects.get("bindings"));
    let mut objects = Vec::new();
    for binding in tables(bindings) {
        let class = string(binding, "class_name")?;
        if !sqlite.contains(&class) && !known.contains(&class) {
            bail!("no `[[migrations]]` creates the Durable Object class {class}");
        }
        objects.push(DurableObject { binding: string(binding, "name")?, sqlite: sqlite.contains(&class), class });
    }
    Ok(objects)
}

fn tables(value: Option<&Value>) -> impl Iterator<Item = &Table> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const SAMPLE: &str = r#"
        name = "sample"
        main = "build/index.js"
        compatibility_date = "2026-04-01"
        compatibility_flags = ["nodejs_compat"]

        [vars]
        DEFAULT_REGION = "cn-\"beijing\""
        CALLS_PER_MINUTE = 60
        [[vars.POLICY.allow]]
        who = ["slack:T1/U1"]

        [assets]
        directory = "pages"
        binding = "FILES"
        run_worker_first = true

        [[durable_objects.bindings]]
        name = "LEDGER"
        class_name = "Ledger"

        [[migrations]]
        tag = "v1"
        new_sqlite_classes = ["Ledger"]
    "#;

    #[test]
    fn reads_a_deployment() {
        let read = Deployment::parse(SAMPLE).unwrap();
        assert_eq!(read.compatibility_flags, ["nodejs_compat"]);
        assert_eq!(read.variables["DEFAULT_REGION"], Variable::Text("cn-\"beijing\"".to_owned()));
        assert_eq!(read.variables["CALLS_PER_MINUTE"], Variable::Json(60.into()));
        assert_eq!(
            read.variables["POLICY"],
            Variable::Json(serde_json::json!({ "allow": [{ "who": ["slack:T1/U1"] }] }))
        );
        assert_eq!(
            read.objects,
            [DurableObject { binding: "LEDGER".to_owned(), class: "Ledger".to_owned(), sqlite: true }]
        );
        assert_eq!(read.assets, Some(Assets { binding: "FILES".to_owned(), directory: "pages".to_owned() }));
    }

    #[test]
    fn puts_variables_over_others() {
        let mut read = Deployment::parse(SAMPLE).unwrap();
        read.put_over("CALLS_PER_MINUTE = 5\nNEW = \"x\"").unwrap();
        assert_eq!(read.variables["CALLS_PER_MINUTE"], Variable::Json(5.into()));
        assert_eq!(read.variables["NEW"], Variable::Text("x".to_owned()));
        assert_eq!(read.variables["DEFAULT_REGION"], Variable::Text("cn-\"beijing\"".to_owned()));
    }

    #[test]
    fn names_what_is_missing() {
        let error = |text: &str| Deployment::parse(text).unwrap_err().to_string();
        assert_eq!(error("name = \"x\""), "`compatibility_date` is missing or not a string");
        let orphan = SAMPLE.replace("new_sqlite_classes = [\"Ledger\"]", "");
        assert_eq!(error(&orphan), "no `[[migrations]]` creates the Durable Object class Ledger");
        assert_eq!(
            error(&SAMPLE.replace("run_worker_first = true", "")),
            "`assets.run_worker_first` is not true: files would be served without the Worker's headers"
        );
    }

    #[test]
    fn sets_variables_from_words() {
        let mut read = Deployment::parse(SAMPLE).unwrap();
        read.set("CALLS_PER_MINUTE", "5").unwrap();
        read.set("SIGNATURE_SCHEME", "rpc").unwrap();
        read.set("DEFAULT_REGION", "").unwrap();
        assert_eq!(read.variables["CALLS_PER_MINUTE"], Variable::Json(5.into()));
        assert_eq!(read.variables["SIGNATURE_SCHEME"], Variable::Text("rpc".to_owned()));
        assert_eq!(read.variables.get("DEFAULT_REGION"), None);
        assert_eq!(
            read.set("POLICY", "allow all").unwrap_err().to_string(),
            "POLICY is not a string in wrangler.toml: its value must be JSON"
        );
    }

    #[test]
    fn adds_hosts() {
        let mut read = Deployment::parse(SAMPLE).unwrap();
        for after in ["127.0.0.1", "127.0.0.1,127.0.0.1"] {
            read.add_hosts("FOLLOW_UP_HOSTS", &["127.0.0.1"]);
            assert_eq!(read.variables["FOLLOW_UP_HOSTS"], Variable::Text(after.to_owned()));
        }
    }
}
