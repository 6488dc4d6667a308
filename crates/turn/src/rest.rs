//! Time-limited credentials (draft-uberti-behave-turn-rest-00 §2.2).

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use video_chat_kernel::{Secret, Timestamp};

/// `<unix expiry>:<pseudonym>`.
pub(crate) fn username(expiry_secs: u64, pseudonym: &str) -> String {
    format!("{expiry_secs}:{pseudonym}")
}

/// `base64(HMAC-SHA1(secret, username))`.
pub(crate) fn credential(secret: &Secret, username: &str) -> String {
    STANDARD.encode(hmac::sign(&key(secret), username.as_bytes()))
}

/// Whether a coturn that knows `secrets` (the current and the previous ones) takes this credential at `now`: made with
/// one of them, and not expired.
///
/// ```
/// use video_chat_kernel::{Secret, Timestamp};
/// use video_chat_turn::verify;
///
/// let secrets = [Secret::new("this month's"), Secret::new("north-sea")];
/// let verify = |credential, secs| {
///     verify(&secrets, "1800003600:alice", credential, Timestamp::from_secs(secs))
/// };
/// assert!(verify("YNmPWTsRNMT5Q6o5rwzUt0vKOoM=", 1_800_003_600));
/// assert!(!verify("YNmPWTsRNMT5Q6o5rwzUt0vKOoM=", 1_800_003_601));
/// assert!(!verify("YNmPWTsRNMT5Q6o5rwzUt0vKOoN=", 1_800_000_000));
/// ```
pub fn verify(secrets: &[Secret], username: &str, credential: &str, now: Timestamp) -> bool {
    let expiry = username.split_once(':').and_then(|(expiry, _)| expiry.parse().ok());
    let lives = expiry.is_some_and(|expiry: u64| now.as_secs() <= expiry);
    let Ok(tag) = STANDARD.decode(credential) else { return false };
    lives && secrets.iter().any(|secret| hmac::verify(&key(secret), username.as_bytes(), &tag).is_ok())
}

fn key(secret: &Secret) -> hmac::Key {
    // SHA-1 is what the scheme prescribes; as a MAC it is not broken.
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by Python's `hmac` and `base64`, the first also by `openssl dgst -sha1 -hmac`.
    #[test]
    fn credentials_are_those_that_others_make() {
        for (secret, username, expected) in [
            ("north-sea", "1800003600:alice", "YNmPWTsRNMT5Q6o5rwzUt0vKOoM="),
            ("0123456789abcdef0123456789abcdef", "1800003600:аня 👾", "dqfOOOBHveJJeEhRUrmyiCrMVJI="),
            ("", "0:", "OMULkEY8i3k1y1l5jqF6MXE1eYs="),
        ] {
            assert_eq!(credential(&Secret::new(secret), username), expected, "{username}");
        }
    }

    #[test]
    fn malformed_user_names_and_credentials_are_refused() {
        let secrets = [Secret::new("north-sea")];
        for username in ["", ":", "alice", "1800003600", ":alice", "-1:alice", "99999999999999999999:alice"] {
            let credential = credential(&secrets[0], username);
            assert!(!verify(&secrets, username, &credential, Timestamp::default()), "{username:?}");
        }
        for credential in ["", "=", "YNmPWTsRNMT5Q6o5rwzUt0vKOoM", "жжж", "YNmP"] {
            assert!(
                !verify(&secrets, "1800003600:alice", credential, Timestamp::default()),
                "{credential:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn only_the_secret_that_made_a_credential_accepts_it(
            one in "[a-z]{1,40}", other in "[a-z]{1,40}", pseudonym in "\\PC{0,30}",
        ) {
            prop_assume!(one != other);
            let username = username(1_800_003_600, &pseudonym);
            let credential = credential(&Secret::new(&one), &username);
            let now = Timestamp::from_secs(1_800_000_000);
            prop_assert!(verify(&[Secret::new(&other), Secret::new(&one)], &username, &credential, now));
            prop_assert!(!verify(&[Secret::new(&other)], &username, &credential, now));
            prop_assert!(!verify(&[], &username, &credential, now));
        }
    }
}
