//! `audit verify`: whether an export's chain is unbroken, without asking anybody.

use anyhow::{Context as _, Result};
use clap::Args;
use ops::audit::{Broken, Summary, Verifier};
use std::{
    fs::File,
    io::{BufRead, BufReader, stdin},
    path::PathBuf,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Check the chain of an exported audit, and name the first row that is not in order
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// The export, a JSON row a line; `-` reads standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
}

/// Says what is in it, or where it is broken and then `Ok(false)`.
///
/// # Errors
/// It cannot be read.
pub(super) fn run_verify(arguments: &Verify) -> Result<bool> {
    let shown = arguments.file.display();
    let checked = if arguments.file.as_os_str() == "-" {
        verify(stdin().lock())
    } else {
        File::open(&arguments.file).map(BufReader::new).and_then(verify)
    };
    match checked.with_context(|| format!("cannot read {shown}"))? {
        Ok(summary) => {
            println!("{}", in_words(&summary));
            Ok(true)
        }
        Err(broken) => {
            eprintln!("error: {broken}");
            Ok(false)
        }
    }
}

fn verify(export: impl BufRead) -> std::io::Result<Result<Summary, Broken>> {
    let mut verifier = Verifier::new();
    for line in export.split(b'\n') {
        // What is not UTF-8 becomes something else by this, and fits its hash no more than before.
        if let Err(broken) = verifier.line(&String::from_utf8_lossy(&line?)) {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.finish())
}

/// `3 rows, seq 1..3, from 2025-11-25T12:00:00Z to 2025-11-25T12:00:02Z, complete`
pub(super) fn in_words(summary: &Summary) -> String {
    let rows = match summary.rows {
        Some((first, last)) => {
            let rows = if summary.len() == 1 { "1 row".to_owned() } else { format!("{} rows", summary.len()) };
            let (from, to) = (time_of(first.at_ms), time_of(last.at_ms));
            format!("{rows}, seq {}..{}, from {from} to {to}", first.seq, last.seq)
        }
        None => format!("0 rows after seq {}", summary.last.seq),
    };
    format!("{rows}, {}", if summary.complete { "complete" } else { "tail may be cut" })
}

fn time_of(at_ms: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| format!("{at_ms} ms"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ops::audit::{Entry, Link};

    /// Rows of one command after a row, and the last of them.
    pub(in crate::audit) fn rows(after: Link, count: u32) -> (Vec<String>, Link) {
        let mut last = after;
        let lines = (0..count).map(|attempt| {
            let entry = Entry {
                at_ms: 1_764_072_000_000 + 500 * i64::from(attempt),
                command: Some("EEFEVBFE2SN2"),
                event: "Begin",
                from: Some("Ready"),
                to: Some("InFlight"),
                who: "slack:T1/U1",
                place: "slack:T1/C1",
                operation: Some("ModifyImageShareStatus"),
                request: None,
                attempt,
                request_id: None,
                outcome: None,
            };
            let sealed = entry.seal(last.seq + 1, &last.hash);
            last = Link { seq: last.seq + 1, hash: sealed.hash };
            sealed.line
        });
        (lines.collect(), last)
    }

    /// What is said of an export, and whether it is unbroken.
    fn check(export: impl AsRef<[u8]>, expected: &Result<&str, &str>) {
        let said = match verify(export.as_ref()).unwrap() {
            Ok(summary) => Ok(in_words(&summary)),
            Err(broken) => Err(broken.to_string()),
        };
        assert_eq!(said.as_deref().map_err(String::as_str), *expected);
    }

    #[test]
    fn an_export_is_summed_up_or_its_first_broken_row_named() {
        let (lines, last) = rows(Link::START, 3);
        let end = last.end_line();
        let all = format!("{}\n{end}\n", lines.join("\n"));
        let from_to = "from 2025-11-25T12:00:00Z to 2025-11-25T12:00:01Z";
        check(&all, &Ok(&format!("3 rows, seq 1..3, {from_to}, complete")));
        check(lines.join("\n"), &Ok(&format!("3 rows, seq 1..3, {from_to}, tail may be cut")));
        let one = "1 row, seq 1..1, from 2025-11-25T12:00:00Z to 2025-11-25T12:00:00Z, tail may be cut";
        check(&lines[0], &Ok(one));
        check(Link { seq: 7, hash: [1; 32] }.checkpoint_line(), &Ok("0 rows after seq 7, tail may be cut"));
        check(Link::START.end_line(), &Ok("0 rows after seq 0, complete"));

        check("", &Err("there is nothing in it"));
        check(all.replace("T1/U1", "T1/U2"), &Err("line 1 (seq 1): the hash does not fit: the row was altered"));
        check(&all[..all.len() - end.len() - 20], &Err("line 3: not a JSON object"));
        check(
            format!("{}\n{}\n{end}\n", lines[0], lines[2]),
            &Err("line 2 (seq 3): seq 2 should stand here: rows are missing, repeated or moved"),
        );
        check(
            format!("{}\n{}\n{end}\n", lines[0], lines[1]),
            &Err("line 3 (seq 3): the end line does not fit seq 2, the last row there is"),
        );
        check(format!("{all}\n"), &Err("line 5: not a JSON object"));
        let latin: Vec<u8> = all.bytes().map(|byte| if byte == b'U' { 0xfc } else { byte }).collect();
        check(latin, &Err("line 1 (seq 1): the hash does not fit: the row was altered"));
        check(
            all.replace('\n', "\r\n"),
            &Err("line 1 (seq 1): the hash fits, but the line is not written as the ledger writes it"),
        );
    }

    #[test]
    fn a_time_out_of_every_calendar_is_a_number() {
        assert_eq!(time_of(1_764_072_000_001), "2025-11-25T12:00:00.001Z");
        assert_eq!(time_of(i64::MAX), "9223372036854775807 ms");
    }
}
