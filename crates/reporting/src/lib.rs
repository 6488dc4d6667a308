//! Abuse reports, verdicts, blocks, the audit trail and abuse patterns.

mod port;
mod report;

pub use port::{ReportStore, SessionLog};
pub use report::{
    Block, Decision, Finding, Judged, Judgement, NewReport, Page, PageRequest, Reason, Report, ReportId,
    SessionRecord, Stats, Status, Submitted, Verdict,
};
