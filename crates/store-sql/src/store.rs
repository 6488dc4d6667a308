use std::time::Duration;

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};
use video_chat_reporting::{
    AuditDraft, AuditEntry, AuditTrail, Block, Finding, Judged, NewReport, Page, PageRequest, Report,
    ReportStore, Stats, Submitted, Verdict,
};

use crate::{
    ConnectError, OutboxRow, audit, connect,
    database::Database,
    moderation, outbox, reports,
    unit::{Fault, Sql},
};

/// No call takes longer: a database that hangs is as good as away.
const LIMIT: Duration = Duration::from_secs(6);

/// Reports, verdicts, blocks and the audit trail in SQLite or PostgreSQL.
///
/// Cheap to clone: clones share the connections.
#[derive(Debug, Clone)]
pub struct SqlStore {
    database: Database,
}

impl SqlStore {
    /// Connects to the database of `url` (`sqlite://…`, made when absent, or `postgres://…`); with `migrate`,
    /// brings its tables up to date first.
    ///
    /// # Errors
    /// [`ConnectError`] when the URL is no such URL, the database does not answer, a migration fails, or without
    /// `migrate` one is due. No text of it holds the URL, which may hold a password.
    pub async fn connect(url: &str, migrate: bool) -> Result<Self, ConnectError> {
        Ok(Self { database: connect::connect(url, migrate).await? })
    }

    /// Brings the tables of the database of `url` up to date, and nothing else.
    ///
    /// # Errors
    /// As [`SqlStore::connect`].
    pub async fn migrate(url: &str) -> Result<(), ConnectError> {
        Self::connect(url, true).await?.close().await;
        Ok(())
    }

    /// Closes all connections once their work is done. Later calls are `Unavailable`.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// At most `limit` rows of the outbox after the row `after`, in order: what other nodes have to hear. Rows
    /// become visible in the order of their ids, so that whoever remembers the last id misses none.
    pub async fn outbox(&self, after: u64, limit: u32) -> Result<Vec<OutboxRow>, Unavailable> {
        bounded("report.outbox", outbox::rows(&self.database, after, limit)).await
    }
}

async fn bounded<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, Fault>> + Send,
) -> Result<T, Unavailable> {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(done) => done.map_err(|fault| Unavailable::new(operation, fault)),
        Err(elapsed) => Err(Unavailable::new(operation, elapsed)),
    }
}

#[async_trait]
impl ReportStore for SqlStore {
    async fn submit(&self, report: NewReport, now: Timestamp) -> Result<Submitted, Unavailable> {
        bounded("report.submit", reports::submit(&self.database, &report, now)).await
    }

    async fn page(&self, request: &PageRequest) -> Result<Page, Unavailable> {
        bounded("report.page", reports::page(&self.database, request)).await
    }

    async fn next(&self, moderator: &DeviceId, now: Timestamp) -> Result<Option<Report>, Unavailable> {
        bounded("report.next", moderation::next(&self.database, moderator, now)).await
    }

    async fn stats(&self) -> Result<Stats, Unavailable> {
        bounded("report.stats", reports::stats(&self.database)).await
    }

    async fn judge(&self, verdict: Verdict, now: Timestamp) -> Result<Judged, Unavailable> {
        bounded("report.judge", moderation::judge(&self.database, &verdict, now)).await
    }

    async fn blocks(&self, now: Timestamp) -> Result<Vec<Block>, Unavailable> {
        bounded("report.blocks", moderation::blocks(&self.database, now)).await
    }

    async fn note_findings(&self, findings: &[(Finding, Timestamp)]) -> Result<(), Unavailable> {
        let drafts = findings.iter().map(|(finding, at)| AuditDraft::finding(finding, *at));
        bounded("report.note_findings", audit::note(&self.database, drafts)).await
    }

    async fn pseudonym_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], Unavailable> {
        bounded("report.pseudonym_key", reports::pseudonym_key(&self.database, fresh)).await
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        let round_trip = async {
            let mut unit = self.database.reading().await?;
            unit.rows(Sql::both("SELECT 1 FROM instance LIMIT 1"), []).await?;
            unit.finish();
            Ok(())
        };
        bounded("report.ping", round_trip).await
    }
}

#[async_trait]
impl AuditTrail for SqlStore {
    async fn entries(&self, after: u64, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        bounded("audit.entries", audit::entries(&self.database, after, limit)).await
    }
}
