use std::time::Duration;

use async_trait::async_trait;
use video_chat_kernel::{NodeId, Timestamp, Unavailable};

/// How long a node lives without a [`beat`](Leases::beat).
pub const LEASE: Duration = Duration::from_secs(6);
/// The longest time between two [`beat`](Leases::beat)s that come in good time: two or three may be missing.
pub const GOOD_TIME: Duration = Duration::from_secs(3);
/// How long a node has to reap a dead one before another is asked to.
pub const REAP_FOR: Duration = Duration::from_secs(10);

/// What a beat tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// When the node's own lease began, by the backend's clock. Another time than its beats told before: the backend has
    /// forgotten. `None`: it was declared dead, and never lives again under this id.
    pub since: Option<Timestamp>,
    /// The other nodes that live, in no order.
    pub alive: Vec<NodeId>,
    /// Nodes that died or resigned within the last ten minutes (at least), in no order.
    pub dead: Vec<NodeId>,
    /// Those of the dead that this node is to reap.
    pub reap: Vec<NodeId>,
}

/// Which nodes live.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Renews the lease of `node` and looks at the others: one without a beat for [`LEASE`] is declared dead, once and
    /// for all.
    ///
    /// A node whose own beats have not come in [good time](GOOD_TIME) for the last [`LEASE`] declares nobody dead: it, or
    /// the backend, was away, and so may the others have been, for a little longer. After the backend's return everybody has that long to beat.
    /// A backend that forgot everything has no dead.
    async fn beat(&self, node: NodeId, now: Timestamp) -> Result<Pulse, Unavailable>;

    /// When the lease of `node` began, if one is on record: see [`Pulse::since`].
    async fn since(&self, node: NodeId, now: Timestamp) -> Result<Option<Timestamp>, Unavailable>;

    /// `dead` has been reaped: nobody is asked to any more.
    async fn reaped(&self, dead: NodeId, now: Timestamp) -> Result<(), Unavailable>;

    /// The node leaves on its own: it counts as dead at once.
    async fn resign(&self, node: NodeId, now: Timestamp) -> Result<(), Unavailable>;
}
