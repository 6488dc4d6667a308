//! Instants as text.

use video_chat_kernel::Timestamp;

/// `at` as ISO 8601 in UTC with milliseconds: `2026-11-24T04:22:11.000Z`.
pub(super) fn format(at: Timestamp) -> String {
    let (days, secs) = (at.as_secs() / 86_400, at.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
    let millis = at.as_millis() % 1_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Year, month and day of the day `days` after 1970-01-01, in the Gregorian calendar.
///
/// Counted in years that begin on 1 March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    /// Days from 0000-03-01 to 1970-01-01, and in 400, 100 and 4 years.
    const EPOCH: u64 = 719_468;
    const IN_400: u64 = 146_097;
    const IN_100: u64 = 36_524;
    const IN_4: u64 = 1_461;

    let days = days.saturating_add(EPOCH);
    let (era, day) = (days / IN_400, days % IN_400);
    let year = (day - day / (IN_4 - 1) + day / IN_100 - day / (IN_400 - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months of 153 days, twice over: March to July, August to December; then January and February.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    (era * 400 + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (1_795_494_131_000, "2026-11-24T04:22:11.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(format(Timestamp::from_millis(millis)), text);
        }
    }

    #[test]
    fn days_follow_one_another() {
        let lengths = |year: u64| {
            let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        };
        let mut days = 0;
        for year in 1970..2410 {
            for (month, length) in (1..).zip(lengths(year)) {
                for day in 1..=length {
                    assert_eq!(civil(days), (year, month, day));
                    days += 1;
                }
            }
        }
    }
}
