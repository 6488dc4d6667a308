//! Socket.IO 5 packets: what an Engine.IO message (`4…`) holds.
//!
//! [`decode`] reads what clients send, borrowing everything from the text. The functions that write packets return
//! whole frames, the `4` included.

mod attachments;
mod decode;
mod encode;
mod few;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use attachments::{AttachmentError, PendingBinary};
pub use decode::decode;
pub use encode::{connect, connect_error, disconnect};
pub use few::Few;

use crate::json::JsonError;

/// The most binary attachments one packet may announce.
pub const MAX_ATTACHMENTS: u8 = 10;

/// Arguments, each raw JSON exactly as written. Binary ones are placeholders.
pub type Args<'a> = Few<&'a str, 4>;

/// The members of an object, in order and duplicates included: the name as written, with the quotes and escapes
/// unresolved (see [`unescape`](crate::json::unescape)), and the value as written.
pub type Members<'a> = Few<(&'a str, &'a str), 4>;

/// A packet of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: asks to join a namespace.
    Connect {
        /// Which: `/` or `/name`.
        namespace: &'a str,
        /// The auth payload, raw JSON of an object, when there is one.
        auth: Option<&'a str>,
    },
    /// `1`: leaves a namespace.
    Disconnect {
        /// Which.
        namespace: &'a str,
    },
    /// `2` or `5`: an event. With `attachments` > 0 as many binary messages follow before it is complete.
    Event(Event<'a>),
    /// `3` or `6`: the answer to an event of the server. With `attachments` > 0 binary messages follow.
    Ack(Ack<'a>),
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The namespace it is sent in.
    pub namespace: &'a str,
    /// Under which number the client wants it acknowledged, if it does.
    pub id: Option<u64>,
    /// Its name, unescaped.
    pub name: Cow<'a, str>,
    /// Its arguments, raw JSON.
    pub args: Args<'a>,
    /// The members of the first argument, when that is an object: nobody has to scan it again.
    pub members: Members<'a>,
    /// How many binary messages belong to it ([`MAX_ATTACHMENTS`] at most).
    pub attachments: u8,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The namespace it is sent in.
    pub namespace: &'a str,
    /// Which event it answers.
    pub id: u64,
    /// Its arguments, raw JSON.
    pub args: Args<'a>,
    /// How many binary messages belong to it ([`MAX_ATTACHMENTS`] at most).
    pub attachments: u8,
}

/// Why a text is no packet a client may send: the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The first character names no type, or there is none.
    #[error("unknown packet type")]
    UnknownType,
    /// A packet only servers send (`CONNECT_ERROR`).
    #[error("packet type only for servers")]
    ServerOnly,
    /// The number of attachments is missing or malformed.
    #[error("malformed number of attachments")]
    Attachments,
    /// More than [`MAX_ATTACHMENTS`].
    #[error("too many attachments")]
    TooManyAttachments,
    /// An acknowledgement id that does not fit 64 bits, is missing where one is due, or is there where none is.
    #[error("malformed acknowledgement id")]
    Id,
    /// The payload is not JSON, or something follows it.
    #[error("invalid JSON: {0}")]
    Json(#[from] JsonError),
    /// A payload of the wrong shape: an event or acknowledgement that is no array, an auth payload that is no object,
    /// a DISCONNECT with a payload.
    #[error("invalid payload")]
    Payload,
    /// An event without a name, or whose name is no string.
    #[error("invalid event name")]
    EventName,
    /// An event with a name that Socket.IO keeps for itself.
    #[error("reserved event name")]
    ReservedName,
}
