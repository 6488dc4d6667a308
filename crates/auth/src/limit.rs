use std::time::Duration;

/// An allowance: `burst` at once, refilled evenly at `burst` per `period` (GCRA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How much may be taken at once; at least 1.
    pub burst: u32,
    /// How long the whole burst takes to refill.
    pub period: Duration,
}

/// The answer of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Taken.
    Allowed,
    /// Nothing taken; the same call would succeed after this time.
    Refused {
        /// How long to wait, rounded up to a whole millisecond.
        retry_after: Duration,
    },
}

/// What is counted: a limit's name and whom it counts for (a device, an address).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LimitKey {
    /// The limit's name, such as `join` or `http`: a constant.
    pub limit: &'static str,
    /// Whom it counts for.
    pub subject: Box<str>,
}
