//! The laws of [`BlockList`].
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

use std::time::Duration;

use futures_util::future::join_all;
use video_chat_auth::BlockList;
use video_chat_kernel::{DeviceId, Timestamp};

/// One `#[tokio::test]` for each law of `BlockList`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl BlockList, guard)` that
/// makes an empty list; the guard lives as long as the test.
#[macro_export]
macro_rules! block_list_laws {
    ($build:path) => {
        $crate::block_list_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::block_list_laws! { $how, $build =>
            nobody_is_blocked_at_first
            a_block_is_for_one_device
            a_block_without_end_stays
            a_block_ends_at_its_end_exactly
            blocking_again_the_later_end_counts
            no_end_is_later_than_any
            an_expired_block_can_come_again
            a_lifted_block_is_gone
            a_lifted_device_can_be_blocked_for_less
            lifting_nothing_is_no_error
            devices_of_any_text_are_apart
            concurrent_blocks_all_hold
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (list, _guard) = $build().await;
                $crate::block_list::$law(&list).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (list, _guard) = $build().await;
                $crate::block_list::$law(&list).await;
            )+
        }
    };
}

/// Far enough ahead that a backend which goes by its own clock does not drop a block before its end.
const NOW: Timestamp = Timestamp::from_secs(4_000_000_000);

fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a valid id")
}

fn later(secs: u64) -> Timestamp {
    NOW.after(Duration::from_secs(secs))
}

async fn is_blocked(list: &impl BlockList, name: &str, now: Timestamp) -> bool {
    list.is_blocked(&device(name), now).await.expect("available")
}

async fn block(list: &impl BlockList, name: &str, until: Option<Timestamp>) {
    list.block(&device(name), until).await.expect("available");
}

async fn lift(list: &impl BlockList, name: &str) {
    list.lift(&device(name)).await.expect("available");
}

pub async fn nobody_is_blocked_at_first(list: &impl BlockList) {
    assert!(!is_blocked(list, "ann", NOW).await);
}

pub async fn a_block_is_for_one_device(list: &impl BlockList) {
    block(list, "ann", None).await;
    assert!(is_blocked(list, "ann", NOW).await);
    assert!(!is_blocked(list, "bob", NOW).await);
}

pub async fn a_block_without_end_stays(list: &impl BlockList) {
    block(list, "ann", None).await;
    for now in [NOW, later(100 * 365 * 86_400), Timestamp::from_millis(u64::MAX)] {
        assert!(is_blocked(list, "ann", now).await, "{now:?}");
    }
}

pub async fn a_block_ends_at_its_end_exactly(list: &impl BlockList) {
    block(list, "ann", Some(later(60))).await;
    assert!(is_blocked(list, "ann", NOW).await);
    assert!(is_blocked(list, "ann", later(60).before(Duration::from_millis(1))).await);
    assert!(!is_blocked(list, "ann", later(60)).await);
}

pub async fn blocking_again_the_later_end_counts(list: &impl BlockList) {
    block(list, "ann", Some(later(60))).await;
    block(list, "ann", Some(later(30))).await;
    assert!(is_blocked(list, "ann", later(45)).await);
    block(list, "ann", Some(later(90))).await;
    assert!(is_blocked(list, "ann", later(75)).await);
    assert!(!is_blocked(list, "ann", later(90)).await);
}

pub async fn no_end_is_later_than_any(list: &impl BlockList) {
    block(list, "ann", None).await;
    block(list, "ann", Some(later(60))).await;
    block(list, "bob", Some(later(60))).await;
    block(list, "bob", None).await;
    assert!(is_blocked(list, "ann", later(61)).await);
    assert!(is_blocked(list, "bob", later(61)).await);
}

pub async fn an_expired_block_can_come_again(list: &impl BlockList) {
    block(list, "ann", Some(later(60))).await;
    assert!(!is_blocked(list, "ann", later(61)).await);
    block(list, "ann", Some(later(120))).await;
    assert!(is_blocked(list, "ann", later(61)).await);
}

pub async fn a_lifted_block_is_gone(list: &impl BlockList) {
    block(list, "ann", None).await;
    block(list, "bob", None).await;
    lift(list, "ann").await;
    assert!(!is_blocked(list, "ann", NOW).await);
    assert!(is_blocked(list, "bob", NOW).await);
}

pub async fn a_lifted_device_can_be_blocked_for_less(list: &impl BlockList) {
    block(list, "ann", None).await;
    lift(list, "ann").await;
    block(list, "ann", Some(later(60))).await;
    assert!(is_blocked(list, "ann", later(59)).await);
    assert!(!is_blocked(list, "ann", later(61)).await);
}

pub async fn lifting_nothing_is_no_error(list: &impl BlockList) {
    lift(list, "nobody").await;
    assert!(!is_blocked(list, "nobody", NOW).await);
}

pub async fn devices_of_any_text_are_apart(list: &impl BlockList) {
    let names = ["a", "A", "a:b", "{a}", "*", " ", "аня 👾"];
    for name in names {
        assert!(!is_blocked(list, name, NOW).await, "{name:?}");
        block(list, name, None).await;
    }
    for name in names {
        assert!(is_blocked(list, name, NOW).await, "{name:?}");
    }
}

pub async fn concurrent_blocks_all_hold(list: &impl BlockList) {
    let names: Vec<String> = (0..50).map(|number| format!("device {number}")).collect();
    join_all(names.iter().map(|name| block(list, name, None))).await;
    for name in &names {
        assert!(is_blocked(list, name, NOW).await, "{name}");
    }
}
