use std::time::Duration;

use video_chat_signaling::ports::{GOOD_TIME, LEASE, Leases, Pulse, REAP_FOR};

use super::node;
use crate::match_pool::Time;

/// One `#[tokio::test]` for each law of `Leases`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl Leases, impl Time)` that makes
/// leases nobody holds, and the time they live in.
#[macro_export]
macro_rules! lease_laws {
    ($build:path) => {
        $crate::lease_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::lease_laws! { $how, $build =>
            a_lease_begins_with_the_first_beat
            a_silent_node_is_declared_dead_once_and_for_all
            one_node_reaps_a_dead_one_and_another_when_it_does_not
            what_was_reaped_is_not_handed_out_again
            a_node_that_was_away_itself_declares_nobody_dead
            a_break_shorter_than_a_lease_is_one
            one_that_resigns_is_dead_at_once
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (leases, time) = $build().await;
                $crate::cluster::leases::$law(&leases, &time).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (leases, time) = $build().await;
                $crate::cluster::leases::$law(&leases, &time).await;
            )+
        }
    };
}

const STEP: Duration = Duration::from_secs(2);

async fn beat(leases: &impl Leases, time: &impl Time, number: u8) -> Pulse {
    leases.beat(node(number), time.now()).await.expect("available")
}

/// The first node beats until the others, who do not, are late.
async fn outlive(leases: &impl Leases, time: &impl Time) -> Vec<Pulse> {
    let mut pulses = Vec::new();
    for _ in 0..4 {
        time.pass(STEP).await;
        pulses.push(beat(leases, time, 1).await);
    }
    pulses
}

pub async fn a_lease_begins_with_the_first_beat(leases: &impl Leases, time: &impl Time) {
    let on_record = async || leases.since(node(1), time.now()).await.expect("available");
    assert_eq!(on_record().await, None);
    let first = beat(leases, time, 1).await;
    assert!(first.since.is_some());
    assert_eq!(first, Pulse { since: first.since, ..Pulse::default() });
    time.pass(STEP).await;
    assert_eq!(beat(leases, time, 1).await, first);
    assert_eq!(on_record().await, first.since);
    assert_eq!(beat(leases, time, 2).await.alive, [node(1)]);
    assert_eq!(beat(leases, time, 1).await, Pulse { alive: vec![node(2)], ..first });
}

pub async fn a_silent_node_is_declared_dead_once_and_for_all(leases: &impl Leases, time: &impl Time) {
    beat(leases, time, 1).await;
    beat(leases, time, 2).await;
    let pulses = outlive(leases, time).await;
    let first = pulses.first().map(|pulse| (pulse.dead.len(), pulse.alive.len()));
    assert_eq!(first, Some((0, 1)), "it may be late");
    let last = beat(leases, time, 1).await;
    assert_eq!((last.dead, last.alive), (vec![node(2)], vec![]));
    let lost = beat(leases, time, 2).await;
    assert_eq!((lost.since, lost.reap), (None, vec![]));
    assert_eq!(beat(leases, time, 2).await.since, None);
    assert_eq!(leases.since(node(2), time.now()).await.expect("available"), None);
    assert!(beat(leases, time, 1).await.alive.is_empty());
}

pub async fn one_node_reaps_a_dead_one_and_another_when_it_does_not(leases: &impl Leases, time: &impl Time) {
    beat(leases, time, 1).await;
    beat(leases, time, 2).await;
    let pulses = outlive(leases, time).await;
    assert_eq!(pulses.iter().filter(|pulse| pulse.reap == [node(2)]).count(), 1);
    assert!(beat(leases, time, 3).await.reap.is_empty(), "the first is at it");
    time.pass(REAP_FOR).await;
    assert_eq!(beat(leases, time, 3).await.reap, [node(2)]);
}

pub async fn what_was_reaped_is_not_handed_out_again(leases: &impl Leases, time: &impl Time) {
    beat(leases, time, 1).await;
    beat(leases, time, 2).await;
    outlive(leases, time).await;
    leases.reaped(node(2), time.now()).await.expect("available");
    time.pass(REAP_FOR).await;
    let pulse = beat(leases, time, 3).await;
    assert!(!pulse.reap.contains(&node(2)));
    assert!(pulse.dead.contains(&node(2)), "it stays dead");
}

pub async fn a_node_that_was_away_itself_declares_nobody_dead(leases: &impl Leases, time: &impl Time) {
    let first = beat(leases, time, 1).await;
    let second = beat(leases, time, 2).await;
    time.pass(2 * LEASE).await;
    assert_eq!(beat(leases, time, 1).await, Pulse { alive: vec![node(2)], ..first });
    time.pass(STEP).await;
    assert!(beat(leases, time, 1).await.dead.is_empty());
    assert_eq!(beat(leases, time, 2).await.since, second.since);
    assert!(beat(leases, time, 1).await.dead.is_empty());
}

pub async fn a_break_shorter_than_a_lease_is_one(leases: &impl Leases, time: &impl Time) {
    let mut since = None;
    for _ in 0..4 {
        beat(leases, time, 1).await;
        since = beat(leases, time, 2).await.since;
        time.pass(STEP).await;
    }
    // A failover: the first is back in less than its lease, the second a little later.
    time.pass(GOOD_TIME).await;
    assert!(beat(leases, time, 1).await.dead.is_empty());
    time.pass(STEP).await;
    assert!(beat(leases, time, 1).await.dead.is_empty());
    let back = beat(leases, time, 2).await.since;
    assert!(back.is_some());
    assert_eq!(back, since);
}

pub async fn one_that_resigns_is_dead_at_once(leases: &impl Leases, time: &impl Time) {
    beat(leases, time, 1).await;
    beat(leases, time, 2).await;
    leases.resign(node(2), time.now()).await.expect("available");
    let pulse = beat(leases, time, 1).await;
    assert_eq!((pulse.dead, pulse.reap, pulse.alive), (vec![node(2)], vec![node(2)], vec![]));
    assert_eq!(beat(leases, time, 2).await.since, None);
}
