//! The adapters behind the ports.

use std::{error::Error, sync::Arc};

use video_chat_auth::{BlockList, RateLimiter};
use video_chat_kernel::Timestamp;
use video_chat_matchmaking::{self as matchmaking, MatchPool};
use video_chat_reporting::{ReportStore, SessionLog};
use video_chat_store_memory::{MemoryBlockList, MemoryMatchPool, MemoryRateLimiter, MemorySessions};
use video_chat_store_sql::SqlStore;

use crate::{
    causes,
    gateway::Shared,
    settings::{DatabaseKind, Settings, keys},
};

/// One adapter for each port.
pub struct Stores {
    /// Where tickets meet.
    pub pool: Arc<dyn MatchPool>,
    /// Who took part in which call.
    pub sessions: Arc<dyn SessionLog>,
    /// Reports, verdicts, blocks, audit.
    pub reports: Arc<dyn ReportStore>,
    /// Limits that count across connections.
    pub limiter: Arc<dyn RateLimiter>,
    /// Who is blocked now.
    pub blocks: Arc<dyn BlockList>,
    /// What this node shares with others; `None`: it is alone.
    pub shared: Option<Shared>,
    /// Where new blocks are read when other nodes make some, too.
    pub outbox: Option<Arc<SqlStore>>,
    /// What they are, for people.
    pub description: String,
}

impl Stores {
    /// Shared state in memory, records in SQL.
    ///
    /// # Errors
    /// When the database cannot be opened, migrated or read.
    pub async fn open(settings: &Settings, now: Timestamp) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let reports = SqlStore::connect(&settings.database.url, settings.database.migrate).await;
        let reports = reports
            .map_err(|error| format!("{}: {}", keys::DATABASE_URL.env, causes::in_one_line(&error)))?;
        let blocks = MemoryBlockList::default();
        for block in reports.blocks(now).await? {
            blocks.block(&block.device, block.until).await?;
        }
        let rules = matchmaking::Settings {
            rematch_after: settings.realtime.rematch_after,
            grace: settings.realtime.reconnect_grace,
            ..matchmaking::Settings::default()
        };
        Ok(Self {
            pool: Arc::new(MemoryMatchPool::new(rules)),
            sessions: Arc::new(MemorySessions::default()),
            reports: Arc::new(reports),
            limiter: Arc::new(MemoryRateLimiter::default()),
            blocks: Arc::new(blocks),
            shared: None,
            outbox: None,
            description: match settings.database.kind {
                DatabaseKind::Sqlite => "memory, SQLite".into(),
                DatabaseKind::Postgres => "memory, PostgreSQL".into(),
            },
        })
    }
}
