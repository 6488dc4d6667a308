//! The way to one socket.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use bytes::Bytes;
use video_chat_socketio::{Frame, FrameBuilder, packet};

use crate::{
    conn::{Conn, Ending, Shared},
    sid::Sid,
};

/// The socket is no longer there; what was to be sent was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket is gone")]
pub struct Gone;

/// `connect` has not returned yet: what is sent waits.
const CONNECTING: u8 = 0;
const OPEN: u8 = 1;
const GONE: u8 = 2;

/// A socket, shared by its emitters and its connection. The state changes only under the connection's lock.
pub(crate) struct Socket {
    conn: Arc<Conn>,
    namespace: Arc<str>,
    id: Sid,
    state: AtomicU8,
}

impl Socket {
    /// A socket whose CONNECT is about to be decided. There must be no other such socket on the connection.
    pub(crate) fn connecting(conn: &Arc<Conn>, namespace: Arc<str>, id: Sid) -> Arc<Self> {
        conn.lock().held = Some(Box::default());
        Arc::new(Self { conn: conn.clone(), namespace, id, state: AtomicU8::new(CONNECTING) })
    }

    pub(crate) fn namespace(&self) -> &Arc<str> {
        &self.namespace
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Relaxed) == GONE
    }

    /// The CONNECT was accepted: answers it, and sends what was held back.
    pub(crate) fn accept(&self) {
        let mut shared = self.conn.lock();
        let held = shared.held.take().unwrap_or_default();
        self.state.store(OPEN, Ordering::Relaxed);
        let reply = packet::connect(&self.namespace, self.id.as_str());
        let frames = std::iter::once(reply).chain(held.frames);
        let _ = shared.push(frames, self.conn.limits.max_buffered);
        if held.disconnect {
            self.expel(&mut shared);
        }
        if let Some(ending) = held.end {
            shared.end(ending);
        }
        shared.wake();
    }

    /// The CONNECT was refused.
    pub(crate) fn refuse(&self, message: &str, data: Option<&str>) {
        let mut shared = self.conn.lock();
        let held = shared.held.take().unwrap_or_default();
        self.state.store(GONE, Ordering::Relaxed);
        let reply = packet::connect_error(&self.namespace, message, data);
        let _ = shared.push([reply], self.conn.limits.max_buffered);
        if let Some(ending) = held.end {
            shared.end(ending);
        }
        shared.wake();
    }

    /// The client left, or the connection ended.
    pub(crate) fn forget(&self) {
        let _shared = self.conn.lock();
        self.state.store(GONE, Ordering::Relaxed);
    }

    fn expel(&self, shared: &mut Shared) {
        self.state.store(GONE, Ordering::Relaxed);
        let _ = shared.push([packet::disconnect(&self.namespace)], self.conn.limits.max_buffered);
        shared.expelled = true;
    }

    fn send(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Gone> {
        let limit = self.conn.limits.max_buffered;
        let mut shared = self.conn.lock();
        match (self.state.load(Ordering::Relaxed), &mut shared.held) {
            (OPEN, _) => {
                let sent = shared.push(frames, limit);
                shared.wake_after(sent)
            }
            (CONNECTING, Some(held)) => {
                for frame in frames {
                    held.bytes = held.bytes.saturating_add(frame.len());
                    held.frames.push(frame);
                    if held.bytes > limit {
                        held.frames = Vec::new();
                        shared.end(Ending::Offence(crate::Offence::SlowReader));
                        shared.wake();
                        return Err(Gone);
                    }
                }
                Ok(())
            }
            _ => Err(Gone),
        }
    }

    fn disconnect(&self) {
        let mut shared = self.conn.lock();
        match (self.state.load(Ordering::Relaxed), &mut shared.held) {
            (OPEN, _) => self.expel(&mut shared),
            (CONNECTING, Some(held)) => held.disconnect = true,
            _ => return,
        }
        shared.wake();
    }

    fn end(&self, ending: Ending) {
        let mut shared = self.conn.lock();
        match (self.state.load(Ordering::Relaxed), &mut shared.held) {
            (CONNECTING, Some(held)) => {
                held.end.get_or_insert(ending);
            }
            _ => shared.end(ending),
        }
        shared.wake();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// The way to one socket from anywhere: cheap to clone, usable from any thread, never blocks.
///
/// What one thread sends arrives in the order sent. A socket whose buffer is full is closed, not waited for.
#[derive(Debug, Clone)]
pub struct Emitter {
    pub(crate) socket: Arc<Socket>,
}

impl Emitter {
    /// The socket's namespace.
    pub fn namespace(&self) -> &str {
        &self.socket.namespace
    }

    /// The Socket.IO id of the socket (`socket.id` of the client): 20 base64url characters.
    pub fn id(&self) -> &str {
        self.socket.id.as_str()
    }

    /// Whether messages may still reach the client.
    pub fn is_open(&self) -> bool {
        !self.socket.is_gone() && self.socket.conn.lock().ending.is_none()
    }

    /// Emits `event` with the given raw JSON (arguments separated by commas, or nothing). `event` must need no JSON
    /// escapes.
    pub fn emit(&self, event: &str, args: &str) -> Result<(), Gone> {
        if args.is_empty() {
            let slash = if self.namespace() == "/" { ("", "") } else { (self.namespace(), ",") };
            return self.send(Frame::text(&format!("42{}{}[\"{event}\"]", slash.0, slash.1)));
        }
        let mut frame = FrameBuilder::event(self.namespace(), event, args.len());
        frame.push(args);
        self.send(frame.finish_event())
    }

    /// Emits `event` with attachments, to which `args` refers by placeholders (`{"_placeholder":true,"num":0}`).
    pub fn emit_binary(&self, event: &str, args: &str, attachments: &[Bytes]) -> Result<(), Gone> {
        let mut head = self.binary_head('5', attachments.len());
        head.push_str("[\"");
        head.push_str(event);
        head.push_str("\",");
        self.send_binary(head, args, attachments)
    }

    /// Sends a frame built for this socket's namespace.
    pub fn send(&self, frame: Frame) -> Result<(), Gone> {
        self.send_all([frame])
    }

    /// Sends frames without anything in between (an event and its attachments).
    pub fn send_all(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Gone> {
        self.socket.send(frames)
    }

    /// Takes the socket out of its namespace: sends a Socket.IO DISCONNECT, after which a stock client does not come
    /// back by itself. [`Handler::disconnected`](crate::Handler::disconnected) follows with
    /// [`DisconnectReason::Server`](crate::DisconnectReason::Server).
    pub fn disconnect(&self) {
        self.socket.disconnect();
    }

    /// The same, and closes the whole connection once what was sent before has been written (or soon after, when
    /// the client does not read).
    pub fn close(&self) {
        self.socket.end(Ending::Close);
    }

    /// Closes the whole connection without a DISCONNECT, once what was sent before has been written: a stock client
    /// sees `transport close` and comes back by itself, perhaps to another node. Used when draining.
    /// [`Handler::disconnected`](crate::Handler::disconnected) follows with
    /// [`DisconnectReason::Server`](crate::DisconnectReason::Server).
    pub fn hang_up(&self) {
        self.socket.end(Ending::HangUp);
    }

    fn binary_head(&self, kind: char, attachments: usize) -> String {
        let namespace = self.namespace();
        if namespace == "/" {
            format!("4{kind}{attachments}-")
        } else {
            format!("4{kind}{attachments}-{namespace},")
        }
    }

    fn send_binary(&self, mut head: String, args: &str, attachments: &[Bytes]) -> Result<(), Gone> {
        head.push_str(args);
        head.push(']');
        let binary = attachments.iter().map(|data| Frame::binary(data));
        self.send_all(std::iter::once(Frame::text(&head)).chain(binary))
    }
}

/// A pending acknowledgement of one event. Dropping it leaves the client without.
#[derive(Debug)]
pub struct Ack {
    pub(crate) emitter: Emitter,
    pub(crate) id: u64,
}

impl Ack {
    /// Answers with the given raw JSON (arguments separated by commas, or nothing).
    pub fn send(self, args: &str) -> Result<(), Gone> {
        let mut frame = FrameBuilder::ack(self.emitter.namespace(), self.id, args.len());
        frame.push(args);
        self.emitter.send(frame.finish_event())
    }

    /// Answers with attachments, to which `args` refers by placeholders (`{"_placeholder":true,"num":0}`).
    pub fn send_binary(self, args: &str, attachments: &[Bytes]) -> Result<(), Gone> {
        let mut head = self.emitter.binary_head('6', attachments.len());
        head.push_str(&self.id.to_string());
        head.push('[');
        self.emitter.send_binary(head, args, attachments)
    }
}
