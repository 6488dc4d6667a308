//! This node among others: what it says to them, hears of them, and does when one of them is gone.

mod arrivals;
mod arrive;
mod deaths;
mod handover;
mod heart;
mod links;
mod meet;
mod mend;
mod peers;
mod recall;
mod receive;
mod relay;
mod settle;

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot},
    time::Instant,
};
use video_chat_kernel::{Clock, DeviceId, NodeId, SessionId, Timestamp};
use video_chat_signaling::{
    EndReason, KeptRelay, Side,
    link::Congested,
    ports::{Bus, Calls, Directory, Leases},
    wire::{Legacy, Mark, Message},
};

use self::{
    arrivals::{Arrivals, Expected},
    links::{Links, Unheard},
    mend::{LateEnd, Mending},
    recall::Recall,
};
pub(super) use self::{arrive::Arrival, meet::Survivor, peers::hear_out, relay::say_last_words};
use super::{
    call::{CallCell, CallState},
    lock,
};

/// What the nodes share.
#[derive(Clone)]
pub struct Shared {
    /// Carries what they say.
    pub bus: Arc<dyn Bus>,
    /// Where devices are.
    pub directory: Arc<dyn Directory>,
    /// Which calls there are.
    pub calls: Arc<dyn Calls>,
    /// Which nodes live.
    pub leases: Arc<dyn Leases>,
}

/// One node's part in it.
pub(super) struct Cluster {
    pub(super) shared: Shared,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    /// Who this node is, until its lease is lost.
    identity: Mutex<Arc<Identity>>,
    /// The calls with an end here, and for a while those that have moved on.
    calls: Mutex<HashMap<SessionId, Arc<CallCell>>>,
    /// Calls whose last end has moved on, with when that was.
    left: Mutex<Vec<(Timestamp, SessionId)>>,
    /// Calls that ended a moment ago.
    ended: Mutex<HashMap<SessionId, Farewell>>,
    /// Who waits for the answer to an offer.
    answers: Mutex<HashMap<SessionId, oneshot::Sender<bool>>>,
    arrivals: Arrivals,
    expected: Expected,
    dead: Mutex<HashSet<NodeId>>,
    /// How many other nodes live.
    others: AtomicUsize,
    /// Whether the last beat was answered.
    reachable: AtomicBool,
    /// When the last beat began whose answer is known, or known to be missing.
    beaten: Mutex<Instant>,
    /// Dead nodes that it is for this one to reap.
    to_reap: Mutex<Vec<NodeId>>,
    /// A beat was answered, and what waits for that can be done.
    beat_answered: Notify,
    /// The identity changed.
    changed: Notify,
    mending: Mending,
    recall: Recall,
}

/// What is remembered of a call that has ended, for an end of it that is on its way to another node.
pub(super) struct Farewell {
    pub(super) at: Timestamp,
    pub(super) reason: EndReason,
    /// Relays to sides that were away.
    pub(super) kept: Vec<(Side, Vec<KeptRelay>)>,
    /// Of the relays to the offerer, and to the answerer.
    pub(super) trails: [Trail; 2],
}

/// Where relays to a side stood when the call ended.
#[derive(Clone, Copy)]
pub(super) struct Trail {
    /// The next to be sent from here.
    pub(super) sends: Option<Mark>,
    /// The next to be taken here.
    pub(super) takes: Option<Mark>,
    /// The other node that they went to.
    pub(super) node: Option<NodeId>,
}

impl Farewell {
    const fn trail(&self, side: Side) -> Trail {
        let [offerer, answerer] = self.trails;
        match side {
            Side::Offerer => offerer,
            Side::Answerer => answerer,
        }
    }
}

/// A node id and what goes with it.
pub(super) struct Identity {
    pub(super) me: NodeId,
    links: Links,
}

impl Cluster {
    pub(super) fn new(me: NodeId, shared: Shared, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        let links = Links::new(me, Arc::clone(&shared.bus), Arc::clone(&clock), runtime.clone());
        Self {
            shared,
            clock,
            runtime,
            identity: Mutex::new(Arc::new(Identity { me, links })),
            calls: Mutex::default(),
            left: Mutex::default(),
            ended: Mutex::default(),
            answers: Mutex::default(),
            arrivals: Arrivals::default(),
            expected: Expected::default(),
            dead: Mutex::default(),
            others: AtomicUsize::new(0),
            reachable: AtomicBool::new(true),
            beaten: Mutex::new(Instant::now()),
            to_reap: Mutex::default(),
            beat_answered: Notify::new(),
            changed: Notify::new(),
            mending: Mending::default(),
            recall: Recall::default(),
        }
    }

    /// Who this node is now.
    pub(super) fn me(&self) -> NodeId {
        self.identity().me
    }

    /// Relays to a side that its node, should it be dead, has not handled. If it lives, it passes them on as well when the
    /// side is elsewhere.
    fn unheard(&self, state: &CallState, session: SessionId, side: Side) -> Vec<Unheard> {
        state.path(side).node().map(|node| self.unheard_by(node, session, side)).unwrap_or_default()
    }

    fn unheard_by(&self, node: NodeId, session: SessionId, side: Side) -> Vec<Unheard> {
        let mut unheard = self.identity().links.unheard(node, Some(session));
        unheard.retain(|relay| relay.to == side);
        unheard
    }

    /// Says something that must arrive, if the node lives.
    pub(super) fn tell(&self, to: NodeId, message: &Message<'_>) {
        if !self.is_dead(to) {
            self.identity().links.push(to, message);
        }
    }

    /// Hands on a relay.
    ///
    /// # Errors
    /// [`Congested`] when too much waits for that node.
    fn relay(&self, to: NodeId, message: &Message<'_>) -> Result<(), Congested> {
        self.identity().links.offer(to, message)
    }

    /// Whether another node lives to hand calls over to.
    pub(super) fn has_others(&self) -> bool {
        self.others.load(Ordering::Relaxed) > 0
    }

    /// Whether what the nodes share answers.
    pub(super) fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    /// Whether everything said to others has been confirmed.
    pub(super) fn is_quiet(&self) -> bool {
        self.identity().links.are_quiet()
    }

    /// A call has an end here.
    pub(super) fn register(&self, cell: &Arc<CallCell>) {
        lock(&self.calls).insert(cell.id, Arc::clone(cell));
    }

    /// The call's cell, if there is one; otherwise this becomes it.
    pub(super) fn find_or_register(&self, cell: &Arc<CallCell>) -> Option<Arc<CallCell>> {
        match lock(&self.calls).entry(cell.id) {
            Entry::Occupied(known) => Some(Arc::clone(known.get())),
            Entry::Vacant(free) => {
                free.insert(Arc::clone(cell));
                None
            }
        }
    }

    /// A call is over.
    pub(super) fn forget(&self, session: SessionId) {
        lock(&self.calls).remove(&session);
    }

    /// A call is over, which its other end, on the way to another node, may still ask for.
    pub(super) fn remember(&self, session: SessionId, farewell: Farewell) {
        lock(&self.ended).insert(session, farewell);
    }

    /// Why a call ended, if that was a moment ago.
    fn end_of(&self, session: SessionId) -> Option<EndReason> {
        lock(&self.ended).get(&session).map(|farewell| farewell.reason)
    }

    /// What comes after the last relay that was sent to a side of a call that ended a moment ago.
    fn last_sent(&self, session: SessionId, side: Side) -> Option<Mark> {
        lock(&self.ended).get(&session)?.trail(side).sends
    }

    /// Relays to a side of a call that ended a moment ago which the node it was at has not handled.
    fn unheard_by_then(&self, session: SessionId, side: Side) -> Vec<Unheard> {
        let node = lock(&self.ended).get(&session).and_then(|farewell| farewell.trail(side).node);
        node.map(|node| self.unheard_by(node, session, side)).unwrap_or_default()
    }

    /// What a side of a call that ended a moment ago left here. Relays to it that were kept are given once.
    fn left_behind(&self, session: SessionId, side: Side) -> Legacy {
        let mut ended = lock(&self.ended);
        let Some(farewell) = ended.get_mut(&session) else { return Legacy::default() };
        let (sends, takes) = (farewell.trail(side.other()).sends, farewell.trail(side).takes);
        let kept = farewell.kept.iter_mut().filter(|(of, _)| *of == side);
        let kept = kept.flat_map(|(_, kept)| std::mem::take(kept)).collect();
        Legacy { sends, takes, kept, ..Legacy::default() }
    }

    /// The call, if an end of it is here or was a moment ago.
    pub(super) fn call(&self, session: SessionId) -> Option<Arc<CallCell>> {
        lock(&self.calls).get(&session).cloned()
    }

    /// Lets a message wait that is about a call on its way here. False: it need not.
    fn put_off(&self, from: NodeId, message: &Message<'_>) -> bool {
        message.session().is_some_and(|session| {
            let unknown = self.call(session).is_none();
            self.expected.put_off(&session, unknown, || (from, message.to_bytes().into()))
        })
    }

    fn all_calls(&self) -> Vec<Arc<CallCell>> {
        lock(&self.calls).values().cloned().collect()
    }

    fn is_dead(&self, node: NodeId) -> bool {
        lock(&self.dead).contains(&node)
    }

    fn identity(&self) -> Arc<Identity> {
        Arc::clone(&lock(&self.identity))
    }

    /// Becomes another node: what was said to this one is void.
    fn become_another(&self, me: NodeId) {
        let bus = Arc::clone(&self.shared.bus);
        let links = Links::new(me, bus, Arc::clone(&self.clock), self.runtime.clone());
        let before = std::mem::replace(&mut *lock(&self.identity), Arc::new(Identity { me, links }));
        before.links.cut_all();
        lock(&self.dead).insert(before.me);
        lock(&self.calls).clear();
        lock(&self.answers).clear();
        self.mending.fence();
        self.recall.reset();
        self.changed.notify_one();
    }

    /// The claim of a device for a call is over; tried again later when that cannot be said now.
    async fn release(&self, device: &DeviceId, session: SessionId, now: Timestamp) {
        if let Err(error) = self.shared.directory.release(device, session, now).await {
            tracing::debug!(%error, "a device stays claimed for now");
            self.mending.release_later(device, session);
        }
    }

    /// The end of a call goes on record.
    pub(super) async fn note_end(
        &self,
        session: SessionId,
        moves: u64,
        devices: &[DeviceId; 2],
        now: Timestamp,
    ) {
        let end = LateEnd { session, moves, fenced: false };
        if !self.is_reachable() {
            // Whether this node still lives, and the call is its to end, is known with the next beat.
            self.mending.end_later(end);
            for device in devices {
                self.mending.release_later(device, session);
            }
            return;
        }
        if let Err(error) = self.shared.calls.end(session, now).await {
            tracing::debug!(%error, "a call stays on record for now");
            self.mending.end_later(end);
        }
        for device in devices {
            self.release(device, session, now).await;
        }
    }
}
