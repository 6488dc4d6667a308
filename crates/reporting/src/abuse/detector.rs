use std::time::Duration;

use ring::digest::{SHA256, digest};
use video_chat_kernel::{DeviceId, SessionId, Timestamp};

use super::{generations::Generations, window::Window};
use crate::Finding;

/// What the detector is told.
#[derive(Debug, Clone, Copy)]
pub enum Signal<'a> {
    /// A fresh report was stored.
    Reported {
        /// Who reports.
        reporter: &'a DeviceId,
        /// Who is reported.
        reported: &'a DeviceId,
    },
    /// A chat message was relayed.
    Chat {
        /// Who sent it.
        sender: &'a DeviceId,
        /// In which call.
        session: SessionId,
        /// What it says.
        text: &'a str,
    },
    /// A device ended its call, or left it.
    Left {
        /// Who left.
        device: &'a DeviceId,
        /// How long the call had lasted.
        lasted: Duration,
    },
}

/// What a pattern of abuse is made of, and how much of it is too much.
///
/// The defaults are high: a finding should be worth a moderator's look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbuseConfig {
    /// Distinct reporters of one device that make a storm (at least 1, at most 1000, as all thresholds).
    pub storm_reporters: u32,
    /// Within which time.
    pub storm_window: Duration,
    /// Distinct calls with the same text that make spam.
    pub spam_sessions: u32,
    /// Within which time.
    pub spam_window: Duration,
    /// Shorter texts are greetings, not spam; in characters, white space not counted.
    pub spam_min_chars: usize,
    /// Calls left at once that make rapid skipping.
    pub skips: u32,
    /// Within which time.
    pub skip_window: Duration,
    /// A call that lasted longer was not skipped.
    pub skip_shorter_than: Duration,
    /// How many devices (for spam: devices and texts) are watched per pattern; beyond it the longest untouched
    /// are forgotten. Bounds the detector's memory.
    pub capacity: usize,
}

impl Default for AbuseConfig {
    fn default() -> Self {
        Self {
            storm_reporters: 5,
            storm_window: Duration::from_hours(1),
            spam_sessions: 15,
            spam_window: Duration::from_hours(1),
            spam_min_chars: 16,
            skips: 60,
            skip_window: Duration::from_mins(10),
            skip_shorter_than: Duration::from_secs(5),
            capacity: 20_000,
        }
    }
}

/// A pattern of abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Several distinct devices reported one within an hour. Weight: reporters.
    ReportStorm,
    /// The same text went to many calls. Weight: calls.
    ChatSpam,
    /// Many calls were left after a few seconds. Weight: calls.
    RapidSkipping,
}

impl Pattern {
    /// The name in findings, metrics and the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReportStorm => "report_storm",
            Self::ChatSpam => "chat_spam",
            Self::RapidSkipping => "rapid_skipping",
        }
    }
}

/// Watches for patterns of abuse, in bounded memory.
///
/// Feed it what happens with [`observe`](Self::observe); it keeps no text, only hashes. A device is named at most
/// once per pattern and window.
///
/// ```
/// use std::time::Duration;
/// use video_chat_kernel::{DeviceId, Timestamp};
/// use video_chat_reporting::{AbuseConfig, AbuseDetector, Signal};
///
/// let mut detector = AbuseDetector::new(AbuseConfig { skips: 2, ..AbuseConfig::default() });
/// let device = DeviceId::parse("phone").unwrap();
/// let left = Signal::Left { device: &device, lasted: Duration::from_secs(1) };
/// assert!(detector.observe(left, Timestamp::from_secs(100)).is_none());
/// let finding = detector.observe(left, Timestamp::from_secs(103)).unwrap();
/// assert_eq!((finding.pattern, finding.weight), ("rapid_skipping", 2));
/// assert!(detector.observe(left, Timestamp::from_secs(106)).is_none()); // named already
/// ```
pub struct AbuseDetector {
    config: AbuseConfig,
    storms: Generations<DeviceId, Window>,
    spam: Generations<(DeviceId, u128), Window>,
    skips: Generations<DeviceId, Window>,
    /// When a device was last named for a pattern.
    named: Generations<(Pattern, DeviceId), Option<Timestamp>>,
    /// Tells one skip from another.
    counter: u128,
}

impl AbuseDetector {
    /// Watches for what `config` calls too much.
    pub fn new(config: AbuseConfig) -> Self {
        let AbuseConfig { capacity, storm_window, spam_window, skip_window, .. } = config;
        let longest = storm_window.max(spam_window).max(skip_window);
        Self {
            storms: Generations::new(capacity, storm_window),
            spam: Generations::new(capacity, spam_window),
            skips: Generations::new(capacity, skip_window),
            named: Generations::new(capacity, longest),
            counter: 0,
            config,
        }
    }

    /// Takes note of a signal; answers the finding it completes, if any.
    pub fn observe(&mut self, signal: Signal<'_>, now: Timestamp) -> Option<Finding> {
        let config = &self.config;
        let (pattern, device, seen, threshold, span) = match signal {
            Signal::Reported { reporter, reported } => {
                let window = self.storms.touch(reported.clone(), now);
                let (span, threshold) = (config.storm_window, limit(config.storm_reporters));
                let seen = window.note(hash(reporter.as_str()), now, span, threshold);
                (Pattern::ReportStorm, reported, seen, threshold, span)
            }
            Signal::Chat { sender, session, text } => {
                let text = fingerprint(text, config.spam_min_chars)?;
                let window = self.spam.touch((sender.clone(), text), now);
                let (span, threshold) = (config.spam_window, limit(config.spam_sessions));
                let seen = window.note(u128::from_be_bytes(*session.as_bytes()), now, span, threshold);
                (Pattern::ChatSpam, sender, seen, threshold, span)
            }
            Signal::Left { device, lasted } => {
                if lasted >= config.skip_shorter_than {
                    return None;
                }
                self.counter = self.counter.wrapping_add(1);
                let window = self.skips.touch(device.clone(), now);
                let (span, threshold) = (config.skip_window, limit(config.skips));
                let seen = window.note(self.counter, now, span, threshold);
                (Pattern::RapidSkipping, device, seen, threshold, span)
            }
        };
        if seen < threshold {
            return None;
        }
        let named = self.named.touch((pattern, device.clone()), now);
        if named.is_some_and(|at| now.since(at) < span) {
            return None;
        }
        *named = Some(now);
        let weight = u32::try_from(seen).unwrap_or(u32::MAX);
        Some(Finding { pattern: pattern.as_str(), device: device.clone(), weight })
    }
}

/// A threshold is also how much is remembered of one device: it has to be bounded.
fn limit(threshold: u32) -> usize {
    threshold.clamp(1, 1_000) as usize
}

/// The hash of a text without regard to case and white space; `None` when it is shorter than `min_chars`.
fn fingerprint(text: &str, min_chars: usize) -> Option<u128> {
    // The cheap test first: most messages are short.
    if text.len() < min_chars {
        return None;
    }
    let bare = || text.chars().filter(|char| !char.is_whitespace());
    if bare().take(min_chars).count() < min_chars {
        return None;
    }
    let lower: String = bare().flat_map(char::to_lowercase).collect();
    Some(hash(&lower))
}

/// The first half of a SHA-256 digest.
fn hash(text: &str) -> u128 {
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Buy my wonderful thing at example.org";

    fn device(name: &str) -> DeviceId {
        DeviceId::parse(name).unwrap()
    }

    fn detector() -> AbuseDetector {
        let config = AbuseConfig { storm_reporters: 3, spam_sessions: 3, skips: 3, ..AbuseConfig::default() };
        AbuseDetector::new(config)
    }

    fn chat(detector: &mut AbuseDetector, text: &str, session: u8, at: u64) -> Option<Finding> {
        let sender = device("spammer");
        let session = SessionId::from_bytes([session; 16]);
        detector.observe(Signal::Chat { sender: &sender, session, text }, Timestamp::from_secs(at))
    }

    fn report(detector: &mut AbuseDetector, reporter: u64, at: u64) -> Option<Finding> {
        let (who, troll) = (device(&reporter.to_string()), device("troll"));
        let signal = Signal::Reported { reporter: &who, reported: &troll };
        detector.observe(signal, Timestamp::from_secs(at))
    }

    fn leave(detector: &mut AbuseDetector, lasted: u64, at: u64) -> Option<Finding> {
        let device = device("skipper");
        let signal = Signal::Left { device: &device, lasted: Duration::from_secs(lasted) };
        detector.observe(signal, Timestamp::from_secs(at))
    }

    #[test]
    fn a_storm_is_distinct_reporters_within_the_hour() {
        let mut detector = detector();
        for at in 0..10 {
            assert_eq!(report(&mut detector, 1, 10_000 + at), None, "one reporter is no storm");
        }
        assert_eq!(report(&mut detector, 2, 10_020), None);
        let finding = report(&mut detector, 3, 10_030).unwrap();
        assert_eq!(finding, Finding { pattern: "report_storm", device: device("troll"), weight: 3 });
        assert_eq!(report(&mut detector, 4, 10_040), None, "named once per window");
        assert_eq!(report(&mut detector, 5, 13_620), None, "still the same window");
        assert_eq!(report(&mut detector, 6, 13_630), Some(finding), "named again in the next");
    }

    #[test]
    fn reporters_spread_over_more_than_an_hour_are_no_storm() {
        let mut detector = detector();
        for reporter in 0..20 {
            assert_eq!(report(&mut detector, reporter, 10_000 + reporter * 1_800), None);
        }
    }

    #[test]
    fn spam_is_one_text_in_many_calls() {
        let mut detector = detector();
        for _ in 0..5 {
            assert_eq!(chat(&mut detector, TEXT, 1, 10_000), None, "one call is no spam");
        }
        assert_eq!(chat(&mut detector, &TEXT.to_uppercase(), 2, 10_001), None);
        assert_eq!(chat(&mut detector, "something else altogether", 3, 10_002), None);
        let found = chat(&mut detector, &format!(" {} ", TEXT.replace(' ', "  ")), 3, 10_003).unwrap();
        assert_eq!(found, Finding { pattern: "chat_spam", device: device("spammer"), weight: 3 });
        for session in 4..10 {
            let other = "another text that goes to many";
            assert_eq!(chat(&mut detector, other, session, 10_004), None, "named once, whatever the text");
        }
    }

    #[test]
    fn greetings_are_no_spam() {
        let mut detector = detector();
        for session in 0..100 {
            assert_eq!(chat(&mut detector, "hello there :)", session, 10_000), None);
            assert_eq!(chat(&mut detector, &" ".repeat(1_000), session, 10_000), None);
        }
    }

    #[test]
    fn skipping_is_many_short_calls_in_ten_minutes() {
        let mut detector = detector();
        for at in 0..100 {
            assert_eq!(leave(&mut detector, 5, 10_000 + at), None, "a call of five seconds is a call");
            assert_eq!(leave(&mut detector, 4, 20_000 + at * 400), None, "now and then is no abuse");
        }
        assert_eq!(leave(&mut detector, 0, 100_000), None);
        assert_eq!(leave(&mut detector, 0, 100_003), None);
        let finding = leave(&mut detector, 4, 100_006).unwrap();
        assert_eq!(finding, Finding { pattern: "rapid_skipping", device: device("skipper"), weight: 3 });
    }

    #[test]
    fn a_flood_of_devices_is_bounded_in_memory() {
        let mut detector = AbuseDetector::new(AbuseConfig { capacity: 100, ..AbuseConfig::default() });
        for number in 0..5_000_u64 {
            let (one, other) = (device(&number.to_string()), device(&(number + 1).to_string()));
            let now = Timestamp::from_millis(number);
            detector.observe(Signal::Reported { reporter: &one, reported: &other }, now);
            detector.observe(Signal::Left { device: &one, lasted: Duration::ZERO }, now);
            let session = SessionId::from_bytes([1; 16]);
            let text = format!("{TEXT} {number}");
            detector.observe(Signal::Chat { sender: &one, session, text: &text }, now);
        }
        assert!(detector.storms.len() <= 100 && detector.spam.len() <= 100);
        assert!(detector.skips.len() <= 100 && detector.named.len() <= 100);
    }
}
