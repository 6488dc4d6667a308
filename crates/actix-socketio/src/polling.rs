//! The task of a connection that began as polling, and its mail.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::oneshot;
use video_chat_socketio::{
    engine::decode_payload,
    session::{Received, Transport},
};

use crate::{
    Offence, busy,
    busy::Alarm,
    clock::now,
    conn::{Conn, Ending},
    endpoint::{Application, Driver, Message},
};

/// How long a poll may still come for the answer to its client's own close.
const LINGER_CLIENT: Duration = Duration::from_millis(250);
/// How long a client may take to fetch the last words of the server.
const LINGER_SERVER: Duration = Duration::from_millis(1_500);

/// The body of a POST, and where to say how it went.
pub(crate) struct Batch {
    pub(crate) body: String,
    pub(crate) received_at: Instant,
    pub(crate) done: oneshot::Sender<Result<(), Offence>>,
}

/// What requests leave for the task: at most one of each.
pub(crate) struct Mail<A: Application> {
    slots: Mutex<Slots<A>>,
}

struct Slots<A: Application> {
    batch: Option<Batch>,
    /// The WebSocket that took over waits here for the application's state.
    successor: Option<oneshot::Sender<Driver<A>>>,
    /// The task is gone: what is left here would never be read.
    closed: bool,
}

impl<A: Application> Default for Mail<A> {
    fn default() -> Self {
        Self { slots: Mutex::new(Slots { batch: None, successor: None, closed: false }) }
    }
}

impl<A: Application> Mail<A> {
    pub(crate) fn leave_batch(&self, conn: &Conn, batch: Batch) {
        let mut slots = self.slots();
        if !slots.closed {
            slots.batch = Some(batch);
        }
        drop(slots);
        wake_driver(conn);
    }

    /// Asks for the application's state, which comes once everything posted has been handled.
    pub(crate) fn succeed(&self, conn: &Conn) -> oneshot::Receiver<Driver<A>> {
        let (sender, receiver) = oneshot::channel();
        let mut slots = self.slots();
        if !slots.closed {
            slots.successor = Some(sender);
        }
        drop(slots);
        wake_driver(conn);
        receiver
    }

    fn close(&self) {
        *self.slots() = Slots { batch: None, successor: None, closed: true };
    }

    fn slots(&self) -> MutexGuard<'_, Slots<A>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake_driver(conn: &Conn) {
    if let Some(waker) = conn.lock().driver.take() {
        waker.wake();
    }
}

enum Step<A: Application> {
    Batch(Batch),
    Expelled,
    Successor(oneshot::Sender<Driver<A>>),
    End(Ending),
}

/// Serves the connection until it ends or is handed to a WebSocket.
pub(crate) async fn serve<A: Application>(mut driver: Driver<A>, mail: Arc<Mail<A>>) {
    let conn = driver.conn().clone();
    let mut alarm = Alarm::default();
    let ending = loop {
        match poll_fn(|cx| next(&conn, &mail, &mut alarm, cx)).await {
            Step::Batch(batch) => {
                let outcome = busy::run(&conn, Box::pin(process(&mut driver, &batch)), |cx| {
                    keep_time(&conn, &mut alarm, cx);
                })
                .await;
                if let Err(offence) = outcome {
                    conn.end(Ending::Offence(offence));
                }
                let _ = batch.done.send(outcome);
            }
            Step::Expelled => {
                busy::run(&conn, Box::pin(driver.expelled()), |cx| keep_time(&conn, &mut alarm, cx)).await;
            }
            Step::Successor(successor) => match successor.send(driver) {
                Ok(()) => return mail.close(),
                Err(kept) => {
                    driver = kept;
                    conn.end(Ending::Lost);
                }
            },
            Step::End(ending) => break ending,
        }
    };
    mail.close();
    conn.lock().conclude(driver.farewell(ending));
    driver.finish(ending).await;
    linger(&conn, ending, &mut alarm).await;
}

fn next<A: Application>(
    conn: &Conn,
    mail: &Mail<A>,
    alarm: &mut Alarm,
    cx: &mut Context<'_>,
) -> Poll<Step<A>> {
    keep_time(conn, alarm, cx);
    {
        let mut shared = conn.lock();
        if std::mem::take(&mut shared.expelled) {
            return Poll::Ready(Step::Expelled);
        }
        if let Some(ending) = shared.ending {
            return Poll::Ready(Step::End(ending));
        }
    }
    let mut slots = mail.slots();
    if let Some(batch) = slots.batch.take() {
        return Poll::Ready(Step::Batch(batch));
    }
    slots.successor.take().map_or(Poll::Pending, |successor| Poll::Ready(Step::Successor(successor)))
}

/// Does what is due, and sees to it that this task is woken for what comes next.
fn keep_time(conn: &Conn, alarm: &mut Alarm, cx: &mut Context<'_>) {
    loop {
        let deadline = {
            let mut shared = conn.lock();
            shared.tick(&conn.limits, now());
            shared.driver = Some(cx.waker().clone());
            if shared.ending.is_some() { None } else { shared.engine.deadline() }
        };
        if alarm.poll(deadline, cx).is_pending() {
            return;
        }
    }
}

async fn process<A: Application>(driver: &mut Driver<A>, batch: &Batch) -> Result<(), Offence> {
    for packet in decode_payload(&batch.body) {
        let packet = packet.map_err(|_| Offence::Parse)?;
        let received = {
            let conn = driver.conn();
            let mut shared = conn.lock();
            if shared.ending.is_some() {
                return Ok(());
            }
            shared.engine.receive(&packet, &conn.limits.timing, now()).map_err(|_| Offence::Parse)?
        };
        let message = match received {
            Received::Nothing => continue,
            Received::Text(text) => Message::Text(text),
            Received::Binary(data) => Message::Binary(data),
            Received::Close => {
                driver.conn().end(Ending::Client);
                return Ok(());
            }
        };
        if let Some(work) = driver.message(message, batch.received_at)? {
            work.await?;
        }
        let expelled = std::mem::take(&mut driver.conn().lock().expelled);
        if expelled {
            driver.expelled().await;
        }
    }
    Ok(())
}

/// Stays for a moment, so that a poll that is on its way hears the end.
async fn linger(conn: &Conn, ending: Ending, alarm: &mut Alarm) {
    let patience = match ending {
        Ending::Client => LINGER_CLIENT,
        Ending::Close | Ending::HangUp => LINGER_SERVER,
        Ending::Lost | Ending::PingTimeout | Ending::Offence(_) => return,
    };
    if conn.lock().engine.transport() == Transport::WebSocket {
        return;
    }
    let until = now() + patience;
    poll_fn(|cx| {
        let mut shared = conn.lock();
        shared.driver = Some(cx.waker().clone());
        if shared.requests.farewell { Poll::Ready(()) } else { alarm.poll(Some(until), cx) }
    })
    .await;
}

/// A POST's body, once it is all there.
pub(crate) fn batch(body: &Bytes, done: oneshot::Sender<Result<(), Offence>>) -> Result<Batch, Offence> {
    let body = str::from_utf8(body).map_err(|_| Offence::Parse)?.to_owned();
    Ok(Batch { body, received_at: now(), done })
}
