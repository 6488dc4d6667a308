//! What two people in a call say to each other through the server, and the life of the call itself.
//!
//! - [`ClientEvent::parse`] turns an event's name and [`Payload`] into a typed event, or a [`Rejection`] with
//!   a stable [`Code`]. What is relayed stays a slice of the client's own text: it is checked, never re-encoded.
//! - [`ServerEvent`] names every event the server emits and writes its payload.
//! - [`ports`] is what the nodes of one installation share, so that both ends of a call need not be at one.
//! - [`wire`] is how nodes speak to each other, [`link`] what makes that reliable over any bus.
//! - [`Call`] is the state machine of one call: live, held while one side is away, ended. It reads no clock.
//!
//! ```
//! use video_chat_signaling::{ClientEvent, Payload, SignalKind};
//! use video_chat_socketio::packet::{Packet, decode};
//!
//! let text = r#"2["send-offer",{"sessionId":"s-1","data":{"type":"offer","sdp":"v=0"},"extra":1}]"#;
//! let Ok(Packet::Event(event)) = decode(text) else { panic!() };
//! let payload = Payload { raw: event.args.first().copied(), members: &event.members };
//! let event = ClientEvent::parse(&event.name, payload).unwrap();
//! let ClientEvent::Signal(signal) = event else { panic!() };
//! assert_eq!(signal.kind, SignalKind::Offer);
//! assert_eq!(signal.data, r#"{"type":"offer","sdp":"v=0"}"#);
//! ```

mod call;
mod client;
mod code;
pub mod link;
mod payload;
pub mod ports;
mod server;
mod text;
pub mod wire;

pub use call::{Away, Call, EndReason, Ended, Full, KeptRelay, Lost, Participant, Resumed, Route, Side};
pub use client::{
    CandidateType, ChatMessage, ClientEvent, ConnectionState, JoinQueue, Reaction, Signal, SignalKind,
    StateReport,
};
pub use code::{Code, Rejection};
pub use payload::Payload;
pub use server::{Matched, Role, ServerEvent, write_json_string};
pub use text::{char_count, is_one_grapheme};
