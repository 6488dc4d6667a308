use std::time::Duration;

use async_trait::async_trait;
use fred::types::{Key, Value};
use video_chat_kernel::{NodeId, Timestamp, Unavailable};
use video_chat_signaling::ports::{GOOD_TIME, LEASE, Leases, Pulse, REAP_FOR};

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
}

impl RedisLeases {
    /// The leases in this Redis.
    pub const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self) -> Key {
        self.redis.key("{nodes}")
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
        let since = Some(answer.integer()?).filter(|since| *since > 0).map(Timestamp::from_millis);
        let mut nodes = || -> Result<Vec<NodeId>, Unavailable> {
            let mut list = answer.list().ok_or_else(|| unexpected(BEAT.name))?;
            let mut nodes = Vec::new();
            while !list.is_empty() {
                nodes.push(list.parsed()?);
            }
            Ok(nodes)
        };
        let (alive, dead, reap) = (nodes()?, nodes()?, nodes()?);
        let pulse = Pulse { since, alive, dead, reap };
        self.redis.set_clock(now, answer.integer()?);
        Ok(pulse)
    }

    async fn since(&self, node: NodeId, _now: Timestamp) -> Result<Option<Timestamp>, Unavailable> {
        let leases = self.redis.key("{nodes}:since");
        let answer = self.redis.command("lease_since", "HGET", leases, [node.to_string().into()]).await?;
        let mut answer = Answer::new("lease_since", answer);
        if answer.is_empty() { Ok(None) } else { answer.parsed().map(Timestamp::from_millis).map(Some) }
    }

    async fn reaped(&self, dead: NodeId, now: Timestamp) -> Result<(), Unavailable> {
        self.redis.run(&REAPED, self.key(), self.arguments(dead, now)).await.map(drop)
    }

    async fn resign(&self, node: NodeId, now: Timestamp) -> Result<(), Unavailable> {
        self.redis.run(&RESIGN, self.key(), self.arguments(node, now)).await.map(drop)
    }
}
