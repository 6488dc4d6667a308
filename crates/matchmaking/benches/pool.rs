//! What a join, a match and a leave cost, by how many wait and where.
//!
//! Each round leaves as many waiting as it found. The pool's memory of meetings is full before the first round, as
//! it is on a busy server, so that forgetting is part of the price. Making the tickets is not; few are made at a time,
//! so that they are as near as what a connection has just read.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pool, Region, Settings, Ticket, TicketId};

const AT_A_TIME: u64 = 100;
const SIZES: [u64; 4] = [100, 1_000, 100_000, 1_000_000];

/// Where the waiting wait, and whom the newcomer of a round meets.
#[derive(Clone, Copy)]
enum Mix {
    /// One language, as many regions as waiting; the newcomer names one of them at random.
    Regions,
    /// The same; the newcomer is `global` and meets the one that has waited longest.
    GlobalNewcomer,
    /// As many languages as waiting; the newcomer speaks one of them at random.
    Languages,
    /// Fifty languages of many regions, as random.
    Both,
}

/// Makes tickets, each of a new device.
struct Tickets {
    mix: Mix,
    size: u64,
    made: u128,
    random: u64,
    oldest: u64,
}

impl Tickets {
    fn place(&self, number: u64) -> (Language, Region) {
        let (language, region) = match self.mix {
            Mix::Regions | Mix::GlobalNewcomer => ("en".to_owned(), format!("region-{number}")),
            Mix::Languages => (format!("language-{number}"), "eu".to_owned()),
            Mix::Both => (format!("language-{}", number % 50), format!("region-{}", number / 50)),
        };
        (Language::parse(&language).unwrap(), Region::parse(&region).unwrap())
    }

    fn ticket(&mut self, (language, region): (Language, Region)) -> Ticket {
        self.made += 1;
        let device = DeviceId::parse(&format!("7f1c0d5e-89ab-4cde-8f01-{:012x}", self.made)).unwrap();
        Ticket {
            id: TicketId::from_bits(self.made),
            device,
            region,
            language,
            node: NodeId::from_bytes([1; 16]),
        }
    }

    /// A newcomer that meets somebody, and one that waits in the place that falls free.
    fn round(&mut self) -> (Ticket, Ticket) {
        let (newcomer, free) = if let Mix::GlobalNewcomer = self.mix {
            let place = self.place(self.oldest);
            self.oldest = (self.oldest + 1) % self.size;
            ((place.0.clone(), Region::global()), place)
        } else {
            // xorshift64: any spread will do.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            let place = self.place(self.random % self.size);
            (place.clone(), place)
        };
        (self.ticket(newcomer), self.ticket(free))
    }
}

/// A pool and the time that passes in it: twenty calls a millisecond, `due` every 500 ms.
struct Busy {
    pool: Pool,
    calls: u64,
}

impl Busy {
    fn now(&mut self) -> Timestamp {
        self.calls += 1;
        let now = Timestamp::from_millis(1_000_000 + self.calls / 20);
        if self.calls.is_multiple_of(10_000) {
            black_box(self.pool.due(now));
        }
        now
    }

    fn join(&mut self, ticket: Ticket) -> Joined {
        let now = self.now();
        self.pool.join(ticket, now)
    }
}

fn full(mix: Mix, size: u64) -> (Busy, Tickets) {
    let mut busy = Busy { pool: Pool::new(Settings::default()), calls: 0 };
    let mut tickets = Tickets { mix, size, made: 0, random: 0x9e37_79b9_7f4a_7c15, oldest: 0 };
    for number in 0..size {
        let place = tickets.place(number);
        let ticket = tickets.ticket(place);
        busy.join(ticket);
    }
    for _ in 0..Settings::default().max_meetings {
        let (newcomer, waiter) = tickets.round();
        assert!(matches!(busy.join(newcomer), Joined::Matched(_)));
        assert!(matches!(busy.join(waiter), Joined::Waiting { .. }));
    }
    assert_eq!(busy.pool.waiting(), size);
    (busy, tickets)
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, mix: Mix) {
    for size in SIZES {
        let (mut busy, mut tickets) = full(mix, size);
        group.bench_function(BenchmarkId::new(format!("{name}/wait+match"), size), |bencher| {
            bencher.iter_batched(
                || tickets.round(),
                |(newcomer, waiter)| (busy.join(newcomer), busy.join(waiter)),
                BatchSize::NumIterations(AT_A_TIME),
            );
        });
        group.bench_function(BenchmarkId::new(format!("{name}/wait+leave"), size), |bencher| {
            bencher.iter_batched(
                || {
                    // A region of its own, so that it waits.
                    let (ticket, _) = tickets.round();
                    Ticket { region: Region::parse("elsewhere").unwrap(), ..ticket }
                },
                |ticket| {
                    let (device, id) = (ticket.device.clone(), ticket.id);
                    let joined = busy.join(ticket);
                    let now = busy.now();
                    (joined, busy.pool.leave(&device, id, now))
                },
                BatchSize::NumIterations(AT_A_TIME),
            );
        });
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("pool");
    group.throughput(Throughput::Elements(1));
    bench(&mut group, "regions", Mix::Regions);
    bench(&mut group, "global-newcomer", Mix::GlobalNewcomer);
    bench(&mut group, "languages", Mix::Languages);
    bench(&mut group, "both", Mix::Both);
    group.finish();
    criterion.final_summary();
}
