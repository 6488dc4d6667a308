use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use fred::{
    clients::Client,
    error::{Error, ErrorKind},
    interfaces::ClientLike,
    types::{ClusterHash, CustomCommand, Key, Value},
};
use tokio::time::timeout;
use tracing::{Instrument, Span};
use video_chat_kernel::{Timestamp, Unavailable};

use crate::{ClockSource, Observer, RedisSettings, connect::client, script::Script};

/// How long [`Redis::connect`] waits for the first connection.
const FIRST_CONNECTION: Duration = Duration::from_secs(5);

/// How much later than it says a command may count, for clocks are compared now and then only.
const CLOCK_MARGIN: Duration = Duration::from_secs(1);
const UNKNOWN: i64 = i64::MIN;

/// A connection to Redis. Cloning shares it.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    settings: RedisSettings,
    observer: Arc<dyn Observer>,
    /// Numbers the calls of this connection, after a random beginning.
    calls: AtomicU64,
    /// How far the clock of Redis is ahead of the caller's, in milliseconds.
    ahead: AtomicI64,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("Redis cannot be used as configured")]
pub struct ConnectError(#[source] Error);

impl Redis {
    /// Connects, and stays connected. When Redis does not answer within five seconds this returns all the same, and goes
    /// on trying in the background.
    ///
    /// # Errors
    /// When the settings cannot be used at all.
    pub async fn connect(
        settings: RedisSettings,
        observer: Arc<dyn Observer>,
        entropy: &dyn video_chat_kernel::Entropy,
    ) -> Result<Self, ConnectError> {
        let client = client(&settings, settings.command_timeout).map_err(ConnectError)?;
        start(&client).await;
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes);
        let calls = AtomicU64::new(u64::from_le_bytes(bytes));
        Ok(Self {
            shared: Arc::new(Shared { client, settings, observer, calls, ahead: AtomicI64::new(UNKNOWN) }),
        })
    }

    /// Makes a round trip; on a cluster, to any of its nodes.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        let request = Request::Command { command: "PING", slot: ClusterHash::Random, arguments: vec![] };
        self.observed("ping", request).await.map(drop)
    }

    /// Closes the connection; whatever uses it is unavailable from then on.
    pub async fn close(&self) {
        if let Err(error) = self.shared.client.quit().await {
            tracing::debug!(%error, "Redis was not told goodbye");
        }
    }

    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Key {
        format!("{}{name}", self.shared.settings.prefix).into()
    }

    /// What a script takes for the time: nothing, when it asks Redis.
    pub(crate) fn clock(&self, now: Timestamp) -> Value {
        match self.shared.settings.clock {
            ClockSource::Redis => Value::from_static_str(""),
            ClockSource::Caller => now.as_millis().to_string().into(),
        }
    }

    /// Redis told its time, in milliseconds, in answer to something asked at `asked`.
    pub(crate) fn set_clock(&self, asked: Timestamp, told: u64) {
        let ahead = i128::from(told) - i128::from(asked.as_millis());
        self.shared.ahead.store(i64::try_from(ahead).unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    /// When, by the clock of Redis, nobody waits any more for what is asked now: empty when that is not known.
    pub(crate) fn deadline(&self, now: Timestamp) -> Value {
        self.by_its_clock(now.after(self.shared.settings.command_timeout + CLOCK_MARGIN))
    }

    /// This moment of the caller's by the clock of Redis: empty when that is not known.
    pub(crate) fn by_its_clock(&self, moment: Timestamp) -> Value {
        let ahead = self.shared.ahead.load(Ordering::Relaxed);
        if ahead == UNKNOWN || matches!(self.shared.settings.clock, ClockSource::Caller) {
            return Value::from_static_str("");
        }
        moment.as_millis().saturating_add_signed(ahead).to_string().into()
    }

    /// An id for one call, so that a script that is run twice knows it.
    pub(crate) fn call_id(&self) -> Value {
        format!("{:x}", self.shared.calls.fetch_add(1, Ordering::Relaxed)).into()
    }

    /// Runs a script on the slot of `key`. It may run twice.
    pub(crate) async fn run(
        &self,
        script: &'static Script,
        key: Key,
        arguments: Vec<Value>,
    ) -> Result<Value, Unavailable> {
        self.observed(script.name, Request::Script { script, key, arguments }).await
    }

    /// Sends a command whose first argument is a key. It may be sent twice.
    pub(crate) async fn command(
        &self,
        name: &'static str,
        command: &'static str,
        key: Key,
        arguments: impl IntoIterator<Item = Value>,
    ) -> Result<Value, Unavailable> {
        let slot = slot(&key);
        let arguments = iter::once(key.into()).chain(arguments).collect();
        self.observed(name, Request::Command { command, slot, arguments }).await
    }

    /// A connection of its own, for commands that wait in Redis for as long as `block`.
    pub(crate) async fn reader(&self, block: Duration) -> Result<Client, Error> {
        let settings = &self.shared.settings;
        let reader = client(settings, block + settings.command_timeout)?;
        start(&reader).await;
        Ok(reader)
    }

    /// Sends a command that may wait, on a [`reader`](Redis::reader). The observer is told that
    /// it took no time: how long it waited says nothing.
    pub(crate) async fn read(
        &self,
        reader: &Client,
        name: &'static str,
        command: &'static str,
        key: &Key,
        arguments: Vec<Value>,
    ) -> Result<Value, Unavailable> {
        let sent = reader.custom(CustomCommand::new_static(command, slot(key), true), arguments).await;
        self.shared.observer.command(name, Duration::ZERO, sent.is_ok());
        sent.map_err(|error| Unavailable::new(name, error))
    }

    /// Sends a request, within the time of one command, and tells the observer.
    async fn observed(&self, name: &'static str, request: Request) -> Result<Value, Unavailable> {
        let begin = now();
        let answer = timeout(self.shared.settings.command_timeout, self.attempt(request));
        let answer = answer.instrument(span(name)).await;
        let result = answer.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no answer in time")));
        self.shared.observer.command(name, now().duration_since(begin), result.is_ok());
        result.map_err(|error| Unavailable::new(name, error))
    }

    async fn attempt(&self, request: Request) -> Result<Value, Error> {
        match request {
            Request::Command { command, slot, arguments } => self.send(command, slot, arguments).await,
            Request::Script { script, key, arguments } => {
                let slot = slot(&key);
                let with = |first: &str| -> Vec<Value> {
                    let head = [Value::from(first), Value::from(1), key.clone().into()];
                    head.into_iter().chain(arguments.iter().cloned()).collect()
                };
                match self.send("EVALSHA", slot.clone(), with(&script.sha)).await {
                    // Also after a failover to a server that never ran it.
                    Err(error) if error.details().starts_with("NOSCRIPT") => {
                        self.send("EVAL", slot, with(script.text)).await
                    }
                    answered => answered,
                }
            }
        }
    }

    async fn send(
        &self,
        command: &'static str,
        slot: ClusterHash,
        arguments: Vec<Value>,
    ) -> Result<Value, Error> {
        self.shared.client.custom(CustomCommand::new_static(command, slot, false), arguments).await
    }
}

/// Begins to connect, and waits a while until it is.
async fn start(client: &Client) {
    // The task ends with the client; its errors are those of the commands.
    drop(client.connect());
    match timeout(FIRST_CONNECTION, client.wait_for_connect()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "Redis does not answer yet"),
        Err(_) => tracing::warn!("Redis does not answer yet"),
    }
}

/// What a command is within a trace. Background work has no trace that it would be part of.
fn span(name: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!("redis", otel.name = name, otel.kind = "client", "db.system.name" = "redis")
}

/// What is sent, perhaps twice.
enum Request {
    Command { command: &'static str, slot: ClusterHash, arguments: Vec<Value> },
    Script { script: &'static Script, key: Key, arguments: Vec<Value> },
}

/// Where a key lives. fred looks at the first argument of a command it does not know, which is a key in none of ours.
fn slot(key: &Key) -> ClusterHash {
    ClusterHash::Custom(key.cluster_hash())
}

#[expect(clippy::disallowed_methods, reason = "measures how long Redis took; no rule depends on it")]
fn now() -> Instant {
    Instant::now()
}
