//! Answers that are no transport: errors and the preflight; and what is said about origins.

use actix_http::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use actix_web::HttpResponse;
use video_chat_socketio::engine::ErrorCode;

use crate::{HandshakeRefusal, Origins};

/// The CORS headers an answer gets.
#[derive(Debug, Clone)]
pub(crate) enum Cors {
    /// `*`
    Any,
    /// This very origin, with credentials.
    Echo(HeaderValue),
    /// There is no origin to speak of; others may get another answer.
    None,
}

impl Cors {
    /// What the request's origin is entitled to. `None`: it is not welcome.
    pub(crate) fn of(headers: &HeaderMap, origins: &Origins) -> Option<Self> {
        let Origins::Only(accepts) = origins else {
            return Some(Self::Any);
        };
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Some(Self::None);
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        origin.to_str().is_ok_and(|origin| accepts(origin, host)).then(|| Self::Echo(origin.clone()))
    }

    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let vary = (header::VARY, HeaderValue::from_static("Origin"));
        match self {
            Self::Any => vec![(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))],
            Self::None => vec![vary],
            Self::Echo(origin) => vec![
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
                (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
                vary,
            ],
        }
    }
}

/// An answer of the endpoint itself.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

/// The answer to a request, found before the `App` was asked for it.
pub(crate) struct Judged(pub(crate) Reply);

impl Reply {
    pub(crate) fn error(code: ErrorCode, cors: &Cors) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Self::json(status, code.body(), cors)
    }

    /// For an origin that is not welcome: without any CORS header.
    pub(crate) fn foreign() -> Self {
        Self::error(ErrorCode::Forbidden, &Cors::None)
    }

    pub(crate) fn refusal(refusal: &HandshakeRefusal, cors: &Cors) -> Self {
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::FORBIDDEN);
        let mut reply = Self::json(status, ErrorCode::body_with(refusal.code, refusal.message), cors);
        if let Some(seconds) = refusal.retry_after {
            reply.headers.push((header::RETRY_AFTER, seconds.into()));
        }
        reply
    }

    pub(crate) fn too_large(cors: &Cors) -> Self {
        let body = ErrorCode::body_with(ErrorCode::BadRequest.code(), "Payload too large");
        Self::json(StatusCode::PAYLOAD_TOO_LARGE, body, cors)
    }

    /// The answer to `OPTIONS`.
    pub(crate) fn preflight(cors: &Cors) -> Self {
        let mut headers = cors.headers();
        headers.extend([
            (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type")),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        ]);
        Self { status: StatusCode::NO_CONTENT, headers, body: String::new() }
    }

    fn json(status: StatusCode, body: String, cors: &Cors) -> Self {
        let mut headers = cors.headers();
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        Self { status, headers, body }
    }
}

impl From<Reply> for HttpResponse {
    fn from(reply: Reply) -> Self {
        let mut response = HttpResponse::build(reply.status);
        for header in reply.headers {
            response.append_header(header);
        }
        if reply.body.is_empty() { response.finish() } else { response.body(reply.body) }
    }
}
