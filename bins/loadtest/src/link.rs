//! One WebSocket, from the client's side.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    io,
    net::{Ipv4Addr, SocketAddr},
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use video_chat_socketio::ws::push_client_frame;

use crate::wire::{self, server_frame};

/// Any mask does: it protects proxies, which are not here.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// What one read may bring.
const READ: usize = 64 * 1024;
/// An answer to the upgrade that is longer is none.
const MAX_HEAD: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// An open WebSocket. What is queued is written by the next [`flush`](Self::flush) or [`receive`](Self::receive).
pub(crate) struct Link {
    stream: TcpStream,
    /// What came and has not been taken; nothing while idle.
    incoming: RefCell<Vec<u8>>,
    outgoing: RefCell<Vec<u8>>,
    /// Whoever is in `receive`, to be woken when something waits to be written.
    receiver: Cell<Option<Waker>>,
}

impl Link {
    /// Connects (from `source`, if given) and upgrades.
    pub(crate) async fn open(
        server: SocketAddr,
        source: Option<Ipv4Addr>,
        host: &str,
        path: &str,
    ) -> io::Result<Self> {
        let mut stream = dial(server, source).await?;
        let request = format!(
            "GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let incoming = RefCell::new(upgraded(&mut stream).await?);
        Ok(Self { stream, incoming, outgoing: RefCell::default(), receiver: Cell::default() })
    }

    /// Queues a text.
    pub(crate) fn queue(&self, text: &str) {
        self.queue_frame(wire::TEXT, text.as_bytes());
    }

    /// Writes what is queued as far as the stream takes it; the rest goes while somebody receives.
    pub(crate) fn flush(&self) {
        let mut outgoing = self.outgoing.borrow_mut();
        while !outgoing.is_empty() {
            match self.stream.try_write(&outgoing) {
                Ok(written) => drop(outgoing.drain(..written)),
                // Also a broken stream: reading finds out.
                Err(_) => break,
            }
        }
        if !outgoing.is_empty()
            && let Some(waker) = self.receiver.take()
        {
            waker.wake();
        }
    }

    /// Shows every text that comes to `take` until that answers something. `Ok(None)` at the end of the connection.
    pub(crate) async fn receive<T>(&self, mut take: impl FnMut(&str) -> Option<T>) -> io::Result<Option<T>> {
        loop {
            let taken = self.take_in(&mut take)?;
            self.flush();
            match taken {
                Taken::Answer(answer) => return Ok(Some(answer)),
                Taken::End => return Ok(None),
                Taken::All => {}
            }
            if !poll_fn(|cx| self.poll_fill(cx)).await? {
                return Ok(None);
            }
        }
    }

    fn take_in<T>(&self, take: &mut impl FnMut(&str) -> Option<T>) -> io::Result<Taken<T>> {
        let mut incoming = self.incoming.borrow_mut();
        let mut used = 0;
        let mut taken = Taken::All;
        while let Some((opcode, payload, length)) = incoming.get(used..).and_then(server_frame) {
            used += length;
            match opcode {
                wire::TEXT => {
                    let text = str::from_utf8(payload).map_err(io::Error::other)?;
                    if let Some(answer) = take(text) {
                        taken = Taken::Answer(answer);
                        break;
                    }
                }
                wire::PING => self.queue_frame(wire::PONG, payload),
                wire::CLOSE => {
                    taken = Taken::End;
                    break;
                }
                _ => {}
            }
        }
        if used == incoming.len() {
            *incoming = Vec::new();
        } else {
            incoming.drain(..used);
        }
        Ok(taken)
    }

    /// Ready with `true` when something came, with `false` at the end of the stream.
    fn poll_fill(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if !self.outgoing.borrow().is_empty() && self.stream.poll_write_ready(cx).is_ready() {
            self.flush();
        }
        self.receiver.set(Some(cx.waker().clone()));
        SCRATCH.with_borrow_mut(|scratch| {
            loop {
                match self.stream.try_read(scratch) {
                    Ok(count) => {
                        self.incoming
                            .borrow_mut()
                            .extend_from_slice(scratch.get(..count).unwrap_or_default());
                        return Poll::Ready(Ok(count > 0));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
                if self.stream.poll_read_ready(cx)?.is_pending() {
                    return Poll::Pending;
                }
            }
        })
    }

    fn queue_frame(&self, opcode: u8, payload: &[u8]) {
        push_client_frame(&mut self.outgoing.borrow_mut(), true, opcode, payload, MASK);
    }
}

enum Taken<T> {
    Answer(T),
    All,
    End,
}

/// A connection to the server.
pub(crate) async fn dial(server: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    socket.connect(server).await
}

/// Reads the answer to the upgrade; answers what came right behind it.
async fn upgraded(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    loop {
        if let Some(end) = memchr::memmem::find(&head, b"\r\n\r\n") {
            if !head.starts_with(b"HTTP/1.1 101") {
                let status = String::from_utf8_lossy(head.get(..end).unwrap_or_default()).into_owned();
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, status));
            }
            return Ok(head.split_off(end + 4));
        }
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
