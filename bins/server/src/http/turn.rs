//! `/turn/*`: credentials for the relay.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    State, answer,
    bearer::{bearer, not_blocked},
    body::Body,
    error::Error,
};

/// `POST /turn/credentials`: time-limited credentials under the device's pseudonym.
pub(super) async fn credentials(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let claims = bearer(&request, &state).await?;
    Body::read(&request, payload).await?.fields(&[])?;
    not_blocked(&claims.device, &state).await?;
    let pseudonym = state.pseudonyms.turn(&claims.device);
    Ok(answer::created(&state.turn.credentials(&pseudonym, state.clock.now())))
}
