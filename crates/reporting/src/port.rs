use async_trait::async_trait;
use video_chat_kernel::{DeviceId, SessionId, Timestamp, Unavailable};

use crate::{
    AuditEntry, AuditHead, Block, BrokenAudit, Finding, Judged, NewReport, Page, PageRequest, Report,
    SessionRecord, Stats, Submitted, Verdict,
};

/// Durable reports, verdicts, blocks and the audit trail.
///
/// What is answered `Ok` survives a kill of any process. A verdict, its block, its audit entry and its outbox row are
/// written in one transaction, or none is.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores a report, or finds the one of the same reporter, session and reason.
    async fn submit(&self, report: NewReport, now: Timestamp) -> Result<Submitted, Unavailable>;

    /// One page, newest first (by time, then id). An unknown cursor gives an empty page.
    async fn page(&self, request: &PageRequest) -> Result<Page, Unavailable>;

    /// Leases the oldest pending report to `moderator` for five minutes; asked again meanwhile, the same one (its
    /// lease renewed). A report leased to somebody else is passed over. `None`: nothing is pending.
    async fn next(&self, moderator: &DeviceId, now: Timestamp) -> Result<Option<Report>, Unavailable>;

    /// Counts over all reports.
    async fn stats(&self) -> Result<Stats, Unavailable>;

    /// Judges a pending report; accepted, it blocks the reported device.
    async fn judge(&self, verdict: Verdict, now: Timestamp) -> Result<Judged, Unavailable>;

    /// Every block in force at `now`.
    async fn blocks(&self, now: Timestamp) -> Result<Vec<Block>, Unavailable>;

    /// Writes abuse findings to the audit trail, each with the time it was made: all of them or none.
    async fn note_findings(&self, findings: &[(Finding, Timestamp)]) -> Result<(), Unavailable>;

    /// 32 random bytes made once per store and kept: the key of stable pseudonyms. `fresh` is stored when there is
    /// none yet; the stored one is answered.
    async fn pseudonym_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], Unavailable>;

    /// Whether the store answers (a round trip).
    async fn ping(&self) -> Result<(), Unavailable>;
}

/// The audit trail, for whoever checks or shows it. [`ReportStore`] writes it.
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// At most `limit` entries that follow the `after`th, in order; no more when there are fewer than `limit`.
    async fn entries(&self, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Unavailable>;

    /// Checks the whole trail; answers where it ends, or where it is broken.
    async fn verify(&self) -> Result<Result<AuditHead, BrokenAudit>, Unavailable> {
        const BATCH: u32 = 500;
        let mut head = AuditHead::EMPTY;
        loop {
            let entries = self.entries(head.seq, BATCH).await?;
            match head.accept_all(&entries) {
                Ok(end) if entries.is_empty() => return Ok(Ok(end)),
                Ok(end) => head = end,
                Err(broken) => return Ok(Err(broken)),
            }
        }
    }
}

/// Who took part in which call, kept during the call and 24 h after its end: the proof a report needs.
#[async_trait]
pub trait SessionLog: Send + Sync {
    /// Notes a call that begins.
    async fn opened(&self, record: SessionRecord) -> Result<(), Unavailable>;

    /// Notes that it ended. Not an error when it is unknown.
    async fn ended(&self, session: SessionId, at: Timestamp) -> Result<(), Unavailable>;

    /// The call, unless it is unknown or ended more than 24 h before `now`.
    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<SessionRecord>, Unavailable>;
}
