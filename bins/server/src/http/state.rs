use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use ipnet::IpNet;
use video_chat_auth::{BlockList, Quota, RateLimiter, Tokens};
use video_chat_kernel::{Clock, DeviceId, Entropy, Timestamp};
use video_chat_reporting::{Pseudonyms, ReportId, ReportStore, SessionLog};
use video_chat_turn::Turn;

use super::Readiness;
use crate::{
    settings::{Cors, Settings},
    telemetry::Metrics,
};

/// What the handlers need: one for the whole process.
#[expect(missing_docs, reason = "the types say what each is")]
pub struct State {
    pub reports: Arc<dyn ReportStore>,
    pub sessions: Arc<dyn SessionLog>,
    pub blocks: Arc<dyn BlockList>,
    pub limiter: Arc<dyn RateLimiter>,
    pub tokens: Arc<Tokens>,
    pub turn: Arc<Turn>,
    pub pseudonyms: Arc<Pseudonyms>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub metrics: Arc<Metrics>,
    pub live: Arc<dyn Live>,
    pub readiness: Readiness,
    pub policy: Policy,
    /// The report made last, so that the next one comes after it.
    pub last_report: Mutex<ReportId>,
    /// When the process began to serve.
    pub started_at: Timestamp,
}

impl State {
    /// The id of a report made at `now`: after all that were made here before.
    pub(super) fn next_report(&self, now: Timestamp) -> ReportId {
        let mut last = self.last_report.lock().unwrap_or_else(PoisonError::into_inner);
        *last = ReportId::new(now, &*self.entropy).after(*last);
        *last
    }
}

/// What the operator decided about HTTP.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How long issued tokens are good.
    pub token_lifetime: Duration,
    /// The same as it was configured: what clients are told as `expiresIn`.
    pub token_lifetime_text: String,
    /// Which web pages may read our answers.
    pub cors: Cors,
    /// The proxies whose `X-Forwarded-*` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests an address, and a device, may make; `None`: any number.
    pub requests: Option<Quota>,
    /// Whether the demo page is served.
    pub demo: bool,
}

impl Policy {
    /// What `settings` say about HTTP.
    pub fn of(settings: &Settings) -> Self {
        Self {
            token_lifetime: settings.jwt.expiration,
            token_lifetime_text: settings.jwt.expires_in.clone(),
            cors: settings.cors.clone(),
            trusted_proxies: settings.limits.trusted_proxies.clone(),
            requests: settings.limits.requests,
            demo: settings.server.demo,
        }
    }
}

/// What HTTP asks of, and tells, the gateway's live connections.
#[async_trait]
pub trait Live: Send + Sync {
    /// `device` was blocked, durably and in the block list: close what it has open, here and on every node.
    fn device_blocked(&self, device: &DeviceId);

    /// A report of `reported` by `reporter` was stored, the first of its session and reason: somebody may see a
    /// pattern in it.
    fn report_stored(&self, reporter: &DeviceId, reported: &DeviceId);

    /// Whether the server drains: it serves who is there and wants nobody new.
    fn draining(&self) -> bool;

    /// Sets the gauges that are measured only when somebody looks.
    async fn measure(&self);
}
