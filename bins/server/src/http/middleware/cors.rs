//! Cross-origin resource sharing (the Fetch standard): known origins are let in with credentials, others hear nothing.

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
};

use crate::settings::Cors;

/// The request's origin when its pages may read the answer.
pub(super) fn allowed(request: &ServiceRequest, cors: &Cors) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    cors.allows(origin.to_str().ok()?, host).then(|| origin.clone())
}

/// Whether a browser asks what it may ask.
pub(super) fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Marks an answer as readable by pages of `origin`; by none when there is none.
pub(super) fn stamp(headers: &mut HeaderMap, origin: Option<HeaderValue>, preflight: bool) {
    // Said to everybody: a cache must not give one origin's answer to another.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    let extra = if preflight {
        [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, x-request-id"),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ]
        .as_slice()
    } else {
        &[(header::ACCESS_CONTROL_EXPOSE_HEADERS, "link, retry-after, x-request-id")]
    };
    for (name, value) in extra {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}
