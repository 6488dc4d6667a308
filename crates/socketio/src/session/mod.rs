//! The state of one connection, without I/O: time comes in as an argument, what is due comes out as a value.
//!
//! [`Engine`] is the Engine.IO half: heartbeat, transport, upgrade, and how long a connection may live without a
//! namespace. [`Namespaces`] is the Socket.IO half: who is joined where. (Binary packets are put together by
//! [`PendingBinary`](crate::packet::PendingBinary).)
//!
//! The driver of an [`Engine`] hands it every packet that arrives, asks [`Engine::deadline`] when to wake up, and then
//! calls [`Engine::tick`] until nothing is due. It must also call `tick` before it acts on a request, so that what is
//! overdue counts even when a timer fires late.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use video_chat_socketio::{engine::Packet, session::{Due, Engine, Received, Timing, Transport}};
//!
//! let timing = Timing::default();
//! let start = Instant::now();
//! let mut engine = Engine::new(&timing, Transport::WebSocket, start);
//! engine.set_joined(true, &timing, start);
//! let later = start + timing.ping_interval;
//! assert_eq!(engine.deadline(), Some(later));
//! assert_eq!(engine.tick(&timing, later), Some(Due::Ping));
//! assert_eq!(engine.receive(&Packet::Pong(""), &timing, later), Ok(Received::Nothing));
//! assert_eq!(engine.deadline(), Some(later + timing.ping_interval));
//! ```

mod engine;
#[cfg(test)]
mod engine_tests;
mod heartbeat;
mod namespaces;

pub use engine::{Due, Engine, ProbeStep, Received, Timing, Transport, Violation};
pub use namespaces::{Lookup, Namespaces};
