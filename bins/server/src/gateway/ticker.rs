//! What only the passing of time, or a look, brings about.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Gateway;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often the pool is asked who may meet now: well within the 500 ms it wants.
const MATCH_TICK: Duration = Duration::from_millis(200);

impl Gateway {
    /// All that happens by itself, until dropped.
    pub async fn live(self: Arc<Self>) {
        tokio::join!(self.expire(), self.pair(), Arc::clone(&self).listen(), Arc::clone(&self).beat());
    }

    /// Runs until dropped: ends held calls.
    async fn expire(&self) {
        let mut ticks = every(TICK);
        loop {
            ticks.tick().await;
            self.expire_holds().await;
        }
    }

    /// Runs until dropped: pairs those who may meet by now. The pool may take its time to answer.
    async fn pair(&self) {
        let mut ticks = every(MATCH_TICK);
        loop {
            ticks.tick().await;
            self.match_due().await;
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

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}
