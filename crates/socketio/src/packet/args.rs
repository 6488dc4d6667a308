//! The arguments of a packet.

use std::{fmt, ops::Deref};

/// How many arguments fit without the heap. Hardly any event has more.
const INLINE: usize = 4;

/// Arguments, each raw JSON exactly as written; a slice of them. Binary ones are placeholders.
#[derive(Clone, Default)]
pub struct Args<'a> {
    inline: [&'a str; INLINE],
    len: usize,
    /// All of them, once they are more than fit inline.
    heap: Vec<&'a str>,
}

impl<'a> Args<'a> {
    pub(super) fn push(&mut self, arg: &'a str) {
        if let Some(slot) = self.inline.get_mut(self.len) {
            *slot = arg;
            self.len += 1;
            return;
        }
        if self.heap.is_empty() {
            self.heap.extend_from_slice(&self.inline);
        }
        self.heap.push(arg);
    }

    /// The arguments.
    pub fn as_slice(&self) -> &[&'a str] {
        if self.heap.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.heap }
    }
}

impl<'a> Deref for Args<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &Self::Target {
        self.as_slice()
    }
}

impl fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl PartialEq for Args<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Args<'_> {}
