//! The queue: joining, leaving, and bringing two together.

use std::sync::{Arc, MutexGuard};

use video_chat_actix_socketio::Emitter;
use video_chat_auth::{Decision, LimitKey};
use video_chat_kernel::{PeerAlias, SessionId, Timestamp, Unavailable};
use video_chat_matchmaking::{Joined, Language, Pairing, Region, Ticket, TicketId, Waiter};
use video_chat_reporting::SessionRecord;
use video_chat_signaling::{Call, Code, JoinQueue, Participant, Rejection, ServerEvent, Side};

use super::{
    Gateway,
    call::CallCell,
    events::{Answer, rate_limited},
    handler::Socket,
    hub::{CallRef, Queued, Seat, SeatState},
    outgoing,
};

/// How often a pairing whose one side is gone is replaced by the next before the queue is left to the ticker.
const MAX_ATTEMPTS: usize = 64;

impl Gateway {
    /// `join-queue`.
    pub(super) async fn join(&self, socket: &Socket, ask: &JoinQueue<'_>) -> Result<Answer, Rejection> {
        let criterion =
            |_| Rejection::new(Code::InvalidPayload, "region and language take 1 to 32 of a-z 0-9 - _");
        let region = Region::parse(&ask.region).map_err(criterion)?;
        let language = Language::parse(&ask.language).map_err(criterion)?;
        if self.is_draining() {
            return Err(Code::ServiceUnavailable.into());
        }
        let may_join = |state: &SeatState| match (state.is_linked(socket.id), state.live_call()) {
            (false, _) => Err(Code::Superseded),
            (true, Some(_)) => Err(Code::AlreadyInCall),
            (true, None) => Ok(()),
        };
        may_join(&socket.seat.lock())?;
        self.count_join(socket).await?;
        let id = TicketId::from_bits(u128::from_be_bytes(self.random()));
        let ticket = Ticket { id, device: socket.seat.device.clone(), region, language, node: self.node };
        {
            let mut state = socket.seat.lock();
            may_join(&state)?;
            state.queued = Some(Queued { ticket: id, announced: false });
        }
        match self.parts.pool.join(ticket, self.now()).await {
            Ok(Joined::Waiting { position, .. }) => self.waiting(socket, id, position).await,
            Ok(Joined::Matched(pairing)) => {
                self.introduce(pairing).await;
                Ok(queue_place(1, self.now()))
            }
            Err(error) => Err(self.join_failed(socket, id, &error).await),
        }
    }

    /// `leave-queue`.
    pub(super) async fn leave(&self, socket: &Socket) -> Result<Answer, Rejection> {
        let queued = {
            let mut state = socket.seat.lock();
            if state.is_linked(socket.id) { state.queued.take() } else { None }
        };
        let queued = queued.ok_or_else(|| Rejection::from(Code::NotInQueue))?;
        let now = self.now();
        self.parts
            .pool
            .leave(&socket.seat.device, queued.ticket, now)
            .await
            .map_err(|error| unavailable("leave", &error))?;
        outgoing::emit(&socket.emitter, &ServerEvent::QueueLeft { timestamp: now });
        Ok(format!(r#","timestamp":{}"#, now.as_millis()))
    }

    /// Takes a ticket out whose connection went; its device has its waiting time again within the grace.
    pub(super) async fn withdraw(&self, seat: &Seat, queued: Option<Queued>) {
        if let Some(queued) = queued
            && let Err(error) = self.parts.pool.withdraw(&seat.device, queued.ticket, self.now()).await
        {
            tracing::warn!(%error, "a ticket could not be withdrawn");
        }
    }

    /// Tells both of a pairing, or puts back the one that is still there, who may meet the next.
    pub(super) async fn introduce(&self, mut pairing: Pairing) {
        for _ in 0..MAX_ATTEMPTS {
            let Err(survivor) = self.open(&pairing).await else { return };
            match self.parts.pool.undo(&pairing, survivor, self.now()).await {
                Ok(Some(Joined::Matched(next))) => pairing = next,
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "a pairing could not be undone");
                    return;
                }
            }
        }
    }

    async fn count_join(&self, socket: &Socket) -> Result<(), Rejection> {
        let Some(quota) = self.rules.joins else { return Ok(()) };
        match self.parts.limiter.take(&join_key(socket), quota, 1, self.now()).await {
            Ok(Decision::Allowed) => Ok(()),
            Ok(Decision::Refused { retry_after }) => {
                self.parts.metrics.rate_limit_hit("join");
                Err(rate_limited(retry_after))
            }
            Err(error) => Err(unavailable("limit", &error)),
        }
    }

    /// The ticket waits: says so, unless it was matched (and announced) or taken away in the meantime.
    async fn waiting(&self, socket: &Socket, id: TicketId, position: u64) -> Result<Answer, Rejection> {
        let now = self.now();
        let ours = {
            let mut state = socket.seat.lock();
            match &mut state.queued {
                Some(queued) if queued.ticket == id => {
                    queued.announced = true;
                    outgoing::emit(&socket.emitter, &ServerEvent::QueueJoined { position, timestamp: now });
                    true
                }
                _ => state.live_call().is_some(),
            }
        };
        if !ours {
            self.withdraw(&socket.seat, Some(Queued { ticket: id, announced: false })).await;
            return Err(Code::Superseded.into());
        }
        Ok(queue_place(position, now))
    }

    /// A join that the pool did not take does not count towards the limit.
    async fn join_failed(&self, socket: &Socket, id: TicketId, error: &Unavailable) -> Rejection {
        socket.seat.lock().queued.take_if(|queued| queued.ticket == id);
        if let Some(quota) = self.rules.joins {
            // Best effort: the limiter may be away as well.
            let _ = self.parts.limiter.give_back(&join_key(socket), quota, 1, self.now()).await;
        }
        unavailable("join", error)
    }

    /// Makes the call and tells both, or answers which of the two is still there.
    async fn open(&self, pairing: &Pairing) -> Result<(), Option<TicketId>> {
        let now = self.now();
        let seats = [&pairing.first, &pairing.second].map(|waiter| self.hub.find(&waiter.ticket.device));
        let [Some(first), Some(second)] = seats else {
            return Err(self.survivor(pairing));
        };
        let (cell, record) = self.make_call(pairing, now).ok_or(None)?;
        let session = record.session;
        if let Err(error) = self.parts.sessions.opened(record).await {
            tracing::warn!(%error, "a call is not on record: it cannot be reported");
        }
        let told = self.tell_both(pairing, [&first, &second], &cell, now);
        if !told {
            // Best effort: a record of a call that never was expires by itself.
            let _ = self.parts.sessions.ended(session, now).await;
            return Err(self.survivor(pairing));
        }
        let metrics = &self.parts.metrics;
        metrics.session_created(&cell.region, &cell.language);
        metrics.active_sessions.increment(1.0);
        for waiter in [&pairing.first, &pairing.second] {
            metrics.match_latency_seconds.record(now.since(waiter.since));
        }
        Ok(())
    }

    fn make_call(&self, pairing: &Pairing, now: Timestamp) -> Option<(Arc<CallCell>, SessionRecord)> {
        let Pairing { first, second } = pairing;
        let end = |waiter: &Waiter| Participant {
            device: waiter.ticket.device.clone(),
            alias: PeerAlias::random(&*self.parts.entropy),
        };
        let (offerer, answerer) = (end(first), end(second));
        let session = SessionId::random(&*self.parts.entropy);
        let participants =
            [(offerer.device.clone(), offerer.alias), (answerer.device.clone(), answerer.alias)];
        let call = Call::new(session, offerer, answerer)?;
        // Where one side does not mind, the other's wish is the place.
        let place =
            if first.ticket.region.is_global() { &second.ticket.region } else { &first.ticket.region };
        let waits = [first, second]
            .map(|waiter| u64::try_from(now.since(waiter.since).as_millis()).unwrap_or(u64::MAX));
        let cell = CallCell::new(call, place.as_str(), first.ticket.language.as_str(), now, waits);
        Some((Arc::new(cell), SessionRecord { session, participants, started_at: now, ended_at: None }))
    }

    /// Seats the call and emits `matched` to both while both are locked: neither can act on it before the other has it.
    fn tell_both(
        &self,
        pairing: &Pairing,
        seats: [&Arc<Seat>; 2],
        cell: &Arc<CallCell>,
        now: Timestamp,
    ) -> bool {
        let [first, second] = seats;
        let ice = seats.map(|seat| self.ice_servers(&seat.device, now));
        let (mut first, mut second) = lock_both(first, second);
        let ready = [(&first, &pairing.first), (&second, &pairing.second)]
            .map(|(state, waiter)| ready(state, waiter));
        let [Some((offerer, offerer_heard)), Some((answerer, answerer_heard))] = ready else { return false };
        let mut call = cell.lock();
        call.attach(Side::Offerer, Some(offerer.clone()));
        call.attach(Side::Answerer, Some(answerer.clone()));
        drop(call);
        let [offerer_ice, answerer_ice] = &ice;
        for (emitter, heard, side, ice) in [
            (offerer, offerer_heard, Side::Offerer, offerer_ice),
            (answerer, answerer_heard, Side::Answerer, answerer_ice),
        ] {
            if !heard {
                outgoing::emit(&emitter, &ServerEvent::QueueJoined { position: 1, timestamp: now });
            }
            outgoing::emit(&emitter, &ServerEvent::Matched(&cell.matched(side, ice)));
        }
        first.queued = None;
        first.call = Some(CallRef { cell: Arc::clone(cell), side: Side::Offerer });
        second.queued = None;
        second.call = Some(CallRef { cell: Arc::clone(cell), side: Side::Answerer });
        true
    }

    /// The ticket of the pairing whose owner is still there to wait.
    fn survivor(&self, pairing: &Pairing) -> Option<TicketId> {
        [&pairing.first, &pairing.second]
            .into_iter()
            .find(|waiter| {
                self.hub.find(&waiter.ticket.device).is_some_and(|seat| ready(&seat.lock(), waiter).is_some())
            })
            .map(|waiter| waiter.ticket.id)
    }
}

/// How to reach a waiter that may be matched, and whether it has heard that it waits.
fn ready(state: &SeatState, waiter: &Waiter) -> Option<(Emitter, bool)> {
    let queued = state.queued.filter(|queued| queued.ticket == waiter.ticket.id)?;
    let link = state.link.as_ref().filter(|link| link.emitter.is_open())?;
    state.live_call().is_none().then(|| (link.emitter.clone(), queued.announced))
}

/// Locks two seats in the order of their devices, so that two threads never wait for each other.
fn lock_both<'a>(
    first: &'a Seat,
    second: &'a Seat,
) -> (MutexGuard<'a, SeatState>, MutexGuard<'a, SeatState>) {
    if first.device <= second.device {
        let first = first.lock();
        (first, second.lock())
    } else {
        let second = second.lock();
        (first.lock(), second)
    }
}

fn join_key(socket: &Socket) -> LimitKey {
    LimitKey { limit: "join", subject: socket.seat.device.as_str().into() }
}

fn queue_place(position: u64, now: Timestamp) -> Answer {
    format!(r#","position":{position},"timestamp":{}"#, now.as_millis())
}

fn unavailable(what: &'static str, error: &Unavailable) -> Rejection {
    tracing::warn!(%error, what, "an event was refused");
    Code::ServiceUnavailable.into()
}
