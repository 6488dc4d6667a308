//! Devices that come from another node, and bring their call along.

use std::sync::Arc;

use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{
    Side,
    ports::{Abort, CallRecord, Entered, Place},
    wire::Message,
};

use super::{
    super::{
        Gateway,
        call::{CallCell, Path},
        hub::CallRef,
        transit::Numbers,
    },
    Cluster,
};

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
                if let Some(lost) = state.lose(peer, now, self.rules.grace) {
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
}
