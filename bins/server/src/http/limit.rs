//! The limits of HTTP: per address before a call is routed, per device once its token is known.

use std::net::IpAddr;

use video_chat_auth::{Decision, LimitKey, subject_for_ip};
use video_chat_kernel::DeviceId;

use super::{State, error::Error};

/// Counts a call from `ip`.
///
/// # Errors
/// 429 `rate_limited`.
pub(super) async fn address(state: &State, ip: IpAddr) -> Result<(), Error> {
    take(state, "http", subject_for_ip(ip)).await
}

/// Counts a call with the token of `device`.
///
/// # Errors
/// 429 `rate_limited`.
pub(super) async fn device(state: &State, device: &DeviceId) -> Result<(), Error> {
    take(state, "http_device", device.as_str().into()).await
}

async fn take(state: &State, limit: &'static str, subject: Box<str>) -> Result<(), Error> {
    let Some(quota) = state.policy.requests else { return Ok(()) };
    let key = LimitKey { limit, subject };
    match state.limiter.take(&key, quota, 1, state.clock.now()).await {
        Ok(Decision::Allowed) => Ok(()),
        Ok(Decision::Refused { retry_after }) => {
            state.metrics.rate_limit_hit("http");
            Err(Error::rate_limited(retry_after))
        }
        // Whoever counts is away: better to serve unlimited for a while than to refuse everybody.
        Err(error) => {
            tracing::debug!(operation = error.operation, source = %error.source, "a request was not counted");
            Ok(())
        }
    }
}
