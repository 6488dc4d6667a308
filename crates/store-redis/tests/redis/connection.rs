//! Connections for tests: each has keys of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use video_chat_kernel::Entropy;
use video_chat_store_redis::{ClockSource, NoObserver, Redis, RedisSettings, Topology};

use super::{
    cluster::{self, Cluster},
    server::{self, Server},
};

/// Counts instead of drawing.
pub(crate) struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        for (byte, drawn) in bytes.iter_mut().zip(count) {
            *byte = drawn;
        }
    }
}

pub(crate) fn on(server: &Server) -> RedisSettings {
    settings(Topology::Single("127.0.0.1".into(), server.port))
}

pub(crate) fn on_cluster(cluster: &Cluster) -> RedisSettings {
    settings(Topology::Cluster(cluster.nodes()))
}

pub(crate) async fn connect(settings: RedisSettings) -> Redis {
    Redis::connect(settings, Arc::new(NoObserver), &Counting).await.unwrap()
}

/// The server that all share, with a clock that the test moves.
pub(crate) async fn single() -> Redis {
    connect(RedisSettings { clock: ClockSource::Caller, ..on(server::shared()) }).await
}

/// The cluster that all share, with a clock that the test moves.
pub(crate) async fn clustered() -> Redis {
    connect(RedisSettings { clock: ClockSource::Caller, ..on_cluster(cluster::shared()) }).await
}

fn settings(topology: Topology) -> RedisSettings {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let prefix = format!("test-{}:", COUNT.fetch_add(1, Ordering::Relaxed));
    RedisSettings { prefix, ..RedisSettings::new(topology) }
}
