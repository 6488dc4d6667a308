//! What the pool forgets, and when.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pairing, Pool, Region, Settings, Ticket, TicketId};

struct Bench {
    pool: Pool,
    now: Timestamp,
    made: u128,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { pool: Pool::new(settings), now: Timestamp::from_secs(1_800_000_000), made: 0 }
    }

    fn join(&mut self, device: &str, region: &str) -> Joined {
        self.made += 1;
        let ticket = Ticket {
            id: TicketId::from_bits(self.made),
            device: DeviceId::parse(device).unwrap(),
            region: Region::parse(region).unwrap(),
            language: Language::parse("en").unwrap(),
            node: NodeId::from_bytes([1; 16]),
        };
        self.pool.join(ticket, self.now)
    }

    fn wait(&mut self, device: &str, region: &str) -> (TicketId, Timestamp) {
        match self.join(device, region) {
            Joined::Waiting { since, .. } => (TicketId::from_bits(self.made), since),
            Joined::Matched(pairing) => panic!("{pairing:?}"),
        }
    }

    fn meet(&mut self, one: &str, other: &str) -> Pairing {
        self.wait(one, "meeting");
        match self.join(other, "meeting") {
            Joined::Matched(pairing) => pairing,
            Joined::Waiting { .. } => panic!("{one} and {other} were to meet"),
        }
    }

    fn withdraw(&mut self, device: &str, ticket: TicketId) {
        assert!(self.pool.withdraw(&DeviceId::parse(device).unwrap(), ticket, self.now));
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
    }
}

#[test]
fn of_one_device_the_newest_64_meetings_count() {
    let mut bench = Bench::new(Settings::default());
    for number in 0..66 {
        bench.meet("hub", &format!("guest {number}"));
    }
    for number in 0..66 {
        bench.wait(&format!("guest {number}"), &format!("region-{number}"));
    }
    // Guests 0 and 1 are forgotten; all others keep away from the hub.
    for met in ["guest 0", "guest 1"] {
        let Joined::Matched(pairing) = bench.join("hub", "global") else { panic!("the hub waits") };
        assert_eq!(pairing.first.ticket.device.as_str(), met);
    }
}

#[test]
fn the_newest_meetings_are_remembered() {
    let mut bench = Bench::new(Settings { max_meetings: 2, ..Settings::default() });
    let forgotten = bench.meet("anna", "ben");
    let kept = bench.meet("cleo", "dora");
    bench.meet("emil", "finn");
    assert_eq!(bench.pool.undo(&forgotten, Some(forgotten.first.ticket.id), bench.now), None);
    assert!(bench.pool.undo(&kept, Some(kept.first.ticket.id), bench.now).is_some());
}

#[test]
fn a_meeting_forgotten_while_both_wait_lets_them_meet() {
    let mut bench = Bench::new(Settings { max_meetings: 1, ..Settings::default() });
    bench.meet("anna", "ben");
    bench.wait("anna", "eu");
    bench.wait("ben", "eu");
    assert_eq!(bench.pool.due(bench.now), []);
    bench.meet("cleo", "dora");
    assert_eq!(bench.pool.due(bench.now).len(), 1);
}

#[test]
fn a_meeting_is_forgotten_with_time() {
    let remember_for = Duration::from_mins(1);
    let mut bench = Bench::new(Settings { remember_for, ..Settings::default() });
    bench.meet("anna", "ben");
    bench.pass(Duration::from_millis(59_999));
    bench.wait("anna", "eu");
    bench.wait("ben", "eu");
    assert_eq!(bench.pool.due(bench.now), []);
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.pool.due(bench.now).len(), 1);
}

#[test]
fn the_newest_withdrawn_tickets_are_kept() {
    let mut bench = Bench::new(Settings { max_withdrawn: 2, ..Settings::default() });
    let begun: Vec<_> = ["anna", "ben", "cleo"].map(|name| (name, bench.wait(name, name))).into();
    for (name, (ticket, _)) in &begun {
        bench.pass(Duration::from_millis(1));
        bench.withdraw(name, *ticket);
    }
    bench.pass(Duration::from_millis(1));
    let kept: Vec<bool> = begun.iter().map(|(name, (_, since))| bench.wait(name, name).1 == *since).collect();
    assert_eq!(kept, [false, true, true]);
}

#[test]
fn the_oldest_of_a_language_is_known() {
    let mut bench = Bench::new(Settings::default());
    let english = Language::parse("en").unwrap();
    assert_eq!(bench.pool.oldest(&english), None);
    let (_, since) = bench.wait("anna", "eu");
    bench.pass(Duration::from_secs(1));
    bench.wait("ben", "us");
    assert_eq!(bench.pool.oldest(&english), Some(since));
}

#[test]
fn absurd_clocks_and_bounds_harm_nobody() {
    let settings = Settings {
        rematch_after: Duration::MAX,
        grace: Duration::MAX,
        remember_for: Duration::MAX,
        max_meetings: 0,
        max_withdrawn: 0,
    };
    let mut bench = Bench::new(settings);
    for millis in [u64::MAX, 0, u64::MAX, 1, u64::MAX / 2] {
        bench.now = Timestamp::from_millis(millis);
        let pairing = bench.meet("anna", "ben");
        assert_eq!(bench.pool.undo(&pairing, Some(pairing.first.ticket.id), bench.now), None);
        let (ticket, _) = bench.wait("cleo", "eu");
        bench.withdraw("cleo", ticket);
        assert_eq!(bench.pool.due(bench.now), []);
        assert_eq!(bench.pool.waiting(), 0);
    }
}

#[test]
fn an_undone_pairing_lets_those_that_came_again_meet() {
    let mut bench = Bench::new(Settings::default());
    let pairing = bench.meet("anna", "ben");
    bench.wait("anna", "eu");
    bench.wait("ben", "eu");
    assert_eq!(bench.pool.due(bench.now), []);
    assert_eq!(bench.pool.undo(&pairing, Some(pairing.first.ticket.id), bench.now), None);
    assert_eq!(bench.pool.due(bench.now).len(), 1);
}

#[test]
fn one_that_looked_in_vain_looks_again_when_the_next_comes_of_age() {
    let mut bench = Bench::new(Settings::default());
    bench.meet("early", "hub");
    bench.meet("late", "hub");
    let (hub, _) = bench.wait("hub", "global");
    bench.withdraw("hub", hub);
    bench.pass(Duration::from_secs(1));
    let (early, _) = bench.wait("early", "eu");
    bench.pass(Duration::from_secs(1));
    bench.wait("late", "us");
    bench.wait("hub", "global");
    assert!(bench.pool.leave(&DeviceId::parse("early").unwrap(), early, bench.now));
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.pool.due(bench.now), []);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.pool.due(bench.now).len(), 1);
}
