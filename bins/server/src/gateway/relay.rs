//! From one end of a call to the other.

use std::time::Instant;

use video_chat_signaling::{
    ChatMessage, Code, ConnectionState, KeptRelay, Reaction, Rejection, Route, ServerEvent, Side, Signal,
    SignalKind, StateReport,
};

use super::{
    Gateway,
    call::{CallCell, CallState, Path},
    events::Answer,
    handler::Socket,
    hub::CallRef,
    outgoing,
};

impl Gateway {
    /// `send-offer`, `send-answer`, `send-candidate`.
    pub(super) fn signal(
        &self,
        socket: &Socket,
        signal: &Signal<'_>,
        read: Instant,
    ) -> Result<Answer, Rejection> {
        let call = call_of(socket, &signal.session)?;
        self.relay(&call, read, |cell, from| ServerEvent::Signal {
            kind: signal.kind,
            session: &cell.session,
            data: signal.data,
            from: &cell.end_of(from).alias,
        })?;
        match signal.kind {
            SignalKind::Offer => &self.parts.metrics.webrtc_offers_total,
            SignalKind::Answer => &self.parts.metrics.webrtc_answers_total,
            SignalKind::Candidate => &self.parts.metrics.ice_candidates_total,
        }
        .increment(1);
        Ok(Answer::new())
    }

    /// `send-message`.
    pub(super) fn chat(
        &self,
        socket: &Socket,
        chat: &ChatMessage<'_>,
        read: Instant,
    ) -> Result<Answer, Rejection> {
        let call = call_of(socket, &chat.session)?;
        let now = self.now();
        let ours = now.as_millis().to_string();
        self.relay(&call, read, |cell, from| ServerEvent::Message {
            session: &cell.session,
            message: chat.message,
            from: &cell.end_of(from).alias,
            sender: chat.sender,
            timestamp: chat.timestamp.unwrap_or(&ours),
        })?;
        self.parts.metrics.messages_total.increment(1);
        self.watch_chat(&socket.seat.device, &call.cell, chat.message, now);
        Ok(format!(r#","timestamp":{}"#, chat.timestamp.unwrap_or(&ours)))
    }

    /// `send-reaction`.
    pub(super) fn reaction(
        &self,
        socket: &Socket,
        reaction: &Reaction<'_>,
        read: Instant,
    ) -> Result<Answer, Rejection> {
        let call = call_of(socket, &reaction.session)?;
        let ours = self.now().as_millis().to_string();
        self.relay(&call, read, |cell, from| ServerEvent::Reaction {
            session: &cell.session,
            emoji: reaction.emoji,
            from: &cell.end_of(from).alias,
            timestamp: reaction.timestamp.unwrap_or(&ours),
        })?;
        Ok(Answer::new())
    }

    /// `connection-state`: each state counts once a client and session.
    pub(super) fn connection_state(
        &self,
        socket: &Socket,
        report: &StateReport<'_>,
    ) -> Result<Answer, Rejection> {
        let call = call_of(socket, &report.session)?;
        if !call.cell.lock().call.count_state(call.side, report.state) {
            return Ok(Answer::new());
        }
        let metrics = &self.parts.metrics;
        match report.state {
            ConnectionState::Connected => {
                let seconds = report.time_to_connect_ms.map(|millis| millis / 1_000.0);
                metrics.connection_success(report.candidate_type, seconds);
            }
            ConnectionState::Failed => metrics.connection_failures_total.increment(1),
            ConnectionState::Disconnected => {}
        }
        Ok(Answer::new())
    }

    /// Hands an event to the peer, or keeps it while the peer is away.
    fn relay<'a>(
        &self,
        call: &'a CallRef,
        read: Instant,
        event: impl FnOnce(&'a CallCell, Side) -> ServerEvent<'a>,
    ) -> Result<(), Rejection> {
        let mut state = call.cell.lock();
        let event = event(&call.cell, call.side);
        match state.call.route(call.side) {
            Route::Deliver | Route::Keep if state.transit.is_some() => {
                let relay = KeptRelay { event: event.name(), payload: event.payload() };
                self.send_on(&call.cell, &mut state, call.side.other(), relay)
            }
            Route::Deliver if deliver(&state, call.side.other(), &event) => {
                drop(state);
                self.parts.metrics.signaling_latency_seconds.record(read.elapsed());
                Ok(())
            }
            // The peer's connection is closing and its loss not yet noted, which will not shorten this grace.
            Route::Deliver => {
                state.lose(call.side.other(), self.now(), self.rules.grace);
                keep(&mut state, call.side, &event)
            }
            Route::Keep => keep(&mut state, call.side, &event),
            Route::Over => Err(Code::SessionNotFound.into()),
        }
    }
}

fn deliver(state: &CallState, to: Side, event: &ServerEvent<'_>) -> bool {
    matches!(state.path(to), Path::Here(emitter) if outgoing::try_emit(emitter, event).is_ok())
}

fn keep(state: &mut CallState, from: Side, event: &ServerEvent<'_>) -> Result<(), Rejection> {
    let relay = KeptRelay { event: event.name(), payload: event.payload() };
    state.call.keep(from, relay).map_err(|_| Code::PeerUnavailable.into())
}

/// The socket's call, when it is the one named and not over.
fn call_of(socket: &Socket, session: &str) -> Result<CallRef, Rejection> {
    let state = socket.seat.lock();
    let call = state.live_call().filter(|call| state.is_linked(socket.id) && *call.cell.session == *session);
    call.cloned().ok_or_else(|| Code::SessionNotFound.into())
}
