use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp};

use crate::{Decision, Reason, ReportId, Status};

/// A report to be stored, its facts already proven from the session's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// The id it gets when it is the first of its reporter, session and reason.
    pub id: ReportId,
    /// Who reports.
    pub reporter: DeviceId,
    /// Who is reported.
    pub reported: DeviceId,
    /// What the reporter knows the reported as.
    pub reported_alias: PeerAlias,
    /// In which call.
    pub session: SessionId,
    /// Why.
    pub reason: Reason,
    /// The reporter's words: at most 1000 characters, any text.
    pub comment: Option<String>,
}

/// A stored report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was reported.
    pub facts: NewReport,
    /// When.
    pub submitted_at: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// Who judged it, when, with which words.
    pub judged: Option<Judgement>,
}

/// Who judged a report, when, with which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The moderator's subject, in clear.
    pub moderator: DeviceId,
    /// When.
    pub at: Timestamp,
    /// The moderator's words: at most 1000 characters.
    pub note: Option<String>,
}

/// The answer of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Submitted {
    /// The report's id: the first one's when it was there already.
    pub id: ReportId,
    /// Whether it is new.
    pub fresh: bool,
}

/// A verdict on a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which report.
    pub report: ReportId,
    /// Who judges.
    pub moderator: DeviceId,
    /// How.
    pub decision: Decision,
    /// In which words: at most 1000 characters.
    pub note: Option<String>,
}

/// What a verdict came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// Recorded now. `block` names the device to close everywhere when the verdict blocked one.
    Recorded {
        /// The device that is blocked from now on.
        block: Option<DeviceId>,
    },
    /// The same verdict stood already; nothing was counted again. `block` names the device it blocked, as
    /// [`Judged::Recorded`] does: whoever failed to close it everywhere asks again and finishes.
    Already {
        /// The device that verdict blocked; `None` once that block has ended.
        block: Option<DeviceId>,
    },
    /// The opposite verdict stands.
    Conflict,
    /// There is no such report.
    Unknown,
}

/// Which reports to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Only these; all when `None`.
    pub status: Option<Status>,
    /// At most this many: 1 to 100.
    pub limit: u32,
    /// Older than this report: the `next` of the page before.
    pub after: Option<ReportId>,
}

/// One page of reports, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The reports.
    pub reports: Vec<Report>,
    /// Where the next page begins, when there is more.
    pub next: Option<ReportId>,
}

/// Counts over all reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// All.
    pub total: u64,
    /// Not judged yet.
    pub pending: u64,
    /// Upheld.
    pub accepted: u64,
    /// Dismissed.
    pub rejected: u64,
    /// By reason; a reason nobody gave may be absent.
    pub by_reason: Vec<(Reason, u64)>,
}

/// A block in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Who is blocked.
    pub device: DeviceId,
    /// Until when; `None`: until lifted.
    pub until: Option<Timestamp>,
}

/// Who took part in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The call.
    pub session: SessionId,
    /// The two devices and what each is called by the other.
    pub participants: [(DeviceId, PeerAlias); 2],
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
}

/// A pattern of abuse that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The pattern's name: a constant.
    pub pattern: &'static str,
    /// Who shows it.
    pub device: DeviceId,
    /// How strongly, in the pattern's own unit (distinct reporters, sessions, …).
    pub weight: u32,
}
