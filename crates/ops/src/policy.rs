//! Who may do what, where: deny by default, several rules, the first that matches decides.

use acs_rpc::WireParameters;
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Map, Value};

/// The rules of `POLICY`, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    who: Vec<Pattern>,
    places: Vec<Pattern>,
    operations: Vec<Pattern>,
    parameters: Vec<(String, Vec<Pattern>)>,
    confirm: Confirm,
    approvers: Vec<Pattern>,
}

/// When the asker must say yes a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirm {
    Never,
    Risky,
    Always,
}

/// What the policy says about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed by the rule with this index.
    Allowed {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// Whether the rule wants a second yes first.
        confirm: bool,
        /// Who may say it; empty: the asker.
        approvers: Vec<String>,
    },
    /// No rule allows it.
    Denied(Denial),
}

/// What the rule that came closest still lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// No rule names this person.
    Who,
    /// A rule names the person, none of them this place.
    Where,
    /// A rule names person and place, none of them this operation.
    Operation,
    /// All fits except this parameter's value.
    Parameter(String),
}

/// The question put to the policy, every id in its written form.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `slack:T0001/U2147483697`
    pub who: &'a str,
    /// `slack:T0001/C2147483705`
    pub place: &'a str,
    /// Operation name.
    pub operation: &'a str,
    /// The request's parameters.
    pub parameters: &'a WireParameters,
    /// Whether the overlay calls this request risky.
    pub risky: bool,
}

impl Policy {
    /// Reads the JSON form of the TOML table `[vars.POLICY]`.
    ///
    /// # Errors
    /// Every problem, each naming the entry, such as `allow[0].confirm: …`.
    pub fn parse(json: &str) -> Result<Self, Vec<String>> {
        let value: Value = serde_json::from_str(json).map_err(|e| alloc::vec![format!("not JSON: {e}")])?;
        let mut problems = Vec::new();
        let rules = read_rules(&value, &mut problems);
        if problems.is_empty() { Ok(Self { rules }) } else { Err(problems) }
    }

    /// Decides one request.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Verdict {
        let mut closest = Denial::Who;
        for (index, rule) in self.rules.iter().enumerate() {
            match rule.lacks(question) {
                None => {
                    let confirm = match rule.confirm {
                        Confirm::Never => false,
                        Confirm::Risky => question.risky,
                        Confirm::Always => true,
                    };
                    let approvers = rule.approvers.iter().map(|Pattern(pattern)| pattern.clone()).collect();
                    return Verdict::Allowed { rule: index, confirm, approvers };
                }
                Some(denial) => closest = closest.max(denial),
            }
        }
        Verdict::Denied(closest)
    }
}

impl Rule {
    fn lacks(&self, question: &Question<'_>) -> Option<Denial> {
        if !any(&self.who, question.who) {
            return Some(Denial::Who);
        }
        if !any(&self.places, question.place) {
            return Some(Denial::Where);
        }
        if !any(&self.operations, question.operation) {
            return Some(Denial::Operation);
        }
        // A parameter the rule limits must be there: its absence could mean a default the rule's author did not think of.
        self.parameters.iter().find_map(|(name, allowed)| {
            let fits = question.parameters.value(name).is_some_and(|value| any(allowed, value));
            (!fits).then(|| Denial::Parameter(name.clone()))
        })
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|Pattern(pattern)| glob(pattern, text))
}

/// Whether one of these written patterns names `who`.
#[must_use]
pub(crate) fn names(patterns: &[String], who: &str) -> bool {
    patterns.iter().any(|pattern| glob(pattern, who))
}

/// Text in which `*` stands for any run of characters; everything else is compared exactly.
#[derive(Debug, PartialEq, Eq)]
struct Pattern(String);

fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn read_rules(value: &Value, problems: &mut Vec<String>) -> Vec<Rule> {
    let Some(table) = value.as_object() else {
        problems.push("must be a table with `allow`".to_owned());
        return Vec::new();
    };
    for key in table.keys().filter(|key| *key != "allow") {
        problems.push(format!("{key}: unknown key, expected `allow`"));
    }
    let Some(entries) = table.get("allow").and_then(Value::as_array) else {
        problems.push("allow: expected a list of rules".to_owned());
        return Vec::new();
    };
    let mut rules = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match entry.as_object() {
            Some(entry) => rules.push(read_rule(entry, &format!("allow[{index}]"), problems)),
            None => problems.push(format!("allow[{index}]: expected a table")),
        }
    }
    rules
}

fn read_rule(entry: &Map<String, Value>, at: &str, problems: &mut Vec<String>) -> Rule {
    const KEYS: [&str; 6] = ["who", "where", "operations", "parameters", "confirm", "approvers"];
    for key in entry.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        problems.push(format!("{at}.{key}: unknown key, expected one of {}", KEYS.join(", ")));
    }
    let mut list = |name: &str| {
        if name == "approvers" && !entry.contains_key(name) {
            return Vec::new();
        }
        let patterns = read_patterns(entry.get(name), &format!("{at}.{name}"), problems);
        if name == "operations" {
            for Pattern(pattern) in patterns.iter().filter(|p| !p.0.contains('*')) {
                if swas::operation(pattern).is_none() {
                    problems.push(format!("{at}.operations: no served operation is called `{pattern}`"));
                }
            }
        } else {
            for Pattern(pattern) in patterns.iter().filter(|p| p.0 != "*") {
                let well_formed = pattern.split_once(':').is_some_and(|(_, rest)| rest.contains('/') || rest == "*");
                if !well_formed {
                    problems.push(format!("{at}.{name}: `{pattern}` is not platform:organisation/id"));
                }
            }
        }
        patterns
    };
    let who = list("who");
    let places = list("where");
    let operations = list("operations");
    let approvers = list("approvers");
    let parameters = match entry.get("parameters") {
        None => Vec::new(),
        Some(Value::Object(table)) => table
            .iter()
            .map(|(name, value)| {
                (name.clone(), read_patterns(Some(value), &format!("{at}.parameters.{name}"), problems))
            })
            .collect(),
        Some(_) => {
            problems.push(format!("{at}.parameters: expected a table of lists"));
            Vec::new()
        }
    };
    for (name, _) in &parameters {
        let known = swas::SERVED.iter().any(|served| served.operation.parameters.iter().any(|p| p.name == name));
        if !known {
            problems.push(format!("{at}.parameters.{name}: no served operation has this parameter"));
        }
    }
    let confirm = match entry.get("confirm").map(|value| value.as_str()) {
        None | Some(Some("risky")) => Confirm::Risky,
        Some(Some("never")) => Confirm::Never,
        Some(Some("always")) => Confirm::Always,
        Some(_) => {
            problems.push(format!("{at}.confirm: expected \"never\", \"risky\" or \"always\""));
            Confirm::Always
        }
    };
    if confirm == Confirm::Never && !approvers.is_empty() {
        problems.push(format!("{at}.approvers: with confirm = \"never\" nobody would be asked"));
    }
    Rule { who, places, operations, parameters, confirm, approvers }
}

fn read_patterns(value: Option<&Value>, at: &str, problems: &mut Vec<String>) -> Vec<Pattern> {
    let texts: Option<Vec<&str>> =
        value.and_then(Value::as_array).map(|items| items.iter().filter_map(Value::as_str).collect());
    match (value.and_then(Value::as_array), texts) {
        (Some(items), Some(texts)) if !texts.is_empty() && items.len() == texts.len() => {
            if texts.iter().any(|text| text.is_empty()) {
                problems.push(format!("{at}: an empty text matches nothing"));
            }
            texts.into_iter().map(|text| Pattern(text.to_string())).collect()
        }
        _ => {
            problems.push(format!("{at}: expected a list of texts, not empty"));
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const RULES: &str = r#"{"allow": [
        {"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["ModifyImageShareStatus"],
         "parameters": {"RegionId": ["cn-*"], "ImageId": ["m-*"]}, "confirm": "risky", "approvers": ["slack:T1/U9"]},
        {"who": ["slack:*/U2"], "where": ["*"], "operations": ["*"], "confirm": "always"},
        {"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["ListRegions"], "confirm": "never"}
    ]}"#;

    fn check(
        who: &str,
        place: &str,
        operation: &str,
        parameters: &[(&'static str, &str)],
        risky: bool,
        expected: &Verdict,
    ) {
        let mut wire = WireParameters::new();
        parameters.iter().for_each(|(name, value)| wire.push(*name, *value));
        let question = Question { who, place, operation, parameters: &wire, risky };
        assert_eq!(&Policy::parse(RULES).unwrap().decide(&question), expected);
    }

    fn denied(denial: Denial) -> Verdict {
        Verdict::Denied(denial)
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_first_matching_rule_decides_and_the_closest_one_explains() {
        let share = [("RegionId", "cn-hangzhou"), ("ImageId", "m-1")];
        let modify = "ModifyImageShareStatus";
        let by_rule_0 = |confirm| Verdict::Allowed { rule: 0, confirm, approvers: vec!["slack:T1/U9".into()] };
        check("slack:T1/U1", "slack:T1/C1", modify, &share, false, &by_rule_0(false));
        check("slack:T1/U1", "slack:T1/C1", modify, &share, true, &by_rule_0(true));
        check(
            "slack:T1/U1",
            "slack:T1/C1",
            "ListRegions",
            &[],
            true,
            &Verdict::Allowed { rule: 2, confirm: false, approvers: vec![] },
        );
        check(
            "slack:T7/U2",
            "slack:T7/C8",
            modify,
            &share,
            false,
            &Verdict::Allowed { rule: 1, confirm: true, approvers: vec![] },
        );
        check("slack:T1/U3", "slack:T1/C1", modify, &share, false, &denied(Denial::Who));
        check("slack:T1/U11", "slack:T1/C1", modify, &share, false, &denied(Denial::Who));
        check("standard:T1/U1", "slack:T1/C1", modify, &share, false, &denied(Denial::Who));
        check("slack:T1/U1", "slack:T1/C2", modify, &share, false, &denied(Denial::Where));
        check("slack:T1/U1", "slack:T1/C1", "DeleteCustomImage", &share, false, &denied(Denial::Operation));
        let abroad = [("RegionId", "eu-west-1"), ("ImageId", "m-1")];
        check("slack:T1/U1", "slack:T1/C1", modify, &abroad, false, &denied(Denial::Parameter("RegionId".into())));
        check("slack:T1/U1", "slack:T1/C1", modify, &share[..1], false, &denied(Denial::Parameter("ImageId".into())));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_star_stands_for_any_run_and_the_rest_is_exact() {
        for (pattern, text, expected) in [
            ("m-*", "m-1", true),
            ("m-*", "m-", true),
            ("m-*", "M-1", false),
            ("m-*", "xm-1", false),
            ("*", "", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a*", "b", false),
            ("abc", "abcd", false),
            ("**", "x", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} against {text}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_malformed_policy_names_each_entry() {
        let malformed = r#"{"allow": [{"who": [], "where": ["C1"], "operations": ["ShareImage"], "confirm": "maybe",
            "parameters": {"Colour": ["red"]}, "speed": 1}, 7], "deny": []}"#;
        assert_eq!(
            Policy::parse(malformed).unwrap_err(),
            [
                "deny: unknown key, expected `allow`",
                "allow[0].speed: unknown key, expected one of who, where, operations, parameters, confirm, approvers",
                "allow[0].who: expected a list of texts, not empty",
                "allow[0].where: `C1` is not platform:organisation/id",
                "allow[0].operations: no served operation is called `ShareImage`",
                "allow[0].parameters.Colour: no served operation has this parameter",
                "allow[0].confirm: expected \"never\", \"risky\" or \"always\"",
                "allow[1]: expected a table",
            ]
        );
        assert_eq!(Policy::parse("[]").unwrap_err(), ["must be a table with `allow`"]);
        assert_eq!(Policy::parse("{}").unwrap_err(), ["allow: expected a list of rules"]);
        let never = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"], "confirm": "never", "approvers": ["*"]}]}"#;
        assert_eq!(
            Policy::parse(never).unwrap_err(),
            ["allow[0].approvers: with confirm = \"never\" nobody would be asked"]
        );
        assert!(Policy::parse("{").unwrap_err()[0].starts_with("not JSON: "));
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn an_empty_list_of_rules_denies_everything() {
        let parameters = &WireParameters::new();
        let (who, place) = ("slack:T1/U1", "slack:T1/C1");
        let question = Question { who, place, operation: "ListRegions", parameters, risky: false };
        assert_eq!(Policy::parse(r#"{"allow": []}"#).unwrap().decide(&question), denied(Denial::Who));
    }
}
