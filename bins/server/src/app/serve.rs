//! Listening and serving.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpServer, dev::ServerHandle};
use socket2::{Domain, Socket, Type};
use video_chat_actix_socketio::{DirectServer, ServeOptions};

use super::{App, lifecycle};
use crate::{
    http,
    settings::{Key, Settings, keys},
};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;
/// How long an idle HTTP connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A listener on the first address of `host`; port 0 takes any free one. An error names the `key` of the port.
pub(super) fn bind(key: &Key, host: &str, port: u16) -> io::Result<TcpListener> {
    let named = |key: &Key, error: &io::Error| {
        io::Error::new(error.kind(), format!("{}: {host}:{port}: {error}", key.env))
    };
    let addresses = (host, port).to_socket_addrs().map_err(|error| named(&keys::HOST, &error))?;
    let mut failure = named(&keys::HOST, &io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                failure = named(&keys::HOST, &error);
            }
            Err(error) => failure = named(key, &error),
        }
    }
    Err(failure)
}

/// The listener of `PROMETHEUS_PORT`. Where nobody chose the port and somebody else has it, such as a second server or
/// a Prometheus, there is none: `/metrics` is on `PORT` too.
pub(super) fn bind_monitoring(settings: &Settings) -> io::Result<Option<TcpListener>> {
    let Some(port) = settings.telemetry.prometheus_port else { return Ok(None) };
    match bind(&keys::PROMETHEUS_PORT, &settings.server.host, port.get()) {
        Err(error)
            if error.kind() == io::ErrorKind::AddrInUse && settings.telemetry.prometheus_port_is_default =>
        {
            tracing::warn!("{error}: /metrics is served on PORT alone");
            Ok(None)
        }
        listener => listener.map(Some),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.cloexec(), None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl App {
    /// Says where it listens, serves until SIGTERM or SIGINT, drains, and returns. A second signal cuts the drain short.
    ///
    /// # Errors
    /// When the sockets or signals cannot be used.
    pub async fn serve(self) -> io::Result<()> {
        let mut signals = lifecycle::Signals::listen()?;
        self.announce()?;
        self.serve_until(async move || signals.next().await).await
    }

    /// Serves until `stop` returns, drains, and returns. When `stop` returns a second time, the drain is cut short.
    ///
    /// # Errors
    /// When the sockets cannot be used.
    pub async fn serve_until(self, mut stop: impl AsyncFnMut()) -> io::Result<()> {
        let workers = self.settings.server.worker_count().get();
        let life = actix_rt::spawn(Arc::clone(&self.gateway).live());
        let feed = self.feed.map(|feed| actix_rt::spawn(feed.follow(Arc::clone(&self.gateway))));
        let monitoring =
            self.monitoring.map(|listener| serve_monitoring(listener, &self.http)).transpose()?;
        let (state, socketio) = (Arc::clone(&self.http), self.socketio.clone());
        let app = move || {
            let socketio = socketio.clone();
            http::app(&state, move |app| socketio.configure(app))
        };
        let options = ServeOptions {
            workers,
            keep_alive: KEEP_ALIVE,
            client_request_timeout: HEAD_TIMEOUT,
            shutdown_timeout: Duration::from_secs(1),
            ..ServeOptions::default()
        };
        let server =
            DirectServer::new(app).endpoint(&self.socketio).options(options).listen(self.listener)?;
        let handle = server.handle();
        let served = actix_rt::spawn(server);
        stop().await;
        tracing::info!("draining");
        tokio::select! {
            () = lifecycle::drain(&self.gateway, &self.socketio, self.settings.realtime.drain_timeout) => {}
            () = stop() => tracing::warn!("told to stop again: not waiting"),
        }
        life.abort();
        if let Some(feed) = feed {
            feed.abort();
        }
        for handle in monitoring.into_iter().chain([handle]) {
            handle.stop(false).await;
        }
        served.await.map_err(io::Error::other)?
    }

    /// The one line on standard output, which nobody has to read.
    fn announce(&self) -> io::Result<()> {
        let address = self.address()?;
        let port = address.port();
        // An address that stands for all of them is none to click on.
        let host = if address.ip().is_unspecified() { "localhost".into() } else { url_host(address.ip()) };
        let demo = if self.settings.server.demo {
            format!(" · demo: http://{host}:{port}/")
        } else {
            String::new()
        };
        let (version, stores) = (env!("CARGO_PKG_VERSION"), &self.stores);
        let _ = writeln!(
            io::stdout().lock(),
            "video-chat-server {version} listening on http://{host}:{port} · stores: {stores}{demo}"
        );
        Ok(())
    }
}

fn url_host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn serve_monitoring(listener: TcpListener, state: &Arc<http::State>) -> io::Result<ServerHandle> {
    let state = Arc::clone(state);
    let server = HttpServer::new(move || http::monitoring(&state))
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    actix_rt::spawn(server);
    Ok(handle)
}
