use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use video_chat_kernel::Timestamp;
use video_chat_reporting::{Decision, LEASE, ReportId};

use super::{
    Store,
    fixtures::{at, device, report, submit, verdict},
};

async fn next(store: &impl Store, moderator: &str, now: Timestamp) -> Option<ReportId> {
    store.next(&device(moderator), now).await.expect("available").map(|report| report.facts.id)
}

fn id(number: u32) -> ReportId {
    report(number).id
}

pub async fn the_oldest_pending_report_is_next(store: &impl Store) {
    assert_eq!(next(store, "mod", at(0)).await, None);
    submit(store, [3, 1, 2]).await;
    let leased = store.next(&device("mod"), at(10)).await.expect("available").expect("one is pending");
    assert_eq!((leased.facts, leased.submitted_at), (report(1), at(1)));
}

pub async fn the_same_moderator_gets_the_same_report(store: &impl Store) {
    submit(store, [2, 3]).await;
    assert_eq!(next(store, "mod", at(10)).await, Some(id(2)));
    submit(store, [1]).await;
    assert_eq!(next(store, "mod", at(20)).await, Some(id(2)), "though an older one came in");
}

pub async fn a_lease_is_renewed_by_asking(store: &impl Store) {
    submit(store, [1]).await;
    let later = at(10).after(LEASE).before(Duration::from_millis(1));
    assert_eq!(next(store, "one", at(10)).await, Some(id(1)));
    assert_eq!(next(store, "one", later).await, Some(id(1)));
    assert_eq!(next(store, "two", at(10).after(LEASE)).await, None, "the first lease would be over");
    assert_eq!(next(store, "two", later.after(LEASE)).await, Some(id(1)));
}

pub async fn moderators_get_different_reports(store: &impl Store) {
    submit(store, [1, 2]).await;
    assert_eq!(next(store, "one", at(10)).await, Some(id(1)));
    assert_eq!(next(store, "two", at(10)).await, Some(id(2)));
    assert_eq!(next(store, "three", at(10)).await, None);
}

pub async fn concurrent_moderators_never_get_the_same_report(store: &impl Store) {
    submit(store, 0..5).await;
    let moderators: Vec<_> = (0..8).map(|number| device(&format!("mod {number}"))).collect();
    let answers = join_all(moderators.iter().map(|moderator| store.next(moderator, at(10)))).await;
    let given: Vec<_> = answers
        .into_iter()
        .filter_map(|answer| answer.expect("available"))
        .map(|report| report.facts.id)
        .collect();
    assert_eq!(given.len(), 5, "every report is given to somebody");
    assert_eq!(given.iter().collect::<HashSet<_>>().len(), 5, "and none to two");
}

pub async fn concurrent_calls_of_one_moderator_lease_one_report(store: &impl Store) {
    submit(store, 0..5).await;
    let moderator = device("mod");
    for answer in join_all((0..6).map(|_| store.next(&moderator, at(10)))).await {
        assert_eq!(answer.expect("available").map(|report| report.facts.id), Some(id(0)));
    }
    assert_eq!(next(store, "other", at(10)).await, Some(id(1)));
}

pub async fn an_expired_lease_goes_on(store: &impl Store) {
    submit(store, [1, 2]).await;
    assert_eq!(next(store, "one", at(10)).await, Some(id(1)));
    let last = at(10).after(LEASE).before(Duration::from_millis(1));
    assert_eq!(next(store, "two", last).await, Some(id(2)), "the lease still holds");
    let over = at(10).after(LEASE);
    assert_eq!(next(store, "three", over).await, Some(id(1)));
    assert_eq!(next(store, "one", over).await, None, "it has gone to another meanwhile");
}

pub async fn a_judged_report_is_not_leased(store: &impl Store) {
    submit(store, [1, 2, 3]).await;
    assert_eq!(next(store, "mod", at(10)).await, Some(id(1)));
    store.judge(verdict(1, Decision::Rejected), at(11)).await.expect("available");
    store.judge(verdict(2, Decision::Accepted), at(11)).await.expect("available");
    assert_eq!(next(store, "mod", at(12)).await, Some(id(3)));
    store.judge(verdict(3, Decision::Accepted), at(13)).await.expect("available");
    assert_eq!(next(store, "mod", at(14)).await, None);
    assert_eq!(next(store, "mod", at(14).after(2 * LEASE)).await, None);
}
