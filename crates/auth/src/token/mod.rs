//! HS256 tokens (RFC 7519).

mod claims;
mod date;
mod hs256;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use video_chat_kernel::{DeviceId, Secret, Timestamp};

use crate::Role;
use claims::{Issued, Presented};

/// How far the clocks of an issuer and of this machine may differ.
const LEEWAY: Duration = Duration::from_secs(5);

/// A longer text is no token of ours: a device id of 128 characters makes one of 3 KiB at most.
const MAX_BYTES: usize = 8 * 1024;

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose token it is.
    pub device: DeviceId,
    /// What the bearer may do.
    pub role: Role,
    /// Until when it is good (without the leeway).
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
///
/// The claims are `sub` and `deviceId` (both required, the same device id), `exp` (required), `iat`, `nbf` and `role`
/// (absent: user); others are ignored. A token made elsewhere with the secret is as good as one of these.
///
/// Signing is done by `ring`. The first `Tokens` of a process makes that known to `jsonwebtoken`, which allows one
/// implementation a process; where the host program has installed another one before, that one is used.
///
/// ```
/// use std::time::Duration;
/// use video_chat_auth::{Role, Tokens};
/// use video_chat_kernel::{DeviceId, Secret, Timestamp};
///
/// let (old, new) = (Secret::new("the secret of last month, 32 bytes"), Secret::new("the secret of this month, 32 bytes"));
/// let now = Timestamp::from_secs(1_800_000_000);
/// let device = DeviceId::parse("phone-1").unwrap();
/// let token = Tokens::new(&old, &[]).issue(&device, Role::User, now, Duration::from_secs(300));
///
/// assert!(Tokens::new(&new, &[]).verify(&token, now).is_err());
/// assert!(Tokens::new(&new, &[old]).verify(&token, now).is_ok());
/// ```
pub struct Tokens {
    signing: EncodingKey,
    /// The current secret first.
    verifying: Vec<DecodingKey>,
    validation: Validation,
}

impl Tokens {
    /// Signs with `current`, verifies with it and with each of `previous`.
    pub fn new(current: &Secret, previous: &[Secret]) -> Self {
        hs256::install();
        Self {
            signing: EncodingKey::from_secret(current.expose()),
            verifying: std::iter::once(current)
                .chain(previous)
                .map(|secret| DecodingKey::from_secret(secret.expose()))
                .collect(),
            validation: signature_only(),
        }
    }

    /// A signed token for `device`, good from `now` for `lifetime` (rounded up to whole seconds, at least 1).
    pub fn issue(&self, device: &DeviceId, role: Role, now: Timestamp, lifetime: Duration) -> String {
        let claims = Issued::new(device, role, now, lifetime);
        // Strings and integers always serialise, and the key fits the algorithm. Were it otherwise, nobody would
        // accept the empty token.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).unwrap_or_default()
    }

    /// Verifies `token` (the bare JWT) at `now`, with a leeway of 5 s.
    ///
    /// # Errors
    /// [`TokenError::Expired`] only for a token that is good in every other respect, so that nobody learns anything
    /// from a forged one.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        self.signed(token)?.judge(now)
    }

    /// The claims of `token`, when one of our secrets signed it.
    fn signed(&self, token: &str) -> Result<Presented, TokenError> {
        for key in &self.verifying {
            match jsonwebtoken::decode::<Presented>(token, key, &self.validation) {
                // RFC 7515 §4.1.11: what is critical and not understood is refused; we understand nothing.
                Ok(data) if data.header.crit.is_some() => return Err(TokenError::Invalid),
                Ok(data) => return Ok(data.claims),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => return Err(TokenError::Invalid),
            }
        }
        Err(TokenError::Invalid)
    }
}

/// Leaves the claims to us: the library would read the clock, and allow a minute.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
