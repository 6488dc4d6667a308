mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};
use video_chat_reporting::{
    AuditDraft, AuditEntry, AuditTrail, Block, Finding, Judged, NewReport, Page, PageRequest, Report,
    ReportStore, Stats, Submitted, Verdict,
};

use state::{Full, State};

/// Reports, verdicts, blocks and the audit trail in this process's memory: for tests and trials. Nothing survives
/// the process.
///
/// Bounded: when it holds its capacity of reports or audit entries, a call that would add one is `Unavailable`.
#[derive(Debug)]
pub struct MemoryReports {
    state: Mutex<State>,
}

impl MemoryReports {
    /// Reports and audit entries held by default, of each.
    pub const DEFAULT_CAPACITY: usize = 100_000;

    /// An empty store of the default capacity.
    pub fn new() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }

    /// An empty store for at most `capacity` reports and as many audit entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { state: Mutex::new(State::new(capacity)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves no half-made change behind worth refusing all later calls for.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReports {
    fn default() -> Self {
        Self::new()
    }
}

fn full(operation: &'static str) -> impl FnOnce(Full) -> Unavailable {
    move |full| Unavailable::new(operation, full)
}

#[async_trait]
impl ReportStore for MemoryReports {
    async fn submit(&self, report: NewReport, now: Timestamp) -> Result<Submitted, Unavailable> {
        self.state().submit(report, now).map_err(full("report.submit"))
    }

    async fn page(&self, request: &PageRequest) -> Result<Page, Unavailable> {
        Ok(self.state().page(request))
    }

    async fn next(&self, moderator: &DeviceId, now: Timestamp) -> Result<Option<Report>, Unavailable> {
        Ok(self.state().next(moderator, now))
    }

    async fn stats(&self) -> Result<Stats, Unavailable> {
        Ok(self.state().stats())
    }

    async fn judge(&self, verdict: Verdict, now: Timestamp) -> Result<Judged, Unavailable> {
        self.state().judge(verdict, now).map_err(full("report.judge"))
    }

    async fn blocks(&self, now: Timestamp) -> Result<Vec<Block>, Unavailable> {
        Ok(self.state().blocks(now))
    }

    async fn note_findings(&self, findings: &[(Finding, Timestamp)]) -> Result<(), Unavailable> {
        let drafts = findings.iter().map(|(finding, at)| AuditDraft::finding(finding, *at));
        self.state().append(drafts).map_err(full("report.note_findings"))
    }

    async fn pseudonym_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], Unavailable> {
        Ok(self.state().pseudonym_key(fresh))
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[async_trait]
impl AuditTrail for MemoryReports {
    async fn entries(&self, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        Ok(self.state().entries(after, limit))
    }
}
