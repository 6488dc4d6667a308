//! One packet in text.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::Frame;

/// What JavaScript clients write is padded; some others leave the padding out.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An Engine.IO packet. Which of them are in place, and when, is for the connection to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`, with the handshake's JSON. Only a server sends it.
    Open(&'a str),
    /// `1`
    Close,
    /// `2`, with `probe` behind it in an upgrade.
    Ping(&'a str),
    /// `3`, with `probe` behind it in an upgrade.
    Pong(&'a str),
    /// `4`, with the message in text.
    Message(&'a str),
    /// `b` and base64: a binary message in text, as polling (and a client told to) sends it.
    Binary(Vec<u8>),
    /// `5`
    Upgrade,
    /// `6`
    Noop,
}

/// Why a text is no packet: the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// There is nothing, not even a type.
    #[error("empty packet")]
    Empty,
    /// The first character names no type.
    #[error("unknown packet type")]
    UnknownType,
    /// Close, upgrade or noop with something behind it.
    #[error("unexpected data behind the packet type")]
    UnexpectedData,
    /// A binary message that is not base64.
    #[error("invalid base64")]
    Base64,
}

/// Reads one packet.
///
/// ```
/// use video_chat_socketio::engine::{Packet, decode};
///
/// assert_eq!(decode("4hello"), Ok(Packet::Message("hello")));
/// assert_eq!(decode("bAQID"), Ok(Packet::Binary(vec![1, 2, 3])));
/// assert!(decode("").is_err());
/// ```
pub fn decode(text: &str) -> Result<Packet<'_>, PacketError> {
    let mut characters = text.chars();
    let kind = characters.next().ok_or(PacketError::Empty)?;
    let data = characters.as_str();
    let bare = |packet| if data.is_empty() { Ok(packet) } else { Err(PacketError::UnexpectedData) };
    match kind {
        '0' => Ok(Packet::Open(data)),
        '1' => bare(Packet::Close),
        '2' => Ok(Packet::Ping(data)),
        '3' => Ok(Packet::Pong(data)),
        '4' => Ok(Packet::Message(data)),
        '5' => bare(Packet::Upgrade),
        '6' => bare(Packet::Noop),
        'b' => BASE64.decode(data).map(Packet::Binary).map_err(|_| PacketError::Base64),
        _ => Err(PacketError::UnknownType),
    }
}

/// `1`: the server closes the connection.
pub fn close() -> Frame {
    Frame::text("1")
}

/// `2`: the heartbeat, answered with `3`.
pub fn ping() -> Frame {
    Frame::text("2")
}

/// `3probe`: the answer to the `2probe` with which an upgrade begins.
pub fn probe_answer() -> Frame {
    Frame::text("3probe")
}

/// `6`: releases a pending poll.
pub fn noop() -> Frame {
    Frame::text("6")
}
