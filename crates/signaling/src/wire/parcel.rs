use bytes::Bytes;
use video_chat_kernel::NodeId;

use super::{
    Message, Notice,
    codec::{Reader, Writer},
};

const VERSION: u8 = 2;
const MESSAGES: u8 = 1;
const NOTICE: u8 = 2;

/// The head of a parcel of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Who sent it.
    pub from: NodeId,
    /// The number of its first message (also when there is none).
    pub first: u64,
    /// The sender has handled what the receiver sent it up to this number.
    pub acked: u64,
    /// The sender misses what follows `acked`: send it again at once.
    pub missing: bool,
}

/// What travels on the bus.
#[derive(Debug, Clone, PartialEq)]
pub enum Parcel<'a> {
    /// Numbered messages from one node to another. `None`: of a kind this version does not know.
    Messages(Header, Vec<Option<Message<'a>>>),
    /// A word to every node.
    Notice(Notice),
}

impl Header {
    /// A parcel of these messages, each [written](Message::to_bytes) before.
    pub fn parcel<'a>(&self, messages: impl IntoIterator<Item = &'a Bytes>) -> Vec<u8> {
        let mut writer = Writer::with_capacity(1_024);
        writer.u8(VERSION).u8(MESSAGES).id(self.from.as_bytes());
        writer.u64(self.first).u64(self.acked).u8(self.missing.into());
        for message in messages {
            writer.bytes(message);
        }
        writer.0
    }
}

/// A word to every node as a parcel.
pub fn notice_parcel(notice: &Notice) -> Vec<u8> {
    let mut writer = Writer::default();
    notice.write(writer.u8(VERSION).u8(NOTICE));
    writer.0
}

impl<'a> Parcel<'a> {
    /// Reads a parcel. `None` when it is none, or of another version.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.u8()? != VERSION {
            return None;
        }
        match reader.u8()? {
            MESSAGES => {
                let from = reader.node()?;
                let (first, acked) = (reader.u64()?, reader.u64()?);
                let header = Header { from, first, acked, missing: reader.u8()? != 0 };
                let mut messages = Vec::new();
                while !reader.0.is_empty() {
                    messages.push(Message::parse(reader.bytes()?));
                }
                Some(Self::Messages(header, messages))
            }
            NOTICE => Notice::read(reader).map(Self::Notice),
            _ => None,
        }
    }
}
