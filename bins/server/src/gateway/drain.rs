//! Leaving without dropping anybody who can be moved.

use std::{sync::atomic::Ordering, time::Duration};

use video_chat_signaling::{EndReason, ServerEvent};

use super::{Gateway, cluster::Cluster, outgoing};

/// The longest time over which connections are sent away.
const MAX_WINDOW: Duration = Duration::from_secs(5);

/// A connection and when it is sent away.
pub struct Departure {
    after: Duration,
    emitter: video_chat_actix_socketio::Emitter,
}

impl Departure {
    /// How long after the drain began.
    pub const fn after(&self) -> Duration {
        self.after
    }

    /// Sends the connection away, so that a stock client comes back, elsewhere.
    pub fn depart(&self) {
        self.emitter.hang_up();
    }
}

impl Gateway {
    /// From now on nobody new is served. Everybody is told when to reconnect, spread over a window so that the other
    /// nodes are not overrun. Answers those to be sent away, soonest first: with other nodes to take calls over,
    /// everybody; otherwise those without a call, the rest having until the drain's end.
    pub fn begin_drain(&self, timeout: Duration) -> Vec<Departure> {
        self.draining.store(true, Ordering::Relaxed);
        let hands_over = self.hands_over();
        let window = MAX_WINDOW.min(timeout / 2);
        let mut departures = Vec::new();
        for seat in self.hub.seats() {
            let state = seat.lock();
            let Some(link) = &state.link else { continue };
            let share = u32::from_be_bytes(self.random::<4>());
            let spread = window.mul_f64(f64::from(share) / f64::from(u32::MAX));
            let reconnect_in_ms = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
            outgoing::emit(&link.emitter, &ServerEvent::ServerDraining { reconnect_in_ms });
            if state.live_call().is_none() || hands_over {
                departures.push(Departure { after: spread, emitter: link.emitter.clone() });
            }
        }
        departures.sort_by_key(Departure::after);
        departures
    }

    /// Sends away whoever is connected still and takes no call along: those whose call has ended since the drain began.
    /// With other nodes to take calls over, everybody.
    pub fn dismiss_rest(&self) {
        let hands_over = self.hands_over();
        for seat in self.hub.seats() {
            let state = seat.lock();
            if let Some(link) = state.link.as_ref().filter(|_| hands_over || state.live_call().is_none()) {
                link.emitter.hang_up();
            }
        }
    }

    /// The drain's time is up: ends every call that is left, telling both, unless other nodes live to go on with it.
    pub async fn end_all_calls(&self) {
        if self.hands_over() {
            return;
        }
        for seat in self.hub.seats() {
            let call = seat.lock().live_call().cloned();
            let ended = call.and_then(|call| {
                let told = self.finish(&call.cell, EndReason::Server, Some(call.side.other()))?;
                let state = seat.lock();
                if let Some(link) = &state.link {
                    let event = ServerEvent::PeerDisconnected {
                        session: &call.cell.session,
                        reason: EndReason::Server,
                    };
                    outgoing::emit(&link.emitter, &event);
                }
                Some(told)
            });
            self.note_end(ended).await;
        }
    }

    /// Whether those sent away take their calls along to another node.
    pub(super) fn hands_over(&self) -> bool {
        self.is_draining() && self.cluster.as_ref().is_some_and(Cluster::has_others)
    }

    /// How many devices are connected or held in a call.
    pub fn occupied(&self) -> usize {
        self.hub.seats().len()
    }
}
