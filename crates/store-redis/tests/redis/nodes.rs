//! What nodes share, when answers are lost and servers emptied, stopped or replaced.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{sleep, timeout};
use video_chat_kernel::{DeviceId, NodeId, PeerAlias, SessionId, Timestamp};
use video_chat_signaling::ports::{
    Bus, CallRecord, CallSide, Calls, Directory, Elsewhere, Entered, Inbox, Leases, NEWER_BY, Place, Presence,
};
use video_chat_store_redis::{RedisBus, RedisCalls, RedisDirectory, RedisLeases};

use super::{
    cluster::Cluster,
    connection::{connect, on, on_cluster},
    server::Server,
    trouble::proxied,
};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn node(number: u8) -> NodeId {
    NodeId::from_bytes([number; 16])
}

fn call() -> CallRecord {
    let side = |name: &str, number: u8| CallSide {
        device: DeviceId::parse(name).unwrap(),
        alias: PeerAlias::from_bytes([number; 16]),
        wait_ms: 0,
        node: node(number),
    };
    CallRecord {
        session: SessionId::from_bytes([9; 16]),
        offerer: side("anna", 1),
        answerer: side("ben", 2),
        region: "eu".into(),
        language: "en".into(),
        matched_at: NOW,
        moves: 0,
    }
}

/// Sends numbers until one arrives; answers what arrived.
async fn later_parcels_arrive(bus: &RedisBus, inbox: &mut Box<dyn Inbox>, within: Duration) -> Vec<Bytes> {
    timeout(within, async {
        for number in 0_u32.. {
            let _ = bus.send(node(1), &number.to_be_bytes()).await;
            let parcels = inbox.next().await.unwrap_or_default();
            if !parcels.is_empty() {
                return parcels;
            }
        }
        vec![]
    })
    .await
    .expect("the bus speaks again")
}

#[tokio::test]
async fn an_end_whose_answer_is_lost_is_still_the_first() {
    let (proxy, redis) = proxied().await;
    let calls = RedisCalls::new(redis);
    calls.keep(&[call()], NOW).await.unwrap();
    proxy.lose_next_answer();
    assert!(calls.end(call().session, NOW).await.unwrap());
    assert!(!calls.end(call().session, NOW).await.unwrap());
}

#[tokio::test]
async fn an_entry_whose_answer_is_lost_still_tells_whom_it_displaced() {
    let (proxy, redis) = proxied().await;
    let directory = RedisDirectory::new(redis);
    let anna = DeviceId::parse("anna").unwrap();
    let [first, second] = [1, 2].map(|number| Place { node: node(number), connection: 7 });
    directory.enter(&anna, first, NOW).await.unwrap();
    proxy.lose_next_answer();
    assert_eq!(directory.enter(&anna, second, NOW).await.unwrap().displaced, Some(first));
}

#[tokio::test]
async fn what_is_said_of_a_device_late_does_nothing() {
    let server = Server::start(&[]);
    let redis = connect(on(&server)).await;
    let (directory, leases) = (RedisDirectory::new(redis.clone()), RedisLeases::new(redis));
    let anna = DeviceId::parse("anna").unwrap();
    let [late, in_time] = [1, 2].map(|number| Place { node: node(number), connection: 7 });
    // The caller's clock and that of Redis have nothing in common; a beat compares them.
    leases.beat(node(1), NOW).await.unwrap();
    assert!(directory.enter(&anna, late, NOW.before(Duration::from_mins(1))).await.is_err());
    assert_eq!(directory.enter(&anna, in_time, NOW).await.unwrap(), Entered::default());
    let age = Some(Duration::ZERO);
    let present = [Presence { device: anna.clone(), connection: 8, session: None, age, confirmed: true }];
    sleep(4 * NEWER_BY).await;
    let keep = async |asked| directory.keep(node(1), &present, asked).await.unwrap();
    assert!(keep(NOW.before(Duration::from_mins(1))).await.is_empty(), "nobody waits any more");
    let elsewhere = Elsewhere { device: anna.clone(), place: in_time, newer: true };
    assert_eq!(keep(NOW).await, [elsewhere], "it is older than its word is late");
    let place = Place { node: node(3), connection: 7 };
    assert_eq!(directory.enter(&anna, place, NOW).await.unwrap().displaced, Some(in_time));
}

#[tokio::test]
async fn an_inbox_that_redis_forgot_is_read_again() {
    let server = Server::start(&[]);
    let settings = on(&server);
    let prefix = settings.prefix.clone();
    let bus = RedisBus::new(connect(settings).await);
    let mut inbox = bus.attach(node(1)).await.unwrap();
    bus.send(node(1), b"before").await.unwrap();
    assert_eq!(inbox.next().await.unwrap(), ["before"]);
    // Whatever comes now has a smaller id than what was read last.
    server.ask("FLUSHALL");
    let inbox_key = format!("{prefix}in:{}", node(1));
    assert_eq!(server.ask(&format!("XADD {inbox_key} 1-1 p after")), "1-1");
    let parcels = timeout(Duration::from_secs(10), async {
        loop {
            let parcels = inbox.next().await.unwrap_or_default();
            if !parcels.is_empty() {
                return parcels;
            }
        }
    });
    assert_eq!(parcels.await.unwrap(), ["after"]);
    // Before long the reader says again that it reads.
    let told = timeout(Duration::from_secs(10), async {
        loop {
            bus.broadcast(b"all").await.unwrap();
            if inbox.next().await.unwrap() == ["all"] {
                return;
            }
        }
    });
    told.await.unwrap();
}

#[tokio::test]
async fn an_inbox_survives_a_server_that_hangs() {
    let server = Server::start(&[]);
    let bus = RedisBus::new(connect(on(&server)).await);
    let mut inbox = bus.attach(node(1)).await.unwrap();
    server.signal("STOP");
    let hung = timeout(Duration::from_secs(10), bus.send(node(1), b"lost or late")).await;
    sleep(Duration::from_secs(2)).await;
    server.signal("CONT");
    assert!(hung.unwrap().is_err());
    later_parcels_arrive(&bus, &mut inbox, Duration::from_secs(15)).await;
}

#[tokio::test]
async fn an_inbox_and_a_lease_survive_the_loss_of_their_master() {
    let mut cluster = Cluster::start();
    let redis = connect(on_cluster(&cluster)).await;
    let bus = RedisBus::new(redis.clone());
    let mut inbox = bus.attach(node(1)).await.unwrap();
    let leases = RedisLeases::new(redis.clone());
    let since = leases.beat(node(1), NOW).await.unwrap().since;
    assert!(since.is_some());
    later_parcels_arrive(&bus, &mut inbox, Duration::from_secs(5)).await;
    sleep(Duration::from_millis(200)).await;
    for master in 0..2 {
        cluster.lose_master(master);
        later_parcels_arrive(&bus, &mut inbox, Duration::from_secs(30)).await;
        still_leased(&leases, since).await;
    }
}

async fn still_leased(leases: &RedisLeases, since: Option<Timestamp>) {
    let pulse = timeout(Duration::from_secs(30), async {
        loop {
            if let Ok(pulse) = leases.beat(node(1), NOW).await {
                return pulse;
            }
        }
    });
    assert_eq!(pulse.await.unwrap().since, since);
}
