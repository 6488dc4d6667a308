//! `/metrics`: for Prometheus.

use actix_web::{HttpResponse, http::header, web};

use super::State;

/// `GET /metrics`: everything counted, in the text format 0.0.4.
pub(super) async fn render(state: web::Data<State>) -> HttpResponse {
    state.live.measure().await;
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(state.metrics.render())
}
