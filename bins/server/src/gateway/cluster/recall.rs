//! Shared records that were emptied: whoever comes while all nodes say again what they know waits for it.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;
use video_chat_kernel::Timestamp;

use super::{super::Gateway, Cluster, lock};

/// How long it takes until everything has been said again: each node notices at its next beat.
const RECALL: Duration = Duration::from_millis(2_500);
/// How often one of whom nothing is known is looked for meanwhile.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// What this node knows of the memory of the others' records.
#[derive(Default)]
pub(super) struct Recall(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// When the node's lease began, as far as it has heard.
    lease: Option<Timestamp>,
    /// When the records were last found to be empty.
    emptied: Option<Instant>,
}

/// What a beat told of the node's lease.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lease {
    /// It is the same as before.
    Held,
    /// It is the node's first.
    First,
    /// It is another than before: everything on record was forgotten.
    Anew,
}

impl Recall {
    /// A beat told that the node's lease began then.
    pub(super) fn hear(&self, since: Timestamp) -> Lease {
        let mut known = lock(&self.0);
        match known.lease.replace(since) {
            Some(before) if before == since => Lease::Held,
            Some(_) => {
                known.emptied = Some(Instant::now());
                Lease::Anew
            }
            None => Lease::First,
        }
    }

    /// The node has become another, which nobody could have forgotten.
    pub(super) fn reset(&self) {
        *lock(&self.0) = Known::default();
    }

    /// The node's lease on record is not the one it knows: everything was forgotten. A beat may have made it anew since,
    /// whose answer is still on its way.
    fn find(&self, on_record: Option<Timestamp>) -> bool {
        let mut known = lock(&self.0);
        let forgotten = known.lease.is_some() && known.lease != on_record;
        if forgotten {
            known.emptied = Some(Instant::now());
        }
        forgotten
    }

    fn has_lease(&self) -> bool {
        lock(&self.0).lease.is_some()
    }

    fn is_under_way(&self) -> bool {
        lock(&self.0).emptied.is_some_and(|at| at.elapsed() < RECALL)
    }
}

impl Gateway {
    /// Nothing is on record of a device. True: that may be because everything was forgotten, and is being said again.
    pub(super) async fn is_being_recalled(&self, cluster: &Cluster) -> bool {
        let recall = &cluster.recall;
        if recall.is_under_way() {
            return true;
        }
        if !recall.has_lease() || !cluster.has_others() {
            return false;
        }
        let Ok(on_record) = cluster.shared.leases.since(cluster.me(), self.now()).await else { return false };
        if recall.find(on_record) {
            cluster.mending.everything();
        }
        // Also when a beat was faster.
        recall.is_under_way()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Timestamp = Timestamp::from_millis(1_000);
    const ANEW: Timestamp = Timestamp::from_millis(2_000);

    fn leased() -> Recall {
        let recall = Recall::default();
        assert!(recall.hear(BEFORE) == Lease::First);
        recall
    }

    #[test]
    fn the_same_lease_means_that_nothing_was_forgotten() {
        let recall = leased();
        assert!(recall.hear(BEFORE) == Lease::Held);
        assert!(!recall.find(Some(BEFORE)));
        assert!(!recall.is_under_way());
    }

    #[test]
    fn a_lease_that_is_gone_was_forgotten() {
        let recall = leased();
        assert!(recall.find(None));
        assert!(recall.is_under_way());
    }

    #[test]
    fn a_lease_made_anew_was_forgotten_before_the_beat_that_made_it_is_answered_and_after() {
        let recall = leased();
        assert!(recall.find(Some(ANEW)));
        assert!(recall.is_under_way());

        let recall = leased();
        assert!(recall.hear(ANEW) == Lease::Anew);
        assert!(!recall.find(Some(ANEW)));
        assert!(recall.is_under_way(), "whoever asks after the beat waits as well");
    }

    #[test]
    fn nobody_has_forgotten_another_node() {
        let recall = leased();
        recall.find(None);
        recall.reset();
        assert!(!recall.is_under_way());
        assert!(!recall.find(Some(BEFORE)));
        assert!(recall.hear(ANEW) == Lease::First);
    }
}
