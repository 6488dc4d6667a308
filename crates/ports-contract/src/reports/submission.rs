use futures_util::future::join_all;
use video_chat_kernel::{DeviceId, SessionId};
use video_chat_reporting::{NewReport, Reason, Report, ReportId, Status, Submitted};

use super::{
    Store,
    fixtures::{at, device, list, report, submit},
};

pub async fn a_report_is_kept_as_submitted(store: &impl Store) {
    let comments = [
        None,
        Some(String::new()),
        Some("plain \\ 'quoted' \"text\" \\0 %s {} \r\n\t".to_owned()),
        Some("a NUL \0 in the middle, a backslash \\ and both \\\0 at the end \0\\".to_owned()),
        Some("👩‍👩‍👧 \u{202e}right to left\u{202c} e\u{301} \u{10ffff}".to_owned()),
        Some("𝕏".repeat(1_000)),
    ];
    let odd = "\u{2028}'; DROP TABLE reports; -- \\ 👾";
    for (number, comment) in (0..).zip(comments) {
        let number: u32 = number;
        let facts = NewReport {
            reporter: device(odd),
            reported: DeviceId::parse(&"ж".repeat(128)).expect("a valid id"),
            reason: Reason::ALL.get(number as usize).copied().unwrap_or(Reason::Other),
            comment,
            ..report(number)
        };
        let submitted = store.submit(facts.clone(), at(number.into())).await.expect("available");
        assert_eq!(submitted, Submitted { id: facts.id, fresh: true });
        let newest = list(store, None).await.into_iter().next();
        let expected =
            Report { facts, submitted_at: at(number.into()), status: Status::Pending, judged: None };
        assert_eq!(newest, Some(expected));
    }
}

pub async fn the_first_report_of_a_reporter_session_and_reason_stands(store: &impl Store) {
    submit(store, [1]).await;
    let again = NewReport { id: ReportId(99), comment: Some("again".into()), ..report(1) };
    let submitted = store.submit(again, at(50)).await.expect("available");
    assert_eq!(submitted, Submitted { id: report(1).id, fresh: false });
    let listed = list(store, None).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed.first().map(|first| (&first.facts, first.submitted_at)), Some((&report(1), at(1))));
}

pub async fn another_reporter_session_or_reason_is_another_report(store: &impl Store) {
    submit(store, [1]).await;
    let others = [
        NewReport { id: ReportId(11), reporter: device("Reporter"), ..report(1) },
        NewReport { id: ReportId(12), session: SessionId::from_bytes([0xff; 16]), ..report(1) },
        NewReport { id: ReportId(13), reason: Reason::Nudity, ..report(1) },
    ];
    for other in others {
        let id = other.id;
        assert_eq!(store.submit(other, at(2)).await.expect("available"), Submitted { id, fresh: true });
    }
    assert_eq!(list(store, None).await.len(), 4);
}

pub async fn concurrent_submissions_of_one_report_make_one(store: &impl Store) {
    let submissions = (0..8).map(|id| store.submit(NewReport { id: ReportId(id), ..report(1) }, at(1)));
    let answers: Vec<_> =
        join_all(submissions).await.into_iter().map(|answer| answer.expect("available")).collect();
    assert_eq!(answers.iter().filter(|answer| answer.fresh).count(), 1);
    let listed = list(store, None).await;
    assert_eq!(listed.len(), 1);
    for answer in &answers {
        assert_eq!(listed.first().map(|report| report.facts.id), Some(answer.id));
    }
}
