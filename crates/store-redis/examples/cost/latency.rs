//! How long a join that meets takes, by how many wait.

use video_chat_kernel::Timestamp;
use video_chat_matchmaking::{Joined, MatchPool, Settings};
use video_chat_store_redis::{Redis, RedisMatchPool};

use super::{
    meter::{Meter, SCRIPTS, timed},
    steps::{all, ticket},
};

const NOW: Timestamp = Timestamp::from_secs(0);
const MATCHES: u32 = 2_000;

pub(crate) async fn print(redis: &Redis, meter: &Meter<'_>) {
    println!(
        "\n| waiting | p50, µs | p95, µs | p99, µs | execution a match, µs |\n| --- | --- | --- | --- | --- |"
    );
    for waiting in [10, 1_000, 20_000] {
        meter.empty();
        let pool = RedisMatchPool::new(redis.clone(), Settings::default());
        let pool = &pool;
        let region = |number: u32| format!("region-{number}");
        all(0..waiting, |number| async move {
            pool.join(ticket(number, &region(number)), NOW).await.unwrap();
        })
        .await;
        let mut took = Vec::new();
        let cost = meter.measure(MATCHES, SCRIPTS, async {
            for round in 0..MATCHES {
                // Somebody meets one of those that wait, and another takes the free place.
                let place = region(round.wrapping_mul(7_919) % waiting);
                let newcomer = ticket(1_000_000 + 2 * round, &place);
                let (joined, time) = timed(pool.join(newcomer, NOW)).await;
                assert!(matches!(joined.unwrap(), Joined::Matched(_)));
                took.push(time.as_micros());
                pool.join(ticket(1_000_001 + 2 * round, &place), NOW).await.unwrap();
            }
        });
        let cost = cost.await;
        took.sort_unstable();
        let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
        println!("| {waiting} | {} | {} | {} | {:.1} |", at(50), at(95), at(99), cost.execution);
    }
}
