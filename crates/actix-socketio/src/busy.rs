//! One timer a connection, and what goes on while the application works.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use futures_util::future::poll_fn;
use tokio::time::Sleep;

use crate::{clock::now, conn::Conn, slots::Slots};

/// A timer of one task.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    armed: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Alarm {
    /// Whether it went off and has not been set anew.
    pub(crate) fn has_fired(&self) -> bool {
        self.armed.as_ref().is_some_and(|(_, sleep)| sleep.is_elapsed())
    }

    /// Ready when `at` is over. Never, when there is no deadline.
    pub(crate) fn poll(&mut self, at: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_late(at, |at| at, cx)
    }

    /// The same, but as late as the end of the slot that `at` is in, with all that is due in it.
    pub(crate) fn poll_in(&mut self, slots: &Slots, at: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_late(at, |at| slots.end_of(at), cx)
    }

    fn poll_late(
        &mut self,
        at: Option<Instant>,
        late: impl FnOnce(Instant) -> Instant,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(at) = at else { return Poll::Pending };
        let sleep = match &mut self.armed {
            // It wakes this task as it is.
            Some((known, sleep)) if *known == at && !sleep.is_elapsed() => return Poll::Pending,
            Some((known, sleep)) => {
                if *known != at {
                    *known = at;
                    sleep.as_mut().reset(late(at).into());
                }
                sleep
            }
            none => &mut none.insert((at, Box::pin(tokio::time::sleep_until(late(at).into())))).1,
        };
        sleep.as_mut().poll(cx)
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
