//! Engine.IO 4 and Socket.IO 5 without I/O: codecs and connection state machines.

mod frame;

pub use frame::{Frame, FrameBuilder};
