use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use video_chat_kernel::{DeviceId, Timestamp};

use super::{Claims, LEEWAY, TokenError, date::NumericDate};
use crate::Role;

/// The claims of a token of ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued<'a> {
    sub: &'a str,
    device_id: &'a str,
    role: &'static str,
    iat: u64,
    exp: u64,
}

impl<'a> Issued<'a> {
    pub(super) fn new(device: &'a DeviceId, role: Role, now: Timestamp, lifetime: Duration) -> Self {
        let secs = lifetime.as_secs().saturating_add(u64::from(lifetime.subsec_nanos() > 0));
        Self {
            sub: device.as_str(),
            device_id: device.as_str(),
            role: role.as_str(),
            iat: now.as_secs(),
            exp: now.as_secs().saturating_add(secs.max(1)),
        }
    }
}

/// The claims of a token whose signature is good. One that is there must make sense: `null` is not absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Presented {
    sub: String,
    device_id: String,
    #[serde(default = "user")]
    role: String,
    exp: NumericDate,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    /// When it was issued: of no consequence, but it must be a date.
    #[serde(default, rename = "iat", deserialize_with = "present")]
    _iat: Option<NumericDate>,
}

impl Presented {
    /// What the claims mean at `now`.
    pub(super) fn judge(self, now: Timestamp) -> Result<Claims, TokenError> {
        let role = self.role.parse().map_err(|_| TokenError::Invalid)?;
        let device = DeviceId::parse(&self.sub).map_err(|_| TokenError::Invalid)?;
        let too_early = self.nbf.is_some_and(|NumericDate(from)| now.after(LEEWAY) < from);
        if self.device_id != self.sub || too_early {
            return Err(TokenError::Invalid);
        }
        let NumericDate(expires_at) = self.exp;
        if now >= expires_at.after(LEEWAY) {
            return Err(TokenError::Expired);
        }
        Ok(Claims { device, role, expires_at })
    }
}

fn user() -> String {
    Role::User.as_str().to_owned()
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NumericDate>, D::Error> {
    NumericDate::deserialize(deserializer).map(Some)
}
