//! One connection, as seen from every thread.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Instant,
};

use video_chat_socketio::{
    Frame, engine,
    session::{Due, Engine, Timing, Transport},
};

use crate::{DisconnectReason, Gone, Offence, clock::now, outbox::Outbox, sid::Sid, slots::Slots};

/// What all connections of an endpoint have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) timing: Timing,
    pub(crate) slots: Slots,
    pub(crate) max_payload: usize,
    pub(crate) max_buffered: usize,
}

/// Why a connection ends. The first reason stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client said so.
    Client,
    /// It is simply gone.
    Lost,
    PingTimeout,
    Offence(Offence),
    /// [`Emitter::close`](crate::Emitter::close): every namespace gets a DISCONNECT first.
    Close,
    /// [`Emitter::hang_up`](crate::Emitter::hang_up).
    HangUp,
}

impl Ending {
    pub(crate) fn reason(self) -> DisconnectReason {
        match self {
            Self::Client => DisconnectReason::Client,
            Self::Lost => DisconnectReason::Lost,
            Self::PingTimeout => DisconnectReason::PingTimeout,
            Self::Offence(_) => DisconnectReason::Offence,
            Self::Close | Self::HangUp => DisconnectReason::Server,
        }
    }

    /// Whether the client asked for it or the server wished it, so that what was sent before should still arrive.
    pub(crate) fn is_orderly(self) -> bool {
        matches!(self, Self::Client | Self::Close | Self::HangUp)
    }
}

/// What is kept back while a CONNECT is being decided.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) frames: Vec<Frame>,
    pub(crate) bytes: usize,
    pub(crate) disconnect: bool,
    pub(crate) end: Option<Ending>,
}

/// The part behind the lock.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) outbox: Outbox,
    /// Who writes: the pending poll or the WebSocket.
    pub(crate) writer: Option<Waker>,
    /// Who owns the application's state: the polling session's task or the WebSocket.
    pub(crate) driver: Option<Waker>,
    /// Set while a CONNECT is being decided.
    pub(crate) held: Option<Box<Held>>,
    /// A socket was taken out by the server; the driver has to act.
    pub(crate) expelled: bool,
    pub(crate) ending: Option<Ending>,
    /// Nothing more will be sent.
    pub(crate) concluded: bool,
    pub(crate) requests: Requests,
}

/// The requests of a connection that polls.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// A poll is pending.
    pub(crate) polled: bool,
    /// A POST is being read or handed over.
    pub(crate) posting: bool,
    /// The last word has been said to the last poll.
    pub(crate) farewell: bool,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) sid: Sid,
    pub(crate) limits: Arc<Limits>,
    shared: Mutex<Shared>,
}

impl Conn {
    pub(crate) fn new(sid: Sid, limits: Arc<Limits>, transport: Transport) -> Self {
        let engine = Engine::new(&limits.timing, transport, now());
        let shared = Shared {
            engine,
            outbox: Outbox::default(),
            writer: None,
            driver: None,
            held: None,
            expelled: false,
            ending: None,
            concluded: false,
            requests: Requests::default(),
        };
        Self { sid, limits, shared: Mutex::new(shared) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends frames in a row, whatever namespace they are for.
    pub(crate) fn send(&self, frames: impl IntoIterator<Item = Frame>) -> Result<(), Gone> {
        let mut shared = self.lock();
        let sent = shared.push(frames, self.limits.max_buffered);
        shared.wake_after(sent)
    }

    /// Ends the connection, unless it is ending already.
    pub(crate) fn end(&self, ending: Ending) {
        let mut shared = self.lock();
        shared.end(ending);
        shared.wake();
    }

    /// Says whether any namespace is joined.
    pub(crate) fn set_joined(&self, joined: bool) {
        self.lock().engine.set_joined(joined, &self.limits.timing, now());
    }
}

impl Shared {
    /// Queues frames, or ends the connection when they are too many.
    pub(crate) fn push(&mut self, frames: impl IntoIterator<Item = Frame>, limit: usize) -> Result<(), Gone> {
        if self.ending.is_some() {
            return Err(Gone);
        }
        for frame in frames {
            if !self.outbox.push(frame, limit) {
                self.end(Ending::Offence(Offence::SlowReader));
                return Err(Gone);
            }
        }
        Ok(())
    }

    pub(crate) fn end(&mut self, ending: Ending) {
        if self.ending.is_none() {
            self.ending = Some(ending);
            if !ending.is_orderly() {
                self.outbox.clear();
            }
        }
    }

    /// Adds the last frames of a connection that is ending: from here on a poll may be told so.
    pub(crate) fn conclude(&mut self, frames: Vec<Frame>) {
        self.concluded = true;
        for frame in frames {
            self.outbox.push(frame, usize::MAX);
        }
        self.wake();
    }

    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
        if let Some(waker) = self.driver.take() {
            waker.wake();
        }
    }

    /// A WebSocket is both writer and driver.
    pub(crate) fn own(&mut self, waker: &Waker) {
        for slot in [&mut self.writer, &mut self.driver] {
            if !slot.as_ref().is_some_and(|known| known.will_wake(waker)) {
                *slot = Some(waker.clone());
            }
        }
    }

    /// Wakes the writer after a push, and everybody after a failed one.
    pub(crate) fn wake_after(&mut self, sent: Result<(), Gone>) -> Result<(), Gone> {
        if sent.is_err() {
            self.wake();
        } else if let Some(waker) = self.writer.take() {
            waker.wake();
        }
        sent
    }

    /// Does what is due at `now`: pings go to the outbox, a time-out ends the connection.
    pub(crate) fn tick(&mut self, limits: &Limits, now: Instant) {
        while self.ending.is_none()
            && let Some(due) = self.engine.tick(&limits.timing, now)
        {
            match due {
                Due::Ping => {
                    let _ = self.push([engine::ping()], limits.max_buffered);
                }
                Due::PingTimeout => self.end(Ending::PingTimeout),
                Due::NoNamespace => self.end(Ending::Offence(Offence::NoNamespace)),
                Due::ProbeTimeout => {}
            }
            if self.ending.is_some() {
                self.wake();
            } else if let Some(waker) = self.writer.take() {
                waker.wake();
            }
        }
    }
}
