//! Answers in JSON.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use serde::Serialize;

/// 200 with `body` as JSON.
pub(super) fn ok(body: &impl Serialize) -> HttpResponse {
    json_with(HttpResponse::Ok(), body)
}

/// 201 with `body` as JSON: what every POST answers.
pub(super) fn created(body: &impl Serialize) -> HttpResponse {
    json_with(HttpResponse::Created(), body)
}

/// `answer` with `body` as JSON in UTF-8.
pub(super) fn json_with(mut answer: HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(body) {
        Ok(text) => {
            answer.insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8")).body(text)
        }
        // Only a map with keys that are no strings, or a failing `Serialize`, comes here: we have neither.
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
