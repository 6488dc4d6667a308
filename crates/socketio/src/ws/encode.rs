//! Frames that are no messages, and those of a client.

use bytes::Bytes;

use super::{MAX_CONTROL, decoder::unmask};

/// A ping. Of `payload` the first [`MAX_CONTROL`] bytes are sent.
pub fn ping(payload: &[u8]) -> Bytes {
    control(0x89, payload)
}

/// The answer to a ping, with its payload (the first [`MAX_CONTROL`] bytes of it).
pub fn pong(payload: &[u8]) -> Bytes {
    control(0x8a, payload)
}

/// A close with its status and a reason, which is cut after a whole character when it is too long.
///
/// ```
/// assert_eq!(&video_chat_socketio::ws::close(1009, "too big")[..], b"\x88\x09\x03\xf1too big");
/// ```
pub fn close(code: u16, reason: &str) -> Bytes {
    let end = reason.floor_char_boundary(MAX_CONTROL - 2);
    let mut payload = Vec::with_capacity(MAX_CONTROL);
    payload.extend_from_slice(&code.to_be_bytes());
    payload.extend_from_slice(reason.get(..end).unwrap_or_default().as_bytes());
    control(0x88, &payload)
}

fn control(first: u8, payload: &[u8]) -> Bytes {
    let payload = payload.get(..MAX_CONTROL).unwrap_or(payload);
    let mut frame = Vec::with_capacity(2 + payload.len());
    frame.push(first);
    frame.extend(u8::try_from(payload.len()));
    frame.extend_from_slice(payload);
    frame.into()
}

/// A frame as a client sends it, masked with `mask`: for load generators and tests. `opcode` is 0 to go on with a
/// message, 1 for text, 2 for binary, 8 to close, 9 for a ping, 10 for a pong.
pub fn client_frame(fin: bool, opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(14 + payload.len());
    push_client_frame(&mut frame, fin, opcode, payload, mask);
    frame
}

/// Appends a [`client_frame`] to others.
pub fn push_client_frame(frames: &mut Vec<u8>, fin: bool, opcode: u8, payload: &[u8], mask: [u8; 4]) {
    frames.push(u8::from(fin) << 7 | opcode & 0x0f);
    if let Ok(short) = u8::try_from(payload.len())
        && short < 126
    {
        frames.push(0x80 | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        frames.push(0xfe);
        frames.extend_from_slice(&medium.to_be_bytes());
    } else {
        frames.push(0xff);
        frames.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    frames.extend_from_slice(&mask);
    let start = frames.len();
    frames.extend_from_slice(payload);
    unmask(frames.get_mut(start..).unwrap_or_default(), mask);
}
