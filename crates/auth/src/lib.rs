//! Tokens, roles, admission and GCRA rate limits.
//!
//! Nothing here reads a clock, draws randomness or waits for anybody: time is an argument, and what is counted across
//! connections or remembered about blocks is behind the ports [`RateLimiter`] and [`BlockList`].
//!
//! A token is issued, carried by a client, and verified:
//!
//! ```
//! use std::time::Duration;
//! use video_chat_auth::{Role, TokenError, Tokens, bearer};
//! use video_chat_kernel::{DeviceId, Secret, Timestamp};
//!
//! let tokens = Tokens::new(&Secret::new("0123456789abcdef0123456789abcdef"), &[]);
//! let device = DeviceId::parse("phone-1").unwrap();
//! let now = Timestamp::from_secs(1_800_000_000);
//! let header = format!("bearer {}", tokens.issue(&device, Role::User, now, Duration::from_secs(300)));
//!
//! let claims = tokens.verify(bearer(&header).unwrap(), now).unwrap();
//! assert_eq!((claims.device, claims.role), (device, Role::User));
//!
//! let later = now.after(Duration::from_secs(310));
//! assert_eq!(tokens.verify(bearer(&header).unwrap(), later), Err(TokenError::Expired));
//! ```
//!
//! A connection limits itself with a [`LocalLimit`]; what many connections share is counted by a [`RateLimiter`]:
//!
//! ```
//! use std::time::Duration;
//! use video_chat_auth::{Decision, LocalLimit, Quota};
//! use video_chat_kernel::Timestamp;
//!
//! let mut chat = LocalLimit::new(Quota { burst: 2, period: Duration::from_secs(4) });
//! let now = Timestamp::from_secs(1_800_000_000);
//! assert_eq!(chat.take(1, now), Decision::Allowed);
//! assert_eq!(chat.take(1, now), Decision::Allowed);
//! assert_eq!(chat.take(1, now), Decision::Refused { retry_after: Duration::from_secs(2) });
//! assert_eq!(chat.take(1, now.after(Duration::from_secs(2))), Decision::Allowed);
//! ```

mod admission;
mod bearer;
mod gcra;
mod limit;
mod port;
mod role;
mod strength;
mod subject;
mod token;

pub use admission::{Refusal, admit};
pub use bearer::{bearer, connect_token};
pub use gcra::{Gcra, LocalLimit};
pub use limit::{Decision, LimitKey, Quota};
pub use port::{BlockList, RateLimiter};
pub use role::{Role, UnknownRole};
pub use strength::is_weak;
pub use subject::subject_for_ip;
pub use token::{Claims, TokenError, Tokens};
