use core::cmp::Ordering;

/// A number in decimal notation: what the standard library reads as a float, but for `inf` and `nan`.
///
/// It is compared digit by digit. That is exact where a float would have to be rounded, and it keeps the standard library's
/// reader of floats out of the Worker, whose tables alone are a tenth of a small bundle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// The power of ten by which the rest is multiplied.
    exponent: i64,
}

impl<'a> Decimal<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = sign(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let plain = is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
        plain.then_some(Self { negative, whole, fraction, exponent })
    }

    /// Whether it is less than 10³⁰⁹: floats end there.
    pub(crate) fn is_finite(self) -> bool {
        self.places() <= 309
    }

    pub(crate) fn compare(self, other: Decimal<'_>) -> Ordering {
        let below = (self.negative && !self.is_zero(), other.negative && !other.is_zero());
        match below {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }

    fn compare_size(self, other: Decimal<'_>) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let length = self.digits().count().max(other.digits().count());
        let by_digits = || {
            let zeros = core::iter::repeat(b'0');
            self.digits().chain(zeros.clone()).take(length).cmp(other.digits().chain(zeros).take(length))
        };
        self.places().cmp(&other.places()).then_with(by_digits)
    }

    /// All digits but leading zeros.
    fn digits(self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes()).skip_while(|digit| *digit == b'0')
    }

    fn is_zero(self) -> bool {
        self.digits().next().is_none()
    }

    /// How many places before the point its first digit that is not zero has; not more than none if it stands behind it.
    fn places(self) -> i64 {
        let leading = self.whole.len().saturating_add(self.fraction.len()).saturating_sub(self.digits().count());
        let places = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        if self.is_zero() {
            0
        } else {
            places(self.whole.len()).saturating_sub(places(leading)).saturating_add(self.exponent)
        }
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// An exponent too large for 64 bits is as good as the largest.
fn power(text: &str) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    let power = digits.parse().unwrap_or(i64::MAX);
    Some(if negative { power.saturating_neg() } else { power })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn compares_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (text, limit, expected) in [
            ("0", 0, Equal),
            ("-0", 0, Equal),
            ("-0e9", 0, Equal),
            ("+1", 1, Equal),
            ("1.0", 1, Equal),
            (".5", 1, Less),
            (".5", 0, Greater),
            ("-.5", 0, Less),
            ("-0.5", -1, Greater),
            ("-1.5", -1, Less),
            ("1e-400", 0, Greater),
            ("0.00010e4", 1, Equal),
            ("0.00011e4", 1, Greater),
            ("120E-1", 12, Equal),
            ("1e18", 1_000_000_000_000_000_000, Equal),
            ("9007199254740993.5", 9_007_199_254_740_993, Greater),
            ("9223372036854775807", i64::MAX, Equal),
            ("9223372036854775807.1", i64::MAX, Greater),
            ("9999999999999999999", i64::MAX, Greater),
            ("99999999999999999999", i64::MAX, Greater),
            ("-9223372036854775808", i64::MIN, Equal),
            ("-9223372036854775808.1", i64::MIN, Less),
            ("1e99999999999999999999", i64::MAX, Greater),
            ("1e-99999999999999999999", 0, Greater),
        ] {
            let limit = limit.to_string();
            let (number, limit) = (Decimal::parse(text).unwrap(), Decimal::parse(&limit).unwrap());
            assert_eq!(number.compare(limit), expected, "{number:?} and {limit:?}");
            assert_eq!(limit.compare(number), expected.reverse(), "{limit:?} and {number:?}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn fractions_are_compared_exactly() {
        use Ordering::{Equal, Greater, Less};
        for (text, limit, expected) in [
            ("0.5", ".50", Equal),
            ("0.49999999999999999999999999", "0.5", Less),
            ("0.50000000000000000000000001", "0.5", Greater),
            ("-0.1", "-0.10000000000000000001", Greater),
            ("5e-1", "0.5", Equal),
            ("0.00", "0.5", Less),
            ("0", "-0.5", Greater),
            ("1e-400", "0.5", Less),
            ("100", "99.9", Greater),
            ("9007199254740993", "9007199254740992.5", Greater),
        ] {
            let (number, limit) = (Decimal::parse(text).unwrap(), Decimal::parse(limit).unwrap());
            assert_eq!(number.compare(limit), expected, "{text}");
            assert_eq!(limit.compare(number), expected.reverse(), "{text}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn ends_where_floats_end() {
        for (text, expected) in [
            ("1e308", true),
            ("-1e308", true),
            ("1e309", false),
            ("0e309", true),
            ("0.001e311", true),
            ("100e307", false),
        ] {
            assert_eq!(Decimal::parse(text).map(Decimal::is_finite), Some(expected), "{text}");
            assert_eq!(text.parse().map(f64::is_finite), Ok(expected), "{text}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use super::*;
        use alloc::string::{String, ToString};
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn reads_what_floats_are_read_from(text in r"[-+]?[0-9]{0,3}\.?[0-9]{0,3}([eE][-+]?[0-9]{0,2})?", limit: i16) {
                let float = text.parse::<f64>().ok();
                let ordering = float.and_then(|float| float.partial_cmp(&f64::from(limit)));
                let limit = limit.to_string();
                let limit = Decimal::parse(&limit).unwrap();
                prop_assert_eq!(Decimal::parse(&text).map(|number| number.compare(limit)), ordering);
            }

            #[test]
            fn orders_as_floats_do(texts in prop::array::uniform2(r"-?[0-9]{1,3}\.[0-9]{0,3}(e-?[0-9])?")) {
                let [one, other] = texts.each_ref().map(|text| (Decimal::parse(text).unwrap(), text.parse::<f64>().unwrap()));
                prop_assert_eq!(Some(one.0.compare(other.0)), one.1.partial_cmp(&other.1));
            }

            #[test]
            fn takes_any_text(text: String, digits in "[-+.eE0-9]{0,30}", limit: i64) {
                for text in [text, digits] {
                    let limit = limit.to_string();
                    let limit = Decimal::parse(&limit).unwrap();
                    let read = Decimal::parse(&text).map(|number| number.compare(limit));
                    prop_assert_eq!(read.is_some(), text.parse::<f64>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit()));
                }
            }
        }
    }
}
