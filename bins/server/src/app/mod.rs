//! The application: built from settings and stores, bound to a port, served until told to stop.

mod ambient;
mod blocks;
mod lifecycle;
mod serve;
mod stores;

use std::{
    error::Error,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use video_chat_actix_socketio::{Config, Origins, SocketIo};
use video_chat_auth::{BlockList, Tokens};
use video_chat_kernel::{Clock, DeviceId, Entropy, SessionId, Timestamp, Unavailable};
use video_chat_reporting::{AbuseConfig, AbuseDetector, Pseudonyms, ReportId};
use video_chat_store_memory::MemoryBlockList;
use video_chat_turn::Turn;

use crate::{
    causes,
    gateway::{Gateway, Parts, Rules, Shared},
    http,
    settings::{Settings, keys},
};

pub use ambient::{OsEntropy, SystemClock};
pub use stores::Stores;

/// The bytes that may wait for a client that does not read, or four of the largest frames where that is more: one
/// frame must never be too much for the peer it is relayed to.
const LEAST_BUFFERED: usize = 1 << 20;

/// A server that is bound and not yet serving.
pub struct App {
    settings: Settings,
    gateway: Arc<Gateway>,
    feed: Option<blocks::Feed>,
    socketio: SocketIo<Gateway>,
    http: Arc<http::State>,
    listener: TcpListener,
    monitoring: Option<TcpListener>,
    stores: String,
}

/// Runs a server with these settings until it is told to stop. Blocks.
///
/// # Errors
/// When a store cannot be opened or a port cannot be bound.
pub fn run(settings: Settings) -> io::Result<()> {
    actix_rt::System::new().block_on(async {
        let stores = Stores::open(&settings, SystemClock.now()).await.map_err(|error| said(&*error))?;
        App::build(settings, stores).await?.serve().await
    })
}

impl App {
    /// Wires everything and binds the ports.
    ///
    /// # Errors
    /// When a store does not answer or a port cannot be bound.
    pub async fn build(settings: Settings, stores: Stores) -> io::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let metrics = Arc::clone(&stores.metrics);
        // The outbox before the blocks: what comes between is heard twice rather than not at all.
        let feed = match &stores.outbox {
            Some(records) => {
                Some(blocks::Feed::open(Arc::clone(records)).await.map_err(|error| said(&error))?)
            }
            None => None,
        };
        let blocks = match stores.shared {
            Some(_) => warmed(&stores, clock.now()).await.map_err(|error| said(&error))?,
            None => Arc::clone(&stores.blocks),
        };
        let mut fresh = [0; 32];
        entropy.fill(&mut fresh);
        let pseudonyms = stores.reports.pseudonym_key(fresh).await.map_err(|error| said(&error))?;
        let pseudonyms = Arc::new(Pseudonyms::new(pseudonyms));
        let tokens = Arc::new(Tokens::new(&settings.jwt.secret, &settings.jwt.previous));
        let turn = Arc::new(Turn::new(settings.turn.provider.clone(), settings.turn.stun_urls.clone()));
        let abuse = settings.limits.abuse_detection;
        let abuse = abuse.then(|| Arc::new(Mutex::new(AbuseDetector::new(AbuseConfig::default()))));

        let parts = Parts {
            pool: stores.pool,
            sessions: Arc::clone(&stores.sessions),
            reports: Arc::clone(&stores.reports),
            limiter: Arc::clone(&stores.limiter),
            blocks: Arc::clone(&blocks),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            tokens: Arc::clone(&tokens),
            turn: Arc::clone(&turn),
            pseudonyms: Arc::clone(&pseudonyms),
            metrics: Arc::clone(&metrics),
            abuse,
            shared: stores.shared.clone(),
        };
        let gateway = Gateway::new(parts, rules(&settings));
        let socketio = SocketIo::new(Arc::clone(&gateway), transport(&settings));
        let http = Arc::new(http::State {
            readiness: http::Readiness::new(Arc::clone(&stores.reports), checks(stores.shared)),
            reports: stores.reports,
            sessions: stores.sessions,
            blocks,
            limiter: stores.limiter,
            tokens,
            turn,
            pseudonyms,
            last_report: Mutex::new(ReportId(0)),
            started_at: clock.now(),
            clock,
            entropy,
            metrics,
            live: Arc::new(Connections(Arc::clone(&gateway))),
            policy: http::Policy::of(&settings),
        });
        let listener = serve::bind(&keys::PORT, &settings.server.host, settings.server.port)?;
        let monitoring = serve::bind_monitoring(&settings)?;
        Ok(Self { settings, gateway, feed, socketio, http, listener, monitoring, stores: stores.description })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The live connections, as HTTP needs them.
struct Connections(Arc<Gateway>);

#[async_trait]
impl http::Live for Connections {
    fn device_blocked(&self, device: &DeviceId) {
        let (gateway, device) = (Arc::clone(&self.0), device.clone());
        actix_rt::spawn(async move {
            gateway.evict(&device).await;
            gateway.tell_blocked(device).await;
        });
    }

    fn report_stored(&self, reporter: &DeviceId, reported: &DeviceId) {
        self.0.watch_report(reporter, reported);
    }

    fn draining(&self) -> bool {
        self.0.is_draining()
    }

    async fn measure(&self) {
        self.0.measure_queue().await;
    }
}

/// What is shared between nodes, as readiness asks for it.
struct SharedCheck(Shared);

#[async_trait]
impl http::Check for SharedCheck {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn check(&self) -> Result<(), Unavailable> {
        let nobody = SessionId::from_bytes([0; 16]);
        self.0.calls.find(nobody, SystemClock.now()).await.map(drop)
    }
}

fn checks(shared: Option<Shared>) -> Vec<Arc<dyn http::Check>> {
    shared.into_iter().map(|shared| Arc::new(SharedCheck(shared)) as Arc<dyn http::Check>).collect()
}

/// The shared block list behind a memory that knows every block on record.
async fn warmed(stores: &Stores, now: Timestamp) -> Result<Arc<dyn BlockList>, Unavailable> {
    let known = MemoryBlockList::default();
    for block in stores.reports.blocks(now).await? {
        known.block(&block.device, block.until).await?;
    }
    Ok(Arc::new(blocks::WarmBlocks::new(known, Arc::clone(&stores.blocks))))
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        grace: settings.realtime.reconnect_grace,
        joins: settings.limits.joins,
        events: settings.limits.events,
        connections_per_address: settings.limits.connections_per_ip,
        max_payload: settings.realtime.max_payload,
        trusted_proxies: settings.limits.trusted_proxies.clone(),
    }
}

fn transport(settings: &Settings) -> Config {
    let cors = settings.cors.clone();
    Config {
        ping_interval: settings.realtime.ping_interval,
        ping_timeout: settings.realtime.ping_timeout,
        max_payload: settings.realtime.max_payload,
        max_buffered: LEAST_BUFFERED.max(settings.realtime.max_payload.saturating_mul(4)),
        origins: Origins::Only(Arc::new(move |origin, host| cors.allows(origin, host))),
        ..Config::default()
    }
}

fn said(error: &(dyn Error + 'static)) -> io::Error {
    io::Error::other(causes::in_one_line(error))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_transport_is_as_the_contract_has_it() {
        let config = transport(&Settings::from_pairs([]).unwrap());
        assert_eq!((config.path.as_str(), config.max_payload), ("/socket.io/", 131_072));
        assert_eq!(config.connect_timeout, Duration::from_secs(45));
        assert_eq!(config.upgrade_timeout, Duration::from_secs(10));
        assert_eq!(config.max_buffered, 1 << 20);
    }
}
