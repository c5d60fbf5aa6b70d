//! Order on one image.

use super::{Case, Finding};
use crate::campaign::evidence::{Call, Purpose};
use alloc::collections::BTreeMap;

/// One command on an image, as seen from both sides.
struct Turn<'a> {
    id: &'a str,
    /// When it was first sent, or first let go where somebody had to.
    sent: u64,
    /// When its acceptance was answered; `None`: never, so it comes before no other for sure.
    accepted: Option<u64>,
    first_call: u64,
    last_call: u64,
    /// Its place in the audit's order of acceptance.
    place: Option<usize>,
}

/// Commands on one image are carried out in the order of their acceptance, one after the other.
pub(super) fn kept(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("commands on one image keep their order");
    let mut calls: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in &case.known.calls {
        if let Some(token) = &call.client_token {
            calls.entry(token).or_default().push(call);
        }
    }
    let accepted = case.known.rows.iter().enumerate().filter(|(_, row)| ["Admit", "Confirm"].contains(&&*row.event));
    let places: BTreeMap<&str, usize> =
        accepted.filter_map(|(place, row)| Some((row.command.as_deref()?, place))).collect();
    let mut images: BTreeMap<&str, Vec<Turn<'_>>> = BTreeMap::new();
    for (story, command) in case.accepted() {
        let Some(calls) = command.client_token.as_deref().and_then(|token| calls.get(token)) else { continue };
        let (Some(first), Some(last)) = (calls.first(), calls.last()) else { continue };
        let plea = if story.was_asked() { Purpose::Confirm } else { Purpose::Ask };
        let Some(sent) = story.exchanges.iter().find(|exchange| exchange.purpose == plea) else { continue };
        let accepted = story.answers(plea).filter(|(_, answer)| answer.command().is_some());
        images.entry(&story.errand.image).or_default().push(Turn {
            id: &command.id,
            sent: sent.sent,
            accepted: accepted.map(|(exchange, _)| exchange.ended).min(),
            first_call: first.seq,
            last_call: last.seq,
            place: places.get(&*command.id).copied(),
        });
    }
    let (mut pairs, mut longest) = (0, 0);
    for (image, turns) in &mut images {
        turns.sort_by_key(|turn| turn.first_call);
        longest = longest.max(turns.len());
        for (index, turn) in turns.iter().enumerate() {
            for next in turns.iter().skip(index + 1) {
                pairs += usize::from(turn.accepted.is_some_and(|accepted| accepted < next.sent));
                if next.accepted.is_some_and(|accepted| accepted < turn.sent) {
                    finding.wrong.push(format!("{image}: {} was accepted first and sent after {}", next.id, turn.id));
                }
            }
        }
        for pair in turns.windows(2) {
            let [turn, next] = pair else { continue };
            if next.first_call < turn.last_call {
                finding.wrong.push(format!("{image}: {} was sent before {} was over", next.id, turn.id));
            }
            if next.place <= turn.place {
                finding.wrong.push(format!("{image}: {} was sent before {}, not as accepted", turn.id, next.id));
            }
        }
    }
    finding.count("images", images.len());
    finding.count("pairs whose order is known", pairs);
    finding.count("most on one image", longest);
    finding
}
