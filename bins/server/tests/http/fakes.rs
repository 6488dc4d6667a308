//! Ports for tests: the in-memory adapters or less, watchable, and unavailable on demand.

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
    Block, Finding, Judged, NewReport, Page, PageRequest, Report, ReportStore, SessionLog, SessionRecord,
    Stats, Submitted, Verdict,
};
use video_chat_server::http::Live;
use video_chat_store_memory::{MemoryReports, MemorySessions};

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

/// The in-memory session log, behind a switch.
#[derive(Default)]
pub(crate) struct Sessions {
    pub(crate) away: Away,
    inner: MemorySessions,
}

#[async_trait]
impl SessionLog for Sessions {
    async fn opened(&self, record: SessionRecord) -> Result<(), Unavailable> {
        self.inner.opened(record).await
    }

    async fn ended(&self, session: SessionId, at: Timestamp) -> Result<(), Unavailable> {
        self.inner.ended(session, at).await
    }

    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<SessionRecord>, Unavailable> {
        self.away.check()?;
        self.inner.find(session, now).await
    }
}

/// The in-memory reports, behind a switch and a gate.
#[derive(Default)]
pub(crate) struct Reports {
    pub(crate) away: Away,
    /// While locked, a verdict is stored but not yet answered.
    pub(crate) gate: tokio::sync::Mutex<()>,
    inner: MemoryReports,
}

impl Reports {
    /// All of them, oldest first.
    pub(crate) async fn stored(&self) -> Vec<Report> {
        let all = PageRequest { status: None, limit: 100, after: None };
        let mut reports = self.inner.page(&all).await.unwrap().reports;
        reports.reverse();
        reports
    }
}

#[async_trait]
impl ReportStore for Reports {
    async fn submit(&self, report: NewReport, now: Timestamp) -> Result<Submitted, Unavailable> {
        self.away.check()?;
        self.inner.submit(report, now).await
    }

    async fn page(&self, request: &PageRequest) -> Result<Page, Unavailable> {
        self.away.check()?;
        self.inner.page(request).await
    }

    async fn next(&self, moderator: &DeviceId, now: Timestamp) -> Result<Option<Report>, Unavailable> {
        self.away.check()?;
        self.inner.next(moderator, now).await
    }

    async fn stats(&self) -> Result<Stats, Unavailable> {
        self.away.check()?;
        self.inner.stats().await
    }

    async fn judge(&self, verdict: Verdict, now: Timestamp) -> Result<Judged, Unavailable> {
        self.away.check()?;
        let judged = self.inner.judge(verdict, now).await;
        let _open = self.gate.lock().await;
        judged
    }

    async fn blocks(&self, now: Timestamp) -> Result<Vec<Block>, Unavailable> {
        self.inner.blocks(now).await
    }

    async fn note_findings(&self, findings: &[(Finding, Timestamp)]) -> Result<(), Unavailable> {
        self.inner.note_findings(findings).await
    }

    async fn pseudonym_key(&self, fresh: [u8; 32]) -> Result<[u8; 32], Unavailable> {
        self.inner.pseudonym_key(fresh).await
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

#[async_trait]
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

    async fn measure(&self) {}
}
