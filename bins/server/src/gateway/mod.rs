//! What happens between the transport and the domains: admission, the queue, relays, presence.
//!
//! One [`Gateway`] serves every connection of the process. What it knows of a device lives in its [`hub::Seat`]; what
//! two seats share is a [`call::CallCell`]. Locks are always taken in the order hub, seat, call, and never across an
//! await; two seats at once only by [`introduce`](Gateway::introduce), in the order of their devices.

mod address;
mod admission;
mod call;
mod cluster;
mod drain;
mod ending;
mod events;
mod handler;
mod hub;
mod limits;
mod outgoing;
mod presence;
mod queue;
mod relay;
mod ticker;
mod transit;
mod watch;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ipnet::IpNet;
use video_chat_auth::{BlockList, Quota, RateLimiter, Tokens};
use video_chat_kernel::{Clock, DeviceId, Entropy, NodeId, Timestamp};
use video_chat_matchmaking::MatchPool;
use video_chat_reporting::{AbuseDetector, Pseudonyms, ReportStore, SessionLog};
use video_chat_turn::Turn;

use self::{
    address::Addresses,
    cluster::Cluster,
    hub::{Hub, Waiters},
    presence::Holds,
    watch::Findings,
};
use crate::telemetry::Metrics;

pub use cluster::Shared;
pub use drain::Departure;
pub use handler::{Handshake, Socket};

/// What the gateway is built from.
pub struct Parts {
    /// Where tickets meet.
    pub pool: Arc<dyn MatchPool>,
    /// Who took part in which call.
    pub sessions: Arc<dyn SessionLog>,
    /// Where abuse findings are written.
    pub reports: Arc<dyn ReportStore>,
    /// Limits that count across connections.
    pub limiter: Arc<dyn RateLimiter>,
    /// Who is blocked.
    pub blocks: Arc<dyn BlockList>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits for ids.
    pub entropy: Arc<dyn Entropy>,
    /// Verifies tokens.
    pub tokens: Arc<Tokens>,
    /// Makes TURN credentials.
    pub turn: Arc<Turn>,
    /// What devices are called outside.
    pub pseudonyms: Arc<Pseudonyms>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Watches for abuse, when switched on.
    pub abuse: Option<Arc<Mutex<AbuseDetector>>>,
    /// What this node shares with others, if there may be others.
    pub shared: Option<Shared>,
}

/// The numbers the gateway obeys. `None` means unlimited.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How long a vanished side of a call may stay away.
    pub grace: Duration,
    /// Joins a device.
    pub joins: Option<Quota>,
    /// Events a connection.
    pub events: Option<Quota>,
    /// Connections an address.
    pub connections_per_address: Option<u32>,
    /// The largest frame of a client, in bytes.
    pub max_payload: usize,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
}

/// The gateway of one process.
pub struct Gateway {
    /// Itself, for tasks of its own.
    this: Weak<Self>,
    parts: Parts,
    rules: Rules,
    node: NodeId,
    cluster: Option<Cluster>,
    hub: Hub,
    waiters: Waiters,
    addresses: Arc<Addresses>,
    holds: Holds,
    findings: Findings,
    draining: AtomicBool,
    sockets: AtomicU64,
    first_read: OnceLock<Instant>,
}

impl Gateway {
    /// A gateway without connections. With something shared it needs a runtime to be called in.
    pub fn new(parts: Parts, rules: Rules) -> Arc<Self> {
        let node = NodeId::random(&*parts.entropy);
        let cluster = parts.shared.clone().map(|shared| {
            Cluster::new(node, shared, Arc::clone(&parts.clock), tokio::runtime::Handle::current())
        });
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            parts,
            rules,
            node,
            cluster,
            hub: Hub::default(),
            waiters: Waiters::default(),
            addresses: Arc::default(),
            holds: Holds::default(),
            findings: Findings::default(),
            draining: AtomicBool::new(false),
            sockets: AtomicU64::new(0),
            first_read: OnceLock::new(),
        })
    }

    /// Whether the server is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Does something that nobody waits for.
    fn spawn<F>(&self, task: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(gateway) = self.this.upgrade() {
            tokio::spawn(task(gateway));
        }
    }

    /// The node that tickets and devices of this process are at.
    fn me(&self) -> NodeId {
        self.cluster.as_ref().map_or(self.node, Cluster::me)
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The time for limits of one connection: since the first event was read, at no cost beyond reading it, and nobody sets it.
    fn uptime(&self, read: Instant) -> Timestamp {
        let since = read.saturating_duration_since(*self.first_read.get_or_init(|| read));
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.parts.entropy.fill(&mut bytes);
        bytes
    }

    /// The servers for this device's peer connection: raw JSON of `RTCConfiguration.iceServers`.
    fn ice_servers(&self, device: &DeviceId, now: Timestamp) -> String {
        let pseudonym = self.parts.pseudonyms.turn(device);
        let credentials = self.parts.turn.credentials(&pseudonym, now);
        serde_json::to_string(&credentials.ice_servers).unwrap_or_else(|_| "[]".into())
    }
}

/// Locks, passing over poison: no invariant here spans a panic, and a panic elsewhere must not spread.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
