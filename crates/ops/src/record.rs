//! The record of one accepted command and the table of its states.
//!
//! The ledger (a Durable Object in `edge`) stores records and performs what they ask for; whatever happens to a command is
//! decided here, by a function of the record, an event and the time.

use crate::{
    attempt::{Conclusion, Outcome, Unsendable, Upstream, Verdict, interpret, is_repeatable},
    ledger::Answering,
};
use acs_rpc::{Effect, WireParameters};
use alloc::{format, string::String, vec::Vec};
use chat::{Actor, FollowUp, Place};
use swas::Served;

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Stored, nothing decided. Never seen outside one transaction.
    Received,
    /// Waits for a second yes.
    AwaitingConfirmation,
    /// To be sent when `due_ms` comes.
    Ready,
    /// Sent, no answer yet. Found at an alarm without a live call: the object died, so it is sent again.
    InFlight,
    /// Done.
    Succeeded,
    /// The vendor refused it for good.
    Failed,
    /// Its time was over.
    Expired,
    /// Somebody took it back.
    Cancelled,
}

impl State {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Received,
        Self::AwaitingConfirmation,
        Self::Ready,
        Self::InFlight,
        Self::Succeeded,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// Whether nothing happens to it any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Expired | Self::Cancelled)
    }

    /// The name in rows, logs and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::AwaitingConfirmation => "AwaitingConfirmation",
            Self::Ready => "Ready",
            Self::InFlight => "InFlight",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// What moves a command on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Nothing more is needed.
    Admit,
    /// A second yes is needed.
    Hold,
    /// The second yes came.
    Confirm,
    /// It is taken back.
    Cancel,
    /// A call starts.
    Begin,
    /// The vendor did it.
    Succeed,
    /// The vendor refused it for good.
    Fail,
    /// Try again later.
    Defer,
    /// Its time is over.
    Lapse,
}

/// Every transition there is. What is not here does not happen.
#[rustfmt::skip]
pub const TRANSITIONS: [(State, Trigger, State); 12] = [
    (State::Received,             Trigger::Admit,   State::Ready),
    (State::Received,             Trigger::Hold,    State::AwaitingConfirmation),
    (State::AwaitingConfirmation, Trigger::Confirm, State::Ready),
    (State::AwaitingConfirmation, Trigger::Cancel,  State::Cancelled),
    (State::AwaitingConfirmation, Trigger::Lapse,   State::Expired),
    (State::Ready,                Trigger::Begin,   State::InFlight),
    (State::Ready,                Trigger::Lapse,   State::Expired),
    (State::InFlight,             Trigger::Begin,   State::InFlight),
    (State::InFlight,             Trigger::Succeed, State::Succeeded),
    (State::InFlight,             Trigger::Fail,    State::Failed),
    (State::InFlight,             Trigger::Defer,   State::Ready),
    (State::InFlight,             Trigger::Lapse,   State::Expired),
];

/// How long a command may take before it expires, from the moment nothing more is needed. Slack and Mattermost take a follow-up for 30 minutes.
pub const DEADLINE_MS: i64 = 25 * 60 * 1000;
/// How long a code to confirm with is good.
pub const CONFIRM_WITHIN_MS: i64 = 10 * 60 * 1000;
/// How long one call may take.
pub const CALL_TIMEOUT_MS: i64 = 10_000;
/// How long a client token is counted on after its first use. The vendor states no time for this product; ten minutes is the
/// shortest it states for any.
pub const TOKEN_TRUST_MS: i64 = 10 * 60 * 1000;
/// After this long the ledger looks whether a call is still alive; a dead object is noticed this fast.
pub const LEASE_MS: i64 = 5_000;

/// A command on its way into the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Platform and delivery id: the same again is the same command.
    pub delivery: String,
    /// Who asks.
    pub actor: Actor,
    /// Where.
    pub place: Place,
    /// Operation name.
    pub operation: String,
    /// Checked parameters, the client token among them.
    pub parameters: WireParameters,
    /// The way back.
    pub follow_up: Option<FollowUp>,
    /// Set where a second yes is needed first.
    pub hold: Option<Hold>,
}

/// What a waiting command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// SHA-256 of the code, hex: the code itself is told once and not kept.
    pub code_digest: String,
    /// Who may say yes, as patterns; empty: the asker.
    pub approvers: Vec<String>,
}

/// The delivery that confirmed or cancelled a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Platform and delivery id.
    pub delivery: String,
    /// Who.
    pub actor: Actor,
    /// SHA-256 of the code.
    pub code_digest: String,
}

/// One accepted command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Short id people can type.
    pub id: String,
    /// What was asked.
    pub submission: Submission,
    /// Where it stands.
    pub state: State,
    /// Calls begun so far.
    pub attempts: u32,
    /// When it was accepted, Unix milliseconds.
    pub created_ms: i64,
    /// When something must happen next; meaningless once final.
    pub due_ms: i64,
    /// When it expires unless it is final by then.
    pub deadline_ms: i64,
    /// When its first call began.
    pub first_sent_ms: Option<i64>,
    /// Whether some call may have taken effect without an answer that says so.
    pub uncertain: bool,
    /// What came of it, or the last reason to wait.
    pub conclusion: Option<Conclusion>,
    /// The delivery that confirmed or cancelled it.
    pub answered_by: Option<Answered>,
    /// The final message could not be brought to the chat.
    pub undelivered: bool,
}

impl Answered {
    fn of(answering: &Answering) -> Self {
        Self {
            delivery: answering.delivery.clone(),
            actor: answering.actor.clone(),
            code_digest: answering.code_digest.clone(),
        }
    }
}

impl Record {
    /// Takes a command in: ready at once, or waiting for a second yes.
    #[must_use]
    pub fn accept(submission: Submission, now_ms: i64) -> Self {
        let id = crate::identity::command_id(&submission.delivery);
        let (trigger, time) = match submission.hold {
            Some(_) => (Trigger::Hold, CONFIRM_WITHIN_MS),
            None => (Trigger::Admit, DEADLINE_MS),
        };
        let deadline_ms = now_ms.saturating_add(time);
        let mut record = Self {
            id,
            submission,
            state: State::Received,
            attempts: 0,
            created_ms: now_ms,
            due_ms: if trigger == Trigger::Hold { deadline_ms } else { now_ms },
            deadline_ms,
            first_sent_ms: None,
            uncertain: false,
            conclusion: None,
            answered_by: None,
            undelivered: false,
        };
        record.apply(trigger);
        record
    }

    /// Moves on by the table; an event the table does not know changes nothing and answers `false`.
    fn apply(&mut self, trigger: Trigger) -> bool {
        let next = TRANSITIONS.iter().find(|(from, by, _)| *from == self.state && *by == trigger);
        if let Some((_, _, to)) = next {
            self.state = *to;
        }
        next.is_some()
    }

    /// What it acts on, where it acts on something: commands on the same thing keep their order.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        let served = self.served()?;
        let value = |name| self.submission.parameters.value(name);
        let subject = served.subject.and_then(value).filter(|_| served.effect == Effect::Write)?;
        Some(format!("{}/{subject}", value(crate::grammar::REGION).unwrap_or_default()))
    }

    fn is_repeatable(&self) -> bool {
        self.served().is_none_or(is_repeatable)
    }

    /// Starts a call, the first or the next. `false`: not in a state to, nothing changed.
    pub fn begin(&mut self, now_ms: i64) -> bool {
        let lost_one = self.state == State::InFlight;
        let moved = self.apply(Trigger::Begin);
        if moved {
            self.uncertain |= lost_one;
            self.attempts = self.attempts.saturating_add(1);
            self.first_sent_ms = self.first_sent_ms.or(Some(now_ms));
            self.due_ms = now_ms.saturating_add(LEASE_MS);
        }
        moved
    }

    /// Takes the outcome of a call. `jitter` is random. `false`: the command was not in flight any more.
    pub fn settle(&mut self, upstream: &Upstream, now_ms: i64, jitter: u32) -> bool {
        let outcome = match self.served() {
            Some(served) => interpret(served, upstream),
            None => Outcome::not_sent(Unsendable::OperationGone),
        };
        let trigger = match outcome.verdict {
            Verdict::Done => Trigger::Succeed,
            Verdict::Refused => Trigger::Fail,
            Verdict::Again { after_ms } => {
                let wait = after_ms.unwrap_or_else(|| backoff_ms(self.attempts, jitter));
                self.due_ms = now_ms.saturating_add(wait);
                if self.due_ms >= self.last_try_ms(outcome.may_have_acted) { Trigger::Lapse } else { Trigger::Defer }
            }
        };
        let moved = self.apply(trigger);
        if moved {
            self.uncertain |= outcome.may_have_acted;
            self.conclusion = Some(outcome.conclusion);
        }
        moved
    }

    /// Ends a command whose time is over, or whose call is lost and must not be repeated. To be asked only where no call is
    /// alive. `false`: it goes on, or is final already.
    pub fn lapse(&mut self, now_ms: i64) -> bool {
        let lost = self.state == State::InFlight;
        let over = (lost && !self.is_repeatable()) || now_ms >= self.last_try_ms(lost);
        let moved = over && self.apply(Trigger::Lapse);
        self.uncertain |= moved && lost;
        moved
    }

    /// After this moment no further call begins: the deadline, or sooner where only the client token makes a repetition
    /// harmless and some call may have arrived. A write with an observation sets a state, and may be repeated without it.
    fn last_try_ms(&self, uncertain: bool) -> i64 {
        let by_token = |served: &Served| served.effect == Effect::Write && served.observation.is_none();
        match self.first_sent_ms {
            Some(first) if (uncertain || self.uncertain) && self.served().is_some_and(by_token) => {
                self.deadline_ms.min(first.saturating_add(TOKEN_TRUST_MS))
            }
            _ => self.deadline_ms,
        }
    }

    fn served(&self) -> Option<&'static Served> {
        swas::operation(&self.submission.operation)
    }

    /// Lets a waiting command go, unless its code is over its time. The way back becomes that of the confirmation, which is
    /// younger.
    pub fn confirm(&mut self, answering: &Answering, now_ms: i64) -> bool {
        let moved = now_ms < self.deadline_ms && self.apply(Trigger::Confirm);
        if moved {
            self.due_ms = now_ms;
            // The time to do it in starts with the yes, not with the question.
            self.deadline_ms = now_ms.saturating_add(DEADLINE_MS);
            self.submission.hold = None;
            self.answered_by = Some(Answered::of(answering));
            if answering.follow_up.is_some() {
                self.submission.follow_up.clone_from(&answering.follow_up);
            }
        }
        moved
    }

    /// Whether this very answer confirmed or cancelled it.
    #[must_use]
    pub fn was_answered_by(&self, answering: &Answering) -> bool {
        self.answered_by.as_ref() == Some(&Answered::of(answering))
    }

    /// Takes a command back that waits for its second yes.
    pub fn cancel(&mut self, answering: &Answering) -> bool {
        let moved = self.apply(Trigger::Cancel);
        if moved {
            self.submission.hold = None;
            self.answered_by = Some(Answered::of(answering));
        }
        moved
    }
}

/// Exponential with equal jitter: 0.5–1 s, 1–2 s, 2–4 s … at most a minute.
fn backoff_ms(attempts: u32, jitter: u32) -> i64 {
    let ceiling: i64 = 1_000i64.saturating_mul(1i64 << attempts.saturating_sub(1).min(6)).min(60_000);
    let half = ceiling / 2;
    half.saturating_add(i64::from(jitter) % half.saturating_add(1))
}
