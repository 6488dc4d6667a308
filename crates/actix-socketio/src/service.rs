//! The endpoint as a resource of an actix-web `App`.

use std::sync::Arc;

use actix_http::ws::handshake_response;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use video_chat_socketio::session::Transport;

use crate::{
    HandshakeRequest,
    endpoint::{Application, Endpoint},
    portable::portable,
    probe,
    pump::{self, Pump},
    reply::{Judged, Reply},
    requests,
    route::{Route, route},
};

/// Mounts an endpoint.
pub(crate) fn mount<A: Application>(endpoint: &Arc<Endpoint<A>>, app: &mut web::ServiceConfig) {
    let path = endpoint.config.path.clone();
    let endpoint = endpoint.clone();
    let handler = move |request: HttpRequest, payload: web::Payload| {
        let endpoint = endpoint.clone();
        async move { handle(&endpoint, &request, payload).await }
    };
    app.service(web::resource(path).to(handler));
}

async fn handle<A: Application>(
    endpoint: &Arc<Endpoint<A>>,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    // Not to be asked twice: it counts.
    if let Some(Judged(reply)) = request.extensions_mut().remove() {
        return reply.into();
    }
    let handshake = HandshakeRequest {
        headers: request.headers(),
        peer: request.peer_addr(),
        query: request.query_string(),
    };
    match route(endpoint, request.head()) {
        Route::Reply(reply) => reply.into(),
        Route::Open(cors) => requests::open(endpoint, &handshake, &cors),
        Route::Poll(conn, cors) => requests::poll(conn, request.headers(), &cors).await,
        Route::Post(conn, mail, cors) => requests::post(conn, mail, request.headers(), payload, &cors).await,
        Route::OpenWebSocket(cors) => match endpoint.open(Transport::WebSocket, &handshake) {
            Err(refusal) => Reply::refusal(&refusal, &cors).into(),
            Ok(driver) => {
                let open = requests::open_packet(endpoint, driver.conn(), &[]);
                let _ = driver.conn().send([open]);
                upgrade(endpoint, request, payload, |pump| pump::serve(pump, driver))
            }
        },
        Route::Probe(conn, mail) => {
            upgrade(endpoint, request, payload, |pump| probe::serve(pump, conn, mail))
        }
        Route::Surplus => upgrade(endpoint, request, payload, probe::refuse),
    }
}

fn upgrade<A: Application, F: Future<Output = ()> + 'static>(
    endpoint: &Endpoint<A>,
    request: &HttpRequest,
    payload: web::Payload,
    serve: impl FnOnce(Pump<crate::portable::Portable>) -> F,
) -> HttpResponse {
    let (stream, body) = portable(payload);
    actix_rt::spawn(serve(Pump::new(stream, endpoint.config.max_payload, &[])));
    let response = handshake_response(request.head()).message_body(body);
    response.map_or_else(
        |_| HttpResponse::InternalServerError().finish(),
        |response| HttpResponse::from(response.map_into_boxed_body()),
    )
}
