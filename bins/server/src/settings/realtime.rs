use std::time::Duration;

use super::{keys, reader::Reader};

/// What 0 stands for, in bytes: memory is bounded all the same.
const LARGEST_PAYLOAD: usize = 16 << 20;
/// A CONNECT with its token has to fit.
const SMALLEST_PAYLOAD: usize = 512;

/// Times and sizes of connections and calls.
#[derive(Debug, Clone)]
pub struct Realtime {
    /// Time between two heartbeats.
    pub ping_interval: Duration,
    /// Time a client has to answer one.
    pub ping_timeout: Duration,
    /// The largest frame or polling body, in bytes.
    pub max_payload: usize,
    /// How long a call waits for a peer that vanished; zero: not at all.
    pub reconnect_grace: Duration,
    /// How long two waiters who just parted are kept apart; zero: not at all.
    pub rematch_after: Duration,
    /// How long a stopping server waits for its connections to leave.
    pub drain_timeout: Duration,
}

impl Realtime {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            ping_interval: reader.millis(&keys::PING_INTERVAL_MS),
            ping_timeout: reader.millis(&keys::PING_TIMEOUT_MS),
            max_payload: max_payload(reader),
            reconnect_grace: reader.millis(&keys::RECONNECT_GRACE_MS),
            rematch_after: reader.millis(&keys::REMATCH_AFTER_MS),
            drain_timeout: reader.millis(&keys::DRAIN_TIMEOUT_MS),
        }
    }
}

fn max_payload(reader: &mut Reader) -> usize {
    match reader.integer(&keys::MAX_PAYLOAD) {
        0 => LARGEST_PAYLOAD,
        bytes if bytes < SMALLEST_PAYLOAD => {
            reader.fault(&keys::MAX_PAYLOAD, format!("must be 0 or at least {SMALLEST_PAYLOAD}"));
            SMALLEST_PAYLOAD
        }
        bytes => bytes,
    }
}
