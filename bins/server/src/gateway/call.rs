//! A call, as the nodes of its two ends hold it.

use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use video_chat_actix_socketio::Emitter;
use video_chat_kernel::{NodeId, SessionId, Timestamp};
use video_chat_signaling::{
    Call, EndReason, Lost, Matched, Participant, Role, ServerEvent, Side,
    ports::{CallRecord, CallSide},
};

use super::{lock, outgoing, transit::Transit};

/// What the two ends of a call share. With its ends at two nodes, each has one, and decides for its own end.
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
    offerer: Path,
    answerer: Path,
    /// Absent while both ends are here and always were.
    pub(super) transit: Option<Box<Transit>>,
    /// Whether this node counts the call as active.
    pub(super) counted: bool,
}

/// How an end is reached.
#[derive(Clone)]
pub(super) enum Path {
    /// Not at all now: its connection is gone, or the node that had it.
    Away,
    /// It is connected here.
    Here(Emitter),
    /// It belongs to another node.
    There(NodeId),
}

impl CallCell {
    /// A call as it is on record, both ends away. `None` when its two devices are one and the same.
    pub(super) fn new(record: &CallRecord) -> Option<Self> {
        let participant = |side: &CallSide| Participant { device: side.device.clone(), alias: side.alias };
        let view = |side: &CallSide| EndView { alias: side.alias.to_string().into(), wait_ms: side.wait_ms };
        let call = Call::new(record.session, participant(&record.offerer), participant(&record.answerer))?;
        Some(Self {
            id: record.session,
            session: record.session.to_string().into(),
            region: record.region.as_str().into(),
            language: record.language.as_str().into(),
            matched_at: record.matched_at,
            offerer: view(&record.offerer),
            answerer: view(&record.answerer),
            over: AtomicBool::new(false),
            state: Mutex::new(CallState {
                call,
                offerer: Path::Away,
                answerer: Path::Away,
                transit: None,
                counted: false,
            }),
        })
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

    /// The call as it goes on record, seen from the node `me`.
    pub(super) fn record(&self, state: &CallState, me: NodeId) -> CallRecord {
        let side = |side: Side| {
            let Participant { device, alias } = state.call.participant(side).clone();
            let node = state.path(side).node().unwrap_or(me);
            CallSide { device, alias, wait_ms: self.end_of(side).wait_ms, node }
        };
        CallRecord {
            session: self.id,
            offerer: side(Side::Offerer),
            answerer: side(Side::Answerer),
            region: self.region.as_ref().into(),
            language: self.language.as_ref().into(),
            matched_at: self.matched_at,
        }
    }

    /// Notes that the state machine has ended, and tells those here in `told` why. For use right after an end.
    pub(super) fn close(&self, state: &mut CallState, told: &[Side], reason: EndReason) {
        self.over.store(true, Ordering::Release);
        for side in told {
            state.tell(*side, &ServerEvent::PeerDisconnected { session: &self.session, reason });
        }
        state.offerer = Path::Away;
        state.answerer = Path::Away;
        state.transit = None;
    }
}

impl CallState {
    /// Sets how `side` is reached from now on.
    pub(super) fn attach(&mut self, side: Side, path: Path) {
        match side {
            Side::Offerer => self.offerer = path,
            Side::Answerer => self.answerer = path,
        }
    }

    /// How `side` is reached.
    pub(super) const fn path(&self, side: Side) -> &Path {
        match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        }
    }

    /// `side` vanished: see [`Call::lost`]. What waits for its number to go there is kept with what will be from now on,
    /// which comes after it.
    pub(super) fn lose(&mut self, side: Side, now: Timestamp, grace: Duration) -> Option<Lost> {
        let lost = self.call.lost(side, now, grace)?;
        let unsent = self.transit.as_mut().map(|transit| transit.lane(side).take_unsent());
        for relay in unsent.into_iter().flatten() {
            // Both are bounded alike, and nothing was kept before: all fit.
            let _ = self.call.keep(side.other(), relay);
        }
        Some(lost)
    }

    /// Emits to `side` when it is here.
    pub(super) fn tell(&self, side: Side, event: &ServerEvent<'_>) {
        if let Path::Here(emitter) = self.path(side) {
            outgoing::emit(emitter, event);
        }
    }
}

impl Path {
    /// The other node that the end belongs to.
    pub(super) const fn node(&self) -> Option<NodeId> {
        match self {
            Self::There(node) => Some(*node),
            Self::Away | Self::Here(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use video_chat_kernel::{DeviceId, PeerAlias};
    use video_chat_signaling::KeptRelay;

    use super::*;

    fn cell() -> CallCell {
        let side = |name, bits| CallSide {
            device: DeviceId::parse(name).unwrap(),
            alias: PeerAlias::from_bytes([bits; 16]),
            wait_ms: 0,
            node: NodeId::from_bytes([bits; 16]),
        };
        let record = CallRecord {
            session: SessionId::from_bytes([7; 16]),
            offerer: side("ann", 1),
            answerer: side("bob", 2),
            region: "global".into(),
            language: "en".into(),
            matched_at: Timestamp::from_secs(100),
        };
        CallCell::new(&record).unwrap()
    }

    #[test]
    fn what_waits_for_its_number_comes_before_what_is_kept() {
        let relay = |text: &str| KeptRelay { event: "message", payload: text.into() };
        let (now, grace) = (Timestamp::from_secs(101), Duration::from_secs(10));
        let cell = cell();
        let mut state = cell.lock();
        state.transit.get_or_insert_default().lane(Side::Answerer).hold_back(relay("first")).unwrap();
        state.lose(Side::Answerer, now, grace).unwrap();
        state.call.keep(Side::Offerer, relay("second")).unwrap();
        let back = state.call.back(Side::Answerer, now).unwrap();
        assert_eq!(back.kept, [relay("first"), relay("second")]);
        assert!(state.transit.as_mut().unwrap().lane(Side::Answerer).take_unsent().is_empty());
    }
}
