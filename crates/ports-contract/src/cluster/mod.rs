//! The laws of what nodes share ([`video_chat_signaling::ports`]).
//!
//! Time passes as in the laws of [`match_pool`](crate::match_pool): by argument, or by waiting.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

pub mod bus;
pub mod calls;
pub mod directory;
pub mod leases;

use video_chat_kernel::{DeviceId, NodeId, SessionId};

fn node(number: u8) -> NodeId {
    NodeId::from_bytes([number; 16])
}

fn session(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a valid id")
}
