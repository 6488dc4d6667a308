//! Who meets whom: tickets, compatibility and the pool.

mod port;
mod ticket;

pub use port::MatchPool;
pub use ticket::{InvalidCriterion, Joined, Language, Pairing, Region, Ticket, TicketId, Waiter};
