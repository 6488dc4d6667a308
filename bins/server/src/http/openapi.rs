//! `/openapi.json`: this API, described.

use actix_web::{HttpResponse, http::header};

/// The OpenAPI 3.1 document. A test holds it to the routes and to what they answer.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// `GET /openapi.json`.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(DOCUMENT)
}
