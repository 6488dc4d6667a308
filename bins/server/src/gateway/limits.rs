//! What one connection may do in a while.

use std::time::Duration;

use video_chat_auth::{Decision, LocalLimit, Quota};
use video_chat_kernel::Timestamp;

/// Bytes of events a connection may send for each event it may send.
const BYTES_AN_EVENT: u32 = 8 * 1024;

/// Chat messages: five a second, twenty at once.
const CHAT: Quota = Quota { burst: 20, period: Duration::from_secs(4) };
/// How many bursts may be refused, and answered so, before a connection is closed.
const PATIENCE: u32 = 3;

/// The allowances of one connection. Unlimited ones are absent.
pub(super) struct Limits {
    events: Option<LocalLimit>,
    bytes: Option<LocalLimit>,
    chat: Option<LocalLimit>,
    /// CONNECT packets, apart from events: a client that has only just joined has its whole burst.
    connects: Option<LocalLimit>,
    /// Refusals that are answered before the connection is closed.
    patience: Option<LocalLimit>,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be handled.
    Pass,
    /// It is refused by this limit.
    Refuse { limit: &'static str, retry_after: Duration },
    /// It is refused, and so have many before it: close the connection.
    Flood,
}

impl Limits {
    /// Allowances of a connection that may send so many events; `None`: everything goes.
    pub(super) fn new(events: Option<Quota>, max_payload: usize) -> Self {
        let Some(Quota { burst, period }) = events else {
            return Self { events: None, bytes: None, chat: None, connects: None, patience: None };
        };
        let limit = |burst, period| Some(LocalLimit::new(Quota { burst, period }));
        // Whatever the rate, a few frames of the largest size always fit.
        let largest = u32::try_from(max_payload).unwrap_or(u32::MAX).saturating_mul(4);
        Self {
            events: limit(burst, period),
            bytes: limit(burst.saturating_mul(BYTES_AN_EVENT).max(largest), period),
            chat: Some(LocalLimit::new(CHAT)),
            connects: limit(burst, period),
            patience: limit(burst.saturating_mul(PATIENCE), period.saturating_mul(PATIENCE)),
        }
    }

    /// An event of `bytes` arrived.
    pub(super) fn event(&mut self, bytes: usize, now: Timestamp) -> Verdict {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let refused = take(&mut self.events, 1, now)
            .map(|retry| ("events", retry))
            .or_else(|| take(&mut self.bytes, bytes, now).map(|retry| ("bytes", retry)));
        match refused {
            None => Verdict::Pass,
            Some((limit, retry_after)) => self.refuse(limit, retry_after, now),
        }
    }

    /// A chat message arrived, already counted as an event.
    pub(super) fn chat(&mut self, now: Timestamp) -> Verdict {
        match take(&mut self.chat, 1, now) {
            None => Verdict::Pass,
            Some(retry_after) => self.refuse("chat", retry_after, now),
        }
    }

    /// A CONNECT arrived. It is limited as events are, or joining anew would be a flood that nobody counts.
    pub(super) fn connect(&mut self, now: Timestamp) -> Verdict {
        match take(&mut self.connects, 1, now) {
            None => Verdict::Pass,
            Some(retry_after) => self.refuse("events", retry_after, now),
        }
    }

    fn refuse(&mut self, limit: &'static str, retry_after: Duration, now: Timestamp) -> Verdict {
        match take(&mut self.patience, 1, now) {
            None => Verdict::Refuse { limit, retry_after },
            Some(_) => Verdict::Flood,
        }
    }
}

/// Takes `cost`, or tells how long to wait.
fn take(limit: &mut Option<LocalLimit>, cost: u32, now: Timestamp) -> Option<Duration> {
    match limit.as_mut()?.take(cost, now) {
        Decision::Allowed => None,
        Decision::Refused { retry_after } => Some(retry_after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const EVENTS: Option<Quota> = Some(Quota { burst: 300, period: Duration::from_secs(3) });

    fn passed(limits: &mut Limits, events: usize, now: Timestamp) -> usize {
        (0..events).filter(|_| limits.event(10, now) == Verdict::Pass).count()
    }

    #[test]
    fn a_burst_of_three_seconds_then_the_rate() {
        let mut limits = Limits::new(EVENTS, 131_072);
        assert_eq!(passed(&mut limits, 500, NOW), 300);
        assert_eq!(passed(&mut limits, 500, NOW.after(Duration::from_secs(1))), 100);
        assert!(matches!(
            limits.event(10, NOW.after(Duration::from_secs(1))),
            Verdict::Refuse { limit: "events", retry_after } if retry_after <= Duration::from_millis(10)
        ));
    }

    #[test]
    fn chat_has_its_own_allowance() {
        let mut limits = Limits::new(EVENTS, 131_072);
        assert_eq!((0..30).filter(|_| limits.chat(NOW) == Verdict::Pass).count(), 20);
        let later = NOW.after(Duration::from_secs(1));
        assert_eq!((0..30).filter(|_| limits.chat(later) == Verdict::Pass).count(), 5);
    }

    #[test]
    fn bytes_count_too() {
        let mut limits = Limits::new(EVENTS, 131_072);
        let large = (0..50).filter(|_| limits.event(131_072, NOW) == Verdict::Pass).count();
        assert_eq!(large, 300 * 8 * 1024 / 131_072);
        assert!(matches!(limits.event(131_072, NOW), Verdict::Refuse { limit: "bytes", .. }));
    }

    #[test]
    fn a_flood_is_closed_after_a_while() {
        let mut limits = Limits::new(EVENTS, 131_072);
        let mut verdicts = (0..2_000).map(|_| limits.event(10, NOW));
        assert_eq!(verdicts.position(|verdict| verdict == Verdict::Flood), Some(300 + 900));
    }

    #[test]
    fn zero_is_unlimited() {
        let mut limits = Limits::new(None, 131_072);
        assert_eq!(passed(&mut limits, 10_000, NOW), 10_000);
        assert!((0..1_000).all(|_| limits.chat(NOW) == Verdict::Pass));
    }
}
