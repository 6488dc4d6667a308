//! Ports for tests: small, watchable, and unavailable on demand.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use video_chat_auth::{BlockList, Decision as Answer, LimitKey, Quota, RateLimiter};
use video_chat_kernel::{Clock, DeviceId, Entropy, SessionId, Timestamp, Unavailable};
use video_chat_reporting::{
    Block, Decision, Finding, Judged, Judgement, NewReport, Page, PageRequest, Report, ReportStore,
    SessionLog, SessionRecord, Stats, Status, Submitted, Verdict,
};
use video_chat_server::http::Live;

/// A switch that makes a port unavailable.
#[derive(Default)]
pub(crate) struct Away(AtomicBool);

impl Away {
    pub(crate) fn set(&self, away: bool) {
        self.0.store(away, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Unavailable> {
        if self.0.load(Ordering::SeqCst) {
            Err(Unavailable::new("test.port", "secret words"))
        } else {
            Ok(())
        }
    }
}

pub(crate) struct TestClock(AtomicU64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicU64::new(1_795_494_131_000))
    }
}

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Different bytes each time, the same in every run.
#[derive(Default)]
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let draw = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        for (place, byte) in (0_u64..).zip(bytes) {
            *byte = (draw.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(u32::try_from(place).unwrap() * 7)
                & 0xFF) as u8;
        }
    }
}

#[derive(Default)]
pub(crate) struct Blocks {
    pub(crate) away: Away,
    blocked: Mutex<HashSet<DeviceId>>,
}

#[async_trait]
impl BlockList for Blocks {
    async fn is_blocked(&self, device: &DeviceId, _now: Timestamp) -> Result<bool, Unavailable> {
        self.away.check()?;
        Ok(self.blocked.lock().unwrap().contains(device))
    }

    async fn block(&self, device: &DeviceId, until: Option<Timestamp>) -> Result<(), Unavailable> {
        self.away.check()?;
        assert_eq!(until, None, "a verdict blocks until lifted");
        self.blocked.lock().unwrap().insert(device.clone());
        Ok(())
    }

    async fn lift(&self, device: &DeviceId) -> Result<(), Unavailable> {
        self.blocked.lock().unwrap().remove(device);
        Ok(())
    }
}

/// Never refills; tells what it counted.
#[derive(Default)]
pub(crate) struct Limiter {
    pub(crate) away: Away,
    pub(crate) taken: Mutex<HashMap<(String, String), u32>>,
}

#[async_trait]
impl RateLimiter for Limiter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        _: Timestamp,
    ) -> Result<Answer, Unavailable> {
        self.away.check()?;
        let mut all = self.taken.lock().unwrap();
        let taken = all.entry((key.limit.to_owned(), key.subject.to_string())).or_default();
        if *taken + cost > quota.burst {
            return Ok(Answer::Refused { retry_after: Duration::from_millis(1_500) });
        }
        *taken += cost;
        Ok(Answer::Allowed)
    }

    async fn give_back(&self, _: &LimitKey, _: Quota, _: u32, _: Timestamp) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct Sessions {
    pub(crate) away: Away,
    pub(crate) records: Mutex<Vec<SessionRecord>>,
}

#[async_trait]
impl SessionLog for Sessions {
    async fn opened(&self, record: SessionRecord) -> Result<(), Unavailable> {
        self.records.lock().unwrap().push(record);
        Ok(())
    }

    async fn ended(&self, session: SessionId, at: Timestamp) -> Result<(), Unavailable> {
        let mut records = self.records.lock().unwrap();
        records
            .iter_mut()
            .filter(|record| record.session == session)
            .for_each(|record| record.ended_at = Some(at));
        Ok(())
    }

    async fn find(&self, session: SessionId, _: Timestamp) -> Result<Option<SessionRecord>, Unavailable> {
        self.away.check()?;
        Ok(self.records.lock().unwrap().iter().find(|record| record.session == session).cloned())
    }
}

#[derive(Default)]
pub(crate) struct Reports {
    pub(crate) away: Away,
    all: Mutex<Vec<Report>>,
}

impl Reports {
    pub(crate) fn stored(&self) -> Vec<Report> {
        self.all.lock().unwrap().clone()
    }
}

#[async_trait]
impl ReportStore for Reports {
    async fn submit(&self, new: NewReport, now: Timestamp) -> Result<Submitted, Unavailable> {
        self.away.check()?;
        let mut all = self.all.lock().unwrap();
        let same = |old: &NewReport| {
            (&old.reporter, old.session, old.reason) == (&new.reporter, new.session, new.reason)
        };
        if let Some(old) = all.iter().find(|old| same(&old.facts)) {
            return Ok(Submitted { id: old.facts.id, fresh: false });
        }
        let id = new.id;
        all.push(Report { facts: new, submitted_at: now, status: Status::Pending, judged: None });
        Ok(Submitted { id, fresh: true })
    }

    async fn page(&self, wanted: &PageRequest) -> Result<Page, Unavailable> {
        self.away.check()?;
        let all = self.all.lock().unwrap();
        let mut left: Vec<Report> = all.iter().rev().cloned().collect();
        if let Some(after) = wanted.after {
            let place = left.iter().position(|report| report.facts.id == after);
            left = place.map_or_else(Vec::new, |place| left.split_off(place + 1));
        }
        left.retain(|report| wanted.status.is_none_or(|status| status == report.status));
        let more = left.len() > wanted.limit as usize;
        left.truncate(wanted.limit as usize);
        let next = left.last().filter(|_| more).map(|report| report.facts.id);
        Ok(Page { reports: left, next })
    }

    async fn next(&self, _: &DeviceId, _: Timestamp) -> Result<Option<Report>, Unavailable> {
        self.away.check()?;
        Ok(self.all.lock().unwrap().iter().find(|report| report.status == Status::Pending).cloned())
    }

    async fn stats(&self) -> Result<Stats, Unavailable> {
        self.away.check()?;
        let all = self.all.lock().unwrap();
        let count = |status| all.iter().filter(|report| report.status == status).count() as u64;
        Ok(Stats {
            total: all.len() as u64,
            pending: count(Status::Pending),
            accepted: count(Status::Accepted),
            rejected: count(Status::Rejected),
            by_reason: all.iter().map(|report| (report.facts.reason, 1)).collect(),
        })
    }

    async fn judge(&self, verdict: Verdict, now: Timestamp) -> Result<Judged, Unavailable> {
        self.away.check()?;
        let mut all = self.all.lock().unwrap();
        let Some(report) = all.iter_mut().find(|report| report.facts.id == verdict.report) else {
            return Ok(Judged::Unknown);
        };
        let (status, block) = match verdict.decision {
            Decision::Accepted => (Status::Accepted, Some(report.facts.reported.clone())),
            Decision::Rejected => (Status::Rejected, None),
        };
        if report.status == status {
            return Ok(Judged::Already { block });
        }
        if report.status != Status::Pending {
            return Ok(Judged::Conflict);
        }
        report.status = status;
        report.judged = Some(Judgement { moderator: verdict.moderator, at: now, note: verdict.note });
        Ok(Judged::Recorded { block })
    }

    async fn blocks(&self, _: Timestamp) -> Result<Vec<Block>, Unavailable> {
        Ok(Vec::new())
    }

    async fn note_finding(&self, _: &Finding, _: Timestamp) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn pseudonym_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], Unavailable> {
        Ok(fresh)
    }

    async fn ping(&self) -> Result<(), Unavailable> {
        self.away.check()
    }
}

/// Writes down what the gateway would do.
#[derive(Default)]
pub(crate) struct LiveSpy {
    pub(crate) draining: AtomicBool,
    pub(crate) blocked: Mutex<Vec<DeviceId>>,
    pub(crate) reported: Mutex<Vec<(DeviceId, DeviceId)>>,
}

impl Live for LiveSpy {
    fn device_blocked(&self, device: &DeviceId) {
        self.blocked.lock().unwrap().push(device.clone());
    }

    fn report_stored(&self, reporter: &DeviceId, reported: &DeviceId) {
        self.reported.lock().unwrap().push((reporter.clone(), reported.clone()));
    }

    fn draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}
