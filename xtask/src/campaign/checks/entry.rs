//! What gets in, and what does not.

use super::{Case, Finding};
use crate::campaign::{
    evidence::Purpose,
    plan::{Sending, Wish},
};

/// What was accepted is in the ledger, and nothing else is.
pub(super) fn accepted(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("what was accepted is recorded, once, and nothing else");
    let (mut recorded, mut denied, mut untold, mut lost) = (0, 0, 0, 0);
    for story in &case.stories {
        let name = &story.errand.name;
        match story.command {
            Some(command) if !story.errand.counts() && command.state != "Denied" => {
                finding.wrong.push(format!("{name}: {} is {}, and must not be", command.id, command.state));
            }
            Some(_) if story.errand.is_forged() => finding.wrong.push(format!("{name}: forged, and recorded")),
            Some(_) if !story.errand.counts() => denied += 1,
            Some(_) => recorded += 1,
            None if story.errand.trespass.is_some() && !story.errand.is_forged() => {
                finding.wrong.push(format!("{name}: denied, and not recorded"));
            }
            None if !story.ids.is_empty() => {
                lost += 1;
                finding.wrong.push(format!("{name}: LOST, people were told of {:?}", story.ids));
            }
            None if story.errand.counts() && !may_be_lost(story.errand.sending) => {
                lost += 1;
                finding.wrong.push(format!("{name}: LOST, answered and not recorded"));
            }
            None => {}
        }
        untold += usize::from(story.command.is_some() && story.ids.is_empty());
        if story.ids.len() > 1 {
            finding.wrong.push(format!("{name}: one delivery, several commands {:?}", story.ids));
        }
    }
    for command in &case.strays {
        finding
            .wrong
            .push(format!("{}: recorded and never sent, {} of {}", command.id, command.operation, command.who));
    }
    finding.count("recorded", recorded);
    finding.count("of them abandoned and without news", untold);
    finding.count("recorded as denied", denied);
    finding.count("lost", lost);
    finding
}

/// Whether the delivery may never have got in.
const fn may_be_lost(sending: Sending) -> bool {
    matches!(sending, Sending::Abandoned(_) | Sending::NeverAgain)
}

/// Whoever may not is refused: forged deliveries by a 401, people by an answer.
pub(super) fn refused(case: &Case<'_>) -> Finding {
    let mut finding = Finding::new("who may not is refused");
    let (mut forged, mut denied, mut not_understood) = (0, 0, 0);
    for story in &case.stories {
        for (_, answer) in story.answers(Purpose::Trespass) {
            let at_the_door = story.errand.is_forged();
            *(if at_the_door { &mut forged } else { &mut denied }) += 1;
            let as_it_should = match at_the_door {
                true => answer.status == 401,
                false => answer.status == 200 && answer.is("refusal"),
            };
            if !as_it_should {
                let shown = &answer.shown;
                finding.wrong.push(format!("{}: {} {:?} {shown:?}", story.errand.name, answer.status, answer.outcome));
            }
        }
        for (_, answer) in story.answers(Purpose::Look).filter(|_| story.errand.wish == Wish::Gibberish) {
            not_understood += 1;
            if !answer.is("refusal") {
                finding.wrong.push(format!("{}: understood {:?}", story.errand.name, answer.shown));
            }
        }
        let nowhere = story.errand.trespass.is_some() || !story.errand.counts();
        finding.wrong.extend(
            story
                .arrivals
                .iter()
                .filter(|_| nowhere)
                .map(|arrival| format!("{}: {:?} followed", story.errand.name, arrival.shown)),
        );
    }
    finding
        .wrong
        .extend(case.astray.iter().map(|arrival| format!("a follow-up nobody waits for: {:?}", arrival.shown)));
    finding.count("forged", forged);
    finding.count("not allowed", denied);
    finding.count("not understood", not_understood);
    finding
}
