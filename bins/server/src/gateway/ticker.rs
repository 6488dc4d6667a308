//! What only the passing of time, or a look, brings about.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::Gateway;

/// How often held calls are looked at, as long as there are any.
const HOLDS_LOOK: Duration = Duration::from_millis(100);
/// How often the pool is asked who may meet now, as long as anybody waits: well within the 500 ms it wants.
const MATCH_LOOK: Duration = Duration::from_millis(200);

impl Gateway {
    /// All that happens by itself, until dropped.
    pub async fn live(self: Arc<Self>) {
        tokio::join!(
            self.expire(),
            self.pair(),
            self.write_findings(),
            Arc::clone(&self).listen(),
            Arc::clone(&self).beat(),
            Arc::clone(&self).tend(),
        );
    }

    /// Runs until dropped: ends held calls.
    async fn expire(&self) {
        loop {
            self.holds.any().await;
            sleep(HOLDS_LOOK).await;
            self.come_to_life().await;
            self.expire_holds().await;
        }
    }

    /// Runs until dropped: pairs those who may meet by now. The pool may take its time to answer.
    async fn pair(&self) {
        loop {
            self.waiters.any().await;
            sleep(MATCH_LOOK).await;
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
