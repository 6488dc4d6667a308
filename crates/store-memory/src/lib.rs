//! In-memory adapters: the embedded default.

mod block_list;
mod cluster;
mod match_pool;
mod rate_limit;
mod reports;
mod sessions;

pub use block_list::MemoryBlockList;
pub use cluster::{MemoryBus, MemoryCalls, MemoryDirectory, MemoryLeases};
pub use match_pool::MemoryMatchPool;
pub use rate_limit::MemoryRateLimiter;
pub use reports::MemoryReports;
pub use sessions::MemorySessions;
