use std::time::Instant;

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header::HeaderValue},
};

use tracing::{Span, field::Empty};

use crate::{
    http::{Code, ROUTES, demo},
    telemetry::{Metrics, continue_trace},
};

/// One request on its way: measured, logged and traced when it is answered.
pub(super) struct Watch {
    method: &'static str,
    route: &'static str,
    since: Instant,
    span: Span,
}

impl Watch {
    /// `trusted`: a proxy of ours calls, whose trace goes on here. What clients say of traces is not believed: they could
    /// have each of their requests sampled.
    pub(super) fn start(request: &ServiceRequest, id: &HeaderValue, trusted: bool) -> Self {
        let (method, route) = (method(request.method()), route(request));
        let span = tracing::info_span!(
            "request",
            otel.name = format_args!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = Empty,
            "http.request.method" = method,
            "http.route" = route,
            "http.response.status_code" = Empty,
            request_id = id.to_str().unwrap_or_default(),
        );
        if trusted {
            continue_trace(&span, request.headers());
        }
        Self { method, route, since: now(), span }
    }

    /// What the request is part of, from here on.
    pub(super) const fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn stop<B>(self, metrics: &Metrics, response: &ServiceResponse<B>, id: &HeaderValue) {
        let (status, took) = (response.status().as_u16(), now() - self.since);
        metrics.request(self.method, self.route, status, took.as_secs_f64());
        self.span.record("http.response.status_code", i64::from(status));
        if response.status().is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        if let Some(code) = response.response().extensions().get::<Code>() {
            metrics.error(code.as_str());
        }
        let (method, route, id) = (self.method, self.route, id.to_str().unwrap_or_default());
        tracing::debug!(method, route, status, took_us = took.as_micros(), request_id = id, "answered");
    }
}

#[expect(clippy::disallowed_methods, reason = "measures for a metric; no rule depends on it")]
fn now() -> Instant {
    Instant::now()
}

/// A name from our own list: what clients type must not become a label.
fn method(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

/// The route's own path, `demo` for the demo page's files, or `unmatched`.
fn route(request: &ServiceRequest) -> &'static str {
    let path = request.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let other = if demo::is_file(request.path()) { "demo" } else { "unmatched" };
    ROUTES.iter().map(|(route, _)| *route).find(|route| *route == path).unwrap_or(other)
}
