//! The contract's hot half on socketioxide, in memory: tokens, the queue, relays, the end.
//!
//! No limits and no metrics, which the project's server has: a comparison in this one's favour.

mod queue;

use std::{
    env,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use socketioxide::{
    SocketIo,
    extract::{Data, SocketRef, State, TryData},
    handler::ConnectHandler as _,
};

use queue::{Queue, Ticket};

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ICE_SERVERS: &str = r#"[{"urls":["stun:stun.example.org:3478"]}]"#;

/// What all connections share.
struct Shared {
    key: DecodingKey,
    validation: Validation,
    queue: Mutex<Queue<SocketRef>>,
}

/// A connection's own.
#[derive(Default)]
struct Member {
    device: String,
    stay: Mutex<Stay>,
}

#[derive(Default)]
struct Stay {
    ticket: Option<Ticket>,
    since: u64,
    call: Option<Call>,
}

#[derive(Clone)]
struct Call {
    session: Arc<str>,
    peer: SocketRef,
    alias: Arc<str>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

#[derive(Deserialize)]
struct Join {
    #[serde(default = "global")]
    region: String,
    #[serde(default = "english")]
    language: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signal {
    session_id: String,
    data: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chat {
    session_id: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct End {
    session_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relayed<'a> {
    session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<&'a serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<&'a serde_json::Value>,
    from: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched<'a> {
    session_id: &'a str,
    peer_id: &'a str,
    timestamp: u64,
    role: &'a str,
    polite: bool,
    ice_servers: &'a RawValue,
    wait_ms: u64,
    region: &'a str,
    language: &'a str,
}

#[derive(Debug)]
struct Unauthorized;

impl std::fmt::Display for Unauthorized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unauthorized")
    }
}

fn main() -> std::io::Result<()> {
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3333);
    let secret = env::var("JWT_SECRET").unwrap_or_default();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 5;
    let shared = Shared {
        key: DecodingKey::from_secret(secret.as_bytes()),
        validation,
        queue: Mutex::default(),
    };
    // One thread: the fastest there is for one core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (layer, io) = SocketIo::builder().max_payload(131_072).with_state(Arc::new(shared)).build_layer();
        io.ns("/signaling", serve.with(admit));
        let listener = tokio::net::TcpSocket::new_v4()?;
        listener.set_reuseaddr(true)?;
        listener.bind(([127, 0, 0, 1], port).into())?;
        let listener = axum::serve::ListenerExt::tap_io(listener.listen(4_096)?, |stream| {
            let _ = stream.set_nodelay(true);
        });
        println!("listening on http://127.0.0.1:{port}");
        axum::serve(listener, axum::Router::new().layer(layer)).await
    })
}

async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(shared): State<Arc<Shared>>,
) -> Result<(), Unauthorized> {
    let auth = auth.map_err(|_| Unauthorized)?;
    let token = auth.token.strip_prefix("Bearer ").unwrap_or(&auth.token);
    let claims = jsonwebtoken::decode::<Claims>(token, &shared.key, &shared.validation);
    let device = claims.map_err(|_| Unauthorized)?.claims.sub;
    socket.extensions.insert(Arc::new(Member { device, stay: Mutex::default() }));
    Ok(())
}

async fn serve(socket: SocketRef) {
    let connected = json!({ "deviceId": member(&socket).device, "timestamp": now() });
    let _ = socket.emit("connected", &connected);
    socket.on("join-queue", join);
    socket.on("send-offer", |socket: SocketRef, Data(signal): Data<Signal>| async move {
        relay(&socket, &signal, "offer");
    });
    socket.on("send-answer", |socket: SocketRef, Data(signal): Data<Signal>| async move {
        relay(&socket, &signal, "answer");
    });
    socket.on("send-candidate", |socket: SocketRef, Data(signal): Data<Signal>| async move {
        relay(&socket, &signal, "candidate");
    });
    socket.on("send-message", chat);
    socket.on("end-call", end);
    socket.on_disconnect(gone);
}

async fn join(socket: SocketRef, Data(wish): Data<Join>, State(shared): State<Arc<Shared>>) {
    let me = member(&socket);
    let mut queue = shared.queue.lock().unwrap();
    {
        let mut stay = me.stay.lock().unwrap();
        if stay.call.is_some() {
            return refuse(&socket, "already_in_call", "Already in a call");
        }
        if let Some(ticket) = stay.ticket.take() {
            queue.remove(&ticket);
        }
        stay.since = now();
    }
    let Some(partner) = queue.take(&wish.region, &wish.language) else {
        let (ticket, position) = queue.add(&wish.region, &wish.language, socket.clone());
        me.stay.lock().unwrap().ticket = Some(ticket);
        let _ = socket.emit("queue-joined", &json!({ "position": position, "timestamp": now() }));
        return;
    };
    drop(queue);
    let _ = socket.emit("queue-joined", &json!({ "position": 1, "timestamp": now() }));
    meet(&partner, &socket, &wish);
}

fn meet(offerer: &SocketRef, answerer: &SocketRef, wish: &Join) {
    let [session, offerer_alias, answerer_alias] = [(); 3].map(|()| Arc::<str>::from(random_id()));
    let ice_servers = serde_json::from_str(ICE_SERVERS).unwrap();
    let at = now();
    let ends = [(offerer, answerer, &offerer_alias), (answerer, offerer, &answerer_alias)];
    let waits = ends.map(|(socket, peer, alias)| {
        let member = member(socket);
        let mut stay = member.stay.lock().unwrap();
        stay.ticket = None;
        stay.call = Some(Call { session: session.clone(), peer: peer.clone(), alias: alias.clone() });
        at.saturating_sub(stay.since)
    });
    let roles = [("offerer", &answerer_alias), ("answerer", &offerer_alias)];
    for (((socket, ..), (role, peer_id)), wait_ms) in ends.into_iter().zip(roles).zip(waits) {
        let matched = Matched {
            session_id: &session,
            peer_id,
            timestamp: at,
            role,
            polite: role == "answerer",
            ice_servers,
            wait_ms,
            region: &wish.region,
            language: &wish.language,
        };
        let _ = socket.emit("matched", &matched);
    }
}

fn relay(socket: &SocketRef, signal: &Signal, event: &str) {
    let Some(call) = call_of(socket, &signal.session_id) else { return };
    let data = |name| (name == event).then_some(&signal.data);
    let relayed = Relayed {
        session_id: &call.session,
        offer: data("offer"),
        answer: data("answer"),
        candidate: data("candidate"),
        from: &call.alias,
    };
    let _ = call.peer.emit(event, &relayed);
}

async fn chat(socket: SocketRef, Data(chat): Data<Chat>) {
    let Some(call) = call_of(&socket, &chat.session_id) else { return };
    if chat.message.chars().count() > 2_000 {
        return refuse(&socket, "payload_too_large", "Message too long");
    }
    let message = json!({
        "sessionId": &*call.session, "message": chat.message, "from": &*call.alias, "timestamp": now(),
    });
    let _ = call.peer.emit("message", &message);
}

async fn end(socket: SocketRef, Data(end): Data<End>) {
    let Some(call) = call_of(&socket, &end.session_id) else { return };
    hang_up(&socket, "ended");
    let _ = socket.emit("call-ended", &json!({ "sessionId": &*call.session }));
}

async fn gone(socket: SocketRef, State(shared): State<Arc<Shared>>) {
    let ticket = member(&socket).stay.lock().unwrap().ticket.take();
    if let Some(ticket) = ticket {
        shared.queue.lock().unwrap().remove(&ticket);
    }
    hang_up(&socket, "left");
}

fn hang_up(socket: &SocketRef, reason: &str) {
    let Some(call) = member(socket).stay.lock().unwrap().call.take() else { return };
    member(&call.peer).stay.lock().unwrap().call = None;
    let gone = json!({ "sessionId": &*call.session, "reason": reason });
    let _ = call.peer.emit("peer-disconnected", &gone);
}

/// The call of that name, if the socket is in it.
fn call_of(socket: &SocketRef, session: &str) -> Option<Call> {
    let call = member(socket).stay.lock().unwrap().call.clone().filter(|call| *call.session == *session);
    if call.is_none() {
        refuse(socket, "session_not_found", "Session not found");
    }
    call
}

fn refuse(socket: &SocketRef, code: &str, message: &str) {
    let _ = socket.emit("error", &json!({ "code": code, "message": message }));
}

fn member(socket: &SocketRef) -> Arc<Member> {
    socket.extensions.get::<Arc<Member>>().unwrap_or_default()
}

fn random_id() -> String {
    let mut bits = [0_u8; 16];
    getrandom::fill(&mut bits).unwrap();
    format!("{:032x}", u128::from_be_bytes(bits))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

fn global() -> String {
    "global".into()
}

fn english() -> String {
    "en".into()
}
