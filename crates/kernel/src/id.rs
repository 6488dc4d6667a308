use std::{fmt, str::FromStr};

use crate::Entropy;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 22 base64url characters without padding are expected")]
pub struct InvalidId;

/// Writes 16 bytes as 22 base64url characters (RFC 4648 §5, no padding).
fn encode(bytes: [u8; 16]) -> [u8; 22] {
    let bits = u128::from_be_bytes(bytes);
    let mut text = [0; 22];
    for (place, slot) in text.iter_mut().enumerate() {
        // 21 groups of six bits, then the last two bits padded with zeros on the right.
        let shift = 122_i32 - 6 * i32::try_from(place).unwrap_or(i32::MAX);
        let group = if shift >= 0 { bits >> shift } else { bits << -shift };
        *slot = ALPHABET.get((group & 63) as usize).copied().unwrap_or(b'A');
    }
    text
}

fn decode(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; 22] = text.as_bytes().try_into().ok()?;
    let mut bits = 0_u128;
    for (place, byte) in text.iter().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        if place < 21 {
            bits = (bits << 6) | u128::from(value);
        } else if value.is_multiple_of(16) {
            bits = (bits << 2) | u128::from(value >> 4);
        } else {
            return None;
        }
    }
    Some(bits.to_be_bytes())
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 128 random bits; as text 22 base64url characters.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Draws a new id.
            pub fn random(entropy: &dyn Entropy) -> Self {
                let mut bytes = [0; 16];
                entropy.fill(&mut bytes);
                Self(bytes)
            }

            /// The id with these bits.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bits of the id.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&encode(self.0)).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode(text).map(Self).ok_or(InvalidId)
            }
        }
    };
}

random_id!(
    /// The id of one call between two devices.
    SessionId
);
random_id!(
    /// What one participant of a call is called by the other: a pseudonym made for that call alone.
    PeerAlias
);
random_id!(
    /// The id of one running server process.
    NodeId
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_and_bits_round_trip(bytes: [u8; 16]) {
            let id = SessionId::from_bytes(bytes);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 22);
            prop_assert_eq!(text.parse::<SessionId>(), Ok(id));
        }

        #[test]
        fn other_text_is_refused(text in ".{0,30}") {
            if let Ok(id) = text.parse::<SessionId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
