//! The ledger: one Durable Object an account. It stores records, performs what `ops` decides about them, and tells.
//!
//! Nothing is sent and nothing is answered before the row that says so is durable: the platform holds back both until the
//! writes before them are on disk. Writes between two awaits are one transaction, so each event is one.

use crate::{
    from_json, log,
    network::{self, Result},
    settings,
    storage::{Row, Storage, number},
};
use alloc::rc::Rc;
use chat::{FollowUp, Reply, Tone};
use core::{cell::RefCell, fmt, pin::Pin, time::Duration};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::futures::{JsFuture, future_to_promise};
use ops::{
    Answering, Ask, Told,
    attempt::{self, Upstream},
    record::{CALL_TIMEOUT_MS, LEASE_MS, Record, State, Submission},
    say,
    stored::Stored as _,
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{Request, Response};
use worker::{Delay, Env, worker_sys::DurableObjectState};

/// A result that may still reach the chat as the answer itself waits this long to hear that it did, before it goes out as a
/// follow-up.
const ANSWER_GRACE_MS: i64 = 3_000;
/// A command behind another one on the same thing is begun when that one ends; this is for when it has not heard of the end.
const QUEUE_POLL_MS: i64 = 60_000;
/// The alarm never comes sooner: one that finds its work under way must not spin.
const SOONEST_MS: i64 = 50;
/// A row that cannot be read is looked at again this much later: a newer version of the code may be able to.
const UNREADABLE_MS: i64 = 60 * 60 * 1000;
/// How many commands `status` lists.
const RECENT: i64 = 10;

/// `due`: when the alarm must look at it; `NULL` once final. `subject`: what it acts on, while it is ready or in flight;
/// commands on one subject go in the order of their deadlines. `answer`: the delivery that confirmed or cancelled it.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS commands (
    id       TEXT PRIMARY KEY,
    delivery TEXT NOT NULL UNIQUE,
    person   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    due      INTEGER,
    subject  TEXT,
    code     TEXT,
    answer   TEXT,
    record   TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS commands_due     ON commands (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS commands_subject ON commands (subject, deadline) WHERE subject IS NOT NULL;
CREATE INDEX IF NOT EXISTS commands_code    ON commands (code) WHERE code IS NOT NULL;
CREATE INDEX IF NOT EXISTS commands_answer  ON commands (answer) WHERE answer IS NOT NULL;
CREATE INDEX IF NOT EXISTS commands_person  ON commands (person, created);
CREATE TABLE IF NOT EXISTS outbox (
    command TEXT PRIMARY KEY,
    due     INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    message TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
";

/// The object of one account.
#[wasm_bindgen]
pub struct Ledger {
    desk: Rc<Desk>,
}

/// What calls and follow-ups that outlive a request share.
struct Desk {
    state: DurableObjectState,
    storage: Storage,
    env: Env,
    /// Commands with a call under way in this very instance, and when it began. What a row calls in flight and is not here
    /// was begun by an instance that died.
    calling: RefCell<Vec<(String, i64)>>,
    /// Commands with a follow-up under way.
    telling: RefCell<Vec<String>>,
    /// Commands whose result was promised to a second delivery: it must follow although the first one's answer brought it.
    promised: RefCell<Vec<String>>,
}

/// An outbox entry.
struct Message {
    command: String,
    tries: i64,
    message: String,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// What the runtime calls.
#[wasm_bindgen(wasm_bindgen_futures = ::worker::wasm_bindgen_futures)]
impl Ledger {
    /// Takes the object's storage and makes its tables.
    ///
    /// # Errors
    /// The object has no storage.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Result<Self> {
        let storage = Storage::of(&state)?;
        if let Err(error) = storage.run(SCHEMA, &[]) {
            log::ledger_failed(&error);
        }
        let desk = Desk {
            state,
            storage,
            env,
            calling: RefCell::default(),
            telling: RefCell::default(),
            promised: RefCell::default(),
        };
        Ok(Self { desk: Rc::new(desk) })
    }

    /// Answers an [`Ask`] with a [`Told`], both JSON.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn fetch(&self, request: Request) -> Result<Response> {
        let url = request.url();
        let until_ms = url.split_once("until=").and_then(|(_, ms)| ms.parse().ok()).unwrap_or(0);
        let body = JsFuture::from(request.text()?).await?.as_string().unwrap_or_default();
        let told = match from_json(&body)? {
            Ask::Submit { submission, code } => self.submit(*submission, code, until_ms).await?,
            Ask::Status { actor, id } => self.desk.status(&actor.to_string(), id.as_deref())?,
            Ask::Confirm(answering) => self.confirm(&answering, until_ms).await?,
            Ask::Cancel(answering) => self.cancel(&answering).await?,
            Ask::Told { command } => {
                if !self.desk.is_promised(&command) {
                    self.desk.told(&command)?;
                }
                self.desk.arm().await;
                return network::response(204, &[], "");
            }
        };
        network::response(200, &[], &told.to_json())
    }

    /// Does what is due.
    ///
    /// # Errors
    /// The storage fails; the runtime calls again then.
    pub async fn alarm(&self) -> Result<JsValue> {
        let desk = &self.desk;
        let now_ms = network::now_ms();
        let mut soonest_ms = SOONEST_MS;
        for record in desk.due(now_ms)? {
            // One that fails must not keep the others, nor the alarm, from going on; nor may it make the alarm spin.
            if let Err(error) = self.go_on(record, now_ms) {
                log::ledger_failed(&error);
                soonest_ms = LEASE_MS;
            }
        }
        for message in desk.due_messages(now_ms)? {
            self.tell(message);
        }
        desk.arm_after(soonest_ms).await;
        Ok(JsValue::UNDEFINED)
    }
}

impl Ledger {
    /// Moves one record on that is due.
    fn go_on(&self, mut record: Record, now_ms: i64) -> Result<()> {
        let desk = &self.desk;
        if desk.is_calling(&record.id, now_ms) {
            desk.put_due(&record.id, now_ms.saturating_add(LEASE_MS))
        } else if record.lapse(now_ms) {
            desk.conclude(&record, now_ms)
        } else if desk.comes_first(&record)?.is_some() {
            desk.put_due(&record.id, now_ms.saturating_add(QUEUE_POLL_MS).min(record.deadline_ms))
        } else if record.begin(now_ms) {
            desk.save(&record)?;
            // Nobody waits for this one: its result goes out as a follow-up.
            drop(self.start(record));
            Ok(())
        } else {
            Ok(())
        }
    }

    /// Puts a command in unless its delivery is there already, and waits for its outcome as long as the platform does.
    async fn submit(&self, submission: Submission, code: Option<String>, until_ms: i64) -> Result<Told> {
        if let Some(record) = self.desk.by_delivery(&submission.delivery)? {
            return self.submitted_again(record, submission, code).await;
        }
        let record = Record::accept(submission, network::now_ms());
        if record.state == State::Ready {
            return self.run(record, until_ms).await;
        }
        self.desk.save(&record)?;
        self.desk.arm().await;
        Ok(record.tell(code.as_deref()))
    }

    /// Answers a delivery that is there already; nothing new runs.
    async fn submitted_again(&self, mut record: Record, submission: Submission, code: Option<String>) -> Result<Told> {
        if !record.is_of(&submission) {
            return Ok(Told::only(say::delivery_reused()));
        }
        // The answer with the code may never have arrived, and only its digest is kept: the new code takes its place.
        let code = code.filter(|_| record.state == State::AwaitingConfirmation && submission.hold.is_some());
        if code.is_some() {
            record.submission.hold = submission.hold;
            self.desk.save(&record)?;
        }
        self.desk.promise(&record);
        self.desk.arm().await;
        Ok(record.tell(code.as_deref()))
    }

    /// Begins the call of a ready command that is first on its subject, and waits.
    async fn run(&self, mut record: Record, until_ms: i64) -> Result<Told> {
        let now_ms = network::now_ms();
        self.desk.queue_up(&mut record)?;
        if let Some(first) = self.desk.comes_first(&record)? {
            record.due_ms = now_ms.saturating_add(QUEUE_POLL_MS);
            self.desk.save(&record)?;
            self.desk.arm().await;
            return Ok(record.tell_queued(&first));
        }
        record.begin(now_ms);
        self.desk.save(&record)?;
        // The alarm is part of the acceptance: without it nobody would notice that this object died.
        self.desk.arm().await;
        let outcome = self.start(record.clone());
        let wait_ms = u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or_default();
        match select(outcome, Delay::from(Duration::from_millis(wait_ms))).await {
            Either::Left((Ok(settled), _)) => {
                let receipt = settled.state.is_final() && settled.submission.follow_up.is_some();
                Ok(Told { receipt, ..settled.tell(None) })
            }
            Either::Left((Err(_), _)) | Either::Right(_) => Ok(record.tell(None)),
        }
    }

    async fn confirm(&self, answering: &Answering, until_ms: i64) -> Result<Told> {
        if let Some(told) = self.answered_before(answering)? {
            return Ok(told);
        }
        if let Some(mut record) = self.desk.by_code(&answering.code_digest)? {
            let config = settings::config(&self.desk.env);
            let Ok(config) = &*config else {
                return Err("misconfigured".into());
            };
            let might = record.may_be_answered(answering);
            match ops::reconsider(config, &mut record) {
                // Whoever could not have confirmed it learns nothing about it.
                Err(denied) if might => return Ok(Told::only(denied)),
                Ok(()) if record.may_be_answered(answering) && record.confirm(answering, network::now_ms()) => {
                    return self.run(record, until_ms).await;
                }
                _ => {}
            }
        }
        Ok(Told::only(say::no_such_code()))
    }

    /// What to tell where this very delivery has confirmed or cancelled a command already.
    fn answered_before(&self, answering: &Answering) -> Result<Option<Told>> {
        let Some(record) = self.desk.by_answer(&answering.delivery)? else {
            return Ok(None);
        };
        if !record.was_answered_by(answering) {
            return Ok(Some(Told::only(say::delivery_reused())));
        }
        self.desk.promise(&record);
        Ok(Some(record.tell(None)))
    }

    async fn cancel(&self, answering: &Answering) -> Result<Told> {
        if let Some(told) = self.answered_before(answering)? {
            return Ok(told);
        }
        let waiting = self.desk.by_code(&answering.code_digest)?;
        if let Some(mut record) = waiting.filter(|record| record.may_be_cancelled(answering))
            && record.cancel(answering)
        {
            if record.submission.actor == answering.actor {
                self.desk.save(&record)?;
            } else {
                // The asker learns of it from somebody else's answer otherwise, or never.
                self.desk.conclude(&record, network::now_ms())?;
            }
            self.desk.arm().await;
            return Ok(record.tell(None));
        }
        Ok(Told::only(say::no_such_code()))
    }

    /// Sends the call of a record that is stored as in flight. The receiver gets the record once it is settled.
    fn start(&self, record: Record) -> oneshot::Receiver<Record> {
        let (sender, receiver) = oneshot::channel();
        let desk = Rc::clone(&self.desk);
        desk.calling.borrow_mut().push((record.id.clone(), network::now_ms()));
        self.desk.in_background(Box::pin(async move {
            let id = record.id.clone();
            let settled = desk.call(record).await;
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
            desk.arm().await;
        }));
        receiver
    }

    fn tell(&self, message: Message) {
        let desk = Rc::clone(&self.desk);
        self.desk.in_background(Box::pin(async move { desk.deliver(message).await }));
    }
}

impl Desk {
    /// One call. `None`: the command was ended meanwhile, the outcome changes nothing.
    async fn call(&self, record: Record) -> Result<Option<Record>> {
        let now_ms = network::now_ms();
        let config = settings::config(&self.env);
        let Ok(config) = &*config else {
            // Stays in flight and is tried again once the configuration is mended.
            return Err("misconfigured".into());
        };
        let upstream = match attempt::call(config, &record, now_ms / 1000, network::random()) {
            Ok(call) => network::upstream(call).await,
            Err(unsendable) => Upstream::NotSent(unsendable),
        };
        let Some(mut record) = self.by_id(&record.id)? else {
            return Ok(None);
        };
        let now_ms = network::now_ms();
        let [a, b, c, d, ..] = network::random();
        if !record.settle(&upstream, now_ms, u32::from_le_bytes([a, b, c, d])) {
            return Ok(None);
        }
        if record.state.is_final() {
            self.conclude(&record, now_ms.saturating_add(ANSWER_GRACE_MS))?;
        } else {
            self.save(&record)?;
        }
        Ok(Some(record))
    }

    /// Stores a final record and, in the same transaction, what is to be told about it, and that the next one on the same
    /// thing may begin.
    fn conclude(&self, record: &Record, tell_at_ms: i64) -> Result<()> {
        self.save(record)?;
        if record.submission.follow_up.is_some() {
            let message = say::state(record).to_json();
            let values = [record.id.as_str().into(), number(tell_at_ms), message.into()];
            self.exec("INSERT OR REPLACE INTO outbox (command, due, tries, message) VALUES (?, ?, 0, ?)", &values)?;
        }
        // One that never began was not what the others waited for.
        if let Some(subject) = record.subject().filter(|_| record.attempts > 0) {
            self.wake(&subject)?;
        }
        log::moved(record);
        Ok(())
    }

    /// Whether a call of this command is alive. One that has been for twice the time it may take is lost.
    fn is_calling(&self, id: &str, now_ms: i64) -> bool {
        let alive = |since: i64| now_ms < since.saturating_add(CALL_TIMEOUT_MS.saturating_mul(2));
        self.calling.borrow().iter().any(|(calling, since)| calling == id && alive(*since))
    }

    /// The unfinished command that acts on the same thing and comes first.
    fn comes_first(&self, record: &Record) -> Result<Option<String>> {
        let (State::Ready, Some(subject)) = (record.state, record.subject()) else {
            return Ok(None);
        };
        let sql = "SELECT id FROM commands WHERE subject = ? AND (deadline, id) < (?, ?) ORDER BY deadline LIMIT 1";
        let values = [subject.into(), number(record.deadline_ms), record.id.as_str().into()];
        self.storage.run(sql, &values)?.first().map(|row| row.text("id")).transpose()
    }

    /// Puts a command behind all that are there already on the same thing, also those of the same millisecond or from before
    /// the clock was set back.
    fn queue_up(&self, record: &mut Record) -> Result<()> {
        if let Some(subject) = record.subject() {
            let sql = "SELECT MAX(deadline) AS deadline FROM commands WHERE subject = ?";
            let last = self.storage.run(sql, &[subject.into()])?.pop().and_then(|row| row.integer("deadline"));
            record.deadline_ms = record.deadline_ms.max(last.unwrap_or_default().saturating_add(1));
        }
        Ok(())
    }

    /// Lets whatever waits for this thing look whether its turn has come.
    fn wake(&self, subject: &str) -> Result<()> {
        self.exec("UPDATE commands SET due = ? WHERE subject = ?", &[number(network::now_ms()), subject.into()])
    }

    fn promise(&self, record: &Record) {
        if !record.state.is_final() && !self.is_promised(&record.id) {
            self.promised.borrow_mut().push(record.id.clone());
        }
    }

    fn is_promised(&self, id: &str) -> bool {
        self.promised.borrow().iter().any(|promised| promised == id)
    }

    fn put_due(&self, id: &str, due_ms: i64) -> Result<()> {
        self.exec("UPDATE commands SET due = ? WHERE id = ?", &[number(due_ms), id.into()])
    }

    /// The result went out in the answer itself.
    fn told(&self, command: &str) -> Result<()> {
        self.promised.borrow_mut().retain(|promised| promised != command);
        self.exec("DELETE FROM outbox WHERE command = ?", &[command.into()])
    }

    async fn tell_now(&self, command: &str) {
        match self.messages("SELECT command, tries, message FROM outbox WHERE command = ?", &[command.into()]) {
            Ok(messages) => {
                for message in messages {
                    self.deliver(message).await;
                }
            }
            Err(error) => log::ledger_failed(&error),
        }
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
        self.arm().await;
    }

    async fn try_to_deliver(&self, message: Message) -> Result<()> {
        // Until it is known what becomes of this try, the alarm has nothing to do here.
        self.put_off(&message, network::FOLLOW_UP_TIMEOUT_MS.cast_signed().saturating_add(1_000))?;
        let record = match self.by_id(&message.command) {
            Ok(Some(record)) => record,
            Ok(None) => return self.told(&message.command),
            Err(error) => {
                log::unreadable(&message.command, &error);
                return self.put_off(&message, UNREADABLE_MS);
            }
        };
        let config = settings::config(&self.env);
        let Ok(config) = &*config else {
            return Ok(());
        };
        let sent = match (&record.submission.follow_up, from_json::<Reply>(&message.message)) {
            (Some(follow_up), Ok(reply)) => send_follow_up(follow_up, &reply, &config.follow_up_hosts).await,
            _ => Sent::Never,
        };
        log::follow_up(&message.command, &format!("{sent:?}"));
        match sent {
            Sent::Arrived => self.told(&message.command),
            // 1, 2, 4 … 64 seconds, until the channel's time is over.
            Sent::Later => self.put_off(&message, 1_000i64.saturating_mul(1i64 << message.tries.clamp(0, 6))),
            Sent::Never => {
                self.save(&Record { undelivered: true, ..record })?;
                self.told(&message.command)
            }
        }
    }

    fn put_off(&self, message: &Message, wait_ms: i64) -> Result<()> {
        let due = network::now_ms().saturating_add(wait_ms);
        let values = [number(due), number(message.tries.saturating_add(1)), message.command.as_str().into()];
        self.exec("UPDATE outbox SET due = ?, tries = ? WHERE command = ?", &values)
    }

    fn status(&self, person: &str, id: Option<&str>) -> Result<Told> {
        let rows = match id {
            Some(id) => {
                let sql = "SELECT id, record FROM commands WHERE id = ? AND person = ?";
                self.storage.run(sql, &[id.into(), person.into()])?
            }
            None => {
                let sql = "SELECT id, record FROM commands WHERE person = ? ORDER BY created DESC LIMIT ?";
                self.storage.run(sql, &[person.into(), number(RECENT)])?
            }
        };
        let records: Vec<_> = rows.iter().filter_map(|row| self.readable(row)).collect();
        Ok(ops::tell_status(&records, id))
    }

    fn save(&self, record: &Record) -> Result<()> {
        let text = |text: Option<String>| text.map_or(JsValue::NULL, JsValue::from);
        let open = !record.state.is_final();
        let begun = matches!(record.state, State::Ready | State::InFlight);
        let values = [
            record.id.as_str().into(),
            record.submission.delivery.as_str().into(),
            record.submission.actor.to_string().into(),
            number(record.created_ms),
            number(record.deadline_ms),
            if open { number(record.due_ms) } else { JsValue::NULL },
            text(record.subject().filter(|_| begun)),
            text(record.submission.hold.as_ref().filter(|_| open).map(|hold| hold.code_digest.clone())),
            text(record.answered_by.as_ref().map(|answer| answer.delivery.clone())),
            record.to_json().into(),
        ];
        self.exec(
            "INSERT INTO commands (id, delivery, person, created, deadline, due, subject, code, answer, record)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET deadline = excluded.deadline, due = excluded.due, subject = excluded.subject,
             code = excluded.code, answer = excluded.answer, record = excluded.record",
            &values,
        )
    }

    fn by_id(&self, id: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE id = ?", &[id.into()])?.pop())
    }

    fn by_delivery(&self, delivery: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE delivery = ?", &[delivery.into()])?.pop())
    }

    fn by_code(&self, digest: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE code = ?", &[digest.into()])?.pop())
    }

    fn by_answer(&self, delivery: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE answer = ?", &[delivery.into()])?.pop())
    }

    /// The records that are due, but for those that cannot be read: they are named in the log and looked at later.
    fn due(&self, now_ms: i64) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let sql = "SELECT id, deadline, subject, record FROM commands WHERE due <= ? ORDER BY due LIMIT 100";
        for row in self.storage.run(sql, &[number(now_ms)])? {
            let id = row.text("id")?;
            match self.readable(&row) {
                Some(record) => records.push(record),
                None => {
                    let later = now_ms.saturating_add(UNREADABLE_MS);
                    let deadline = row.integer("deadline").filter(|deadline| *deadline > now_ms);
                    self.put_due(&id, deadline.map_or(later, |deadline| deadline.min(later)))?;
                    // Its time is over as far as the others on the same thing are concerned.
                    if deadline.is_none() {
                        self.exec("UPDATE commands SET subject = NULL WHERE id = ?", &[id.as_str().into()])?;
                        if let Ok(subject) = row.text("subject") {
                            self.wake(&subject)?;
                        }
                    }
                }
            }
        }
        Ok(records)
    }

    fn due_messages(&self, now_ms: i64) -> Result<Vec<Message>> {
        self.messages(
            "SELECT command, tries, message FROM outbox WHERE due <= ? ORDER BY due LIMIT 100",
            &[number(now_ms)],
        )
    }

    /// Sets the alarm to the next thing to happen. Called after every event, so that no unfinished command is without one. A
    /// failure is no reason to leave an event undone: the next event tries again.
    async fn arm(&self) {
        self.arm_after(SOONEST_MS).await;
    }

    async fn arm_after(&self, soonest_ms: i64) {
        if let Err(error) = self.try_to_arm(soonest_ms).await {
            log::ledger_failed(&error);
        }
    }

    async fn try_to_arm(&self, soonest_ms: i64) -> Result<()> {
        let sql = "SELECT MIN(due) AS due FROM (SELECT MIN(due) AS due FROM commands WHERE due IS NOT NULL
                   UNION ALL SELECT MIN(due) AS due FROM outbox)";
        let next = self.storage.run(sql, &[])?.pop().and_then(|row| row.integer("due"));
        match next {
            Some(due) => self.storage.set_alarm(due.max(network::now_ms().saturating_add(soonest_ms))).await,
            None => self.storage.delete_alarm().await,
        }
    }

    /// The record of a row with its `id`; one that cannot be read is named in the log.
    fn readable(&self, row: &Row) -> Option<Record> {
        let read = row.text("record").and_then(|record| from_json(&record));
        if let Err(error) = &read {
            log::unreadable(&row.text("id").unwrap_or_default(), error);
        }
        read.ok()
    }

    fn records(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Record>> {
        self.storage.run(sql, values)?.iter().map(|row| from_json(&row.text("record")?)).collect()
    }

    fn messages(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Message>> {
        let message = |row: &Row| {
            let tries = row.integer("tries").unwrap_or_default();
            Ok(Message { command: row.text("command")?, tries, message: row.text("message")? })
        };
        self.storage.run(sql, values)?.iter().map(message).collect()
    }

    fn exec(&self, sql: &str, values: &[JsValue]) -> Result<()> {
        self.storage.run(sql, values).map(drop)
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

/// What became of one try to tell.
#[derive(Debug)]
enum Sent {
    Arrived,
    Later,
    Never,
}

async fn send_follow_up(follow_up: &FollowUp, reply: &Reply, hosts: &[String]) -> Sent {
    let outgoing = match follow_up.compose(reply, hosts, network::now_ms() / 1000) {
        Ok(outgoing) => outgoing,
        Err(_) => return Sent::Never,
    };
    let tone: Tone = reply.tone;
    match network::follow_up(outgoing, tone).await {
        Some(200..=299) => Sent::Arrived,
        // The platform's own word that this address takes nothing (any more).
        Some(400..=407 | 409..=428 | 430..=499) => Sent::Never,
        Some(_) | None => Sent::Later,
    }
}
