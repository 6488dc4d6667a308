//! Watching for patterns of abuse.

use video_chat_kernel::{DeviceId, Timestamp};
use video_chat_reporting::{Finding, Signal};

use super::{Gateway, call::CallCell, lock};

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
        let reports = self.parts.reports.clone();
        tokio::spawn(async move {
            if let Err(error) = reports.note_finding(&finding, now).await {
                tracing::warn!(%error, "an abuse finding is not in the audit trail");
            }
        });
    }
}
