//! The one place that reads the clock.

use std::time::Instant;

/// The time.
#[expect(clippy::disallowed_methods, reason = "a transport is where time comes from")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
