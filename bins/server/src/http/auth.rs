//! `/auth/*`: tokens.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use video_chat_auth::Role;
use video_chat_kernel::{DeviceId, Entropy};

use super::{
    State, answer,
    bearer::{bearer, not_blocked},
    body::Body,
    error::{Code, Error},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    access_token: String,
    expires_in: &'a str,
    token_type: &'static str,
    device_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    valid: bool,
    device_id: &'a str,
    role: &'static str,
    expires_at: u64,
}

/// `POST /auth/token`: a user's token for the device named, or for a new one. Nobody is refused: what a blocked device
/// must not do, it cannot do with a fresh token either.
pub(super) async fn token(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let body = Body::read(&request, payload).await?;
    let device = match body.fields(&["deviceId"])?.text("deviceId", Code::InvalidDeviceId)? {
        Some(text) => DeviceId::parse(&text).map_err(|_| Code::InvalidDeviceId)?,
        None => new_device(&*state.entropy)?,
    };
    Ok(issue(&state, &device, Role::User))
}

/// `POST /auth/refresh`: the bearer's token anew, same device and role.
pub(super) async fn refresh(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let claims = bearer(&request, &state).await?;
    Body::read(&request, payload).await?.fields(&[])?;
    not_blocked(&claims.device, &state).await?;
    Ok(issue(&state, &claims.device, claims.role))
}

/// `GET /auth/verify`: what the bearer's token says.
pub(super) async fn verify(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Error> {
    let claims = bearer(&request, &state).await?;
    Ok(answer::ok(&Verified {
        valid: true,
        device_id: claims.device.as_str(),
        role: claims.role.as_str(),
        expires_at: claims.expires_at.as_millis(),
    }))
}

fn issue(state: &State, device: &DeviceId, role: Role) -> HttpResponse {
    let policy = &state.policy;
    answer::created(&Issued {
        access_token: state.tokens.issue(device, role, state.clock.now(), policy.token_lifetime),
        expires_in: &policy.token_lifetime_text,
        token_type: "Bearer",
        device_id: device.as_str(),
    })
}

/// 128 random bits in hexadecimal: nobody guesses another's id.
fn new_device(entropy: &dyn Entropy) -> Result<DeviceId, Error> {
    let mut bits = [0; 16];
    entropy.fill(&mut bits);
    DeviceId::parse(&format!("{:032x}", u128::from_be_bytes(bits))).map_err(|_| Code::Internal.into())
}
