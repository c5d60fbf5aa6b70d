//! What an overlay has to say of a new operation, with every decision open.

use crate::{ApiDocument, OperationSpec, Shape, overlay::LEVELS, problem::list, prose::plain};
use serde_json::Value;

/// Starts of names that promise to change nothing. With labels that promise the same, a risk is not asked about.
const READS: &[&str] = &["Describe", "Get", "List", "Query"];

/// The parameter that makes a repetition harmless, in every product that has one.
const CLIENT_TOKEN: &str = "ClientToken";

/// Parameters that never name the thing acted on.
const NEVER_SUBJECT: &[&str] =
    &["RegionId", CLIENT_TOKEN, "PageNumber", "PageSize", "NextToken", "MaxResults", "DryRun"];

/// What is known of an operation before anybody has decided.
pub(super) struct Found<'a> {
    pub(super) document: &'a ApiDocument,
    pub(super) operation: &'a OperationSpec,
    /// The operation as it stands in the document.
    pub(super) value: &'a Value,
    /// The overlay's table of served operations.
    pub(super) sisters: &'a Value,
}

/// The overlay as it was, and a skeleton after it.
pub(super) fn append(overlay: &str, found: &Found<'_>) -> String {
    let mut text = overlay.trim_end_matches(['\n', '\r']).to_owned();
    text.push_str("\n\n");
    text.push_str(&found.render());
    text
}

impl Found<'_> {
    fn render(&self) -> String {
        let name = &self.operation.name;
        let key = toml_key(name);
        let mut text = format!(
            "# {}, from the official document by `cargo xtask spec add`.\n#\n\
             # Each \"?\" is for a person to decide, by the evidence and not by these comments; until none is left,\n\
             # `cargo xtask codegen` refuses this file. What the keys mean stands at its head. Delete these comments in the end.\n",
            plain(name)
        );
        text += &self.unlimited(&key);
        text += &format!(
            "\n[served.{key}]\n# \"read\" or \"write\": whether it changes anything.\n# {}\neffect = \"?\"\n",
            self.labels()
        );
        text += &self.subject();
        if self.operation.parameter(CLIENT_TOKEN).is_some() {
            text += &format!("client_token = {}\n", toml_text(CLIENT_TOKEN));
        }
        text += "# The page where this can be looked up.\nevidence = \"?\"\n";
        text += &self.words(&key);
        if self.promises_to_read() {
            text += &self.listing(&key);
        } else {
            text += &format!(
                "\n# What somebody should know before it happens. Delete this table if there is nothing to lose, and see\n\
                 # [served.<Operation>.observation] for a way to see the effect afterwards.\n\
                 [[served.{key}.risks]]\nevidence = \"?\"\nconsequences = [{{ en = \"?\", zh = \"?\" }}]\n"
            );
        }
        text + &self.ram(&key)
    }

    fn label(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(self.value, |value, key| value.get(key))?.as_str()
    }

    fn labels(&self) -> String {
        let labels = [
            ("operationType", self.label(&["operationType"])),
            ("systemTags.operationType", self.label(&["systemTags", "operationType"])),
            ("systemTags.riskType", self.label(&["systemTags", "riskType"])),
            ("systemTags.chargeType", self.label(&["systemTags", "chargeType"])),
        ];
        let labels = labels.into_iter().filter_map(|(name, label)| Some(format!("{name} {}", plain(label?))));
        format!("The document's labels, which are wrong in places: {}", list(labels))
    }

    /// Whether everything says that nothing is changed. It decides only what is asked.
    fn promises_to_read(&self) -> bool {
        let reads = |label: Option<&str>| label.is_none_or(|label| matches!(label, "read" | "get" | "list" | "none"));
        READS.iter().any(|start| self.operation.name.starts_with(start))
            && reads(self.label(&["operationType"]))
            && reads(self.label(&["systemTags", "operationType"]))
    }

    /// Parameters without a limit: where there is one, it stands only in prose.
    fn unlimited(&self, key: &str) -> String {
        let free = self.operation.parameters.iter().filter(|parameter| {
            parameter.schema.constraints.is_empty()
                && matches!(parameter.schema.shape, Shape::String | Shape::Int32 | Shape::Int64 | Shape::Number)
        });
        let names: Vec<&str> = free.map(|parameter| parameter.name.as_str()).collect();
        if names.is_empty() {
            return String::new();
        }
        format!(
            "#\n# Limits and values that stand only in prose go to [served.{}.parameters.<Name>].\n\
             # The document limits none of: {}.\n",
            plain(key),
            plain(&list(names))
        )
    }

    fn subject(&self) -> String {
        let names = self.operation.parameters.iter().map(|parameter| parameter.name.as_str());
        let candidates: Vec<&str> = names.filter(|name| !NEVER_SUBJECT.contains(name)).collect();
        if candidates.is_empty() {
            return String::new();
        }
        format!(
            "# The parameter naming the thing acted on: {}. Delete the line if none does.\nsubject = \"?\"\n",
            plain(&list(candidates))
        )
    }

    fn words(&self, key: &str) -> String {
        let required = self.operation.parameters.iter().filter(|parameter| parameter.schema.required);
        let required = required.filter(|parameter| parameter.name != CLIENT_TOKEN);
        let arguments: Vec<String> = required.map(|parameter| toml_text(&parameter.name)).collect();
        format!(
            "\n# For a word in the chat; without one people type the operation's name and Name=Value.\n\
             # [[served.{}.words]]\n# word = \"?\"\n# arguments = [{}]\n# summary = {{ en = \"?\", zh = \"?\" }}\n",
            plain(key),
            plain(&arguments.join(", "))
        )
    }

    /// The fields of the answer that could be its rows.
    fn listing(&self, key: &str) -> String {
        let answer = self.operation.response.as_ref().map(|answer| &self.document.resolve(answer).shape);
        let Some(Shape::Object(fields)) = answer else { return String::new() };
        let rows = fields.iter().filter_map(|(name, schema)| match &self.document.resolve(schema).shape {
            Shape::Array(items) => matches!(self.document.resolve(items).shape, Shape::Object(_)).then_some(name),
            _ => None,
        });
        let rows: Vec<&String> = rows.collect();
        if rows.is_empty() {
            return String::new();
        }
        format!(
            "\n# To show its answer as rows; the answer has {}.\n# [served.{}.listing]\n# items = \"?\"\n# columns = [\"?\"]\n",
            plain(&list(rows)),
            plain(key)
        )
    }

    fn ram(&self, key: &str) -> String {
        let mut text = format!("\n[served.{key}.ram]\n");
        if let Some(stated) = self.stated() {
            let level = stated.level.filter(|level| LEVELS.contains(level)).unwrap_or("?");
            text += &format!(
                "action = {}\n# {}: how far it goes.\nlevel = {}\n",
                toml_text(stated.action),
                list(LEVELS),
                toml_text(level)
            );
            text += &resource_comment(self.sister("resource"));
            let resource = if stated.resources.len() == 1 { stated.resources.first() } else { None };
            if stated.resources.len() > 1 {
                text += &format!("# The document names several: {}.\n", plain(&list(&stated.resources)));
            }
            text += &format!("resource = {}\n", toml_text(resource.map_or("?", |resource| resource)));
            return text
                + &format!(
                    "evidence = {}\n",
                    toml_text(&format!("api-docs.json, ramActions of {}", self.operation.name))
                );
        }
        let product = self.sister("action").and_then(|action| action.split_once(':')).map(|(product, _)| product);
        let product = product.map_or_else(|| self.document.product.to_lowercase(), str::to_owned);
        text += &format!(
            "# The document says nothing of access control.\n# A guess by the names of others, to be looked up: {}:{}\naction = \"?\"\n",
            plain(&product),
            plain(&self.operation.name)
        );
        text += &format!("# {}: how far it goes.\nlevel = \"?\"\n", list(LEVELS));
        text += &resource_comment(self.sister("resource"));
        text + "resource = \"?\"\nevidence = \"?\"\n"
    }

    /// What another served operation says of access control.
    fn sister(&self, key: &str) -> Option<&str> {
        let mut sisters = self.sisters.as_object()?.values();
        sisters.find_map(|sister| sister.get("ram")?.get(key)?.as_str().filter(|text| text.contains(':')))
    }

    /// What the document states of access control, where it states one action.
    fn stated(&self) -> Option<Stated<'_>> {
        let [action] = self.value.get("ramActions")?.as_array()?.as_slice() else { return None };
        let ram = action.get("ramAction")?;
        let name = ram.get("action")?.as_str().filter(|name| !name.is_empty())?;
        let resources = ram.get("resources").and_then(Value::as_array).into_iter().flatten();
        let resources = resources.filter_map(|resource| resource.get("arn")?.as_str()).collect();
        Some(Stated { action: name, level: action.get("operationType").and_then(Value::as_str), resources })
    }
}

struct Stated<'a> {
    action: &'a str,
    level: Option<&'a str>,
    resources: Vec<&'a str>,
}

fn resource_comment(sister: Option<&str>) -> String {
    let example = sister.map(|sister| format!("# Another operation's: {}\n", plain(sister))).unwrap_or_default();
    format!("# \"*\", or acs:<product>:<region>:<account>:<resource> with the vendor's place holders.\n{example}")
}

fn toml_key(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { toml_text(name) }
}

/// A basic string of TOML, on one line.
fn toml_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        let mut itself = [0; 4];
        let itself = c.encode_utf8(&mut itself);
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // What cannot be seen.
            c if plain(itself) != *itself => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
