use std::time::Duration;

use video_chat_kernel::NodeId;
use video_chat_signaling::ports::{Directory, Elsewhere, Entered, NEWER_BY, Place, Presence};

use super::{device, node, session};
use crate::match_pool::Time;

/// One `#[tokio::test]` for each law of `Directory`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl Directory, impl Time)` that
/// makes an empty directory, and the time it lives in.
#[macro_export]
macro_rules! directory_laws {
    ($build:path) => {
        $crate::directory_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::directory_laws! { $how, $build =>
            a_device_that_enters_displaces_itself
            on_one_node_the_larger_connection_stays
            what_came_before_another_node_is_told_however_often_it_entered_there
            one_that_left_is_known_for_its_grace
            one_that_came_back_is_not_forgotten
            only_the_present_place_leaves
            a_device_is_claimed_for_one_session_at_its_node
            a_claim_survives_a_move_and_ends_with_its_release
            what_is_kept_is_written_where_it_is_missing
            what_is_kept_corrects_the_session_and_yields_to_another_node
            what_is_kept_without_a_session_leaves_a_claim_alone
            a_newer_connection_that_was_not_known_takes_the_record_over
            what_another_node_knows_of_a_session_is_noted_where_there_is_none
            where_it_was_is_told_again_when_the_answer_was_lost
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (directory, time) = $build().await;
                $crate::cluster::directory::$law(&directory, &time).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (directory, time) = $build().await;
                $crate::cluster::directory::$law(&directory, &time).await;
            )+
        }
    };
}

const GRACE: Duration = Duration::from_secs(2);

fn place(number: u8, connection: u64) -> Place {
    Place { node: node(number), connection }
}

async fn enter(directory: &impl Directory, time: &impl Time, at: Place) -> Entered {
    directory.enter(&device("аня"), at, time.now()).await.expect("available")
}

/// It came from this place.
fn came_from(place: Place, session: Option<video_chat_kernel::SessionId>) -> Entered {
    Entered { displaced: Some(place), session, ..Entered::default() }
}

async fn leave(directory: &impl Directory, time: &impl Time, at: Place) {
    directory.leave(&device("аня"), at, GRACE, time.now()).await.expect("available");
}

async fn claim(directory: &impl Directory, time: &impl Time, at: NodeId, number: u8) -> bool {
    directory.claim(&device("аня"), at, session(number), time.now()).await.expect("available")
}

async fn release(directory: &impl Directory, time: &impl Time, number: u8) {
    directory.release(&device("аня"), session(number), time.now()).await.expect("available");
}

pub async fn a_device_that_enters_displaces_itself(directory: &impl Directory, time: &impl Time) {
    assert_eq!(enter(directory, time, place(1, 7)).await, Entered::default());
    let before = came_from(place(1, 7), None);
    assert_eq!(enter(directory, time, place(2, 3)).await, before);
    let before = Entered { earlier: Some(place(1, 7)), ..came_from(place(2, 3), None) };
    assert_eq!(enter(directory, time, place(1, 8)).await, before);
    let other = directory.enter(&device("bob"), place(1, 9), time.now()).await.expect("available");
    assert_eq!(other, Entered::default());
}

pub async fn on_one_node_the_larger_connection_stays(directory: &impl Directory, time: &impl Time) {
    enter(directory, time, place(1, 7)).await;
    enter(directory, time, place(1, 5)).await;
    leave(directory, time, place(1, 5)).await;
    time.pass(2 * GRACE).await;
    let before = came_from(place(1, 7), None);
    assert_eq!(enter(directory, time, place(1, 8)).await, before);
}

pub async fn what_came_before_another_node_is_told_however_often_it_entered_there(
    directory: &impl Directory,
    time: &impl Time,
) {
    for at in [place(1, 7), place(2, 3), place(2, 4)] {
        enter(directory, time, at).await;
    }
    let before = Entered { earlier: Some(place(1, 7)), ..came_from(place(2, 4), None) };
    assert_eq!(enter(directory, time, place(2, 5)).await, before);
    let before = Entered { earlier: Some(place(1, 7)), ..came_from(place(2, 5), None) };
    assert_eq!(enter(directory, time, place(3, 1)).await, before);
}

pub async fn one_that_left_is_known_for_its_grace(directory: &impl Directory, time: &impl Time) {
    enter(directory, time, place(1, 1)).await;
    assert!(claim(directory, time, node(1), 1).await);
    leave(directory, time, place(1, 1)).await;
    let before = came_from(place(1, 1), Some(session(1)));
    assert_eq!(enter(directory, time, place(2, 1)).await, before);
    leave(directory, time, place(2, 1)).await;
    time.pass(2 * GRACE).await;
    assert_eq!(enter(directory, time, place(3, 1)).await, Entered::default());
}

pub async fn one_that_came_back_is_not_forgotten(directory: &impl Directory, time: &impl Time) {
    enter(directory, time, place(1, 1)).await;
    leave(directory, time, place(1, 1)).await;
    enter(directory, time, place(1, 2)).await;
    time.pass(2 * GRACE).await;
    assert!(claim(directory, time, node(1), 1).await);
}

pub async fn only_the_present_place_leaves(directory: &impl Directory, time: &impl Time) {
    enter(directory, time, place(1, 1)).await;
    enter(directory, time, place(2, 1)).await;
    leave(directory, time, place(1, 1)).await;
    time.pass(2 * GRACE).await;
    assert!(claim(directory, time, node(2), 1).await);
}

pub async fn a_device_is_claimed_for_one_session_at_its_node(directory: &impl Directory, time: &impl Time) {
    assert!(!claim(directory, time, node(1), 1).await, "it is nowhere");
    enter(directory, time, place(1, 1)).await;
    assert!(!claim(directory, time, node(2), 1).await, "it is elsewhere");
    assert!(claim(directory, time, node(1), 1).await);
    assert!(claim(directory, time, node(1), 1).await, "again");
    assert!(!claim(directory, time, node(1), 2).await, "it is taken");
}

pub async fn a_claim_survives_a_move_and_ends_with_its_release(directory: &impl Directory, time: &impl Time) {
    enter(directory, time, place(1, 1)).await;
    assert!(claim(directory, time, node(1), 1).await);
    assert_eq!(enter(directory, time, place(2, 1)).await.session, Some(session(1)));
    release(directory, time, 2).await;
    assert!(!claim(directory, time, node(2), 2).await, "that was another's release");
    release(directory, time, 1).await;
    release(directory, time, 1).await;
    assert!(claim(directory, time, node(2), 2).await);
}

fn present(connection: u64, session: Option<video_chat_kernel::SessionId>) -> Presence {
    Presence { device: device("аня"), connection, session, age: Some(Duration::ZERO), confirmed: true }
}

pub async fn what_is_kept_is_written_where_it_is_missing(directory: &impl Directory, time: &impl Time) {
    let known = [
        present(4, Some(session(1))),
        Presence { device: device("bob"), connection: 5, session: None, age: None, confirmed: true },
    ];
    assert!(directory.keep(node(1), &known, time.now()).await.expect("available").is_empty());
    let before = came_from(place(1, 4), Some(session(1)));
    assert_eq!(enter(directory, time, place(2, 1)).await, before);
    assert!(directory.keep(node(1), &[], time.now()).await.expect("available").is_empty());
}

pub async fn what_is_kept_corrects_the_session_and_yields_to_another_node(
    directory: &impl Directory,
    time: &impl Time,
) {
    enter(directory, time, place(1, 1)).await;
    assert!(claim(directory, time, node(1), 1).await);
    let known = [present(1, Some(session(2)))];
    assert!(directory.keep(node(1), &known, time.now()).await.expect("available").is_empty());
    assert!(claim(directory, time, node(1), 2).await);
    assert!(!claim(directory, time, node(1), 1).await);
    let elsewhere = directory.keep(node(2), &[present(9, Some(session(3)))], time.now()).await;
    assert_eq!(elsewhere.expect("available"), [found(place(1, 1), true)]);
    let before = came_from(place(1, 1), Some(session(2)));
    assert_eq!(enter(directory, time, place(3, 1)).await, before);
}

pub async fn what_is_kept_without_a_session_leaves_a_claim_alone(
    directory: &impl Directory,
    time: &impl Time,
) {
    enter(directory, time, place(1, 1)).await;
    assert!(claim(directory, time, node(1), 1).await);
    assert!(directory.keep(node(1), &[present(1, None)], time.now()).await.expect("available").is_empty());
    assert_eq!(enter(directory, time, place(2, 1)).await, came_from(place(1, 1), Some(session(1))));
}

fn found(place: Place, newer: bool) -> Elsewhere {
    Elsewhere { device: device("аня"), place, newer }
}

pub async fn a_newer_connection_that_was_not_known_takes_the_record_over(
    directory: &impl Directory,
    time: &impl Time,
) {
    enter(directory, time, place(1, 1)).await;
    time.pass(8 * NEWER_BY).await;
    let one = |number: u8, age| [Presence { age, ..present(number.into(), Some(session(number))) }];
    let keep = async |at, known: [Presence; 1]| {
        directory.keep(node(at), &known, time.now()).await.expect("available")
    };
    assert_eq!(keep(2, one(2, None)).await, [found(place(1, 1), true)], "it is gone");
    assert_eq!(keep(2, one(2, Some(60 * NEWER_BY))).await, [found(place(1, 1), true)], "it is older");
    assert_eq!(keep(2, one(2, Some(4 * NEWER_BY))).await, [found(place(1, 1), false)]);
    assert!(keep(2, one(2, Some(4 * NEWER_BY))).await.is_empty(), "it is here now");
    assert_eq!(keep(3, one(3, Some(5 * NEWER_BY))).await, [found(place(2, 2), true)], "older than that one");
    let unaware = [Presence { age: Some(Duration::ZERO), ..present(3, None) }];
    assert_eq!(keep(3, unaware).await, [found(place(2, 2), false)]);
    let before = Entered { earlier: Some(place(2, 2)), ..came_from(place(3, 3), Some(session(2))) };
    assert_eq!(enter(directory, time, place(1, 4)).await, before, "a claim moves along");
}

pub async fn what_another_node_knows_of_a_session_is_noted_where_there_is_none(
    directory: &impl Directory,
    time: &impl Time,
) {
    assert_eq!(enter(directory, time, place(2, 4)).await, Entered::default());
    let known = [present(9, Some(session(3)))];
    for _ in 0..2 {
        let elsewhere = directory.keep(node(1), &known, time.now()).await.expect("available");
        assert_eq!(elsewhere, [found(place(2, 4), true)]);
    }
    assert_eq!(enter(directory, time, place(2, 4)).await.session, Some(session(3)));
}

pub async fn where_it_was_is_told_again_when_the_answer_was_lost(
    directory: &impl Directory,
    time: &impl Time,
) {
    let keep = async |confirmed| {
        let known = [Presence { confirmed, ..present(2, None) }];
        directory.keep(node(2), &known, time.now()).await.expect("available")
    };
    assert_eq!(enter(directory, time, place(2, 1)).await, Entered::default());
    assert!(keep(false).await.is_empty(), "it was nowhere else");
    enter(directory, time, place(1, 7)).await;
    enter(directory, time, place(2, 2)).await;
    assert!(keep(true).await.is_empty());
    for _ in 0..2 {
        assert_eq!(keep(false).await, [found(place(1, 7), false)]);
    }
}
