use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use fred::types::{Key, Value};
use video_chat_kernel::{NodeId, Timestamp, Unavailable};
use video_chat_signaling::ports::{GOOD_TIME, LEASE, Leases, Pulse, REAP_FOR, Standing};

use super::millis;
use crate::{
    Redis,
    answer::{Answer, unexpected},
    script::script,
};

script!(BEAT = "lease_beat": "../scripts/cluster/clock.lua", "../scripts/cluster/lease.lua", "../scripts/cluster/lease_beat.lua");
script!(RESIGN = "lease_resign": "../scripts/cluster/clock.lua", "../scripts/cluster/lease.lua", "../scripts/cluster/lease_resign.lua");
script!(REAPED = "lease_reaped": "../scripts/cluster/clock.lua", "../scripts/cluster/lease.lua", "../scripts/cluster/lease_reaped.lua");

/// How long the dead are remembered.
const REMEMBERED_FOR: Duration = Duration::from_hours(1);

/// The leases of all nodes, in one slot. A beat costs Redis a look at every node.
#[derive(Clone)]
pub struct RedisLeases {
    redis: Redis,
    /// When the leases of this process began, in ms, as far as it has heard: what an answer told that was lost is told by
    /// the next.
    known: Arc<Mutex<HashMap<NodeId, u64>>>,
}

impl RedisLeases {
    /// The leases in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis, known: Arc::default() }
    }

    fn key(&self) -> Key {
        self.redis.key("{nodes}")
    }

    /// How a node stands whose lease began then.
    fn standing(&self, node: NodeId, since: u64) -> Standing {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if since == 0 {
            known.remove(&node);
            return Standing::Lost;
        }
        if known.insert(node, since) == Some(since) { Standing::Held } else { Standing::Fresh }
    }

    fn arguments(&self, node: NodeId, now: Timestamp) -> Vec<Value> {
        vec![self.redis.clock(now), node.to_string().into()]
    }
}

#[async_trait]
impl Leases for RedisLeases {
    async fn beat(&self, node: NodeId, now: Timestamp) -> Result<Pulse, Unavailable> {
        let mut arguments = self.arguments(node, now);
        arguments.extend([LEASE, REAP_FOR, REMEMBERED_FOR, GOOD_TIME].map(millis));
        let mut answer = Answer::new(BEAT.name, self.redis.run(&BEAT, self.key(), arguments).await?);
        let since = answer.integer()?;
        let mut nodes = || -> Result<Vec<NodeId>, Unavailable> {
            let mut list = answer.list().ok_or_else(|| unexpected(BEAT.name))?;
            let mut nodes = Vec::new();
            while !list.is_empty() {
                nodes.push(list.parsed()?);
            }
            Ok(nodes)
        };
        let (alive, dead, reap) = (nodes()?, nodes()?, nodes()?);
        let pulse = Pulse { standing: self.standing(node, since), alive, dead, reap };
        self.redis.set_clock(now, answer.integer()?);
        Ok(pulse)
    }

    async fn is_held(&self, node: NodeId, _now: Timestamp) -> Result<bool, Unavailable> {
        let beats = self.redis.key("{nodes}:beat");
        let answer = self.redis.command("lease_is_held", "HEXISTS", beats, [node.to_string().into()]).await?;
        Ok(Answer::new("lease_is_held", answer).integer()? == 1)
    }

    async fn reaped(&self, dead: NodeId, now: Timestamp) -> Result<(), Unavailable> {
        self.redis.run(&REAPED, self.key(), self.arguments(dead, now)).await.map(drop)
    }

    async fn resign(&self, node: NodeId, now: Timestamp) -> Result<(), Unavailable> {
        self.redis.run(&RESIGN, self.key(), self.arguments(node, now)).await.map(drop)
    }
}
