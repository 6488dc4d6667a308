//! Engine.IO 4 and Socket.IO 5 without I/O: codecs and connection state machines.
//!
//! Nothing here owns a socket, reads a clock or draws randomness, so it serves any Rust server, and every case can be
//! tested as data. From the wire upwards:
//!
//! | module | what it reads and writes |
//! | --- | --- |
//! | [`ws`] | RFC 6455 frames, the server's side |
//! | [`engine`] | Engine.IO packets, polling bodies, the open packet, error bodies |
//! | [`packet`] | Socket.IO packets and their attachments |
//! | [`json`] | where JSON values begin and end, without building them |
//! | [`session`] | what a connection may do, and when |
//!
//! A message is read in place: the event's name and arguments are slices of the bytes that came off the wire, and
//! arguments stay raw JSON, so that relaying one alters nothing. What goes out is a [`Frame`], encoded once, whatever
//! the transport and however many receivers.
//!
//! All input is taken to be hostile: it is refused with a typed error, never with a panic, and costs time and memory
//! in proportion to its own length at most.
//!
//! ```
//! use video_chat_socketio::{
//!     FrameBuilder, engine, packet,
//!     ws::{self, Decoded, Decoder, Message},
//! };
//!
//! // What a client put on the wire: the event `echo`, to be acknowledged under the number 7.
//! let mut bytes = ws::client_frame(true, 1, br#"42/chat,7["echo",{"n":1.0}]"#, [1, 2, 3, 4]);
//!
//! let mut decoder = Decoder::new(100_000);
//! let Ok(Decoded::Frame { message: Some(Message::Text(text)), .. }) = decoder.decode(&mut bytes) else { panic!() };
//! let Ok(engine::Packet::Message(message)) = engine::decode(&text) else { panic!() };
//! let Ok(packet::Packet::Event(event)) = packet::decode(message) else { panic!() };
//! assert_eq!((event.namespace, &*event.name, event.id), ("/chat", "echo", Some(7)));
//!
//! // The acknowledgement, with the argument exactly as it came.
//! let mut ack = FrameBuilder::ack(event.namespace, 7, 16);
//! ack.push(event.args[0]);
//! assert_eq!(ack.finish_event().payload(), br#"43/chat,7[{"n":1.0}]"#);
//! ```

mod frame;

pub mod engine;
pub mod json;
pub mod packet;
pub mod session;
pub mod ws;

pub use frame::{Frame, FrameBuilder};
