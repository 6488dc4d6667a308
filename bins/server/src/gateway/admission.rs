//! Who may connect: tokens, blocks, connections an address.

use serde::Deserialize;
use serde_json::value::RawValue;
use video_chat_auth::{Claims, TokenError, connect_token};
use video_chat_kernel::DeviceId;
use video_chat_signaling::Code;

use super::{Gateway, handler::Handshake};

/// Connections an address may have beyond its limit, so that they can be told why they are refused.
const REFUSAL_MARGIN: u32 = 64;

impl Gateway {
    /// Whether an address with this many connections is refused before it may say anything.
    pub(super) fn is_far_over(&self, connections: u32) -> bool {
        self.rules.connections_per_address.is_some_and(|max| connections > max.saturating_add(REFUSAL_MARGIN))
    }

    /// The device that may connect with this CONNECT payload.
    pub(super) async fn admit(&self, auth: &str, handshake: &Handshake) -> Result<DeviceId, Code> {
        if self.rules.connections_per_address.is_some_and(|max| handshake.counted.count > max) {
            self.parts.metrics.rate_limit_hit("connections");
            return Err(Code::RateLimited);
        }
        if self.is_draining() {
            return Err(Code::ServiceUnavailable);
        }
        let device = self.verify(auth, handshake)?.device;
        self.refuse_blocked(&device).await?;
        Ok(device)
    }

    /// Errs with `device_blocked`, or with `service_unavailable` when nobody can tell.
    pub(super) async fn refuse_blocked(&self, device: &DeviceId) -> Result<(), Code> {
        match self.parts.blocks.is_blocked(device, self.now()).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Code::DeviceBlocked),
            Err(error) => {
                tracing::warn!(%error, "cannot tell whether a device is blocked");
                Err(Code::ServiceUnavailable)
            }
        }
    }

    fn verify(&self, auth: &str, handshake: &Handshake) -> Result<Claims, Code> {
        let claims = match token_of(auth) {
            Some(token) => self.parts.tokens.verify(connect_token(&token).ok_or(Code::Unauthorized)?, self.now()),
            None => {
                let header = handshake.authorization.as_deref().and_then(connect_token).ok_or(Code::Unauthorized)?;
                self.parts.tokens.verify(header, self.now())
            }
        };
        claims.map_err(|error| match error {
            TokenError::Expired => Code::TokenExpired,
            TokenError::Invalid => Code::Unauthorized,
        })
    }
}

/// The `token` of a CONNECT payload, when there is one. One that is no string is as good as an empty one.
fn token_of(auth: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        token: Option<&'a RawValue>,
    }
    let payload: Payload<'_> = serde_json::from_str(auth).ok()?;
    payload.token.map(|token| serde_json::from_str(token.get()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_string_or_nothing() {
        assert_eq!(token_of("{}"), None);
        assert_eq!(token_of(r#"{"token":null}"#), None);
        assert_eq!(token_of(r#"{"token":"a.b.c","other":[[[]]]}"#).as_deref(), Some("a.b.c"));
        for wrong in [r#"{"token":1}"#, r#"{"token":{}}"#, r#"{"token":["x"]}"#] {
            assert_eq!(token_of(wrong).as_deref(), Some(""), "{wrong}");
        }
    }
}
