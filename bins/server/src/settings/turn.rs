use video_chat_kernel::Secret;
use video_chat_turn::{Provider, stun_url, turn_urls};

use super::{
    Environment, keys, parse,
    reader::Reader,
    secret::{previous, random, refuse_weak},
};

/// STUN and TURN.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Who relays, and the credentials for it.
    pub provider: Provider,
    /// `stun:` URLs for clients; may be none.
    pub stun_urls: Vec<String>,
    /// The coturn's realm.
    pub realm: String,
    /// Secrets the coturn still accepts; nothing is signed with them any more.
    pub previous: Vec<Secret>,
}

impl Turn {
    pub(super) fn read(reader: &mut Reader, environment: Environment) -> Self {
        let host = reader.parsed(&keys::TURN_HOST, parse::host).unwrap_or_default();
        let port: u16 = reader.integer(&keys::TURN_PORT);
        let managed = reader.choice(&keys::TURN_PROVIDER) == Some("managed");
        let provider =
            if managed { read_managed(reader) } else { read_coturn(reader, environment, &host, port) };
        let mut stun_urls = reader.parsed_list(&keys::STUN_URLS, |url| ice_url(url, &["stun", "stuns"]));
        if !managed && !reader.is_set(&keys::STUN_URLS) {
            // A coturn answers STUN on its TURN port.
            let own = stun_url(&host, port);
            reader.show(&keys::STUN_URLS, own.clone());
            stun_urls = vec![own];
        }
        Self {
            provider,
            stun_urls,
            realm: reader.text(&keys::TURN_REALM).unwrap_or_default(),
            previous: previous(reader, &keys::TURN_PREVIOUS_SECRETS, environment),
        }
    }
}

fn read_coturn(reader: &mut Reader, environment: Environment, host: &str, port: u16) -> Provider {
    let key = &keys::TURN_SHARED_SECRET;
    let secret = reader.secret(key);
    if environment == Environment::Production {
        refuse_weak(reader, key, secret.as_ref());
        if !reader.is_set(&keys::TURN_HOST) {
            reader.warn("TURN_HOST is not set: clients are sent to localhost for STUN and TURN");
        }
    } else if secret.is_none() {
        reader.show(key, "[random at every start]");
        reader.warn(
            "TURN_SHARED_SECRET is not set: a random one is used, so no coturn accepts the credentials and calls \
             connect only where no relay is needed",
        );
    }
    let tls_port = reader.integer(&keys::TURN_TLS_PORT);
    Provider::Coturn {
        secret: secret.unwrap_or_else(|| random(reader, key)),
        urls: turn_urls(host, port, Some(tls_port)),
        ttl: reader.duration(&keys::TURN_TTL),
    }
}

fn read_managed(reader: &mut Reader) -> Provider {
    for key in [&keys::TURN_URLS, &keys::TURN_USERNAME, &keys::TURN_PASSWORD] {
        if !reader.is_set(key) {
            reader.fault(key, "must be set with TURN_PROVIDER=managed");
        }
    }
    Provider::Managed {
        urls: reader.parsed_list(&keys::TURN_URLS, |url| ice_url(url, &["turn", "turns"])),
        username: reader.text(&keys::TURN_USERNAME).unwrap_or_default(),
        password: reader.secret(&keys::TURN_PASSWORD).unwrap_or_else(|| Secret::new([])),
        ttl: reader.duration(&keys::TURN_TTL),
    }
}

/// `scheme:host[:port][?transport=…]` (RFC 7064 §3.1, RFC 7065 §3.1).
fn ice_url(url: &str, schemes: &[&str]) -> Result<String, String> {
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let fits = schemes.contains(&scheme)
        && !rest.is_empty()
        && !rest.starts_with('/')
        && rest.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(url.to_owned())
    } else {
        Err(format!("must be a URL such as {}:turn.example.org:3478", schemes.join(": or ")))
    }
}
