//! Answers that are lost, servers that are emptied, stopped, killed, replaced.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use video_chat_auth::{BlockList, Decision, LimitKey, Quota, RateLimiter};
use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, MatchPool, Pairing, Region, Settings, Ticket, TicketId};
use video_chat_signaling::ports::Leases;
use video_chat_store_redis::{
    Observer, Redis, RedisBlockList, RedisLeases, RedisMatchPool, RedisRateLimiter, RedisSettings, Topology,
};

use super::{
    cluster::Cluster,
    connection::{Counting, connect, on, on_cluster},
    proxy::Proxy,
    server::{self, Server},
};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// How long a command takes at most, plus what a busy machine needs.
const SOON: Duration = Duration::from_secs(5);

fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

fn ticket(bits: u128, name: &str, language: &str) -> Ticket {
    Ticket {
        id: TicketId::from_bits(bits),
        device: device(name),
        region: Region::global(),
        language: Language::parse(language).unwrap(),
        node: NodeId::from_bytes([1; 16]),
    }
}

fn pool(redis: Redis) -> RedisMatchPool {
    RedisMatchPool::new(redis, Settings::default())
}

fn matched(joined: Joined) -> Option<Pairing> {
    match joined {
        Joined::Matched(pairing) => Some(pairing),
        Joined::Waiting { .. } => None,
    }
}

/// A connection through a proxy, which has carried something already.
pub(crate) async fn proxied() -> (Proxy, Redis) {
    let proxy = Proxy::to(server::shared().port);
    let settings = on(server::shared());
    let topology = Topology::Single("127.0.0.1".into(), proxy.port);
    let redis = connect(RedisSettings { topology, ..settings }).await;
    redis.ping().await.unwrap();
    (proxy, redis)
}

#[tokio::test]
async fn a_join_whose_answer_is_lost_waits_once() {
    let (proxy, redis) = proxied().await;
    let pool = pool(redis);
    proxy.lose_next_answer();
    assert!(matches!(pool.join(ticket(1, "anna", "en"), NOW).await, Ok(Joined::Waiting { position: 1, .. })));
    assert_eq!(pool.waiting().await.unwrap(), 1);
}

#[tokio::test]
async fn a_beat_whose_answer_is_lost_begins_one_lease() {
    let (proxy, redis) = proxied().await;
    let (leases, node) = (RedisLeases::new(redis), NodeId::from_bytes([7; 16]));
    proxy.lose_next_answer();
    let since = leases.beat(node, NOW).await.unwrap().since;
    assert!(since.is_some());
    assert_eq!(leases.beat(node, NOW).await.unwrap().since, since);
}

#[tokio::test]
async fn a_match_whose_answer_is_lost_is_told_again() {
    let (proxy, redis) = proxied().await;
    let pool = pool(redis);
    pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    proxy.lose_next_answer();
    let pairing = matched(pool.join(ticket(2, "ben", "en"), NOW).await.unwrap()).unwrap();
    assert_eq!(pairing.first.ticket, ticket(1, "anna", "en"));
    assert_eq!(pool.waiting().await.unwrap(), 0);
    // Nobody may have heard at all: either ticket that joins again is told.
    let again = pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    assert_eq!(matched(again), Some(pairing));
}

#[tokio::test]
async fn an_undo_whose_answer_is_lost_undoes_once() {
    let (proxy, redis) = proxied().await;
    let pool = pool(redis);
    pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    let pairing = matched(pool.join(ticket(2, "ben", "en"), NOW).await.unwrap()).unwrap();
    pool.join(ticket(3, "cleo", "en"), NOW).await.unwrap();
    proxy.lose_next_answer();
    let back = pool.undo(&pairing, Some(TicketId::from_bits(1)), NOW).await.unwrap().unwrap();
    let next = matched(back).unwrap();
    assert_eq!([next.first.ticket.id, next.second.ticket.id], [1, 3].map(TicketId::from_bits));
    assert_eq!(pool.undo(&pairing, Some(TicketId::from_bits(1)), NOW).await.unwrap(), None);
    assert_eq!(pool.waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn a_limit_whose_answer_is_lost_counts_once() {
    let (proxy, redis) = proxied().await;
    let limiter = RedisRateLimiter::new(redis);
    let key = LimitKey { limit: "join", subject: "ann".into() };
    let quota = Quota { burst: 3, period: Duration::from_hours(1) };
    let take = |cost| limiter.take(&key, quota, cost, NOW);
    proxy.lose_next_answer();
    assert_eq!(take(2).await.unwrap(), Decision::Allowed);
    proxy.lose_next_answer();
    limiter.give_back(&key, quota, 1, NOW).await.unwrap();
    assert_eq!(take(2).await.unwrap(), Decision::Allowed);
    assert!(matches!(take(1).await.unwrap(), Decision::Refused { .. }));
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_sent_again() {
    let server = Server::start(&[]);
    let pool = pool(connect(on(&server)).await);
    pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    server.ask("SCRIPT FLUSH");
    assert!(matched(pool.join(ticket(2, "ben", "en"), NOW).await.unwrap()).is_some());
}

#[tokio::test]
async fn an_emptied_redis_serves_again_and_does_not_forget_blocks_silently() {
    let server = Server::start(&[]);
    let redis = connect(on(&server)).await;
    let (pool, blocks) = (pool(redis.clone()), RedisBlockList::new(redis));
    pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    assert!(blocks.is_blocked(&device("mallory"), NOW).await.is_err(), "nobody has filled it yet");
    blocks.fill([(device("mallory"), None)]).await.unwrap();
    assert!(blocks.is_blocked(&device("mallory"), NOW).await.unwrap());
    assert!(!blocks.is_blocked(&device("anna"), NOW).await.unwrap());

    server.ask("FLUSHALL");
    assert!(blocks.is_blocked(&device("mallory"), NOW).await.is_err());
    blocks.fill([(device("mallory"), None)]).await.unwrap();
    assert!(blocks.is_blocked(&device("mallory"), NOW).await.unwrap());
    assert_eq!(pool.waiting().await.unwrap(), 0);
    assert!(matched(pool.join(ticket(2, "ben", "en"), NOW).await.unwrap()).is_none());
}

#[tokio::test]
async fn a_server_that_hangs_is_unavailable_soon_and_used_again_when_it_goes_on() {
    let server = Server::start(&[]);
    let redis = connect(on(&server)).await;
    let pool = pool(redis.clone());
    pool.join(ticket(1, "anna", "en"), NOW).await.unwrap();
    server.signal("STOP");
    let answer = timeout(SOON, pool.join(ticket(2, "ben", "fr"), NOW)).await;
    let hung = timeout(SOON, redis.ping()).await;
    server.signal("CONT");
    assert_eq!(answer.unwrap().unwrap_err().operation, "pool_join");
    assert!(hung.unwrap().is_err());
    heals(&redis, SOON).await;
    assert!(matched(pool.join(ticket(3, "cleo", "en"), NOW).await.unwrap()).is_some());
}

#[tokio::test]
async fn a_server_that_is_killed_is_unavailable_and_used_again_when_it_is_back() {
    let mut server = Server::start(&[]);
    let redis = connect(on(&server)).await;
    server.kill();
    assert!(timeout(SOON, redis.ping()).await.unwrap().is_err());
    server.restart();
    heals(&redis, SOON).await;
}

#[tokio::test]
async fn a_server_that_starts_later_is_found() {
    let mut server = Server::start(&[]);
    server.kill();
    let redis = connect(on(&server)).await;
    assert!(timeout(SOON, redis.ping()).await.unwrap().is_err());
    server.restart();
    heals(&redis, SOON).await;
}

/// A lost master costs a node timeout and an election; what its replica had is there afterwards.
#[tokio::test]
async fn a_cluster_that_loses_a_master_goes_on_with_its_replica() {
    let mut cluster = Cluster::start();
    let redis = connect(on_cluster(&cluster)).await;
    let pool = pool(redis.clone());
    // In so many languages that every master has some.
    let languages: Vec<String> = (0..30).map(|number| format!("language-{number}")).collect();
    for (bits, language) in (1..).zip(&languages) {
        let waiter = ticket(bits, &format!("waiter of {language}"), language);
        assert!(matched(pool.join(waiter, NOW).await.unwrap()).is_none());
    }
    sleep(Duration::from_millis(200)).await;
    cluster.lose_master(0);
    for (bits, language) in (1_000..).zip(&languages) {
        let newcomer = ticket(bits, &format!("newcomer of {language}"), language);
        let joined = timeout(Duration::from_secs(30), async {
            loop {
                if let Ok(joined) = pool.join(newcomer.clone(), NOW).await {
                    return joined;
                }
            }
        });
        let joined = joined.await.unwrap();
        assert!(matched(joined).is_some(), "{language}");
    }
    assert_eq!(pool.waiting().await.unwrap(), 0);
}

#[tokio::test]
async fn redis_tells_the_time_whatever_callers_say() {
    let pool = pool(connect(on(server::shared())).await);
    let Joined::Waiting { since: first, .. } = pool.join(ticket(1, "anna", "en"), NOW).await.unwrap() else {
        panic!("nobody else waits");
    };
    let other = Ticket { region: Region::parse("eu").unwrap(), ..ticket(2, "anna", "en") };
    let yesterday = NOW.before(Duration::from_hours(24));
    let Joined::Waiting { since: second, .. } = pool.join(other, yesterday).await.unwrap() else {
        panic!("nobody else waits");
    };
    assert!(second >= first && second.since(first) < Duration::from_mins(1));
}

#[tokio::test]
async fn the_observer_is_told_of_every_command() {
    #[derive(Default)]
    struct Noted(Mutex<Vec<(&'static str, bool)>>);
    impl Observer for Noted {
        fn command(&self, name: &'static str, _took: Duration, ok: bool) {
            self.0.lock().unwrap().push((name, ok));
        }
    }
    let mut server = Server::start(&[]);
    let noted = Arc::new(Noted::default());
    let observer: Arc<dyn Observer> = Arc::<Noted>::clone(&noted);
    let redis = Redis::connect(on(&server), observer, &Counting).await.unwrap();
    pool(redis.clone()).join(ticket(1, "anna", "en"), NOW).await.unwrap();
    server.kill();
    redis.ping().await.unwrap_err();
    assert_eq!(*noted.0.lock().unwrap(), [("pool_join", true), ("ping", false)]);
    redis.close().await;
}

async fn heals(redis: &Redis, within: Duration) {
    timeout(within, async { while redis.ping().await.is_err() {} }).await.expect("it is back");
}
