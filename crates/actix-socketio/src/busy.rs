//! One timer a connection, and what goes on while the application works.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use futures_util::future::poll_fn;
use tokio::time::Sleep;

use crate::{clock::now, conn::Conn};

/// A timer that is set anew only when it has to fire earlier.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Ready when `at` is over. Never, when there is no deadline.
    pub(crate) fn poll(&mut self, at: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = at.map(tokio::time::Instant::from_std) else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if at < sleep.deadline() || (sleep.is_elapsed() && at != sleep.deadline()) {
            sleep.as_mut().reset(at);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
        Poll::Pending
    }
}

/// Runs a future of the application. Whenever it waits, `meanwhile` is called: heartbeats and outgoing messages go on,
/// nothing is read, and the client is not blamed for what is not read. The future is on the heap, so that an idle
/// connection does not carry the room for it.
pub(crate) async fn run<T, F: Future<Output = T> + ?Sized>(
    conn: &Conn,
    mut future: Pin<Box<F>>,
    mut meanwhile: impl FnMut(&mut Context<'_>),
) -> T {
    let mut waited = false;
    let output = poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        if !std::mem::replace(&mut waited, true) {
            conn.lock().engine.pause();
        }
        meanwhile(cx);
        Poll::Pending
    })
    .await;
    if waited {
        conn.lock().engine.resume(&conn.limits.timing, now());
    }
    output
}
