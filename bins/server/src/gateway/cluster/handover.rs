//! A call that goes from node to node with its device: what the old node hands over.

use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{
    EndReason, KeptRelay, ServerEvent, Side,
    wire::{Legacy, Message},
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        hub::{CallRef, Gone},
        presence::supersede,
    },
    Cluster,
    arrivals::Displacement,
    hear_out,
};

impl Gateway {
    /// A device of this node has a newer connection at another. Its call goes there if that waits for it, and is over
    /// otherwise; when it is not known where the device is, the call is held.
    pub(super) fn displaced(&self, cluster: &Cluster, device: &DeviceId, by: Displacement) {
        let Displacement { connection, node, call } = by;
        let nothing = || {
            if let (Some(node), Some((session, side))) = (node, call) {
                let leaves = cluster.left_behind(session, side);
                cluster.tell(node, &Message::Handover { session, side, leaves });
            }
        };
        let Some(seat) = self.hub.find(device) else { return nothing() };
        let (queued, held, lost) = {
            let mut state = seat.lock();
            if state.link.as_ref().is_some_and(|link| link.id > connection) {
                return;
            }
            if let Some(link) = state.link.take() {
                supersede(&link.emitter);
            }
            let asked = call.map(|(session, _)| session);
            let mut follows = false;
            if let Some(pending) = &mut state.pending {
                let moved = node.filter(|_| asked == Some(pending.session)).map(Gone::Moved);
                follows = moved.is_some();
                pending.gone = Some(moved.unwrap_or(Gone::Left));
            }
            let live = state.live_call().cloned();
            let wanted = live.as_ref().map(|live| live.cell.id) == asked;
            if !wanted && !follows {
                nothing();
            }
            let (mut held, mut lost) = (None, None);
            if let Some(live) = live {
                match node {
                    None => held = self.hold(&live),
                    Some(node) if wanted => self.hand_over(cluster, &live.cell, live.side, node),
                    Some(_) => lost = Some(live),
                }
            }
            if node.is_some() {
                state.call = None;
            }
            (state.queued.take(), held, lost)
        };
        self.spawn(|gateway| async move {
            gateway.note_end(held).await;
            if let Some(CallRef { cell, side }) = lost {
                hear_out(&cell, None).await;
                gateway.note_end(gateway.finish(&cell, EndReason::Left, Some(side.other()))).await;
            }
            gateway.withdraw(&seat, queued).await;
            gateway.hub.leave(&seat);
        });
    }

    /// Another node still has a connection of a device that is here, or holds a call for it: it hears what is here.
    pub(super) fn held_elsewhere(
        &self,
        cluster: &Cluster,
        by: NodeId,
        device: &DeviceId,
        connection: u64,
        call: Option<(SessionId, Side)>,
    ) {
        let seat = self.hub.find(device);
        let here = seat.and_then(|seat| seat.lock().live_call().map(|live| live.cell.id));
        let call = call.filter(|(session, _)| here == Some(*session));
        let displaced = Message::Displaced { device: device.clone(), connection, node: cluster.me(), call };
        cluster.tell(by, &displaced);
    }

    pub(super) fn hand_over(&self, cluster: &Cluster, cell: &CallCell, side: Side, to: NodeId) {
        let now = self.now();
        let mut state = cell.lock();
        let Some(resumed) = state.call.back(side, now) else { return };
        state.part();
        state.attach(side, Path::There(to));
        if resumed.was_away {
            state.tell(side.other(), &ServerEvent::PeerReconnected { session: &cell.session });
        }
        if side == Side::Offerer {
            self.count_out(&mut state);
        }
        pass_on(cluster, cell, &mut state, side, to, resumed.kept);
        let peer = side.other();
        let (node, moves) = (cluster.me(), state.move_of(peer));
        if state.hosts(peer) && moves > 0 {
            // It came here while this side was on its way there, perhaps, and neither node heard of the other's move.
            cluster.tell(to, &Message::Moved { session: cell.id, side: peer, node, moves });
        }
        let has_moved_on = !state.is_ours();
        drop(state);
        if has_moved_on {
            super::lock(&cluster.left).push((now, cell.id));
        }
    }

    /// The old node of a side that moved here tells where the marks stand, and what it kept.
    pub(super) fn handed_over(
        &self,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        side: Side,
        leaves: Legacy,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if state.call.over().is_some() {
            return;
        }
        if let Path::There(next) = state.path(side) {
            cluster.tell(*next, &Message::Handover { session, side, leaves });
            return;
        }
        let Legacy { sends, takes, kept, unsent, waits_for } = leaves;
        let own = state.take_waiting(side.other());
        if let Some(transit) = &mut state.transit
            && let Some(settling) = transit.settling(side)
        {
            let knows_nothing = (sends, takes, waits_for) == (None, None, None);
            // Whoever knows nothing says nothing for another.
            if !knows_nothing || settling.old == from {
                // What nobody is to tell any more is found without.
                settling.old = waits_for.unwrap_or(cluster.me());
                let before = settling.before.take();
                if let Some(marks) = before.filter(|_| knows_nothing) {
                    transit.set(side, marks);
                }
            }
            if sends.is_some() {
                transit.lane(side.other()).sends = sends;
            }
            if takes.is_some() {
                transit.lane(side).takes = takes;
            }
        }
        for relay in &kept {
            self.hand_counted(&mut state, side, relay);
        }
        self.send_waiting(&cell, &mut state, side.other(), unsent);
        self.send_waiting(&cell, &mut state, side.other(), own);
        self.go_on(cluster, &cell, &mut state, side);
        drop(state);
        self.settle_alone(cluster, &cell);
    }
}

/// Hands what is known of a side to its new node.
fn pass_on(
    cluster: &Cluster,
    cell: &CallCell,
    state: &mut CallState,
    side: Side,
    to: NodeId,
    kept: Vec<KeptRelay>,
) {
    let session = cell.id;
    let unsent = state.take_waiting(side.other());
    let Some(transit) = &mut state.transit else { return };
    let (sends, takes) = (transit.lane(side.other()).sends, transit.lane(side).takes);
    // Back where it came from before that has handed over: it has the marks.
    let waits_for = transit.settling(side).take().map(|settling| settling.old).filter(|old| *old != to);
    let waits_for = waits_for.filter(|old| *old != cluster.me());
    // First, so that they are there when the new node has to find the marks by itself.
    for (mark, relay) in transit.lane(side).take_early() {
        let KeptRelay { event, payload } = &relay;
        cluster.tell(to, &Message::Relay { session, to: side, mark, event, payload });
    }
    cluster.tell(
        to,
        &Message::Handover { session, side, leaves: Legacy { sends, takes, kept, unsent, waits_for } },
    );
    transit.clear(side);
}
