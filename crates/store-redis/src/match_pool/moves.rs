use std::{collections::HashMap, time::Duration};

use video_chat_kernel::{DeviceId, Timestamp};

/// How long it is remembered, at least, in which partition a device joined last.
const REMEMBER_FOR: Duration = Duration::from_mins(10);

/// How many joins are remembered at most, twice.
const MOST: usize = 200_000;

/// In which partition the devices of this node joined last.
///
/// Two generations: what is not touched for one of them goes. Forgetting costs a look into every partition, or a last
/// partner, no more.
#[derive(Debug, Default)]
pub(super) struct Moves {
    recent: HashMap<DeviceId, u16>,
    older: HashMap<DeviceId, u16>,
    since: Timestamp,
}

impl Moves {
    pub(super) fn partition_of(&self, device: &DeviceId) -> Option<u16> {
        self.recent.get(device).or_else(|| self.older.get(device)).copied()
    }

    pub(super) fn joined(&mut self, device: &DeviceId, partition: u16, now: Timestamp) {
        if self.recent.len() >= MOST || now.since(self.since) >= REMEMBER_FOR {
            self.older = std::mem::take(&mut self.recent);
            self.since = now;
        }
        self.recent.insert(device.clone(), partition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_is_two_generations_old() {
        let at = |minutes| Timestamp::default().after(Duration::from_mins(minutes));
        let [anna, ben] = ["anna", "ben"].map(|name| DeviceId::parse(name).unwrap());
        let mut moves = Moves::default();
        moves.joined(&anna, 1, at(10));
        moves.joined(&anna, 2, at(11));
        moves.joined(&ben, 3, at(20));
        assert_eq!(moves.partition_of(&anna), Some(2));
        moves.joined(&ben, 4, at(30));
        assert_eq!((moves.partition_of(&anna), moves.partition_of(&ben)), (None, Some(4)));
    }
}
