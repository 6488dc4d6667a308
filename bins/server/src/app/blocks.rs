//! Blocks where several nodes share them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;
use video_chat_auth::BlockList;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};
use video_chat_store_memory::MemoryBlockList;
use video_chat_store_sql::SqlStore;

use crate::gateway::Gateway;

/// How often the records are asked for new blocks: well within the second in which every node has to hear.
const LOOK: Duration = Duration::from_millis(400);
/// Rows taken at once.
const PAGE: u32 = 500;

/// Every block this node has heard of, in memory, before the list that all nodes share.
///
/// The memory is filled from the records at the start and follows their outbox, so it is never more than a moment behind:
/// while the shared list is away, its answer is good.
pub(super) struct WarmBlocks {
    known: MemoryBlockList,
    shared: Arc<dyn BlockList>,
}

/// The outbox of the records, read from where the start left off.
pub(super) struct Feed {
    records: Arc<SqlStore>,
    after: u64,
}

impl WarmBlocks {
    pub(super) fn new(known: MemoryBlockList, shared: Arc<dyn BlockList>) -> Self {
        Self { known, shared }
    }
}

#[async_trait]
impl BlockList for WarmBlocks {
    async fn is_blocked(&self, device: &DeviceId, now: Timestamp) -> Result<bool, Unavailable> {
        if self.known.is_blocked(device, now).await? {
            return Ok(true);
        }
        Ok(self.shared.is_blocked(device, now).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the shared block list is away");
            false
        }))
    }

    async fn block(&self, device: &DeviceId, until: Option<Timestamp>) -> Result<(), Unavailable> {
        self.known.block(device, until).await?;
        // The others follow the records as well.
        if let Err(error) = self.shared.block(device, until).await {
            tracing::warn!(%error, "a block is not on the shared list");
        }
        Ok(())
    }

    async fn lift(&self, device: &DeviceId) -> Result<(), Unavailable> {
        self.known.lift(device).await?;
        self.shared.lift(device).await
    }
}

impl Feed {
    /// The outbox from now on.
    pub(super) async fn open(records: Arc<SqlStore>) -> Result<Self, Unavailable> {
        let mut feed = Self { records, after: 0 };
        while feed.read(|_, _| {}).await? > 0 {}
        Ok(feed)
    }

    /// Tells the gateway of every new block, until dropped.
    pub(super) async fn follow(mut self, gateway: Arc<Gateway>) {
        loop {
            let mut news = Vec::new();
            match self.read(|device, until| news.push((device, until))).await {
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "the outbox is away"),
            }
            let more = !news.is_empty();
            for (device, until) in news {
                // One does not wait for what the other's end takes while the shared state is away.
                let gateway = Arc::clone(&gateway);
                tokio::spawn(async move { gateway.blocked(&device, until).await });
            }
            if !more {
                sleep(LOOK).await;
            }
        }
    }

    async fn read(
        &mut self,
        mut each: impl FnMut(DeviceId, Option<Timestamp>),
    ) -> Result<usize, Unavailable> {
        let rows = self.records.outbox(self.after, PAGE).await?;
        let count = rows.len();
        for row in rows {
            self.after = self.after.max(row.id);
            if row.topic == "device.blocked" {
                each(row.device, row.until);
            }
        }
        Ok(count)
    }
}
