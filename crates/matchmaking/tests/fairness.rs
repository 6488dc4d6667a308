//! A day at the queue, replayed exactly: nobody compatible waits while a later one is served, and nobody waits beside
//! somebody compatible for longer than promised.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pairing, Pool, Region, Settings, Ticket, TicketId, Waiter};

const DEVICES: u64 = 400;
const STEPS: u64 = 60_000;
const REMATCH_AFTER: Duration = Duration::from_secs(3);

/// What an onlooker knows: who waits, and who met whom last.
struct Day {
    pool: Pool,
    now: Timestamp,
    random: u64,
    waiting: BTreeMap<String, Waiter>,
    partner: HashMap<String, String>,
    served: u64,
    served_late: u64,
}

impl Day {
    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below
    }

    fn ticket(&mut self, id: u64) -> Ticket {
        // Every other ticket comes from the same few devices, so that last partners see each other again.
        let crowd = if self.draw(2) == 0 { DEVICES / 40 } else { DEVICES };
        let device = self.draw(crowd);
        let region =
            ["global", "eu", "eu", "us", "us", "asia", "africa"][usize::try_from(self.draw(7)).unwrap()];
        let language = ["en", "en", "es", "fr"][usize::try_from(self.draw(4)).unwrap()];
        Ticket {
            id: TicketId::from_bits(id.into()),
            device: DeviceId::parse(&format!("device {device}")).unwrap(),
            region: Region::parse(region).unwrap(),
            language: Language::parse(language).unwrap(),
            node: NodeId::from_bytes([1; 16]),
        }
    }

    fn last_partners(&self, a: &Ticket, b: &Ticket) -> bool {
        let (a, b) = (a.device.as_str(), b.device.as_str());
        self.partner.get(a).is_some_and(|last| last == b) || self.partner.get(b).is_some_and(|last| last == a)
    }

    /// Nobody that `newcomer` could have met at once has waited longer than whom it met.
    fn check_served(&self, newcomer: &Ticket, met: &Waiter) {
        for waiter in self.waiting.values() {
            let passed_over = waiter.since < met.since
                && meets(&waiter.ticket, newcomer)
                && !self.last_partners(&waiter.ticket, newcomer);
            assert!(!passed_over, "{waiter:?} was passed over for {met:?}");
        }
    }

    fn paired(&mut self, pairing: &Pairing) {
        let [a, b] = [&pairing.first, &pairing.second].map(|waiter| waiter.ticket.device.as_str().to_owned());
        self.waiting.remove(&a);
        self.waiting.remove(&b);
        self.partner.insert(a.clone(), b.clone());
        self.partner.insert(b, a);
        self.served += 1;
    }

    fn join(&mut self, ticket: &Ticket) {
        let name = ticket.device.as_str().to_owned();
        match self.pool.join(ticket.clone(), self.now) {
            Joined::Waiting { position, since } => {
                self.waiting.insert(name, Waiter { ticket: ticket.clone(), since });
                let competes =
                    |other: &&Waiter| other.ticket.language == ticket.language && other.since < since;
                let ahead = self.waiting.values().filter(competes).count() as u64;
                assert!(position > ahead);
            }
            Joined::Matched(pairing) => {
                self.waiting.remove(&name);
                let met = if pairing.first.ticket.id == ticket.id { &pairing.second } else { &pairing.first };
                self.check_served(ticket, met);
                self.paired(&pairing);
            }
        }
    }

    /// What a server asks every 500 ms.
    fn due(&mut self) {
        for pairing in self.pool.due(self.now) {
            let waited = self.now.since(pairing.second.since.max(pairing.first.since));
            assert!(self.last_partners(&pairing.first.ticket, &pairing.second.ticket));
            assert!(waited >= REMATCH_AFTER && waited <= REMATCH_AFTER + Duration::from_secs(2));
            self.paired(&pairing);
            self.served_late += 1;
        }
        let all: Vec<&Waiter> = self.waiting.values().collect();
        for (index, a) in all.iter().enumerate() {
            for b in &all[index + 1..] {
                let both_waited = self.now.since(a.since.max(b.since)) >= REMATCH_AFTER;
                let apart = self.last_partners(&a.ticket, &b.ticket) && !both_waited;
                assert!(!meets(&a.ticket, &b.ticket) || apart, "{a:?} and {b:?} both wait");
            }
        }
    }
}

fn meets(a: &Ticket, b: &Ticket) -> bool {
    let regions = a.region == b.region || a.region.is_global() || b.region.is_global();
    regions && a.language == b.language && a.device != b.device
}

#[test]
fn nobody_compatible_waits_while_a_later_one_is_served() {
    let settings = Settings {
        rematch_after: REMATCH_AFTER,
        remember_for: Duration::from_hours(48),
        ..Settings::default()
    };
    let mut day = Day {
        pool: Pool::new(settings),
        now: Timestamp::from_secs(1_800_000_000),
        random: 0x2545_f491_4f6c_dd1d,
        waiting: BTreeMap::new(),
        partner: HashMap::new(),
        served: 0,
        served_late: 0,
    };
    let mut next_due = day.now;
    for step in 0..STEPS {
        let pause = day.draw(1_500);
        day.now = day.now.after(Duration::from_millis(pause));
        if day.now >= next_due {
            next_due = day.now.after(Duration::from_millis(500));
            day.due();
        }
        let ticket = day.ticket(step);
        if day.draw(8) == 0 {
            if let Some(waiter) = day.waiting.remove(ticket.device.as_str()) {
                assert!(day.pool.leave(&waiter.ticket.device, waiter.ticket.id, day.now));
            }
        } else {
            day.join(&ticket);
        }
        assert_eq!(day.pool.waiting(), day.waiting.len() as u64);
    }
    // The day was a busy one, so the checks above had something to check.
    assert!(day.served > STEPS / 4, "{} served", day.served);
    assert!(day.served_late > 50, "{} met again", day.served_late);
}
