//! What an application implements, and what it is given.

use std::{future::Future, net::SocketAddr, time::Instant};

use actix_http::header::HeaderMap;
use bytes::Bytes;
use video_chat_socketio::{Frame, FrameBuilder};

/// An application behind Socket.IO.
///
/// Calls for one connection come strictly one after the other; different connections run at the same time on
/// different threads. A future that waits holds up only its own connection: heartbeats and outgoing messages go on.
pub trait Handler: Send + Sync + 'static {
    /// What is kept of a connection's first request for as long as the connection lives (dropped with it).
    type Handshake: Send + Sync + 'static;
    /// What is kept of a socket, that is of a connection's stay in one namespace.
    type Socket: Send + 'static;

    /// A connection asks to be opened: admit it, keeping what later calls need, or refuse it.
    fn handshake(&self, request: &HandshakeRequest<'_>) -> Result<Self::Handshake, HandshakeRefusal>;

    /// A connection asks to join a namespace. What is emitted before this returns is sent after the CONNECT reply.
    fn connect(
        &self,
        request: Connect<'_, Self::Handshake>,
    ) -> impl Future<Output = Result<Self::Socket, ConnectRefusal>> + Send;

    /// A socket sent an event.
    fn event(&self, socket: &mut Self::Socket, event: Event<'_>) -> impl Future<Output = ()> + Send;

    /// A socket is gone, for whatever reason. Called exactly once for each successful `connect`.
    fn disconnected(&self, socket: Self::Socket, reason: DisconnectReason)
    -> impl Future<Output = ()> + Send;

    /// A connection broke the protocol and is being closed: for counting.
    fn offence(&self, _kind: Offence) {}
}

/// The first request of a connection, polling or WebSocket.
#[derive(Debug)]
pub struct HandshakeRequest<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The address of the TCP peer (a proxy's, behind one).
    pub peer: Option<SocketAddr>,
    /// The query string, undecoded.
    pub query: &'a str,
}

/// A refused connection: the HTTP status and Engine.IO's error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeRefusal {
    /// The HTTP status, such as 403 or 429.
    pub status: u16,
    /// Engine.IO's error code: 4 is Forbidden.
    pub code: u8,
    /// For people.
    pub message: &'static str,
    /// Seconds for a `Retry-After` header.
    pub retry_after: Option<u64>,
}

/// A CONNECT packet.
#[derive(Debug)]
pub struct Connect<'a, H> {
    /// The namespace, such as `/` or `/signaling`.
    pub namespace: &'a str,
    /// The auth payload: raw JSON of an object; `{}` when the client sent none.
    pub auth: &'a str,
    /// What [`Handler::handshake`] kept.
    pub handshake: &'a H,
    /// The way back to this socket.
    pub emitter: Emitter,
}

/// A refused CONNECT: the client sees `connect_error`; the connection stays open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectRefusal {
    /// The error's `message`.
    pub message: String,
    /// The error's `data`: raw JSON.
    pub data: Option<String>,
}

/// An event of a client: `socket.emit(name, …args)`.
#[derive(Debug)]
pub struct Event<'a> {
    /// Its name, unescaped.
    pub name: &'a str,
    /// Its arguments: raw JSON, each exactly as written. Binary ones are placeholders (`{"_placeholder":true,"num":0}`).
    pub args: &'a [&'a str],
    /// The binary attachments, in order.
    pub attachments: &'a [Bytes],
    /// Present when the client asked for an acknowledgement.
    pub ack: Option<Ack>,
    /// When its (last) frame was read.
    pub received_at: Instant,
}

/// A pending acknowledgement of one event. Dropping it leaves the client without.
#[derive(Debug)]
pub struct Ack {
    pub(crate) emitter: Emitter,
    pub(crate) id: u64,
}

impl Ack {
    /// Answers with the given raw JSON (one or more arguments, separated by commas).
    pub fn send(self, args: &str) -> Result<(), Gone> {
        let mut frame = FrameBuilder::ack(self.emitter.namespace(), self.id, args.len());
        frame.push(args);
        self.emitter.send(frame.finish_event())
    }
}

/// Why a socket is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The client left on purpose: Socket.IO DISCONNECT, Engine.IO close, or a WebSocket close frame.
    Client,
    /// The connection vanished: reset, or end of file without a close.
    Lost,
    /// The client stopped answering pings.
    PingTimeout,
    /// The client broke the protocol or a limit ([`Offence`]).
    Offence,
    /// The server closed it ([`Emitter::disconnect`], [`Emitter::close`]).
    Server,
}

/// How a client broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offence {
    /// A packet that cannot be parsed or is out of place.
    Parse,
    /// More than `max_payload` bytes.
    TooLarge,
    /// Reads too slowly: its outgoing buffer is full.
    SlowReader,
    /// Joined no namespace in time.
    NoNamespace,
}

/// The socket is no longer there; what was to be sent was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket is gone")]
pub struct Gone;

/// The way to one socket from anywhere: cheap to clone, usable from any thread, never blocks.
///
/// What one thread sends arrives in the order sent. A socket whose buffer is full is closed, not waited for.
#[derive(Debug, Clone)]
pub struct Emitter {
    // to be written
    namespace: std::sync::Arc<str>,
}

impl Emitter {
    /// The socket's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The Socket.IO id of the socket (`socket.id` of the client): 20 base64url characters.
    pub fn id(&self) -> &str {
        ""
    }

    /// Whether messages may still reach the client.
    pub fn is_open(&self) -> bool {
        false
    }

    /// Emits `event` with the given raw JSON (one or more arguments, separated by commas).
    pub fn emit(&self, event: &str, args: &str) -> Result<(), Gone> {
        let mut frame = FrameBuilder::event(self.namespace(), event, args.len());
        frame.push(args);
        self.send(frame.finish_event())
    }

    /// Sends a frame built for this socket's namespace.
    pub fn send(&self, frame: Frame) -> Result<(), Gone> {
        self.send_all([frame])
    }

    /// Sends frames without anything in between (an event and its attachments).
    pub fn send_all(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Gone> {
        let _ = frames.into_iter();
        Err(Gone)
    }

    /// Takes the socket out of its namespace: sends a Socket.IO DISCONNECT, after which a stock client does not come
    /// back by itself. [`Handler::disconnected`] follows with [`DisconnectReason::Server`].
    pub fn disconnect(&self) {}

    /// The same, and closes the whole connection once what was sent before has been written (or soon after, when
    /// the client does not read).
    pub fn close(&self) {}

    /// Closes the whole connection without a DISCONNECT, once what was sent before has been written: a stock client
    /// sees `transport close` and comes back by itself, perhaps to another node. Used when draining.
    /// [`Handler::disconnected`] follows with [`DisconnectReason::Server`].
    pub fn hang_up(&self) {}
}
