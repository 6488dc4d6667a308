//! Time in slots, so that what is due for many connections takes one wake-up.

use std::time::{Duration, Instant};

use crate::clock::now;

/// How many slots there are to a ping interval: 25 s have slots of 195 ms, which no client notices.
const AN_INTERVAL: u32 = 128;

/// Spans of one length. What is due within one is done at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots {
    origin: Instant,
    nanos: u128,
}

impl Slots {
    /// Slots for heartbeats that come so often.
    pub(crate) fn of(ping_interval: Duration) -> Self {
        Self { origin: now(), nanos: (ping_interval / AN_INTERVAL).as_nanos().max(1) }
    }

    /// The end of the slot that `at` is in: at most one length later.
    pub(crate) fn end_of(&self, at: Instant) -> Instant {
        let since = at.saturating_duration_since(self.origin).as_nanos();
        let left = since.next_multiple_of(self.nanos) - since;
        at + Duration::from_nanos(u64::try_from(left).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_at_about_the_same_time_is_done_together() {
        let slots = Slots::of(Duration::from_millis(1_280));
        let at = |millis| slots.origin + Duration::from_millis(millis);
        for (due, done) in [(0, 0), (1, 10), (9, 10), (10, 10), (11, 20), (1_285, 1_290)] {
            assert_eq!(slots.end_of(at(due)), at(done));
        }
    }

    #[test]
    fn an_interval_of_nothing_has_slots_of_next_to_nothing() {
        let slots = Slots::of(Duration::ZERO);
        assert_eq!(slots.end_of(slots.origin), slots.origin);
    }
}
