use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs},
    process::ExitCode,
    time::Duration,
};

use crate::settings::{Faults, Server, Settings};

/// How long the server may take to accept.
const TO_CONNECT: Duration = Duration::from_millis(500);
/// How long it may take to answer.
const TO_ANSWER: Duration = Duration::from_secs(2);
/// The bytes of an answer up to its status code.
const STATUS_LINE: usize = "HTTP/1.1 200".len();

/// Asks `/health/ready` of the server with this configuration on this machine.
pub(super) fn run(settings: Result<Settings, Faults>) -> ExitCode {
    let answer = match settings {
        Ok(settings) => ask(&settings.server).map_err(|error| error.to_string()),
        Err(faults) => Err(faults.to_string()),
    };
    match answer {
        Ok(200) => ExitCode::SUCCESS,
        Ok(status) => failed(&format!("the server answered {status}")),
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("not ready: {message}");
    ExitCode::FAILURE
}

/// The status of the answer.
fn ask(server: &Server) -> io::Result<u16> {
    if server.port == 0 {
        return Err(io::Error::other("PORT=0 does not tell where the server is"));
    }
    let mut stream = connect(server)?;
    stream.set_read_timeout(Some(TO_ANSWER))?;
    stream.set_write_timeout(Some(TO_ANSWER))?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    // `HTTP/1.1 200` is all that matters.
    let mut start = Vec::with_capacity(STATUS_LINE);
    stream.take(STATUS_LINE as u64).read_to_end(&mut start)?;
    let text = String::from_utf8_lossy(&start);
    let status = text.split_whitespace().nth(1).filter(|_| text.starts_with("HTTP/1."));
    let status = status.and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

fn connect(server: &Server) -> io::Result<TcpStream> {
    let mut failure = io::Error::other("HOST has no address");
    for address in addresses(server)? {
        match TcpStream::connect_timeout(&address, TO_CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A server that listens everywhere is asked on the loopback.
fn addresses(server: &Server) -> io::Result<Vec<SocketAddr>> {
    match server.host.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
            Ok(loopback.map(|address| SocketAddr::new(address, server.port)).into())
        }
        _ => Ok((server.host.as_str(), server.port).to_socket_addrs()?.collect()),
    }
}
