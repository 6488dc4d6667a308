//! What Redis keeps, in bytes.

use std::time::Duration;

use video_chat_auth::{LimitKey, Quota, RateLimiter};
use video_chat_kernel::Timestamp;
use video_chat_matchmaking::{MatchPool, Settings};
use video_chat_reporting::SessionLog;
use video_chat_signaling::ports::{Calls, Directory, Place};
use video_chat_store_redis::{
    Redis, RedisCalls, RedisDirectory, RedisMatchPool, RedisRateLimiter, RedisSessions,
};

use super::{
    meter::Meter,
    steps::{NODES, all, call, device, record, ticket},
};

const NOW: Timestamp = Timestamp::from_secs(0);
const COUNT: u32 = 20_000;

pub(crate) async fn print(redis: &Redis, meter: &Meter<'_>) {
    println!("\n| what | bytes | for how long |\n| --- | --- | --- |");
    let pool = RedisMatchPool::new(redis.clone(), Settings::default());
    let directory = RedisDirectory::new(redis.clone());
    let calls = RedisCalls::new(redis.clone());
    let sessions = RedisSessions::new(redis.clone());
    let limiter = RedisRateLimiter::new(redis.clone());
    let quota = Quota { burst: 10, period: Duration::from_mins(1) };
    let (pool, directory, calls, sessions, limiter) = (&pool, &directory, &calls, &sessions, &limiter);

    meter.empty();
    let before = meter.memory();
    all(0..COUNT, |number| async move {
        let place = Place { node: NODES[0], connection: 1 };
        directory.enter(&device(number), place, NOW).await.unwrap();
    })
    .await;
    row("a device that is connected", "while it is", meter.memory() - before);

    meter.empty();
    let before = meter.memory();
    all(0..COUNT, |number| async move {
        pool.join(ticket(number, &format!("region-{number}")), NOW).await.unwrap();
    })
    .await;
    row("a waiter", "while it waits", meter.memory() - before);
    all(0..COUNT, |number| async move {
        pool.join(ticket(COUNT + number, &format!("region-{number}")), NOW).await.unwrap();
    })
    .await;
    row("two that met: who, and whom last", "10 min each, the pairing 70 s", meter.memory() - before);

    meter.empty();
    let before = meter.memory();
    all(0..COUNT, |number| async move {
        calls.keep(&[call(number)], NOW).await.unwrap();
    })
    .await;
    row("a live call", "while it lives", meter.memory() - before);

    meter.empty();
    let before = meter.memory();
    all(0..COUNT, |number| async move { sessions.opened(record(number)).await.unwrap() }).await;
    row("who took part in a call", "the call and 24 h", meter.memory() - before);

    meter.empty();
    let before = meter.memory();
    all(0..COUNT, |number| async move {
        let key = LimitKey { limit: "join", subject: device(number).as_str().into() };
        limiter.take(&key, quota, 1, NOW).await.unwrap();
    })
    .await;
    row("a limit of joins in use", "a minute at most", meter.memory() - before);
}

fn row(what: &str, lasts: &str, bytes: f64) {
    println!("| {what} | {:.0} | {lasts} |", bytes / f64::from(COUNT));
}
