//! Rules in words.

use acs_rpc::Effect;
use chat::Strength;
use ops::policy::{Confirm, Rule, signature_name};

/// `slack:T1/U1 in slack:T1/C1 may run ListRegions; nothing in it is to be confirmed`
pub(super) fn rule(rule: &Rule) -> String {
    let who = if is_any(&rule.who) { "anybody".to_owned() } else { listed(&rule.who) };
    let place = if is_any(&rule.places) { "anywhere".to_owned() } else { format!("in {}", listed(&rule.places)) };
    let operations = if is_any(&rule.operations) { "every operation".to_owned() } else { listed(&rule.operations) };
    let mut parameters: Vec<String> =
        rule.parameters.iter().map(|(name, values)| format!("{name} {}", listed(values))).collect();
    // Their order is that of the JSON library, which keeps the file's in some builds and not in others.
    parameters.sort();
    let parameters = if parameters.is_empty() { String::new() } else { format!(" with {}", parameters.join(", ")) };
    let signature = match rule.signature {
        Strength::Token => String::new(),
        least => format!(", signed {:?} or better", signature_name(least)),
    };
    format!("{who} {place} may run {operations}{parameters}{signature}; {}", confirmed(rule))
}

fn confirmed(rule: &Rule) -> String {
    let writes = rule.served().any(|served| served.effect == Effect::Write);
    let risky = rule.served().any(|served| !served.risks.is_empty());
    let what = match rule.confirm {
        Confirm::Always => "everything",
        Confirm::Risky if risky && writes => "what is risky and writes that are not fully signed",
        Confirm::Risky if risky => "what is risky",
        _ if writes => "only writes that are not fully signed",
        _ => return "nothing in it is to be confirmed".to_owned(),
    };
    format!("{} confirms {what}", whom(&rule.approvers))
}

/// Who says yes.
pub(super) fn whom(approvers: &[String]) -> String {
    match approvers {
        [] => "the asker".to_owned(),
        approvers => format!("{}, never the asker,", listed(approvers)),
    }
}

/// `a`, `a or b`, `a, b or c`
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn is_any(patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| pattern == "*")
}
