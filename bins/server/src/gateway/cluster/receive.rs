//! What other nodes say.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::time::sleep;
use video_chat_kernel::NodeId;
use video_chat_matchmaking::{Language, Pairing, Region, Ticket, TicketId, Waiter};
use video_chat_signaling::{
    ports::Inbox,
    wire::{Message, Notice, Parcel, Waiting},
};

use super::{
    super::Gateway,
    Cluster,
    arrivals::{Displacement, Word},
    relay::Marked,
};

/// How long the bus is left alone after an error.
const RETRY: Duration = Duration::from_millis(200);

impl Gateway {
    /// Listens to the other nodes until dropped.
    pub(in super::super) async fn listen(self: Arc<Self>) {
        let Some(cluster) = &self.cluster else { return };
        loop {
            let me = cluster.me();
            match cluster.shared.bus.attach(me).await {
                Ok(inbox) => tokio::select! {
                    () = self.read(cluster, inbox) => {}
                    () = cluster.changed.notified() => {}
                },
                Err(error) => {
                    tracing::debug!(%error, "the bus is away");
                    sleep(RETRY).await;
                }
            }
        }
    }

    async fn read(&self, cluster: &Cluster, mut inbox: Box<dyn Inbox>) {
        loop {
            match inbox.next().await {
                Ok(parcels) => {
                    let mut parcels: Vec<Parcel<'_>> =
                        parcels.iter().filter_map(|parcel| Parcel::parse(parcel)).collect();
                    if parcels.len() > 1 {
                        self.let_go(cluster, &mut parcels);
                    }
                    for parcel in parcels {
                        self.open_parcel(cluster, parcel);
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "the bus is away");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Devices that have left go first: what has come for them from a third node meanwhile, perhaps because this process
    /// stood still, is not for the connections they had, for it may have reached them elsewhere.
    fn let_go(&self, cluster: &Cluster, parcels: &mut [Parcel<'_>]) {
        let mut said = HashSet::new();
        for parcel in parcels {
            let Parcel::Messages(header, messages) = parcel else { continue };
            if cluster.is_dead(header.from) {
                continue;
            }
            let known = cluster.identity().links.known(header);
            for message in messages.iter_mut().skip(known) {
                // What its new node has said of the call before comes before.
                if let Some(session) = message.as_ref().and_then(Message::session) {
                    said.insert((header.from, session));
                }
                let left = message.take_if(|it| {
                    matches!(it, Message::Displaced { call: Some((session, _)), .. }
                        if !said.contains(&(header.from, *session)))
                });
                if let Some(left) = left {
                    self.hear(cluster, header.from, left);
                }
            }
        }
    }

    fn open_parcel(&self, cluster: &Cluster, parcel: Parcel<'_>) {
        match parcel {
            Parcel::Messages(header, messages) if !cluster.is_dead(header.from) => {
                let known = cluster.identity().links.arrived(&header, messages.len());
                for message in messages.into_iter().skip(known.unwrap_or(usize::MAX)).flatten() {
                    if !cluster.put_off(header.from, &message) {
                        self.hear(cluster, header.from, message);
                    }
                }
            }
            Parcel::Notice(notice) => self.heed(notice),
            Parcel::Messages(..) => {}
        }
    }

    /// What is said of a call is done at once, in order; what needs the shared records goes its own way.
    pub(super) fn hear(&self, cluster: &Cluster, from: NodeId, message: Message<'_>) {
        match message {
            Message::Relay { session, to, mark, event, payload } => {
                let relay = Marked { to, mark, event, payload };
                self.relay_arrived(cluster, from, session, relay);
            }
            Message::Offer { call, to, ticket } => {
                self.spawn(|gateway| async move {
                    gateway.be_offered(from, call, to, TicketId::from_bits(ticket)).await;
                });
            }
            Message::Accepted { session } => cluster.answered(session, true),
            Message::Refused { session } => cluster.answered(session, false),
            Message::Introduce { first, second } => {
                if let Some(pairing) = pairing(first, second) {
                    self.spawn(|gateway| async move { gateway.introduce(pairing).await });
                }
            }
            Message::Displaced { device, connection, node, call } => {
                let by = Displacement { connection, node: Some(node), call };
                if !cluster.arrivals.put_off(&device, true, || Word::Displaced(by)) {
                    self.displaced(cluster, &device, by);
                }
            }
            Message::StillHeld { device, connection, call } => {
                let word = || Word::StillHeld { by: from, connection, call };
                if !cluster.arrivals.put_off(&device, true, word) {
                    self.held_elsewhere(cluster, from, &device, connection, call);
                }
            }
            Message::Moved { session, side, node, moves } => {
                self.peer_moved(cluster, session, side, node, moves);
            }
            Message::Here { session, side, next, away } => {
                self.peer_is_here(cluster, from, session, side, next, away);
            }
            Message::Handover { session, side, leaves } => {
                self.handed_over(cluster, from, session, side, leaves);
            }
            Message::Lost { session, side, grace } => self.peer_lost(cluster, from, session, side, grace),
            Message::Back { session, side } => self.peer_back(cluster, from, session, side),
            Message::Ended { session, reason, next } => {
                self.ended_elsewhere(cluster, from, session, reason, next);
            }
        }
    }

    fn heed(&self, notice: Notice) {
        self.spawn(|gateway| async move {
            match notice {
                Notice::Blocked { device, until } => gateway.blocked(&device, until).await,
                Notice::Lifted { device } => gateway.lifted(&device).await,
            }
        });
    }
}

/// A pairing as another node tells it. `None` when its words are no criteria.
fn pairing(first: Waiting, second: Waiting) -> Option<Pairing> {
    Some(Pairing { first: waiter(first)?, second: waiter(second)? })
}

fn waiter(waiting: Waiting) -> Option<Waiter> {
    let Waiting { ticket, device, node, region, language, since } = waiting;
    let (region, language) = (Region::parse(&region).ok()?, Language::parse(&language).ok()?);
    Some(Waiter { ticket: Ticket { id: TicketId::from_bits(ticket), device, node, region, language }, since })
}

/// A waiter for another node.
pub(super) fn waiting(waiter: &Waiter) -> Waiting {
    let Ticket { id, device, region, language, node } = &waiter.ticket;
    Waiting {
        ticket: id.bits(),
        device: device.clone(),
        node: *node,
        region: region.as_str().into(),
        language: language.as_str().into(),
        since: waiter.since,
    }
}
