use std::time::Duration;

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, NodeId, PeerAlias, SessionId, Timestamp, Unavailable};

use crate::Side;

/// How long an offered call waits to be accepted before it is forgotten.
pub const OFFER_FOR: Duration = Duration::from_secs(5);
/// How long a live call is remembered after the last word of its nodes.
pub const LIVE_FOR: Duration = Duration::from_mins(10);
/// How long it is remembered that a call is over or was aborted.
pub const OVER_FOR: Duration = Duration::from_mins(2);

/// All that a node needs to take over one side of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The call.
    pub session: SessionId,
    /// Who makes the first offer.
    pub offerer: CallSide,
    /// Who answers it.
    pub answerer: CallSide,
    /// Where they met.
    pub region: String,
    /// Which language they speak.
    pub language: String,
    /// When they met.
    pub matched_at: Timestamp,
    /// How often a side has moved to another node. A node that knows of a later move knows better.
    pub moves: u64,
}

/// One side of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSide {
    /// The device.
    pub device: DeviceId,
    /// What the peer knows it as.
    pub alias: PeerAlias,
    /// How long it waited, in milliseconds.
    pub wait_ms: u64,
    /// The node that has its connection. Changes with each move.
    pub node: NodeId,
}

/// What an [`abort`](Calls::abort) came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    /// The call will never be live.
    Aborted,
    /// It was accepted before.
    Live,
}

/// The calls of all nodes. Each call of a method is atomic for its session.
///
/// A session is unknown, offered, live or over. Over is for good, as long as it is remembered ([`OVER_FOR`]).
#[async_trait]
pub trait Calls: Send + Sync {
    /// Writes an offered call, which lasts [`OFFER_FOR`]. A session that is known already is left alone.
    async fn offer(&self, call: &CallRecord, now: Timestamp) -> Result<(), Unavailable>;

    /// Makes an offered call live: true when it is live now (also when it was before). An unknown one stays unknown.
    async fn accept(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable>;

    /// Takes an offer back, unless it was accepted. Afterwards an [`accept`](Calls::accept) fails, also of a session
    /// that was unknown or over.
    async fn abort(&self, session: SessionId, now: Timestamp) -> Result<Abort, Unavailable>;

    /// Says again that these calls are live: unknown and offered ones are written as live, the lives of known ones are
    /// prolonged to [`LIVE_FOR`], their nodes left as they are and their moves counted no lower than before. Answers those
    /// that are over.
    async fn keep(&self, calls: &[CallRecord], now: Timestamp) -> Result<Vec<SessionId>, Unavailable>;

    /// A side of a live call is at `node` now, which counts as one move more. Answers the call as it is then; `None` when
    /// it is not live.
    async fn relocate(
        &self,
        session: SessionId,
        side: Side,
        node: NodeId,
        now: Timestamp,
    ) -> Result<Option<CallRecord>, Unavailable>;

    /// The call is over: true for exactly one caller, the first. An unknown one counts as over, unsaid: false.
    async fn end(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable>;

    /// The call, when it is live.
    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<CallRecord>, Unavailable>;
}

impl CallRecord {
    /// Who is at `side`.
    pub const fn side(&self, side: Side) -> &CallSide {
        match side {
            Side::Offerer => &self.offerer,
            Side::Answerer => &self.answerer,
        }
    }

    /// Who is at `side`, to be changed.
    pub const fn side_mut(&mut self, side: Side) -> &mut CallSide {
        match side {
            Side::Offerer => &mut self.offerer,
            Side::Answerer => &mut self.answerer,
        }
    }

    /// The side of `device`.
    pub fn side_of(&self, device: &DeviceId) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.side(*side).device == *device)
    }
}
