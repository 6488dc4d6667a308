//! The laws of [`RateLimiter`].
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

use std::time::Duration;

use futures_util::future::join_all;
use video_chat_auth::{Decision, LimitKey, Quota, RateLimiter};
use video_chat_kernel::Timestamp;

/// One `#[tokio::test]` for each law of `RateLimiter`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl RateLimiter, guard)`
/// that makes one that has counted nothing; the guard lives as long as the test.
#[macro_export]
macro_rules! rate_limiter_laws {
    ($build:path) => {
        $crate::rate_limiter_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::rate_limiter_laws! { $how, $build =>
            the_burst_passes_at_once_and_no_more
            a_refusal_says_exactly_when_to_come_back
            a_refusal_takes_nothing
            the_rate_passes_after_the_burst
            a_period_refills_the_whole_burst_and_no_more
            a_cost_counts_as_so_many_takes
            a_cost_above_the_burst_never_fits
            a_cost_of_nothing_takes_nothing
            subjects_are_counted_apart
            limits_of_one_subject_are_counted_apart
            subjects_of_any_text_are_counted_apart
            concurrent_callers_share_one_quota
            what_is_given_back_can_be_taken_again
            giving_back_never_raises_above_the_quota
            giving_back_to_an_unknown_key_is_no_error
            a_clock_that_steps_back_locks_nobody_out
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (limiter, _guard) = $build().await;
                $crate::rate_limit::$law(&limiter).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (limiter, _guard) = $build().await;
                $crate::rate_limit::$law(&limiter).await;
            )+
        }
    };
}

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// One each six seconds.
const TEN_A_MINUTE: Quota = Quota { burst: 10, period: Duration::from_mins(1) };

fn key(subject: &str) -> LimitKey {
    LimitKey { limit: "join", subject: subject.into() }
}

fn later(millis: u64) -> Timestamp {
    NOW.after(Duration::from_millis(millis))
}

fn refused(millis: u64) -> Decision {
    Decision::Refused { retry_after: Duration::from_millis(millis) }
}

async fn take(limiter: &impl RateLimiter, subject: &str, cost: u32, now: Timestamp) -> Decision {
    limiter.take(&key(subject), TEN_A_MINUTE, cost, now).await.expect("available")
}

async fn give_back(limiter: &impl RateLimiter, subject: &str, cost: u32, now: Timestamp) {
    limiter.give_back(&key(subject), TEN_A_MINUTE, cost, now).await.expect("available");
}

/// How many of 20 takes pass.
async fn passed(limiter: &impl RateLimiter, subject: &str, now: Timestamp) -> usize {
    let mut count = 0;
    for _ in 0..20 {
        count += usize::from(take(limiter, subject, 1, now).await == Decision::Allowed);
    }
    count
}

pub async fn the_burst_passes_at_once_and_no_more(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    assert_eq!(passed(limiter, "ann", NOW).await, 0);
}

pub async fn a_refusal_says_exactly_when_to_come_back(limiter: &impl RateLimiter) {
    assert_eq!(take(limiter, "ann", 10, NOW).await, Decision::Allowed);
    assert_eq!(take(limiter, "ann", 1, later(1)).await, refused(5_999));
    assert_eq!(take(limiter, "ann", 3, later(1)).await, refused(17_999));
    assert_eq!(take(limiter, "ann", 1, later(5_999)).await, refused(1));
    assert_eq!(take(limiter, "ann", 1, later(6_000)).await, Decision::Allowed);
}

pub async fn a_refusal_takes_nothing(limiter: &impl RateLimiter) {
    assert_eq!(take(limiter, "ann", 9, NOW).await, Decision::Allowed);
    for _ in 0..5 {
        assert_eq!(take(limiter, "ann", 2, NOW).await, refused(6_000));
    }
    assert_eq!(take(limiter, "ann", 1, NOW).await, Decision::Allowed);
}

pub async fn the_rate_passes_after_the_burst(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    for step in 1..=5 {
        assert_eq!(passed(limiter, "ann", later(step * 6_000 - 1)).await, 0, "step {step}");
        assert_eq!(passed(limiter, "ann", later(step * 6_000)).await, 1, "step {step}");
    }
}

pub async fn a_period_refills_the_whole_burst_and_no_more(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    assert_eq!(passed(limiter, "ann", later(60_000)).await, 10);
    assert_eq!(passed(limiter, "ann", later(600_000)).await, 10);
}

pub async fn a_cost_counts_as_so_many_takes(limiter: &impl RateLimiter) {
    assert_eq!(take(limiter, "ann", 7, NOW).await, Decision::Allowed);
    assert_eq!(passed(limiter, "ann", NOW).await, 3);
}

pub async fn a_cost_above_the_burst_never_fits(limiter: &impl RateLimiter) {
    let never = Decision::Refused { retry_after: Duration::MAX };
    assert_eq!(take(limiter, "ann", 11, NOW).await, never);
    assert_eq!(take(limiter, "ann", u32::MAX, NOW).await, never);
    assert_eq!(passed(limiter, "ann", NOW).await, 10, "it took nothing");
}

pub async fn a_cost_of_nothing_takes_nothing(limiter: &impl RateLimiter) {
    assert_eq!(take(limiter, "ann", 0, NOW).await, Decision::Allowed);
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    assert_eq!(take(limiter, "ann", 0, NOW).await, Decision::Allowed);
}

pub async fn subjects_are_counted_apart(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    assert_eq!(passed(limiter, "bob", NOW).await, 10);
}

pub async fn limits_of_one_subject_are_counted_apart(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    let other = LimitKey { limit: "http", subject: "ann".into() };
    let decision = limiter.take(&other, TEN_A_MINUTE, 10, NOW).await.expect("available");
    assert_eq!(decision, Decision::Allowed);
}

/// A device id is any text: what separates the parts of a key elsewhere must not make two subjects one.
pub async fn subjects_of_any_text_are_counted_apart(limiter: &impl RateLimiter) {
    for subject in ["", " ", "a", "A", "a:b", "a:", ":b", "{a}", "{a}b", "*", "аня 👾", "a b", "join"] {
        assert_eq!(passed(limiter, subject, NOW).await, 10, "{subject:?}");
    }
}

pub async fn concurrent_callers_share_one_quota(limiter: &impl RateLimiter) {
    let decisions = join_all((0..50).map(|_| take(limiter, "ann", 1, NOW))).await;
    assert_eq!(decisions.iter().filter(|decision| **decision == Decision::Allowed).count(), 10);
}

pub async fn what_is_given_back_can_be_taken_again(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    give_back(limiter, "ann", 3, NOW).await;
    assert_eq!(passed(limiter, "ann", NOW).await, 3);
}

pub async fn giving_back_never_raises_above_the_quota(limiter: &impl RateLimiter) {
    assert_eq!(take(limiter, "ann", 1, NOW).await, Decision::Allowed);
    for _ in 0..3 {
        give_back(limiter, "ann", 10, later(10)).await;
    }
    assert_eq!(passed(limiter, "ann", later(10)).await, 10);
    // Long after it was taken, what was taken is there again already.
    give_back(limiter, "ann", 10, later(120_000)).await;
    assert_eq!(passed(limiter, "ann", later(120_000)).await, 10);
}

pub async fn giving_back_to_an_unknown_key_is_no_error(limiter: &impl RateLimiter) {
    give_back(limiter, "nobody", 5, NOW).await;
    assert_eq!(passed(limiter, "nobody", NOW).await, 10);
}

pub async fn a_clock_that_steps_back_locks_nobody_out(limiter: &impl RateLimiter) {
    assert_eq!(passed(limiter, "ann", NOW).await, 10);
    let yesterday = NOW.before(Duration::from_hours(24));
    assert_eq!(passed(limiter, "ann", yesterday).await, 0);
    assert_eq!(passed(limiter, "ann", yesterday.after(Duration::from_secs(6))).await, 1);
}
