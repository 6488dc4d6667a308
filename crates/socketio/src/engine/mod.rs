//! Engine.IO 4: packets, polling payloads, the open packet and the error bodies.
//!
//! Over WebSocket a text frame is one packet in text ([`decode`]) and a binary frame is one binary message without a
//! type. Polling carries several packets in one body ([`decode_payload`], [`encode_payload`]), binary ones in base64.

mod error;
mod open;
mod packet;
mod payload;
#[cfg(test)]
mod tests;

pub use error::ErrorCode;
pub use open::Open;
pub use packet::{Packet, PacketError, close, decode, noop, ping, probe_answer};
pub use payload::{Payload, decode_payload, encode_payload};
