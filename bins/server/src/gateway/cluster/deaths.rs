//! Another node is dead: its devices were cut.

use std::sync::Arc;

use video_chat_kernel::NodeId;
use video_chat_signaling::{ServerEvent, Side};

use super::{
    super::{
        Gateway,
        call::{CallCell, Path},
        presence::millis,
    },
    Cluster,
};

impl Gateway {
    /// The peers of its devices hear of it; the devices may come back anywhere within the grace.
    pub(super) fn bury(&self, cluster: &Cluster, node: NodeId) {
        cluster.identity().links.cut(node);
        for cell in cluster.all_calls() {
            for side in [Side::Offerer, Side::Answerer] {
                self.cut_off(&cell, side, node);
            }
        }
    }

    fn cut_off(&self, cell: &Arc<CallCell>, side: Side, node: NodeId) {
        let mut state = cell.lock();
        // A call that has moved on altogether is not this node's concern.
        if state.path(side).node() != Some(node) || state.path(side.other()).node().is_some() {
            return;
        }
        let until = self.now().after(self.rules.grace);
        let was_present = state.call.is_present(side);
        let Some(lost) = state.lose(side, self.now(), self.rules.grace) else { return };
        state.call.hold_until(side, until);
        state.attach(side, Path::Away);
        if was_present && lost.peer_present {
            let grace_ms = millis(self.rules.grace);
            state.tell(side.other(), &ServerEvent::PeerReconnecting { session: &cell.session, grace_ms });
        }
        drop(state);
        self.holds.add(until, cell);
    }
}
