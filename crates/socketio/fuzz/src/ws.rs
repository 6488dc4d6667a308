//! The WebSocket decoder.

use video_chat_socketio::ws::{Decoded, Decoder, Message, WsError, client_frame};

/// Small, so that the limit is met often.
const MAX_PAYLOAD: usize = 300;

/// A stream of bytes means the same however it is cut into pieces. The first two bytes choose the sizes of the pieces
/// and whether the rest is the stream itself or a recipe for well-formed frames.
pub fn ws(data: &[u8]) {
    let Some((&[recipe, sizes], rest)) = data.split_first_chunk::<2>() else { return };
    let stream = if recipe % 2 == 0 { rest.to_vec() } else { cook(rest) };
    let at_once = feed(&stream, |_| usize::MAX);
    assert_eq!(feed(&stream, |_| 1), at_once);
    assert_eq!(feed(&stream, |nth| 1 + (usize::from(sizes) * (nth + 1)) % 23), at_once);
}

/// Frames out of any bytes: one for the first byte, one for the length, then the payload.
fn cook(mut recipe: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    while let Some((&[first, length], rest)) = recipe.split_first_chunk::<2>() {
        let (payload, after) = rest.split_at_checked(length.into()).unwrap_or((rest, &[]));
        stream.extend(client_frame(first & 0x80 != 0, first & 0x0f, payload, [first, length, 7, 0]));
        recipe = after;
    }
    stream
}

#[derive(Debug, PartialEq)]
enum Got {
    Message(String),
    Error(WsError),
}

fn feed(mut stream: &[u8], size: impl Fn(usize) -> usize) -> Vec<Got> {
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    let (mut buffer, mut got) = (Vec::new(), Vec::new());
    for nth in 0.. {
        let Some((piece, rest)) = stream.split_at_checked(size(nth).min(stream.len())) else { break };
        if piece.is_empty() {
            break;
        }
        stream = rest;
        buffer.extend_from_slice(piece);
        loop {
            let taken = match decoder.decode(&mut buffer) {
                Ok(Decoded::Incomplete { needed }) => {
                    assert!(needed > buffer.len() && needed <= MAX_PAYLOAD + 14);
                    break;
                }
                Ok(Decoded::Frame { consumed, message }) => {
                    if let Some(message) = message {
                        assert!(sound(&message));
                        got.push(Got::Message(format!("{message:?}")));
                    }
                    consumed
                }
                Err(error) => {
                    assert!([1002, 1007, 1009].contains(&error.code()));
                    got.push(Got::Error(error));
                    return got;
                }
            };
            buffer.drain(..taken);
        }
    }
    got
}

fn sound(message: &Message<'_>) -> bool {
    match message {
        Message::Text(text) => text.len() <= MAX_PAYLOAD,
        Message::Binary(data) => data.len() <= MAX_PAYLOAD,
        Message::Ping(data) | Message::Pong(data) => data.len() <= 125,
        Message::Close { code, reason } => reason.len() <= 123 && (code.is_some() || reason.is_empty()),
    }
}
