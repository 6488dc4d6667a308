//! Engine.IO 4 and Socket.IO 5 without I/O: codecs and connection state machines.

mod frame;

pub mod engine;
pub mod json;
pub mod packet;
pub mod session;
pub mod ws;

pub use frame::{Frame, FrameBuilder};
