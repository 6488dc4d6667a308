use std::collections::BTreeMap;

use futures_util::future::join;
use video_chat_reporting::{
    Block, Decision, Judged, Judgement, NewReport, Reason, ReportId, Stats, Status, Verdict,
};

use super::{
    Store,
    fixtures::{at, blocked, device, list, report, submit, verdict},
};

pub async fn judging_an_unknown_report_says_so(store: &impl Store) {
    let answer = store.judge(verdict(1, Decision::Accepted), at(1)).await.expect("available");
    assert_eq!(answer, Judged::Unknown);
    assert_eq!(blocked(store).await, []);
}

pub async fn an_accepted_report_blocks_the_device(store: &impl Store) {
    submit(store, [1, 2]).await;
    let note = Some("clear \0 case \\".to_owned());
    let verdict = Verdict { note: note.clone(), ..verdict(1, Decision::Accepted) };
    let judged = store.judge(verdict, at(10)).await.expect("available");
    assert_eq!(judged, Judged::Recorded { block: Some(report(1).reported) });
    let blocks = store.blocks(at(11)).await.expect("available");
    assert_eq!(blocks, [Block { device: report(1).reported, until: None }]);
    let accepted = list(store, Some(Status::Accepted)).await;
    let judgement = Judgement { moderator: device("moderator"), at: at(10), note };
    assert_eq!(accepted.first().and_then(|report| report.judged.clone()), Some(judgement));
    assert_eq!(accepted.first().map(|first| &first.facts), Some(&report(1)));
    assert_eq!(list(store, Some(Status::Pending)).await.len(), 1);
}

pub async fn a_rejected_report_blocks_nobody(store: &impl Store) {
    submit(store, [1]).await;
    let judged = store.judge(verdict(1, Decision::Rejected), at(10)).await.expect("available");
    assert_eq!(judged, Judged::Recorded { block: None });
    assert_eq!(blocked(store).await, []);
    let listed = list(store, Some(Status::Rejected)).await;
    assert_eq!(
        listed.first().and_then(|report| report.judged.as_ref()).map(|judged| judged.at),
        Some(at(10))
    );
}

pub async fn the_same_verdict_again_changes_nothing(store: &impl Store) {
    submit(store, [1, 2]).await;
    for (number, decision) in [(1, Decision::Accepted), (2, Decision::Rejected)] {
        store.judge(verdict(number, decision), at(10)).await.expect("available");
        let (before, audit) = (list(store, None).await, store.verify().await.expect("available"));
        let again =
            Verdict { moderator: device("another"), note: Some("later".into()), ..verdict(number, decision) };
        // Whoever judged first may have died before telling the nodes: the block is named again.
        let block = (decision == Decision::Accepted).then(|| report(number).reported);
        assert_eq!(store.judge(again, at(20)).await.expect("available"), Judged::Already { block });
        assert_eq!(list(store, None).await, before);
        assert_eq!(store.verify().await.expect("available"), audit);
    }
    assert_eq!(blocked(store).await, [report(1).reported]);
}

pub async fn the_opposite_verdict_is_a_conflict(store: &impl Store) {
    submit(store, [1, 2]).await;
    for (number, decision, opposite) in
        [(1, Decision::Accepted, Decision::Rejected), (2, Decision::Rejected, Decision::Accepted)]
    {
        store.judge(verdict(number, decision), at(10)).await.expect("available");
        let before = list(store, None).await;
        let answer = store.judge(verdict(number, opposite), at(20)).await.expect("available");
        assert_eq!(answer, Judged::Conflict);
        assert_eq!(list(store, None).await, before);
    }
    assert_eq!(blocked(store).await, [report(1).reported]);
}

pub async fn concurrent_opposite_verdicts_leave_one(store: &impl Store) {
    submit(store, 0..6).await;
    for number in 0..6 {
        let (accepted, rejected) = join(
            store.judge(verdict(number, Decision::Accepted), at(10)),
            store.judge(verdict(number, Decision::Rejected), at(10)),
        )
        .await;
        let (accepted, rejected) = (accepted.expect("available"), rejected.expect("available"));
        let recorded = |judged: &Judged| matches!(judged, Judged::Recorded { .. });
        assert!(recorded(&accepted) != recorded(&rejected), "one stands: {accepted:?}, {rejected:?}");
        assert!(accepted == Judged::Conflict || rejected == Judged::Conflict, "the other is told");
        let is_blocked = blocked(store).await.contains(&report(number).reported);
        assert_eq!(is_blocked, recorded(&accepted));
    }
}

pub async fn a_device_is_blocked_once(store: &impl Store) {
    for number in [1, 2] {
        let facts = NewReport { reported: device("troll"), ..report(number) };
        store.submit(facts, at(number.into())).await.expect("available");
    }
    for number in [1, 2] {
        let judged = store.judge(verdict(number, Decision::Accepted), at(10)).await.expect("available");
        assert_eq!(judged, Judged::Recorded { block: Some(device("troll")) });
    }
    assert_eq!(blocked(store).await, [device("troll")]);
}

pub async fn a_report_leased_to_another_can_be_judged(store: &impl Store) {
    submit(store, [1]).await;
    store.next(&device("somebody else"), at(5)).await.expect("available").expect("one is pending");
    let judged = store.judge(verdict(1, Decision::Rejected), at(6)).await.expect("available");
    assert_eq!(judged, Judged::Recorded { block: None });
}

pub async fn stats_count_reports_by_status_and_reason(store: &impl Store) {
    let stats = store.stats().await.expect("available");
    assert_eq!((stats.total, stats.pending, stats.accepted, stats.rejected), (0, 0, 0, 0));
    for (number, reason) in (0..).zip([Reason::Spam, Reason::Spam, Reason::Nudity, Reason::Other]) {
        store.submit(NewReport { reason, ..report(number) }, at(1)).await.expect("available");
    }
    // A duplicate counts for nothing.
    store.submit(NewReport { id: ReportId(1), ..report(0) }, at(1)).await.expect("available");
    for (number, decision) in [(0, Decision::Accepted), (1, Decision::Rejected), (0, Decision::Accepted)] {
        store.judge(verdict(number, decision), at(2)).await.expect("available");
    }
    let Stats { total, pending, accepted, rejected, by_reason } = store.stats().await.expect("available");
    assert_eq!((total, pending, accepted, rejected), (4, 2, 1, 1));
    let mut counts: BTreeMap<Reason, u64> = by_reason.iter().copied().collect();
    assert_eq!(counts.len(), by_reason.len(), "each reason once");
    counts.retain(|_, count| *count > 0);
    assert_eq!(counts, [(Reason::Spam, 2), (Reason::Nudity, 1), (Reason::Other, 1)].into());
}
