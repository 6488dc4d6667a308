use std::fmt;

use serde::{Deserialize, Deserializer, de};
use video_chat_kernel::Timestamp;

/// The latest instant a JavaScript `Date` can tell (ECMA-262 §21.4.1.1), in ms since the epoch. Later ones, and those
/// no integer holds, count as this one: 273,000 years from now is as good as for ever.
const LATEST_MILLIS: u64 = 8_640_000_000_000_000;

/// A `NumericDate` (RFC 7519 §2): seconds since the epoch, an integer or a fraction. Rounded down to a millisecond.
/// Those before the epoch count as the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumericDate(pub(super) Timestamp);

impl NumericDate {
    fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1_000))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest integer there is: saturating is what is wanted"
    )]
    fn from_fraction(secs: f64) -> Self {
        Self::from_millis((secs * 1_000.0) as u64)
    }

    fn from_millis(millis: u64) -> Self {
        Self(Timestamp::from_millis(millis.min(LATEST_MILLIS)))
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }

            fn visit_u64<E>(self, secs: u64) -> Result<NumericDate, E> {
                Ok(NumericDate::from_secs(secs))
            }

            fn visit_i64<E>(self, secs: i64) -> Result<NumericDate, E> {
                Ok(NumericDate::from_secs(u64::try_from(secs).unwrap_or(0)))
            }

            fn visit_f64<E>(self, secs: f64) -> Result<NumericDate, E> {
                Ok(NumericDate::from_fraction(secs))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(json: &str) -> Option<u64> {
        serde_json::from_str::<NumericDate>(json).ok().map(|date| date.0.as_millis())
    }

    #[test]
    fn integers_and_fractions_are_seconds() {
        assert_eq!(millis("1800000000"), Some(1_800_000_000_000));
        assert_eq!(millis("1800000000.0"), Some(1_800_000_000_000));
        assert_eq!(millis("1800000000.75"), Some(1_800_000_000_750));
        assert_eq!(millis("1.8e9"), Some(1_800_000_000_000));
    }

    #[test]
    fn what_no_integer_holds_is_the_nearest_there_is() {
        for huge in ["18446744073709551615", "99999999999999999999999", "1e300"] {
            assert_eq!(millis(huge), Some(LATEST_MILLIS), "{huge}");
        }
        for early in ["0", "-1", "-9223372036854775808", "-1e300", "-0.5"] {
            assert_eq!(millis(early), Some(0), "{early}");
        }
    }

    #[test]
    fn only_numbers_are_dates() {
        for wrong in ["null", "\"1800000000\"", "true", "[]", "{}"] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
