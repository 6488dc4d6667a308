use std::{collections::VecDeque, mem, time::Duration};

use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};

use crate::ConnectionState;

/// The most relays kept for a side that is away.
const MAX_KEPT: usize = 1_024;
/// The most bytes of payload kept for a side that is away.
const MAX_KEPT_BYTES: usize = 512 * 1024;

/// One of the two ends of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Makes the first offer.
    Offerer,
    /// Answers it; the polite one.
    Answerer,
}

impl Side {
    /// Both ends.
    pub const BOTH: [Self; 2] = [Self::Offerer, Self::Answerer];

    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Offerer => Self::Answerer,
            Self::Answerer => Self::Offerer,
        }
    }
}

/// Who is at one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The device. Never told to the peer.
    pub device: DeviceId,
    /// What the peer knows it as.
    pub alias: PeerAlias,
}

/// Why a call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// A participant ended it.
    Ended,
    /// A participant closed its connection.
    Left,
    /// A participant vanished and did not come back in time.
    Timeout,
    /// A participant was blocked.
    Blocked,
    /// The server stops.
    Server,
}

impl EndReason {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::Ended, Self::Left, Self::Timeout, Self::Blocked, Self::Server];

    /// As it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Left => "left",
            Self::Timeout => "timeout",
            Self::Blocked => "blocked",
            Self::Server => "server",
        }
    }
}

/// The state machine of one call.
///
/// Both sides begin present. A side that vanishes is held until an instant; what is relayed to it meanwhile is kept,
/// bounded, and handed out in order when it is back. The first end wins; nothing comes after it.
///
/// ```
/// use std::time::Duration;
/// use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
/// use video_chat_signaling::{Call, KeptRelay, Participant, Route, Side};
///
/// let who = |name, bits| Participant { device: DeviceId::parse(name).unwrap(), alias: PeerAlias::from_bytes([bits; 16]) };
/// let mut call = Call::new(SessionId::from_bytes([7; 16]), who("a", 1), who("b", 2)).unwrap();
/// let now = Timestamp::from_secs(100);
///
/// call.lost(Side::Answerer, now, Duration::from_secs(10));
/// assert_eq!(call.route(Side::Offerer), Route::Keep);
/// call.keep(Side::Offerer, KeptRelay { event: "message", payload: "{}".into() }).unwrap();
/// let resumed = call.back(Side::Answerer, now).unwrap();
/// assert_eq!(resumed.kept.len(), 1);
/// ```
#[derive(Debug)]
pub struct Call {
    session: SessionId,
    offerer: End,
    answerer: End,
    over: Option<EndReason>,
}

#[derive(Debug)]
struct End {
    participant: Participant,
    held: Option<Held>,
    /// Whether this side has been told, or need not be told, that the call is over by its own `end-call`.
    closed: bool,
    /// Connection states already counted, a bit each.
    counted: u8,
}

#[derive(Debug)]
struct Held {
    until: Timestamp,
    kept: VecDeque<KeptRelay>,
    bytes: usize,
}

/// A relay kept for a side that is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRelay {
    /// The server event that carries it.
    pub event: &'static str,
    /// Its payload: raw JSON.
    pub payload: String,
}

/// What to do with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The peer is there.
    Deliver,
    /// The peer is away: [`Call::keep`] it.
    Keep,
    /// The call is over.
    Over,
}

/// Too much is kept for the peer already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much waits for the peer already")]
pub struct Full;

/// A side vanished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Until when it may come back.
    pub until: Timestamp,
    /// Whether the peer is there to be told `peer-reconnecting`.
    pub peer_present: bool,
}

/// A side is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// What was relayed to it meanwhile, in order.
    pub kept: Vec<KeptRelay>,
    /// Whether it was held, so that the peer, when present, is told `peer-reconnected`.
    pub was_away: bool,
    /// The peer's own absence, when it is away.
    pub peer: Option<Away>,
}

/// How long the peer may still stay away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// What is left of the grace.
    pub left: Duration,
}

/// What a participant's `end-call` came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ended the call.
    Now,
    /// The call had ended otherwise, perhaps unknown to this side: no error, once.
    Before,
    /// This side had ended it already.
    Already,
}

impl Call {
    /// A call between two devices. `None` when they are one and the same.
    pub fn new(session: SessionId, offerer: Participant, answerer: Participant) -> Option<Self> {
        let end = |participant| End { participant, held: None, closed: false, counted: 0 };
        (offerer.device != answerer.device).then(|| Self {
            session,
            offerer: end(offerer),
            answerer: end(answerer),
            over: None,
        })
    }

    /// The call's id.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// Who is at `side`.
    pub const fn participant(&self, side: Side) -> &Participant {
        &self.end_of(side).participant
    }

    /// Why the call is over, if it is.
    pub const fn over(&self) -> Option<EndReason> {
        self.over
    }

    /// Whether `side` is connected, as far as is known.
    pub const fn is_present(&self, side: Side) -> bool {
        self.end_of(side).held.is_none()
    }

    /// Where a relay from `from` goes.
    pub const fn route(&self, from: Side) -> Route {
        match (self.over, self.is_present(from.other())) {
            (Some(_), _) => Route::Over,
            (None, true) => Route::Deliver,
            (None, false) => Route::Keep,
        }
    }

    /// Keeps a relay from `from` for its peer, who is away.
    ///
    /// # Errors
    /// [`Full`] when 1,024 relays or 512 KiB wait already, or the peer is not away.
    pub fn keep(&mut self, from: Side, relay: KeptRelay) -> Result<(), Full> {
        let held = self.end_mut(from.other()).held.as_mut().ok_or(Full)?;
        let bytes = held.bytes.saturating_add(relay.payload.len());
        if held.kept.len() >= MAX_KEPT || bytes > MAX_KEPT_BYTES {
            return Err(Full);
        }
        held.bytes = bytes;
        held.kept.push_back(relay);
        Ok(())
    }

    /// What is kept for a side, which stays away: for whoever keeps it from now on. Also once the call is over.
    pub fn take_kept(&mut self, side: Side) -> Vec<KeptRelay> {
        let Some(held) = &mut self.end_mut(side).held else { return Vec::new() };
        held.bytes = 0;
        mem::take(&mut held.kept).into()
    }

    /// `side` vanished at `now` and may come back within `grace`. `None` when the call is over. A side already away
    /// keeps its first deadline.
    pub fn lost(&mut self, side: Side, now: Timestamp, grace: Duration) -> Option<Lost> {
        if self.over.is_some() {
            return None;
        }
        let peer_present = self.is_present(side.other());
        let fresh = || Held { until: now.after(grace), kept: VecDeque::new(), bytes: 0 };
        let until = self.end_mut(side).held.get_or_insert_with(fresh).until;
        Some(Lost { until, peer_present })
    }

    /// Sets until when a side that is away may come back.
    pub const fn hold_until(&mut self, side: Side, until: Timestamp) {
        if let Some(held) = &mut self.end_mut(side).held {
            held.until = until;
        }
    }

    /// `side` has a connection again (or a newer one). `None` when the call is over.
    pub fn back(&mut self, side: Side, now: Timestamp) -> Option<Resumed> {
        if self.over.is_some() {
            return None;
        }
        let held = self.end_mut(side).held.take();
        Some(Resumed {
            was_away: held.is_some(),
            kept: held.map(|held| held.kept.into()).unwrap_or_default(),
            peer: self.away(side.other(), now),
        })
    }

    /// How a side is away, if it is.
    pub fn away(&self, side: Side, now: Timestamp) -> Option<Away> {
        self.end_of(side).held.as_ref().map(|held| Away { left: held.until.since(now) })
    }

    /// Whether `side` has been away too long, in a call that is not over.
    pub fn is_late(&self, side: Side, now: Timestamp) -> bool {
        self.over.is_none() && self.end_of(side).held.as_ref().is_some_and(|held| held.until <= now)
    }

    /// Ends the call if a side has been away too long. True when it did now.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        Side::BOTH.into_iter().any(|side| self.is_late(side, now)) && self.end(EndReason::Timeout)
    }

    /// `side` asked to end the call.
    pub fn hang_up(&mut self, side: Side) -> Ended {
        let was_closed = mem::replace(&mut self.end_mut(side).closed, true);
        match (self.end(EndReason::Ended), was_closed) {
            (true, _) => Ended::Now,
            (false, false) => Ended::Before,
            (false, true) => Ended::Already,
        }
    }

    /// Ends the call. False when it was over already.
    pub fn end(&mut self, reason: EndReason) -> bool {
        if self.over.is_some() {
            return false;
        }
        self.over = Some(reason);
        true
    }

    /// Whether this is the first time `side` reports `state`: each counts once.
    pub const fn count_state(&mut self, side: Side, state: ConnectionState) -> bool {
        let bit = match state {
            ConnectionState::Connected => 1,
            ConnectionState::Failed => 2,
            ConnectionState::Disconnected => 4,
        };
        let end = self.end_mut(side);
        let first = end.counted & bit == 0;
        end.counted |= bit;
        first
    }

    const fn end_of(&self, side: Side) -> &End {
        match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        }
    }

    const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Offerer => &mut self.offerer,
            Side::Answerer => &mut self.answerer,
        }
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
