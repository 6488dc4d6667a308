//! How fred is set up.

use std::time::Duration;

use fred::{
    clients::Client,
    error::Error,
    types::{
        Builder, RespVersion,
        config::{
            ClusterDiscoveryPolicy, Config, ConnectionConfig, PerformanceConfig, ReconnectError,
            ReconnectPolicy, Server, ServerConfig, TcpConfig, TlsConfig, TlsConnector, UnresponsiveConfig,
        },
    },
};

use crate::settings::{RedisSettings, Topology};

/// Commands that may wait to be sent; more are refused at once.
const QUEUE: usize = 65_536;

/// How often a command is sent whose connection was lost, or that another server of the cluster must answer: fred counts
/// both. All commands of this crate come to the same when they run twice.
const ATTEMPTS: u32 = 3;

/// Notices of trouble that may wait for a listener.
const NOTICES: usize = 256;

/// Between two attempts to connect, in ms: from the first to the second, doubled each time.
const RECONNECT_AFTER: (u32, u32) = (50, 2_000);

/// How much longer than a command may take a connection may be silent.
const SILENCE: Duration = Duration::from_millis(500);

/// A client that is not connected yet. `reply_timeout`: how long one may wait for an answer, `None` as long as it takes.
pub(crate) fn client(settings: &RedisSettings, reply_timeout: Duration) -> Result<Client, Error> {
    let mut builder = Builder::from_config(config(settings)?);
    builder
        .set_performance_config(PerformanceConfig {
            default_command_timeout: reply_timeout,
            broadcast_channel_capacity: NOTICES,
            ..PerformanceConfig::default()
        })
        .set_connection_config(connection(settings, reply_timeout))
        .set_policy(ReconnectPolicy::new_exponential(0, RECONNECT_AFTER.0, RECONNECT_AFTER.1, 2));
    builder.build()
}

fn config(settings: &RedisSettings) -> Result<Config, Error> {
    let tls = if settings.tls { Some(TlsConfig::from(TlsConnector::default_rustls()?)) } else { None };
    let password = settings.password.as_ref().map(|secret| String::from_utf8_lossy(secret.expose()).into());
    Ok(Config {
        // Without a server to start with, the client goes on trying.
        fail_fast: false,
        username: settings.username.clone(),
        password,
        server: servers(&settings.topology),
        version: RespVersion::RESP3,
        database: Some(settings.database).filter(|number| *number != 0),
        tls,
        ..Config::default()
    })
}

fn servers(topology: &Topology) -> ServerConfig {
    let all = |nodes: &[(String, u16)]| -> Vec<Server> {
        nodes.iter().map(|(host, port)| Server::new(host.as_str(), *port)).collect()
    };
    match topology {
        Topology::Single(host, port) => ServerConfig::new_centralized(host, *port),
        Topology::Sentinel { nodes, service } => ServerConfig::new_sentinel(nodes.clone(), service),
        // Those named may be gone when others have taken their place.
        Topology::Cluster(nodes) => {
            ServerConfig::Clustered { hosts: all(nodes), policy: ClusterDiscoveryPolicy::UseCache }
        }
    }
}

fn connection(settings: &RedisSettings, reply_timeout: Duration) -> ConnectionConfig {
    ConnectionConfig {
        connection_timeout: settings.command_timeout,
        internal_command_timeout: settings.command_timeout,
        max_command_attempts: ATTEMPTS,
        max_command_buffer_len: QUEUE,
        unresponsive: UnresponsiveConfig {
            max_timeout: Some(reply_timeout + SILENCE),
            interval: Duration::from_millis(250),
        },
        tcp: TcpConfig { nodelay: Some(true), ..TcpConfig::default() },
        // After these the server is the wrong one, or not ready: ask again who is the master.
        reconnect_errors: vec![
            ReconnectError::ClusterDown,
            ReconnectError::Loading,
            ReconnectError::MasterDown,
            ReconnectError::ReadOnly,
        ],
        ..ConnectionConfig::default()
    }
}
