//! The Engine.IO half of a connection.

use std::time::{Duration, Instant};

use super::heartbeat::{Beat, Heartbeat};
use crate::engine::Packet;

/// How often a poll may be released during an upgrade.
const NOOP_EVERY: Duration = Duration::from_millis(100);

/// The times that govern connections. The defaults are those of the Node.js server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How often the server pings.
    pub ping_interval: Duration,
    /// How long it waits for the answer.
    pub ping_timeout: Duration,
    /// How long an upgrade may take.
    pub upgrade_timeout: Duration,
    /// How long a connection may live without a namespace.
    pub connect_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(45),
        }
    }
}

/// What carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// WebSocket, from the start or after an upgrade.
    WebSocket,
}

/// A packet that may not come now: the connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("misplaced packet")]
pub struct Violation;

/// What a packet on the current transport means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<'a> {
    /// It has been dealt with.
    Nothing,
    /// A text message for the layer above.
    Text(&'a str),
    /// A binary message for the layer above.
    Binary(&'a [u8]),
    /// The client closes the connection.
    Close,
}

/// What a packet on a probing WebSocket means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStep {
    /// Answer `3probe`, release a pending poll with a noop, and hold back everything else.
    Answer,
    /// The WebSocket is the transport from now on: send what was held back.
    Upgraded,
    /// Close that WebSocket alone; polling goes on.
    Abandon,
}

/// What became due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Send a ping.
    Ping,
    /// Close: the client did not answer.
    PingTimeout,
    /// Close: the client joined no namespace in time.
    NoNamespace,
    /// Close the probing WebSocket alone.
    ProbeTimeout,
}

#[derive(Debug, Clone, Copy)]
struct Probe {
    until: Instant,
    /// Set once `2probe` came: when the next poll may be released.
    noop_at: Option<Instant>,
}

/// The Engine.IO state of one connection: see the [module](super)'s description for how to drive it.
///
/// The [`Timing`] given must always be the same; it is an argument because a server has one for all its connections.
#[derive(Debug)]
pub struct Engine {
    heartbeat: Heartbeat,
    transport: Transport,
    probe: Option<Probe>,
    /// None while a namespace is joined.
    join_by: Option<Instant>,
}

impl Engine {
    /// A connection opened at `now`. The time until it has to join a namespace runs.
    pub fn new(timing: &Timing, transport: Transport, now: Instant) -> Self {
        Self {
            heartbeat: Heartbeat::new(timing.ping_interval, now),
            transport,
            probe: None,
            join_by: Some(now + timing.connect_timeout),
        }
    }

    /// What carries the connection now.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Says whether any namespace is joined; without one the connection may live for `connect_timeout`.
    pub fn set_joined(&mut self, joined: bool, timing: &Timing, now: Instant) {
        if joined {
            self.join_by = None;
        } else if self.join_by.is_none() {
            self.join_by = Some(now + timing.connect_timeout);
        }
    }

    /// Takes a packet from the current transport.
    pub fn receive<'a>(
        &mut self,
        packet: &'a Packet<'a>,
        timing: &Timing,
        now: Instant,
    ) -> Result<Received<'a>, Violation> {
        match packet {
            Packet::Message(text) => Ok(Received::Text(text)),
            Packet::Binary(data) => Ok(Received::Binary(data)),
            Packet::Pong("") => {
                self.heartbeat.pong(timing.ping_interval, now);
                Ok(Received::Nothing)
            }
            Packet::Close => Ok(Received::Close),
            Packet::Noop => Ok(Received::Nothing),
            Packet::Open(_) | Packet::Ping(_) | Packet::Pong(_) | Packet::Upgrade => Err(Violation),
        }
    }

    /// A WebSocket comes for this connection. `false`: it is not wanted, close it.
    pub fn begin_probe(&mut self, timing: &Timing, now: Instant) -> bool {
        if self.transport == Transport::WebSocket || self.probe.is_some() {
            return false;
        }
        self.probe = Some(Probe { until: now + timing.upgrade_timeout, noop_at: None });
        true
    }

    /// Takes a packet from the probing WebSocket; none for what is no packet.
    pub fn probe_receive(&mut self, packet: Option<&Packet<'_>>, now: Instant) -> ProbeStep {
        match (packet, &mut self.probe) {
            (Some(Packet::Ping("probe")), Some(Probe { noop_at: noop_at @ None, .. })) => {
                *noop_at = Some(now);
                ProbeStep::Answer
            }
            (Some(Packet::Upgrade), Some(Probe { noop_at: Some(_), .. })) => {
                self.transport = Transport::WebSocket;
                self.probe = None;
                ProbeStep::Upgraded
            }
            _ => {
                self.probe = None;
                ProbeStep::Abandon
            }
        }
    }

    /// The probing WebSocket is gone before the upgrade: polling goes on.
    pub fn probe_gone(&mut self) {
        self.probe = None;
    }

    /// Whether outgoing messages are held back until the upgrade is decided.
    pub fn is_holding(&self) -> bool {
        self.probe.is_some_and(|probe| probe.noop_at.is_some())
    }

    /// While [holding](Self::is_holding): when a pending poll may be released with a noop.
    pub fn noop_at(&self) -> Option<Instant> {
        self.probe.and_then(|probe| probe.noop_at)
    }

    /// A poll was released with a noop.
    pub fn noop_sent(&mut self, now: Instant) {
        if let Some(Probe { noop_at: Some(at), .. }) = &mut self.probe {
            *at = now + NOOP_EVERY;
        }
    }

    /// A handler is at work and nothing is read meanwhile: until [`Self::resume`] the client is not blamed for
    /// unanswered pings or a late CONNECT.
    pub fn pause(&mut self) {
        self.heartbeat.pause();
    }

    /// The handler is done. A deadline missed in the meantime starts again.
    pub fn resume(&mut self, timing: &Timing, now: Instant) {
        if self.heartbeat.is_paused()
            && let Some(at) = &mut self.join_by
            && *at <= now
        {
            *at = now + timing.connect_timeout;
        }
        self.heartbeat.resume(timing.ping_timeout, now);
    }

    /// When [`Self::tick`] has something to say, unless something happens before.
    pub fn deadline(&self) -> Option<Instant> {
        let join_by = self.join_by.filter(|_| !self.heartbeat.is_paused());
        [self.heartbeat.deadline(), join_by, self.probe.map(|probe| probe.until)].into_iter().flatten().min()
    }

    /// What is due at `now`. Call it again until it answers none.
    pub fn tick(&mut self, timing: &Timing, now: Instant) -> Option<Due> {
        match self.heartbeat.tick(timing.ping_timeout, now) {
            Some(Beat::Ping) => return Some(Due::Ping),
            Some(Beat::TimedOut) => return Some(Due::PingTimeout),
            None => {}
        }
        if self.probe.is_some_and(|probe| probe.until <= now) {
            self.probe = None;
            return Some(Due::ProbeTimeout);
        }
        if !self.heartbeat.is_paused() && self.join_by.is_some_and(|at| at <= now) {
            return Some(Due::NoNamespace);
        }
        None
    }
}
