//! The laws of [`SessionLog`](video_chat_reporting::SessionLog).
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a law that does not hold fails its test"
)]
#![expect(missing_docs, reason = "a law's name is its statement")]

use std::time::Duration;

use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
use video_chat_reporting::{REPORTABLE_FOR, SessionLog, SessionRecord};

/// One `#[tokio::test]` for each law of `SessionLog`; with `together,` before `$build` one for all, where what is tested is
/// expensive to start. `$build` names an `async fn() -> (impl SessionLog, guard)` that
/// makes an empty log; the guard lives as long as the test.
#[macro_export]
macro_rules! session_log_laws {
    ($build:path) => {
        $crate::session_log_laws! { each, $build }
    };
    ($how:ident, $build:path) => {
        $crate::session_log_laws! { $how, $build =>
            an_unknown_call_is_not_found
            an_opened_call_is_found_as_it_was_opened
            an_ended_call_is_found_with_its_end
            a_call_is_found_for_a_day_after_its_end
            a_live_call_does_not_expire
            ending_an_unknown_call_is_no_error
            the_first_end_counts
            opening_again_changes_nothing
        }
    };
    (each, $build:path => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let (log, _guard) = $build().await;
                $crate::sessions::$law(&log).await;
            }
        )+
    };
    (together, $build:path => $($law:ident)+) => {
        #[tokio::test]
        async fn every_law_holds() {
            $(
                println!("{}", stringify!($law));
                let (log, _guard) = $build().await;
                $crate::sessions::$law(&log).await;
            )+
        }
    };
}

const BEGIN: Timestamp = Timestamp::from_secs(1_800_000_000);

fn session(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn record(number: u8) -> SessionRecord {
    let device = |name: &str| DeviceId::parse(&format!("{name} {number}")).expect("a valid id");
    SessionRecord {
        session: session(number),
        participants: [
            (device("аня 👾"), PeerAlias::from_bytes([number; 16])),
            (device("bob"), PeerAlias::from_bytes([number.wrapping_add(1); 16])),
        ],
        started_at: BEGIN,
        ended_at: None,
    }
}

fn later(secs: u64) -> Timestamp {
    BEGIN.after(Duration::from_secs(secs))
}

async fn find(log: &impl SessionLog, number: u8, now: Timestamp) -> Option<SessionRecord> {
    log.find(session(number), now).await.expect("available")
}

async fn open(log: &impl SessionLog, number: u8) {
    log.opened(record(number)).await.expect("available");
}

async fn end(log: &impl SessionLog, number: u8, at: Timestamp) {
    log.ended(session(number), at).await.expect("available");
}

pub async fn an_unknown_call_is_not_found(log: &impl SessionLog) {
    open(log, 1).await;
    assert_eq!(find(log, 2, later(1)).await, None);
}

pub async fn an_opened_call_is_found_as_it_was_opened(log: &impl SessionLog) {
    open(log, 1).await;
    open(log, 2).await;
    assert_eq!(find(log, 1, later(1)).await, Some(record(1)));
    assert_eq!(find(log, 2, later(1)).await, Some(record(2)));
}

pub async fn an_ended_call_is_found_with_its_end(log: &impl SessionLog) {
    open(log, 1).await;
    open(log, 2).await;
    end(log, 1, later(60)).await;
    let ended = SessionRecord { ended_at: Some(later(60)), ..record(1) };
    assert_eq!(find(log, 1, later(61)).await, Some(ended));
    assert_eq!(find(log, 2, later(61)).await, Some(record(2)));
}

pub async fn a_call_is_found_for_a_day_after_its_end(log: &impl SessionLog) {
    open(log, 1).await;
    end(log, 1, later(60)).await;
    let last = later(60).after(REPORTABLE_FOR);
    assert!(find(log, 1, last).await.is_some());
    assert_eq!(find(log, 1, last.after(Duration::from_millis(1))).await, None);
}

pub async fn a_live_call_does_not_expire(log: &impl SessionLog) {
    open(log, 1).await;
    let days = BEGIN.after(3 * REPORTABLE_FOR);
    open(log, 2).await;
    end(log, 2, days).await;
    assert_eq!(find(log, 1, days).await, Some(record(1)));
}

pub async fn ending_an_unknown_call_is_no_error(log: &impl SessionLog) {
    end(log, 1, later(5)).await;
    assert_eq!(find(log, 1, later(6)).await, None);
}

pub async fn the_first_end_counts(log: &impl SessionLog) {
    open(log, 1).await;
    end(log, 1, later(10)).await;
    end(log, 1, later(20)).await;
    assert_eq!(find(log, 1, later(30)).await.and_then(|found| found.ended_at), Some(later(10)));
}

pub async fn opening_again_changes_nothing(log: &impl SessionLog) {
    open(log, 1).await;
    end(log, 1, later(10)).await;
    open(log, 1).await;
    assert_eq!(find(log, 1, later(30)).await.and_then(|found| found.ended_at), Some(later(10)));
}
