//! What a command asks of the ledger, and what the ledger answers with the records it finds.

use crate::{
    config::Config,
    grammar::{self, Intent},
    identity,
    policy::{Question, Verdict},
    record::{Hold, Record, Submission},
    say,
    state::{Moved, State},
};
use acs_rpc::WireParameters;
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};
use chat::{Actor, Command, FollowUp, Language, Place, Reply};
use subtle::ConstantTimeEq as _;
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
    /// Put this in as denied unless its delivery is there already.
    Deny {
        /// The command.
        submission: Box<Submission>,
        /// What would be needed, in words.
        why: String,
    },
    /// How does this command stand, or this person's latest?
    Status {
        /// Who asks.
        actor: Actor,
        /// Which command.
        id: Option<String>,
        /// Theirs.
        language: Language,
    },
    /// What has happened to this command, or to this person's latest?
    Log {
        /// Who asks.
        actor: Actor,
        /// Which command.
        id: Option<String>,
        /// Theirs.
        language: Language,
    },
    /// Let the command go that waits for this code.
    Confirm(Answering),
    /// Take the command back that waits for this code, or that has this id and waits for its turn.
    Cancel {
        /// Who, where, and the code.
        answering: Answering,
        /// What was typed, as an id.
        id: String,
    },
    /// What did the newest list of things show?
    Listed {
        /// The operation that lists them.
        operation: String,
        /// In this region, where things have one.
        region: Option<String>,
        /// What has been typed of one so far, in lower case.
        typed: String,
    },
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
    /// Theirs.
    pub language: Language,
}

/// What a command waits for before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// An earlier command on the same thing, by its id.
    Other(String),
    /// Its turn.
    Turn {
        /// How many come first.
        before: usize,
        /// About how long, milliseconds.
        ms: i64,
    },
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

impl Ask {
    /// What who asks is answered in; what nobody reads has no language of its own.
    #[must_use]
    pub const fn language(&self) -> Language {
        match self {
            Self::Submit { submission, .. } | Self::Deny { submission, .. } => submission.language,
            Self::Status { language, .. } | Self::Log { language, .. } => *language,
            Self::Confirm(answering) | Self::Cancel { answering, .. } => answering.language,
            Self::Listed { .. } | Self::Told { .. } => Language::English,
        }
    }
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
    let language = config.language(command);
    let intent = match grammar::read(&command.request, config.default_region, language) {
        Ok(intent) => intent,
        Err(problem) => return Step::Reply(say::misunderstanding(&problem, language)),
    };
    let delivery = || format!("{}:{}", command.actor.platform.name(), command.delivery.0);
    let answering = |code: &str| Answering {
        delivery: delivery(),
        code_digest: identity::code_digest(code),
        actor: command.actor.clone(),
        place: command.place.clone(),
        follow_up: usable(config, command.follow_up.as_ref()),
        language,
    };
    match intent {
        Intent::Help => Step::Reply(say::help(language)),
        Intent::Status(id) => Step::Ask(Ask::Status { actor: command.actor.clone(), id, language }),
        Intent::Log(id) => Step::Ask(Ask::Log { actor: command.actor.clone(), id, language }),
        Intent::Confirm(code) => Step::Ask(Ask::Confirm(answering(&code))),
        Intent::Cancel(code) => {
            let id = code.to_ascii_uppercase();
            Step::Ask(Ask::Cancel { answering: answering(&code), id })
        }
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
    let language = config.language(command);
    let Some(served) = swas::operation(operation) else {
        return Step::Reply(say::help(language));
    };
    let delivery = format!("{}:{}", command.actor.platform.name(), command.delivery.0);
    if let Some(name) = served.client_token {
        parameters.push(name, identity::client_token(&delivery));
    }
    let mut submission = Box::new(Submission {
        delivery,
        actor: command.actor.clone(),
        place: command.place.clone(),
        operation: operation.into(),
        parameters,
        follow_up: usable(config, command.follow_up.as_ref()),
        hold: None,
        language,
    });
    let (confirm, approvers) = match decide(config, &submission, served) {
        Verdict::Allowed { confirm, approvers, .. } => (confirm, approvers),
        Verdict::Denied(denial) => {
            let why = say::denial(&denial, &command.actor, &command.place, operation);
            return Step::Ask(Ask::Deny { submission, why });
        }
    };
    let code = confirm.then(|| identity::confirmation_code(random));
    submission.hold = code.as_deref().map(|code| Hold {
        code_digest: identity::code_digest(code),
        approvers: approvers.to_vec(),
        request: identity::hex(&submission.digest()),
    });
    Step::Ask(Ask::Submit { submission, code })
}

/// A way back that may be used; nothing is promised over one that may not.
fn usable(config: &Config, follow_up: Option<&FollowUp>) -> Option<FollowUp> {
    follow_up.filter(|follow_up| follow_up.is_reachable(&config.reach(follow_up.platform))).cloned()
}

fn decide<'c>(config: &'c Config, submission: &Submission, served: &Served) -> Verdict<'c> {
    let parameters = &submission.parameters;
    config.policy.decide(&Question {
        who: &submission.actor.to_string(),
        place: &submission.place.to_string(),
        strength: submission.actor.platform.strength(),
        served,
        parameters,
    })
}

/// Asks today's policy about a waiting command before it is let go: a rule taken back since must not act any more, and the
/// approvers are today's. `Some`: it is denied.
pub fn reconsider(config: &Config, record: &mut Record) -> Option<Moved> {
    let submission = &mut record.submission;
    let denied = match swas::operation(&submission.operation) {
        Some(served) => match decide(config, submission, served) {
            Verdict::Allowed { approvers, .. } => {
                if let Some(hold) = &mut submission.hold {
                    hold.approvers = approvers.to_vec();
                }
                return None;
            }
            Verdict::Denied(_) => say::no_longer_allowed(),
        },
        None => say::not_served_any_more(),
    };
    record.deny(denied)
}

impl Record {
    /// What to tell about a command that has just been put in.
    #[must_use]
    pub fn tell(&self, language: Language) -> Told {
        Told { reply: say::state(self, language), command: Some(self.id.clone()), receipt: false }
    }

    /// What to tell about a command that waits for this code. `account`: what shows whose resources it acts on.
    #[must_use]
    pub fn tell_code(&self, code: &str, account: &str, language: Language) -> Told {
        let reply = match self.state {
            State::AwaitingConfirmation => say::confirmation(self, code, account, language),
            _ => say::state(self, language),
        };
        Told { reply, command: Some(self.id.clone()), receipt: false }
    }

    /// What to tell about a command that waits for something.
    #[must_use]
    pub fn tell_waiting(&self, wait: &Wait, language: Language) -> Told {
        Told { reply: say::waiting(self, wait, language), command: Some(self.id.clone()), receipt: false }
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
        // Of a row from before requests were kept with the code, the row itself is the request.
        let right_request = hold.request.is_empty() || same(&hold.request, &identity::hex(&self.submission.digest()));
        right_person
            && right_request
            && self.submission.place == answering.place
            && same(&hold.code_digest, &answering.code_digest)
    }

    /// Whether this person may take the waiting command back: its asker, or who may confirm it.
    #[must_use]
    pub fn may_be_cancelled(&self, answering: &Answering) -> bool {
        let code_fits =
            self.submission.hold.as_ref().is_some_and(|hold| same(&hold.code_digest, &answering.code_digest));
        (code_fits && self.is_asked_by(answering)) || self.may_be_answered(answering)
    }

    /// Whether this person asked for it, here.
    #[must_use]
    pub fn is_asked_by(&self, answering: &Answering) -> bool {
        self.submission.actor == answering.actor && self.submission.place == answering.place
    }
}

/// In constant time: what is compared follows from a secret.
fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Tells a person about the commands the ledger found for `Ask::Status`, all of them this person's, and what the one asked
/// for waits for.
#[must_use]
pub fn tell_status(records: &[Record], id: Option<&str>, wait: Option<&Wait>, language: Language) -> Told {
    let reply = match (records, id) {
        ([], id) => say::no_such_command(id, language),
        // Asked for by one person, perhaps somewhere else: shown to nobody but them.
        ([record], Some(_)) => {
            let reply = match wait {
                Some(wait) => say::waiting(record, wait, language),
                None => say::state(record, language),
            };
            Reply { private: true, ..reply }
        }
        (records, _) => say::recent(records, language),
    };
    Told::only(reply)
}

/// Tells a person what has happened to the command the ledger found for `Ask::Log`, from its rows of the audit.
#[must_use]
pub fn tell_log(record: Option<&Record>, rows: &[String], id: Option<&str>, language: Language) -> Told {
    Told::only(match record {
        Some(record) => say::log(record, rows, language),
        None => say::no_such_command(id, language),
    })
}
