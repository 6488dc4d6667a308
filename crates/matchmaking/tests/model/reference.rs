//! The rules again, as plainly as they can be said: lists, searched from end to end.

use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Pairing, Settings, Ticket, TicketId, Waiter};

#[derive(Debug, Clone)]
struct Place {
    ticket: Ticket,
    /// Since when, by the pool's own time in milliseconds.
    since: u64,
    /// Counts those that began to wait: the order of all that wait.
    order: u64,
}

#[derive(Debug)]
struct Kept {
    place: Place,
    until: u64,
}

#[derive(Debug)]
struct Meeting {
    places: [Place; 2],
    until: u64,
    undone: bool,
}

#[derive(Debug)]
pub(crate) struct Reference {
    settings: Settings,
    wall: Option<u64>,
    now: u64,
    begun: u64,
    waiting: Vec<Place>,
    kept: Vec<Kept>,
    meetings: Vec<Meeting>,
}

impl Reference {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            wall: None,
            now: 0,
            begun: 0,
            waiting: Vec::new(),
            kept: Vec::new(),
            meetings: Vec::new(),
        }
    }

    pub(crate) fn join(&mut self, ticket: Ticket, now: Timestamp) -> Joined {
        self.read(now);
        let before = self.take_waiting(&ticket.device).or_else(|| {
            let kept = self.take_kept(&ticket.device)?;
            (kept.until > self.now).then_some(kept.place)
        });
        self.begun += 1;
        let place = match before {
            Some(old) if same_criteria(&old.ticket, &ticket) => Place { ticket, ..old },
            _ => Place { ticket, since: self.now, order: self.begun },
        };
        self.enter(place)
    }

    pub(crate) fn leave(&mut self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> bool {
        self.read(now);
        self.kept.retain(|kept| kept.place.ticket.device != *device || kept.place.ticket.id != ticket);
        self.waits(device, ticket) && self.take_waiting(device).is_some()
    }

    pub(crate) fn withdraw(&mut self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> bool {
        self.read(now);
        if !self.waits(device, ticket) {
            return false;
        }
        let place = self.take_waiting(device);
        place.map(|place| self.keep(place)).is_some()
    }

    pub(crate) fn undo(
        &mut self,
        pairing: &Pairing,
        survivor: Option<TicketId>,
        now: Timestamp,
    ) -> Option<Joined> {
        self.read(now);
        let tickets = [&pairing.first, &pairing.second].map(|waiter| waiter.ticket.id);
        let devices = [&pairing.first, &pairing.second].map(|waiter| waiter.ticket.device.clone());
        let latest = devices.clone().map(|device| self.last_meeting(&device));
        let index = latest.iter().flatten().copied().find(|index| {
            let meeting = &self.meetings[*index];
            meeting.until > self.now && meeting.places.each_ref().map(|place| place.ticket.id) == tickets
        })?;
        self.meetings[index].undone = true;
        let mut returning = None;
        for (place, latest) in self.meetings[index].places.clone().into_iter().zip(latest) {
            let device = &place.ticket.device;
            if latest != Some(index) {
                continue;
            }
            if let Some(newer) = self.waiting.iter_mut().find(|it| it.ticket.device == *device) {
                bring_forward(newer, &place);
            } else if let Some(kept) = self.kept.iter_mut().find(|it| it.place.ticket.device == *device) {
                bring_forward(&mut kept.place, &place);
            } else if survivor == Some(place.ticket.id) {
                returning = Some(place);
            } else {
                self.keep(place);
            }
        }
        returning.map(|place| self.enter(place))
    }

    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Pairing> {
        self.read(now);
        let mut pairings = Vec::new();
        loop {
            let all = self.waiting.iter().flat_map(|a| self.waiting.iter().map(move |b| (a, b)));
            let may_meet = all.filter(|(a, b)| a.order < b.order && self.compatible(a, b));
            let Some((a, b)) = may_meet.min_by_key(|(a, b)| (a.order, b.order)) else { return pairings };
            let (a, b) = (a.clone(), b.clone());
            self.take_waiting(&a.ticket.device);
            self.take_waiting(&b.ticket.device);
            pairings.push(self.pair(a, b));
        }
    }

    pub(crate) fn reap(&mut self, node: NodeId, now: Timestamp) -> u64 {
        self.read(now);
        let (dead, waiting) = self.waiting.drain(..).partition(|place: &Place| place.ticket.node == node);
        self.waiting = waiting;
        let dead: Vec<Place> = dead;
        dead.into_iter().map(|place| self.keep(place)).count() as u64
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub(crate) fn position(&self, device: &DeviceId) -> Option<u64> {
        let place = self.waiting.iter().find(|place| place.ticket.device == *device)?;
        let competes = |other: &&Place| other.ticket.language == place.ticket.language;
        let ahead = self.waiting.iter().filter(competes).filter(|other| other.order <= place.order);
        Some(ahead.count() as u64)
    }

    fn enter(&mut self, place: Place) -> Joined {
        let partners = self.waiting.iter().filter(|other| self.compatible(&place, other));
        if let Some(partner) = partners.min_by_key(|other| other.order).cloned() {
            self.take_waiting(&partner.ticket.device);
            return Joined::Matched(self.pair(place, partner));
        }
        let (device, since) = (place.ticket.device.clone(), self.as_wall(place.since));
        self.waiting.push(place);
        Joined::Waiting { position: self.position(&device).unwrap(), since }
    }

    fn pair(&mut self, a: Place, b: Place) -> Pairing {
        let (first, second) = if a.order < b.order { (a, b) } else { (b, a) };
        let until = self.now + millis(self.settings.remember_for);
        self.meetings.push(Meeting { places: [first.clone(), second.clone()], until, undone: false });
        let waiter = |place: Place| Waiter { since: self.as_wall(place.since), ticket: place.ticket };
        Pairing { first: waiter(first), second: waiter(second) }
    }

    fn compatible(&self, a: &Place, b: &Place) -> bool {
        let region = |place: &Place| place.ticket.region.as_str().to_owned();
        let regions_meet = region(a) == region(b) || region(a) == "global" || region(b) == "global";
        let both_waited =
            [a, b].iter().all(|place| self.now >= place.since + millis(self.settings.rematch_after));
        let apart = self.remembers(a, b) || self.remembers(b, a);
        a.ticket.device != b.ticket.device
            && a.ticket.language == b.ticket.language
            && regions_meet
            && (both_waited || !apart)
    }

    /// Whether `b` is the last partner of `a`.
    fn remembers(&self, a: &Place, b: &Place) -> bool {
        self.last_meeting(&a.ticket.device).is_some_and(|index| {
            let meeting = &self.meetings[index];
            meeting.until > self.now && took_part(meeting, &b.ticket.device)
        })
    }

    /// The newest meeting of a device that was not undone, among those remembered.
    fn last_meeting(&self, device: &DeviceId) -> Option<usize> {
        let oldest = self.meetings.len().saturating_sub(self.settings.max_meetings);
        (oldest..self.meetings.len())
            .rev()
            .find(|index| !self.meetings[*index].undone && took_part(&self.meetings[*index], device))
    }

    fn waits(&self, device: &DeviceId, ticket: TicketId) -> bool {
        self.waiting.iter().any(|place| place.ticket.device == *device && place.ticket.id == ticket)
    }

    fn take_waiting(&mut self, device: &DeviceId) -> Option<Place> {
        let index = self.waiting.iter().position(|place| place.ticket.device == *device)?;
        Some(self.waiting.remove(index))
    }

    fn take_kept(&mut self, device: &DeviceId) -> Option<Kept> {
        let index = self.kept.iter().position(|kept| kept.place.ticket.device == *device)?;
        Some(self.kept.remove(index))
    }

    fn keep(&mut self, place: Place) {
        self.kept.push(Kept { place, until: self.now + millis(self.settings.grace) });
    }

    /// The pool's time follows the wall clock forward, by a day at most, and never steps back.
    fn read(&mut self, wall: Timestamp) {
        let wall = wall.as_millis();
        let before = self.wall.unwrap_or(wall);
        if wall >= before {
            self.now += (wall - before).min(86_400_000);
            self.wall = Some(wall);
        } else if before - wall > 1_000 {
            self.wall = Some(wall);
        }
        self.kept.retain(|kept| kept.until > self.now);
    }

    fn as_wall(&self, since: u64) -> Timestamp {
        Timestamp::from_millis(self.wall.unwrap_or(0).saturating_sub(self.now - since))
    }
}

fn took_part(meeting: &Meeting, device: &DeviceId) -> bool {
    meeting.places.iter().any(|place| place.ticket.device == *device)
}

fn same_criteria(a: &Ticket, b: &Ticket) -> bool {
    a.region == b.region && a.language == b.language
}

fn bring_forward(newer: &mut Place, earlier: &Place) {
    if same_criteria(&newer.ticket, &earlier.ticket) && earlier.order < newer.order {
        (newer.since, newer.order) = (earlier.since, earlier.order);
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
