//! The packet that opens a connection.

use std::time::Duration;

use crate::{Frame, json};

/// What a server tells a new connection.
///
/// ```
/// use std::time::Duration;
/// use video_chat_socketio::engine::Open;
///
/// let open = Open {
///     sid: "lv_VI97HAXpY6yYWAAAC",
///     upgrades: &["websocket"],
///     ping_interval: Duration::from_secs(25),
///     ping_timeout: Duration::from_secs(20),
///     max_payload: 131_072,
/// };
/// assert_eq!(
///     open.encode().payload(),
///     br#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":131072}"#,
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// The connection's id, a secret shared with the client.
    pub sid: &'a str,
    /// The transports it may upgrade to: `["websocket"]` on polling, none on WebSocket.
    pub upgrades: &'a [&'a str],
    /// How often the server pings (sent in whole milliseconds).
    pub ping_interval: Duration,
    /// How long it waits for the answer (sent in whole milliseconds).
    pub ping_timeout: Duration,
    /// The most bytes the client may put in one message or polling body.
    pub max_payload: usize,
}

impl Open<'_> {
    /// The packet `0{…}`.
    pub fn encode(&self) -> Frame {
        let mut packet = String::with_capacity(160);
        packet.push_str("0{\"sid\":");
        json::push_string(&mut packet, self.sid);
        packet.push_str(",\"upgrades\":[");
        for (nth, upgrade) in self.upgrades.iter().enumerate() {
            if nth > 0 {
                packet.push(',');
            }
            json::push_string(&mut packet, upgrade);
        }
        packet.push_str("],\"pingInterval\":");
        packet.push_str(&self.ping_interval.as_millis().to_string());
        packet.push_str(",\"pingTimeout\":");
        packet.push_str(&self.ping_timeout.as_millis().to_string());
        packet.push_str(",\"maxPayload\":");
        packet.push_str(&self.max_payload.to_string());
        packet.push('}');
        Frame::text(&packet)
    }
}
