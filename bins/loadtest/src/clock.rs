//! The one place that reads clocks: what is measured here is real time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use video_chat_kernel::Timestamp;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a load generator measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The wall clock, for what a token says.
#[expect(clippy::disallowed_methods, reason = "the server compares tokens with its own clock")]
pub(crate) fn wall() -> Timestamp {
    Timestamp::from_secs(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}
