//! Another node is dead: its devices were cut. And those that did not come back: are they really nowhere?

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use video_chat_kernel::{NodeId, SessionId};
use video_chat_signaling::{Code, KeptRelay, ServerEvent, Side};

use super::{
    super::{
        Gateway,
        call::{CallCell, Path},
        presence::millis,
    },
    Cluster,
    links::Unheard,
};

/// How long the end of a call is put off whose vanished side is at another node by the record, or when there is no record
/// to look at: longer than others take this node for alive if it is the only one that cannot.
const PUT_OFF: Duration = Duration::from_secs(8);
/// How often the record is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(250);

impl Gateway {
    /// The peers of its devices hear of it; the devices may come back anywhere within the grace.
    pub(super) fn bury(&self, cluster: &Cluster, node: NodeId) {
        let mut unheard: HashMap<(SessionId, Side), Vec<KeptRelay>> = HashMap::new();
        for Unheard { session, to, relay, .. } in cluster.identity().links.unheard(node, None) {
            unheard.entry((session, to)).or_default().push(relay);
        }
        cluster.identity().links.cut(node);
        for cell in cluster.all_calls() {
            for side in Side::BOTH {
                let unheard = unheard.remove(&(cell.id, side)).unwrap_or_default();
                self.cut_off(&cell, side, node, unheard);
            }
        }
    }

    /// Holds a side that was at a dead node. What that has not heard is kept for it, with what will be from now on.
    fn cut_off(&self, cell: &Arc<CallCell>, side: Side, node: NodeId, unheard: Vec<KeptRelay>) {
        let mut state = cell.lock();
        // A call that has moved on altogether is not this node's concern.
        if state.path(side).node() != Some(node) || state.path(side.other()).node().is_some() {
            return;
        }
        let until = self.now().after(self.rules.grace);
        let was_present = state.call.is_present(side);
        // Said when it was not known yet that the side is away.
        let later = state.take_waiting(side);
        let Some(lost) = state.lose(side, self.now(), self.rules.grace) else { return };
        for relay in unheard.into_iter().chain(later) {
            if state.call.keep(side.other(), relay).is_err() {
                self.parts.metrics.error(Code::PeerUnavailable.as_str());
            }
        }
        state.call.hold_until(side, until);
        state.attach(side, Path::Away);
        if was_present && lost.peer_present {
            let grace_ms = millis(self.rules.grace);
            state.tell(side.other(), &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
        }
        drop(state);
        self.holds.add(until, cell);
    }

    /// A side did not come back in time. It may have, at another node from which this one has not heard yet.
    pub(in super::super) async fn look_elsewhere(&self, cell: &CallCell) {
        let Some(cluster) = &self.cluster else { return };
        let begun = Instant::now();
        while begun.elapsed() < PUT_OFF && self.may_be_elsewhere(cluster, cell).await {
            sleep(LOOK).await;
        }
        self.come_to_life().await;
    }

    async fn may_be_elsewhere(&self, cluster: &Cluster, cell: &CallCell) -> bool {
        let late = {
            let state = cell.lock();
            let late = |side: &Side| state.is_ours() && state.call.is_late(*side, self.now());
            Side::BOTH.into_iter().filter(late).collect::<Vec<_>>()
        };
        if late.is_empty() {
            return false;
        }
        let elsewhere = |node: NodeId| node != cluster.me() && !cluster.is_dead(node);
        match cluster.shared.calls.find(cell.id, self.now()).await {
            Ok(Some(record)) => late.into_iter().any(|side| elsewhere(record.side(side).node)),
            Ok(None) => false,
            Err(_) => true,
        }
    }
}
