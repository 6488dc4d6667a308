//! What only the passing of time makes compatible.

use std::{cmp::Reverse, collections::BinaryHeap};

use video_chat_kernel::Timestamp;

use super::{Place, Pool, Sought};
use crate::Pairing;

/// How many expired memories of a kind one call clears away.
const TIDY: usize = 4_096;

/// A pair that may meet, the longest waiting of it first, and which of the two asked.
type Proposal = Reverse<(Place, Place, u32)>;

impl Pool {
    /// See [`MatchPool::due`](crate::MatchPool::due). Among all that may meet, the longest waiting meet first.
    pub fn due(&mut self, now: Timestamp) -> Vec<Pairing> {
        self.begin(now, TIDY);
        let mut proposals = BinaryHeap::new();
        for device in self.ripe() {
            proposals.extend(self.propose(device));
        }
        let mut pairings = Vec::new();
        while let Some(Reverse((first, second, asker))) = proposals.pop() {
            let both_wait = [first, second].iter().all(|place| self.devices.stay(place.device).is_some());
            if !both_wait {
                proposals.extend(self.propose(asker));
            } else if let Some(first) = self.take(first.device)
                && let Some(second) = self.take(second.device)
            {
                pairings.push(self.pair(first, second));
            }
        }
        pairings
    }

    /// Lets the next [`due`](Pool::due) at or after `instant` look for a partner of this device, if it waits.
    pub(super) fn wake_at(&mut self, device: u32, instant: Timestamp) {
        if let Some(stay) = self.devices.stay_mut(device)
            && stay.wake.is_none_or(|wake| wake > instant)
        {
            let before = stay.wake.replace(instant);
            if let Some(before) = before {
                self.wakes.remove(&(before, device));
            }
            self.wakes.insert((instant, device));
        }
    }

    /// Takes those whose time has come off the list.
    fn ripe(&mut self) -> Vec<u32> {
        let now = self.time.now();
        let mut ripe = Vec::new();
        while let Some((wake, device)) = self.wakes.pop_first() {
            if wake > now {
                self.wakes.insert((wake, device));
                break;
            }
            if let Some(stay) = self.devices.stay_mut(device) {
                stay.wake = None;
            }
            ripe.push(device);
        }
        ripe
    }

    /// The best partner for a device, if it still waits and there is one; else it is looked at again later.
    fn propose(&mut self, device: u32) -> Option<Proposal> {
        let (address, key) = self.devices.stay(device).map(|stay| (stay.address, stay.key))?;
        match self.seek(device, address, key) {
            Sought::Partner(partner) => {
                let asker = Place { key, device };
                Some(Reverse((asker.min(partner), asker.max(partner), device)))
            }
            Sought::Nobody(wake) => {
                if let Some(wake) = wake {
                    self.wake_at(device, wake);
                }
                None
            }
        }
    }
}
