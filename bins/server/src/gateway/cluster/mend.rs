//! Comparing what this node holds with what is on record, and mending the difference.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};
use video_chat_kernel::{DeviceId, SessionId, Timestamp, Unavailable};
use video_chat_matchmaking::TicketId;
use video_chat_signaling::{
    EndReason, Side,
    ports::{CallRecord, Elsewhere, Place, Presence},
    wire::Message,
};

use super::{
    super::{
        Gateway,
        call::{CallCell, Path},
        hub::{Queued, Seat},
        lock,
    },
    Cluster,
    arrivals::Displacement,
};

/// Tickets are compared every so many beats.
const BEATS_A_TICKET_CHECK: u32 = 3;
/// Places and calls are said again every so many beats, well within the time they are remembered.
const BEATS_A_REMINDER: u32 = 120;
/// How long a ticket must have been held before its absence from the pool means something.
const TICKET_AGE: Duration = Duration::from_secs(2);
/// How long the word of a call's end may take longer than its record.
const WORD_WITHIN: Duration = Duration::from_secs(1);
/// How many records go in one call.
const BATCH: usize = 200;
/// The most ends that wait to be said again; without them, records expire by themselves.
const MAX_LATER: usize = 100_000;

/// What is to be mended.
#[derive(Default)]
pub(super) struct Mending {
    beats: AtomicU32,
    /// Everything is to be said again: the backend was away, or has forgotten.
    everything: AtomicBool,
    releases: Mutex<Vec<(DeviceId, SessionId)>>,
    ends: Mutex<Vec<LateEnd>>,
    /// Devices of this node that were elsewhere the last time this was asked.
    strays: Mutex<HashSet<DeviceId>>,
}

/// The end of a call that is not on record yet.
pub(super) struct LateEnd {
    pub(super) session: SessionId,
    /// How often a side had moved, as far as was known then.
    pub(super) moves: u64,
    /// This node has lost its lease since: a side that has moved without its knowledge goes on without it.
    pub(super) fenced: bool,
}

impl Mending {
    pub(super) fn everything(&self) {
        self.everything.store(true, Ordering::Relaxed);
    }

    pub(super) fn release_later(&self, device: &DeviceId, session: SessionId) {
        later(&self.releases, (device.clone(), session));
    }

    pub(super) fn end_later(&self, end: LateEnd) {
        later(&self.ends, end);
    }

    /// The lease was lost.
    pub(super) fn fence(&self) {
        for end in lock(&self.ends).iter_mut() {
            end.fenced = true;
        }
    }
}

impl Gateway {
    /// To be called after beats that were answered.
    pub(super) async fn mend(&self, cluster: &Cluster) {
        let mending = &cluster.mending;
        let beats = mending.beats.fetch_add(1, Ordering::Relaxed);
        self.say_late_ends(cluster, Duration::MAX).await;
        self.look_for_strays(cluster).await;
        let everything = mending.everything.swap(false, Ordering::Relaxed);
        if (everything || beats.is_multiple_of(BEATS_A_REMINDER))
            && let Err(error) = self.remind(cluster).await
        {
            tracing::debug!(%error, "the records are not mended yet");
            mending.everything();
            return;
        }
        if everything || beats.is_multiple_of(BEATS_A_TICKET_CHECK) {
            self.compare_tickets(cluster, everything).await;
        }
    }

    /// Says the ends that are not on record yet. Those for which `within` does not suffice wait on.
    pub(super) async fn say_late_ends(&self, cluster: &Cluster, within: Duration) {
        let (begun, mending) = (Instant::now(), &cluster.mending);
        let ends = mem::take(&mut *lock(&mending.ends));
        let releases = mem::take(&mut *lock(&mending.releases));
        let (mut live, mut later) = (HashSet::new(), HashSet::new());
        for end in ends {
            let said =
                if begun.elapsed() < within { self.say_late_end(cluster, &end).await.ok() } else { None };
            match said {
                Some(true) => {}
                Some(false) => drop(live.insert(end.session)),
                None => {
                    later.insert(end.session);
                    mending.end_later(end);
                }
            }
        }
        for (device, session) in releases {
            if later.contains(&session) || begun.elapsed() >= within {
                mending.release_later(&device, session);
            } else if !live.contains(&session) {
                cluster.release(&device, session, self.now()).await;
            }
        }
    }

    /// False: the call lives on elsewhere.
    async fn say_late_end(&self, cluster: &Cluster, end: &LateEnd) -> Result<bool, Unavailable> {
        let (calls, now) = (&cluster.shared.calls, self.now());
        if end.fenced && calls.find(end.session, now).await?.is_some_and(|it| it.moves > end.moves) {
            return Ok(false);
        }
        calls.end(end.session, now).await?;
        Ok(true)
    }

    /// Says again which calls there are and where devices are: whoever finds a device's claim finds its call.
    async fn remind(&self, cluster: &Cluster) -> Result<(), Unavailable> {
        let me = cluster.me();
        let ours = |cell: Arc<CallCell>| {
            let state = cell.lock();
            // One that is neither here nor away has not been told yet: only the record can say whether there will be a call.
            let is_told = |side: Side| match state.path(side) {
                Path::Here(_) => true,
                Path::Away => !state.call.is_present(side),
                Path::There(_) => false,
            };
            let ours = state.is_ours() && (is_told(Side::Offerer) || is_told(Side::Answerer));
            (ours && state.call.over().is_none()).then(|| cell.record(&state, me))
        };
        let live: Vec<CallRecord> = cluster.all_calls().into_iter().filter_map(ours).collect();
        for calls in live.chunks(BATCH) {
            for session in cluster.shared.calls.keep(calls, self.now()).await? {
                self.ended_unheard(session);
            }
        }
        self.say_places(cluster, &self.hub.seats()).await
    }

    /// A call is over by its record. Why, is on its way perhaps.
    fn ended_unheard(&self, session: SessionId) {
        self.spawn(|gateway| async move {
            sleep(WORD_WITHIN).await;
            let Some(cluster) = &gateway.cluster else { return };
            gateway.ended_elsewhere(cluster, cluster.me(), session, EndReason::Timeout, None);
        });
    }

    /// Says where devices are. The newest connection of each stays.
    async fn say_places(&self, cluster: &Cluster, seats: &[Arc<Seat>]) -> Result<(), Unavailable> {
        let now = self.now();
        for seats in seats.chunks(BATCH) {
            let (seats, present): (Vec<_>, Vec<_>) =
                seats.iter().filter_map(|seat| Some((seat, presence(seat, now)?))).unzip();
            for found in cluster.shared.directory.keep(cluster.me(), &present, self.now()).await? {
                self.is_elsewhere(cluster, &found);
            }
            for (seat, present) in seats.into_iter().zip(present) {
                if let Some(link) = &mut seat.lock().link {
                    link.confirmed |= link.id == present.connection;
                }
            }
        }
        Ok(())
    }

    /// A device is, or was, at another node, perhaps one that is dead, and one of the two has not heard of it. The other
    /// is told, or asked until there is nothing left of the device here.
    pub(super) fn is_elsewhere(&self, cluster: &Cluster, found: &Elsewhere) {
        let Elsewhere { device, place, newer } = found;
        let Some(seat) = self.hub.find(device) else { return };
        let (connection, call) = {
            let state = seat.lock();
            let call = state.live_call().map(|live| (live.cell.id, live.side));
            (state.link.as_ref().map_or(0, |link| link.id), call)
        };
        let device = device.clone();
        if !newer {
            let Place { node: old, connection } = *place;
            cluster.tell(old, &Message::Displaced { device, connection, node: cluster.me(), call });
        } else if cluster.is_dead(place.node) {
            let by = Displacement { connection: u64::MAX, node: None, call: None };
            self.displaced(cluster, &device, by);
        } else {
            lock(&cluster.mending.strays).insert(device.clone());
            cluster.tell(place.node, &Message::StillHeld { device, connection, call });
        }
    }

    /// Looks again for those that were elsewhere.
    async fn look_for_strays(&self, cluster: &Cluster) {
        let strays = mem::take(&mut *lock(&cluster.mending.strays));
        let seats: Vec<Arc<Seat>> = strays.iter().filter_map(|device| self.hub.find(device)).collect();
        if let Err(error) = self.say_places(cluster, &seats).await {
            tracing::debug!(%error, "devices are not found yet");
            lock(&cluster.mending.strays).extend(strays);
        }
    }

    /// A ticket that vanished without a match is put back; one that nobody holds is taken out. One that is missing for
    /// the first time may be on its way into a call.
    async fn compare_tickets(&self, cluster: &Cluster, at_once: bool) {
        let now = self.now();
        let Ok(held) = self.parts.pool.held_by(cluster.me()).await else { return };
        let in_pool: HashSet<TicketId> = held.iter().map(|held| held.ticket).collect();
        for seat in self.hub.seats() {
            let missing = {
                let mut state = seat.lock();
                let undecided = state.pending.is_some();
                let old = |queued: &&mut Queued| now.since(queued.since) > TICKET_AGE && !undecided;
                state.queued.as_mut().filter(old).is_some_and(|queued| {
                    let missing = !in_pool.contains(&queued.ticket.id);
                    let again = mem::replace(&mut queued.missed, missing);
                    missing && (again || at_once)
                })
            };
            if missing {
                self.rejoin(&seat).await;
            }
        }
        for held in held {
            let seat = self.hub.find(&held.device);
            let ours = seat.is_some_and(|seat| {
                let state = seat.lock();
                state.pending.is_some() || state.queued.as_ref().is_some_and(|it| it.ticket.id == held.ticket)
            });
            if !ours {
                // Best effort: looked at again soon.
                let _ = self.parts.pool.withdraw(&held.device, held.ticket, now).await;
            }
        }
    }
}

fn presence(seat: &Seat, now: Timestamp) -> Option<Presence> {
    let state = seat.lock();
    let session = state.live_call().map(|call| call.cell.id).or(state.pending.as_ref().map(|it| it.session));
    let connected = state.link.as_ref().map(|link| (link.id, Some(now.since(link.since)), link.confirmed));
    // One that is away but held in a call is still here.
    let (connection, age, confirmed) = connected.or(session.map(|_| (0, None, true)))?;
    Some(Presence { device: seat.device.clone(), connection, session, age, confirmed })
}

fn later<T>(list: &Mutex<Vec<T>>, item: T) {
    let mut list = lock(list);
    if list.len() < MAX_LATER {
        list.push(item);
    }
}
