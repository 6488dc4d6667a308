//! The adapters behind the ports.

use std::{error::Error, sync::Arc, time::Duration};

use video_chat_auth::{BlockList, RateLimiter};
use video_chat_kernel::Timestamp;
use video_chat_matchmaking::{self as matchmaking, MatchPool};
use video_chat_reporting::{ReportStore, SessionLog};
use video_chat_store_memory::{MemoryBlockList, MemoryMatchPool, MemoryRateLimiter, MemorySessions};
use video_chat_store_redis::{
    Observer, Redis, RedisBlockList, RedisBus, RedisCalls, RedisDirectory, RedisLeases, RedisMatchPool,
    RedisRateLimiter, RedisSessions, RedisSettings, Topology,
};
use video_chat_store_sql::SqlStore;

use super::OsEntropy;
use crate::{
    causes,
    gateway::Shared,
    settings::{self, DatabaseKind, Settings, keys},
    telemetry::Metrics,
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
    /// What is counted, by some of them, too.
    pub metrics: Arc<Metrics>,
    /// What they are, for people.
    pub description: String,
}

impl Stores {
    /// Shared state in Redis where it is configured, otherwise in memory; records in SQL.
    ///
    /// # Errors
    /// When the database cannot be opened, migrated or read, or Redis cannot be used as configured. A Redis that does not
    /// answer is no error.
    pub async fn open(settings: &Settings, now: Timestamp) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let records = SqlStore::connect(&settings.database.url, settings.database.migrate).await;
        let records = records
            .map_err(|error| format!("{}: {}", keys::DATABASE_URL.env, causes::in_one_line(&error)))?;
        let metrics = Arc::new(Metrics::new(&settings.telemetry.metric_regions, settings.redis.is_some()));
        match &settings.redis {
            Some(redis) => Self::in_redis(settings, redis, Arc::new(records), metrics).await,
            None => Self::in_memory(settings, records, metrics, now).await,
        }
    }

    async fn in_memory(
        settings: &Settings,
        records: SqlStore,
        metrics: Arc<Metrics>,
        now: Timestamp,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let blocks = MemoryBlockList::default();
        for block in records.blocks(now).await? {
            blocks.block(&block.device, block.until).await?;
        }
        Ok(Self {
            pool: Arc::new(MemoryMatchPool::new(rules(settings))),
            sessions: Arc::new(MemorySessions::default()),
            reports: Arc::new(records),
            limiter: Arc::new(MemoryRateLimiter::default()),
            blocks: Arc::new(blocks),
            shared: None,
            outbox: None,
            metrics,
            description: format!("memory, {}", database(settings)),
        })
    }

    async fn in_redis(
        settings: &Settings,
        redis: &settings::Redis,
        records: Arc<SqlStore>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let observer = Arc::new(Observed(Arc::clone(&metrics)));
        let connection = Redis::connect(redis_settings(redis), observer, &OsEntropy).await;
        let connection = connection
            .map_err(|error| format!("{}: {}", keys::REDIS_URL.env, causes::in_one_line(&error)))?;
        let shared = Shared {
            bus: Arc::new(RedisBus::new(connection.clone())),
            directory: Arc::new(RedisDirectory::new(connection.clone())),
            calls: Arc::new(RedisCalls::new(connection.clone())),
            leases: Arc::new(RedisLeases::new(connection.clone())),
        };
        Ok(Self {
            pool: Arc::new(RedisMatchPool::new(connection.clone(), rules(settings))),
            sessions: Arc::new(RedisSessions::new(connection.clone())),
            reports: Arc::clone(&records) as Arc<dyn ReportStore>,
            limiter: Arc::new(RedisRateLimiter::new(connection.clone())),
            blocks: Arc::new(RedisBlockList::new(connection)),
            shared: Some(shared),
            outbox: Some(records),
            metrics,
            description: format!("Redis, {}", database(settings)),
        })
    }
}

/// Counts and times the commands.
struct Observed(Arc<Metrics>);

impl Observer for Observed {
    fn command(&self, _name: &'static str, took: Duration, _ok: bool) {
        self.0.redis_commands_total.increment(1);
        self.0.redis_command_seconds.record(took);
    }
}

fn redis_settings(redis: &settings::Redis) -> RedisSettings {
    let nodes: Vec<(String, u16)> = redis.nodes.iter().map(|node| (node.host.clone(), node.port)).collect();
    let topology = match (&redis.sentinel, nodes.first()) {
        (Some(service), _) => Topology::Sentinel { nodes, service: service.clone() },
        (None, Some((host, port))) if !redis.cluster => Topology::Single(host.clone(), *port),
        (None, _) => Topology::Cluster(nodes),
    };
    RedisSettings {
        tls: redis.tls,
        username: redis.username.clone(),
        password: redis.password.clone(),
        database: redis.db,
        ..RedisSettings::new(topology)
    }
}

fn rules(settings: &Settings) -> matchmaking::Settings {
    matchmaking::Settings {
        rematch_after: settings.realtime.rematch_after,
        grace: settings.realtime.reconnect_grace,
        ..matchmaking::Settings::default()
    }
}

const fn database(settings: &Settings) -> &'static str {
    match settings.database.kind {
        DatabaseKind::Sqlite => "SQLite",
        DatabaseKind::Postgres => "PostgreSQL",
    }
}
