//! Everything a client can see on the wire, over real sockets, on both ways to serve a WebSocket.

#![cfg(test)]

/// Runs a test on an `App` alone (`portable`) and on raw streams (`direct`).
macro_rules! both {
    ($($(#[$meta:meta])* fn $name:ident($mode:ident) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;
            fn run($mode: crate::harness::Mode) $body
            #[test]
            fn portable() { run(crate::harness::Mode::Portable) }
            #[test]
            fn direct() { run(crate::harness::Mode::Direct) }
        }
    )* };
}

mod client;
mod closing;
mod frames;
mod handshake;
mod harness;
mod heartbeat;
mod origins;
mod polling;
mod sockets;
mod upgrade;
