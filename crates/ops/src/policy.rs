//! Who may do what, where: deny by default, several rules, the first that matches decides.

use crate::grammar::REGION;
use acs_rpc::{Effect, WireParameters};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use chat::{Platform, Strength};
use serde_json::{Map, Value};
use swas::Served;

/// The rules of `POLICY`, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

/// One rule. In its texts `*` stands for any run of characters; everything else is compared exactly.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The people it is for, `slack:T0001/U2147483697`.
    pub who: Vec<String>,
    /// The places it holds in, `slack:T0001/C2147483705`; `where` in the table.
    pub places: Vec<String>,
    /// Names of operations.
    pub operations: Vec<String>,
    /// The values a parameter may have. One that is not named may have any.
    pub parameters: Vec<(String, Vec<String>)>,
    /// What the platform's signature must cover at least.
    pub signature: Strength,
    /// When somebody must say yes a second time.
    pub confirm: Confirm,
    /// Who may say it, never the asker; empty: the asker.
    pub approvers: Vec<String>,
}

/// When somebody must say yes a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Only where a write comes over a platform whose signature does not prove enough.
    Never,
    /// Also where the overlay calls the request risky.
    Risky,
    /// Before every request.
    Always,
}

/// What the policy says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'p> {
    /// Allowed by the rule with this index.
    Allowed {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// Whether a second yes must come first.
        confirm: bool,
        /// Who may say it, as patterns; empty: the asker.
        approvers: &'p [String],
    },
    /// No rule allows it.
    Denied(Denial<'p>),
}

/// What is missing to the rule that came closest, the first of those, and what it would allow. People whom no rule names
/// are told nothing of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial<'p> {
    /// No rule names this person.
    Who,
    /// A rule names the person, none of them this place.
    Where {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// Where the rule holds.
        places: &'p [String],
    },
    /// A rule names person and place, none of them this operation.
    Operation {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// What the rule allows.
        operations: &'p [String],
    },
    /// A rule fits but for this parameter, which has another value or none.
    Parameter {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// Its name.
        name: &'p str,
        /// The values it may have.
        allowed: &'p [String],
    },
    /// A rule fits, and asks for a signature that covers more than the platform's does.
    Signature {
        /// Index in `POLICY.allow`.
        rule: usize,
        /// What it must cover at least.
        needed: Strength,
    },
}

/// The question put to the policy, every id in its written form.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// `slack:T0001/U2147483697`
    pub who: &'a str,
    /// `slack:T0001/C2147483705`
    pub place: &'a str,
    /// What the signature of the platform covers that it comes over.
    pub strength: Strength,
    /// The operation.
    pub served: &'a Served,
    /// The request's parameters.
    pub parameters: &'a WireParameters,
}

impl Policy {
    /// Reads the JSON form of the TOML table `[vars.POLICY]`.
    ///
    /// # Errors
    /// Every problem, each after the path of the entry: `allow[0].who[1]: …`.
    pub fn parse(json: &str) -> Result<Self, Vec<String>> {
        let value: Value = serde_json::from_str(json).map_err(|e| alloc::vec![format!("not JSON: {e}")])?;
        let mut problems = Vec::new();
        let rules = read_rules(&value, &mut problems);
        if problems.is_empty() { Ok(Self { rules }) } else { Err(problems) }
    }

    /// The rules in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decides one request.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Verdict<'_> {
        let mut closest = Denial::Who;
        for (index, rule) in self.rules.iter().enumerate() {
            match rule.lacks(index, question) {
                None => {
                    let wanted = match rule.confirm {
                        Confirm::Never => false,
                        Confirm::Risky => question.is_risky(),
                        Confirm::Always => true,
                    };
                    let confirm = wanted || question.proves_too_little();
                    return Verdict::Allowed { rule: index, confirm, approvers: &rule.approvers };
                }
                Some(denial) if denial.nearness() > closest.nearness() => closest = denial,
                Some(_) => {}
            }
        }
        Verdict::Denied(closest)
    }

    /// What is allowed to stand there and does not do what its author may think, each after the path of the entry.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let before = self.rules.iter().take(index);
            if let Some(first) =
                before.enumerate().find_map(|(first, earlier)| rule.is_within(earlier).then_some(first))
            {
                warnings.push(format!("allow[{index}]: decides nothing, allow[{first}] allows all of it before"));
            }
            let here = |pattern: &String| rule.places.iter().any(|place| share_a_platform(pattern, place));
            for (key, people) in [("who", &rule.who), ("approvers", &rule.approvers)] {
                for (nth, pattern) in people.iter().enumerate().filter(|(_, pattern)| !here(pattern)) {
                    warnings.push(format!("allow[{index}].{key}[{nth}]: the rule holds in no place of `{pattern}`"));
                }
            }
            if let ([asker], [approver]) = (rule.who.as_slice(), rule.approvers.as_slice())
                && asker == approver
                && !asker.contains('*')
            {
                warnings
                    .push(format!("allow[{index}].approvers[0]: `{asker}` alone asks, and nobody approves their own"));
            }
            for (name, values) in &rule.parameters {
                for (nth, value) in values.iter().enumerate().filter(|(_, value)| !value.contains('*')) {
                    if let Some(why) = refused(rule, name, value) {
                        warnings.push(format!("allow[{index}].parameters.{name}[{nth}]: {why}"));
                    }
                }
            }
        }
        warnings
    }
}

impl Question<'_> {
    /// Whether the overlay names consequences.
    #[must_use]
    pub fn is_risky(&self) -> bool {
        self.served.risk(|name| self.parameters.value(name)).is_some()
    }

    /// Whether somebody in the platform's way could have made a write of it.
    #[must_use]
    pub fn proves_too_little(&self) -> bool {
        self.served.effect == Effect::Write && self.strength != Strength::Full
    }
}

impl Denial<'_> {
    const fn nearness(&self) -> u8 {
        match self {
            Self::Who => 0,
            Self::Where { .. } => 1,
            Self::Operation { .. } => 2,
            Self::Parameter { .. } => 3,
            Self::Signature { .. } => 4,
        }
    }
}

impl Rule {
    fn lacks(&self, rule: usize, question: &Question<'_>) -> Option<Denial<'_>> {
        if !names(&self.who, question.who) {
            return Some(Denial::Who);
        }
        if !names(&self.places, question.place) {
            return Some(Denial::Where { rule, places: &self.places });
        }
        if !names(&self.operations, question.served.operation.name) {
            return Some(Denial::Operation { rule, operations: &self.operations });
        }
        // A parameter the rule limits must be there: its absence could mean a default the rule's author did not think of.
        for (name, allowed) in &self.parameters {
            if !question.parameters.value(name).is_some_and(|value| names(allowed, value)) {
                return Some(Denial::Parameter { rule, name, allowed });
            }
        }
        (question.strength < self.signature).then_some(Denial::Signature { rule, needed: self.signature })
    }

    /// Whether the other rule fits every request that this one fits. A rule whose patterns only together cover one of this
    /// one's is not seen.
    fn is_within(&self, other: &Self) -> bool {
        // Read as text, a pattern's star is matched by a star only: then the other matches whatever it stands for.
        let within = |inner: &[String], outer: &[String]| inner.iter().all(|pattern| names(outer, pattern));
        within(&self.who, &other.who)
            && within(&self.places, &other.places)
            && self.served().all(|served| names(&other.operations, served.operation.name))
            && other.parameters.iter().all(|(name, outer)| {
                self.parameters.iter().any(|(limited, inner)| limited == name && within(inner, outer))
            })
            && self.signature >= other.signature
    }

    /// The operations it is about.
    pub fn served(&self) -> impl Iterator<Item = &'static Served> {
        swas::SERVED.iter().filter(|served| names(&self.operations, served.operation.name))
    }
}

/// Whether there is a platform that both patterns name.
fn share_a_platform(one: &str, other: &str) -> bool {
    let names = |pattern: &str, platform: &Platform| {
        pattern == "*" || pattern.split_once(':').is_some_and(|(pattern, _)| glob(pattern, platform.name()))
    };
    Platform::ALL.iter().any(|platform| names(one, platform) && names(other, platform))
}

/// Why no operation of the rule takes this value, if none does.
fn refused(rule: &Rule, name: &str, value: &str) -> Option<String> {
    if name == REGION {
        return swas::endpoint(value).is_none().then(|| format!("there is no region `{value}`"));
    }
    let mut parameters = rule.served().filter_map(|served| served.operation.parameters.iter().find(|p| p.name == name));
    let first = parameters.next()?;
    let violation = acs_rpc::check_value(&first.schema, value).err()?;
    parameters.all(|parameter| acs_rpc::check_value(&parameter.schema, value).is_err()).then(|| violation.to_string())
}

/// Whether one of these patterns names the text.
#[must_use]
pub(crate) fn names(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| glob(pattern, text))
}

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

/// What `signature` may say, the weakest first.
const SIGNATURES: [(&str, Strength); 4] =
    [("token", Strength::Token), ("time", Strength::Time), ("body", Strength::Body), ("full", Strength::Full)];

/// How a rule's `signature` writes a strength: `token`, `time`, `body` or `full`.
#[must_use]
pub fn signature_name(strength: Strength) -> &'static str {
    SIGNATURES.iter().find(|(_, listed)| *listed == strength).map_or("", |(name, _)| name)
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
    const KEYS: [&str; 7] = ["who", "where", "operations", "parameters", "signature", "confirm", "approvers"];
    for key in entry.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        problems.push(format!("{at}.{key}: unknown key, expected one of {}", KEYS.join(", ")));
    }
    let ids = |name: &str, problems: &mut Vec<String>| {
        read_patterns(entry.get(name), &format!("{at}.{name}"), problems, &id_problem)
    };
    let who = ids("who", problems);
    let places = ids("where", problems);
    let operations = read_patterns(entry.get("operations"), &format!("{at}.operations"), problems, &|pattern| {
        let called = swas::SERVED.iter().any(|served| glob(pattern, served.operation.name));
        (!called).then(|| format!("no served operation is called `{pattern}`"))
    });
    let approvers = if entry.contains_key("approvers") { ids("approvers", problems) } else { Vec::new() };
    let parameters = match entry.get("parameters") {
        None => Vec::new(),
        Some(Value::Object(table)) => table
            .iter()
            .map(|(name, value)| {
                let at = format!("{at}.parameters.{name}");
                (name.clone(), read_patterns(Some(value), &at, problems, &|_| None))
            })
            .collect(),
        Some(_) => {
            problems.push(format!("{at}.parameters: expected a table of lists"));
            Vec::new()
        }
    };
    let signature = word(entry, at, "signature", Strength::Token, &SIGNATURES, problems);
    let words = [("never", Confirm::Never), ("risky", Confirm::Risky), ("always", Confirm::Always)];
    let confirm = word(entry, at, "confirm", Confirm::Risky, &words, problems);
    if confirm == Confirm::Never && !approvers.is_empty() {
        problems.push(format!("{at}.approvers: with confirm = \"never\" nobody would be asked"));
    }
    let rule = Rule { who, places, operations, parameters, signature, confirm, approvers };
    for (name, _) in &rule.parameters {
        if rule.served().next().is_some() && !rule.served().any(|served| served.operation.parameter(name).is_some()) {
            problems.push(format!("{at}.parameters.{name}: no operation of this rule has this parameter"));
        }
    }
    rule
}

/// The value of a key that is one of a few words.
fn word<T: Copy>(
    entry: &Map<String, Value>,
    at: &str,
    key: &str,
    absent: T,
    words: &[(&str, T)],
    problems: &mut Vec<String>,
) -> T {
    let Some(value) = entry.get(key) else {
        return absent;
    };
    let known = words.iter().find(|(word, _)| value.as_str() == Some(word));
    known.map_or_else(
        || {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            problems.push(format!("{at}.{key}: expected one of {}", words.join(", ")));
            absent
        },
        |(_, known)| *known,
    )
}

/// What is wrong with the pattern of an id, if something is.
fn id_problem(pattern: &str) -> Option<String> {
    if pattern == "*" {
        return None;
    }
    let (platform, rest) = pattern.split_once(':').unwrap_or_default();
    let well_formed = match rest.split_once('/') {
        Some((organisation, id)) => !organisation.is_empty() && !id.is_empty() && !id.contains('/'),
        None => rest == "*",
    };
    if platform.is_empty() || !well_formed {
        return Some(format!("`{pattern}` is not platform:organisation/id"));
    }
    let known = Platform::ALL.iter().any(|known| glob(platform, known.name()));
    (!known).then(|| format!("`{pattern}`: there is no platform `{platform}`"))
}

fn read_patterns(
    value: Option<&Value>,
    at: &str,
    problems: &mut Vec<String>,
    problem: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        problems.push(format!("{at}: expected a list of texts, not empty"));
    }
    let mut patterns = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let wrong = match item.as_str() {
            None | Some("") => Some("expected a text, not empty".to_owned()),
            Some(pattern) if pattern.trim() != pattern => Some(format!("`{pattern}` begins or ends with a space")),
            Some(pattern) => {
                patterns.push(pattern.to_string());
                problem(pattern)
            }
        };
        problems.extend(wrong.map(|wrong| format!("{at}[{index}]: {wrong}")));
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFY: &str = "ModifyImageShareStatus";
    const SHARE: [(&str, &str); 3] = [("RegionId", "cn-hangzhou"), ("ImageId", "m-1"), ("Operation", "Share")];
    const UNSHARE: [(&str, &str); 3] = [("RegionId", "cn-hangzhou"), ("ImageId", "m-1"), ("Operation", "UnShare")];

    const RULES: &str = r#"{"allow": [
        {"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["ModifyImageShareStatus"],
         "parameters": {"RegionId": ["cn-*"], "ImageId": ["m-*"]}, "confirm": "risky", "approvers": ["slack:T1/U9"]},
        {"who": ["slack:*/U2"], "where": ["*"], "operations": ["*"], "confirm": "always"},
        {"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["List*"], "confirm": "never"},
        {"who": ["standard:*"], "where": ["*"], "operations": ["*"], "confirm": "never"},
        {"who": ["slack:T1/U3"], "where": ["slack:T1/C1"], "operations": ["*"], "signature": "body"}
    ]}"#;

    #[track_caller]
    fn check_over(
        strength: Strength,
        (who, place): (&str, &str),
        operation: &str,
        parameters: &[(&'static str, &str)],
        expected: &str,
    ) {
        let parameters = &parameters.iter().copied().collect();
        let served = swas::operation(operation).unwrap();
        let policy = Policy::parse(RULES).unwrap();
        let question = Question { who, place, strength, served, parameters };
        assert_eq!(format!("{:?}", policy.decide(&question)), expected);
    }

    #[track_caller]
    fn check(who_where: (&str, &str), operation: &str, parameters: &[(&'static str, &str)], expected: &str) {
        check_over(Strength::Full, who_where, operation, parameters, expected);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_first_matching_rule_decides() {
        let here = ("slack:T1/U1", "slack:T1/C1");
        check(here, MODIFY, &SHARE, r#"Allowed { rule: 0, confirm: false, approvers: ["slack:T1/U9"] }"#);
        check(here, MODIFY, &UNSHARE, r#"Allowed { rule: 0, confirm: true, approvers: ["slack:T1/U9"] }"#);
        check(here, "ListRegions", &[], "Allowed { rule: 2, confirm: false, approvers: [] }");
        let elsewhere = ("slack:T7/U2", "slack:T7/C8");
        check(elsewhere, MODIFY, &SHARE, "Allowed { rule: 1, confirm: true, approvers: [] }");
        check(elsewhere, "ListRegions", &[], "Allowed { rule: 1, confirm: true, approvers: [] }");
        let machine = ("standard:default/webhook", "standard:default/default");
        check(machine, MODIFY, &UNSHARE, "Allowed { rule: 3, confirm: false, approvers: [] }");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_closest_rule_says_what_is_missing() {
        let here = ("slack:T1/U1", "slack:T1/C1");
        for stranger in ["slack:T1/U4", "slack:T1/U11", "slack:T2/U1", "discord:T1/U1"] {
            check((stranger, "slack:T1/C1"), MODIFY, &SHARE, "Denied(Who)");
        }
        let places = r#"Denied(Where { rule: 0, places: ["slack:T1/C1"] })"#;
        check(("slack:T1/U1", "slack:T1/C2"), MODIFY, &SHARE, places);
        let operations = r#"Denied(Operation { rule: 0, operations: ["ModifyImageShareStatus"] })"#;
        check(here, "DeleteCustomImage", &SHARE, operations);
        let region = r#"Denied(Parameter { rule: 0, name: "RegionId", allowed: ["cn-*"] })"#;
        check(here, MODIFY, &[("RegionId", "eu-west-1"), ("ImageId", "m-1")], region);
        check(here, MODIFY, &[("ImageId", "m-1")], region);
        let image = r#"Denied(Parameter { rule: 0, name: "ImageId", allowed: ["m-*"] })"#;
        check(here, MODIFY, &SHARE[..1], image);
        let signature = "Denied(Signature { rule: 4, needed: Body })";
        check_over(Strength::Time, ("slack:T1/U3", "slack:T1/C1"), "ListRegions", &[], signature);
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_write_that_is_not_fully_signed_is_confirmed_whatever_the_rule_says() {
        let machine = ("standard:default/webhook", "standard:default/default");
        for strength in [Strength::Token, Strength::Time, Strength::Body] {
            let confirmed = "Allowed { rule: 3, confirm: true, approvers: [] }";
            check_over(strength, machine, MODIFY, &SHARE, confirmed);
            check_over(strength, machine, "ListRegions", &[], "Allowed { rule: 3, confirm: false, approvers: [] }");
            let approved = r#"Allowed { rule: 0, confirm: true, approvers: ["slack:T1/U9"] }"#;
            check_over(strength, ("slack:T1/U1", "slack:T1/C1"), MODIFY, &SHARE, approved);
        }
        for (strength, expected) in [
            (Strength::Time, "Denied(Signature { rule: 4, needed: Body })"),
            (Strength::Body, "Allowed { rule: 4, confirm: true, approvers: [] }"),
            (Strength::Full, "Allowed { rule: 4, confirm: false, approvers: [] }"),
        ] {
            check_over(strength, ("slack:T1/U3", "slack:T1/C1"), MODIFY, &SHARE, expected);
        }
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
        let malformed = r#"{"allow": [
            {"who": [], "where": ["C1", "slack:T1/C1"], "operations": ["ShareImage", "List*"], "confirm": "maybe",
             "parameters": {"Colour": ["red"], "RegionId": [7, ""]}, "speed": 1, "signature": 3},
            7,
            {"who": ["slack:T1/U1", "slak:T1/U1", "*:T1/U1", "slack:*", "slack:T1/", ":T1/U1", "slack:T1/U1/x", "slack:T1"],
             "where": [" *"], "operations": ["Delete*"], "parameters": {"Operation": ["Share"]}, "approvers": "slack:T1/U9"},
            {"who": ["*"], "where": ["*"], "operations": ["*"], "parameters": [], "confirm": "never",
             "approvers": ["slack:T1/U9"]}
        ], "deny": []}"#;
        assert_eq!(
            Policy::parse(malformed).unwrap_err(),
            [
                "deny: unknown key, expected `allow`",
                "allow[0].speed: unknown key, expected one of who, where, operations, parameters, signature, confirm, \
                 approvers",
                "allow[0].who: expected a list of texts, not empty",
                "allow[0].where[0]: `C1` is not platform:organisation/id",
                "allow[0].operations[0]: no served operation is called `ShareImage`",
                "allow[0].parameters.RegionId[0]: expected a text, not empty",
                "allow[0].parameters.RegionId[1]: expected a text, not empty",
                "allow[0].signature: expected one of \"token\", \"time\", \"body\", \"full\"",
                "allow[0].confirm: expected one of \"never\", \"risky\", \"always\"",
                "allow[0].parameters.Colour: no operation of this rule has this parameter",
                "allow[1]: expected a table",
                "allow[2].who[1]: `slak:T1/U1`: there is no platform `slak`",
                "allow[2].who[4]: `slack:T1/` is not platform:organisation/id",
                "allow[2].who[5]: `:T1/U1` is not platform:organisation/id",
                "allow[2].who[6]: `slack:T1/U1/x` is not platform:organisation/id",
                "allow[2].who[7]: `slack:T1` is not platform:organisation/id",
                "allow[2].where[0]: ` *` begins or ends with a space",
                "allow[2].approvers: expected a list of texts, not empty",
                "allow[2].parameters.Operation: no operation of this rule has this parameter",
                "allow[3].parameters: expected a table of lists",
                "allow[3].approvers: with confirm = \"never\" nobody would be asked",
            ]
        );
        assert_eq!(Policy::parse("[]").unwrap_err(), ["must be a table with `allow`"]);
        assert_eq!(Policy::parse(r#"{"allow": {}}"#).unwrap_err(), ["allow: expected a list of rules"]);
        assert_eq!(Policy::parse("allow all").unwrap_err(), ["not JSON: expected value at line 1 column 1"]);
    }

    /// Two rules, and what is said of the second.
    #[track_caller]
    fn check_pair(first: &str, second: &str, expected: &[&str]) {
        let rule = |text: &str| {
            let mut rule = serde_json::json!({"who": ["slack:T1/U1"], "where": ["slack:T1/C1"], "operations": ["*"]});
            let own: Value = serde_json::from_str(text).unwrap();
            rule.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            rule
        };
        let json = serde_json::json!({"allow": [rule(first), rule(second)]}).to_string();
        assert_eq!(Policy::parse(&json).unwrap().warnings(), expected, "{first} {second}");
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_rule_behind_a_wider_one_is_pointed_out() {
        let behind = &["allow[1]: decides nothing, allow[0] allows all of it before"][..];
        for (first, second, expected) in [
            ("{}", "{}", behind),
            ("{}", r#"{"confirm": "always", "approvers": ["slack:T1/U9"]}"#, behind),
            (r#"{"who": ["slack:*"]}"#, "{}", behind),
            ("{}", r#"{"who": ["slack:*"]}"#, &[]),
            (r#"{"who": ["slack:T1/*"]}"#, r#"{"who": ["slack:T1/U*"]}"#, behind),
            (r#"{"who": ["slack:T1/U*"]}"#, r#"{"who": ["slack:T1/*"]}"#, &[]),
            ("{}", r#"{"who": ["slack:T1/U1", "slack:T1/U2"]}"#, &[]),
            (r#"{"who": ["slack:T1/U2", "slack:T1/U1"]}"#, "{}", behind),
            ("{}", r#"{"where": ["slack:T1/C2"]}"#, &[]),
            (r#"{"operations": ["ListRegions", "ListCustomImages"]}"#, r#"{"operations": ["List*"]}"#, behind),
            (r#"{"operations": ["ListRegions"]}"#, r#"{"operations": ["List*"]}"#, &[]),
            ("{}", r#"{"parameters": {"ImageId": ["m-*"]}}"#, behind),
            (r#"{"parameters": {"ImageId": ["m-*"]}}"#, "{}", &[]),
            (r#"{"parameters": {"ImageId": ["m-*"]}}"#, r#"{"parameters": {"ImageId": ["m-a*", "m-b"]}}"#, behind),
            (r#"{"parameters": {"ImageId": ["m-*"]}}"#, r#"{"parameters": {"ImageId": ["m-a*", "*"]}}"#, &[]),
            (r#"{"parameters": {"ImageId": ["m-*"]}}"#, r#"{"parameters": {"RegionId": ["cn-*"]}}"#, &[]),
            ("{}", r#"{"signature": "full"}"#, behind),
            (r#"{"signature": "full"}"#, "{}", &[]),
            (r#"{"signature": "full"}"#, r#"{"signature": "body"}"#, &[]),
        ] {
            check_pair(first, second, expected);
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn people_who_can_never_be_there_are_pointed_out() {
        let check = |who: &str, places: &str, approvers: &str, expected: &[&str]| {
            let rule = format!(
                r#"{{"who": [{who}], "where": [{places}], "operations": ["*"], "confirm": "always"{approvers}}}"#
            );
            let policy = Policy::parse(&format!(r#"{{"allow": [{rule}]}}"#)).unwrap();
            assert_eq!(policy.warnings(), expected, "{rule}");
        };
        let approvers = r#", "approvers": ["slack:T1/U9", "standard:*"]"#;
        check(r#""slack:T1/U1""#, r#""*""#, approvers, &[]);
        check(r#""*", "s*:T1/U1""#, r#""slack:*""#, "", &[]);
        check(
            r#""slack:T1/U1", "standard:*""#,
            r#""slack:T1/C1""#,
            approvers,
            &[
                "allow[0].who[1]: the rule holds in no place of `standard:*`",
                "allow[0].approvers[1]: the rule holds in no place of `standard:*`",
            ],
        );
        let alone = r#", "approvers": ["slack:T1/U1"]"#;
        check(r#""slack:T1/U1", "slack:T1/U2""#, r#""slack:*""#, alone, &[]);
        check(
            r#""slack:T1/U1""#,
            r#""slack:*""#,
            alone,
            &["allow[0].approvers[0]: `slack:T1/U1` alone asks, and nobody approves their own"],
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_value_that_nothing_takes_is_pointed_out() {
        let modify = r#"{"operations": ["ModifyImageShareStatus"], "parameters":
            {"Operation": ["Share", "Unshare", "Un*"], "RegionId": ["cn-hangzhou", "cn-mars"]}}"#;
        let json = r#"{"allow": [{"who": ["slack:T1/U1"], "where": ["*"]"#.to_owned() + "," + &modify[1..] + "]}";
        assert_eq!(
            Policy::parse(&json).unwrap().warnings(),
            [
                "allow[0].parameters.Operation[1]: \"Unshare\" is not one of Share, UnShare",
                "allow[0].parameters.RegionId[1]: there is no region `cn-mars`",
            ]
        );
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn an_empty_list_of_rules_denies_everything() {
        let policy = Policy::parse(r#"{"allow": []}"#).unwrap();
        let question = Question {
            who: "slack:T1/U1",
            place: "slack:T1/C1",
            strength: Strength::Full,
            served: swas::operation("ListRegions").unwrap(),
            parameters: &WireParameters::new(),
        };
        assert_eq!(policy.decide(&question), Verdict::Denied(Denial::Who));
    }
}
