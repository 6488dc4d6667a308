//! Tokens, roles, admission and GCRA rate limits.

mod limit;
mod port;
mod token;

pub use limit::{Decision, LimitKey, Quota};
pub use port::{BlockList, RateLimiter};
pub use token::{Claims, Role, TokenError, Tokens};
