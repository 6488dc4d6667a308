//! The tickets of one node.

use video_chat_kernel::{NodeId, Timestamp};

use super::{Pool, TIDY};
use crate::{Held, REAP_BATCH};

impl Pool {
    /// See [`MatchPool::reap`](crate::MatchPool::reap). Looks at every device the pool remembers.
    pub fn reap(&mut self, node: NodeId, now: Timestamp) -> u64 {
        self.begin(now, TIDY);
        let held: Vec<u32> = self.devices.stays_at(node).map(|(number, _)| number).take(REAP_BATCH).collect();
        let taken = held.into_iter().filter_map(|number| {
            let entrant = self.take(number)?;
            self.put_aside(entrant);
            Some(())
        });
        taken.count() as u64
    }

    /// See [`MatchPool::held_by`](crate::MatchPool::held_by). Looks at every device the pool remembers.
    pub fn held_by(&self, node: NodeId) -> Vec<Held> {
        let held = |stay: &super::Stay| Held { device: stay.device.clone(), ticket: stay.ticket };
        self.devices.stays_at(node).map(|(_, stay)| held(stay)).collect()
    }
}
