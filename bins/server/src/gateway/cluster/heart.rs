//! The lease of this node, and what follows from those of others.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};
use video_chat_kernel::{DeviceId, NodeId};
use video_chat_signaling::{
    ports::Pulse,
    wire::{Notice, notice_parcel},
};

use super::{super::Gateway, Cluster, recall::Lease};

/// How often a node beats.
const BEAT: Duration = Duration::from_secs(1);
/// How long a beat may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the clients of a node that was declared dead are kept while the ends of their calls are said.
const LAST_ENDS: Duration = Duration::from_millis(500);
/// How often whoever waits for a beat, or for others to have heard, looks again.
const LOOK: Duration = Duration::from_millis(25);

impl Gateway {
    /// Beats until dropped.
    pub(in super::super) async fn beat(self: Arc<Self>) {
        let Some(cluster) = &self.cluster else { return };
        loop {
            let begun = Instant::now();
            let beat = cluster.shared.leases.beat(cluster.me(), self.now());
            let pulse = timeout(PATIENCE, beat).await.ok().and_then(Result::ok);
            let lost = pulse.as_ref().is_some_and(|pulse| pulse.since.is_none());
            if lost {
                cluster.mending.fence();
                // Whoever hung up here must not find its call again elsewhere.
                self.say_late_ends(cluster, LAST_ENDS).await;
                self.start_over(cluster);
            }
            let was_reachable = cluster.reachable.swap(pulse.is_some(), Ordering::Relaxed);
            if pulse.is_some() && !was_reachable {
                cluster.mending.everything();
            }
            *super::lock(&cluster.beaten) = begun;
            if let Some(pulse) = pulse.filter(|_| !lost) {
                self.feel(cluster, pulse);
            }
            sleep(BEAT).await;
        }
    }

    /// Waits for the next beat when the last is too long ago: this process stood still, and may be dead to the others.
    /// Then it holds no call any more.
    pub(in super::super) async fn come_to_life(&self) {
        let Some(cluster) = &self.cluster else { return };
        while super::lock(&cluster.beaten).elapsed() > BEAT + 2 * PATIENCE {
            sleep(LOOK).await;
        }
    }

    /// What is shared answers, and did not before: waits until a beat has told, too, whether this node still lives.
    pub(super) async fn be_judged(&self, cluster: &Cluster) {
        let begun = Instant::now();
        while !cluster.is_reachable() && begun.elapsed() < BEAT + PATIENCE {
            sleep(LOOK).await;
        }
    }

    /// Leaves the others for good, once they have heard all, or after `patience`. Relays that are still on their way to
    /// calls that moved on are passed on meanwhile.
    pub async fn part(&self, patience: Duration) {
        let Some(cluster) = &self.cluster else { return };
        let (begun, me) = (Instant::now(), cluster.me());
        while begun.elapsed() < patience / 2 || (!cluster.is_quiet() && begun.elapsed() < patience) {
            sleep(LOOK).await;
        }
        // Best effort: a lease that is not given up runs out.
        let _ = timeout(PATIENCE, cluster.shared.leases.resign(me, self.now())).await;
    }

    /// Tells every node that a device is blocked.
    pub async fn tell_blocked(&self, device: DeviceId) {
        let Some(cluster) = &self.cluster else { return };
        let parcel = notice_parcel(&Notice::Blocked { device, until: None });
        if let Err(error) = cluster.shared.bus.broadcast(&parcel).await {
            tracing::debug!(%error, "a block is heard of by the records only");
        }
    }

    /// What follows from a beat that was answered. Nothing here waits: the next must not be late.
    fn feel(&self, cluster: &Cluster, pulse: Pulse) {
        let lease = pulse.since.map(|since| cluster.recall.hear(since));
        if lease != Some(Lease::Held) {
            cluster.mending.everything();
        }
        // When the others have been forgotten as well, they are there all the same.
        if lease != Some(Lease::Anew) {
            cluster.others.store(pulse.alive.len(), Ordering::Relaxed);
        }
        let news: Vec<NodeId> = {
            let mut dead = super::lock(&cluster.dead);
            pulse.dead.into_iter().filter(|node| dead.insert(*node)).collect()
        };
        for node in news {
            self.bury(cluster, node);
        }
        self.settle_late(cluster);
        super::lock(&cluster.to_reap).extend(pulse.reap);
        cluster.beat_answered.notify_one();
    }

    /// Does after each beat what waits for others, until dropped. Beats go on meanwhile.
    pub(in super::super) async fn tend(self: Arc<Self>) {
        let Some(cluster) = &self.cluster else { return };
        loop {
            cluster.beat_answered.notified().await;
            let to_reap = std::mem::take(&mut *super::lock(&cluster.to_reap));
            for node in to_reap {
                self.reap(cluster, node).await;
            }
            self.mend(cluster).await;
        }
    }

    async fn reap(&self, cluster: &Cluster, node: NodeId) {
        let reaped = async {
            while self.parts.pool.reap(node, self.now()).await? > 0 {}
            cluster.shared.bus.discard(node).await?;
            cluster.shared.leases.reaped(node, self.now()).await
        };
        if let Err(error) = reaped.await {
            tracing::debug!(%error, "a dead node is not reaped yet");
        }
    }

    /// This node was away for so long that it was declared dead: what it held is no longer its. Its clients come back,
    /// and it takes part again as another.
    fn start_over(&self, cluster: &Cluster) {
        tracing::warn!("the lease was lost: every client is sent to reconnect");
        for cell in cluster.all_calls() {
            let mut state = cell.lock();
            self.count_out(&mut state);
            // Whoever still has it at hand tells nobody of its end: it goes on elsewhere.
            cell.abandon(&mut state);
        }
        cluster.become_another(NodeId::random(&*self.parts.entropy));
        for seat in self.hub.seats() {
            {
                let mut state = seat.lock();
                state.call = None;
                state.queued = None;
                if let Some(link) = state.link.take() {
                    link.emitter.hang_up();
                }
            }
            self.hub.leave(&seat);
        }
    }
}
