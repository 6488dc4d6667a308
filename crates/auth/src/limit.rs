use std::time::Duration;

/// An allowance: `burst` at once, refilled evenly at `burst` per `period` (GCRA).
///
/// *Unlimited* is the absence of a quota, `Option<Quota>`: an unlimited thing is not counted at all. Where a
/// configuration writes 0 for unlimited, [`Quota::new`] makes that `None`. A burst of 0 written by hand allows
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How much may be taken at once; at least 1.
    pub burst: u32,
    /// How long the whole burst takes to refill. Zero: at once, always.
    pub period: Duration,
}

impl Quota {
    /// `burst` per `period`; `None`, unlimited, when `burst` is 0.
    ///
    /// ```
    /// use std::time::Duration;
    /// use video_chat_auth::Quota;
    ///
    /// assert_eq!(Quota::new(0, Duration::from_secs(60)), None);
    /// assert_eq!(Quota::new(10, Duration::from_secs(60)).map(|quota| quota.burst), Some(10));
    /// ```
    pub const fn new(burst: u32, period: Duration) -> Option<Self> {
        if burst == 0 { None } else { Some(Self { burst, period }) }
    }
}

/// The answer of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Taken.
    Allowed,
    /// Nothing taken; the same call would succeed after this time.
    Refused {
        /// How long to wait, rounded up to a whole millisecond; [`Duration::MAX`] when it never fits, because the
        /// cost is above the burst.
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
