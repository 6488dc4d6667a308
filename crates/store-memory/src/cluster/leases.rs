use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use video_chat_kernel::{NodeId, Timestamp, Unavailable};
use video_chat_signaling::ports::{GOOD_TIME, LEASE, Leases, Pulse, REAP_FOR};

/// How long the dead are remembered.
const REMEMBERED_FOR: Duration = Duration::from_hours(1);

/// The leases of the nodes of one process.
#[derive(Debug, Default)]
pub struct MemoryLeases {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    alive: HashMap<NodeId, Lease>,
    dead: HashMap<NodeId, Death>,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    since: Timestamp,
    beat: Timestamp,
    /// Since when it has beaten without a break.
    steady_since: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Death {
    at: Timestamp,
    /// Until when somebody is reaping it; `None`: done.
    reaping_until: Option<Timestamp>,
}

impl State {
    fn beat(&mut self, node: NodeId, now: Timestamp) -> Pulse {
        self.dead.retain(|_, death| now.since(death.at) < REMEMBERED_FOR);
        let since = (!self.dead.contains_key(&node)).then(|| self.renew(node, now));
        if self.alive.get(&node).is_some_and(|lease| now.since(lease.steady_since) >= LEASE) {
            let late: Vec<NodeId> =
                self.alive.iter().filter(|(_, it)| now.since(it.beat) >= LEASE).map(|(id, _)| *id).collect();
            for node in late {
                self.bury(node, now);
            }
        }
        let reap = if since.is_some() { self.hand_out(now) } else { Vec::new() };
        Pulse {
            since,
            alive: self.alive.keys().filter(|other| **other != node).copied().collect(),
            dead: self.dead.keys().copied().collect(),
            reap,
        }
    }

    fn renew(&mut self, node: NodeId, now: Timestamp) -> Timestamp {
        let before = self.alive.get(&node).copied();
        let steady_since =
            before.filter(|it| now.since(it.beat) <= GOOD_TIME).map_or(now, |it| it.steady_since);
        let since = before.map_or(now, |it| it.since);
        self.alive.insert(node, Lease { since, beat: now, steady_since });
        since
    }

    fn bury(&mut self, node: NodeId, now: Timestamp) {
        self.alive.remove(&node);
        self.dead.entry(node).or_insert(Death { at: now, reaping_until: Some(now) });
    }

    fn hand_out(&mut self, now: Timestamp) -> Vec<NodeId> {
        let mut reap = Vec::new();
        for (node, death) in &mut self.dead {
            if death.reaping_until.is_some_and(|until| until <= now) {
                death.reaping_until = Some(now.after(REAP_FOR));
                reap.push(*node);
            }
        }
        reap
    }
}

#[async_trait]
impl Leases for MemoryLeases {
    async fn beat(&self, node: NodeId, now: Timestamp) -> Result<Pulse, Unavailable> {
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner).beat(node, now))
    }

    async fn since(&self, node: NodeId, _now: Timestamp) -> Result<Option<Timestamp>, Unavailable> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(state.alive.get(&node).map(|lease| lease.since))
    }

    async fn reaped(&self, dead: NodeId, _now: Timestamp) -> Result<(), Unavailable> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(death) = state.dead.get_mut(&dead) {
            death.reaping_until = None;
        }
        Ok(())
    }

    async fn resign(&self, node: NodeId, now: Timestamp) -> Result<(), Unavailable> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).bury(node, now);
        Ok(())
    }
}
