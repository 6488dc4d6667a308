//! The gateway as the transport sees it.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
};

use tracing::{Instrument, field::Empty};
use video_chat_actix_socketio::{
    Connect, ConnectRefusal, DisconnectReason, Emitter, Event, Handler, HandshakeRefusal, HandshakeRequest,
    Offence,
};
use video_chat_signaling::Code;

use super::{Gateway, address::Counted, admission::Refused, hub::Seat, limits::Limits, lock};
use crate::http::address::client_ip;

/// The namespaces of the protocol. They serve the same events.
const NAMESPACES: [&str; 2] = ["/signaling", "/"];

/// What is kept of a connection's first request.
pub struct Handshake {
    /// The `Authorization` header, for clients that cannot send a CONNECT payload.
    pub(super) authorization: Option<Box<str>>,
    pub(super) counted: Counted,
    /// Of the connection, whatever sockets come and go on it.
    limits: Arc<Mutex<Limits>>,
}

/// One admitted socket.
pub struct Socket {
    pub(super) id: u64,
    pub(super) seat: Arc<Seat>,
    pub(super) emitter: Emitter,
    pub(super) limits: Arc<Mutex<Limits>>,
}

impl Handler for Gateway {
    type Handshake = Handshake;
    type Socket = Socket;

    fn handshake(&self, request: &HandshakeRequest<'_>) -> Result<Handshake, HandshakeRefusal> {
        let peer = request.peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let counted = self.addresses.count(client_ip(peer, request.headers, &self.rules.trusted_proxies));
        if self.is_far_over(counted.count) {
            self.parts.metrics.rate_limit_hit("connections");
            return Err(HandshakeRefusal {
                status: 429,
                code: 4,
                message: Code::RateLimited.message(),
                retry_after: Some(5),
            });
        }
        let authorization = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let limits = Arc::new(Mutex::new(Limits::new(self.rules.events, self.rules.max_payload)));
        Ok(Handshake { authorization: authorization.map(Into::into), counted, limits })
    }

    async fn connect(&self, request: Connect<'_, Handshake>) -> Result<Socket, ConnectRefusal> {
        self.count_connect(&request).map_err(|refused| self.refuse(refused))?;
        if !NAMESPACES.contains(&request.namespace) {
            return Err(ConnectRefusal { message: "Invalid namespace".into(), data: None });
        }
        let span = tracing::info_span!("connect", otel.kind = "server", "error.type" = Empty);
        let limits = Arc::clone(&request.handshake.limits);
        let entered = async {
            let device = self.admit(request.auth, request.handshake).await?;
            self.enter(&device, request.emitter, limits).await
        };
        let entered = entered.instrument(span.clone()).await;
        entered.map_err(|refused| {
            span.record("error.type", refused.code());
            self.refuse(refused)
        })
    }

    fn event_now(&self, socket: &mut Socket, event: &mut Event<'_>) -> bool {
        self.handle_now(socket, event)
    }

    async fn event(&self, socket: &mut Socket, event: Event<'_>) {
        self.handle(socket, event).await;
    }

    async fn disconnected(&self, socket: Socket, reason: DisconnectReason) {
        self.depart(&socket, reason).await;
    }

    fn offence(&self, kind: Offence) {
        let code = match kind {
            Offence::Parse => "parse_error",
            Offence::TooLarge => Code::PayloadTooLarge.as_str(),
            Offence::SlowReader => "slow_reader",
            Offence::NoNamespace => "connect_timeout",
        };
        self.parts.metrics.error(code);
    }
}

impl Gateway {
    fn count_connect(&self, request: &Connect<'_, Handshake>) -> Result<(), Refused> {
        let verdict = lock(&request.handshake.limits).connect(self.uptime(request.received_at));
        match self.pass(verdict) {
            Some(Ok(())) => Ok(()),
            Some(Err(rejection)) => Err(rejection.code.into()),
            None => {
                self.drop_flood(&request.emitter);
                Err(Code::RateLimited.into())
            }
        }
    }

    fn refuse(&self, refused: Refused) -> ConnectRefusal {
        self.parts.metrics.error(refused.code());
        refused.into()
    }
}
