//! Ids: 120 random bits, 20 base64url characters.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};

const LENGTH: usize = 20;

/// An id of a connection (a secret of its client) or of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sid([u8; LENGTH]);

impl Sid {
    /// A new one; none when the system has no randomness to give.
    pub(crate) fn random() -> Option<Self> {
        let mut bits = [0_u8; LENGTH / 4 * 3];
        SystemRandom::new().fill(&mut bits).ok()?;
        let mut text = [0_u8; LENGTH];
        URL_SAFE_NO_PAD.encode_slice(bits, &mut text).ok()?;
        Some(Self(text))
    }

    /// The one a client names, if it can be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.is_ascii().then_some(())?;
        text.as_bytes().try_into().ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Ids of connections are secrets: they stay out of logs.
impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sid(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_twenty_url_safe_characters_and_differ() {
        let (one, two) = (Sid::random().unwrap(), Sid::random().unwrap());
        assert_ne!(one, two);
        assert!(one.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_eq!(one.as_str().len(), 20);
        assert_eq!(Sid::parse(one.as_str()), Some(one));
        assert_eq!(Sid::parse("short"), None);
    }
}
