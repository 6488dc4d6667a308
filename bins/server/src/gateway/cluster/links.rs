//! What goes to each other node, in the order it was said.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use video_chat_kernel::{Clock, NodeId, SessionId};
use video_chat_signaling::{
    KeptRelay, Side,
    link::{Congested, Inbound, Outbound},
    ports::Bus,
    wire::{Header, Mark, Message},
};

use super::super::lock;

/// About how many bytes travel in one parcel.
const PARCEL: usize = 64 * 1024;
/// How long a confirmation waits for something to travel with.
const CONFIRM_AFTER: Duration = Duration::from_millis(100);
/// How often unconfirmed messages are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long a failed parcel waits for its next try.
const RETRY: Duration = Duration::from_millis(200);

/// The links of one node id.
pub(super) struct Links {
    me: NodeId,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    open: Mutex<HashMap<NodeId, Arc<Link>>>,
}

/// A relay that was sent to a node which has not handled it.
pub(super) struct Unheard {
    pub(super) session: SessionId,
    pub(super) to: Side,
    pub(super) mark: Mark,
    pub(super) relay: KeptRelay,
}

/// The talk with one other node.
struct Link {
    other: NodeId,
    state: Mutex<Talk>,
    /// There is something to send.
    wake: Notify,
    cut: AtomicBool,
}

#[derive(Default)]
struct Talk {
    out: Outbound,
    inbound: Inbound,
    /// Something of the other node is missing, and it does not know yet.
    missing: bool,
}

impl Links {
    /// No links; their pumps will run on `runtime`.
    pub(super) fn new(me: NodeId, bus: Arc<dyn Bus>, clock: Arc<dyn Clock>, runtime: Handle) -> Self {
        Self { me, bus, clock, runtime, open: Mutex::default() }
    }

    /// Queues a relay.
    ///
    /// # Errors
    /// [`Congested`] when too much waits for that node.
    pub(super) fn offer(&self, to: NodeId, message: &Message<'_>) -> Result<(), Congested> {
        let link = self.link(to);
        lock(&link.state).out.offer(message.to_bytes().into(), self.clock.now())?;
        link.wake.notify_one();
        Ok(())
    }

    /// Queues a message that must arrive if the node lives.
    pub(super) fn push(&self, to: NodeId, message: &Message<'_>) {
        let link = self.link(to);
        lock(&link.state).out.push(message.to_bytes().into(), self.clock.now());
        link.wake.notify_one();
    }

    /// A parcel arrived: how many of its messages are known already. `None`: some before it are missing.
    pub(super) fn arrived(&self, header: &Header, count: usize) -> Option<usize> {
        let link = self.link(header.from);
        let mut talk = lock(&link.state);
        talk.out.confirmed(header.acked, self.clock.now());
        if header.missing {
            talk.out.rewind();
        }
        let known = talk.inbound.arrived(header.first, count);
        talk.missing = known.is_none();
        link.wake.notify_one();
        known
    }

    /// How many messages of a parcel have been handled before.
    pub(super) fn known(&self, header: &Header) -> usize {
        lock(&self.link(header.from).state).inbound.known(header.first)
    }

    /// Relays that a node, should it be dead, has not handled: see [`Outbound::unheard`]. Only those of `session`, if it is
    /// given.
    pub(super) fn unheard(&self, to: NodeId, session: Option<SessionId>) -> Vec<Unheard> {
        let Some(link) = lock(&self.open).get(&to).cloned() else { return Vec::new() };
        let talk = lock(&link.state);
        let relays = talk.out.unheard().filter_map(|message| match Message::parse(message)? {
            Message::Relay { session, to, mark, event, payload } => {
                Some(Unheard { session, to, mark, relay: KeptRelay { event, payload: payload.into() } })
            }
            _ => None,
        });
        relays.filter(|relay| session.is_none_or(|session| relay.session == session)).collect()
    }

    /// Forgets a node that is gone for good.
    pub(super) fn cut(&self, other: NodeId) {
        if let Some(link) = lock(&self.open).remove(&other) {
            link.cut.store(true, Ordering::Relaxed);
            link.wake.notify_one();
        }
    }

    /// Forgets all.
    pub(super) fn cut_all(&self) {
        for link in lock(&self.open).drain().map(|(_, link)| link) {
            link.cut.store(true, Ordering::Relaxed);
            link.wake.notify_one();
        }
    }

    /// Whether everything said has been confirmed.
    pub(super) fn are_quiet(&self) -> bool {
        lock(&self.open).values().all(|link| lock(&link.state).out.is_empty())
    }

    fn link(&self, other: NodeId) -> Arc<Link> {
        let mut open = lock(&self.open);
        let link = open.entry(other).or_insert_with(|| {
            let link = Arc::new(Link {
                other,
                state: Mutex::default(),
                wake: Notify::new(),
                cut: AtomicBool::new(false),
            });
            let pump = Pump { me: self.me, bus: Arc::clone(&self.bus), clock: Arc::clone(&self.clock) };
            self.runtime.spawn(pump.run(Arc::clone(&link)));
            link
        });
        Arc::clone(link)
    }
}

struct Pump {
    me: NodeId,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
}

/// What a link has to do.
enum Due {
    Send(Vec<u8>),
    /// Only a confirmation is owed.
    Confirm,
    /// Confirmations are awaited.
    Watch,
    Nothing,
}

impl Pump {
    /// Sends what is queued until the link is cut: one parcel at a time, so that what is said meanwhile travels
    /// together in the next.
    async fn run(self, link: Arc<Link>) {
        let mut owing_since = None;
        while !link.cut.load(Ordering::Relaxed) {
            let patient = owing_since.is_none_or(|since: Instant| since.elapsed() < CONFIRM_AFTER);
            match self.due(&link, patient) {
                Due::Send(parcel) => {
                    owing_since = None;
                    if let Err(error) = self.bus.send(link.other, &parcel).await {
                        tracing::debug!(%error, "a parcel did not leave");
                        lock(&link.state).out.rewind();
                        sleep(RETRY).await;
                    }
                }
                Due::Confirm => {
                    let since = *owing_since.get_or_insert_with(Instant::now);
                    let left = CONFIRM_AFTER.saturating_sub(since.elapsed());
                    // In time or not: looked at again.
                    let _ = timeout(left, link.wake.notified()).await;
                }
                Due::Watch => drop(timeout(LOOK, link.wake.notified()).await),
                Due::Nothing => link.wake.notified().await,
            }
        }
    }

    fn due(&self, link: &Link, patient: bool) -> Due {
        let now = self.clock.now();
        let mut talk = lock(&link.state);
        talk.out.stalled(now);
        let owes = talk.inbound.owes();
        let first = talk.out.next_number();
        let batch = talk.out.take(PARCEL, now);
        let confirm = talk.missing || (owes && !patient);
        let messages = match batch {
            Some(batch) => batch.messages,
            None if confirm => Vec::new(),
            None if owes => return Due::Confirm,
            None if talk.out.is_empty() => return Due::Nothing,
            None => return Due::Watch,
        };
        let missing = std::mem::take(&mut talk.missing);
        let header = Header { from: self.me, first, acked: talk.inbound.tell(), missing };
        drop(talk);
        Due::Send(header.parcel(&messages))
    }
}
