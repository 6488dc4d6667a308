//! Devices that come from another node, and bring their call along.

use std::sync::Arc;

use tokio::time::sleep;
use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp};
use video_chat_signaling::{
    Code, KeptRelay, Side,
    ports::{Abort, CallRecord, Entered, Place, Presence},
    wire::Message,
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        hub::CallRef,
        transit::Settling,
    },
    Cluster,
    arrivals::{Displacement, Word},
    links::Unheard,
    recall::LOOK,
};

/// What a device that connects here left at other nodes.
#[derive(Default)]
pub(in super::super) struct Arrival {
    /// Where it was.
    displaced: Option<Place>,
    /// Where it may be still, when it was at a node that is dead.
    earlier: Option<Place>,
    /// The other node that had its call, by the call's record.
    before: Option<NodeId>,
    call: Option<CallRef>,
    /// By which of its moves the call came here, if it did.
    moves: Option<u64>,
    /// A newer connection has come elsewhere meanwhile.
    overtaken: bool,
}

impl Arrival {
    /// The call it comes with.
    pub(in super::super) const fn call(&self) -> Option<&CallRef> {
        self.call.as_ref()
    }

    /// Whether it is superseded already.
    pub(in super::super) const fn is_overtaken(&self) -> bool {
        self.overtaken
    }
}

impl Gateway {
    /// A device connects: what did it leave elsewhere? Unknown while the directory is away, and then found out later.
    /// To be followed by [`seated`](Self::seated).
    pub(in super::super) async fn arrive(&self, device: &DeviceId, connection: u64) -> Option<Arrival> {
        let cluster = self.cluster.as_ref()?;
        self.come_to_life().await;
        cluster.arrivals.begin(device);
        let since = self.now();
        let mut first: Option<Entered> = None;
        loop {
            let place = Place { node: cluster.me(), connection };
            let arrival = match cluster.shared.directory.enter(device, place, self.now()).await {
                Ok(entered) if entered.session.is_none() && self.is_being_recalled(cluster).await => None,
                Ok(entered) => {
                    self.be_judged(cluster).await;
                    // The second time the directory knows of the first only.
                    let first = *first.get_or_insert(entered);
                    if cluster.me() != place.node {
                        continue;
                    }
                    let entered = Entered { session: entered.session, ..first };
                    self.recollect(cluster, device, entered).await
                }
                Err(error) if cluster.me() == place.node => {
                    tracing::debug!(%error, "a device is not in the directory yet");
                    return None;
                }
                Err(_) => None,
            };
            // Another node by now: it has come to one that is dead.
            if cluster.me() != place.node {
                continue;
            }
            if arrival.is_some() {
                return arrival;
            }
            sleep(LOOK).await;
            if self.is_newer_elsewhere(cluster, device, place, since).await {
                return Some(Arrival { overtaken: true, ..Arrival::default() });
            }
        }
    }

    /// A device that came here `since` may have a newer connection by now, at a node that is told of this one.
    async fn is_newer_elsewhere(
        &self,
        cluster: &Cluster,
        device: &DeviceId,
        Place { node, connection }: Place,
        since: Timestamp,
    ) -> bool {
        let now = self.now();
        let age = Some(now.since(since));
        let present = Presence { device: device.clone(), connection, session: None, age, confirmed: true };
        let found = cluster.shared.directory.keep(node, &[present], now).await;
        found.is_ok_and(|found| found.iter().any(|it| it.newer))
    }

    /// `None`: its call may be on record later.
    async fn recollect(&self, cluster: &Cluster, device: &DeviceId, entered: Entered) -> Option<Arrival> {
        let Entered { displaced, earlier, .. } = entered;
        // A node that is dead may have told nobody.
        let earlier = earlier.filter(|_| displaced.is_some_and(|it| cluster.is_dead(it.node)));
        let lives = |place: &Place| place.node != cluster.me() && !cluster.is_dead(place.node);
        let (displaced, earlier) = (displaced.filter(lives), earlier.filter(lives));
        let nothing = Arrival { displaced, earlier, ..Arrival::default() };
        let Some(session) = entered.session else { return Some(nothing) };
        let seat = self.hub.find(device);
        if let Some(seat) = &seat {
            // A call that is still being made here may come to nothing.
            let _ = self.decided(seat).await;
        }
        let here =
            seat.and_then(|seat| seat.lock().live_call().filter(|call| call.cell.id == session).cloned());
        if here.is_some() && displaced.is_none() {
            return Some(Arrival { call: here, ..nothing });
        }
        cluster.expected.begin(&session);
        let mut found = self.fetch(cluster, device, session).await;
        // The records may have been emptied after the device was found on them.
        let recalled = found.is_none() && self.is_being_recalled(cluster).await;
        if found.is_none() && !recalled && self.is_live_after_all(cluster, device, session).await {
            found = self.fetch(cluster, device, session).await;
        }
        let arrival = match found {
            None if recalled => None,
            Some((record, side, before)) => {
                let elsewhere = (before != cluster.me()).then_some(before);
                // Where it was last may know nothing of the call: it may have been there too briefly.
                let left = elsewhere.filter(|node| !cluster.is_dead(*node));
                let old = left.or(displaced.map(|place| place.node)).unwrap_or(before);
                let call = self.adopt(cluster, &record, side, old);
                Some(Arrival { before: elsewhere, call, moves: Some(record.moves), ..nothing })
            }
            None => Some(Arrival { call: here, ..nothing }),
        };
        cluster.expected.arrived(&session, |(from, message)| {
            if let Some(message) = Message::parse(&message) {
                self.hear(cluster, from, message);
            }
        });
        arrival
    }

    /// A call that is not live yet, or never was, is taken back: the device, which cannot wait for it here, is free again.
    /// True when it has become live meanwhile.
    async fn is_live_after_all(&self, cluster: &Cluster, device: &DeviceId, session: SessionId) -> bool {
        match cluster.shared.calls.abort(session, self.now()).await {
            Ok(Abort::Live) => true,
            Ok(Abort::Aborted) => {
                cluster.release(device, session, self.now()).await;
                false
            }
            Err(error) => {
                tracing::debug!(%error, "a call cannot be taken back");
                false
            }
        }
    }

    /// The record of a call that comes here, which says so from now on, and where its side was before.
    async fn fetch(
        &self,
        cluster: &Cluster,
        device: &DeviceId,
        session: SessionId,
    ) -> Option<(CallRecord, Side, NodeId)> {
        let (calls, now) = (&cluster.shared.calls, self.now());
        let found = match calls.find(session, now).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "a call cannot be resumed");
                return None;
            }
        };
        // `None`: offered, over, or never heard of.
        let before = found?;
        let side = before.side_of(device)?;
        let after = calls.relocate(session, side, cluster.me(), now).await.ok()??;
        Some((after, side, before.side(side).node))
    }

    /// Takes a side over from its old node.
    fn adopt(&self, cluster: &Cluster, record: &CallRecord, side: Side, old: NodeId) -> Option<CallRef> {
        let fresh = Arc::new(CallCell::new(record)?);
        // The other side may come here at this moment: whoever finds the cell waits until it is set up.
        let setting_up = fresh.lock();
        let known = cluster.find_or_register(&fresh);
        if known.is_none() && cluster.end_of(record.session).is_some() {
            // Its other end was here, and ended it while the record was on its way.
            cluster.forget(record.session);
            return None;
        }
        let cell = Arc::clone(known.as_ref().unwrap_or(&fresh));
        let mut state = match &known {
            Some(known) => {
                drop(setting_up);
                known.lock()
            }
            None => setting_up,
        };
        if state.call.over().is_some() {
            return None;
        }
        let found = self.find_peer(cluster, &cell, &mut state, record, side.other(), known.is_none());
        if known.is_none() {
            state.transit.get_or_insert_default();
        } else {
            state.part();
        }
        let stayed = known.is_some() && state.hosts(side);
        let moves = record.moves;
        state.note_move(side, moves);
        // What was kept for it here comes after what its old node has for it.
        let waiting = if stayed { Vec::new() } else { state.call.take_kept(side) };
        let unheard = cluster.unheard(&state, cell.id, side);
        if !stayed {
            state.attach(side, Path::Away);
        }
        // Already on its way here, or never gone: nobody else is to tell.
        let is_known = stayed && old == cluster.me();
        if let Some(transit) = state.transit.as_mut().filter(|_| !is_known) {
            let before = transit.marks(side).filter(|_| stayed);
            let (since, epoch) = (self.now(), moves.saturating_mul(2));
            let first_here = unheard.first().map(|relay| relay.mark);
            transit.arrive(side, Settling { old, since, epoch, first_here, before });
            for Unheard { mark, relay, .. } in unheard {
                if transit.lane(side).put_aside(mark, relay).is_err() {
                    self.parts.metrics.error(Code::PeerUnavailable.as_str());
                }
            }
        }
        self.send_waiting(&cell, &mut state, side, waiting);
        self.send_waiting(&cell, &mut state, side.other(), found);
        if side == Side::Offerer {
            self.count_in(&mut state);
        }
        drop(state);
        Some(CallRef { cell, side })
    }

    /// Where the other end of a call that comes here is, as far as the record knows better than this node. Answers what was
    /// kept for it, if it is back there.
    fn find_peer(
        &self,
        cluster: &Cluster,
        cell: &Arc<CallCell>,
        state: &mut CallState,
        record: &CallRecord,
        peer: Side,
        unheard_of: bool,
    ) -> Vec<KeptRelay> {
        let node = record.side(peer).node;
        // This node knows better when the end is its own, or on its way here as well.
        let known = !unheard_of && (state.hosts(peer) || node == cluster.me());
        if known || (!unheard_of && !state.note_move(peer, record.moves)) {
            return Vec::new();
        }
        if node == cluster.me() || cluster.is_dead(node) {
            state.attach(peer, Path::Away);
            if let Some(lost) = state.lose(peer, self.now(), self.rules.grace) {
                self.holds.add(lost.until, cell);
            }
            return Vec::new();
        }
        state.attach(peer, Path::There(node));
        state.call.back(peer, self.now()).map(|resumed| resumed.kept).unwrap_or_default()
    }

    /// The device is seated: tells those whom its arrival concerns, or finds out who that is as soon as it can.
    pub(in super::super) fn announce(&self, device: &DeviceId, arrival: Option<Arrival>) {
        let Some(cluster) = &self.cluster else { return };
        let Some(arrival) = arrival else { return cluster.mending.everything() };
        let node = cluster.me();
        let Arrival { displaced, earlier, before, call, moves, .. } = arrival;
        if let (Some(CallRef { cell, side }), Some(moves)) = (&call, moves) {
            let state = cell.lock();
            if let Path::There(peers) = state.path(side.other()) {
                cluster.tell(*peers, &Message::Moved { session: cell.id, side: *side, node, moves });
            }
        }
        let brought = call.filter(|_| moves.is_some());
        // A newer connection may have brought it here meanwhile.
        let here = || self.hub.find(device)?.lock().live_call().cloned();
        let call = brought.or_else(here).map(|CallRef { cell, side }| (cell.id, side));
        let leave = |Place { node: old, connection }: Place, call| {
            cluster.tell(old, &Message::Displaced { device: device.clone(), connection, node, call });
        };
        let is_new = |node: NodeId| displaced.is_none_or(|place| place.node != node);
        if let Some(place) = displaced {
            leave(place, call);
        }
        // When it is not known which connection it had there: any.
        if let Some(node) = before.filter(|node| is_new(*node)) {
            leave(Place { node, connection: u64::MAX }, call);
        }
        if let Some(place) = earlier.filter(|place| is_new(place.node) && before != Some(place.node)) {
            leave(place, None);
        }
    }

    /// The device is in its seat, or was refused it: does what has waited for that.
    pub(in super::super) fn seated(&self, device: &DeviceId, connection: u64) {
        let Some(cluster) = &self.cluster else { return };
        cluster.arrivals.arrived(device, |word| match word {
            Word::Displaced(by) => {
                self.displaced(cluster, device, by);
                if by.connection >= connection
                    && let Displacement { node: Some(node), call: Some((session, side)), .. } = by
                {
                    self.correct(session, side, node);
                }
            }
            Word::StillHeld { by, connection, call } => {
                self.held_elsewhere(cluster, by, device, connection, call);
            }
        });
    }

    /// This node moved a call to itself after it had gone on to another: says where it is.
    fn correct(&self, session: SessionId, side: Side, node: NodeId) {
        self.spawn(|gateway| async move {
            let Some(cluster) = &gateway.cluster else { return };
            let moved = cluster.shared.calls.relocate(session, side, node, gateway.now()).await;
            let Ok(Some(CallRecord { moves, .. })) = moved else { return };
            let Some(cell) = cluster.call(session) else { return };
            let mut state = cell.lock();
            state.note_move(side, moves);
            if let Path::There(peers) = state.path(side.other()) {
                cluster.tell(*peers, &Message::Moved { session, side, node, moves });
            }
        });
    }
}
