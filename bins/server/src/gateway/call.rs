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
    Call, EndReason, KeptRelay, Lost, Matched, Participant, Role, ServerEvent, Side,
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
    offerer: Reach,
    answerer: Reach,
    /// Absent while both ends are here and always were.
    pub(super) transit: Option<Box<Transit>>,
    /// Whether this node counts the call as active.
    pub(super) counted: bool,
}

/// Where an end is, as of which of the call's moves.
struct Reach {
    path: Path,
    moves: u64,
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
                offerer: Reach { path: Path::Away, moves: record.moves },
                answerer: Reach { path: Path::Away, moves: record.moves },
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
            moves: state.moves(),
        }
    }

    /// Closes a call here that goes on without this node.
    pub(super) fn abandon(&self, state: &mut CallState) {
        if state.call.end(EndReason::Server) {
            self.close(state, &[], EndReason::Server);
        }
    }

    /// Notes that the state machine has ended, and tells those here in `told` why. For use right after an end.
    pub(super) fn close(&self, state: &mut CallState, told: &[Side], reason: EndReason) {
        self.over.store(true, Ordering::Release);
        for side in told {
            state.tell(*side, &ServerEvent::PeerDisconnected { session: &self.session, reason });
        }
        state.attach(Side::Offerer, Path::Away);
        state.attach(Side::Answerer, Path::Away);
        state.transit = None;
    }
}

impl CallState {
    /// What this node keeps of the relays to `side`, which belongs to another, whether it is away or their marks are
    /// missing, in order.
    pub(super) fn take_waiting(&mut self, side: Side) -> Vec<KeptRelay> {
        if self.hosts(side) {
            return self.transit.as_mut().map(|transit| transit.lane(side).take_unsent()).unwrap_or_default();
        }
        let mut waiting = self.call.take_kept(side);
        if let Some(transit) = &mut self.transit {
            waiting.extend(transit.lane(side).take_unsent());
        }
        waiting
    }

    /// Sets how `side` is reached from now on.
    pub(super) fn attach(&mut self, side: Side, path: Path) {
        self.reach_mut(side).path = path;
    }

    /// How `side` is reached.
    pub(super) const fn path(&self, side: Side) -> &Path {
        &self.reach(side).path
    }

    /// `side` is where it is by the `moves`th move of the call. False when a later one is known.
    pub(super) const fn note_move(&mut self, side: Side, moves: u64) -> bool {
        let reach = self.reach_mut(side);
        let newer = moves > reach.moves;
        if newer {
            reach.moves = moves;
        }
        newer
    }

    /// The move of the call by which a side is where it is.
    pub(super) const fn move_of(&self, side: Side) -> u64 {
        self.reach(side).moves
    }

    /// How often a side has moved, as far as is known.
    pub(super) fn moves(&self) -> u64 {
        self.offerer.moves.max(self.answerer.moves)
    }

    /// How relays find their way. Both ends have been here until now: they begin anew, apart from those of any move.
    pub(super) fn part(&mut self) -> &mut Transit {
        let epoch = self.moves().saturating_mul(2).saturating_add(1);
        self.transit.get_or_insert_with(|| Box::new(Transit::parting(epoch)))
    }

    /// Whether `side` belongs to this node: it is connected here, or was when it vanished.
    pub(super) fn hosts(&self, side: Side) -> bool {
        match self.path(side) {
            Path::Here(_) => true,
            Path::There(_) => false,
            Path::Away => self.transit.as_ref().is_none_or(|transit| transit.hosts(side)),
        }
    }

    /// Whether an end of the call belongs to this node, which then decides when that, or one at a dead node, is away for
    /// too long.
    pub(super) fn is_ours(&self) -> bool {
        Side::BOTH.into_iter().any(|side| self.hosts(side))
    }

    /// `side` vanished: see [`Call::lost`]. At another node, what waits for its mark to go there is kept with what will be
    /// from now on, which comes after it.
    pub(super) fn lose(&mut self, side: Side, now: Timestamp, grace: Duration) -> Option<Lost> {
        let lost = self.call.lost(side, now, grace)?;
        if self.hosts(side) {
            return Some(lost);
        }
        let unsent = self.transit.as_mut().map(|transit| transit.lane(side).take_unsent());
        for relay in unsent.into_iter().flatten() {
            // Both are bounded alike, and nothing was kept before: all fit.
            let _ = self.call.keep(side.other(), relay);
        }
        Some(lost)
    }

    const fn reach(&self, side: Side) -> &Reach {
        match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        }
    }

    const fn reach_mut(&mut self, side: Side) -> &mut Reach {
        match side {
            Side::Offerer => &mut self.offerer,
            Side::Answerer => &mut self.answerer,
        }
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
            moves: 0,
        };
        CallCell::new(&record).unwrap()
    }

    #[test]
    fn what_waits_for_its_mark_comes_before_what_is_kept() {
        let relay = |text: &str| KeptRelay { event: "message", payload: text.into() };
        let (now, grace) = (Timestamp::from_secs(101), Duration::from_secs(10));
        let cell = cell();
        let mut state = cell.lock();
        state.attach(Side::Answerer, Path::There(NodeId::from_bytes([9; 16])));
        state.transit.get_or_insert_default().lane(Side::Answerer).hold_back(relay("first")).unwrap();
        state.lose(Side::Answerer, now, grace).unwrap();
        state.call.keep(Side::Offerer, relay("second")).unwrap();
        assert_eq!(state.take_waiting(Side::Answerer), [relay("first"), relay("second")]);
        assert!(state.take_waiting(Side::Answerer).is_empty());
    }

    #[test]
    fn a_later_move_is_known_from_an_earlier_one() {
        let cell = cell();
        let mut state = cell.lock();
        assert!(state.note_move(Side::Offerer, 2) && state.note_move(Side::Answerer, 1));
        assert!(!state.note_move(Side::Offerer, 1) && !state.note_move(Side::Offerer, 2));
        assert_eq!(state.moves(), 2);
    }
}
