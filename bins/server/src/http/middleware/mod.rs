//! What every answer passes through, in this order: request id, CORS preflight, limit by address, the route itself;
//! then headers and metrics on the way back.

mod cors;
mod headers;
mod request_id;
mod telemetry;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    middleware::{Next, from_fn},
};

use tracing::Instrument;

use super::{State, address, demo, limit};

/// The middleware of the whole application, the Socket.IO transport included.
///
/// On the transport's own path it adds request id and security headers and nothing else: the transport has CORS
/// and limits of its own, and a poll that waits is no slow answer.
pub fn stack<S, B>(
    state: Arc<State>,
) -> impl Transform<S, ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    from_fn(move |request: ServiceRequest, next: Next<B>| {
        let state = Arc::clone(&state);
        async move { pass(&state, request, next).await }
    })
}

async fn pass<B: MessageBody + 'static>(
    state: &State,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id::of(&request, &*state.entropy);
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let secure = address::is_secure(peer, request.headers(), &state.policy.trusted_proxies);

    let mut response = if is_transport(request.path()) {
        next.call(request).await?.map_into_boxed_body()
    } else {
        let trusted = address::is_trusted(peer, &state.policy.trusted_proxies);
        let watch = telemetry::Watch::start(&request, &id, trusted);
        let origin = cors::allowed(&request, &state.policy.cors);
        let preflight = cors::is_preflight(&request);
        let mut response = if preflight {
            request.into_response(HttpResponse::NoContent().finish())
        } else {
            route(state, peer, request, next).instrument(watch.span().clone()).await?
        };
        cors::stamp(response.headers_mut(), origin, preflight);
        watch.stop(&state.metrics, &response, &id);
        response
    };
    headers::stamp(response.headers_mut(), secure);
    request_id::stamp(response.headers_mut(), id);
    Ok(response)
}

async fn route<B: MessageBody + 'static>(
    state: &State,
    peer: IpAddr,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !is_unlimited(state, request.path()) {
        let ip = address::client_ip(peer, request.headers(), &state.policy.trusted_proxies);
        if let Err(refusal) = limit::address(state, ip).await {
            return Ok(request.into_response(refusal.error_response()));
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// The Socket.IO endpoint itself, not the client's bundle below it.
fn is_transport(path: &str) -> bool {
    path == "/socket.io/" || path == "/socket.io"
}

/// What costs next to nothing to answer: a page of twenty files would use up an address's allowance in a few loads.
fn is_unlimited(state: &State, path: &str) -> bool {
    matches!(path.strip_suffix('/').unwrap_or(path), "/health" | "/health/ready" | "/metrics")
        || path.starts_with("/socket.io/")
        || (state.policy.demo && demo::is_file(path))
}
