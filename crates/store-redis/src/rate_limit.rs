use async_trait::async_trait;
use fred::types::{Key, Value};
use video_chat_auth::{Decision, LimitKey, Quota, RateLimiter};
use video_chat_kernel::{Timestamp, Unavailable};

use crate::{Redis, answer::Answer, script::script};

script!(TAKE = "limit_take": "scripts/limit_take.lua");
script!(GIVE_BACK = "limit_give_back": "scripts/limit_give_back.lua");

/// The longest period, in µs: a hundred years. Sums of it and the present are exact in Lua.
const LONGEST: u128 = 100 * 365 * 86_400 * 1_000_000;

/// Counts on all nodes together. A key costs Redis some hundred bytes until its allowance is full again.
#[derive(Clone)]
pub struct RedisRateLimiter {
    redis: Redis,
}

impl RedisRateLimiter {
    /// Counts in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self, key: &LimitKey) -> Key {
        self.redis.key(&format!("rl:{}:{}", key.limit, key.subject))
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Decision, Unavailable> {
        if cost > quota.burst {
            return Ok(Decision::Refused { retry_after: std::time::Duration::MAX });
        }
        let arguments =
            vec![self.redis.clock(now), period(quota), quota.burst.into(), cost.into(), self.redis.call_id()];
        let answer = self.redis.run(&TAKE, self.key(key), arguments).await?;
        Ok(match Answer::new(TAKE.name, answer).integer()? {
            0 => Decision::Allowed,
            millis => Decision::Refused { retry_after: std::time::Duration::from_millis(millis) },
        })
    }

    async fn give_back(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        _now: Timestamp,
    ) -> Result<(), Unavailable> {
        let arguments = vec![period(quota), quota.burst.into(), cost.into(), self.redis.call_id()];
        self.redis.run(&GIVE_BACK, self.key(key), arguments).await.map(drop)
    }
}

fn period(quota: Quota) -> Value {
    quota.period.as_micros().min(LONGEST).to_string().into()
}
