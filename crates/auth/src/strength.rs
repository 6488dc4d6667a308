use video_chat_kernel::Secret;

/// The least a secret has: as many bytes as the hash it feeds (RFC 7518 §3.2).
const MIN_BYTES: usize = 32;

/// What stands in examples and in the replaced product's own files, where everybody can read it; lower case.
const WELL_KNOWN: &[&str] = &[
    "your-super-secret-jwt-key",
    "your-super-secret",
    "your-turn-shared-secret",
    "your-production-secret",
    "your-secret",
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change-in-production",
];

/// Whether `secret` is too weak to run in production: shorter than 32 bytes, one character repeated, or a known
/// example (also as a part of it: padding an example makes no secret).
///
/// ```
/// use video_chat_auth::is_weak;
/// use video_chat_kernel::Secret;
///
/// assert!(is_weak(&Secret::new("your-super-secret-jwt-key-for-this-machine")));
/// assert!(!is_weak(&Secret::new("uW8bqTqk0Yk3oGQ2nW1H7cJt6vXe5rLz")));
/// ```
pub fn is_weak(secret: &Secret) -> bool {
    let bytes = secret.expose();
    bytes.len() < MIN_BYTES || is_one_character(bytes) || is_well_known(bytes)
}

fn is_one_character(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| bytes.iter().all(|byte| byte == first))
}

fn is_well_known(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    WELL_KNOWN.iter().any(|known| lower.windows(known.len()).any(|window| window == known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(text: &str) -> bool {
        is_weak(&Secret::new(text))
    }

    #[test]
    fn short_ones_are_weak() {
        assert!(weak(""));
        assert!(weak("0123456789abcdef0123456789abcde"));
        assert!(!weak("0123456789abcdef0123456789abcdef"));
    }

    #[test]
    fn one_character_is_weak_however_long() {
        assert!(weak(&"a".repeat(64)));
    }

    #[test]
    fn examples_are_weak_in_any_case_and_however_padded() {
        assert!(weak("YOUR-super-secret-JWT-key-0123456789"));
        assert!(weak("0123456789-please-changeme-0123456789"));
        assert!(weak("your-turn-shared-secret-0123456789abcdef"));
    }
}
