//! The laws of the match pool, on the in-memory one.

use std::future::{Ready, ready};

use video_chat_matchmaking::Settings;
use video_chat_ports_contract::match_pool::{ArgumentTime, GRACE, REMATCH_AFTER};
use video_chat_store_memory::MemoryMatchPool;

fn build() -> Ready<(MemoryMatchPool, ArgumentTime)> {
    let settings = Settings { rematch_after: REMATCH_AFTER, grace: GRACE, ..Settings::default() };
    ready((MemoryMatchPool::new(settings), ArgumentTime::default()))
}

video_chat_ports_contract::match_pool_laws!(build);
