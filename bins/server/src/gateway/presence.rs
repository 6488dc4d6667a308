//! Coming, vanishing, coming back and going.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, Weak, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join;
use tokio::sync::Notify;
use video_chat_actix_socketio::{DisconnectReason, Emitter};
use video_chat_kernel::{DeviceId, Timestamp};
use video_chat_signaling::{Code, EndReason, ServerEvent, Side, ports::Place, wire::Message};

use super::{
    Gateway,
    admission::Refused,
    call::{CallCell, CallState, Path},
    cluster::{Arrival, hear_out},
    ending::Concluded,
    handler::Socket,
    hub::{CallRef, Gone, Link, Seat, SeatState},
    limits::Limits,
    lock, outgoing,
};

/// How much longer than its grace a device that is away keeps its place, so that the decision is its node's.
const HELD_LONGER: Duration = Duration::from_secs(30);
/// How long one without a call keeps its place: until the next that enters, or hardly longer.
const NO_GRACE: Duration = Duration::from_millis(1);

/// Calls with a side away, by the end of its grace.
#[derive(Default)]
pub(super) struct Holds {
    calls: Mutex<BTreeMap<(Timestamp, u64), Weak<CallCell>>>,
    added: Notify,
}

impl Gateway {
    /// Seats an admitted connection: takes over from an older one and resumes the call it finds.
    pub(super) async fn enter(
        &self,
        device: &DeviceId,
        emitter: Emitter,
        limits: Arc<Mutex<Limits>>,
    ) -> Result<Socket, Refused> {
        let id = self.sockets.fetch_add(1, Ordering::Relaxed);
        let since = self.now();
        let arrival = self.arrive(device, id).await;
        if self.cluster.is_some()
            && let Some(seat) = self.hub.find(device)
        {
            // A match that is being made is one to come back to. Undecided for long: it is told when it is made.
            let _ = self.decided(&seat).await;
        }
        let link = Link { id, emitter: emitter.clone(), since, confirmed: arrival.is_some() };
        let overtaken = arrival.as_ref().is_some_and(Arrival::is_overtaken);
        let (seat, older, queued, stale) = self.hub.enter(device, |seat, state| {
            if overtaken || state.link.as_ref().is_some_and(|newer| newer.id > id) {
                return (Arc::clone(seat), Some(emitter.clone()), None, None);
            }
            let previous = state.link.replace(link);
            let call = arrival.as_ref().and_then(|arrival| arrival.call()).cloned();
            let live = state.live_call().cloned();
            // The directory knows better: the device has been in another call since, at another node.
            let stale =
                live.clone().filter(|live| call.as_ref().is_some_and(|call| call.cell.id != live.cell.id));
            if live.is_none() || stale.is_some() {
                state.call = call.or_else(|| state.call.take());
            }
            self.greet(seat, state, &emitter);
            (Arc::clone(seat), previous.map(|previous| previous.emitter), state.queued.take(), stale)
        });
        if let Some(CallRef { cell, side }) = stale {
            let ended = self.finish(&cell, EndReason::Left, Some(side.other()));
            self.note_end(ended).await;
        }
        if let Some(older) = older {
            supersede(&older);
        }
        self.announce(device, arrival);
        self.seated(device, id);
        self.withdraw(&seat, queued).await;
        if overtaken {
            self.hub.leave(&seat);
        }
        let socket = Socket { id, seat, emitter, limits };
        self.parts.metrics.connections_total.increment(1);
        self.parts.metrics.active_connections.increment(1.0);
        // A block that came between the first look and the seat did not see this connection.
        match self.is_blocked(device).await {
            Ok(false) => Ok(socket),
            blocked => {
                self.depart(&socket, DisconnectReason::Server).await;
                Err(blocked.err().unwrap_or_else(|| Code::DeviceBlocked.into()))
            }
        }
    }

    /// A connection is gone. What it leaves behind depends on how it went.
    pub(super) async fn depart(&self, socket: &Socket, reason: DisconnectReason) {
        self.parts.metrics.active_connections.decrement(1.0);
        let seat = &socket.seat;
        let comes_back = match reason {
            // Sent away to another node.
            DisconnectReason::Server => self.hands_over(),
            DisconnectReason::Client => false,
            DisconnectReason::Lost | DisconnectReason::PingTimeout | DisconnectReason::Offence => true,
        };
        if !comes_back && self.cluster.is_some() {
            let call = seat.lock().live_call().map(|call| Arc::clone(&call.cell));
            if let Some(cell) = call {
                self.come_to_life().await;
                hear_out(&cell, None).await;
            }
        }
        let (queued, ended) = {
            let mut state = seat.lock();
            if !state.is_linked(socket.id) {
                return;
            }
            state.link = None;
            if let Some(pending) = &mut state.pending {
                pending.gone = Some(if comes_back { Gone::Vanished } else { Gone::Left });
            }
            let call = state.live_call().cloned();
            let ended = call.and_then(|call| {
                if comes_back {
                    self.hold(&call)
                } else {
                    self.finish(&call.cell, EndReason::Left, Some(call.side.other()))
                }
            });
            (state.queued.take(), ended)
        };
        self.leave_directory(socket).await;
        self.note_end(ended).await;
        self.withdraw(seat, queued).await;
        self.hub.leave(seat);
    }

    /// A device was blocked, says another node or the records: nobody who asks here may find otherwise.
    pub async fn blocked(&self, device: &DeviceId, until: Option<Timestamp>) {
        // Its connection does not wait for a shared list that may be away; what this node knows comes first.
        let (noted, ()) = join(self.parts.blocks.block(device, until), self.evict(device)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a block was not noted");
        }
    }

    /// A block was lifted, says another node.
    pub(super) async fn lifted(&self, device: &DeviceId) {
        if let Err(error) = self.parts.blocks.lift(device).await {
            tracing::warn!(%error, "a lifted block was not noted");
        }
    }

    /// A device was blocked: its connection, ticket and call go.
    pub async fn evict(&self, device: &DeviceId) {
        let Some(seat) = self.hub.find(device) else { return };
        let (queued, ended) = {
            let mut state = seat.lock();
            if let Some(link) = state.link.take() {
                outgoing::emit(&link.emitter, &error(Code::DeviceBlocked));
                link.emitter.close();
            }
            let call = state.live_call().cloned();
            let ended =
                call.and_then(|call| self.finish(&call.cell, EndReason::Blocked, Some(call.side.other())));
            (state.queued.take(), ended)
        };
        self.note_end(ended).await;
        self.withdraw(&seat, queued).await;
        self.hub.leave(&seat);
    }

    /// The connection is gone; a call keeps the device's place for its grace.
    async fn leave_directory(&self, socket: &Socket) {
        let Some(cluster) = &self.cluster else { return };
        let held = {
            let state = socket.seat.lock();
            state.live_call().is_some() || state.pending.is_some()
        };
        let grace = if held { self.rules.grace.saturating_add(HELD_LONGER) } else { NO_GRACE };
        let place = Place { node: cluster.me(), connection: socket.id };
        let left = cluster.shared.directory.leave(&socket.seat.device, place, grace, self.now()).await;
        if let Err(error) = left {
            tracing::debug!(%error, "a device stays in the directory until it is forgotten");
        }
    }

    /// Counts a call as active here: where its offerer is.
    pub(super) fn count_in(&self, state: &mut CallState) {
        if !std::mem::replace(&mut state.counted, true) {
            self.parts.metrics.active_sessions.increment(1.0);
        }
    }

    /// The call is no longer active here. False when it did not count here.
    pub(super) fn count_out(&self, state: &mut CallState) -> bool {
        let counted = std::mem::take(&mut state.counted);
        if counted {
            self.parts.metrics.active_sessions.decrement(1.0);
        }
        counted
    }

    /// Holds a side that vanished, or ends the call when there is no grace.
    pub(super) fn hold(&self, call: &CallRef) -> Option<Concluded> {
        if self.rules.grace.is_zero() {
            return self.finish(&call.cell, EndReason::Timeout, Some(call.side.other()));
        }
        let mut state = call.cell.lock();
        let lost = state.lose(call.side, self.now(), self.rules.grace)?;
        state.attach(call.side, Path::Away);
        let (session, side, grace) = (call.cell.id, call.side, self.rules.grace);
        self.tell_peer(&state, side.other(), &Message::Lost { session, side, grace });
        if lost.peer_present {
            let grace_ms = millis(self.rules.grace);
            state.tell(
                call.side.other(),
                &ServerEvent::PeerReconnecting { session: &call.cell.session, grace_ms },
            );
        }
        drop(state);
        self.holds.add(lost.until, &call.cell);
        None
    }

    /// Says `connected`, with the call to resume and what was missed, in order.
    fn greet(&self, seat: &Seat, state: &SeatState, emitter: &Emitter) {
        let now = self.now();
        let device = seat.device.as_str();
        let Some(CallRef { cell, side }) = state.live_call() else {
            outgoing::emit(emitter, &ServerEvent::Connected { device, timestamp: now, session: None });
            return;
        };
        let mut state = cell.lock();
        let Some(resumed) = state.call.back(*side, now) else {
            outgoing::emit(emitter, &ServerEvent::Connected { device, timestamp: now, session: None });
            return;
        };
        state.attach(*side, Path::Here(emitter.clone()));
        let ice = self.ice_servers(&seat.device, now);
        let session = cell.matched(*side, &ice);
        outgoing::emit(emitter, &ServerEvent::Connected { device, timestamp: now, session: Some(&session) });
        if resumed.was_away {
            self.tell_peer(&state, side.other(), &Message::Back { session: cell.id, side: *side });
        }
        for relay in resumed.kept {
            // A socket that is gone again will be noticed by its own end.
            let _ = emitter.emit(relay.event, &relay.payload);
        }
        if let Some(away) = resumed.peer {
            let grace_ms = millis(away.left);
            outgoing::emit(emitter, &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
        } else if resumed.was_away {
            state.tell(side.other(), &ServerEvent::PeerReconnected { session: &cell.session });
        }
        drop(state);
        if let Some(cluster) = &self.cluster {
            self.settle_alone(cluster, cell);
        }
    }

    /// Tells the node of an end that is at another.
    fn tell_peer(&self, state: &CallState, to: Side, message: &Message<'_>) {
        if let (Some(cluster), Path::There(node)) = (&self.cluster, state.path(to)) {
            cluster.tell(*node, message);
        }
    }
}

impl Holds {
    pub(super) fn add(&self, until: Timestamp, cell: &Arc<CallCell>) {
        let mut holds = lock(&self.calls);
        let next = holds
            .range((until, 0)..=(until, u64::MAX))
            .next_back()
            .map_or(0, |((_, n), _)| n.saturating_add(1));
        holds.insert((until, next), Arc::downgrade(cell));
        self.added.notify_one();
    }

    /// Waits until there are any.
    pub(super) async fn any(&self) {
        while lock(&self.calls).is_empty() {
            self.added.notified().await;
        }
    }

    pub(super) fn due(&self, now: Timestamp) -> Vec<Arc<CallCell>> {
        let mut holds = lock(&self.calls);
        let later = holds.split_off(&(now.after(Duration::from_millis(1)), 0));
        std::mem::replace(&mut *holds, later).into_values().filter_map(|cell| cell.upgrade()).collect()
    }
}

/// Tells a connection that a newer one of its device took over, and takes it out of its namespace.
pub(super) fn supersede(emitter: &Emitter) {
    outgoing::emit(emitter, &error(Code::Superseded));
    emitter.disconnect();
}

const fn error(code: Code) -> ServerEvent<'static> {
    ServerEvent::Error { code, message: code.message(), event: None, session: None, retry_after_ms: None }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
