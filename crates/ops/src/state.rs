//! The states of a command and every way from one to the next.

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing decided yet. Never seen outside one transaction.
    Received,
    /// Waits for a second yes.
    AwaitingConfirmation,
    /// To be sent when its time, or its turn, comes.
    Ready,
    /// Sent, not concluded. Found by an alarm without a live call: the object died, so it is taken up again.
    InFlight,
    /// Done.
    Succeeded,
    /// The vendor refused it for good.
    Failed,
    /// Its time was over.
    Expired,
    /// Somebody took it back.
    Cancelled,
    /// The policy does not allow it.
    Denied,
}

/// What happens to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing more is needed.
    Admit,
    /// A second yes is needed.
    Hold,
    /// The policy says no.
    Deny,
    /// The second yes came.
    Confirm,
    /// It is taken back.
    Cancel,
    /// A call starts.
    Begin,
    /// The vendor did it; what can be seen of it is looked at next.
    Act,
    /// It is done.
    Succeed,
    /// The vendor refused it for good.
    Fail,
    /// Try again later.
    Defer,
    /// Its time is over.
    Lapse,
}

/// What has to be done about an event, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A call goes out once the transaction is durable.
    Call,
    /// The final message goes into the outbox.
    Tell,
    /// Whatever waits for the same thing looks whether its turn has come.
    Wake,
}

/// A transition that has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// From here.
    pub from: State,
    /// By this.
    pub event: Event,
    /// To here.
    pub to: State,
    /// What has to be done about it.
    pub effects: &'static [Effect],
}

use Effect::{Call, Tell, Wake};
use Event::{Act, Admit, Begin, Cancel, Confirm, Defer, Deny, Fail, Hold, Lapse, Succeed};
use State::{AwaitingConfirmation, Cancelled, Denied, Expired, Failed, InFlight, Ready, Received, Succeeded};

/// Every transition there is. What is not here does not happen.
#[rustfmt::skip]
pub const TRANSITIONS: [(State, Event, State, &[Effect]); 16] = [
    (Received,             Admit,   Ready,                &[]),
    (Received,             Hold,    AwaitingConfirmation, &[]),
    (Received,             Deny,    Denied,               &[]),
    (AwaitingConfirmation, Confirm, Ready,                &[]),
    (AwaitingConfirmation, Deny,    Denied,               &[Tell]),
    (AwaitingConfirmation, Cancel,  Cancelled,            &[Tell]),
    (AwaitingConfirmation, Lapse,   Expired,              &[Tell]),
    (Ready,                Begin,   InFlight,             &[Call]),
    (Ready,                Cancel,  Cancelled,            &[Tell, Wake]),
    (Ready,                Lapse,   Expired,              &[Tell, Wake]),
    (InFlight,             Begin,   InFlight,             &[Call]),
    (InFlight,             Act,     InFlight,             &[Call]),
    (InFlight,             Defer,   Ready,                &[]),
    (InFlight,             Succeed, Succeeded,            &[Tell, Wake]),
    (InFlight,             Fail,    Failed,               &[Tell, Wake]),
    (InFlight,             Lapse,   Expired,              &[Tell, Wake]),
];

impl State {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Received, AwaitingConfirmation, Ready, InFlight, Succeeded, Failed, Expired, Cancelled, Denied];

    /// Where the event leads from here; `None`: it does not happen here.
    #[must_use]
    pub fn on(self, event: Event) -> Option<Moved> {
        let (from, event, to, effects) = TRANSITIONS.iter().find(|(from, by, ..)| *from == self && *by == event)?;
        Some(Moved { from: *from, event: *event, to: *to, effects })
    }

    /// Whether nothing happens to it any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Succeeded | Failed | Expired | Cancelled | Denied)
    }

    /// The name in rows, logs and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Received => "Received",
            AwaitingConfirmation => "AwaitingConfirmation",
            Ready => "Ready",
            InFlight => "InFlight",
            Succeeded => "Succeeded",
            Failed => "Failed",
            Expired => "Expired",
            Cancelled => "Cancelled",
            Denied => "Denied",
        }
    }
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 11] = [Admit, Hold, Deny, Confirm, Cancel, Begin, Act, Succeed, Fail, Defer, Lapse];

    /// The name in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Admit => "Admit",
            Hold => "Hold",
            Deny => "Deny",
            Confirm => "Confirm",
            Cancel => "Cancel",
            Begin => "Begin",
            Act => "Act",
            Succeed => "Succeed",
            Fail => "Fail",
            Defer => "Defer",
            Lapse => "Lapse",
        }
    }
}

impl Moved {
    /// Whether this has to be done about it.
    #[must_use]
    pub fn has(&self, effect: Effect) -> bool {
        self.effects.contains(&effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table again, by hand and by another order: which events each state knows, and where they lead.
    #[test]
    fn every_pair_of_state_and_event_is_decided() {
        let known = |state, event| match (state, event) {
            (Received, Admit) | (AwaitingConfirmation, Confirm) | (InFlight, Defer) => Some(Ready),
            (Received, Hold) => Some(AwaitingConfirmation),
            (Received | AwaitingConfirmation, Deny) => Some(Denied),
            (AwaitingConfirmation | Ready, Cancel) => Some(Cancelled),
            (AwaitingConfirmation | Ready | InFlight, Lapse) => Some(Expired),
            (Ready | InFlight, Begin) | (InFlight, Act) => Some(InFlight),
            (InFlight, Succeed) => Some(Succeeded),
            (InFlight, Fail) => Some(Failed),
            _ => None,
        };
        for state in State::ALL {
            for event in Event::ALL {
                let moved = state.on(event);
                assert_eq!(moved.map(|moved| moved.to), known(state, event), "{state:?} {event:?}");
                let Some(moved) = moved else { continue };
                assert_eq!((moved.from, moved.event), (state, event));
                // Whoever asked hears of the end, but for a denial, which is the answer itself.
                assert_eq!(moved.has(Tell), moved.to.is_final() && state != Received, "{state:?} {event:?}");
                // What may have kept others waiting lets them look when it ends.
                assert_eq!(moved.has(Wake), moved.to.is_final() && matches!(state, Ready | InFlight));
                assert_eq!(moved.has(Call), moved.to == InFlight);
            }
        }
        assert_eq!(TRANSITIONS.len(), 16);
    }

    #[test]
    fn nothing_waits_for_ever_and_nothing_leaves_an_end() {
        for state in State::ALL {
            let ways = Event::ALL.iter().filter(|event| state.on(**event).is_some()).count();
            assert_eq!(ways == 0, state.is_final(), "{state:?}");
            let can_lapse = state.on(Lapse).is_some();
            assert_eq!(can_lapse, !state.is_final() && state != Received, "{state:?}");
        }
    }
}
