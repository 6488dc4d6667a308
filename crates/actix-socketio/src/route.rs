//! What a request asks for.

use std::sync::Arc;

use actix_http::{Method, RequestHead, ws::verify_handshake};
use video_chat_socketio::{engine::ErrorCode, session::Transport};

use crate::{
    conn::Conn,
    endpoint::{Application, Endpoint},
    polling::Mail,
    reply::{Cors, Reply},
    sid::Sid,
};

/// What is to be done about a request.
pub(crate) enum Route<A: Application> {
    /// Answer so.
    Reply(Reply),
    /// Open a connection that polls.
    Open(Cors),
    /// The client waits for messages.
    Poll(Arc<Conn>, Cors),
    /// The client sends messages.
    Post(Arc<Conn>, Arc<Mail<A>>, Cors),
    /// Open a connection over WebSocket.
    OpenWebSocket(Cors),
    /// A WebSocket for a connection that polls.
    Probe(Arc<Conn>, Arc<Mail<A>>),
    /// A WebSocket for a connection that has one: to be accepted, then closed.
    Surplus,
}

/// The parts of a query that matter here.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query<'a> {
    transport: Option<&'a str>,
    sid: Option<&'a str>,
    protocol: Option<&'a str>,
}

impl<'a> Query<'a> {
    fn parse(query: &'a str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let slot = match name {
                "transport" => &mut parsed.transport,
                "sid" => &mut parsed.sid,
                "EIO" => &mut parsed.protocol,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        parsed
    }
}

/// Judges a request, in the order every Engine.IO server does.
pub(crate) fn route<A: Application>(endpoint: &Endpoint<A>, head: &RequestHead) -> Route<A> {
    let Some(cors) = Cors::of(&head.headers, &endpoint.config.origins) else {
        return Route::Reply(Reply::foreign());
    };
    if head.method == Method::OPTIONS {
        return Route::Reply(Reply::preflight(&cors));
    }
    judge(endpoint, head, &cors).unwrap_or_else(|code| Route::Reply(Reply::error(code, &cors)))
}

fn judge<A: Application>(
    endpoint: &Endpoint<A>,
    head: &RequestHead,
    cors: &Cors,
) -> Result<Route<A>, ErrorCode> {
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let transport = match query.transport {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::WebSocket,
        _ => return Err(ErrorCode::UnknownTransport),
    };
    if let Some(sid) = query.sid {
        let (conn, mail) =
            Sid::parse(sid).and_then(|sid| endpoint.find(sid)).ok_or(ErrorCode::UnknownSession)?;
        return existing(transport, conn, mail, head, cors);
    }
    if head.method != Method::GET {
        return Err(ErrorCode::BadHandshakeMethod);
    }
    if query.protocol != Some("4") {
        return Err(ErrorCode::UnsupportedProtocol);
    }
    match transport {
        Transport::Polling if !wants_websocket(head) => Ok(Route::Open(cors.clone())),
        Transport::WebSocket if wants_websocket(head) => Ok(Route::OpenWebSocket(cors.clone())),
        _ => Err(ErrorCode::BadRequest),
    }
}

fn existing<A: Application>(
    transport: Transport,
    conn: Arc<Conn>,
    mail: Option<Arc<Mail<A>>>,
    head: &RequestHead,
    cors: &Cors,
) -> Result<Route<A>, ErrorCode> {
    match transport {
        Transport::WebSocket if !wants_websocket(head) => Err(ErrorCode::BadRequest),
        Transport::WebSocket => Ok(mail.map_or(Route::Surplus, |mail| Route::Probe(conn, mail))),
        Transport::Polling => {
            let mail = mail.filter(|_| conn.lock().engine.transport() == Transport::Polling);
            match (mail, &head.method) {
                (None, _) => Err(ErrorCode::BadRequest),
                (Some(_), &Method::GET) => Ok(Route::Poll(conn, cors.clone())),
                (Some(mail), &Method::POST) => Ok(Route::Post(conn, mail, cors.clone())),
                _ => Err(ErrorCode::BadHandshakeMethod),
            }
        }
    }
}

fn wants_websocket(head: &RequestHead) -> bool {
    verify_handshake(head).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_keeps_what_matters_and_ignores_the_rest() {
        let query = Query::parse("EIO=4&transport=polling&t=abc&b64=1&j=0&sid=x&sid=y&flag");
        let expected = Query { transport: Some("polling"), sid: Some("x"), protocol: Some("4") };
        assert_eq!(query, expected);
    }
}
