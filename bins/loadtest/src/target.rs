//! The server under load, and how one gets in.

use std::{
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use video_chat_auth::{Role, Tokens};
use video_chat_kernel::{DeviceId, Secret};

use crate::{clock, link::dial};

const TOKEN_LIFETIME: Duration = Duration::from_hours(6);
const PATH: &str = "/socket.io/";

/// Where the server is and what it accepts.
pub(crate) struct Target {
    pub(crate) server: SocketAddr,
    /// For the `Host` header.
    pub(crate) host: String,
    pub(crate) path: &'static str,
    pub(crate) namespace: String,
    /// The server relays raw WebSocket frames between neighbours and knows no protocol.
    pub(crate) bare: bool,
    tokens: Option<Tokens>,
    /// In front of device ids, so that runs do not meet.
    run: String,
}

impl Target {
    /// A server by its URL; with the secret, tokens are signed here instead of being asked for.
    pub(crate) fn new(
        url: &str,
        namespace: &str,
        secret: Option<String>,
        bare: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let host =
            url.strip_prefix("http://").ok_or("the URL must begin with http://")?.trim_end_matches('/');
        let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let server = with_port.to_socket_addrs()?.next().ok_or("the host has no address")?;
        Ok(Self {
            server,
            host: host.into(),
            path: PATH,
            namespace: namespace.into(),
            bare,
            tokens: secret.map(|secret| Tokens::new(&Secret::new(secret), &[])),
            run: format!("loadtest-{}-{}", std::process::id(), clock::wall().as_millis()),
        })
    }

    /// The address client `number` comes from: each has its own where the server is on this machine.
    pub(crate) fn source(&self, number: usize) -> Option<Ipv4Addr> {
        let IpAddr::V4(ip) = self.server.ip() else { return None };
        let number = u32::try_from(number).ok().filter(|number| *number < 1 << 23)?;
        ip.is_loopback().then(|| Ipv4Addr::from_bits(Ipv4Addr::new(127, 16, 0, 1).to_bits() + number))
    }

    /// A token for client `number`.
    pub(crate) async fn token(&self, number: usize) -> Result<String, Box<dyn Error>> {
        let device = format!("{}-{number}", self.run);
        let Some(tokens) = &self.tokens else { return self.ask_for_token(&device, number).await };
        let device = DeviceId::parse(&device).map_err(|_| "no device id")?;
        Ok(tokens.issue(&device, Role::User, clock::wall(), TOKEN_LIFETIME))
    }

    /// `POST /auth/token`.
    async fn ask_for_token(&self, device: &str, number: usize) -> Result<String, Box<dyn Error>> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Issued {
            access_token: String,
        }
        let body = format!(r#"{{"deviceId":"{device}"}}"#);
        let request = format!(
            "POST /auth/token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let mut stream = dial(self.server, self.source(number)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let json = answer.find('{').zip(answer.rfind('}')).and_then(|(start, end)| answer.get(start..=end));
        let issued: Result<Issued, _> = serde_json::from_str(json.unwrap_or_default());
        Ok(issued
            .map_err(|_| io::Error::other(answer.lines().next().unwrap_or_default().to_owned()))?
            .access_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, Box<dyn Error>> {
        Target::new(url, "/", None, false)
    }

    #[test]
    fn clients_of_a_local_server_have_an_address_each() {
        let local = target("http://127.0.0.1:3333/").unwrap();
        assert_eq!(local.source(0), Some(Ipv4Addr::new(127, 16, 0, 1)));
        assert_eq!(local.source(300), Some(Ipv4Addr::new(127, 16, 1, 45)));
        assert_eq!(target("http://192.0.2.1").unwrap().source(0), None);
        assert!(target("https://example.org").is_err());
    }
}
