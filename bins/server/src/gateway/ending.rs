//! How calls end: asked to, left, expired; who is told, and what goes on record.

use video_chat_kernel::{DeviceId, NodeId, SessionId};
use video_chat_signaling::{Code, EndReason, Ended, Rejection, ServerEvent, Side, wire::Message};

use super::{
    Gateway,
    call::{CallCell, CallState},
    cluster::{Farewell, Trail, hear_out, say_last_words},
    events::Answer,
    handler::Socket,
    outgoing,
};

/// A call that ended now and is yet to be written to its record.
#[must_use]
pub(super) struct Concluded {
    session: SessionId,
    devices: [DeviceId; 2],
    /// How often a side had moved, as far as this node knew.
    moves: u64,
}

impl Gateway {
    /// `end-call`.
    pub(super) async fn end_call(&self, socket: &Socket, session: &str) -> Result<Answer, Rejection> {
        let call = {
            let state = socket.seat.lock();
            state.call.clone().filter(|call| state.is_linked(socket.id) && *call.cell.session == *session)
        };
        let call = call.ok_or_else(|| Rejection::from(Code::SessionNotFound))?;
        let mut taken_over = false;
        if self.cluster.is_some() {
            self.come_to_life().await;
            hear_out(&call.cell, None).await;
            taken_over = !socket.seat.lock().is_linked(socket.id);
        }
        let ended = {
            let mut state = call.cell.lock();
            let over = ServerEvent::CallEnded { session: &call.cell.session };
            let ended = match state.call.hang_up(call.side) {
                Ended::Now => {
                    if taken_over {
                        state.tell(call.side, &over);
                    }
                    Some(self.close(&call.cell, &mut state, EndReason::Ended, Some(call.side.other())))
                }
                Ended::Before => None,
                Ended::Already => return Err(Code::SessionNotFound.into()),
            };
            outgoing::emit(&socket.emitter, &over);
            ended
        };
        self.watch_end(&socket.seat.device, &call.cell);
        self.note_end_soon(ended).await;
        Ok(Answer::new())
    }

    /// Ends the calls whose vanished side did not come back in time, and clears the seats of those who stayed away.
    pub(super) async fn expire_holds(&self) {
        for cell in self.holds.due(self.now()) {
            if self.cluster.is_some() {
                self.spawn(|gateway| async move {
                    gateway.look_elsewhere(&cell).await;
                    gateway.expire_hold(&cell).await;
                });
            } else {
                self.expire_hold(&cell).await;
            }
        }
    }

    async fn expire_hold(&self, cell: &CallCell) {
        let (ended, devices) = {
            let mut state = cell.lock();
            let present = Side::BOTH.into_iter().find(|side| state.call.is_present(*side));
            let expired = state.is_ours() && state.call.expire(self.now());
            let ended = expired.then(|| self.close(cell, &mut state, EndReason::Timeout, present));
            (ended, devices(&state))
        };
        self.note_end(ended).await;
        // Also when the peer ended the call before: the vanished side's seat was kept for this moment.
        for device in &devices {
            if let Some(seat) = self.hub.find(device) {
                self.hub.leave(&seat);
            }
        }
    }

    /// Ends a call with a reason, telling `told`. `None` when it was over already.
    pub(super) fn finish(&self, cell: &CallCell, reason: EndReason, told: Option<Side>) -> Option<Concluded> {
        let mut state = cell.lock();
        state.call.end(reason).then(|| self.close(cell, &mut state, reason, told))
    }

    /// Writes the end of a call to its record. Nobody waits for shared records, which may not answer.
    async fn note_end_soon(&self, ended: Option<Concluded>) {
        if self.cluster.is_some() {
            self.spawn(|gateway| async move { gateway.note_end(ended).await });
        } else {
            self.note_end(ended).await;
        }
    }

    /// Writes the end of a call to its record.
    pub(super) async fn note_end(&self, ended: Option<Concluded>) {
        let Some(Concluded { session, devices, moves }) = ended else { return };
        let now = self.now();
        if let Err(error) = self.parts.sessions.ended(session, now).await {
            tracing::warn!(%error, "the end of a call is not on record");
        }
        if let Some(cluster) = &self.cluster {
            cluster.note_end(session, moves, &devices, now).await;
        }
    }

    fn close(
        &self,
        cell: &CallCell,
        state: &mut CallState,
        reason: EndReason,
        told: Option<Side>,
    ) -> Concluded {
        self.close_except(cell, state, reason, told.as_slice(), None)
    }

    /// Closes a call that has ended, and tells the other nodes it has an end at, except the one that knows.
    pub(super) fn close_except(
        &self,
        cell: &CallCell,
        state: &mut CallState,
        reason: EndReason,
        told: &[Side],
        except: Option<NodeId>,
    ) -> Concluded {
        let concluded = Concluded { session: cell.id, devices: devices(state), moves: state.moves() };
        if let Some(cluster) = &self.cluster {
            let kept = say_last_words(cluster, cell, state, reason);
            let trails = Side::BOTH.map(|side| {
                let lane = state.transit.as_mut().map(|transit| transit.lane(side));
                let (sends, takes) = lane.map_or((None, None), |lane| (lane.sends, lane.takes));
                let node = state.path(side).node();
                if let Some(node) = node.filter(|node| Some(*node) != except) {
                    cluster.tell(node, &Message::Ended { session: cell.id, reason, next: sends });
                }
                Trail { sends, takes, node }
            });
            cluster.remember(cell.id, Farewell { at: self.now(), reason, kept, trails });
            cluster.forget(cell.id);
        }
        cell.close(state, told, reason);
        if self.count_out(state) {
            self.parts.metrics.session_ended(reason.as_str());
        }
        concluded
    }
}

fn devices(state: &CallState) -> [DeviceId; 2] {
    Side::BOTH.map(|side| state.call.participant(side).device.clone())
}
