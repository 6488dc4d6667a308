//! Who is calling: the client's address behind trusted proxies.

use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The client's address: the connection's `peer`, unless that is a trusted proxy.
///
/// Every proxy appends the address it was called from to `X-Forwarded-For`, so the list is walked from the right as
/// long as the hop that wrote an entry is trusted; whatever stands further left is the client's own invention. An
/// entry that is no address ends the walk at the hop that wrote it. IPv4 addresses in IPv6 clothes are undressed.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines: Vec<_> = headers.get_all("x-forwarded-for").collect();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        if !is_trusted(client, trusted) {
            break;
        }
        match std::str::from_utf8(entry).ok().and_then(|text| parse_hop(text.trim())) {
            Some(hop) => client = hop,
            None => break,
        }
    }
    client
}

/// Whether the client spoke TLS, as told by `X-Forwarded-Proto` of a trusted proxy (we serve plain HTTP).
pub fn is_secure(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> bool {
    is_trusted(peer, trusted)
        && headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Whether this is one of the trusted proxies.
pub fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    let ip = ip.to_canonical();
    trusted.iter().any(|net| net.contains(&ip))
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse().ok().or_else(|| text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip()));
    ip.map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_without_trust() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn the_nearest_untrusted_hop_is_the_client() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.2.2.2"], &trusted), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "198.51.100.1,fd00::7"], &trusted), "198.51.100.1");
        assert_eq!(
            seen("10.0.0.1", &["10.3.3.3, 10.2.2.2"], &trusted),
            "10.3.3.3",
            "all trusted: the farthest"
        );
        assert_eq!(seen("10.0.0.1", &[], &trusted), "10.0.0.1");
    }

    #[test]
    fn rubbish_ends_the_walk_at_the_hop_that_wrote_it() {
        let trusted = ["10.0.0.0/8"];
        for rubbish in ["", "unknown", "1.2.3", "198.51.100.1, ", "_hidden", "[::1", "1.2.3.4:99999"] {
            assert_eq!(seen("10.0.0.1", &[rubbish], &trusted), "10.0.0.1", "{rubbish}");
        }
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, junk, 10.2.2.2"], &trusted), "10.2.2.2");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        let trusted = ["127.0.0.0/8"];
        for (entry, ip) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(seen("::ffff:127.0.0.1", &[entry], &trusted), ip);
        }
    }

    #[test]
    fn tls_is_believed_of_trusted_proxies_only() {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https"));
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert!(is_secure("10.1.1.1".parse().unwrap(), &headers, &trusted));
        assert!(!is_secure("192.0.2.1".parse().unwrap(), &headers, &trusted));
    }
}
