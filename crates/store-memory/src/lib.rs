//! In-memory adapters: the embedded default.

mod match_pool;
mod reports;
mod sessions;

pub use match_pool::MemoryMatchPool;
pub use reports::MemoryReports;
pub use sessions::MemorySessions;
