use async_trait::async_trait;
use bytes::Bytes;
use video_chat_kernel::{NodeId, Unavailable};

/// Carries parcels from node to node.
///
/// The order in which one node's parcels reach another is that in which they were sent. An adapter may deliver a parcel
/// twice (a retry whose first try had succeeded) and may lose some when its backend does (a failover, an emptied store):
/// the nodes number what they send ([`link`](crate::link)) and mend both. What it must not do is fall silent: after
/// any trouble of the backend, later parcels arrive.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Appends a parcel to the inbox of `to`, whether or not that node reads it now. Inboxes are bounded; the oldest
    /// parcels go first.
    async fn send(&self, to: NodeId, parcel: &[u8]) -> Result<(), Unavailable>;

    /// Hands a parcel to every node that is attached, the sender included.
    async fn broadcast(&self, parcel: &[u8]) -> Result<(), Unavailable>;

    /// Opens the inbox of `node`: from its beginning, and broadcasts from now on.
    async fn attach(&self, node: NodeId) -> Result<Box<dyn Inbox>, Unavailable>;

    /// Throws the inbox of a node away that is gone for good.
    async fn discard(&self, node: NodeId) -> Result<(), Unavailable>;
}

/// What a node reads from the bus.
#[async_trait]
pub trait Inbox: Send {
    /// The parcels that came since the last call, at least one unless it waited long for none (a few seconds, or without
    /// end). After an
    /// error the next call goes on where the last good one ended.
    async fn next(&mut self) -> Result<Vec<Bytes>, Unavailable>;
}
