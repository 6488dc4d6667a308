//! What only the passing of time, or a look, brings about.

use std::{sync::Arc, time::Duration};

use super::Gateway;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Every so many ticks the pool is asked who may meet now: well within the 500 ms it wants.
const TICKS_A_MATCH: u32 = 2;

impl Gateway {
    /// All that happens by itself, until dropped.
    pub async fn live(self: Arc<Self>) {
        tokio::join!(Arc::clone(&self).tick(), Arc::clone(&self).listen(), Arc::clone(&self).beat());
    }

    /// Runs until dropped: ends held calls, pairs last partners who have waited long enough.
    async fn tick(self: Arc<Self>) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut ticks = 0_u32;
        loop {
            interval.tick().await;
            ticks = ticks.wrapping_add(1);
            self.expire_holds().await;
            if ticks.is_multiple_of(TICKS_A_MATCH) {
                self.match_due().await;
            }
        }
    }

    async fn match_due(&self) {
        match self.parts.pool.due(self.now()).await {
            Ok(pairings) => {
                for pairing in pairings {
                    self.introduce(pairing).await;
                }
            }
            Err(error) => tracing::debug!(%error, "the pool does not answer"),
        }
    }

    /// Measures the queue for the metric.
    pub async fn measure_queue(&self) {
        if let Ok(waiting) = self.parts.pool.waiting().await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; queues are far below 2^52")]
            self.parts.metrics.queue_length.set(waiting as f64);
        }
    }
}
