use std::{fmt, str::FromStr};

use video_chat_kernel::{Entropy, Timestamp};

/// The lengths of the groups of a UUID's text, hyphens between them (RFC 9562 §4).
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The id of a report: a UUID (version 7, so that ids sort by time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportId(pub u128);

impl ReportId {
    /// A new id of version 7 (RFC 9562 §5.7): 48 bits of `now` in milliseconds, then 74 random bits.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let time = u128::from(now.as_millis() & 0xffff_ffff_ffff) << 80;
        let random = u128::from_be_bytes(random) & 0x0fff_3fff_ffff_ffff_ffff;
        Self(time | 0x7 << 76 | 0b10 << 62 | random)
    }

    /// This id when it comes after `last`, else the next one: ids of one process are in the order they were made in, also
    /// within a millisecond (RFC 9562 §6.2, monotonic random).
    #[must_use]
    pub fn after(self, last: Self) -> Self {
        const COUNTED: u128 = (1 << 62) - 1;
        let has_room = last.0 & COUNTED != COUNTED;
        if self <= last && has_room { Self(last.0.saturating_add(1)) } else { self }
    }

    /// The id as sixteen bytes, most significant first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let mut rest = hex.as_str();
        for (place, len) in GROUPS.into_iter().enumerate() {
            let (head, tail) = rest.split_at_checked(len).unwrap_or((rest, ""));
            if place > 0 {
                f.write_str("-")?;
            }
            f.write_str(head)?;
            rest = tail;
        }
        Ok(())
    }
}

/// The text is not a report's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a report id: a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057 is expected")]
pub struct InvalidReportId;

impl FromStr for ReportId {
    type Err = InvalidReportId;

    /// Reads the text form of a UUID: 8-4-4-4-12 hexadecimal digits of either case, nothing around them.
    fn from_str(text: &str) -> Result<Self, InvalidReportId> {
        let mut groups = text.split('-');
        let mut bits = 0_u128;
        for len in GROUPS {
            let group = groups.next().filter(|group| group.len() == len).ok_or(InvalidReportId)?;
            bits = group
                .bytes()
                .try_fold(bits, |bits, digit| Some(bits << 4 | hex_value(digit)?))
                .ok_or(InvalidReportId)?;
        }
        if groups.next().is_some() { Err(InvalidReportId) } else { Ok(Self(bits)) }
    }
}

/// Where the next page of a list begins, as text for an URL: opaque to whoever carries it.
///
/// ```
/// use video_chat_reporting::{Cursor, ReportId};
///
/// let text = Cursor(ReportId(7)).to_string();
/// assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric())); // needs no escaping in an URL
/// assert_eq!(text.parse(), Ok(Cursor(ReportId(7))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub ReportId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{:032x}", self.0.0)
    }
}

/// The text is not a cursor this server made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        // The letter names the form, so that another form can be told from this one later.
        let digits = text.strip_prefix('a').filter(|digits| digits.len() == 32).ok_or(InvalidCursor)?;
        let bits = digits.bytes().try_fold(0, |bits, digit| {
            // One spelling only: a cursor is compared, cached and logged as text.
            if digit.is_ascii_uppercase() { None } else { Some(bits << 4 | hex_value(digit)?) }
        });
        bits.map(|bits| Self(ReportId(bits))).ok_or(InvalidCursor)
    }
}

fn hex_value(digit: u8) -> Option<u128> {
    char::from(digit).to_digit(16).map(u128::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_new_id_has_version_variant_and_time() {
        for byte in [0, 0xff] {
            let id = ReportId::new(Timestamp::from_millis(0x0189_0a5d_ac96), &Fixed(byte));
            assert_eq!(id.0 >> 80, 0x0189_0a5d_ac96);
            assert_eq!(id.0 >> 76 & 0xf, 7);
            assert_eq!(id.0 >> 62 & 0b11, 0b10);
        }
        assert_eq!(
            ReportId::new(Timestamp::from_millis(1), &Fixed(0xff)).to_string(),
            "00000000-0001-7fff-bfff-ffffffffffff"
        );
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(text.parse::<ReportId>().unwrap().to_string(), text);
        assert_eq!(text.to_uppercase().parse::<ReportId>(), text.parse());
        for bad in [
            "",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a805",
            "01890a5d-ac96-774b-bcce-b302099a8057-",
            "01890a5d-ac96-774b-bcce-b302099a805g",
            " 01890a5d-ac96-774b-bcce-b302099a8057",
            "+1890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5dac96--774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a80é",
        ] {
            assert_eq!(bad.parse::<ReportId>(), Err(InvalidReportId), "{bad}");
        }
    }

    #[test]
    fn ids_of_one_millisecond_are_in_the_order_they_were_made_in() {
        let [late, early] = [0x70, 0x10].map(|byte| ReportId::new(Timestamp::from_millis(5), &Fixed(byte)));
        assert!(early.after(late) > late);
        assert_eq!(late.after(early), late);
    }

    proptest! {
        #[test]
        fn ids_and_cursors_round_trip(bits: u128) {
            let id = ReportId(bits);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(Cursor(id).to_string().parse(), Ok(Cursor(id)));
        }

        #[test]
        fn what_is_accepted_is_what_would_be_written(text in "\\PC{0,40}|[0-9a-fA-F-]{36}|a[0-9a-fA-F]{32}") {
            if let Ok(id) = text.parse::<ReportId>() {
                prop_assert_eq!(id.to_string(), text.to_ascii_lowercase());
            }
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        #[test]
        fn ids_sort_by_time(early: u32, later in 1_u64..1_000_000, byte: u8) {
            let first = Timestamp::from_millis(early.into());
            let second = Timestamp::from_millis(u64::from(early) + later);
            prop_assert!(ReportId::new(first, &Fixed(!byte)) < ReportId::new(second, &Fixed(byte)));
        }
    }
}
