//! What a command asks of the ledger, and what the ledger answers with the records it finds.

use crate::{
    config::Config,
    grammar::{self, Intent},
    identity,
    policy::{Question, Verdict},
    record::{Hold, Record, State, Submission},
    say,
};
use acs_rpc::WireParameters;
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};
use chat::{Actor, Command, FollowUp, Place, Reply};
use swas::Served;

/// What to do with a verified command.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Answer; nothing is stored.
    Reply(Reply),
    /// Ask the ledger, in one round trip.
    Ask(Ask),
}

/// One question to the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Put this in unless its delivery is there already, and start it.
    Submit {
        /// The command.
        submission: Box<Submission>,
        /// The plain code to tell, where a second yes is needed.
        code: Option<String>,
    },
    /// How does this command stand, or this person's latest?
    Status {
        /// Who asks.
        actor: Actor,
        /// Which command.
        id: Option<String>,
    },
    /// Let the command go that waits for this code.
    Confirm(Answering),
    /// Take the command back that waits for this code.
    Cancel(Answering),
    /// The answer with this command's result is on its way: no follow-up is needed.
    Told {
        /// Which command.
        command: String,
    },
}

/// Somebody answers a question with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Platform and delivery id of the answer.
    pub delivery: String,
    /// SHA-256 of the code.
    pub code_digest: String,
    /// Who.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// The way back, younger than that of the command itself.
    pub follow_up: Option<FollowUp>,
}

/// What the ledger tells the Worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// For the person.
    pub reply: Reply,
    /// For the log: which command, if any.
    pub command: Option<String>,
    /// Whether the ledger waits to hear that this reply went out, and follows up if it does not.
    pub receipt: bool,
}

impl Told {
    /// A reply about no command in particular.
    #[must_use]
    pub const fn only(reply: Reply) -> Self {
        Self { reply, command: None, receipt: false }
    }
}

/// Decides what a verified command leads to. `random` makes the code to confirm with, where one is needed.
#[must_use]
pub fn consider(config: &Config, command: &Command, random: &[u8; 16]) -> Step {
    let intent = match grammar::read(&command.request, config.default_region) {
        Ok(intent) => intent,
        Err(problem) => return Step::Reply(say::misunderstanding(&problem)),
    };
    let delivery = || format!("{}:{}", command.actor.platform.name(), command.delivery.0);
    let answering = |code: &str| Answering {
        delivery: delivery(),
        code_digest: identity::code_digest(code),
        actor: command.actor.clone(),
        place: command.place.clone(),
        follow_up: usable(config, command.follow_up.as_ref()),
    };
    match intent {
        Intent::Help => Step::Reply(say::help()),
        Intent::Status(id) => Step::Ask(Ask::Status { actor: command.actor.clone(), id }),
        Intent::Confirm(code) => Step::Ask(Ask::Confirm(answering(&code))),
        Intent::Cancel(code) => Step::Ask(Ask::Cancel(answering(&code))),
        Intent::Run { operation, parameters } => run(config, command, operation, parameters, random),
    }
}

fn run(
    config: &Config,
    command: &Command,
    operation: &'static str,
    mut parameters: WireParameters,
    random: &[u8; 16],
) -> Step {
    let Some(served) = swas::operation(operation) else {
        return Step::Reply(say::help());
    };
    let (confirm, approvers) = match decide(config, &command.actor, &command.place, served, &parameters) {
        Verdict::Allowed { confirm, approvers, .. } => (confirm, approvers),
        Verdict::Denied(denial) => {
            return Step::Reply(say::denied(&denial, &command.actor, &command.place, operation));
        }
    };
    let delivery = format!("{}:{}", command.actor.platform.name(), command.delivery.0);
    if let Some(name) = served.client_token {
        parameters.push(name, identity::client_token(&delivery));
    }
    let code = confirm.then(|| identity::confirmation_code(random));
    let hold =
        code.as_deref().map(|code| Hold { code_digest: identity::code_digest(code), approvers: approvers.to_vec() });
    let submission = Box::new(Submission {
        delivery,
        actor: command.actor.clone(),
        place: command.place.clone(),
        operation: operation.into(),
        parameters,
        follow_up: usable(config, command.follow_up.as_ref()),
        hold,
    });
    Step::Ask(Ask::Submit { submission, code })
}

/// A way back that may be used; nothing is promised over one that may not.
fn usable(config: &Config, follow_up: Option<&FollowUp>) -> Option<FollowUp> {
    follow_up.filter(|follow_up| follow_up.is_allowed(&config.follow_up_hosts)).cloned()
}

fn decide<'c>(
    config: &'c Config,
    actor: &Actor,
    place: &Place,
    served: &Served,
    parameters: &WireParameters,
) -> Verdict<'c> {
    config.policy.decide(&Question {
        who: &actor.to_string(),
        place: &place.to_string(),
        strength: actor.platform.strength(),
        served,
        parameters,
    })
}

/// Asks today's policy about a waiting command before it is let go: a rule taken back since must not act any more, and the
/// approvers are today's.
///
/// # Errors
/// What to tell whoever confirms, where the policy does not allow the command any more.
pub fn reconsider(config: &Config, record: &mut Record) -> Result<(), Reply> {
    let submission = &mut record.submission;
    let Some(served) = swas::operation(&submission.operation) else {
        return Err(say::no_such_code());
    };
    match decide(config, &submission.actor, &submission.place, served, &submission.parameters) {
        Verdict::Allowed { approvers, .. } => {
            if let Some(hold) = &mut submission.hold {
                hold.approvers = approvers.to_vec();
            }
            Ok(())
        }
        Verdict::Denied(_) => Err(say::no_longer_allowed()),
    }
}

impl Record {
    /// What to tell about a command that has just been put in.
    #[must_use]
    pub fn tell(&self, code: Option<&str>) -> Told {
        let reply = match code {
            Some(code) if self.state == State::AwaitingConfirmation => say::confirmation(self, code),
            _ => say::state(self),
        };
        Told { reply, command: Some(self.id.clone()), receipt: false }
    }

    /// What to tell about a command that must wait for another one on the same thing.
    #[must_use]
    pub fn tell_queued(&self, first: &str) -> Told {
        Told { reply: say::queued(self, first), command: Some(self.id.clone()), receipt: false }
    }

    /// Whether this is the same command again; a delivery id used for another one is no duplicate.
    #[must_use]
    pub fn is_of(&self, submission: &Submission) -> bool {
        let ours = &self.submission;
        (&ours.actor, &ours.place, &ours.operation, &ours.parameters)
            == (&submission.actor, &submission.place, &submission.operation, &submission.parameters)
    }

    /// Whether this person may answer this command's question here.
    #[must_use]
    pub fn may_be_answered(&self, answering: &Answering) -> bool {
        let Some(hold) = &self.submission.hold else {
            return false;
        };
        let right_person = match hold.approvers.as_slice() {
            [] => self.submission.actor == answering.actor,
            // Compared without the organisation: in a shared channel the same person can come by way of another one.
            approvers => {
                self.submission.actor.person != answering.actor.person
                    && crate::policy::names(approvers, &answering.actor.to_string())
            }
        };
        right_person && self.submission.place == answering.place && hold.code_digest == answering.code_digest
    }

    /// Whether this person may take the waiting command back: its asker, or who may confirm it.
    #[must_use]
    pub fn may_be_cancelled(&self, answering: &Answering) -> bool {
        let code_fits = self.submission.hold.as_ref().is_some_and(|hold| hold.code_digest == answering.code_digest);
        let asker = self.submission.actor == answering.actor && self.submission.place == answering.place;
        (code_fits && asker) || self.may_be_answered(answering)
    }
}

/// Tells a person about the commands the ledger found for `Ask::Status`: all of them this person's.
#[must_use]
pub fn tell_status(records: &[Record], id: Option<&str>) -> Told {
    let reply = match (records, id) {
        ([], id) => say::no_such_command(id),
        // Asked for by one person, perhaps somewhere else: shown to nobody but them.
        ([record], Some(_)) => Reply { private: true, ..say::state(record) },
        (records, _) => say::recent(records),
    };
    Told::only(reply)
}
