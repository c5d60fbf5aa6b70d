//! Values for a parameter that somebody is typing: regions, and what the newest list of things has shown.

use crate::{
    attempt::CELLS,
    config::Config,
    grammar::REGION,
    ledger::{Ask, Told},
    policy::{Question, Verdict},
    record::Record,
};
use acs_rpc::WireParameters;
use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use chat::{Action, Completion, Reply, Style, Suggestion, Tone};

/// Where values to choose from come from.
#[derive(Debug, PartialEq)]
pub enum Suggest {
    /// Nobody need be asked.
    Now(Vec<Suggestion>),
    /// The ledger knows; its answer's [`suggestions`](Told::suggestions).
    Ask(Box<Ask>),
}

/// Decides what may be suggested. Things are suggested only to whom the policy allows their list, in this place.
#[must_use]
pub fn complete(config: &Config, completion: &Completion) -> Suggest {
    let typed = completion.typed.trim().to_ascii_lowercase();
    if completion.parameter == REGION {
        let fitting = swas::ENDPOINTS.iter().map(|endpoint| endpoint.region).filter(|region| region.contains(&typed));
        let suggestion = |region: &str| Suggestion { label: region.to_owned(), value: region.to_owned() };
        return Suggest::Now(fitting.map(suggestion).collect());
    }
    let nothing = Suggest::Now(Vec::new());
    let lists = |served: &&swas::Served| {
        served.listing.is_some_and(|listing| listing.columns.first() == Some(&&*completion.parameter))
    };
    let Some(served) = swas::SERVED.iter().find(lists) else { return nothing };
    let given = completion.given.iter().find(|(name, _)| name == REGION).map(|(_, region)| region.as_str());
    let region = given.or(config.default_region).map(ToOwned::to_owned);
    let mut parameters = WireParameters::new();
    if let Some(region) = &region {
        parameters.push(REGION, region.clone());
    }
    let verdict = config.policy.decide(&Question {
        who: &alloc::format!("{}", completion.actor),
        place: &alloc::format!("{}", completion.place),
        strength: completion.actor.platform.strength(),
        served,
        parameters: &parameters,
    });
    match verdict {
        Verdict::Allowed { .. } => {
            Suggest::Ask(Box::new(Ask::Listed { operation: served.operation.name.into(), region, typed }))
        }
        Verdict::Denied(_) => nothing,
    }
}

/// Tells what the newest of these lists shows that has `typed` in it. `region`: of this one only.
#[must_use]
pub fn tell_listed(records: &[Record], region: Option<&str>, typed: &str) -> Told {
    let is_there = |record: &&Record| {
        region.is_none_or(|region| record.submission.parameters.value(REGION).is_none_or(|there| there == region))
    };
    let rows = records.iter().find(is_there).and_then(|record| record.conclusion.as_ref()).map(|found| &found.rows);
    let fitting = rows.into_iter().flatten().filter(|row| row.to_ascii_lowercase().contains(typed));
    let action = |row: &String| Action {
        label: row.clone(),
        command: row.split(CELLS).next().unwrap_or_default().to_owned(),
        style: Style::Plain,
    };
    let actions = fitting.map(action).collect();
    Told::only(Reply { tone: Tone::Information, title: String::new(), lines: Vec::new(), actions, private: true })
}

impl Told {
    /// The answer to [`Ask::Listed`] as values to choose from.
    #[must_use]
    pub fn suggestions(self) -> Vec<Suggestion> {
        let suggestion = |action: Action| Suggestion { label: action.label, value: action.command };
        self.reply.actions.into_iter().map(suggestion).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{attempt::Conclusion, record::Submission, state::State};
    use alloc::vec;
    use chat::{Actor, Place, Platform};

    fn config(policy: &str) -> Config {
        let variable = |name: &str| match name {
            "ALIBABA_CLOUD_ACCESS_KEY_ID" | "ALIBABA_CLOUD_ACCESS_KEY_SECRET" => Some("test".to_owned()),
            "POLICY" => Some(policy.to_owned()),
            _ => None,
        };
        Config::read(&variable).unwrap()
    }

    fn typing(parameter: &str, typed: &str, region: Option<&str>) -> Completion {
        Completion {
            actor: Actor { platform: Platform::Discord, organisation: "1".into(), person: "2".into() },
            place: Place { platform: Platform::Discord, organisation: "1".into(), channel: "3".into() },
            parameter: parameter.into(),
            typed: typed.into(),
            given: region.map(|region| (REGION.into(), region.into())).into_iter().collect(),
        }
    }

    fn list(region: &str, rows: &[&str]) -> Record {
        let completion = typing("", "", None);
        let submission = Submission {
            delivery: "discord:1".into(),
            actor: completion.actor,
            place: completion.place,
            operation: "ListCustomImages".into(),
            parameters: [(REGION, region)].into_iter().collect(),
            follow_up: None,
            hold: None,
            language: chat::Language::English,
        };
        let mut record = Record::accept(submission, 0).0;
        record.state = State::Succeeded;
        let rows = rows.iter().map(|row| (*row).to_owned()).collect();
        record.conclusion = Some(Conclusion { code: None, message: String::new(), request_id: None, rows, more: 0 });
        record
    }

    const OPEN: &str = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"]}]}"#;
    const OTHERS: &str = r#"{"allow": [{"who": ["slack:*"], "where": ["slack:*"], "operations": ["*"]}]}"#;

    #[test]
    fn regions_are_known() {
        let Suggest::Now(regions) = complete(&config(OTHERS), &typing(REGION, " HangZ", None)) else { panic!() };
        let hangzhou = Suggestion { label: "cn-hangzhou".into(), value: "cn-hangzhou".into() };
        assert_eq!(regions, [hangzhou]);
    }

    #[test]
    fn things_are_for_whom_the_policy_shows_them() {
        let typed = typing("ImageId", "M-A", Some("cn-beijing"));
        let listed = |region: &str| {
            let (operation, region) = ("ListCustomImages".into(), Some(region.into()));
            Suggest::Ask(Box::new(Ask::Listed { operation, region, typed: "m-a".into() }))
        };
        assert_eq!(complete(&config(OPEN), &typed), listed("cn-beijing"));
        assert_eq!(complete(&config(OTHERS), &typed), Suggest::Now(Vec::new()));
        let in_hangzhou = r#"{"allow": [{"who": ["*"], "where": ["*"], "operations": ["*"],
            "parameters": {"RegionId": ["cn-hangzhou"]}}]}"#;
        assert_eq!(complete(&config(in_hangzhou), &typed), Suggest::Now(Vec::new()));
        let there = typing("ImageId", "m-a", Some("cn-hangzhou"));
        assert_eq!(complete(&config(in_hangzhou), &there), listed("cn-hangzhou"));
        assert_eq!(complete(&config(OPEN), &typing("Colour", "", None)), Suggest::Now(Vec::new()));
    }

    #[test]
    fn the_newest_list_of_the_region_is_shown() {
        let lists = [
            list("cn-beijing", &["m-a · Web · InShare: true", "m-b · Ma-Ab · InShare: false"]),
            list("cn-hangzhou", &["m-c · Old · InShare: true"]),
            list("cn-beijing", &["m-a · before"]),
        ];
        let suggested = |region, typed| {
            let shown = tell_listed(&lists, region, typed).suggestions();
            shown.into_iter().map(|one| (one.label, one.value)).collect::<Vec<_>>()
        };
        let a = ("m-a · Web · InShare: true".to_owned(), "m-a".to_owned());
        let b = ("m-b · Ma-Ab · InShare: false".to_owned(), "m-b".to_owned());
        assert_eq!(suggested(Some("cn-beijing"), ""), vec![a.clone(), b.clone()]);
        assert_eq!(suggested(Some("cn-beijing"), "ma-a"), vec![b.clone()]);
        assert_eq!(suggested(None, "m-a"), vec![a]);
        assert_eq!(suggested(Some("cn-hangzhou"), "m-a"), vec![]);
        assert_eq!(suggested(Some("cn-qingdao"), ""), vec![]);
    }
}
