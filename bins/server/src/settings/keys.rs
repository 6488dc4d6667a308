//! The table of all settings: parsing, `check-config` and the check of the documentation go by it.

use super::key::{Key, Kind};

macro_rules! keys {
    ($($id:ident $(or $alias:ident)?, $kind:expr, $default:literal, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub static $id: Key = Key {
                env: stringify!($id),
                alias: [$(Some(stringify!($alias)),)? None][0],
                kind: $kind,
                default: $default,
            };
        )*
        /// Every key, in the order of the documentation.
        pub static KEYS: &[&Key] = &[$(&$id),*];
    };
}

const U32: Kind = Kind::Integer(0, u32::MAX as u64);
const DAY_MS: u64 = 86_400_000;

keys! {
    NODE_ENV or APP_ENV, Kind::Choice(&["development", "test", "production"]), "development",
        "What the server is run for; production refuses weak secrets.";
    HOST, Kind::Text, "0.0.0.0", "Address to listen on: an IP address or a host name.";
    PORT, Kind::Integer(0, 65_535), "3333", "TCP port of HTTP and Socket.IO; 0 takes any free one.";
    WORKERS, Kind::Integer(0, 1_024), "0", "Threads that serve connections; 0 is one a core.";
    DEMO_ENABLED, Kind::Flag, "", "Whether the demo page is served; on in development by default.";

    LOG_LEVEL, Kind::Text, "info",
        "error, warn, info (log), debug, trace (verbose), off, or tracing directives.";
    LOG_FORMAT, Kind::Choice(&["pretty", "json"]), "",
        "Lines for people or for machines; json in production by default.";

    JWT_SECRET, Kind::Secret, "", "Signs and verifies tokens (HS256).";
    JWT_PREVIOUS_SECRETS, Kind::Secrets, "", "Secrets whose tokens are still accepted.";
    JWT_EXPIRATION, Kind::Duration(1, 31_536_000), "5m", "How long a token of ours is good.";

    REDIS_URL, Kind::Url, "", "redis:// or rediss:// URL; a list of seed nodes or of Sentinels.";
    REDIS_HOST, Kind::Text, "", "Redis host, instead of `REDIS_URL`.";
    REDIS_PORT, Kind::Integer(1, 65_535), "6379", "Redis port, beside `REDIS_HOST`.";
    REDIS_PASSWORD, Kind::Secret, "", "Redis password.";
    REDIS_DB, Kind::Integer(0, 255), "0", "Redis database number.";
    REDIS_CLUSTER, Kind::Flag, "false", "Whether `REDIS_URL` lists seed nodes of a Redis Cluster.";
    REDIS_SENTINEL_MASTER, Kind::Text, "", "The master's name, when `REDIS_URL` lists Sentinels.";

    DATABASE_URL, Kind::Url, "sqlite://data/video-chat.db",
        "sqlite:// or postgres:// URL of reports, blocks and the audit log.";
    DATABASE_MIGRATE, Kind::Flag, "true", "Whether the start applies missing migrations.";

    TURN_PROVIDER, Kind::Choice(&["coturn", "managed"]), "coturn",
        "Who relays media: a coturn with a shared secret, or a service with one user.";
    TURN_SHARED_SECRET, Kind::Secret, "", "The coturn's static-auth-secret.";
    TURN_PREVIOUS_SECRETS, Kind::Secrets, "",
        "Secrets the coturn still accepts during a rotation.";
    TURN_REALM, Kind::Text, "video-chat.local", "The coturn's realm.";
    TURN_HOST, Kind::Text, "localhost", "The coturn's name or address as clients reach it.";
    TURN_PORT, Kind::Integer(1, 65_535), "3478", "The coturn's port for UDP and TCP.";
    TURN_TLS_PORT, Kind::Integer(0, 65_535), "5349",
        "The coturn's TLS port; set but empty, or 0: no turns: URL is told to clients.";
    TURN_TTL, Kind::Duration(1, 2_592_000), "1h", "How long a TURN credential is good.";
    TURN_URLS, Kind::List, "", "turn: and turns: URLs of the managed service.";
    TURN_USERNAME, Kind::Text, "", "User name at the managed service.";
    TURN_PASSWORD, Kind::Secret, "", "Password at the managed service.";
    STUN_URLS, Kind::List, "", "stun: URLs for clients; with coturn its own by default.";

    CORS_ORIGINS, Kind::List, "http://localhost:5173,http://localhost:3000",
        "Origins of the web pages that may connect.";

    TRUSTED_PROXIES, Kind::List, "",
        "Addresses and CIDR ranges whose X-Forwarded-For is believed.";
    RATE_LIMIT_WINDOW_MS, Kind::Millis(0, DAY_MS), "60000",
        "The window of `RATE_LIMIT_MAX_REQUESTS`; 0: no limit.";
    RATE_LIMIT_MAX_REQUESTS, U32, "100", "HTTP calls an address, and a device, may make in a window.";
    MAX_CALLS_PER_MINUTE, U32, "10", "Joins of the queue a device may make in a minute.";
    MAX_EVENTS_PER_SECOND, Kind::Integer(0, 1_000_000), "100",
        "Events a connection may send in a second, three times as many at once.";
    MAX_CONNECTIONS_PER_IP, U32, "1000", "Open connections an address may have.";
    ABUSE_DETECTION_ENABLED, Kind::Flag, "true", "Whether patterns of abuse are looked for.";

    PING_INTERVAL_MS, Kind::Millis(50, 3_600_000), "25000",
        "Time between two heartbeats.";
    PING_TIMEOUT_MS, Kind::Millis(50, 3_600_000), "20000",
        "Time a client has to answer a heartbeat.";
    MAX_PAYLOAD, Kind::Integer(0, 16_777_216), "131072",
        "The largest frame or polling body taken, in bytes.";
    RECONNECT_GRACE_MS, Kind::Millis(0, 600_000), "10000",
        "How long a call waits for a peer that vanished; 0: not at all.";
    REMATCH_AFTER_MS, Kind::Millis(0, 600_000), "3000",
        "How long two waiters who just parted are kept apart; 0: not at all.";
    DRAIN_TIMEOUT_MS, Kind::Millis(0, 600_000), "25000",
        "How long a stopping server waits for its connections to leave.";

    PROMETHEUS_PORT, Kind::Integer(0, 65_535), "9090", "A port of its own for /metrics; 0: off.";
    METRIC_REGIONS, Kind::List,
        "global,us,us-east,us-west,eu,eu-west,eu-central,asia,africa,oceania,na,sa",
        "The regions that metrics tell apart; all others count as other.";

    OTEL_ENABLED, Kind::Flag, "false", "Whether traces are exported.";
    OTEL_EXPORTER_OTLP_ENDPOINT, Kind::Url, "http://localhost:4317", "Where traces are sent.";
    OTEL_SERVICE_NAME, Kind::Text, "video-chat-server", "The name traces carry.";
}
