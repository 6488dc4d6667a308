use std::net::Ipv6Addr;

/// The URLs of a TURN server (RFC 7065 §3.1): by UDP, by TCP, and by TLS when it has a port for it (`None` or 0: it has
/// not).
///
/// `host` is a name or an address, an IPv6 address with or without brackets; it is not checked here.
///
/// ```
/// use video_chat_turn::turn_urls;
///
/// assert_eq!(
///     turn_urls("2001:db8::7", 3478, None),
///     ["turn:[2001:db8::7]:3478?transport=udp", "turn:[2001:db8::7]:3478?transport=tcp"],
/// );
/// ```
pub fn turn_urls(host: &str, port: u16, tls_port: Option<u16>) -> Vec<String> {
    let host = bracketed(host);
    let plain = ["udp", "tcp"].map(|transport| format!("turn:{host}:{port}?transport={transport}"));
    let tls = tls_port.filter(|port| *port != 0).map(|port| format!("turns:{host}:{port}?transport=tcp"));
    plain.into_iter().chain(tls).collect()
}

/// The URL of a STUN server (RFC 7064 §3.1); a TURN server is one on the same port.
///
/// ```
/// assert_eq!(video_chat_turn::stun_url("stun.example.org", 3478), "stun:stun.example.org:3478");
/// ```
pub fn stun_url(host: &str, port: u16) -> String {
    format!("stun:{}:{port}", bracketed(host))
}

fn bracketed(host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn udp_tcp_and_tls_in_this_order() {
        assert_eq!(
            turn_urls("turn.example.org", 3478, Some(5349)),
            [
                "turn:turn.example.org:3478?transport=udp",
                "turn:turn.example.org:3478?transport=tcp",
                "turns:turn.example.org:5349?transport=tcp",
            ]
        );
    }

    #[test]
    fn no_tls_port_no_tls_url() {
        for tls_port in [None, Some(0)] {
            assert!(
                turn_urls("192.0.2.1", 3478, tls_port).iter().all(|url| url.starts_with("turn:192.0.2.1:"))
            );
        }
    }

    #[test]
    fn ipv6_addresses_are_in_brackets_once() {
        for host in ["2001:db8::7", "[2001:db8::7]"] {
            assert_eq!(stun_url(host, 3478), "stun:[2001:db8::7]:3478");
        }
        assert_eq!(stun_url("::ffff:192.0.2.1", 1), "stun:[::ffff:192.0.2.1]:1");
    }
}
