//! The ledger: one Durable Object an account. It stores records, performs what `ops` decides about them, and tells.
//!
//! Nothing is sent and nothing is answered before the row that says so is durable: the platform holds back both until the
//! writes before them are on disk. Each event is one transaction.

mod desk;
mod lanes;
mod show;
mod tables;

use crate::{
    from_json, log,
    network::{self, Result},
    path, settings,
    storage::Storage,
};
use alloc::rc::Rc;
use chat::Language;
use core::{fmt, time::Duration};
use desk::{Desk, QUEUE_POLL_MS, SOONEST_MS};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::futures::future_to_promise;
use ops::{
    Answering, Ask, Told, Wait,
    record::{LEASE_MS, Record, Submission},
    say,
    state::{Effect, Moved, State},
    stored::Stored as _,
};
use tables::Tables;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::Response;
use worker::{Delay, Env, worker_sys::DurableObjectState};

/// How many commands `status` lists.
const RECENT: i64 = 10;
/// So many wrong codes a person may type in so long: with 60 bits a code, guessing one takes longer than the universe has.
const MOST_TRIES: i64 = 10;
const TRIES_WITHIN_MS: i64 = 10 * 60 * 1000;

/// The object of one account.
#[wasm_bindgen]
pub struct Ledger {
    desk: Rc<Desk>,
    /// The version of the tables and the one that is known, where a later release has written them.
    newer: Option<(i64, i64)>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// What the runtime calls.
#[wasm_bindgen]
impl Ledger {
    /// Takes the object's storage and makes its tables.
    ///
    /// # Errors
    /// The object has no storage, or its tables cannot be made: nothing is asked of it then.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Result<Self> {
        let language =
            settings::config(&env).as_ref().as_ref().map_or_else(|_| Language::default(), |c| c.default_language);
        let tables = Tables::new(Storage::of(&state)?, language);
        let newer = tables.open()?;
        if let Some((found, known)) = newer {
            log::newer_schema(found, known);
        }
        Ok(Self { desk: Rc::new(Desk::new(state, env, tables)), newer })
    }

    /// Answers an [`Ask`] with a [`Told`], both JSON: at once, or with a promise where a call is waited for.
    ///
    /// # Errors
    /// The storage fails.
    pub fn ask(&self, url: &str, question: &str) -> Result<JsValue> {
        let until_ms = url.split_once("until=").and_then(|(_, ms)| ms.parse().ok()).unwrap_or(0);
        let ask: Ask = from_json(question)?;
        if let Some((found, known)) = self.newer {
            let reply = say::newer_schema(found, known, ask.language());
            return Ok(told(&Told::only(reply)));
        }
        let language = ask.language();
        let step = self.step(ask);
        // The alarm is part of whatever happened: without it nobody would notice that this object died.
        self.desk.arm();
        Ok(match step? {
            Step::Tell(now) => told(&now),
            Step::Wait(outcome, now) => {
                future_to_promise(async move { Ok(told(&settled(outcome, until_ms, language).await.unwrap_or(now))) })
                    .into()
            }
        })
    }

    /// Shows what is stored.
    ///
    /// # Errors
    /// The storage fails.
    pub fn show(&self, url: &str) -> Result<Response> {
        match self.newer {
            Some((found, known)) => Ok(show::newer(found, known)),
            None => show::answer(&self.desk.tables, url),
        }
    }

    /// Takes a waiting command back for whoever is signed in to the console, and shows it.
    ///
    /// # Errors
    /// The storage fails.
    pub fn withdraw(&self, url: &str) -> Result<Response> {
        if let Some((found, known)) = self.newer {
            return Ok(show::newer(found, known));
        }
        let tables = &self.desk.tables;
        let Some(mut record) = tables.by_id(path(url).trim_start_matches("/commands/"))? else {
            return Ok(show::not_found());
        };
        let Some(withdrawn) = record.withdraw() else { return show::command(409, tables, &record) };
        let committed = self.desk.commit(&record, &[withdrawn], None, &[], network::now_ms());
        self.desk.arm();
        committed?;
        show::command(200, tables, &record)
    }

    /// Does what is due.
    ///
    /// # Errors
    /// The storage fails; the runtime calls again then.
    pub fn alarm(&self) -> Result<()> {
        let desk = &self.desk;
        let now_ms = network::now_ms();
        desk.woken();
        if self.newer.is_some() {
            // The release that knows these tables will go on; until then nothing is touched but the alarm.
            desk.tables.storage().set_alarm(now_ms.saturating_add(QUEUE_POLL_MS))?;
            return Ok(());
        }
        let mut soonest_ms = SOONEST_MS;
        // What fails must not keep the rest, nor the alarm, from going on; nor may it make the alarm spin.
        let mut look = |done: Result<()>| {
            if let Err(error) = done {
                log::ledger_failed(&error);
                soonest_ms = LEASE_MS;
            }
        };
        for record in desk.tables.due(now_ms)? {
            look(desk.go_on(record, now_ms));
        }
        look(desk.serve_lanes(now_ms));
        for message in desk.tables.due_messages(now_ms)? {
            desk.tell(message);
        }
        look(desk.prune(now_ms));
        desk.arm_after(soonest_ms);
        Ok(())
    }
}

/// What answers an [`Ask`].
enum Step {
    Tell(Told),
    /// What comes of the call, or this if it does not come in time.
    Wait(oneshot::Receiver<Record>, Told),
}

impl Ledger {
    fn step(&self, ask: Ask) -> Result<Step> {
        Ok(Step::Tell(match ask {
            Ask::Submit { submission, code } => return self.submit(*submission, code),
            Ask::Confirm(answering) => return self.confirm(&answering),
            Ask::Deny { submission, why } => self.deny(*submission, why)?,
            Ask::Status { actor, id, language } => self.status(&actor.to_string(), id.as_deref(), language)?,
            Ask::Log { actor, id, language } => self.log(&actor.to_string(), id.as_deref(), language)?,
            Ask::Cancel { answering, id } => self.cancel(&answering, &id)?,
            Ask::Listed { operation, region, typed } => {
                let lists = self.desk.tables.latest_of(&operation)?;
                ops::tell_listed(&lists, region.as_deref(), &typed)
            }
            Ask::Told { command } => self.heard(&command)?,
        }))
    }

    /// Puts a command in unless its delivery is there already.
    fn submit(&self, submission: Submission, code: Option<String>) -> Result<Step> {
        let now_ms = network::now_ms();
        let (record, moved) = Record::accept(submission, now_ms);
        if let Some(there) = self.desk.tables.by_id(&record.id)? {
            return self.submitted_again(there, record.submission, code).map(Step::Tell);
        }
        let moved = Vec::from_iter(moved);
        if record.state == State::Ready {
            return self.run(record, moved, None);
        }
        self.desk.commit(&record, &moved, None, &[], now_ms)?;
        Ok(Step::Tell(self.tell_code(&record, code.as_deref())))
    }

    /// Answers a delivery that is there already; nothing new runs.
    fn submitted_again(&self, mut record: Record, submission: Submission, code: Option<String>) -> Result<Told> {
        if !record.is_of(&submission) {
            return Ok(Told::only(say::delivery_reused(submission.language)));
        }
        // The answer with the code may never have arrived, and only its digest is kept: the new code takes its place.
        let code = code.filter(|_| record.state == State::AwaitingConfirmation && submission.hold.is_some());
        if code.is_some() {
            record.submission.hold = submission.hold;
            self.desk.tables.save(&record)?;
        }
        self.desk.promise(&record);
        Ok(self.tell_code(&record, code.as_deref()))
    }

    fn tell_code(&self, record: &Record, code: Option<&str>) -> Told {
        let language = record.submission.language;
        match (code, &*settings::config(&self.desk.env)) {
            (Some(code), Ok(config)) => record.tell_code(code, &config.account(), language),
            _ => record.tell(language),
        }
    }

    /// Puts a command in that the policy does not allow.
    fn deny(&self, submission: Submission, why: String) -> Result<Told> {
        let now_ms = network::now_ms();
        let (record, moved) = Record::refuse(submission, why, now_ms);
        let record = match self.desk.tables.by_id(&record.id)? {
            Some(there) if there.is_of(&record.submission) => there,
            Some(_) => return Ok(Told::only(say::delivery_reused(record.submission.language))),
            None => {
                self.desk.commit(&record, &Vec::from_iter(moved), None, &[], now_ms)?;
                record
            }
        };
        Ok(record.tell(record.submission.language))
    }

    /// Begins the call of a ready command that is first on its subject and whose turn it is.
    fn run(&self, mut record: Record, moved: Vec<Moved>, by: Option<&Answering>) -> Result<Step> {
        let desk = &self.desk;
        let language = by.map_or(record.submission.language, |by| by.language);
        let now_ms = network::now_ms();
        let first = if desk.tables.queue_up(&mut record)? { desk.tables.comes_first(&record)? } else { None };
        if let Some(first) = first {
            record.due_ms = now_ms.saturating_add(QUEUE_POLL_MS);
            desk.commit(&record, &moved, by, &[], now_ms)?;
            return Ok(Step::Tell(record.tell_waiting(&Wait::Other(first), language)));
        }
        let outcome = desk.begin(&mut record, moved, by)?;
        let told = match self.wait(&record)? {
            Some(wait) => record.tell_waiting(&wait, language),
            None => record.tell(language),
        };
        Ok(match outcome {
            Some(outcome) => Step::Wait(outcome, told),
            None => Step::Tell(told),
        })
    }

    /// What a command waits for in its lane.
    fn wait(&self, record: &Record) -> Result<Option<Wait>> {
        self.desk.lanes.wait(&self.desk.tables, record, self.desk.most(), network::now_ms())
    }

    fn confirm(&self, answering: &Answering) -> Result<Step> {
        if let Some(told) = self.answered_before(answering)? {
            return Ok(Step::Tell(told));
        }
        let desk = &self.desk;
        let now_ms = network::now_ms();
        if let Some(told) = self.too_many_tries(answering, now_ms)? {
            return Ok(Step::Tell(told));
        }
        let waiting = desk.tables.by_code(&answering.code_digest)?;
        if let Some(mut record) = waiting.clone() {
            let config = settings::config(&desk.env);
            let Ok(config) = &*config else {
                return Err("misconfigured".into());
            };
            let might = record.may_be_answered(answering);
            match ops::reconsider(config, &mut record) {
                Some(denied) if might => {
                    let denied = told_by_answer(denied, &record, answering);
                    desk.commit(&record, &[denied], Some(answering), &[], now_ms)?;
                    return Ok(Step::Tell(record.tell(answering.language)));
                }
                None if record.may_be_answered(answering) => {
                    if let Some(confirmed) = record.confirm(answering, now_ms) {
                        return self.run(record, vec![confirmed], Some(answering));
                    }
                }
                // Whoever could not have confirmed it learns nothing about it.
                _ => {}
            }
        }
        self.refuse_code(answering, waiting.as_ref(), "confirm", now_ms).map(Step::Tell)
    }

    /// What to tell where this very delivery has confirmed or cancelled a command already.
    fn answered_before(&self, answering: &Answering) -> Result<Option<Told>> {
        let Some(record) = self.desk.tables.by_answer(&answering.delivery)? else {
            return Ok(None);
        };
        if !record.was_answered_by(answering) {
            return Ok(Some(Told::only(say::delivery_reused(answering.language))));
        }
        self.desk.promise(&record);
        Ok(Some(record.tell(answering.language)))
    }

    fn cancel(&self, answering: &Answering, id: &str) -> Result<Told> {
        if let Some(told) = self.answered_before(answering)? {
            return Ok(told);
        }
        let desk = &self.desk;
        let now_ms = network::now_ms();
        // Your own command by its id is no guess.
        let named = desk.tables.by_id(id)?;
        let own = named.clone().filter(|record| record.is_asked_by(answering));
        if own.is_none()
            && let Some(told) = self.too_many_tries(answering, now_ms)?
        {
            return Ok(told);
        }
        let by_code = desk.tables.by_code(&answering.code_digest)?;
        let found = by_code.clone().filter(|record| record.may_be_cancelled(answering)).or(own);
        let Some(mut record) = found else {
            return self.refuse_code(answering, by_code.or(named).as_ref(), "cancel", now_ms);
        };
        let Some(cancelled) = record.cancel(answering) else {
            return Ok(record.tell(answering.language));
        };
        let cancelled = told_by_answer(cancelled, &record, answering);
        desk.commit(&record, &[cancelled], Some(answering), &[], now_ms)?;
        Ok(record.tell(answering.language))
    }

    /// An answer with a result is on its way: nothing has to follow, unless it was promised to somebody else too.
    fn heard(&self, command: &str) -> Result<Told> {
        if !self.desk.is_promised(command) {
            self.desk.answered(command)?;
        }
        Ok(Told::only(say::noted()))
    }

    fn too_many_tries(&self, answering: &Answering, now_ms: i64) -> Result<Option<Told>> {
        let since_ms = now_ms.saturating_sub(TRIES_WITHIN_MS);
        let (count, first_ms) = self.desk.tables.tries(&answering.actor.to_string(), since_ms)?;
        if count < MOST_TRIES {
            return Ok(None);
        }
        self.desk.refused(answering, None, "too many wrong codes")?;
        let minutes = first_ms.saturating_sub(since_ms).div_euclid(60_000).saturating_add(1);
        Ok(Some(Told::only(say::too_many_tries(minutes, answering.language))))
    }

    /// One answer for all codes that are not taken, so that they cannot be probed.
    fn refuse_code(&self, answering: &Answering, record: Option<&Record>, why: &str, now_ms: i64) -> Result<Told> {
        let tables = &self.desk.tables;
        tables.transaction(&mut || {
            tables.add_try(&answering.actor.to_string(), now_ms, now_ms.saturating_sub(TRIES_WITHIN_MS))?;
            self.desk.refused(answering, record, why)
        })?;
        Ok(Told::only(say::no_such_code(answering.language)))
    }

    fn status(&self, person: &str, id: Option<&str>, language: Language) -> Result<Told> {
        let records = self.desk.tables.of_person(person, id, RECENT)?;
        let wait = match (records.as_slice(), id) {
            ([record], Some(_)) => match self.wait(record)? {
                Some(wait) => Some(wait),
                None => self.desk.tables.comes_first(record)?.map(Wait::Other),
            },
            _ => None,
        };
        Ok(ops::tell_status(&records, id, wait.as_ref(), language))
    }

    fn log(&self, person: &str, id: Option<&str>, language: Language) -> Result<Told> {
        let record = self.desk.tables.of_person(person, id, 1)?.pop();
        let rows = match &record {
            Some(record) => self.desk.tables.happened(&record.id)?,
            None => Vec::new(),
        };
        Ok(ops::tell_log(record.as_ref(), &rows, id, language))
    }
}

fn told(told: &Told) -> JsValue {
    network::response(200, &[], &told.to_json()).into()
}

/// Whoever asked and ends it themselves is told by the answer, and needs no message.
fn told_by_answer(moved: Moved, record: &Record, answering: &Answering) -> Moved {
    let told = record.submission.actor == answering.actor;
    let rest = moved.effects.strip_prefix(&[Effect::Tell]).filter(|_| told);
    Moved { effects: rest.unwrap_or(moved.effects), ..moved }
}

/// What came of a call, if that is known by then.
async fn settled(outcome: oneshot::Receiver<Record>, until_ms: i64, language: Language) -> Option<Told> {
    let wait_ms = u64::try_from(until_ms.saturating_sub(network::now_ms())).unwrap_or_default();
    match select(outcome, Delay::from(Duration::from_millis(wait_ms))).await {
        Either::Left((Ok(settled), _)) => {
            let receipt = settled.state.is_final() && settled.submission.follow_up.is_some();
            Some(Told { receipt, ..settled.tell(language) })
        }
        Either::Left((Err(_), _)) | Either::Right(_) => None,
    }
}
