//! The bodies of polling requests.

use std::str::Split;

use base64::Engine as _;

use super::packet::{BASE64, Packet, PacketError, decode};
use crate::Frame;

/// Separates packets. It cannot be inside one: JSON allows no bare control characters.
const SEPARATOR: char = '\x1e';

/// The packets of a polling request's body, decoded one by one.
///
/// ```
/// use video_chat_socketio::engine::{Packet, decode_payload};
///
/// let packets: Result<Vec<_>, _> = decode_payload("4hello\x1e3").collect();
/// assert_eq!(packets, Ok(vec![Packet::Message("hello"), Packet::Pong("")]));
/// ```
pub fn decode_payload(body: &str) -> Payload<'_> {
    Payload { packets: body.split(SEPARATOR) }
}

/// The packets of a polling body: see [`decode_payload`].
#[derive(Debug, Clone)]
pub struct Payload<'a> {
    packets: Split<'a, char>,
}

impl<'a> Iterator for Payload<'a> {
    type Item = Result<Packet<'a>, PacketError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.packets.next().map(decode)
    }
}

/// The body of a poll's answer: the frames' packets, binary ones in base64.
///
/// ```
/// use video_chat_socketio::{Frame, engine::encode_payload};
///
/// let body = encode_payload(&[Frame::text("4hello"), Frame::binary(&[1, 2, 3, 4])]);
/// assert_eq!(body, b"4hello\x1ebAQIDBA==");
/// ```
pub fn encode_payload<'a, F>(frames: F) -> Vec<u8>
where
    F: IntoIterator<Item = &'a Frame, IntoIter: Clone>,
{
    let frames = frames.into_iter();
    let mut body = Vec::with_capacity(frames.clone().map(encoded_len).sum());
    for (nth, frame) in frames.enumerate() {
        if nth > 0 {
            body.push(SEPARATOR as u8);
        }
        if frame.is_binary() {
            body.push(b'b');
            body.extend_from_slice(BASE64.encode(frame.payload()).as_bytes());
        } else {
            body.extend_from_slice(frame.payload());
        }
    }
    body
}

/// How long a frame's packet becomes, its separator included.
fn encoded_len(frame: &Frame) -> usize {
    let length = frame.payload().len();
    if frame.is_binary() { length.div_ceil(3) * 4 + 2 } else { length + 1 }
}
