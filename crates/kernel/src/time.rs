use std::time::Duration;

/// A wall-clock instant in whole milliseconds since the Unix epoch (UTC).
///
/// ```
/// use std::time::Duration;
/// use video_chat_kernel::Timestamp;
///
/// let now = Timestamp::from_secs(1_800_000_000);
/// let later = now.after(Duration::from_millis(1_500));
/// assert_eq!(later.as_millis(), 1_800_000_001_500);
/// assert_eq!(later.since(now), Duration::from_millis(1_500));
/// assert_eq!(now.since(later), Duration::ZERO); // a wall clock may step back
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The instant `secs` seconds after the epoch; saturates.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later (a wall clock may step back).
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The instant `duration` later; saturates. Fractions of a millisecond are dropped.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The instant `duration` earlier; saturates at the epoch.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Tells the time to whoever is given one.
pub trait Clock: Send + Sync {
    /// The present instant. May step back, as wall clocks do.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_both_ends_of_time() {
        let end = Timestamp::from_millis(u64::MAX);
        assert_eq!(end.after(Duration::MAX), end);
        assert_eq!(Timestamp::from_secs(u64::MAX), end);
        assert_eq!(Timestamp::from_secs(1).before(Duration::MAX), Timestamp::default());
    }
}
