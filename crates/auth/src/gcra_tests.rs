use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn quota(burst: u32, secs: u64) -> Quota {
    Quota { burst, period: Duration::from_secs(secs) }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn is_allowed(decision: Decision) -> bool {
    decision == Decision::Allowed
}

/// How many of `tries` takes of 1 pass at once.
fn passed(limit: &mut LocalLimit, tries: u32, now: Timestamp) -> u32 {
    (0..tries).map(|_| u32::from(is_allowed(limit.take(1, now)))).sum()
}

#[test]
fn the_burst_passes_at_once_then_the_rate() {
    let mut limit = LocalLimit::new(quota(300, 3));
    assert_eq!(passed(&mut limit, 500, NOW), 300);
    assert_eq!(passed(&mut limit, 500, NOW.after(millis(9))), 0);
    assert_eq!(passed(&mut limit, 500, NOW.after(millis(10))), 1);
    assert_eq!(passed(&mut limit, 500, NOW.after(millis(1_010))), 100);
    assert_eq!(passed(&mut limit, 500, NOW.after(millis(60_000))), 300);
}

#[test]
fn a_burst_that_does_not_divide_the_period_passes_whole() {
    let mut limit = LocalLimit::new(quota(7, 60));
    assert_eq!(passed(&mut limit, 10, NOW), 7);
}

#[test]
fn a_cost_above_the_burst_never_fits() {
    let never = Decision::Refused { retry_after: Duration::MAX };
    let mut limit = LocalLimit::new(quota(10, 1));
    assert_eq!(limit.take(11, NOW), never);
    assert_eq!(passed(&mut limit, 20, NOW), 10, "it took nothing");
    assert_eq!(LocalLimit::new(quota(0, 1)).take(1, NOW), never);
}

#[test]
fn a_cost_of_nothing_passes_even_when_all_is_gone() {
    let mut limit = LocalLimit::new(quota(1, 60));
    assert_eq!(passed(&mut limit, 2, NOW), 1);
    assert!(is_allowed(limit.take(0, NOW)));
}

#[test]
fn no_period_refills_at_once() {
    let mut limit = LocalLimit::new(quota(5, 0));
    assert_eq!(passed(&mut limit, 100, NOW), 100);
}

#[test]
fn a_clock_that_steps_back_locks_nobody_out() {
    let mut limit = LocalLimit::new(quota(10, 60));
    assert_eq!(passed(&mut limit, 10, NOW), 10);
    let yesterday = NOW.before(Duration::from_hours(24));
    assert_eq!(limit.take(1, yesterday), Decision::Refused { retry_after: millis(6_000) });
    assert!(is_allowed(limit.take(1, yesterday.after(millis(6_000)))));
}

#[test]
fn callers_whose_clocks_differ_a_little_gain_nothing() {
    let mut limit = LocalLimit::new(quota(1_000, 1));
    assert_eq!(passed(&mut limit, 2_000, NOW), 1_000);
    let gained: u32 =
        (0..100).map(|_| passed(&mut limit, 10, NOW.before(millis(20))) + passed(&mut limit, 10, NOW)).sum();
    assert_eq!(gained, 0);
}

#[test]
fn a_burst_of_more_than_one_a_nanosecond_is_slowed_down_not_let_through() {
    let mut limit = LocalLimit::new(quota(u32::MAX, 1));
    assert!(is_allowed(limit.take(u32::MAX, NOW)));
    assert_eq!(limit.take(1_000_000, NOW), Decision::Refused { retry_after: millis(1) });
    assert_eq!(limit.take(u32::MAX, NOW), Decision::Refused { retry_after: millis(4_295) });
}

#[test]
fn absurd_periods_and_instants_still_limit() {
    for (period, now) in [
        (Duration::MAX, NOW),
        (Duration::from_nanos(u64::MAX), NOW),
        (Duration::from_secs(1), Timestamp::from_millis(u64::MAX)),
        (Duration::MAX, Timestamp::from_millis(u64::MAX)),
        (Duration::from_mins(1), Timestamp::default()),
    ] {
        for burst in [1, 3, 1_000] {
            let mut limit = LocalLimit::new(Quota { burst, period });
            assert_eq!(passed(&mut limit, 2_000, now), burst, "{period:?} {now:?}");
        }
    }
}

fn any_quota() -> impl Strategy<Value = Quota> {
    (1_u32..5_000, 1_u64..120_000).prop_map(|(burst, period)| Quota { burst, period: millis(period) })
}

proptest! {
    #[test]
    fn never_more_than_the_burst_and_the_rate_in_any_window(
        quota in any_quota(),
        calls in proptest::collection::vec((0_u64..2_000, 1_u32..200), 1..60),
    ) {
        let mut state = Gcra::default();
        let mut now = NOW;
        let mut taken: Vec<(Timestamp, u32)> = vec![];
        for (pause, cost) in calls {
            now = now.after(millis(pause));
            if is_allowed(state.take(quota, cost, now)) {
                taken.push((now, cost));
            }
        }
        for first in 0..taken.len() {
            let mut sum = 0_u128;
            for &(at, cost) in &taken[first..] {
                sum += u128::from(cost);
                let window = at.since(taken[first].0).as_nanos();
                let period = quota.period.as_nanos();
                prop_assert!(sum * period <= u128::from(quota.burst) * (period + window));
            }
        }
    }

    #[test]
    fn refused_takes_nothing_and_says_exactly_when_to_come_back(
        quota in any_quota(),
        used in 1_u32..5_000,
        cost in 1_u32..5_000,
    ) {
        let mut state = Gcra::default();
        prop_assume!(used <= quota.burst && cost <= quota.burst);
        prop_assert!(is_allowed(state.take(quota, used, NOW)));
        let before = state;
        if let Decision::Refused { retry_after } = state.take(quota, cost, NOW) {
            prop_assert_eq!(state, before);
            let mut early = before;
            prop_assert!(!is_allowed(early.take(quota, cost, NOW.after(retry_after).before(millis(1)))));
            prop_assert!(is_allowed(state.take(quota, cost, NOW.after(retry_after))));
        } else {
            prop_assert!(used + cost <= quota.burst);
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_in_full(quota in any_quota(), used in 0_u32..5_000) {
        let mut state = Gcra::default();
        let used = used.min(quota.burst);
        prop_assert!(is_allowed(state.take(quota, used, NOW)));
        prop_assert!(is_allowed(state.take(quota, quota.burst - used, NOW)));
        prop_assert!(!is_allowed(state.take(quota, 1, NOW)));
    }

    #[test]
    fn giving_back_undoes_a_take_and_never_raises_above_the_quota(
        quota in any_quota(),
        used in 1_u32..5_000,
        pause in 0_u64..200_000,
    ) {
        let used = used.min(quota.burst);
        let mut state = Gcra::default();
        prop_assert!(is_allowed(state.take(quota, used, NOW)));
        let later = NOW.after(millis(pause));
        state.give_back(quota, used);
        prop_assert!(state.is_full(later));
        state.give_back(quota, quota.burst);
        prop_assert!(is_allowed(state.take(quota, quota.burst, later)));
        prop_assert!(!is_allowed(state.take(quota, 1, later)));
    }

    #[test]
    fn full_again_after_the_period(quota in any_quota(), used in 1_u32..5_000) {
        let used = used.min(quota.burst);
        let mut state = Gcra::default();
        prop_assert!(is_allowed(state.take(quota, used, NOW)));
        prop_assert!(!state.is_full(NOW));
        // A nanosecond a unit is lost to rounding.
        prop_assert!(state.is_full(NOW.after(quota.period + millis(1))));
    }
}
