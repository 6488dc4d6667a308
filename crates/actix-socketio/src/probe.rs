//! A WebSocket that wants to take over a connection from polling.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use video_chat_socketio::{
    engine::{decode, probe_answer},
    session::ProbeStep,
    ws,
};

use crate::{
    clock::now,
    conn::Conn,
    endpoint::{Application, Driver},
    polling::Mail,
    pump::{self, Pump},
    wire::{Step, Stream},
};

/// Gives the place of a probe back when the WebSocket is gone before it took over.
struct Claim<'a>(Option<&'a Conn>);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.0 {
            let mut shared = conn.lock();
            shared.engine.probe_gone();
            shared.wake();
        }
    }
}

/// Serves a WebSocket that came for `conn`.
pub(crate) async fn serve<A: Application, S: Stream>(mut pump: Pump<S>, conn: Arc<Conn>, mail: Arc<Mail<A>>) {
    match probe(&mut pump, &conn).await {
        Outcome::Upgraded => {
            if let Some(driver) = succeed(&mut pump, &conn, &mail).await {
                // A task of its own does not carry the room that only the probe needed.
                actix_rt::spawn(pump::serve(pump, driver));
            } else {
                pump.fetch(&conn);
                refuse(pump).await;
            }
        }
        Outcome::Abandoned => refuse(pump).await,
        Outcome::Lost => {}
    }
}

/// Closes a WebSocket that nobody wants.
pub(crate) async fn refuse<S: Stream>(mut pump: Pump<S>) {
    pump.output.push_own(ws::close(1000, ""));
    pump.part().await;
}

enum Outcome {
    Upgraded,
    Abandoned,
    Lost,
}

async fn probe<S: Stream>(pump: &mut Pump<S>, conn: &Conn) -> Outcome {
    let until = {
        let now = now();
        let mut shared = conn.lock();
        let timing = &conn.limits.timing;
        if shared.ending.is_some() || !shared.engine.begin_probe(timing, now) {
            return Outcome::Abandoned;
        }
        shared.wake();
        now + timing.upgrade_timeout
    };
    let mut claim = Claim(Some(conn));
    loop {
        let step = match pump.input.step() {
            Ok(Step::Fragment) => continue,
            Ok(Step::Message(ws::Message::Text(text))) => {
                let mut shared = conn.lock();
                let step = shared.engine.probe_receive(decode(&text).ok().as_ref(), now());
                shared.wake();
                step
            }
            Ok(Step::Message(ws::Message::Ping(payload))) if !pump.output.is_clogged() => {
                pump.output.push_own(ws::pong(payload));
                continue;
            }
            Ok(Step::Message(_)) | Err(_) => return Outcome::Abandoned,
            Ok(Step::NeedMore) => match more(pump, until).await {
                None => continue,
                Some(outcome) => return outcome,
            },
        };
        match step {
            ProbeStep::Answer => pump.output.push_own(probe_answer().into_websocket()),
            ProbeStep::Abandon => return Outcome::Abandoned,
            ProbeStep::Upgraded => {
                claim.0 = None;
                return Outcome::Upgraded;
            }
        }
    }
}

/// Writes and reads until there is more. The outcome, if the probe is over.
async fn more<S: Stream>(pump: &mut Pump<S>, until: Instant) -> Option<Outcome> {
    let Pump { input, output, alarm, .. } = pump;
    poll_fn(|cx| {
        if let Poll::Ready(Err(_)) = output.poll_flush(cx) {
            return Poll::Ready(Some(Outcome::Lost));
        }
        if alarm.poll(Some(until), cx).is_ready() {
            return Poll::Ready(Some(Outcome::Abandoned));
        }
        input.poll_read(&mut output.stream, cx).map(|read| match read {
            Ok(true) => None,
            Ok(false) | Err(_) => Some(Outcome::Lost),
        })
    })
    .await
}

/// Waits for the application's state, writing meanwhile. None: the connection ended.
async fn succeed<A: Application, S: Stream>(
    pump: &mut Pump<S>,
    conn: &Conn,
    mail: &Mail<A>,
) -> Option<Driver<A>> {
    let mut driver = mail.succeed(conn);
    let output = &mut pump.output;
    poll_fn(|cx| {
        if let Poll::Ready(driver) = Pin::new(&mut driver).poll(cx) {
            return Poll::Ready(driver.ok());
        }
        {
            let mut shared = conn.lock();
            shared.writer = Some(cx.waker().clone());
            shared.outbox.written(output.take_written());
            output.fetch(&mut shared.outbox);
        }
        match output.poll_flush(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    })
    .await
}
