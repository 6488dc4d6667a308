use video_chat_kernel::{DeviceId, NodeId, Timestamp};

use super::{directory::Directory, order::Key, queues::Address, slab::Slab};
use crate::{Ticket, TicketId};

/// The devices the pool has something to remember about, under dense numbers.
///
/// Of one that neither waits nor is withdrawn only the keyed 64-bit hash of its id is kept. Should two ever share
/// one, the worst that comes of it is a last partner that was none.
#[derive(Debug, Default)]
pub(super) struct Devices {
    known: Slab<Device>,
    stays: Slab<Stay>,
    withdrawals: Slab<Withdrawn>,
    directory: Directory,
}

/// Small, and apart from its stay: of most that have met somebody nothing else is remembered.
#[derive(Debug)]
pub(super) struct Device {
    hash: u64,
    /// The serial number of its newest meeting that was not undone; forgotten when the log no longer has it.
    pub(super) last: u64,
    /// How many meetings it had. Wraps.
    pub(super) met: u32,
    /// How many meetings of the log name it.
    pub(super) logged: u32,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Neither waits nor may take up its place again.
    Idle,
    /// By the number of its stay.
    Waiting(u32),
    /// By the number of what is kept.
    Withdrawn(u32),
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
            let device = Device { hash, last: 0, met: 0, logged: 0, state: State::Idle };
            let number = self.known.insert(device);
            self.directory.insert(hash, number);
            number
        })
    }

    pub(super) fn get(&self, number: u32) -> Option<&Device> {
        self.known.get(number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Device> {
        self.known.get_mut(number)
    }

    pub(super) fn is_idle(&self, number: u32) -> bool {
        self.get(number).is_some_and(|device| matches!(device.state, State::Idle))
    }

    pub(super) fn stay(&self, number: u32) -> Option<&Stay> {
        let State::Waiting(stay) = self.get(number)?.state else { return None };
        self.stays.get(stay)
    }

    /// Those that wait for a node, with their numbers.
    pub(super) fn stays_at(&self, node: NodeId) -> impl Iterator<Item = (u32, &Stay)> {
        let stays = self.known.iter().filter_map(|(number, _)| Some((number, self.stay(number)?)));
        stays.filter(move |(_, stay)| stay.node == node)
    }

    pub(super) fn stay_mut(&mut self, number: u32) -> Option<&mut Stay> {
        let State::Waiting(stay) = self.get(number)?.state else { return None };
        self.stays.get_mut(stay)
    }

    /// Makes an idle device wait.
    pub(super) fn begin_stay(&mut self, number: u32, stay: Stay) {
        if let Some(device) = self.known.get_mut(number) {
            device.state = State::Waiting(self.stays.insert(stay));
        }
    }

    /// Makes a waiting device idle.
    pub(super) fn end_stay(&mut self, number: u32) -> Option<Stay> {
        let device = self.known.get_mut(number)?;
        let State::Waiting(stay) = device.state else { return None };
        device.state = State::Idle;
        self.stays.remove(stay)
    }

    pub(super) fn withdrawal(&self, number: u32) -> Option<&Withdrawn> {
        let State::Withdrawn(kept) = self.get(number)?.state else { return None };
        self.withdrawals.get(kept)
    }

    pub(super) fn withdrawal_mut(&mut self, number: u32) -> Option<&mut Withdrawn> {
        let State::Withdrawn(kept) = self.get(number)?.state else { return None };
        self.withdrawals.get_mut(kept)
    }

    /// Keeps a place for an idle device.
    pub(super) fn begin_withdrawal(&mut self, number: u32, kept: Withdrawn) {
        if let Some(device) = self.known.get_mut(number) {
            device.state = State::Withdrawn(self.withdrawals.insert(kept));
        }
    }

    /// Makes a withdrawn device idle.
    pub(super) fn end_withdrawal(&mut self, number: u32) -> Option<Withdrawn> {
        let device = self.known.get_mut(number)?;
        let State::Withdrawn(kept) = device.state else { return None };
        device.state = State::Idle;
        self.withdrawals.remove(kept)
    }

    /// Forgets the device if nothing about it needs remembering.
    pub(super) fn release(&mut self, number: u32) {
        let unused = |device: &Device| device.logged == 0 && matches!(device.state, State::Idle);
        if self.get(number).is_some_and(unused)
            && let Some(device) = self.known.remove(number)
        {
            self.directory.remove(device.hash, number);
        }
    }

    fn find_hashed(&self, hash: u64, id: &DeviceId) -> Option<u32> {
        self.directory.find(hash, |number| self.is(number, hash, id))
    }

    /// Whether this is the device of that name, which has that hash.
    fn is(&self, number: u32, hash: u64, id: &DeviceId) -> bool {
        self.get(number).is_some_and(|device| match device.state {
            _ if device.hash != hash => false,
            State::Idle => true,
            State::Waiting(stay) => self.stays.get(stay).is_some_and(|stay| stay.device == *id),
            State::Withdrawn(kept) => {
                self.withdrawals.get(kept).is_some_and(|kept| kept.ticket.device == *id)
            }
        })
    }
}
