//! Outgoing messages, built once and shared by every transport.

use std::io::Write as _;

use bytes::{Buf as _, Bytes};

use crate::json;

/// Room for the longest WebSocket header a server sends (RFC 6455 §5.2: 2 bytes and a 64-bit length).
const HEADROOM: usize = 10;

/// One outgoing Engine.IO message, encoded once.
///
/// The bytes carry the WebSocket header in front, so that a WebSocket writes them as they are and polling takes
/// the rest. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
    payload_at: u8,
    binary: bool,
}

impl Frame {
    /// A text frame holding `text`, an encoded Engine.IO packet such as `2` or `4…`.
    pub fn text(text: &str) -> Self {
        let mut builder = FrameBuilder::with_capacity(text.len());
        builder.push(text);
        builder.finish()
    }

    /// A binary message, which Engine.IO sends over WebSocket without a packet type.
    pub fn binary(data: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(HEADROOM + data.len());
        buffer.resize(HEADROOM, 0);
        buffer.extend_from_slice(data);
        seal(buffer, true)
    }

    /// The whole WebSocket frame: header and payload.
    pub fn websocket(&self) -> &Bytes {
        &self.bytes
    }

    /// The same, when nobody else needs the frame: nothing is counted or shared.
    pub fn into_websocket(self) -> Bytes {
        self.bytes
    }

    /// The payload alone: an Engine.IO packet in text, or the bytes of a binary message.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(usize::from(self.payload_at)..).unwrap_or_default()
    }

    /// Whether this is a binary message.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Bytes the frame occupies, header included.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Never: a frame has at least its header.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Builds a text [`Frame`] from pieces, without copying it again to put the header in front.
///
/// ```
/// use video_chat_socketio::FrameBuilder;
///
/// let mut frame = FrameBuilder::event("/signaling", "offer", 64);
/// frame.push(r#"{"offer":null}"#);
/// assert_eq!(frame.finish_event().payload(), br#"42/signaling,["offer",{"offer":null}]"#);
/// ```
#[derive(Debug)]
pub struct FrameBuilder {
    buffer: Vec<u8>,
}

impl FrameBuilder {
    /// An empty text frame with room for `capacity` payload bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut buffer = Vec::with_capacity(HEADROOM + capacity);
        buffer.resize(HEADROOM, 0);
        Self { buffer }
    }

    /// Begins a Socket.IO event for `namespace` (`/` or `/name`): up to and including `["name",`. Push the arguments
    /// as raw JSON with commas between them, if there are any, then call [`finish_event`](Self::finish_event). When
    /// `capacity` is exactly their length, the frame takes a single allocation.
    pub fn event(namespace: &str, name: &str, capacity: usize) -> Self {
        let mut builder = Self::with_capacity(capacity + namespace_len(namespace) + name.len() + 7);
        builder.push("42");
        builder.namespace(namespace);
        builder.name(name);
        builder
    }

    /// The same for an event whose arguments hold `attachments` placeholders (`{"_placeholder":true,"num":0}`): send
    /// the attachments right behind it, in order, as [`Frame::binary`].
    ///
    /// ```
    /// use video_chat_socketio::FrameBuilder;
    ///
    /// let mut frame = FrameBuilder::binary_event("/", "blob", 1, 40);
    /// frame.push(r#"{"_placeholder":true,"num":0}"#);
    /// assert_eq!(frame.finish_event().payload(), br#"451-["blob",{"_placeholder":true,"num":0}]"#);
    /// ```
    pub fn binary_event(namespace: &str, name: &str, attachments: usize, capacity: usize) -> Self {
        let mut builder = Self::with_capacity(capacity + namespace_len(namespace) + name.len() + 10);
        builder.push("45");
        builder.attachments(attachments);
        builder.namespace(namespace);
        builder.name(name);
        builder
    }

    /// Begins the acknowledgement `id` for `namespace`: up to and including `[`. Push the arguments, then call
    /// [`finish_event`](Self::finish_event).
    pub fn ack(namespace: &str, id: u64, capacity: usize) -> Self {
        let mut builder = Self::with_capacity(capacity + namespace_len(namespace) + 24);
        builder.push("43");
        builder.namespace(namespace);
        builder.number(id);
        builder.push("[");
        builder
    }

    /// The same for an acknowledgement whose arguments hold `attachments` placeholders: send the attachments right
    /// behind it.
    pub fn binary_ack(namespace: &str, id: u64, attachments: usize, capacity: usize) -> Self {
        let mut builder = Self::with_capacity(capacity + namespace_len(namespace) + 27);
        builder.push("46");
        builder.attachments(attachments);
        builder.namespace(namespace);
        builder.number(id);
        builder.push("[");
        builder
    }

    fn attachments(&mut self, attachments: usize) {
        self.number(attachments as u64);
        self.push("-");
    }

    fn name(&mut self, name: &str) {
        self.push("[");
        json::push_string(&mut self.buffer, name);
        self.push(",");
    }

    fn number(&mut self, number: u64) {
        // Writing to memory does not fail.
        let _ = write!(self.buffer, "{number}");
    }

    fn namespace(&mut self, namespace: &str) {
        if namespace != "/" {
            self.push(namespace);
            self.push(",");
        }
    }

    /// Appends text as it is.
    pub fn push(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Closes the argument list and the frame.
    pub fn finish_event(mut self) -> Frame {
        // An event without arguments: no JSON value ends with a comma.
        if self.buffer.last() == Some(&b',') {
            self.buffer.pop();
        }
        self.push("]");
        self.finish()
    }

    /// Closes the frame.
    pub fn finish(self) -> Frame {
        seal(self.buffer, false)
    }
}

/// The bytes a namespace takes up in a packet, its comma included.
fn namespace_len(namespace: &str) -> usize {
    if namespace == "/" { 0 } else { namespace.len() + 1 }
}

/// Writes the WebSocket header (FIN, text or binary, unmasked) right before the payload.
fn seal(mut buffer: Vec<u8>, binary: bool) -> Frame {
    let length = buffer.len().saturating_sub(HEADROOM);
    let opcode = if binary { 0x82 } else { 0x81 };
    let mut header = [0_u8; HEADROOM];
    let size = if let Ok(short) = u8::try_from(length)
        && short < 126
    {
        header[..2].copy_from_slice(&[opcode, short]);
        2
    } else if let Ok(medium) = u16::try_from(length) {
        header[..2].copy_from_slice(&[opcode, 126]);
        header[2..4].copy_from_slice(&medium.to_be_bytes());
        4
    } else {
        header[..2].copy_from_slice(&[opcode, 127]);
        header[2..].copy_from_slice(&(length as u64).to_be_bytes());
        10
    };
    let start = HEADROOM - size;
    if let (Some(room), Some(used)) = (buffer.get_mut(start..HEADROOM), header.get(..size)) {
        room.copy_from_slice(used);
    }
    // Of all ways to leave out the unused headroom, the one that neither allocates nor counts references.
    let mut bytes = Bytes::from(buffer);
    bytes.advance(start);
    Frame { bytes, payload_at: u8::try_from(size).unwrap_or_default(), binary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_sizes() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let frame = Frame::text(&"x".repeat(length));
            assert_eq!(frame.len(), length + header);
            assert_eq!(frame.payload().len(), length);
        }
    }

    #[test]
    fn an_event_fills_the_room_it_asked_for() {
        for namespace in ["/", "/signaling"] {
            let mut event = FrameBuilder::event(namespace, "offer", 4);
            let room = event.buffer.capacity();
            event.push("null");
            event.push("]");
            assert_eq!((event.buffer.len(), event.buffer.capacity()), (room, room));
        }
    }

    #[test]
    fn an_event_without_arguments_and_one_whose_name_needs_escapes() {
        assert_eq!(FrameBuilder::event("/", "bye", 0).finish_event().payload(), br#"42["bye"]"#);
        assert_eq!(FrameBuilder::event("/", "\"\n", 0).finish_event().payload(), br#"42["\"\n"]"#);
    }

    #[test]
    fn an_ack_on_the_root_namespace() {
        let mut ack = FrameBuilder::ack("/", 7, 8);
        ack.push("true");
        assert_eq!(ack.finish_event().payload(), b"437[true]");
    }
}
