use std::time::Duration;

use video_chat_kernel::Timestamp;

use crate::{Decision, Quota};

/// How far `now` may be behind an earlier one before the clock is taken to have stepped back, in ns. Callers on
/// several threads read their clocks a little before they get here.
const JITTER: u64 = 1_000_000_000;

const NANOS_A_MILLI: u64 = 1_000_000;

/// The latest present there is (in the year 2262), and the longest period (a hundred years), in ns: sums of the one
/// and two of the other fit the state, so that nothing saturates and lets everybody in.
const LATEST: u64 = u64::MAX / 2;
const LONGEST: u64 = 100 * 365 * 86_400 * 1_000_000_000;

/// The state of one allowance in 8 bytes: the theoretical arrival time of the generic cell rate algorithm (ITU-T
/// I.371), in ns since the epoch. A new one is full.
///
/// The cost of one unit is rounded up to a whole nanosecond, so that never more passes than the quota says.
///
/// ```
/// use std::time::Duration;
/// use video_chat_auth::{Decision, Gcra, Quota};
/// use video_chat_kernel::Timestamp;
///
/// let quota = Quota { burst: 10, period: Duration::from_secs(60) };
/// let (mut state, now) = (Gcra::default(), Timestamp::from_secs(1_800_000_000));
/// assert_eq!(state.take(quota, 10, now), Decision::Allowed);
/// assert_eq!(state.take(quota, 1, now), Decision::Refused { retry_after: Duration::from_secs(6) });
/// state.give_back(quota, 1);
/// assert_eq!(state.take(quota, 1, now), Decision::Allowed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Gcra(u64);

impl Gcra {
    /// Takes `cost`, or nothing and tells when to come back.
    ///
    /// A clock that steps back costs what is left of the allowance, no more: from then on it refills as always.
    pub fn take(&mut self, quota: Quota, cost: u32, now: Timestamp) -> Decision {
        self.take_at(Rate::of(quota), cost, now)
    }

    fn take_at(&mut self, rate: Rate, cost: u32, now: Timestamp) -> Decision {
        if cost > rate.burst {
            return Decision::Refused { retry_after: Duration::MAX };
        }
        let now = nanos(now);
        let full = now.saturating_add(rate.price(rate.burst));
        if self.0 > full.saturating_add(JITTER) {
            self.0 = full;
        }
        let taken = self.0.max(now).saturating_add(rate.price(cost));
        if taken <= full {
            self.0 = taken;
            Decision::Allowed
        } else {
            let retry_after = Duration::from_millis((taken - full).div_ceil(NANOS_A_MILLI));
            Decision::Refused { retry_after }
        }
    }

    /// Gives back what a [`take`](Gcra::take) of the same quota took. Never raises the allowance above the quota.
    pub fn give_back(&mut self, quota: Quota, cost: u32) {
        self.0 = self.0.saturating_sub(Rate::of(quota).price(cost));
    }

    /// Whether nothing is missing from the allowance at `now`, so that the state need not be remembered.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.0 <= nanos(now)
    }
}

/// A limit of one connection, kept where the connection is.
///
/// Costs no allocation and a few nanoseconds; see [`Gcra`] for its rules. `now` may be any clock in milliseconds,
/// as long as it is always the same.
#[derive(Debug, Clone, Copy)]
pub struct LocalLimit {
    rate: Rate,
    state: Gcra,
}

impl LocalLimit {
    /// A full allowance.
    pub fn new(quota: Quota) -> Self {
        Self { rate: Rate::of(quota), state: Gcra(0) }
    }

    /// Takes `cost`, or nothing and tells when to come back.
    pub fn take(&mut self, cost: u32, now: Timestamp) -> Decision {
        self.state.take_at(self.rate, cost, now)
    }
}

fn nanos(now: Timestamp) -> u64 {
    now.as_millis().saturating_mul(NANOS_A_MILLI).min(LATEST)
}

/// A quota in the algorithm's terms, divided once.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: u32,
    /// How long one unit takes to refill, in ns.
    unit: u64,
}

impl Rate {
    fn of(quota: Quota) -> Self {
        let period = u64::try_from(quota.period.as_nanos()).unwrap_or(LONGEST).min(LONGEST);
        Self { burst: quota.burst, unit: period.div_ceil(u64::from(quota.burst.max(1))) }
    }

    /// How long `cost` takes to refill, in ns.
    fn price(self, cost: u32) -> u64 {
        self.unit.saturating_mul(u64::from(cost))
    }
}

#[cfg(test)]
#[path = "gcra_tests.rs"]
mod tests;
