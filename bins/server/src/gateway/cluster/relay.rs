//! Relays of calls whose ends are, or were, at different nodes.

use video_chat_kernel::{NodeId, SessionId};
use video_chat_signaling::{
    Code, EndReason, Full, KeptRelay, Rejection, Route, Side,
    wire::{Mark, Message},
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        transit::Transit,
    },
    Cluster,
};

/// A relay on its way between nodes.
#[derive(Clone, Copy)]
pub(super) struct Marked<'a> {
    pub(super) to: Side,
    pub(super) mark: Mark,
    pub(super) event: &'static str,
    pub(super) payload: &'a str,
}

impl Gateway {
    /// Sends a relay on to a side, wherever; keeps it for one that is away from its own node.
    pub(in super::super) fn send_on(
        &self,
        cell: &CallCell,
        state: &mut CallState,
        to: Side,
        relay: KeptRelay,
    ) -> Result<(), Rejection> {
        let full = |_: Full| Rejection::from(Code::PeerUnavailable);
        if state.call.route(to.other()) == Route::Keep && !state.hosts(to) {
            return state.call.keep(to.other(), relay).map_err(full);
        }
        let path = state.path(to).clone();
        let (Some(cluster), Some(transit)) = (&self.cluster, &mut state.transit) else {
            return self.hand(state, to, relay.event, &relay.payload).map_err(full);
        };
        let lane = transit.lane(to);
        let Some(mark) = lane.sends else {
            return lane.hold_back(relay).map_err(full);
        };
        let KeptRelay { event, payload } = &relay;
        if let Path::There(node) = path {
            let message = Message::Relay { session: cell.id, to, mark, event, payload };
            cluster.relay(node, &message).map_err(|_| Rejection::from(Code::PeerUnavailable))?;
            self.parts.metrics.relay_remote_total.increment(1);
            lane.sends = Some(mark.next());
            return Ok(());
        }
        lane.sends = Some(mark.next());
        let taken = self.take(cluster, cell, state, None, Marked { to, mark, event, payload });
        reunite(state);
        taken.map_err(full)
    }

    /// Sends on what could not leave before.
    pub(super) fn send_waiting(
        &self,
        cell: &CallCell,
        state: &mut CallState,
        to: Side,
        waiting: impl IntoIterator<Item = KeptRelay>,
    ) {
        for relay in waiting {
            if self.send_on(cell, state, to, relay).is_err() {
                self.parts.metrics.error(Code::PeerUnavailable.as_str());
            }
        }
    }

    /// A relay came from another node.
    pub(super) fn relay_arrived(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        relay: Marked<'_>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if state.call.over().is_none() && self.take(cluster, &cell, &mut state, Some(from), relay).is_err() {
            self.parts.metrics.error(Code::PeerUnavailable.as_str());
        }
    }

    /// Takes a relay in its turn, or passes it on when its side has moved.
    fn take(
        &self,
        cluster: &Cluster,
        cell: &CallCell,
        state: &mut CallState,
        from: Option<NodeId>,
        relay: Marked<'_>,
    ) -> Result<(), Full> {
        let Marked { to, mark, event, payload } = relay;
        if let Path::There(node) = *state.path(to) {
            let passed_on = Message::Relay { session: cell.id, to, mark, event, payload };
            // Never back to where it came from: two nodes that each believe the other has it would play for ever.
            if Some(node) != from {
                cluster.relay(node, &passed_on).map_err(|_| Full)?;
            }
            return Ok(());
        }
        let Some(transit) = &mut state.transit else { return Ok(()) };
        let lane = transit.lane(to);
        if lane.take_turn(mark) {
            self.hand(state, to, event, payload)?;
        } else {
            lane.put_aside(mark, KeptRelay { event, payload: payload.into() })?;
        }
        self.hand_early(state, to);
        Ok(())
    }

    /// Delivers to a side of this node, or keeps for it while it is away.
    pub(super) fn hand(
        &self,
        state: &mut CallState,
        to: Side,
        event: &'static str,
        payload: &str,
    ) -> Result<(), Full> {
        let from = to.other();
        if state.call.route(from) == Route::Deliver {
            if let Path::Here(emitter) = state.path(to)
                && emitter.emit(event, payload).is_ok()
            {
                return Ok(());
            }
            // Its connection is closing and the loss not yet noted.
            state.lose(to, self.now(), self.rules.grace);
        }
        state.call.keep(from, KeptRelay { event, payload: payload.into() })
    }

    /// Delivers those that came before their turn, as far as it has come.
    pub(super) fn hand_early(&self, state: &mut CallState, to: Side) {
        while let Some(relay) = state.transit.as_mut().and_then(|transit| transit.lane(to).next_in_turn()) {
            self.hand_counted(state, to, &relay);
        }
    }

    /// Delivers one that nobody waits to hear refused.
    pub(super) fn hand_counted(&self, state: &mut CallState, to: Side, relay: &KeptRelay) {
        if self.hand(state, to, relay.event, &relay.payload).is_err() {
            self.parts.metrics.error(Code::PeerUnavailable.as_str());
        }
    }
}

/// A call has ended: what was acknowledged goes out before that is told, marks or no marks. Answers what is kept for a side
/// that was away, which may be on its way to another node.
pub(in super::super) fn say_last_words(
    cluster: &Cluster,
    cell: &CallCell,
    state: &mut CallState,
    reason: EndReason,
) -> Vec<(Side, Vec<KeptRelay>)> {
    let may_be_back = matches!(reason, EndReason::Ended | EndReason::Left);
    for side in Side::BOTH.into_iter().filter(|_| may_be_back) {
        send_kept(cluster, cell, state, side);
    }
    for side in Side::BOTH {
        say_unsaid(cluster, cell, state, side);
    }
    let kept = Side::BOTH.map(|side| (side, state.call.take_kept(side)));
    kept.into_iter().filter(|(_, kept)| may_be_back && !kept.is_empty()).collect()
}

/// What is kept for a side that is away at another node goes there, for it may be back already.
fn send_kept(cluster: &Cluster, cell: &CallCell, state: &mut CallState, to: Side) {
    let Path::There(node) = *state.path(to) else { return };
    for relay in state.call.take_kept(to) {
        let Some(transit) = &mut state.transit else { return };
        let lane = transit.lane(to);
        let Some(mark) = lane.sends else {
            // Goes with what was not sent.
            let _ = lane.hold_back(relay);
            continue;
        };
        lane.sends = Some(mark.next());
        let KeptRelay { event, payload } = &relay;
        cluster.tell(node, &Message::Relay { session: cell.id, to, mark, event, payload });
    }
}

/// What waited for the marks of a side: relays to it that came early, and those of it that could not leave.
fn say_unsaid(cluster: &Cluster, cell: &CallCell, state: &mut CallState, side: Side) {
    let (session, to) = (cell.id, side.other());
    let (here, there) = (state.path(side).clone(), state.path(to).clone());
    let Some(transit) = &mut state.transit else { return };
    let Some(settling) = transit.settling(side) else { return };
    let epoch = settling.epoch;
    if let Path::Here(emitter) = here {
        for relay in transit.lane(side).take_early().into_values() {
            // A socket that is gone needs no relays.
            let _ = emitter.emit(relay.event, &relay.payload);
        }
    }
    let lane = transit.lane(to);
    for relay in lane.take_unsent() {
        let mark = *lane.sends.get_or_insert(Mark::first_of(epoch));
        lane.sends = Some(mark.next());
        let KeptRelay { event, payload } = &relay;
        match &there {
            Path::There(node) => {
                cluster.tell(*node, &Message::Relay { session, to, mark, event, payload });
            }
            Path::Here(emitter) => drop(emitter.emit(event, payload)),
            // No room: then it is one too many.
            Path::Away => drop(state.call.keep(side, relay)),
        }
    }
}

/// Both ends are here again and nothing is on its way: no marks any more.
pub(super) fn reunite(state: &mut CallState) {
    let apart = Side::BOTH.iter().any(|side| state.path(*side).node().is_some());
    if !apart && state.call.is_present(Side::Offerer) && state.call.is_present(Side::Answerer) {
        state.transit.take_if(|transit: &mut Box<Transit>| transit.is_settled());
    }
}
