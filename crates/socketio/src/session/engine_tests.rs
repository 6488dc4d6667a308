//! Tests of the engine, with time as data.

use std::time::{Duration, Instant};

use super::{Due, Engine, ProbeStep, Received, Timing, Transport, Violation};
use crate::engine::{Packet, decode};

const TIMING: Timing = Timing {
    ping_interval: Duration::from_millis(300),
    ping_timeout: Duration::from_millis(200),
    upgrade_timeout: Duration::from_secs(10),
    connect_timeout: Duration::from_secs(1),
};

struct Bed {
    engine: Engine,
    start: Instant,
}

impl Bed {
    fn new(transport: Transport) -> Self {
        let start = super::heartbeat::any_instant();
        Self { engine: Engine::new(&TIMING, transport, start), start }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn tick(&mut self, ms: u64) -> Option<Due> {
        let now = self.at(ms);
        self.engine.tick(&TIMING, now)
    }

    fn receive(&mut self, packet: &str, ms: u64) -> Result<(), Violation> {
        let now = self.at(ms);
        self.engine.receive(&decode(packet).unwrap(), &TIMING, now).map(drop)
    }

    fn probe(&mut self, packet: &str, ms: u64) -> ProbeStep {
        let now = self.at(ms);
        self.engine.probe_receive(decode(packet).ok().as_ref(), now)
    }
}

#[test]
fn a_connection_that_joins_nothing_is_closed_in_time() {
    let mut bed = Bed::new(Transport::WebSocket);
    let mut now = 0;
    while now < 1_000 {
        assert_ne!(bed.tick(now), Some(Due::NoNamespace));
        bed.receive("3", now).unwrap();
        now += 50;
    }
    assert_eq!(bed.tick(1_000), Some(Due::NoNamespace));
}

#[test]
fn the_time_to_join_starts_again_after_the_last_namespace() {
    let mut bed = Bed::new(Transport::WebSocket);
    bed.engine.set_joined(true, &TIMING, bed.at(10));
    assert_eq!(bed.tick(300), Some(Due::Ping));
    bed.receive("3", 301).unwrap();
    bed.engine.set_joined(false, &TIMING, bed.at(400));
    bed.engine.set_joined(false, &TIMING, bed.at(500));
    assert_eq!(bed.tick(601), Some(Due::Ping));
    bed.receive("3", 1_399).unwrap();
    assert_eq!(bed.tick(1_399), None);
    assert_eq!(bed.tick(1_400), Some(Due::NoNamespace));
}

#[test]
fn out_of_place_packets_are_violations() {
    for packet in ["0{}", "2", "2probe", "3probe", "5"] {
        assert_eq!(Bed::new(Transport::Polling).receive(packet, 1), Err(Violation), "{packet}");
    }
}

#[test]
fn messages_pass() {
    let mut bed = Bed::new(Transport::Polling);
    let now = bed.at(1);
    let binary = Packet::Binary(vec![1]);
    assert_eq!(bed.engine.receive(&Packet::Message("x"), &TIMING, now), Ok(Received::Text("x")));
    assert_eq!(bed.engine.receive(&binary, &TIMING, now), Ok(Received::Binary(&[1])));
    assert_eq!(bed.engine.receive(&Packet::Close, &TIMING, now), Ok(Received::Close));
}

#[test]
fn an_upgrade_holds_back_and_then_switches() {
    let mut bed = Bed::new(Transport::Polling);
    assert!(bed.engine.begin_probe(&TIMING, bed.at(1)));
    assert!(!bed.engine.is_holding());
    assert_eq!(bed.probe("2probe", 2), ProbeStep::Answer);
    assert!(bed.engine.is_holding());
    assert_eq!(bed.engine.noop_at(), Some(bed.at(2)));
    bed.engine.noop_sent(bed.at(2));
    assert_eq!(bed.engine.noop_at(), Some(bed.at(102)));
    assert_eq!(bed.probe("5", 3), ProbeStep::Upgraded);
    assert!(!bed.engine.is_holding());
    assert_eq!(bed.engine.transport(), Transport::WebSocket);
    assert!(!bed.engine.begin_probe(&TIMING, bed.at(4)), "a second WebSocket");
}

#[test]
fn anything_else_on_the_probe_leaves_polling_as_it_was() {
    for packets in [&["5"][..], &["2"], &["4hello"], &["garbage"], &["2probe", "2probe"], &["2probe", "4x"]] {
        let mut bed = Bed::new(Transport::Polling);
        assert!(bed.engine.begin_probe(&TIMING, bed.at(1)));
        assert!(!bed.engine.begin_probe(&TIMING, bed.at(1)), "two probes at once");
        let steps: Vec<_> = packets.iter().map(|packet| bed.probe(packet, 2)).collect();
        assert_eq!(steps.last(), Some(&ProbeStep::Abandon), "{packets:?}");
        assert_eq!(bed.engine.transport(), Transport::Polling);
        assert!(!bed.engine.is_holding());
        assert!(bed.engine.begin_probe(&TIMING, bed.at(3)), "may try again");
    }
}

#[test]
fn a_probe_times_out_alone() {
    let mut bed = Bed::new(Transport::Polling);
    bed.engine.set_joined(true, &TIMING, bed.at(0));
    assert!(bed.engine.begin_probe(&TIMING, bed.at(0)));
    assert_eq!(bed.probe("2probe", 1), ProbeStep::Answer);
    assert_eq!(bed.tick(9_999), Some(Due::Ping));
    bed.receive("3", 9_999).unwrap();
    assert_eq!(bed.tick(9_999), None);
    assert_eq!(bed.tick(10_000), Some(Due::ProbeTimeout));
    assert_eq!(bed.tick(10_000), None);
    assert!(!bed.engine.is_holding());
}

#[test]
fn a_busy_handler_is_not_the_clients_fault() {
    let mut bed = Bed::new(Transport::WebSocket);
    bed.engine.pause();
    assert_eq!(bed.tick(300), Some(Due::Ping), "pings go on");
    assert_eq!(bed.engine.deadline(), None);
    assert_eq!(bed.tick(5_000), None);
    bed.engine.resume(&TIMING, bed.at(5_000));
    assert_eq!(bed.engine.deadline(), Some(bed.at(5_200)));
    bed.receive("3", 5_001).unwrap();
    assert_eq!(bed.tick(5_301), Some(Due::Ping));
}
