//! Pings, and how long their answers may take.

use std::time::{Duration, Instant};

/// A ping fired this much late is dated to when it was due, so that timers that round up do not lengthen the deadline.
const TIMER_SLACK: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The next ping is to be sent then.
    Quiet { ping_at: Instant },
    /// A ping was sent; its answer must come before then.
    Awaiting { answer_by: Instant },
}

/// The heartbeat of a connection: the server pings, the client answers.
#[derive(Debug)]
pub(super) struct Heartbeat {
    phase: Phase,
    /// Set while the driver reads nothing, because a handler is at work: a missing answer is not the client's fault.
    paused: bool,
}

/// What became due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Ping,
    TimedOut,
}

impl Heartbeat {
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        Self { phase: Phase::Quiet { ping_at: now + interval }, paused: false }
    }

    /// When [`Self::tick`] has something to say; none while paused with a ping unanswered.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Quiet { ping_at } => Some(ping_at),
            Phase::Awaiting { .. } if self.paused => None,
            Phase::Awaiting { answer_by } => Some(answer_by),
        }
    }

    pub(super) fn tick(&mut self, timeout: Duration, now: Instant) -> Option<Beat> {
        if now < self.deadline()? {
            return None;
        }
        match self.phase {
            Phase::Quiet { ping_at } => {
                let late = now.saturating_duration_since(ping_at);
                let sent = if late <= TIMER_SLACK { ping_at } else { now };
                self.phase = Phase::Awaiting { answer_by: sent + timeout };
                Some(Beat::Ping)
            }
            Phase::Awaiting { .. } => Some(Beat::TimedOut),
        }
    }

    /// The client answered. An answer nobody asked for changes nothing, or a client could put off pings for ever.
    pub(super) fn pong(&mut self, interval: Duration, now: Instant) {
        if matches!(self.phase, Phase::Awaiting { .. }) {
            self.phase = Phase::Quiet { ping_at: now + interval };
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn pause(&mut self) {
        self.paused = true;
    }

    /// Reads again. An answer may have been waiting unread: it gets a full time-out.
    pub(super) fn resume(&mut self, timeout: Duration, now: Instant) {
        if self.paused
            && let Phase::Awaiting { answer_by } = &mut self.phase
            && *answer_by <= now
        {
            *answer_by = now + timeout;
        }
        self.paused = false;
    }
}

/// Some instant for tests to start from: only differences matter.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "there is no other way to make an `Instant`")]
pub(super) fn any_instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(300);
    const TIMEOUT: Duration = Duration::from_millis(200);

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn pings_after_the_interval_and_again_after_the_answer() {
        let t = any_instant();
        let mut beat = Heartbeat::new(INTERVAL, t);
        assert_eq!(beat.tick(TIMEOUT, at(t, 299)), None);
        assert_eq!(beat.tick(TIMEOUT, at(t, 300)), Some(Beat::Ping));
        beat.pong(INTERVAL, at(t, 310));
        assert_eq!(beat.deadline(), Some(at(t, 610)));
        assert_eq!(beat.tick(TIMEOUT, at(t, 610)), Some(Beat::Ping));
    }

    #[test]
    fn times_out_exactly_at_the_deadline() {
        let t = any_instant();
        let mut beat = Heartbeat::new(INTERVAL, t);
        assert_eq!(beat.tick(TIMEOUT, at(t, 302)), Some(Beat::Ping));
        assert_eq!(beat.tick(TIMEOUT, at(t, 499)), None);
        assert_eq!(beat.tick(TIMEOUT, at(t, 500)), Some(Beat::TimedOut));
    }

    #[test]
    fn a_very_late_ping_counts_from_its_sending() {
        let t = any_instant();
        let mut beat = Heartbeat::new(INTERVAL, t);
        assert_eq!(beat.tick(TIMEOUT, at(t, 450)), Some(Beat::Ping));
        assert_eq!(beat.tick(TIMEOUT, at(t, 649)), None);
        assert_eq!(beat.tick(TIMEOUT, at(t, 650)), Some(Beat::TimedOut));
    }

    #[test]
    fn unasked_answers_do_not_put_off_the_ping() {
        let t = any_instant();
        let mut beat = Heartbeat::new(INTERVAL, t);
        beat.pong(INTERVAL, at(t, 290));
        assert_eq!(beat.tick(TIMEOUT, at(t, 300)), Some(Beat::Ping));
    }

    #[test]
    fn a_pause_forgives_the_answer_that_was_not_read() {
        let t = any_instant();
        let mut beat = Heartbeat::new(INTERVAL, t);
        beat.pause();
        assert_eq!(beat.tick(TIMEOUT, at(t, 300)), Some(Beat::Ping));
        assert_eq!(beat.deadline(), None);
        assert_eq!(beat.tick(TIMEOUT, at(t, 9_000)), None);
        beat.resume(TIMEOUT, at(t, 9_000));
        assert_eq!(beat.tick(TIMEOUT, at(t, 9_199)), None);
        assert_eq!(beat.tick(TIMEOUT, at(t, 9_200)), Some(Beat::TimedOut));
    }
}
