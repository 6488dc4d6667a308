//! Packets whose binary parts are still to come.

use bytes::Bytes;

use super::{Packet, PacketError, decode};

/// A binary packet on its way: its text and the attachments that have come so far.
///
/// ```
/// use video_chat_socketio::packet::PendingBinary;
///
/// let text = r#"51-["blob",{"_placeholder":true,"num":0}]"#;
/// let mut pending = PendingBinary::new(text, 1, 1_000_000).unwrap();
/// assert_eq!(pending.push(vec![1, 2, 3].into()), Ok(true));
/// assert_eq!(pending.attachments(), [vec![1_u8, 2, 3]]);
/// assert!(pending.packet().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingBinary {
    text: Box<str>,
    expected: usize,
    room: usize,
    attachments: Vec<Bytes>,
}

/// Why an attachment is refused: the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// The packet and its attachments together are too big.
    #[error("binary packet too big")]
    TooBig,
    /// All that were announced have come already.
    #[error("unexpected attachment")]
    Unexpected,
}

impl PendingBinary {
    /// Keeps the packet `text` (as given to [`decode`]), which announced `expected` attachments, until they are all
    /// there. Text and attachments together may have `max_bytes`.
    pub fn new(text: &str, expected: u8, max_bytes: usize) -> Result<Self, AttachmentError> {
        let room = max_bytes.checked_sub(text.len()).ok_or(AttachmentError::TooBig)?;
        Ok(Self { text: text.into(), expected: expected.into(), room, attachments: Vec::new() })
    }

    /// Takes the next attachment. `true` when it was the last.
    pub fn push(&mut self, attachment: Bytes) -> Result<bool, AttachmentError> {
        if self.is_complete() {
            return Err(AttachmentError::Unexpected);
        }
        self.room = self.room.checked_sub(attachment.len()).ok_or(AttachmentError::TooBig)?;
        self.attachments.push(attachment);
        Ok(self.is_complete())
    }

    /// Whether all attachments are there.
    pub fn is_complete(&self) -> bool {
        self.attachments.len() >= self.expected
    }

    /// The packet, decoded again from its text. The placeholders in it are not checked against the attachments.
    pub fn packet(&self) -> Result<Packet<'_>, PacketError> {
        decode(&self.text)
    }

    /// The attachments, in the order they came.
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }
}
