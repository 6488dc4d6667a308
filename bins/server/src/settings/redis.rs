use video_chat_kernel::Secret;

use super::{keys, parse, reader::Reader};

const DEFAULT_PORT: u16 = 6_379;

/// One Redis server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisNode {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// Redis, as configured.
#[derive(Debug, Clone)]
pub struct Redis {
    /// The server, or with `cluster` the seed nodes, or with `sentinel` the Sentinels; at least one.
    pub nodes: Vec<RedisNode>,
    /// Whether the nodes form a Redis Cluster.
    pub cluster: bool,
    /// The name that Sentinels know the master by; then the nodes are the Sentinels.
    pub sentinel: Option<String>,
    /// Whether to speak TLS (`rediss://`).
    pub tls: bool,
    /// ACL user.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Database number.
    pub db: u8,
}

impl Redis {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let cluster = reader.flag(&keys::REDIS_CLUSTER).unwrap_or(false);
        let port = reader.integer(&keys::REDIS_PORT);
        let db: u8 = reader.integer(&keys::REDIS_DB);
        let password = reader.secret(&keys::REDIS_PASSWORD);
        let host = reader.parsed(&keys::REDIS_HOST, parse::host);
        let url = reader.parsed(&keys::REDIS_URL, Url::parse_list);

        if reader.is_set(&keys::REDIS_URL) && reader.is_set(&keys::REDIS_HOST) {
            reader.fault(&keys::REDIS_HOST, "contradicts REDIS_URL: set one of them");
        }
        if cluster && !reader.is_set(&keys::REDIS_URL) {
            reader.fault(&keys::REDIS_CLUSTER, "needs REDIS_URL with the seed nodes");
        }
        let sentinel = reader.parsed(&keys::REDIS_SENTINEL_MASTER, master_name);
        let several = cluster || sentinel.is_some();
        let mut redis = match (url, host) {
            (Some(url), _) => from_url(reader, url, several, password, db),
            (None, Some(host)) => {
                let nodes = vec![RedisNode { host, port }];
                Self { nodes, cluster, sentinel: None, tls: false, username: None, password, db }
            }
            (None, None) => return None,
        };
        (redis.cluster, redis.sentinel) = (cluster, sentinel);
        if cluster && redis.db != 0 {
            reader.fault(&keys::REDIS_DB, "must be 0 with REDIS_CLUSTER: a cluster has one database");
        }
        if cluster && redis.sentinel.is_some() {
            reader.fault(
                &keys::REDIS_SENTINEL_MASTER,
                "contradicts REDIS_CLUSTER: a cluster needs no Sentinels",
            );
        }
        Some(redis)
    }
}

/// Sentinel's own rule for names.
fn master_name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if text.bytes().all(fits) { Ok(text.into()) } else { Err("must be of letters, digits and .-_".into()) }
}

fn from_url(reader: &mut Reader, url: Url, several: bool, password: Option<Secret>, db: u8) -> Redis {
    if url.nodes.len() > 1 && !several {
        reader.fault(
            &keys::REDIS_URL,
            "lists several nodes, which needs REDIS_CLUSTER=true or REDIS_SENTINEL_MASTER",
        );
    }
    if url.password.is_some() && password.is_some() && url.password != password {
        reader.fault(&keys::REDIS_PASSWORD, "contradicts the password in REDIS_URL");
    }
    if reader.is_set(&keys::REDIS_DB) && url.db.is_some_and(|in_url| in_url != db) {
        reader.fault(&keys::REDIS_DB, "contradicts the database in REDIS_URL");
    }
    let Url { nodes, tls, username, .. } = url;
    let (password, db) = (url.password.or(password), url.db.unwrap_or(db));
    Redis { nodes, cluster: false, sentinel: None, tls, username, password, db }
}

/// `redis[s]://[[user]:password@]host[:port][/db]`, or several, separated by commas, that differ in host and port only.
#[derive(Debug, PartialEq, Eq)]
struct Url {
    nodes: Vec<RedisNode>,
    tls: bool,
    username: Option<String>,
    password: Option<Secret>,
    db: Option<u8>,
}

impl Url {
    fn parse_list(text: &str) -> Result<Self, String> {
        let mut urls = text.split(',').map(str::trim).filter(|url| !url.is_empty()).map(Self::parse);
        let mut first = urls.next().ok_or("is empty")??;
        for url in urls {
            let Self { nodes, tls, username, password, db } = url?;
            let same = tls == first.tls
                && (username.is_none() || username == first.username)
                && (password.is_none() || password == first.password)
                && (db.is_none() || db == first.db);
            if !same {
                return Err("lists nodes that differ in more than host and port".into());
            }
            first.nodes.extend(nodes);
        }
        Ok(first)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return Err("must begin with redis:// or rediss://".into()),
        };
        let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (name, password) = user.map_or(("", None), |user| match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        });
        let (address, db) = rest.split_once('/').unwrap_or((rest, ""));
        let db = match db {
            "" => None,
            number => Some(number.parse().map_err(|_| "has a path that is no database number")?),
        };
        let decoded = |text: &str| percent_decoded(text).ok_or("has a bad percent escape");
        Ok(Self {
            nodes: vec![node(address)?],
            tls,
            username: if name.is_empty() { None } else { Some(decoded(name)?) },
            password: password.filter(|text| !text.is_empty()).map(decoded).transpose()?.map(Secret::new),
            db,
        })
    }
}

fn node(address: &str) -> Result<RedisNode, String> {
    let bracketed = address.rfind(']').unwrap_or(0);
    let colon = address.rfind(':').filter(|colon| *colon > bracketed || bracketed == 0);
    let (host, port) = match colon.and_then(|colon| address.split_at_checked(colon)) {
        Some((host, port)) => (host, port.trim_start_matches(':').parse().ok().filter(|port| *port != 0)),
        None => (address, Some(DEFAULT_PORT)),
    };
    Ok(RedisNode {
        host: parse::host(host).map_err(|_| "has no valid host")?,
        port: port.ok_or("has no valid port")?,
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?].map(char::from).map(|digit| digit.to_digit(16));
                u8::try_from(digits[0]? * 16 + digits[1]?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: &str, port: u16) -> RedisNode {
        RedisNode { host: host.into(), port }
    }

    #[test]
    fn a_url_with_everything() {
        let url = Url::parse_list("rediss://app:p%40ss%2Fw@redis.example:6380/3").unwrap();
        assert_eq!(url.nodes, [node("redis.example", 6380)]);
        assert!(url.tls);
        assert_eq!(url.username.as_deref(), Some("app"));
        assert_eq!(url.password, Some(Secret::new("p@ss/w")));
        assert_eq!(url.db, Some(3));
    }

    #[test]
    fn seed_nodes_of_a_cluster() {
        let url = Url::parse_list("redis://:pw@a:1, redis://b,redis://[::1]:3").unwrap();
        assert_eq!(url.nodes, [node("a", 1), node("b", 6379), node("::1", 3)]);
        assert_eq!(url.password, Some(Secret::new("pw")));
    }

    #[test]
    fn bad_urls() {
        for bad in [
            "http://a",
            "a:1",
            "redis://",
            "redis://a:0",
            "redis://a:x",
            "redis://a/x",
            "redis://:%zz@a",
            "redis://a:1,rediss://b",
            ",",
        ] {
            assert!(Url::parse_list(bad).is_err(), "{bad}");
        }
    }
}
