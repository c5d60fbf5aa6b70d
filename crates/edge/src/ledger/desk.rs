//! What outlives a request: calls, follow-ups, and the alarm that finds what they leave undone.

use super::{
    lanes::Lanes,
    tables::{Message, Tables, UNREADABLE_MS},
};
use crate::{
    from_json, log,
    network::{self, Result},
    settings,
};
use alloc::rc::Rc;
use chat::{FollowUp, Reply, Taken};
use core::{
    cell::{Cell, RefCell},
    pin::Pin,
};
use futures_channel::oneshot;
use js_sys::futures::future_to_promise;
use ops::{
    Answering, Config,
    attempt::{self, Upstream},
    audit::{CONSOLE, Entry, GATEWAY},
    record::{CALL_TIMEOUT_MS, LEASE_MS, Phase, Record},
    state::{Effect, Event, Moved, State},
};
use wasm_bindgen::JsValue;
use worker::{Env, worker_sys::DurableObjectState};

/// A result that may still reach the chat as the answer itself waits this long to hear that it did, before it goes out as a
/// follow-up. Where nobody sees the answer to a delivery, that takes a message of its own, and its time.
const ANSWER_GRACE_MS: i64 = network::FOLLOW_UP_TIMEOUT_MS + 1_000;
/// A command behind another one on the same thing is begun when that one ends; this is for when it has not heard of the end.
pub(super) const QUEUE_POLL_MS: i64 = 60_000;
/// The alarm never comes sooner: one that finds its work under way must not spin.
pub(super) const SOONEST_MS: i64 = 50;
/// How long a lane rests where the vendor throttles and does not say for how long.
const THROTTLED_MS: i64 = 5_000;
/// A clock that is off by less is as good as right: the vendor allows fifteen minutes.
const SKEW_MS: u64 = 60_000;
/// Where the skew is kept.
const SKEW: &str = "skew";
/// A list may lag behind for this long.
const UNSETTLED_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) struct Desk {
    state: DurableObjectState,
    pub(super) env: Env,
    pub(super) tables: Tables,
    pub(super) lanes: Lanes,
    /// Commands with a call under way in this very instance, and when it began. What a row calls in flight and is not here
    /// was begun by an instance that died.
    calling: RefCell<Vec<(String, i64)>>,
    /// Commands with a follow-up under way.
    telling: RefCell<Vec<String>>,
    /// Commands whose result was promised to a second delivery: it must follow although the first one's answer brought it.
    promised: RefCell<Vec<String>>,
    /// When the alarm comes, from when it was set until it comes.
    armed_ms: Cell<Option<i64>>,
    /// How far the vendor's clock is ahead of ours, once it has been looked up.
    skew_ms: Cell<Option<i64>>,
    /// When the oldest row of the audit was written, once it has been looked up.
    oldest_ms: Cell<Option<i64>>,
}

impl Desk {
    pub(super) fn new(state: DurableObjectState, env: Env, tables: Tables) -> Self {
        Self {
            state,
            env,
            tables,
            lanes: Lanes::default(),
            calling: RefCell::default(),
            telling: RefCell::default(),
            promised: RefCell::default(),
            armed_ms: Cell::default(),
            skew_ms: Cell::default(),
            oldest_ms: Cell::default(),
        }
    }

    /// Stores what has happened to a record, in one transaction with what is to be done about it. `by`: whose answer it was,
    /// where it was one; `calls`: the lanes in which a call begins by it; `tell_at_ms`: when the final message is due.
    pub(super) fn commit(
        &self,
        record: &Record,
        moved: &[Moved],
        by: Option<&Answering>,
        calls: &[&str],
        tell_at_ms: i64,
    ) -> Result<()> {
        let now_ms = network::now_ms();
        let most = self.most();
        let done = self.tables.transaction(&mut || {
            self.tables.save(record)?;
            for moved in moved {
                self.audit(record, moved, by, now_ms)?;
                if moved.has(Effect::Tell) && record.submission.follow_up.is_some() {
                    self.tables.put_out(record, tell_at_ms)?;
                }
                if let (true, Some(subject)) = (moved.has(Effect::Wake), record.subject()) {
                    if record.is_unsettled() {
                        self.tables.set_meta(&unsettled_key(&subject), &now_ms.to_string())?;
                    }
                    self.tables.wake(&subject, record.deadline_ms)?;
                }
            }
            for lane in calls {
                self.lanes.take(&self.tables, lane, most, now_ms)?;
            }
            Ok(())
        });
        match &done {
            Ok(()) => moved.iter().for_each(|moved| log::moved(record, moved)),
            Err(_) => self.lanes.forget(),
        }
        done
    }

    fn audit(&self, record: &Record, moved: &Moved, by: Option<&Answering>, now_ms: i64) -> Result<()> {
        let submission = &record.submission;
        let (who, place) = match (moved.event, by) {
            (Event::Confirm | Event::Cancel | Event::Deny, Some(by)) => (by.actor.to_string(), by.place.to_string()),
            (Event::Cancel, None) => (CONSOLE.to_owned(), submission.place.to_string()),
            (Event::Admit | Event::Hold | Event::Deny, _) => {
                (submission.actor.to_string(), submission.place.to_string())
            }
            _ => (GATEWAY.to_owned(), submission.place.to_string()),
        };
        let sent = moved.from == State::InFlight || moved.to == State::InFlight;
        let concluded = matches!(
            moved.event,
            Event::Act | Event::Succeed | Event::Fail | Event::Defer | Event::Lapse | Event::Deny
        );
        let conclusion = record.conclusion.as_ref().filter(|_| concluded);
        let said = conclusion.map(|conclusion| conclusion.code.as_deref().unwrap_or(&conclusion.message));
        let seen = record.seen.map(|seen| seen.name());
        self.tables.append(&Entry {
            at_ms: now_ms,
            command: Some(&record.id),
            event: moved.event.name(),
            from: Some(moved.from.name()),
            to: Some(moved.to.name()),
            who: &who,
            place: &place,
            operation: Some(&submission.operation),
            request: Some(&submission.digest()),
            attempt: if sent { record.attempts } else { 0 },
            request_id: conclusion.and_then(|conclusion| conclusion.request_id.as_deref()),
            outcome: seen.filter(|_| moved.event == Event::Succeed).or(said).filter(|said| !said.is_empty()),
        })
    }

    /// Writes down what changed no state.
    fn note(&self, record: Option<&Record>, event: &str, who: &str, place: &str, outcome: &str) -> Result<()> {
        let digest = record.map(|record| record.submission.digest());
        self.tables.append(&Entry {
            at_ms: network::now_ms(),
            command: record.map(|record| record.id.as_str()),
            event,
            from: None,
            to: None,
            who,
            place,
            operation: record.map(|record| record.submission.operation.as_str()),
            request: digest.as_ref(),
            attempt: 0,
            request_id: None,
            outcome: Some(outcome),
        })
    }

    /// Writes down that somebody's code was not taken; `record`: the one it would have been good for.
    pub(super) fn refused(&self, answering: &Answering, record: Option<&Record>, why: &str) -> Result<()> {
        self.note(record, "Refuse", &answering.actor.to_string(), &answering.place.to_string(), why)
    }

    /// How many calls of an operation may begin in a minute.
    pub(super) fn most(&self) -> u32 {
        settings::config(&self.env).as_ref().as_ref().map_or(1, |config| config.calls_per_minute)
    }

    /// Begins a call, after a look beforehand where there are turns to spare, or has the record wait for its turn. The
    /// events before are part of the same transaction. `Some`: the call is under way.
    pub(super) fn begin(
        self: &Rc<Self>,
        record: &mut Record,
        mut moved: Vec<Moved>,
        by: Option<&Answering>,
    ) -> Result<Option<oneshot::Receiver<Record>>> {
        let (now_ms, most) = (network::now_ms(), self.most());
        if let Some(turn) = self.lanes.turn(&self.tables, record, most, now_ms)? {
            record.queue(turn);
            self.commit(record, &moved, by, &[], now_ms)?;
            return Ok(None);
        }
        self.go(record, &mut moved, by, now_ms)
    }

    /// Begins a call whose turn it is.
    pub(super) fn go(
        self: &Rc<Self>,
        record: &mut Record,
        moved: &mut Vec<Moved>,
        by: Option<&Answering>,
        now_ms: i64,
    ) -> Result<Option<oneshot::Receiver<Record>>> {
        // Nothing can be signed: what is not sent is no attempt.
        if settings::config(&self.env).is_err() {
            record.turn = None;
            record.due_ms = now_ms.saturating_add(QUEUE_POLL_MS).min(record.deadline_ms);
            self.commit(record, moved, by, &[], now_ms)?;
            return Ok(None);
        }
        let lane = record.lane().to_owned();
        let look = match record.look_lane() {
            Some(look)
                if self.lanes.is_quiet(&self.tables, look, self.most(), now_ms)?
                    && !self.is_unsettled(record, now_ms)? =>
            {
                Some(look)
            }
            _ => None,
        };
        let Some(began) = record.begin(look.is_some(), now_ms) else { return Ok(None) };
        moved.push(began);
        let calls: Vec<_> = look.into_iter().chain([lane.as_str()]).collect();
        self.commit(record, moved, by, &calls, now_ms)?;
        Ok(Some(self.start(record.clone())))
    }

    /// Whether what was done last to this thing may not show yet: a look would take the state before it for the one there is.
    fn is_unsettled(&self, record: &Record, now_ms: i64) -> Result<bool> {
        let Some(subject) = record.subject() else { return Ok(false) };
        let since: Option<i64> = self.tables.meta(&unsettled_key(&subject))?.and_then(|since| since.parse().ok());
        Ok(since.is_some_and(|since| now_ms < since.saturating_add(UNSETTLED_MS)))
    }

    /// Goes on with a record that is stored as in flight. The receiver gets it once it is settled.
    fn start(self: &Rc<Self>, record: Record) -> oneshot::Receiver<Record> {
        let (sender, receiver) = oneshot::channel();
        let desk = Rc::clone(self);
        self.calling.borrow_mut().push((record.id.clone(), network::now_ms()));
        self.in_background(Box::pin(async move {
            let id = record.id.clone();
            let settled = desk.pursue(record).await;
            desk.calling.borrow_mut().retain(|(calling, _)| *calling != id);
            match settled {
                Ok(Some(settled)) => {
                    if let Err(settled) = sender.send(settled)
                        && settled.state.is_final()
                    {
                        // The one who waited has been told "accepted": the result is due at once.
                        desk.tell_now(&settled.id).await;
                    }
                }
                Ok(None) => {}
                Err(error) => log::ledger_failed(&error),
            }
            desk.arm();
        }));
        receiver
    }

    /// Call after call, as its phases ask for. `None`: the command was ended meanwhile, the outcome changes nothing.
    async fn pursue(&self, mut record: Record) -> Result<Option<Record>> {
        let config = settings::config(&self.env);
        let Ok(config) = &*config else {
            // Stays in flight and is tried again once the configuration is mended.
            return Err("misconfigured".into());
        };
        loop {
            let (upstream, now_ms) = self.call(config, &record).await?;
            match self.tables.by_id(&record.id)? {
                Some(stored) if (stored.state, stored.attempts) == (State::InFlight, record.attempts) => {}
                _ => return Ok(None),
            }
            let [a, b, c, d, ..] = network::random();
            let jitter = u32::from_le_bytes([a, b, c, d]);
            let moved = match record.phase {
                Phase::Look => match record.looked(&upstream, now_ms, jitter) {
                    Some(moved) => Some(moved),
                    None => continue,
                },
                Phase::Act => record.settle(&upstream, now_ms, jitter),
                Phase::Check => record.checked(&upstream),
            };
            let Some(moved) = moved else { return Ok(None) };
            let goes_on = moved.event == Event::Act || (moved.event == Event::Defer && record.due_ms <= now_ms);
            if !goes_on {
                self.commit(&record, &[moved], None, &[], now_ms.saturating_add(ANSWER_GRACE_MS))?;
                return Ok(Some(record));
            }
            // What shows its effect, or the same signed by a better clock.
            if let Some(turn) = self.lanes.turn(&self.tables, &record, config.calls_per_minute, now_ms)? {
                record.queue(turn);
                self.commit(&record, &[moved], None, &[], now_ms)?;
                return Ok(Some(record));
            }
            let lane = record.lane().to_owned();
            let again = if moved.event == Event::Defer { record.begin(false, now_ms) } else { None };
            let moved: Vec<_> = [moved].into_iter().chain(again).collect();
            self.commit(&record, &moved, None, &[&lane], now_ms)?;
        }
    }

    /// One call, what its answer teaches, and when it came: whoever was throttled goes first when the others may, so its time and
    /// theirs must begin at once.
    async fn call(&self, config: &Config, record: &Record) -> Result<(Upstream, i64)> {
        let sent_ms = network::now_ms();
        let skew_ms = self.skew_ms()?;
        let signed_s = sent_ms.saturating_add(skew_ms) / 1_000;
        let call = match attempt::call(config, record, signed_s, network::random()) {
            Ok(call) => call,
            Err(unsendable) => return Ok((Upstream::NotSent(unsendable), sent_ms)),
        };
        for (_, since) in self.calling.borrow_mut().iter_mut().filter(|(calling, _)| *calling == record.id) {
            *since = sent_ms;
        }
        let upstream = network::upstream(&call).await;
        let now_ms = network::now_ms();
        log::called(record, &upstream, now_ms.saturating_sub(sent_ms));
        if let Some(learned_ms) = attempt::skew_ms(&upstream, sent_ms, now_ms)
            && learned_ms.abs_diff(skew_ms) >= SKEW_MS
        {
            // Kept: a call is signed anew once, also where the object dies in between.
            self.tables.set_meta(SKEW, &learned_ms.to_string())?;
            self.skew_ms.set(Some(learned_ms));
        }
        if let Some(diagnosis) = attempt::diagnose(&call, &upstream) {
            log::signature(&record.id, &diagnosis);
        }
        if let Some(after_ms) = attempt::throttled(&upstream) {
            let until_ms = now_ms.saturating_add(after_ms.unwrap_or(THROTTLED_MS));
            // Who throttles a look throttles its user.
            for lane in [record.lane(), &record.submission.operation] {
                self.lanes.pause(&self.tables, lane, config.calls_per_minute, until_ms)?;
            }
        }
        Ok((upstream, now_ms))
    }

    fn skew_ms(&self) -> Result<i64> {
        if self.skew_ms.get().is_none() {
            let kept = self.tables.meta(SKEW)?.and_then(|skew| skew.parse().ok());
            self.skew_ms.set(Some(kept.unwrap_or_default()));
        }
        Ok(self.skew_ms.get().unwrap_or_default())
    }

    /// Whether a call of this command is alive. One that has been for twice the time it may take is lost.
    pub(super) fn is_calling(&self, id: &str, now_ms: i64) -> bool {
        let alive = |since: i64| now_ms < since.saturating_add(CALL_TIMEOUT_MS.saturating_mul(2));
        self.calling.borrow().iter().any(|(calling, since)| calling == id && alive(*since))
    }

    /// Moves one record on that is due.
    pub(super) fn go_on(self: &Rc<Self>, mut record: Record, now_ms: i64) -> Result<()> {
        if self.is_calling(&record.id, now_ms) {
            self.tables.put_due(&record.id, now_ms.saturating_add(LEASE_MS))
        } else if let Some(moved) = record.lapse(now_ms) {
            self.commit(&record, &[moved], None, &[], now_ms)
        } else if self.tables.comes_first(&record)?.is_some() {
            let due_ms = now_ms.saturating_add(QUEUE_POLL_MS).min(record.deadline_ms);
            self.tables.put_due(&record.id, due_ms)
        } else {
            // Nobody waits for this one: its result goes out as a follow-up.
            self.begin(&mut record, Vec::new(), None).map(drop)
        }
    }

    /// Begins what waits for its turn, as far as there are turns.
    pub(super) fn serve_lanes(self: &Rc<Self>, now_ms: i64) -> Result<()> {
        // Whoever waits since before this instance is found here.
        self.lanes.next_free(&self.tables, self.most(), now_ms)?;
        for lane in self.lanes.waited_for() {
            while let Some(mut record) = self.lanes.serve(&self.tables, &lane, self.most(), now_ms)? {
                if let Some(moved) = record.lapse(now_ms) {
                    self.commit(&record, &[moved], None, &[], now_ms)?;
                    continue;
                }
                if self.go(&mut record, &mut Vec::new(), None, now_ms)?.is_none() {
                    // It cannot begin from where it stands; it must not keep the others from going on.
                    record.turn = None;
                    self.tables.save(&record)?;
                }
            }
        }
        Ok(())
    }

    /// Forgets whole days that are over their time.
    pub(super) fn prune(&self, now_ms: i64) -> Result<()> {
        if self.prune_due()?.is_none_or(|due_ms| due_ms > now_ms) {
            return Ok(());
        }
        let days = self.retention_days();
        let today = now_ms.div_euclid(DAY_MS);
        self.oldest_ms.set(None);
        self.tables.prune(today.saturating_sub(days).saturating_mul(DAY_MS))
    }

    fn retention_days(&self) -> i64 {
        settings::config(&self.env).as_ref().as_ref().map_or(36_500, |config| config.retention_days).into()
    }

    /// When the oldest day is over its time.
    fn prune_due(&self) -> Result<Option<i64>> {
        if self.oldest_ms.get().is_none() {
            self.oldest_ms.set(self.tables.oldest_ms()?);
        }
        let days = self.retention_days().saturating_add(1);
        Ok(self.oldest_ms.get().map(|oldest| oldest.div_euclid(DAY_MS).saturating_add(days).saturating_mul(DAY_MS)))
    }

    /// The result of this one must follow, whoever has heard of it already. Whoever is asked for a confirmation hears it from
    /// the answer to that.
    pub(super) fn promise(&self, record: &Record) {
        let open = matches!(record.state, State::Ready | State::InFlight) && record.submission.follow_up.is_some();
        if open && !self.is_promised(&record.id) {
            self.promised.borrow_mut().push(record.id.clone());
        }
    }

    pub(super) fn is_promised(&self, id: &str) -> bool {
        self.promised.borrow().iter().any(|promised| promised == id)
    }

    /// The result has been told.
    pub(super) fn told(&self, command: &str) -> Result<()> {
        self.promised.borrow_mut().retain(|promised| promised != command);
        self.tables.take_out(command)
    }

    /// The result was told in the answer itself. Where it has been followed up already, nothing changes.
    pub(super) fn answered(&self, command: &str) -> Result<()> {
        if self.tables.messages_about(command)?.is_empty() {
            return Ok(());
        }
        let Some(record) = self.tables.by_id(command)? else { return self.told(command) };
        let place = record.submission.place.to_string();
        self.tables.transaction(&mut || {
            self.note(Some(&record), "Tell", GATEWAY, &place, "answered")?;
            self.told(command)
        })
    }

    async fn tell_now(self: &Rc<Self>, command: &str) {
        match self.tables.messages_about(command) {
            Ok(messages) => {
                for message in messages {
                    self.deliver(message).await;
                }
            }
            Err(error) => log::ledger_failed(&error),
        }
    }

    pub(super) fn tell(self: &Rc<Self>, message: Message) {
        let desk = Rc::clone(self);
        self.in_background(Box::pin(async move { desk.deliver(message).await }));
    }

    /// Brings one message to the chat, or puts it off, or gives it up.
    async fn deliver(&self, message: Message) {
        let command = message.command.clone();
        if self.telling.borrow().contains(&command) {
            return;
        }
        self.telling.borrow_mut().push(command.clone());
        let result = self.try_to_deliver(message).await;
        self.telling.borrow_mut().retain(|telling| *telling != command);
        if let Err(error) = result {
            log::ledger_failed(&error);
        }
        self.arm();
    }

    async fn try_to_deliver(&self, Message { command, tries, message }: Message) -> Result<()> {
        let put_off =
            |wait_ms| self.tables.put_off(&command, network::now_ms().saturating_add(wait_ms), tries.saturating_add(1));
        // Until it is known what becomes of this try, the alarm has nothing to do here.
        put_off(network::FOLLOW_UP_TIMEOUT_MS.saturating_add(1_000))?;
        let record = match self.tables.by_id(&command) {
            Ok(Some(record)) => record,
            Ok(None) => return self.told(&command),
            Err(error) => {
                log::unreadable(&command, &error);
                return put_off(UNREADABLE_MS);
            }
        };
        let config = settings::config(&self.env);
        let Ok(config) = &*config else {
            return Ok(());
        };
        let sent = match (&record.submission.follow_up, from_json::<Reply>(&message)) {
            (Some(follow_up), Ok(reply)) => send_follow_up(follow_up, &reply, config).await,
            _ => Taken::Never,
        };
        log::follow_up(&command, outcome(sent));
        let place = record.submission.place.to_string();
        match sent {
            Taken::Yes => self.tables.transaction(&mut || {
                self.note(Some(&record), "Tell", GATEWAY, &place, outcome(sent))?;
                self.told(&command)
            }),
            // 1, 2, 4 … 64 seconds, until the channel's time is over.
            Taken::Later => put_off(1_000i64.saturating_mul(1i64 << tries.clamp(0, 6))),
            Taken::Never => {
                let undelivered = Record { undelivered: true, ..record.clone() };
                self.tables.transaction(&mut || {
                    self.tables.save(&undelivered)?;
                    self.note(Some(&record), "Tell", GATEWAY, &place, outcome(sent))?;
                    self.told(&command)
                })
            }
        }
    }

    /// Sets the alarm to the next thing to happen. Called after every event, so that no unfinished command is without one. A
    /// failure is no reason to leave an event undone: the next event tries again.
    pub(super) fn arm(&self) {
        self.arm_after(SOONEST_MS);
    }

    pub(super) fn arm_after(&self, soonest_ms: i64) {
        if let Err(error) = self.try_to_arm(soonest_ms) {
            log::ledger_failed(&error);
        }
    }

    /// The alarm has come: the next event sets it anew.
    pub(super) fn woken(&self) {
        self.armed_ms.set(None);
    }

    fn try_to_arm(&self, soonest_ms: i64) -> Result<()> {
        let now_ms = network::now_ms();
        let turn = self.lanes.next_free(&self.tables, self.most(), now_ms)?;
        let due = [self.tables.next_due()?, turn, self.prune_due()?].into_iter().flatten().min();
        let at_ms = due.map(|due| due.max(now_ms.saturating_add(soonest_ms)));
        // Never later than it is set already, or events in quick succession would keep it from coming. One that should have
        // come long ago is none.
        let armed = self.armed_ms.get().filter(|armed| *armed > now_ms.saturating_sub(LEASE_MS));
        if armed.is_some_and(|armed| at_ms.is_none_or(|at_ms| armed <= at_ms)) {
            return Ok(());
        }
        self.armed_ms.set(None);
        match at_ms {
            Some(at_ms) => self.tables.storage().set_alarm(at_ms)?,
            None => self.tables.storage().delete_alarm()?,
        }
        self.armed_ms.set(at_ms);
        Ok(())
    }

    /// Goes on with `work` after the request that began it is answered.
    fn in_background(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        let promise = future_to_promise(async {
            work.await;
            Ok(JsValue::UNDEFINED)
        });
        if let Err(error) = self.state.wait_until(&promise) {
            log::ledger_failed(&error);
        }
    }
}

fn unsettled_key(subject: &str) -> String {
    format!("unsettled/{subject}")
}

/// For the audit and the log.
const fn outcome(taken: Taken) -> &'static str {
    match taken {
        Taken::Yes => "delivered",
        Taken::Later => "later",
        Taken::Never => "not delivered",
    }
}

async fn send_follow_up(follow_up: &FollowUp, reply: &Reply, config: &Config) -> Taken {
    match follow_up.compose(reply, &config.reach(follow_up.platform), network::now_ms() / 1000) {
        Ok(outgoing) => network::follow_up(outgoing, reply.tone).await,
        Err(_) => Taken::Never,
    }
}
