//! Taking back a pairing that could not be told.

use video_chat_kernel::Timestamp;

use super::{Entrant, Key, Place, Pool, TIDY, meetings::Side};
use crate::{Joined, Pairing, Ticket, TicketId, Waiter};

impl Pool {
    /// See [`MatchPool::undo`](crate::MatchPool::undo).
    ///
    /// `None` when there is no survivor, when the pairing is not known (any more) or already undone, and when the
    /// survivor's device has joined anew since: that ticket takes over the earlier place, and the next
    /// [`due`](Pool::due) looks for its partner. Whoever has met somebody else since is left alone.
    pub fn undo(&mut self, pairing: &Pairing, survivor: Option<TicketId>, now: Timestamp) -> Option<Joined> {
        self.begin(now, TIDY);
        let waiters = [&pairing.first, &pairing.second];
        let (serial, sides) = self.meeting_of(waiters)?;
        let latest = sides.map(|side| self.devices.get(side.device).is_some_and(|it| it.last == serial));
        self.meetings.undo(&mut self.devices, serial);

        let mut returning = None;
        for ((waiter, side), is_latest) in waiters.into_iter().zip(sides).zip(latest) {
            if !is_latest {
                continue;
            }
            let entrant = Entrant { device: side.device, ticket: waiter.ticket.clone(), key: side.key };
            if !self.devices.is_idle(side.device) {
                self.bring_forward(entrant);
            } else if survivor == Some(waiter.ticket.id) {
                returning = Some(entrant);
            } else {
                self.put_aside(entrant);
            }
        }
        // Last, so that it may meet the other again if that has joined anew.
        returning.map(|entrant| self.enter(entrant))
    }

    /// The meeting in which these two were paired, as long as it is the latest of either.
    fn meeting_of(&self, waiters: [&Waiter; 2]) -> Option<(u64, [Side; 2])> {
        let tickets = waiters.map(|waiter| waiter.ticket.id);
        waiters.into_iter().find_map(|waiter| {
            let device = self.devices.get(self.devices.find(&waiter.ticket.device)?)?;
            let (serial, meeting) = self.meetings.last(device, self.time.now())?;
            (meeting.sides.map(|side| side.ticket) == tickets).then_some((serial, meeting.sides))
        })
    }

    /// Gives a device that has joined anew its earlier place, if it asks for the same as then.
    fn bring_forward(&mut self, earlier: Entrant) {
        let Entrant { device: number, ticket, key } = earlier;
        if let Some(kept) = self.devices.withdrawal_mut(number) {
            if kept.ticket.region == ticket.region && kept.ticket.language == ticket.language {
                kept.key = kept.key.min(key);
            }
            return;
        }
        self.move_up(number, &ticket, key);
        self.wake_at(number, self.time.now());
    }

    fn move_up(&mut self, number: u32, earlier: &Ticket, key: Key) {
        let Some(stay) = self.devices.stay_mut(number) else { return };
        let (address, old) = (stay.address, stay.key);
        if key < old && self.queues.is_at(address, &earlier.language, &earlier.region) {
            stay.key = key;
            // Added before the other is removed, so that the queue is never empty and its numbers stay.
            self.queues.insert(address, Place { key, device: number });
            self.queues.remove(address, Place { key: old, device: number });
        }
    }
}
