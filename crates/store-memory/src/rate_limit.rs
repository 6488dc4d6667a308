use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use video_chat_auth::{Decision, Gcra, LimitKey, Quota, RateLimiter};
use video_chat_kernel::{Timestamp, Unavailable};

/// Locks that callers share; a power of two.
const SHARDS: usize = 64;

/// Keys remembered by default: 14 MB when all are taken (measured), the room that a full table of the standard library
/// leaves for its next keys included.
const DEFAULT_CAPACITY: usize = SHARDS * 3_584;

/// A shard this small is not worth tidying.
const SMALL: usize = 64;

/// Counts in this process.
///
/// A key costs some 60 bytes however long its text is: keys are known by 128 bits of a keyed hash that nobody outside
/// can predict. One whose allowance is full again is forgotten, since a new one is full as well. When there is still
/// no room, because somebody invents keys faster than allowances refill, those nearest to full go first: the ones
/// that have used up most are remembered longest. Tidying costs a constant time a take, spread unevenly; no single
/// take tidies more than a 64th of the keys.
#[derive(Debug)]
pub struct MemoryRateLimiter {
    hashers: [RandomState; 2],
    shards: Box<[Mutex<Shard>]>,
}

impl MemoryRateLimiter {
    /// Remembers about `capacity` keys at most.
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.div_ceil(SHARDS).max(4);
        Self {
            hashers: [RandomState::new(), RandomState::new()],
            shards: (0..SHARDS).map(|_| Mutex::new(Shard::new(capacity))).collect(),
        }
    }

    /// How many keys are remembered now.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).states.len()).sum()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shard of `key`, and what the key is called there. There always is one.
    fn shard(&self, key: &LimitKey) -> Option<(MutexGuard<'_, Shard>, Name)> {
        let name = self.hashers.each_ref().map(|hasher| hasher.hash_one(key));
        let place = usize::try_from(name[0] % SHARDS as u64).unwrap_or(0);
        self.shards.get(place).map(|shard| (lock(shard), name))
    }
}

impl Default for MemoryRateLimiter {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Decision, Unavailable> {
        let Some((mut shard, name)) = self.shard(key) else { return Ok(Decision::Allowed) };
        Ok(shard.state(name, now).take(quota, cost, now))
    }

    async fn give_back(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        _now: Timestamp,
    ) -> Result<(), Unavailable> {
        if let Some((mut shard, name)) = self.shard(key)
            && let Some(state) = shard.states.get_mut(&name)
        {
            state.give_back(quota, cost);
        }
        Ok(())
    }
}

type Name = [u64; 2];

#[derive(Debug)]
struct Shard {
    states: HashMap<Name, Gcra>,
    capacity: usize,
    /// With so many keys it is time to tidy.
    tidy_at: usize,
}

impl Shard {
    fn new(capacity: usize) -> Self {
        Self { states: HashMap::new(), capacity, tidy_at: capacity.min(SMALL) }
    }

    fn state(&mut self, name: Name, now: Timestamp) -> &mut Gcra {
        if self.states.len() >= self.tidy_at && !self.states.contains_key(&name) {
            self.tidy(now);
        }
        self.states.entry(name).or_default()
    }

    /// Makes room. As many keys must come as are left before it happens again, or a quarter of all when full.
    fn tidy(&mut self, now: Timestamp) {
        self.states.retain(|_, state| !state.is_full(now));
        if self.states.len() > self.capacity / 4 * 3 {
            self.forget_the_fullest(self.capacity.div_ceil(4));
        }
        let left = self.states.len();
        self.tidy_at = (left * 2).clamp(self.capacity.min(SMALL), self.capacity);
        if left < self.states.capacity() / 8 {
            self.states.shrink_to(left * 2);
        }
    }

    fn forget_the_fullest(&mut self, count: usize) {
        let mut states: Vec<Gcra> = self.states.values().copied().collect();
        let Some(last) = count.checked_sub(1).filter(|last| *last < states.len()) else { return };
        let limit = *states.select_nth_unstable(last).1;
        let mut left = count;
        self.states.retain(|_, state| {
            let forget = left > 0 && *state <= limit;
            left -= usize::from(forget);
            !forget
        });
    }
}

/// A panic elsewhere leaves counts, which are good whatever happened.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
