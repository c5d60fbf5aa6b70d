//! The record of one accepted command.
//!
//! The ledger (a Durable Object in `edge`) stores records and performs what they ask for; whatever happens to a command is
//! decided here, by a function of the record, what happened and the time, along [`TRANSITIONS`](crate::state::TRANSITIONS).

use crate::{
    attempt::{self, Conclusion, Outcome, Unsendable, Upstream, Verdict, interpret, is_repeatable},
    audit,
    ledger::Answering,
    state::{Event, Moved, State},
};
use acs_rpc::{Effect, WireParameters};
use alloc::{format, string::String, vec::Vec};
use chat::{Actor, FollowUp, Language, Place};
use swas::{Observation, Served};

/// How far the calls of a write have come whose effect can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Before it is sent for the first time: perhaps nothing needs to be done.
    Look,
    /// The operation itself.
    #[default]
    Act,
    /// The vendor has done it; whether it shows.
    Check,
}

/// What was seen of a write's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Everything was as wanted before anything was sent, and nothing was.
    AlreadyThere,
    /// It shows.
    Confirmed,
    /// It does not show yet.
    NotYet,
    /// It could not be looked at.
    Unknown,
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::Look, Self::Act, Self::Check];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::Act => "Act",
            Self::Check => "Check",
        }
    }
}

impl Seen {
    pub(crate) const ALL: [Self; 4] = [Self::AlreadyThere, Self::Confirmed, Self::NotYet, Self::Unknown];

    /// The name in rows and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyThere => "AlreadyThere",
            Self::Confirmed => "Confirmed",
            Self::NotYet => "NotYet",
            Self::Unknown => "Unknown",
        }
    }
}

/// How long a command may take before it expires, from the moment nothing more is needed. Slack and Mattermost take a
/// follow-up for 30 minutes.
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
/// What is done waits this long for a turn to be looked at, then it is told as it is: longer than the governor's window.
pub const CHECK_WITHIN_MS: i64 = 2 * 60 * 1000;

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
    /// What who asked is answered in.
    pub language: Language,
}

/// What a waiting command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// SHA-256 of the code, hex: the code itself is told once and not kept.
    pub code_digest: String,
    /// Who may say yes, as patterns; empty: the asker.
    pub approvers: Vec<String>,
    /// [`Submission::digest`] of the request the code was told for, hex: it is good for no other.
    pub request: String,
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
    /// Calls of the operation begun so far.
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
    /// How far its calls have come.
    pub phase: Phase,
    /// What was seen of its effect.
    pub seen: Option<Seen>,
    /// Set while it waits for its turn in its lane: its place in the order of turns.
    pub turn: Option<i64>,
    /// It has been signed anew because the clock was off.
    pub resigned: bool,
}

impl Submission {
    /// What identifies the exact request: operation and all parameters as sent.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        audit::request_digest(&self.operation, &self.parameters)
    }
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
    pub fn accept(submission: Submission, now_ms: i64) -> (Self, Option<Moved>) {
        let (event, time) = match submission.hold {
            Some(_) => (Event::Hold, CONFIRM_WITHIN_MS),
            None => (Event::Admit, DEADLINE_MS),
        };
        let mut record = Self::received(submission, now_ms, time);
        if event == Event::Admit {
            record.due_ms = now_ms;
        }
        let moved = record.apply(event);
        (record, moved)
    }

    /// Takes a command in that the policy does not allow, and `why`.
    #[must_use]
    pub fn refuse(submission: Submission, why: String, now_ms: i64) -> (Self, Option<Moved>) {
        let mut record = Self::received(submission, now_ms, 0);
        let moved = record.deny(why);
        (record, moved)
    }

    fn received(submission: Submission, now_ms: i64, time_ms: i64) -> Self {
        let deadline_ms = now_ms.saturating_add(time_ms);
        Self {
            id: crate::identity::command_id(&submission.delivery),
            submission,
            state: State::Received,
            attempts: 0,
            created_ms: now_ms,
            due_ms: deadline_ms,
            deadline_ms,
            first_sent_ms: None,
            uncertain: false,
            conclusion: None,
            answered_by: None,
            undelivered: false,
            phase: Phase::Act,
            seen: None,
            turn: None,
            resigned: false,
        }
    }

    /// Moves on by the table; what the table does not know changes nothing.
    fn apply(&mut self, event: Event) -> Option<Moved> {
        let moved = self.state.on(event)?;
        self.state = moved.to;
        if moved.to.is_final() {
            self.turn = None;
        }
        Some(moved)
    }

    /// Whether the list may still change by it although it has come to its end: a look says nothing about the thing then.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self.seen, Some(Seen::NotYet | Seen::Unknown))
            || (self.uncertain && matches!(self.state, State::Failed | State::Expired))
    }

    /// The thing it acts on, as the operation names it.
    #[must_use]
    pub fn thing(&self) -> Option<&str> {
        self.submission.parameters.value(self.served()?.subject?)
    }

    /// What it acts on, where it acts on something: commands on the same thing keep their order.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        let thing = self.thing().filter(|_| self.served().is_some_and(|served| served.effect == Effect::Write))?;
        let region = self.submission.parameters.value(crate::grammar::REGION).unwrap_or_default();
        Some(format!("{region}/{thing}"))
    }

    fn is_repeatable(&self) -> bool {
        self.served().is_none_or(is_repeatable)
    }

    fn observation(&self) -> Option<Observation> {
        self.served()?.observation
    }

    /// The operation that is called next, whose turns it needs: another one for a look.
    #[must_use]
    pub fn lane(&self) -> &str {
        match (self.phase, self.observation()) {
            (Phase::Look | Phase::Check, Some(observation)) => observation.operation,
            _ => &self.submission.operation,
        }
    }

    /// The operation of a look beforehand, where there can be one.
    #[must_use]
    pub fn look_lane(&self) -> Option<&'static str> {
        let first = self.attempts == 0 && self.phase == Phase::Act;
        Some(self.observation().filter(|_| first)?.operation)
    }

    /// Puts it into its lane, behind those whose turn comes first. Its time is over all the same when it is.
    pub fn queue(&mut self, turn: i64) {
        self.turn = Some(turn);
        self.due_ms = match self.phase {
            Phase::Check => self.due_ms.saturating_add(CHECK_WITHIN_MS).min(self.deadline_ms),
            _ => self.last_try_ms(self.state == State::InFlight),
        };
    }

    /// Starts a call, the first or the next; with `look`, first a look whether anything needs to be done. `None`: not in a
    /// state to, nothing changed.
    pub fn begin(&mut self, look: bool, now_ms: i64) -> Option<Moved> {
        let lost_one = self.state == State::InFlight && self.phase != Phase::Check;
        let moved = self.apply(Event::Begin)?;
        if self.phase != Phase::Check {
            self.phase = if look && self.look_lane().is_some() { Phase::Look } else { Phase::Act };
            self.uncertain |= lost_one;
            self.attempts = self.attempts.saturating_add(1);
            self.first_sent_ms = self.first_sent_ms.or(Some(now_ms));
        }
        self.turn = None;
        self.due_ms = now_ms.saturating_add(LEASE_MS);
        Some(moved)
    }

    /// Takes what a look beforehand saw. `None`: the operation is to be sent. A look that was refused is no reason not to;
    /// one that may be repeated is an attempt that failed, for the endpoint is not well.
    pub fn looked(&mut self, upstream: &Upstream, now_ms: i64, jitter: u32) -> Option<Moved> {
        let look = swas::operation(self.lane());
        self.phase = Phase::Act;
        let outcome = look
            .map(|look| interpret(look, upstream, self.submission.language))
            .filter(|outcome| outcome.verdict.is_temporary());
        if let Some(outcome) = outcome {
            return self.conclude(Outcome { may_have_acted: false, ..outcome }, now_ms, jitter);
        }
        let (_, request_id) = attempt::observe(self, upstream).filter(|(shown, _)| *shown)?;
        let moved = self.apply(Event::Succeed)?;
        self.seen = Some(Seen::AlreadyThere);
        self.conclusion = Some(Conclusion::seen(request_id));
        Some(moved)
    }

    /// Takes what a look afterwards saw.
    pub fn checked(&mut self, upstream: &Upstream) -> Option<Moved> {
        let seen = match attempt::observe(self, upstream) {
            Some((true, _)) => Seen::Confirmed,
            Some((false, _)) => Seen::NotYet,
            None => Seen::Unknown,
        };
        self.conclude_check(seen)
    }

    fn conclude_check(&mut self, seen: Seen) -> Option<Moved> {
        let moved = self.apply(Event::Succeed)?;
        self.seen = Some(seen);
        Some(moved)
    }

    /// Takes the outcome of a call of the operation. `jitter` is random. `None`: the command was not in flight any more.
    pub fn settle(&mut self, upstream: &Upstream, now_ms: i64, jitter: u32) -> Option<Moved> {
        let outcome = match self.served() {
            Some(served) => interpret(served, upstream, self.submission.language),
            None => Outcome::not_sent(Unsendable::OperationGone),
        };
        self.phase = Phase::Act;
        self.conclude(outcome, now_ms, jitter)
    }

    fn conclude(&mut self, outcome: Outcome, now_ms: i64, jitter: u32) -> Option<Moved> {
        let mut due_ms = now_ms.saturating_add(LEASE_MS);
        let event = match outcome.verdict {
            Verdict::Done if self.observation().is_some() => Event::Act,
            Verdict::Done => Event::Succeed,
            Verdict::Refused => Event::Fail,
            Verdict::ClockOff if self.resigned => Event::Fail,
            Verdict::ClockOff => {
                due_ms = now_ms;
                Event::Defer
            }
            Verdict::Again { after_ms } => {
                let wait = after_ms.unwrap_or_else(|| backoff_ms(self.attempts, jitter));
                due_ms = now_ms.saturating_add(wait);
                if due_ms >= self.last_try_ms(outcome.may_have_acted) { Event::Lapse } else { Event::Defer }
            }
        };
        let moved = self.apply(event)?;
        self.due_ms = due_ms;
        self.resigned |= outcome.verdict == Verdict::ClockOff;
        self.uncertain |= outcome.may_have_acted;
        self.conclusion = Some(outcome.conclusion);
        if event == Event::Act {
            self.phase = Phase::Check;
        }
        Some(moved)
    }

    /// Ends a command whose time is over, or whose call is lost and must not be repeated. To be asked only where no call is
    /// alive. `None`: it goes on, or is final already.
    pub fn lapse(&mut self, now_ms: i64) -> Option<Moved> {
        // What has been done does not expire; it could not be looked at.
        if self.phase == Phase::Check && self.state == State::InFlight {
            let over = now_ms >= self.deadline_ms || (self.turn.is_some() && now_ms >= self.due_ms);
            return if over { self.conclude_check(Seen::Unknown) } else { None };
        }
        let lost = self.state == State::InFlight;
        let over = (lost && !self.is_repeatable()) || now_ms >= self.last_try_ms(lost);
        let moved = if over { self.apply(Event::Lapse) } else { None }?;
        self.uncertain |= lost;
        Some(moved)
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

    pub(crate) fn served(&self) -> Option<&'static Served> {
        swas::operation(&self.submission.operation)
    }

    /// Lets a waiting command go, unless its code is over its time. The way back becomes that of the confirmation, which is
    /// younger.
    pub fn confirm(&mut self, answering: &Answering, now_ms: i64) -> Option<Moved> {
        if now_ms >= self.deadline_ms {
            return None;
        }
        let moved = self.apply(Event::Confirm)?;
        self.due_ms = now_ms;
        // The time to do it in starts with the yes, not with the question.
        self.deadline_ms = now_ms.saturating_add(DEADLINE_MS);
        self.submission.hold = None;
        self.answered_by = Some(Answered::of(answering));
        if answering.follow_up.is_some() {
            self.submission.follow_up.clone_from(&answering.follow_up);
        }
        Some(moved)
    }

    /// Whether this very answer confirmed or cancelled it.
    #[must_use]
    pub fn was_answered_by(&self, answering: &Answering) -> bool {
        self.answered_by.as_ref() == Some(&Answered::of(answering))
    }

    /// Takes a command back that waits for its second yes, or for its turn and has never been sent.
    pub fn cancel(&mut self, answering: &Answering) -> Option<Moved> {
        let moved = self.withdraw()?;
        self.answered_by = Some(Answered::of(answering));
        Some(moved)
    }

    /// The same from the console, whose right it is without a code.
    pub fn withdraw(&mut self) -> Option<Moved> {
        if self.attempts > 0 {
            return None;
        }
        let moved = self.apply(Event::Cancel)?;
        self.submission.hold = None;
        Some(moved)
    }

    /// Ends a command the policy does not allow, or does not allow any more.
    pub fn deny(&mut self, why: String) -> Option<Moved> {
        let moved = self.apply(Event::Deny)?;
        self.submission.hold = None;
        self.conclusion = Some(Conclusion::without_answer(&why));
        Some(moved)
    }
}

/// Exponential with equal jitter: 0.5–1 s, 1–2 s, 2–4 s … at most a minute.
fn backoff_ms(attempts: u32, jitter: u32) -> i64 {
    let ceiling: i64 = 1_000i64.saturating_mul(1i64 << attempts.saturating_sub(1).min(6)).min(60_000);
    let half = ceiling / 2;
    half.saturating_add(i64::from(jitter) % half.saturating_add(1))
}
