use async_trait::async_trait;
use video_chat_kernel::{DeviceId, NodeId, Timestamp, Unavailable};

use crate::{Held, Joined, Pairing, Ticket, TicketId};

/// How many tickets one [`reap`](MatchPool::reap) takes out at most.
pub const REAP_BATCH: usize = 500;

/// Where tickets wait and meet, shared by everybody who matches.
///
/// Every call is atomic: two callers never get the same waiting ticket, and a device has at most one ticket. The calls of
/// one device come one after the other; whoever has its connection sees to that.
///
/// An adapter whose backend tells the time ignores the `now` it is given. One whose answer can get lost on the way, so
/// that a pairing is known to nobody, answers that pairing again when one of its two tickets joins again under its old
/// id: what a node does with a ticket that it holds and [the pool does not](MatchPool::held_by).
#[async_trait]
pub trait MatchPool: Send + Sync {
    /// Meets the longest-waiting compatible ticket, or waits.
    ///
    /// A device that already waits has its ticket replaced; the waiting time is kept unless region or language
    /// changed. So has a device whose ticket was [withdrawn](MatchPool::withdraw) less than the grace ago.
    async fn join(&self, ticket: Ticket, now: Timestamp) -> Result<Joined, Unavailable>;

    /// Takes the ticket out for good: its waiting time is forgotten. False when it was not waiting (any more).
    async fn leave(&self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> Result<bool, Unavailable>;

    /// Takes out the ticket of a connection that went away; the device has its waiting time again when it joins
    /// within the grace. False when it was not waiting (any more).
    async fn withdraw(
        &self,
        device: &DeviceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<bool, Unavailable>;

    /// Undoes a pairing that could not be told to both. The survivor waits again since it first did (and may be
    /// paired at once with another); the other counts as withdrawn; neither counts as the other's last partner.
    async fn undo(
        &self,
        pairing: &Pairing,
        survivor: Option<TicketId>,
        now: Timestamp,
    ) -> Result<Option<Joined>, Unavailable>;

    /// Pairs those whom only the passing of time has made compatible (last partners who both waited long enough).
    /// To be asked at least every 500 ms by every node that a ticket waits for; need not answer pairs of other nodes alone.
    async fn due(&self, now: Timestamp) -> Result<Vec<Pairing>, Unavailable>;

    /// Withdraws the tickets of a node that is gone, [`REAP_BATCH`] at most. Answers how many; to be called again until
    /// that is 0.
    async fn reap(&self, node: NodeId, now: Timestamp) -> Result<u64, Unavailable>;

    /// The tickets that wait for a node, in no order. Not atomic: one that joins or goes meanwhile may be missing or there.
    async fn held_by(&self, node: NodeId) -> Result<Vec<Held>, Unavailable>;

    /// How many tickets wait.
    async fn waiting(&self) -> Result<u64, Unavailable>;
}
