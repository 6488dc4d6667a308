//! What the nodes of one installation share: a bus, leases, and two kinds of records.
//!
//! An adapter whose backend tells the time ignores the `now` it is given. Every call may be repeated after an
//! [`Unavailable`](video_chat_kernel::Unavailable), whose effect is unknown: doing it twice comes to the same as doing
//! it once.

mod bus;
mod calls;
mod directory;
mod leases;

pub use bus::{Bus, Inbox};
pub use calls::{Abort, CallRecord, CallSide, Calls, LIVE_FOR, OFFER_FOR, OVER_FOR};
pub use directory::{Directory, Elsewhere, Entered, KEPT_FOR, NEWER_BY, Place, Presence};
pub use leases::{GOOD_TIME, LEASE, Leases, Pulse, REAP_FOR};
