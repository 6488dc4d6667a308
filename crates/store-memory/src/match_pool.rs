use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, NodeId, Timestamp, Unavailable};
use video_chat_matchmaking::{Held, Joined, MatchPool, Pairing, Pool, Settings, Ticket, TicketId};

/// The match pool of a single process: the pure [`Pool`] behind a mutex.
///
/// A call holds the mutex for a microsecond or two and never across an await.
#[derive(Debug)]
pub struct MemoryMatchPool {
    pool: Mutex<Pool>,
}

impl MemoryMatchPool {
    /// An empty pool.
    pub fn new(settings: Settings) -> Self {
        Self { pool: Mutex::new(Pool::new(settings)) }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl MatchPool for MemoryMatchPool {
    async fn join(&self, ticket: Ticket, now: Timestamp) -> Result<Joined, Unavailable> {
        Ok(self.pool().join(ticket, now))
    }

    async fn leave(&self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> Result<bool, Unavailable> {
        Ok(self.pool().leave(device, ticket, now))
    }

    async fn withdraw(
        &self,
        device: &DeviceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        Ok(self.pool().withdraw(device, ticket, now))
    }

    async fn undo(
        &self,
        pairing: &Pairing,
        survivor: Option<TicketId>,
        now: Timestamp,
    ) -> Result<Option<Joined>, Unavailable> {
        Ok(self.pool().undo(pairing, survivor, now))
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Pairing>, Unavailable> {
        Ok(self.pool().due(now))
    }

    async fn reap(&self, node: NodeId, now: Timestamp) -> Result<u64, Unavailable> {
        Ok(self.pool().reap(node, now))
    }

    async fn held_by(&self, node: NodeId) -> Result<Vec<Held>, Unavailable> {
        Ok(self.pool().held_by(node))
    }

    async fn waiting(&self) -> Result<u64, Unavailable> {
        Ok(self.pool().waiting())
    }
}
