//! Socket.IO on top of Engine.IO: namespaces, events and acknowledgements of one connection.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use video_chat_socketio::{
    Frame,
    packet::{self, AttachmentError, Packet, PendingBinary},
    session::{Lookup, Namespaces},
};

use crate::{
    Ack, Connect, ConnectRefusal, DisconnectReason, Emitter, Event, Handler, HandshakeRefusal,
    HandshakeRequest, Offence,
    conn::Conn,
    emitter::Socket,
    endpoint::{Application, Message, Work},
    sid::Sid,
};

/// The application that speaks Socket.IO.
pub(crate) struct SocketApp<H: Handler> {
    pub(crate) handler: Arc<H>,
}

struct Joined<H: Handler> {
    shared: Arc<Socket>,
    socket: H::Socket,
}

/// Whom an event is for, and the way to acknowledge it.
type Addressee<'a, H> = (&'a mut Joined<H>, Option<Ack>);

/// The Socket.IO state of one connection.
pub(crate) struct Session<H: Handler> {
    conn: Arc<Conn>,
    handshake: H::Handshake,
    namespaces: Namespaces<Joined<H>>,
    pending: Option<PendingBinary>,
}

impl<H: Handler> Application for SocketApp<H> {
    type Session = Session<H>;

    fn open(
        &self,
        conn: &Arc<Conn>,
        request: &HandshakeRequest<'_>,
    ) -> Result<Self::Session, HandshakeRefusal> {
        let handshake = self.handler.handshake(request)?;
        Ok(Session { conn: conn.clone(), handshake, namespaces: Namespaces::default(), pending: None })
    }

    fn message<'a>(
        &'a self,
        session: &'a mut Self::Session,
        message: Message<'a>,
        at: Instant,
    ) -> Result<Option<Work<'a>>, Offence> {
        match (message, session.pending.take()) {
            (Message::Text(text), None) => {
                let packet = packet::decode(text).map_err(|_| Offence::Parse)?;
                match announced(&packet) {
                    0 => return self.packet(session, packet, at),
                    count => {
                        let limit = session.conn.limits.max_payload;
                        let pending = PendingBinary::new(text, count, limit).map_err(offence)?;
                        session.pending = Some(pending);
                    }
                }
            }
            (Message::Binary(data), Some(mut pending)) => {
                if pending.push(Bytes::copy_from_slice(data)).map_err(offence)? {
                    return Ok(Some(Box::pin(self.binary(session, pending, at))));
                }
                session.pending = Some(pending);
            }
            _ => return Err(Offence::Parse),
        }
        Ok(None)
    }

    async fn expelled(&self, session: &mut Self::Session) {
        while let Some(joined) = session.namespaces.expel(|joined| joined.shared.is_gone()) {
            self.handler.disconnected(joined.socket, DisconnectReason::Server).await;
        }
        session.joined_changed();
    }

    fn farewell(&self, session: &Self::Session) -> Vec<Frame> {
        let open = session.namespaces.iter().filter(|joined| !joined.shared.is_gone());
        open.map(|joined| packet::disconnect(joined.shared.namespace())).collect()
    }

    async fn closed(&self, session: &mut Self::Session, reason: DisconnectReason) {
        let sockets: Vec<_> = session.namespaces.drain().collect();
        for joined in &sockets {
            joined.shared.forget();
        }
        for joined in sockets {
            self.handler.disconnected(joined.socket, reason).await;
        }
    }

    fn offence(&self, offence: Offence) {
        self.handler.offence(offence);
    }
}

impl<H: Handler> SocketApp<H> {
    fn packet<'a>(
        &'a self,
        session: &'a mut Session<H>,
        packet: Packet<'a>,
        at: Instant,
    ) -> Result<Option<Work<'a>>, Offence> {
        match packet {
            Packet::Event(event) => self.event(session, event, at),
            Packet::Connect { namespace, auth } => {
                Ok(Some(Box::pin(self.connect(session, namespace, auth.unwrap_or("{}"), at))))
            }
            Packet::Disconnect { namespace } => Ok(Some(Box::pin(self.leave(session, namespace)))),
            Packet::Ack(ack) => session.acknowledged(ack.namespace).map(|()| None),
        }
    }

    /// A packet whose attachments are all there.
    async fn binary(
        &self,
        session: &mut Session<H>,
        pending: PendingBinary,
        at: Instant,
    ) -> Result<(), Offence> {
        match pending.packet().map_err(|_| Offence::Parse)? {
            Packet::Event(event) => {
                if let Some((joined, ack)) = session.joined(&event)? {
                    let event = arrived(&event, pending.attachments(), ack, at);
                    self.handler.event(&mut joined.socket, event).await;
                }
                Ok(())
            }
            Packet::Ack(ack) => session.acknowledged(ack.namespace),
            Packet::Connect { .. } | Packet::Disconnect { .. } => Err(Offence::Parse),
        }
    }

    async fn connect(
        &self,
        session: &mut Session<H>,
        namespace: &str,
        auth: &str,
        at: Instant,
    ) -> Result<(), Offence> {
        if let Lookup::Joined(_) = session.namespaces.lookup(namespace) {
            return Err(Offence::Parse);
        }
        let id = Sid::random().ok_or(Offence::Parse)?;
        let shared = Socket::connecting(&session.conn, namespace.into(), id);
        if !session.namespaces.has_room(namespace) {
            shared.refuse("Too many namespaces", None);
            return Ok(());
        }
        let emitter = Emitter { socket: shared.clone() };
        let request = Connect { namespace, auth, handshake: &session.handshake, received_at: at, emitter };
        match self.handler.connect(request).await {
            Ok(socket) => {
                shared.accept();
                session.namespaces.join(namespace.into(), Joined { shared, socket });
                session.joined_changed();
            }
            Err(ConnectRefusal { message, data }) => shared.refuse(&message, data.as_deref()),
        }
        Ok(())
    }

    async fn leave(&self, session: &mut Session<H>, namespace: &str) -> Result<(), Offence> {
        if let Lookup::Unknown = session.namespaces.lookup(namespace) {
            return Err(Offence::Parse);
        }
        if let Some(joined) = session.namespaces.leave(namespace) {
            joined.shared.forget();
            session.joined_changed();
            self.handler.disconnected(joined.socket, DisconnectReason::Client).await;
        }
        Ok(())
    }

    /// The handler's fast path takes no future, and is tried first.
    fn event<'a>(
        &'a self,
        session: &'a mut Session<H>,
        packet: packet::Event<'a>,
        at: Instant,
    ) -> Result<Option<Work<'a>>, Offence> {
        let Some((joined, ack)) = session.joined(&packet)? else { return Ok(None) };
        let mut event = arrived(&packet, &[], ack, at);
        if self.handler.event_now(&mut joined.socket, &mut event) {
            return Ok(None);
        }
        let ack = event.ack;
        Ok(Some(Box::pin(async move {
            self.handler.event(&mut joined.socket, arrived(&packet, &[], ack, at)).await;
            Ok(())
        })))
    }
}

impl<H: Handler> Session<H> {
    /// The addressee of an event. `None`: a socket that the server just took out.
    fn joined(&mut self, event: &packet::Event<'_>) -> Result<Option<Addressee<'_, H>>, Offence> {
        match self.namespaces.lookup(event.namespace) {
            Lookup::Joined(joined) if !joined.shared.is_gone() => {
                let ack = event.id.map(|id| Ack { emitter: Emitter { socket: joined.shared.clone() }, id });
                Ok(Some((joined, ack)))
            }
            Lookup::Joined(_) | Lookup::Left => Ok(None),
            Lookup::Unknown => Err(Offence::Parse),
        }
    }

    /// No event of ours asks for an acknowledgement, so none is known by its id.
    fn acknowledged(&mut self, namespace: &str) -> Result<(), Offence> {
        match self.namespaces.lookup(namespace) {
            Lookup::Joined(_) | Lookup::Left => Ok(()),
            Lookup::Unknown => Err(Offence::Parse),
        }
    }

    fn joined_changed(&self) {
        self.conn.set_joined(!self.namespaces.is_empty());
    }
}

fn arrived<'a>(
    event: &'a packet::Event<'_>,
    attachments: &'a [Bytes],
    ack: Option<Ack>,
    received_at: Instant,
) -> Event<'a> {
    Event { name: &event.name, args: &event.args, members: &event.members, attachments, ack, received_at }
}

fn announced(packet: &Packet<'_>) -> u8 {
    match packet {
        Packet::Event(event) => event.attachments,
        Packet::Ack(ack) => ack.attachments,
        Packet::Connect { .. } | Packet::Disconnect { .. } => 0,
    }
}

fn offence(error: AttachmentError) -> Offence {
    match error {
        AttachmentError::TooBig => Offence::TooLarge,
        AttachmentError::Unexpected => Offence::Parse,
    }
}
