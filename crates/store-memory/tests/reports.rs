//! The in-memory report store obeys the laws of its ports, and keeps to its bounds.

use std::future::{Ready, ready};

use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
use video_chat_reporting::{Finding, NewReport, Reason, ReportId, ReportStore};
use video_chat_store_memory::MemoryReports;

fn build() -> Ready<(MemoryReports, ())> {
    ready((MemoryReports::new(), ()))
}

video_chat_ports_contract::report_store_laws!(build);

#[tokio::test]
async fn a_full_store_refuses_and_keeps_what_it_has() {
    let store = MemoryReports::with_capacity(2);
    let device = |name| DeviceId::parse(name).unwrap();
    let report = |number: u8| NewReport {
        id: ReportId(number.into()),
        reporter: device("ann"),
        reported: device("bob"),
        reported_alias: PeerAlias::from_bytes([1; 16]),
        session: SessionId::from_bytes([number; 16]),
        reason: Reason::Spam,
        comment: None,
    };
    let now = Timestamp::from_secs(1);
    for number in [1, 2] {
        assert!(store.submit(report(number), now).await.unwrap().fresh);
    }
    assert_eq!(store.submit(report(3), now).await.unwrap_err().operation, "report.submit");
    assert!(!store.submit(report(2), now).await.unwrap().fresh);

    let found = [(Finding { pattern: "chat_spam", device: device("bob"), weight: 1 }, now)];
    for _ in 0..2 {
        store.note_findings(&found).await.unwrap();
    }
    assert!(store.note_findings(&found).await.is_err());
    assert_eq!(store.stats().await.unwrap().total, 2);
}
