//! The in-memory block list obeys the laws of its port.

use std::future::{Ready, ready};

use video_chat_store_memory::MemoryBlockList;

fn build() -> Ready<(MemoryBlockList, ())> {
    ready((MemoryBlockList::default(), ()))
}

video_chat_ports_contract::block_list_laws!(build);
