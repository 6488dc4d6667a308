use std::{fmt, sync::Arc};

/// The longest device id, in Unicode scalar values.
const MAX_CHARS: usize = 128;

/// The id of one device: a secret of its owner, chosen by the client or made by the server.
///
/// 1 to 128 Unicode scalar values of any script, without control characters. Cloning shares the text.
/// `Debug` prints no part of it, so that it cannot leak into a log line; [`DeviceId::as_str`] is the only door.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(Arc<str>);

impl DeviceId {
    /// Accepts `text` as a device id.
    ///
    /// # Errors
    /// [`InvalidDeviceId`] when `text` is empty, longer than 128 characters or holds a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidDeviceId> {
        // The byte bound first: counting characters of a huge text would be work done for an attacker.
        let fits = text.len() <= MAX_CHARS * 4 && (1..=MAX_CHARS).contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            return Err(InvalidDeviceId);
        }
        Ok(Self(text.into()))
    }

    /// The id in clear.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId(…)")
    }
}

/// The text is not a device id: 1 to 128 characters, no control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device id has 1 to 128 characters and no control characters")]
pub struct InvalidDeviceId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_up_to_128_characters() {
        assert!(DeviceId::parse(&"ж".repeat(128)).is_ok());
        assert!(DeviceId::parse("👩‍👩‍👧 phone").is_ok());
    }

    #[test]
    fn empty_long_and_control_characters_are_refused() {
        for bad in ["", "a\nb", "a\u{0}", "a\u{85}b", &"a".repeat(129), &"ж".repeat(129)] {
            assert_eq!(DeviceId::parse(bad), Err(InvalidDeviceId));
        }
    }
}
