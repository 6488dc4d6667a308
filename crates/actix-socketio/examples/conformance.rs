//! The server that the official protocol test suites expect, on `localhost:3000`.
//!
//! `cargo run -p video-chat-actix-socketio --example conformance` serves each WebSocket inside the `App`; with the argument
//! `direct` it serves it on its raw stream, as [`DirectServer`] does. Then run the `test-suite` of the repositories
//! `socketio/engine.io-protocol` and `socketio/socket.io-protocol`, one after the other.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpServer};
use video_chat_actix_socketio::{
    Config, Connect, ConnectRefusal, DirectServer, DisconnectReason, Emitter, EngineIo, Event, Handler,
    HandshakeRefusal, HandshakeRequest, RawHandler, RawMessage, RawSender, SocketIo,
};

/// `/engine.io/`: every message goes back as it came.
struct Echo;

impl RawHandler for Echo {
    async fn message(&self, sender: &RawSender, message: RawMessage<'_>) {
        let _ = sender.send(message);
    }
}

/// `/socket.io/`: the namespaces `/` and `/custom`.
struct Suite;

impl Handler for Suite {
    type Handshake = ();
    type Socket = Emitter;

    fn handshake(&self, _request: &HandshakeRequest<'_>) -> Result<(), HandshakeRefusal> {
        Ok(())
    }

    async fn connect(&self, request: Connect<'_, ()>) -> Result<Emitter, ConnectRefusal> {
        if !matches!(request.namespace, "/" | "/custom") {
            return Err(ConnectRefusal { message: "Invalid namespace".into(), data: None });
        }
        let emitter = request.emitter.clone();
        let auth = request.auth.to_owned();
        actix_web::rt::spawn(async move {
            // The suites' WebSocket client loses the second of two frames that arrive together.
            tokio::time::sleep(Duration::from_millis(10)).await;
            let _ = emitter.emit("auth", &auth);
        });
        Ok(request.emitter)
    }

    async fn event(&self, socket: &mut Emitter, event: Event<'_>) {
        if socket.namespace() != "/" {
            return;
        }
        let args = event.args.join(",");
        let _ = match (event.name, event.ack) {
            ("message", _) if event.attachments.is_empty() => socket.emit("message-back", &args),
            ("message", _) => socket.emit_binary("message-back", &args, event.attachments),
            ("message-with-ack", Some(ack)) if event.attachments.is_empty() => ack.send(&args),
            ("message-with-ack", Some(ack)) => ack.send_binary(&args, event.attachments),
            _ => Ok(()),
        };
    }

    async fn disconnected(&self, _socket: Emitter, _reason: DisconnectReason) {}
}

fn config(path: &str) -> Config {
    Config {
        path: path.into(),
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
        connect_timeout: Duration::from_secs(1),
        ..Config::default()
    }
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let engine = EngineIo::new(Echo, config("/engine.io/"));
    let socket = SocketIo::new(Arc::new(Suite), config("/socket.io/"));
    let direct = std::env::args().any(|arg| arg == "direct");
    let (polling_engine, polling_socket) = (engine.clone(), socket.clone());
    let app = move || {
        App::new()
            .configure(|app| polling_engine.configure(app))
            .configure(|app| polling_socket.configure(app))
    };
    if direct {
        let server = DirectServer::new(app).endpoint(&engine).endpoint(&socket);
        server.listen(TcpListener::bind("127.0.0.1:3000")?)?.await
    } else {
        HttpServer::new(app).bind(("localhost", 3000))?.run().await
    }
}
