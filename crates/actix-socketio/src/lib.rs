//! Socket.IO for actix-web: polling, native WebSocket and upgrade.

mod busy;
mod clock;
mod config;
mod conn;
mod direct;
mod emitter;
mod endpoint;
mod handler;
mod outbox;
mod polling;
mod portable;
mod probe;
mod pump;
mod raw;
mod reply;
mod requests;
mod route;
mod service;
mod sid;
mod slots;
mod socket_app;
mod wire;

use std::{fmt, sync::Arc};

use actix_web::web::ServiceConfig;
use conn::Ending;
use endpoint::Endpoint;
use socket_app::SocketApp;

pub use config::{AcceptsOrigin, Config, Origins};
pub use direct::{DirectServer, Endpoint as DirectEndpoint, ServeOptions};
pub use emitter::{Ack, Emitter, Gone};
pub use handler::{
    Connect, ConnectRefusal, DisconnectReason, Event, Handler, HandshakeRefusal, HandshakeRequest, Offence,
};
pub use raw::{EngineIo, RawHandler, RawMessage, RawSender};

/// A Socket.IO server: one for the whole process, mounted in each worker's `App`.
pub struct SocketIo<H: Handler> {
    endpoint: Arc<Endpoint<SocketApp<H>>>,
}

impl<H: Handler> Clone for SocketIo<H> {
    fn clone(&self) -> Self {
        Self { endpoint: self.endpoint.clone() }
    }
}

impl<H: Handler> fmt::Debug for SocketIo<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketIo").field("config", &self.endpoint.config).finish_non_exhaustive()
    }
}

impl<H: Handler> SocketIo<H> {
    /// A server around `handler`.
    pub fn new(handler: Arc<H>, config: Config) -> Self {
        Self { endpoint: Arc::new(Endpoint::new(SocketApp { handler }, config)) }
    }

    /// Mounts the endpoint on an actix-web `App`: `App::new().configure(|app| io.configure(app))`.
    pub fn configure(&self, app: &mut ServiceConfig) {
        service::mount(&self.endpoint, app);
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.endpoint.connections()
    }

    /// Closes every connection as [`Emitter::hang_up`] does: stock clients come back by themselves.
    pub fn close_all(&self) {
        self.endpoint.end_all(Ending::HangUp);
    }
}
