//! The in-memory rate limiter obeys the laws of its port, and keeps to its bounds.

use std::{
    future::{Ready, ready},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use video_chat_auth::{Decision, LimitKey, Quota, RateLimiter};
use video_chat_kernel::Timestamp;
use video_chat_store_memory::MemoryRateLimiter;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const QUOTA: Quota = Quota { burst: 10, period: Duration::from_mins(1) };

fn build() -> Ready<(MemoryRateLimiter, ())> {
    ready((MemoryRateLimiter::default(), ()))
}

video_chat_ports_contract::rate_limiter_laws!(build);

async fn take(limiter: &MemoryRateLimiter, subject: &str, cost: u32, now: Timestamp) -> bool {
    let key = LimitKey { limit: "test", subject: subject.into() };
    matches!(limiter.take(&key, QUOTA, cost, now).await, Ok(Decision::Allowed))
}

#[test]
fn threads_share_one_quota() {
    let limiter = MemoryRateLimiter::default();
    let passed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..1_000 {
                        passed.fetch_add(u32::from(take(&limiter, "ann", 1, NOW).await), Ordering::Relaxed);
                    }
                });
            });
        }
    });
    assert_eq!(passed.into_inner(), 10);
}

#[tokio::test]
async fn keys_that_are_full_again_are_forgotten() {
    let limiter = MemoryRateLimiter::with_capacity(100_000);
    for round in 0..20 {
        let now = NOW.after(Duration::from_mins(round));
        for number in 0..10_000 {
            assert!(take(&limiter, &format!("{round} {number}"), 1, now).await);
        }
    }
    let left = limiter.len();
    assert!(left < 40_000, "{left} of 200,000 keys are left: more than twice what is missing from anybody");
}

#[tokio::test]
async fn whoever_invents_keys_meets_the_bound_and_does_not_clear_its_debt() {
    let limiter = MemoryRateLimiter::with_capacity(10_000);
    assert!(take(&limiter, "debtor", 10, NOW).await);
    for number in 0..200_000 {
        assert!(take(&limiter, &number.to_string(), 1, NOW).await);
    }
    let left = limiter.len();
    assert!((5_000..=10_048).contains(&left), "{left} keys");
    assert!(!take(&limiter, "debtor", 1, NOW).await, "forgotten");
}
