//! The pool: who waits, who meets whom.

mod devices;
mod directory;
mod due;
mod log;
mod meetings;
mod order;
mod queues;
mod reap;
mod slab;
mod timeline;
mod undo;

use std::collections::BTreeSet;

use video_chat_kernel::{DeviceId, Timestamp};

use self::{
    devices::{Device, Devices, Stay, Withdrawn},
    meetings::Meetings,
    order::{Key, Place},
    queues::{Address, Queues, RegionNumber},
    timeline::Timeline,
};
use crate::{
    Compatibility, Joined, Language, Pairing, Party, Settings, Ticket, TicketId, Waiter, compatible,
};

/// How many expired memories one call clears away besides its own work.
const TIDY: usize = 4;

/// The pure pool: the rules of [`MatchPool`](crate::MatchPool), without I/O and with time as an argument.
///
/// The same calls with the same arguments give the same answers. `now` is a wall clock's reading and may step back:
/// the order in which tickets began to wait stays, and the pool's own time goes on at the clock's pace.
///
/// A call costs O(log n) for n waiting tickets, [`due`](Pool::due) as much for each ticket it looks at. Memory is
/// bounded by what waits and by [`Settings`].
#[derive(Debug)]
pub struct Pool {
    settings: Settings,
    time: Timeline,
    devices: Devices,
    queues: Queues,
    meetings: Meetings,
    /// Devices that wait and that time alone will make compatible with another, by when to look.
    wakes: BTreeSet<(Timestamp, u32)>,
    /// Devices that may take up their place again, by when it is lost.
    withdrawn: BTreeSet<(Timestamp, u32)>,
    waiting: u64,
}

/// A ticket on its way into or out of the queue.
struct Entrant {
    device: u32,
    ticket: Ticket,
    key: Key,
}

/// What a search came to.
enum Sought {
    /// The longest-waiting compatible one.
    Partner(Place),
    /// Nobody; perhaps from the instant given on.
    Nobody(Option<Timestamp>),
}

impl Pool {
    /// An empty pool.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            time: Timeline::default(),
            devices: Devices::default(),
            queues: Queues::default(),
            meetings: Meetings::default(),
            wakes: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            waiting: 0,
        }
    }

    /// See [`MatchPool::join`](crate::MatchPool::join).
    pub fn join(&mut self, ticket: Ticket, now: Timestamp) -> Joined {
        self.begin(now, TIDY);
        let device = self.devices.obtain(&ticket.device);
        let key = self.give_up_place(device, &ticket).unwrap_or_else(|| self.time.key());
        self.enter(Entrant { device, ticket, key })
    }

    /// See [`MatchPool::leave`](crate::MatchPool::leave). A place kept by a withdrawal of this ticket is lost too.
    pub fn leave(&mut self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> bool {
        self.begin(now, TIDY);
        let Some(number) = self.devices.find(device) else { return false };
        let mut left = false;
        if self.devices.stay(number).is_some_and(|stay| stay.ticket == ticket) {
            left = self.take(number).is_some();
            self.devices.release(number);
        } else if self.devices.withdrawal(number).is_some_and(|kept| kept.ticket.id == ticket) {
            self.forget_withdrawn(number);
            self.devices.release(number);
        }
        left
    }

    /// See [`MatchPool::withdraw`](crate::MatchPool::withdraw).
    pub fn withdraw(&mut self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> bool {
        self.begin(now, TIDY);
        let Some(number) = self.devices.find(device) else { return false };
        if self.devices.stay(number).is_none_or(|stay| stay.ticket != ticket) {
            return false;
        }
        let entrant = self.take(number);
        entrant.map(|entrant| self.put_aside(entrant)).is_some()
    }

    /// How many tickets wait.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// The true rank, from 1, of a device's ticket by waiting time among all that wait with its language;
    /// `None` when it does not wait.
    pub fn position(&self, device: &DeviceId) -> Option<u64> {
        let number = self.devices.find(device)?;
        let stay = self.devices.stay(number)?;
        let place = Place { key: stay.key, device: number };
        self.queues.rank(stay.address, place).map(|rank| rank as u64)
    }

    /// Since when the longest-waiting ticket of a language waits.
    pub fn oldest(&self, language: &Language) -> Option<Timestamp> {
        self.queues.oldest(language).map(|place| self.time.wall(place.key.since()))
    }

    /// Takes in the clock's reading and clears away up to `tidy` of each kind of memory whose time is over.
    fn begin(&mut self, now: Timestamp, tidy: usize) {
        self.time.read(now);
        let now = self.time.now();
        for _ in 0..tidy {
            let Some(&(until, device)) = self.withdrawn.first().filter(|(until, _)| *until <= now) else {
                break;
            };
            self.withdrawn.remove(&(until, device));
            self.forget_withdrawn(device);
            self.devices.release(device);
        }
        for _ in 0..tidy {
            if !self.forget_meeting() {
                break;
            }
        }
    }

    /// Pairs the entrant with the longest-waiting compatible one, or lets it wait.
    fn enter(&mut self, entrant: Entrant) -> Joined {
        let at = self.queues.find(&entrant.ticket.language, &entrant.ticket.region);
        let sought = at.map_or(Sought::Nobody(None), |at| self.seek(entrant.device, at, entrant.key));
        match sought {
            Sought::Partner(place) => match self.take(place.device) {
                Some(partner) => Joined::Matched(self.pair(entrant, partner)),
                None => self.wait(entrant, at, None),
            },
            Sought::Nobody(wake) => self.wait(entrant, at, wake),
        }
    }

    /// Looks for the longest-waiting place compatible with a device, were it waiting at `at` since `key`.
    fn seek(&self, device: u32, at: Address, key: Key) -> Sought {
        let Some(seeker) = self.devices.get(device) else { return Sought::Nobody(None) };
        let me = self.party(device, seeker, at, key);
        let now = self.time.now();
        let mut wake: Option<Timestamp> = None;
        let partner = self.queues.first(at, |place| {
            // One that never met anybody is nobody's last partner: all that meet it by criteria will do.
            if seeker.met == 0 && place.device != device {
                return true;
            }
            let stay = self.devices.get(place.device).zip(self.devices.stay(place.device));
            let verdict = stay.map_or(Compatibility::Never, |(device, stay)| {
                let other = self.party(place.device, device, stay.address, place.key);
                compatible(&me, &other, self.settings.rematch_after)
            });
            match verdict {
                Compatibility::From(instant) if instant > now => {
                    wake = Some(wake.map_or(instant, |wake| wake.min(instant)));
                    false
                }
                Compatibility::From(_) => true,
                Compatibility::Never => false,
            }
        });
        partner.map_or(Sought::Nobody(wake), Sought::Partner)
    }

    fn party(&self, number: u32, device: &Device, at: Address, key: Key) -> Party<u32> {
        Party {
            device: number,
            language: at.language,
            region: match at.region {
                RegionNumber::Global => None,
                // No queue has this number: slabs are dense.
                RegionNumber::Empty => Some(u32::MAX),
                RegionNumber::Queue(queue) => Some(queue),
            },
            since: key.since(),
            last: self.meetings.last_partner(&self.devices, number, device),
        }
    }

    /// Lets the entrant wait; `at` is where its criteria were found.
    fn wait(&mut self, entrant: Entrant, at: Option<Address>, wake: Option<Timestamp>) -> Joined {
        let Entrant { device: number, ticket, key } = entrant;
        let address = self.queues.obtain(at, ticket.language, ticket.region);
        let Ticket { id: ticket, device, node, .. } = ticket;
        self.devices.begin_stay(number, Stay { device, ticket, node, address, key, wake });
        if let Some(wake) = wake {
            self.wakes.insert((wake, number));
        }
        self.waiting += 1;
        let position = self.queues.insert(address, Place { key, device: number }) as u64;
        Joined::Waiting { position, since: self.time.wall(key.since()) }
    }

    /// Takes a waiting device out of the queue. It is idle then.
    fn take(&mut self, number: u32) -> Option<Entrant> {
        let stay = self.devices.end_stay(number)?;
        let (language, region) = self.queues.remove(stay.address, Place { key: stay.key, device: number })?;
        if let Some(wake) = stay.wake {
            self.wakes.remove(&(wake, number));
        }
        self.waiting -= 1;
        let ticket = Ticket { id: stay.ticket, device: stay.device, region, language, node: stay.node };
        Some(Entrant { device: number, ticket, key: stay.key })
    }

    /// Makes a device idle that joins anew; answers the place it keeps.
    fn give_up_place(&mut self, number: u32, ticket: &Ticket) -> Option<Key> {
        let now = self.time.now();
        let (key, old) = if let Some(left) = self.take(number) {
            (left.key, left.ticket)
        } else {
            let kept = self.forget_withdrawn(number).filter(|kept| kept.until > now)?;
            (kept.key, kept.ticket)
        };
        (old.region == ticket.region && old.language == ticket.language).then_some(key)
    }

    /// Keeps the place of one that is out of the queue until the grace is over.
    fn put_aside(&mut self, entrant: Entrant) {
        let until = self.time.now().after(self.settings.grace);
        let Entrant { device: number, ticket, key } = entrant;
        self.devices.begin_withdrawal(number, Withdrawn { ticket, key, until });
        self.withdrawn.insert((until, number));
        if self.withdrawn.len() > self.settings.max_withdrawn
            && let Some(&(_, oldest)) = self.withdrawn.first()
        {
            self.forget_withdrawn(oldest);
            self.devices.release(oldest);
        }
    }

    fn forget_withdrawn(&mut self, number: u32) -> Option<Withdrawn> {
        let kept = self.devices.end_withdrawal(number)?;
        self.withdrawn.remove(&(kept.until, number));
        Some(kept)
    }

    /// Pairs two that are out of the queue.
    fn pair(&mut self, one: Entrant, other: Entrant) -> Pairing {
        let (first, second) =
            if (one.key, one.device) < (other.key, other.device) { (one, other) } else { (other, one) };
        let met = [&first, &second].map(|side| (side.device, side.ticket.id, side.key));
        self.meetings.add(&mut self.devices, self.time.now(), &self.settings, met);
        self.forget_meeting();
        let waiter = |side: Entrant| Waiter { ticket: side.ticket, since: self.time.wall(side.key.since()) };
        Pairing { first: waiter(first), second: waiter(second) }
    }

    /// Forgets the oldest meeting if it must go. Those it kept apart are looked at again.
    fn forget_meeting(&mut self) -> bool {
        let Some((serial, meeting)) = self.meetings.forget_oldest(self.time.now(), &self.settings) else {
            return false;
        };
        for side in meeting.sides {
            if let Some(device) = self.devices.get_mut(side.device) {
                device.logged -= 1;
                if device.last == serial {
                    self.wake_at(side.device, self.time.now());
                }
            }
            self.devices.release(side.device);
        }
        true
    }
}
