//! The laws of the match pool, on the in-memory one.

use video_chat_matchmaking::Settings;
use video_chat_ports_contract::match_pool::{ArgumentTime, GRACE, REMATCH_AFTER};
use video_chat_store_memory::MemoryMatchPool;

async fn build() -> (MemoryMatchPool, ArgumentTime) {
    let settings = Settings { rematch_after: REMATCH_AFTER, grace: GRACE, ..Settings::default() };
    (MemoryMatchPool::new(settings), ArgumentTime::default())
}

video_chat_ports_contract::match_pool_laws!(build);
