use std::time::Duration;

use video_chat_kernel::{PeerAlias, Timestamp};
use video_chat_signaling::{
    Side,
    ports::{Abort, CallRecord, CallSide, Calls, OFFER_FOR},
};

use super::{device, node, session};
use crate::match_pool::Time;

/// One `#[tokio::test]` for each law of `Calls`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl Calls, impl Time)` that knows of
/// no call, and the time it lives in.
#[macro_export]
macro_rules! call_laws {
    ($build:path) => {
        $crate::call_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::call_laws! { $how, $build =>
            an_offer_becomes_live_when_it_is_accepted
            an_aborted_offer_is_never_accepted
            a_live_call_is_not_aborted
            an_offer_that_nobody_accepts_expires
            what_is_aborted_before_it_is_offered_stays_aborted
            of_accept_and_abort_one_wins
            a_side_moves
            exactly_one_ends_a_call
            what_is_over_stays_over
            what_is_kept_is_written_where_it_is_missing
            keeping_changes_no_place
            the_most_moves_are_kept
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (calls, time) = $build().await;
                $crate::cluster::calls::$law(&calls, &time).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (calls, time) = $build().await;
                $crate::cluster::calls::$law(&calls, &time).await;
            )+
        }
    };
}

fn record(number: u8) -> CallRecord {
    let side = |name: &str, bits: u8| CallSide {
        device: device(&format!("{name} {number}")),
        alias: PeerAlias::from_bytes([bits; 16]),
        wait_ms: bits.into(),
        node: node(bits),
    };
    CallRecord {
        session: session(number),
        offerer: side("аня 👾", 1),
        answerer: side("bob", 2),
        region: "eu".into(),
        language: "de".into(),
        matched_at: Timestamp::from_millis(1_800_000_000_123),
        moves: 0,
    }
}

async fn offer(calls: &impl Calls, time: &impl Time, number: u8) {
    calls.offer(&record(number), time.now()).await.expect("available");
}

async fn accept(calls: &impl Calls, time: &impl Time, number: u8) -> bool {
    calls.accept(session(number), time.now()).await.expect("available")
}

async fn abort(calls: &impl Calls, time: &impl Time, number: u8) -> Abort {
    calls.abort(session(number), time.now()).await.expect("available")
}

async fn find(calls: &impl Calls, time: &impl Time, number: u8) -> Option<CallRecord> {
    calls.find(session(number), time.now()).await.expect("available")
}

async fn end(calls: &impl Calls, time: &impl Time, number: u8) -> bool {
    calls.end(session(number), time.now()).await.expect("available")
}

async fn keep(calls: &impl Calls, time: &impl Time, numbers: &[u8]) -> Vec<video_chat_kernel::SessionId> {
    let records: Vec<CallRecord> = numbers.iter().map(|number| record(*number)).collect();
    calls.keep(&records, time.now()).await.expect("available")
}

pub async fn an_offer_becomes_live_when_it_is_accepted(calls: &impl Calls, time: &impl Time) {
    assert!(!accept(calls, time, 1).await);
    offer(calls, time, 1).await;
    assert_eq!(find(calls, time, 1).await, None);
    assert!(accept(calls, time, 1).await);
    assert!(accept(calls, time, 1).await, "again");
    assert_eq!(find(calls, time, 1).await, Some(record(1)));
    time.pass(OFFER_FOR + Duration::from_secs(1)).await;
    assert_eq!(find(calls, time, 1).await, Some(record(1)));
}

pub async fn an_aborted_offer_is_never_accepted(calls: &impl Calls, time: &impl Time) {
    offer(calls, time, 1).await;
    assert_eq!(abort(calls, time, 1).await, Abort::Aborted);
    assert!(!accept(calls, time, 1).await);
    assert_eq!(abort(calls, time, 1).await, Abort::Aborted);
}

pub async fn a_live_call_is_not_aborted(calls: &impl Calls, time: &impl Time) {
    offer(calls, time, 1).await;
    accept(calls, time, 1).await;
    assert_eq!(abort(calls, time, 1).await, Abort::Live);
    assert_eq!(find(calls, time, 1).await, Some(record(1)));
}

pub async fn an_offer_that_nobody_accepts_expires(calls: &impl Calls, time: &impl Time) {
    offer(calls, time, 1).await;
    time.pass(OFFER_FOR + Duration::from_secs(1)).await;
    assert!(!accept(calls, time, 1).await);
}

pub async fn what_is_aborted_before_it_is_offered_stays_aborted(calls: &impl Calls, time: &impl Time) {
    assert_eq!(abort(calls, time, 1).await, Abort::Aborted);
    offer(calls, time, 1).await;
    assert!(!accept(calls, time, 1).await);
}

pub async fn of_accept_and_abort_one_wins(calls: &impl Calls, time: &impl Time) {
    for number in 1..=20 {
        offer(calls, time, number).await;
        let both = (accept(calls, time, number), abort(calls, time, number));
        let (accepted, aborted) = futures_util::future::join(both.0, both.1).await;
        assert_eq!(accepted, aborted == Abort::Live);
    }
}

pub async fn a_side_moves(calls: &impl Calls, time: &impl Time) {
    let relocate = |number, side, to| calls.relocate(session(number), side, node(to), time.now());
    assert_eq!(relocate(1, Side::Answerer, 3).await.expect("available"), None);
    offer(calls, time, 1).await;
    assert_eq!(relocate(1, Side::Answerer, 3).await.expect("available"), None, "not live yet");
    accept(calls, time, 1).await;
    let mut moved = record(1);
    moved.answerer.node = node(3);
    moved.moves = 1;
    assert_eq!(relocate(1, Side::Answerer, 3).await.expect("available"), Some(moved.clone()));
    moved.offerer.node = node(4);
    moved.moves = 2;
    assert_eq!(relocate(1, Side::Offerer, 4).await.expect("available"), Some(moved.clone()));
    assert_eq!(find(calls, time, 1).await, Some(moved));
}

pub async fn exactly_one_ends_a_call(calls: &impl Calls, time: &impl Time) {
    assert!(!end(calls, time, 1).await, "nobody knows it");
    keep(calls, time, &[1]).await;
    let (one, other) = futures_util::future::join(end(calls, time, 1), end(calls, time, 1)).await;
    assert_ne!(one, other);
    assert_eq!(find(calls, time, 1).await, None);
}

pub async fn what_is_over_stays_over(calls: &impl Calls, time: &impl Time) {
    keep(calls, time, &[1]).await;
    end(calls, time, 1).await;
    assert_eq!(keep(calls, time, &[2, 1]).await, [session(1)]);
    offer(calls, time, 1).await;
    assert!(!accept(calls, time, 1).await);
    assert_eq!(find(calls, time, 1).await, None);
    let moved = calls.relocate(session(1), Side::Offerer, node(3), time.now()).await;
    assert_eq!(moved.expect("available"), None);
}

pub async fn what_is_kept_is_written_where_it_is_missing(calls: &impl Calls, time: &impl Time) {
    offer(calls, time, 2).await;
    assert!(keep(calls, time, &[1, 2]).await.is_empty());
    assert_eq!(find(calls, time, 1).await, Some(record(1)));
    assert_eq!(find(calls, time, 2).await, Some(record(2)));
    assert!(keep(calls, time, &[]).await.is_empty());
}

pub async fn keeping_changes_no_place(calls: &impl Calls, time: &impl Time) {
    keep(calls, time, &[1]).await;
    calls.relocate(session(1), Side::Offerer, node(9), time.now()).await.expect("available");
    keep(calls, time, &[1]).await;
    let live = find(calls, time, 1).await.expect("live");
    assert_eq!((live.offerer.node, live.moves), (node(9), 1));
}

pub async fn the_most_moves_are_kept(calls: &impl Calls, time: &impl Time) {
    keep(calls, time, &[1]).await;
    let moved = CallRecord { moves: 5, ..record(1) };
    calls.keep(&[moved], time.now()).await.expect("available");
    keep(calls, time, &[1]).await;
    let after = calls.relocate(session(1), Side::Answerer, node(9), time.now()).await.expect("available");
    assert_eq!(after.expect("live").moves, 6);
}
