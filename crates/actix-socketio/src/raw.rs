//! Engine.IO alone, without Socket.IO on top.

use std::{fmt, future::Future, sync::Arc, time::Instant};

use actix_web::web::ServiceConfig;
use video_chat_socketio::Frame;

use crate::{
    Config, DisconnectReason, Gone, HandshakeRefusal, HandshakeRequest, Offence,
    conn::Conn,
    endpoint::{Application, Endpoint, Message, Work},
    service,
};

/// An application behind bare Engine.IO.
pub trait RawHandler: Send + Sync + 'static {
    /// A client sent a message.
    fn message(&self, sender: &RawSender, message: RawMessage<'_>) -> impl Future<Output = ()> + Send;
}

/// A message of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawMessage<'a> {
    /// Text.
    Text(&'a str),
    /// Binary.
    Binary(&'a [u8]),
}

/// The way to one client.
#[derive(Debug, Clone)]
pub struct RawSender {
    conn: Arc<Conn>,
}

impl RawSender {
    /// Sends a message.
    pub fn send(&self, message: RawMessage<'_>) -> Result<(), Gone> {
        self.conn.send([match message {
            RawMessage::Text(text) => Frame::text(&format!("4{text}")),
            RawMessage::Binary(data) => Frame::binary(data),
        }])
    }
}

/// A bare Engine.IO server.
pub struct EngineIo<H: RawHandler> {
    pub(crate) endpoint: Arc<Endpoint<RawApp<H>>>,
}

impl<H: RawHandler> EngineIo<H> {
    /// A server around `handler`.
    pub fn new(handler: H, config: Config) -> Self {
        Self { endpoint: Arc::new(Endpoint::new(RawApp { handler }, config)) }
    }

    /// Mounts the endpoint on an actix-web `App`.
    pub fn configure(&self, app: &mut ServiceConfig) {
        service::mount(&self.endpoint, app);
    }
}

impl<H: RawHandler> Clone for EngineIo<H> {
    fn clone(&self) -> Self {
        Self { endpoint: self.endpoint.clone() }
    }
}

impl<H: RawHandler> fmt::Debug for EngineIo<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineIo").field("config", &self.endpoint.config).finish_non_exhaustive()
    }
}

pub(crate) struct RawApp<H> {
    handler: H,
}

impl<H: RawHandler> Application for RawApp<H> {
    type Session = RawSender;

    fn open(
        &self,
        conn: &Arc<Conn>,
        _request: &HandshakeRequest<'_>,
    ) -> Result<Self::Session, HandshakeRefusal> {
        // There are no namespaces to join here.
        conn.set_joined(true);
        Ok(RawSender { conn: conn.clone() })
    }

    fn message<'a>(
        &'a self,
        session: &'a mut Self::Session,
        message: Message<'a>,
        _at: Instant,
    ) -> Result<Option<Work<'a>>, Offence> {
        let message = match message {
            Message::Text(text) => RawMessage::Text(text),
            Message::Binary(data) => RawMessage::Binary(data),
        };
        Ok(Some(Box::pin(async move {
            self.handler.message(session, message).await;
            Ok(())
        })))
    }

    async fn expelled(&self, _session: &mut Self::Session) {}

    fn farewell(&self, _session: &Self::Session) -> Vec<Frame> {
        Vec::new()
    }

    async fn closed(&self, _session: &mut Self::Session, _reason: DisconnectReason) {}

    fn offence(&self, _offence: Offence) {}
}
