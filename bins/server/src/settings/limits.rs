use std::time::Duration;

use ipnet::IpNet;
use video_chat_auth::Quota;

use super::{keys, reader::Reader};

/// How many seconds' worth of events a connection may send at once.
const EVENT_BURST: u32 = 3;

/// How much of what is allowed; `None` is unlimited.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// HTTP requests of an address.
    pub requests: Option<Quota>,
    /// Joins of a device.
    pub joins: Option<Quota>,
    /// Events of a connection.
    pub events: Option<Quota>,
    /// Open connections of an address.
    pub connections_per_ip: Option<u32>,
    /// Whether patterns of abuse are looked for.
    pub abuse_detection: bool,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let window = reader.millis(&keys::RATE_LIMIT_WINDOW_MS);
        let quota = |burst, period| Quota { burst, period };
        Self {
            trusted_proxies: reader.parsed_list(&keys::TRUSTED_PROXIES, network),
            requests: reader
                .limit(&keys::RATE_LIMIT_MAX_REQUESTS)
                .filter(|_| !window.is_zero())
                .map(|burst| quota(burst, window)),
            joins: reader
                .limit(&keys::MAX_CALLS_PER_MINUTE)
                .map(|burst| quota(burst, Duration::from_mins(1))),
            events: reader.limit(&keys::MAX_EVENTS_PER_SECOND).map(|rate| {
                quota(rate.saturating_mul(EVENT_BURST), Duration::from_secs(u64::from(EVENT_BURST)))
            }),
            connections_per_ip: reader.limit(&keys::MAX_CONNECTIONS_PER_IP),
            abuse_detection: reader.flag(&keys::ABUSE_DETECTION_ENABLED).unwrap_or(true),
        }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address));
    text.parse()
        .ok()
        .or_else(address)
        .ok_or_else(|| "must be an IP address or a CIDR range such as 10.0.0.0/8".into())
}
