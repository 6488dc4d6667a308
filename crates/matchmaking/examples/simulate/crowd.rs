//! People who meet, talk, part and look for the next.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pairing, Pool, Region, Settings, Ticket, TicketId};

use super::random::Random;

/// What people speak, and how many of 100: an assumption.
pub(crate) const LANGUAGES: [(&str, f64); 19] = [
    ("en", 35.0),
    ("es", 15.0),
    ("pt", 10.0),
    ("hi", 8.0),
    ("ru", 6.0),
    ("fr", 5.0),
    ("de", 4.0),
    ("ar", 4.0),
    ("id", 3.0),
    ("tr", 3.0),
    ("ja", 2.0),
    ("ko", 1.5),
    ("it", 1.0),
    ("pl", 0.8),
    ("nl", 0.6),
    ("sv", 0.5),
    ("cs", 0.3),
    ("fi", 0.2),
    ("et", 0.1),
];

/// Where they want to meet people from, and how many of 100: an assumption.
pub(crate) const REGIONS: [(&str, f64); 6] =
    [("global", 40.0), ("eu", 20.0), ("us", 15.0), ("asia", 15.0), ("latam", 7.0), ("africa", 3.0)];

/// How long a call lasts, the pause after it, and how long somebody waits before giving up, in ms on average; and how long
/// one that gave up stays away. Assumptions: most calls are skipped within seconds.
const CALL: f64 = 45_000.0;
const PAUSE: f64 = 2_000.0;
const PATIENCE: f64 = 60_000.0;
const AWAY: f64 = 120_000.0;

/// How long is watched, after as much again to settle, in ms.
const WATCHED: u64 = 300_000;

/// How often the server asks what time has made due, in ms.
const TICK: u64 = 500;

/// With fewer waits than these, a percentile says nothing.
const FEW: usize = 100;

/// One person's wish, fixed for the day.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) language: usize,
    pub(crate) region: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Tick,
    Join(u32),
    /// Unless the ticket has met somebody.
    GiveUp(u32, u64),
}

pub(crate) struct Crowd {
    random: Random,
    pool: Pool,
    people: Vec<(DeviceId, Wish)>,
    numbers: HashMap<DeviceId, u32>,
    queue: [usize; LANGUAGES.len()],
    events: BinaryHeap<Reverse<(u64, Event)>>,
    now: u64,
    tickets: u64,
    outcome: Outcome,
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Each wait that ended with a call, in ms.
    waits: Vec<(Wish, u64)>,
    joins: [u64; LANGUAGES.len()],
    gave_up: u64,
    /// How many waited in each language, at each tick.
    queues: Vec<[usize; LANGUAGES.len()]>,
}

impl Crowd {
    pub(crate) fn new(people: u32, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut events = BinaryHeap::from([Reverse((0, Event::Tick))]);
        let all: Vec<(DeviceId, Wish)> = (0..people)
            .map(|number| {
                // Everybody is somewhere in a call to begin with.
                events.push(Reverse((random.delay(CALL), Event::Join(number))));
                let wish = Wish { language: random.pick(&LANGUAGES), region: random.pick(&REGIONS) };
                (DeviceId::parse(&format!("person {number}")).unwrap(), wish)
            })
            .collect();
        let numbers = all.iter().map(|(device, _)| device.clone()).zip(0..).collect();
        let pool = Pool::new(Settings::default());
        let (queue, outcome) = ([0; LANGUAGES.len()], Outcome::default());
        Self { random, pool, people: all, numbers, queue, events, now: 0, tickets: 0, outcome }
    }

    pub(crate) fn live(mut self) -> Outcome {
        while let Some(Reverse((at, event))) = self.events.pop()
            && at < 2 * WATCHED
        {
            self.now = at;
            match event {
                Event::Tick => self.tick(),
                Event::Join(person) => self.join(person),
                Event::GiveUp(person, ticket) => self.give_up(person, ticket),
            }
        }
        self.outcome
    }

    fn instant(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.now)
    }

    fn is_watched(&self) -> bool {
        self.now >= WATCHED
    }

    fn tick(&mut self) {
        for pairing in self.pool.due(self.instant()) {
            self.met(&pairing, None);
        }
        if self.is_watched() {
            self.outcome.queues.push(self.queue);
        }
        self.after(TICK, Event::Tick);
    }

    fn join(&mut self, person: u32) {
        let (device, wish) = self.people.get(person as usize).cloned().unwrap();
        self.tickets += 1;
        let ticket = Ticket {
            id: TicketId::from_bits(self.tickets.into()),
            device,
            region: Region::parse(REGIONS.get(wish.region).unwrap().0).unwrap(),
            language: Language::parse(LANGUAGES.get(wish.language).unwrap().0).unwrap(),
            node: NodeId::from_bytes([1; 16]),
        };
        if self.is_watched() {
            *self.outcome.joins.get_mut(wish.language).unwrap() += 1;
        }
        match self.pool.join(ticket, self.instant()) {
            Joined::Waiting { .. } => {
                *self.queue.get_mut(wish.language).unwrap() += 1;
                let patience = self.random.delay(PATIENCE);
                self.after(patience, Event::GiveUp(person, self.tickets));
            }
            Joined::Matched(pairing) => self.met(&pairing, Some(person)),
        }
    }

    fn give_up(&mut self, person: u32, ticket: u64) {
        let (device, wish) = self.people.get(person as usize).cloned().unwrap();
        if self.pool.leave(&device, TicketId::from_bits(ticket.into()), self.instant()) {
            *self.queue.get_mut(wish.language).unwrap() -= 1;
            self.outcome.gave_up += u64::from(self.is_watched());
            let away = self.random.delay(AWAY);
            self.after(away, Event::Join(person));
        }
    }

    /// Two talk, and look for somebody else after it; `newcomer` never waited.
    fn met(&mut self, pairing: &Pairing, newcomer: Option<u32>) {
        let length = self.random.delay(CALL);
        for waiter in [&pairing.first, &pairing.second] {
            let person = *self.numbers.get(&waiter.ticket.device).unwrap();
            let (_, wish) = self.people.get(person as usize).cloned().unwrap();
            if newcomer != Some(person) {
                *self.queue.get_mut(wish.language).unwrap() -= 1;
            }
            if self.is_watched() {
                let waited = self.instant().since(waiter.since).as_millis();
                self.outcome.waits.push((wish, waited.try_into().unwrap()));
            }
            let pause = self.random.delay(PAUSE);
            self.after(length + pause, Event::Join(person));
        }
    }

    fn after(&mut self, delay: u64, event: Event) {
        self.events.push(Reverse((self.now + delay, event)));
    }
}

impl Outcome {
    pub(crate) fn calls_a_second(&self) -> f64 {
        count(self.waits.len()) / 2.0 / (count(usize::try_from(WATCHED).unwrap()) / 1_000.0)
    }

    /// How long, in seconds, `percent` of 100 of these waited at most. `None`: too few to say.
    pub(crate) fn wait(&self, of: impl Fn(&Wish) -> bool, percent: usize) -> Option<f64> {
        let mut waits: Vec<u64> =
            self.waits.iter().filter(|(wish, _)| of(wish)).map(|(_, wait)| *wait).collect();
        waits.sort_unstable();
        let wait = waits.get(waits.len() * percent / 100).filter(|_| waits.len() >= FEW)?;
        Some(count(usize::try_from(*wait).unwrap()) / 1_000.0)
    }

    /// The share of those that joined and gave up.
    pub(crate) fn gave_up(&self) -> f64 {
        let joins: u64 = self.joins.iter().sum();
        count(usize::try_from(self.gave_up).unwrap()) / count(usize::try_from(joins).unwrap())
    }

    pub(crate) fn share(&self, language: usize) -> f64 {
        let all: u64 = self.joins.iter().sum();
        let one = self.joins.get(language).copied().unwrap_or(0);
        count(usize::try_from(one).unwrap()) / count(usize::try_from(all).unwrap())
    }

    pub(crate) fn queue_mean(&self) -> f64 {
        (0..LANGUAGES.len()).map(|language| self.queue_mean_of(language)).sum()
    }

    pub(crate) fn queue_mean_of(&self, language: usize) -> f64 {
        let sum: usize = self.queues.iter().filter_map(|queue| queue.get(language)).sum();
        count(sum) / count(self.queues.len())
    }

    pub(crate) fn queue_most(&self) -> usize {
        self.queues.iter().map(|queue| queue.iter().sum()).max().unwrap_or(0)
    }

    /// Points of seconds and tickets, every five seconds.
    pub(crate) fn queue_over_time(&self, language: usize) -> Vec<(f64, f64)> {
        let at = |(tick, queue): (usize, &[usize; LANGUAGES.len()])| {
            (count(tick) * 0.5, count(queue.get(language).copied().unwrap_or(0)))
        };
        self.queues.iter().enumerate().step_by(10).map(at).collect()
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
