use std::fmt;

use serde::Serialize;

/// One element of `RTCConfiguration.iceServers`. `Debug` does not print the credential.
#[derive(Clone, PartialEq, Eq, Serialize)]
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

/// The answer of `POST /turn/credentials`. `Debug` does not print the credential.
#[derive(Clone, PartialEq, Eq, Serialize)]
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
    /// STUN and TURN servers, ready for `RTCPeerConnection`: first the STUN servers, if any, then the TURN server with
    /// its credential. A server without URLs is left out, because browsers refuse it.
    pub ice_servers: Vec<IceServer>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
