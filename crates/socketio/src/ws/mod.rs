//! RFC 6455, the server's side: frames after the handshake.
//!
//! [`Decoder::decode`] takes one frame at a time off the front of the caller's bytes. It unmasks in place and, for a
//! message that is not fragmented, hands out a slice of these very bytes, so that a transport can read into one
//! buffer for a whole thread and needs one of its own only while a frame is incomplete. What a server sends is
//! [`Frame`](crate::Frame), and [`ping`], [`pong`] and [`close`].
//!
//! The handshake (`Sec-WebSocket-Accept`) belongs to the HTTP side and is not here.

mod decoder;
mod encode;
mod header;
#[cfg(test)]
mod tests;

pub use decoder::{Decoded, Decoder, Message};
pub use encode::{client_frame, close, ping, pong, push_client_frame};

/// The most bytes a control frame may carry (RFC 6455 §5.5).
pub const MAX_CONTROL: usize = 125;

/// Why a connection has to be closed. [`code`](Self::code) is the status to close it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WsError {
    /// A message, or its fragments together, over the limit.
    #[error("message too big")]
    TooBig,
    /// Text or a close reason that is not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// A client must mask every frame (§5.1).
    #[error("unmasked frame")]
    Unmasked,
    /// A reserved bit is set, and no extension was agreed on (§5.2).
    #[error("reserved bit set")]
    ReservedBit,
    /// An opcode without a meaning (§5.2).
    #[error("reserved opcode")]
    ReservedOpcode,
    /// A control frame that is fragmented or over [`MAX_CONTROL`] (§5.5).
    #[error("malformed control frame")]
    Control,
    /// A length not in its shortest form, or with the highest bit set (§5.2).
    #[error("malformed length")]
    Length,
    /// A continuation of nothing, or a new message inside another (§5.4).
    #[error("fragment out of place")]
    Fragment,
    /// A close payload of one byte, or a status nobody may send (§5.5.1, §7.4).
    #[error("malformed close")]
    Close,
}

impl WsError {
    /// The close status (§7.4.1): 1009, 1007 or 1002.
    pub fn code(self) -> u16 {
        match self {
            Self::TooBig => 1009,
            Self::Utf8 => 1007,
            _ => 1002,
        }
    }
}
