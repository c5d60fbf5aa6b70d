//! What belongs together: an errand, what was sent for it and heard, and its command in the ledger.

use crate::campaign::{
    evidence::{Answer, Arrival, Call, Exchange, Purpose, Seen, command},
    ledger::{Command, Row},
    plan::{Errand, TEAM},
};
use alloc::collections::{BTreeMap, BTreeSet};

/// All there is to judge by.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// The plan's errands with what came of them.
    pub(crate) stories: Vec<Story<'a>>,
    /// The ledger's commands that belong to no errand.
    pub(crate) strays: Vec<&'a Command>,
    /// Follow-ups that belong to no errand.
    pub(crate) astray: Vec<&'a Arrival>,
    /// What the programs told of themselves.
    pub(crate) known: &'a Known,
    /// Kills of workerd: from when until when nobody answered.
    pub(crate) kills: Vec<(u64, u64)>,
}

/// What the programs told of themselves.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The ledger's commands.
    pub(crate) commands: Vec<Command>,
    /// The ledger's audit, in order.
    pub(crate) rows: Vec<Row>,
    /// The calls the vendor's side saw, in order.
    pub(crate) calls: Vec<Call>,
    /// The commands whose end went out in an answer, as the Worker's log has it.
    pub(crate) answered: BTreeSet<String>,
    /// How many calls a minute were allowed, from when to when.
    pub(crate) limits: Vec<(usize, u64, u64)>,
    /// The end, Unix milliseconds.
    pub(crate) now_ms: i64,
}

/// One errand.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    /// What was planned.
    pub(crate) errand: &'a Errand,
    /// What was sent and heard, in order.
    pub(crate) exchanges: Vec<&'a Exchange>,
    /// What followed, in order.
    pub(crate) arrivals: Vec<&'a Arrival>,
    /// The ids that people were told; one at most, if all is well.
    pub(crate) ids: BTreeSet<&'a str>,
    /// Its command.
    pub(crate) command: Option<&'a Command>,
}

impl<'a> Case<'a> {
    /// Puts together what belongs together. A command nobody was told of belongs to an errand of the same person, operation and
    /// image that was abandoned.
    pub(crate) fn new(errands: impl Iterator<Item = &'a Errand>, seen: &'a Seen, known: &'a Known) -> Self {
        let mut stories: BTreeMap<&str, Story<'a>> =
            errands.map(|errand| (&*errand.name, Story::new(errand))).collect();
        let mut senders = BTreeMap::new();
        for exchange in &seen.exchanges {
            senders.insert(&*exchange.nonce, &*exchange.errand);
            if let Some(story) = stories.get_mut(&*exchange.errand) {
                story
                    .ids
                    .extend(exchange.answer().filter(|_| exchange.purpose != Purpose::Look).and_then(Answer::command));
                story.exchanges.push(exchange);
            }
        }
        let mut astray = Vec::new();
        for arrival in &seen.arrivals {
            match senders.get(&*arrival.nonce).and_then(|errand| stories.get_mut(*errand)) {
                Some(story) => {
                    story.ids.extend(command(&arrival.shown));
                    story.arrivals.push(arrival);
                }
                None => astray.push(arrival),
            }
        }
        let mut left: BTreeMap<&str, &Command> = known.commands.iter().map(|command| (&*command.id, command)).collect();
        for story in stories.values_mut() {
            story.command = story.ids.iter().find_map(|id| left.remove(id));
        }
        let mut strays = Vec::new();
        for command in left.into_values() {
            let unknown = stories.values_mut().find(|story| story.ids.is_empty() && story.fits(command));
            match unknown {
                Some(story) if story.command.is_none() => story.command = Some(command),
                _ => strays.push(command),
            }
        }
        let kills = seen.blows.iter().filter_map(|blow| Some((blow.at, blow.kill_until?))).collect();
        Self { stories: stories.into_values().collect(), strays, astray, known, kills }
    }

    /// Whether workerd was killed, or not yet back, at some moment between these.
    pub(crate) fn killed_between(&self, from: u64, to: u64) -> bool {
        self.kills.iter().any(|(killed, back)| *killed <= to && from <= *back)
    }

    /// The stories that have a command.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = (&Story<'a>, &'a Command)> {
        self.stories.iter().filter_map(|story| Some((story, story.command?)))
    }
}

impl<'a> Story<'a> {
    fn new(errand: &'a Errand) -> Self {
        Self { errand, exchanges: Vec::new(), arrivals: Vec::new(), ids: BTreeSet::new(), command: None }
    }

    fn fits(&self, command: &Command) -> bool {
        let errand = self.errand;
        let person = format!("{}:{}/{}", errand.platform.name(), TEAM, errand.person(errand.standing));
        self.command.is_none()
            && errand.counts()
            && command.who == person
            && command.operation == errand.operation()
            && (!errand.writes() || command.image.as_deref() == Some(&errand.image))
    }

    /// What was sent for one purpose and answered.
    pub(crate) fn answers(&self, purpose: Purpose) -> impl Iterator<Item = (&'a Exchange, &'a Answer)> {
        self.exchanges
            .iter()
            .filter(move |exchange| exchange.purpose == purpose)
            .filter_map(|exchange| Some((*exchange, exchange.answer()?)))
    }

    /// Whether somebody was asked to confirm.
    pub(crate) fn was_asked(&self) -> bool {
        self.answers(Purpose::Ask).any(|(_, answer)| answer.code().is_some())
    }

    /// What asks for the command, lets it go or takes it back, in order, also in vain.
    pub(crate) fn pleas(&self) -> impl Iterator<Item = &'a Exchange> {
        let pleas = [Purpose::Ask, Purpose::Confirm, Purpose::Cancel, Purpose::Trespass];
        self.exchanges.iter().copied().filter(move |exchange| pleas.contains(&exchange.purpose))
    }

    /// The follow-ups we took.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &'a Arrival> {
        self.arrivals.iter().copied().filter(|arrival| arrival.status == 200)
    }
}
