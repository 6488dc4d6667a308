//! The two things only the wiring may reach for: the wall clock and the system's randomness.

use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

use ring::rand::{SecureRandom, SystemRandom};
use video_chat_kernel::{Clock, Entropy, Timestamp};

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock everybody else is given")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The operating system's random number generator, drawn from in blocks: a system call for each id would cost more
/// than all else a match needs.
#[derive(Debug, Default)]
pub struct OsEntropy;

/// Random bytes of a thread that have not been given out.
struct Drawn {
    bytes: [u8; BLOCK],
    left: usize,
}

/// Bytes drawn at once.
const BLOCK: usize = 512;

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; BLOCK], left: 0 }) };
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        DRAWN.with_borrow_mut(|drawn| {
            if bytes.len() > drawn.left {
                draw(&mut drawn.bytes);
                drawn.left = BLOCK;
            }
            let given =
                drawn.left.checked_sub(bytes.len()).and_then(|left| drawn.bytes.get_mut(left..drawn.left));
            let Some(given) = given else { return draw(bytes) };
            drawn.left -= bytes.len();
            bytes.copy_from_slice(given);
            // What has been given out is nobody else's business.
            given.fill(0);
        });
    }
}

fn draw(bytes: &mut [u8]) {
    // Without randomness every id and secret would be guessable: stop, whatever the cost.
    if SystemRandom::new().fill(bytes).is_err() {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_out_twice() {
        let mut seen = HashSet::new();
        for length in [16, 100, BLOCK, BLOCK + 1, 16, 7].into_iter().cycle().take(600) {
            let mut bytes = vec![0; length];
            OsEntropy.fill(&mut bytes);
            assert!(seen.insert(bytes));
        }
    }
}
