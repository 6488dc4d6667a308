//! What is known of each device here: its connection, its ticket, its call.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    iter,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;
use video_chat_actix_socketio::Emitter;
use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp};
use video_chat_matchmaking::Ticket;
use video_chat_signaling::Side;

use super::{call::CallCell, lock};

const SHARDS: usize = 64;

/// The seats of all devices that are connected, or held in a call.
pub(super) struct Hub {
    first: Shard,
    others: Vec<Shard>,
    hasher: RandomState,
}

type Shard = Mutex<HashMap<DeviceId, Arc<Seat>>>;

/// The place of one device.
pub(super) struct Seat {
    pub(super) device: DeviceId,
    state: Mutex<SeatState>,
}

#[derive(Default)]
pub(super) struct SeatState {
    /// The device's one connection.
    pub(super) link: Option<Link>,
    /// Its ticket, while it waits.
    pub(super) queued: Option<Queued>,
    /// The call it is being matched for, while other nodes are asked.
    pub(super) pending: Option<Pending>,
    /// Its call, or the last one it had.
    pub(super) call: Option<CallRef>,
    /// The seat has left the hub; whoever still finds it looks again.
    retired: bool,
}

/// A socket as others see it.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) id: u64,
    pub(super) emitter: Emitter,
    /// When it was admitted.
    pub(super) since: Timestamp,
    /// Whether the directory has answered since then.
    pub(super) confirmed: bool,
}

/// A stay in the queue.
#[derive(Clone)]
pub(super) struct Queued {
    pub(super) ticket: Ticket,
    /// When this node put it into the pool.
    pub(super) since: Timestamp,
    /// It was not found there the last time it was looked for.
    pub(super) missed: bool,
    /// Whether the client has heard `queue-joined`, which comes before `matched`.
    pub(super) announced: bool,
    /// Counts it among the [`Waiters`] as long as it is somewhere.
    pub(super) _counted: Arc<()>,
}

/// How many stay in the queue here: whoever looks after them may sleep while nobody does.
#[derive(Default)]
pub(super) struct Waiters {
    each: Arc<()>,
    came: Notify,
}

/// A match that is not decided yet.
pub(super) struct Pending {
    pub(super) session: SessionId,
    /// How the device's connection went meanwhile.
    pub(super) gone: Option<Gone>,
}

/// How a connection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// For good, or to another node that knows nothing of the call.
    Left,
    /// It may come back.
    Vanished,
    /// To another node, which waits for the call.
    Moved(NodeId),
}

/// A seat's end of a call.
#[derive(Clone)]
pub(super) struct CallRef {
    pub(super) cell: Arc<CallCell>,
    pub(super) side: Side,
}

impl Default for Hub {
    fn default() -> Self {
        let others = (1..SHARDS).map(|_| Shard::default()).collect();
        Self { first: Shard::default(), others, hasher: RandomState::new() }
    }
}

impl Hub {
    /// The device's seat, made when there is none. It stays in the hub at least until the closure has run.
    pub(super) fn enter<T>(
        &self,
        device: &DeviceId,
        then: impl FnOnce(&Arc<Seat>, &mut SeatState) -> T,
    ) -> T {
        loop {
            let seat = Arc::clone(
                self.shard(device)
                    .entry(device.clone())
                    .or_insert_with(|| Arc::new(Seat { device: device.clone(), state: Mutex::default() })),
            );
            let mut state = seat.lock();
            if !state.retired {
                return then(&seat, &mut state);
            }
        }
    }

    /// The device's seat, if it has one.
    pub(super) fn find(&self, device: &DeviceId) -> Option<Arc<Seat>> {
        self.shard(device).get(device).map(Arc::clone)
    }

    /// Takes the seat out when nothing is left of the device: no connection, no ticket, no call going on.
    pub(super) fn leave(&self, seat: &Seat) {
        let mut shard = self.shard(&seat.device);
        let mut state = seat.lock();
        let waits = state.queued.is_some() || state.pending.is_some();
        let idle = state.link.is_none() && !waits && state.live_call().is_none();
        if idle && !state.retired {
            state.retired = true;
            state.call = None;
            shard.remove(&seat.device);
        }
    }

    /// Every seat, a snapshot.
    pub(super) fn seats(&self) -> Vec<Arc<Seat>> {
        iter::once(&self.first)
            .chain(&self.others)
            .flat_map(|shard| lock(shard).values().cloned().collect::<Vec<_>>())
            .collect()
    }

    fn shard(&self, device: &DeviceId) -> MutexGuard<'_, HashMap<DeviceId, Arc<Seat>>> {
        // An index beyond the others is the first one's.
        let index = usize::try_from(self.hasher.hash_one(device) % SHARDS as u64).unwrap_or_default();
        lock(self.others.get(index).unwrap_or(&self.first))
    }
}

impl Waiters {
    /// One more.
    pub(super) fn count(&self) -> Arc<()> {
        let one = Arc::clone(&self.each);
        self.came.notify_one();
        one
    }

    /// Waits until there are any.
    pub(super) async fn any(&self) {
        while Arc::strong_count(&self.each) == 1 {
            self.came.notified().await;
        }
    }
}

impl Seat {
    pub(super) fn lock(&self) -> MutexGuard<'_, SeatState> {
        lock(&self.state)
    }
}

impl SeatState {
    /// Whether `id` is the device's connection (and not one that was taken over).
    pub(super) fn is_linked(&self, id: u64) -> bool {
        self.link.as_ref().is_some_and(|link| link.id == id)
    }

    /// The call, unless it is over.
    pub(super) fn live_call(&self) -> Option<&CallRef> {
        self.call.as_ref().filter(|call| !call.cell.is_over())
    }
}
