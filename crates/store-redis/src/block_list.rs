use async_trait::async_trait;
use fred::types::{Key, Value};
use futures_util::future::try_join_all;
use video_chat_auth::BlockList;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};

use crate::{Redis, answer::unexpected, hash, script::script};

script!(BLOCK = "block": "scripts/block.lua");

/// Hashes that the list is spread over.
const SHARES: u16 = 64;

/// The field that says a share was filled. No device is called so: an id is never empty.
const FILLED: &str = "";

/// The share was lost (an emptied Redis, a failover to a replica that was behind).
#[derive(Debug, thiserror::Error)]
#[error("the block list is not filled")]
struct NotFilled;

/// Who is blocked, for all nodes: a copy of the durable records, which [`fill`](RedisBlockList::fill) makes.
///
/// As long as it was not filled, or when Redis has lost it, it is unavailable rather than empty. A block takes some
/// hundred bytes until it is lifted; one that has ended stays until the list is filled anew.
#[derive(Clone)]
pub struct RedisBlockList {
    redis: Redis,
}

impl RedisBlockList {
    /// The list in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Adds every block in force. To be called when a node starts, and when the list is not available though Redis is.
    pub async fn fill(
        &self,
        blocks: impl IntoIterator<Item = (DeviceId, Option<Timestamp>)>,
    ) -> Result<(), Unavailable> {
        for (device, until) in blocks {
            self.block(&device, until).await?;
        }
        // Only now that all blocks are there.
        try_join_all((0..SHARES).map(|share| {
            self.redis.command("block_fill", "HSET", self.share(share), [FILLED.into(), 1.into()])
        }))
        .await
        .map(drop)
    }

    fn share(&self, share: u16) -> Key {
        self.redis.key(&format!("b:{share}"))
    }

    fn share_of(&self, device: &DeviceId) -> Key {
        self.share(hash::part(device.as_str(), SHARES))
    }
}

#[async_trait]
impl BlockList for RedisBlockList {
    async fn is_blocked(&self, device: &DeviceId, now: Timestamp) -> Result<bool, Unavailable> {
        const NAME: &str = "block_find";
        let fields = [device.as_str().into(), FILLED.into()];
        let answer = self.redis.command(NAME, "HMGET", self.share_of(device), fields).await?;
        let [end, filled] = <[Value; 2]>::try_from(answer.into_array()).map_err(|_| unexpected(NAME))?;
        if let Some(end) = end.as_str() {
            let until = if end.is_empty() { Ok(u64::MAX) } else { end.parse() };
            let until = until.map_err(|_| unexpected(NAME))?;
            return Ok(until == u64::MAX || now.as_millis() < until);
        }
        if filled.is_null() { Err(Unavailable::new(NAME, NotFilled)) } else { Ok(false) }
    }

    async fn block(&self, device: &DeviceId, until: Option<Timestamp>) -> Result<(), Unavailable> {
        let end = until.map_or_else(String::new, |until| until.as_millis().to_string());
        self.redis
            .run(&BLOCK, self.share_of(device), vec![device.as_str().into(), end.into()])
            .await
            .map(drop)
    }

    async fn lift(&self, device: &DeviceId) -> Result<(), Unavailable> {
        let field = [device.as_str().into()];
        self.redis.command("block_lift", "HDEL", self.share_of(device), field).await.map(drop)
    }
}
