//! Matches of devices that are at different nodes, or whose places others could dispute.

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use video_chat_kernel::{NodeId, SessionId};
use video_chat_matchmaking::{Joined, Pairing, TicketId, Waiter};
use video_chat_signaling::{
    EndReason, ServerEvent, Side,
    ports::{Abort, CallRecord, Presence},
    wire::Message,
};

use super::{
    super::{
        Gateway,
        call::{CallCell, Path},
        hub::{CallRef, Gone, Pending, Seat},
        outgoing,
        queue::ready,
        transit::Transit,
    },
    Cluster,
    receive::waiting,
};

/// How long an offered call waits for its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long the shared records are left alone when they do not answer.
const RETRY: Duration = Duration::from_millis(250);
/// How long one whose offer was taken back waits for the other node to say so to the pool.
const UNDONE_WITHIN: Duration = Duration::from_millis(300);

/// What a pairing came to: nothing, and this ticket is still there to wait.
pub(in super::super) type Survivor = Option<TicketId>;

impl Cluster {
    /// An offer was answered.
    pub(super) fn answered(&self, session: SessionId, live: bool) {
        if let Some(waiting) = super::lock(&self.answers).remove(&session) {
            // Nobody waits any more: then the offer was taken back, and the record tells.
            let _ = waiting.send(live);
        }
    }
}

impl Gateway {
    /// Makes the call, or answers which of the two is still there.
    pub(in super::super) async fn open_shared(
        &self,
        cluster: &Cluster,
        pairing: &Pairing,
    ) -> Result<(), Survivor> {
        let me = cluster.me();
        let Pairing { first, second } = pairing;
        match (first.ticket.node == me, second.ticket.node == me) {
            (true, true) => self.open_claimed(cluster, pairing).await,
            (true, false) => self.open_across(cluster, pairing, Side::Offerer).await,
            (false, true) => self.open_across(cluster, pairing, Side::Answerer).await,
            (false, false) => {
                if cluster.is_dead(first.ticket.node) {
                    let survives = !cluster.is_dead(second.ticket.node);
                    return Err(survives.then_some(second.ticket.id));
                }
                let introduce = Message::Introduce { first: waiting(first), second: waiting(second) };
                cluster.tell(first.ticket.node, &introduce);
                Ok(())
            }
        }
    }

    /// Both are here: claims them, and tells both.
    async fn open_claimed(&self, cluster: &Cluster, pairing: &Pairing) -> Result<(), Survivor> {
        let now = self.now();
        let seats = [&pairing.first, &pairing.second].map(|waiter| self.hub.find(&waiter.ticket.device));
        let [Some(first), Some(second)] = seats else { return Err(self.survivor(pairing)) };
        let record = self.record_of(pairing, now);
        let session = record.session;
        let cell = Arc::new(CallCell::new(&record).ok_or(None)?);
        if !reserve(&first, &pairing.first, session) {
            return Err(Some(pairing.second.ticket.id));
        }
        if !reserve(&second, &pairing.second, session) {
            let gone = self.unreserve(&first, session);
            return Err(gone.is_none().then_some(pairing.first.ticket.id));
        }
        cluster.register(&cell);
        let claims = join(self.claim(cluster, &first, session), self.claim(cluster, &second, session));
        let (claims, offered) = join(claims, cluster.shared.calls.offer(&record, now)).await;
        self.log_session(&record).await;
        let still_there = [(&first, &pairing.first), (&second, &pairing.second)]
            .iter()
            .all(|(seat, waiter)| ready(&seat.lock(), waiter.ticket.id, Some(session)).is_some());
        if claims == (true, true) && offered.is_ok() && still_there && self.accept(cluster, session).await {
            if !self.tell_both(pairing, [&first, &second], &cell, now) {
                // One has just gone, and may have found the call at another node already.
                self.take_seat(&first, &cell, Side::Offerer).await;
                self.take_seat(&second, &cell, Side::Answerer).await;
            }
            self.count_match(pairing, &cell, now);
            return Ok(());
        }
        cluster.forget(session);
        // Best effort: a record of a call that never was expires by itself.
        let _ = self.parts.sessions.ended(session, now).await;
        for seat in [&first, &second] {
            cluster.release(&seat.device, session, now).await;
            self.unreserve(seat, session);
        }
        Err(self.survivor(pairing))
    }

    /// Makes an offered call live. False: it was taken back.
    async fn accept(&self, cluster: &Cluster, session: SessionId) -> bool {
        loop {
            match cluster.shared.calls.accept(session, self.now()).await {
                Ok(accepted) => return accepted,
                Err(_) => sleep(RETRY).await,
            }
        }
    }

    /// One is here, the other at another node: claims ours, and offers the call to the other.
    async fn open_across(&self, cluster: &Cluster, pairing: &Pairing, side: Side) -> Result<(), Survivor> {
        let now = self.now();
        let (ours, theirs) = match side {
            Side::Offerer => (&pairing.first, &pairing.second),
            Side::Answerer => (&pairing.second, &pairing.first),
        };
        let there = theirs.ticket.node;
        if cluster.is_dead(there) {
            return Err(Some(ours.ticket.id));
        }
        let record = self.record_of(pairing, now);
        let session = record.session;
        let seat = self.hub.find(&ours.ticket.device).ok_or(Some(theirs.ticket.id))?;
        let cell = Arc::new(CallCell::new(&record).ok_or(None)?);
        if !reserve(&seat, ours, session) {
            return Err(Some(theirs.ticket.id));
        }
        if !self.claim(cluster, &seat, session).await {
            self.unreserve(&seat, session);
            return Err(Some(theirs.ticket.id));
        }
        set_apart(&cell, side, there);
        cluster.register(&cell);
        self.log_session(&record).await;
        let live = self.offer(cluster, &record, side.other(), there, theirs.ticket.id).await;
        if live {
            self.take_seat(&seat, &cell, side).await;
            self.count_match(pairing, &cell, now);
            return Ok(());
        }
        cluster.forget(session);
        // Best effort, as above.
        let _ = self.parts.sessions.ended(session, now).await;
        cluster.release(&seat.device, session, now).await;
        let gone = self.unreserve(&seat, session);
        Err(gone.is_none().then_some(ours.ticket.id))
    }

    /// Offers a call to the node of its other side. True: it is live.
    async fn offer(
        &self,
        cluster: &Cluster,
        call: &CallRecord,
        to: Side,
        there: NodeId,
        ticket: TicketId,
    ) -> bool {
        let session = call.session;
        if let Err(error) = cluster.shared.calls.offer(call, self.now()).await {
            tracing::debug!(%error, "a call cannot be offered");
            // It may have been written; nobody has heard of it.
            return false;
        }
        let (answered, answer) = oneshot::channel();
        super::lock(&cluster.answers).insert(session, answered);
        let offer = Message::Offer { call: call.clone(), to, ticket: ticket.bits() };
        cluster.tell(there, &offer);
        if let Ok(Ok(live)) = timeout(ANSWER_WITHIN, answer).await {
            return live;
        }
        super::lock(&cluster.answers).remove(&session);
        // Only the record can tell now whether the other node took it.
        loop {
            match cluster.shared.calls.abort(session, self.now()).await {
                Ok(Abort::Aborted) => return false,
                Ok(Abort::Live) => return true,
                Err(_) => sleep(RETRY).await,
            }
        }
    }

    /// Another node offers a call to a device of this one.
    #[tracing::instrument(name = "match offered", skip_all, fields(session = %call.session))]
    pub(super) async fn be_offered(&self, from: NodeId, call: CallRecord, to: Side, ticket: TicketId) {
        let Some(cluster) = &self.cluster else { return };
        let session = call.session;
        let refused = Message::Refused { session };
        let seat = self.hub.find(&call.side(to).device);
        let reserved = seat.filter(|seat| reserve_ticket(seat, ticket, session));
        let (Some(seat), Some(cell)) = (reserved, CallCell::new(&call)) else {
            cluster.tell(from, &refused);
            return;
        };
        if !self.claim(cluster, &seat, session).await {
            self.unreserve(&seat, session);
            cluster.tell(from, &refused);
            return;
        }
        let cell = Arc::new(cell);
        set_apart(&cell, to, from);
        cluster.register(&cell);
        if self.accept(cluster, session).await {
            // First of all: the other node does not wait for long.
            cluster.tell(from, &Message::Accepted { session });
            self.log_session(&call).await;
            self.take_seat(&seat, &cell, to).await;
            return;
        }
        cluster.forget(session);
        cluster.release(&seat.device, session, self.now()).await;
        if self.unreserve(&seat, session).is_none() {
            // The other node puts back its own only.
            sleep(UNDONE_WITHIN).await;
            self.rejoin(&seat).await;
        }
    }

    /// Puts a ticket that its device still holds back into the pool, under its id.
    pub(super) async fn rejoin(&self, seat: &Seat) {
        let ticket = {
            let state = seat.lock();
            if state.pending.is_some() {
                return;
            }
            state.queued.as_ref().map(|queued| queued.ticket.clone())
        };
        let Some(ticket) = ticket else { return };
        match self.parts.pool.join(ticket, self.now()).await {
            // The other's node may not answer.
            Ok(Joined::Matched(pairing)) => {
                self.spawn(|gateway| async move { gateway.introduce(pairing).await });
            }
            Ok(Joined::Waiting { .. }) => {}
            Err(error) => tracing::debug!(%error, "a ticket is not back in the pool yet"),
        }
    }

    /// Claims a device of this node. One that the directory does not know, or believes in a call that this node knows to
    /// be over, is made known first.
    async fn claim(&self, cluster: &Cluster, seat: &Seat, session: SessionId) -> bool {
        let (directory, me) = (&cluster.shared.directory, cluster.me());
        match directory.claim(&seat.device, me, session, self.now()).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => {
                // It may be in a call elsewhere already: a cluster without this master goes on with the others.
                tracing::debug!(%error, "a device is not claimed");
                cluster.mending.everything();
                return false;
            }
        }
        let link = seat.lock().link.clone();
        let Some(link) = link else { return false };
        let now = self.now();
        let (device, age) = (seat.device.clone(), Some(now.since(link.since)));
        let confirmed = link.confirmed;
        let present = Presence { device, connection: link.id, session: Some(session), age, confirmed };
        let Ok(found) = directory.keep(me, &[present], now).await else { return false };
        for found in &found {
            self.is_elsewhere(cluster, found);
        }
        if found.iter().any(|found| found.newer) {
            // It may have been noted there.
            cluster.release(&seat.device, session, now).await;
            return false;
        }
        directory.claim(&seat.device, me, session, self.now()).await.unwrap_or(false)
    }

    /// The call is live: seats our side of it and tells it.
    async fn take_seat(&self, seat: &Arc<Seat>, cell: &Arc<CallCell>, side: Side) {
        let now = self.now();
        let ice = self.ice_servers(&seat.device, now);
        let call = CallRef { cell: Arc::clone(cell), side };
        let ended = {
            let mut state = seat.lock();
            let pending = state.pending.take();
            let queued = state.queued.take();
            let link = state.link.clone().filter(|link| link.emitter.is_open());
            state.call = Some(call.clone());
            let mut shared = cell.lock();
            if side == Side::Offerer && !cell.is_over() {
                self.count_in(&mut shared);
            }
            if let Some(link) = link {
                if queued.is_some_and(|queued| !queued.announced) {
                    let joined = ServerEvent::QueueJoined { position: 1, timestamp: now };
                    outgoing::emit(&link.emitter, &joined);
                }
                outgoing::emit(&link.emitter, &ServerEvent::Matched(&cell.matched(side, &ice)));
                if let Some(reason) = shared.call.over() {
                    let said = self.cluster.as_ref().map(|cluster| cluster.left_behind(cell.id, side));
                    for relay in said.into_iter().flat_map(|said| said.kept) {
                        // A socket that is gone needs no relays.
                        let _ = link.emitter.emit(relay.event, &relay.payload);
                    }
                    let over = ServerEvent::PeerDisconnected { session: &cell.session, reason };
                    outgoing::emit(&link.emitter, &over);
                } else {
                    // What the peer has said already.
                    let kept = shared.call.back(side, now).map(|back| back.kept).unwrap_or_default();
                    shared.attach(side, Path::Here(link.emitter.clone()));
                    for relay in kept {
                        self.hand_counted(&mut shared, side, &relay);
                    }
                }
                None
            } else {
                drop(shared);
                let gone = pending.and_then(|pending| pending.gone);
                if matches!(gone, Some(Gone::Moved(_))) {
                    state.call = None;
                }
                drop(state);
                match (gone, &self.cluster) {
                    (Some(Gone::Moved(node)), Some(cluster)) => {
                        self.hand_over(cluster, cell, side, node);
                        self.hub.leave(seat);
                        None
                    }
                    (Some(Gone::Left), _) => self.finish(cell, EndReason::Left, Some(side.other())),
                    _ => self.hold(&call),
                }
            }
        };
        self.note_end(ended).await;
    }

    /// The device is free again; answers how it went meanwhile, if it did.
    fn unreserve(&self, seat: &Seat, session: SessionId) -> Option<Gone> {
        let gone = {
            let mut state = seat.lock();
            state.pending.take_if(|pending| pending.session == session).and_then(|pending| pending.gone)
        };
        if gone.is_some() {
            self.hub.leave(seat);
        }
        gone
    }
}

/// Nobody else may match the waiter while its call is being offered.
fn reserve(seat: &Seat, waiter: &Waiter, session: SessionId) -> bool {
    reserve_ticket(seat, waiter.ticket.id, session)
}

fn reserve_ticket(seat: &Seat, ticket: TicketId, session: SessionId) -> bool {
    let mut state = seat.lock();
    let free = ready(&state, ticket, None).is_some();
    if free {
        state.pending = Some(Pending { session, gone: None });
    }
    free
}

fn set_apart(cell: &CallCell, side: Side, there: NodeId) {
    let mut state = cell.lock();
    state.attach(side.other(), Path::There(there));
    state.transit = Some(Box::new(Transit::apart(side)));
}
