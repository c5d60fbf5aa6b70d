//! One request put to a policy.

use super::{DENIED, Said, deployment::PolicyText, words};
use acs_rpc::WireParameters;
use anyhow::{Context as _, Result, bail, ensure};
use chat::{Language, Line, Platform, Request, Strength};
use ops::{
    grammar::{self, Intent},
    policy::{Confirm, Denial, Policy, Question, Verdict, signature_name},
    say,
};
use swas::Served;

/// A request as somebody would make it.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) who: &'a str,
    pub(super) place: &'a str,
    /// What the signature covers that it comes with.
    pub(super) strength: Strength,
    pub(super) served: &'static Served,
    pub(super) parameters: WireParameters,
}

impl<'a> Asked<'a> {
    /// Reads a request from the words of a command line.
    ///
    /// # Errors
    /// An id is not one, or the words ask for no operation.
    pub(super) fn read(who: &'a str, place: &'a str, request: &Request, default_region: Option<&str>) -> Result<Self> {
        let platform = platform("--who", who)?;
        let of_place = self::platform("--where", place)?;
        ensure!(platform == of_place, "--who is on {platform} and --where on {of_place}: nobody asks across platforms");
        let region = |known: &&swas::Endpoint| Some(known.region) == default_region;
        let default_region = swas::ENDPOINTS.iter().find(region).map(|known| known.region);
        match grammar::read(request, default_region, Language::English) {
            Ok(Intent::Run { operation, parameters }) => {
                let served = swas::operation(operation).with_context(|| format!("{operation} is not served"))?;
                Ok(Self { who, place, strength: platform.strength(), served, parameters })
            }
            Ok(_) => bail!("the policy is asked about operations only"),
            Err(problem) => {
                let reply = say::misunderstanding(&problem, Language::English);
                let lines = reply.lines.iter().map(|line| match line {
                    Line::Text(text) | Line::Code(text) => text.clone(),
                    Line::Field(name, value) => format!("{name}: {value}"),
                });
                bail!("{}", core::iter::once(reply.title.clone()).chain(lines).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// What the policy says about it. `place_of` is the path of the policy, and its file.
    pub(super) fn put_to(&self, policy: &Policy, text: &PolicyText, (path, file): (&str, &str)) -> Said {
        let question = Question {
            who: self.who,
            place: self.place,
            strength: self.strength,
            served: self.served,
            parameters: &self.parameters,
        };
        let operation = self.served.operation.name;
        let request =
            self.parameters.iter().fold(operation.to_owned(), |out, (name, value)| out + " " + name + "=" + value);
        let rule = |index: usize| {
            let line = text.spot(&format!("allow[{index}]")).0.line;
            format!("{path}.allow[{index}] ({file}:{line})")
        };
        match policy.decide(&question) {
            Verdict::Allowed { rule: index, confirm, approvers } => {
                let rules_own = policy.rules().get(index).map(|rule| rule.confirm);
                let confirmation = if confirm {
                    let why = match rules_own {
                        Some(Confirm::Always) => "the rule says always".to_owned(),
                        Some(Confirm::Risky) if question.is_risky() => {
                            let risk = self.served.risk(|name| self.parameters.value(name));
                            let sentences = risk.iter().flat_map(|risk| risk.consequences).map(|sentence| sentence.en);
                            format!("it is risky. {}", sentences.collect::<Vec<_>>().join(" "))
                        }
                        _ => {
                            format!("it is a write, and the signature covers {:?} only", signature_name(self.strength))
                        }
                    };
                    format!("{} confirms: {why}", words::whom(approvers))
                } else {
                    "nobody confirms".to_owned()
                };
                Said {
                    out: vec![format!("allowed: {request}"), format!("by {}", rule(index)), confirmation],
                    ..Said::default()
                }
            }
            Verdict::Denied(denial) => {
                let mut out = vec![format!("denied: {request}")];
                let (closest, missing) = match denial {
                    Denial::Who => (None, format!("no rule names {}", self.who)),
                    Denial::Where { rule, places } => {
                        (Some(rule), format!("it holds in {}, not in {}", words::listed(places), self.place))
                    }
                    Denial::Operation { rule, operations } => {
                        (Some(rule), format!("it allows {}, not {operation}", words::listed(operations)))
                    }
                    Denial::Parameter { rule, name, allowed } => {
                        let given = self.parameters.value(name);
                        let given = given.map_or("and none is given".to_owned(), |value| format!("not {value}"));
                        (Some(rule), format!("it allows {name} {}, {given}", words::listed(allowed)))
                    }
                    Denial::Signature { rule, needed } => {
                        let (needed, given) = (signature_name(needed), signature_name(self.strength));
                        (Some(rule), format!("it asks for a signature of {needed:?}, and this one covers {given:?}"))
                    }
                };
                out.extend(closest.map(|index| format!("closest is {}", rule(index))));
                out.push(missing);
                Said { out, exit: DENIED, ..Said::default() }
            }
        }
    }
}

/// The platform of an id that stands for one person or place.
fn platform(flag: &str, id: &str) -> Result<Platform> {
    let malformed = || format!("{flag} {id}: expected platform:organisation/id, without *");
    let (platform, rest) = id.split_once(':').with_context(malformed)?;
    let (organisation, id) = rest.split_once('/').with_context(malformed)?;
    ensure!(!organisation.is_empty() && !id.is_empty() && !id.contains('/') && !rest.contains('*'), malformed());
    Platform::from_name(platform).with_context(|| {
        let known: Vec<&str> = Platform::ALL.iter().map(|platform| platform.name()).collect();
        format!("{flag}: there is no platform {platform}, there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::deployment::deployments;

    /// No platform there is signs less than everything: so the strength is put in.
    #[test]
    fn a_weak_signature_is_confirmed_or_not_enough() {
        let file = "[[vars.POLICY.allow]]\nwho = [\"slack:T1/U1\"]\nwhere = [\"*\"]\noperations = [\"*\"]\nconfirm = \"never\"\n\
                    [[vars.POLICY.allow]]\nwho = [\"slack:T1/U2\"]\nwhere = [\"*\"]\noperations = [\"*\"]\nsignature = \"body\"\n";
        let found = deployments(file).unwrap();
        let text = found[0].policy.as_ref().unwrap();
        let policy = Policy::parse(&text.json).unwrap();
        let ask = |who: &str, typed: &str, expected: [&str; 3], exit: u8| {
            let asked = Asked::read(who, "slack:T1/C1", &Request::Text(typed.to_owned()), Some("cn-hangzhou")).unwrap();
            let said = Asked { strength: Strength::Time, ..asked }.put_to(&policy, text, ("vars.POLICY", "FILE"));
            assert_eq!((said.out, said.exit), (expected.map(str::to_owned).into(), exit));
        };
        let share = "ModifyImageShareStatus Operation=Share ImageId=m-1 RegionId=cn-hangzhou";
        let why = "the asker confirms: it is a write, and the signature covers \"time\" only";
        let allowed = &*format!("allowed: {share}");
        ask("slack:T1/U1", "share m-1", [allowed, "by vars.POLICY.allow[0] (FILE:1)", why], 0);
        let regions = "allowed: ListRegions AcceptLanguage=en-US";
        ask("slack:T1/U1", "regions", [regions, "by vars.POLICY.allow[0] (FILE:1)", "nobody confirms"], 0);
        let too_little = "it asks for a signature of \"body\", and this one covers \"time\"";
        let denied = &*format!("denied: {share}");
        ask("slack:T1/U2", "share m-1", [denied, "closest is vars.POLICY.allow[1] (FILE:6)", too_little], 1);
    }
}
