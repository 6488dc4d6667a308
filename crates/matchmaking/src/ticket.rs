use std::{fmt, sync::Arc};

use video_chat_kernel::{DeviceId, NodeId, Timestamp};

/// The id of one stay in the queue, drawn at random by whoever makes the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketId(u128);

impl TicketId {
    /// The id with these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits of the id.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

/// The text is neither a region nor a language: 1 to 32 of `a-z 0-9 - _` after lower-casing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("1 to 32 characters of a-z, 0-9, - and _ are expected")]
pub struct InvalidCriterion;

fn criterion(text: &str) -> Result<Arc<str>, InvalidCriterion> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=32).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err(InvalidCriterion);
    }
    Ok(text.to_ascii_lowercase().into())
}

macro_rules! criterion {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Lower-cases and accepts `text`.
            ///
            /// # Errors
            /// [`InvalidCriterion`] unless it has 1 to 32 of `a-z 0-9 - _` (BCP 47 tags fit).
            pub fn parse(text: &str) -> Result<Self, InvalidCriterion> {
                criterion(text).map(Self)
            }

            /// The lower-cased text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

criterion!(
    /// Where somebody wants to meet people from; `global` meets everybody.
    Region
);
criterion!(
    /// The language somebody wants to speak; only the same language meets.
    Language
);

impl Region {
    /// The region that meets everybody.
    pub fn global() -> Self {
        Self("global".into())
    }

    /// True for `global`, which is compatible with every region.
    pub fn is_global(&self) -> bool {
        self.as_str() == "global"
    }
}

/// What one device asks of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// This stay in the queue.
    pub id: TicketId,
    /// Who waits.
    pub device: DeviceId,
    /// Where to meet people from.
    pub region: Region,
    /// Which language to speak.
    pub language: Language,
    /// The server process that has the device's connection, and hears of the match.
    pub node: NodeId,
}

/// A ticket that waits for a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Who waits.
    pub device: DeviceId,
    /// Its stay in the queue.
    pub ticket: TicketId,
}

/// A ticket and the instant since when it has been waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// The ticket.
    pub ticket: Ticket,
    /// Since when it waits (kept across a replacement, a withdrawal within the grace, and an undone pairing).
    pub since: Timestamp,
}

/// Two tickets that met. Both have left the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The one that has waited longer.
    pub first: Waiter,
    /// The other.
    pub second: Waiter,
}

/// What a join came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// Nobody compatible waits: the ticket does now.
    Waiting {
        /// Its place, from 1, among the tickets of its language by waiting time: those that compete with it for
        /// the next newcomer.
        position: u64,
        /// Since when it waits.
        since: Timestamp,
    },
    /// It met somebody.
    Matched(Pairing),
}
