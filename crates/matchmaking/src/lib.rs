//! Who meets whom: tickets, compatibility and the pool.
//!
//! A device asks for company with a [`Ticket`]; two [`compatible`] tickets make a [`Pairing`], the longest waiting
//! first. [`MatchPool`] is the port through which a server asks, [`Pool`] the rules themselves: no I/O, no clock,
//! no randomness in its answers. It is the engine of the in-memory adapter and the reference for any other.
//!
//! ```
//! use video_chat_kernel::{DeviceId, NodeId, Timestamp};
//! use video_chat_matchmaking::{Joined, Language, Pool, Region, Settings, Ticket, TicketId};
//!
//! let ticket = |bits, device, region| Ticket {
//!     id: TicketId::from_bits(bits),
//!     device: DeviceId::parse(device).unwrap(),
//!     region: Region::parse(region).unwrap(),
//!     language: Language::parse("en").unwrap(),
//!     node: NodeId::from_bytes([1; 16]),
//! };
//! let at = Timestamp::from_millis;
//! let mut pool = Pool::new(Settings::default());
//!
//! // Two regions that do not meet: both wait, and know their places.
//! let first = pool.join(ticket(1, "anna", "eu"), at(1_000));
//! assert_eq!(first, Joined::Waiting { position: 1, since: at(1_000) });
//! let second = pool.join(ticket(2, "ben", "us"), at(2_000));
//! assert_eq!(second, Joined::Waiting { position: 2, since: at(2_000) });
//!
//! // `global` meets everybody, so it gets the one that has waited longest.
//! let Joined::Matched(pairing) = pool.join(ticket(3, "cleo", "global"), at(3_000)) else { panic!() };
//! assert_eq!(pairing.first.ticket.device.as_str(), "anna");
//! assert_eq!(pairing.second.ticket.device.as_str(), "cleo");
//! assert_eq!(pool.waiting(), 1);
//! ```

mod compatibility;
mod pool;
mod port;
mod settings;
mod ticket;

pub use compatibility::{Compatibility, LastPartner, Party, compatible};
pub use pool::Pool;
pub use port::{MatchPool, REAP_BATCH};
pub use settings::Settings;
pub use ticket::{Held, InvalidCriterion, Joined, Language, Pairing, Region, Ticket, TicketId, Waiter};
