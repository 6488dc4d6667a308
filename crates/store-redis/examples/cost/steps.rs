//! What each step of a call costs, and a relay from node to node.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use video_chat_auth::{LimitKey, Quota, RateLimiter};
use video_chat_kernel::{DeviceId, NodeId, PeerAlias, SessionId, Timestamp};
use video_chat_matchmaking::{Language, MatchPool, Region, Settings, Ticket, TicketId};
use video_chat_reporting::{SessionLog, SessionRecord};
use video_chat_signaling::ports::{Bus, CallRecord, CallSide, Calls, Directory, Place};
use video_chat_store_redis::{
    Redis, RedisBus, RedisCalls, RedisDirectory, RedisMatchPool, RedisRateLimiter, RedisSessions,
};

use super::meter::{Cost, Meter, SCRIPTS};

/// How many calls each step is done for.
const CALLS: u32 = 10_000;

/// How many are under way at once.
const ABREAST: usize = 64;

/// Redis tells the time.
const NOW: Timestamp = Timestamp::from_secs(0);

pub(crate) const NODES: [NodeId; 2] = [NodeId::from_bytes([1; 16]), NodeId::from_bytes([2; 16])];

pub(crate) fn device(number: u32) -> DeviceId {
    DeviceId::parse(&format!("7f1c0d5e-89ab-4cde-8f01-{number:012x}")).unwrap()
}

pub(crate) fn ticket(number: u32, region: &str) -> Ticket {
    Ticket {
        id: TicketId::from_bits(u128::from(number) << 64 | 0x5eed),
        device: device(number),
        region: Region::parse(region).unwrap(),
        language: Language::parse("en").unwrap(),
        node: if number.is_multiple_of(2) { NODES[0] } else { NODES[1] },
    }
}

pub(crate) fn session(call: u32) -> SessionId {
    let mut bytes = [7; 16];
    bytes.iter_mut().zip(call.to_be_bytes()).for_each(|(byte, drawn)| *byte = drawn);
    SessionId::from_bytes(bytes)
}

pub(crate) fn call(number: u32) -> CallRecord {
    let side = |device: DeviceId, node| CallSide {
        device,
        alias: PeerAlias::from_bytes([3; 16]),
        wait_ms: 1_234,
        node,
    };
    CallRecord {
        session: session(number),
        offerer: side(device(2 * number), NODES[0]),
        answerer: side(device(2 * number + 1), NODES[1]),
        region: "eu".into(),
        language: "en".into(),
        matched_at: Timestamp::from_secs(1_800_000_000),
        moves: 0,
    }
}

pub(crate) fn record(number: u32) -> SessionRecord {
    let alias = PeerAlias::from_bytes([3; 16]);
    SessionRecord {
        session: session(number),
        participants: [(device(2 * number), alias), (device(2 * number + 1), alias)],
        started_at: Timestamp::from_secs(1_800_000_000),
        ended_at: None,
    }
}

/// Does something for each number, many at once.
pub(crate) async fn all<F: Future<Output = ()>>(numbers: std::ops::Range<u32>, each: impl Fn(u32) -> F) {
    stream::iter(numbers).map(each).buffer_unordered(ABREAST).for_each(async |()| {}).await;
}

struct Table {
    sum: Cost,
}

impl Table {
    fn row(&mut self, name: &str, times: u32, cost: &Cost) {
        let times = f64::from(times);
        println!("| {name} | {:.1} | {:.1} | {:.1} |", times, cost.execution * times, cost.cpu * times);
        self.sum.commands += cost.commands * times;
        self.sum.execution += cost.execution * times;
        self.sum.cpu += cost.cpu * times;
    }
}

pub(crate) async fn print(redis: &Redis, meter: &Meter<'_>) {
    let pool = RedisMatchPool::new(redis.clone(), Settings::default());
    let limiter = RedisRateLimiter::new(redis.clone());
    let directory = RedisDirectory::new(redis.clone());
    let calls = RedisCalls::new(redis.clone());
    let sessions = RedisSessions::new(redis.clone());
    let quota = Quota { burst: 10, period: Duration::from_mins(1) };
    let (pool, limiter, directory, calls, sessions) = (&pool, &limiter, &directory, &calls, &sessions);
    let mut table = Table { sum: Cost { commands: 0.0, execution: 0.0, cpu: 0.0 } };

    // Everybody is connected, and has been in the queue before.
    let connect = all(0..2 * CALLS, |number| async move {
        let place = Place { node: ticket(number, "eu").node, connection: 1 };
        directory.enter(&device(number), place, NOW).await.unwrap();
    });
    let connect = meter.measure(2 * CALLS, SCRIPTS, connect).await;

    println!("| a call's commands | a call | execution, µs | CPU, µs |\n| --- | --- | --- | --- |");
    let limit = all(0..2 * CALLS, |number| async move {
        let key = LimitKey { limit: "join", subject: device(number).as_str().into() };
        limiter.take(&key, quota, 1, NOW).await.unwrap();
    });
    table.row("limit of joins", 2, &meter.measure(2 * CALLS, SCRIPTS, limit).await);
    let wait = all(0..CALLS, |number| async move {
        pool.join(ticket(2 * number, &format!("region-{number}")), NOW).await.unwrap();
    });
    table.row("join that waits", 1, &meter.measure(CALLS, SCRIPTS, wait).await);
    let meet = all(0..CALLS, |number| async move {
        pool.join(ticket(2 * number + 1, &format!("region-{number}")), NOW).await.unwrap();
    });
    table.row("join that meets", 1, &meter.measure(CALLS, SCRIPTS, meet).await);
    let offer = all(0..CALLS, |number| async move { calls.offer(&call(number), NOW).await.unwrap() });
    table.row("offer of the call", 1, &meter.measure(CALLS, SCRIPTS, offer).await);
    let claim = all(0..2 * CALLS, |number| async move {
        let node = ticket(number, "eu").node;
        assert!(directory.claim(&device(number), node, session(number / 2), NOW).await.unwrap());
    });
    table.row("claim of a device", 2, &meter.measure(2 * CALLS, SCRIPTS, claim).await);
    let accept = all(0..CALLS, |number| async move {
        calls.accept(session(number), NOW).await.unwrap();
    });
    table.row("acceptance", 1, &meter.measure(CALLS, SCRIPTS, accept).await);
    let log = all(0..CALLS, |number| async move { sessions.opened(record(number)).await.unwrap() });
    table.row("who took part", 1, &meter.measure(CALLS, &["set"], log).await);
    let end = all(0..CALLS, |number| async move {
        calls.end(session(number), NOW).await.unwrap();
    });
    table.row("end of the call", 1, &meter.measure(CALLS, SCRIPTS, end).await);
    let release = all(0..2 * CALLS, |number| async move {
        directory.release(&device(number), session(number / 2), NOW).await.unwrap();
    });
    table.row("release of a device", 2, &meter.measure(2 * CALLS, SCRIPTS, release).await);
    let ended = all(0..CALLS, |number| async move {
        sessions.ended(session(number), Timestamp::from_secs(1_800_000_060)).await.unwrap();
    });
    table.row("that it ended", 1, &meter.measure(CALLS, SCRIPTS, ended).await);
    let Cost { commands, execution, cpu } = table.sum;
    println!("| **a call** | **{commands:.0}** | **{execution:.0}** | **{cpu:.0}** |");
    println!("| a connection | {:.0} | {:.1} | {:.1} |", connect.commands, connect.execution, connect.cpu);
    relays(redis, meter).await;
}

/// Parcels of one relay of 331 bytes, and of what a busy link puts together.
async fn relays(redis: &Redis, meter: &Meter<'_>) {
    println!("\n| a parcel between nodes | commands | execution, µs | CPU, µs |\n| --- | --- | --- | --- |");
    let bus = RedisBus::new(redis.clone());
    for (name, size, abreast) in [
        ("one relay, one at a time", 400, 1),
        ("one relay, 64 at once", 400, ABREAST),
        ("of 64 KB, 64 at once", 65_536, ABREAST),
    ] {
        meter.empty();
        let mut inbox = bus.attach(NODES[1]).await.unwrap();
        let (bus, parcel) = (&bus, vec![b'x'; size]);
        let parcel = &parcel;
        let rounds = if abreast == 1 { CALLS / 5 } else { CALLS };
        let send = async {
            let each =
                stream::iter(0..rounds).map(|_| async move { bus.send(NODES[1], parcel).await.unwrap() });
            each.buffer_unordered(abreast).for_each(async |()| {}).await;
        };
        let read = async {
            let mut read = 0;
            while read < rounds {
                read += u32::try_from(inbox.next().await.unwrap().len()).unwrap();
            }
        };
        let both = async {
            tokio::join!(send, read);
        };
        let cost = meter.measure(rounds, &["xadd", "xread", "xtrim"], both).await;
        println!("| {name} | {:.2} | {:.1} | {:.1} |", cost.commands, cost.execution, cost.cpu);
    }
}
