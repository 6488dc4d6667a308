//! Devices that move from node to node, and take their call along.

use std::{sync::Arc, time::Duration};

use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{
    EndReason, KeptRelay, ServerEvent, Side,
    ports::{Abort, CallRecord, Entered, Place},
    wire::Message,
};

use super::{
    super::{
        Gateway,
        call::{CallCell, CallState, Path},
        hub::{CallRef, Gone},
        presence::{millis, supersede},
        transit::{Numbers, Transit},
    },
    Cluster,
};

/// How long a new node waits for the old one to hand over.
const HANDOVER_WITHIN: Duration = Duration::from_secs(3);
/// How long a node passes on what still comes for a call that moved on.
const LINGER: Duration = Duration::from_mins(1);
/// How much longer than its own node a peer's node waits for one that is away: the decision is the former's.
const MARGIN: Duration = Duration::from_mins(1);

/// What a device that connects here left at other nodes.
pub(in super::super) struct Arrival {
    displaced: Option<Place>,
    /// Whether its peer's node has to hear where it is now.
    moved: bool,
    call: Option<CallRef>,
}

impl Arrival {
    /// The call it comes with.
    pub(in super::super) const fn call(&self) -> Option<&CallRef> {
        self.call.as_ref()
    }
}

impl Gateway {
    /// A device connects: what did it leave elsewhere? Unknown while the directory is away, and then found out later.
    pub(in super::super) async fn arrive(&self, device: &DeviceId, connection: u64) -> Option<Arrival> {
        let cluster = self.cluster.as_ref()?;
        let place = Place { node: cluster.me(), connection };
        match cluster.shared.directory.enter(device, place, self.now()).await {
            Ok(entered) => Some(self.recollect(cluster, device, entered).await),
            Err(error) => {
                tracing::debug!(%error, "a device is not in the directory yet");
                cluster.mending.everything();
                None
            }
        }
    }

    async fn recollect(&self, cluster: &Cluster, device: &DeviceId, entered: Entered) -> Arrival {
        let displaced = entered.displaced.filter(|place| place.node != cluster.me());
        let nothing = Arrival { displaced, moved: false, call: None };
        let Some(session) = entered.session else { return nothing };
        let here = self
            .hub
            .find(device)
            .and_then(|seat| seat.lock().live_call().filter(|call| call.cell.id == session).cloned());
        if here.is_some() {
            return Arrival { displaced, moved: displaced.is_some(), call: here };
        }
        let mut found = self.fetch(cluster, device, session).await;
        if found.is_none() && self.is_live_after_all(cluster, device, session).await {
            found = self.fetch(cluster, device, session).await;
        }
        match found {
            Some((record, side)) => {
                let old = displaced.map_or(record.side(side).node, |place| place.node);
                Arrival { displaced, moved: true, call: self.adopt(cluster, &record, side, old) }
            }
            None => nothing,
        }
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

    /// The record of a call that comes here, which says so from now on.
    async fn fetch(
        &self,
        cluster: &Cluster,
        device: &DeviceId,
        session: SessionId,
    ) -> Option<(CallRecord, Side)> {
        let (calls, now) = (&cluster.shared.calls, self.now());
        let found = match calls.find(session, now).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "a call cannot be resumed");
                return None;
            }
        };
        let before = found.and_then(|record| Some((record.side_of(device)?, record)));
        let Some((side, before)) = before else {
            // Offered, over, or never heard of.
            return None;
        };
        let after = calls.relocate(session, side, cluster.me(), now).await.ok()??;
        // The peer's place is the newest, this side's the one it comes from.
        let mut record = after;
        record.side_mut(side).node = before.side(side).node;
        Some((record, side))
    }

    /// Takes a side over from its old node.
    fn adopt(&self, cluster: &Cluster, record: &CallRecord, side: Side, old: NodeId) -> Option<CallRef> {
        let (now, me) = (self.now(), cluster.me());
        let known = cluster.call(record.session);
        let cell = match &known {
            Some(cell) => Arc::clone(cell),
            None => Arc::new(CallCell::new(record)?),
        };
        let mut state = cell.lock();
        if state.call.over().is_some() {
            return None;
        }
        let peer = side.other();
        let mut fallback = None;
        if known.is_none() {
            let node = record.side(peer).node;
            if node == me || cluster.is_dead(node) {
                if let Some(lost) = state.call.lost(peer, now, self.rules.grace) {
                    self.holds.add(lost.until, &cell);
                }
            } else {
                state.attach(peer, Path::There(node));
            }
            cluster.register(&cell);
        }
        let alone = !matches!(state.path(peer), Path::There(_));
        let transit = state.transit.get_or_insert_default();
        if alone {
            // Nobody else could tell.
            let sent = transit.lane(peer).received.unwrap_or_default();
            let received = transit.lane(side).sent.unwrap_or_default();
            fallback = Some(Numbers { sent, received });
            transit.lane(peer).received.get_or_insert(sent);
            transit.lane(side).sent.get_or_insert(received);
        }
        transit.arrive_from(side, old, fallback, now);
        if side == Side::Offerer {
            self.count_in(&mut state);
        }
        drop(state);
        Some(CallRef { cell, side })
    }

    /// The device is seated: tells those whom its arrival concerns.
    pub(in super::super) fn announce(&self, device: &DeviceId, arrival: Arrival) {
        let Some(cluster) = &self.cluster else { return };
        let me = cluster.me();
        if let Some(CallRef { cell, side }) = arrival.call.filter(|_| arrival.moved) {
            let state = cell.lock();
            if let Path::There(node) = state.path(side.other()) {
                cluster.tell(*node, &Message::Moved { session: cell.id, side, node: me });
            }
        }
        if let Some(Place { node, connection }) = arrival.displaced {
            cluster.tell(node, &Message::Displaced { device: device.clone(), connection, node: me });
        }
    }

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

    /// The peer of a device here is at `node` now.
    pub(super) fn peer_moved(&self, cluster: &Cluster, session: SessionId, side: Side, node: NodeId) {
        let Some(cell) = cluster.call(session).filter(|cell| !cell.is_over()) else {
            cluster.tell(node, &Message::Ended { session, reason: EndReason::Ended });
            return;
        };
        let now = self.now();
        let mut state = cell.lock();
        let other = side.other();
        if let Path::There(next) = *state.path(other) {
            state.attach(side, Path::There(node));
            if next != node {
                cluster.tell(next, &Message::Moved { session, side, node });
            }
            return;
        }
        if node == cluster.me() {
            return;
        }
        let Some(resumed) = state.call.back(side, now) else { return };
        state.attach(side, Path::There(node));
        if resumed.was_away {
            state.tell(other, &ServerEvent::PeerReconnected { session: &cell.session });
        }
        let transit = state.transit.get_or_insert_with(|| Box::new(Transit::parting()));
        let (sent, received) = (transit.lane(side).sent, transit.lane(other).received);
        let away = resumed.peer.map(|away| away.left);
        cluster.tell(node, &Message::Here { session, side, sent, received, away });
        self.send_kept(&cell, &mut state, side, resumed.kept);
    }

    /// The peer's node answers that a side moved here.
    pub(super) fn peer_is_here(
        &self,
        cluster: &Cluster,
        session: SessionId,
        side: Side,
        numbers: (Option<u64>, Option<u64>),
        away: Option<Duration>,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        {
            let mut state = cell.lock();
            if let Some(left) = away
                && state.call.is_present(side.other())
                && state.call.lost(side.other(), self.now(), left.saturating_add(MARGIN)).is_some()
            {
                let grace_ms = millis(left);
                state.tell(side, &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
            }
            if let Some(settling) = state.transit.as_mut().and_then(|it| it.settling(side).as_mut()) {
                // What went to the side was sent there, what came of it was received there.
                let (received, sent) = (numbers.0.unwrap_or_default(), numbers.1.unwrap_or_default());
                settling.fallback = Some(Numbers { sent, received });
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
            && let Some(lost) = state.call.lost(side, self.now(), grace.saturating_add(MARGIN))
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
        self.send_kept(&cell, &mut state, side, resumed.kept);
    }

    /// The call was ended at another node.
    pub(super) fn ended_elsewhere(
        self: &Arc<Self>,
        cluster: &Cluster,
        from: NodeId,
        session: SessionId,
        reason: EndReason,
    ) {
        let Some(cell) = cluster.call(session) else { return };
        let mut state = cell.lock();
        if !state.call.end(reason) {
            return;
        }
        let ours: Vec<DeviceId> = [Side::Offerer, Side::Answerer]
            .into_iter()
            .filter(|side| state.path(*side).node().is_none())
            .map(|side| state.call.participant(side).device.clone())
            .collect();
        // Its note on record is the other node's to make.
        let _noted_there =
            self.close_except(&cell, &mut state, reason, &[Side::Offerer, Side::Answerer], Some(from));
        drop(state);
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            let Some(cluster) = &gateway.cluster else { return };
            for device in ours {
                cluster.release(&device, session, gateway.now()).await;
            }
        });
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
