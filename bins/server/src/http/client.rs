//! `/socket.io/socket.io.js`: the browser's client, as Socket.IO servers serve it.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, http::header};

use super::validator;

/// socket.io-client 4.8.4, as published; its licence is in the folder beside it.
const BUNDLE: &str = include_str!("../../assets/socket.io.min.js");

static TAG: LazyLock<String> = LazyLock::new(|| validator::tag(BUNDLE.as_bytes()));

/// `GET /socket.io/socket.io.js`.
pub(super) async fn bundle(request: HttpRequest) -> HttpResponse {
    let known = validator::is_known(&request, &TAG);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, TAG.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        // A page of any origin may load it with a script element.
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    if known {
        return answer.finish();
    }
    answer.insert_header((header::CONTENT_TYPE, "application/javascript; charset=utf-8")).body(BUNDLE)
}
