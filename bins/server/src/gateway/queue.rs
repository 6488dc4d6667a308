//! The queue: joining, leaving, and bringing two together.

use std::{
    sync::{Arc, MutexGuard},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use tracing::{Instrument, Span, field::Empty};
use video_chat_actix_socketio::Emitter;
use video_chat_auth::{Decision, LimitKey};
use video_chat_kernel::{PeerAlias, SessionId, Timestamp, Unavailable};
use video_chat_matchmaking::{Joined, Language, Pairing, Region, Ticket, TicketId, Waiter};
use video_chat_reporting::SessionRecord;
use video_chat_signaling::{
    Code, JoinQueue, Rejection, ServerEvent, Side,
    ports::{CallRecord, CallSide},
};

use super::{
    Gateway,
    call::{CallCell, Path},
    cluster::Survivor,
    events::{Answer, rate_limited},
    handler::Socket,
    hub::{CallRef, Queued, Seat, SeatState},
    outgoing,
};

/// How long a client's event waits for other nodes and the records.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How often a pairing whose one side is gone is replaced by the next before the queue is left to the ticker.
const MAX_ATTEMPTS: usize = 64;

impl Gateway {
    /// `join-queue`.
    pub(super) async fn join(&self, socket: &Socket, ask: &JoinQueue<'_>) -> Result<Answer, Rejection> {
        let criterion =
            |_| Rejection::new(Code::InvalidPayload, "region and language take 1 to 32 of a-z 0-9 - _");
        let region = Region::parse(&ask.region).map_err(criterion)?;
        let language = Language::parse(&ask.language).map_err(criterion)?;
        if self.is_draining() || self.cluster.as_ref().is_some_and(|cluster| !cluster.is_reachable()) {
            return Err(Code::ServiceUnavailable.into());
        }
        let may_join = |state: &SeatState| match (state.is_linked(socket.id), state.live_call()) {
            (false, _) => Err(Code::Superseded),
            (true, Some(_)) => Err(Code::AlreadyInCall),
            (true, None) => Ok(()),
        };
        self.decided(&socket.seat).await?;
        may_join(&socket.seat.lock())?;
        self.count_join(socket).await?;
        let id = TicketId::from_bits(u128::from_be_bytes(self.random()));
        let ticket = Ticket { id, device: socket.seat.device.clone(), region, language, node: self.me() };
        {
            let mut state = socket.seat.lock();
            may_join(&state)?;
            state.queued = Some(Queued {
                ticket: ticket.clone(),
                since: self.now(),
                missed: false,
                announced: false,
                _counted: self.waiters.count(),
            });
        }
        match self.parts.pool.join(ticket, self.now()).await {
            Ok(Joined::Waiting { position, .. }) => self.waiting(socket, id, position).await,
            Ok(Joined::Matched(pairing)) => {
                self.introduce_soon(pairing).await;
                // Not matched after all: it waits, and has not been told.
                let unheard = socket.seat.lock().queued.as_ref().is_some_and(|queued| !queued.announced);
                if unheard {
                    return self.waiting(socket, id, 1).await;
                }
                Ok(queue_place(1, self.now()))
            }
            Err(error) => Err(self.join_failed(socket, id, &error).await),
        }
    }

    /// `leave-queue`.
    pub(super) async fn leave(&self, socket: &Socket) -> Result<Answer, Rejection> {
        self.decided(&socket.seat).await?;
        let queued = {
            let mut state = socket.seat.lock();
            if state.is_linked(socket.id) { state.queued.take() } else { None }
        };
        let queued = queued.ok_or_else(|| Rejection::from(Code::NotInQueue))?;
        let now = self.now();
        self.parts
            .pool
            .leave(&socket.seat.device, queued.ticket.id, now)
            .await
            .map_err(|error| unavailable("leave", &error))?;
        outgoing::emit(&socket.emitter, &ServerEvent::QueueLeft { timestamp: now });
        Ok(format!(r#","timestamp":{}"#, now.as_millis()))
    }

    /// Takes a ticket out whose connection went; its device has its waiting time again within the grace.
    pub(super) async fn withdraw(&self, seat: &Seat, queued: Option<Queued>) {
        if let Some(queued) = queued
            && let Err(error) = self.parts.pool.withdraw(&seat.device, queued.ticket.id, self.now()).await
        {
            tracing::warn!(%error, "a ticket could not be withdrawn");
        }
    }

    /// Tells both of a pairing, or puts back the one that is still there, who may meet the next.
    #[tracing::instrument(name = "match", skip_all, fields(session = Empty, region = Empty, language = Empty))]
    pub(super) async fn introduce(&self, mut pairing: Pairing) {
        for _ in 0..MAX_ATTEMPTS {
            let opened = match &self.cluster {
                Some(cluster) => self.open_shared(cluster, &pairing).await,
                None => self.open(&pairing).await,
            };
            let Err(survivor) = opened else { return };
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

    /// Introduces, and waits for that, though not for nodes and records that do not answer.
    async fn introduce_soon(&self, pairing: Pairing) {
        if self.cluster.is_none() {
            return self.introduce(pairing).await;
        }
        let (done, introduced) = oneshot::channel();
        self.spawn(|gateway| {
            let introduce = async move {
                gateway.introduce(pairing).await;
                // Nobody waits any more: it was heard of otherwise.
                let _ = done.send(());
            };
            introduce.in_current_span()
        });
        // Undecided: it waits, as far as it is told.
        let _ = timeout(PATIENCE, introduced).await;
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
                Some(queued) if queued.ticket.id == id => {
                    queued.announced = true;
                    outgoing::emit(&socket.emitter, &ServerEvent::QueueJoined { position, timestamp: now });
                    true
                }
                _ => state.live_call().is_some() || state.pending.is_some(),
            }
        };
        if !ours {
            if let Err(error) = self.parts.pool.withdraw(&socket.seat.device, id, now).await {
                tracing::warn!(%error, "a ticket could not be withdrawn");
            }
            return Err(Code::Superseded.into());
        }
        Ok(queue_place(position, now))
    }

    /// A join that the pool did not take does not count towards the limit.
    async fn join_failed(&self, socket: &Socket, id: TicketId, error: &Unavailable) -> Rejection {
        socket.seat.lock().queued.take_if(|queued| queued.ticket.id == id);
        if let Some(quota) = self.rules.joins {
            // Best effort: the limiter may be away as well.
            let _ = self.parts.limiter.give_back(&join_key(socket), quota, 1, self.now()).await;
        }
        unavailable("join", error)
    }

    /// Makes the call and tells both, or answers which of the two is still there.
    async fn open(&self, pairing: &Pairing) -> Result<(), Survivor> {
        let now = self.now();
        let seats = [&pairing.first, &pairing.second].map(|waiter| self.hub.find(&waiter.ticket.device));
        let [Some(first), Some(second)] = seats else {
            return Err(self.survivor(pairing));
        };
        let record = self.record_of(pairing, now);
        let cell = Arc::new(CallCell::new(&record).ok_or(None)?);
        self.log_session(&record).await;
        if !self.tell_both(pairing, [&first, &second], &cell, now) {
            // Best effort: a record of a call that never was expires by itself.
            let _ = self.parts.sessions.ended(record.session, now).await;
            return Err(self.survivor(pairing));
        }
        self.count_match(pairing, &cell, now);
        Ok(())
    }

    /// A call of these two, on record.
    pub(super) fn record_of(&self, pairing: &Pairing, now: Timestamp) -> CallRecord {
        let Pairing { first, second } = pairing;
        let side = |waiter: &Waiter| CallSide {
            device: waiter.ticket.device.clone(),
            alias: PeerAlias::random(&*self.parts.entropy),
            wait_ms: u64::try_from(now.since(waiter.since).as_millis()).unwrap_or(u64::MAX),
            node: waiter.ticket.node,
        };
        // Where one side does not mind, the other's wish is the place.
        let place =
            if first.ticket.region.is_global() { &second.ticket.region } else { &first.ticket.region };
        CallRecord {
            session: SessionId::random(&*self.parts.entropy),
            offerer: side(first),
            answerer: side(second),
            region: place.as_str().into(),
            language: first.ticket.language.as_str().into(),
            matched_at: now,
            moves: 0,
        }
    }

    /// Waits until it is decided whether the device is in a call.
    pub(super) async fn decided(&self, seat: &Seat) -> Result<(), Rejection> {
        const LOOK: Duration = Duration::from_millis(5);
        let undecided = async {
            while seat.lock().pending.is_some() {
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE, undecided).await.map_err(|_| Code::ServiceUnavailable.into())
    }

    /// Notes who takes part, the proof that a report needs.
    pub(super) async fn log_session(&self, call: &CallRecord) {
        let participants =
            [&call.offerer, &call.answerer].map(|side: &CallSide| (side.device.clone(), side.alias));
        let record = SessionRecord {
            session: call.session,
            participants,
            started_at: call.matched_at,
            ended_at: None,
        };
        if let Err(error) = self.parts.sessions.opened(record).await {
            tracing::warn!(%error, "a call is not on record: it cannot be reported");
        }
    }

    /// Counts a call that was made.
    pub(super) fn count_match(&self, pairing: &Pairing, cell: &CallCell, now: Timestamp) {
        let span = Span::current();
        span.record("session", &*cell.session)
            .record("region", &*cell.region)
            .record("language", &*cell.language);
        let metrics = &self.parts.metrics;
        metrics.session_created(&cell.region, &cell.language);
        for waiter in [&pairing.first, &pairing.second] {
            metrics.match_latency_seconds.record(now.since(waiter.since));
        }
    }

    /// Seats the call and emits `matched` to both while both are locked: neither can act on it before the other has it.
    pub(super) fn tell_both(
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
            .map(|(state, waiter)| ready(state, waiter.ticket.id, Some(cell.id)));
        let [Some((offerer, offerer_heard)), Some((answerer, answerer_heard))] = ready else { return false };
        let mut call = cell.lock();
        call.attach(Side::Offerer, Path::Here(offerer.clone()));
        call.attach(Side::Answerer, Path::Here(answerer.clone()));
        self.count_in(&mut call);
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
        for state in [&mut first, &mut second] {
            state.queued = None;
            state.pending = None;
        }
        first.call = Some(CallRef { cell: Arc::clone(cell), side: Side::Offerer });
        second.call = Some(CallRef { cell: Arc::clone(cell), side: Side::Answerer });
        true
    }

    /// The ticket of the pairing whose owner is still there to wait.
    pub(super) fn survivor(&self, pairing: &Pairing) -> Survivor {
        [&pairing.first, &pairing.second]
            .into_iter()
            .find(|waiter| {
                self.hub
                    .find(&waiter.ticket.device)
                    .is_some_and(|seat| ready(&seat.lock(), waiter.ticket.id, None).is_some())
            })
            .map(|waiter| waiter.ticket.id)
    }
}

/// How to reach a waiter that may be matched, or is being matched for `session`, and whether it has heard that it waits.
pub(super) fn ready(
    state: &SeatState,
    ticket: TicketId,
    session: Option<SessionId>,
) -> Option<(Emitter, bool)> {
    let queued = state.queued.as_ref().filter(|queued| queued.ticket.id == ticket)?;
    let link = state.link.as_ref().filter(|link| link.emitter.is_open())?;
    let pending = state.pending.as_ref().map(|pending| pending.session);
    let free = state.live_call().is_none() && pending.is_none_or(|pending| Some(pending) == session);
    free.then(|| (link.emitter.clone(), queued.announced))
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
