//! A WebSocket inside an ordinary actix-web handler: the request's payload and the response's body as one stream.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Payload,
};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::Stream;

/// Bytes on their way from the WebSocket to the response before the former has to wait.
const ROOM: usize = 16_384;

#[derive(Default)]
struct Pipe {
    bytes: BytesMut,
    /// Nothing more will be written.
    finished: bool,
    /// Nothing more will be read, or should be.
    broken: bool,
    writer: Option<Waker>,
    reader: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        for waker in [self.writer.take(), self.reader.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

/// The stream.
pub(crate) struct Portable {
    payload: Payload,
    chunk: Bytes,
    pipe: Rc<RefCell<Pipe>>,
}

/// The response's body.
pub(crate) struct PortableBody {
    pipe: Rc<RefCell<Pipe>>,
}

/// Joins a request's payload and a response's body to a stream.
pub(crate) fn portable(payload: Payload) -> (Portable, PortableBody) {
    let pipe = Rc::<RefCell<Pipe>>::default();
    (Portable { payload, chunk: Bytes::new(), pipe: pipe.clone() }, PortableBody { pipe })
}

impl Stream for Portable {
    fn abort(&mut self) {
        self.pipe.borrow_mut().broken = true;
    }
}

impl Drop for Portable {
    fn drop(&mut self) {
        let mut pipe = self.pipe.borrow_mut();
        pipe.finished = true;
        pipe.wake();
    }
}

impl AsyncRead for Portable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.chunk.is_empty() {
            match ready!(Pin::new(&mut self.payload).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.chunk.len().min(buf.remaining());
        buf.put_slice(self.chunk.get(..count).unwrap_or_default());
        self.chunk.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Portable {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut pipe = self.pipe.borrow_mut();
        if pipe.broken || pipe.finished {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let count = ROOM.saturating_sub(pipe.bytes.len()).min(buf.len());
        if count == 0 {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.bytes.extend_from_slice(buf.get(..count).unwrap_or_default());
        if let Some(reader) = pipe.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.pipe.borrow_mut();
        if !pipe.bytes.is_empty() && !pipe.broken {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        pipe.finished = true;
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}

impl MessageBody for PortableBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let mut pipe = self.pipe.borrow_mut();
        if pipe.broken {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        if let Some(writer) = pipe.writer.take() {
            writer.wake();
        }
        if !pipe.bytes.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut pipe.bytes).freeze())));
        }
        if pipe.finished {
            return Poll::Ready(None);
        }
        pipe.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for PortableBody {
    fn drop(&mut self) {
        let mut pipe = self.pipe.borrow_mut();
        pipe.broken = true;
        pipe.bytes = BytesMut::new();
        pipe.wake();
    }
}
