//! A client that shows every byte: HTTP requests and WebSocket frames over blocking sockets.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use video_chat_socketio::ws::client_frame;

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) raw: Vec<u8>,
}

impl Response {
    pub(crate) fn body(&self) -> &str {
        str::from_utf8(&self.raw).unwrap()
    }

    /// The values of a header, joined.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// A request on its way: sent, the answer (with a body, or without) not yet read.
pub(crate) struct Pending(TcpStream, bool);

impl Pending {
    pub(crate) fn response(mut self) -> Response {
        let head = read_head(&mut self.0);
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").map(|n| n.trim().parse::<usize>().unwrap())
        });
        let mut raw = vec![0; length.filter(|_| self.1).unwrap_or(0)];
        self.0.read_exact(&mut raw).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, head, raw }
    }

    /// Whether nothing has been answered after `time`.
    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        self.0.set_read_timeout(Some(time)).unwrap();
        let silent = matches!(self.0.peek(&mut [0]), Err(e) if is_timeout(&e));
        self.0.set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

pub(crate) fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a request without waiting for the answer.
pub(crate) fn send(addr: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Pending {
    let mut stream = connect(addr);
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in headers {
        head += header;
        head += "\r\n";
    }
    if !body.is_empty() || method == "POST" {
        let length = body.len().to_string();
        head += &["Content-Length: ", &length, "\r\n"].concat();
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses by the head alone may close before it has read all this.
    let _ = stream.write_all(body);
    Pending(stream, method != "HEAD")
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        let count = stream.read(&mut byte).unwrap();
        assert_eq!(count, 1, "no head: {:?}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// What a server sends over WebSocket.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Got {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16),
    /// The stream ended, orderly or by a reset.
    End,
}

impl Got {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            other => panic!("expected text: {other:?}"),
        }
    }
}

pub(crate) struct Ws {
    pub(crate) stream: TcpStream,
}

impl Ws {
    /// Opens a WebSocket, or answers what the server said instead.
    pub(crate) fn try_open(addr: SocketAddr, path: &str, headers: &[&str]) -> Result<Self, Response> {
        let mut stream = connect(addr);
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for header in headers {
            head += header;
            head += "\r\n";
        }
        head += "\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut peeked = [0; 12];
        while stream.peek(&mut peeked).unwrap() < 12 {}
        if &peeked[9..12] != b"101" {
            return Err(Pending(stream, true).response());
        }
        let head = read_head(&mut stream).to_ascii_lowercase();
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Ok(Self { stream })
    }

    pub(crate) fn open(addr: SocketAddr, path: &str) -> Self {
        Self::try_open(addr, path, &[]).unwrap_or_else(|response| panic!("no WebSocket: {response:?}"))
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // The server may have hung up already; what it said is then still to be read.
        let _ = self.stream.write_all(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.raw(&client_frame(true, 1, text.as_bytes(), [1, 2, 3, 4]));
    }

    pub(crate) fn binary(&mut self, data: &[u8]) {
        self.raw(&client_frame(true, 2, data, [9, 8, 7, 6]));
    }

    pub(crate) fn recv(&mut self) -> Got {
        let mut head = [0; 2];
        match self.stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if is_timeout(&error) => panic!("nothing came"),
            Err(_) => return Got::End,
        }
        assert_eq!(head[1] & 0x80, 0, "a server must not mask");
        let length = match head[1] {
            126 => u16::from_be_bytes(self.bytes()).into(),
            127 => usize::try_from(u64::from_be_bytes(self.bytes())).unwrap(),
            short => short.into(),
        };
        let mut data = vec![0; length];
        self.stream.read_exact(&mut data).unwrap();
        match head[0] {
            0x81 => Got::Text(String::from_utf8(data).unwrap()),
            0x82 => Got::Binary(data),
            0x88 => Got::Close(data.first_chunk().map_or(0, |code| u16::from_be_bytes(*code))),
            0x8a => Got::Pong(data),
            other => panic!("unexpected frame {other:#x}"),
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The next text that is no ping; pings are answered.
    pub(crate) fn next(&mut self) -> String {
        loop {
            match self.recv().text() {
                ping if ping == "2" => self.text("3"),
                text => return text,
            }
        }
    }

    /// Reads until the close frame and the end of the stream; answers the close code, 0 without one.
    pub(crate) fn closing(&mut self) -> u16 {
        let mut code = 0;
        loop {
            match self.recv() {
                Got::Close(sent) => code = sent,
                Got::End => return code,
                _ => {}
            }
        }
    }

    /// Whether nothing comes for `time`.
    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let silent = matches!(self.stream.peek(&mut [0]), Err(e) if is_timeout(&e));
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }
}
