use actix_web::{
    dev::ServiceRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use video_chat_kernel::Entropy;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The id the client gave the request, when it is sane; else a new one.
pub(super) fn of(request: &ServiceRequest, entropy: &dyn Entropy) -> HeaderValue {
    match request.headers().get(NAME) {
        Some(id) if is_sane(id.as_bytes()) => id.clone(),
        _ => {
            let mut bits = [0; 16];
            entropy.fill(&mut bits);
            let id = format!("{:032x}", u128::from_be_bytes(bits));
            HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
        }
    }
}

pub(super) fn stamp(headers: &mut HeaderMap, id: HeaderValue) {
    headers.insert(NAME, id);
}

/// Harmless in a header and in a log line.
fn is_sane(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
