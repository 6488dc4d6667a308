//! A raw stream that speaks WebSocket: bytes in, frames out.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use video_chat_socketio::ws;

use crate::{clock::now, outbox::Outbox};

/// What one call of `read` may bring, and one of `write` take of several frames.
const BUFFER: usize = 16_384;
/// Buffers a thread keeps while nobody uses them.
const SPARE: usize = 8;
/// Own frames (pongs) that may wait before nothing more is read: a client that only pings must read, too.
const CLOGGED: usize = 16;
/// Capacity an empty queue may keep.
const KEPT: usize = 8;

thread_local! {
    /// The buffers of a thread. A connection borrows one while it works on what came, or writes.
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn borrow_buffer() -> Vec<u8> {
    POOL.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; BUFFER])
}

fn give_back(buffer: Vec<u8>) {
    POOL.with_borrow_mut(|pool| {
        if pool.len() < SPARE {
            pool.push(buffer);
        }
    });
}

/// A stream a WebSocket can run on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Sees to it that dropping the stream closes it at once, whatever has not been written.
    fn abort(&mut self);
}

/// Bytes that came and have not been used up: nothing at all while a connection is idle.
pub(crate) struct Input {
    bytes: Incoming,
    used: usize,
    /// No frame is complete before so many bytes are there.
    needed: usize,
    read_at: Instant,
    decoder: ws::Decoder,
}

enum Incoming {
    /// In a buffer of the thread, up to there.
    Borrowed(Vec<u8>, usize),
    /// The beginning of a frame, kept while its rest is on the way.
    Own(Vec<u8>),
}

impl Incoming {
    fn bytes(&mut self) -> &mut [u8] {
        match self {
            Self::Borrowed(buffer, filled) => buffer.get_mut(..*filled).unwrap_or_default(),
            Self::Own(buffer) => buffer,
        }
    }
}

/// What the bytes hold.
pub(crate) enum Step<'a> {
    /// No whole frame.
    NeedMore,
    /// A part of a message.
    Fragment,
    Message(ws::Message<'a>),
}

impl Input {
    /// An input that begins with what came right behind the HTTP request.
    pub(crate) fn new(max_payload: usize, begun: &[u8]) -> Self {
        Self {
            bytes: Incoming::Own(begun.to_vec()),
            used: 0,
            needed: 0,
            read_at: now(),
            decoder: ws::Decoder::new(max_payload),
        }
    }

    /// When the bytes of the next frame were read, the last of them at least.
    pub(crate) fn read_at(&self) -> Instant {
        self.read_at
    }

    /// Takes the next frame.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, ws::WsError> {
        let rest = self.bytes.bytes().get_mut(self.used..).unwrap_or_default();
        if rest.is_empty() || rest.len() < self.needed {
            return Ok(Step::NeedMore);
        }
        match self.decoder.decode(rest)? {
            ws::Decoded::Incomplete { needed } => {
                self.needed = needed;
                Ok(Step::NeedMore)
            }
            ws::Decoded::Frame { consumed, message } => {
                self.used += consumed;
                self.needed = 0;
                Ok(message.map_or(Step::Fragment, Step::Message))
            }
        }
    }

    /// Reads what there is. `false` at the end of the stream.
    pub(crate) fn poll_read<S: Stream>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        let mut begun = self.take_rest();
        let mut buffer = borrow_buffer();
        let mut read = ReadBuf::new(&mut buffer);
        let polled = Pin::new(stream).poll_read(cx, &mut read);
        let count = read.filled().len();
        if count == 0 || !begun.is_empty() {
            begun.extend_from_slice(read.filled());
            give_back(buffer);
            self.bytes = Incoming::Own(begun);
        } else {
            self.bytes = Incoming::Borrowed(buffer, count);
        }
        ready!(polled)?;
        self.read_at = now();
        Poll::Ready(Ok(count > 0))
    }

    /// Reads and forgets. `false` at the end of the stream.
    pub(crate) fn poll_discard<S: Stream>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        self.used = usize::MAX;
        self.poll_read(stream, cx)
    }

    /// Keeps what has not been used in memory of its own: others run before more is read, and need the thread's buffers.
    pub(crate) fn set_aside(&mut self) {
        self.bytes = Incoming::Own(self.take_rest());
    }

    /// Takes out what has not been used, and gives a borrowed buffer back.
    fn take_rest(&mut self) -> Vec<u8> {
        let used = std::mem::take(&mut self.used);
        match std::mem::replace(&mut self.bytes, Incoming::Own(Vec::new())) {
            Incoming::Own(bytes) if used == 0 => bytes,
            Incoming::Own(bytes) => bytes.get(used..).unwrap_or_default().to_vec(),
            Incoming::Borrowed(buffer, filled) => {
                let rest = buffer.get(used..filled).unwrap_or_default().to_vec();
                give_back(buffer);
                rest
            }
        }
    }
}

/// Frames on their way into a stream.
pub(crate) struct Output<S> {
    pub(crate) stream: S,
    queue: VecDeque<Queued>,
    /// How many in the queue are our own.
    own: usize,
    /// Counted bytes written and not yet reported.
    written: usize,
}

/// Copies as many whole frames as fit; answers how many bytes they have.
fn gather<'a>(frames: impl Iterator<Item = &'a Bytes>, buffer: &mut [u8]) -> usize {
    let mut gathered = 0;
    for frame in frames {
        let Some(room) = buffer.get_mut(gathered..gathered + frame.len()) else { break };
        room.copy_from_slice(frame);
        gathered += frame.len();
    }
    gathered
}

struct Queued {
    bytes: Bytes,
    /// For a frame of the outbox: its whole length, which counts against the client's limit until it is written.
    counted: Option<usize>,
}

impl<S: Stream> Output<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, queue: VecDeque::new(), own: 0, written: 0 }
    }

    /// Queues all that is in the outbox.
    pub(crate) fn fetch(&mut self, outbox: &mut Outbox) {
        while let Some(frame) = outbox.pop() {
            self.queue.push_back(Queued { counted: Some(frame.len()), bytes: frame.into_websocket() });
        }
    }

    /// Queues bytes of the transport's own: a control frame, or an answer to the handshake.
    pub(crate) fn push_own(&mut self, bytes: Bytes) {
        self.own += 1;
        self.queue.push_back(Queued { bytes, counted: None });
    }

    /// Whether so many pongs wait that nothing more should be taken in.
    pub(crate) fn is_clogged(&self) -> bool {
        self.own >= CLOGGED
    }

    /// Counted bytes written since the last call.
    pub(crate) fn take_written(&mut self) -> usize {
        std::mem::take(&mut self.written)
    }

    /// Writes what is queued. Pending when the stream takes no more for now.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let written = ready!(self.poll_write(cx))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        if self.queue.capacity() > KEPT {
            self.queue = VecDeque::new();
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Writes several small frames at once. Copying them together costs less than a vectored write.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let mut frames = self.queue.iter().map(|queued| &queued.bytes);
        match (frames.next(), frames.next()) {
            (Some(first), Some(second)) if first.len() + second.len() <= BUFFER => {
                let mut buffer = borrow_buffer();
                let gathered = gather([first, second].into_iter().chain(frames), &mut buffer);
                let polled = stream.poll_write(cx, buffer.get(..gathered).unwrap_or_default());
                give_back(buffer);
                polled
            }
            (first, _) => stream.poll_write(cx, first.map_or(&[], |first| first)),
        }
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.queue.front_mut() {
            if first.bytes.len() > written {
                first.bytes.advance(written);
                return;
            }
            written -= first.bytes.len();
            match first.counted {
                Some(length) => self.written += length,
                None => self.own = self.own.saturating_sub(1),
            }
            self.queue.pop_front();
        }
    }

    /// Forgets what has not been written, and makes dropping the stream close it.
    pub(crate) fn abort(&mut self) {
        self.queue = VecDeque::new();
        self.stream.abort();
    }
}
