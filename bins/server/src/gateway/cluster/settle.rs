//! Going on with a call that has moved here, with what its old node has told or without it.

use std::{sync::Arc, time::Duration};

use video_chat_kernel::{SessionId, Timestamp};
use video_chat_signaling::{
    Side,
    wire::{Mark, Message},
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
    },
    Cluster,
    relay::reunite,
};

/// How long a new node waits for an old one that lives to hand over: longer than it takes to be declared dead.
const HANDOVER_WITHIN: Duration = Duration::from_secs(10);
/// How long a node passes on what still comes for a call that moved on.
const LINGER: Duration = Duration::from_mins(1);

/// How long it is known why a call ended.
const ENDED_KNOWN: Duration = Duration::from_secs(15);

impl Gateway {
    /// Goes on with what is known of a side: sends what has waited for its mark, takes what has waited for its turn.
    pub(super) fn go_on(&self, cluster: &Cluster, cell: &CallCell, state: &mut CallState, side: Side) {
        let peer = side.other();
        let Some(transit) = &mut state.transit else { return };
        let sends = transit.lane(peer).sends;
        if sends.is_some() {
            let unsent = transit.lane(peer).take_unsent();
            if let Path::There(node) = state.path(peer) {
                let here = Message::Here { session: cell.id, side: peer, next: sends, away: None };
                cluster.tell(*node, &here);
            }
            self.send_waiting(cell, state, peer, unsent);
        }
        let Some(transit) = &mut state.transit else { return };
        if transit.marks(side).is_some() {
            *transit.settling(side) = None;
            self.hand_early(state, side);
            reunite(state);
        }
    }

    /// Goes on without the old node of a side when that is dead or says nothing.
    pub(in super::super) fn settle_alone(&self, cluster: &Cluster, cell: &CallCell) {
        let now = self.now();
        let mut state = cell.lock();
        if state.call.over().is_some() {
            return;
        }
        // Twice, since what is missing of one side may be what has been found of the other.
        for side in Side::BOTH.into_iter().chain(Side::BOTH) {
            self.settle_side_alone(cluster, cell, &mut state, side, now);
        }
    }

    fn settle_side_alone(
        &self,
        cluster: &Cluster,
        cell: &CallCell,
        state: &mut CallState,
        side: Side,
        now: Timestamp,
    ) {
        let peer_is_elsewhere = state.path(side.other()).node().is_some();
        let Some(transit) = &mut state.transit else { return };
        let Some(settling) = transit.settling(side) else { return };
        let left_alone = settling.old == cluster.me() || cluster.is_dead(settling.old);
        if !left_alone && now.since(settling.since) <= HANDOVER_WITHIN {
            return;
        }
        settling.old = cluster.me();
        let (epoch, first_here) = (settling.epoch, settling.first_here);
        let of_peer = if peer_is_elsewhere { first_here } else { first_here.or(transit.lane(side).sends) };
        // What is here already came to nobody else.
        let earliest = transit.lane(side).earliest();
        let takes = transit.lane(side).takes.or(of_peer.map(|mark| earliest.map_or(mark, |it| it.min(mark))));
        transit.lane(side).takes = takes;
        let news = transit.lane(side.other()).sends.is_none();
        transit.lane(side.other()).sends.get_or_insert(Mark::first_of(epoch));
        if news || takes.is_some() {
            self.go_on(cluster, cell, state, side);
        }
    }

    /// Looks at every call that still waits for an old node, and forgets those that moved on long ago.
    pub(super) fn settle_late(&self, cluster: &Cluster) {
        let now = self.now();
        for cell in cluster.all_calls() {
            self.settle_alone(cluster, &cell);
        }
        super::lock(&cluster.ended).retain(|_, farewell| now.since(farewell.at) <= ENDED_KNOWN);
        let gone: Vec<SessionId> = super::lock(&cluster.left)
            .extract_if(.., |(at, _)| now.since(*at) > LINGER)
            .map(|(_, session)| session)
            .collect();
        let moved_on = |cell: Arc<CallCell>| !cell.lock().is_ours();
        for session in gone {
            if cluster.call(session).is_some_and(moved_on) {
                cluster.forget(session);
            }
        }
    }
}
