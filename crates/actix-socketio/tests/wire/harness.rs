//! A server to test, and a record of what its application was told.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::DefaultHeaders};
use video_chat_actix_socketio::{
    Config, Connect, ConnectRefusal, DirectServer, DisconnectReason, Emitter, Event, Handler,
    HandshakeRefusal, HandshakeRequest, Offence, ServeOptions, SocketIo,
};

use crate::client::{self, Pending, Response, Ws};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Portable,
    Direct,
}

/// What the application was told, in order.
#[derive(Default)]
pub(crate) struct Log {
    lines: Mutex<Vec<String>>,
    grown: Condvar,
    /// Handshake values that have not been dropped.
    pub(crate) guards: AtomicUsize,
    emitters: Mutex<Vec<Emitter>>,
}

impl Log {
    fn push(&self, line: String) {
        self.lines.lock().unwrap().push(line);
        self.grown.notify_all();
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line.
    pub(crate) fn expect(&self, line: &str) {
        let lines = self.lines.lock().unwrap();
        let (lines, timed_out) = self
            .grown
            .wait_timeout_while(lines, Duration::from_secs(10), |lines| !lines.iter().any(|l| l == line))
            .unwrap();
        assert!(!timed_out.timed_out(), "no {line:?} in {lines:?}");
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|l| *l == line).count()
    }

    /// The emitter of the latest socket.
    pub(crate) fn emitter(&self) -> Emitter {
        self.emitters.lock().unwrap().last().unwrap().clone()
    }
}

pub(crate) struct Guard(Arc<Log>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.guards.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An application that does as its client says.
pub(crate) struct Told(Arc<Log>);

impl Handler for Told {
    type Handshake = Guard;
    type Socket = Emitter;

    fn handshake(&self, request: &HandshakeRequest<'_>) -> Result<Guard, HandshakeRefusal> {
        assert!(request.peer.is_some());
        if request.query.contains("refuse=") {
            return Err(HandshakeRefusal { status: 429, code: 4, message: "Too many", retry_after: Some(7) });
        }
        self.0.guards.fetch_add(1, Ordering::SeqCst);
        Ok(Guard(self.0.clone()))
    }

    async fn connect(&self, request: Connect<'_, Guard>) -> Result<Emitter, ConnectRefusal> {
        let Connect { namespace, auth, emitter, .. } = request;
        if !matches!(namespace, "/" | "/custom") {
            return Err(ConnectRefusal { message: "Invalid namespace".into(), data: None });
        }
        match auth {
            r#"{"do":"refuse"}"# => {
                let _ = emitter.emit("never", "1");
                return Err(ConnectRefusal {
                    message: "No \"way\"".into(),
                    data: Some("{\"code\":1}".into()),
                });
            }
            r#"{"do":"disconnect"}"# => emitter.disconnect(),
            r#"{"do":"close"}"# => emitter.close(),
            r#"{"do":"slow"}"# => tokio::time::sleep(Duration::from_millis(700)).await,
            _ => {}
        }
        let _ = emitter.emit("auth", auth);
        self.0.push(format!("connect {namespace}"));
        self.0.emitters.lock().unwrap().push(emitter.clone());
        Ok(emitter)
    }

    async fn event(&self, socket: &mut Emitter, event: Event<'_>) {
        self.0.push(format!("{} {}", event.name, event.args.join(",")));
        match event.name {
            "sleep" => tokio::time::sleep(Duration::from_millis(event.args[0].parse().unwrap())).await,
            "take_out" => socket.disconnect(),
            "close" => {
                let _ = socket.emit("last", "1");
                socket.close();
            }
            "hang_up" => socket.hang_up(),
            "flood" => {
                let large = format!("\"{}\"", "x".repeat(event.args[1].parse().unwrap()));
                for _ in 0..event.args[0].parse().unwrap() {
                    let _ = socket.emit("flood", &large);
                }
            }
            _ if event.attachments.is_empty() => {
                let _ = socket.emit("echo", &event.args.join(","));
            }
            _ => {
                let _ = socket.emit_binary("echo", &event.args.join(","), event.attachments);
            }
        }
        self.0.push(format!("done {}", event.name));
        if let Some(ack) = event.ack {
            let _ = ack.send(&event.args.join(","));
        }
    }

    async fn disconnected(&self, socket: Emitter, reason: DisconnectReason) {
        self.0.push(format!("disconnected {} {reason:?}", socket.namespace()));
    }

    fn offence(&self, kind: Offence) {
        self.0.push(format!("offence {kind:?}"));
    }
}

/// Intervals long enough that nothing happens unless a test is about it.
pub(crate) fn config() -> Config {
    Config { ping_timeout: Duration::from_secs(5), max_payload: 100_000, ..Config::default() }
}

/// Pings every 200 ms, answered within 150 ms.
pub(crate) fn hectic() -> Config {
    Config { ping_interval: Duration::from_millis(200), ping_timeout: Duration::from_millis(150), ..config() }
}

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) log: Arc<Log>,
    pub(crate) io: SocketIo<Told>,
    handle: ServerHandle,
}

impl Server {
    pub(crate) fn start(mode: Mode) -> Self {
        Self::with(mode, config())
    }

    pub(crate) fn with(mode: Mode, config: Config) -> Self {
        let log = Arc::<Log>::default();
        let io = SocketIo::new(Arc::new(Told(log.clone())), config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let mounted = io.clone();
        let taken = io.clone();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    let io = mounted.clone();
                    let headers = DefaultHeaders::new().add(("x-of-the-app", "yes"));
                    App::new().wrap(headers).configure(move |app| io.configure(app))
                };
                let server = match mode {
                    Mode::Portable => HttpServer::new(app)
                        .workers(2)
                        .shutdown_timeout(1)
                        .disable_signals()
                        .listen(listener)
                        .unwrap()
                        .run(),
                    Mode::Direct => DirectServer::new(app)
                        .endpoint(&taken)
                        .options(ServeOptions { workers: 2, ..ServeOptions::default() })
                        .listen(listener)
                        .unwrap(),
                };
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self { addr, log, io, handle: told.recv().unwrap() }
    }

    pub(crate) fn request(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Response {
        client::send(self.addr, method, path, headers, body).response()
    }

    /// Sends a poll without waiting for its answer, but until the server has it.
    pub(crate) fn poll_later(&self, sid: &str) -> Pending {
        let pending = client::send(self.addr, "GET", &polling(sid), &[], b"");
        thread::sleep(Duration::from_millis(30));
        pending
    }

    pub(crate) fn poll(&self, sid: &str) -> Response {
        self.request("GET", &polling(sid), &[], b"")
    }

    pub(crate) fn post(&self, sid: &str, body: &str) -> Response {
        self.request("POST", &polling(sid), &["Content-Type: text/plain"], body.as_bytes())
    }

    /// Opens a connection by polling.
    pub(crate) fn open(&self) -> String {
        let response = self.request("GET", "/socket.io/?EIO=4&transport=polling", &[], b"");
        assert_eq!(response.status, 200, "{response:?}");
        sid_of(response.body())
    }

    /// Opens a connection by polling and joins `/`; nothing is left to be read.
    pub(crate) fn join(&self) -> String {
        let sid = self.open();
        assert_eq!(self.post(&sid, "40").body(), "ok");
        let joined = self.poll(&sid);
        assert!(joined.body().starts_with("40{\"sid\":\""), "{joined:?}");
        assert!(joined.body().ends_with("\u{1e}42[\"auth\",{}]"), "{joined:?}");
        sid
    }

    /// Opens a WebSocket; the open packet has been read.
    pub(crate) fn ws(&self) -> Ws {
        let mut ws = Ws::open(self.addr, "/socket.io/?EIO=4&transport=websocket");
        assert!(ws.recv().text().starts_with("0{"));
        ws
    }

    /// Opens a WebSocket and joins `/`.
    pub(crate) fn joined(&self) -> Ws {
        let mut ws = self.ws();
        ws.text("40");
        assert!(ws.next().starts_with("40{\"sid\":\""));
        assert_eq!(ws.next(), "42[\"auth\",{}]");
        ws
    }

    /// A WebSocket that probes for `sid`.
    pub(crate) fn probe(&self, sid: &str) -> Ws {
        Ws::open(self.addr, &format!("/socket.io/?EIO=4&transport=websocket&sid={sid}"))
    }

    /// Waits until nothing is left of any connection.
    pub(crate) fn expect_nothing_left(&self) {
        #[expect(clippy::disallowed_methods, reason = "bounds the wait")]
        let start = Instant::now();
        while self.io.connections() > 0 || self.log.guards.load(Ordering::SeqCst) > 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "{} connections left", self.io.connections());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub(crate) fn polling(sid: &str) -> String {
    format!("/socket.io/?EIO=4&transport=polling&sid={sid}")
}

/// The sid in an open packet.
pub(crate) fn sid_of(packet: &str) -> String {
    let rest = packet.strip_prefix("0{\"sid\":\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}
