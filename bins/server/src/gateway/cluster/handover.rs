//! A call that goes from node to node with its device: what the old node hands over, and what the new one does without.

use std::{sync::Arc, time::Duration};

use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{EndReason, KeptRelay, ServerEvent, Side, wire::Message};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        hub::{CallRef, Gone},
        presence::supersede,
        transit::{Numbers, Transit},
    },
    Cluster,
};

/// How long a new node waits for the old one to hand over.
const HANDOVER_WITHIN: Duration = Duration::from_secs(3);
/// How long a node passes on what still comes for a call that moved on.
const LINGER: Duration = Duration::from_mins(1);

impl Gateway {
    /// A device of this node has a newer connection at another. When it is not known at which, its call ends here.
    pub(super) fn displaced(
        self: &Arc<Self>,
        cluster: &Cluster,
        device: &DeviceId,
        connection: u64,
        node: Option<NodeId>,
    ) {
        let Some(seat) = self.hub.find(device) else { return };
        let (queued, ended) = {
            let mut state = seat.lock();
            if state.link.as_ref().is_some_and(|link| link.id > connection) {
                return;
            }
            if let Some(link) = state.link.take() {
                supersede(&link.emitter);
            }
            if let Some(pending) = &mut state.pending {
                pending.gone = Some(Gone::Left);
            }
            let ended = state.live_call().cloned().and_then(|CallRef { cell, side }| {
                let Some(node) = node else {
                    return self.finish(&cell, EndReason::Left, Some(side.other()));
                };
                self.hand_over(cluster, &cell, side, node);
                None
            });
            if node.is_some() {
                state.call = None;
            }
            (state.queued.take(), ended)
        };
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            gateway.note_end(ended).await;
            gateway.withdraw(&seat, queued).await;
            gateway.hub.leave(&seat);
        });
    }

    fn hand_over(&self, cluster: &Cluster, cell: &CallCell, side: Side, to: NodeId) {
        let now = self.now();
        let mut state = cell.lock();
        let Some(resumed) = state.call.back(side, now) else { return };
        state.transit.get_or_insert_with(|| Box::new(Transit::parting()));
        state.attach(side, Path::There(to));
        if resumed.was_away {
            state.tell(side.other(), &ServerEvent::PeerReconnected { session: &cell.session });
        }
        if side == Side::Offerer {
            self.count_out(&mut state);
        }
        pass_on(cluster, cell, &mut state, side, to, resumed.kept);
        let peer_is_elsewhere = state.path(side.other()).node().is_some();
        drop(state);
        if peer_is_elsewhere {
            super::lock(&cluster.left).push((now, cell.id));
        }
    }

    /// The old node of a side that moved here tells where the numbers stand, and what it kept.
    pub(super) fn handed_over(
        &self,
        cluster: &Cluster,
        session: SessionId,
        side: Side,
        numbers: Numbers,
        kept: Vec<KeptRelay>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        let settling = state.transit.as_mut().is_some_and(|transit| transit.settling(side).is_some());
        if !settling || state.call.over().is_some() {
            return;
        }
        if let Path::There(next) = *state.path(side) {
            self.settle(&cell, &mut state, side, numbers);
            pass_on(cluster, &cell, &mut state, side, next, kept);
            return;
        }
        for relay in kept {
            self.hand(&mut state, side, relay.event, &relay.payload);
        }
        self.settle(&cell, &mut state, side, numbers);
    }

    /// Goes on without the old node of a side when that is dead or says nothing.
    pub(in super::super) fn settle_alone(&self, cluster: &Cluster, cell: &CallCell) {
        let now = self.now();
        let mut state = cell.lock();
        for side in [Side::Offerer, Side::Answerer] {
            let Some(transit) = &mut state.transit else { return };
            let Some(settling) = transit.settling(side) else { continue };
            let waited = now.since(settling.since);
            let alone = cluster.is_dead(settling.old) || settling.old == cluster.me();
            match settling.fallback {
                Some(numbers) if alone || waited > HANDOVER_WITHIN => {
                    self.settle(cell, &mut state, side, numbers);
                }
                None if waited > 2 * HANDOVER_WITHIN => {
                    self.settle(cell, &mut state, side, Numbers { sent: 0, received: 0 });
                }
                _ => {}
            }
        }
    }

    /// Looks at every call that still waits for an old node, and forgets those that moved on long ago.
    pub(super) fn settle_late(&self, cluster: &Cluster) {
        let now = self.now();
        for cell in cluster.all_calls() {
            self.settle_alone(cluster, &cell);
        }
        let gone: Vec<SessionId> = super::lock(&cluster.left)
            .extract_if(.., |(at, _)| now.since(*at) > LINGER)
            .map(|(_, session)| session)
            .collect();
        let moved_on = |cell: Arc<CallCell>| {
            let state = cell.lock();
            [Side::Offerer, Side::Answerer].iter().all(|side| state.path(*side).node().is_some())
        };
        for session in gone {
            if cluster.call(session).is_some_and(moved_on) {
                cluster.forget(session);
            }
        }
    }
}

/// Hands the numbers of a side to its new node, or leaves that for when they are known here.
fn pass_on(
    cluster: &Cluster,
    cell: &CallCell,
    state: &mut CallState,
    side: Side,
    to: NodeId,
    kept: Vec<KeptRelay>,
) {
    let session = cell.id;
    let Some(transit) = &mut state.transit else { return };
    match transit.settling(side) {
        // Back where it came from before that had handed over: it still has the numbers.
        Some(settling) if settling.old == to => *transit.settling(side) = None,
        // The numbers are still to come, and will be passed on.
        Some(_) => return,
        None => {
            let Some(Numbers { sent, received }) = transit.numbers(side) else { return };
            cluster.tell(to, &Message::Handover { session, side, sent, received, kept });
        }
    }
    for (number, relay) in transit.lane(side).take_early() {
        let KeptRelay { event, payload } = &relay;
        cluster.tell(to, &Message::Relay { session, to: side, number, event, payload });
    }
    transit.lane(side).received = None;
    transit.lane(side.other()).sent = None;
}
