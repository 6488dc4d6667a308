use async_trait::async_trait;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};

use crate::{Joined, Pairing, Ticket, TicketId};

/// Where tickets wait and meet, shared by everybody who matches.
///
/// Every call is atomic: two callers never get the same waiting ticket, and a device has at most one ticket.
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
    /// To be asked at least every 500 ms.
    async fn due(&self, now: Timestamp) -> Result<Vec<Pairing>, Unavailable>;

    /// How many tickets wait.
    async fn waiting(&self) -> Result<u64, Unavailable>;
}
