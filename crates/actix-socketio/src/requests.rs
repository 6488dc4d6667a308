//! The requests of polling.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::Write,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use actix_http::header::{self, HeaderMap};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use futures_util::StreamExt;
use tokio::sync::oneshot;
use video_chat_socketio::{
    Frame,
    engine::{ErrorCode, Open, close, encode_payload, noop},
    session::Transport,
};

use crate::{
    HandshakeRequest, Offence,
    busy::Alarm,
    clock::now,
    conn::{Conn, Ending, Shared},
    endpoint::{Application, Endpoint},
    polling::{self, Mail, batch},
    reply::{Cors, Reply},
};

/// Bodies below are not worth compressing; those above would hold up a thread for too long.
const COMPRESSED: std::ops::RangeInclusive<usize> = 1_025..=131_072;

/// Opens a connection and says so.
pub(crate) fn open<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    request: &HandshakeRequest<'_>,
    cors: &Cors,
) -> HttpResponse {
    match endpoint.open(Transport::Polling, request) {
        Err(refusal) => Reply::refusal(&refusal, cors).into(),
        Ok(driver) => {
            let conn = driver.conn().clone();
            let open = open_packet(endpoint, &conn, &["websocket"]);
            if let Some((_, Some(mail))) = endpoint.find(conn.sid) {
                actix_rt::spawn(polling::serve(driver, mail));
            }
            body([&open], request.headers, cors)
        }
    }
}

/// The first packet of a connection.
pub(crate) fn open_packet<A: Application>(endpoint: &Endpoint<A>, conn: &Conn, upgrades: &[&str]) -> Frame {
    let config = &endpoint.config;
    Open {
        sid: conn.sid.as_str(),
        upgrades,
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        max_payload: config.max_payload,
    }
    .encode()
}

/// Waits for messages.
pub(crate) async fn poll(conn: Arc<Conn>, headers: &HeaderMap, cors: &Cors) -> HttpResponse {
    let pending = match Pending::begin(&conn) {
        Ok(pending) => pending,
        Err(code) => return Reply::error(code, cors).into(),
    };
    let mut alarm = Alarm::default();
    let frames = poll_fn(|cx| collect(&conn, &mut alarm, cx)).await;
    drop(pending);
    body(&frames, headers, cors)
}

/// Marks the connection as polled, for as long as it lives.
struct Pending<'a>(&'a Conn);

impl<'a> Pending<'a> {
    fn begin(conn: &'a Conn) -> Result<Self, ErrorCode> {
        let mut shared = conn.lock();
        shared.tick(&conn.limits, now());
        if shared.requests.polled {
            shared.end(Ending::Offence(Offence::Parse));
            shared.wake();
            return Err(ErrorCode::BadRequest);
        }
        match shared.ending {
            Some(ending) if shared.requests.farewell || !ending.is_orderly() => {
                return Err(ErrorCode::UnknownSession);
            }
            None if shared.engine.transport() == Transport::WebSocket => return Err(ErrorCode::BadRequest),
            _ => shared.requests.polled = true,
        }
        drop(shared);
        Ok(Self(conn))
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.lock().requests.polled = false;
    }
}

fn collect(conn: &Conn, alarm: &mut Alarm, cx: &mut Context<'_>) -> Poll<VecDeque<Frame>> {
    loop {
        let now = now();
        let mut shared = conn.lock();
        if let Some(frames) = ready(&mut shared, now) {
            return Poll::Ready(frames);
        }
        shared.writer = Some(cx.waker().clone());
        let at = shared.engine.noop_at();
        drop(shared);
        if alarm.poll(at, cx).is_pending() {
            return Poll::Pending;
        }
    }
}

/// What a poll can be answered with now.
fn ready(shared: &mut Shared, now: Instant) -> Option<VecDeque<Frame>> {
    if let Some(ending) = shared.ending {
        if !shared.concluded {
            return None;
        }
        let mut frames = take(shared);
        if ending == Ending::Client {
            frames = VecDeque::from([noop()]);
        } else {
            frames.push_back(close());
        }
        shared.requests.farewell = true;
        shared.wake();
        return Some(frames);
    }
    if shared.engine.transport() == Transport::WebSocket {
        return Some(VecDeque::from([noop()]));
    }
    if let Some(at) = shared.engine.noop_at() {
        if now < at {
            return None;
        }
        shared.engine.noop_sent(now);
        return Some(VecDeque::from([noop()]));
    }
    (!shared.outbox.is_empty()).then(|| take(shared))
}

fn take(shared: &mut Shared) -> VecDeque<Frame> {
    let frames = shared.outbox.take();
    shared.outbox.written(frames.iter().map(Frame::len).sum());
    frames
}

/// The answer with the packets.
fn body<'a, F>(frames: F, headers: &HeaderMap, cors: &Cors) -> HttpResponse
where
    F: IntoIterator<Item = &'a Frame, IntoIter: Clone>,
{
    let body = encode_payload(frames);
    let mut response = ok(cors);
    if COMPRESSED.contains(&body.len()) {
        response.append_header((header::VARY, "Accept-Encoding"));
        if accepts_gzip(headers)
            && let Some(smaller) = compress(&body)
        {
            return response.insert_header((header::CONTENT_ENCODING, "gzip")).body(smaller);
        }
    }
    response.body(body)
}

fn ok(cors: &Cors) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, "text/plain; charset=UTF-8"));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    for header in cors.headers() {
        response.append_header(header);
    }
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        gzip && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)))
    })
}

fn compress(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// Takes messages.
pub(crate) async fn post<A: Application>(
    conn: Arc<Conn>,
    mail: Arc<Mail<A>>,
    headers: &HeaderMap,
    payload: web::Payload,
    cors: &Cors,
) -> HttpResponse {
    let posting = match Posting::begin(&conn) {
        Ok(posting) => posting,
        Err(code) => return Reply::error(code, cors).into(),
    };
    let outcome = hand_over(&conn, &mail, headers, payload).await;
    drop(posting);
    match outcome {
        Ok(()) => ok(cors).body("ok"),
        Err(Refused::Gone) => Reply::error(ErrorCode::UnknownSession, cors).into(),
        Err(Refused::Offence(offence)) => {
            conn.end(Ending::Offence(offence));
            match offence {
                Offence::TooLarge => Reply::too_large(cors).into(),
                _ => Reply::error(ErrorCode::BadRequest, cors).into(),
            }
        }
    }
}

enum Refused {
    Offence(Offence),
    /// The connection ended meanwhile.
    Gone,
}

async fn hand_over<A: Application>(
    conn: &Conn,
    mail: &Mail<A>,
    headers: &HeaderMap,
    payload: web::Payload,
) -> Result<(), Refused> {
    let binary = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/octet-stream"));
    if binary {
        return Err(Refused::Offence(Offence::Parse));
    }
    let timing = &conn.limits.timing;
    // A connection that answers no ping for as long is dead, and so is the upload.
    let patience = timing.ping_interval + timing.ping_timeout;
    let body = tokio::time::timeout(patience, read(payload, headers, conn.limits.max_payload))
        .await
        .map_err(|_| Refused::Gone)??;
    let (done, outcome) = oneshot::channel();
    mail.leave_batch(conn, batch(&body, done).map_err(Refused::Offence)?);
    drop(body);
    outcome.await.map_err(|_| Refused::Gone)?.map_err(Refused::Offence)
}

async fn read(mut payload: web::Payload, headers: &HeaderMap, limit: usize) -> Result<Bytes, Refused> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Refused::Offence(Offence::TooLarge));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refused::Gone)?;
        if body.len() + chunk.len() > limit {
            return Err(Refused::Offence(Offence::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Marks the connection as posted to, for as long as it lives.
struct Posting<'a>(&'a Conn);

impl<'a> Posting<'a> {
    fn begin(conn: &'a Conn) -> Result<Self, ErrorCode> {
        let mut shared = conn.lock();
        shared.tick(&conn.limits, now());
        if shared.ending.is_some() {
            return Err(ErrorCode::UnknownSession);
        }
        if shared.engine.transport() == Transport::WebSocket {
            return Err(ErrorCode::BadRequest);
        }
        if shared.requests.posting {
            shared.end(Ending::Offence(Offence::Parse));
            shared.wake();
            return Err(ErrorCode::BadRequest);
        }
        shared.requests.posting = true;
        drop(shared);
        Ok(Self(conn))
    }
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.0.lock().requests.posting = false;
    }
}
