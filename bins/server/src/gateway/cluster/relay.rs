//! Relays of calls whose ends are, or were, at different nodes.

use video_chat_kernel::{NodeId, SessionId};
use video_chat_signaling::{Code, KeptRelay, Rejection, Route, Side, wire::Message};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        transit::{Numbers, Transit},
    },
    Cluster,
};

/// A relay on its way between nodes.
#[derive(Clone, Copy)]
pub(super) struct Numbered<'a> {
    pub(super) to: Side,
    pub(super) number: u64,
    pub(super) event: &'static str,
    pub(super) payload: &'a str,
}

/// The numbers as a message tells them.
pub(super) const fn numbers(sent: u64, received: u64) -> Numbers {
    Numbers { sent, received }
}

impl Gateway {
    /// Sends a relay on to a side that is present, wherever.
    pub(in super::super) fn send_on(
        &self,
        cell: &CallCell,
        state: &mut CallState,
        to: Side,
        relay: KeptRelay,
    ) -> Result<(), Rejection> {
        let path = state.path(to).clone();
        let (Some(cluster), Some(transit)) = (&self.cluster, &mut state.transit) else {
            self.hand(state, to, relay.event, &relay.payload);
            return Ok(());
        };
        let lane = transit.lane(to);
        let Some(number) = lane.sent else {
            return lane.hold_back(relay).map_err(|_| Code::PeerUnavailable.into());
        };
        if let Path::There(node) = path {
            let KeptRelay { event, payload } = &relay;
            let message = Message::Relay { session: cell.id, to, number, event, payload };
            cluster.relay(node, &message).map_err(|_| Rejection::from(Code::PeerUnavailable))?;
            self.parts.metrics.relay_remote_total.increment(1);
            lane.sent = Some(number.saturating_add(1));
        } else {
            lane.sent = Some(number.saturating_add(1));
            let numbered = Numbered { to, number, event: relay.event, payload: &relay.payload };
            self.take(cluster, cell, state, None, numbered);
            reunite(state);
        }
        Ok(())
    }

    /// A relay came from another node.
    pub(super) fn relay_arrived(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        relay: Numbered<'_>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if state.call.over().is_none() {
            self.take(cluster, &cell, &mut state, Some(from), relay);
        }
    }

    /// Takes a relay in its turn, or passes it on when its side has moved.
    fn take(
        &self,
        cluster: &Cluster,
        cell: &CallCell,
        state: &mut CallState,
        from: Option<NodeId>,
        relay: Numbered<'_>,
    ) {
        let Numbered { to, number, event, payload } = relay;
        if let Path::There(node) = *state.path(to) {
            let passed_on = Message::Relay { session: cell.id, to, number, event, payload };
            // Never back to where it came from: two nodes that each believe the other has it would play for ever.
            if Some(node) != from && cluster.relay(node, &passed_on).is_err() {
                self.parts.metrics.error(Code::PeerUnavailable.as_str());
            }
            return;
        }
        let Some(transit) = &mut state.transit else { return };
        let lane = transit.lane(to);
        if lane.take_turn(number) {
            self.hand(state, to, event, payload);
            self.hand_early(state, to);
        } else if lane.put_aside(number, KeptRelay { event, payload: payload.into() }).is_err() {
            self.parts.metrics.error(Code::PeerUnavailable.as_str());
        }
    }

    /// Delivers to a side of this node, or keeps for it while it is away.
    pub(super) fn hand(&self, state: &mut CallState, to: Side, event: &'static str, payload: &str) {
        let from = to.other();
        if state.call.route(from) == Route::Deliver {
            if let Path::Here(emitter) = state.path(to)
                && emitter.emit(event, payload).is_ok()
            {
                return;
            }
            // Its connection is closing and the loss not yet noted.
            state.lose(to, self.now(), self.rules.grace);
        }
        if state.call.keep(from, KeptRelay { event, payload: payload.into() }).is_err() {
            self.parts.metrics.error(Code::PeerUnavailable.as_str());
        }
    }

    fn hand_early(&self, state: &mut CallState, to: Side) {
        while let Some(relay) = state.transit.as_mut().and_then(|transit| transit.lane(to).next_in_turn()) {
            self.hand(state, to, relay.event, &relay.payload);
        }
    }

    /// The numbers of a side that moved here are known: on with what waited for them.
    pub(super) fn settle(&self, cell: &CallCell, state: &mut CallState, side: Side, numbers: Numbers) {
        let Some(transit) = &mut state.transit else { return };
        *transit.settling(side) = None;
        transit.settle(side, numbers);
        let unsent = transit.lane(side.other()).take_unsent();
        if state.path(side).node().is_none() {
            self.hand_early(state, side);
        }
        for relay in unsent {
            if self.send_on(cell, state, side.other(), relay).is_err() {
                self.parts.metrics.error(Code::PeerUnavailable.as_str());
            }
        }
        reunite(state);
    }

    /// Sends on what was kept for a side that is back at its own node.
    pub(super) fn send_kept(&self, cell: &CallCell, state: &mut CallState, to: Side, kept: Vec<KeptRelay>) {
        for relay in kept {
            if self.send_on(cell, state, to, relay).is_err() {
                self.parts.metrics.error(Code::PeerUnavailable.as_str());
            }
        }
    }
}

/// Both ends are here again and nothing is on its way: no numbers any more.
fn reunite(state: &mut CallState) {
    let apart = [Side::Offerer, Side::Answerer].iter().any(|side| state.path(*side).node().is_some());
    if !apart && state.call.is_present(Side::Offerer) && state.call.is_present(Side::Answerer) {
        state.transit.take_if(|transit: &mut Box<Transit>| transit.is_settled());
    }
}
