use std::time::Duration;

use video_chat_kernel::Secret;

/// Where Redis is and how to speak to it.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// The servers.
    pub topology: Topology,
    /// Whether to speak TLS, trusting the system's certificates.
    pub tls: bool,
    /// The ACL user; `None`: the default user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The number of the database; 0 on a cluster.
    pub database: u8,
    /// What every key begins with, so that several installations can share a Redis. No braces: they would choose the slot.
    pub prefix: String,
    /// How long a command may take at most, a reconnection and its second try included.
    pub command_timeout: Duration,
    /// Who tells the time.
    pub clock: ClockSource,
}

/// Which Redis: name or address and port of each server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single(String, u16),
    /// The master of this name, according to these Sentinels.
    Sentinel {
        /// The Sentinels.
        nodes: Vec<(String, u16)>,
        /// The name they know the master by.
        service: String,
    },
    /// A cluster, found through these nodes.
    Cluster(Vec<(String, u16)>),
}

/// Who tells the scripts the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockSource {
    /// Redis: one clock for all nodes. What callers say is ignored.
    #[default]
    Redis,
    /// The callers, who must agree: for simulations and tests with a clock of their own.
    Caller,
}

impl RedisSettings {
    /// The defaults for these servers: no TLS, no password, database 0, prefix `vc:`, 2 s a command, Redis's time.
    pub fn new(topology: Topology) -> Self {
        Self {
            topology,
            tls: false,
            username: None,
            password: None,
            database: 0,
            prefix: "vc:".into(),
            command_timeout: Duration::from_secs(2),
            clock: ClockSource::default(),
        }
    }
}
