//! Frames of a server (RFC 6455, unmasked).

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The frame at the front: its opcode, its payload and its length in all. `None` while it is incomplete.
///
/// Servers of this protocol do not fragment what they send.
pub(crate) fn server_frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
    let (length, head): (usize, usize) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let end = head.checked_add(length)?;
    Some((first & 0x0f, bytes.get(head..end)?, end))
}

#[cfg(test)]
mod tests {
    use video_chat_socketio::Frame;

    use super::*;

    #[test]
    fn takes_one_frame_of_each_size_and_waits_for_the_rest() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let text = "x".repeat(length);
            let bytes = Frame::text(&text).websocket().clone();
            assert_eq!(server_frame(&bytes), Some((TEXT, text.as_bytes(), bytes.len())));
            assert_eq!(server_frame(&bytes[..bytes.len() - 1]), None);
        }
    }
}
