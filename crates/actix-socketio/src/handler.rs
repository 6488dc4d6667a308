//! What an application implements, and what it is given.

use std::{future::Future, net::SocketAddr, time::Instant};

use actix_http::header::HeaderMap;
use bytes::Bytes;

use crate::{Ack, Emitter};

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

    /// A socket sent an event that may need no waiting: handles it (`true`), or leaves it to [`event`](Self::event)
    /// without having done anything. What is handled here costs no future.
    fn event_now(&self, _socket: &mut Self::Socket, _event: &mut Event<'_>) -> bool {
        false
    }

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
    /// When its frame was read.
    pub received_at: Instant,
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
    /// When the first argument is an object, its members, found while it was checked: the name as written, with its
    /// quotes (`json::unescape` of `video-chat-socketio` reads it), and the value as written.
    pub members: &'a [(&'a str, &'a str)],
    /// The binary attachments, in order.
    pub attachments: &'a [Bytes],
    /// Present when the client asked for an acknowledgement.
    pub ack: Option<Ack>,
    /// When its (last) frame was read.
    pub received_at: Instant,
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
