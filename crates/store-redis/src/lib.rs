//! Redis adapters for what many nodes share: the match pool, rate limits, the block list, who took part in which call,
//! where each device is, which nodes live, and what they tell each other.
//!
//! [`Redis`] is a connection to a single server, to whatever master Sentinel names, or to a cluster; the adapters are
//! built on it. Every change is one Lua script that touches one slot and may be run twice: a command whose connection was
//! lost before its answer came is sent once more. The scripts are in `src/scripts`, each with its keys, arguments,
//! answers and cost at the top. They take their time from Redis, unless [`ClockSource`] says otherwise.
//!
//! Whatever goes wrong is one [`Unavailable`](video_chat_kernel::Unavailable), at the latest after
//! [`RedisSettings::command_timeout`]; the connection is restored in the background, forever.

mod answer;
mod block_list;
mod cluster;
mod connect;
mod hash;
mod match_pool;
mod observer;
mod rate_limit;
mod redis;
mod script;
mod sessions;
mod settings;

pub use block_list::RedisBlockList;
pub use cluster::{RedisBus, RedisCalls, RedisDirectory, RedisLeases};
pub use match_pool::RedisMatchPool;
pub use observer::{NoObserver, Observer};
pub use rate_limit::RedisRateLimiter;
pub use redis::{ConnectError, Redis};
pub use sessions::RedisSessions;
pub use settings::{ClockSource, RedisSettings, Topology};
