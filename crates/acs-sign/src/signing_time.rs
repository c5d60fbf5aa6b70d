//! The time a request is signed at, to the second, in UTC.

use crate::{canonical::Ascii, error::InvalidInput};
use core::{fmt, str::FromStr};
use time::{Date, Month, Time, UtcDateTime};

/// When a request was signed. Written `YYYY-MM-DDThh:mm:ssZ`, the one form both schemes use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SigningTime(UtcDateTime);

impl SigningTime {
    /// Takes seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidInput::TimeOutOfRange`] outside the years 0 to 9999, which the written form cannot hold.
    pub const fn from_unix_seconds(seconds: i64) -> Result<Self, InvalidInput> {
        match UtcDateTime::from_unix_timestamp(seconds) {
            Ok(time) if time.year() >= 0 && time.year() <= 9999 => Ok(Self(time)),
            _ => Err(InvalidInput::TimeOutOfRange { seconds }),
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The written form. By hand, because `format!` takes longer than the hash of the whole request.
    pub(crate) fn text(self) -> Ascii<20> {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second) = self.0.as_hms();
        let year = u16::try_from(year).unwrap_or_default();
        let digit = |number: u16| b'0' | u8::try_from(number % 10).unwrap_or_default();
        let two = |number: u8| [u16::from(number) / 10, number.into()].map(digit);
        let ([n1, n2], [d1, d2]) = (two(month.into()), two(day));
        let ([h1, h2], [m1, m2], [s1, s2]) = (two(hour), two(minute), two(second));
        let [y1, y2, y3, y4] = [year / 1000, year / 100, year / 10, year].map(digit);
        Ascii([y1, y2, y3, y4, b'-', n1, n2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'])
    }
}

impl fmt::Display for SigningTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl fmt::Debug for SigningTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningTime({self})")
    }
}

impl FromStr for SigningTime {
    type Err = InvalidInput;

    /// Takes exactly the written form: no fraction, no offset, no leap second.
    ///
    /// # Errors
    /// [`InvalidInput::MalformedTime`] for any other form, and for a day that does not exist.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text.as_bytes()).map(Self).ok_or(InvalidInput::MalformedTime)
    }
}

fn parse(text: &[u8]) -> Option<UtcDateTime> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text else {
        return None;
    };
    let year = i32::from(two(y1, y2)?).checked_mul(100)?.checked_add(two(y3, y4)?.into())?;
    let date = Date::from_calendar_date(year, Month::try_from(two(m1, m2)?).ok()?, two(d1, d2)?).ok()?;
    let time = Time::from_hms(two(h1, h2)?, two(n1, n2)?, two(s1, s2)?).ok()?;
    Some(UtcDateTime::new(date, time))
}

fn two(tens: u8, ones: u8) -> Option<u8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'));
    digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
}
