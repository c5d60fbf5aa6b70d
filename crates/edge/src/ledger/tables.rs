//! The tables of the ledger: their schema, and every statement on them.

use crate::{
    log,
    network::{self, Result},
    storage::{Row, Storage, number},
};
use alloc::string::ToString as _;
use chat::Language;
use core::cell::Cell;
use ops::{
    audit::{Entry, Link},
    record::Record,
    say,
    state::State,
    stored::Stored as _,
};
use wasm_bindgen::JsValue;

/// The version of the tables below. Version 1 had no number.
const VERSION: i64 = 2;

/// A row that cannot be read is looked at again this much later: a newer release may be able to.
pub(super) const UNREADABLE_MS: i64 = 60 * 60 * 1000;

/// `n`: the order of acceptance. `due`: when the alarm must look at it; `NULL` once final. `subject`: what it acts on, while
/// it is ready or in flight; commands on one subject go in the order of their deadlines. `lane` and `turn`: set while it
/// waits for its turn. `answer`: the delivery that confirmed or cancelled it.
const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE commands (
    n         INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    person    TEXT NOT NULL,
    created   INTEGER NOT NULL,
    operation TEXT NOT NULL,
    thing     TEXT,
    state     TEXT NOT NULL,
    deadline  INTEGER NOT NULL,
    due       INTEGER,
    subject   TEXT,
    lane      TEXT,
    turn      INTEGER,
    code      TEXT,
    answer    TEXT,
    record    TEXT NOT NULL
) STRICT;
CREATE INDEX commands_person  ON commands (person, n);
CREATE INDEX commands_due     ON commands (due) WHERE due IS NOT NULL;
CREATE INDEX commands_subject ON commands (subject, deadline) WHERE subject IS NOT NULL;
CREATE INDEX commands_lane    ON commands (lane, turn, n) WHERE lane IS NOT NULL;
CREATE INDEX commands_code    ON commands (code) WHERE code IS NOT NULL;
CREATE INDEX commands_answer  ON commands (answer) WHERE answer IS NOT NULL;
CREATE TABLE IF NOT EXISTS outbox (
    command TEXT PRIMARY KEY,
    due     INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    message TEXT NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, command TEXT, line TEXT NOT NULL) STRICT;
CREATE INDEX audit_command ON audit (command, seq) WHERE command IS NOT NULL;
CREATE TABLE calls (
    lane TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (lane, n)
) WITHOUT ROWID, STRICT;
CREATE TABLE tries (person TEXT PRIMARY KEY, since INTEGER NOT NULL, count INTEGER NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO meta VALUES ('schema', '2');
";

const FROM_VERSION_1: [&str; 2] = [
    "ALTER TABLE commands RENAME TO commands_1;
     DROP INDEX commands_person; DROP INDEX commands_due; DROP INDEX commands_subject;
     DROP INDEX commands_code; DROP INDEX commands_answer;",
    "INSERT INTO commands (id, person, created, operation, thing, state, deadline, due, subject, code, answer, record)
     SELECT id, person, created,
            CASE WHEN json_valid(record) THEN coalesce(json_extract(record, '$.submission.operation'), '') ELSE '' END,
            CASE WHEN json_valid(record) THEN (
                SELECT json_extract(value, '$[1]') FROM json_each(record, '$.submission.parameters')
                WHERE json_extract(value, '$[0]') = 'ImageId'
            ) END,
            CASE WHEN json_valid(record) THEN coalesce(json_extract(record, '$.state'), '') ELSE '' END,
            deadline, due, subject, code, answer, record
     FROM commands_1 ORDER BY created, deadline;
     DROP TABLE commands_1;",
];

pub(super) struct Tables {
    storage: Storage,
    /// The newest row of the audit, once it has been looked up.
    head: Cell<Option<Link>>,
    /// What commands were asked for in that do not say it.
    language: Language,
}

/// So many rows of the audit are forgotten at once, some hundredths of a second.
const PORTION: i64 = 10_000;

/// An outbox entry.
pub(super) struct Message {
    pub(super) command: String,
    pub(super) tries: i64,
    pub(super) message: String,
}

/// Which commands to show.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) state: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) person: Option<String>,
    pub(super) thing: Option<String>,
    pub(super) before: Option<i64>,
    pub(super) limit: i64,
}

impl Tables {
    pub(super) const fn new(storage: Storage, language: Language) -> Self {
        Self { storage, head: Cell::new(None), language }
    }

    pub(super) const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Makes the tables, or brings them up to this release's form. `Some`: a later release has written them, in that
    /// version, and nothing may be touched.
    pub(super) fn open(&self) -> Result<Option<(i64, i64)>> {
        let named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('meta', 'commands')";
        let names: Vec<_> = self.run(named, &[])?.iter().filter_map(|row| row.text("name").ok()).collect();
        if names.iter().any(|name| name == "meta") {
            let version = self.meta("schema")?.and_then(|version| version.parse().ok()).unwrap_or(i64::MAX);
            return Ok((version > VERSION).then_some((version, VERSION)));
        }
        let old = !names.is_empty();
        self.transaction(&mut || {
            let [first, last] = FROM_VERSION_1;
            if old {
                self.exec(first, &[])?;
            }
            self.exec(SCHEMA, &[])?;
            if old {
                self.exec(last, &[])?;
            }
            Ok(())
        })?;
        Ok(None)
    }

    /// All of `work`, or nothing of it.
    pub(super) fn transaction(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let head = self.head.get();
        let done = self.storage.transaction(work);
        if done.is_err() {
            self.head.set(head);
        }
        done
    }

    pub(super) fn meta(&self, key: &str) -> Result<Option<String>> {
        self.run("SELECT value FROM meta WHERE key = ?", &[key.into()])?.pop().map(|row| row.text("value")).transpose()
    }

    pub(super) fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        self.exec("INSERT OR REPLACE INTO meta VALUES (?, ?)", &[key.into(), value.into()])
    }

    /// Stores a record, new or changed.
    pub(super) fn save(&self, record: &Record) -> Result<()> {
        let text = |text: Option<String>| text.map_or(JsValue::NULL, JsValue::from);
        let open = !record.state.is_final();
        let begun = matches!(record.state, State::Ready | State::InFlight);
        let values = [
            record.id.as_str().into(),
            record.submission.actor.to_string().into(),
            number(record.created_ms),
            record.submission.operation.as_str().into(),
            record.thing().map_or(JsValue::NULL, JsValue::from),
            record.state.name().into(),
            number(record.deadline_ms),
            if open { number(record.due_ms) } else { JsValue::NULL },
            text(record.subject().filter(|_| begun)),
            text(record.turn.map(|_| record.lane().to_owned())),
            record.turn.map_or(JsValue::NULL, number),
            text(record.submission.hold.as_ref().filter(|_| open).map(|hold| hold.code_digest.clone())),
            text(record.answered_by.as_ref().map(|answer| answer.delivery.clone())),
            record.to_json().into(),
        ];
        self.exec(
            "INSERT INTO commands
             (id, person, created, operation, thing, state, deadline, due, subject, lane, turn, code, answer, record)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, deadline = excluded.deadline, due = excluded.due,
             subject = excluded.subject, lane = excluded.lane, turn = excluded.turn, code = excluded.code,
             answer = excluded.answer, record = excluded.record",
            &values,
        )
    }

    pub(super) fn by_id(&self, id: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE id = ?", &[id.into()])?.pop())
    }

    pub(super) fn by_code(&self, digest: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE code = ?", &[digest.into()])?.pop())
    }

    pub(super) fn by_answer(&self, delivery: &str) -> Result<Option<Record>> {
        Ok(self.records("SELECT record FROM commands WHERE answer = ?", &[delivery.into()])?.pop())
    }

    /// The newest commands of a person, or the one with this id.
    pub(super) fn of_person(&self, person: &str, id: Option<&str>, most: i64) -> Result<Vec<Record>> {
        let rows = match id {
            Some(id) => {
                self.run("SELECT id, record FROM commands WHERE id = ? AND person = ?", &[id.into(), person.into()])?
            }
            None => {
                let sql = "SELECT id, record FROM commands WHERE person = ? ORDER BY n DESC LIMIT ?";
                self.run(sql, &[person.into(), number(most)])?
            }
        };
        Ok(rows.iter().filter_map(|row| self.readable(row)).collect())
    }

    /// The newest commands of an operation that succeeded, among the last ones there are: people wait for it while they type.
    pub(super) fn latest_of(&self, operation: &str) -> Result<Vec<Record>> {
        let sql = "SELECT id, record FROM commands WHERE n > (SELECT MAX(n) FROM commands) - 1000
                   AND operation = ? AND state = ? ORDER BY n DESC LIMIT 10";
        Ok(self
            .run(sql, &[operation.into(), State::Succeeded.name().into()])?
            .iter()
            .filter_map(|row| self.readable(row))
            .collect())
    }

    /// Commands, newest first, and the `before` of the next page.
    pub(super) fn list(&self, filter: &Filter) -> Result<(Vec<Record>, Option<i64>)> {
        let mut sql = "SELECT n, id, record FROM commands WHERE n < ?".to_owned();
        let mut values = vec![number(filter.before.unwrap_or(1 << 52))];
        for (condition, value) in [
            (" AND state = ?", &filter.state),
            (" AND operation = ?", &filter.operation),
            (" AND person = ?", &filter.person),
            (" AND thing = ?", &filter.thing),
        ] {
            if let Some(value) = value {
                sql += condition;
                values.push(value.as_str().into());
            }
        }
        sql += " ORDER BY n DESC LIMIT ?";
        values.push(number(filter.limit));
        let rows = self.run(&sql, &values)?;
        // By the rows there are: one that cannot be read is no end of the list.
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == filter.limit);
        let next = rows.last().and_then(|row| row.integer("n")).filter(|_| full);
        Ok((rows.iter().filter_map(|row| self.readable(row)).collect(), next))
    }

    /// What is open and when there was last word from each platform, as JSON: the database writes it, which costs the Worker
    /// nothing. Deliveries are looked for among the last thousand commands.
    pub(super) fn overview(&self) -> Result<String> {
        let sql = "SELECT json_object(
                'states', (SELECT json_group_object(state, count) FROM
                    (SELECT state, count(*) AS count FROM commands WHERE due IS NOT NULL GROUP BY state)),
                'lanes', (SELECT json_group_object(lane, count) FROM
                    (SELECT lane, count(*) AS count FROM commands WHERE lane IS NOT NULL GROUP BY lane)),
                'paused', (SELECT json_group_object(substr(key, 14), CAST(value AS INTEGER)) FROM meta
                    WHERE key LIKE 'paused until/%'),
                'untold', (SELECT count(*) FROM outbox),
                'rows', (SELECT max(seq) FROM audit),
                'delivered', (SELECT json_group_object(platform, at) FROM
                    (SELECT substr(person, 1, instr(person, ':') - 1) AS platform, max(created) AS at FROM
                        (SELECT person, created FROM commands ORDER BY n DESC LIMIT 1000) GROUP BY platform))
            ) AS overview";
        self.run(sql, &[])?.pop().map_or_else(|| Ok(String::new()), |row| row.text("overview"))
    }

    /// The records that are due, but for those that cannot be read: they are named in the log and looked at later.
    pub(super) fn due(&self, now_ms: i64) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let sql = "SELECT id, deadline, subject, record FROM commands WHERE due <= ? ORDER BY due LIMIT 100";
        for row in self.run(sql, &[number(now_ms)])? {
            match self.readable(&row) {
                Some(record) => records.push(record),
                None => self.set_aside(&row, now_ms)?,
            }
        }
        Ok(records)
    }

    fn set_aside(&self, row: &Row, now_ms: i64) -> Result<()> {
        let id = row.text("id")?;
        let later = now_ms.saturating_add(UNREADABLE_MS);
        let deadline = row.integer("deadline").filter(|deadline| *deadline > now_ms);
        self.put_due(&id, deadline.map_or(later, |deadline| deadline.min(later)))?;
        // Its time is over as far as the others on the same thing are concerned.
        if deadline.is_none() {
            self.exec("UPDATE commands SET subject = NULL, lane = NULL WHERE id = ?", &[id.as_str().into()])?;
            if let Ok(subject) = row.text("subject") {
                self.wake(&subject, row.integer("deadline").unwrap_or_default())?;
            }
        }
        Ok(())
    }

    pub(super) fn put_due(&self, id: &str, due_ms: i64) -> Result<()> {
        self.exec("UPDATE commands SET due = ? WHERE id = ?", &[number(due_ms), id.into()])
    }

    /// The unfinished command that acts on the same thing and comes first.
    pub(super) fn comes_first(&self, record: &Record) -> Result<Option<String>> {
        let (State::Ready, Some(subject)) = (record.state, record.subject()) else {
            return Ok(None);
        };
        let sql = "SELECT id FROM commands WHERE subject = ? AND (deadline, id) < (?, ?) ORDER BY deadline LIMIT 1";
        let values = [subject.into(), number(record.deadline_ms), record.id.as_str().into()];
        self.run(sql, &values)?.first().map(|row| row.text("id")).transpose()
    }

    /// Puts a command behind all that are there already on the same thing, also those of the same millisecond or from before
    /// the clock was set back. `true`: there are some.
    pub(super) fn queue_up(&self, record: &mut Record) -> Result<bool> {
        let Some(subject) = record.subject() else { return Ok(false) };
        let sql = "SELECT MAX(deadline) AS deadline FROM commands WHERE subject = ?";
        let last = self.run(sql, &[subject.into()])?.pop().and_then(|row| row.integer("deadline"));
        record.deadline_ms = record.deadline_ms.max(last.unwrap_or_default().saturating_add(1));
        Ok(last.is_some())
    }

    /// Lets whatever waits for this thing look whether its turn has come.
    pub(super) fn wake(&self, subject: &str, deadline_ms: i64) -> Result<()> {
        // Only who is behind: who comes first has its own time to wait.
        let sql = "UPDATE commands SET due = ? WHERE subject = ? AND lane IS NULL AND deadline >= ?";
        self.exec(sql, &[number(network::now_ms()), subject.into(), number(deadline_ms)])
    }

    /// The lanes somebody waits in.
    pub(super) fn lanes(&self) -> Result<Vec<String>> {
        self.run("SELECT DISTINCT lane FROM commands WHERE lane IS NOT NULL", &[])?
            .iter()
            .map(|row| row.text("lane"))
            .collect()
    }

    /// Whose turn it is in this lane.
    pub(super) fn next_in(&self, lane: &str) -> Result<Option<Record>> {
        let sql = "SELECT id, deadline, subject, record FROM commands WHERE lane = ? ORDER BY turn, n LIMIT 1";
        while let Some(row) = self.run(sql, &[lane.into()])?.pop() {
            match self.readable(&row) {
                Some(record) => return Ok(Some(record)),
                None => {
                    let id = row.text("id")?;
                    self.exec("UPDATE commands SET lane = NULL WHERE id = ?", &[id.into()])?;
                }
            }
        }
        Ok(None)
    }

    /// The last turn this person waits for in this lane.
    pub(super) fn last_turn(&self, person: &str, lane: &str) -> Result<Option<i64>> {
        let sql = "SELECT MAX(turn) AS turn FROM commands WHERE lane = ? AND person = ?";
        Ok(self.run(sql, &[lane.into(), person.into()])?.pop().and_then(|row| row.integer("turn")))
    }

    /// How many come before this one in its lane.
    pub(super) fn before(&self, record: &Record) -> Result<usize> {
        let sql = "SELECT count(*) AS count FROM commands WHERE lane = ? AND (turn, n) <
                   (SELECT turn, n FROM commands WHERE id = ?)";
        let count = self.run(sql, &[record.lane().into(), record.id.as_str().into()])?.pop();
        let count = count.and_then(|row| row.integer("count")).unwrap_or_default();
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// When the last calls of a lane began, newest first, and the number of the next one.
    pub(super) fn calls(&self, lane: &str, most: u32) -> Result<(Vec<i64>, i64)> {
        let sql = "SELECT n, at FROM calls WHERE lane = ? ORDER BY n DESC LIMIT ?";
        let rows = self.run(sql, &[lane.into(), number(most.into())])?;
        let next = rows.first().and_then(|row| row.integer("n")).unwrap_or_default().saturating_add(1);
        Ok((rows.iter().filter_map(|row| row.integer("at")).collect(), next))
    }

    /// Counts a call; of those before, as many are kept as matter.
    pub(super) fn add_call(&self, lane: &str, n: i64, at_ms: i64, most: u32) -> Result<()> {
        self.exec("INSERT OR REPLACE INTO calls VALUES (?, ?, ?)", &[lane.into(), number(n), number(at_ms)])?;
        if n % 64 == 0 {
            let over = n.saturating_sub(most.into());
            self.exec("DELETE FROM calls WHERE lane = ? AND n <= ?", &[lane.into(), number(over)])?;
        }
        Ok(())
    }

    /// Notes a wrong code of this person. Tries older than `since_ms` are forgotten.
    pub(super) fn add_try(&self, person: &str, now_ms: i64, since_ms: i64) -> Result<()> {
        self.exec(
            "INSERT INTO tries VALUES (?, ?, 1) ON CONFLICT (person) DO UPDATE SET
             count = CASE WHEN since < ? THEN 1 ELSE count + 1 END, since = CASE WHEN since < ? THEN excluded.since ELSE since END",
            &[person.into(), number(now_ms), number(since_ms), number(since_ms)],
        )?;
        self.exec("DELETE FROM tries WHERE since < ?", &[number(since_ms)])
    }

    /// How many wrong codes of this person there were since then, and when the first of them was.
    pub(super) fn tries(&self, person: &str, since_ms: i64) -> Result<(i64, i64)> {
        let row = self.run(
            "SELECT since, count FROM tries WHERE person = ? AND since >= ?",
            &[person.into(), number(since_ms)],
        )?;
        let integer = |name| row.first().and_then(|row| row.integer(name)).unwrap_or_default();
        Ok((integer("count"), integer("since")))
    }

    /// What is to be told about a record that has come to its end.
    pub(super) fn put_out(&self, record: &Record, at_ms: i64) -> Result<()> {
        let values =
            [record.id.as_str().into(), number(at_ms), say::state(record, record.submission.language).to_json().into()];
        self.exec("INSERT OR REPLACE INTO outbox (command, due, tries, message) VALUES (?, ?, 0, ?)", &values)
    }

    pub(super) fn due_messages(&self, now_ms: i64) -> Result<Vec<Message>> {
        let sql = "SELECT command, tries, message FROM outbox WHERE due <= ? ORDER BY due LIMIT 100";
        self.messages(sql, &[number(now_ms)])
    }

    pub(super) fn messages_about(&self, command: &str) -> Result<Vec<Message>> {
        self.messages("SELECT command, tries, message FROM outbox WHERE command = ?", &[command.into()])
    }

    pub(super) fn put_off(&self, command: &str, due_ms: i64, tries: i64) -> Result<()> {
        let values = [number(due_ms), number(tries), command.into()];
        self.exec("UPDATE outbox SET due = ?, tries = ? WHERE command = ?", &values)
    }

    pub(super) fn take_out(&self, command: &str) -> Result<()> {
        self.exec("DELETE FROM outbox WHERE command = ?", &[command.into()])
    }

    /// When something must happen next to a command or a message.
    pub(super) fn next_due(&self) -> Result<Option<i64>> {
        let sql = "SELECT MIN(due) AS due FROM (SELECT MIN(due) AS due FROM commands WHERE due IS NOT NULL
                   UNION ALL SELECT MIN(due) AS due FROM outbox)";
        Ok(self.run(sql, &[])?.pop().and_then(|row| row.integer("due")))
    }

    /// Appends to the audit.
    pub(super) fn append(&self, entry: &Entry<'_>) -> Result<()> {
        let head = self.head()?;
        let seq = head.seq.saturating_add(1);
        let sealed = entry.seal(seq, &head.hash);
        let values = [
            number(seq.cast_signed()),
            number(entry.at_ms),
            entry.command.map_or(JsValue::NULL, JsValue::from),
            sealed.line.into(),
        ];
        self.exec("INSERT INTO audit VALUES (?, ?, ?, ?)", &values)?;
        self.head.set(Some(Link { seq, hash: sealed.hash }));
        Ok(())
    }

    /// The newest row there is or was.
    pub(super) fn head(&self) -> Result<Link> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let newest = self.run("SELECT line FROM audit ORDER BY seq DESC LIMIT 1", &[])?.pop();
        let head = match newest {
            Some(row) => link(&row.text("line")?)?,
            None => self.checkpoint()?.unwrap_or(Link::START),
        };
        self.head.set(Some(head));
        Ok(head)
    }

    /// The last row that was pruned.
    pub(super) fn checkpoint(&self) -> Result<Option<Link>> {
        self.meta("checkpoint")?.map(|line| link(&line)).transpose()
    }

    /// When the oldest row was written.
    pub(super) fn oldest_ms(&self) -> Result<Option<i64>> {
        Ok(self.run("SELECT at FROM audit ORDER BY seq LIMIT 1", &[])?.pop().and_then(|row| row.integer("at")))
    }

    /// Forgets what happened before then, from the first row on, behind a checkpoint: a portion, so that a delivery that comes
    /// meanwhile does not wait for long. What is left is due again at once.
    pub(super) fn prune(&self, before_ms: i64) -> Result<()> {
        // Only the portion is looked at, whatever lies behind it.
        let first =
            self.run("SELECT seq FROM audit ORDER BY seq LIMIT 1", &[])?.pop().and_then(|row| row.integer("seq"));
        let portion = first.unwrap_or_default().saturating_add(PORTION);
        let sql = "SELECT seq FROM audit WHERE seq < ? AND at >= ? ORDER BY seq LIMIT 1";
        let kept = self.run(sql, &[number(portion), number(before_ms)])?.pop().and_then(|row| row.integer("seq"));
        let kept = kept.unwrap_or(portion);
        let last = self.run("SELECT line FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1", &[number(kept)])?.pop();
        let last = last.map(|row| row.text("line")).transpose()?;
        self.transaction(&mut || {
            if let Some(line) = &last {
                self.set_meta("checkpoint", line)?;
                self.exec("DELETE FROM audit WHERE seq < ?", &[number(kept)])?;
            }
            self.exec(
                "DELETE FROM meta WHERE key LIKE 'unsettled/%' AND CAST(value AS INTEGER) < ?",
                &[number(before_ms)],
            )?;
            // Each has a row at least, so they come to their end before the rows do.
            self.exec(
                "DELETE FROM commands WHERE n < (SELECT min(n) FROM commands) + ? AND created < ? AND due IS NULL
                 AND id NOT IN (SELECT command FROM outbox)",
                &[number(PORTION), number(before_ms)],
            )
        })
    }

    /// The rows of the audit about a command.
    pub(super) fn happened(&self, command: &str) -> Result<Vec<String>> {
        let rows = self.run("SELECT line FROM audit WHERE command = ? ORDER BY seq", &[command.into()])?;
        rows.iter().map(|row| row.text("line")).collect()
    }

    /// The rows of the audit after that number.
    pub(super) fn audit(&self, after: i64, most: i64) -> Result<Vec<String>> {
        let sql = "SELECT line FROM audit WHERE seq > ? ORDER BY seq LIMIT ?";
        self.run(sql, &[number(after), number(most)])?.iter().map(|row| row.text("line")).collect()
    }

    fn records(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Record>> {
        self.run(sql, values)?.iter().map(|row| self.record(row)).collect()
    }

    /// The record of a row with its `id`; one that cannot be read is named in the log.
    fn readable(&self, row: &Row) -> Option<Record> {
        let read = self.record(row);
        if let Err(error) = &read {
            log::unreadable(&row.text("id").unwrap_or_default(), error);
        }
        read.ok()
    }

    fn record(&self, row: &Row) -> Result<Record> {
        Record::from_row(&row.text("record")?, self.language).map_err(|error| error.to_string().into())
    }

    fn messages(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Message>> {
        let message = |row: &Row| {
            let tries = row.integer("tries").unwrap_or_default();
            Ok(Message { command: row.text("command")?, tries, message: row.text("message")? })
        };
        self.run(sql, values)?.iter().map(message).collect()
    }

    fn run(&self, sql: &str, values: &[JsValue]) -> Result<Vec<Row>> {
        self.storage.run(sql, values)
    }

    fn exec(&self, sql: &str, values: &[JsValue]) -> Result<()> {
        self.storage.run(sql, values).map(drop)
    }
}

fn link(line: &str) -> Result<Link> {
    Link::of(line).ok_or_else(|| "a row of the audit is malformed".into())
}
