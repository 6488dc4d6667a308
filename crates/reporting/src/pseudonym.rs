use std::fmt;

use ring::hmac;
use video_chat_kernel::DeviceId;

/// Makes stable pseudonyms of devices: what moderators and the TURN server see instead of an id, which is its
/// owner's secret.
///
/// A pseudonym is HMAC-SHA256 over a label and the id, cut to 128 bits, as 32 hexadecimal digits. One key gives
/// one device always the same name; without the key a name cannot be traced back, not even by guessing ids. The
/// labels keep the names of one use from being recognised in another.
///
/// ```
/// use video_chat_kernel::DeviceId;
/// use video_chat_reporting::Pseudonyms;
///
/// let names = Pseudonyms::new([7; 32]);
/// let phone = DeviceId::parse("phone").unwrap();
/// assert_eq!(names.device(&phone), Pseudonyms::new([7; 32]).device(&phone));
/// assert_ne!(names.device(&phone), names.turn(&phone));
/// ```
#[derive(Clone)]
pub struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// With the key a store keeps ([`ReportStore::pseudonym_key`](crate::ReportStore::pseudonym_key)).
    pub fn new(key: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// What moderators see of a device.
    pub fn device(&self, device: &DeviceId) -> String {
        self.name("video-chat report device\0", device)
    }

    /// What the TURN server sees of a device.
    pub fn turn(&self, device: &DeviceId) -> String {
        self.name("video-chat turn device\0", device)
    }

    fn name(&self, label: &str, device: &DeviceId) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label.as_bytes());
        context.update(device.as_str().as_bytes());
        let mut half = [0; 16];
        half.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        format!("{:032x}", u128::from_be_bytes(half))
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ_by_key_use_and_device() {
        let mut names = HashSet::new();
        for key in [[1; 32], [2; 32]] {
            for device in ["a", "b", "ab"] {
                let device = DeviceId::parse(device).unwrap();
                names.insert(Pseudonyms::new(key).device(&device));
                names.insert(Pseudonyms::new(key).turn(&device));
            }
        }
        assert_eq!(names.len(), 12);
        assert!(names.iter().all(|name| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())));
    }

    #[test]
    fn a_name_stays_the_same_between_releases() {
        let device = DeviceId::parse("phone-1").unwrap();
        // `printf 'video-chat report device\0phone-1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07`
        assert_eq!(Pseudonyms::new([7; 32]).device(&device), "d9190efcc868a3b081b6c83089ada0ea");
    }

    #[test]
    fn the_key_is_never_printed() {
        assert_eq!(format!("{:?}", Pseudonyms::new([7; 32])), "Pseudonyms([redacted])");
    }
}
