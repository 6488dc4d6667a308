use std::{collections::HashSet, net::IpAddr};

use super::{Environment, keys, reader::Reader};

/// Which web pages may connect.
#[derive(Debug, Clone)]
pub struct Cors {
    /// Origins as browsers serialise them.
    origins: HashSet<String>,
    /// Whether a page served by this very server may connect without being listed.
    same_origin: bool,
}

impl Cors {
    pub(super) fn read(reader: &mut Reader, environment: Environment) -> Self {
        let origins = reader.parsed_list(&keys::CORS_ORIGINS, |text| {
            serialised(text)
                .ok_or_else(|| "must be an origin such as https://example.org, without path or *".into())
        });
        Self { origins: origins.into_iter().collect(), same_origin: environment != Environment::Production }
    }

    /// Whether a page of `origin` (the `Origin` header) may use the server it reached as `host` (the `Host` header).
    ///
    /// Outside production a page of the server itself may, too: browsers send `Origin` with WebSocket handshakes to the
    /// page's own server. Only where the host is `localhost` or an IP address: a name could be anybody's, pointed here.
    pub fn allows(&self, origin: &str, host: Option<&str>) -> bool {
        if self.origins.contains(origin) {
            return true;
        }
        let Some(origin) = serialised(origin) else { return false };
        self.origins.contains(&origin) || (self.same_origin && host.is_some_and(|host| is_own(&origin, host)))
    }
}

fn is_own(origin: &str, host: &str) -> bool {
    let Some((scheme @ ("http" | "https"), authority)) = origin.split_once("://") else { return false };
    let Some(host) = serialised(&format!("{scheme}://{host}")) else { return false };
    host.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) == Some(authority)
        && is_unnamed(authority)
}

/// `localhost` or an IP address, with or without a port.
fn is_unnamed(authority: &str) -> bool {
    let (host, _) = split_port(authority);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok()
}

/// `scheme://host[:port]` in lower case, the scheme's own port left out (RFC 6454 §6.2); one slash at the end is forgiven.
fn serialised(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (scheme, authority) = lower.strip_suffix('/').unwrap_or(&lower).split_once("://")?;
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let (host, port) = split_port(authority);
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_fits = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => super::parse::host(host).is_ok() && !host.contains(':'),
    };
    if !scheme_fits || !host_fits {
        return None;
    }
    let port: Option<u16> = port.map(str::parse).transpose().ok()?;
    Some(match (scheme, port) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => format!("{scheme}://{host}"),
        (_, Some(port)) => format!("{scheme}://{host}:{port}"),
    })
}

/// Splits `host:port`; the colons of an IPv6 address are inside brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str], same_origin: bool) -> Cors {
        let origins = origins.iter().map(|origin| serialised(origin).unwrap()).collect();
        Cors { origins, same_origin }
    }

    #[test]
    fn origins_are_serialised_as_browsers_do() {
        for (text, origin) in [
            ("HTTPS://Example.org:443/", "https://example.org"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            assert_eq!(serialised(text).as_deref(), Some(origin));
        }
        for bad in [
            "*",
            "null",
            "",
            "example.org",
            "http://",
            "http://a/b",
            "http://a:x",
            "http://a:70000",
            "http://a b",
            "http://u@a",
            "http://*.a",
            "https://münchen.de",
            "://a",
            "http://a//",
            "http://::1",
        ] {
            assert_eq!(serialised(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_listed_origins_are_allowed() {
        let cors = cors(&["https://app.example"], false);
        assert!(cors.allows("https://app.example", None));
        for other in [
            "http://app.example",
            "https://app.example:8443",
            "https://app.example.evil",
            "https://x.app.example",
            "null",
            "",
        ] {
            assert!(!cors.allows(other, Some("app.example")), "{other}");
        }
        assert!(!cors.allows("http://localhost:3333", Some("localhost:3333")));
    }

    #[test]
    fn in_development_the_server_s_own_pages_are_allowed() {
        let cors = cors(&[], true);
        assert!(cors.allows("http://localhost:3333", Some("localhost:3333")));
        assert!(cors.allows("http://127.0.0.1", Some("127.0.0.1:80")));
        assert!(cors.allows("http://[::1]:3333", Some("[::1]:3333")));
        assert!(!cors.allows("http://localhost:5173", Some("localhost:3333")));
        assert!(!cors.allows("http://localhost:3333", None));
        // A name of an attacker that resolves to this machine.
        assert!(!cors.allows("http://evil.example:3333", Some("evil.example:3333")));
    }
}
