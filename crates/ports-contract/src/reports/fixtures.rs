use std::time::Duration;

use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};
use video_chat_reporting::{
    Decision, NewReport, PageRequest, Reason, Report, ReportId, ReportStore, Status, Verdict,
};

pub(super) fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a valid id")
}

/// A millisecond of the tests' day.
pub(super) fn at(millis: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000).after(Duration::from_millis(millis))
}

/// A report that differs from those of other numbers in id, session and reported device.
pub(super) fn report(number: u32) -> NewReport {
    NewReport {
        id: ReportId(0x0189_0a5d_ac96_774b_bcce_0000_0000_0000 + u128::from(number)),
        reporter: device("reporter"),
        reported: device(&format!("reported {number}")),
        reported_alias: PeerAlias::from_bytes([7; 16]),
        session: SessionId::from_bytes(u128::from(number).to_be_bytes()),
        reason: Reason::Spam,
        comment: None,
    }
}

/// Submits the reports of these numbers, a millisecond apart.
pub(super) async fn submit(store: &impl ReportStore, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        let submitted = store.submit(report(number), at(number.into())).await.expect("available");
        assert!(submitted.fresh, "report {number} is new");
    }
}

pub(super) fn verdict(number: u32, decision: Decision) -> Verdict {
    Verdict { report: report(number).id, moderator: device("moderator"), decision, note: None }
}

pub(super) fn everything() -> PageRequest {
    PageRequest { status: None, limit: 100, after: None }
}

pub(super) async fn list(store: &impl ReportStore, status: Option<Status>) -> Vec<Report> {
    store.page(&PageRequest { status, ..everything() }).await.expect("available").reports
}

pub(super) fn ids(reports: &[Report]) -> Vec<ReportId> {
    reports.iter().map(|report| report.facts.id).collect()
}

pub(super) fn ids_of(numbers: impl IntoIterator<Item = u32>) -> Vec<ReportId> {
    numbers.into_iter().map(|number| report(number).id).collect()
}

pub(super) async fn blocked(store: &impl ReportStore) -> Vec<DeviceId> {
    let mut devices: Vec<_> =
        store.blocks(at(100_000)).await.expect("available").into_iter().map(|block| block.device).collect();
    devices.sort();
    devices
}
