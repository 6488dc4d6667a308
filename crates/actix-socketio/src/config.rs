//! What can be set.

use std::{fmt, sync::Arc, time::Duration};

/// Settings of the transport. The defaults are those of the Node.js server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it is mounted, with the trailing slash.
    pub path: String,
    /// How often the server pings.
    pub ping_interval: Duration,
    /// How long it waits for the answer.
    pub ping_timeout: Duration,
    /// The largest message or polling body taken from a client, in bytes.
    pub max_payload: usize,
    /// How long a connection may live without joining a namespace.
    pub connect_timeout: Duration,
    /// How long an upgrade may take.
    pub upgrade_timeout: Duration,
    /// How many bytes may wait for a client that does not read; beyond that it is closed.
    pub max_buffered: usize,
    /// Which origins may connect.
    pub origins: Origins,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: "/socket.io/".into(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            connect_timeout: Duration::from_secs(45),
            upgrade_timeout: Duration::from_secs(10),
            max_buffered: 1 << 20,
            origins: Origins::Any,
        }
    }
}

/// Which origins may connect. A request without `Origin` always may.
#[derive(Clone)]
pub enum Origins {
    /// Every origin, answered with `*`.
    Any,
    /// Those the function accepts, given `Origin` and `Host` (a page of the server itself names both alike), echoed with credentials allowed. Others get no CORS header and a 403.
    Only(Arc<AcceptsOrigin>),
}

/// Decides about the `Origin` of a request that was sent to a `Host`.
pub type AcceptsOrigin = dyn Fn(&str, Option<&str>) -> bool + Send + Sync;

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "Any",
            Self::Only(_) => "Only(…)",
        })
    }
}
