//! Watching for patterns of abuse.

use std::{sync::Mutex, time::Duration};

use tokio::{sync::Notify, time::sleep};
use video_chat_kernel::{DeviceId, Timestamp};
use video_chat_reporting::{Finding, Signal};

use super::{Gateway, call::CallCell, lock};

/// The most findings that wait to be written, and that are written together.
const MAX_WAITING: usize = 10_000;
const BATCH: usize = 500;
/// How often a store that does not take findings is tried, and after which pause.
const ATTEMPTS: usize = 5;
const RETRY: Duration = Duration::from_secs(2);

/// Findings on their way to the audit trail.
#[derive(Default)]
pub(super) struct Findings {
    waiting: Mutex<Vec<(Finding, Timestamp)>>,
    added: Notify,
}

impl Findings {
    /// False: too many wait.
    fn push(&self, finding: Finding, now: Timestamp) -> bool {
        let mut waiting = lock(&self.waiting);
        let fits = waiting.len() < MAX_WAITING;
        if fits {
            waiting.push((finding, now));
            self.added.notify_one();
        }
        fits
    }

    /// Waits for some.
    async fn next(&self) -> Vec<(Finding, Timestamp)> {
        loop {
            {
                let mut waiting = lock(&self.waiting);
                if !waiting.is_empty() {
                    let count = waiting.len().min(BATCH);
                    return waiting.drain(..count).collect();
                }
            }
            self.added.notified().await;
        }
    }
}

impl Gateway {
    /// A chat message was relayed; `text` is its raw JSON literal, as good as the text for telling repetition.
    pub(super) fn watch_chat(&self, sender: &DeviceId, call: &CallCell, text: &str, now: Timestamp) {
        self.watch(Signal::Chat { sender, session: call.id, text }, now);
    }

    /// A device ended its call.
    pub(super) fn watch_end(&self, device: &DeviceId, call: &CallCell) {
        let now = self.now();
        self.watch(Signal::Left { device, lasted: now.since(call.matched_at) }, now);
    }

    /// A fresh report was stored.
    pub fn watch_report(&self, reporter: &DeviceId, reported: &DeviceId) {
        self.watch(Signal::Reported { reporter, reported }, self.now());
    }

    fn watch(&self, signal: Signal<'_>, now: Timestamp) {
        let Some(detector) = &self.parts.abuse else { return };
        let finding = lock(detector).observe(signal, now);
        if let Some(finding) = finding {
            self.record_finding(finding, now);
        }
    }

    /// Writes a finding to the log and, beside the way of the event that completed it, to the audit trail.
    fn record_finding(&self, finding: Finding, now: Timestamp) {
        let device = self.parts.pseudonyms.device(&finding.device);
        tracing::warn!(pattern = finding.pattern, weight = finding.weight, device, "a pattern of abuse");
        if !self.findings.push(finding, now) {
            tracing::warn!("an abuse finding is not in the audit trail: too many wait");
        }
    }

    /// Runs until dropped: writes findings to the audit trail, those that came meanwhile together.
    pub(super) async fn write_findings(&self) {
        loop {
            let findings = self.findings.next().await;
            for attempt in 1..=ATTEMPTS {
                match self.parts.reports.note_findings(&findings).await {
                    Ok(()) => break,
                    Err(error) => {
                        let lost = attempt == ATTEMPTS;
                        tracing::warn!(%error, count = findings.len(), lost, "abuse findings are not in the audit trail");
                    }
                }
                sleep(RETRY).await;
            }
        }
    }
}
