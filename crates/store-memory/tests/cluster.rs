//! What nodes share, in memory, obeys the laws of its ports.

use std::future::{Ready, ready};

use video_chat_ports_contract::match_pool::ArgumentTime;
use video_chat_store_memory::{MemoryBus, MemoryCalls, MemoryDirectory, MemoryLeases};

fn build<T: Default, Guard: Default>() -> Ready<(T, Guard)> {
    ready((T::default(), Guard::default()))
}

mod bus {
    use super::*;

    video_chat_ports_contract::bus_laws!(build::<MemoryBus, ()>);
}

mod leases {
    use super::*;

    video_chat_ports_contract::lease_laws!(build::<MemoryLeases, ArgumentTime>);
}

mod directory {
    use super::*;

    video_chat_ports_contract::directory_laws!(build::<MemoryDirectory, ArgumentTime>);
}

mod calls {
    use super::*;

    video_chat_ports_contract::call_laws!(build::<MemoryCalls, ArgumentTime>);
}
