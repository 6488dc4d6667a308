//! TURN and STUN servers and their time-limited credentials.

use std::time::Duration;

use video_chat_kernel::{Secret, Timestamp};

/// Where clients find STUN and TURN, and how their credentials are made.
#[derive(Debug, Clone)]
pub enum Provider {
    /// A coturn with `use-auth-secret` (draft-uberti-behave-turn-rest-00).
    Coturn {
        /// `static-auth-secret` of the coturn.
        secret: Secret,
        /// `turn:` and `turns:` URLs (RFC 7065).
        urls: Vec<String>,
        /// How long a credential is good.
        ttl: Duration,
    },
    /// A managed service with one fixed user.
    Managed {
        /// `turn:` and `turns:` URLs (RFC 7065).
        urls: Vec<String>,
        /// The fixed user name.
        username: String,
        /// The fixed password.
        password: Secret,
        /// What is told to clients as the time after which to ask again.
        ttl: Duration,
    },
}

/// One element of `RTCConfiguration.iceServers`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IceServer {
    /// STUN or TURN URLs.
    pub urls: Vec<String>,
    /// TURN only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// The answer of `POST /turn/credentials`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The TURN URLs.
    pub urls: Vec<String>,
    /// `<unix expiry>:<pseudonym>` (coturn) or the fixed user.
    pub username: String,
    /// `base64(HMAC-SHA1(secret, username))` or the fixed password.
    pub credential: String,
    /// Seconds the credential is good for.
    pub ttl: u64,
    /// STUN and TURN servers, ready for `RTCPeerConnection`.
    pub ice_servers: Vec<IceServer>,
}

/// Makes credentials.
#[derive(Debug, Clone)]
pub struct Turn {
    provider: Provider,
    stun_urls: Vec<String>,
}

impl Turn {
    /// Credentials from `provider`, with `stun_urls` beside it.
    pub fn new(provider: Provider, stun_urls: Vec<String>) -> Self {
        Self { provider, stun_urls }
    }

    /// Credentials for `pseudonym` (never a device id in clear), made at `now`.
    pub fn credentials(&self, pseudonym: &str, now: Timestamp) -> Credentials {
        let _ = (pseudonym, now, &self.provider, &self.stun_urls);
        Credentials {
            urls: vec![],
            username: String::new(),
            credential: String::new(),
            ttl: 0,
            ice_servers: vec![],
        }
    }
}
