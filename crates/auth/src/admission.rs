use std::time::Duration;

use crate::{Claims, Decision, TokenError};

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Came without a token.
    #[error("Authentication required")]
    Missing,
    /// The token is none of ours.
    #[error("Invalid token")]
    Invalid,
    /// The token was good once.
    #[error("Token expired")]
    Expired,
    /// The device is blocked.
    #[error("This device is blocked")]
    Blocked,
    /// A limit is used up.
    #[error("Rate limit exceeded. Please wait.")]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
}

impl Refusal {
    /// The code clients are told.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing | Self::Invalid => "unauthorized",
            Self::Expired => "token_expired",
            Self::Blocked => "device_blocked",
            Self::RateLimited { .. } => "rate_limited",
        }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Self::Invalid,
            TokenError::Expired => Self::Expired,
        }
    }
}

/// Decides whether the bearer of a token may come in, from what was found out about it: the verified token (`None`:
/// there was none), whether its device is blocked, and what its limit said.
///
/// The token is judged first: nobody learns anything about a device without a token for it. A block comes before the
/// limit, so that a blocked device hears so however often it asks.
///
/// # Errors
/// The first [`Refusal`] that applies.
///
/// ```
/// use video_chat_auth::{Decision, Refusal, TokenError, admit};
///
/// let refusal = admit(Some(Err(TokenError::Expired)), true, Decision::Allowed).unwrap_err();
/// assert_eq!((refusal, refusal.code()), (Refusal::Expired, "token_expired"));
/// ```
pub fn admit(
    token: Option<Result<Claims, TokenError>>,
    blocked: bool,
    limit: Decision,
) -> Result<Claims, Refusal> {
    let claims = token.ok_or(Refusal::Missing)??;
    if blocked {
        return Err(Refusal::Blocked);
    }
    match limit {
        Decision::Allowed => Ok(claims),
        Decision::Refused { retry_after } => Err(Refusal::RateLimited { retry_after }),
    }
}

#[cfg(test)]
mod tests {
    use video_chat_kernel::{DeviceId, Timestamp};

    use super::*;
    use crate::Role;

    const FULL: Decision = Decision::Refused { retry_after: Duration::from_secs(1) };

    fn claims() -> Claims {
        Claims {
            device: DeviceId::parse("phone").unwrap(),
            role: Role::User,
            expires_at: Timestamp::from_secs(1),
        }
    }

    #[test]
    fn a_good_token_comes_in() {
        assert_eq!(admit(Some(Ok(claims())), false, Decision::Allowed), Ok(claims()));
    }

    #[test]
    fn the_token_then_the_block_then_the_limit_is_told() {
        let code = |token, blocked, limit| admit(token, blocked, limit).unwrap_err().code();
        assert_eq!(code(None, true, FULL), "unauthorized");
        assert_eq!(code(Some(Err(TokenError::Invalid)), true, FULL), "unauthorized");
        assert_eq!(code(Some(Err(TokenError::Expired)), true, FULL), "token_expired");
        assert_eq!(code(Some(Ok(claims())), true, FULL), "device_blocked");
        assert_eq!(code(Some(Ok(claims())), false, FULL), "rate_limited");
    }

    #[test]
    fn messages_that_clients_show_stay() {
        assert_eq!(Refusal::Missing.to_string(), "Authentication required");
        let limited = Refusal::RateLimited { retry_after: Duration::from_secs(1) };
        assert_eq!(limited.to_string(), "Rate limit exceeded. Please wait.");
    }
}
