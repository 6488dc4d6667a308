//! Shared records that were emptied: whoever comes while all nodes say again what they know waits for it.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{super::Gateway, Cluster, lock};

/// How long it takes until everything has been said again: each node notices at its next beat.
const RECALL: Duration = Duration::from_millis(2_500);
/// How often one of whom nothing is known is looked for meanwhile.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// What this node knows of the memory of the others' records.
#[derive(Default)]
pub(super) struct Recall {
    /// The node has a lease, as far as it knows.
    has_lease: AtomicBool,
    /// When the records were last found to be empty.
    emptied: Mutex<Option<Instant>>,
}

impl Recall {
    /// A beat was answered, and gave the node a lease that it did not have. True: it had had one before.
    pub(super) fn lease_is_fresh(&self) -> bool {
        let forgotten = self.has_lease.swap(true, Ordering::Relaxed);
        if forgotten {
            self.emptied();
        }
        forgotten
    }

    /// The node has become another, which nobody could have forgotten.
    pub(super) fn reset(&self) {
        self.has_lease.store(false, Ordering::Relaxed);
        *lock(&self.emptied) = None;
    }

    fn emptied(&self) {
        *lock(&self.emptied) = Some(Instant::now());
    }

    fn is_under_way(&self) -> bool {
        lock(&self.emptied).is_some_and(|at| at.elapsed() < RECALL)
    }
}

impl Gateway {
    /// Nothing is on record of a device. True: that may be because everything was forgotten, and is being said again.
    pub(super) async fn is_being_recalled(&self, cluster: &Cluster) -> bool {
        let recall = &cluster.recall;
        if recall.is_under_way() {
            return true;
        }
        if !recall.has_lease.load(Ordering::Relaxed) || !cluster.has_others() {
            return false;
        }
        let forgotten = matches!(cluster.shared.leases.is_held(cluster.me(), self.now()).await, Ok(false));
        if forgotten {
            recall.emptied();
            cluster.mending.everything();
        }
        forgotten
    }
}
