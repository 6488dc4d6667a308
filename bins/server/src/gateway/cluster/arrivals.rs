//! Devices on their way into a seat, and calls on their way to this node: what others say of them meanwhile waits.

use std::{collections::HashMap, hash::Hash, sync::Mutex};

use bytes::Bytes;
use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::Side;

use super::super::lock;

/// The most messages that wait for one call.
const MAX_WAITING: usize = 4_096;

/// A device has a newer connection elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Displacement {
    /// Newer than this one, of this node.
    pub(super) connection: u64,
    /// Where, if that is known.
    pub(super) node: Option<NodeId>,
    /// The call that it waits for there.
    pub(super) call: Option<(SessionId, Side)>,
}

/// Things under way, each perhaps more than once, with what waits for them.
pub(super) struct UnderWay<K, T>(Mutex<HashMap<K, Entry<T>>>);

struct Entry<T> {
    times: usize,
    waiting: Vec<T>,
    /// Some of what waited is being handled now.
    busy: bool,
}

/// What another node says of a device.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    Displaced(Displacement),
    /// The node still has its `connection`, or holds `call` for it.
    StillHeld {
        by: NodeId,
        connection: u64,
        call: Option<(SessionId, Side)>,
    },
}

/// Devices whose connection is being seated.
pub(super) type Arrivals = UnderWay<DeviceId, Word>;
/// Calls whose record is being fetched, with the messages about them and who sent these.
pub(super) type Expected = UnderWay<SessionId, (NodeId, Bytes)>;

impl<K, T> Default for UnderWay<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, T> UnderWay<K, T> {
    /// Something is under way: to be [`arrived`](Self::arrived) once for each time.
    pub(super) fn begin(&self, key: &K) {
        let fresh = || Entry { times: 0, waiting: Vec::new(), busy: false };
        lock(&self.0).entry(key.clone()).or_insert_with(fresh).times += 1;
    }

    /// Lets something wait if it has to: the key is under way and `unknown` until it arrives, or others wait already. More
    /// than 4,096 are dropped. False: nothing to wait for.
    pub(super) fn put_off(&self, key: &K, unknown: bool, item: impl FnOnce() -> T) -> bool {
        let mut all = lock(&self.0);
        let Some(entry) = all.get_mut(key) else { return false };
        let waits = unknown || entry.busy || !entry.waiting.is_empty();
        if waits && entry.waiting.len() < MAX_WAITING {
            entry.waiting.push(item());
        }
        waits
    }

    /// It has arrived, or will not: handles what has waited for it, in order.
    pub(super) fn arrived(&self, key: &K, mut handle: impl FnMut(T)) {
        loop {
            let waiting = {
                let mut all = lock(&self.0);
                let Some(entry) = all.get_mut(key) else { return };
                if entry.waiting.is_empty() {
                    entry.busy = false;
                    entry.times = entry.times.saturating_sub(1);
                    if entry.times == 0 {
                        all.remove(key);
                    }
                    return;
                }
                entry.busy = true;
                std::mem::take(&mut entry.waiting)
            };
            waiting.into_iter().for_each(&mut handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_soon_waits_and_keeps_its_order() {
        let under_way = UnderWay::<u8, u8>::default();
        assert!(!under_way.put_off(&1, true, || 9), "nothing is under way");
        under_way.begin(&1);
        under_way.begin(&1);
        assert!(!under_way.put_off(&1, false, || 9), "known and nobody waits");
        assert!(under_way.put_off(&1, true, || 1));
        assert!(under_way.put_off(&1, false, || 2), "behind the first");
        let mut seen = Vec::new();
        under_way.arrived(&1, |item| {
            if item == 1 {
                assert!(under_way.put_off(&1, false, || 3), "behind those being handled");
            }
            seen.push(item);
        });
        assert_eq!(seen, [1, 2, 3]);
        assert!(under_way.put_off(&1, true, || 4), "one more is under way");
        under_way.arrived(&1, |item| seen.push(item));
        assert_eq!(seen, [1, 2, 3, 4]);
        assert!(!under_way.put_off(&1, true, || 5));
    }
}
