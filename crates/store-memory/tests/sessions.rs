//! The in-memory session log obeys the laws of its port.

use std::future::{Ready, ready};

use video_chat_store_memory::MemorySessions;

fn build() -> Ready<(MemorySessions, ())> {
    ready((MemorySessions::new(), ()))
}

video_chat_ports_contract::session_log_laws!(build);
