//! TURN and STUN servers and their time-limited credentials.
//!
//! A coturn with `use-auth-secret` shares one secret with us and keeps no accounts: the user name says until when it is
//! good, the credential proves that we said so. Making one costs two hashes, so nothing is cached, and nothing has to be
//! told to the coturn.
//!
//! ```
//! use std::time::Duration;
//! use video_chat_kernel::{Secret, Timestamp};
//! use video_chat_turn::{Provider, Turn, stun_url, turn_urls};
//!
//! let provider = Provider::Coturn {
//!     secret: Secret::new("north-sea"),
//!     urls: turn_urls("turn.example.org", 3478, Some(5349)),
//!     ttl: Duration::from_secs(3_600),
//! };
//! let turn = Turn::new(provider, vec![stun_url("turn.example.org", 3478)]);
//!
//! let credentials = turn.credentials("alice", Timestamp::from_secs(1_800_000_000));
//! assert_eq!(credentials.username, "1800003600:alice");
//! assert_eq!(credentials.credential, "YNmPWTsRNMT5Q6o5rwzUt0vKOoM=");
//! assert_eq!(credentials.ice_servers[0].urls, ["stun:turn.example.org:3478"]);
//! assert_eq!(credentials.ice_servers[1].urls[2], "turns:turn.example.org:5349?transport=tcp");
//! ```
//!
//! # Changing the secret
//! 1. Add the new secret to the coturn (`static-auth-secret` may be given several times) and restart it.
//! 2. Give it to us as the current one: from now on credentials are made with it.
//! 3. When the last old credential has expired (after the TTL), take the old secret from the coturn.

mod credentials;
mod provider;
mod rest;
mod url;

pub use credentials::{Credentials, IceServer};
pub use provider::{Provider, Turn};
pub use rest::verify;
pub use url::{stun_url, turn_urls};
