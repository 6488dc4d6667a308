use video_chat_kernel::Timestamp;

use super::{
    Settings,
    devices::{Device, Devices},
    log::Log,
    order::Key,
};
use crate::{LastPartner, TicketId};

/// How many newer meetings of a device make the older ones forgotten, so that one that has met everybody never
/// makes a search step over everybody.
pub(super) const NEWER: u32 = 64;

/// The meetings the pool remembers: who was whose last partner, and what an undone pairing restores.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    log: Log<Meeting>,
}

/// Two that were paired.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meeting {
    pub(super) sides: [Side; 2],
    /// From this instant on it is forgotten.
    until: Timestamp,
    undone: bool,
}

/// What a meeting remembers of one of the two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) device: u32,
    pub(super) ticket: TicketId,
    /// The place it had, or would have had, in the queue.
    pub(super) key: Key,
    /// The last meeting it had before.
    before: u64,
    /// Which of its meetings this was.
    nth: u32,
}

impl Meetings {
    /// Writes down that two met, each given by number, ticket and place.
    pub(super) fn add(
        &mut self,
        devices: &mut Devices,
        now: Timestamp,
        settings: &Settings,
        pair: [(u32, TicketId, Key); 2],
    ) {
        let serial = self.log.next();
        let sides = pair.map(|(number, ticket, key)| {
            let mut side = Side { device: number, ticket, key, before: 0, nth: 0 };
            if let Some(device) = devices.get_mut(number) {
                device.met = device.met.wrapping_add(1);
                device.logged += 1;
                side.nth = device.met;
                side.before = std::mem::replace(&mut device.last, serial);
            }
            side
        });
        self.log.push(Meeting { sides, until: now.after(settings.remember_for), undone: false });
    }

    /// The last partner of a device, as long as that counts.
    pub(super) fn last_partner(
        &self,
        devices: &Devices,
        number: u32,
        device: &Device,
    ) -> Option<LastPartner<u32>> {
        let meeting = self.log.get(device.last)?;
        let other = meeting.other(number)?;
        let newer = devices.get(other.device)?.met.wrapping_sub(other.nth);
        (newer < NEWER).then_some(LastPartner { device: other.device, until: meeting.until })
    }

    /// The newest meeting of a device that was not undone, with its serial number, unless its time is over.
    pub(super) fn last(&self, device: &Device, now: Timestamp) -> Option<(u64, Meeting)> {
        let meeting = self.log.get(device.last).filter(|meeting| meeting.until > now)?;
        Some((device.last, *meeting))
    }

    /// Strikes out a meeting. The last partners of both are again who they were before it.
    pub(super) fn undo(&mut self, devices: &mut Devices, serial: u64) {
        let Some(meeting) = self.log.get_mut(serial) else { return };
        meeting.undone = true;
        for side in meeting.sides {
            let before = self.standing(side.device, side.before);
            if let Some(device) = devices.get_mut(side.device)
                && device.last == serial
            {
                device.last = before;
            }
        }
    }

    /// Forgets the oldest meeting if there are too many, or its time is over.
    pub(super) fn forget_oldest(&mut self, now: Timestamp, settings: &Settings) -> Option<(u64, Meeting)> {
        let oldest = self.log.front()?;
        let too_many = self.log.len() > settings.max_meetings;
        if too_many || oldest.until <= now { self.log.pop_front() } else { None }
    }

    /// Follows a device's meetings back from `serial` to one that was not undone.
    fn standing(&self, device: u32, mut serial: u64) -> u64 {
        while let Some(meeting) = self.log.get(serial)
            && meeting.undone
            && let Some(side) = meeting.side(device)
        {
            serial = side.before;
        }
        serial
    }
}

impl Meeting {
    fn side(&self, device: u32) -> Option<&Side> {
        self.sides.iter().find(|side| side.device == device)
    }

    fn other(&self, device: u32) -> Option<&Side> {
        self.sides.iter().find(|side| side.device != device)
    }
}
