//! One direction of talk between two nodes, made reliable over a bus that may lose or repeat parcels.
//!
//! The sender numbers its messages from 1 and keeps each until the receiver has said that it handled it; the receiver
//! takes them in order, each once. Node ids are drawn anew by every process, so both ends begin at nothing. No I/O and no
//! clock: whoever drives a link sends what [`Outbound::take`] gives, and calls [`Outbound::stalled`] now and then.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use video_chat_kernel::Timestamp;

/// The most messages that wait to be confirmed before relays are refused.
const MAX_WAITING: usize = 65_536;
/// The most bytes that wait to be confirmed before relays are refused.
const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;
/// How long after a message that it has not confirmed the other node may have handled others, without that being heard of.
const UNHEARD: Duration = Duration::from_secs(1);
/// How long a message waits for its confirmation before it is sent again.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Too much waits for the other node already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much waits for the other node already")]
pub struct Congested;

/// The sending end.
#[derive(Debug)]
pub struct Outbound {
    /// Messages not yet confirmed, with when they were queued; the first has the number `first`.
    waiting: VecDeque<(Timestamp, Bytes)>,
    first: u64,
    /// How many of `waiting` are on their way.
    sent: usize,
    bytes: usize,
    /// When the other end last confirmed something, or was first sent something since.
    progress: Timestamp,
}

/// Messages to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The number of the first.
    pub first: u64,
    /// The messages.
    pub messages: Vec<Bytes>,
}

impl Default for Outbound {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), first: 1, sent: 0, bytes: 0, progress: Timestamp::default() }
    }
}

impl Outbound {
    /// Queues a message that may be refused: a relay.
    ///
    /// # Errors
    /// [`Congested`] when 65,536 messages or 16 MiB wait already.
    pub fn offer(&mut self, message: Bytes, now: Timestamp) -> Result<(), Congested> {
        if self.waiting.len() >= MAX_WAITING || self.bytes.saturating_add(message.len()) > MAX_WAITING_BYTES {
            return Err(Congested);
        }
        self.push(message, now);
        Ok(())
    }

    /// Queues a message that must arrive: a change in a call's life, of which there are few.
    pub fn push(&mut self, message: Bytes, now: Timestamp) {
        self.bytes = self.bytes.saturating_add(message.len());
        self.waiting.push_back((now, message));
    }

    /// The next messages to send: about `max_bytes` of them, at least one. `None`: all are on their way.
    pub fn take(&mut self, max_bytes: usize, now: Timestamp) -> Option<Batch> {
        let mut bytes = 0_usize;
        let messages: Vec<Bytes> = self
            .waiting
            .iter()
            .skip(self.sent)
            .map(|(_, message)| message)
            .take_while(|message| {
                let fits = bytes == 0 || bytes.saturating_add(message.len()) <= max_bytes;
                bytes = bytes.saturating_add(message.len());
                fits
            })
            .cloned()
            .collect();
        if messages.is_empty() {
            return None;
        }
        if self.sent == 0 {
            self.progress = now;
        }
        let first = self.first.saturating_add(self.sent as u64);
        self.sent += messages.len();
        Some(Batch { first, messages })
    }

    /// The other end has handled everything up to `number`.
    pub fn confirmed(&mut self, number: u64, now: Timestamp) {
        while self.first <= number
            && let Some((_, message)) = self.waiting.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(message.len());
            self.first += 1;
            self.sent = self.sent.saturating_sub(1);
            self.progress = now;
        }
    }

    /// What the other end, should it be dead, died too early to have handled: queued a second or more after the first
    /// message that it has not confirmed.
    pub fn unheard(&self) -> impl Iterator<Item = &Bytes> {
        let alive_until = self.waiting.front().map(|(queued, _)| queued.after(UNHEARD));
        let too_late = move |queued: &Timestamp| alive_until.is_some_and(|until| *queued >= until);
        self.waiting.iter().filter(move |(queued, _)| too_late(queued)).map(|(_, message)| message)
    }

    /// Everything unconfirmed is to be sent again.
    pub fn rewind(&mut self) {
        self.sent = 0;
    }

    /// Sends again what has not been confirmed in good time. True when there is something to send again.
    pub fn stalled(&mut self, now: Timestamp) -> bool {
        let stalled = self.sent > 0 && now.since(self.progress) > PATIENCE;
        if stalled {
            self.rewind();
        }
        stalled
    }

    /// Whether nothing waits to be confirmed.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The number of the next message to be sent.
    pub const fn next_number(&self) -> u64 {
        self.first.saturating_add(self.sent as u64)
    }
}

/// The receiving end.
#[derive(Debug, Default)]
pub struct Inbound {
    handled: u64,
    /// What the other end was last told.
    told: u64,
}

impl Inbound {
    /// A batch of `count` messages that begins with the number `first` arrived: how many at its beginning are known
    /// already. `None`: some before it are missing.
    pub fn arrived(&mut self, first: u64, count: usize) -> Option<usize> {
        let known = self.handled.saturating_add(1).checked_sub(first)?;
        if known > 0 && count > 0 {
            // The other end says it again: it has not heard that it was handled.
            self.told = 0;
        }
        let last = first.saturating_add(count as u64).saturating_sub(1);
        self.handled = self.handled.max(last);
        usize::try_from(known).ok().map(|known| known.min(count))
    }

    /// How many messages from the number `first` on have been handled.
    pub fn known(&self, first: u64) -> usize {
        usize::try_from(self.handled.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX)
    }

    /// Whether the other end has to be told.
    pub const fn owes(&self) -> bool {
        self.handled > self.told
    }

    /// What the other end is to be told now: the last number that was handled.
    pub const fn tell(&mut self) -> u64 {
        self.told = self.handled;
        self.handled
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
