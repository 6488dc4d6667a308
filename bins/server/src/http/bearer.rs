//! Who calls: the token of a request, and what it may do.

use actix_web::{HttpRequest, http::header};
use video_chat_auth::{Claims, Role, TokenError};
use video_chat_kernel::DeviceId;

use super::{
    State,
    error::{Code, Error},
    limit,
};

/// The claims of the request's token; the call counts towards its device's allowance.
///
/// # Errors
/// 401 `unauthorized` without a good token, 401 `token_expired`, 429 `rate_limited`.
pub(super) async fn bearer(request: &HttpRequest, state: &State) -> Result<Claims, Error> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(video_chat_auth::bearer).ok_or(Code::Unauthorized)?;
    let claims = state.tokens.verify(token, state.clock.now()).map_err(|error| match error {
        TokenError::Expired => Code::TokenExpired.into(),
        TokenError::Invalid => Error::new(Code::Unauthorized, "Invalid token"),
    })?;
    limit::device(state, &claims.device).await?;
    Ok(claims)
}

/// The claims of a moderator's or an admin's token.
///
/// # Errors
/// Those of [`bearer`], and 403 `forbidden` for a user.
pub(super) async fn moderator(request: &HttpRequest, state: &State) -> Result<Claims, Error> {
    let claims = bearer(request, state).await?;
    if claims.role >= Role::Moderator { Ok(claims) } else { Err(Code::Forbidden.into()) }
}

/// Passes when `device` is not blocked.
///
/// # Errors
/// 403 `device_blocked`; 503 when nobody knows.
pub(super) async fn not_blocked(device: &DeviceId, state: &State) -> Result<(), Error> {
    if state.blocks.is_blocked(device, state.clock.now()).await? {
        return Err(Code::DeviceBlocked.into());
    }
    Ok(())
}
