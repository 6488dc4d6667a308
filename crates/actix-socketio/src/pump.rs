//! A connection over WebSocket: between a raw stream and the application.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use video_chat_socketio::{
    engine::{Packet, decode},
    session::Received,
    ws,
};

use crate::{
    Offence, busy,
    busy::Alarm,
    clock::now,
    conn::{Conn, Ending},
    endpoint::{Application, Driver, Message},
    wire::{Input, Output, Step, Stream},
};

/// How long a client may take to read the end and hang up itself.
const LINGER: Duration = Duration::from_millis(1_500);

/// A stream with all that one WebSocket needs.
pub(crate) struct Pump<S> {
    pub(crate) input: Input,
    pub(crate) output: Output<S>,
    pub(crate) alarm: Alarm,
    /// Whether something was taken in since the last write.
    heard: bool,
}

/// Why nothing more is read, and what the close frame says.
struct End {
    ending: Ending,
    code: u16,
}

impl From<Ending> for End {
    fn from(ending: Ending) -> Self {
        let code = match ending {
            Ending::HangUp => 1001,
            Ending::Offence(Offence::TooLarge) => 1009,
            _ => 1000,
        };
        Self { ending, code }
    }
}

impl From<Offence> for End {
    fn from(offence: Offence) -> Self {
        Ending::Offence(offence).into()
    }
}

impl From<ws::WsError> for End {
    fn from(error: ws::WsError) -> Self {
        let offence = if error == ws::WsError::TooBig { Offence::TooLarge } else { Offence::Parse };
        Self { ending: Ending::Offence(offence), code: error.code() }
    }
}

enum Wake {
    /// There is something to take in.
    Input,
    Expelled,
    End(Ending),
}

/// Serves a connection until it ends.
pub(crate) async fn serve<A: Application, S: Stream>(mut pump: Pump<S>, mut driver: Driver<A>) {
    let conn = driver.conn().clone();
    let end = loop {
        match turn(&conn, &mut pump, &mut driver).await {
            Ok(()) => {}
            Err(end) => break end,
        }
    };
    conn.end(end.ending);
    let last = driver.farewell(end.ending);
    conn.lock().conclude(last);
    if matches!(end.ending, Ending::Lost | Ending::Offence(Offence::SlowReader)) {
        pump.output.abort();
        Box::pin(driver.finish(end.ending)).await;
        return;
    }
    pump.fetch(&conn);
    pump.output.push_own(ws::close(end.code, ""));
    let Pump { output, .. } = &mut pump;
    busy::run(&conn, Box::pin(driver.finish(end.ending)), |cx| {
        let _ = output.poll_flush(cx);
    })
    .await;
    pump.part().await;
}

/// Takes in one frame, or waits for something to happen.
async fn turn<A: Application, S: Stream>(
    conn: &Conn,
    pump: &mut Pump<S>,
    driver: &mut Driver<A>,
) -> Result<(), End> {
    let (expelled, ending) = {
        let mut shared = conn.lock();
        (std::mem::take(&mut shared.expelled), shared.ending)
    };
    if expelled {
        work(conn, Box::pin(driver.expelled()), &mut pump.output, &mut pump.alarm).await;
    }
    if let Some(ending) = ending {
        return Err(ending.into());
    }
    let Pump { input, output, alarm, heard } = pump;
    let clogged = output.is_clogged();
    if !clogged {
        let at = input.read_at();
        match input.step()? {
            Step::NeedMore => {}
            Step::Fragment => return Ok(()),
            Step::Message(message) => {
                *heard = true;
                return take_in(conn, driver, message, at, output, alarm).await;
            }
        }
    }
    input.set_aside();
    let wake = poll_fn(|cx| {
        // What was heard may bring others to write to this client, too: they go first, and all is written at once.
        if std::mem::take(heard) && !conn.lock().outbox.is_empty() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if drive(conn, output, alarm, cx).is_err() {
            return Poll::Ready(Wake::End(Ending::Lost));
        }
        let shared = conn.lock();
        if let Some(ending) = shared.ending {
            return Poll::Ready(Wake::End(ending));
        }
        if shared.expelled {
            return Poll::Ready(Wake::Expelled);
        }
        drop(shared);
        if output.is_clogged() {
            return Poll::Pending;
        }
        if clogged {
            return Poll::Ready(Wake::Input);
        }
        input.poll_read(&mut output.stream, cx).map(|read| match read {
            Ok(true) => Wake::Input,
            Ok(false) | Err(_) => Wake::End(Ending::Lost),
        })
    })
    .await;
    match wake {
        Wake::Input | Wake::Expelled => Ok(()),
        Wake::End(ending) => Err(ending.into()),
    }
}

async fn take_in<A: Application, S: Stream>(
    conn: &Conn,
    driver: &mut Driver<A>,
    message: ws::Message<'_>,
    at: Instant,
    output: &mut Output<S>,
    alarm: &mut Alarm,
) -> Result<(), End> {
    let packet;
    let message = match &message {
        ws::Message::Text(text) => {
            packet = decode(text).map_err(|_| Offence::Parse)?;
            match received(conn, &packet, at)? {
                Received::Nothing => return Ok(()),
                Received::Close => return Err(Ending::Client.into()),
                Received::Text(text) => Message::Text(text),
                Received::Binary(data) => Message::Binary(data),
            }
        }
        ws::Message::Binary(data) => Message::Binary(data),
        ws::Message::Ping(payload) => {
            output.push_own(ws::pong(payload));
            return Ok(());
        }
        ws::Message::Pong(_) => return Ok(()),
        ws::Message::Close { code, .. } => {
            return Err(End { ending: Ending::Client, code: code.unwrap_or(1000) });
        }
    };
    match driver.message(message, at)? {
        None => Ok(()),
        Some(left) => Ok(work(conn, left, output, alarm).await?),
    }
}

/// What a packet means. Most are messages, which the engine need not know of.
fn received<'a>(conn: &Conn, packet: &'a Packet<'a>, at: Instant) -> Result<Received<'a>, Offence> {
    match packet {
        Packet::Message(text) => Ok(Received::Text(text)),
        packet => conn.lock().engine.receive(packet, &conn.limits.timing, at).map_err(|_| Offence::Parse),
    }
}

/// Runs a future of the application while outgoing frames and heartbeats go on.
async fn work<T, F: Future<Output = T> + ?Sized, S: Stream>(
    conn: &Conn,
    future: Pin<Box<F>>,
    output: &mut Output<S>,
    alarm: &mut Alarm,
) -> T {
    busy::run(conn, future, |cx| {
        if drive(conn, output, alarm, cx).is_err() {
            conn.end(Ending::Lost);
        }
    })
    .await
}

/// Does what is due and writes what can be written; sees to it that this task is woken for more.
fn drive<S: Stream>(
    conn: &Conn,
    output: &mut Output<S>,
    alarm: &mut Alarm,
    cx: &mut Context<'_>,
) -> io::Result<()> {
    loop {
        let deadline = {
            let mut shared = conn.lock();
            if alarm.has_fired() {
                shared.tick(&conn.limits, now());
            }
            shared.own(cx.waker());
            output.fetch(&mut shared.outbox);
            if shared.ending.is_some() { None } else { shared.engine.deadline() }
        };
        if alarm.poll_in(&conn.limits.slots, deadline, cx).is_pending() {
            break;
        }
    }
    if let Poll::Ready(result) = output.poll_flush(cx) {
        result?;
    }
    let written = output.take_written();
    if written > 0 {
        conn.lock().outbox.written(written);
    }
    Ok(())
}

impl<S: Stream> Pump<S> {
    /// A pump for a fresh stream, with what came right behind its handshake.
    pub(crate) fn new(stream: S, max_payload: usize, begun: &[u8]) -> Self {
        Self {
            input: Input::new(max_payload, begun),
            output: Output::new(stream),
            alarm: Alarm::default(),
            heard: false,
        }
    }

    /// Queues what the connection's outbox holds.
    pub(crate) fn fetch(&mut self, conn: &Conn) {
        let mut shared = conn.lock();
        self.output.fetch(&mut shared.outbox);
    }

    /// Writes for a last while, then waits for the client to hang up, so that it reads everything.
    pub(crate) async fn part(mut self) {
        let until = now() + LINGER;
        let mut shut = false;
        let Self { input, output, alarm, .. } = &mut self;
        let in_time = poll_fn(|cx| {
            if alarm.poll(Some(until), cx).is_ready() {
                return Poll::Ready(false);
            }
            match output.poll_flush(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(false),
                Poll::Ready(Ok(())) => {}
            }
            if !shut {
                match Pin::new(&mut output.stream).poll_shutdown(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(_)) => return Poll::Ready(false),
                    Poll::Ready(Ok(())) => shut = true,
                }
            }
            while let Poll::Ready(read) = input.poll_discard(&mut output.stream, cx) {
                match read {
                    Ok(true) => {}
                    Ok(false) => return Poll::Ready(true),
                    Err(_) => return Poll::Ready(false),
                }
            }
            Poll::Pending
        })
        .await;
        if !in_time {
            self.output.abort();
        }
    }
}
