use std::time::Duration;

/// The rules and bounds of a [`Pool`](crate::Pool).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long both must have waited before they meet their last partner again. Default 3 s; zero: at once.
    pub rematch_after: Duration,
    /// How long a withdrawn ticket's waiting time is kept for its device. Default 10 s; zero: not at all.
    pub grace: Duration,
    /// How long a meeting is remembered. Default 10 min.
    pub remember_for: Duration,
    /// How many meetings are remembered, each the last partner of two devices; the oldest are forgotten first, and
    /// a forgotten one cannot be undone. Default 500,000. Of one device the newest 64 count.
    pub max_meetings: usize,
    /// How many withdrawn tickets are kept; the oldest are forgotten first. Default 1,000,000.
    pub max_withdrawn: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rematch_after: Duration::from_secs(3),
            grace: Duration::from_secs(10),
            remember_for: Duration::from_mins(10),
            max_meetings: 500_000,
            max_withdrawn: 1_000_000,
        }
    }
}
