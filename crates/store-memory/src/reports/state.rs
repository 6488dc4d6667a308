use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use video_chat_kernel::{DeviceId, SessionId, Timestamp};
use video_chat_reporting::{
    AuditDraft, AuditEntry, AuditHead, Block, Decision, Judged, Judgement, LEASE, NewReport, Page,
    PageRequest, Reason, Report, ReportId, Stats, Status, Submitted, Transition, Verdict,
};

/// There is no room for another.
#[derive(Debug, thiserror::Error)]
#[error("the in-memory store is full")]
pub(super) struct Full;

#[derive(Debug)]
struct Lease {
    moderator: DeviceId,
    until: Timestamp,
}

#[derive(Debug)]
struct Row {
    report: Report,
    lease: Option<Lease>,
}

/// By time, then id.
type Place = (Timestamp, ReportId);

#[derive(Debug)]
pub(super) struct State {
    rows: HashMap<ReportId, Row>,
    first_of: HashMap<(DeviceId, SessionId, Reason), ReportId>,
    all: BTreeSet<Place>,
    pending: BTreeSet<Place>,
    blocked: HashMap<DeviceId, Block>,
    audit: Vec<AuditEntry>,
    key: Option<[u8; 32]>,
    capacity: usize,
}

impl State {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            rows: HashMap::new(),
            first_of: HashMap::new(),
            all: BTreeSet::new(),
            pending: BTreeSet::new(),
            blocked: HashMap::new(),
            audit: Vec::new(),
            key: None,
            capacity,
        }
    }

    pub(super) fn submit(&mut self, facts: NewReport, now: Timestamp) -> Result<Submitted, Full> {
        let key = (facts.reporter.clone(), facts.session, facts.reason);
        if let Some(id) = self.first_of.get(&key) {
            return Ok(Submitted { id: *id, fresh: false });
        }
        let id = facts.id;
        if self.rows.len() >= self.capacity || self.rows.contains_key(&id) {
            return Err(Full);
        }
        self.first_of.insert(key, id);
        self.all.insert((now, id));
        self.pending.insert((now, id));
        let report = Report { facts, submitted_at: now, status: Status::Pending, judged: None };
        self.rows.insert(id, Row { report, lease: None });
        Ok(Submitted { id, fresh: true })
    }

    pub(super) fn page(&self, request: &PageRequest) -> Page {
        let none = Page { reports: Vec::new(), next: None };
        let before = match request.after.map(|id| self.rows.get(&id)) {
            None => (Timestamp::from_millis(u64::MAX), ReportId(u128::MAX)),
            Some(Some(row)) => (row.report.submitted_at, row.report.facts.id),
            Some(None) => return none,
        };
        let limit = request.limit.clamp(1, 100) as usize;
        let mut found = self
            .all
            .range(..before)
            .rev()
            .filter_map(|(_, id)| self.rows.get(id))
            .filter(|row| request.status.is_none_or(|status| row.report.status == status))
            .map(|row| row.report.clone());
        let reports: Vec<_> = found.by_ref().take(limit).collect();
        let next = found.next().and_then(|_| reports.last()).map(|last| last.facts.id);
        Page { reports, next }
    }

    pub(super) fn next(&mut self, moderator: &DeviceId, now: Timestamp) -> Option<Report> {
        let rank = |row: &Row| match &row.lease {
            Some(lease) if lease.until <= now => Some(0),
            Some(lease) if lease.moderator == *moderator => Some(1),
            Some(_) => None,
            None => Some(0),
        };
        // The moderator's own report before any other, then the oldest.
        let (_, _, id) = self
            .pending
            .iter()
            .filter_map(|(at, id)| Some((rank(self.rows.get(id)?)?, Reverse((*at, *id)), *id)))
            .max()?;
        let row = self.rows.get_mut(&id)?;
        row.lease = Some(Lease { moderator: moderator.clone(), until: now.after(LEASE) });
        Some(row.report.clone())
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        let mut by_reason = BTreeMap::new();
        for row in self.rows.values() {
            stats.total += 1;
            *by_reason.entry(row.report.facts.reason).or_insert(0) += 1;
            match row.report.status {
                Status::Pending => stats.pending += 1,
                Status::Accepted => stats.accepted += 1,
                Status::Rejected => stats.rejected += 1,
            }
        }
        stats.by_reason = by_reason.into_iter().collect();
        stats
    }

    pub(super) fn judge(&mut self, verdict: Verdict, now: Timestamp) -> Result<Judged, Full> {
        let Some(row) = self.rows.get(&verdict.report) else { return Ok(Judged::Unknown) };
        let block = (verdict.decision == Decision::Accepted).then(|| row.report.facts.reported.clone());
        let status = match row.report.status.judge(verdict.decision) {
            Transition::Becomes(status) => status,
            Transition::Already => {
                let block = block.filter(|device| self.is_blocked(device, now));
                return Ok(Judged::Already { block });
            }
            Transition::Conflict => return Ok(Judged::Conflict),
        };
        let place = (row.report.submitted_at, verdict.report);
        let drafts = [
            Some(AuditDraft::verdict(&verdict, now)),
            block.as_ref().map(|device| AuditDraft::block(device, &verdict, now)),
        ];
        self.append(drafts.into_iter().flatten())?;
        if let Some(device) = block.clone() {
            self.blocked.insert(device.clone(), Block { device, until: None });
        }
        self.pending.remove(&place);
        if let Some(row) = self.rows.get_mut(&verdict.report) {
            row.lease = None;
            row.report.status = status;
            row.report.judged = Some(Judgement { moderator: verdict.moderator, at: now, note: verdict.note });
        }
        Ok(Judged::Recorded { block })
    }

    pub(super) fn blocks(&self, now: Timestamp) -> Vec<Block> {
        self.blocked.values().filter(|block| in_force(block, now)).cloned().collect()
    }

    fn is_blocked(&self, device: &DeviceId, now: Timestamp) -> bool {
        self.blocked.get(device).is_some_and(|block| in_force(block, now))
    }

    /// Appends all or none.
    pub(super) fn append(&mut self, drafts: impl IntoIterator<Item = AuditDraft>) -> Result<(), Full> {
        let drafts: Vec<_> = drafts.into_iter().collect();
        if self.audit.len() + drafts.len() > self.capacity {
            return Err(Full);
        }
        for draft in drafts {
            let head = self.audit.last().map_or(AuditHead::EMPTY, AuditEntry::head);
            self.audit.push(head.append(draft));
        }
        Ok(())
    }

    pub(super) fn entries(&self, after: u64, limit: u32) -> Vec<AuditEntry> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.audit.iter().skip(after).take(limit as usize).cloned().collect()
    }

    pub(super) fn pseudonym_key(&mut self, fresh: [u8; 32]) -> [u8; 32] {
        *self.key.get_or_insert(fresh)
    }
}

fn in_force(block: &Block, now: Timestamp) -> bool {
    block.until.is_none_or(|until| until > now)
}
