//! How a campaign goes: people and weather together, then rest.

use super::{
    checks::{Case, Known, untold},
    evidence::{Call, Evidence},
    lane::Post,
    ledger,
    plan::Errand,
    stage::Stage,
    weather::{self, Inbox},
};
use crate::{dev::secrets::Secrets, progress::Progress};
use anyhow::{Context as _, Result};
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    sync::mpsc::channel,
    thread::{self, ScopedJoinHandle},
    time::{Instant, SystemTime},
};

/// How long everything may take to come to rest.
pub(crate) const REST: Duration = Duration::from_secs(300);
/// A code that is good for less than this may run out before everything has been asked for.
const FAR: Duration = Duration::from_secs(45);
/// It has come to rest when nothing has happened for so long: longer than a follow-up may take and be put off.
const QUIET: Duration = Duration::from_secs(8);
/// How often the journal is read and progress shown.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many commands are asked for by `status` at the end.
const ROLL: usize = 200;

/// One campaign on its stage.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    /// Where everything random comes from.
    pub(crate) seed: u64,
    /// How often workerd is killed.
    pub(crate) kill_every: Duration,
    /// The programs.
    pub(crate) stage: &'a Stage,
    /// Where follow-ups come to.
    pub(crate) inbox: &'a Inbox,
    /// Where everything is noted.
    pub(crate) evidence: &'a Evidence,
    /// Secrets that the Worker does not know.
    pub(crate) foreign: &'a Secrets,
}

/// How long faults and kills go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Until {
    /// Until the last errand is done.
    AllIsSent,
    /// Until every command is over, too.
    AllIsOver,
}

impl Run<'_> {
    /// Everybody at once, under faults and kills. What goes wrong with a lane is returned; what goes wrong with the programs is
    /// an error.
    ///
    /// # Errors
    /// workerd does not come back, or the emulator does not answer.
    pub(crate) fn people(&self, lanes: &[Vec<Errand>], known: &mut Known, until: Until) -> Result<Vec<String>> {
        let Self { seed, kill_every, stage, evidence, inbox, .. } = *self;
        let commands = lanes.iter().flatten().filter(|errand| errand.counts()).count();
        let progress = Progress::start(&format!("{commands} commands in {} lanes", lanes.len()));
        let broken_off = AtomicBool::new(false);
        let post = self.post(&broken_off);
        inbox.set_fair(false);
        let done = thread::scope(|scope| {
            let ((end_faults, faults_end), (end_kills, kills_end)) = (channel(), channel());
            let faults = scope.spawn(move || weather::faults(stage, evidence, seed, &faults_end));
            let kills = scope.spawn(move || weather::kills(stage, evidence, seed, kill_every, &kills_end));
            let people: Vec<_> = lanes.iter().map(|errands| scope.spawn(|| post.run(errands))).collect();
            let started = Instant::now();
            let mut looked = Ok(());
            while looked.is_ok() && !kills.is_finished() {
                thread::sleep(INTERVAL);
                looked = self.look(known, &progress);
                let sent = people.iter().all(ScopedJoinHandle::is_finished);
                if sent && (until == Until::AllIsSent || started.elapsed() > REST || self.all_is_over(known)) {
                    break;
                }
            }
            broken_off.store(looked.is_err() || kills.is_finished(), Ordering::Relaxed);
            drop((end_faults, end_kills));
            let people = people.into_iter().map(joined);
            let troubles = people.filter_map(Result::err).map(|error| format!("{error:#}")).collect();
            looked.and(joined(faults)).and(joined(kills)).map(|()| troubles)
        });
        inbox.set_fair(true);
        progress.done();
        done
    }

    fn post<'p>(&'p self, broken_off: &'p AtomicBool) -> Post<'p> {
        Post {
            worker: &self.stage.worker,
            inbox: &self.inbox.address,
            secrets: &self.stage.secrets,
            foreign: self.foreign,
            seed: self.seed,
            evidence: self.evidence,
            broken_off,
        }
    }

    /// Reads what the journal has that we do not have yet.
    fn look(&self, known: &mut Known, progress: &Progress) -> Result<()> {
        let last = known.calls.last().map_or(0, |call| call.seq);
        let journal = self.stage.emulator("GET", &format!("journal?after={last}"), "")?;
        let now = self.evidence.now();
        for entry in journal["entries"].as_array().context("the journal has no entries")? {
            known.calls.push(Call::read(now, entry).with_context(|| format!("this is no call: {entry}"))?);
        }
        let (exchanges, arrivals) = self.evidence.counts();
        progress.line(&format!("{exchanges} answers, {} calls, {arrivals} follow-ups", known.calls.len()));
        Ok(())
    }

    /// Whether nothing happens to any command any more, as far as the ledger can be asked now.
    fn all_is_over(&self, known: &mut Known) -> bool {
        let Ok(commands) = ledger::commands(self.stage) else { return false };
        known.commands = commands;
        // Ledger, audit and messages are asked for one after another: no code may run out in between.
        let soon = known.now_ms.saturating_add(FAR.as_millis().try_into().unwrap_or(i64::MAX));
        known.commands.iter().all(|command| command.is_final() || (command.waits() && command.deadline_ms > soon))
    }

    /// Waits until every command is over or waits for somebody, everybody has been told, and nothing happens any more; says
    /// whether it came to that. The ledger is known as it is then.
    ///
    /// # Errors
    /// The programs cannot be asked.
    pub(crate) fn come_to_rest(&self, lanes: &[Vec<Errand>], known: &mut Known) -> Result<bool> {
        let progress = Progress::start("coming to rest");
        let started = Instant::now();
        let mut quiet = (started, (0, 0), 0);
        loop {
            self.look(known, &progress)?;
            let (counts, calls) = (self.evidence.counts(), known.calls.len());
            if (quiet.1, quiet.2) != (counts, calls) {
                quiet = (Instant::now(), counts, calls);
            }
            let is_late = started.elapsed() > REST;
            if quiet.0.elapsed() >= QUIET || is_late {
                known.now_ms = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?;
                let over = self.all_is_over(known);
                known.answered = self.stage.answered()?;
                let seen = self.evidence.seen();
                let case = Case::new(lanes.iter().flatten(), &seen, known);
                if over && !case.accepted().any(|(story, command)| untold(&case, story, command)) {
                    progress.done();
                    return Ok(true);
                }
            }
            if is_late {
                progress.failed();
                return Ok(false);
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Asks by `status` how some commands stand, spread over all.
    ///
    /// # Errors
    /// Nobody answers.
    pub(crate) fn call_the_roll(&self, lanes: &[Vec<Errand>], known: &Known) -> Result<()> {
        let seen = self.evidence.seen();
        let case = Case::new(lanes.iter().flatten(), &seen, known);
        let accepted: Vec<_> = case.accepted().collect();
        let broken_off = AtomicBool::new(false);
        let post = self.post(&broken_off);
        let every = accepted.len().div_ceil(ROLL).max(1);
        accepted.iter().step_by(every).try_for_each(|(story, command)| post.look(story.errand, &command.id))
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
