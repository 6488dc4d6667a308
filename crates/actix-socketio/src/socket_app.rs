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
    endpoint::{Application, Message},
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

    async fn message(
        &self,
        session: &mut Self::Session,
        message: Message<'_>,
        at: Instant,
    ) -> Result<(), Offence> {
        match (message, session.pending.take()) {
            (Message::Text(text), None) => {
                let packet = packet::decode(text).map_err(|_| Offence::Parse)?;
                match announced(&packet) {
                    0 => self.packet(session, packet, &[], at).await,
                    count => {
                        let limit = session.conn.limits.max_payload;
                        let pending = PendingBinary::new(text, count, limit).map_err(offence)?;
                        session.pending = Some(pending);
                        Ok(())
                    }
                }
            }
            (Message::Binary(data), Some(mut pending)) => {
                if !pending.push(Bytes::copy_from_slice(data)).map_err(offence)? {
                    session.pending = Some(pending);
                    return Ok(());
                }
                let packet = pending.packet().map_err(|_| Offence::Parse)?;
                self.packet(session, packet, pending.attachments(), at).await
            }
            _ => Err(Offence::Parse),
        }
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
    async fn packet(
        &self,
        session: &mut Session<H>,
        packet: Packet<'_>,
        attachments: &[Bytes],
        at: Instant,
    ) -> Result<(), Offence> {
        match packet {
            Packet::Connect { namespace, auth } => {
                self.connect(session, namespace, auth.unwrap_or("{}")).await
            }
            Packet::Disconnect { namespace } => self.leave(session, namespace).await,
            Packet::Event(event) => self.event(session, &event, attachments, at).await,
            Packet::Ack(ack) => match session.namespaces.lookup(ack.namespace) {
                // No event of ours asks for an acknowledgement, so none is known by that id.
                Lookup::Joined(_) | Lookup::Left => Ok(()),
                Lookup::Unknown => Err(Offence::Parse),
            },
        }
    }

    async fn connect(&self, session: &mut Session<H>, namespace: &str, auth: &str) -> Result<(), Offence> {
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
        let request = Connect { namespace, auth, handshake: &session.handshake, emitter };
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

    async fn event(
        &self,
        session: &mut Session<H>,
        event: &packet::Event<'_>,
        attachments: &[Bytes],
        received_at: Instant,
    ) -> Result<(), Offence> {
        let joined = match session.namespaces.lookup(event.namespace) {
            Lookup::Joined(joined) if !joined.shared.is_gone() => joined,
            Lookup::Joined(_) | Lookup::Left => return Ok(()),
            Lookup::Unknown => return Err(Offence::Parse),
        };
        let ack = event.id.map(|id| Ack { emitter: Emitter { socket: joined.shared.clone() }, id });
        let event = Event { name: &event.name, args: &event.args, attachments, ack, received_at };
        self.handler.event(&mut joined.socket, event).await;
        Ok(())
    }
}

impl<H: Handler> Session<H> {
    fn joined_changed(&self) {
        self.conn.set_joined(!self.namespaces.is_empty());
    }
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
