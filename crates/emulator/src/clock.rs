//! Times in the two forms the wire and the journal use. Nothing here reads a clock.

use core::time::Duration;
use std::time::SystemTime;
use time::OffsetDateTime;

/// Seconds since the Unix epoch; times before it count as the epoch.
pub(crate) fn unix_seconds(at: SystemTime) -> i64 {
    i64::try_from(since_epoch(at).as_secs()).unwrap_or(i64::MAX)
}

/// The time on a clock that is so far ahead, or behind where that is negative; an impossible time is `at` itself.
pub(crate) fn ahead(at: SystemTime, ms: i64) -> SystemTime {
    let by = Duration::from_millis(ms.unsigned_abs());
    let moved = if ms < 0 { at.checked_sub(by) } else { at.checked_add(by) };
    moved.unwrap_or(at)
}

/// `2023-10-26T10:22:32.000Z`.
pub(crate) fn iso8601(at: SystemTime) -> String {
    let millisecond = since_epoch(at).subsec_millis();
    let at = utc(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millisecond:03}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// The `Date` header, RFC 9110 section 5.6.7: `Thu, 26 Oct 2023 10:22:32 GMT`.
pub(crate) fn http_date(at: SystemTime) -> String {
    let at = utc(at);
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    format!(
        "{weekday:.3}, {:02} {month:.3} {:04} {:02}:{:02}:{:02} GMT",
        at.day(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

fn utc(at: SystemTime) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix_seconds(at)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_698_315_752_009);
        assert_eq!(iso8601(at), "2023-10-26T10:22:32.009Z");
        assert_eq!(http_date(at), "Thu, 26 Oct 2023 10:22:32 GMT");
        // The example of RFC 9110.
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn impossible_times_read_as_the_epoch() {
        for at in
            [SystemTime::UNIX_EPOCH - Duration::from_secs(1), SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 50)]
        {
            assert_eq!(iso8601(at), "1970-01-01T00:00:00.000Z");
        }
    }
}
