//! How to serve.

use std::time::Duration;

use actix_rt::net::TcpStream;
use socket2::SockRef;

/// Settings of a [`DirectServer`](crate::DirectServer).
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Threads that serve connections; 0: one a core.
    pub workers: usize,
    /// HTTP connections a worker takes (a WebSocket is not counted) at the same time.
    pub max_connections: usize,
    /// How long an HTTP connection may idle between requests.
    pub keep_alive: Duration,
    /// How long the head of a connection's first request may take.
    pub client_request_timeout: Duration,
    /// How long a connection may take to close.
    pub client_disconnect_timeout: Duration,
    /// How long stopping waits for requests that are being answered.
    pub shutdown_timeout: Duration,
    /// `TCP_USER_TIMEOUT`: a peer that acknowledges nothing for as long is gone. Linux only.
    pub user_timeout: Option<Duration>,
    /// `SO_SNDBUF` in bytes: what the kernel keeps of each slow reader. `None`: the system's default.
    pub send_buffer: Option<usize>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            workers: 0,
            max_connections: 25_000,
            keep_alive: Duration::from_secs(75),
            client_request_timeout: Duration::from_secs(10),
            client_disconnect_timeout: Duration::from_secs(2),
            shutdown_timeout: Duration::from_secs(5),
            user_timeout: Some(Duration::from_secs(30)),
            send_buffer: None,
        }
    }
}

impl ServeOptions {
    /// Applies what concerns the socket. A refusal of the system is no reason not to serve.
    pub(super) fn tune(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        let socket = SockRef::from(stream);
        if let Some(bytes) = self.send_buffer {
            let _ = socket.set_send_buffer_size(bytes);
        }
        // Whatever a client says is soon followed by something to it: the acknowledgement travels with that.
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_quickack(false);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(self.user_timeout);
    }
}
