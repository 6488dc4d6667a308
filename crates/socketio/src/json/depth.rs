//! Which containers are open.

/// A stack of bits, one for each open container. The innermost 64 levels live in a word, the others, if ever there
/// are any, on the heap.
#[derive(Debug, Default)]
pub(super) struct Depth {
    top: u64,
    /// How many bits of `top` are in use.
    used: u32,
    /// Full words below `top`.
    below: Vec<u64>,
}

impl Depth {
    pub(super) fn push(&mut self, object: bool) {
        if self.used == u64::BITS {
            self.below.push(self.top);
            self.used = 0;
        }
        self.top = self.top << 1 | u64::from(object);
        self.used += 1;
    }

    /// Whether the innermost container is an object; `None` outside of any.
    pub(super) fn innermost(&self) -> Option<bool> {
        (self.used > 0).then_some(self.top & 1 == 1)
    }

    pub(super) fn pop(&mut self) {
        self.top >>= 1;
        self.used = self.used.saturating_sub(1);
        if self.used == 0
            && let Some(word) = self.below.pop()
        {
            self.top = word;
            self.used = u64::BITS;
        }
    }
}
