use std::sync::atomic::{AtomicU32, Ordering};

use super::PARTITIONS;

/// How many rounds there are to one that takes in every partition: 5 s, at five rounds a second.
const ROUNDS: u32 = 25;

const _: () = assert!(PARTITIONS as u32 <= u32::BITS, "a bit a partition");

/// In which partitions somebody may wait whom this node put there.
///
/// Each node asks for those that its own tickets wait in, and two that wait belong to living nodes: one of them asks. Only
/// when a node dies that has just undone another's pairing does nobody know, until all partitions have their turn.
#[derive(Debug, Default)]
pub(super) struct Used {
    partitions: AtomicU32,
    rounds: AtomicU32,
}

impl Used {
    /// Somebody may wait there now. To be said after it has begun, or what is asked meanwhile may be too early.
    pub(super) fn mark(&self, partition: u16) {
        self.partitions.fetch_or(1 << partition, Ordering::Relaxed);
    }

    /// The partitions of the next round, no longer marked.
    pub(super) fn take(&self) -> impl Iterator<Item = u16> + Clone + Send + use<> {
        let marked = self.partitions.swap(0, Ordering::Relaxed);
        let all = self.rounds.fetch_add(1, Ordering::Relaxed).is_multiple_of(ROUNDS);
        (0..PARTITIONS).filter(move |partition| all || marked & (1 << partition) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_where_somebody_may_wait_and_now_and_then_everywhere() {
        let used = Used::default();
        let all: Vec<u16> = (0..PARTITIONS).collect();
        let round = || used.take().collect::<Vec<_>>();
        assert_eq!(round(), all);
        assert_eq!(round(), [0; 0]);
        used.mark(3);
        used.mark(31);
        assert_eq!(round(), [3, 31]);
        assert_eq!(round(), [0; 0]);
        assert!((4..ROUNDS).all(|_| round().is_empty()));
        assert_eq!(round(), all);
    }
}
