//! What commands cost on the real platform, on paper: counts of one command times the price list.

use super::report::Report;

/// Of one command, as it was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Command {
    /// Of the object, its alarms among them.
    pub(super) requests: f64,
    pub(super) rows_read: f64,
    /// Alarms that are set among them, as the price list has it.
    pub(super) rows_written: f64,
    pub(super) bytes: f64,
}

/// What is included in a month, and dollars for each million more.
struct Price {
    included: f64,
    million: f64,
}

impl Price {
    const fn new(included: f64, million: f64) -> Self {
        Self { included, million }
    }

    fn dollars(&self, used: f64) -> f64 {
        (used - self.included).max(0.0) / 1e6 * self.million
    }
}

// Workers Paid, from <https://developers.cloudflare.com/workers/platform/pricing/> and
// <https://developers.cloudflare.com/durable-objects/platform/pricing/>, the copies of 2026 that docs/scale.md names.
const PLAN: f64 = 5.0;
const WORKER_REQUESTS: Price = Price::new(10e6, 0.30);
const WORKER_CPU_MS: Price = Price::new(30e6, 0.02);
const OBJECT_REQUESTS: Price = Price::new(1e6, 0.15);
const DURATION_GB_S: Price = Price::new(400e3, 12.50);
const ROWS_READ: Price = Price::new(25e9, 0.001);
const ROWS_WRITTEN: Price = Price::new(50e6, 1.00);
const GB_MONTH_INCLUDED: f64 = 5.0;
const GB_MONTH: f64 = 0.20;
/// An object's memory as it is billed, in GB.
const OBJECT_GB: f64 = 0.128;

// What is assumed of the use; docs/scale.md says so too.
const COMMANDS_A_MONTH: f64 = 1_000.0;
const MONTHS_KEPT: f64 = 12.0;
/// The vendor's three answers, which the object waits for.
const SECONDS_A_COMMAND: f64 = 1.0;
/// Rounded up from the processors' time of the Worker and its object together.
const CPU_MS_A_COMMAND: f64 = 5.0;

struct Month {
    worker_requests: f64,
    object_requests: f64,
    rows_written: f64,
    rows_read: f64,
    gb_seconds: f64,
    gb: f64,
    dollars_written: f64,
    dollars_duration: f64,
    dollars_stored: f64,
    dollars: f64,
}

impl Command {
    fn month(&self, accounts: f64) -> Month {
        let commands = accounts * COMMANDS_A_MONTH;
        let object_requests = commands * self.requests;
        let rows_written = commands * self.rows_written;
        let rows_read = commands * self.rows_read;
        let gb_seconds = commands * SECONDS_A_COMMAND * OBJECT_GB;
        let gb = commands * MONTHS_KEPT * self.bytes / 1e9;
        let dollars_written = ROWS_WRITTEN.dollars(rows_written);
        let dollars_duration = DURATION_GB_S.dollars(gb_seconds);
        let dollars_stored = (gb - GB_MONTH_INCLUDED).max(0.0) * GB_MONTH;
        let dollars = PLAN
            + WORKER_REQUESTS.dollars(commands)
            + WORKER_CPU_MS.dollars(commands * CPU_MS_A_COMMAND)
            + OBJECT_REQUESTS.dollars(object_requests)
            + ROWS_READ.dollars(rows_read)
            + dollars_duration
            + dollars_written
            + dollars_stored;
        Month {
            worker_requests: commands,
            object_requests,
            rows_written,
            rows_read,
            gb_seconds,
            gb,
            dollars_written,
            dollars_duration,
            dollars_stored,
            dollars,
        }
    }
}

/// A month of one account, a thousand and a million; and how much of the platform's limits a command takes.
pub(super) fn show(report: &Report, command: &Command) {
    let accounts = [("one account", 1.0), ("a thousand", 1e3), ("a million", 1e6)];
    let months = accounts.map(|(_, accounts)| command.month(accounts));
    let heading = [""].into_iter().chain(accounts.map(|(name, _)| name)).map(str::to_owned).collect();
    let row = |name: &str, figure: fn(&Month) -> f64, decimals: usize| -> Vec<String> {
        let figures = months.iter().map(|month| grouped(figure(month), decimals));
        [name.to_owned()].into_iter().chain(figures).collect()
    };
    report.say(&format!(
        "On paper, a month with {} commands an account, each the dearest of these, {SECONDS_A_COMMAND} s and \
         {CPU_MS_A_COMMAND} ms of processor, kept for {MONTHS_KEPT} months",
        grouped(COMMANDS_A_MONTH, 0)
    ));
    report.table(&[
        heading,
        row("requests to the Worker", |month| month.worker_requests, 0),
        row("requests to objects", |month| month.object_requests, 0),
        row("rows written", |month| month.rows_written, 0),
        row("rows read", |month| month.rows_read, 0),
        row("duration, GB-s", |month| month.gb_seconds, 0),
        row("stored, GB", |month| month.gb, 2),
        row("dollars for rows written", |month| month.dollars_written, 2),
        row("dollars for duration", |month| month.dollars_duration, 2),
        row("dollars for what is stored", |month| month.dollars_stored, 2),
        row("dollars in all, the plan's 5 among them", |month| month.dollars, 2),
    ]);
    report.say("Where a limit is reached");
    let rows = [
        ("free plan: 100,000 requests to the Worker a day", "commands a day", 1e5, 1.0),
        ("free plan: 100,000 requests to objects a day", "commands a day", 1e5, command.requests),
        ("free plan: 100,000 rows written a day", "commands a day", 1e5, command.rows_written),
        ("free plan: 5 million rows read a day", "commands a day", 5e6, command.rows_read),
        ("free plan: 13,000 GB-s a day", "commands a day", 13e3, SECONDS_A_COMMAND * OBJECT_GB),
        ("free plan: 5 GB stored", "commands held", 5e9, command.bytes),
        ("an object: 10 GB", "commands held", 10e9, command.bytes),
        ("an object: 10 GB, each kept for a year", "commands a day", 10e9 / 365.0, command.bytes),
        ("an object: some 1,000 requests a second", "commands a second", 1e3, command.requests),
    ];
    let shown = rows.map(|(limit, unit, most, each)| vec![limit.to_owned(), grouped(most / each, 0), unit.to_owned()]);
    let heading = ["", "reached at", ""].map(str::to_owned).to_vec();
    report.table(&[heading].into_iter().chain(shown).collect::<Vec<_>>());
}

/// `1234567.8` is `1,234,568`.
fn grouped(figure: f64, decimals: usize) -> String {
    let text = format!("{figure:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    rest.map_or(shown.clone(), |rest| format!("{shown}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_costs_nothing() {
        let command = Command { requests: 2.0, rows_read: 20.0, rows_written: 25.0, bytes: 5_000.0 };
        assert_eq!(command.month(1.0).dollars, 5.0);
        // 10⁹ commands: 297 + 99.4 + 299.85 + 1595 + 0 + 24,950 + 11,999 and the plan.
        assert_eq!(grouped(command.month(1e6).dollars, 2), "39,245.25");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [(1e3, 0), (999.0, 0), (1_234_567.8, 0), (1_234.5, 2)].map(|(figure, decimals)| grouped(figure, decimals)),
            ["1,000", "999", "1,234,568", "1,234.50"]
        );
    }
}
