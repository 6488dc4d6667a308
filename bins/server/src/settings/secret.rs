use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use video_chat_kernel::Secret;

/// The least a secret has in production: as many bytes as the hash it feeds (RFC 7518 §3.2).
const ENOUGH: usize = 32;

/// Words of secrets that stand in examples, where everybody can read them.
const EXAMPLES: &[&str] = &[
    "your-super-secret",
    "your-turn-shared-secret",
    "your-production-secret",
    "your-secret",
    "change-me",
    "change_me",
    "changeme",
    "change-in-production",
    "change-this",
];

/// Why `secret` is not good enough for production, if it is not.
pub(super) fn weakness(secret: &Secret) -> Option<String> {
    let bytes = secret.expose();
    let lower = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    if EXAMPLES.iter().any(|example| lower.contains(example)) {
        return Some("is the secret of an example, which everybody knows".into());
    }
    (bytes.len() < ENOUGH).then(|| format!("is weak: production needs at least {ENOUGH} bytes"))
}

/// A secret nobody knows, good until the process ends; text, so that it can be shown to a coturn on the command line.
pub(super) fn random() -> Result<Secret, String> {
    let mut bytes = [0; ENOUGH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| "cannot be made: the system has no randomness".to_owned())?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_example_secrets_are_weak() {
        assert!(weakness(&Secret::new("x".repeat(31))).is_some());
        assert!(weakness(&Secret::new("your-super-secret-jwt-key-your-super-secret-jwt-key")).is_some());
        assert!(weakness(&Secret::new("CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME")).is_some());
        assert_eq!(weakness(&Secret::new("x".repeat(32))), None);
    }

    #[test]
    fn random_secrets_are_strong_and_differ() {
        let (one, two) = (random().unwrap(), random().unwrap());
        assert_eq!(weakness(&one), None);
        assert_ne!(one, two);
    }
}
