//! What relayed data carry, so that their receiver can tell what became of them.

use std::fmt::Write;

/// Keys are in alphabetical order: some servers sort them.
const MARK: &str = r#"{"at":["#;
/// Everything of a relayed frame that is not padding, about: prefix, event, session and stamp.
const AROUND: usize = 160;

/// Who sent it, the how-manieth it is in this call, and when it was to be sent (ns since the start of the run).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) from: usize,
    pub(crate) number: u64,
    pub(crate) at: u64,
}

/// Stamped data of a fixed size.
pub(crate) struct Stamper {
    /// What follows the numbers.
    rest: String,
}

impl Stamper {
    /// For frames of about `size` bytes in all.
    pub(crate) fn new(size: usize) -> Self {
        Self { rest: format!(r#"],"candidate":"{}"}}"#, "x".repeat(size.saturating_sub(AROUND))) }
    }

    /// Appends the data: raw JSON.
    pub(crate) fn write(&self, stamp: Stamp, out: &mut String) {
        let Stamp { from, number, at } = stamp;
        // Writing to a string cannot fail.
        let _ = write!(out, "{MARK}{from},{number},{at}{}", self.rest);
    }

    /// The stamp of the data within `text`; `None` when there is none or a byte of the rest has changed.
    pub(crate) fn read(&self, text: &str) -> Option<Stamp> {
        let start = memchr::memmem::find(text.as_bytes(), MARK.as_bytes())? + MARK.len();
        let (numbers, rest) = text.get(start..)?.split_once(']')?;
        let mut numbers = numbers.split(',');
        let stamp = Stamp {
            from: numbers.next()?.parse().ok()?,
            number: numbers.next()?.parse().ok()?,
            at: numbers.next()?.parse().ok()?,
        };
        rest.starts_with(self.rest.get(1..)?).then_some(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_unless_something_changed() {
        let stamper = Stamper::new(331);
        let stamp = Stamp { from: 7, number: 3, at: 123_456_789_000 };
        let mut text = r#"42/signaling,["candidate",{"candidate":"#.to_owned();
        stamper.write(stamp, &mut text);
        text.push_str("}]");
        assert_eq!(stamper.read(&text), Some(stamp));
        assert_eq!(stamper.read(&text.replacen("xx", "x", 1)), None);
        assert_eq!(stamper.read("{}"), None);
    }
}
