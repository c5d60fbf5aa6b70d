//! What the ledger writes down of itself. Its chain is the keeper's matter.

use super::{Case, Finding};
use alloc::collections::BTreeMap;

/// Every transition is a row: those of a command lead from its beginning to where it stands.
pub(super) fn complete(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("every transition is in the audit");
    let mut ways: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for row in &case.known.rows {
        if let (Some(command), Some((from, to))) = (&row.command, &row.states) {
            ways.entry(command).or_default().push((from, to));
        }
    }
    let mut transitions = 0;
    for command in &case.known.commands {
        let way = ways.remove(&*command.id).unwrap_or_default();
        transitions += way.len();
        let mut at = "Received";
        for (from, to) in &way {
            if *from != at {
                finding.wrong.push(format!("{}: {from} follows on {at}", command.id));
            }
            at = to;
        }
        if at != command.state {
            finding.wrong.push(format!("{}: is {}, and the audit ends with {at}", command.id, command.state));
        }
    }
    finding.wrong.extend(ways.keys().map(|id| format!("{id}: in the audit and nowhere else")));
    finding.count("rows", case.known.rows.len());
    finding.count("transitions", transitions);
    finding
}
