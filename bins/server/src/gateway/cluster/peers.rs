//! What the node of a call's other end tells.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{
    EndReason, KeptRelay, ServerEvent, Side,
    wire::{Mark, Message},
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        presence::millis,
    },
    Cluster,
    links::Unheard,
};

/// How long the end of a call waits for what the old node of a side that has just come here may have for it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much longer than its own node a peer's node waits for one that is away: the decision is the former's.
const MARGIN: Duration = Duration::from_mins(1);

impl Gateway {
    /// The peer of a device here is at `node` now.
    pub(super) fn peer_moved(
        &self,
        cluster: &Cluster,
        session: SessionId,
        side: Side,
        node: NodeId,
        moves: u64,
    ) {
        let Some(cell) = cluster.call(session).filter(|cell| !cell.is_over()) else {
            let reason = cluster.end_of(session).unwrap_or(EndReason::Ended);
            let leaves = cluster.left_behind(session, side);
            if !leaves.kept.is_empty() {
                cluster.tell(node, &Message::Handover { session, side, leaves });
            }
            for Unheard { to, mark, relay: KeptRelay { event, payload }, .. } in
                cluster.unheard_by_then(session, side)
            {
                cluster.tell(node, &Message::Relay { session, to, mark, event, payload: &payload });
            }
            let next = cluster.last_sent(session, side);
            cluster.tell(node, &Message::Ended { session, reason, next });
            return;
        };
        let now = self.now();
        let mut state = cell.lock();
        let other = side.other();
        if state.path(other).node().is_none() {
            // Before the move is noted, after which its own epoch begins.
            state.part();
        }
        if !state.note_move(side, moves) || node == cluster.me() {
            return;
        }
        if let Path::There(next) = *state.path(other) {
            state.attach(side, Path::There(node));
            if next != node {
                cluster.tell(next, &Message::Moved { session, side, node, moves });
            }
            return;
        }
        if state.hosts(side) {
            // Its device is said to be gone next, and with it goes what is kept for it here.
            let next = state.part().lane(side).sends;
            let away = state.call.away(other, now).map(|away| away.left);
            cluster.tell(node, &Message::Here { session, side, next, away });
            return;
        }
        let Some(resumed) = state.call.back(side, now) else { return };
        let next = state.part().lane(side).sends;
        let unheard = cluster.unheard(&state, session, side);
        let next = unheard.first().map(|relay| relay.mark).or(next);
        state.attach(side, Path::There(node));
        if resumed.was_away {
            state.tell(other, &ServerEvent::PeerReconnected { session: &cell.session });
        }
        let away = resumed.peer.map(|away| away.left);
        cluster.tell(node, &Message::Here { session, side, next, away });
        for Unheard { to, mark, relay: KeptRelay { event, payload }, .. } in unheard {
            cluster.tell(node, &Message::Relay { session, to, mark, event, payload: &payload });
        }
        self.send_waiting(&cell, &mut state, side, resumed.kept);
    }

    /// The peer's node answers that a side moved here.
    pub(super) fn peer_is_here(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        side: Side,
        next: Option<Mark>,
        away: Option<Duration>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        {
            let mut state = cell.lock();
            // It may have come here as well since that was said.
            if let Some(left) = away
                && state.path(side.other()).node() == Some(from)
                && state.call.is_present(side.other())
                && state.lose(side.other(), self.now(), left.saturating_add(MARGIN)).is_some()
            {
                let grace_ms = millis(left);
                state.tell(side, &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
            }
            if let Some(settling) = state.transit.as_mut().and_then(|it| it.settling(side).as_mut()) {
                settling.first_here = settling.first_here.or(next);
            }
        }
        self.settle_alone(cluster, &cell);
    }

    /// The peer vanished from its node.
    pub(super) fn peer_lost(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        side: Side,
        grace: Duration,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if state.path(side).node() != Some(from) {
            return;
        }
        if state.call.is_present(side)
            && let Some(lost) = state.lose(side, self.now(), grace.saturating_add(MARGIN))
            && lost.peer_present
        {
            let grace_ms = millis(grace);
            state.tell(side.other(), &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
        }
    }

    /// The peer is back at its node.
    pub(super) fn peer_back(&self, cluster: &Cluster, from: NodeId, session: SessionId, side: Side) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if state.path(side).node() != Some(from) {
            return;
        }
        let Some(resumed) = state.call.back(side, self.now()) else { return };
        if resumed.was_away {
            state.tell(side.other(), &ServerEvent::PeerReconnected { session: &cell.session });
        }
        self.send_waiting(&cell, &mut state, side, resumed.kept);
    }

    /// The call was ended at another node.
    pub(super) fn ended_elsewhere(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        reason: EndReason,
        next: Option<Mark>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        if !is_unheard(&cell, next) {
            return self.end_for(from, &cell, reason, next);
        }
        self.spawn(|gateway| async move {
            hear_out(&cell, next).await;
            gateway.end_for(from, &cell, reason, next);
        });
    }

    fn end_for(&self, from: NodeId, cell: &Arc<CallCell>, reason: EndReason, next: Option<Mark>) {
        let session = cell.id;
        let mut state = cell.lock();
        pass_next_on(&mut state, from, next);
        if !state.call.end(reason) {
            return;
        }
        let ours: Vec<DeviceId> = Side::BOTH
            .into_iter()
            .filter(|side| state.path(*side).node().is_none())
            .map(|side| state.call.participant(side).device.clone())
            .collect();
        // Its note on record is the other node's to make.
        let _noted_there = self.close_except(cell, &mut state, reason, &Side::BOTH, Some(from));
        drop(state);
        self.spawn(|gateway| async move {
            let Some(cluster) = &gateway.cluster else { return };
            for device in ours {
                cluster.release(&device, session, gateway.now()).await;
            }
        });
    }
}

/// The side that is to hear relays up to `next` has moved on: its new node hears that, too.
fn pass_next_on(state: &mut CallState, from: NodeId, next: Option<Mark>) {
    for side in Side::BOTH {
        let moved_on = state.path(side).node().is_some_and(|node| node != from);
        if let Some(transit) = state.transit.as_mut().filter(|_| moved_on) {
            let lane = transit.lane(side);
            lane.sends = lane.sends.or(next);
        }
    }
}

/// Waits until the old nodes of sides that have come here have told what they know, and relays up to `next` have come, or
/// a second. For whoever is about to end the call.
pub(in super::super) async fn hear_out(cell: &CallCell, next: Option<Mark>) {
    const LOOK: Duration = Duration::from_millis(25);
    let begun = Instant::now();
    while is_unheard(cell, next) && begun.elapsed() < LAST_WORDS {
        sleep(LOOK).await;
    }
}

fn is_unheard(cell: &CallCell, next: Option<Mark>) -> bool {
    let mut state = cell.lock();
    let Some(transit) = &mut state.transit else { return false };
    Side::BOTH.into_iter().any(|side| {
        let takes = transit.lane(side).takes;
        transit.settling(side).is_some() || takes.zip(next).is_some_and(|(takes, next)| takes < next)
    })
}
