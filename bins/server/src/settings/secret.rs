use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use video_chat_auth::is_weak;
use video_chat_kernel::Secret;

use super::{Environment, Key, reader::Reader};

const WEAK: &str =
    "is weak: production needs at least 32 bytes, not one character again and again and not an example's";

/// In production a secret must be there and strong.
pub(super) fn refuse_weak(reader: &mut Reader, key: &Key, secret: Option<&Secret>) {
    match secret {
        None => reader.fault(key, "must be set in production"),
        Some(secret) if is_weak(secret) => reader.fault(key, WEAK),
        Some(_) => {}
    }
}

/// Secrets that were in use before: in production they open the same door, so they must be as strong.
pub(super) fn previous(reader: &mut Reader, key: &Key, environment: Environment) -> Vec<Secret> {
    let secrets: Vec<Secret> = reader.list(key).into_iter().map(Secret::new).collect();
    if environment == Environment::Production {
        for (place, _) in secrets.iter().enumerate().filter(|(_, secret)| is_weak(secret)) {
            reader.fault(key, format!("number {} {WEAK}", place + 1));
        }
    }
    secrets
}

/// A secret for a key that has none, which nobody knows; text, as a coturn wants it.
pub(super) fn random(reader: &mut Reader, key: &Key) -> Secret {
    let mut bytes = [0; 32];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        reader.fault(key, "is not set, and the system has no randomness to make one");
    }
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}
