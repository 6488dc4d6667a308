//! Who may connect: tokens, blocks, connections an address.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use video_chat_actix_socketio::ConnectRefusal;
use video_chat_auth::{Claims, Decision, Refusal, TokenError, admit, connect_token};
use video_chat_kernel::DeviceId;
use video_chat_signaling::Code;

use super::{Gateway, handler::Handshake};

/// Connections an address may have beyond its limit, so that they can be told why they are refused.
const REFUSAL_MARGIN: u32 = 64;
/// When a connection beyond its address's limit may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a CONNECT is refused, in the client's terms.
pub(super) struct Refused {
    code: &'static str,
    message: String,
}

impl Gateway {
    /// Whether an address with this many connections is refused before it may say anything.
    pub(super) fn is_far_over(&self, connections: u32) -> bool {
        self.rules.connections_per_address.is_some_and(|max| connections > max.saturating_add(REFUSAL_MARGIN))
    }

    /// The device that may connect with this CONNECT payload.
    pub(super) async fn admit(&self, auth: &str, handshake: &Handshake) -> Result<DeviceId, Refused> {
        if self.is_draining() {
            return Err(Code::ServiceUnavailable.into());
        }
        let token = self.verify(auth, handshake);
        let blocked = match &token {
            Some(Ok(claims)) => self.is_blocked(&claims.device).await?,
            _ => false,
        };
        let over = self.rules.connections_per_address.is_some_and(|max| handshake.counted.count > max);
        let limit = if over { Decision::Refused { retry_after: RETRY_AFTER } } else { Decision::Allowed };
        admit(token, blocked, limit).map(|claims| claims.device).map_err(|refusal| {
            if matches!(refusal, Refusal::RateLimited { .. }) {
                self.parts.metrics.rate_limit_hit("connections");
            }
            Refused { code: refusal.code(), message: refusal.to_string() }
        })
    }

    /// Whether the device is blocked; errs when nobody can tell.
    pub(super) async fn is_blocked(&self, device: &DeviceId) -> Result<bool, Refused> {
        self.parts.blocks.is_blocked(device, self.now()).await.map_err(|error| {
            tracing::warn!(%error, "cannot tell whether a device is blocked");
            Code::ServiceUnavailable.into()
        })
    }

    /// What the token says, the payload's before the header's. `None`: there is none.
    fn verify(&self, auth: &str, handshake: &Handshake) -> Option<Result<Claims, TokenError>> {
        let payload = token_of(auth);
        let given = payload.as_deref().or(handshake.authorization.as_deref())?;
        connect_token(given).map(|token| self.parts.tokens.verify(token, self.now()))
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self { code: code.as_str(), message: code.message().into() }
    }
}

impl Refused {
    pub(super) const fn code(&self) -> &'static str {
        self.code
    }
}

impl From<Refused> for ConnectRefusal {
    fn from(refused: Refused) -> Self {
        Self { message: refused.message, data: Some(format!(r#"{{"code":"{}"}}"#, refused.code)) }
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
