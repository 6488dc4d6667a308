//! What waits to be written to one client.

use std::{collections::VecDeque, mem};

use video_chat_socketio::Frame;

/// Capacity an empty queue may keep: an idle connection should own next to nothing.
const KEPT: usize = 8;

/// A queue of frames, bounded in bytes.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    frames: VecDeque<Frame>,
    /// Bytes in `frames`, and those taken and not yet reported as written.
    bytes: usize,
}

impl Outbox {
    /// Queues a frame; `false` when that exceeds `limit`, and the client is too slow to be kept.
    pub(crate) fn push(&mut self, frame: Frame, limit: usize) -> bool {
        if self.bytes.saturating_add(frame.len()) > limit {
            return false;
        }
        self.bytes += frame.len();
        self.frames.push_back(frame);
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Takes everything out. Their bytes count until [`Self::written`] says otherwise.
    pub(crate) fn take(&mut self) -> VecDeque<Frame> {
        mem::take(&mut self.frames)
    }

    /// Takes the first out, as [`Self::take`] does with all. An empty queue keeps a little room for the next ones.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let first = self.frames.pop_front();
        if first.is_none() && self.frames.capacity() > KEPT {
            self.frames = VecDeque::new();
        }
        first
    }

    /// `bytes` of what was taken have been written.
    pub(crate) fn written(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Drops everything, memory included.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_by_what_has_not_been_written() {
        let frame = Frame::text("4hello");
        let mut outbox = Outbox::default();
        let limit = frame.len() * 2;
        assert!(outbox.push(frame.clone(), limit));
        assert!(outbox.push(frame.clone(), limit));
        assert!(!outbox.push(frame.clone(), limit));
        assert_eq!(outbox.take().len(), 2);
        assert!(!outbox.push(frame.clone(), limit), "taken is not written");
        outbox.written(frame.len());
        assert!(outbox.push(frame, limit));
    }
}
