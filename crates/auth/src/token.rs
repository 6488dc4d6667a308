use std::time::Duration;

use video_chat_kernel::{DeviceId, Secret, Timestamp};

/// What a token's bearer may do; each role may do all of the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Connect, call, report.
    User,
    /// Also read and judge reports.
    Moderator,
    /// Also everything an operator's tools need.
    Admin,
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub device: DeviceId,
    /// What the bearer may do.
    pub role: Role,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: malformed, wrong algorithm, wrong signature, missing or senseless claims, not yet valid.
    #[error("Invalid token")]
    Invalid,
    /// Was good once.
    #[error("Token expired")]
    Expired,
}

/// Issues and verifies HS256 tokens (RFC 7519) with one current and any number of previous secrets.
pub struct Tokens {
    // to be written
}

impl Tokens {
    /// Signs with `current`, verifies with it and with each of `previous`.
    pub fn new(current: &Secret, previous: &[Secret]) -> Self {
        let _ = (current, previous);
        Self {}
    }

    /// A signed token for `device`, good from `now` for `lifetime` (whole seconds, at least 1).
    pub fn issue(&self, device: &DeviceId, role: Role, now: Timestamp, lifetime: Duration) -> String {
        let _ = (device, role, now, lifetime);
        String::new()
    }

    /// Verifies `token` (the bare JWT) at `now`, with a leeway of 5 s.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let _ = (token, now);
        Err(TokenError::Invalid)
    }
}
