//! Writing packets. Events and acknowledgements are built with [`FrameBuilder`](crate::FrameBuilder).

use crate::{Frame, json};

/// The answer to a CONNECT: `40/ns,{"sid":"…"}`. `sid` is the socket's id, another one than the connection's.
///
/// ```
/// let frame = video_chat_socketio::packet::connect("/signaling", "oSO0OpakMV_3jnilAAAA");
/// assert_eq!(frame.payload(), br#"40/signaling,{"sid":"oSO0OpakMV_3jnilAAAA"}"#);
/// ```
pub fn connect(namespace: &str, sid: &str) -> Frame {
    let mut packet = begin("40", namespace, sid.len() + 10);
    packet.push_str("{\"sid\":");
    json::push_string(&mut packet, sid);
    packet.push('}');
    Frame::text(&packet)
}

/// The refusal of a CONNECT: `44/ns,{"message":"…","data":…}`. `data` is raw JSON.
///
/// ```
/// let frame = video_chat_socketio::packet::connect_error("/", "Not authorized", Some(r#"{"code":"unauthorized"}"#));
/// assert_eq!(frame.payload(), br#"44{"message":"Not authorized","data":{"code":"unauthorized"}}"#);
/// ```
pub fn connect_error(namespace: &str, message: &str, data: Option<&str>) -> Frame {
    let mut packet = begin("44", namespace, message.len() + data.map_or(0, str::len) + 24);
    packet.push_str("{\"message\":");
    json::push_string(&mut packet, message);
    if let Some(data) = data {
        packet.push_str(",\"data\":");
        packet.push_str(data);
    }
    packet.push('}');
    Frame::text(&packet)
}

/// The server takes a socket out of a namespace: `41/ns,`.
///
/// ```
/// assert_eq!(video_chat_socketio::packet::disconnect("/signaling").payload(), b"41/signaling,");
/// ```
pub fn disconnect(namespace: &str) -> Frame {
    Frame::text(&begin("41", namespace, 0))
}

fn begin(kind: &str, namespace: &str, capacity: usize) -> String {
    let mut packet = String::with_capacity(kind.len() + namespace.len() + 1 + capacity);
    packet.push_str(kind);
    if namespace != "/" {
        packet.push_str(namespace);
        packet.push(',');
    }
    packet
}
