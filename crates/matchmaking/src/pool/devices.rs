use video_chat_kernel::{DeviceId, NodeId, Timestamp};

use super::{directory::Directory, order::Key, queues::Address, slab::Slab};
use crate::{Ticket, TicketId};

/// The devices the pool has something to remember about, under dense numbers.
///
/// Of one that neither waits nor is withdrawn only the keyed 64-bit hash of its id is kept. Should two ever share
/// one, the worst that comes of it is a last partner that was none.
#[derive(Debug, Default)]
pub(super) struct Devices {
    slab: Slab<Device>,
    directory: Directory,
}

#[derive(Debug)]
pub(super) struct Device {
    hash: u64,
    pub(super) state: State,
    /// The serial number of its newest meeting that was not undone; forgotten when the log no longer has it.
    pub(super) last: u64,
    /// How many meetings it had. Wraps.
    pub(super) met: u32,
    /// How many meetings of the log name it.
    pub(super) logged: u32,
}

#[derive(Debug)]
pub(super) enum State {
    /// Neither waits nor may take up its place again.
    Idle,
    Waiting(Stay),
    Withdrawn(Box<Withdrawn>),
}

/// A stay in the queue.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) device: DeviceId,
    pub(super) ticket: TicketId,
    pub(super) node: NodeId,
    pub(super) address: Address,
    pub(super) key: Key,
    /// When to look again for somebody whom time makes compatible.
    pub(super) wake: Option<Timestamp>,
}

/// A place kept for one that went away.
#[derive(Debug)]
pub(super) struct Withdrawn {
    pub(super) ticket: Ticket,
    pub(super) key: Key,
    /// From this instant on the place is lost.
    pub(super) until: Timestamp,
}

impl Devices {
    pub(super) fn find(&self, id: &DeviceId) -> Option<u32> {
        self.find_hashed(self.directory.hash(id), id)
    }

    /// The number of this device, a new one if need be.
    pub(super) fn obtain(&mut self, id: &DeviceId) -> u32 {
        let hash = self.directory.hash(id);
        self.find_hashed(hash, id).unwrap_or_else(|| {
            let device = Device { hash, state: State::Idle, last: 0, met: 0, logged: 0 };
            let number = self.slab.insert(device);
            self.directory.insert(hash, number);
            number
        })
    }

    pub(super) fn get(&self, number: u32) -> Option<&Device> {
        self.slab.get(number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Device> {
        self.slab.get_mut(number)
    }

    pub(super) fn stay(&self, number: u32) -> Option<&Stay> {
        match &self.get(number)?.state {
            State::Waiting(stay) => Some(stay),
            State::Idle | State::Withdrawn(_) => None,
        }
    }

    /// Those that wait for a node, with their numbers.
    pub(super) fn stays_at(&self, node: NodeId) -> impl Iterator<Item = (u32, &Stay)> {
        self.slab.iter().filter_map(move |(number, device)| match &device.state {
            State::Waiting(stay) if stay.node == node => Some((number, stay)),
            _ => None,
        })
    }

    pub(super) fn stay_mut(&mut self, number: u32) -> Option<&mut Stay> {
        match &mut self.get_mut(number)?.state {
            State::Waiting(stay) => Some(stay),
            State::Idle | State::Withdrawn(_) => None,
        }
    }

    /// Makes a waiting device idle.
    pub(super) fn end_stay(&mut self, number: u32) -> Option<Stay> {
        let device = self.get_mut(number)?;
        match std::mem::replace(&mut device.state, State::Idle) {
            State::Waiting(stay) => Some(stay),
            other => {
                device.state = other;
                None
            }
        }
    }

    /// Makes a withdrawn device idle.
    pub(super) fn end_withdrawal(&mut self, number: u32) -> Option<Box<Withdrawn>> {
        let device = self.get_mut(number)?;
        match std::mem::replace(&mut device.state, State::Idle) {
            State::Withdrawn(kept) => Some(kept),
            other => {
                device.state = other;
                None
            }
        }
    }

    /// Forgets the device if nothing about it needs remembering.
    pub(super) fn release(&mut self, number: u32) {
        let unused = |device: &Device| device.logged == 0 && matches!(device.state, State::Idle);
        if self.get(number).is_some_and(unused)
            && let Some(device) = self.slab.remove(number)
        {
            self.directory.remove(device.hash, number);
        }
    }

    fn find_hashed(&self, hash: u64, id: &DeviceId) -> Option<u32> {
        self.directory.find(hash, |number| self.slab.get(number).is_some_and(|device| device.is(id)))
    }
}

impl Device {
    /// Whether this is the device of that name, whose hash it has.
    fn is(&self, id: &DeviceId) -> bool {
        match &self.state {
            State::Idle => true,
            State::Waiting(stay) => stay.device == *id,
            State::Withdrawn(kept) => kept.ticket.device == *id,
        }
    }
}
