//! A call between two seats of this process.

use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

use video_chat_actix_socketio::Emitter;
use video_chat_kernel::{SessionId, Timestamp};
use video_chat_signaling::{Call, EndReason, Matched, Role, ServerEvent, Side};

use super::{lock, outgoing};

/// What the two ends of a call share.
pub(super) struct CallCell {
    pub(super) id: SessionId,
    /// The id as it travels.
    pub(super) session: Box<str>,
    /// Where they met, and in which language.
    pub(super) region: Box<str>,
    pub(super) language: Box<str>,
    pub(super) matched_at: Timestamp,
    offerer: EndView,
    answerer: EndView,
    over: AtomicBool,
    state: Mutex<CallState>,
}

/// What never changes about one end.
pub(super) struct EndView {
    /// What the other end knows it as.
    pub(super) alias: Box<str>,
    /// How long it waited, in milliseconds.
    pub(super) wait_ms: u64,
}

/// The part that changes: the state machine, and how to reach each end.
pub(super) struct CallState {
    pub(super) call: Call,
    offerer: Option<Emitter>,
    answerer: Option<Emitter>,
}

impl CallCell {
    pub(super) fn new(
        call: Call,
        region: &str,
        language: &str,
        matched_at: Timestamp,
        waits_ms: [u64; 2],
    ) -> Self {
        let [offerer_waited, answerer_waited] = waits_ms;
        let view =
            |side, wait_ms| EndView { alias: call.participant(side).alias.to_string().into(), wait_ms };
        Self {
            id: call.session(),
            session: call.session().to_string().into(),
            region: region.into(),
            language: language.into(),
            matched_at,
            offerer: view(Side::Offerer, offerer_waited),
            answerer: view(Side::Answerer, answerer_waited),
            over: AtomicBool::new(false),
            state: Mutex::new(CallState { call, offerer: None, answerer: None }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, CallState> {
        lock(&self.state)
    }

    /// Whether the call is over, without the lock. Once true it stays true.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(super) const fn end_of(&self, side: Side) -> &EndView {
        match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        }
    }

    /// What `side` is told of the match.
    pub(super) fn matched<'a>(&'a self, side: Side, ice_servers: &'a str) -> Matched<'a> {
        Matched {
            session: &self.session,
            peer: &self.end_of(side.other()).alias,
            timestamp: self.matched_at,
            role: if side == Side::Offerer { Role::Offerer } else { Role::Answerer },
            ice_servers,
            wait_ms: self.end_of(side).wait_ms,
            region: &self.region,
            language: &self.language,
        }
    }

    /// Notes that the state machine has ended, and tells `told` (when it is there) why. For use right after an end.
    pub(super) fn close(&self, state: &mut CallState, told: Option<Side>, reason: EndReason) {
        self.over.store(true, Ordering::Release);
        if let Some(side) = told {
            state.tell(side, &ServerEvent::PeerDisconnected { session: &self.session, reason });
        }
        state.offerer = None;
        state.answerer = None;
    }
}

impl CallState {
    /// Sets how `side` is reached from now on.
    pub(super) fn attach(&mut self, side: Side, emitter: Option<Emitter>) {
        match side {
            Side::Offerer => self.offerer = emitter,
            Side::Answerer => self.answerer = emitter,
        }
    }

    /// How `side` is reached, when it is there.
    pub(super) const fn emitter(&self, side: Side) -> Option<&Emitter> {
        match side {
            Side::Offerer => self.offerer.as_ref(),
            Side::Answerer => self.answerer.as_ref(),
        }
    }

    /// Emits to `side` when it is there.
    pub(super) fn tell(&self, side: Side, event: &ServerEvent<'_>) {
        if let Some(emitter) = self.emitter(side) {
            outgoing::emit(emitter, event);
        }
    }
}
