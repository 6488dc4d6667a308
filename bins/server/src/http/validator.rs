//! Entity tags of files that are part of the program (RFC 9110 §8.8.3).

use actix_web::{HttpRequest, http::header};
use ring::digest::{SHA256, digest};

/// A strong validator: the same bytes have the same tag on every node and after every restart.
pub(super) fn tag(bytes: &[u8]) -> String {
    let sum = digest(&SHA256, bytes);
    let half = sum.as_ref().iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    format!("\"{half:032x}\"")
}

/// Whether `If-None-Match` names `ours` (RFC 9110 §13.1.2, weak comparison).
pub(super) fn is_known(request: &HttpRequest, ours: &str) -> bool {
    let lines = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == ours)
}
