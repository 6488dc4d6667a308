//! `/socket.io/socket.io.js`: the browser's client, as Socket.IO servers serve it.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, http::header};
use ring::digest::{SHA256, digest};

/// socket.io-client 4.8.4, as published; its licence is in the folder beside it.
const BUNDLE: &str = include_str!("../../assets/socket.io.min.js");

/// A strong validator: the same bytes have the same tag on every node and after every restart.
static TAG: LazyLock<String> = LazyLock::new(|| {
    let sum = digest(&SHA256, BUNDLE.as_bytes());
    let half = sum.as_ref().iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    format!("\"{half:032x}\"")
});

/// `GET /socket.io/socket.io.js`.
pub(super) async fn bundle(request: HttpRequest) -> HttpResponse {
    let mut answer = if has_it(&request) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, TAG.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        // A page of any origin may load it with a script element.
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    if has_it(&request) {
        return answer.finish();
    }
    answer.insert_header((header::CONTENT_TYPE, "application/javascript; charset=utf-8")).body(BUNDLE)
}

/// Whether `If-None-Match` names our bytes (RFC 9110 §13.1.2, weak comparison).
fn has_it(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == TAG.as_str())
}
