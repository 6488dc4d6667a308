//! Told to stop: drain, then go.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep, sleep_until},
};
use video_chat_actix_socketio::SocketIo;

use crate::gateway::Gateway;

/// How often a drain looks whether everybody has gone.
const LOOK: Duration = Duration::from_millis(25);
/// How often those whose call has ended meanwhile are sent away.
const SWEEP: Duration = Duration::from_millis(500);
/// How long the last messages may take to leave.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long the other nodes may take to hear the last of this one.
const PARTING: Duration = Duration::from_secs(2);

/// The two signals that ask a process to stop.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Sends everybody away within `timeout`: those without a call over a short window, those in a call at the end, unless
/// they leave by themselves. Ends early when nobody is left.
pub(super) async fn drain(gateway: &Gateway, socketio: &SocketIo<Gateway>, timeout: Duration) {
    let begun = Instant::now();
    let mut departures = gateway.begin_drain(timeout).into_iter().peekable();
    let mut swept = begun;
    while gateway.occupied() > 0 && begun.elapsed() < timeout {
        while let Some(departure) = departures.next_if(|next| next.after() <= begun.elapsed()) {
            departure.depart();
        }
        if departures.peek().is_none() && swept.elapsed() >= SWEEP {
            gateway.dismiss_rest();
            swept = Instant::now();
        }
        sleep_until((Instant::now() + LOOK).min(begun + timeout)).await;
    }
    gateway.end_all_calls().await;
    socketio.close_all();
    let gone_by = Instant::now() + LAST_WORDS;
    while socketio.connections() > 0 && Instant::now() < gone_by {
        sleep(LOOK).await;
    }
    gateway.part(PARTING).await;
}
