use std::collections::HashSet;

use video_chat_reporting::{Decision, Page, PageRequest, ReportId, Status};

use super::{
    Store,
    fixtures::{at, everything, ids, ids_of, list, report, submit, verdict},
};

pub async fn a_page_lists_the_newest_first(store: &impl Store) {
    submit(store, [3, 1, 2]).await;
    // Of one instant: the greater id is the newer.
    for number in [11, 12] {
        store.submit(report(number), at(9)).await.expect("available");
    }
    let page = store.page(&everything()).await.expect("available");
    assert_eq!(ids(&page.reports), ids_of([12, 11, 3, 2, 1]));
    assert_eq!(page.next, None);
}

pub async fn pages_together_list_every_report_once(store: &impl Store) {
    for number in 0..23 {
        // Many of one instant, so that a page ends between two of them.
        store.submit(report(number), at(u64::from(number / 10))).await.expect("available");
    }
    for limit in [1, 4, 22, 23, 24] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.page(&PageRequest { limit, after, ..everything() }).await.expect("available");
            assert!(!page.reports.is_empty() && page.reports.len() <= limit as usize);
            seen.extend(ids(&page.reports));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert_eq!(page.reports.len(), limit as usize, "only the last page is short");
        }
        assert_eq!(seen, ids_of((0..23).rev()), "with {limit} a page");
    }
}

pub async fn a_page_lists_one_status(store: &impl Store) {
    submit(store, 0..9).await;
    for (number, decision) in [(1, Decision::Accepted), (4, Decision::Rejected), (5, Decision::Accepted)] {
        store.judge(verdict(number, decision), at(100)).await.expect("available");
    }
    assert_eq!(ids(&list(store, Some(Status::Accepted)).await), ids_of([5, 1]));
    assert_eq!(ids(&list(store, Some(Status::Rejected)).await), ids_of([4]));
    let request = PageRequest { status: Some(Status::Pending), limit: 4, after: None };
    let first = store.page(&request).await.expect("available");
    assert_eq!(ids(&first.reports), ids_of([8, 7, 6, 3]));
    let rest = store.page(&PageRequest { after: first.next, ..request }).await.expect("available");
    assert_eq!(ids(&rest.reports), ids_of([2, 0]));
    assert_eq!(rest.next, None);
}

pub async fn a_new_report_does_not_shift_the_pages(store: &impl Store) {
    submit(store, 0..4).await;
    let request = PageRequest { limit: 2, ..everything() };
    let first = store.page(&request).await.expect("available");
    submit(store, 4..9).await;
    let second = store.page(&PageRequest { after: first.next, ..request }).await.expect("available");
    assert_eq!(ids(&second.reports), ids_of([1, 0]));
    let distinct: HashSet<ReportId> = ids(&first.reports).into_iter().chain(ids(&second.reports)).collect();
    assert_eq!(distinct.len(), 4);
}

pub async fn a_cursor_outlives_a_change_of_status(store: &impl Store) {
    submit(store, 0..4).await;
    let request = PageRequest { status: Some(Status::Pending), limit: 2, after: None };
    let first = store.page(&request).await.expect("available");
    store.judge(verdict(2, Decision::Rejected), at(50)).await.expect("available");
    let second = store.page(&PageRequest { after: first.next, ..request }).await.expect("available");
    assert_eq!(ids(&second.reports), ids_of([1, 0]));
}

pub async fn an_unknown_cursor_gives_an_empty_page(store: &impl Store) {
    submit(store, [1, 2]).await;
    let request = PageRequest { after: Some(ReportId(u128::MAX)), ..everything() };
    let page = store.page(&request).await.expect("available");
    assert_eq!(page, Page { reports: Vec::new(), next: None });
}
