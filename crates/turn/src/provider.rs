use std::time::Duration;

use video_chat_kernel::{Secret, Timestamp};

use crate::{Credentials, IceServer, rest};

/// Where clients find STUN and TURN, and how their credentials are made.
#[derive(Debug, Clone)]
pub enum Provider {
    /// A coturn with `use-auth-secret` (draft-uberti-behave-turn-rest-00).
    Coturn {
        /// `static-auth-secret` of the coturn.
        secret: Secret,
        /// `turn:` and `turns:` URLs (RFC 7065).
        urls: Vec<String>,
        /// How long a credential is good; whole seconds count.
        ttl: Duration,
    },
    /// A managed service with one fixed user.
    Managed {
        /// `turn:` and `turns:` URLs (RFC 7065).
        urls: Vec<String>,
        /// The fixed user name.
        username: String,
        /// The fixed password. UTF-8: other bytes are replaced.
        password: Secret,
        /// What is told to clients as the time after which to ask again.
        ttl: Duration,
    },
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
        let (urls, username, credential, ttl) = match &self.provider {
            Provider::Coturn { secret, urls, ttl } => {
                let username = rest::username(now.as_secs().saturating_add(ttl.as_secs()), pseudonym);
                let credential = rest::credential(secret, &username);
                (urls, username, credential, ttl)
            }
            Provider::Managed { urls, username, password, ttl } => {
                let password = String::from_utf8_lossy(password.expose()).into_owned();
                (urls, username.clone(), password, ttl)
            }
        };
        Credentials {
            ice_servers: self.ice_servers(urls, &username, &credential),
            urls: urls.clone(),
            username,
            credential,
            ttl: ttl.as_secs(),
        }
    }

    fn ice_servers(&self, turn_urls: &[String], username: &str, credential: &str) -> Vec<IceServer> {
        let stun = IceServer { urls: self.stun_urls.clone(), username: None, credential: None };
        let turn = IceServer {
            urls: turn_urls.to_vec(),
            username: Some(username.to_owned()),
            credential: Some(credential.to_owned()),
        };
        [stun, turn].into_iter().filter(|server| !server.urls.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{turn_urls, verify};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_999);

    fn coturn(secret: &str) -> Provider {
        let urls = turn_urls("turn.example.org", 3478, None);
        Provider::Coturn { secret: Secret::new(secret), urls, ttl: Duration::from_hours(1) }
    }

    fn managed(urls: Vec<String>) -> Provider {
        let password = Secret::new("pässword");
        Provider::Managed { urls, username: "fixed".into(), password, ttl: Duration::from_mins(10) }
    }

    #[test]
    fn a_coturn_answer_has_this_shape() {
        let turn = Turn::new(coturn("north-sea"), vec!["stun:stun.example.org:3478".into()]);
        let urls = ["turn:turn.example.org:3478?transport=udp", "turn:turn.example.org:3478?transport=tcp"];
        let (username, credential) = ("1800003600:alice", "YNmPWTsRNMT5Q6o5rwzUt0vKOoM=");
        let expected = json!({
            "urls": urls, "username": username, "credential": credential, "ttl": 3_600,
            "iceServers": [
                { "urls": ["stun:stun.example.org:3478"] },
                { "urls": urls, "username": username, "credential": credential },
            ],
        });
        assert_eq!(serde_json::to_value(turn.credentials("alice", NOW)).unwrap(), expected);
    }

    #[test]
    fn a_managed_answer_has_the_fixed_user() {
        let urls = vec!["turns:relay.example.net:443?transport=tcp".to_owned()];
        let credentials = Turn::new(managed(urls.clone()), vec![]).credentials("alice", NOW);
        let expected = json!({
            "urls": urls, "username": "fixed", "credential": "pässword", "ttl": 600,
            "iceServers": [{ "urls": urls, "username": "fixed", "credential": "pässword" }],
        });
        assert_eq!(serde_json::to_value(credentials).unwrap(), expected);
    }

    #[test]
    fn servers_without_urls_are_left_out() {
        assert_eq!(Turn::new(managed(vec![]), vec![]).credentials("alice", NOW).ice_servers, []);
    }

    #[test]
    fn new_credentials_are_made_with_the_current_secret_alone() {
        let (current, previous) = (Secret::new("new"), Secret::new("old"));
        let before = Turn::new(coturn("old"), vec![]).credentials("alice", NOW);
        let after = Turn::new(coturn("new"), vec![]).credentials("alice", NOW);
        let accepted = |secrets: &[Secret], made: &Credentials| {
            verify(secrets, &made.username, &made.credential, NOW.after(Duration::from_mins(59)))
        };
        assert!(accepted(&[current.clone(), previous.clone()], &before));
        assert!(accepted(&[current, previous.clone()], &after));
        assert!(!accepted(&[previous], &after));
    }

    #[test]
    fn a_credential_is_good_for_its_ttl() {
        let made = Turn::new(coturn("north-sea"), vec![]).credentials("alice", NOW);
        let accepted = |secs| {
            let now = Timestamp::from_secs(secs);
            verify(&[Secret::new("north-sea")], &made.username, &made.credential, now)
        };
        assert!(accepted(1_800_003_600));
        assert!(!accepted(1_800_003_601));
    }

    #[test]
    fn an_absurd_ttl_does_not_overflow() {
        let provider =
            Provider::Coturn { secret: Secret::new("north-sea"), urls: vec![], ttl: Duration::MAX };
        let credentials = Turn::new(provider, vec![]).credentials("alice", NOW);
        assert_eq!(credentials.username, format!("{}:alice", u64::MAX));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let turn = Turn::new(managed(vec!["turn:relay.example.net".into()]), vec![]);
        let printed = format!("{turn:?} {:?}", turn.credentials("alice", NOW));
        assert!(!printed.contains("pässword"), "{printed}");
    }
}
