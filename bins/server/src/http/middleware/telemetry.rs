use std::time::Instant;

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header::HeaderValue},
};

use crate::{
    http::{Code, ROUTES, demo},
    telemetry::Metrics,
};

/// One request on its way: measured and logged when it is answered.
pub(super) struct Watch {
    method: &'static str,
    route: &'static str,
    since: Instant,
}

impl Watch {
    pub(super) fn start(request: &ServiceRequest) -> Self {
        Self { method: method(request.method()), route: route(request), since: now() }
    }

    pub(super) fn stop<B>(self, metrics: &Metrics, response: &ServiceResponse<B>, id: &HeaderValue) {
        let (status, took) = (response.status().as_u16(), now() - self.since);
        metrics.request(self.method, self.route, status, took.as_secs_f64());
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
